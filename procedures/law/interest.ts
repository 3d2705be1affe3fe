import { dayFr, dayOf, serial, type Day } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { amount, amountFr, divideHalfUp, parseAmount, sum } from '../../schema/money.ts'
import {
  accrue,
  openAccounts,
  bearsNone,
  refusedToConsumer,
  yearlyInterest,
  type Account,
  type Segment,
} from './accounts.ts'
import { checkClaim, percentText, type Claim, type Movement, type Remission } from './claim.ts'
import { imputer, type Imputation } from './imputation.ts'
import { remit } from './remission.ts'
import { penalties } from './penalty.ts'
import { floorDoubts } from './rates.ts'
import { findEntry } from './values.ts'

export { readClaim } from './claim.ts'
export type { Segment } from './accounts.ts'
export type { Claim, Rate } from './claim.ts'
export type { Imputation } from './imputation.ts'

export interface OwedInvoice {
  number: string
  due: Day
  amount: bigint
  principal: bigint
  interest: bigint
  indemnity: bigint
  penalty: bigint
  costs: bigint
  unpaid: bigint
}

/** What is owed at the end of the day `asOf`, in cents. */
export interface Owed {
  asOf: Day
  /** Unpaid principal alone. */
  principal: bigint
  /** Unpaid interest, capitalised interest included. */
  interest: bigint
  indemnity: bigint
  /** Contractual penalty (clause pénale). */
  penalty: bigint
  /** Article 700 and costs of the proceedings that a decision grants. */
  costs: bigint
  total: bigint
  /** Interest of one more day at the rate of `asOf`, half-up. */
  perDay: bigint
  overpaid: bigint
  /** What remissions whose condition was met have taken off. */
  remitted: bigint
  segments: Segment[]
  imputations: Imputation[]
  invoices: OwedInvoice[]
  /** Those that limitation has put out of reach, as they stood on their last day: no part of any sum above. */
  barred: OwedInvoice[]
  principalByInvoice: Record<string, bigint>
  unpaidByInvoice: Record<string, bigint>
  doubts: Doubt[]
}

/**
 * Principal, interest, indemnity and penalty on the day `asOf`. Payments go to the invoice the debtor names, else to the oldest
 * due first, pro rata for one same day (C. civ. 1342-10), interest before principal unless agreed (1343-1); the fixed
 * indemnity and the contractual penalty come last among what is due. Each segment is rounded half-up to the cent, then summed.
 */
export const owed = (claim: Claim): Owed => settle(claim).found

/** What is owed and, apart, what credit notes took off beyond what was left; that of payments is in their imputations. */
export interface Settled {
  found: Owed
  overCredited: Movement[]
}

/** The same as `owed`, for who still has other debts to impute the rest on. */
export function settle(claim: Claim): Settled {
  checkClaim(claim)
  const doubts: Doubt[] = claimDoubts(claim)
  const asOf = serial(claim.asOf)
  const end = claim.stoppedOn === undefined ? asOf : Math.min(asOf, serial(claim.stoppedOn))
  const accounts = openAccounts(claim, end)
  const late = lateness(claim, accounts, doubts)
  const agreed = penalties(claim, accounts)
  // Most claims have no movement: what imputes them is made by the first.
  let hand: ReturnType<typeof imputer> | undefined
  const imputations: Imputation[] = []
  const overCredited: Movement[] = []
  let overpaid = 0n
  let remitted = 0n

  for (const { movement, day, kind } of movements(claim)) {
    if (day > asOf) {
      const message = `Un mouvement postérieur au ${dayFr(claim.asOf)} n’est pas compté.`
      doubts.push({ code: 'later_movement', message })
      break
    }
    late.until(day)
    agreed.until(day)
    if (kind === 'remission') {
      remitted += remit(claim, accounts, movement, Math.min(day, end))
      continue
    }
    hand ??= imputer(claim, accounts, end)
    const isCredit = kind === 'credit'
    const done = isCredit ? hand.credit(movement, day) : hand.pay(movement, day)
    if (!isCredit) imputations.push(done)
    if (done.excess === 0n) continue
    overpaid += done.excess
    if (isCredit) overCredited.push({ date: movement.date, amount: done.excess })
    const what = `${isCredit ? 'L’avoir' : 'Le règlement'} du ${dayFr(movement.date)}`
    const message = `${what} dépasse ce qui restait dû de ${amountFr(done.excess, claim.currency)}\u00a0: trop-perçu à rendre ou à imputer.`
    doubts.push({ code: 'overpaid', message })
  }
  late.until(asOf)
  agreed.until(asOf)
  for (const account of accounts) accrue(claim, account, end)
  doubts.push(...agreed.doubts())
  return { found: conclude(claim, accounts, imputations, { overpaid, remitted }, doubts), overCredited }
}

/** The JSON of `courtois interest`: amounts with two decimals, days YYYY-MM-DD. */
export function printOwed(result: Owed): object {
  return {
    principal: amount(result.principal),
    interest: amount(result.interest),
    indemnity: amount(result.indemnity),
    ...(result.penalty === 0n ? {} : { penalty: amount(result.penalty) }),
    total: amount(result.total),
    per_day: amount(result.perDay),
    ...(result.overpaid === 0n ? {} : { overpaid: amount(result.overpaid) }),
    ...(result.remitted === 0n ? {} : { remitted: amount(result.remitted) }),
    segments: result.segments.map((segment) => ({
      invoice: segment.invoice,
      from: segment.from.toString(),
      to: segment.to.toString(),
      days: segment.days,
      base: amount(segment.base),
      percent: percentText(segment.percent),
      amount: amount(segment.amount),
      why: segment.why,
    })),
    imputations: result.imputations.map((imputation) => ({
      date: imputation.date.toString(),
      amount: amount(imputation.amount),
      to_interest: amount(imputation.toInterest),
      to_principal: amount(imputation.toPrincipal),
      ...(imputation.toIndemnity === 0n ? {} : { to_indemnity: amount(imputation.toIndemnity) }),
      ...(imputation.toPenalty === 0n ? {} : { to_penalty: amount(imputation.toPenalty) }),
      ...(imputation.toCosts === 0n ? {} : { to_costs: amount(imputation.toCosts) }),
      ...(imputation.excess === 0n ? {} : { excess: amount(imputation.excess) }),
    })),
    invoices: result.invoices.map((invoice) => ({
      number: invoice.number,
      due: invoice.due.toString(),
      principal: amount(invoice.principal),
      interest: amount(invoice.interest),
      indemnity: amount(invoice.indemnity),
      ...(invoice.penalty === 0n ? {} : { penalty: amount(invoice.penalty) }),
      unpaid: amount(invoice.unpaid),
    })),
    doubts: result.doubts.map((doubt) => doubt.message),
  }
}

type Moved =
  | { kind: 'credit' | 'payment'; movement: Movement; day: number }
  | { kind: 'remission'; movement: Remission; day: number }

/** In order of date; on one same day what says how much is owed before what pays it. */
function movements(claim: Claim): Moved[] {
  const { creditNotes = [], remissions = [], payments } = claim
  const all: Moved[] = [
    ...creditNotes.map((movement) => ({ kind: 'credit' as const, movement, day: serial(movement.date) })),
    ...remissions.map((movement) => ({ kind: 'remission' as const, movement, day: serial(movement.date) })),
    ...payments.map((movement) => ({ kind: 'payment' as const, movement, day: serial(movement.date) })),
  ]
  return all.sort((a, b) => a.day - b.day)
}

/** Marks each invoice still unpaid at the end of its due date: the fixed indemnity is due from the next day. */
function lateness(claim: Claim, accounts: Account[], doubts: Doubt[]): { until(day: number): void } {
  let next = 0
  const stop = claim.stoppedOn === undefined ? Infinity : serial(claim.stoppedOn)
  return {
    until(day) {
      for (; next < accounts.length && accounts[next]!.due < day; next++) {
        const account = accounts[next]!
        // L. 441-10, II: none when the opening of insolvency proceedings forbade payment on the due date.
        if (!claim.indemnity || claim.debtor === 'consumer' || account.principal === 0n || account.due >= stop) continue
        if (account.settledFrom < Infinity) continue
        const law = findEntry('indemnite-forfaitaire', dayOf(account.due + 1), claim.debtor)
        if (law?.value == null) continue
        account.indemnity = parseAmount(law.value)
        if (law.doubt) doubts.push(law.doubt)
      }
    },
  }
}

const stoppedByCaution =
  'Droit malgache\u00a0: les intérêts sont arrêtés par prudence au jour d’ouverture de la procédure collective\u00a0; règle à vérifier avec un avocat du lieu.'

const indemnityArticle = (on: Day): string =>
  findEntry('indemnite-forfaitaire', on, 'business')?.article ?? 'C. com. L. 441-10, II'

function publicRule(on: Day): string {
  const points = findEntry('penalites-points-public', on)
  return `taux BCE + ${points?.value ?? '…'} points, figé au début du retard\u00a0: ${points?.article ?? 'commande publique'}`
}

/** What the reader must know before any figure is used. */
function claimDoubts(claim: Claim): Doubt[] {
  const doubts: Doubt[] = []
  const say = (code: string, message: string) => doubts.push({ code, message })
  const { debtor, rate } = claim
  if (rate.kind === 'none') doubts.push(rate.doubt)
  if (claim.law !== undefined) {
    if (claim.stoppedOn !== undefined) say('stopped_by_caution', stoppedByCaution)
    return doubts
  }
  if (refusedToConsumer(claim)) {
    say(
      'consumer_penalties',
      'Débiteur consommateur\u00a0: les pénalités de l’article L. 441-10 du code de commerce sont refusées (0,00\u00a0€)\u00a0; seul le taux légal court, à compter de la mise en demeure (C. civ. 1231-6 et 1344-1).',
    )
  }
  if (debtor === 'consumer' && claim.indemnity) {
    say(
      'consumer_indemnity',
      `Débiteur consommateur\u00a0: l’indemnité forfaitaire n’est pas due (${indemnityArticle(claim.asOf)}, CPCE L. 111-8).`,
    )
  }
  if (debtor === 'public' && rate.kind === 'l441-10') {
    say(
      'public_rate',
      `Débiteur public\u00a0: les intérêts moratoires de la commande publique suivent leur propre règle (${publicRule(claim.asOf)}) et non l’article L. 441-10\u00a0; utilisez le taux «\u00a0commande-publique\u00a0».`,
    )
  }
  if (debtor === 'business' && rate.kind === 'commande-publique') {
    say(
      'public_rate',
      'L’article R. 2192-31 du CCP ne vaut que pour un acheteur public\u00a0: régime du débiteur à vérifier.',
    )
  }
  if (debtor !== 'business' && claim.floor === 'l441-10' && rate.kind === 'contract') {
    say(
      'floor_ignored',
      'Le minimum de trois fois le taux légal ne vaut qu’entre professionnels\u00a0: il n’est pas appliqué.',
    )
  }
  if (rate.kind === 'legal' && rate.from === undefined && !claim.awarded) {
    say(
      'no_notice',
      'Le jour de la mise en demeure n’est pas donné\u00a0: le taux légal est compté depuis l’échéance, alors qu’il court de la mise en demeure (C. civ. 1231-6 et 1344-1).',
    )
  }
  return doubts
}

function conclude(
  claim: Claim,
  accounts: Account[],
  imputations: Imputation[],
  beyond: Pick<Owed, 'overpaid' | 'remitted'>,
  doubts: Doubt[],
): Owed {
  const tables = new Set(accounts.map((account) => account.rates))
  const used = [...tables].flatMap(({ spans }) => spans.filter((span) => span.used))
  doubts.push(...used.flatMap((span) => span.doubts))
  const { rate, floor, debtor, law, awarded } = claim
  const agreed = rate.kind === 'contract' && floor === 'none' && debtor === 'business' && law === undefined && !awarded
  if (agreed) doubts.push(...floorDoubts(claim, used))
  const found: Owed = {
    asOf: claim.asOf,
    principal: 0n,
    interest: 0n,
    indemnity: 0n,
    penalty: 0n,
    costs: 0n,
    total: 0n,
    perDay: perDay(claim, accounts),
    ...beyond,
    segments: [],
    imputations,
    invoices: [],
    barred: [],
    // Of no shape: numbers are seldom the same twice, and V8 would keep a shape for each.
    principalByInvoice: Object.create(null) as Record<string, bigint>,
    unpaidByInvoice: Object.create(null) as Record<string, bigint>,
    doubts: doubts.length < 2 ? doubts : [...new Map(doubts.map((doubt) => [doubt.message, doubt])).values()],
  }
  const last = serial(claim.asOf)
  for (const account of accounts.toSorted((a, b) => a.place - b.place)) enter(found, account, last)
  return found
}

/** An invoice as it stands in the sums, or beside them where it is barred: then nothing of it may be asked for. */
function enter(found: Owed, account: Account, last: number): void {
  const { principal, interest, indemnity, penalty, costs } = account
  const { number, due, amount: payable } = account.invoice
  const unpaid = principal + interest + indemnity + penalty + costs
  const isBarred = unpaid > 0n && account.barredAfter < last
  const line = { number, due, amount: payable, principal, interest, indemnity, penalty, costs, unpaid }
  found.principalByInvoice[number] = isBarred ? 0n : principal
  found.unpaidByInvoice[number] = isBarred ? 0n : unpaid
  if (isBarred) {
    found.barred.push(line)
    return
  }
  found.invoices.push(line)
  found.segments.push(...account.segments)
  found.principal += principal
  found.interest += interest
  found.indemnity += indemnity
  found.penalty += penalty
  found.costs += costs
  found.total += unpaid
}

function perDay(claim: Claim, accounts: Account[]): bigint {
  if (bearsNone(claim)) return 0n
  if (claim.stoppedOn !== undefined && Temporal.PlainDate.compare(claim.stoppedOn, claim.asOf) <= 0) return 0n
  const last = serial(claim.asOf)
  const running = accounts.filter(
    ({ start, barredAfter, settledFrom }) => start < last && barredAfter >= last && settledFrom > last,
  )
  const year = claim.dayCount === 'actact' && claim.asOf.add({ days: 1 }).inLeapYear ? 366n : 365n
  return divideHalfUp(sum(running.map(yearlyInterest)), year * 100_000_000n)
}
