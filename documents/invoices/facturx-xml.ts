import type { Day } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { amount, sum } from '../../schema/money.ts'
import type { InvoiceLine, Party, ReadInvoice } from './einvoice.ts'
import { block, decimal, line } from './einvoice-values.ts'

/** What a French invoice says besides its figures, as UNTDID 4451 names it. */
export interface Mention {
  /** PMD late-payment penalties, PMT the fixed 40 € between businesses, AAB discount, ABL company register, REG rule. */
  subject: 'PMD' | 'PMT' | 'AAB' | 'ABL' | 'REG'
  text: string
}

/** A ReadInvoice will do; `source`, `missing` and `doubts` are not written. */
export interface InvoiceToWrite extends Omit<ReadInvoice, 'source' | 'missing' | 'doubts'> {
  mentions?: Mention[]
  /** Why no VAT is charged, asked for by every VAT category but S and Z: « TVA non applicable, article 293 B du CGI ». */
  exemptionReason?: string
}

/**
 * The invoice as Cross Industry Invoice XML, profile EN 16931. Refuses (incomplete_invoice, inconsistent_invoice) what
 * that profile cannot say truthfully. Mentions are read back among the notes.
 */
export function writeCii(invoice: InvoiceToWrite): string {
  refuseIncomplete(invoice)
  refuseInconsistent(invoice)
  const { currency, lines, seller, buyer } = invoice
  const notes = [...invoice.notes.map((text): Partial<Mention> => ({ text })), ...(invoice.mentions ?? [])]
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n<rsm:CrossIndustryInvoice',
    ' xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"',
    ' xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"',
    ' xmlns:udt="urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"',
    ' xmlns:qdt="urn:un:unece:uncefact:data:standard:QualifiedDataType:100">\n',
    tag(
      'rsm:ExchangedDocumentContext',
      tag('ram:GuidelineSpecifiedDocumentContextParameter', leaf('ram:ID', 'urn:cen.eu:en16931:2017')),
    ),
    tag(
      'rsm:ExchangedDocument',
      leaf('ram:ID', line(invoice.number)),
      leaf('ram:TypeCode', invoice.kind === 'invoice' ? '380' : '381'),
      date('ram:IssueDateTime', invoice.issuedOn),
      ...notes.map(({ text, subject }) =>
        tag('ram:IncludedNote', leaf('ram:Content', block(text ?? null)), leaf('ram:SubjectCode', subject ?? null)),
      ),
    ),
    tag(
      'rsm:SupplyChainTradeTransaction',
      ...lines.map((one, i) => lineXml(one, i + 1, categoryOf(one, invoice)!)),
      tag(
        'ram:ApplicableHeaderTradeAgreement',
        leaf('ram:BuyerReference', line(invoice.buyerReference)),
        party('ram:SellerTradeParty', seller),
        party('ram:BuyerTradeParty', buyer),
        tag('ram:BuyerOrderReferencedDocument', leaf('ram:IssuerAssignedID', line(invoice.orderReference))),
        tag('ram:ContractReferencedDocument', leaf('ram:IssuerAssignedID', line(invoice.contractReference))),
      ),
      tag(
        'ram:ApplicableHeaderTradeDelivery',
        tag('ram:ActualDeliverySupplyChainEvent', date('ram:OccurrenceDateTime', invoice.deliveredOn)),
      ) || '<ram:ApplicableHeaderTradeDelivery/>\n',
      tag(
        'ram:ApplicableHeaderTradeSettlement',
        leaf('ram:PaymentReference', line(invoice.paymentReference)),
        leaf('ram:InvoiceCurrencyCode', currency),
        paymentMeans(invoice),
        ...invoice.vatBreakdown.map((row) =>
          tag(
            'ram:ApplicableTradeTax',
            leaf('ram:CalculatedAmount', amount(row.tax)),
            leaf('ram:TypeCode', 'VAT'),
            leaf('ram:ExemptionReason', charged(row.category) ? null : line(invoice.exemptionReason ?? null)),
            leaf('ram:BasisAmount', amount(row.basis)),
            leaf('ram:CategoryCode', row.category),
            leaf('ram:RateApplicablePercent', row.rate),
          ),
        ),
        tag(
          'ram:SpecifiedTradePaymentTerms',
          leaf('ram:Description', block(invoice.paymentTerms)),
          date('ram:DueDateDateTime', invoice.dueOn),
        ),
        tag(
          'ram:SpecifiedTradeSettlementHeaderMonetarySummation',
          leaf('ram:LineTotalAmount', amount(sum(lines.map((one) => one.amount)))),
          leaf('ram:TaxBasisTotalAmount', amount(invoice.net!)),
          leaf('ram:TaxTotalAmount', amount(invoice.tax!), { currencyID: currency }),
          leaf('ram:GrandTotalAmount', amount(invoice.total)),
          leaf('ram:TotalPrepaidAmount', amount(invoice.prepaid)),
          leaf('ram:DuePayableAmount', amount(invoice.payable)),
        ),
        tag('ram:InvoiceReferencedDocument', leaf('ram:IssuerAssignedID', line(invoice.precedingInvoice))),
      ),
    ),
    '</rsm:CrossIndustryInvoice>\n',
  ].join('')
}

function lineXml(one: InvoiceLine, rank: number, category: string): string {
  return tag(
    'ram:IncludedSupplyChainTradeLineItem',
    tag('ram:AssociatedDocumentLineDocument', leaf('ram:LineID', String(rank))),
    tag('ram:SpecifiedTradeProduct', leaf('ram:Name', line(one.description))),
    tag(
      'ram:SpecifiedLineTradeAgreement',
      tag('ram:NetPriceProductTradePrice', leaf('ram:ChargeAmount', one.unitPrice)),
    ),
    tag(
      'ram:SpecifiedLineTradeDelivery',
      leaf('ram:BilledQuantity', one.quantity, { unitCode: line(one.unit ?? null) ?? 'C62' }),
    ),
    tag(
      'ram:SpecifiedLineTradeSettlement',
      tag(
        'ram:ApplicableTradeTax',
        leaf('ram:TypeCode', 'VAT'),
        leaf('ram:CategoryCode', category),
        leaf('ram:RateApplicablePercent', one.vatRate),
      ),
      tag('ram:SpecifiedTradeSettlementLineMonetarySummation', leaf('ram:LineTotalAmount', amount(one.amount))),
    ),
  )
}

// Since the French reform a SIREN stands in BT-30 (scheme 0002) and a SIRET in BT-29 (scheme 0009).
function party(name: string, { address, contact, ...who }: Party): string {
  const [one, two, ...rest] = address?.lines ?? []
  return tag(
    name,
    leaf('ram:GlobalID', who.siret, { schemeID: '0009' }),
    leaf('ram:Name', line(who.name)),
    leaf('ram:Description', line(who.legalForm ?? null)),
    tag('ram:SpecifiedLegalOrganization', leaf('ram:ID', who.siren, { schemeID: '0002' })),
    tag(
      'ram:DefinedTradeContact',
      leaf('ram:PersonName', line(contact?.name ?? null)),
      tag('ram:TelephoneUniversalCommunication', leaf('ram:CompleteNumber', line(contact?.phone ?? null))),
      tag('ram:EmailURIUniversalCommunication', leaf('ram:URIID', line(contact?.email ?? null))),
    ),
    tag(
      'ram:PostalTradeAddress',
      leaf('ram:PostcodeCode', line(address?.postalCode ?? null)),
      leaf('ram:LineOne', line(one ?? null)),
      leaf('ram:LineTwo', line(two ?? null)),
      leaf('ram:LineThree', line(rest.join(', '))),
      leaf('ram:CityName', line(address?.city ?? null)),
      leaf('ram:CountryID', address?.country ?? null),
    ),
    tag('ram:SpecifiedTaxRegistration', leaf('ram:ID', line(who.vat), { schemeID: 'VA' })),
  )
}

function paymentMeans({ iban, bic }: InvoiceToWrite): string {
  if (iban === null && bic === null) return ''
  return tag(
    'ram:SpecifiedTradeSettlementPaymentMeans',
    leaf('ram:TypeCode', iban === null ? '1' : '30'),
    tag('ram:PayeePartyCreditorFinancialAccount', leaf('ram:IBANID', iban)),
    tag('ram:PayeeSpecifiedCreditorFinancialInstitution', leaf('ram:BICID', bic)),
  )
}

const charged = (category: string): boolean => category === 'S' || category === 'Z'

function categoryOf(one: InvoiceLine, invoice: InvoiceToWrite): string | undefined {
  return invoice.vatBreakdown.find((row) => sameRate(row.rate, one.vatRate))?.category
}

function sameRate(a: string | null, b: string | null): boolean {
  if (a === null || b === null) return a === b
  const [one, other] = [decimal(a), decimal(b)]
  if (one === 'other' || other === 'other') return false
  return one.digits * 10n ** BigInt(other.scale) === other.digits * 10n ** BigInt(one.scale)
}

function refuseIncomplete(invoice: InvoiceToWrite): void {
  const { seller, buyer, lines, vatBreakdown } = invoice
  const lacking = [
    ...(invoice.net === null ? ['net'] : []),
    ...(invoice.tax === null ? ['tax'] : []),
    ...(seller.address?.country ? [] : ['seller.address']),
    ...(buyer.address?.country ? [] : ['buyer.address']),
    ...(seller.vat === null && vatBreakdown.some((row) => row.category === 'S') ? ['seller.vat'] : []),
    ...(seller.vat === null && seller.siren === null ? ['seller.siren'] : []),
    ...(invoice.dueOn === null && invoice.paymentTerms === null && invoice.payable > 0n ? ['due_on'] : []),
    ...(lines.length === 0 ? ['lines'] : []),
    ...(vatBreakdown.length === 0 ? ['vat'] : []),
    ...(vatBreakdown.some((row) => !charged(row.category)) && !invoice.exemptionReason ? ['exemption_reason'] : []),
    ...lines.flatMap((one, i) => [
      ...(line(one.description) === null ? [`lines.${i}.description`] : []),
      ...(one.quantity === null ? [`lines.${i}.quantity`] : []),
      ...(one.unitPrice === null ? [`lines.${i}.unit_price`] : []),
      ...(categoryOf(one, invoice) === undefined ? [`lines.${i}.vat_rate`] : []),
    ]),
  ]
  if (lacking.length === 0) return
  throw new DomainError(
    'incomplete_invoice',
    `Pour écrire cette facture il manque ${lacking.slice(0, 8).join(', ')}.`,
    {
      remedy: 'Complétez ces données d’après schema/invoice.schema.json.',
      facts: { missing: lacking },
      article: 'CGI, annexe II, article 242 nonies A',
    },
  )
}

function refuseInconsistent({ net, tax, total, prepaid, payable, lines, vatBreakdown }: InvoiceToWrite): void {
  const faults = [
    ...(sum(lines.map((one) => one.amount)) === net ? [] : ['les lignes ne font pas le total hors taxes']),
    ...(sum(vatBreakdown.map((row) => row.basis)) === net ? [] : ['les bases de TVA ne font pas le total hors taxes']),
    ...(sum(vatBreakdown.map((row) => row.tax)) === tax ? [] : ['les lignes de TVA ne font pas son total']),
    ...(net! + tax! === total ? [] : ['hors taxes et TVA ne font pas le total']),
    ...(total - prepaid === payable ? [] : ['le total moins le déjà payé ne fait pas le net à payer']),
  ]
  if (faults.length === 0) return
  throw new DomainError('inconsistent_invoice', `Les montants ne s’accordent pas (${faults.join(', ')}).`, {
    remedy: 'Corrigez les montants avant d’émettre la facture.',
    facts: { faults },
  })
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escape = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign]!)

/** An element that holds others; nothing at all when they are all empty. */
function tag(name: string, ...children: string[]): string {
  const inner = children.join('')
  return inner === '' ? '' : `<${name}>\n${inner}</${name}>\n`
}

function leaf(name: string, value: string | null, attributes: Record<string, string> = {}): string {
  if (value === null || value === '') return ''
  const list = Object.entries(attributes).map(([key, text]) => ` ${key}="${escape(text)}"`)
  return `<${name}${list.join('')}>${escape(value)}</${name}>\n`
}

function date(name: string, day: Day | null): string {
  return day === null
    ? ''
    : tag(name, leaf('udt:DateTimeString', day.toString().replaceAll('-', ''), { format: '102' }))
}
