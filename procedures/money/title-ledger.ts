import { after, type Day, dayFr, latest } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { amountFr, type Currency, sum } from '../../schema/money.ts'
import type { Title } from '../judicial/titles/awards.ts'
import type { Award } from '../law/award.ts'
import { type Claim, type Imputation, owed, type Owed, type Rate, settle, type Settled } from '../law/interest.ts'
import type { ClaimInvoice, Movement } from '../law/claim.ts'

/** The line of a statement for what a title grants beside the principal. */
export const accessoryLine = 'Accessoires alloués par le titre'

/** How the ledger splits under a title: what it grants, what was settled before it, and the invoices that came after it. */
export interface UnderTitle {
  claim: Claim
  /** The ledger as it stood when the title was asked for: its payments are in the sums granted. */
  before: Settled
  /** The invoices issued after it, with their own movements; null where there is none. */
  rest: Claim | null
  doubts: Doubt[]
}

/**
 * The sums that the title grants, at its rate and from its day, shared between the invoices that it judged. `whole` is the
 * claim of the invoices alone; `issuedOn` gives the day of each. `legalRate` is the one entered by hand where the law of the case has none on file.
 */
export function underTitle(
  title: Title & { award: Award },
  whole: Claim,
  issuedOn: ReadonlyMap<string, Day>,
  legalRate?: Rate,
): UnderTitle {
  const { award, on } = title
  const judged = (number: string | undefined) => number === undefined || !after(issuedOn.get(number)!, on)
  const [mine, others] = handedBack(partition(whole, judged))
  const settled = award.paidUntil ?? title.openedOn
  const before = settle({ ...mine, asOf: settled })
  const left = mine.invoices.map(({ number }) => before.found.principalByInvoice[number]!)
  const shares = inProportion(award.principal, left)
  const counted = inProportion(award.liquidated, shares)
  const { notices: _, ...terms } = mine
  const later = ({ date }: { date: Day }) => after(date, settled)
  const claim: Claim = {
    ...terms,
    rate: rateOf(title, legalRate),
    floor: 'none',
    awarded: true,
    invoices: [
      ...mine.invoices.map(({ number, due, barredAfter }, i) => ({
        number,
        ...(barredAfter ? { barredAfter } : {}),
        due,
        amount: shares[i]!,
        start: award.from ?? due,
        ...(counted[i]! > 0n ? { liquidated: { amount: counted[i]!, on } } : {}),
      })),
      ...accessories(title, mine.invoices),
    ],
    payments: mine.payments.filter(later),
    creditNotes: (mine.creditNotes ?? []).filter(later),
    remissions: (mine.remissions ?? []).filter(later),
    capitalise: award.capitalisedFrom != null,
    ...(award.capitalisedFrom ? { capitaliseFrom: award.capitalisedFrom } : {}),
    indemnity: false,
  }
  return {
    claim,
    before,
    rest: others.invoices.length > 0 ? others : null,
    doubts: doubtsOf(title, mine, sum(left), settled, others),
  }
}

/** What is owed under the title and beside it, as one ledger. Payments that the title deducted keep their imputation. */
export function oweUnderTitle({ claim, before, rest, doubts }: UnderTitle): Owed {
  const { found: under, overCredited } = settle(claim)
  const paid = [...before.found.imputations, ...under.imputations]
  const beside = rest && oweBeside(rest, paid, [...before.overCredited, ...overCredited])
  const both = (of: (one: Owed) => bigint) => of(under) + (beside ? of(beside) : 0n)
  return {
    asOf: under.asOf,
    principal: both((one) => one.principal),
    interest: both((one) => one.interest),
    indemnity: both((one) => one.indemnity),
    penalty: both((one) => one.penalty),
    costs: both((one) => one.costs),
    total: both((one) => one.total),
    perDay: both((one) => one.perDay),
    remitted: both((one) => one.remitted) + before.found.remitted,
    overpaid: beside ? beside.overpaid : before.found.overpaid + under.overpaid,
    segments: [...under.segments, ...(beside?.segments ?? [])],
    imputations: (beside?.imputations ?? paid).toSorted(byDate),
    invoices: [...under.invoices, ...(beside?.invoices ?? [])],
    barred: [...before.found.barred, ...under.barred, ...(beside?.barred ?? [])],
    principalByInvoice: { ...under.principalByInvoice, ...beside?.principalByInvoice },
    unpaidByInvoice: { ...under.unpaidByInvoice, ...beside?.unpaidByInvoice },
    // What exceeds the title alone is no overpayment while later invoices take it: theirs says what is over in the end.
    doubts: [
      ...doubts,
      ...under.doubts.filter(({ code }) => !beside || code !== 'overpaid'),
      ...(beside?.doubts ?? []),
    ],
  }
}

/**
 * The invoices that came after the title, with what was over once it was paid, each sum on its own day: the oldest debt first,
 * then the others (C. civ. 1342-10). Answers the imputations of both; a payment that went to both stays one.
 */
function oweBeside(rest: Claim, paid: Imputation[], overCredited: Movement[]): Owed {
  const own: (Movement & { first?: Imputation })[] = rest.payments
  const carried = paid
    .filter(({ excess }) => excess > 0n)
    .map((first) => ({ date: first.date, amount: first.excess, first }))
  const payments = [...own, ...carried].toSorted(byDate)
  const beside = owed({ ...rest, payments, creditNotes: [...(rest.creditNotes ?? []), ...overCredited] })
  const isOwn = (_: Imputation, i: number) => payments[i]!.first === undefined
  const then = new Map(beside.imputations.map((imputation, i) => [payments[i]!.first, imputation]))
  return {
    ...beside,
    imputations: [
      ...paid.map((first) => (first.excess > 0n ? joined(first, then.get(first)!) : first)),
      ...beside.imputations.filter(isOwn),
    ],
  }
}

/** One payment that paid here, then there with what was over. */
const joined = (first: Imputation, then: Imputation): Imputation => ({
  date: first.date,
  amount: first.amount,
  toInterest: first.toInterest + then.toInterest,
  toPrincipal: first.toPrincipal + then.toPrincipal,
  toIndemnity: first.toIndemnity + then.toIndemnity,
  toPenalty: first.toPenalty + then.toPenalty,
  toCosts: first.toCosts + then.toCosts,
  excess: then.excess,
  parts: [...first.parts, ...then.parts],
})

const byDate = (a: { date: Day }, b: { date: Day }): number => Temporal.PlainDate.compare(a.date, b.date)

/** C. mon. fin. L313-3 raises the legal rate alone: another that the title grants stays as it is. */
function rateOf({ award, enforceableOn }: Title & { award: Award }, legalRate?: Rate): Rate {
  if (award.rate.kind === 'legal' && legalRate) return legalRate
  return award.rate.kind === 'legal' && enforceableOn ? { kind: 'legal', enforceableOn } : award.rate
}

/** Claimed for as long as one of the invoices that were judged. */
function accessories({ award, on }: Title & { award: Award }, judged: ClaimInvoice[]): ClaimInvoice[] {
  const { indemnity, penalty } = award
  const costs = award.article700 + award.costs
  if (indemnity + penalty + costs === 0n) return []
  const ends = judged.flatMap(({ barredAfter }) => barredAfter ?? [])
  const limit = ends.length > 0 && ends.length === judged.length ? { barredAfter: ends.reduce(latest) } : {}
  return [{ number: accessoryLine, amount: 0n, due: on, awarded: { indemnity, penalty, costs }, ...limit }]
}

/** The claim of some of its invoices and that of the others; a movement that names none goes with the first to begin with. */
function partition(claim: Claim, judged: (number: string | undefined) => boolean): [Claim, Claim] {
  const part = (keep: (number: string | undefined) => boolean): Claim => ({
    ...claim,
    invoices: claim.invoices.filter(({ number }) => keep(number)),
    payments: claim.payments.filter(({ invoice }) => keep(invoice)),
    creditNotes: (claim.creditNotes ?? []).filter(({ invoice }) => keep(invoice)),
  })
  return [part(judged), part((number) => !judged(number))]
}

/** What a payment leaves once it has paid the later invoice that it names is the title's: it then counts as two payments. */
function handedBack([mine, others]: [Claim, Claim]): [Claim, Claim] {
  if (others.invoices.length === 0) return [mine, others]
  const payments = others.payments.toSorted(byDate)
  const { imputations } = owed({ ...others, payments })
  const excess = (i: number) => imputations[i]?.excess ?? 0n
  const over = payments.map(({ date }, i) => ({ date, amount: excess(i) })).filter(({ amount }) => amount > 0n)
  const kept = payments.map((payment, i) => ({ ...payment, amount: payment.amount - excess(i) }))
  return [
    { ...mine, payments: [...mine.payments, ...over].toSorted(byDate) },
    { ...others, payments: kept.filter(({ amount }) => amount > 0n) },
  ]
}

/** Shares that add up: the cents left over go to the first ones. Everything to the first where nothing was left to pay. */
function inProportion(cents: bigint, weights: bigint[]): bigint[] {
  const total = sum(weights)
  if (total === 0n) return weights.map((_, i) => (i === 0 ? cents : 0n))
  const shares = weights.map((weight) => (cents * weight) / total)
  let rest = cents - sum(shares)
  for (const [i, weight] of weights.entries()) {
    if (rest === 0n) break
    if (weight === 0n) continue
    shares[i]! += 1n
    rest -= 1n
  }
  return shares
}

function doubtsOf(
  { award, on, openedOn, enforceableOn, doubts: derived }: Title & { award: Award },
  mine: Claim,
  left: bigint,
  settled: Day,
  others: Claim,
): Doubt[] {
  const found: Doubt[] = []
  const say = (code: string, message: string) => found.push({ code, message })
  // Under another law no French article is cited, and nothing of it counted.
  const isFrench = mine.law === undefined
  const by = (article: string) => (isFrench ? ` (${article})` : '')
  const euros = (cents: bigint) => amountFr(cents, mine.currency as Currency)
  if (award.principal !== left) {
    say(
      'title_other_principal',
      `Le titre du ${dayFr(on)} alloue ${euros(award.principal)} en principal\u00a0; le compte des factures en donnait ${euros(left)} au ${dayFr(settled)}. La somme allouée, seule exécutoire, est répartie entre elles à proportion.`,
    )
  }
  const between = mine.payments.filter(({ date }) => after(date, openedOn) && !after(date, on))
  if (award.paidUntil === null && between.length > 0) {
    const days = between.map(({ date }) => dayFr(date)).join(', ')
    say(
      'title_payments',
      `Règlement reçu entre la demande et le titre (${days})\u00a0: déduit ici de la somme allouée\u00a0; à vérifier, si le titre l’a déjà déduit.`,
    )
  }
  if (others.invoices.length > 0) {
    const numbers = others.invoices.map(({ number }) => number).join(', ')
    say(
      'title_before_invoice',
      `Facture postérieure au titre du ${dayFr(on)} (${numbers})\u00a0: elle ne s’exécute pas sur lui${by('CPCE L111-2')}.`,
    )
  }
  if (isFrench && award.rate.kind === 'legal' && enforceableOn === null) {
    say(
      'increase_not_counted',
      `Le jour où le titre du ${dayFr(on)} est devenu exécutoire n’est pas enregistré\u00a0: la majoration de cinq points du taux légal, deux mois après, n’est pas comptée (C. mon. fin. L. 313-3).`,
    )
  }
  if (award.capitalisedFrom === undefined) {
    say(
      'capitalisation_not_counted',
      `Il n’est pas enregistré si le titre du ${dayFr(on)} ordonne la capitalisation des intérêts${by('C. civ. 1343-2')}\u00a0: elle n’est pas comptée.`,
    )
  }
  if (isFrench && award.penalty + award.article700 + award.indemnity > 0n) {
    say(
      'accessory_interest_not_counted',
      'Les intérêts au taux légal sur les indemnités allouées, qui courent de la décision (C. civ. 1231-7), ne sont pas comptés ici.',
    )
  }
  return isFrench && award.rate.kind === 'legal' ? [...found, ...derived] : found
}
