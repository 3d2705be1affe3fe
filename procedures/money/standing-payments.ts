import { after, before, type Day } from '../../schema/days.ts'
import type { Payment } from '../cases/file/file-rows.ts'

/** The payments that count on that day: one that came back paid nothing, and interest never stopped. */
export const standingPayments = <Some extends Pick<Payment, 'rejectedOn'>>(
  { payments }: { payments: Some[] },
  onDay: Day,
): Some[] => payments.filter(({ rejectedOn }) => rejectedOn === null || after(rejectedOn, onDay))

/** Those of them that were received from one day on, that day and `onDay` included: what a promise, a plan or a remission is paid by. */
export const receivedSince = <Some extends Pick<Payment, 'rejectedOn' | 'receivedOn'>>(
  file: { payments: Some[] },
  from: Day,
  onDay: Day,
): Some[] =>
  standingPayments(file, onDay).filter(({ receivedOn }) => !before(receivedOn, from) && !after(receivedOn, onDay))
