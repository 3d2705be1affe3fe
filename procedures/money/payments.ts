import { after, before, type Day, dayFr, sameDay } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { amount, amountFr, parseCurrency } from '../../schema/money.ts'
import { newId, type Random } from '../../schema/random.ts'
import { legalValue } from '../law/values.ts'
import type { Office } from '../office.ts'
import { lockOpenCase } from '../cases/lock.ts'
import { type CaseFile, readCase } from '../cases/file/file.ts'
import { placeHold, releaseHold } from '../cases/holds.ts'
import { type Author, record } from '../cases/journal.ts'
import { claimableOn, isAwaited } from './claimable.ts'
import { owedOn } from './ledger.ts'
import { acknowledged, recountAfter } from '../judicial/titles/interruptions.ts'
import { acknowledgePayment } from './receipts.ts'

export interface PaymentInput {
  caseId: string
  receivedOn: Day
  /** Cents of the case's currency. */
  amount: bigint
  means: string
  reference: string | null
  receivedBy: 'creditor' | 'agency'
  /** When the bank definitively credited the agency; that very day unless it is a cheque or a bill, whose fate is to come. */
  encashedOn?: Day | null
  /** The invoice the debtor chose to pay (C. civ. 1342-10). */
  invoiceNumber?: string
}

/**
 * Records a payment. It is imputed on interest first (C. civ. 1343-1), acknowledges the debt (C. civ. 2240), voids a
 * consent not yet filed, and suspends the case when nothing is left to pay. Where the law has no rate yet for that day, the
 * payment stands, what is left is null and the case waits for a person. What the agency receives is receipted, told to
 * the creditor and due to it within the month, all in the same transaction (CPCE R124-5, R124-6).
 */
export async function recordPayment(
  office: Office,
  onDay: Day,
  input: PaymentInput,
  author: Author,
): Promise<{ id: string; left: bigint | null }> {
  const { random } = office
  if (input.amount <= 0n) {
    throw new DomainError('bad_payment', `Un paiement doit être positif (reçu : ${amount(input.amount)}).`, {
      remedy: 'Pour annuler un paiement, enregistrez un rejet avec son motif (rejectPayment).',
    })
  }
  if (after(input.receivedOn, onDay)) {
    throw new DomainError('payment_in_future', "Un paiement ne peut être enregistré avant d'être reçu.", {
      remedy: 'Enregistrez une promesse si le débiteur annonce un paiement.',
    })
  }
  const encashedOn = input.receivedBy === 'creditor' ? null : encashment(input)
  if (encashedOn) requireEncashed(encashedOn, input.receivedOn, onDay)
  return transaction(office.sql, async (tx) => {
    const id = newId(random)
    await lockOpenCase(tx, input.caseId)
    const invoiceId = await chosenInvoice(tx, input)
    const payOverBy = input.receivedBy === 'agency' ? payOverLimit(encashedOn ?? input.receivedOn) : null
    await tx`
      insert into payments (id, case_id, invoice_id, received_on, amount, means, reference, received_by, encashed_on, pay_over_by,
                            recorded_on, recorded_by)
      values (${id}, ${input.caseId}, ${invoiceId}, ${input.receivedOn}, ${input.amount}, ${input.means},
              ${input.reference}, ${input.receivedBy}, ${encashedOn}, ${payOverBy}, ${onDay}, ${author})`
    const invoices = await paidBy(tx, onDay, { ...input, invoiceId })
    await acknowledged(tx, onDay, {
      caseId: input.caseId,
      on: input.receivedOn,
      cause: 'paiement partiel',
      article: 'C. civ. 2240',
      ...(invoices ? { invoices } : {}),
    })
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'payment_recorded',
      detail: { amount: amount(input.amount), receivedOn: input.receivedOn.toString(), means: input.means },
      author,
    })
    // A rate that is not published yet must not lose the money that came in: only what is counted from it waits.
    const left = await transaction(tx, (part) => settleBalance(office, part, onDay, { ...input, id }, author)).catch(
      (error: unknown) => {
        if (error instanceof DomainError && error.code === 'no_legal_value') return error
        throw error
      },
    )
    if (typeof left === 'bigint') return { id, left }
    await holdUncounted(tx, random, onDay, input, left)
    return { id, left: null }
  })
}

/** The invoice that the debtor chose to pay, if any. DomainError `unknown_invoice`. */
async function chosenInvoice(sql: Sql, { caseId, invoiceNumber }: PaymentInput): Promise<string | null> {
  if (!invoiceNumber) return null
  const [invoice] = await sql<{ id: string }[]>`
    select id from invoices where case_id = ${caseId} and number = ${invoiceNumber}`
  if (invoice) return invoice.id
  throw new DomainError('unknown_invoice', `La facture ${invoiceNumber} n'est pas dans ce dossier.`, {
    remedy: 'Laissez le numéro vide pour imputer selon la loi, ou corrigez-le.',
  })
}

/**
 * The invoices that a payment acknowledges: those that it pays, by the debtor’s choice or by C. civ. 1342-10, and no others. Undefined
 * where the case has one alone, or the day has no rate to count with and the debtor named none.
 */
async function paidBy(
  sql: Sql,
  onDay: Day,
  { caseId, receivedOn, invoiceId }: Pick<PaymentInput, 'caseId' | 'receivedOn'> & { invoiceId: string | null },
): Promise<string[] | undefined> {
  const file = await readCase(sql, caseId)
  if (file.invoices.length < 2) return undefined
  const chosen = invoiceId === null ? undefined : [invoiceId]
  try {
    const { imputations } = owedOn(file, onDay)
    const parts = imputations.flatMap(({ date, parts: each }) => (sameDay(date, receivedOn) ? each : []))
    const numbers = new Set(parts.map(({ invoice }) => invoice))
    return file.invoices.flatMap(({ id, number }) => (numbers.has(number) ? [id] : []))
  } catch (error) {
    if (isAwaited(error)) return chosen
    throw error
  }
}

/**
 * Sums and days that are most often slips of the pen: more than is owed, or before the oldest invoice. Refused until somebody
 * says that they are so. Takes the case, so that what it found holds until the payment is recorded. DomainError
 * `payment_to_confirm`.
 */
export async function refuseUnlikely(
  sql: Sql,
  onDay: Day,
  { caseId, receivedOn, amount: paid }: Pick<PaymentInput, 'caseId' | 'receivedOn' | 'amount'>,
): Promise<void> {
  await lockOpenCase(sql, caseId)
  const file = await readCase(sql, caseId)
  const currency = parseCurrency(file.case.currency)
  const refuse = (message: string) => {
    throw new DomainError('payment_to_confirm', message, {
      remedy: 'Vérifiez la somme et la date\u00a0; si elles sont exactes, confirmez le paiement (confirmed: true).',
    })
  }
  const [oldest] = file.invoices.map(({ issuedOn }) => issuedOn).toSorted((a, b) => Temporal.PlainDate.compare(a, b))
  if (oldest && before(receivedOn, oldest))
    refuse(
      `Ce paiement du ${dayFr(receivedOn)} précède la plus ancienne facture du dossier, émise le ${dayFr(oldest)}.`,
    )
  const left = balance(file, onDay)
  if (left !== null && paid > left)
    refuse(`Ce paiement de ${amountFr(paid, currency)} dépasse ce qui est dû, ${amountFr(left, currency)}.`)
}

/** Null where the law has no rate yet to count it with. */
function balance(file: CaseFile, onDay: Day): bigint | null {
  try {
    return owedOn(file, onDay).total
  } catch (error) {
    if (error instanceof DomainError && error.code === 'no_legal_value') return null
    throw error
  }
}

/** The receipt of what the agency received, and the hold of a case with nothing left to pay; returns what is left. */
export async function settleBalance(
  office: Office,
  sql: Sql,
  onDay: Day,
  { caseId, id, receivedBy }: Pick<PaymentInput, 'caseId' | 'receivedBy'> & { id: string },
  author: Author,
): Promise<bigint> {
  const file = await readCase(sql, caseId)
  const { total: left, barred } = owedOn(file, onDay)
  if (receivedBy === 'agency') await acknowledgePayment(office, sql, onDay, file, id, author)
  const isHeld = file.holds.some((hold) => hold.cause === 'paiement-integral' && hold.releasedOn === null)
  // What is barred is asked for no more, and is not paid: the case waits for that reason.
  if (left <= 0n && barred.length === 0 && file.case.closedOn === null && !isHeld) {
    const reason = 'Tout est payé : le dossier est à clore après vérification.'
    const reviewOn = onDay.add({ days: 7 })
    await placeHold(sql, office.random, onDay, { caseId, cause: 'paiement-integral', reason, reviewOn }, 'system')
  }
  return left
}

/** The words by which such a hold is known again, when its balance can be counted. */
export const uncounted = 'enregistré, mais le solde ne peut être compté'

async function holdUncounted(
  sql: Sql,
  random: Random,
  onDay: Day,
  { caseId, amount: paid, receivedBy, receivedOn }: PaymentInput,
  { message }: DomainError,
): Promise<void> {
  const receipt =
    receivedBy === 'agency'
      ? ' Le reçu du débiteur et l’avis au créancier sont à établir (CPCE R. 124-5 et R. 124-6).'
      : ''
  const { currency } = (await readCase(sql, caseId)).case
  const reason = `Paiement de ${amountFr(paid, parseCurrency(currency))} du ${dayFr(receivedOn)} ${uncounted}\u00a0: ${message}${receipt}`
  await placeHold(sql, random, onDay, { caseId, cause: 'decision', reason, reviewOn: onDay.add({ days: 7 }) }, 'system')
}

/** A cheque or a bill is paid only once the bank has paid it: its day is told later (recordEncashment). */
function encashment({ encashedOn, means, receivedOn }: PaymentInput): Day | null {
  if (encashedOn !== undefined) return encashedOn
  return /ch[eèé]que|effet|lettre de change|lcr|billet/i.test(means) ? null : receivedOn
}

function requireEncashed(encashedOn: Day, receivedOn: Day, onDay: Day): void {
  if (!before(encashedOn, receivedOn) && !after(encashedOn, onDay)) return
  throw new DomainError('bad_encashment', `Un encaissement au ${dayFr(encashedOn)} n'est pas possible.`, {
    remedy: `Donnez le jour du crédit au compte, entre le ${dayFr(receivedOn)} et le ${dayFr(onDay)}.`,
  })
}

/** CPCE R124-6: funds are paid over within that many months of their actual encashment. */
function payOverLimit(encashedOn: Day): Day {
  return encashedOn.add({ months: Number(legalValue('reversement', encashedOn).value) })
}

/** The bank has definitively credited a cheque: the month to pay it over runs from that day (CPCE R124-6). */
export async function recordEncashment(
  sql: Sql,
  onDay: Day,
  input: { paymentId: string; encashedOn: Day },
  author: Author,
): Promise<{ caseId: string }> {
  return transaction(sql, async (tx) => {
    const payment = await lockPayment(tx, input.paymentId)
    requireEncashed(input.encashedOn, payment.receivedOn, onDay)
    const changed = await tx`
      update payments set encashed_on = ${input.encashedOn}, pay_over_by = ${payOverLimit(input.encashedOn)}
      where id = ${input.paymentId} and received_by = 'agency' and encashed_on is null
        and not exists (select from payment_rejections r where r.payment_id = payments.id) returning id`
    if (changed.length === 0) {
      throw new DomainError('not_to_encash', "Ce paiement n'attend pas d'encaissement.", {
        remedy: 'Vérifiez qu’il a été reçu par l’agence, et qu’il n’est ni encaissé ni rejeté.',
      })
    }
    await record(tx, onDay, {
      caseId: payment.caseId,
      kind: 'payment_encashed',
      detail: { amount: amount(payment.amount), on: input.encashedOn.toString() },
      author,
    })
    return { caseId: payment.caseId }
  })
}

/**
 * A cheque or a direct debit that comes back: the payment stays, and a row with its reason says that it paid nothing from
 * that day on. A case that waited because all was paid goes on. What is left is null where the law has no rate yet for that day.
 * DomainErrors: `already_rejected`, `bad_rejection`.
 */
export async function rejectPayment(
  { sql }: Office,
  onDay: Day,
  input: { paymentId: string; rejectedOn: Day; reason: string },
  author: Author,
): Promise<{ caseId: string; left: bigint | null }> {
  const reason = input.reason.trim()
  return transaction(sql, async (tx) => {
    const payment = await lockPayment(tx, input.paymentId)
    const { caseId } = payment
    await lockOpenCase(tx, caseId)
    if (reason === '' || before(input.rejectedOn, payment.receivedOn) || after(input.rejectedOn, onDay)) {
      throw new DomainError(
        'bad_rejection',
        'Un rejet a un motif, et un jour entre la réception du paiement et aujourd’hui.',
        {
          remedy: 'Reprenez le jour et le motif de l’avis de la banque.',
          facts: { receivedOn: payment.receivedOn.toString() },
        },
      )
    }
    const rows = await tx`
      insert into payment_rejections (payment_id, case_id, rejected_on, reason, recorded_on, recorded_by)
      values (${input.paymentId}, ${caseId}, ${input.rejectedOn}, ${reason}, ${onDay}, ${author})
      on conflict do nothing returning payment_id`
    if (rows.length === 0) {
      throw new DomainError('already_rejected', 'Ce paiement est déjà rejeté.', {
        remedy: 'Consultez les paiements du dossier.',
      })
    }
    // A plan looks again at what is paid.
    await tx`update plans set kept_on = null where case_id = ${caseId} and broken_on is null`
    await tx`update instalments i set settled_on = null from plans p where p.id = i.plan_id and p.case_id = ${caseId} and p.broken_on is null`
    const [paidOver] = await tx`select 1 from pay_over_lines where payment_id = ${input.paymentId}`
    await record(tx, onDay, {
      caseId,
      kind: 'payment_rejected',
      detail: {
        amount: amount(payment.amount),
        rejectedOn: input.rejectedOn.toString(),
        reason,
        paidOver: paidOver !== undefined,
      },
      author,
    })
    await recountAfter(tx, onDay, caseId, author)
    const file = await readCase(tx, caseId)
    const left = balance(file, onDay)
    const isHeld = file.holds.some((hold) => hold.cause === 'paiement-integral' && hold.releasedOn === null)
    if (isHeld && (left ?? claimableOn(file, onDay).toRecover) > 0n)
      await releaseHold(
        tx,
        onDay,
        { caseId, cause: 'paiement-integral', reason: `Paiement rejeté : ${reason}` },
        author,
      )
    return { caseId, left }
  })
}

interface LockedPayment {
  caseId: string
  receivedOn: Day
  amount: bigint
}

async function lockPayment(sql: Sql, paymentId: string): Promise<LockedPayment> {
  // The case first, as in every act on it.
  await sql`select 1 from cases where id = (select case_id from payments where id = ${paymentId}) for update`
  const [found] = await sql<LockedPayment[]>`select case_id, received_on, amount from payments where id = ${paymentId}`
  if (found) return found
  throw new DomainError('payment_not_found', "Ce paiement n'existe pas, ou ne vous est pas ouvert.", {
    remedy: 'Consultez les paiements du dossier.',
  })
}
