import type { Day } from '../../schema/days.ts'
import { sum } from '../../schema/money.ts'
import { accrue, type Account } from './accounts.ts'
import type { Claim, Movement } from './claim.ts'

/** Where one payment went; the parts add up to the payment. */
export interface Imputation {
  date: Day
  amount: bigint
  toInterest: bigint
  toPrincipal: bigint
  toIndemnity: bigint
  toPenalty: bigint
  /** Article 700 and costs of the proceedings, as a decision grants them. */
  toCosts: bigint
  /** More than was owed: to be given back. */
  excess: bigint
  parts: {
    invoice: string
    toInterest: bigint
    toPrincipal: bigint
    toIndemnity: bigint
    toPenalty: bigint
    toCosts: bigint
  }[]
}

/** One thing a payment pays, and in which accounts. */
interface Pass {
  of: (account: Account) => bigint
  take: (account: Account, cents: bigint, part: Imputation['parts'][number]) => void
  /** Nothing can come back there: later payments skip the account for good. */
  settled: (account: Account, day: number) => boolean
  /** Only what is due on the day of the payment. */
  dueOnly: boolean
  /** Whether the invoice that the debtor names is paid by this pass before the others. */
  chosen: boolean
  /** Groups before this one are settled. */
  head: number
}

const nothing = { toInterest: 0n, toPrincipal: 0n, toIndemnity: 0n, toPenalty: 0n, toCosts: 0n }

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/**
 * Imputes payments and credit notes, to be given in order of date, with the day as a number. The debtor's choice first, then what is due, oldest
 * first, pro rata on one same day (C. civ. 1342-10); interest before principal of each invoice (1343-1) unless agreed;
 * what limitation has put out of reach is paid only where the debtor names it (2249);
 * then the fixed indemnities, the contractual penalties and the costs that a decision grants, whose rank no text settles; what is not yet due comes last.
 */
export function imputer(claim: Claim, accounts: Account[], end: number) {
  const groups = byDueDate(accounts)
  const mayBeBarred = accounts.some(({ barredAfter }) => barredAfter !== Infinity)
  const named = new Map(accounts.map((account) => [account.invoice.number, account]))
  const debts = claim.imputation === 'interest_first' ? [debt()] : [principal(true), interest()]
  const paymentPasses = [...debts, indemnities(), contractual(), costs(), principal(false)]
  // A credit note says that less was owed: it lowers the principal and is no payment.
  const creditPasses = [{ ...principal(false), chosen: true }]

  return {
    pay: (movement: Movement, day: number) => impute(movement, day, paymentPasses),
    credit: (movement: Movement, day: number) => impute(movement, day, creditPasses),
  }

  function impute(movement: Movement, day: number, passes: Pass[]): Imputation {
    const parts = new Map<Account, Imputation['parts'][number]>()
    let left = movement.amount

    function pay(group: Account[], pass: Pass): void {
      for (const account of group) {
        accrue(claim, account, Math.min(day, end))
        account.growing = false
      }
      const weights = group.map(pass.of)
      for (const [i, share] of split(min(left, sum(weights)), weights).entries()) {
        if (share === 0n) continue
        const account = group[i]!
        const part = parts.get(account) ?? { invoice: account.invoice.number, ...nothing }
        parts.set(account, part)
        pass.take(account, share, part)
        left -= share
      }
    }

    const choice = movement.invoice === undefined ? undefined : named.get(movement.invoice)
    if (choice) for (const pass of passes) if (pass.chosen) pay([choice], pass)
    for (const pass of passes) {
      const isOver = (account: Account): boolean => account.barredAfter < day || pass.settled(account, day)
      while (pass.head < groups.length && groups[pass.head]!.every(isOver)) pass.head++
      for (let i = pass.head; left > 0n && i < groups.length; i++) {
        if (pass.dueOnly && groups[i]![0]!.due > day) break
        pay(mayBeBarred ? groups[i]!.filter(({ barredAfter }) => barredAfter >= day) : groups[i]!, pass)
      }
    }
    const whole: Imputation = { date: movement.date, amount: movement.amount, ...nothing, excess: left, parts: [] }
    for (const part of parts.values()) {
      whole.toInterest += part.toInterest
      whole.toPrincipal += part.toPrincipal
      whole.toIndemnity += part.toIndemnity
      whole.toPenalty += part.toPenalty
      whole.toCosts += part.toCosts
      whole.parts.push(part)
    }
    return whole
  }
}

function byDueDate(accounts: Account[]): Account[][] {
  const groups: Account[][] = []
  for (const account of accounts) {
    const last = groups.at(-1)
    if (last && last[0]!.due === account.due) last.push(account)
    else groups.push([account])
  }
  return groups
}

const debt = (): Pass => ({
  of: (account) => account.interest + account.principal,
  take(account, cents, part) {
    const toInterest = min(cents, account.interest)
    takeInterest(account, toInterest, part)
    takePrincipal(account, cents - toInterest, part)
  },
  settled: (account) => account.principal === 0n && account.interest === 0n,
  dueOnly: true,
  chosen: true,
  head: 0,
})

const principal = (dueOnly: boolean): Pass => ({
  of: (account) => account.principal,
  take: takePrincipal,
  settled: (account) => account.principal === 0n,
  dueOnly,
  chosen: dueOnly,
  head: 0,
})

const interest = (): Pass => ({
  of: (account) => account.interest,
  take: takeInterest,
  settled: (account) => account.principal === 0n && account.interest === 0n,
  dueOnly: true,
  chosen: true,
  head: 0,
})

const indemnities = (): Pass => ({
  of: (account) => account.indemnity,
  take(account, cents, part) {
    account.indemnity -= cents
    part.toIndemnity += cents
  },
  settled: (account, day) => account.due < day && account.indemnity === 0n,
  dueOnly: true,
  chosen: false,
  head: 0,
})

const contractual = (): Pass => ({
  of: (account) => account.penalty,
  take(account, cents, part) {
    account.penalty -= cents
    part.toPenalty += cents
  },
  // A penalty is counted on unpaid principal: with none left, none comes any more.
  settled: (account) => account.principal === 0n && account.penalty === 0n,
  dueOnly: true,
  chosen: false,
  head: 0,
})

const costs = (): Pass => ({
  of: (account) => account.costs,
  take(account, cents, part) {
    account.costs -= cents
    part.toCosts += cents
  },
  settled: (account) => account.costs === 0n,
  dueOnly: true,
  chosen: false,
  head: 0,
})

function takePrincipal(account: Account, cents: bigint, part: Imputation['parts'][number]): void {
  account.principal -= cents
  part.toPrincipal += cents
}

function takeInterest(account: Account, cents: bigint, part: Imputation['parts'][number]): void {
  account.interest -= cents
  // The oldest interest is paid first, and it is the oldest that was capitalised.
  account.capitalised -= min(account.capitalised, cents)
  part.toInterest += cents
}

/** Cents shared in proportion, the odd cents to the first ones; the shares add up. */
function split(cents: bigint, weights: bigint[]): bigint[] {
  const total = sum(weights)
  if (total === 0n) return weights.map(() => 0n)
  const shares = weights.map((weight) => (cents * weight) / total)
  let rest = cents - sum(shares)
  for (let i = 0; rest > 0n; i = (i + 1) % shares.length) {
    if (shares[i]! >= weights[i]!) continue
    shares[i]! += 1n
    rest -= 1n
  }
  return shares
}
