import { countries } from '../../../schema/countries.ts'
import { after, before, type Day, dayFr } from '../../../schema/days.ts'
import { json, type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { amount, amountFr, type Currency } from '../../../schema/money.ts'
import { newId, type Random } from '../../../schema/random.ts'
import { validateAddress } from '../../mail/addresses.ts'
import type { Address } from '../agency.ts'
import { type BroughtFile, keepDisputeDocuments } from './dispute-documents.ts'
import { disputeDays, recordDispute } from './disputes.ts'
import { type CaseFile, readCase } from '../file/file.ts'
import { queueFollowUp } from '../../mail/follow-up-queue.ts'
import { placeHold, releaseHold } from '../holds.ts'
import { type Author, record } from '../journal.ts'
import { claimableOn } from '../../money/claimable.ts'
import { lockCase, lockOpenCase } from '../lock.ts'
import { recordPromise } from './promises.ts'

/** What a debtor answers by the code of the coupon. Amounts are cents of the case's currency. */
export type Answer =
  | { kind: 'paid'; on: Day; amount: bigint; means: string; reference: string | null }
  | { kind: 'promise'; on: Day; means: string }
  | { kind: 'instalments'; monthly: bigint; firstOn: Day }
  | { kind: 'dispute'; ground: string; contested: bigint | null; files?: readonly BroughtFile[] }
  | { kind: 'address'; address: Address; email: string | null; phone: string | null }
  | { kind: 'not_me'; explanation: string }
export type ReplyKind = Answer['kind']

export interface Reply {
  id: string
  caseId: string
  /** The letter whose coupon it came by; null for what was said by telephone. */
  documentId: string | null
  kind: ReplyKind
  /** In one French sentence, as confirmed to the debtor. */
  summary: string
  repliedOn: Day
  handledOn: Day | null
  handledBy: string | null
  handledHow: string | null
}

/** Whose answer it is, and to which letter, if any. */
interface Answered {
  caseId: string
  documentId: string | null
  reference: string | null
}

export async function readReplies(sql: Sql, caseId: string): Promise<Reply[]> {
  return sql<Reply[]>`
    select id, case_id, document_id, kind, summary, replied_on, handled_on, handled_by, handled_how
    from replies where case_id = ${caseId} order by replied_on, id`
}

/** How the case stands for a debtor who answers, and what may still be answered. */
export interface Standing {
  state: 'open' | 'closed' | 'paid' | 'barred' | 'insolvency'
  may: ReplyKind[]
}

/**
 * What may be asked of the debtor that day. A barred debt is not claimed, and no promise is taken on it, for a promise could
 * be read as its acknowledgement (C. civ. 2240); nor is a payment once insolvency proceedings are open (C. com. L622-7).
 */
export function standingOf(file: CaseFile, onDay: Day): Standing {
  if (file.case.closedOn) return { state: 'closed', may: [] }
  if (file.insolvencies.length > 0) return { state: 'insolvency', may: ['paid', 'dispute', 'not_me', 'address'] }
  if (after(onDay, file.case.limitationOn)) return { state: 'barred', may: ['paid', 'dispute', 'not_me', 'address'] }
  if (claimableOn(file, onDay).toRecover <= 0n) return { state: 'paid', may: ['dispute', 'not_me', 'address'] }
  const may: ReplyKind[] = ['paid', 'promise', 'instalments', 'dispute', 'not_me', 'address']
  return { state: 'open', may: may.filter((kind) => kind !== 'instalments' || instalmentsAllowed(file) > 0) }
}

/** Days: how far ahead a promise may be, and by when a person looks at what was said. */
export const promiseDays = 31
export const checkDays = 7
const maxInstalments = 24

/** What the creditor lets its debtors propose, by its agreement with the agency; else the house's own number. */
export const instalmentsAllowed = ({ mandate }: Pick<CaseFile, 'mandate'>): number =>
  mandate?.maxInstalments ?? maxInstalments

/** How the answer reached us: typed by the debtor, or on paper and entered by a person of the house. */
export interface Given {
  channel: string
  /** Who entered it; the debtor where absent. */
  by?: Author
}
const online: Given = { channel: 'coupon en ligne' }

/**
 * Records what the debtor answered, once a coupon (and one new address beside), or proposed by telephone: a promise, a dispute and an address become
 * the acts they are; a payment said to be made, instalments proposed and « not me » wait for a person, and the case with them,
 * until that person has said what was found (settleReply).
 */
export async function recordReply(
  sql: Sql,
  random: Random,
  onDay: Day,
  coupon: Answered,
  answer: Answer,
  given: Given = online,
): Promise<Reply> {
  return transaction(sql, async (tx) => {
    await lockOpenCase(tx, coupon.caseId)
    const file = await readCase(tx, coupon.caseId)
    if (!standingOf(file, onDay).may.includes(answer.kind)) {
      throw new DomainError('reply_not_open', 'Cette réponse n’est plus possible pour ce dossier.', {
        remedy:
          coupon.documentId === null
            ? 'Notez l’appel sans cette proposition, et dites au débiteur où en est son dossier.'
            : 'Appelez-nous ou écrivez-nous : nos coordonnées sont sur la lettre.',
      })
    }
    const { toRecover, barred } = claimableOn(file, onDay)
    const owed = toRecover + barred
    refuseOutOfBounds(answer, onDay, file, owed)
    const summary = summaryOf(answer, owed, file.case.currency as Currency)
    const id = newId(random)
    const [fresh] = await tx`
      insert into replies (id, case_id, document_id, kind, answer, summary, replied_on)
      values (${id}, ${coupon.caseId}, ${coupon.documentId}, ${answer.kind}, ${json(tx, plain(answer, owed))}, ${summary}, ${onDay})
      on conflict do nothing returning id`
    if (!fresh) {
      throw new DomainError('already_answered', 'Une réponse a déjà été donnée avec ce code.', {
        remedy: 'Pour la compléter ou la changer, appelez-nous ou écrivez-nous.',
      })
    }
    const author = given.by ?? `débiteur:coupon ${coupon.reference}`
    const act = await become(tx, random, onDay, { coupon, file, answer, owed, summary, channel: given.channel }, author)
    // A promise is followed by its own day; what else was answered waits for a person.
    const handled =
      answer.kind === 'promise'
        ? { on: onDay, by: 'system', how: 'promesse enregistrée' }
        : { on: null, by: null, how: null }
    await tx`
      update replies set act_id = ${act}, handled_on = ${handled.on}, handled_by = ${handled.by}, handled_how = ${handled.how} where id = ${id}`
    if (answer.kind !== 'dispute') await queueFollowUp(tx, onDay, { reply: id })
    await record(tx, onDay, {
      caseId: coupon.caseId,
      kind: coupon.documentId === null ? 'reply_told' : 'coupon_answered',
      detail: { reply: id, answer: answer.kind, letter: coupon.reference, channel: given.channel, summary },
      author,
    })
    return {
      id,
      caseId: coupon.caseId,
      documentId: coupon.documentId,
      kind: answer.kind,
      summary,
      repliedOn: onDay,
      handledOn: handled.on,
      handledBy: handled.by,
      handledHow: handled.how,
    }
  })
}

interface Becoming {
  coupon: Answered
  file: CaseFile
  answer: Answer
  owed: bigint
  summary: string
  channel: string
}

/** The act that the answer is, or the wait that it asks for: the id of the promise, of the dispute or of the hold. */
async function become(
  sql: Sql,
  random: Random,
  onDay: Day,
  { coupon, file, answer, owed, summary, channel }: Becoming,
  author: Author,
): Promise<string | null> {
  const { caseId } = coupon
  if (answer.kind === 'promise') {
    const promise = {
      caseId,
      dueOn: answer.on,
      amount: owed,
      means: answer.means,
      author: file.debtor.name,
      channel,
    }
    const id = await recordPromise(sql, random, onDay, promise, author)
    await queueFollowUp(sql, onDay, { promise: id })
    return id
  }
  if (answer.kind === 'dispute') {
    const answerBy = onDay.add({ days: disputeDays })
    const dispute = { caseId, channel, ground: answer.ground, contested: answer.contested, answerBy }
    const id = await recordDispute(sql, random, onDay, dispute, author)
    await keepDisputeDocuments(sql, random, onDay, { caseId, disputeId: id }, answer.files ?? [], author)
    await queueFollowUp(sql, onDay, { dispute: id })
    return id
  }
  if (answer.kind === 'address') {
    const { address, email, phone } = answer
    await validateAddress(
      sql,
      onDay,
      { caseId, address, email, phone, source: `coupon ${coupon.reference}, par le débiteur` },
      author,
    )
    return null
  }
  const reviewOn = onDay.add({ days: checkDays })
  const hold = {
    caseId,
    cause: 'decision',
    reason: `Réponse ${coupon.documentId === null ? 'par téléphone' : 'au coupon'}\u00a0: ${summary}`,
    reviewOn,
    forPerson: true,
  } as const
  return placeHold(sql, random, onDay, hold, author)
}

function refuseOutOfBounds(answer: Answer, onDay: Day, file: CaseFile, owed: bigint): void {
  const most = instalmentsAllowed(file)
  const currency = file.case.currency as Currency
  if (answer.kind === 'paid') {
    if (after(answer.on, onDay))
      throw wrong(
        'La date d’un paiement déjà fait ne peut être à venir.',
        'Choisissez « Je paierai » si le paiement reste à faire.',
      )
    if (answer.amount <= 0n)
      throw wrong('Le montant payé doit être positif.', 'Indiquez la somme versée, par exemple 470,15.')
  }
  if (answer.kind === 'promise') {
    const last = onDay.add({ days: promiseDays })
    if (before(answer.on, onDay) || after(answer.on, last)) {
      throw wrong(
        `La date doit être comprise entre aujourd’hui et le ${dayFr(last)}.`,
        'Pour payer plus tard ou en plusieurs fois, proposez des mensualités.',
      )
    }
  }
  if (answer.kind === 'instalments') {
    const first = onDay.add({ days: promiseDays * 2 })
    if (before(answer.firstOn, onDay) || after(answer.firstOn, first)) {
      throw wrong(
        `Le premier versement doit être prévu entre aujourd’hui et le ${dayFr(first)}.`,
        'Corrigez la date du premier versement.',
      )
    }
    if (answer.monthly <= 0n || answer.monthly * BigInt(most) < owed) {
      throw wrong(
        `Au rythme proposé, il faudrait plus de ${most} mensualité${most > 1 ? 's' : ''}.`,
        `Proposez au moins ${amountFr((owed + BigInt(most) - 1n) / BigInt(most), currency)} par mois, ou appelez-nous pour en parler.`,
      )
    }
  }
  if (answer.kind === 'dispute' && answer.contested !== null && answer.contested <= 0n) {
    throw wrong('Le montant contesté doit être positif.', 'Laissez la case vide si vous contestez tout.')
  }
}

const wrong = (message: string, remedy: string): DomainError => new DomainError('bad_reply', message, { remedy })

function summaryOf(answer: Answer, owed: bigint, currency: Currency): string {
  switch (answer.kind) {
    case 'paid':
      return `Paiement annoncé\u00a0: ${amountFr(answer.amount, currency)} le ${dayFr(answer.on)} par ${answer.means}${answer.reference ? ` (${answer.reference})` : ''}`
    case 'promise':
      return `Promesse de payer ${amountFr(owed, currency)} le ${dayFr(answer.on)} par ${answer.means}`
    case 'instalments':
      return `Proposition de payer ${amountFr(answer.monthly, currency)} par mois à partir du ${dayFr(answer.firstOn)}`
    case 'dispute':
      return `Contestation de ${answer.contested === null ? 'la somme' : amountFr(answer.contested, currency)}\u00a0: ${answer.ground}${joinedTo(answer)}`
    case 'not_me':
      return `Le destinataire dit ne pas être le débiteur\u00a0: ${answer.explanation}`
    case 'address':
      return `Nouvelle adresse\u00a0: ${oneLine(answer.address)}`
  }
}

const oneLine = ({ lines, postalCode, city, country }: Address): string =>
  [
    ...lines,
    `${postalCode ?? ''} ${city ?? ''}`.trim(),
    ...(country === 'FR' ? [] : [countries().get(country) ?? country]),
  ].join(', ')

const joinedTo = ({ files = [] }: { files?: readonly BroughtFile[] }): string =>
  files.length === 0
    ? ''
    : ` (${files.length === 1 ? 'document joint' : 'documents joints'}\u00a0: ${files.map(({ name }) => name).join(', ')})`

function plain(answer: Answer, owed: bigint): unknown {
  const text = (value: unknown): unknown =>
    typeof value === 'bigint' ? amount(value) : value instanceof Temporal.PlainDate ? value.toString() : value
  return { ...Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, text(value)])), owed: amount(owed) }
}

/**
 * A person has seen to it: checked the payment, agreed or refused the instalments, answered. What they did are other acts; the
 * case waits no more for this reply, and goes on where nothing else holds it.
 */
export async function settleReply(
  sql: Sql,
  onDay: Day,
  input: { replyId: string; caseId: string; how: string },
  author: Author,
): Promise<void> {
  await transaction(sql, async (tx) => {
    await lockCase(tx, input.caseId)
    const [settled] = await tx<{ actId: string | null }[]>`
      update replies set handled_on = ${onDay}, handled_by = ${author}, handled_how = ${input.how}
      where id = ${input.replyId} and case_id = ${input.caseId} and handled_on is null returning act_id`
    if (!settled) {
      throw new DomainError('no_open_reply', "Cette réponse n'existe pas, ou quelqu'un s'en est déjà occupé.", {
        remedy: 'Consultez les réponses du dossier.',
      })
    }
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'reply_settled',
      detail: { reply: input.replyId, how: input.how },
      author,
    })
    const [held] = await tx<{ id: string }[]>`
      select id from holds where id = ${settled.actId} and released_on is null`
    if (held) {
      const release = { caseId: input.caseId, cause: 'decision', reason: input.how, holdId: held.id } as const
      await releaseHold(tx, onDay, release, author)
    }
  })
}
