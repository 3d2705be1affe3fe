import { typographyFr } from '../../documents/rendering/typography.ts'
import type { Day } from '../../schema/days.ts'
import { type Fragment, type Sql, transaction } from '../../schema/db.ts'
import { record } from '../cases/journal.ts'
import { archiveFindings, dropFile, remake, type Seen } from './archive.ts'
import { journalFindings } from './journal.ts'
import { rowFindings } from './rows.ts'
import type { Office } from '../office.ts'

/** One invariant that does not hold, in words that a person can act on. */
export interface Finding {
  /** Stable, for programs and alarms. */
  code: string
  /** The number of the case; null where it is of the whole house. */
  case: string | null
  message: string
  remedy: string
  /** The row or the hash that a repair works on. */
  subject: string | null
  /** What `--repair` did about it. */
  repaired?: string
}

/**
 * Looks for what must never be: an open case with no dated next act, a letter written or sent twice, a hash without its
 * bytes, an act without its line in the journal, a consent that no longer fits what was signed. Reads, and changes nothing.
 */
export async function examine(office: Office, onDay: Day, seen?: Seen): Promise<Finding[]> {
  const findings = [
    ...(await rowFindings(office, onDay)),
    ...(await journalFindings(office.sql)),
    ...(await archiveFindings(office, seen)),
  ]
  return findings.map((finding) => ({
    ...finding,
    message: typographyFr(finding.message),
    remedy: typographyFr(finding.remedy),
  }))
}

/**
 * Mends what the rows themselves prove: a job that vanished, a paper that can be made again to the same hash, a consent
 * that a change has voided. Everything else is left to a person, and said.
 */
export async function repair(office: Office, onDay: Day, findings: Finding[]): Promise<Finding[]> {
  const mended: Finding[] = []
  for (const finding of findings) {
    const act = repairs[finding.code]
    const repaired = act && finding.subject !== null ? await act(office, onDay, finding.subject) : null
    mended.push(repaired === null ? finding : { ...finding, repaired: typographyFr(repaired) })
  }
  return mended
}

type Repair = (office: Office, onDay: Day, subject: string) => Promise<string | null>

const repairs: Record<string, Repair | undefined> = {
  step_without_job: queueStep,
  letter_without_job: queueSending,
  sending_unfinished: queueSending,
  dead_job: reviveJob,
  archive_missing: remake,
  archive_damaged: remake,
  purge_unfinished: dropFile,
  consent_outdated: voidConsent,
}

/** The step is neither done nor waiting for anything, and no job carries it: it is queued again, once. */
async function queueStep(office: Office, onDay: Day, step: string): Promise<string | null> {
  return locked(office.sql, step, async (sql) => {
    const queued = await sql`
      with again as (
        update steps s set queued_for = ${onDay}
        where s.id = ${step} and s.done_on is null and s.skipped_on is null
          and not exists (select from holds h where h.case_id = s.case_id and h.released_on is null)
          and not exists (select from steps done where done.case_id = s.case_id and done.done_on = ${onDay})
          and not exists (select from graphile_worker.jobs j where j.key = 'step:' || s.id)
        returning s.id)
      select graphile_worker.add_job('step', json_build_object('step', id, 'day', ${onDay}::date, 'version', 1),
                                     job_key => 'step:' || id, max_attempts => 12) from again`
    return queued.length === 0 ? null : 'L’étape est remise au travail.'
  })
}

/** What the journal says is gone is never sent again, whatever its row says: somebody wrote in the row. */
const notGone = (sql: Sql): Fragment => sql`
  not exists (select from events e join documents d on d.case_id = e.case_id
              where d.id = o.document_id and e.kind = 'letter_sent' and e.detail ->> 'reference' = d.reference)`

/** « ready » never left the house; « sending » is done again only where doing it twice leaves one letter. */
async function queueSending(office: Office, onDay: Day, document: string): Promise<string | null> {
  const queued = await office.sql`
    select graphile_worker.add_job('send', json_build_object('document', o.document_id, 'day', ${onDay}::date, 'version', 1),
                                   job_key => 'send:' || o.document_id, max_attempts => 25)
    from dispatches o
    where o.document_id = ${document} and ${notGone(office.sql)}
      and (o.state = 'ready' or (o.state = 'sending' and o.channel = any(${office.post.repeatable})))
      and not exists (select from graphile_worker.jobs j where j.key = 'send:' || o.document_id)`
  return queued.length === 0 ? null : 'L’envoi est remis au travail.'
}

/** A step is one transaction, and a letter still « ready » has not left: what failed may be tried again without harm. */
async function reviveJob(office: Office, _onDay: Day, key: string): Promise<string | null> {
  const revived = await office.sql`
    select graphile_worker.reschedule_jobs(array[j.id], attempts => 0)
    from graphile_worker.jobs j
    where j.key = ${key} and j.attempts >= j.max_attempts and j.locked_at is null
      and (j.key like 'step:%'
           or exists (select from dispatches o
                      where 'send:' || o.document_id = j.key and ${notGone(office.sql)}
                        and (o.state = 'ready' or (o.state = 'sending' and o.channel = any(${office.post.repeatable})))))`
  return revived.length === 0 ? null : 'Le travail est remis à l’essai depuis le début.'
}

/** What the trigger would have done on the change itself. */
async function voidConsent(office: Office, onDay: Day, request: string): Promise<string | null> {
  return transaction(office.sql, async (sql) => {
    const [ended] = await sql<{ caseId: string }[]>`
      insert into consent_ends (request_id, ended_on, cause, reason, ended_by)
      select r.id, ${onDay}, 'changed', 'Le dossier a changé depuis la demande d’accord (constaté au contrôle).', 'system'
      from consent_requests r where r.id = ${request}
      on conflict do nothing
      returning (select case_id from consent_requests r where r.id = request_id)`
    if (!ended) return null
    await record(sql, onDay, {
      caseId: ended.caseId,
      kind: 'consent_voided',
      detail: { request, by: 'doctor' },
      author: 'system',
    })
    return 'L’accord est éteint : une nouvelle demande est nécessaire.'
  })
}

async function locked<T>(sql: Sql, step: string, act: (sql: Sql) => Promise<T>): Promise<T> {
  return transaction(sql, async (tx) => {
    await tx`select 1 from cases where id = (select case_id from steps where id = ${step}) for update`
    return act(tx)
  })
}
