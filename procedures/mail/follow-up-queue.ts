import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'

/**
 * What was said and is to be written about at once: a dispute, its answer, a promise, a reply by the coupon, a case whose debtor is
 * told who follows its invoices. « paid »: as a reply was queued by an earlier version.
 */
export type FollowUp =
  | { dispute: string }
  | { answered: string }
  | { promise: string }
  | { reply: string }
  | { announcement: string }
  | { paid: string }

/** Queues the letters that follow, in the transaction that keeps what was said: neither is there without the other. */
export async function queueFollowUp(sql: Sql, onDay: Day, about: FollowUp): Promise<void> {
  const [[what, id]] = Object.entries(about) as [[string, string]]
  await sql`
    select graphile_worker.add_job('follow-up', json_build_object(${what}::text, ${id}::text, 'day', ${onDay}::date, 'version', 1),
                                   job_key => 'follow-up:' || ${id}::text, max_attempts => 12)`
}
