import { pendingApprovals } from '../../procedures/amicable/approvals.ts'
import { readCases } from '../../procedures/cases/file/file.ts'
import { claimableOn } from '../../procedures/money/claimable.ts'
import { caseGone } from '../../procedures/cases/lock.ts'
import { progressOn, readConducts } from '../../procedures/judicial/case-progress.ts'
import { loadProcedure, type Procedure } from '../../procedures/judicial/engine/procedure.ts'
import { type Outlay, readCeilings, readOutlays } from '../../procedures/judicial/outlays.ts'
import type { Progress } from '../../procedures/judicial/engine/progress.ts'
import type { Day } from '../../schema/days.ts'
import type { Fragment, Sql } from '../../schema/db.ts'
import { aboutCase } from '../../schema/trace.ts'
import { type Context, visible } from '../context.ts'
import { readTotals, type Totals } from './portal-totals.ts'

export type StateId = 'en-cours' | 'promis' | 'conteste' | 'attente' | 'justice' | 'prescrit' | 'clos'

/** The state of a case `c` in one word, and the only place where it is decided: a filter and a label never disagree. */
const stateOf = ({ sql, day }: Context): Fragment => sql`
  case when c.closed_on is not null then 'clos'
       when c.limitation_on < ${day} and not exists (select from insolvencies n where n.case_id = c.id and n.opened_on <= ${day}) then 'prescrit'
       when exists (select from holds h where h.case_id = c.id and h.released_on is null and h.cause = 'contestation') then 'conteste'
       when exists (select from holds h where h.case_id = c.id and h.released_on is null and h.cause in ('promesse', 'echeancier')) then 'promis'
       when exists (select from procedures p where p.case_id = c.id) then 'justice'
       when exists (select from holds h where h.case_id = c.id and h.released_on is null) then 'attente'
       else 'en-cours' end`

export interface CaseLine {
  id: string
  number: string
  state: StateId
  debtor: string
  currency: string
  anchorOn: Day
  openedOn: Day
  nextOn: Day | null
  /** To be recovered; what limitation put out of reach is `barred`. */
  total: bigint
  barred: bigint
  /** The day; an earlier one where a rate is awaited. */
  countedOn: Day
}

export interface Asked {
  text: string
  state: StateId | null
  page: number
}

export const pageSize = 25

/** One page of the creditor's cases, the newest first, each with what is owed today. */
export async function listCases(
  ctx: Context,
  { text, state, page }: Asked,
): Promise<{ lines: CaseLine[]; count: number }> {
  const { sql } = ctx
  const where = sql`
    ${visible(ctx)} ${state ? sql`and ${stateOf(ctx)} = ${state}` : sql``}
    ${
      text
        ? sql`and (strpos(c.number, ${text}) > 0 or strpos(lower(d.name), lower(${text})) > 0
               or exists (select from invoices i where i.case_id = c.id and strpos(lower(i.number), lower(${text})) > 0))`
        : sql``
    }`
  const from = sql`from cases c join debtors d on d.id = c.debtor_id where ${where}`
  const [rows, [total]] = await Promise.all([
    sql<Omit<CaseLine, 'total' | 'barred' | 'countedOn'>[]>`
      select c.id, c.number, ${stateOf(ctx)} as state, d.name as debtor, c.currency, c.anchor_on, c.opened_on,
             (select min(s.planned_on) from steps s where s.case_id = c.id and s.done_on is null and s.skipped_on is null) as next_on
      ${from} order by c.opened_on desc, c.number desc limit ${pageSize} offset ${(page - 1) * pageSize}`,
    sql<{ count: bigint }[]>`select count(*) ${from}`,
  ])
  const files = await readCases(
    sql,
    rows.map(({ id }) => id),
  )
  return {
    lines: rows.map((row) => {
      if (row.state === 'clos') return { ...row, total: 0n, barred: 0n, countedOn: ctx.day }
      const { toRecover, barred, isBarred, countedOn } = claimableOn(files.get(row.id)!, ctx.day)
      return { ...row, total: toRecover, barred, countedOn: isBarred ? ctx.day : countedOn }
    }),
    count: Number(total!.count),
  }
}

export interface Overview extends Totals {
  consents: {
    id: string
    caseId: string
    number: string
    debtor: string
    expiresOn: Day
    title: string
    total: string
    currency: string
  }[]
  events: { caseId: string; number: string; debtor: string; onDay: Day; summary: string }[]
  /** Sendings that wait for the creditor’s word. */
  approvals: number
  /** Disputes that wait for the creditor’s answer and documents. */
  disputesToAnswer: { caseId: string; number: string; debtor: string; raisedOn: Day; answerBy: Day | null }[]
}

export async function overview(ctx: Context): Promise<Overview> {
  const { sql } = ctx
  const [totals, consents, events, approvals, disputesToAnswer] = await Promise.all([
    readTotals(ctx),
    pendingConsents(ctx),
    sql<Overview['events']>`
      select c.id as case_id, c.number, d.name as debtor, r.replied_on as on_day, r.summary
      from replies r join cases c on c.id = r.case_id join debtors d on d.id = c.debtor_id
      where ${visible(ctx)} order by r.replied_on desc, r.id limit 8`,
    pendingApprovals(sql, ctx.viewer!.creditorId),
    sql<Overview['disputesToAnswer']>`
      select c.id as case_id, c.number, d.name as debtor, x.raised_on, x.answer_by
      from disputes x join cases c on c.id = x.case_id join debtors d on d.id = c.debtor_id
      where ${visible(ctx)} and c.closed_on is null and x.resolved_on is null and x.creditor_answered_on is null
      order by x.answer_by nulls last, x.raised_on, c.number limit 20`,
  ])
  return { ...totals, consents, events, approvals: approvals.length, disputesToAnswer }
}

/** The requests that still wait for this creditor's answer. */
async function pendingConsents(ctx: Context): Promise<Overview['consents']> {
  return ctx.sql<Overview['consents']>`
    select r.id, c.id as case_id, c.number, d.name as debtor, r.expires_on, r.statement ->> 'title' as title, r.statement ->> 'total' as total,
           r.statement ->> 'currency' as currency
    from consent_requests r join cases c on c.id = r.case_id join debtors d on d.id = c.debtor_id
    where ${visible(ctx)} and r.expires_on >= ${ctx.day} and c.closed_on is null
      and not exists (select from consents x where x.request_id = r.id)
      and not exists (select from consent_ends e where e.request_id = r.id)
    order by r.expires_on`
}

/** The case of that number, if it is this creditor's; the same refusal whether it does not exist or is another's. */
export async function findByNumber(ctx: Context, number: string): Promise<{ id: string }> {
  const [found] = await ctx.sql<
    { id: string }[]
  >`select c.id from cases c where c.number = ${number.slice(0, 40)} and ${visible(ctx)}`
  if (!found) throw caseGone(number.slice(0, 40))
  aboutCase(found.id)
  return found
}

/** The last line of the journal of that case: what shows more than another has a greater one. */
export async function journalMark(ctx: Context, caseId: string): Promise<string> {
  const [last] = await ctx.sql<{ id: bigint }[]>`
    select coalesce(max(e.id), 0) as id from events e join cases c on c.id = e.case_id where c.id = ${caseId} and ${visible(ctx)}`
  return String(last!.id)
}

export interface ProcedureLog {
  procedures: { title: string; court: string; openedOn: Day }[]
  judicial: { on: Day; what: string }[]
  /** Each open procedure and where the case stands in it. */
  ways: { procedure: Procedure; progress: Progress; outlays: Outlay[]; ceiling: { cents: bigint; currency: string } }[]
  requests: {
    id: string
    title: string
    requestedOn: Day
    decision: 'given' | 'refused' | null
    decidedOn: Day | null
    endedWhy: string | null
  }[]
}

/** What was asked of the creditor and what happened in court. */
export async function procedureLog(sql: Sql, caseId: string, onDay: Day): Promise<ProcedureLog> {
  const [opened, requests] = await Promise.all([
    sql<
      { id: string; procedure: string; court: { nom: string }; openedOn: Day }[]
    >`select id, procedure, court, opened_on from procedures where case_id = ${caseId} order by opened_on, id`,
    sql<ProcedureLog['requests']>`
      select r.id, r.statement ->> 'title' as title, r.requested_on, d.decision, d.decided_on, e.reason as ended_why
      from consent_requests r left join consents d on d.request_id = r.id left join consent_ends e on e.request_id = r.id
      where r.case_id = ${caseId} order by r.requested_on desc, r.id`,
  ])
  const ids = opened.map(({ id }) => id)
  const [conducts, outlays, ceilings] = await Promise.all([
    readConducts(sql, ids),
    readOutlays(sql, ids),
    readCeilings(sql, ids),
  ])
  const ways = opened.map(({ id }) => {
    const conduct = conducts.get(id)!
    return {
      procedure: conduct.procedure,
      progress: progressOn(conduct, onDay),
      outlays: outlays.get(id) ?? [],
      ceiling: ceilings.get(id)![0]!,
    }
  })
  return {
    ways,
    procedures: opened.map(({ procedure, court, openedOn }) => ({
      title: loadProcedure(procedure).titre,
      court: court.nom,
      openedOn,
    })),
    judicial: ways
      .flatMap(({ progress }) => progress.done.map(({ on, title }) => ({ on, what: title })))
      .toSorted((a, b) => Temporal.PlainDate.compare(a.on, b.on)),
    requests,
  }
}
