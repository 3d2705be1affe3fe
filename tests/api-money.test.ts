import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { printedSchema } from '../api/graphql/schema.ts'
import { openPortfolio } from '../scripts/demo/portfolio.ts'
import { useApi } from './api.ts'

const api = useApi()
let creditorId = ''
let caseIds: string[] = []
beforeAll(async () => {
  const opened = await openPortfolio(api.office, api.today, {
    count: 4,
    dueFrom: api.today.subtract({ days: 40 }),
    daysApart: 3,
  })
  caseIds = opened.map(({ caseId }) => caseId)
  const [creditor] = await api.sql<{ id: string }[]>`select id from creditors`
  creditorId = creditor!.id
})

const act = async (
  name: string,
  input: object,
  fields: string,
  viewer: Parameters<typeof api.ask>[0] = { role: 'amicable' },
) => {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}`
  const { body } = await api.ask(
    viewer,
    `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename ... on ${type}Payload { ${fields} } ... on Refusal { code article } } }`,
    { input },
  )
  return body.data?.[name] ?? body
}
const sums = 'net { amount } vat { amount } gross { amount }'

test('the committed schema is the one that the code prints', () => {
  expect(readFileSync(new URL('../schema/schema.graphql', import.meta.url), 'utf8')).toBe(printedSchema())
})

describe('over GraphQL', () => {
  test('a statement is issued and read again as it was', async () => {
    const fields =
      'statement { number asOf owed { total { amount } perDay { amount } segments { days amount { amount } } doubts { message } } url }'
    const done = await act('issueStatement', { caseId: caseIds[0] }, fields)
    expect(done.statement).toMatchObject({ number: 1, asOf: '2026-09-30' })
    const { body } = await api.ask(
      { role: 'creditor', creditorId },
      'query ($id: ID!) { node(id: $id) { ... on Case { statements { number owed { total { amount } } } owed { total { amount } } } } }',
      { id: Buffer.from(`Case:${caseIds[0]}`).toString('base64') },
    )
    expect(body.data.node.statements).toEqual([{ number: 1, owed: { total: body.data.node.owed.total } }])
  })

  test('a payment of the agency, its encashment, its rejection and the funds held follow one another', async () => {
    const paid = await act(
      'recordPayment',
      {
        caseId: caseIds[1],
        receivedOn: '2026-08-20',
        amount: { amount: '50.00' },
        means: 'chèque',
        receivedBy: 'AGENCY',
        idempotencyKey: 'p1',
      },
      'case { payments { id payOverBy encashedOn receivedBy } documents { letter } }',
    )
    expect(paid.case.payments).toEqual([
      { id: expect.any(String), payOverBy: '2026-09-20', encashedOn: null, receivedBy: 'AGENCY' },
    ])
    expect(paid.case.documents.map(({ letter }: { letter: string }) => letter)).toContain('creancier-acompte-recu')
    const paymentId = paid.case.payments[0].id
    const work = await api.ask({ role: 'amicable' }, '{ workToday(kinds: [PAY_OVER]) { kind on case { number } } }')
    expect(work.body.data.workToday).toEqual([
      { kind: 'PAY_OVER', on: '2026-09-20', case: { number: expect.any(String) } },
    ])
    await act('recordEncashment', { paymentId, encashedOn: '2026-09-01' }, 'case { payments { payOverBy } }')
    const held = await api.ask({ role: 'creditor', creditorId }, '{ creditors { fundsHeld { amount currency } } }')
    expect(held.body.data.creditors).toEqual([{ fundsHeld: [{ amount: '50.00', currency: 'EUR' }] }])
    const over = await act(
      'payOver',
      { creditorId, paidOn: '2026-09-30', reference: 'REV 1', idempotencyKey: 'o1' },
      'paid { amount } cases { number } creditor { fundsHeld { amount } }',
    )
    expect(over).toMatchObject({ paid: { amount: '50.00' }, creditor: { fundsHeld: [] } })
    const again = await act(
      'payOver',
      { creditorId, paidOn: '2026-09-30', reference: 'REV 1', idempotencyKey: 'o1' },
      'paid { amount }',
    )
    expect(again.paid).toEqual({ amount: '50.00' })
    const back = await act(
      'rejectPayment',
      { paymentId, rejectedOn: '2026-09-15', reason: 'sans provision', idempotencyKey: 'r1' },
      'case { payments { rejectedOn rejectedWhy } }',
    )
    expect(back.case.payments).toEqual([{ rejectedOn: '2026-09-15', rejectedWhy: 'sans provision' }])
  })

  test('a contractual penalty is entered for the terms or for one invoice, read, and ended', async () => {
    const clause = { wording: 'Dix pour cent à titre de clause pénale.', source: 'CGV, article 8', percent: '10' }
    const fields = 'creditor { penaltyClauses { id debtorKind percent amount { amount } covers delayDays source } }'
    const entered = await act(
      'recordPenaltyClause',
      { creditorId, ...clause, delayDays: 8, idempotencyKey: 'cp' },
      fields,
    )
    expect(entered.creditor.penaltyClauses).toEqual([
      {
        id: expect.any(String),
        debtorKind: 'BUSINESS',
        percent: '10',
        amount: null,
        covers: 'NON_PERFORMANCE',
        delayDays: 8,
        source: 'CGV, article 8',
      },
    ])
    const owed = async () => {
      const { body } = await api.ask(
        { role: 'creditor', creditorId },
        'query ($id: ID!) { node(id: $id) { ... on Case { invoices { number } penaltyClauses { percent amount { amount currency } } owed { penalty { amount } doubts { code } invoices { penalty { amount } } } } } }',
        { id: Buffer.from(`Case:${caseIds[3]}`).toString('base64') },
      )
      return body.data.node
    }
    const before = await owed()
    expect(before.owed).toMatchObject({ penalty: { amount: '0.00' }, invoices: [{ penalty: { amount: '0.00' } }] })
    expect(before.owed.doubts).toContainEqual({ code: 'penalty_not_due' })
    // Final non-performance needs no formal notice: 75 € are owed at once.
    const own = { ...clause, percent: null, amount: { amount: '75.00' }, definitiveOn: '2026-09-29' }
    const invoiceNumber = before.invoices[0].number
    await act('recordPenaltyClause', { caseId: caseIds[3], invoiceNumber, ...own }, fields)
    const after = await owed()
    expect(after.owed.penalty.amount).toBe('75.00')
    expect(after.penaltyClauses).toHaveLength(2)
    expect(after.penaltyClauses).toContainEqual({ percent: null, amount: { amount: '75.00', currency: 'EUR' } })
    const refusals = [
      [{ ...clause }, 'penalty_of_what'],
      [{ creditorId, caseId: caseIds[3], invoiceNumber, ...clause }, 'penalty_of_what'],
      [{ caseId: caseIds[3], invoiceNumber: 'INCONNUE', ...clause }, 'penalty_of_what'],
      [{ creditorId, ...clause, amount: { amount: '5.00' } }, 'bad_penalty'],
      [{ creditorId, ...clause, percent: null, amount: { amount: '5.00', currency: 'USD' } }, 'unknown_currency'],
      [
        { caseId: caseIds[3], invoiceNumber, ...clause, percent: null, amount: { amount: '5.00', currency: 'MGA' } },
        'currency_mismatch',
      ],
      [{ creditorId, ...clause, delayDays: 400 }, 'bad_delay'],
      [{ creditorId, ...clause, wording: '' }, 'clause_needed'],
    ] as const
    for (const [input, code] of refusals) {
      expect(await act('recordPenaltyClause', input, fields)).toMatchObject({ code })
    }
    const penaltyClauseId = entered.creditor.penaltyClauses[0].id
    const ended = await act('endPenaltyClause', { penaltyClauseId, reason: 'abandonnée' }, fields)
    expect(ended.creditor.penaltyClauses).toEqual([])
    expect(await act('endPenaltyClause', { penaltyClauseId, reason: 'x' }, fields)).toMatchObject({
      code: 'penalty_not_found',
    })
    const ariary = { ...clause, percent: null, amount: { amount: '5000.00', currency: 'MGA' } }
    const fixed = await act(
      'recordPenaltyClause',
      { creditorId, ...ariary },
      'creditor { penaltyClauses { percent amount { amount currency } } }',
    )
    expect(fixed.creditor.penaltyClauses).toEqual([{ percent: null, amount: { amount: '5000.00', currency: 'MGA' } }])
  })

  test('a plan shows the state of each instalment and its rule', async () => {
    const done = await act(
      'agreeInstalments',
      {
        caseId: caseIds[2],
        means: 'virement',
        graceDays: 10,
        instalments: [{ dueOn: '2026-10-15', amount: { amount: '10.00' } }],
      },
      'case { plans { graceDays keptOn instalments { state unpaid { amount } noticeUntil } } }',
    )
    expect(done.case.plans).toEqual([
      { graceDays: 10, keptOn: null, instalments: [{ state: 'DUE', unpaid: { amount: '10.00' }, noticeUntil: null }] },
    ])
  })

  test('fees are stated by the mandate, and a creditor reads its own alone', async () => {
    const feeTerms = { success: [{ percent: '12' }], subscription: { monthly: '90.00' } }
    const mandate = {
      creditorId,
      signedOn: '2026-09-01',
      basis: 'b',
      guarantee: 'g',
      remuneration: 'r',
      payingOver: 'p',
    }
    expect(
      await act('recordMandate', { ...mandate, feeTerms: { beforeNotice: [{ percent: '9' }] } }, 'creditor { name }'),
    ).toMatchObject({ __typename: 'Refusal', code: 'invalid_file' })
    expect(await act('recordMandate', { ...mandate, feeTerms }, 'creditor { mandate { feeTerms } }')).toMatchObject({
      creditor: { mandate: { feeTerms } },
    })
    const done = await act(
      'issueFeeStatement',
      { creditorId, idempotencyKey: 'f1' },
      `feeStatement { number ${sums} lines { kind amount { amount } } }`,
    )
    expect(done.feeStatement).toEqual({
      number: 'H-2026-0001',
      net: { amount: '90.00' },
      vat: { amount: '18.00' },
      gross: { amount: '108.00' },
      lines: [{ kind: 'SUBSCRIPTION', amount: { amount: '90.00' } }],
    })
    const query = 'query ($id: ID!) { feeStatements(creditorId: $id) { number gross { amount } } }'
    const own = await api.ask({ role: 'creditor', creditorId }, query, { id: creditorId })
    expect(own.body.data.feeStatements).toEqual([{ number: 'H-2026-0001', gross: { amount: '108.00' } }])
    const other = await api.ask({ role: 'creditor', creditorId: '00000000-0000-4000-8000-000000000001' }, query, {
      id: creditorId,
    })
    expect(other.body.data?.feeStatements ?? null).toBeNull()
    const phone = await api.ask({ role: 'phone' }, query, { id: creditorId })
    expect(phone.body.errors).toBeDefined()
  })

  test('a certificate is refused while a step is live; closed, it is given to the legal cell alone', async () => {
    const input = {
      caseId: caseIds[3],
      reason: 'liquidation sans actif',
      net: { amount: '100.00' },
      vat: { amount: '20.00' },
    }
    expect(await act('certifyIrrecoverable', input, 'case { number }', { role: 'legal' })).toMatchObject({
      code: 'still_live',
      article: 'CGI 272-1',
    })
    await act('closeCase', { caseId: caseIds[3], reason: 'irrécouvrable' }, 'case { state }')
    expect(await act('certifyIrrecoverable', input, 'case { number }')).toMatchObject({ code: 'forbidden' })
    const done = await act('certifyIrrecoverable', input, 'case { irrecoverability { certifiedOn reason } }', {
      role: 'legal',
    })
    expect(done.case.irrecoverability).toEqual({ certifiedOn: '2026-09-30', reason: 'liquidation sans actif' })
  })
})
