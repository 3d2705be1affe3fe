import { after, type Day } from '../../schema/days.ts'
import type { Remission as Met } from '../law/claim.ts'
import type { Invoice, Payment } from '../cases/file/file-rows.ts'
import { receivedSince } from './standing-payments.ts'

/** What the creditor agreed to give up if `amount` is received by `payBy` (remise de dette, C. civ. 1350). Cents of the case. */
export interface Remission {
  id: string
  amount: bigint
  payBy: Day
  agreedOn: Day
  agreedBy: string
  /** The letter that told the debtor; null while it is not written. */
  documentId: string | null
  recordedOn: Day
}

/** « pending »: to be paid yet; « met »: paid in time, the rest is given up; « lapsed »: its day has passed. */
export type RemissionState = 'pending' | 'met' | 'lapsed'

interface Paid {
  invoices: Pick<Invoice, 'id' | 'number' | 'issuedOn'>[]
  payments: Pick<Payment, 'invoiceId' | 'receivedOn' | 'amount' | 'rejectedOn'>[]
}

/** Where a remission stands at the end of that day: what was received towards it, and the day on which that was enough. */
export function standingOf(
  remission: Remission,
  file: Paid,
  onDay: Day,
): { state: RemissionState; paid: bigint; metOn: Day | null } {
  const beside = new Set(later(remission, file).map(({ id }) => id))
  let paid = 0n
  let metOn: Day | null = null
  for (const { receivedOn, amount, invoiceId } of receivedSince(file, remission.agreedOn, onDay)) {
    if (after(receivedOn, remission.payBy)) continue
    // What the debtor says is for another debt pays that one.
    if (invoiceId !== null && beside.has(invoiceId)) continue
    paid += amount
    if (paid >= remission.amount) metOn ??= receivedOn
  }
  return { state: metOn ? 'met' : after(onDay, remission.payBy) ? 'lapsed' : 'pending', paid, metOn }
}

/** The one that the debtor may still accept by paying. */
export const pendingRemission = (file: Paid & { remissions: Remission[] }, onDay: Day): Remission | undefined =>
  file.remissions.find((each) => standingOf(each, file, onDay).state === 'pending')

/** Those whose condition was met by that day, as the reckoning takes them. */
export const metRemissions = (file: Paid & { remissions: Remission[] }, onDay: Day): Met[] =>
  file.remissions
    .filter((each) => standingOf(each, file, onDay).state === 'met')
    .map((each) => ({
      date: each.agreedOn,
      amount: each.amount,
      beside: new Set(later(each, file).map(({ number }) => number)),
    }))

/** Invoices issued since it was agreed are another debt. */
const later = ({ agreedOn }: Remission, { invoices }: Paid) =>
  invoices.filter(({ issuedOn }) => after(issuedOn, agreedOn))
