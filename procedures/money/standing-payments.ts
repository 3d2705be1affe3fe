import { after, type Day } from '../../schema/days.ts'
import type { Payment } from '../cases/file/file-rows.ts'

/** The payments that count on that day: one that came back paid nothing, and interest never stopped. */
export const standingPayments = <Some extends Pick<Payment, 'rejectedOn'>>(
  { payments }: { payments: Some[] },
  onDay: Day,
): Some[] => payments.filter(({ rejectedOn }) => rejectedOn === null || after(rejectedOn, onDay))
