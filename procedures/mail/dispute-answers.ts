import type { Facts } from '../../documents/facts.ts'
import type { Day } from '../../schema/days.ts'
import { json, type Sql } from '../../schema/db.ts'
import { amount } from '../../schema/money.ts'
import { type Exhibit, type ExhibitKind, listedExhibit } from '../cases/exhibits/exhibits.ts'
import { disputeAnswers } from '../cases/file/earlier-steps.ts'
import type { CaseFile, Dispute } from '../cases/file/file.ts'
import { record } from '../cases/journal.ts'
import { standstill } from '../cases/standstill.ts'
import type { Office } from '../office.ts'
import { writeLetter } from './correspondence.ts'
import { reachOf } from './reach.ts'
import { letterFor } from './situation-letters.ts'

/** Where the debtor reads what was decided about its dispute; one that it gave up itself asks for no answer. */
const positions: Record<string, string> = {
  maintained: 'la demande est maintenue',
  credited: 'un avoir vous est accordé',
}

/** The answer that was promised to the debtor, once: the reasons given, the creditor's documents, the credit note. */
export async function answerDebtor(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  disputeId: string,
): Promise<void> {
  const dispute = file.disputes.find(({ id }) => id === disputeId)
  const position = positions[dispute?.outcome ?? '']
  if (!dispute || !position || file.case.closedOn) return
  // It tells what is owed, which nobody may ask any more.
  if (standstill(file, onDay)) return
  const letter = letterFor(file, 'dispute-answered')
  const detail = { dispute: disputeId }
  const [done] = await sql`
    select 1 from events where case_id = ${file.case.id} and kind = 'dispute_answer_written' and detail @> ${json(sql, detail)}`
  // Whoever handles the dispute may have sent a letter made for its ground: one answer is enough.
  if (done || disputeAnswers(file, dispute).some((each) => each.letter !== letter)) return
  // Promised: where no address is left, the journal says that it could not be sent.
  const channel = reachOf(file, 'debiteur') ?? 'lettre'
  const brought = await broughtBy(sql, file.case.id, dispute)
  const pieces = brought.map((piece) => piece.reference)
  const { reference } = await writeLetter(office, sql, onDay, file, {
    letter,
    channel,
    recipient: 'debiteur',
    facts: {
      contestation: disputeFacts(dispute),
      reponseCreancier: { position, motif: dispute.answer ?? '', ...(pieces.length > 0 ? { pieces } : {}) },
      ...(await enclosed(office, brought, channel)),
      ...(await creditOf(sql, file, dispute)),
    } as Partial<Facts>,
    author: 'system',
  })
  const written = { ...detail, reference }
  await record(sql, onDay, { caseId: file.case.id, kind: 'dispute_answer_written', detail: written, author: 'system' })
}

interface Brought extends Pick<Exhibit, 'id' | 'kind' | 'reference' | 'datedOn' | 'proves' | 'pages' | 'pdf'> {
  /** Whether the creditor gave it with that answer, and did not only add it on the same day. */
  isNamed: boolean
}

/** Between the creditor and the agency alone, whatever they came with. */
const internal: ExhibitKind[] = ['mandat', 'identite', 'rib']

/** What the creditor gave with its answer to this dispute; where it named nothing, what it added on the day of that answer. */
async function broughtBy(sql: Sql, caseId: string, { id, creditorAnsweredOn }: Dispute): Promise<Brought[]> {
  if (creditorAnsweredOn === null) return []
  const rows = await sql<Brought[]>`
    with answers as (
      select detail ->> 'dispute' as dispute, detail -> 'exhibits' as exhibits from events
      where case_id = ${caseId} and kind = 'dispute_answered_by_creditor'
    )
    select e.id, e.kind, e.reference, e.dated_on, e.proves, e.pages, e.pdf, a.dispute is not null as is_named
    from exhibits e left join answers a on a.exhibits ? e.id::text
    where e.case_id = ${caseId} and e.withdrawn_on is null and e.kind <> all(${internal})
      and (a.dispute = ${id}
           or a.dispute is null and e.added_on = ${creditorAnsweredOn} and e.added_by like 'creditor:%')
    order by e.kind, e.id`
  const named = rows.filter(({ isNamed }) => isNamed)
  return named.length > 0 ? named : rows
}

/** Bytes: a larger message is refused by many mail servers, and its letter then says where to ask. */
const mostByMail = 7_000_000

/** The documents that were given to be shown go along with the answer; none by e-mail where they weigh too much. */
async function enclosed({ archive }: Office, brought: Brought[], channel: string): Promise<object> {
  const shown = brought.filter(({ isNamed }) => isNamed)
  let bytes = 0
  for (const { pdf } of channel === 'email' ? shown : []) bytes += (await archive.stored(pdf)).bytes
  if (shown.length === 0 || bytes > mostByMail) return {}
  return {
    piecesJointes: shown.map((exhibit, i) => ({ id: exhibit.id, ...listedExhibit(exhibit, i + 1) })),
  }
}

async function creditOf(sql: Sql, file: CaseFile, { outcome, raisedOn }: Dispute): Promise<object> {
  if (outcome !== 'credited') return {}
  const [note] = await sql<{ number: string; issuedOn: Day; amount: bigint; invoice: string | null }[]>`
    select n.number, n.issued_on, n.amount, i.number as invoice
    from credit_notes n left join invoices i on i.id = n.invoice_id
    where n.case_id = ${file.case.id} and n.recorded_on >= ${raisedOn} order by n.recorded_on desc, n.number desc limit 1`
  if (!note) return {}
  return {
    avoir: {
      numero: note.number,
      date: note.issuedOn.toString(),
      montant: amount(note.amount),
      ...(note.invoice === null ? {} : { facture: note.invoice }),
    },
  }
}

export const disputeFacts = ({ raisedOn, channel, ground, contested }: Dispute) => ({
  date: raisedOn.toString(),
  canal: channel,
  motif: ground,
  ...(contested === null ? {} : { montantConteste: amount(contested) }),
})
