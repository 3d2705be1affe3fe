import { parseDay, type Day } from '../../schema/days.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { type Currency, parseAmount } from '../../schema/money.ts'
import { validate } from '../../schema/validate.ts'

/** A percentage a year in millionths of a point: « 12.15 » is 12150000n. Exact, never a float. */
export type Percent = bigint

export interface RateStep {
  from: Day
  percent: Percent
  /** Where it comes from, in place of « Taux convenu », for one that a person entered. */
  source?: string
}

export type Rate =
  | { kind: 'contract'; percent: Percent }
  | { kind: 'contract'; steps: RateStep[] }
  /** ECB rate of the semester + points, between professionals. */
  | { kind: 'l441-10' }
  /** ECB rate of the first semester of lateness + points, fixed: public buyers (CCP R. 2192-31). */
  | { kind: 'commande-publique' }
  /** No rate is on file for the law of the case: no interest is counted, and `doubt` says so. */
  | { kind: 'none'; doubt: Doubt }
  /** `from`: day of the formal notice or of the judgment; `enforceableOn` starts the two months before the majoration. */
  | { kind: 'legal'; from?: Day; enforceableOn?: Day }

/** A contractual penalty (clause pénale, C. civ. 1231-5): a share of what is unpaid, or a fixed sum an invoice. */
export interface PenaltyClause {
  percent?: Percent
  /** Cents; one of the two. */
  amount?: bigint
  /** What the clause repairs: the default at large, lateness alone, or collection costs; it decides what it is added to. */
  covers: 'inexecution' | 'retard' | 'recouvrement'
  /** Days that the clause leaves after the formal notice. */
  delayDays: number
  /** The day on which non-performance became final: no notice is needed. */
  definitiveOn?: Day
  /** The clause and where it stands, as the reader sees it. */
  source: string
}

export interface ClaimInvoice {
  number: string
  /** What was payable, in cents. */
  amount: bigint
  due: Day
  /** Interest runs after this day, whatever the due date: what a decision says. */
  start?: Day
  /** The last day on which it may be claimed (prescription): nothing runs after it, and it is told apart. */
  barredAfter?: Day
  penalty?: PenaltyClause
  /** Interest that a decision of that day counted itself, in cents: interest like the other, and due. */
  liquidated?: { amount: bigint; on: Day }
  /** What a decision grants beside the principal, due from its day (`due`) and without interest here: cents. */
  awarded?: { indemnity: bigint; penalty: bigint; costs: bigint }
}

/** A payment or a credit note; `invoice` is the one the debtor (or the creditor, for a credit note) named. */
export interface Movement {
  date: Day
  amount: bigint
  invoice?: string
}

/**
 * A remission whose condition was met (remise de dette, C. civ. 1350). From `date` on, what was owed of the invoices that it covers
 * comes to `amount`, which bears nothing more.
 */
export interface Remission {
  date: Day
  amount: bigint
  /** Invoices that came later, and that it does not cover. */
  beside: ReadonlySet<string>
}

export interface Claim {
  asOf: Day
  /** Whose law reckons: French when absent. Under another, nothing French is added, and no French article is cited. */
  law?: 'MG'
  /** EUR when absent; only the words of the derivations depend on it. */
  currency?: Currency
  debtor: 'business' | 'consumer' | 'public'
  /** The two kinds of the legal rate: a natural person acting for no trade, or anyone else. */
  creditor: 'autres' | 'particulier'
  rate: Rate
  /** Replaces the table of the law for this computation. */
  rates?: RateStep[]
  floor: 'none' | 'l441-10'
  dayCount: 'act365' | 'actact'
  dayRule: 'start_excluded' | 'inclusive'
  imputation: 'interest_first' | 'principal_first'
  invoices: ClaimInvoice[]
  payments: Movement[]
  creditNotes?: Movement[]
  remissions?: Remission[]
  /** Days on which a formal notice was presented: what makes a penalty due. */
  notices?: Day[]
  /** Last day that bears interest: opening of insolvency proceedings (C. com. L. 622-28). */
  stoppedOn?: Day
  capitalise: boolean
  /** The full years of C. civ. 1343-2 are counted from this day: the judicial demand; from the start of interest when absent. */
  capitaliseFrom?: Day
  /** The sums, their rate and their first day are those of a decision: what binds the parties' own terms no longer does. */
  awarded?: boolean
  indemnity: boolean
}

interface ClaimJson {
  as_of: string
  debtor: Claim['debtor']
  creditor?: Claim['creditor']
  rate: {
    kind: Exclude<Rate['kind'], 'none'>
    percent?: string
    steps?: StepJson[]
    from?: string
    enforceable_on?: string
  }
  rates?: StepJson[]
  floor?: Claim['floor']
  day_count?: Claim['dayCount']
  day_rule?: Claim['dayRule']
  imputation?: Claim['imputation']
  invoices: InvoiceJson[]
  penalty?: PenaltyJson
  notices?: string[]
  payments?: MovementJson[]
  credit_notes?: MovementJson[]
  remissions?: { date: string; amount: string }[]
  stopped_on?: string | null
  capitalise?: boolean
  capitalise_from?: string
  indemnity?: boolean
}
interface InvoiceJson {
  number: string
  amount: string
  due: string
  penalty?: PenaltyJson | null
  liquidated?: { amount: string; until: string }
}
interface PenaltyJson {
  percent?: string
  amount?: string
  covers?: PenaltyClause['covers']
  delay_days?: number
  definitive_on?: string
  source: string
}
interface StepJson {
  from: string
  percent: string
}
interface MovementJson {
  date: string
  amount: string
  invoice?: string
}

/** Reads the JSON of `courtois interest` (schema/claim.schema.json). DomainError on anything it does not understand. */
export function readClaim(json: unknown): Claim {
  const claim = validate<ClaimJson>('claim', json, 'créance')
  const steps = claim.rates && readSteps(claim.rates, 'rates')
  return {
    asOf: parseDay(claim.as_of, 'as_of'),
    debtor: claim.debtor,
    creditor: claim.creditor ?? 'autres',
    rate: readRate(claim.rate, steps),
    ...(steps ? { rates: steps } : {}),
    floor: claim.floor ?? 'none',
    dayCount: claim.day_count ?? 'act365',
    dayRule: claim.day_rule ?? 'start_excluded',
    imputation: claim.imputation ?? 'interest_first',
    invoices: claim.invoices.map(({ number, amount, due, liquidated, penalty = claim.penalty }) => ({
      number,
      amount: parseAmount(amount),
      due: parseDay(due, 'due'),
      ...(penalty ? { penalty: readPenalty(penalty) } : {}),
      ...(liquidated ? readLiquidated(liquidated) : {}),
    })),
    ...(claim.notices ? { notices: claim.notices.map((day) => parseDay(day, 'notices')) } : {}),
    payments: (claim.payments ?? []).map(readMovement),
    creditNotes: (claim.credit_notes ?? []).map(readMovement),
    ...(claim.remissions
      ? { remissions: claim.remissions.map((one) => ({ ...readMovement(one), beside: new Set<string>() })) }
      : {}),
    ...(claim.stopped_on == null ? {} : { stoppedOn: parseDay(claim.stopped_on, 'stopped_on') }),
    capitalise: claim.capitalise ?? false,
    ...(claim.capitalise_from === undefined
      ? {}
      : { capitaliseFrom: parseDay(claim.capitalise_from, 'capitalise_from') }),
    indemnity: claim.indemnity ?? false,
  }
}

/** « 12.15 » → millionths of a point. DomainError `bad_percent`: not a number, over six decimals, over 1000 %. */
export function parsePercent(text: string): Percent {
  const match = /^(\d{1,4})(?:\.(\d{1,6})0*)?$/.exec(text.trim())
  const percent = match ? BigInt(match[1]!) * 1_000_000n + BigInt((match[2] ?? '').padEnd(6, '0')) : -1n
  if (percent >= 0n && percent <= 1_000_000_000n) return percent
  throw new DomainError('bad_percent', `« ${text.slice(0, 40)} » n'est pas un taux annuel lisible.`, {
    remedy:
      'Écrivez un pourcentage par an avec un point décimal, par exemple 12.15 ; de 0 à 1000, six décimales au plus.',
    facts: { percent: text.slice(0, 40) },
  })
}

/** 12150000n → « 12.15 », without useless zeros. */
export function percentText(percent: Percent): string {
  const decimals = (percent % 1_000_000n).toString().padStart(6, '0').replace(/0+$/, '')
  return `${percent / 1_000_000n}${decimals && `.${decimals}`}`
}

/** 12150000n → « 12,15 % ». */
export const percentFr = (percent: Percent): string => `${percentText(percent).replace('.', ',')}\u00a0%`

/**
 * Refuses what no computation can make sense of: negative sums, two invoices of one number, payments of none, more
 * than a century of interest.
 */
export function checkClaim(claim: Claim): void {
  const numbers = new Set<string>()
  const { year } = claim.asOf
  for (const { number, amount, due, liquidated } of claim.invoices) {
    if (numbers.has(number)) refuse('duplicate_invoice', `La facture « ${number} » figure deux fois.`, { number })
    if (amount < 0n || (liquidated?.amount ?? 0n) < 0n)
      refuse('negative_amount', `La facture « ${number} » a un montant négatif.`, { number })
    if (year - due.year > 100) {
      refuse('absurd_period', `La facture « ${number} » est échue depuis plus de cent ans (${due}).`, { number })
    }
    numbers.add(number)
  }
  for (const movement of claim.payments) checkMovement(movement, numbers)
  for (const movement of claim.creditNotes ?? []) checkMovement(movement, numbers)
  for (const remission of claim.remissions ?? []) checkMovement(remission, numbers)
}

function checkMovement({ date, amount, invoice }: Movement, numbers: Set<string>): void {
  if (amount >= 0n && (invoice === undefined || numbers.has(invoice))) return
  const facts = { date: date.toString(), invoice }
  if (amount < 0n) refuse('negative_amount', `Le mouvement du ${date} a un montant négatif.`, facts)
  refuse('unknown_invoice', `Le mouvement du ${date} vise une facture absente : « ${invoice} ».`, facts)
}

function refuse(code: string, message: string, facts: Record<string, unknown>): never {
  throw new DomainError(code, message, {
    remedy: 'Corrigez les factures et les règlements de la créance ; un avoir se met dans credit_notes, en positif.',
    facts,
  })
}

function readRate(rate: ClaimJson['rate'], rates: RateStep[] | undefined): Rate {
  const { kind, percent, steps, from, enforceable_on: enforceable } = rate
  const stray =
    kind === 'contract' ? from !== undefined || enforceable !== undefined : percent !== undefined || steps !== undefined
  if (
    stray ||
    (percent !== undefined && steps !== undefined) ||
    (kind !== 'legal' && (from ?? enforceable) !== undefined)
  ) {
    throw new DomainError('bad_rate', `Le taux « ${kind} » est accompagné d'un champ qui n'est pas le sien.`, {
      remedy: 'percent ou steps pour « contract » ; from et enforceable_on pour « legal » ; rien pour les autres.',
      facts: { rate: kind },
      article: 'CMF L. 313-3',
    })
  }
  if (kind === 'legal') {
    return {
      kind,
      ...(from === undefined ? {} : { from: parseDay(from, 'rate.from') }),
      ...(enforceable === undefined ? {} : { enforceableOn: parseDay(enforceable, 'rate.enforceable_on') }),
    }
  }
  if (kind !== 'contract') return { kind }
  if (percent !== undefined) return { kind, percent: parsePercent(percent) }
  const found = steps ? readSteps(steps, 'rate.steps') : rates
  if (found) return { kind, steps: found }
  throw new DomainError('bad_rate', 'Un taux convenu (« contract ») demande sa valeur.', {
    remedy: 'Ajoutez percent, ou steps quand il change avec le temps.',
    facts: { rate: kind },
  })
}

/** What the decision counted stops on its day, and interest runs after it. */
function readLiquidated(said: { amount: string; until: string }): Pick<ClaimInvoice, 'liquidated' | 'start'> {
  const until = parseDay(said.until, 'liquidated.until')
  return { liquidated: { amount: parseAmount(said.amount), on: until }, start: until }
}

function readPenalty(clause: PenaltyJson): PenaltyClause {
  return {
    ...penaltySum(clause.percent, clause.amount),
    covers: clause.covers ?? 'inexecution',
    delayDays: clause.delay_days ?? 0,
    ...(clause.definitive_on === undefined ? {} : { definitiveOn: parseDay(clause.definitive_on, 'definitive_on') }),
    source: clause.source,
  }
}

/** A penalty is a percentage or a fixed sum, never both and never nothing. DomainError `bad_penalty`. */
export function penaltySum(percent?: string | null, fixed?: string | null): Pick<PenaltyClause, 'percent' | 'amount'> {
  const share = percent == null ? 0n : parsePercent(percent)
  const cents = fixed == null ? 0n : parseAmount(fixed)
  if (share > 0n && share <= 100_000_000n && fixed == null) return { percent: share }
  if (cents > 0n && percent == null) return { amount: cents }
  throw new DomainError('bad_penalty', 'Une clause pénale est un pourcentage ou une somme, l’un des deux et positif.', {
    remedy: 'Donnez percent (« 10 », de ce qui reste dû, 100 au plus) ou amount (« 150.00 » par facture).',
    article: 'C. civ. 1231-5',
    facts: { percent, amount: fixed },
  })
}

function readSteps(steps: StepJson[], what: string): RateStep[] {
  const read = steps.map((step) => ({ from: parseDay(step.from, `${what}.from`), percent: parsePercent(step.percent) }))
  read.sort((a, b) => Temporal.PlainDate.compare(a.from, b.from))
  for (const [i, step] of read.entries()) {
    if (i > 0 && step.from.equals(read[i - 1]!.from)) {
      throw new DomainError('bad_rate', `Deux taux commencent le ${step.from} (${what}).`, {
        remedy: 'Gardez un seul taux par date de début.',
        facts: { from: step.from.toString() },
      })
    }
  }
  return read
}

const readMovement = (movement: MovementJson): Movement => ({
  date: parseDay(movement.date, 'date'),
  amount: parseAmount(movement.amount),
  ...(movement.invoice === undefined ? {} : { invoice: movement.invoice }),
})
