import { describe, expect, test } from 'vitest'
import { exportCase } from '../procedures/cases/file/export.ts'
import { owedOn } from '../procedures/money/ledger.ts'
import { endPenaltyClause, type PenaltyInput, recordPenaltyClause } from '../procedures/money/penalties.ts'
import { issueStatement, readStatements } from '../procedures/money/statements.ts'
import { giveConsent } from '../procedures/judicial/consents/consent.ts'
import { readConsentRequest } from '../procedures/judicial/consents/consent-requests.ts'
import { assembleFilingPack } from '../procedures/judicial/packs/packs.ts'
import { openProcedure } from '../procedures/judicial/procedures.ts'
import { amount } from '../schema/money.ts'
import { seededRandom } from '../schema/random.ts'
import { addInvoices, creditorOf, day, fileOf, invoice, liveUntil, openCase, textOf, useHouse } from './house.ts'

const random = seededRandom('penalty')
const opens = '2026-06-11'
// Due on 10 June, under the clause from the opening; the first registered letter leaves on 6 July (J+24 is a Saturday), and
// is presented two days later; the creditor is asked for its agreement on 21 July.
const house = useHouse(async (made) => {
  const caseId = await openCase(made, {
    on: opens,
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10', total: '1000.00' })],
  })
  await enter(made, (await fileOf(made, caseId)).creditor.id)
  await liveUntil(made, opens, '2026-07-22')
})

const clause: Omit<PenaltyInput, 'creditorId'> = {
  invoiceId: null,
  debtorKind: 'business',
  issuedFrom: null,
  percent: '10',
  amount: null,
  currency: null,
  covers: 'inexecution',
  delayDays: 0,
  definitiveOn: null,
  wording: 'Toute somme impayée est majorée de dix pour cent à titre de clause pénale.',
  source: 'article 8 des conditions générales de vente',
}
function enter(to: typeof house, creditorId: string, changes: Partial<PenaltyInput> = {}, on = opens): Promise<string> {
  return recordPenaltyClause(to.sql, random, day(on), { ...clause, creditorId, ...changes }, 'legal:Inès')
}
const theCase = async () => {
  const [row] = await house.sql<{ id: string; creditorId: string }[]>`select id, creditor_id from cases order by number`
  return row!
}
const owes = async (caseId: string, on: string) => owedOn(await fileOf(house, caseId), day(on))
const noticeOf = async (caseId: string) => {
  const [row] = await house.sql<{ on: string }[]>`
    select min(o.presented_on)::text as on from dispatches o join documents d on d.id = o.document_id
    where d.case_id = ${caseId} and d.channel = 'lrar'`
  return row!.on
}

describe('the clause of the creditor’s terms', () => {
  test('is owed from the day after the formal notice was presented, and not on that day', async () => {
    const { id } = await theCase()
    const notice = await noticeOf(id)
    const next = day(notice).add({ days: 1 }).toString()
    const [before, after] = [await owes(id, notice), await owes(id, next)]
    expect([before.penalty, after.penalty].map(amount)).toEqual(['0.00', '100.00'])
    expect(after.total).toBe(after.principal + after.interest + after.indemnity + 10_000n)
    expect(after.doubts.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['penalty_moderation', 'penalty_cumul']),
    )
    expect(before.doubts.map(({ code }) => code)).toContain('penalty_not_due')
  })

  test('is not owed while the formal notice is written and nobody was presented with it', async () => {
    const { id } = await theCase()
    const next = day(await noticeOf(id))
      .add({ days: 1 })
      .toString()
    await house.sql`update dispatches set presented_on = null, outcome = null, outcome_on = null`
    const { penalty, doubts } = await owes(id, next)
    expect(penalty).toBe(0n)
    expect(doubts.map(({ code }) => code)).toContain('penalty_not_due')
  })

  test('is quoted by the formal notice, counted by the last notice, and not before', async () => {
    const { documents } = await fileOf(house, (await theCase()).id)
    const texts = await Promise.all(
      documents
        .filter(({ recipient, attachedTo }) => recipient === 'debiteur' && attachedTo === null)
        .map(async ({ channel, sha256 }) => [channel, await textOf(await house.office.archive.get(sha256))] as const),
    )
    const [first, last] = texts.filter(([channel]) => channel === 'lrar').map(([, text]) => text)
    expect(first).toContain('dix pour cent à titre de clause pénale')
    expect(first).not.toMatch(/Clause pénale\s+100,00/)
    expect(last).toMatch(/Clause pénale\s+100,00\s€/)
  })

  test('is a line of the statement, which keeps it when the clause is given up', async () => {
    const { id } = await theCase()
    const { sha256, owed } = await issueStatement(house.office, day('2026-07-23'), { caseId: id }, 'test')
    const text = await textOf(await house.office.archive.get(sha256))
    expect(text).toMatch(/Clause pénale, article 8 des conditions générales de vente/)
    expect(text).toMatch(/Clause pénale\s+100,00\s€/)
    expect(text).toContain('le juge peut la modérer')
    const { penaltyClauses } = await fileOf(house, id)
    const clauseId = penaltyClauses[0]!.id
    await endPenaltyClause(house.sql, day('2026-07-24'), { id: clauseId, reason: 'abandonnée' }, 'legal:Inès')
    expect((await owes(id, '2026-07-24')).penalty).toBe(0n)
    expect((await readStatements(house.sql, [id])).get(id)!.at(-1)!.owed).toEqual(owed)
  })

  test('is signed by the creditor, and stands on the cover of the pack', async () => {
    const { id } = await theCase()
    const [row] = await house.sql<{ id: string }[]>`select id from consent_requests where case_id = ${id}`
    const request = await readConsentRequest(house.sql, row!.id)
    expect(request.statement.penalty).toBe('100.00')
    expect(request.statement.doubts.join(' ')).toContain('le juge peut la modérer')
    const signature = { signedBy: 'Inès Roche', capacity: 'présidente', evidence: { canal: 'test' } }
    const { contentSha256 } = request
    await giveConsent(house.sql, day('2026-07-23'), { ...signature, requestId: request.id, contentSha256 })
    const { id: procedureId } = await openProcedure(
      house.sql,
      random,
      day('2026-07-23'),
      { requestId: request.id },
      'legal',
    )
    const input = { procedureId, kind: 'requete', reason: 'Pièces jointes au dépôt.' }
    const pack = await assembleFilingPack(house.office, day('2026-07-28'), input, 'legal')
    const text = await textOf(await house.office.archive.get(pack.pdf))
    expect(text).toMatch(/Clause pénale\s+100,00\s€/)
  })

  test('ends what the creditor was asked to sign when it changes', async () => {
    const { id, creditorId } = await theCase()
    await enter(house, creditorId, { percent: '5' }, '2026-07-23')
    const [ended] = await house.sql<{ reason: string }[]>`
      select e.reason from consent_ends e join consent_requests r on r.id = e.request_id where r.case_id = ${id}`
    expect(ended!.reason).toContain('clause pénale a changé')
    expect(amount((await owes(id, '2026-07-23')).penalty)).toBe('50.00')
    expect((await fileOf(house, id)).penaltyClauses).toHaveLength(1)
  })

  test('binds the kind of debtor and the invoices it was entered for', async () => {
    const { creditorId } = await theCase()
    const bought = (number: string, issued: string) =>
      invoice({ number, issued_on: issued, due_on: '2026-06-10', total: '100.00' })
    const caseId = await addInvoices(house, {
      creditorId,
      on: opens,
      kind: 'consumer',
      invoices: [bought('C-1', '2026-05-01')],
      debtor: { name: 'Jeanne Faure' },
    })
    expect((await owes(caseId, '2026-07-22')).doubts.map(({ code }) => code)).not.toContain('penalty_not_due')
    const late = await creditorOf(house, day(opens), { name: 'Scierie Bonnet' })
    await enter(house, late, { issuedFrom: day('2026-05-15') })
    const other = await addInvoices(house, {
      creditorId: late,
      on: opens,
      invoices: [bought('D-1', '2026-05-14'), bought('D-2', '2026-05-15')],
    })
    const claim = (await owes(other, '2026-07-22')).doubts.filter(({ code }) => code === 'penalty_not_due')
    expect(claim).toHaveLength(1)
  })

  test('of a later day leaves the older invoices under the terms before, and replaces those of its own day', async () => {
    const creditorId = await creditorOf(house, day(opens), { name: 'Scierie Bonnet' })
    const at = (percent: string, issuedFrom: string | null, on: string) =>
      enter(
        house,
        creditorId,
        { percent, issuedFrom: issuedFrom === null ? null : day(issuedFrom), definitiveOn: day('2026-07-01') },
        on,
      )
    await at('20', '2026-03-01', '2026-06-11')
    await at('10', null, '2026-06-12')
    await at('15', '2026-01-01', '2026-06-13')
    const issues = ['2025-12-31', '2026-01-01', '2026-02-28', '2026-03-01']
    const caseId = await addInvoices(house, {
      creditorId,
      on: opens,
      invoices: issues.map((issued_on) =>
        invoice({ number: issued_on, issued_on, due_on: '2026-06-10', total: '100.00' }),
      ),
    })
    const found = async () =>
      (await owes(caseId, '2026-07-22')).invoices.map(({ number, penalty }) => [number, amount(penalty)])
    expect(await found()).toEqual([
      ['2025-12-31', '10.00'],
      ['2026-01-01', '15.00'],
      ['2026-02-28', '15.00'],
      ['2026-03-01', '20.00'],
    ])
    await at('12', '2026-01-01', '2026-06-14')
    await at('8', null, '2026-06-14')
    expect((await fileOf(house, caseId)).penaltyClauses).toHaveLength(3)
    expect((await found()).map(([, penalty]) => penalty)).toEqual(['8.00', '12.00', '12.00', '20.00'])
  })

  test('of a fixed sum counts in the cases of its currency, and is a doubt in the others', async () => {
    const creditorId = await creditorOf(house, day(opens), { name: 'Scierie Bonnet' })
    const fixed = { percent: null, amount: 15_000n, definitiveOn: day('2026-07-01') }
    await enter(house, creditorId, { ...fixed, currency: 'EUR' })
    const inCurrency = (currency: string, name: string) =>
      addInvoices(house, {
        creditorId,
        on: opens,
        invoices: [invoice({ number: currency, issued_on: '2026-05-11', due_on: '2026-06-10', currency })],
        debtor: { name },
      })
    const euros = await inCurrency('EUR', 'Garage du Pont')
    const ariary = await inCurrency('MGA', 'Hotely Rasoa')
    await house.sql`update cases set zone = 'madagascar' where id = ${ariary}`
    const penalties = async () => Promise.all([euros, ariary].map(async (id) => owes(id, '2026-07-22')))
    const other = (owed: Awaited<ReturnType<typeof owes>>) =>
      owed.doubts.filter(({ code }) => code === 'penalty_other_currency').map(({ message }) => message)
    const before = await penalties()
    expect(before.map(({ penalty }) => amount(penalty))).toEqual(['150.00', '0.00'])
    expect(before.map(other)).toEqual([[], [expect.stringMatching(/150,00\s€ par facture.*MGA/)]])
    await enter(house, creditorId, { ...fixed, currency: 'MGA' })
    const after = await penalties()
    expect(after.map(({ penalty }) => amount(penalty))).toEqual(['0.00', '150.00'])
    expect(after.map(other)).toEqual([[expect.stringMatching(/150\sAr par facture.*EUR/)], []])
  })

  test('entered twice at once follows itself: one of them counts', async () => {
    const { creditorId } = await theCase()
    await Promise.all(['5', '7'].map((percent) => enter(house, creditorId, { percent }, '2026-07-23')))
    const live = await house.sql<{ percent: string }[]>`
      select trim_scale(percent)::text as percent from penalty_clauses where creditor_id = ${creditorId} and ended_on is null`
    expect(live).toHaveLength(1)
  })

  test('wants its words and its source, and a percentage or a sum', async () => {
    const { creditorId } = await theCase()
    const refused = (changes: Partial<PenaltyInput>, code: string) =>
      expect(enter(house, creditorId, changes)).rejects.toMatchObject({ code })
    await refused({ wording: ' ' }, 'clause_needed')
    await refused({ source: '' }, 'clause_needed')
    await refused({ percent: null }, 'bad_penalty')
    await refused({ amount: 100n, currency: 'EUR' }, 'bad_penalty')
    await refused({ percent: '101' }, 'bad_penalty')
    await refused({ percent: null, amount: 0n, currency: 'EUR' }, 'bad_penalty')
  })
})

test('the clause of an invoice takes the place of the terms, for that invoice', async () => {
  const { id, creditorId } = await theCase()
  const { invoices } = await fileOf(house, id)
  const own = {
    invoiceId: invoices[0]!.id,
    debtorKind: null,
    percent: null,
    amount: 15_000n,
    currency: 'EUR' as const,
    delayDays: 8,
  }
  await enter(house, creditorId, own, '2026-07-22')
  const owed = await owes(id, '2026-07-23')
  expect(owed.invoices.map(({ penalty }) => amount(penalty))).toEqual(['150.00'])
})

test('a case is exported with its clauses', async () => {
  const { id } = await theCase()
  const file = JSON.parse(JSON.stringify(await exportCase(house.sql, id)))
  expect(file.penalty_clauses).toHaveLength(1)
})
