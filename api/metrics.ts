import { timingSafeEqual } from 'node:crypto'
import type { Context as HttpContext } from 'hono'
import { Counter, Gauge, Registry } from 'prom-client'
import { DomainError } from '../schema/errors.ts'
import type { House } from './context.ts'

interface Figures {
  openCases: number
  heldCases: number
  due: number
  late: number
  doneToday: number
  renders: number
  alarms: number
  orphans: number
  dispatchesReady: number
  dispatchesToCheck: number
  jobs: number
  jobsDead: number
  queueDelay: number
  bankLines: number
}

const meaning: Record<keyof Figures, [name: string, help: string]> = {
  openCases: ['courtois_cases_open', 'Open cases, counted once a minute'],
  heldCases: ['courtois_cases_held', 'Open cases that wait for a reason, counted once a minute'],
  due: ['courtois_steps_due', 'Steps of the timeline due up to today and not done, of cases that wait for nothing'],
  late: ['courtois_steps_late', 'Of these, planned before today'],
  doneToday: ['courtois_steps_done_today', 'Steps done today'],
  renders: ['courtois_renders_today', 'Letters, acts and scripts composed and kept today, by whatever process'],
  alarms: ['courtois_alarms_open', 'Alarms of the nightly look not settled: orphans among them'],
  orphans: ['courtois_orphans', 'Open cases that wait for nothing, as the last nightly look found them'],
  dispatchesReady: ['courtois_dispatches_ready', 'Documents waiting to leave the house'],
  dispatchesToCheck: ['courtois_dispatches_to_check', 'Documents whose sending ended in doubt or failed'],
  jobs: ['courtois_jobs_waiting', 'Jobs ready to run'],
  jobsDead: ['courtois_jobs_dead', 'Jobs that have used all their attempts'],
  queueDelay: ['courtois_queue_delay_seconds', 'Age of the oldest job ready to run'],
  bankLines: ['courtois_bank_lines_to_settle', 'Movements of the bank that wait for a person'],
}

/** Of this process alone, and since it began: what it answers is scraped from each. */
const refusals = new Counter({
  name: 'courtois_refusals_total',
  help: 'Requests and acts that this process refused, by the code of the refusal',
  labelNames: ['code'],
  registers: [],
})
const told = new WeakSet<Error>()

/** A refusal passes several doors on its way out, and counts once. */
export function countRefusal(error: Error): void {
  if (!(error instanceof DomainError) || told.has(error)) return
  told.add(error)
  refusals.inc({ code: error.code })
}

/** What a page is about to show beside its form: a refusal, which is counted here. Anything else is thrown on. */
export function asRefusal(error: unknown): asserts error is DomainError {
  if (!(error instanceof DomainError)) throw error
  countRefusal(error)
}

/** `GET /metrics` for Prometheus: counts only, nobody's name; behind METRICS_TOKEN where it is set. */
export function metrics(house: House, token = process.env['METRICS_TOKEN']): (c: HttpContext) => Promise<Response> {
  const registry = new Registry()
  registry.registerMetric(refusals)
  const gauges = new Map(
    Object.entries(meaning).map(([key, [name, help]]) => [key, new Gauge({ name, help, registers: [registry] })]),
  )
  const cases = counted(house)
  return async (c) => {
    if (token && !matches(c.req.header('authorization'), token)) {
      throw new DomainError('bad_token', 'Les mesures demandent leur jeton.', {
        remedy: 'Donnez à Prometheus le jeton METRICS_TOKEN (authorization: Bearer …).',
      })
    }
    for (const [key, value] of Object.entries({ ...(await cases()), ...(await figures(house)) }))
      gauges.get(key)!.set(value)
    return c.body(await registry.metrics(), 200, { 'content-type': registry.contentType })
  }
}

function matches(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

type OfCases = Pick<Figures, 'openCases' | 'heldCases'>

/** What costs by the cases, and not by what is due: asked again by every scraper, it is counted once a minute. */
function counted({ office: { sql }, clock }: House): () => Promise<OfCases> {
  let last: { at: Temporal.Instant; figures: OfCases } | undefined
  return async () => {
    const at = clock.now()
    if (last && Math.abs(at.since(last.at).total('seconds')) < 60) return last.figures
    const [figures] = await sql<[OfCases]>`
      select (select count(*) from cases where closed_on is null)::int as open_cases,
             (select count(distinct h.case_id) from holds h
              where h.released_on is null and (select c.closed_on is null from cases c where c.id = h.case_id))::int as held_cases`
    last = { at, figures }
    return figures
  }
}

async function figures({ office: { sql }, clock }: House): Promise<Omit<Figures, keyof OfCases>> {
  const today = clock.today()
  const [row] = await sql<Omit<Figures, keyof OfCases>[]>`
    with due as (
      select s.planned_on from steps s join cases c on c.id = s.case_id and c.closed_on is null
      where s.planned_on <= ${today} and s.done_on is null and s.skipped_on is null
        and not exists (select from holds h where h.case_id = s.case_id and h.released_on is null)
        -- Nor what somebody asked to see first, nor what comes after it.
        and not exists (select from approvals a join steps asked on asked.id = a.step_id
                        where a.decision is null and asked.case_id = s.case_id and asked.rank <= s.rank)
    ), jobs as (
      select run_at, attempts >= max_attempts as dead from graphile_worker.jobs where locked_at is null
    )
    select
      (select count(*) from due)::int as due,
      (select count(*) from due where planned_on < ${today})::int as late,
      (select count(*) from steps where done_on = ${today})::int as done_today,
      (select count(*) from documents where written_on = ${today})::int as renders,
      (select count(*) from alarms where settled_on is null)::int as alarms,
      (select count(*) from alarms where settled_on is null and code in ('orphan', 'orphan_procedure'))::int as orphans,
      (select count(*) from dispatches where state = 'ready')::int as dispatches_ready,
      (select count(*) from dispatches o where state = 'failed'
         or (state = 'sending' and not exists (select from graphile_worker.jobs j where j.key = 'send:' || o.document_id)))::int
        as dispatches_to_check,
      (select count(*) from jobs where not dead and run_at <= now())::int as jobs,
      (select count(*) from jobs where dead)::int as jobs_dead,
      coalesce((select extract(epoch from now() - min(run_at)) from jobs where not dead and run_at <= now()), 0)::float8 as queue_delay,
      (select count(*) from bank_lines where settled_on is null)::int as bank_lines`
  return row!
}
