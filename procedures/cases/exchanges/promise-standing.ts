import { after, before, type Day } from '../../../schema/days.ts'
import { receivedSince } from '../../money/standing-payments.ts'
import type { Payment, Plan, Promise_ } from '../file/file-rows.ts'

type PromiseOutcome = 'kept' | 'late' | 'partly' | 'missed'

/** What the payments of the case make of a promise on a day. */
interface PromiseStanding {
  /** « kept »: received in full by its day; « late »: in full after it; « partly », « missed »: its day has passed; null while due. */
  outcome: PromiseOutcome | null
  /** Of the sum promised, what was received. Cents. */
  paid: bigint
}

type Promised = Pick<Promise_, 'promisedOn' | 'dueOn' | 'amount'>
interface Paid {
  payments: Pick<Payment, 'receivedOn' | 'amount' | 'rejectedOn'>[]
}

/**
 * Whether the promise was kept: payments received since it was made fill it, those that came back do not. Each promise of a
 * case is filled by itself: who promises again has mostly moved the day, and in doubt nobody is reproached with anything.
 */
export function promiseStanding({ promisedOn, dueOn, amount }: Promised, file: Paid, onDay: Day): PromiseStanding {
  const since = receivedSince(file, promisedOn, onDay)
  const sumOf = (payments: typeof since): bigint => {
    const received = payments.reduce((total, payment) => total + payment.amount, 0n)
    return received < amount ? received : amount
  }
  const paid = sumOf(since)
  if (sumOf(since.filter(({ receivedOn }) => !after(receivedOn, dueOn))) === amount) return { outcome: 'kept', paid }
  if (!after(onDay, dueOn)) return { outcome: null, paid }
  return { outcome: paid === amount ? 'late' : paid > 0n ? 'partly' : 'missed', paid }
}

/** The latest promise, unless a plan was agreed on its day or since: it takes its place. */
export function lastPromise<Some extends Pick<Promise_, 'promisedOn'>>(file: {
  promises: Some[]
  plans: Pick<Plan, 'agreedOn'>[]
}): Some | undefined {
  const promise = file.promises.at(-1)
  return promise && file.plans.every(({ agreedOn }) => before(agreedOn, promise.promisedOn)) ? promise : undefined
}

/** Whether the latest promise of the case is broken on that day, with nothing or a part of it received: a letter may say so. */
export function isLatestBroken(file: Paid & Parameters<typeof lastPromise<Promised>>[0], onDay: Day): boolean {
  const promise = lastPromise(file)
  const outcome = promise && promiseStanding(promise, file, onDay).outcome
  return outcome === 'partly' || outcome === 'missed'
}
