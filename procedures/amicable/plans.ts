import type { Facts } from '../../documents/facts.ts'
import { after, type Day, dayFr, daysBetween } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { amount } from '../../schema/money.ts'
import { requireAgencyReady } from '../cases/agency.ts'
import { type LetterOrder, writeLetter } from '../mail/correspondence.ts'
import { isPosted, reachOf } from '../mail/reach.ts'
import { letterFor } from '../mail/situation-letters.ts'
import { creditorAwayOn } from '../cases/creditor-closures.ts'
import { requireMandate } from '../cases/creditors.ts'
import { type CaseFile, type Plan, readCase } from '../cases/file/file.ts'
import { shiftCase } from '../cases/holds.ts'
import { record } from '../cases/journal.ts'
import { type DueInstalment, fillInstalments, planAct } from '../cases/exchanges/plans.ts'
import { breakInstalments } from '../cases/exchanges/promises.ts'
import { isBusinessDay } from '../law/calendar.ts'
import type { Office } from '../office.ts'
import { jobsOf } from './queue.ts'
import { heldOnRefusal } from './refusal.ts'

export type PlanOutcome = 'done' | 'nothing' | 'held' | 'already'

/** An instalment that something is due for, with its plan and its case as they stand under the lock. */
interface PlanTurn {
  office: Office
  /** The transaction that holds the lock. */
  sql: Sql
  onDay: Day
  file: CaseFile
  plan: Plan
  line: DueInstalment
}

/** Queues the plans that have something to do by that day; the plan is the key of its job. Answers how many. */
export async function tickPlans(sql: Sql, upTo: Day): Promise<number> {
  const [row] = await sql<[{ planned: number }]>`
    with due as (
      select p.id
      from plans p join cases c on c.id = p.case_id and c.closed_on is null
      where p.broken_on is null and p.kept_on is null and p.queued_for is distinct from ${upTo}::date
        and exists (select from holds h where h.case_id = p.case_id and h.released_on is null and h.cause = 'echeancier')
        and not exists (select from holds h where h.case_id = p.case_id and h.released_on is null and h.cause <> 'echeancier')
        and exists (select from instalments i where i.plan_id = p.id and i.settled_on is null
                      and ((i.reminded_on is null and i.due_on > ${upTo} and i.due_on - p.remind_days <= ${upTo}
                           and i.due_on - p.remind_days > p.agreed_on)
                        or (i.noticed_on is null and i.due_on + p.notice_days <= ${upTo})
                        or i.notice_until < ${upTo}))
    ), queued as (
      update plans set queued_for = ${upTo} from due
      where plans.id = due.id and plans.queued_for is distinct from ${upTo}::date returning plans.id
    )
    select count(job.id)::int as planned
    from (select ${jobsOf(sql, 'plan', upTo)} as jobs from queued having count(*) > 0) as each, graphile_worker.add_jobs(jobs) as job`
  return row.planned
}

/**
 * Does what the plan's rule asks for on that day, once: the reminder before an instalment, the notice after a missed one,
 * the end of the plan once the notice has run. A refusal holds the case and says why.
 */
export async function doPlan(office: Office, planId: string, onDay: Day): Promise<PlanOutcome> {
  const act = (sql: Sql) => attempt(office, sql, planId, onDay)
  return heldOnRefusal(office, onDay, act, (sql) => claim(sql, planId))
}

/** Locks the case of a plan in force; null when the plan is over or its case closed. */
async function claim(sql: Sql, planId: string): Promise<string | null> {
  await sql`select 1 from cases where id = (select case_id from plans where id = ${planId}) for update`
  const [found] = await sql<{ caseId: string }[]>`
    select p.case_id from plans p join cases c on c.id = p.case_id and c.closed_on is null
    where p.id = ${planId} and p.broken_on is null and p.kept_on is null`
  return found?.caseId ?? null
}

async function attempt(office: Office, sql: Sql, planId: string, onDay: Day): Promise<PlanOutcome> {
  const caseId = await claim(sql, planId)
  if (caseId === null) return 'already'
  const file = await readCase(sql, caseId)
  const stops = file.holds.some((hold) => hold.releasedOn === null && hold.cause !== 'echeancier')
  if (stops || file.insolvencies.length > 0 || after(onDay, file.case.limitationOn)) return 'held'
  const plan = file.plans.find(({ id }) => id === planId)!
  const lines = fillInstalments(plan, file, onDay)
  for (const line of lines.filter(({ unpaid }) => unpaid === 0n)) {
    await sql`update instalments set settled_on = ${line.paidOn} where plan_id = ${planId} and rank = ${line.rank} and settled_on is null`
  }
  const act = planAct(plan, lines, onDay)
  if (act?.kind === 'kept') {
    await sql`update plans set kept_on = ${onDay} where id = ${planId}`
    await record(sql, onDay, {
      caseId,
      kind: 'instalments_kept',
      detail: { late: lines.filter(({ state }) => state === 'late').length },
      author: 'system',
    })
    return 'done'
  }
  // Like the timeline's letters, these leave on business days; the tick comes back tomorrow.
  if (!act || !isBusinessDay(onDay, file.case.zone)) return 'nothing'
  // What was paid to a creditor that is closed would cross a notice; a reminder of what was agreed goes all the same.
  if (act.kind !== 'remind' && creditorAwayOn(onDay, file) !== null) return 'nothing'
  await requireAgencyReady(sql, onDay)
  await requireMandate(sql, file.creditor.id, onDay)
  const turn: PlanTurn = { office, sql, onDay, file, plan, line: act.line }
  if (act.kind === 'remind') await remind(turn)
  else if (act.kind === 'notice') await giveNotice(turn)
  else await endPlan(turn)
  return 'done'
}

async function remind({ office, sql, onDay, file, plan, line }: PlanTurn): Promise<void> {
  await writeLetter(office, sql, onDay, file, {
    ...order('engagement-rappel-echeance', reachOf(file, 'debiteur') ?? 'lettre'),
    facts: currentInstalment(line, 'à venir'),
  })
  await sql`update instalments set reminded_on = ${onDay} where plan_id = ${plan.id} and rank = ${line.rank}`
}

async function giveNotice({ office, sql, onDay, file, plan, line }: PlanTurn): Promise<void> {
  const until = onDay.add({ days: plan.graceDays })
  await writeLetter(office, sql, onDay, file, {
    ...order('engagement-echeance-manquee', isPosted(file) ? 'lettre' : 'email'),
    facts: { ...currentInstalment(line, 'impayée'), ...deadline(plan.graceDays, until) },
  })
  await sql`update instalments set noticed_on = ${onDay}, notice_until = ${until} where plan_id = ${plan.id} and rank = ${line.rank}`
  await record(sql, onDay, {
    caseId: file.case.id,
    kind: 'instalment_missed',
    detail: { rank: line.rank, dueOn: line.dueOn.toString(), unpaid: amount(line.unpaid), until: until.toString() },
    author: 'system',
  })
}

/** The letter that ends the plan leaves its own time to pay the balance: no step of the timeline overtakes it. */
async function endPlan({ office, sql, onDay, file, plan, line }: PlanTurn): Promise<void> {
  const until = onDay.add({ days: plan.graceDays })
  const notice = file.documents.findLast((document) => document.letter === 'engagement-echeance-manquee')
  await writeLetter(office, sql, onDay, file, {
    ...order(letterFor(file, 'plan-broken'), isPosted(file) ? 'lrar' : 'lettre'),
    facts: {
      ...currentInstalment(
        line,
        'impayée',
        notice && { reference: notice.reference, date: notice.writtenOn.toString() },
      ),
      ...deadline(plan.graceDays, until),
    },
  })
  const reason = `Échéance du ${dayFr(line.dueOn)} non payée malgré l'avis du ${dayFr(line.noticedOn!)}.`
  await breakInstalments(sql, onDay, { caseId: file.case.id, planId: plan.id, reason }, 'system')
  const [next] = await sql<{ nominalOn: Day; plannedOn: Day }[]>`
    select nominal_on, planned_on from steps
    where case_id = ${file.case.id} and done_on is null and skipped_on is null and key not like '%.prevenir' order by rank limit 1`
  if (next && !after(next.plannedOn, until)) await shiftCase(sql, file.case.id, daysBetween(next.nominalOn, until) + 1)
}

const order = (letter: string, channel: LetterOrder['channel']): LetterOrder => ({
  letter,
  channel,
  recipient: 'debiteur',
  author: 'system',
})

const deadline = (delaiJours: number, until: Day): Partial<Facts> =>
  ({ delaiJours, dateLimite: { date: until.toString() } }) as Partial<Facts>

const currentInstalment = (
  line: DueInstalment,
  etat: string,
  relance?: { reference: string; date: string },
): Partial<Facts> =>
  ({
    echeanceCourante: {
      rang: line.rank,
      date: line.dueOn.toString(),
      montant: amount(line.unpaid),
      etat,
      ...(relance ? { relance } : {}),
    },
  }) as Partial<Facts>
