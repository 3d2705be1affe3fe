import { beforeAll, describe, expect, test } from 'vitest'
import { watchOrphans } from '../procedures/alarms.ts'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { openPortfolio } from '../scripts/demo/portfolio.ts'
import { useApi } from './api.ts'

const api = useApi()
let caseIds: string[] = []
beforeAll(async () => {
  const opened = await openPortfolio(api.office, api.today, {
    count: 5,
    dueFrom: api.today.subtract({ days: 40 }),
    daysApart: 3,
  })
  caseIds = opened.map(({ caseId }) => caseId)
})

const nodeId = (id: string) => Buffer.from(`Case:${id}`).toString('base64')
const act = async (
  name: string,
  input: object,
  fields: string,
  viewer: Parameters<typeof api.ask>[0] = { role: 'legal' },
) => {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}`
  const { body } = await api.ask(
    viewer,
    `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename ... on ${type}Payload { ${fields} } ... on Refusal { code message } } }`,
    { input },
  )
  return body.data?.[name] ?? body
}
const work = async (kind: string) => {
  const { body } = await api.ask({ role: 'amicable' }, `{ workToday(kinds: [${kind}]) { on what case { id } } }`)
  return body.data.workToday as { on: string; what: string; case: { id: string } }[]
}

describe('over GraphQL', () => {
  test('an insolvency prompts its declaration by its last day, until the claim is declared', async () => {
    const caseId = nodeId(caseIds[0]!)
    const fields =
      'case { state insolvencies { kind declareBy checkedOn representative } debtor { insolvencyCheckedOn } }'
    const input = { caseId, nature: 'Liquidation judiciaire', openedOn: '2026-09-01', publishedOn: '2026-09-10' }
    const recorded = await act('recordInsolvency', { ...input, representative: 'SELARL Martin' }, fields)
    expect(recorded.case).toEqual({
      state: 'HELD',
      insolvencies: [
        { kind: 'PROCEEDINGS', declareBy: '2026-11-10', checkedOn: '2026-09-30', representative: 'SELARL Martin' },
      ],
      debtor: { insolvencyCheckedOn: '2026-09-30' },
    })
    expect(await work('DECLARATION_DUE')).toEqual([
      { on: '2026-11-10', what: 'Liquidation judiciaire : créance à déclarer', case: { id: caseId } },
    ])
    const declared = { caseId, declaredOn: '2026-09-29', proof: 'lettre recommandée' }
    expect(await act('recordClaimDeclaration', declared, 'case { id }', { role: 'phone' })).toMatchObject({
      code: 'forbidden',
    })
    await act('recordClaimDeclaration', declared, 'case { id }')
    expect(await work('DECLARATION_DUE')).toEqual([])
  })

  test('a file of insolvencies is sent, previewed and taken in', async () => {
    const [found] = await api.sql<{ number: string }[]>`select number from cases where id = ${caseIds[1]!}`
    const csv = `dossier;nature;date;vérifié le\n${found!.number};Redressement judiciaire;2026-09-02;2026-09-30\n;rien;;\n`
    const asked = await act(
      'requestUpload',
      { fileName: 'bodacc.csv', bytes: Buffer.byteLength(csv) },
      'uploadId url',
      { role: 'research' },
    )
    const { pathname, search } = new URL(asked.url, 'http://api.test')
    const sent = await api.app.request(`${pathname}${search}`, { method: 'PUT', body: csv })
    expect(sent.status).toBeLessThan(300)
    const fields = 'rows recognisedColumns recorded { row caseNumber } errors { row message } known'
    const take = (preview: boolean) =>
      act('importInsolvencies', { uploadId: asked.uploadId, source: 'BODACC', preview }, fields, { role: 'research' })
    const preview = await take(true)
    expect(preview).toMatchObject({
      rows: 2,
      recorded: [{ row: 2, caseNumber: found!.number }],
      errors: [{ row: 3, message: expect.stringContaining('de qui') }],
      known: 0,
    })
    expect(await take(false)).toEqual(preview)
    expect(await take(false)).toMatchObject({ recorded: [], known: 1 })
  })

  test('a limitation that nobody is sure of says so, and its nature or its day may be given', async () => {
    const caseId = nodeId(caseIds[2]!)
    await api.sql`update cases set claim_nature = null where id = ${caseIds[2]!}`
    const fields = 'case { claimNature limitationOn limitationDoubts { code } }'
    const said = await act('setClaimNature', { caseId, nature: 'transport' }, fields)
    expect(said.case).toMatchObject({ claimNature: 'transport', limitationDoubts: [] })
    expect(await act('setClaimNature', { caseId, nature: 'loterie' }, fields)).toMatchObject({ code: 'unknown_nature' })
    const byHand = await act(
      'recordLimitation',
      { caseId, expiresOn: '2028-01-31', source: 'avis de Me Blanc' },
      fields,
    )
    expect(byHand.case).toMatchObject({
      limitationOn: '2028-01-31',
      limitationDoubts: [{ code: 'limitation_by_hand' }],
    })
    const rate = { caseId, from: '2026-09-01', percent: '12', source: 'contrat' }
    expect(await act('recordRate', rate, 'case { rates { percent } }')).toMatchObject({ code: 'rate_of_the_law' })
    expect(await act('recordPublicOrder', { caseId, order: { engagement: '1' } }, 'case { id }')).toMatchObject({
      code: 'not_a_public_buyer',
    })
  })

  test('a public buyer’s invoice takes its order along, and its court is asked of the directory', async () => {
    const [creditor] = await api.sql<{ id: string }[]>`select id from creditors`
    const submitted = await act(
      'submitInvoice',
      {
        creditorId: Buffer.from(`Creditor:${creditor!.id}`).toString('base64'),
        idempotencyKey: 'public-1',
        debtor: { kind: 'PUBLIC' },
        order: { deposit: 'CPP-1', depositedOn: '2026-09-15', buyer: 'HOSPITAL' },
        invoices: [
          {
            number: 'P-1',
            issuedOn: '2026-09-14',
            total: '1000.00',
            orderReference: '2026-3307',
            buyerReference: 'SERV-12',
            buyer: {
              name: 'Centre hospitalier de Vienne',
              address: { lines: ['1 montée du Docteur'], postalCode: '38200', city: 'Vienne' },
            },
          },
        ],
      },
      'case { anchorOn publicOrder { engagement serviceCode deposit depositedOn buyer } } doubts { code }',
    )
    // Fifty days from the deposit of 15 September.
    expect(submitted.case).toEqual({
      anchorOn: '2026-11-04',
      publicOrder: {
        engagement: '2026-3307',
        serviceCode: 'SERV-12',
        deposit: 'CPP-1',
        depositedOn: '2026-09-15',
        buyer: 'HOSPITAL',
      },
    })
    expect(submitted.doubts.map(({ code }: { code: string }) => code)).toContain('public_term')
  })

  test('a case that nothing carries on is in the work of the day, and at the door of readiness', async () => {
    const ready = async () => (await api.app.request('/ready')).json() as Promise<{ orphans: number }>
    expect(await ready()).toMatchObject({ ready: true, orphans: 0 })
    const number = caseIds[3]!
    await api.sql`update steps set skipped_on = ${api.today}, skipped_why = 'essai' where case_id = ${number} and done_on is null and skipped_on is null`
    await watchOrphans(api.sql, api.today)
    expect(await work('ORPHAN')).toEqual([
      { on: '2026-09-30', what: expect.stringContaining('n’attend plus rien'), case: { id: nodeId(number) } },
    ])
    expect(await ready()).toMatchObject({ orphans: 1 })
  })

  test('a call leaves the work of the day while its week is full', async () => {
    const caseId = caseIds[4]!
    await api.sql`
      insert into documents (id, case_id, letter, version, channel, recipient, reference, code, first_letter, facts, renderer, sha256, written_on, written_by)
      select gen_random_uuid(), ${caseId}, letter, 'v', channel, recipient, channel, channel, channel = 'lettre', '{}', 'essai', 'x', on_day::date, 'test'
      from (values ('relance-cordiale-pro', 'lettre', 'debiteur', '2026-09-10'), ('script-j16-paiement-immediat-pro', 'appel', 'operateur', '2026-09-30'))
        as d(letter, channel, recipient, on_day)`
    const mine = async () => (await work('CALL')).filter((row) => row.case.id === nodeId(caseId)).length
    expect(await mine()).toBe(1)
    const past = { caseId, calledAt: null, direction: 'outgoing', person: null, outcome: 'x', summary: 'x' } as const
    for (const days of [1, 2, 5]) {
      await recordCall(api.sql, api.office.random, api.today.subtract({ days }), past, 'test')
    }
    expect(await mine()).toBe(0)
  })
})
