import { sha256 } from '../../documents/archive.ts'
import { type Bounce, readBounce } from '../../documents/send/bounce.ts'
import type { Day } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import type { Random } from '../../schema/random.ts'
import { type Author, record } from '../cases/journal.ts'
import { lockCase } from '../cases/lock.ts'
import { markReturned } from './returned.ts'

/** What became of one message read: `other` is no notice of non-delivery, `stranger` one about a message that is not ours. */
export interface ReadBounce {
  outcome: Bounce['kind'] | 'other' | 'stranger' | 'known'
  reference: string | null
}

interface Sent {
  documentId: string
  caseId: string
  debtorId: string
  reference: string
  recipient: string
  email: string
}

/**
 * Reads one message of the mailbox where notices of non-delivery arrive. An address that does not exist is marked and never used
 * again, and its case goes to the research cell; a message refused otherwise is left to a person; a late one is noted. The same
 * message read twice changes nothing.
 */
export async function recordBounce(
  sql: Sql,
  random: Random,
  onDay: Day,
  bytes: Uint8Array,
  author: Author,
): Promise<ReadBounce> {
  const bounce = await readBounce(bytes)
  if (!bounce) return { outcome: 'other', reference: null }
  return transaction(sql, async (tx) => {
    const sent = bounce.messageId === null ? null : await sentAs(tx, bounce.messageId)
    // A notice that names another addressee proves nothing about ours: whoever guesses an identifier could have written it.
    const isOurs = sent !== null && bounce.recipients.includes(sent.email)
    const kind = isOurs || bounce.kind === 'delayed' ? bounce.kind : 'unknown'
    const [fresh] = await tx`
      insert into bounces (sha256, document_id, recipient, status, diagnostic, kind, read_on, read_by)
      values (${sha256(bytes)}, ${sent?.documentId ?? null}, ${bounce.recipients[0] ?? null}, ${bounce.status}, ${bounce.diagnostic},
              ${kind}, ${onDay}, ${author})
      on conflict do nothing returning sha256`
    if (!fresh) return { outcome: 'known', reference: sent?.reference ?? null }
    if (!sent) return { outcome: 'stranger', reference: null }
    await follow(tx, random, onDay, sent, { ...bounce, kind }, author)
    return { outcome: kind, reference: sent.reference }
  })
}

/** The case is taken first, as in every act on it: another address may be validated at this moment. */
async function sentAs(sql: Sql, messageId: string): Promise<Sent | null> {
  const [found] = await sql<Sent[]>`
    select d.id as document_id, d.case_id, c.debtor_id, d.reference, d.recipient, lower(trim(o.address ->> 'email')) as email
    from dispatches o join documents d on d.id = o.document_id join cases c on c.id = d.case_id
    where o.channel = 'email' and o.proof ->> 'messageId' = ${messageId}
    order by d.written_on desc limit 1`
  if (!found) return null
  await lockCase(sql, found.caseId)
  return found
}

async function follow(
  sql: Sql,
  random: Random,
  onDay: Day,
  sent: Sent,
  { kind, status, diagnostic }: Bounce,
  author: Author,
): Promise<void> {
  const { caseId, debtorId, documentId, reference } = sent
  const detail = { reference, status, why: diagnostic }
  if (kind === 'delayed') return record(sql, onDay, { caseId, kind: 'letter_delayed', detail, author })
  await sql`update dispatches set outcome = 'bounced', outcome_on = ${onDay} where document_id = ${documentId}`
  await record(sql, onDay, { caseId, kind: 'letter_bounced', detail, author })
  if (kind !== 'address' || sent.recipient !== 'debiteur') return
  const reason = `Le courriel ${reference} est revenu\u00a0: l’adresse n’existe pas ou plus (${status}).`
  await markReturned(sql, random, onDay, { caseId, debtorId, channel: 'email', documentId, reason }, author)
}
