import { expect, test } from 'vitest'
import { tick } from '../procedures/amicable/tick.ts'
import { rejectPayment } from '../procedures/money/payments.ts'
import { placeHold } from '../procedures/cases/holds.ts'
import { doReceipt } from '../procedures/money/late-receipts.ts'
import { drain } from '../procedures/jobs/work.ts'
import { pay } from './debtor.ts'
import { day, fileOf, invoice, liveHolds, openCase, useHouse } from './house.ts'

// A payment on a day for which the law's rate is not in the files yet: the money is kept, the receipt waits.
const house = useHouse()
const paidOn = '2027-03-05'
async function paidTooEarly(): Promise<{ caseId: string; id: string }> {
  const bill = invoice({ number: 'FA-10', issued_on: '2026-04-30', due_on: '2026-06-01', total: '1000.00' })
  const caseId = await openCase(house, { on: '2026-06-02', invoices: [bill], mandate: { receivesFunds: true } })
  const { id, left } = await pay(house, caseId, paidOn, '400.00', { reference: 'VIR 7', receivedBy: 'agency' })
  expect(left).toBeNull()
  return { caseId, id }
}
const lived = async (on: string) => {
  await tick(house.sql, day(on))
  await drain(house.office, house.url)
}
// A consumer owes no interest before a formal notice: it stands for the day on which the semester's rate is published.
const nowCountable = () => house.sql`update debtors set kind = 'consumer'`
const receipts = async (caseId: string) =>
  (await fileOf(house, caseId)).documents.map(({ letter, recipient, writtenOn }) => [letter, recipient, `${writtenOn}`])

test('a receipt that could not be written is tried each day, and given once the balance can be counted', async () => {
  const { caseId, id } = await paidTooEarly()
  await lived('2027-03-06')
  expect(await receipts(caseId)).toEqual([])
  expect(liveHolds(await fileOf(house, caseId))).toMatchObject([{ cause: 'decision' }])
  await nowCountable()
  // Once a day: a second tick of the same day plans nothing more.
  expect(await house.sql`select 1 from payments where receipt_tried_on = '2027-03-06'`).toHaveLength(1)
  await lived('2027-03-06')
  expect(await receipts(caseId)).toEqual([])
  await lived('2027-03-07')
  expect(await receipts(caseId)).toEqual([
    [expect.stringMatching(/^cloture-(recu|quittance)/), 'debiteur', '2027-03-07'],
    ['creancier-acompte-recu', 'creancier', '2027-03-07'],
  ])
  const [row] = await house.sql<
    { kept: boolean }[]
  >`select receipt_id is not null as kept from payments where id = ${id}`
  expect(row).toEqual({ kept: true })
  expect(liveHolds(await fileOf(house, caseId))).toEqual([])
  await lived('2027-03-08')
  expect(await house.sql`select 1 from documents where letter like 'cloture-%'`).toHaveLength(1)
})

test('the hold of a person stays, and a payment taken back is owed no receipt', async () => {
  const { caseId, id } = await paidTooEarly()
  const reason = 'Le directeur veut relire.'
  const hold = { caseId, cause: 'decision', reason, reviewOn: day('2027-06-01') } as const
  await placeHold(house.sql, house.office.random, day(paidOn), hold, 'amicable')
  await nowCountable()
  await lived('2027-03-07')
  expect(await receipts(caseId)).toHaveLength(2)
  expect(liveHolds(await fileOf(house, caseId)).map((each) => each.reason)).toContain(reason)
  await house.sql`update payments set receipt_id = null where id = ${id}`
  await rejectPayment(
    house.office,
    day('2027-03-08'),
    { paymentId: id, rejectedOn: day('2027-03-08'), reason: 'Sans provision.' },
    'test',
  )
  await lived('2027-03-09')
  expect(await house.sql`select 1 from documents where letter like 'cloture-%'`).toHaveLength(1)
})

test('two workers at once give one receipt', async () => {
  const { caseId, id } = await paidTooEarly()
  await nowCountable()
  await Promise.all([1, 2].map(() => doReceipt(house.office, id, day('2027-03-06'))))
  expect((await receipts(caseId)).filter(([, recipient]) => recipient === 'debiteur')).toHaveLength(1)
})

test('a cheque that the bank took back after the receipt was planned is owed none', async () => {
  const { caseId, id } = await paidTooEarly()
  await nowCountable()
  const rejected = { paymentId: id, rejectedOn: day('2027-03-06'), reason: 'Sans provision.' }
  await rejectPayment(house.office, day('2027-03-06'), rejected, 'test')
  await doReceipt(house.office, id, day('2027-03-06'))
  expect(await receipts(caseId)).toEqual([])
})
