import { describe, expect, test } from 'vitest'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { closeCase } from '../procedures/cases/cases.ts'
import { recordInsolvency } from '../procedures/cases/insolvency/insolvencies.ts'
import { agreeInstalments, recordPromise } from '../procedures/cases/exchanges/promises.ts'
import { validateAddress } from '../procedures/mail/addresses.ts'
import { recordBounce } from '../procedures/mail/bounces.ts'
import { resendLetter } from '../procedures/mail/resend.ts'
import { importBankLines } from '../procedures/money/bank-lines.ts'
import { payOver } from '../procedures/money/funds.ts'
import { recordPayment, refuseUnlikely, rejectPayment } from '../procedures/money/payments.ts'
import type { BankLine } from '../documents/invoices/bank-statement.ts'
import { type Sql, transaction } from '../schema/db.ts'
import { postfix } from './fixtures/bounces/notices.ts'
import { day, fileOf, invoice, liveHolds, liveUntil, openCase, useHouse } from './house.ts'

// Each act below finds the case taken by another, waits for it, and goes by what that other left.
const on = day('2026-06-24')
let caseId = ''
const house = useHouse(async (made) => {
  caseId = await openCase(made, {
    on: '2026-06-11',
    invoices: [invoice({ number: 'FA-10', issued_on: '2026-05-11', due_on: '2026-06-10' })],
    mandate: { receivesFunds: true },
  })
  await liveUntil(made, '2026-06-11', '2026-06-18')
})

/** Begins `act` while another transaction, which has done `before`, holds the case; lets that one end once `act` waits for it. */
async function behind<T>(before: (sql: Sql) => Promise<unknown>, act: () => Promise<T>): Promise<T> {
  let acting!: Promise<PromiseSettledResult<T>[]>
  await transaction(house.sql, async (tx) => {
    await tx`select 1 from cases where id = ${caseId} for update`
    await before(tx)
    const [{ me }] = await tx<[{ me: number }]>`select pg_backend_pid() as me`
    let isOver = false
    acting = Promise.allSettled([act()]).finally(() => (isOver = true))
    // An act that waits for nobody is over before this one ends, and the test says so.
    for (let waits = false; !waits && !isOver;) {
      const found = await tx`select 1 from pg_locks where not granted and ${me} = any(pg_blocking_pids(pid))`
      waits = found.length > 0
    }
    expect(isOver).toBe(false)
  })
  const [ended] = await acting
  if (ended!.status === 'rejected') throw ended!.reason
  return ended!.value
}

const random = () => house.office.random
const insolvent = (sql: Sql) =>
  recordInsolvency(
    sql,
    random(),
    on,
    { caseId, nature: 'Liquidation judiciaire', openedOn: on, publishedOn: on },
    'legal:Essai',
  )

describe('while an insolvency is being recorded', () => {
  test.each<[string, () => Promise<unknown>]>([
    [
      'no promise is taken',
      () =>
        recordPromise(
          house.sql,
          random(),
          on,
          { caseId, dueOn: on.add({ days: 5 }), amount: 10_000n, means: 'virement', author: 'M. Pont', channel: 'tel' },
          'phone:Essai',
        ),
    ],
    [
      'no plan is agreed',
      () =>
        agreeInstalments(
          house.sql,
          random(),
          on,
          { caseId, means: 'virement', instalments: [{ dueOn: on.add({ days: 5 }), amount: 10_000n }] },
          'amicable:Essai',
        ),
    ],
    [
      'no call goes out',
      () =>
        recordCall(
          house.sql,
          random(),
          on,
          { caseId, calledAt: '10:20', direction: 'outgoing', person: null, outcome: 'message', summary: 'x' },
          'phone:Essai',
        ),
    ],
  ])('%s', async (_what, act) => {
    const done = behind(insolvent, act)
    await expect(done).rejects.toMatchObject({ code: 'case_at_standstill' })
  })
})

test('a letter whose return is being corrected is not sent again', async () => {
  const [letter] = await house.sql<{ id: string }[]>`select id from documents where first_letter`
  const known = { caseId, address: null, email: 'autre@client.example', phone: null, source: 'appel' }
  await validateAddress(house.sql, on, known, 'research:Essai')
  const outcome = (sql: Sql, value: string | null) =>
    sql`update dispatches set outcome = ${value} where document_id = ${letter!.id}`
  await outcome(house.sql, 'unknown_address')
  const again = behind(
    (sql) => outcome(sql, null),
    () => resendLetter(house.office, on, { documentId: letter!.id, reason: 'Revenue.' }, 'amicable:Essai'),
  )
  await expect(again).rejects.toMatchObject({ code: 'letter_not_failed' })
})

test('a case being closed is not called', async () => {
  const call = { caseId, calledAt: '10:20', person: null, outcome: 'message', summary: 'x' }
  const close = (sql: Sql) => closeCase(sql, on, { caseId, reason: 'Payé au créancier.' }, 'amicable:Essai')
  const outgoing = behind(close, () =>
    recordCall(house.sql, random(), on, { ...call, direction: 'outgoing' }, 'phone:Essai'),
  )
  await expect(outgoing).rejects.toMatchObject({ code: 'case_not_found' })
  // Whoever calls us about it did call.
  await recordCall(house.sql, random(), on, { ...call, direction: 'incoming' }, 'phone:Essai')
  expect((await fileOf(house, caseId)).calls).toHaveLength(1)
})

const paid = (sql: Sql, amount = 100_000n) =>
  recordPayment(
    { ...house.office, sql },
    on,
    { caseId, receivedOn: on, amount, means: 'virement', reference: null, receivedBy: 'agency' },
    'amicable:Essai',
  )

test('what a bank announces while somebody enters it by hand is left to a person', async () => {
  const line: BankLine = {
    account: 'FR1420041010050500013M02606',
    bookedOn: on,
    amount: 30_000n,
    currency: 'EUR',
    payer: 'GARAGE DU PONT',
    payerIban: null,
    text: 'FACTURE FA 10',
    bankReference: 'R1',
    doubts: [],
  } as unknown as BankLine
  const [matched] = await behind(
    (sql) => paid(sql, 30_000n),
    () => importBankLines(house.office, on, { lines: [line], receivedBy: 'agency', creditorId: null }, true, 'system'),
  )
  expect(matched).toMatchObject({ state: 'doubtful', why: expect.stringContaining('même somme') })
  expect((await fileOf(house, caseId)).payments).toHaveLength(1)
})

test('the same payment entered by two people at once is asked about', async () => {
  const said = { caseId, receivedOn: on, amount: 100_000n }
  const second = behind(
    (sql) => paid(sql),
    () => transaction(house.sql, (sql) => refuseUnlikely(sql, on, said)),
  )
  await expect(second).rejects.toMatchObject({ code: 'payment_to_confirm' })
})

test('what the bank is taking back is not paid over', async () => {
  const { id } = await paid(house.sql, 30_000n)
  const { creditor } = await fileOf(house, caseId)
  const over = behind(
    (sql) => rejectPayment({ ...house.office, sql }, on, { paymentId: id, rejectedOn: on, reason: 'rejet' }, 'test'),
    () => payOver(house.office, on, { creditorId: creditor.id, paidOn: on, reference: 'VIR 9' }, 'amicable:Essai'),
  )
  await expect(over).rejects.toMatchObject({ code: 'nothing_to_pay_over' })
})

test('an e-mail that comes back while another address is being validated holds nothing', async () => {
  const [letter] = await house.sql<{ id: string; email: string }[]>`
    select d.id, b.email from documents d join cases c on c.id = d.case_id join debtors b on b.id = c.debtor_id where d.first_letter`
  const messageId = '<2026-0001-1@cabinet.example>'
  await house.sql`
    update dispatches set channel = 'email', address = ${house.sql.json({ name: 'Garage du Pont', email: letter!.email })},
                          proof = ${house.sql.json({ messageId })} where document_id = ${letter!.id}`
  const notice = postfix({ messageId, to: letter!.email }, { status: '5.1.1', said: '550 5.1.1 User unknown' })
  const known = { caseId, address: null, email: 'autre@client.example', phone: null, source: 'appel' }
  await behind(
    (sql) => validateAddress(sql, on, known, 'research:Essai'),
    () => recordBounce(house.sql, random(), on, new TextEncoder().encode(notice.replaceAll('\n', '\r\n')), 'courriel'),
  )
  expect(liveHolds(await fileOf(house, caseId))).toEqual([])
})
