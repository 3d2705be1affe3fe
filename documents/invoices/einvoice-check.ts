import { electronicFormatIBAN, isValidBIC, isValidIBAN } from 'ibantools'
import { before, dayShortFr, latest, sameDay, type Day } from '../../schema/days.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { amountFr, parseCurrency, sum, type Currency } from '../../schema/money.ts'
import type { InvoiceLine, ReadInvoice } from './einvoice.ts'
import { checkCircumstances, checkTotals, listMissing } from './einvoice-doubts.ts'
import { optional, party, type AddDoubt, type Missing, type RawParty } from './einvoice-party.ts'
import {
  agrees,
  block,
  hasControls,
  cents,
  day,
  decimal,
  line,
  lineCents,
  number,
  percent,
  shift,
} from './einvoice-values.ts'

/** What a file says, as strings, before anything of it is believed. */
export interface RawInvoice {
  /** Set where the syntax itself tells; otherwise `typeCode` (UNTDID 1001) does. */
  kind: 'invoice' | 'credit_note' | null
  typeCode: string | null
  number: string | null
  issuedOn: string | null
  dueOn: string[]
  currency: string | null
  total: string | null
  net: string | null
  tax: string | null
  prepaid: string | null
  rounding: string | null
  payable: string | null
  lineTotal: string | null
  allowances: string | null
  charges: string | null
  seller: RawParty
  buyer: RawParty
  payee: string | null
  ibans: string[]
  bic: string | null
  paymentReference: string | null
  orderReference: string | null
  buyerReference: string | null
  contractReference: string | null
  deliveredOn: string | null
  paymentTerms: string | null
  precedingInvoice: string | null
  lines: {
    description: string | null
    quantity: string | null
    unit: string | null
    unitPrice: string | null
    baseQuantity: string | null
    adjustments: string[]
    amount: string | null
    vatRate: string | null
  }[]
  vat: { rate: string | null; basis: string | null; tax: string | null; category: string | null }[]
  notes: string[]
  source: ReadInvoice['source']
}

// UNTDID 1001, the codes that EN 16931 allows.
const creditNotes = '81 83 261 262 296 308 381 396 420 458 532'.split(' ')
const invoices = (
  '71 80 82 84 102 130 202 203 204 211 218 219 295 325 326 331 380 382 383 384 385 386 387 388 389 390 393 394 395 456 ' +
  '457 471 472 473 500 501 502 503 527 553 575 623 633 751 780 817 870 875 876 877 935'
).split(' ')

/** Turns strings into an invoice: refuses the impossible, lists the missing, shows the doubtful; invents nothing. */
export function checkInvoice(raw: RawInvoice): ReadInvoice {
  const missing: Missing[] = []
  const doubts: Doubt[] = []
  const doubt: AddDoubt = (code, message) => void doubts.push({ code, message })

  requireEssentials(raw)
  if (raw.number !== null && hasControls(raw.number)) {
    const read = line(raw.number, 100)!
    doubt(
      'number_controls',
      `Le numéro de facture contient des caractères invisibles, laissés de côté\u00a0: lu «\u00a0${read}\u00a0». À comparer à la facture.`,
    )
  }
  const kind = raw.kind ?? kindOf(raw.typeCode)
  const currency = parseCurrency(raw.currency!.trim())
  const issuedOn = day(raw.issuedOn!, 'issued_on')
  const dueOn = dueDay(raw, issuedOn, kind, doubt)
  const deliveredOn = raw.deliveredOn === null ? null : day(raw.deliveredOn, 'delivered_on')

  const total = cents(raw.total!, 'total')
  const prepaid = raw.prepaid === null ? 0n : cents(raw.prepaid, 'prepaid')
  const payable = raw.payable === null ? total - prepaid : cents(raw.payable, 'payable')
  refuseAmounts(kind, { total, prepaid, payable }, currency)

  const invoice: ReadInvoice = {
    kind,
    number: line(raw.number, 100)!,
    issuedOn,
    dueOn,
    currency,
    total,
    net: raw.net === null ? null : cents(raw.net, 'net'),
    tax: raw.tax === null ? null : cents(raw.tax, 'tax'),
    prepaid,
    payable,
    seller: party(raw.seller, 'seller', missing, doubt),
    buyer: party(raw.buyer, 'buyer', missing, doubt),
    iban: iban(raw, doubt),
    bic: line(raw.bic)?.replaceAll(' ', '').toUpperCase() ?? null,
    paymentReference: line(raw.paymentReference),
    orderReference: line(raw.orderReference),
    buyerReference: line(raw.buyerReference),
    contractReference: line(raw.contractReference),
    deliveredOn,
    paymentTerms: block(raw.paymentTerms),
    precedingInvoice: line(raw.precedingInvoice),
    lines: raw.lines.map((one, i) => lineOf(one, i + 1, currency, doubt)),
    vatBreakdown: raw.vat.map((row) => ({
      rate: percent(row.rate),
      basis: cents(row.basis ?? '0', 'vat.basis'),
      tax: cents(row.tax ?? '0', 'vat.tax'),
      category: line(row.category) ?? 'S',
    })),
    notes: raw.notes.flatMap((note) => block(note) ?? []),
    source: raw.source,
    missing,
    doubts,
  }
  listMissing(invoice, missing)
  checkTotals(invoice, raw, doubt)
  checkCircumstances(invoice, raw, doubt)
  return invoice
}

/** DomainError `incomplete_invoice` where it lacks what no invoice can be read without. */
function requireEssentials(raw: RawInvoice): void {
  const required = { number: raw.number, issued_on: raw.issuedOn, currency: raw.currency, total: raw.total }
  const absent = [
    ...Object.entries(required).flatMap(([name, value]) => (line(value) === null ? name : [])),
    ...(line(raw.seller.name) === null ? ['seller.name'] : []),
    ...(line(raw.buyer.name) === null ? ['buyer.name'] : []),
    ...(raw.payable === null && raw.source.format !== 'json' ? ['payable'] : []),
  ]
  if (absent.length === 0) return
  throw new DomainError('incomplete_invoice', `La facture ne dit pas l’essentiel (${absent.join(', ')}).`, {
    remedy: 'Demandez au créancier une facture complète, ou saisissez-la.',
    facts: { missing: absent },
  })
}

function kindOf(typeCode: string | null): ReadInvoice['kind'] {
  if (typeCode !== null && creditNotes.includes(typeCode)) return 'credit_note'
  if (typeCode !== null && invoices.includes(typeCode)) return 'invoice'
  throw new DomainError(
    'not_an_invoice',
    `Le type de document «\u00a0${(typeCode ?? 'absent').slice(0, 10)}\u00a0» n’est ni une facture ni un avoir.`,
    {
      remedy: 'Envoyez une facture (type 380 et voisins) ou un avoir (type 381).',
      facts: { typeCode: typeCode?.slice(0, 10) },
    },
  )
}

function refuseAmounts(kind: ReadInvoice['kind'], amounts: Record<string, bigint>, currency: Currency): void {
  const { total, prepaid, payable } = amounts as { total: bigint; prepaid: bigint; payable: bigint }
  if (total < 0n || prepaid < 0n || payable < 0n) {
    throw new DomainError('negative_amount', 'La facture porte un montant négatif.', {
      remedy: 'Un avoir s’envoie comme avoir (type 381), avec des montants positifs.',
      facts: {
        total: amountFr(total, currency),
        prepaid: amountFr(prepaid, currency),
        payable: amountFr(payable, currency),
      },
    })
  }
  if (total === 0n || (kind === 'invoice' && payable === 0n)) {
    throw new DomainError('nothing_to_pay', 'Il ne reste rien à payer sur cette facture.', {
      remedy: 'Une facture soldée ne se recouvre pas. Vérifiez qu’il s’agit de la bonne.',
      facts: { total: amountFr(total, currency), payable: amountFr(payable, currency) },
    })
  }
}

function dueDay(raw: RawInvoice, issuedOn: Day, kind: ReadInvoice['kind'], doubt: AddDoubt) {
  const days = raw.dueOn.map((text) => day(text, 'due_on'))
  const [one, ...others] = days
  if (!one) return null
  // Several instalments, one payable: only the last is sure to be late.
  const due = others.reduce(latest, one)
  if (others.some((other) => !sameDay(other, one))) {
    doubt('several_due_dates', `La facture donne plusieurs échéances, la dernière (${dayShortFr(due)}) est retenue.`)
  }
  if (!before(due, issuedOn)) return due
  if (kind === 'credit_note') {
    doubt('due_before_issue', 'L’échéance de l’avoir précède son émission.')
    return due
  }
  throw new DomainError(
    'due_before_issue',
    `L’échéance (${dayShortFr(due)}) précède l’émission de la facture (${dayShortFr(issuedOn)}).`,
    {
      remedy: 'Vérifiez les deux dates sur la facture et demandez une facture rectifiée au créancier.',
      facts: { due_on: due.toString(), issued_on: issuedOn.toString() },
    },
  )
}

function iban(raw: RawInvoice, doubt: AddDoubt): string | null {
  const ibans = [...new Set(raw.ibans.flatMap((text) => electronicFormatIBAN(line(text) ?? '') || []))]
  const [one] = ibans
  if (one === undefined) return null
  if (ibans.length > 1)
    doubt('several_ibans', `La facture donne plusieurs IBAN (${ibans.join(', ')}), le premier est retenu.`)
  if (!isValidIBAN(one)) doubt('iban_key', `L’IBAN ${one} ne passe pas le contrôle de sa clé.`)
  const bic = line(raw.bic)
  if (bic !== null && !isValidBIC(bic.replaceAll(' ', '').toUpperCase()))
    doubt('bic_format', `Le BIC ${bic} n’a pas la forme d’un BIC.`)
  return one
}

function lineOf(raw: RawInvoice['lines'][number], rank: number, currency: Currency, doubt: AddDoubt): InvoiceLine {
  if (raw.amount === null) {
    throw new DomainError('incomplete_invoice', `La ligne ${rank} de la facture n’a pas de montant.`, {
      remedy: 'Demandez au créancier une facture complète, ou saisissez-la.',
      facts: { line: rank },
    })
  }
  const { value, rounded } = lineCents(raw.amount)
  if (rounded) doubt('line_rounded', `Le montant de la ligne ${rank} (${raw.amount}) est arrondi au centime.`)
  const base = decimal(raw.baseQuantity ?? '1')
  const unitPrice = raw.unitPrice === null || base === 'other' ? null : shift(number(raw.unitPrice), base)
  const quantity = raw.quantity === null ? null : number(raw.quantity)
  if (quantity !== null && unitPrice !== null) {
    const adjusted = value - sum(raw.adjustments.map((text) => lineCents(text.replace(/^--/, '')).value))
    if (!agrees(quantity, unitPrice, adjusted)) {
      doubt('line_mismatch', `À la ligne ${rank}, quantité et prix ne font pas ${amountFr(value, currency)}.`)
    }
  }
  return {
    description: line(raw.description, 2000) ?? '',
    quantity,
    ...optional('unit', line(raw.unit)),
    unitPrice,
    amount: value,
    vatRate: percent(raw.vatRate),
  }
}
