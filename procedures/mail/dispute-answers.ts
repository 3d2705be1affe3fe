import type { Facts } from '../../documents/facts.ts'
import type { Day } from '../../schema/days.ts'
import { json, type Sql } from '../../schema/db.ts'
import { amount } from '../../schema/money.ts'
import { disputeAnswers } from '../cases/file/earlier-steps.ts'
import type { CaseFile, Dispute } from '../cases/file/file.ts'
import { record } from '../cases/journal.ts'
import { standstill } from '../cases/standstill.ts'
import type { Office } from '../office.ts'
import { writeLetter } from './correspondence.ts'
import { reachOf } from './reach.ts'

/** Where the debtor reads what was decided about its dispute; one that it gave up itself asks for no answer. */
const positions: Record<string, string> = {
  maintained: 'la demande est maintenue',
  credited: 'un avoir vous est accordé',
}

const letter = 'contestation-reponse-motivee'

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
  if (!dispute || !position || file.case.closedOn || file.case.zone === 'madagascar') return
  // It tells what is owed, which nobody may ask any more.
  if (standstill(file, onDay)) return
  const detail = { dispute: disputeId }
  const [done] = await sql`
    select 1 from events where case_id = ${file.case.id} and kind = 'dispute_answer_written' and detail @> ${json(sql, detail)}`
  // Whoever handles the dispute may have sent a letter made for its ground: one answer is enough.
  if (done || disputeAnswers(file, dispute).some((each) => each.letter !== letter)) return
  const pieces = await broughtBy(sql, file.case.id, dispute)
  const { reference } = await writeLetter(office, sql, onDay, file, {
    letter,
    // Promised: where no address is left, the journal says that it could not be sent.
    channel: reachOf(file, 'debiteur') ?? 'lettre',
    recipient: 'debiteur',
    facts: {
      contestation: disputeFacts(dispute),
      reponseCreancier: { position, motif: dispute.answer ?? '', ...(pieces.length > 0 ? { pieces } : {}) },
      ...(await creditOf(sql, file, dispute)),
    } as Partial<Facts>,
    author: 'system',
  })
  const written = { ...detail, reference }
  await record(sql, onDay, { caseId: file.case.id, kind: 'dispute_answer_written', detail: written, author: 'system' })
}

/** The creditor's documents of the day on which it answered. */
async function broughtBy(sql: Sql, caseId: string, { creditorAnsweredOn }: Dispute): Promise<string[]> {
  if (creditorAnsweredOn === null) return []
  const rows = await sql<{ reference: string }[]>`
    select reference from exhibits
    where case_id = ${caseId} and added_on = ${creditorAnsweredOn} and added_by like 'creditor:%' and withdrawn_on is null
    order by kind, id`
  return rows.map(({ reference }) => reference)
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
