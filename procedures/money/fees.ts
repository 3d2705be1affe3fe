import { after, before, type Day, dayFr } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { divideHalfUp, parseAmount, sum } from '../../schema/money.ts'
import { validate } from '../../schema/validate.ts'
import { parsePercent } from '../law/claim.ts'
import type { DebtorKind } from '../cases/debtors.ts'

export interface FeeBand {
  percent: string
  minInvoices?: number
  minTurnover?: string
  minAmount?: string
  maxAmount?: string
  nature?: DebtorKind[]
}

/** What the mandate says of the agency's remuneration (CPCE R124-3 3°), as schema/fee-terms.schema.json checks it. */
export interface FeeTerms {
  currency?: 'EUR' | 'MGA'
  beforeNotice?: FeeBand[]
  success?: FeeBand[]
  subscription?: { monthly: string }
  extraSteps?: { code: string; label: string; price: string }[]
  paymentDays?: number
  vat?: { percent: string; reason: string }
}

/** Checks fee terms. Every scale ends with a band without conditions, so that no payment is left without its rate. */
export function readFeeTerms(json: unknown): FeeTerms {
  const terms = validate<FeeTerms>('fee-terms', json, 'Honoraires')
  for (const bands of [terms.beforeNotice, terms.success]) {
    if (!bands || Object.keys(bands.at(-1)!).length === 1) continue
    throw new DomainError('open_fee_bands', 'Le barème ne se termine pas par une tranche sans condition.', {
      remedy: 'Ajoutez une dernière tranche qui vaut pour tous les autres paiements.',
      article: 'CPCE R124-3',
    })
  }
  return terms
}

export interface FeeMandate {
  signedOn: Day
  endedOn: Day | null
  terms: FeeTerms
}
export interface FeeCase {
  id: string
  number: string
  debtor: string
  kind: DebtorKind
  /** What was entrusted in the case, in cents. */
  amount: bigint
  openedOn: Day
  /** The day of the first formal notice: what is paid from that day on is a success of the agency. */
  noticeOn: Day | null
}
export interface FeePayment {
  id: string
  caseId: string
  receivedOn: Day
  /** What paid the debt: an excess that goes back to the debtor earns nothing. Cents. */
  amount: bigint
}

export interface FeeLine {
  kind: 'before_notice' | 'success' | 'subscription' | 'extra_step' | 'reversal'
  /** What is charged: a payment, a month, an extra step. Charged once. */
  subject: string
  caseId: string | null
  label: string
  onDay: Day
  base: bigint | null
  percent: string | null
  amount: bigint
}

export interface FeeBasis {
  until: Day
  currency: string
  mandates: FeeMandate[]
  cases: FeeCase[]
  payments: FeePayment[]
  /** Every invoice entrusted by the creditor, for the scales by number and turnover. */
  entrusted: { on: Day; amount: bigint }[]
  extraSteps: { id: string; caseId: string; label: string; price: bigint; doneOn: Day }[]
  /** Lines already charged whose payment came back. */
  rejected: { subject: string; caseId: string | null; label: string; rejectedOn: Day; amount: bigint }[]
  /** Subjects already charged. */
  charged: ReadonlySet<string>
}

/** The lines to charge up to that day, oldest first; nothing for what was not recovered. Cents, half-up. Pure. */
export function feeLines(basis: FeeBasis): FeeLine[] {
  const isDue = (line: FeeLine) =>
    !basis.charged.has(line.subject) && !after(line.onDay, basis.until) && line.amount > 0n
  const charged = [...recoveries(basis), ...months(basis), ...steps(basis)].filter(isDue)
  return [...charged, ...reversals(basis)].toSorted((a, b) => Temporal.PlainDate.compare(a.onDay, b.onDay))
}

function recoveries(basis: FeeBasis): FeeLine[] {
  const cases = new Map(basis.cases.map((found) => [found.id, found]))
  return basis.payments.flatMap((payment): FeeLine[] => {
    const found = cases.get(payment.caseId)
    const terms = termsOn(basis.mandates, payment.receivedOn)
    // What was paid before the case came is nobody's success.
    if (!found || !terms || before(payment.receivedOn, found.openedOn)) return []
    const isSuccess = found.noticeOn !== null && !before(payment.receivedOn, found.noticeOn)
    const bands = isSuccess ? terms.success : terms.beforeNotice
    const band = bands?.find((each) => holds(each, found, payment.receivedOn, basis.entrusted))
    if (!band) return []
    return [
      {
        kind: isSuccess ? 'success' : 'before_notice',
        subject: payment.id,
        caseId: found.id,
        label: `${isSuccess ? 'Honoraires de résultat' : 'Honoraires avant mise en demeure'}, dossier ${found.number}`,
        onDay: payment.receivedOn,
        base: payment.amount,
        percent: band.percent,
        amount: share(payment.amount, band.percent),
      },
    ]
  })
}

function holds(band: FeeBand, found: FeeCase, on: Day, entrusted: FeeBasis['entrusted']): boolean {
  if (band.nature && !band.nature.includes(found.kind)) return false
  if (band.minAmount !== undefined && found.amount < parseAmount(band.minAmount)) return false
  if (band.maxAmount !== undefined && found.amount > parseAmount(band.maxAmount)) return false
  if (band.minInvoices === undefined && band.minTurnover === undefined) return true
  const year = entrusted.filter((invoice) => !after(invoice.on, on) && after(invoice.on, on.subtract({ years: 1 })))
  if (band.minInvoices !== undefined && year.length < band.minInvoices) return false
  return band.minTurnover === undefined || sum(year.map((invoice) => invoice.amount)) >= parseAmount(band.minTurnover)
}

/** One line a calendar month begun under a mandate that has a subscription, charged in advance. */
function months({ mandates, until, currency }: FeeBasis): FeeLine[] {
  const lines = new Map<string, FeeLine>()
  for (const { signedOn, endedOn, terms } of mandates) {
    if (!terms.subscription || (terms.currency ?? 'EUR') !== currency) continue
    const last = endedOn && before(endedOn, until) ? endedOn.subtract({ days: 1 }) : until
    for (let on = signedOn; !after(on, last); on = on.with({ day: 1 }).add({ months: 1 })) {
      const subject = on.toPlainYearMonth().toString()
      const label = `Abonnement, ${dayFr(on.with({ day: 2 })).slice(2)}`
      if (!lines.has(subject))
        lines.set(subject, {
          kind: 'subscription',
          subject,
          caseId: null,
          label,
          onDay: on,
          base: null,
          percent: null,
          amount: parseAmount(terms.subscription.monthly),
        })
    }
  }
  return [...lines.values()]
}

function steps({ extraSteps, cases }: FeeBasis): FeeLine[] {
  const numbers = new Map(cases.map(({ id, number }) => [id, number]))
  return extraSteps
    .filter((step) => numbers.has(step.caseId))
    .map((step) => ({
      kind: 'extra_step',
      subject: step.id,
      caseId: step.caseId,
      label: `${step.label}, dossier ${numbers.get(step.caseId)}`,
      onDay: step.doneOn,
      base: null,
      percent: null,
      amount: step.price,
    }))
}

/** A payment that came back was no success: what was charged on it is given back. */
function reversals({ rejected, until }: FeeBasis): FeeLine[] {
  return rejected
    .filter((line) => !after(line.rejectedOn, until))
    .map((line) => ({
      kind: 'reversal',
      subject: line.subject,
      caseId: line.caseId,
      label: `Paiement rejeté : ${line.label}`,
      onDay: line.rejectedOn,
      base: null,
      percent: null,
      amount: -line.amount,
    }))
}

/** The terms in force on a day; no fee outside a written agreement. */
export function termsOn(mandates: FeeMandate[], on: Day): FeeTerms | null {
  return (
    mandates.findLast(({ signedOn, endedOn }) => !before(on, signedOn) && (endedOn === null || before(on, endedOn)))
      ?.terms ?? null
  )
}

/** « 12.5 » % of so many cents, half-up. */
export function share(cents: bigint, percent: string): bigint {
  return divideHalfUp(cents * parsePercent(percent), 100_000_000n)
}
