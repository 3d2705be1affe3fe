import type { Day } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { lapsing, releaseHold } from '../cases/holds.ts'
import { askApprovals } from './approvals.ts'
import { tickReviews } from '../cases/intake/invoicing-reviews.ts'
import { tickReceipts } from '../money/late-receipts.ts'
import { watchDeadlines } from '../judicial/deadlines/deadline-alerts.ts'
import { tickPlans } from './plans.ts'
import { jobsOf } from './queue.ts'

type Lapsing = (typeof lapsing)[number]
const whyLapsed: Record<Lapsing, string> = {
  promesse: 'Le jour promis est passé.',
  remise: 'Le jour convenu pour la remise est passé.',
  decision: 'Nouvel essai de l’étape suspendue.',
}

/**
 * Holds that were only waiting for a day end on it: a promise whose day has passed, a refusal to be tried again. Disputes,
 * plans, insolvencies and claims that may be another's wait for a person, who finds them in the work of the day.
 */
async function lapseHolds(sql: Sql, upTo: Day): Promise<void> {
  const over = (on: Sql, caseId: string | null) => on<{ caseId: string; cause: Lapsing }[]>`
    select h.case_id, h.cause from holds h join cases c on c.id = h.case_id and c.closed_on is null
    where h.released_on is null and h.cause = any(${[...lapsing]}) and h.review_on <= ${upTo}
      and (${caseId}::uuid is null or h.case_id = ${caseId})
      -- Holds of one cause end together.
      and not exists (select from holds k where k.case_id = h.case_id and k.cause = h.cause and k.released_on is null and k.for_person)
    group by h.case_id, h.cause order by h.case_id, h.cause`
  for (const caseId of new Set((await over(sql, null)).map((hold) => hold.caseId))) {
    await transaction(sql, async (tx) => {
      // Another tick may be releasing the same hold: whoever locks the case second finds nothing left to release.
      await tx`select 1 from cases where id = ${caseId} for update`
      for (const { cause } of await over(tx, caseId)) {
        await releaseHold(tx, upTo, { caseId, cause, reason: whyLapsed[cause] }, 'system')
      }
    })
  }
}

/**
 * Plans everything due up to this day, in one statement: the earliest step not done of each open case that waits for
 * nothing becomes a job. Safe to run at any moment, twice, or on two machines: the row is claimed by its own update and
 * the job has the step for key. A step queued on another day and still not done is queued again. Answers how
 * many jobs it queued: steps, plans, reviews and receipts.
 */
export async function tick(sql: Sql, upTo: Day): Promise<number> {
  await lapseHolds(sql, upTo)
  await askApprovals(sql, upTo)
  await watchDeadlines(sql, upTo)
  const [row] = await transaction(sql, async (tx) => {
    // Among a million cases, the steps that wait, their pages and what was done today do not fit in PostgreSQL's 4 MB.
    await tx`set local work_mem = '64MB'`
    return tx<[{ planned: number }]>`
      with waiting as materialized (
        -- Of each case its earliest: no later one can be its turn. In order, so that what is looked up lies side by side.
        select distinct on (s.case_id) s.id, s.case_id, s.rank from steps s
        where s.planned_on <= ${upTo} and s.done_on is null and s.skipped_on is null and s.queued_for is distinct from ${upTo}::date
        order by s.case_id, s.rank
      ), due as (
        -- Looked up row by row: joined, the planner reads every step of every case to find the few that are due.
        select w.id from waiting w
        where (select true from cases c where c.id = w.case_id and c.closed_on is null)
          and (select true from steps earlier
               where earlier.case_id = w.case_id and earlier.rank < w.rank
                 and earlier.done_on is null and earlier.skipped_on is null limit 1) is null
          and (select true from holds h where h.case_id = w.case_id and h.released_on is null limit 1) is null
          and (select true from approvals a where a.step_id = w.id and a.decision is null limit 1) is null
          -- One written approach to a debtor a day, and never two degrees of firmness at once. Asked for all at once: yesterday's
          -- statistics know no step done today, and the planner would read all of today's for each step that waits.
          and w.case_id not in (select done.case_id from steps done where done.done_on = ${upTo})
      ), queued as (
        update steps set queued_for = ${upTo}
        where id = any(array(select id from due)) and done_on is null and queued_for is distinct from ${upTo}::date
        returning id, case_id
      )
      select count(job.id)::int as planned
      from (select ${jobsOf(tx, 'step', upTo)} as jobs from queued having count(*) > 0) as each, graphile_worker.add_jobs(jobs) as job`
  })
  const others = [await tickPlans(sql, upTo), await tickReviews(sql, upTo), await tickReceipts(sql, upTo)]
  return others.reduce((sum, each) => sum + each, row.planned)
}
