import { describe, expect, test } from 'vitest'
import { cancelOutlay, type OutlayInput, readOutlays, recordOutlay } from '../procedures/judicial/outlays.ts'
import { parseAmount } from '../schema/money.ts'
import { seededRandom } from '../schema/random.ts'
import { day, useHouse } from './house.ts'
import { legalCell, liveToSignature } from './legal.ts'

// The creditor agreed to 300 € at most.
const house = useHouse(async (made) => void (await liveToSignature(made)))
const random = seededRandom('outlays')
const opened = () => legalCell(house, 'outlays').open('injonction-de-payer')
const spend = (procedureId: string, sum: string, more: Partial<OutlayInput> = {}) =>
  recordOutlay(
    house.sql,
    random,
    day('2026-08-20'),
    {
      procedureId,
      spentOn: day('2026-08-18'),
      amount: parseAmount(sum),
      label: 'Frais de greffe',
      original: null,
      overWhy: null,
      ...more,
    },
    'legal:Inès',
  )
const amounts = async (id: string) =>
  ((await readOutlays(house.sql, [id])).get(id) ?? []).map(({ amount, overWhy }) => [amount, overWhy])

describe('what a procedure costs', () => {
  test('is kept up to the very ceiling that the creditor signed, and beyond it only with a reason', async () => {
    const { id } = await opened()
    await spend(id, '33.47')
    await spend(id, '266.53', { spentOn: day('2026-08-19') })
    await expect(spend(id, '0.01')).rejects.toMatchObject({
      code: 'beyond_ceiling',
      message: expect.stringMatching(/atteindraient 300,01.€.*accepté 300,00.€/),
    })
    await spend(id, '0.01', { spentOn: day('2026-08-20'), overWhy: 'Arrondi du tarif.' })
    expect(await amounts(id)).toEqual([
      [3_347n, null],
      [26_653n, null],
      [1n, 'Arrondi du tarif.'],
    ])
    const [told] = await house.sql<{ beyond: string; total: string }[]>`
      select detail ->> 'beyond' as beyond, detail ->> 'total' as total from events where kind = 'outlay_recorded' order by id desc limit 1`
    expect(told).toEqual({ beyond: 'true', total: '300.01' })
  })

  test('entered wrongly is cancelled once, with its reason, and makes room again', async () => {
    const { id } = await opened()
    const first = await spend(id, '300.00')
    const asked = { outlayId: first.id, reason: 'Facture d’un autre dossier.' }
    await expect(cancelOutlay(house.sql, day('2026-08-21'), { ...asked, reason: ' ' }, 'test')).rejects.toMatchObject({
      code: 'outlay_not_found',
    })
    await cancelOutlay(house.sql, day('2026-08-21'), asked, 'legal:Inès')
    await expect(cancelOutlay(house.sql, day('2026-08-21'), asked, 'test')).rejects.toMatchObject({
      code: 'outlay_not_found',
    })
    await spend(id, '300.00')
    expect(await amounts(id)).toEqual([[30_000n, null]])
  })

  test('is no negative sum, no day to come and no line without a name', async () => {
    const { id } = await opened()
    for (const wrong of [{ amount: -1n }, { spentOn: day('2026-08-21') }, { label: '  ' }])
      await expect(spend(id, '10.00', wrong)).rejects.toMatchObject({ code: 'bad_outlay' })
    expect(await amounts(id)).toEqual([])
  })
})
