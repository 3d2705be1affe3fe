import type { Day } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { type Author, record } from '../cases/journal.ts'
import { lockCase } from '../cases/lock.ts'

/**
 * What was said and is to be written about at once: a dispute, its answer, a promise, a plan, a remission, a reply by the coupon, a case whose debtor is
 * told who follows its invoices. « paid »: as a reply was queued by an earlier version.
 */
export type FollowUp =
  | { dispute: string }
  | { answered: string }
  | { promise: string }
  | { plan: string }
  | { remission: string }
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

/** What was refused of a case is tried again, all of it that has that code or is about that; whatever was written since is not written twice. */
export async function queueRefused(
  sql: Sql,
  onDay: Day,
  caseId: string,
  which: { code: string } | { id: string },
): Promise<number> {
  const refused = await sql<{ about: keyof typeof followUpOf; id: string; isResolved: boolean }[]>`
    select distinct e.detail ->> 'about' as about, e.detail ->> 'id' as id,
           exists (select from disputes x where x.id::text = e.detail ->> 'id' and x.resolved_on is not null) as is_resolved
    from events e
    where e.case_id = ${caseId} and e.kind = 'follow_up_refused'
      and ${'code' in which ? sql`e.detail ->> 'code' = ${which.code}` : sql`e.detail ->> 'id' = ${which.id}`}`
  for (const { about, id, isResolved } of refused) await queueFollowUp(sql, onDay, followUpOf[about](id, isResolved))
  return refused.length
}

const followUpOf = {
  cases: (announcement: string) => ({ announcement }),
  promises: (promise: string) => ({ promise }),
  plans: (plan: string) => ({ plan }),
  remissions: (remission: string) => ({ remission }),
  replies: (reply: string) => ({ reply }),
  disputes: (id: string, isResolved: boolean) => (isResolved ? { answered: id } : { dispute: id }),
}

/** A person who has mended what stood in the way has it tried again. DomainError `nothing_refused`. */
export async function retryFollowUp(
  sql: Sql,
  onDay: Day,
  { caseId, about }: { caseId: string; about: string },
  author: Author,
): Promise<void> {
  await transaction(sql, async (tx) => {
    await lockCase(tx, caseId)
    if ((await queueRefused(tx, onDay, caseId, { id: about })) === 0) {
      throw new DomainError('nothing_refused', 'Aucun courrier n’a été refusé à ce sujet.', {
        remedy: 'Relisez le travail du jour\u00a0: il a peut-être été écrit depuis.',
      })
    }
    await record(tx, onDay, { caseId, kind: 'follow_up_retried', detail: { id: about }, author })
  })
}
