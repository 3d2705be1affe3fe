import type { Facts } from '../../documents/facts.ts'
import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { amount } from '../../schema/money.ts'
import type { Imputation } from '../law/interest.ts'
import type { Office } from '../office.ts'
import { writeLetter } from '../mail/correspondence.ts'
import { reachOf } from '../mail/reach.ts'
import { letterFor } from '../mail/situation-letters.ts'
import { totals } from '../cases/file/facts.ts'
import { type CaseFile, firstLetter, type Payment } from '../cases/file/file.ts'
import { type Author, record } from '../cases/journal.ts'
import { owedOn, payableOn } from './ledger.ts'
import { pendingRemission } from './remission.ts'
import { dueInstalments, livePlan } from '../cases/exchanges/plans.ts'
import { standstill } from '../cases/standstill.ts'

/**
 * A receipt for the debtor, whatever the sum (CPCE R124-6), and word to the creditor unless the payment is one that a known
 * plan announced (R124-5). Runs in the payment's transaction: no payment of the agency is without its receipt.
 */
export async function acknowledgePayment(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  paymentId: string,
  author: Author,
): Promise<void> {
  const payment = file.payments.find(({ id }) => id === paymentId)!
  const facts = paymentFacts(file, onDay, payment)
  const left = owedOn(file, onDay).total
  const situation = left <= 0n ? 'paid-in-full' : mayAsk(file, onDay) ? 'paid-in-part' : 'payment-received'
  const receipt = await writeLetter(office, sql, onDay, file, {
    letter: letterFor(file, situation),
    // Without an address it waits in the case, to be handed over: a payment is recorded all the same.
    channel: reachOf(file, 'debiteur') ?? 'acte-prive',
    recipient: 'debiteur',
    facts: { ...facts, ...nextInstalment(file, onDay) },
    isReceipt: true,
    author,
  })
  await sql`update payments set receipt_id = ${receipt.id} where id = ${paymentId}`
  if (left > 0n && comesFromPlan(file, onDay, payment)) return
  const channel = reachOf(file, 'creancier')
  if (channel === null) {
    await record(sql, onDay, {
      caseId: file.case.id,
      kind: 'creditor_not_informed',
      detail: { payment: amount(payment.amount), article: 'CPCE R124-5' },
      author,
    })
    return
  }
  await writeLetter(office, sql, onDay, receipt.file, {
    letter: left <= 0n ? 'creancier-encaissement-total' : 'creancier-acompte-recu',
    channel,
    recipient: 'creancier',
    facts,
    author,
  })
}

/** A receipt may recall what is left only where a demand would be lawful on that day. */
function mayAsk(file: CaseFile, onDay: Day): boolean {
  return (
    firstLetter(file) !== null &&
    standstill(file, onDay) === null &&
    // The sum agreed is the one that is waited for, and not the whole.
    pendingRemission(file, onDay) === undefined &&
    file.disputes.every((dispute) => dispute.resolvedOn !== null)
  )
}

function paymentFacts(file: CaseFile, onDay: Day, payment: Payment): Partial<Facts> {
  const owed = payableOn(file, onDay)
  const mine = imputationOf(owed.imputations, payment)
  const invoices = mine?.parts.map((part) => part.invoice).join(', ')
  return {
    encaissement: {
      date: payment.receivedOn.toString(),
      montant: amount(payment.amount),
      mode: payment.means,
      ...(payment.reference ? { reference: payment.reference } : {}),
      ...(payment.encashedOn ? { dateEffective: payment.encashedOn.toString() } : {}),
      ...(invoices ? { facture: invoices } : {}),
      restant: amount(owedOn(file, onDay).total),
    },
    totaux: totals(file, { ...owed, imputations: mine ? [mine] : [] }, onDay),
  } as Partial<Facts>
}

/** Where this payment went, even when it is recorded after a later one. */
const imputationOf = (all: Imputation[], payment: Payment) =>
  all.findLast(
    (line) => line.amount === payment.amount && Temporal.PlainDate.compare(line.date, payment.receivedOn) === 0,
  )

function nextInstalment(file: CaseFile, onDay: Day): Partial<Facts> {
  const next = livePlan(file) && dueInstalments(file, onDay).find((line) => line.unpaid > 0n)
  if (!next) return {}
  const day = next.dueOn.toString()
  return {
    echeanceCourante: { rang: next.rank, date: day, montant: amount(next.unpaid), nouvelleDate: day },
  } as Partial<Facts>
}

/** CPCE R124-5: the creditor knows the plan; only what goes beyond its next instalment is news. */
function comesFromPlan(file: CaseFile, onDay: Day, payment: Payment): boolean {
  if (!livePlan(file)) return false
  const lines = dueInstalments(file, onDay)
  const due = lines.filter((line) => Temporal.PlainDate.compare(line.dueOn, payment.receivedOn) <= 0).length
  return lines.slice(due + 1).every((line) => line.unpaid === line.amount)
}
