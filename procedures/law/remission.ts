import { serial } from '../../schema/days.ts'
import { sum } from '../../schema/money.ts'
import { accrue, type Account } from './accounts.ts'
import type { Claim, Remission } from './claim.ts'

type Part = 'penalty' | 'indemnity' | 'interest' | 'costs' | 'principal'

/** What is given up goes first: what was added to the debt, then the debt itself. */
const order: Part[] = ['penalty', 'indemnity', 'interest', 'costs', 'principal']

/**
 * Brings what is owed of the invoices that a remission covers down to its amount, for good: they bear nothing more. Answers
 * what it took off, in cents; nothing where no more was owed than the debtor was asked for. `end`: the last day that bears interest.
 */
export function remit(claim: Claim, accounts: Account[], { amount, beside, date }: Remission, end: number): bigint {
  const day = serial(date)
  const covered = accounts.filter(({ invoice, barredAfter }) => !beside.has(invoice.number) && barredAfter >= day)
  for (const account of covered) {
    accrue(claim, account, end)
    account.growing = false
    account.settledFrom = Math.min(account.settledFrom, day)
  }
  const owed = sum(covered.flatMap((account) => order.map((part) => account[part])))
  let left = owed > amount ? owed - amount : 0n
  const remitted = left
  // The youngest debts first, so that the payment pays the oldest.
  for (const part of order)
    for (const account of covered.toReversed()) {
      const taken = account[part] < left ? account[part] : left
      account[part] -= taken
      left -= taken
      if (account.capitalised > account.interest) account.capitalised = account.interest
    }
  return remitted
}
