import type { MailBody } from '../../documents/send/mail.ts'
import { NotSent, type Parcel } from '../../documents/send/tray.ts'
import { type Day } from '../../schema/days.ts'
import { type Fragment, json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { aboutCase } from '../../schema/trace.ts'
import type { Office } from '../office.ts'
import { type Author, record } from '../cases/journal.ts'
import { noLongerTrue, type Pending, type Since, sinceColumns, writtenAt } from './still-true.ts'

interface Claimed extends Pending {
  channel: string
  address: Record<string, unknown>
  sha256: string
  mail: string | null
  enclosures: Enclosure[]
  writtenOn: Day
  /** Somebody had claimed it before, and could not say how it ended. */
  again: boolean
}

/**
 * Hands one document to its channel, once. The row is claimed before anything leaves the house: if the process dies in
 * between, it stays « sending »: done again where doing it twice leaves one letter (the out-tray), left to a person where
 * it would not (the mail server). At each try its case is looked at again: what lost its reason meanwhile never leaves.
 */
export async function sendDocument(office: Office, documentId: string, onDay: Day): Promise<void> {
  const claimed = await transaction(office.sql, (sql) => claim(office, sql, documentId, onDay))
  if (claimed === 'withdrawn') return
  if (!claimed) return leaveInDoubt(office.sql, documentId, onDay, 'le travail s’est interrompu pendant l’envoi')
  try {
    const proof = await office.post.send(await parcelOf(office, claimed, onDay))
    await recordSent(office.sql, documentId, onDay, proof)
  } catch (error) {
    if (error instanceof NotSent) return putBack(office, documentId, claimed, onDay, error)
    if (office.post.repeatable.includes(claimed.channel)) throw error
    await leaveInDoubt(office.sql, documentId, onDay, error instanceof Error ? error.message : String(error))
  }
}

/** The case before its dispatch, as in every act on it: the other way round, two of them would wait for each other. */
const lockCaseOf = (sql: Sql, documentId: string) =>
  sql`select 1 from cases where id = (select case_id from documents where id = ${documentId}) for update`

/**
 * Taken with its case, so that whoever pays, suspends or closes it does so before the look or after the claim. Most letters may leave:
 * the row is claimed as it is looked at, and withdrawn where the look says so.
 */
async function claim(
  office: Office,
  sql: Sql,
  documentId: string,
  onDay: Day,
): Promise<Claimed | 'withdrawn' | undefined> {
  const locked = lockCaseOf(sql, documentId).execute()
  const claimed = sql<(Claimed & Since)[]>`
    update dispatches o set state = 'sending'
    from (
      select d.id, d.case_id, d.sha256, d.mail, d.reference, d.letter, d.recipient, d.written_on, b.state = 'sending' as again,
             ${sinceColumns(sql, onDay)},
             (select coalesce(jsonb_agg(e order by length(e.reference), e.reference), '[]') from (${joinedTo(sql, sql`b.document_id`)}) e) as enclosures
      from dispatches b join documents d on d.id = b.document_id join cases c on c.id = d.case_id
        cross join lateral (${writtenAt(sql, sql`d.case_id`, sql`d.reference`)}) w
      where d.id = ${documentId}
        and (b.state = 'ready' or (b.state = 'sending' and b.channel = any(${office.post.repeatable})))) looked
    where o.document_id = looked.id
    returning looked.*, o.channel, o.address`.execute()
  const [, [found]] = await Promise.all([locked, claimed])
  if (!found) return undefined
  aboutCase(found.caseId)
  // What had begun to leave may have left: the batch to print looks at it once more.
  const why = found.again ? null : await noLongerTrue(sql, onDay, found)
  if (why === null) return found
  await sql`update dispatches set state = 'withdrawn', proof = ${json(sql, { motif: why })} where document_id = ${documentId}`
  const detail = { reference: found.reference, channel: found.channel, why }
  await record(sql, onDay, { caseId: found.caseId, kind: 'letter_withheld', detail, author: 'system' })
  return 'withdrawn'
}

/**
 * What a person found out about a sending in doubt: the day it left, which is written; or, with `null`, that it did not, and
 * it goes once more.
 */
export async function settleSending(
  sql: Sql,
  onDay: Day,
  input: { documentId: string; sentOn: Day | null; reason: string },
  author: Author,
): Promise<void> {
  const { documentId, sentOn, reason } = input
  await transaction(sql, async (tx) => {
    await lockCaseOf(tx, documentId)
    const [settled] = await tx<{ caseId: string; reference: string; channel: string }[]>`
      update dispatches o set state = ${sentOn === null ? 'ready' : 'sent'}, sent_on = ${sentOn},
                              proof = ${sentOn === null ? null : json(tx, { constat: reason })}
      from documents d
      where o.document_id = ${documentId} and d.id = o.document_id and o.state = 'sending'
        and (${sentOn}::date is null or ${sentOn}::date between d.written_on and ${onDay})
        and not exists (select from graphile_worker.jobs j where j.key = 'send:' || d.id)
      returning d.case_id, d.reference, o.channel`
    if (!settled) {
      throw new DomainError(
        'sending_not_in_doubt',
        'Aucun envoi de ce document n’attend d’être vérifié à cette date.',
        {
          remedy: 'Relisez le travail du jour : un envoi en cours se termine seul, et ne part pas avant d’être écrit.',
        },
      )
    }
    const { caseId, ...detail } = settled
    const kind = sentOn === null ? 'letter_put_back' : 'letter_sent'
    await record(tx, onDay, { caseId, kind, detail: { ...detail, reason }, author })
    if (sentOn === null) await queueSending(tx, onDay, documentId)
  })
}

/** Puts a document in the out-tray of the house, with the job that hands it to its channel. */
export async function queueFirstSending(
  sql: Sql,
  onDay: Day,
  documentId: string,
  to: { channel: string; address: Record<string, unknown> },
): Promise<void> {
  await sql`
    with ready as (
      insert into dispatches (document_id, channel, address)
      values (${documentId}, ${to.channel}, ${json(sql, to.address)}) returning document_id)
    select ${sendingJob(sql, onDay, documentId)} from ready`
}

const queueSending = async (sql: Sql, onDay: Day, documentId: string): Promise<void> =>
  void (await sql`select ${sendingJob(sql, onDay, documentId)}`)

/** Tried again for four days when the channel does not answer. */
const sendingJob = (sql: Sql, onDay: Day, documentId: string): Fragment => sql`
  graphile_worker.add_job('send', ${json(sql, { document: documentId, day: onDay.toString(), version: 1 })}::json,
                          job_key => ${`send:${documentId}`}, max_attempts => 25)`

/**
 * In one statement, and so in a transaction of its own: the case taken, its letter sent, its line in the journal. Nothing where a worker
 * thought dead has written it.
 */
async function recordSent(sql: Sql, documentId: string, onDay: Day, proof: Record<string, string>): Promise<void> {
  await sql`
    with taken as (select id from cases where id = (select case_id from documents where id = ${documentId}) for update),
         sent as (
           update dispatches o set state = 'sent', sent_on = ${onDay}, proof = ${json(sql, proof)}
           from taken join documents d on d.case_id = taken.id
           where d.id = ${documentId} and o.document_id = d.id and o.state = 'sending'
           returning d.case_id, d.reference, o.channel)
    insert into events (case_id, on_day, kind, detail, author)
    select case_id, ${onDay}, 'letter_sent', jsonb_build_object('reference', reference, 'channel', channel), 'system' from sent`
}

/** Nobody knows whether it left: the row stays « sending », the journal says so once, and only a person goes on. */
async function leaveInDoubt(sql: Sql, documentId: string, onDay: Day, why: string): Promise<void> {
  await transaction(sql, async (tx) => {
    await lockCaseOf(tx, documentId)
    const [doubtful] = await tx<{ caseId: string; reference: string; channel: string }[]>`
      select d.case_id, d.reference, o.channel from dispatches o join documents d on d.id = o.document_id
      where o.document_id = ${documentId} and o.state = 'sending'
        and coalesce((select e.kind from events e
                      where e.case_id = d.case_id and e.kind in ('letter_in_doubt', 'letter_put_back')
                        and e.detail ->> 'reference' = d.reference order by e.seq desc limit 1), '') <> 'letter_in_doubt'
      for update of o`
    if (!doubtful) return
    const { caseId, ...detail } = doubtful
    await record(tx, onDay, { caseId, kind: 'letter_in_doubt', detail: { ...detail, why }, author: 'system' })
  })
}

/** What certainly did not leave waits for the next try; a refused address is told to the people of the case. */
async function putBack(
  office: Office,
  documentId: string,
  claimed: Claimed,
  onDay: Day,
  error: NotSent,
): Promise<void> {
  await transaction(office.sql, async (sql) => {
    await lockCaseOf(sql, documentId)
    await sql`update dispatches set state = ${error.permanent ? 'failed' : 'ready'} where document_id = ${documentId} and state = 'sending'`
    const detail = { reference: claimed.reference, channel: claimed.channel, why: error.message }
    if (error.permanent)
      await record(sql, onDay, { caseId: claimed.caseId, kind: 'letter_refused', detail, author: 'system' })
  })
  if (!error.permanent) throw error
}

/** Read before the channel is touched: an archive that does not answer is no doubt about the sending. */
async function parcelOf(office: Office, claimed: Claimed, day: Day): Promise<Parcel> {
  return assemble(office, claimed, day).catch((cause: unknown) => {
    throw new NotSent(cause instanceof Error ? cause.message : String(cause), { permanent: false, cause })
  })
}

async function assemble(office: Office, claimed: Claimed, day: Day): Promise<Parcel> {
  const enclosures = []
  for (const { letter, sha256 } of claimed.enclosures)
    enclosures.push({ letter, pdf: await office.archive.get(sha256) })
  const { channel, address, reference, letter } = claimed
  const mail =
    claimed.mail === null
      ? null
      : (JSON.parse(new TextDecoder().decode(await office.archive.get(claimed.mail))) as MailBody)
  const pdf = await office.archive.get(claimed.sha256)
  const text = channel === 'sms' ? { text: new TextDecoder().decode(pdf) } : {}
  const begun = claimed.again ? { begunSince: claimed.writtenOn } : {}
  return { channel, address, reference, letter, day, pdf, enclosures, mail, ...text, ...begun }
}

export interface Enclosure {
  letter: string
  sha256: string
}

/** What goes in the same envelope as a letter, or with the same message, in its order. */
export const enclosuresOf = (sql: Sql, documentId: string): Promise<Enclosure[]> => sql`
  select letter, sha256 from (${joinedTo(sql, sql`${documentId}`)}) joined order by length(reference), reference`

const joinedTo = (sql: Sql, documentId: Fragment): Fragment => sql`
  select letter, sha256, reference from documents where attached_to = ${documentId}
  union all
  -- A cover letter takes its invoices along.
  select 'facture-' || i.number, i.original, i.number
  from documents d join invoices i on i.case_id = d.case_id and i.original is not null
  where d.id = ${documentId} and d.letter like 'facture-envoi-%'
  union all
  -- What a letter to the debtor lists as enclosed, it encloses, and nothing else: two exhibits may bear one reference.
  select 'piece-' || (p ->> 'numero'), e.pdf, 'p' || lpad(p ->> 'numero', 3, '0')
  from documents d cross join jsonb_array_elements(d.facts -> 'piecesJointes') p
  join exhibits e on e.case_id = d.case_id and e.id::text = p ->> 'id' and e.withdrawn_on is null
  where d.id = ${documentId} and d.recipient = 'debiteur' and d.attached_to is null`
