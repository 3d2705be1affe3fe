import { dayOf, serial, type Day } from '../../schema/days.ts'
import { amountFr, divideHalfUp } from '../../schema/money.ts'
import { percentFr, type Claim, type ClaimInvoice, type Percent } from './claim.ts'
import { publicRate, rateSpan, type RateSpan } from './rates.ts'

/** Interest of one invoice over consecutive days at one rate on one base; both ends counted. */
export interface Segment {
  invoice: string
  from: Day
  to: Day
  /** None for interest that a decision counted itself. */
  days: number
  base: bigint
  percent: Percent
  amount: bigint
  why: string
}

/** One invoice being counted; days are whole numbers since the epoch, so that long claims stay fast. */
export interface Account {
  invoice: ClaimInvoice
  /** Its place among the invoices of the claim. */
  place: number
  due: number
  /** Interest runs after this day: the due date, or the formal notice if it is later. */
  start: number
  principal: bigint
  interest: bigint
  /** The part of `interest` that itself bears interest (C. civ. 1343-2). */
  capitalised: bigint
  indemnity: bigint
  /** The contractual penalty, once it is due. */
  penalty: bigint
  /** Article 700 and costs of the proceedings, as a decision grants them. */
  costs: bigint
  /** The last day on which it may be claimed: nothing of it runs after that. */
  barredAfter: number
  /** The day from which a remission fixed what is left of it: nothing is added after that. */
  settledFrom: number
  countedTo: number
  fullYears: number
  rates: RateTable
  span: number
  segments: Segment[]
  /** Whether the last segment may still grow: no movement has touched the account since. */
  growing: boolean
}

/** Rates are looked up only for the days that need one: a claim paid last year does not ask for this year's rate. */
interface RateTable {
  spans: Span[]
  at(index: number): Span
}

export interface Span extends RateSpan {
  last: number
  used: boolean
  /** The rate as it is read, once for all the segments that bear it. */
  shown: string
}

/** One account an invoice, oldest due first. `end` is the last day that may bear interest. */
export function openAccounts(claim: Claim, end: number): Account[] {
  const { rate } = claim
  const notice = rate.kind === 'legal' && rate.from !== undefined ? serial(rate.from) : -Infinity
  const excluded = claim.dayRule === 'start_excluded' ? 1 : 0
  const dues = claim.invoices.map((invoice) => serial(invoice.due))
  const starts = claim.invoices.map(({ start }, i) =>
    start === undefined ? Math.max(dues[i]!, notice) : serial(start),
  )
  const oldest = starts.reduce((a, b) => Math.min(a, b), Infinity)
  const shared = rateTable((day) => rateSpan(claim, day, dayOf(end)), oldest + excluded)
  const accounts = claim.invoices.map((invoice, i): Account => {
    const due = dues[i]!
    const start = starts[i]!
    const first = start + excluded
    const fixed = rate.kind === 'commande-publique'
    return {
      invoice,
      place: i,
      due,
      start,
      principal: invoice.amount,
      interest: invoice.liquidated?.amount ?? 0n,
      capitalised: 0n,
      indemnity: invoice.awarded?.indemnity ?? 0n,
      penalty: invoice.awarded?.penalty ?? 0n,
      costs: invoice.awarded?.costs ?? 0n,
      barredAfter: invoice.barredAfter === undefined ? Infinity : serial(invoice.barredAfter),
      settledFrom: Infinity,
      countedTo: first - 1,
      fullYears: 1,
      rates: fixed ? rateTable((day) => publicRate(claim, day, dayOf(end)), first) : shared,
      span: 0,
      segments: liquidated(invoice),
      growing: false,
    }
  })
  return accounts.sort((a, b) => a.due - b.due)
}

/** A line of no days: what the decision counted is not counted again. */
function liquidated({ number, amount: base, liquidated: said }: ClaimInvoice): Segment[] {
  if (!said || said.amount === 0n) return []
  const { amount, on } = said
  return [{ invoice: number, from: on, to: on, days: 0, base, percent: 0n, amount, why: liquidatedWords }]
}
const liquidatedWords = 'Intérêts que le titre liquide lui-même.'

/** C. com. L. 441-10 binds professionals only: against a consumer its rate is refused, not reduced. */
export const refusedToConsumer = (claim: Claim): boolean =>
  claim.debtor === 'consumer' && (claim.rate.kind === 'l441-10' || claim.rate.kind === 'commande-publique')

/** No interest runs at all: refused by the law, or no rate known. */
export const bearsNone = (claim: Claim): boolean => claim.rate.kind === 'none' || refusedToConsumer(claim)

/** Counts interest up to that day included, one segment a rate and a base, each rounded half-up to the cent. */
export function accrue(claim: Claim, account: Account, until: number): void {
  const day = Math.min(until, account.barredAfter, account.settledFrom)
  if (day <= account.start || bearsNone(claim)) return
  while (account.countedTo < day) {
    const from = account.countedTo + 1
    const base = account.principal + account.capitalised
    // Paid in full: nothing left can bear interest, and no rate is needed.
    if (base === 0n && account.interest === 0n) {
      account.countedTo = day
      return
    }
    const yearEnd = claim.capitalise ? endOfFullYear(claim, account) : Infinity
    let to = Math.min(day, yearEnd)
    if (base > 0n) {
      while (account.rates.at(account.span).last < from) account.span++
      const span = account.rates.at(account.span)
      to = Math.min(to, span.last)
      addSegment(claim, account, span, from, to, base)
    }
    account.countedTo = to
    if (to === yearEnd) {
      // C. civ. 1343-2: interest due for a whole year at least bears interest in its turn.
      account.capitalised = account.interest
      account.fullYears++
      account.growing = false
    }
  }
}

/** Interest of one more day at the rate of the last day counted, in hundred-millionths of a cent a year. */
export function yearlyInterest(account: Account): bigint {
  const base = account.principal + account.capitalised
  return base === 0n ? 0n : base * account.rates.at(account.span).percent
}

function rateTable(load: (day: Day) => RateSpan, first: number): RateTable {
  const spans: Span[] = []
  return {
    spans,
    at(index) {
      while (spans.length <= index) {
        const { from, to, percent, why, doubts } = load(dayOf(spans.length === 0 ? first : spans.at(-1)!.last + 1))
        spans.push({ from, to, percent, why, doubts, last: serial(to), used: false, shown: percentFr(percent) })
      }
      return spans[index]!
    },
  }
}

function addSegment(claim: Claim, account: Account, span: Span, first: number, last: number, base: bigint): void {
  span.used = true
  // Days before the first rate that a person entered bear nothing, and a line of 0 % would say something else.
  if (claim.law !== undefined && span.percent === 0n) return
  const previous = account.segments.at(-1)
  // An agreed rate is not cut where only the minimum of the law changed below it.
  const grows =
    account.growing &&
    claim.rate.kind === 'contract' &&
    previous?.percent === span.percent &&
    previous.why.startsWith(span.why)
  const from = grows ? serial(previous.from) : first
  const segment = segmentOf(claim, account, span, from, last, base)
  if (grows) account.segments[account.segments.length - 1] = segment
  else account.segments.push(segment)
  account.interest += segment.amount - (grows ? previous.amount : 0n)
  account.growing = true
}

function endOfFullYear(claim: Claim, account: Account): number {
  const asked = claim.capitaliseFrom === undefined ? account.start : serial(claim.capitaliseFrom)
  // What the decision counted itself ran before: the years go on from the demand, and those that had ended are in its sum.
  const first = account.invoice.liquidated ? asked : Math.max(account.start, asked)
  for (; ; account.fullYears++) {
    const anniversary = dayOf(first).add({ years: account.fullYears }, { overflow: 'constrain' })
    const end = serial(anniversary) - (claim.dayRule === 'inclusive' ? 1 : 0)
    if (end > account.countedTo) return end
  }
}

function segmentOf(claim: Claim, account: Account, span: Span, first: number, last: number, base: bigint): Segment {
  const [from, to] = [dayOf(first), dayOf(last)]
  const days = last - first + 1
  const { numerator, denominator, shown } = yearFraction(claim, from, to, days)
  const capital =
    account.capitalised > 0n
      ? `, dont ${amountFr(account.capitalised, claim.currency)} d’intérêts capitalisés${claim.law === undefined ? ' (C. civ. 1343-2)' : ''}`
      : ''
  return {
    invoice: account.invoice.number,
    from,
    to,
    days,
    base,
    percent: span.percent,
    amount: divideHalfUp(base * span.percent * numerator, denominator * 100_000_000n),
    why: `${span.why}\u00a0: ${amountFr(base, claim.currency)}${capital} × ${shown} × ${span.shown}.`,
  }
}

/** Days over 365 always (the official practice), or days of each year over its own length where agreed. */
function yearFraction(claim: Claim, from: Day, to: Day, days: number) {
  const plain = { numerator: BigInt(days), denominator: 365n, shown: `${days} j / 365` }
  if (claim.dayCount === 'act365') return plain
  let leapDays = 0
  for (let year = from.year; year <= to.year; year++) {
    const january = Temporal.PlainDate.from({ year, month: 1, day: 1 })
    if (!january.inLeapYear) continue
    const december = january.add({ years: 1 }).subtract({ days: 1 })
    const [a, b] = [Math.max(serial(from), serial(january)), Math.min(serial(to), serial(december))]
    leapDays += Math.max(0, b - a + 1)
  }
  if (leapDays === 0) return plain
  const numerator = BigInt(days - leapDays) * 366n + BigInt(leapDays) * 365n
  const other = days === leapDays ? '' : `${days - leapDays} j / 365 + `
  return { numerator, denominator: 365n * 366n, shown: `(${other}${leapDays} j / 366)` }
}
