import { Hono } from 'hono'
import { beforeAll, describe, expect, test } from 'vitest'
import type { House } from '../api/context.ts'
import { metrics } from '../api/metrics.ts'
import { watchOrphans } from '../procedures/alarms.ts'
import { placeHold } from '../procedures/cases/holds.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { now, useApi } from './api.ts'
import { addInvoices, creditorOf, invoice } from './house.ts'

const api = useApi()
let creditorId = ''

beforeAll(async () => {
  await openAgency(api.sql, api.today)
  creditorId = await creditorOf(api, api.today)
})

async function send(text: string, fileName: string): Promise<string> {
  const asked = await api.ask(
    {},
    `mutation { requestUpload(input: { fileName: "${fileName}" }) { ... on RequestUploadPayload { uploadId url } } }`,
  )
  const { uploadId, url } = asked.body.data.requestUpload
  const sent = await api.app.request(url.replace('http://api.test', ''), { method: 'PUT', body: text })
  expect(sent.status).toBe(201)
  return uploadId
}

const account =
  'N° facture;Client;Date;Échéance;Montant TTC\nF-101;Garage du Pont;01/08/2026;31/08/2026;1 200,00\nF-2;Garage du Pont;01/08/2026;31/08/2026;douze\n'
const importStatement = (uploadId: string, keep: boolean, viewer = {}) =>
  api.ask(
    viewer,
    `mutation { importStatement(input: { creditorId: "${creditorId}", uploadId: "${uploadId}", debtorKind: BUSINESS, keep: ${keep} }) {
      ... on Refusal { code remedy }
      ... on ImportStatementPayload { kept columns { title field } counts { kept known skipped refused } cases { number }
        lines { row state number code why remedy payable { amount } } } } }`,
  )

describe('importStatement', () => {
  test('shows its columns and each line before anything is kept, then keeps it once', async () => {
    const uploadId = await send(account, 'relevé.csv')
    const preview = (await importStatement(uploadId, false)).body.data.importStatement
    expect(preview).toMatchObject({
      kept: false,
      counts: { kept: 1, known: 0, skipped: 0, refused: 1 },
      cases: [],
      columns: [
        { title: 'N° facture', field: 'NUMBER' },
        { field: 'DEBTOR' },
        { field: 'ISSUED_ON' },
        { field: 'DUE_ON' },
        { field: 'TOTAL' },
      ],
      lines: [
        { row: 2, state: 'KEPT', payable: { amount: '1200.00' } },
        { row: 3, state: 'REFUSED', code: 'bad_amount' },
      ],
    })
    expect((await importStatement(uploadId, true)).body.data.importStatement.cases).toHaveLength(1)
    expect((await importStatement(uploadId, true)).body.data.importStatement.counts).toMatchObject({
      kept: 0,
      known: 1,
    })
  })

  test('is the creditor’s own, and not for the phone cell', async () => {
    const uploadId = await send(account, 'a.csv')
    const foreign = { role: 'creditor' as const, creditorId: '00000000-0000-4000-8000-000000000001' }
    expect((await importStatement(uploadId, false, foreign)).body.data.importStatement.code).toBe('creditor_not_found')
    const phone = (await importStatement(uploadId, false, { role: 'phone' })).body
    expect(JSON.stringify(phone)).toContain('forbidden')
  })
})

test('importPayments records what is certain, and leaves the rest to settleBankLine', async () => {
  const uploadId = await send(
    'Date;Libellé;Crédit\n10/09/2026;VIR F-101;200,00\n11/09/2026;VIR INCONNU;33,00\n',
    'banque.csv',
  )
  const { body } = await api.ask(
    {},
    `mutation { importPayments(input: { uploadId: "${uploadId}", holder: AGENCY, keep: true }) {
      ... on Refusal { code } ... on ImportPaymentsPayload { format lines { lineId state why case { number } } } } }`,
  )
  const { lines } = body.data.importPayments
  expect(lines).toMatchObject([
    { state: 'PAID', case: { number: '2026-0001' } },
    { state: 'DOUBTFUL', case: null },
  ])
  const open = await api.ask({}, '{ bankLinesToSettle { lineId amount { amount } text } }')
  expect(open.body.data.bankLinesToSettle).toMatchObject([
    { lineId: lines[1].lineId, amount: { amount: '33.00' }, text: 'VIR INCONNU' },
  ])
  const settled = await api.ask(
    {},
    `mutation { settleBankLine(input: { lineId: "${lines[1].lineId}", reason: "Loyer du local, sans rapport." }) { ... on Refusal { code } ... on SettleBankLinePayload { case { number } } } }`,
  )
  expect(settled.body.data.settleBankLine).toEqual({ case: null })
  expect((await api.ask({}, '{ bankLinesToSettle { lineId } }')).body.data.bankLinesToSettle).toEqual([])
})

test('/metrics counts what is open, due and waiting, and names nobody', async () => {
  const response = await api.app.request('/metrics')
  expect(response.status).toBe(200)
  const text = await response.text()
  expect(text).toMatch(/^courtois_cases_open 1$/m)
  expect(text).toMatch(/^courtois_bank_lines_to_settle 0$/m)
  expect(text).not.toContain('Garage')
})

test('/metrics counts the cases themselves once a minute, however often it is asked', async () => {
  let at = now
  const clock = { today: () => api.today, now: () => at }
  const app = new Hono().get('/', metrics({ office: api.office, clock } as House))
  const counts = async (): Promise<boolean> => {
    api.statements()
    await (await app.request('/')).text()
    return api.statements().some((text) => text.includes('from cases where closed_on is null'))
  }
  expect([await counts(), await counts()]).toEqual([true, false])
  at = at.add({ seconds: 60 })
  expect(await counts()).toBe(true)
  // A clock set back is no reason to keep an old figure for as long.
  at = at.subtract({ hours: 1 })
  expect(await counts()).toBe(true)
})

async function figure(name: string): Promise<number> {
  const text = await (await api.app.request('/metrics')).text()
  const line = text.split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.split(' ')[1] ?? 0)
}
const opened = (number: string): Promise<string> => {
  const buyer = {
    name: number,
    address: { lines: ['3 rue de la Gare'], postal_code: '69003', city: 'Lyon', country: 'FR' },
  }
  const invoices = [invoice({ number, issued_on: '2026-09-01', due_on: '2026-09-28', buyer })]
  return addInvoices(api, { creditorId, on: api.today.toString(), invoices })
}
const figures = (...names: string[]): Promise<number[]> => Promise.all(names.map(figure))

test('/metrics counts the steps due, late and done today, and of a case that is held those done alone', async () => {
  const counted = () => figures('courtois_steps_due', 'courtois_steps_late', 'courtois_steps_done_today')
  const [due, late, done] = (await counted()) as [number, number, number]
  const caseId = await opened('F-10')
  // Of its steps one was to be done yesterday, one today and one tomorrow, one was done today; the others are of later days.
  await api.sql`
    with ranked as (select id, row_number() over (order by rank)::int as n from steps where case_id = ${caseId} and skipped_on is null)
    update steps s set planned_on = ${api.today}::date + n - 3, done_on = case n when 1 then ${api.today}::date end
    from ranked where s.id = ranked.id`
  expect(await counted()).toEqual([due + 2, late + 1, done + 1])
  const hold = { caseId, cause: 'decision', reason: 'Essai.', reviewOn: api.today.add({ days: 9 }) } as const
  await placeHold(api.sql, api.office.random, api.today, hold, 'test')
  expect(await counted()).toEqual([due, late, done + 1])
})

test('/metrics says for how long the oldest job ready to run has waited, and leaves out what is dead or of a later hour', async () => {
  const add = (key: string, runAt: string) => api.sql`
    select graphile_worker.add_job('nothing', '{}', job_key => ${key}, run_at => ${runAt}::timestamptz, max_attempts => 1)`
  const since = Temporal.Instant.from('2026-01-01T00:00:00Z')
  const [before] = await figures('courtois_jobs_waiting')
  await add('later', 'infinity')
  await add('dead', '2025-01-01T00:00:00Z')
  await api.sql`update graphile_worker._private_jobs set attempts = 1 where key = 'dead'`
  await add('oldest', since.toString())
  const asked = async () =>
    (await api.sql<[{ at: Temporal.Instant }]>`select now() as at`)[0].at.since(since).total('seconds')
  const from = await asked()
  const [delay, waiting, dead] = await figures(
    'courtois_queue_delay_seconds',
    'courtois_jobs_waiting',
    'courtois_jobs_dead',
  )
  expect(delay).toBeGreaterThanOrEqual(from)
  expect(delay).toBeLessThanOrEqual(await asked())
  expect([waiting, dead]).toEqual([before! + 1, 1])
})

test('/metrics counts the alarms of the nightly look, and apart from them the cases that wait for nothing', async () => {
  const counted = () => figures('courtois_alarms_open', 'courtois_orphans')
  expect(await counted()).toEqual([0, 0])
  const caseIds = [await opened('F-20'), await opened('F-21'), await opened('F-22')]
  // The first two wait for nothing, the third for a step that nobody began.
  await api.sql`update steps set skipped_on = ${api.today}, skipped_why = 'essai' where case_id = any(${caseIds.slice(0, 2)})`
  await api.sql`update steps set planned_on = ${api.today}::date - 5 where case_id = ${caseIds[2]!}`
  await watchOrphans(api.sql, api.today)
  expect(await counted()).toEqual([3, 2])
  await api.sql`update steps set skipped_on = null, skipped_why = null where case_id = ${caseIds[0]!} and key = 'judiciaire'`
  await watchOrphans(api.sql, api.today)
  expect(await counted()).toEqual([2, 1])
})

test('/metrics counts what was composed today, and refusals by their code: those of GraphQL and those of its answers', async () => {
  const [refused, unknown] = ['bad_time', 'not_found'].map((code) => `courtois_refusals_total{code="${code}"}`)
  const before = await figures(refused!, unknown!, 'courtois_renders_today')
  const [{ id: caseId }] = await api.sql<[{ id: string }]>`select id from cases limit 1`
  const call = `mutation { recordCall(input: { caseId: "${btoa(`Case:${caseId}`)}", calledAt: "25:00", outcome: "x", summary: "x" }) { ... on Refusal { code } } }`
  expect((await api.ask({}, call)).body.data.recordCall.code).toBe('bad_time')
  expect((await api.app.request('/verifier/rien/du/tout')).status).toBe(404)
  await api.sql`
    insert into documents (id, case_id, letter, version, channel, recipient, reference, code, first_letter, facts, renderer, sha256, written_on, written_by)
    select gen_random_uuid(), ${caseId}, 'x', 'v', 'appel', 'operateur', 'essai ' || n, 'essai ' || n, false, '{}', 'essai', 'x', on_day, 'test'
    from (values (1, ${api.today}::date), (2, ${api.today}::date - 1)) as d(n, on_day)`
  const after = await figures(refused!, unknown!, 'courtois_renders_today')
  expect(after).toEqual(before.map((each) => each + 1))
})

test('a NUL in a text is refused with its remedy, and is no bug', async () => {
  const { body } = await api.ask({}, '{ cases(first: 1, text: "a\\u0000b") { totalCount } }')
  expect(body.errors?.[0]?.extensions?.code).toBe('bad_text')
  expect(api.errors).toEqual([])
})
