import type { Facts } from '../../documents/facts.ts'
import { after, type Day, latest } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { amount } from '../../schema/money.ts'
import type { Office } from '../office.ts'
import { writeLetter } from './correspondence.ts'
import { announcementLetter, isAnnounced } from './announcements.ts'
import { answerDebtor, disputeFacts } from './dispute-answers.ts'
import { type CaseFile, type Dispute, readCase } from '../cases/file/file.ts'
import type { FollowUp } from './follow-up-queue.ts'
import { payableOn } from '../money/ledger.ts'
import { standingOf } from '../money/remission.ts'
import { record } from '../cases/journal.ts'
import { reachOf } from './reach.ts'
import { writeAboutReply } from './reply-letters.ts'
import { letterFor } from './situation-letters.ts'

/** What the creditor is asked for when its debtor disputes (S3: supporting documents, and then without delay). */
const wanted = [
  'commande, devis ou contrat signé',
  'bon de livraison ou procès-verbal de réception',
  'échanges avec le client sur ce point',
]
/** Days left to the creditor before the day promised to the debtor. */
const beforeAnswer = 5

/**
 * Writes what follows from a debtor's word: a dispute is acknowledged, its documents asked of the creditor, and its answer written
 * to the debtor; a promise goes out as a form to sign and return, a plan with its act; a remission is told to who may accept it; a reply by the coupon is confirmed and told to the creditor. Each
 * letter once; one that the law or the file refuses is told in the journal, and holds nothing up.
 */
export async function followUp(office: Office, about: FollowUp, onDay: Day): Promise<void> {
  if ('announcement' in about) return attempt(office, onDay, about.announcement, 'cases', announce)
  if ('reply' in about || 'paid' in about) {
    const id = 'reply' in about ? about.reply : about.paid
    await attempt(office, onDay, id, 'replies', (...act) => writeAboutReply(...act, 'debiteur'))
    return attempt(office, onDay, id, 'replies', (...act) => writeAboutReply(...act, 'creancier'))
  }
  if ('promise' in about) return attempt(office, onDay, about.promise, 'promises', confirmPromise)
  if ('plan' in about) return attempt(office, onDay, about.plan, 'plans', tellPlan)
  if ('remission' in about) return attempt(office, onDay, about.remission, 'remissions', tellRemission)
  if ('answered' in about) return attempt(office, onDay, about.answered, 'disputes', answerDebtor)
  await attempt(office, onDay, about.dispute, 'disputes', acknowledge)
  await attempt(office, onDay, about.dispute, 'disputes', askCreditor)
}

type Act = (office: Office, sql: Sql, onDay: Day, file: CaseFile, id: string) => Promise<void>

async function attempt(
  office: Office,
  onDay: Day,
  id: string,
  table: 'disputes' | 'promises' | 'plans' | 'remissions' | 'replies' | 'cases',
  act: Act,
): Promise<void> {
  const caseOf = async (sql: Sql) => {
    const [found] =
      table === 'cases'
        ? await sql<{ id: string }[]>`select id from cases where id = ${id} for update`
        : await sql<{ id: string }[]>`
            select c.id from cases c join ${sql(table)} x on x.case_id = c.id where x.id = ${id} for update of c`
    return found!.id
  }
  try {
    await transaction(office.sql, async (sql) => act(office, sql, onDay, await readCase(sql, await caseOf(sql)), id))
  } catch (error) {
    // An engine that failed is tried again; a refusal would be the same tomorrow.
    if (!(error instanceof DomainError) || error.code.startsWith('typst_')) throw error
    const { code, message, remedy } = error
    await transaction(office.sql, async (sql) => {
      const caseId = await caseOf(sql)
      const detail = { about: table, id, code, message, remedy }
      await record(sql, onDay, { caseId, kind: 'follow_up_refused', detail, author: 'system' })
    })
  }
}

const acknowledge: Act = async (office, sql, onDay, file, id) => {
  const dispute = file.disputes.find((each) => each.id === id)
  const channel = reachOf(file, 'debiteur')
  const [row] = await sql<{ answerBy: Day | null; acknowledgedId: string | null }[]>`
    select answer_by, acknowledged_id from disputes where id = ${id}`
  if (!dispute || dispute.resolvedOn || row!.acknowledgedId || channel === null) return
  const written = await writeLetter(office, sql, onDay, file, {
    letter: letterFor(file, 'dispute-received'),
    channel,
    recipient: 'debiteur',
    facts: {
      contestation: disputeFacts(dispute),
      ...(row!.answerBy ? { dateLimite: { date: row!.answerBy.toString() } } : { delaiJours: 15 }),
    } as Partial<Facts>,
    author: 'system',
  })
  await sql`update disputes set acknowledged_id = ${written.id} where id = ${id}`
}

const askCreditor: Act = async (office, sql, onDay, file, id) => {
  const dispute = file.disputes.find((each) => each.id === id)
  const channel = reachOf(file, 'creancier')
  const [row] = await sql<{ answerBy: Day | null; askedId: string | null }[]>`
    select answer_by, asked_id from disputes where id = ${id}`
  if (!dispute || dispute.resolvedOn || row!.askedId || channel === null) return
  const by = creditorDay(onDay, row!.answerBy)
  const written = await writeLetter(office, sql, onDay, file, {
    letter: 'contestation-demande-pieces-creancier',
    channel,
    recipient: 'creancier',
    facts: {
      contestation: { ...disputeFacts(dispute), ...piecesOf(dispute) },
      dateLimite: { date: by.toString() },
      piecesDemandees: { liste: wanted, date: onDay.toString() },
    } as Partial<Facts>,
    author: 'system',
  })
  await sql`update disputes set asked_id = ${written.id} where id = ${id}`
}

/** By their names: whoever is asked reads them in its own space. */
const piecesOf = ({ files }: Dispute) => (files.length > 0 ? { pieces: files.map(({ name }) => name) } : {})

/** The day by which the creditor is asked to answer: some days before the debtor is. */
export function creditorDay(onDay: Day, answerBy: Day | null): Day {
  const by = answerBy?.subtract({ days: beforeAnswer }) ?? onDay.add({ days: 8 })
  return latest(by, onDay.add({ days: 1 }))
}

const confirmPromise: Act = async (office, sql, onDay, file, id) => {
  const promise = file.promises.find((each) => each.id === id)
  const channel = reachOf(file, 'debiteur')
  const [done] = await sql`select 1 from promise_confirmations where promise_id = ${id}`
  if (!promise || done || channel === null) return
  const written = await writeLetter(office, sql, onDay, file, {
    letter: letterFor(file, 'promise'),
    channel,
    recipient: 'debiteur',
    facts: {
      promesse: {
        date: promise.dueOn.toString(),
        montant: amount(promise.amount),
        mode: promise.means,
        auteur: promise.author,
        // « Par téléphone », « par coupon »: at a visit it was said.
        ...(promise.channel === 'visite' ? {} : { canal: promise.channel }),
        faiteLe: promise.promisedOn.toString(),
      },
    } as Partial<Facts>,
    author: 'system',
  })
  await sql`
    insert into promise_confirmations (promise_id, document_id, confirmed_on, confirmed_by) values (${id}, ${written.id}, ${onDay}, 'system')`
}

/** The creditor's acceptance, with the act for the debtor to sign: it acknowledges nothing before. */
const tellPlan: Act = async (office, sql, onDay, file, id) => {
  const plan = file.plans.find((each) => each.id === id)
  const channel = reachOf(file, 'debiteur')
  if (!plan || plan.documentId || plan.brokenOn || plan.keptOn || channel === null) return
  const about = { ...file, plans: [plan] }
  const order = { recipient: 'debiteur', author: 'system' } as const
  const letter = letterFor(file, 'plan-accepted')
  const written = await writeLetter(office, sql, onDay, about, { ...order, letter, channel })
  await writeLetter(office, sql, onDay, written.file, {
    ...order,
    letter: letterFor(file, file.debtor.kind === 'consumer' ? 'consumer-plan' : 'business-plan'),
    channel: 'acte-prive',
    attachedTo: written.id,
    facts: { delaiJours: plan.graceDays },
  })
  await sql`update plans set document_id = ${written.id} where id = ${id}`
}

/** The offer that a payment in time accepts: of what was added to the debt alone, or of a part of the debt too. */
const tellRemission: Act = async (office, sql, onDay, file, id) => {
  const remission = file.remissions.find((each) => each.id === id)
  const channel = reachOf(file, 'debiteur')
  if (!remission || remission.documentId || channel === null) return
  if (standingOf(remission, file, onDay).state !== 'pending') return
  const isPartial = remission.amount < payableOn(file, onDay).principal
  const written = await writeLetter(office, sql, onDay, file, {
    letter: letterFor(file, isPartial ? 'part-remitted' : 'extras-remitted'),
    channel,
    recipient: 'debiteur',
    facts: {
      consentement: { date: remission.agreedOn.toString(), signataire: remission.agreedBy },
      dateLimite: { date: remission.payBy.toString() },
    } as Partial<Facts>,
    author: 'system',
  })
  await sql`update remissions set document_id = ${written.id} where id = ${id}`
}

/** The creditor's notice that the agency follows its invoices: before the due date, once a debtor. */
const announce: Act = async (office, sql, onDay, file) => {
  const channel = reachOf(file, 'debiteur')
  if (file.case.closedOn || channel === null || isAnnounced(file) || after(onDay, file.case.anchorOn)) return
  await writeLetter(office, sql, onDay, file, {
    letter: announcementLetter,
    channel,
    recipient: 'debiteur',
    facts: { dateEffet: onDay.toString() } as Partial<Facts>,
    author: 'system',
  })
}
