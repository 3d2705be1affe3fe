import type { Day } from '../../schema/days.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { amount, type Currency } from '../../schema/money.ts'
import { validate } from '../../schema/validate.ts'
import { readCii } from './einvoice-cii.ts'
import { checkInvoice, type RawInvoice } from './einvoice-check.ts'
import type { RawParty } from './einvoice-party.ts'
import { facturXml } from './einvoice-pdf.ts'
import { readUbl } from './einvoice-ubl.ts'
import { parseXml } from './einvoice-xml.ts'

export interface Party {
  name: string
  /** What the seller says of its legal form, as written (BT-33): « SARL au capital de 5 000 € ». */
  legalForm?: string
  siret: string | null
  siren: string | null
  vat: string | null
  /** Null when nothing but a country is known. */
  address: { lines: string[]; postalCode: string | null; city: string | null; country: string } | null
  contact: { name?: string; phone?: string; email?: string } | null
}

export interface InvoiceLine {
  description: string
  quantity: string | null
  /** UN/ECE recommendation 20: « C62 » one, « LTR » litre. */
  unit?: string
  unitPrice: string | null
  /** Without VAT. */
  amount: bigint
  /** Per cent. */
  vatRate: string | null
}

/** An invoice as its file tells it. Amounts are cents; `total` includes VAT; `payable` is what was to pay when issued. */
export interface ReadInvoice {
  kind: 'invoice' | 'credit_note'
  number: string
  issuedOn: Day
  dueOn: Day | null
  currency: Currency
  total: bigint
  net: bigint | null
  tax: bigint | null
  prepaid: bigint
  payable: bigint
  seller: Party
  buyer: Party
  iban: string | null
  bic: string | null
  paymentReference: string | null
  orderReference: string | null
  /** What the buyer asks to be quoted (BT-10): for a public buyer, the code of its service on Chorus Pro. */
  buyerReference: string | null
  contractReference: string | null
  deliveredOn: Day | null
  paymentTerms: string | null
  precedingInvoice: string | null
  lines: InvoiceLine[]
  vatBreakdown: { rate: string | null; basis: bigint; tax: bigint; category: string }[]
  notes: string[]
  source: { format: 'factur-x' | 'cii' | 'ubl' | 'json'; profile: string | null }
  /** What the file does not say and someone must find; `field` is a path of schema/invoice.schema.json. */
  missing: { field: string; message: string; remedy: string }[]
  doubts: Doubt[]
}

const maxBytes = 20 * 1024 * 1024
const accepted =
  'Envoyez une facture Factur-X (PDF avec son XML), CII ou UBL (XML), ou en JSON d’après schema/invoice.schema.json.'

/**
 * Reads an invoice by what the bytes are, whatever the name of the file: Factur-X PDF, CII or UBL XML, JSON.
 * Refuses what cannot be believed (unreadable, encrypted, no XML, absurd amount, impossible dates…); the rest goes to
 * `missing` and `doubts`.
 */
export async function readInvoice(bytes: Uint8Array, options: { fileName?: string } = {}): Promise<ReadInvoice> {
  const facts = { fileName: options.fileName, bytes: bytes.length }
  if (bytes.length === 0) throw new DomainError('empty_file', 'Le fichier est vide.', { remedy: accepted, facts })
  if (bytes.length > maxBytes) {
    throw new DomainError('file_too_large', 'Le fichier dépasse 20 Mo.', {
      remedy: 'Envoyez la facture seule ; ses annexes se joignent au dossier comme pièces.',
      facts,
    })
  }
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1')
  if (head.includes('%PDF-')) {
    const { xml, repaired } = await facturXml(bytes, maxBytes)
    const invoice = readXml(decode(xml, facts), 'factur-x')
    if (repaired) {
      invoice.doubts.push({ code: 'pdf_repaired', message: 'Le PDF est abîmé et a dû être réparé pour être lu.' })
    }
    return invoice
  }
  if (head.startsWith('PK')) {
    throw new DomainError(
      'unsupported_format',
      'Un classeur, un document bureautique ou une archive n’est pas une facture.',
      {
        remedy: accepted,
        facts,
      },
    )
  }
  const text = decode(bytes, facts)
  const start = text.trimStart()[0]
  if (start === '<') return readXml(text)
  if (start === '{') return invoiceFromJson(parseJson(text))
  throw new DomainError('unsupported_format', 'Le format du fichier n’est pas reconnu.', { remedy: accepted, facts })
}

/** An invoice typed in or exported by a program, in the shape of schema/invoice.schema.json. */
export function invoiceFromJson(value: unknown): ReadInvoice {
  const json = validate<InvoiceJson>('invoice', value, 'Facture')
  const raw: RawInvoice = {
    kind: json.kind ?? 'invoice',
    typeCode: null,
    number: json.number,
    issuedOn: json.issued_on,
    dueOn: json.due_on ? [json.due_on] : [],
    currency: json.currency,
    total: json.total,
    net: json.net ?? null,
    tax: json.tax ?? null,
    prepaid: json.prepaid ?? null,
    rounding: null,
    payable: json.payable ?? null,
    lineTotal: null,
    allowances: null,
    charges: null,
    seller: rawParty(json.seller),
    buyer: rawParty(json.buyer),
    payee: null,
    ibans: json.iban ? [json.iban] : [],
    bic: json.bic ?? null,
    paymentReference: json.payment_reference ?? null,
    orderReference: json.order_reference ?? null,
    buyerReference: json.buyer_reference ?? null,
    contractReference: json.contract_reference ?? null,
    deliveredOn: json.delivered_on ?? null,
    paymentTerms: json.payment_terms ?? null,
    precedingInvoice: json.preceding_invoice ?? null,
    lines: (json.lines ?? []).map((line) => ({
      description: line.description,
      quantity: line.quantity ?? null,
      unit: line.unit ?? null,
      unitPrice: line.unit_price ?? null,
      baseQuantity: null,
      adjustments: [],
      amount: line.amount,
      vatRate: line.vat_rate ?? null,
    })),
    vat: (json.vat ?? []).map((row) => ({ ...row, rate: row.rate ?? null, category: row.category ?? null })),
    notes: json.notes ?? [],
    source: { format: 'json', profile: null },
  }
  return checkInvoice(raw)
}

/** The same shape as invoiceFromJson reads, with `source`, `missing` and `doubts`: what `courtois intake` prints. */
export function invoiceToJson(
  invoice: ReadInvoice,
): InvoiceJson & { source: object; missing: object[]; doubts: Doubt[] } {
  const money = (cents: bigint | null) => (cents === null ? null : amount(cents))
  return {
    kind: invoice.kind,
    number: invoice.number,
    issued_on: invoice.issuedOn.toString(),
    due_on: invoice.dueOn?.toString() ?? null,
    currency: invoice.currency,
    total: amount(invoice.total),
    net: money(invoice.net),
    tax: money(invoice.tax),
    prepaid: amount(invoice.prepaid),
    payable: amount(invoice.payable),
    seller: partyToJson(invoice.seller),
    buyer: partyToJson(invoice.buyer),
    iban: invoice.iban,
    bic: invoice.bic,
    payment_reference: invoice.paymentReference,
    order_reference: invoice.orderReference,
    ...(invoice.buyerReference === null ? {} : { buyer_reference: invoice.buyerReference }),
    contract_reference: invoice.contractReference,
    delivered_on: invoice.deliveredOn?.toString() ?? null,
    payment_terms: invoice.paymentTerms,
    preceding_invoice: invoice.precedingInvoice,
    lines: invoice.lines.map((line) => ({
      description: line.description,
      quantity: line.quantity,
      ...(line.unit === undefined ? {} : { unit: line.unit }),
      unit_price: line.unitPrice,
      amount: amount(line.amount),
      vat_rate: line.vatRate,
    })),
    vat: invoice.vatBreakdown.map(({ rate, basis, tax, category }) => ({
      rate,
      basis: amount(basis),
      tax: amount(tax),
      category,
    })),
    notes: invoice.notes,
    source: invoice.source,
    missing: invoice.missing,
    doubts: invoice.doubts,
  }
}

interface PartyJson {
  name: string
  legal_form?: string | null
  siret?: string | null
  siren?: string | null
  vat?: string | null
  address?: { lines: string[]; postal_code?: string | null; city?: string | null; country: string } | null
  contact?: { name?: string | null; phone?: string | null; email?: string | null } | null
}

/** schema/invoice.schema.json as a type. */
export interface InvoiceJson {
  kind?: 'invoice' | 'credit_note'
  number: string
  issued_on: string
  due_on?: string | null
  currency: string
  total: string
  net?: string | null
  tax?: string | null
  prepaid?: string | null
  payable?: string | null
  seller: PartyJson
  buyer: PartyJson
  iban?: string | null
  bic?: string | null
  payment_reference?: string | null
  order_reference?: string | null
  buyer_reference?: string | null
  contract_reference?: string | null
  delivered_on?: string | null
  payment_terms?: string | null
  preceding_invoice?: string | null
  lines?: {
    description: string
    quantity?: string | null
    unit?: string | null
    unit_price?: string | null
    amount: string
    vat_rate?: string | null
  }[]
  vat?: { rate?: string | null; basis: string; tax: string; category?: string }[]
  notes?: string[]
}

function rawParty(party: PartyJson): RawParty {
  const { address, contact } = party
  return {
    name: party.name,
    legalForm: party.legal_form ?? null,
    ids: [
      ...(party.siret ? [{ scheme: '0009', value: party.siret }] : []),
      ...(party.siren ? [{ scheme: '0002', value: party.siren }] : []),
    ],
    vat: party.vat ?? null,
    lines: address?.lines ?? [],
    postalCode: address?.postal_code ?? null,
    city: address?.city ?? null,
    country: address?.country ?? null,
    contact: { name: contact?.name ?? null, phone: contact?.phone ?? null, email: contact?.email ?? null },
  }
}

function partyToJson(party: Party): PartyJson {
  const { address } = party
  return {
    name: party.name,
    ...(party.legalForm === undefined ? {} : { legal_form: party.legalForm }),
    siret: party.siret,
    siren: party.siren,
    vat: party.vat,
    address: address && {
      lines: address.lines,
      postal_code: address.postalCode,
      city: address.city,
      country: address.country,
    },
    contact: party.contact,
  }
}

function readXml(text: string, container?: 'factur-x'): ReadInvoice {
  const { name, root } = parseXml(text)
  if (
    name === 'CrossIndustryInvoice' &&
    text.includes('urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100')
  ) {
    return checkInvoice(readCii(root, container ?? 'cii'))
  }
  if (
    /^(Invoice|CreditNote)$/.test(name) &&
    /urn:oasis:names:specification:ubl:schema:xsd:(Invoice|CreditNote)-2/.test(text)
  ) {
    return checkInvoice(readUbl(root, name === 'CreditNote'))
  }
  if (name === 'Document' && text.includes('urn:iso:std:iso:20022:tech:xsd:camt.')) {
    throw new DomainError('not_an_invoice', 'Ce XML est un relevé de compte bancaire (camt), pas une facture.', {
      remedy: 'Importez-le parmi les paiements.',
      facts: { root: name },
    })
  }
  if (name === 'CrossIndustryDocument') {
    throw new DomainError('unknown_xml', 'Cette facture est au format ZUGFeRD 1.0, remplacé en 2019.', {
      remedy: 'Demandez-la au format Factur-X 1.0 (ZUGFeRD 2) ou saisissez-la.',
      facts: { root: name },
    })
  }
  throw new DomainError(
    'unknown_xml',
    `Le XML, de racine «\u00a0${name.slice(0, 60)}\u00a0», n’est pas une facture CII ou UBL.`,
    {
      remedy: accepted,
      facts: { root: name.slice(0, 60) },
    },
  )
}

function decode(bytes: Uint8Array, facts: Record<string, unknown>): string {
  if (isPicture(bytes)) {
    throw new DomainError('picture_of_invoice', 'Ce fichier est une image\u00a0: rien ne peut y être lu.', {
      remedy: 'Enregistrez-la en PDF et envoyez ce PDF, ou envoyez la facture électronique d’origine.',
      facts,
    })
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new DomainError('not_utf8', 'Le fichier n’est pas un texte en UTF-8.', {
      remedy: `Enregistrez-le en UTF-8. ${accepted}`,
      facts,
      cause,
    })
  }
}

/** PNG, JPEG, GIF, TIFF, or what a telephone makes (HEIC, WebP). */
const isPicture = (bytes: Uint8Array): boolean =>
  /^(\x89PNG|\xff\xd8\xff|GIF8|II\*\0|MM\0\*|RIFF.{4}WEBP|.{4}ftyp(heic|heix|mif1))/s.test(
    Buffer.from(bytes.subarray(0, 16)).toString('latin1'),
  )

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new DomainError('invalid_json', 'Le fichier commence comme du JSON et n’en est pas.', {
      remedy: 'Corrigez la syntaxe, d’après schema/invoice.schema.json.',
      facts: { detail: cause instanceof Error ? cause.message : '' },
      cause,
    })
  }
}
