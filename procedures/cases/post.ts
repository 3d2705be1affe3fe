import { type Day } from '../../schema/days.ts'
import { transaction } from '../../schema/db.ts'
import type { Office } from '../office.ts'
import { record } from './journal.ts'

/**
 * Hands one document to its channel, once. The row is claimed before anything leaves the house: if the process dies in
 * between, it stays « sending »: done again where doing it twice leaves one letter (the out-tray), left to a person where
 * it would not (the mail server).
 */
export async function sendDocument(office: Office, documentId: string, onDay: Day): Promise<void> {
  const [claimed] = await office.sql<{ caseId: string; channel: string; address: Record<string, unknown>; sha256: string; reference: string; letter: string }[]>`
    update dispatches o set state = 'sending'
    from documents d
    where o.document_id = ${documentId} and d.id = o.document_id
      and (o.state = 'ready' or (o.state = 'sending' and o.channel = any(${office.post.repeatable})))
    returning d.case_id, o.channel, o.address, d.sha256, d.reference, d.letter`
  if (!claimed) return
  const proof = await office.post.send({ ...claimed, day: onDay, bytes: await office.archive.get(claimed.sha256) })
  await transaction(office.sql, async (sql) => {
    await sql`update dispatches set state = 'sent', sent_on = ${onDay}, proof = ${sql.json(proof)} where document_id = ${documentId}`
    await record(sql, onDay, { caseId: claimed.caseId, kind: 'letter_sent', detail: { reference: claimed.reference, channel: claimed.channel }, author: 'system' })
  })
}
