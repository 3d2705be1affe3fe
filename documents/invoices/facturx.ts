import { isValidIBAN, friendlyFormatIBAN } from 'ibantools'
import { dayFr } from '../../schema/days.ts'
import { amount, amountFr } from '../../schema/money.ts'
import { addressLines } from '../rendering/blocks.ts'
import { epcCode } from '../rendering/scan-codes.ts'
import type { Party, ReadInvoice } from './einvoice.ts'
import { block, line } from './einvoice-values.ts'
import { writeCii, type InvoiceToWrite } from './facturx-xml.ts'
import { describeFacturx } from './facturx-xmp.ts'
import type { TypstEngine } from '../typst/typst.ts'

/**
 * The invoice as a Factur-X: a PDF/A-3b that people read, carrying the XML (profile EN 16931) that programs read.
 * Same invoice and instant, same bytes. Refuses like writeCii what the law or the standard does not let be written.
 */
export async function writeFacturX(
  invoice: InvoiceToWrite,
  { engine, at }: { engine: TypstEngine; at: Temporal.Instant },
): Promise<{ pdf: Uint8Array; xml: string }> {
  const xml = writeCii(invoice)
  const pdf = await engine.compile({
    template: 'invoice.typ',
    data: printed(invoice),
    files: { '/factur-x.xml': new TextEncoder().encode(xml) },
    pdf: { timestamp: at, standard: 'a-3b' },
  })
  return { pdf: describeFacturx(pdf), xml }
}

/**
 * The same sheet for an invoice that came as data alone: what the data says and nothing more (no code to scan, no reference of
 * ours), with a notice that says what it stands for. Nothing is attached to it and nothing may be missing that was not.
 */
export async function invoiceSheet(
  invoice: ReadInvoice,
  { engine, at, notice }: { engine: TypstEngine; at: Temporal.Instant; notice: string },
): Promise<Uint8Array> {
  const data = { ...printed({ ...invoice, paymentReference: invoice.paymentReference ?? '' }), qr: null, notice }
  return engine.compile({ template: 'invoice.typ', data, pdf: { timestamp: at } })
}

// « 1234.500 » → « 1 234,5 »; a price keeps two decimals at least.
function decimalFr(text: string, places = 0): string {
  const [whole, decimals = ''] = text.replace('-', '\u2212').split('.') as [string, string?]
  const kept = decimals.replace(/0+$/, '').padEnd(places, '0')
  return whole.replace(/\B(?=(\d{3})+$)/g, '\u202f') + (kept && `,${kept}`)
}
const rateFr = (text: string | null): string => (text === null ? '' : `${decimalFr(text)}\u00a0%`)

// The common ones of UN/ECE recommendation 20; the others print as their code.
const units: Record<string, string> = {
  C62: '',
  H87: '',
  EA: '',
  LTR: 'L',
  KGM: 'kg',
  HUR: 'h',
  DAY: 'j',
  MTR: 'm',
  MTK: 'm²',
}

function printed(invoice: InvoiceToWrite) {
  const { currency, seller, buyer, kind, iban, dueOn } = invoice
  const money = (cents: bigint) => amountFr(cents, currency).replace('-', '\u2212')
  const row = (label: string, value: string | null) => (value === null || value === '' ? [] : [{ label, value }])
  const isInvoice = kind === 'invoice'
  const heading = isInvoice ? 'Facture' : 'Avoir'
  const number = line(invoice.number)!
  const reference = invoice.paymentReference === '' ? null : (line(invoice.paymentReference) ?? number)
  const scannable = isInvoice && iban !== null && isValidIBAN(iban) && currency === 'EUR'
  return {
    title: `${heading} ${number}`,
    notice: null,
    heading,
    number,
    seller: printedParty(seller),
    buyer: printedParty(buyer),
    footer: [line(seller.name), line(seller.legalForm ?? null), seller.siren && `SIREN ${group(seller.siren)}`]
      .filter(Boolean)
      .join(' · '),
    labels: {
      buyer: isInvoice ? 'Facturé à' : 'Adressé à',
      vat: 'TVA',
      payment: 'Règlement',
      qr: 'Virement à scanner',
    },
    facts: [
      ...row(isInvoice ? 'Date de facture' : 'Date d’avoir', dayFr(invoice.issuedOn)),
      ...row('Échéance', isInvoice && dueOn ? dayFr(dueOn) : null),
      ...row('Livraison ou exécution', invoice.deliveredOn && dayFr(invoice.deliveredOn)),
      ...row('Commande', line(invoice.orderReference)),
      ...row('Contrat', line(invoice.contractReference)),
      ...row('Facture d’origine', line(invoice.precedingInvoice)),
      ...row(
        'Contact',
        [seller.contact?.name, seller.contact?.phone, seller.contact?.email]
          .map((one) => line(one ?? null))
          .filter(Boolean)
          .join('\n'),
      ),
    ],
    columns: ['Désignation', 'Quantité', 'Prix unitaire HT', 'TVA', 'Montant HT'],
    lines: invoice.lines.map((one) => [
      line(one.description) ?? '',
      [one.quantity === null ? '' : decimalFr(one.quantity), units[one.unit ?? 'C62'] ?? line(one.unit ?? null)]
        .filter(Boolean)
        .join('\u00a0'),
      one.unitPrice === null ? '' : decimalFr(one.unitPrice, 2),
      rateFr(one.vatRate),
      money(one.amount),
    ]),
    vatColumns: ['Taux', 'Base HT', 'TVA'],
    vat: invoice.vatBreakdown.map((one) => [rateFr(one.rate) || '–', money(one.basis), money(one.tax)]),
    exemption: line(invoice.exemptionReason ?? null),
    totals: [
      ...row('Total HT', invoice.net === null ? null : money(invoice.net)),
      ...row('TVA', invoice.tax === null ? null : money(invoice.tax)),
      ...row('Total TTC', money(invoice.total)),
      ...row('Déjà payé', invoice.prepaid > 0n ? `\u2212${money(invoice.prepaid)}` : null),
    ],
    payable: { label: isInvoice ? 'Net à payer' : 'À votre crédit', value: money(invoice.payable) },
    payment: [
      ...row('Conditions', block(invoice.paymentTerms)),
      ...row('IBAN', iban && (friendlyFormatIBAN(iban)?.replaceAll(' ', '\u00a0') ?? iban)),
      ...row('BIC', invoice.bic),
      ...row('Référence à rappeler', isInvoice && iban !== null ? reference : null),
    ],
    qr:
      (scannable &&
        reference !== null &&
        epcCode(line(seller.name)!, iban, invoice.bic ?? undefined, amount(invoice.payable), reference)) ||
      null,
    notes: [...invoice.notes, ...(invoice.mentions ?? []).map(({ text }) => text)].flatMap((text) => block(text) ?? []),
  }
}

const group = (digits: string): string =>
  digits
    .replace(/^(\d{3})(\d{3})(\d{3})(\d*)$/, '$1 $2 $3 $4')
    .trim()
    .replaceAll(' ', '\u00a0')

function printedParty(party: Party) {
  const { address } = party
  return {
    name: line(party.name)!,
    address: address
      ? addressLines({
          lignes: address.lines.flatMap((one) => line(one) ?? []),
          codePostal: line(address.postalCode) ?? '',
          ville: line(address.city) ?? '',
          pays: address.country,
        })
      : [],
    numbers: [
      ...(party.legalForm ? [line(party.legalForm) ?? ''] : []),
      ...(party.siret ? [`SIRET ${group(party.siret)}`] : party.siren ? [`SIREN ${group(party.siren)}`] : []),
      ...(party.vat ? [`TVA ${party.vat}`] : []),
    ],
  }
}
