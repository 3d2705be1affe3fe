import { DomainError } from '../../schema/errors.ts'
import type { RawInvoice } from './einvoice-check.ts'
import type { RawParty } from './einvoice-party.ts'
import {
  all,
  attribute,
  first,
  money,
  only,
  taxMoney,
  text,
  texts,
  type XmlElement,
  type XmlNode,
} from './einvoice-xml.ts'

const profiles: [RegExp, string][] = [
  [/factur-x\.eu:1p0:minimum|zugferd\.de:2p\d:minimum/, 'MINIMUM'],
  [/factur-x\.eu:1p0:basicwl|zugferd\.de:2p\d:basicwl/, 'BASIC WL'],
  [/factur-x\.eu:1p0:basic|zugferd\.de:2p\d:basic/, 'BASIC'],
  [/factur-x\.eu:1p0:extended|zugferd\.de:2p\d:extended/, 'EXTENDED'],
  [/xrechnung/, 'XRECHNUNG'],
  [/^urn:cen\.eu:en16931:2017/, 'EN 16931'],
]

/** The short name of a Factur-X profile; another guideline stays as it is written. */
export const profileName = (guideline: string | null): string | null =>
  guideline === null ? null : (profiles.find(([pattern]) => pattern.test(guideline))?.[1] ?? guideline)

/** A Cross Industry Invoice (UN/CEFACT D16B, the syntax of Factur-X) as strings, nothing checked yet. */
export function readCii(root: XmlElement, format: 'factur-x' | 'cii'): RawInvoice {
  const document = first(root, 'ExchangedDocument')
  const trade = first(root, 'SupplyChainTradeTransaction')
  const agreement = first(trade, 'ApplicableHeaderTradeAgreement')
  const delivery = first(trade, 'ApplicableHeaderTradeDelivery')
  const settlement = first(trade, 'ApplicableHeaderTradeSettlement')
  const sums = first(settlement, 'SpecifiedTradeSettlementHeaderMonetarySummation')
  const means = all(settlement, 'SpecifiedTradeSettlementPaymentMeans')
  const currency = only(settlement, 'InvoiceCurrencyCode')
  const sum = (name: string) => money(currency, sums, name)
  const basis = sum('TaxBasisTotalAmount')
  return {
    kind: null,
    typeCode: only(document, 'TypeCode'),
    number: only(document, 'ID'),
    issuedOn: date(first(document, 'IssueDateTime')),
    dueOn: all(settlement, 'SpecifiedTradePaymentTerms', 'DueDateDateTime').flatMap((one) => date(one) ?? []),
    currency,
    total: sum('GrandTotalAmount'),
    net: basis,
    tax: taxMoney(currency, all(sums, 'TaxTotalAmount')),
    prepaid: sum('TotalPrepaidAmount'),
    rounding: sum('RoundingAmount'),
    payable: sum('DuePayableAmount'),
    lineTotal: sum('LineTotalAmount'),
    allowances: sum('AllowanceTotalAmount'),
    charges: sum('ChargeTotalAmount'),
    seller: party(first(agreement, 'SellerTradeParty')),
    buyer: party(first(agreement, 'BuyerTradeParty')),
    payee: text(settlement, 'PayeeTradeParty', 'Name'),
    ibans: means.flatMap((one) => texts(one, 'PayeePartyCreditorFinancialAccount', 'IBANID')),
    bic: means.flatMap((one) => texts(one, 'PayeeSpecifiedCreditorFinancialInstitution', 'BICID'))[0] ?? null,
    paymentReference: text(settlement, 'PaymentReference'),
    orderReference: text(agreement, 'BuyerOrderReferencedDocument', 'IssuerAssignedID'),
    buyerReference: text(agreement, 'BuyerReference'),
    contractReference: text(agreement, 'ContractReferencedDocument', 'IssuerAssignedID'),
    deliveredOn: date(first(delivery, 'ActualDeliverySupplyChainEvent', 'OccurrenceDateTime')),
    paymentTerms: text(settlement, 'SpecifiedTradePaymentTerms', 'Description'),
    precedingInvoice: text(settlement, 'InvoiceReferencedDocument', 'IssuerAssignedID'),
    lines: all(trade, 'IncludedSupplyChainTradeLineItem').map((line) => lineOf(line, currency)),
    vat: all(settlement, 'ApplicableTradeTax').map((tax) => ({
      rate: only(tax, 'RateApplicablePercent'),
      basis: money(currency, tax, 'BasisAmount'),
      tax: money(currency, tax, 'CalculatedAmount'),
      category: text(tax, 'CategoryCode'),
    })),
    notes: texts(document, 'IncludedNote', 'Content'),
    source: {
      format,
      profile: profileName(text(root, 'ExchangedDocumentContext', 'GuidelineSpecifiedDocumentContextParameter', 'ID')),
    },
  }
}

function lineOf(line: XmlNode, currency: string | null): RawInvoice['lines'][number] {
  const price = first(line, 'SpecifiedLineTradeAgreement', 'NetPriceProductTradePrice')
  const settlement = first(line, 'SpecifiedLineTradeSettlement')
  const quantity = first(line, 'SpecifiedLineTradeDelivery', 'BilledQuantity')
  return {
    description: text(line, 'SpecifiedTradeProduct', 'Name'),
    quantity: only(line, 'SpecifiedLineTradeDelivery', 'BilledQuantity'),
    unit: attribute(quantity, 'unitCode'),
    unitPrice: money(currency, price, 'ChargeAmount'),
    baseQuantity: text(price, 'BasisQuantity'),
    adjustments: all(settlement, 'SpecifiedTradeAllowanceCharge').flatMap((one) => {
      const value = money(currency, one, 'ActualAmount')
      if (value === null) return []
      return text(one, 'ChargeIndicator', 'Indicator') === 'true' ? value : `-${value}`
    }),
    amount: money(currency, settlement, 'SpecifiedTradeSettlementLineMonetarySummation', 'LineTotalAmount'),
    vatRate: text(settlement, 'ApplicableTradeTax', 'RateApplicablePercent'),
  }
}

function party(node: XmlNode | undefined): RawParty {
  const legal = first(node, 'SpecifiedLegalOrganization')
  const address = first(node, 'PostalTradeAddress')
  const contact = first(node, 'DefinedTradeContact')
  const registrations = all(node, 'SpecifiedTaxRegistration', 'ID')
  const ids = [...all(legal, 'ID'), ...all(node, 'GlobalID')]
  return {
    name: text(node, 'Name'),
    legalForm: text(node, 'Description'),
    ids: ids.flatMap((one) => ({ scheme: attribute(one, 'schemeID'), value: text(one) ?? '' })),
    vat: text(registrations.find((one) => attribute(one, 'schemeID') === 'VA')),
    lines: ['LineOne', 'LineTwo', 'LineThree'].flatMap((name) => text(address, name) ?? []),
    postalCode: text(address, 'PostcodeCode'),
    city: text(address, 'CityName'),
    country: text(address, 'CountryID'),
    contact: {
      name: text(contact, 'PersonName') ?? text(contact, 'DepartmentName'),
      phone: text(contact, 'TelephoneUniversalCommunication', 'CompleteNumber'),
      email: text(contact, 'EmailURIUniversalCommunication', 'URIID'),
    },
  }
}

// Format 102 of UNTDID 2379 is YYYYMMDD; the standard allows no other here.
function date(node: XmlNode | undefined): string | null {
  const stamp = first(node, 'DateTimeString')
  const value = only(node, 'DateTimeString')
  if (value === null) return null
  const digits = /^(\d{4})(\d{2})(\d{2})$/.exec(value)
  if (!digits || (attribute(stamp, 'format') ?? '102') !== '102') {
    throw new DomainError('bad_date', `«\u00a0${value.slice(0, 40)}\u00a0» n’est pas une date de facture CII.`, {
      remedy: 'Une date s’y écrit AAAAMMJJ, au format 102.',
      facts: { date: value.slice(0, 40), format: attribute(stamp, 'format') },
    })
  }
  return digits.slice(1).join('-')
}
