import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readInvoice } from '../documents/invoices/einvoice.ts'
import { recordAgencyProof } from '../procedures/cases/agency.ts'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { submitInvoice } from '../procedures/cases/intake/submissions.ts'
import { recordMandate } from '../procedures/cases/creditors.ts'
import { owedOn } from '../procedures/money/ledger.ts'
import { mandateTerms, openAgency } from '../scripts/demo/people.ts'
import {
  addInvoices,
  creditorOf,
  day,
  done,
  fileOf,
  type House,
  invoice,
  liveHolds,
  liveOn,
  liveUntil,
  openCase,
  openOrdinary,
  ordinary,
  planned,
  textOf,
  toDebtor,
  useHouse,
} from './house.ts'

const house = useHouse()

const submit = (creditorId: string, on: string, invoices = [ordinary()]) =>
  addInvoices(house, { creditorId, on, invoices })
const count = async (table: string, { sql }: House = house) =>
  Number((await sql`select count(*) from ${sql(table)}`)[0]!['count'])

describe('nothing is done', () => {
  test('before the written mandate (CPCE R124-3)', async () => {
    await openAgency(house.sql, day('2026-06-11'))
    const creditorId = await creditorOf(house, day('2026-06-12'))
    await expect(submit(creditorId, '2026-06-11')).rejects.toMatchObject({ code: 'no_mandate', article: 'CPCE R124-3' })
    expect(await count('cases')).toBe(0)
    expect(await count('debtors')).toBe(0)
    await submit(creditorId, '2026-06-12')
  })

  test.each(['basis', 'guarantee', 'remuneration', 'payingOver'] as const)(
    'under a mandate that does not state its %s',
    async (clause) => {
      await openAgency(house.sql, day('2026-06-11'))
      await expect(creditorOf(house, day('2026-06-11'), { [clause]: ' ' })).rejects.toMatchObject({
        code: 'mandate_incomplete',
        facts: { missing: [clause] },
      })
    },
  )

  test('before insurance, dedicated account and declaration are there, each named (CPCE R124-2)', async () => {
    const on = day('2026-06-11')
    await openAgency(house.sql, on)
    const creditorId = await creditorOf(house, on)
    for (const kind of ['assurance', 'compte', 'declaration']) {
      const [kept] =
        await house.sql`delete from agency_proofs where kind = ${kind} returning kind, reference, detail, dated_on, valid_until`
      await expect(submit(creditorId, '2026-06-11')).rejects.toMatchObject({
        code: 'agency_not_ready',
        article: 'CPCE R124-2',
        facts: { missing: [kind] },
      })
      await recordAgencyProof(house.sql, on, kept as unknown as Parameters<typeof recordAgencyProof>[2], 'test')
    }
    await submit(creditorId, '2026-06-11')
  })

  test('the day after the insurance ended, nor before it began', async () => {
    await openAgency(house.sql, day('2025-06-11'))
    const creditorId = await creditorOf(house, day('2025-06-01'))
    await expect(submit(creditorId, '2026-06-12')).rejects.toMatchObject({
      code: 'agency_not_ready',
      facts: { missing: ['assurance'] },
    })
    await expect(submit(creditorId, '2025-06-10')).rejects.toMatchObject({ code: 'agency_not_ready' })
    await submit(creditorId, '2026-06-11')
  })

  test('by the clockwork either, once the insurance has ended; renewed, the case goes on', async () => {
    const caseId = await openOrdinary(house)
    await house.sql`update agency_proofs set valid_until = '2026-06-15' where kind = 'assurance'`
    await liveUntil(house, '2026-06-11', '2026-06-22')
    expect(liveHolds(await fileOf(house, caseId))).toEqual([
      expect.objectContaining({ cause: 'decision', reason: expect.stringContaining("l'assurance") }),
    ])
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-06-11'])
    await house.sql`update agency_proofs set valid_until = '2027-06-20' where kind = 'assurance'`
    await liveUntil(house, '2026-06-23', '2026-06-26')
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-06-11', 'appel 2026-06-25'])
  })

  test('by the clockwork either, once the mandate has ended', async () => {
    const caseId = await openOrdinary(house)
    await house.sql`update mandates set ended_on = '2026-06-15'`
    await liveUntil(house, '2026-06-11', '2026-06-20')
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual(['cordiale 2026-06-11'])
    expect(liveHolds(file)).toEqual([expect.objectContaining({ reason: expect.stringContaining('convention') })])
  })
})

describe('the invoices of a case', () => {
  test('anchor it on the oldest due date', async () => {
    const caseId = await openCase(house, {
      on: '2026-06-25',
      invoices: [
        invoice({ number: 'F-2', issued_on: '2026-05-20', due_on: '2026-06-20' }),
        invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' }),
        invoice({ number: 'F-3', issued_on: '2026-05-30', due_on: '2026-06-30' }),
      ],
    })
    const file = await fileOf(house, caseId)
    expect(file.case.anchorOn.toString()).toBe('2026-06-10')
    // Limitation runs for each from its own: the case lasts as long as one of them.
    expect(file.invoices.map(({ number, limitationOn }) => `${number} ${limitationOn}`)).toEqual([
      'F-1 2031-06-10',
      'F-2 2031-06-20',
      'F-3 2031-06-30',
    ])
    expect(file.case.limitationOn.toString()).toBe('2031-06-30')
  })

  test('join at the present step, and the next letter lists them all', async () => {
    const caseId = await openOrdinary(house)
    await liveUntil(house, '2026-06-11', '2026-06-24')
    const before = await fileOf(house, caseId)
    const again = await submit(before.case.creditorId, '2026-06-25', [
      invoice({ number: 'F-2', issued_on: '2026-05-20', due_on: '2026-06-19', total: '250.00' }),
    ])
    expect(again).toBe(caseId)
    expect(planned(await fileOf(house, caseId))).toEqual(planned(before))
    await liveUntil(house, '2026-06-25', '2026-06-27')
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual([
      'cordiale 2026-06-11',
      'appel 2026-06-19',
      'demeure.prevenir 2026-06-22',
      'demeure 2026-06-27',
    ])
    const notice = await textOf(
      await house.office.archive.get(toDebtor(file).find((letter) => letter.letter === 'mise-en-demeure-pro')!.sha256),
    )
    expect(notice).toContain('F-1')
    expect(notice).toContain('F-2')
    expect(notice).toContain('250,00 €')
  })

  test('that fell due earlier move the anchor to themselves, and have a prescription of their own', async () => {
    const caseId = await openCase(house, { on: '2026-06-01', invoices: [ordinary()] })
    const { case: found } = await fileOf(house, caseId)
    await submit(found.creditorId, '2026-06-01', [
      invoice({ number: 'F-0', issued_on: '2026-03-01', due_on: '2026-04-01' }),
    ])
    const file = await fileOf(house, caseId)
    expect(file.case.anchorOn.toString()).toBe('2026-04-01')
    expect(file.invoices.map(({ number, limitationOn }) => `${number} ${limitationOn}`)).toEqual([
      'F-0 2031-04-01',
      'F-1 2031-06-10',
    ])
  })

  test('that are already overdue are not spoken of before the first letter', async () => {
    const caseId = await openCase(house, { on: '2026-05-20', invoices: [ordinary()] })
    const { case: found } = await fileOf(house, caseId)
    await submit(found.creditorId, '2026-05-22', [
      invoice({ number: 'F-0', issued_on: '2026-03-01', due_on: '2026-04-01' }),
    ])
    await liveUntil(house, '2026-05-22', '2026-06-20')
    expect(toDebtor(await fileOf(house, caseId))[0]).toMatchObject({
      letter: 'relance-cordiale-pro',
      firstLetter: true,
    })
  })

  test('are refused the second time, alone or among others, and nothing is left of the attempt', async () => {
    const caseId = await openOrdinary(house)
    const { case: found } = await fileOf(house, caseId)
    const fresh = invoice({ number: 'F-9', issued_on: '2026-05-20', due_on: '2026-06-20' })
    for (const invoices of [[ordinary()], [fresh, ordinary()], [fresh, fresh]]) {
      await expect(submit(found.creditorId, '2026-06-12', invoices)).rejects.toMatchObject({
        code: 'invoice_already_recorded',
      })
    }
    expect((await fileOf(house, caseId)).invoices.map((each) => each.number)).toEqual(['F-1'])
  })

  test('in another currency do not join', async () => {
    const caseId = await openOrdinary(house)
    const { case: found } = await fileOf(house, caseId)
    const ariary = invoice({ number: 'F-2', issued_on: '2026-05-20', due_on: '2026-06-20', currency: 'MGA' })
    await expect(submit(found.creditorId, '2026-06-12', [ariary])).rejects.toMatchObject({ code: 'other_currency' })
    await expect(
      addInvoices(house, {
        creditorId: await creditorOf(house, day('2026-06-12')),
        on: '2026-06-12',
        invoices: [ordinary(), ariary],
      }),
    ).rejects.toMatchObject({ code: 'other_currency' })
  })

  test('are reduced by a credit note, once', async () => {
    const caseId = await openOrdinary(house)
    const { case: found } = await fileOf(house, caseId)
    const note = invoice({
      kind: 'credit_note',
      number: 'A-1',
      issued_on: '2026-06-12',
      total: '300.00',
      preceding_invoice: 'F-1',
    })
    expect(await submit(found.creditorId, '2026-06-12', [note])).toBe(caseId)
    await expect(submit(found.creditorId, '2026-06-13', [note])).rejects.toMatchObject({
      code: 'credit_note_already_recorded',
    })
    expect(owedOn(await fileOf(house, caseId), day('2026-06-13')).principal).toBe(70_000n)
  })

  test('a credit note without a case is refused and names the remedy', async () => {
    await openAgency(house.sql, day('2026-06-11'))
    const creditorId = await creditorOf(house, day('2026-06-11'))
    const note = invoice({ kind: 'credit_note', number: 'A-1', issued_on: '2026-06-11', total: '300.00' })
    await expect(submit(creditorId, '2026-06-11', [note])).rejects.toMatchObject({ code: 'credit_note_without_case' })
    expect(await count('debtors')).toBe(0)
  })

  test('are asked for their due date when they have none, and taken with the one given', async () => {
    const minimum = new Uint8Array(readFileSync(new URL('./fixtures/invoices/Facture_FR_MINIMUM.pdf', import.meta.url)))
    const read = await readInvoice(minimum)
    expect(read.dueOn).toBeNull()
    await openAgency(house.sql, day('2017-11-13'))
    const creditorId = await creditorOf(house, day('2017-11-13'))
    const input = { creditorId, invoices: [{ read, original: null }], debtor: { kind: 'business' as const } }
    const send = (more: object) =>
      submitInvoice(house.sql, house.office.random, day('2017-11-13'), { ...input, ...more }, 'test')
    await expect(send({})).rejects.toMatchObject({ code: 'due_date_missing', article: 'C. com. L441-9' })
    await expect(send({ dueOn: day('2017-11-12') })).rejects.toMatchObject({ code: 'due_before_issue' })
    expect(await count('cases')).toBe(0)
    expect((await send({ dueOn: day('2017-12-13') })).case.anchorOn.toString()).toBe('2017-12-13')
  })

  test('that come at the same moment open one case for one creditor and one debtor', async () => {
    await openAgency(house.sql, day('2026-06-11'))
    const creditorId = await creditorOf(house, day('2026-06-11'))
    const ids = await Promise.all(
      [1, 2, 3, 4].map((i) =>
        submit(creditorId, '2026-06-11', [
          invoice({ number: `F-${i}`, issued_on: '2026-05-11', due_on: '2026-06-10' }),
        ]),
      ),
    )
    expect(new Set(ids).size).toBe(1)
    expect(await count('debtors')).toBe(1)
    expect((await fileOf(house, ids[0]!)).invoices).toHaveLength(4)
  })
})

describe('a call', () => {
  const call = (caseId: string, on: string, direction: 'outgoing' | 'incoming' = 'outgoing') =>
    recordCall(
      house.sql,
      house.office.random,
      day(on),
      { caseId, calledAt: '10:20', direction, person: null, outcome: 'no_commitment', summary: 'joint' },
      'test',
    )

  test('to the debtor is refused before the first letter, and is on file after it', async () => {
    const caseId = await openCase(house, { on: '2026-05-25', invoices: [ordinary()] })
    await liveUntil(house, '2026-05-25', '2026-06-17')
    expect(done(await fileOf(house, caseId))).toEqual(['rappel 2026-06-02'])
    await expect(call(caseId, '2026-06-17')).rejects.toMatchObject({
      code: 'call_before_first_letter',
      article: 'CPCE R124-4',
    })
    await call(caseId, '2026-06-17', 'incoming')
    await liveOn(house, '2026-06-18')
    await expect(call(caseId, '2026-06-17')).rejects.toMatchObject({ code: 'call_before_first_letter' })
    await call(caseId, '2026-06-19')
    expect((await fileOf(house, caseId)).calls).toHaveLength(2)
  })

  test('is not made on a Sunday nor on a holiday', async () => {
    const caseId = await openOrdinary(house)
    await liveOn(house, '2026-06-11')
    await expect(call(caseId, '2026-06-14')).rejects.toMatchObject({ code: 'call_on_closed_day' })
    await expect(call(caseId, '2026-07-14')).rejects.toMatchObject({ code: 'call_on_closed_day' })
  })
})

test('a new mandate takes the place of the one before, and its terms are those of the letters from then on', async () => {
  const caseId = await openOrdinary(house, { mandate: { penaltyRate: '12' } })
  const { case: found } = await fileOf(house, caseId)
  await recordMandate(
    house.sql,
    house.office.random,
    day('2026-06-12'),
    {
      creditorId: found.creditorId,
      signedOn: day('2026-06-12'),
      ...mandateTerms,
      receivesFunds: false,
      sendsInvoices: false,
      scenario: 'standard',
      penaltyRate: '15',
    },
    'test',
  )
  expect((await fileOf(house, caseId)).mandate).toMatchObject({ penaltyRate: '15.000000' })
})
