import { type Day, dayFr } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { newId, type Random } from '../../../schema/random.ts'
import type { Office } from '../../office.ts'
import { attachExhibit, type NewExhibit } from '../exhibits/exhibits.ts'
import { placeHold, releaseHold } from '../holds.ts'
import { queueFollowUp } from '../../mail/follow-up-queue.ts'
import { type Author, record } from '../journal.ts'
import { lockCase, lockOpenCase } from '../lock.ts'

/** Days within which a dispute is looked at again, where nobody says otherwise. */
export const disputeDays = 15

/** The debtor disputes: the case is suspended at once, and the creditor has until the review day to answer. */
export async function recordDispute(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { caseId: string; channel: string; ground: string; contested: bigint | null; answerBy: Day },
  author: Author,
): Promise<string> {
  return transaction(sql, async (tx) => {
    // Before its first row: of two disputes told at once, each would keep the other from taking the case.
    await lockOpenCase(tx, input.caseId)
    const id = newId(random)
    await tx`
      insert into disputes (id, case_id, raised_on, channel, ground, contested, answer_by, recorded_by)
      values (${id}, ${input.caseId}, ${onDay}, ${input.channel}, ${input.ground}, ${input.contested}, ${input.answerBy}, ${author})`
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'dispute_recorded',
      detail: { ground: input.ground, channel: input.channel },
      author,
    })
    await placeHold(
      tx,
      random,
      onDay,
      {
        caseId: input.caseId,
        cause: 'contestation',
        reason: `Contestation du ${dayFr(onDay)} : ${input.ground}`,
        reviewOn: input.answerBy,
      },
      author,
    )
    return id
  })
}

/** What the creditor brings with its answer: what it is, and what it shows. */
type Brought = Omit<NewExhibit, 'caseId'>

/** The creditor answers its debtor's dispute, once, with its documents: they become exhibits in the same act. */
export async function answerDispute(
  office: Office,
  onDay: Day,
  input: { caseId: string; disputeId: string; answer: string; documents: Brought[]; exhibitIds?: readonly string[] },
  author: Author,
): Promise<void> {
  const { caseId, disputeId, documents } = input
  const answer = input.answer.trim()
  if (answer === '') {
    throw new DomainError('answer_missing', 'Votre réponse à la contestation est vide.', {
      remedy: 'Dites si les faits sont exacts et ce que vous proposez\u00a0; les pièces viennent à l’appui.',
    })
  }
  await transaction(office.sql, async (sql) => {
    await lockOpenCase(sql, caseId)
    const answered = await sql`
      update disputes set creditor_answered_on = ${onDay}, creditor_answer = ${answer}
      where id = ${disputeId} and case_id = ${caseId} and resolved_on is null and creditor_answered_on is null returning id`
    if (answered.length === 0) {
      throw new DomainError('no_open_dispute', "Cette contestation n'existe pas ou a déjà reçu sa réponse.", {
        remedy: 'Consultez les contestations du dossier.',
      })
    }
    const exhibits = await ownExhibits(sql, caseId, input.exhibitIds ?? [])
    for (const each of documents) exhibits.push(await attachExhibit(office, sql, onDay, { ...each, caseId }, author))
    const detail = { dispute: disputeId, answer, exhibits }
    await record(sql, onDay, { caseId, kind: 'dispute_answered_by_creditor', detail, author })
  })
}

/** Exhibits of the case that are named as going along with an answer. */
async function ownExhibits(sql: Sql, caseId: string, ids: readonly string[]): Promise<string[]> {
  const found = await sql<{ id: string }[]>`
    select id from exhibits where case_id = ${caseId} and id = any(${[...ids]}::uuid[]) and withdrawn_on is null`
  if (found.length === new Set(ids).size) return found.map(({ id }) => id)
  throw new DomainError('exhibit_not_found', 'Une de ces pièces n’est pas dans le dossier, ou en est retirée.', {
    remedy: 'Ajoutez d’abord chaque pièce au dossier (attachExhibit), puis nommez-la.',
  })
}

/**
 * Maintained with reasons, credited, or dropped by the debtor: the debtor has the answer in writing, and the case goes on where it
 * stopped. An avoir that is only promised would leave the next letter asking for too much: it is recorded first.
 */
export async function resolveDispute(
  sql: Sql,
  onDay: Day,
  input: { caseId: string; disputeId: string; outcome: 'maintained' | 'credited' | 'dropped'; answer: string },
  author: Author,
): Promise<void> {
  await transaction(sql, async (tx) => {
    // Two disputes answered at once would each find the other open, and the case would wait for nobody.
    await lockCase(tx, input.caseId)
    if (input.outcome === 'credited') await requireCreditNote(tx, input)
    const resolved = await tx`
      update disputes set resolved_on = ${onDay}, outcome = ${input.outcome}, answer = ${input.answer}
      where id = ${input.disputeId} and case_id = ${input.caseId} and resolved_on is null returning id`
    if (resolved.length === 0) {
      throw new DomainError('no_open_dispute', "Cette contestation n'existe pas ou a déjà reçu sa réponse.", {
        remedy: 'Consultez les contestations du dossier.',
      })
    }
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'dispute_resolved',
      detail: { outcome: input.outcome, answer: input.answer },
      author,
    })
    await queueFollowUp(tx, onDay, { answered: input.disputeId })
    const [open] = await tx`select 1 from disputes where case_id = ${input.caseId} and resolved_on is null limit 1`
    if (!open)
      await releaseHold(tx, onDay, { caseId: input.caseId, cause: 'contestation', reason: input.answer }, author)
  })
}

async function requireCreditNote(
  sql: Sql,
  { caseId, disputeId }: { caseId: string; disputeId: string },
): Promise<void> {
  const [note] = await sql`
    select 1 from credit_notes n join disputes x on x.case_id = n.case_id
    where n.case_id = ${caseId} and x.id = ${disputeId} and n.recorded_on >= x.raised_on limit 1`
  if (note) return
  throw new DomainError('credit_note_missing', 'Aucun avoir n’est enregistré depuis cette contestation.', {
    remedy: 'Enregistrez d’abord l’avoir du créancier (submitInvoice)\u00a0: la somme réclamée ensuite sera la bonne.',
  })
}
