import { after, before, type Day, dayFr, latest, parseDay } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { amountFr, type Currency, sum } from '../../schema/money.ts'
import { parsePercent, percentFr, percentText } from '../law/claim.ts'
import { type Title, titleOn } from '../judicial/titles/awards.ts'
import { type Claim, owed, type Owed, type Rate } from '../law/interest.ts'
import { increaseFrom, publicRate, rateSpan } from '../law/rates.ts'
import type { Mandate } from '../cases/creditors.ts'
import type { CaseFile } from '../cases/file/file.ts'
import { standingNotices } from '../cases/notices/notices.ts'
import { clauseOf, isCountable, otherCurrencyDoubt, penaltyOf } from './penalties.ts'
import { metRemissions } from './remission.ts'
import { standingPayments } from './standing-payments.ts'
import { publicDue } from '../cases/public-buyers/public-term.ts'
import { oweUnderTitle, type UnderTitle, underTitle } from './title-ledger.ts'

/** The parts of a case file that the ledger reads: a list of cases need not read the others. */
export type LedgerFile = Pick<
  CaseFile,
  | 'case'
  | 'creditNotes'
  | 'payments'
  | 'remissions'
  | 'penaltyClauses'
  | 'documents'
  | 'outsideNotices'
  | 'insolvencies'
  | 'titles'
> & {
  /** Without the invoice as it was read, the larger part of its row. */
  invoices: Omit<CaseFile['invoices'][number], 'source'>[]
  creditor: Pick<CaseFile['creditor'], 'kind'>
  debtor: Pick<CaseFile['debtor'], 'kind'>
  mandate: Pick<Mandate, 'penaltyRate' | 'capitalisation'> | null
}

/**
 * What the case owes at the end of that day, with segments, imputations and doubts. All amounts are cents. From the day of a
 * title whose sums were recorded, it is what the title grants.
 */
export function owedOn(file: LedgerFile, onDay: Day): Owed {
  const under = titled(file, onDay)
  const found = under ? oweUnderTitle(under) : untitled(file, onDay)
  return { ...found, doubts: [...found.doubts, ...advanceDoubts(file, onDay)] }
}

/** The title that the sums of that day come from; null while they come from the invoices. */
export const titleOf = (file: LedgerFile, onDay: Day): Title | null => titleOn(file.titles, onDay)

function titled(file: LedgerFile, onDay: Day): UnderTitle | null {
  const title = titleOf(file, onDay)
  if (!title?.award) return null
  const issuedOn = new Map(file.invoices.map(({ number, issuedOn: day }) => [number, day]))
  // What the contract agreed is no legal rate: of that of Madagascar, only what a person entered is known.
  const legalRate = isMalagasy(file) ? malagasyRate({ ...file, mandate: null }) : undefined
  return underTitle({ ...title, award: title.award }, invoiceClaim(file, onDay), issuedOn, legalRate)
}

/** By the invoices and the contract; a title whose sums nobody recorded is said. */
function untitled(file: LedgerFile, onDay: Day): Owed {
  const reckoned = owed(invoiceClaim(file, onDay))
  const found = {
    ...reckoned,
    doubts: [
      ...reckoned.doubts,
      ...penaltyDoubts(file, reckoned),
      ...capitalisationDoubts(file, onDay),
      ...noticeDoubts(file, onDay),
    ],
  }
  const title = titleOf(file, onDay)
  if (!title) return found
  const without = isMalagasy(file)
    ? ''
    : ', sans majoration du taux légal (C. mon. fin. L. 313-3) ni capitalisation (C. civ. 1343-2)'
  const message = `Les sommes qu’alloue le titre du ${dayFr(title.on)} ne sont pas enregistrées (condamnation)\u00a0: le décompte est celui des factures${without}. Seul le dispositif s’exécute.`
  return { ...found, doubts: [...found.doubts, { code: 'title_not_recorded', message }] }
}

/** Money dated before the invoice it pays: an advance counts, and may be one that the invoice already deducts. */
function advanceDoubts(file: LedgerFile, onDay: Day): Doubt[] {
  return standingPayments(file, onDay).flatMap((payment) => {
    const paid = file.invoices.filter(({ id }) => payment.invoiceId === null || id === payment.invoiceId)
    if (paid.length === 0 || paid.some(({ issuedOn }) => !before(payment.receivedOn, issuedOn))) return []
    const deducted = paid.filter(({ prepaid }) => prepaid > 0n)
    const twice =
      deducted.length === 0
        ? ''
        : ` ${deducted.map((invoice) => `${invoice.number} déduit déjà ${amountFr(invoice.prepaid, file.case.currency as Currency)}`).join(', ')}\u00a0: ne pas compter deux fois la même somme.`
    const what = paid.length === 1 ? `la facture ${paid[0]!.number}` : 'toutes les factures du dossier'
    const message = `Le règlement du ${dayFr(payment.receivedOn)} est antérieur à ${what}\u00a0: acompte à rapprocher.${twice}`
    return [{ code: 'payment_before_invoice', message }]
  })
}

/**
 * What may be asked for on that day (C. civ. 1305-2): once J has passed, an invoice that is not due yet is left out of
 * principal and total. Up to J, reminders speak of what is to come. `countedOn`: the account of an earlier day, where that of this
 * one cannot be counted yet.
 */
export function payableOn(file: LedgerFile, onDay: Day, countedOn = onDay): Owed {
  const all = owedOn(file, countedOn)
  if (Temporal.PlainDate.compare(onDay, file.case.anchorOn) <= 0) return all
  const later = sum(
    all.invoices
      .filter((invoice) => invoice.principal > 0n && Temporal.PlainDate.compare(invoice.due, onDay) >= 0)
      .map((invoice) => invoice.unpaid),
  )
  return { ...all, principal: all.principal - later, total: all.total - later }
}

/** When an invoice falls due; for a public buyer its time to pay, as far as the deposit is known. */
export function dueOn(file: Pick<LedgerFile, 'case' | 'debtor'>, invoice: LedgerFile['invoices'][number]): Day {
  const isPublic = file.debtor.kind === 'public' && !isMalagasy(file)
  return isPublic ? publicDue(invoice, file.case.publicOrder).dueOn : invoice.dueOn
}

/** Malagasy law has almost nothing on file: nothing French is counted in its place. */
export const isMalagasy = ({ case: { zone } }: Pick<CaseFile, 'case'>): boolean => zone === 'madagascar'

/** The ledger as the law reads it on that day, under the title where there is one. */
const claimOf = (file: LedgerFile, asOf: Day): Claim => titled(file, asOf)?.claim ?? invoiceClaim(file, asOf)

/**
 * What the invoices and the contract give. Between businesses the contract's rate or L441-10, never under three times the legal
 * rate, and 40 € an invoice; a consumer owes the legal rate from the formal notice and nothing else; a public buyer its own rate, from the end of its time to pay. In Madagascar,
 * the agreed rate or one entered by hand, and no indemnity. A contractual penalty is counted where one was entered.
 */
function invoiceClaim(file: LedgerFile, asOf: Day): Claim {
  const { kind } = file.debtor
  const isMoved = file.payments.length > 0 || file.creditNotes.length > 0
  const numberOf = isMoved ? new Map(file.invoices.map((invoice) => [invoice.id, invoice.number])) : unmoved
  const insolvency = file.insolvencies.find(({ kind: what }) => what === 'procedure-collective')
  const malagasy = isMalagasy(file)
  const limit = limits(file, insolvency?.openedOn)
  return {
    asOf,
    ...(malagasy ? { law: 'MG' as const } : {}),
    currency: file.case.currency as Currency,
    debtor: kind,
    creditor: file.creditor.kind,
    rate: rateOf(file, asOf),
    floor: kind === 'business' && !malagasy ? 'l441-10' : 'none',
    dayCount: 'act365',
    dayRule: 'start_excluded',
    imputation: 'interest_first',
    invoices: file.invoices.map((invoice) => ({
      number: invoice.number,
      amount: invoice.payable,
      due: dueOn(file, invoice),
      ...limit(invoice),
      ...penalty(file, invoice),
    })),
    ...(file.penaltyClauses.length > 0 ? { notices: noticeDays(file, asOf) } : {}),
    payments: standingPayments(file, asOf).map((payment) => ({
      date: payment.receivedOn,
      amount: payment.amount,
      ...named(numberOf, payment.invoiceId),
    })),
    creditNotes: file.creditNotes.map((note) => ({
      date: note.issuedOn,
      amount: note.amount,
      ...named(numberOf, note.invoiceId),
    })),
    ...(file.remissions.length > 0 ? { remissions: metRemissions(file, asOf) } : {}),
    ...(insolvency ? { stoppedOn: insolvency.openedOn } : {}),
    capitalise: agreedCapitalisation(file) !== null,
    indemnity: kind !== 'consumer' && !malagasy,
  }
}

/**
 * Where the whole case is barred at once, `claimableOn` tells it; here what falls away while the rest goes on, or after the rest was
 * paid. What could still be claimed as insolvency proceedings opened is declared whole (C. com. L622-24).
 */
function limits(file: LedgerFile, openedOn?: Day) {
  const whole = file.invoices.map(({ limitationOn }) => limitationOn).reduce(latest, file.case.limitationOn)
  return ({ limitationOn }: LedgerFile['invoices'][number]) =>
    before(limitationOn, openedOn ?? whole) && before(limitationOn, whole) ? { barredAfter: limitationOn } : {}
}

function penalty(file: LedgerFile, invoice: LedgerFile['invoices'][number]) {
  const clause = clauseOf(file.penaltyClauses, file.debtor.kind, invoice)
  return clause && isCountable(clause, file.case.currency) ? { penalty: penaltyOf(clause) } : {}
}

/** Where the contract with a business says that interest due for a whole year bears interest (C. civ. 1343-2); null where none does. */
const agreedCapitalisation = (file: LedgerFile): string | null =>
  file.debtor.kind === 'business' && !isMalagasy(file) ? (file.mandate?.capitalisation ?? null) : null

/** Said from the first full year on: the clause is to be shown where its interest is asked for. */
function capitalisationDoubts(file: LedgerFile, onDay: Day): Doubt[] {
  const clause = agreedCapitalisation(file)
  if (clause === null || !file.invoices.some((invoice) => after(onDay, dueOn(file, invoice).add({ years: 1 }))))
    return []
  const message = `Intérêts dus pour une année entière capitalisés selon le contrat (${clause}\u00a0; C. civ. 1343-2)\u00a0: clause acceptée à joindre aux pièces.`
  return [{ code: 'capitalisation_agreed', message }]
}

/** Fixed penalties of another currency, of invoices still unpaid: said once a clause. */
function penaltyDoubts(file: LedgerFile, { principalByInvoice }: Owed): Doubt[] {
  if (file.penaltyClauses.length === 0) return []
  const { currency } = file.case
  const unpaid = file.invoices.filter(({ number }) => (principalByInvoice[number] ?? 0n) > 0n)
  const clauses = new Set(unpaid.map((invoice) => clauseOf(file.penaltyClauses, file.debtor.kind, invoice)))
  return [...clauses].flatMap((clause) =>
    clause && !isCountable(clause, currency) ? [otherCurrencyDoubt(clause, currency)] : [],
  )
}

const unmoved = new Map<string, string>()
const named = (numberOf: Map<string, string>, id: string | null) =>
  id && numberOf.has(id) ? { invoice: numberOf.get(id)! } : {}

function rateOf(file: LedgerFile, asOf: Day): Rate {
  if (isMalagasy(file)) return malagasyRate(file)
  if (file.debtor.kind === 'public') return { kind: 'commande-publique' }
  if (file.debtor.kind === 'business') {
    const agreed = file.mandate?.penaltyRate
    return agreed ? { kind: 'contract', percent: parsePercent(agreed) } : { kind: 'l441-10' }
  }
  return { kind: 'legal', from: noticeDay(file, asOf) ?? asOf }
}

/** What the contract says of a business, then what a person entered with its source; each marked as to be checked. */
function malagasyRate({ case: { anchorOn, rates }, mandate, debtor }: LedgerFile): Rate {
  const agreed = debtor.kind === 'business' ? mandate?.penaltyRate : null
  const entered = rates
    .map(({ from, percent, source }) => ({ from: parseDay(from), percent: parsePercent(percent), source }))
    .toSorted((a, b) => Temporal.PlainDate.compare(a.from, b.from))
  if (!agreed && entered.length === 0) return { kind: 'none', doubt: noMalagasyRate }
  // Long before any due date: what runs while nobody has entered a rate.
  const always = anchorOn.subtract({ years: 100 })
  const before = agreed
    ? { from: always, percent: parsePercent(agreed), source: 'taux convenu selon la convention du créancier' }
    : { from: always, percent: 0n }
  return { kind: 'contract', steps: [before, ...entered] }
}
const noMalagasyRate = {
  code: 'no_malagasy_rate',
  message:
    'Droit malgache\u00a0: aucun taux d’intérêt n’est dans nos données, aucun intérêt n’est compté. Le taux convenu ou légal reste à saisir, avec sa source.',
}

/** The day from which a consumer owes legal interest: first presentation of the first formal notice (C. civ. 1344-1). */
export function noticeDay(file: LedgerFile, asOf: Day): Day | null {
  return noticeDays(file, asOf)[0] ?? null
}

/** What is only written puts nobody in default: interest and penalty wait for the presentation (C. civ. 1344-1 and 1231-5, al. 5). */
const noticeDays = (file: LedgerFile, asOf: Day): Day[] =>
  standingNotices(file)
    .flatMap(({ presentedOn }) => presentedOn ?? [])
    .filter((day) => !after(day, asOf))
    .toSorted((a, b) => Temporal.PlainDate.compare(a, b))

/** A notice that left and whose presentation nobody recorded: no legal interest is counted on its word alone. */
function noticeDoubts(file: LedgerFile, onDay: Day): Doubt[] {
  if (file.debtor.kind !== 'consumer' || isMalagasy(file) || noticeDay(file, onDay) !== null) return []
  const waiting = standingNotices(file).find(({ writtenOn, presentedOn }) => !presentedOn && before(writtenOn, onDay))
  if (!waiting) return []
  const message = `La présentation de la mise en demeure ${waiting.reference} du ${dayFr(waiting.writtenOn)} n’est pas enregistrée\u00a0: aucun intérêt au taux légal n’est compté, car il court d’elle (C. civ. 1231-6 et 1344-1).`
  return [{ code: 'notice_not_proved', message }]
}

/** The rate that the title grants, in words, as it is on that day: an act of seizure must say it (CPCE R211-1). */
export function awardedRate(file: LedgerFile, onDay: Day): string | undefined {
  const under = titled(file, onDay)
  if (!under) return undefined
  const { claim } = under
  if (claim.rate.kind === 'none') return undefined
  if (claim.rate.kind === 'commande-publique') return 'au taux des intérêts moratoires de la commande publique'
  const { percent } = rateSpan(claim, onDay, onDay)
  const shown = `${percentFr(percent)} au ${dayFr(onDay)}`
  if (claim.rate.kind !== 'legal') return `au taux alloué (${shown})`
  const raisedFrom = claim.rate.enforceableOn && increaseFrom(claim.rate.enforceableOn)
  const raised = raisedFrom && !before(onDay, raisedFrom) ? `, majoré depuis le ${dayFr(raisedFrom)}` : ''
  return `au taux légal${raised} (${shown})`
}

/** The late-payment rate in force on that day as letters print it, with where it comes from; absent for a consumer. */
export function lateRate(file: LedgerFile, onDay: Day): { taux: string; source: string; minimum?: string } | undefined {
  const claim = claimOf(file, onDay)
  if (claim.law === undefined ? file.debtor.kind === 'consumer' : claim.rate.kind === 'none') return undefined
  const { percent, why } =
    claim.rate.kind === 'commande-publique'
      ? publicRate(claim, file.case.anchorOn.add({ days: 1 }), onDay)
      : rateSpan(claim, onDay, onDay)
  return { taux: percentText(percent), source: why }
}
