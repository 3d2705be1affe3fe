import { before, dayShortFr } from '../../schema/days.ts'
import { amountFr, divideHalfUp, sum } from '../../schema/money.ts'
import type { RawInvoice } from './einvoice-check.ts'
import type { ReadInvoice } from './einvoice.ts'
import { type AddDoubt, type Missing, whose } from './einvoice-party.ts'
import { cents, decimal, line } from './einvoice-values.ts'

/** What the agency needs, or the law wants, and the invoice does not say. */
export function listMissing(invoice: ReadInvoice, missing: Missing[]): void {
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

/** Sums that do not make one another. */
export function checkTotals(invoice: ReadInvoice, raw: RawInvoice, doubt: AddDoubt): void {
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

/** What makes one ask who owes what to whom. */
export function checkCircumstances(invoice: ReadInvoice, raw: RawInvoice, doubt: AddDoubt): void {
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
