import { expect, test } from 'vitest'
import { submitInvoice } from '../procedures/cases/intake/submissions.ts'
import { recordRate } from '../procedures/money/hand-rates.ts'
import { issueStatement, readStatements } from '../procedures/money/statements.ts'
import { amount } from '../schema/money.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { pay } from './debtor.ts'
import { creditorOf, day, fileOf, invoice, openCase, textOf, useHouse } from './house.ts'

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
  await pay(house, caseId, '2018-02-05', '4000.00', { receivedOn: day('2018-01-10') })
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

test('interest of a whole year bears interest where the contract of a business says so, and its clause is asked for', async () => {
  const late = invoice({ number: 'FA-11', issued_on: '2024-12-31', due_on: '2025-01-31' })
  const terms = { penaltyRate: '20', capitalisation: 'CGV, article 8' }
  const caseId = await openCase(house, { on: '2026-06-11', invoices: [late], mandate: terms })
  const { owed } = await issue(caseId, '2026-06-11')
  // 365 days at 20 % of 1 000.00; then 131 of 1 200.00: 86.14.
  expect(owed.segments.map(({ days, amount: cents }) => [days, amount(cents)])).toEqual([
    [365, '200.00'],
    [131, '86.14'],
  ])
  expect(owed.doubts).toContainEqual(expect.objectContaining({ code: 'capitalisation_agreed' }))
  await house.sql`update debtors set kind = 'consumer'`
  expect((await issue(caseId, '2026-06-11')).owed.segments).toEqual([])
})

test('a credit note of more than is left stays in the statement as overpaid', async () => {
  const caseId = await opened()
  const [{ creditorId }] = await house.sql<[{ creditorId: string }]>`select creditor_id from cases`
  const note = invoice({
    number: 'AV-1',
    issued_on: '2017-12-14',
    total: '10100.00',
    kind: 'credit_note',
    preceding_invoice: 'FA-10',
  })
  await submitInvoice(
    house.sql,
    house.office.random,
    day('2017-12-20'),
    { creditorId, invoices: [{ read: note, original: null }], debtor: { kind: 'business' } },
    'test',
  )
  const { owed } = await issue(caseId, '2017-12-31')
  expect(amount(owed.overpaid)).toBe('100.00')
  expect((await readStatements(house.sql, [caseId])).get(caseId)![0]!.owed).toEqual(owed)
})

test('the database refuses to change or remove a statement', async () => {
  const caseId = await opened()
  await issue(caseId, '2018-01-31')
  await expect(house.sql`update statements set total = 0`).rejects.toMatchObject({ code: 'CT002' })
  await expect(house.sql`delete from statements`).rejects.toMatchObject({ code: 'CT002' })
})

test('what the law has not confirmed is a doubt of the statement, and is printed on it; what it has is not', async () => {
  const sure = await issue(await opened(), '2018-01-31')
  expect(sure.owed.doubts).toEqual([])
  expect(await textOf(await house.office.archive.get(sure.sha256))).not.toContain('À vérifier')
  // The rate of the ECB of July 2026 was not read in a release of the ECB.
  const unsure = await issue(sure.caseId, '2026-08-31')
  expect(unsure.owed.doubts.map(({ code }) => code)).toContain('unconfirmed_value')
  const text = await textOf(await house.office.archive.get(unsure.sha256))
  expect(text).toContain('À vérifier')
  expect(text).toContain('Deux candidats : 2,40 ou 2,15')
})

test('a Malagasy statement is in ariary, of Malagasy words, with the source of the rate that was entered', async () => {
  const on = day('2026-06-15')
  await openAgency(house.sql, on)
  const creditorId = await creditorOf(house, on, { scenario: 'abonnement-mg' })
  const read = invoice({
    number: 'F-1',
    issued_on: '2026-05-11',
    due_on: '2026-06-10',
    total: '2350000.00',
    currency: 'MGA',
  })
  const submission = { creditorId, invoices: [{ read, original: null }], debtor: { kind: 'business' as const } }
  const { sql, office } = house
  const { case: found } = await submitInvoice(sql, office.random, on, { ...submission, zone: 'madagascar' }, 'test')
  const rate = { caseId: found.id, from: day('2026-06-11'), percent: '12', source: 'article 7 du contrat' }
  await recordRate(sql, on, rate, 'test')
  const { owed, sha256 } = await issue(found.id, '2026-07-10')
  // 2,350,000 × 30 × 12 / 36500 = 23,178.08
  expect([owed.interest, owed.indemnity, owed.perDay].map(amount)).toEqual(['23178.08', '0.00', '772.60'])
  const text = await textOf(await house.office.archive.get(sha256))
  for (const words of [
    'n° 1 au 10/07/2026',
    '23 178,08 Ar',
    '772,60 Ar par jour',
    'article 7 du contrat',
    'à vérifier',
  ])
    expect(text).toContain(words)
  expect(text.replaceAll('au capital de 60 000 €', '')).not.toMatch(/€|euros|441/)
})

test('two statements asked for at once have two numbers', async () => {
  const caseId = await opened()
  const both = await Promise.all([issue(caseId, '2018-01-31'), issue(caseId, '2018-01-31')])
  expect(new Set(both.map(({ number }) => number))).toEqual(new Set([1, 2]))
  expect(await house.sql`select 1 from events where case_id = ${caseId} and kind = 'statement_issued'`).toHaveLength(2)
})
