import type { RawInvoice } from './einvoice-check.ts'
import type { RawParty } from './einvoice-party.ts'
import { profileName } from './einvoice-cii.ts'
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

/** A UBL 2.1 Invoice or CreditNote as strings, nothing checked yet. */
export function readUbl(root: XmlElement, creditNote: boolean): RawInvoice {
  const means = all(root, 'PaymentMeans')
  const sums = first(root, 'LegalMonetaryTotal')
  const currency = only(root, 'DocumentCurrencyCode')
  const sum = (name: string) => money(currency, sums, name)
  return {
    kind: creditNote ? 'credit_note' : null,
    typeCode: only(root, creditNote ? 'CreditNoteTypeCode' : 'InvoiceTypeCode'),
    number: only(root, 'ID'),
    issuedOn: only(root, 'IssueDate'),
    dueOn: [...texts(root, 'DueDate'), ...means.flatMap((one) => texts(one, 'PaymentDueDate'))],
    currency,
    total: sum('TaxInclusiveAmount'),
    net: sum('TaxExclusiveAmount'),
    tax: taxMoney(currency, all(root, 'TaxTotal', 'TaxAmount')),
    prepaid: sum('PrepaidAmount'),
    rounding: sum('PayableRoundingAmount'),
    payable: sum('PayableAmount'),
    lineTotal: sum('LineExtensionAmount'),
    allowances: sum('AllowanceTotalAmount'),
    charges: sum('ChargeTotalAmount'),
    seller: party(first(root, 'AccountingSupplierParty', 'Party')),
    buyer: party(first(root, 'AccountingCustomerParty', 'Party')),
    payee: text(root, 'PayeeParty', 'PartyName', 'Name'),
    ibans: means.flatMap((one) => texts(one, 'PayeeFinancialAccount', 'ID')),
    bic: means.flatMap((one) => texts(one, 'PayeeFinancialAccount', 'FinancialInstitutionBranch', 'ID'))[0] ?? null,
    paymentReference: means.flatMap((one) => texts(one, 'PaymentID'))[0] ?? null,
    orderReference: text(root, 'OrderReference', 'ID'),
    buyerReference: text(root, 'BuyerReference'),
    contractReference: text(root, 'ContractDocumentReference', 'ID'),
    deliveredOn: only(root, 'Delivery', 'ActualDeliveryDate'),
    paymentTerms: text(root, 'PaymentTerms', 'Note'),
    precedingInvoice: text(root, 'BillingReference', 'InvoiceDocumentReference', 'ID'),
    lines: all(root, creditNote ? 'CreditNoteLine' : 'InvoiceLine').map((line) => lineOf(line, currency, creditNote)),
    // The breakdown in the accounting currency, when there is one, has no subtotals.
    vat: all(root, 'TaxTotal', 'TaxSubtotal').map((row) => ({
      rate: only(row, 'TaxCategory', 'Percent'),
      basis: money(currency, row, 'TaxableAmount'),
      tax: money(currency, row, 'TaxAmount'),
      category: text(row, 'TaxCategory', 'ID'),
    })),
    notes: texts(root, 'Note'),
    source: { format: 'ubl', profile: profileName(text(root, 'CustomizationID')) },
  }
}

function lineOf(line: XmlNode, currency: string | null, creditNote: boolean): RawInvoice['lines'][number] {
  const quantity = creditNote ? 'CreditedQuantity' : 'InvoicedQuantity'
  return {
    description: text(line, 'Item', 'Name'),
    quantity: only(line, quantity),
    unit: attribute(first(line, quantity), 'unitCode'),
    unitPrice: money(currency, line, 'Price', 'PriceAmount'),
    baseQuantity: text(line, 'Price', 'BaseQuantity'),
    adjustments: all(line, 'AllowanceCharge').flatMap((one) => {
      const value = money(currency, one, 'Amount')
      if (value === null) return []
      return text(one, 'ChargeIndicator') === 'true' ? value : `-${value}`
    }),
    amount: money(currency, line, 'LineExtensionAmount'),
    vatRate: text(line, 'Item', 'ClassifiedTaxCategory', 'Percent'),
  }
}

function party(node: XmlNode | undefined): RawParty {
  const address = first(node, 'PostalAddress')
  const contact = first(node, 'Contact')
  const taxes = all(node, 'PartyTaxScheme').filter((one) => (text(one, 'TaxScheme', 'ID') ?? 'VAT') === 'VAT')
  const ids = [...all(node, 'PartyLegalEntity', 'CompanyID'), ...all(node, 'PartyIdentification', 'ID')]
  return {
    name: text(node, 'PartyLegalEntity', 'RegistrationName') ?? text(node, 'PartyName', 'Name'),
    legalForm: text(node, 'PartyLegalEntity', 'CompanyLegalForm'),
    ids: ids.map((one) => ({ scheme: attribute(one, 'schemeID'), value: text(one) ?? '' })),
    vat: taxes.flatMap((one) => texts(one, 'CompanyID'))[0] ?? null,
    lines: [
      ...texts(address, 'StreetName'),
      ...texts(address, 'AdditionalStreetName'),
      ...texts(address, 'AddressLine', 'Line'),
    ],
    postalCode: text(address, 'PostalZone'),
    city: text(address, 'CityName'),
    country: text(address, 'Country', 'IdentificationCode'),
    contact: {
      name: text(contact, 'Name'),
      phone: text(contact, 'Telephone'),
      email: text(contact, 'ElectronicMail'),
    },
  }
}
