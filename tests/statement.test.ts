import { expect, test } from 'vitest'
import { recordPayment } from '../procedures/cases/payments.ts'
import { issueStatement, readStatements } from '../procedures/cases/statements.ts'
import { amount, parseAmount } from '../schema/money.ts'
import { day, fileOf, invoice, openCase, textOf, useHouse } from './house.ts'

const house = useHouse()
const opened = () =>
  openCase(house, {
    on: '2017-12-14',
    invoices: [invoice({ number: 'FA-10', issued_on: '2017-11-13', due_on: '2017-12-13', total: '10000.00' })],
  })
const issue = (caseId: string, on: string) => issueStatement(house.office, day(on), { caseId }, 'test')

test('a statement shows segments, imputation and the interest of a further day, in figures the paper repeats', async () => {
  const caseId = await opened()
  const { owed, number, sha256 } = await issue(caseId, '2018-01-31')
  expect(number).toBe(1)
  expect(
    owed.segments.map((line) => [line.from.toString(), line.to.toString(), line.days, amount(line.amount)]),
  ).toEqual([
    ['2017-12-14', '2017-12-31', 18, '49.32'],
    ['2018-01-01', '2018-01-31', 31, '84.93'],
  ])
  expect([owed.total, owed.perDay].map(amount)).toEqual(['10174.25', '2.74'])
  const text = await textOf(await house.office.archive.get(sha256))
  for (const words of [
    'Décompte n° 1 arrêté au 31/01/2018 – dossier 2017-0001',
    '49,32 €',
    '84,93 €',
    '10 174,25 €',
    '2,74 € par jour',
  ])
    expect(text).toContain(words)
})

test('once issued it stays: a payment entered later for an earlier day changes the next one alone', async () => {
  const caseId = await opened()
  const first = await issue(caseId, '2018-01-31')
  await recordPayment(
    house.office,
    day('2018-02-05'),
    {
      caseId,
      receivedOn: day('2018-01-10'),
      amount: parseAmount('4000.00'),
      means: 'virement',
      reference: null,
      receivedBy: 'creditor',
    },
    'test',
  )
  const second = await issue(caseId, '2018-02-05')
  const kept = (await readStatements(house.sql, [caseId])).get(caseId)!
  expect(kept).toEqual([first, second])
  expect(kept.map(({ number, owed }) => [number, owed.imputations.length, amount(owed.principal)])).toEqual([
    [1, 0, '10000.00'],
    [2, 1, '6076.72'],
  ])
  expect(second.owed.imputations[0]).toMatchObject({ toInterest: 7_672n, toPrincipal: 392_328n })
  expect((await fileOf(house, caseId)).documents.map(({ letter }) => letter)).toEqual([
    'injonction-decompte-creance',
    'injonction-decompte-creance',
  ])
})

test('the database refuses to change or remove a statement', async () => {
  const caseId = await opened()
  await issue(caseId, '2018-01-31')
  await expect(house.sql`update statements set total = 0`).rejects.toMatchObject({ code: 'CT002' })
  await expect(house.sql`delete from statements`).rejects.toMatchObject({ code: 'CT002' })
})

test('what the law has not confirmed is a doubt of the statement, and is printed on it', async () => {
  const caseId = await opened()
  const { owed, sha256 } = await issue(caseId, '2018-01-31')
  const text = await textOf(await house.office.archive.get(sha256))
  expect(text.includes('À vérifier')).toBe(owed.doubts.length > 0)
})

test('two statements asked for at once have two numbers', async () => {
  const caseId = await opened()
  const both = await Promise.all([issue(caseId, '2018-01-31'), issue(caseId, '2018-01-31')])
  expect(new Set(both.map(({ number }) => number))).toEqual(new Set([1, 2]))
  expect(await house.sql`select 1 from events where case_id = ${caseId} and kind = 'statement_issued'`).toHaveLength(2)
})
