import type { MailBody } from '../../documents/send/mail.ts'
import { NotSent, type Parcel } from '../../documents/send/tray.ts'
import { type Day } from '../../schema/days.ts'
import { json, transaction } from '../../schema/db.ts'
import type { Office } from '../office.ts'
import { record } from './journal.ts'

interface Claimed {
  caseId: string
  channel: string
  address: Record<string, unknown>
  sha256: string
  mail: string | null
  reference: string
  letter: string
}

/**
 * Hands one document to its channel, once. The row is claimed before anything leaves the house: if the process dies in
 * between, it stays « sending »: done again where doing it twice leaves one letter (the out-tray), left to a person where
 * it would not (the mail server).
 */
export async function sendDocument(office: Office, documentId: string, onDay: Day): Promise<void> {
  const [claimed] = await office.sql<Claimed[]>`
    update dispatches o set state = 'sending'
    from documents d
    where o.document_id = ${documentId} and d.id = o.document_id
      and (o.state = 'ready' or (o.state = 'sending' and o.channel = any(${office.post.repeatable})))
    returning d.case_id, o.channel, o.address, d.sha256, d.mail, d.reference, d.letter`
  if (!claimed) return
  const proof = await office.post
    .send(await parcelOf(office, documentId, claimed, onDay))
    .catch((error: unknown) => putBack(office, documentId, claimed, onDay, error))
  if (proof === null) return
  await transaction(office.sql, async (sql) => {
    await sql`update dispatches set state = 'sent', sent_on = ${onDay}, proof = ${json(sql, proof)} where document_id = ${documentId}`
    await record(sql, onDay, {
      caseId: claimed.caseId,
      kind: 'letter_sent',
      detail: { reference: claimed.reference, channel: claimed.channel },
      author: 'system',
    })
  })
}

/** What certainly did not leave waits for the next try; a refused address is told to the people of the case. */
async function putBack(
  office: Office,
  documentId: string,
  claimed: Claimed,
  onDay: Day,
  error: unknown,
): Promise<null> {
  if (!(error instanceof NotSent)) throw error
  await transaction(office.sql, async (sql) => {
    await sql`update dispatches set state = ${error.permanent ? 'failed' : 'ready'} where document_id = ${documentId}`
    const detail = { reference: claimed.reference, channel: claimed.channel, why: error.message }
    if (error.permanent)
      await record(sql, onDay, { caseId: claimed.caseId, kind: 'letter_refused', detail, author: 'system' })
  })
  if (!error.permanent) throw error
  return null
}

async function parcelOf(office: Office, documentId: string, claimed: Claimed, day: Day): Promise<Parcel> {
  const joined = await office.sql<{ letter: string; sha256: string }[]>`
    select letter, sha256 from (
      select letter, sha256, reference from documents where attached_to = ${documentId}
      union all
      -- A cover letter takes its invoices along.
      select 'facture-' || i.number, i.original, i.number
      from documents d join invoices i on i.case_id = d.case_id and i.original is not null
      where d.id = ${documentId} and d.letter like 'facture-envoi-%'
      union all
      -- What a letter to the debtor lists as enclosed, it encloses.
      select 'piece-' || (p ->> 'numero'), e.pdf, 'p' || lpad(p ->> 'numero', 3, '0')
      from documents d cross join jsonb_array_elements(d.facts -> 'piecesJointes') p
      join exhibits e on e.case_id = d.case_id and e.reference = p ->> 'reference' and e.withdrawn_on is null
      where d.id = ${documentId} and d.recipient = 'debiteur' and d.step_id is not null and d.attached_to is null) joined
    order by length(reference), reference`
  const enclosures = []
  for (const { letter, sha256 } of joined) enclosures.push({ letter, pdf: await office.archive.get(sha256) })
  const { channel, address, reference, letter } = claimed
  const mail =
    claimed.mail === null
      ? null
      : (JSON.parse(new TextDecoder().decode(await office.archive.get(claimed.mail))) as MailBody)
  return { channel, address, reference, letter, day, pdf: await office.archive.get(claimed.sha256), enclosures, mail }
}
