import { after, before, type Day, parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { sum } from '../../schema/money.ts'
import { standstill } from '../cases/standstill.ts'
import type { Owed } from '../law/interest.ts'
import { type LedgerFile, payableOn } from './ledger.ts'
import { standingPayments } from './standing-payments.ts'

/** What may still be asked for of a case, apart from what limitation has put out of reach. Cents. */
export interface Claimable {
  /** The account of `countedOn`. */
  owed: Owed
  /** The day itself; of a barred claim, the last on which it could be claimed; the last that the law on file can count, where a rate is awaited. */
  countedOn: Day
  isBarred: boolean
  /** Less what was paid or credited since it was counted. */
  toRecover: bigint
  /** A fact that no demand may state; what the debtor pays of it all the same stays paid (C. civ. 2249). */
  barred: bigint
}

/** Whether limitation alone stops the claim on that day. */
export const isBarredOn = (file: Pick<LedgerFile, 'case' | 'insolvencies'>, onDay: Day): boolean =>
  standstill(file, onDay)?.cause === 'prescription'

/**
 * A claim that nobody may pursue any more is no part of what is to be recovered, and is told beside it. Where the rate of a day is
 * not published yet, a page shows the account of the eve rather than none; no letter and no act does.
 */
export function claimableOn(file: LedgerFile, onDay: Day): Claimable {
  const isBarred = isBarredOn(file, onDay)
  // What came back since paid nothing, though it was not known on the day that is counted.
  const standing = { ...file, payments: standingPayments(file, onDay) }
  const { owed, countedOn } = countable(standing, isBarred ? file.case.limitationOn : onDay)
  const since = (day: Day): boolean => after(day, countedOn) && !after(day, onDay)
  const less = sum([
    ...standing.payments.flatMap(({ receivedOn, amount }) => (since(receivedOn) ? amount : [])),
    ...file.creditNotes.flatMap(({ issuedOn, amount }) => (since(issuedOn) ? amount : [])),
  ])
  const left = (cents: bigint): bigint => (cents > less ? cents - less : 0n)
  // Of a case that goes on, the invoices whose own time is over.
  const lapsed = sum(owed.barred.map(({ unpaid }) => unpaid))
  const [toRecover, barred] = isBarred ? [0n, left(owed.total + lapsed)] : [left(owed.total), lapsed]
  return { owed, countedOn, isBarred, toRecover, barred }
}

function countable(file: LedgerFile, onDay: Day, countedOn = onDay): Pick<Claimable, 'owed' | 'countedOn'> {
  try {
    return { owed: payableOn(file, onDay, countedOn), countedOn }
  } catch (error) {
    const eve = isAwaited(error) ? parseDay(String(error.facts['on'])).subtract({ days: 1 }) : countedOn
    // A rate of long ago is not awaited: it is missing.
    if (!before(eve, countedOn) || before(eve.add({ years: 1 }), countedOn)) throw error
    return countable(file, onDay, eve)
  }
}

/** Whether it says that the law of a day is not on file. */
export const isAwaited = (error: unknown): error is DomainError =>
  error instanceof DomainError && error.code === 'no_legal_value'
