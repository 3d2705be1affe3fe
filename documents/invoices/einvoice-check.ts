import { electronicFormatIBAN, isValidBIC, isValidIBAN } from 'ibantools'
import { before, dayShortFr, latest, sameDay, type Day } from '../../schema/days.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { amountFr, divideHalfUp, parseCurrency, sum, type Currency } from '../../schema/money.ts'
import type { InvoiceLine, ReadInvoice } from './einvoice.ts'
import { optional, party, whose, type AddDoubt, type Missing, type RawParty } from './einvoice-party.ts'
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

  const required = { number: raw.number, issued_on: raw.issuedOn, currency: raw.currency, total: raw.total }
  const absent = [
    ...Object.entries(required).flatMap(([name, value]) => (line(value) === null ? name : [])),
    ...(line(raw.seller.name) === null ? ['seller.name'] : []),
    ...(line(raw.buyer.name) === null ? ['buyer.name'] : []),
    ...(raw.payable === null && raw.source.format !== 'json' ? ['payable'] : []),
  ]
  if (absent.length > 0) {
    throw new DomainError('incomplete_invoice', `La facture ne dit pas l’essentiel (${absent.join(', ')}).`, {
      remedy: 'Demandez au créancier une facture complète, ou saisissez-la.',
      facts: { missing: absent },
    })
  }
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

function listMissing(invoice: ReadInvoice, missing: Missing[]): void {
  const miss = (field: string, message: string, remedy: string) => void missing.push({ field, message, remedy })
  const ask = 'Demandez-le au créancier.'
  if (invoice.kind === 'credit_note') {
    if (invoice.precedingInvoice === null) {
      miss(
        'preceding_invoice',
        'L’avoir ne dit pas sur quelle facture il porte.',
        'Demandez au créancier la facture à créditer.',
      )
    }
    return
  }
  if (invoice.dueOn === null) {
    miss(
      'due_on',
      'La date d’échéance manque.',
      'Cherchez-la dans le contrat ou les conditions de vente, avec leur preuve.',
    )
  }
  if (invoice.iban === null) miss('iban', 'L’IBAN du créancier manque.', 'Reprenez celui du mandat du créancier.')
  if (invoice.orderReference === null) {
    miss(
      'order_reference',
      'La référence de la commande manque.',
      'Demandez au créancier le bon de commande ou le devis accepté.',
    )
  }
  if (invoice.deliveredOn === null) {
    miss(
      'delivered_on',
      'La date de livraison ou d’exécution manque.',
      'Demandez au créancier le bon de livraison signé.',
    )
  }
  if (invoice.lines.length === 0) {
    miss(
      'lines',
      'Le détail des lignes manque dans les données.',
      'Joignez la facture imprimée, qui le montre, comme pièce.',
    )
  }
  if (invoice.net === null) miss('net', 'Le total hors taxes manque.', ask)
  if (invoice.tax === null) miss('tax', 'Le montant de la TVA manque.', ask)
  for (const side of ['seller', 'buyer'] as const) {
    const { siren, address: at } = invoice[side]
    if (siren === null && (at === null || at.country === 'FR')) {
      miss(
        `${side}.siren`,
        `Le SIREN ${whose[side]} manque.`,
        side === 'buyer'
          ? 'Cherchez-le au registre, sauf si l’acheteur est un particulier.'
          : 'Reprenez celui du mandat du créancier.',
      )
    }
  }
}

function checkTotals(invoice: ReadInvoice, raw: RawInvoice, doubt: AddDoubt): void {
  const fr = (value: bigint) => amountFr(value, invoice.currency)
  const { total, net, tax, prepaid, payable, lines, vatBreakdown } = invoice
  const optionalCents = (text: string | null) => (text === null ? 0n : cents(text, 'total'))
  const rounding = optionalCents(raw.rounding)
  if (net !== null && tax !== null && net + tax !== total) {
    doubt('total_mismatch', `Hors taxes (${fr(net)}) et TVA (${fr(tax)}) ne font pas le total de ${fr(total)}.`)
  }
  if (total - prepaid + rounding !== payable) {
    const gap = total + rounding - payable
    doubt(
      'payable_mismatch',
      raw.prepaid === null && gap > 0n
        ? `Le net à payer (${fr(payable)}) est inférieur au total (${fr(total)}) sans que la facture dise ce qui a déjà été payé (${fr(gap)}).`
        : `Le total (${fr(total)}) moins le déjà payé (${fr(prepaid)}) ne fait pas le net à payer de ${fr(payable)}.`,
    )
  }
  if (lines.length > 0) {
    const sumOfLines = sum(lines.map((one) => one.amount))
    const expected = raw.lineTotal === null ? net : cents(raw.lineTotal, 'lines')
    if (expected !== null && sumOfLines !== expected) {
      doubt('lines_mismatch', `Les lignes font ${fr(sumOfLines)} et non ${fr(expected)} hors taxes.`)
    }
  }
  if (raw.lineTotal !== null && net !== null) {
    const expected = cents(raw.lineTotal, 'lines') - optionalCents(raw.allowances) + optionalCents(raw.charges)
    if (expected !== net)
      doubt('net_mismatch', `Lignes, remises et frais font ${fr(expected)} et non ${fr(net)} hors taxes.`)
  }
  if (vatBreakdown.length === 0) return
  const bases = sum(vatBreakdown.map((row) => row.basis))
  const taxes = sum(vatBreakdown.map((row) => row.tax))
  if (net !== null && bases !== net)
    doubt('vat_basis_mismatch', `Les bases de TVA font ${fr(bases)} et non ${fr(net)}.`)
  if (tax !== null && taxes !== tax) doubt('vat_tax_mismatch', `La TVA par taux fait ${fr(taxes)} et non ${fr(tax)}.`)
  for (const row of vatBreakdown) {
    if (row.rate === null) continue
    const rate = decimal(row.rate)
    if (rate === 'other') continue
    const gap = divideHalfUp(row.basis * rate.digits, 10n ** BigInt(rate.scale + 2)) - row.tax
    if (gap > 1n || gap < -1n)
      doubt(
        'vat_rate_mismatch',
        `La TVA à ${row.rate.replace('.', ',')}\u00a0% de ${fr(row.basis)} n’est pas ${fr(row.tax)}.`,
      )
  }
}

function checkCircumstances(invoice: ReadInvoice, raw: RawInvoice, doubt: AddDoubt): void {
  const { seller, buyer, deliveredOn, dueOn } = invoice
  if (deliveredOn !== null && dueOn !== null && before(dueOn, deliveredOn)) {
    doubt(
      'delivered_after_due',
      `La livraison (${dayShortFr(deliveredOn)}) est postérieure à l’échéance (${dayShortFr(dueOn)}).`,
    )
  }
  const payee = line(raw.payee)
  if (payee !== null && payee !== seller.name) {
    doubt(
      'payee_differs',
      `Le paiement est dû à «\u00a0${payee}\u00a0», et non au vendeur. Vérifiez qui est le créancier.`,
    )
  }
  if (raw.typeCode === '393' || raw.typeCode === '396') {
    doubt('factored', 'La créance est affacturée. Vérifiez qui, du vendeur ou du factor, en est titulaire.')
  }
  if (raw.typeCode === '384') {
    doubt(
      'corrected',
      'La facture est rectificative. Vérifiez que la facture d’origine n’est pas déjà en recouvrement.',
    )
  }
  if (
    seller.siret !== null ? seller.siret === buyer.siret : seller.name === buyer.name && seller.siren === buyer.siren
  ) {
    doubt('same_party', 'Le vendeur et l’acheteur semblent être la même personne.')
  }
}
