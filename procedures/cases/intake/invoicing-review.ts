import type { ReadInvoice } from '../../../documents/invoices/einvoice.ts'
import { after, before, type Day, dayShortFr, daysBetween } from '../../../schema/days.ts'
import type { Doubt } from '../../../schema/errors.ts'
import { findEntry, lawEntries } from '../../law/values.ts'
import type { DebtorKind } from '../debtors.ts'

/** An invoice to look at: what it says, and whom it went to. */
export interface Examined {
  client: string
  debtor: DebtorKind
  zone: string
  /** What it is due on, as the case has it. */
  dueOn: Day
  read: ReadInvoice
}

/** A mention that the law of the invoice's day asks for, and the invoices whose data lack it. */
export interface Lack {
  mention: string
  label: string
  article: string
  invoices: string[]
}

/** Days between two dates of one invoice. */
export interface Span {
  number: string
  client: string
  days: number
  /** The last day that the law lets it be, where it is passed. */
  limitOn: Day | null
}

/** A protection that the invoices show to be missing, and what shows it. */
export interface Guarantee {
  measure: string
  why: string
  article: string | null
}

export interface InvoicingReview {
  examined: number
  /** Judged whole and lacking nothing. */
  complete: number
  lacks: Lack[]
  /** Their data hold no lines: the paper may say what the file does not. */
  unread: string[]
  /** To consumers or under another law: no French mention between professionals is asked of them. */
  notJudged: string[]
  /** From delivery or performance to invoice. */
  toInvoice: Span[]
  /** From invoice to due date, between businesses. */
  terms: Span[]
  /** Over the agreed sixty days, within forty-five days end of month: allowed if the contract says so. */
  toStipulate: Span[]
  guarantees: Guarantee[]
  doubts: Doubt[]
}

type Check = { of: DebtorKind[]; has: (read: ReadInvoice) => boolean }
const all: DebtorKind[] = ['business', 'public']
const words = (read: ReadInvoice): string => [read.paymentTerms ?? '', ...read.notes].join('\n')
const located = (party: ReadInvoice['seller']): boolean =>
  party.name !== '' && party.address !== null && party.address.lines.length > 0 && party.address.city !== null
const abroad = (read: ReadInvoice): boolean => (read.buyer.address?.country ?? 'FR') !== 'FR'

/** How each mention of fr/mentions-facture.yaml is found in the data of an invoice; only what data can show is looked for. */
const checks: Record<string, Check> = {
  adresses: { of: all, has: (read) => located(read.seller) && located(read.buyer) },
  'siren-vendeur': {
    of: all,
    has: ({ seller }) => seller.siren !== null || (seller.address?.country ?? 'FR') !== 'FR',
  },
  'siren-client': { of: ['business'], has: (read) => read.buyer.siren !== null || abroad(read) },
  'tva-vendeur': { of: all, has: (read) => read.seller.vat !== null || /293\s*B/i.test(words(read)) },
  'date-operation': { of: all, has: ({ deliveredOn }) => deliveredOn !== null },
  detail: {
    of: all,
    has: ({ lines }) => lines.every((one) => one.description !== '' && one.quantity !== null && one.unitPrice !== null),
  },
  'tva-par-taux': {
    of: all,
    has: ({ net, tax, vatBreakdown }) =>
      net !== null &&
      tax !== null &&
      vatBreakdown.length > 0 &&
      vatBreakdown.every((row) => row.rate !== null || row.category !== 'S'),
  },
  'date-reglement': { of: all, has: ({ dueOn }) => dueOn !== null },
  penalites: {
    of: ['business'],
    has: (read) =>
      /pénalit|intérêts?\s+(de\s+retard|moratoires)/i.test(words(read)) && /%|pour cent|taux/i.test(words(read)),
  },
  indemnite: {
    of: ['business'],
    has: (read) => /indemnité\s+forfaitaire/i.test(words(read)) || /40(,00)?\s*(€|eur)/i.test(words(read)),
  },
  escompte: { of: ['business'], has: (read) => /escompte/i.test(words(read)) },
  engagement: { of: ['public'], has: (read) => read.orderReference !== null || read.buyerReference !== null },
}

/** Reviews a batch of invoices by the law of the day each was issued; pure, and invents nothing that the data do not show. */
export function reviewInvoicing(batch: Examined[]): InvoicingReview {
  const french = batch.filter(({ debtor, zone }) => debtor !== 'consumer' && zone !== 'madagascar')
  const judged = french.filter(({ read }) => read.lines.length > 0)
  const lacks = lacksOf(judged)
  const lacking = new Set(lacks.flatMap(({ invoices }) => invoices))
  const between = french
    .filter(({ debtor }) => debtor === 'business')
    .map((one) => ({ one, limits: limitsOf(one.read.issuedOn) }))
  const termOf = ({ one, limits }: (typeof between)[number], limitOn: Day | null): Span => ({
    number: one.read.number,
    client: one.client,
    days: daysBetween(one.read.issuedOn, one.dueOn),
    limitOn: limits && limitOn && after(one.dueOn, limitOn) ? limitOn : null,
  })
  return {
    examined: batch.length,
    complete: judged.filter(({ read }) => !lacking.has(read.number)).length,
    lacks,
    unread: french.filter((one) => !judged.includes(one)).map(({ read }) => read.number),
    notJudged: batch.filter((one) => !french.includes(one)).map(({ read }) => read.number),
    toInvoice: batch.flatMap(invoicingSpan),
    terms: between.map((each) => termOf(each, each.limits?.endOfMonth ?? null)),
    toStipulate: between
      .filter(({ one, limits }) => limits && after(one.dueOn, limits.agreed) && !after(one.dueOn, limits.endOfMonth))
      .map((each) => termOf(each, each.limits!.agreed)),
    guarantees: guaranteesOf(batch),
    doubts: doubtsOf(lacks, judged),
  }
}

function lacksOf(judged: Examined[]): Lack[] {
  const lacks = new Map<string, Lack>()
  for (const [mention, { of, has }] of Object.entries(checks)) {
    for (const { read, debtor } of judged) {
      const law = of.includes(debtor) ? findEntry('mentions-facture', read.issuedOn, mention) : null
      if (!law?.value || has(read)) continue
      const key = `${mention} ${law.article}`
      const lack = lacks.get(key) ?? { mention, label: law.value, article: law.article ?? '', invoices: [] }
      lack.invoices.push(read.number)
      lacks.set(key, lack)
    }
  }
  return [...lacks.values()].toSorted((a, b) => b.invoices.length - a.invoices.length)
}

/**
 * C. com. L441-9 and CGI 289, I, 3: an invoice leaves with the delivery or the performance; several of one month may share one, made by
 * the end of that month.
 */
function invoicingSpan({ read, client, zone }: Examined): Span[] {
  const { deliveredOn, issuedOn, number } = read
  if (deliveredOn === null || before(issuedOn, deliveredOn)) return []
  const last = endOfMonth(deliveredOn)
  const isLate = zone !== 'madagascar' && after(issuedOn, last)
  return [{ number, client, days: daysBetween(deliveredOn, issuedOn), limitOn: isLate ? last : null }]
}

const endOfMonth = (day: Day): Day => day.with({ day: day.daysInMonth })

/** The last days that the parties may agree; null where the law of that day is not in our files. */
function limitsOf(issuedOn: Day): { agreed: Day; endOfMonth: Day } | null {
  const days = (what: string) => findEntry('delai-paiement', issuedOn, what)?.value
  const [agreed, month] = [days('convenu'), days('fin-de-mois')]
  if (agreed == null || month == null) return null
  const limit = issuedOn.add({ days: Number(agreed) })
  // Both ways of counting « fin de mois » are admitted: the longer one is the ceiling.
  const ways = [
    endOfMonth(issuedOn.add({ days: Number(month) })),
    endOfMonth(issuedOn).add({ days: Number(month) }),
    limit,
  ]
  return { agreed: limit, endOfMonth: ways.reduce((a, b) => (after(b, a) ? b : a)) }
}

function guaranteesOf(batch: Examined[]): Guarantee[] {
  const count = (test: (one: Examined) => boolean) => batch.filter(test).length
  const of = (n: number, one: string, many: string) =>
    n > 1
      ? `${n} factures sur ${batch.length} ${many}.`
      : batch.length === 1
        ? `La facture ${one}.`
        : `Une facture sur ${batch.length} ${one}.`
  const unordered = count(({ read }) => read.orderReference === null && read.contractReference === null)
  const unproved = count(({ read }) => read.deliveredOn === null)
  const unreserved = count(
    ({ read, debtor }) => debtor !== 'consumer' && !/réserve\s+de\s+propriété/i.test(words(read)),
  )
  const french = batch.some(({ zone }) => zone !== 'madagascar')
  const found: (Guarantee | null)[] = [
    unordered > 0
      ? {
          measure: 'Faire signer une commande ou un devis avant de commencer',
          why: of(unordered, 'ne cite ni commande ni contrat', 'ne citent ni commande ni contrat'),
          article: french ? 'C. civ. 1359' : null,
        }
      : null,
    unproved > 0
      ? {
          measure: 'Faire signer un bon de livraison ou un procès-verbal de réception',
          why: of(unproved, 'ne dit pas la date de la livraison', 'ne disent pas la date de la livraison'),
          article: null,
        }
      : null,
    unreserved > 0
      ? {
          measure:
            'Si vous livrez des biens, stipuler une réserve de propriété, acceptée par écrit au plus tard à la livraison',
          why: of(unreserved, 'n’en porte pas la mention', 'n’en portent pas la mention'),
          article: french ? 'C. civ. 2367 ; C. com. L624-16' : null,
        }
      : null,
    ...[...Map.groupBy(batch, ({ client }) => client)]
      .filter(([, ofClient]) => ofClient.length > 1)
      .map(([client, ofClient]) => ({
        measure: `Demander à ${client} un acompte, une caution ou un prélèvement`,
        why: `${ofClient.length} de ses factures nous ont été confiées le même mois.`,
        article: french ? 'C. civ. 2288' : null,
      })),
  ]
  return found.filter((each) => each !== null)
}

/** What of the law applied is not confirmed, said once. */
function doubtsOf(lacks: Lack[], judged: Examined[]): Doubt[] {
  const used = lawEntries('mentions-facture').filter(({ qualifier }) =>
    lacks.some(({ mention }) => mention === qualifier),
  )
  const open = used.filter(
    (entry) =>
      entry.doubt &&
      entry.note !== undefined &&
      judged.some(({ read }) => findEntry('mentions-facture', read.issuedOn, entry.qualifier) === entry),
  )
  return open.map((entry) => ({
    code: 'law_in_stages',
    message: `${entry.value} (${entry.article}), depuis le ${dayShortFr(entry.from)}\u00a0: ${entry.note}`,
  }))
}

/** Whole days, rounded half up; null of nothing. */
export function averageDays(spans: Span[]): number | null {
  return spans.length === 0 ? null : Math.round(spans.reduce((days, span) => days + span.days, 0) / spans.length)
}
