import { describe, expect, test } from 'vitest'
import { agreeInstalments } from '../procedures/cases/exchanges/promises.ts'
import { instalmentsAllowed, recordReply, standingOf } from '../procedures/cases/exchanges/replies.ts'
import { drain } from '../procedures/jobs/work.ts'
import { findCoupon } from '../procedures/mail/coupons.ts'
import { queueFollowUp } from '../procedures/mail/follow-up-queue.ts'
import { day, fileOf, invoice, liveUntil, openCase, useHouse } from './house.ts'

const house = useHouse()

/** A case whose coupon has reached the debtor, under an agreement that lets so many monthly payments be proposed. */
async function noticed(maxInstalments?: number) {
  const caseId = await openCase(house, {
    on: '2026-06-11',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })],
    mandate: maxInstalments === undefined ? {} : { maxInstalments },
  })
  await liveUntil(house, '2026-06-11', '2026-07-06')
  const [letter] = await house.sql<{ id: string }[]>`
    select d.id from documents d join coupons k on k.document_id = d.id where d.case_id = ${caseId} and d.attached_to is null`
  const coupon = (await findCoupon(house.office, day('2026-07-06'), { documentId: letter!.id }))!
  const propose = (monthly: bigint) =>
    recordReply(house.sql, house.office.random, day('2026-07-06'), coupon, {
      kind: 'instalments',
      monthly,
      firstOn: day('2026-07-20'),
    })
  return { caseId, file: await fileOf(house, caseId), propose }
}

const onDay = day('2026-07-08')
const agree = (caseId: string) => {
  const instalments = ['2026-07-20', '2026-08-20'].map((on) => ({ dueOn: day(on), amount: 20_000n }))
  return agreeInstalments(house.sql, house.office.random, onDay, { caseId, means: 'virement', instalments }, 'test')
}
const limitationOn = async (caseId: string) => (await fileOf(house, caseId)).case.limitationOn.toString()

describe('a debtor proposes instalments within what the creditor allows', () => {
  test('six months of it, and no longer', async () => {
    const { file, propose } = await noticed(6)
    expect(instalmentsAllowed(file)).toBe(6)
    await expect(propose(10_000n)).rejects.toMatchObject({ code: 'bad_reply', message: expect.stringContaining('6') })
    expect(await propose(20_000n)).toMatchObject({ kind: 'instalments' })
  })

  test('none of it: the coupon does not offer it, and refuses it', async () => {
    const { file, propose } = await noticed(0)
    expect(standingOf(file, day('2026-07-06')).may).not.toContain('instalments')
    await expect(propose(50_000n)).rejects.toMatchObject({ code: 'reply_not_open' })
  })

  test('by the house’s own number where its agreement gives none', async () => {
    const { file } = await noticed()
    expect([instalmentsAllowed(file), standingOf(file, day('2026-07-06')).may.includes('instalments')]).toEqual([
      24,
      true,
    ])
  })

  test('an agreement allows from none to sixty', async () => {
    await expect(noticed(61)).rejects.toMatchObject({ code: 'bad_instalments' })
  })
})

describe('a plan that answers what the debtor proposed', () => {
  test('by its coupon: it asked for time in writing, and limitation starts anew on that day', async () => {
    const { caseId, propose } = await noticed()
    await propose(20_000n)
    expect(await limitationOn(caseId)).toBe('2031-06-10')
    await agree(caseId)
    expect(await limitationOn(caseId)).toBe('2031-07-06')
  })

  test('by telephone: nothing is written by the debtor, and nothing starts anew', async () => {
    const { caseId } = await noticed()
    const said = { caseId, documentId: null, reference: null }
    const answer = { kind: 'instalments', monthly: 20_000n, firstOn: day('2026-07-20') } as const
    await recordReply(house.sql, house.office.random, day('2026-07-06'), said, answer, { channel: 'téléphone' })
    await agree(caseId)
    expect(await limitationOn(caseId)).toBe('2031-06-10')
  })

  test('before its receipt was written: the debtor has the acceptance, and not both', async () => {
    const { caseId, propose } = await noticed()
    await propose(20_000n)
    await queueFollowUp(house.sql, onDay, { plan: await agree(caseId) })
    await drain(house.office, house.url)
    const letters = (await fileOf(house, caseId)).documents.filter(({ letter }) => /propos|echeancier/.test(letter))
    expect(letters.map(({ letter }) => letter)).toEqual([
      'engagement-acceptation-echeancier',
      'engagement-accord-echeancier-pro',
    ])
  })
})
