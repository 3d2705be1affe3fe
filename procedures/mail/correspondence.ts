import type { Facts } from '../../documents/facts.ts'
import { renderLetter } from '../../documents/rendering/render.ts'
import { sealPdf } from '../../documents/proof/seal.ts'
import type { MailBody } from '../../documents/send/mail.ts'
import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import { kindOf } from '../../letters/letter.ts'
import { type Day } from '../../schema/days.ts'
import { insideTransaction, json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newCode, newId } from '../../schema/random.ts'
import { instantOf, type Office } from '../office.ts'
import { type Agency, readAgency } from '../cases/agency.ts'
import { caseFacts } from '../cases/file/facts.ts'
import {
  type CaseFile,
  documentSays,
  firstLetter,
  lastFirstLetter,
  readCase,
  type WrittenDocument,
} from '../cases/file/file.ts'
import { writtenChannels } from '../cases/exchanges/contacts.ts'
import { type Author, record } from '../cases/journal.ts'
import { keepCoupon, withoutCode } from './coupons.ts'
import { queueFirstSending } from './post.ts'
import { addressOf } from './reach.ts'
import { refuseAsking } from '../cases/standstill.ts'

export type Recipient =
  | 'debiteur'
  | 'creancier'
  | 'operateur'
  | 'juge'
  | 'greffe'
  | 'commissaire-de-justice'
  | 'mandataire-judiciaire'
  | 'tiers'

export interface LetterOrder {
  letter: string
  channel: 'lettre' | 'lrar' | 'lre' | 'email' | 'sms' | 'appel' | 'visite' | 'formulaire' | 'acte-prive'
  recipient: Recipient
  stepId?: string
  /** Facts beyond those of the case: a delay, a deadline, a court. */
  facts?: Partial<Facts>
  /** A reply code for the debtor, where the letter carries a coupon. */
  coupon?: string
  attachedTo?: string
  /** A receipt asks for nothing: it is owed whatever was or was not written before (CPCE R124-6). */
  isReceipt?: boolean
  /** A person posts it, who may complete it first: its Word file is kept too. */
  isPostedByHand?: boolean
  /** Printed in the place of the reference where the paper is only shown, not sent: « projet ». */
  shownAs?: string
  /** The letter that did not arrive, and is written again: its reference and date are recalled. */
  renews?: WrittenDocument
  /** The agency, where the caller has read it. */
  agency?: Agency
  author: Author
}

export interface Written {
  id: string
  reference: string
  sha256: string
  editable: string | null
  /** The case as it stands with it: what is written next in the same transaction is written from this one. */
  file: CaseFile
}

const outside = new Set<string>(['debiteur', 'creancier'])
/** What a person of the legal cell, a court or a creditor may have to complete is kept as a Word file too. */
const completes = new Set<string>(['commissaire-de-justice', 'mandataire-judiciaire', 'tiers'])
const isEditable = (order: LetterOrder) =>
  order.isPostedByHand ||
  order.channel === 'acte-prive' ||
  order.channel === 'formulaire' ||
  completes.has(order.recipient)

/**
 * Writes one letter of a case: facts, rendering, archive, one row with everything needed to make it again, and its place
 * in the out-tray. Runs in the caller's transaction, with the case locked and then read, so that references follow one another.
 */
export async function writeLetter(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  order: LetterOrder,
): Promise<Written> {
  insideTransaction(sql)
  const letter = letterOf(loadLibrary(), order.letter)
  if (order.recipient === 'debiteur' && !order.isReceipt) refuseAsking(file, onDay, kindOf(letter))
  const first = firstLetter(file)
  const isFirst = isFirstLetter(file, order, letter.premiere_lettre, onDay)
  // The rest is kept in the case or travels in a pack.
  const leaves = writtenChannels.has(order.channel) && outside.has(order.recipient) && !order.attachedTo
  const to = leaves ? addressOf(file, order) : null
  const agency = order.agency ?? (await readAgency(sql))
  const reference = `${file.case.number}/${file.documents.length + 1}`
  const code = newCode(office.random)
  const facts = caseFacts(
    file,
    agency,
    onDay,
    {
      lettre: order.shownAs ?? reference,
      code: order.shownAs === undefined ? code : undefined,
      coupon: order.coupon,
      // The page opens on a code alone.
      adresseReponse: order.coupon ? `${office.baseUrl}/r` : undefined,
      adresseVerification: `${office.baseUrl}/verifier`,
      ...(order.renews ? { renouvelle: renewedBy(order.renews) } : {}),
    } as Facts['references'],
    // The first letter renewed has the mentions of a first letter, and not the recall of itself.
    order.renews && order.renews.id === first?.id ? { ...order.facts, premiereLettre: undefined } : order.facts,
  )
  const at = instantOf(onDay)
  const base = {
    letter,
    facts,
    channel: order.channel === 'appel' ? 'script-telephone' : order.channel,
    at,
    engine: office.typst,
  } as const
  const format = order.channel === 'sms' ? 'txt' : 'pdf'
  const made = await renderLetter({ ...base, format })
  const bytes = format === 'txt' ? made.bytes : await sealPdf(made.bytes, { at, key: office.seal })
  const again = { ...base, filled: made.filled }
  const word = isEditable(order) ? (await renderLetter({ ...again, format: 'docx' })).bytes : null
  const message = order.channel === 'email' && !order.attachedTo ? await mailBody(again) : null
  // Together: the disk writes them at once.
  const [sha256, editable, mail] = await Promise.all([
    office.archive.put(bytes),
    word && office.archive.put(word),
    message && office.archive.put(message),
  ])
  const row = {
    id: newId(office.random),
    caseId: file.case.id,
    stepId: order.stepId ?? null,
    letter: letter.id,
    version: letter.version,
    channel: order.channel,
    recipient: order.recipient,
    reference,
    code,
    firstLetter: isFirst,
    format,
    sha256,
    editable,
    writtenOn: onDay,
    attachedTo: order.attachedTo ?? null,
  }
  const { id } = row
  const written = sql<[Pick<WrittenDocument, 'delayDays' | 'answerBy' | 'ofDispute'>]>`
    insert into documents as d (id, case_id, step_id, letter, version, channel, recipient, reference, code, first_letter, facts,
                                renderer, format, sha256, editable, mail, written_on, written_by, attached_to)
    values (${id}, ${row.caseId}, ${row.stepId}, ${row.letter}, ${row.version}, ${row.channel}, ${row.recipient},
            ${reference}, ${code}, ${row.firstLetter}, ${json(sql, withoutCode(facts))}, ${made.renderer}, ${format}, ${sha256}, ${editable}, ${mail},
            ${onDay}, ${order.author}, ${row.attachedTo})
    returning ${documentSays(sql)}`.execute()
  // Sent together, and done in this order.
  const [[said]] = await Promise.all([
    written,
    ...(order.coupon ? [keepCoupon(sql, office.vault, id, order.coupon)] : []),
    ...(to ? [queueFirstSending(sql, onDay, id, { channel: order.channel, address: to })] : []),
    record(sql, onDay, {
      caseId: file.case.id,
      kind: 'letter_written',
      detail: {
        letter: letter.id,
        reference,
        channel: order.channel,
        to: order.recipient,
        sha256,
        firstLetter: isFirst,
        recalls: first?.reference ?? null,
      },
      author: order.author,
    }),
  ])
  const stepKey = file.steps.find((step) => step.id === row.stepId)?.key ?? null
  const document: WrittenDocument = { ...row, ...said, ...unsent, stepKey }
  return { id, reference, sha256, editable, file: { ...file, documents: [...file.documents, document] } }
}

/** What only the way out of the house brings to a document. */
const unsent = {
  sentOn: null,
  registeredNumber: null,
  presentedOn: null,
  outcome: null,
  outcomeOn: null,
  resendOf: null,
  withdrawnWhy: null,
}

const renewedBy = ({ reference, writtenOn }: WrittenDocument) => ({ lettre: reference, date: writtenOn.toString() })

async function mailBody(base: Omit<Parameters<typeof renderLetter>[0], 'format'>): Promise<Uint8Array> {
  const [html, text] = await Promise.all([
    renderLetter({ ...base, format: 'html' }),
    renderLetter({ ...base, format: 'txt' }),
  ])
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
  const body: MailBody = { subject: html.filled.objet, html: decode(html.bytes), text: decode(text.bytes) }
  return new TextEncoder().encode(JSON.stringify(body))
}

/** Writes and sends one letter beside the timeline: an answer to a dispute, an agreement, a reminder of an instalment. */
export async function sendLetter(office: Office, onDay: Day, caseId: string, order: LetterOrder): Promise<Written> {
  return transaction(office.sql, async (sql) => {
    await sql`select 1 from cases where id = ${caseId} for update`
    return writeLetter(office, sql, onDay, await readCase(sql, caseId), order)
  })
}

/** CPCE R124-4: after the due date nothing but the first letter opens; every later approach recalls it. */
function isFirstLetter(file: CaseFile, order: LetterOrder, mentions: string, onDay: Day): boolean {
  const first = lastFirstLetter(file)
  const isLost = first?.withdrawnWhy != null && order.renews?.id !== first.id
  if (isLost && ['debiteur', 'operateur'].includes(order.recipient) && !order.isReceipt && !order.attachedTo)
    throw firstLetterWithdrawn(first)
  if (
    order.isReceipt ||
    first ||
    (order.recipient !== 'debiteur' && order.recipient !== 'operateur') ||
    order.attachedTo
  )
    return false
  // The CPCE is French law.
  if (file.case.zone === 'madagascar' || Temporal.PlainDate.compare(onDay, file.case.anchorOn) <= 0) return false
  if (
    order.recipient === 'debiteur' &&
    mentions !== 'jamais' &&
    (order.channel === 'lettre' || order.channel === 'lrar' || order.channel === 'lre' || order.channel === 'email')
  )
    return true
  throw new DomainError(
    'first_letter_missing',
    `« ${order.letter} » ne peut partir avant la première lettre au débiteur.`,
    {
      remedy: 'Envoyez d’abord la lettre qui porte les mentions obligatoires.',
      article: 'CPCE R124-4',
      facts: { letter: order.letter, on: onDay.toString() },
    },
  )
}

/** It would be recalled as sent, and never was. */
const firstLetterWithdrawn = ({ reference }: WrittenDocument): DomainError =>
  new DomainError('first_letter_missing', `La première lettre au débiteur (${reference}) n’est jamais partie.`, {
    remedy: 'Écrivez-la de nouveau (resendLetter)\u00a0: ce qui suit rappelle sa date et sa référence.',
    article: 'CPCE R124-4',
    facts: { reference },
  })
