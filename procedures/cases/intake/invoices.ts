import { invoiceFromJson } from '../../../documents/invoices/einvoice.ts'
import { writeFacturX } from '../../../documents/invoices/facturx.ts'
import type { Mention } from '../../../documents/invoices/facturx-xml.ts'
import { type Day, dayShortFr } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { amountFr, parseAmount } from '../../../schema/money.ts'
import { lawTerms } from '../../law/terms.ts'
import { legalValue } from '../../law/values.ts'
import { instantOf, type Office } from '../../office.ts'
import type { CaseFile } from '../file/file.ts'
import { record } from '../journal.ts'
import { isMalagasy, lateRate } from '../../money/ledger.ts'

/** Where the mandate has the agency send the invoices, those typed in are made into Factur-X PDFs and kept as originals. */
export async function issueInvoices(office: Office, sql: Sql, onDay: Day, file: CaseFile): Promise<void> {
  for (const invoice of file.invoices.filter((each) => each.original === null)) {
    const { source: _source, missing: _missing, doubts: _doubts, ...typed } = invoiceFromJson(invoice.source)
    const { pdf } = await writeFacturX(
      { ...typed, mentions: mentions(file, onDay) },
      { engine: office.typst, at: instantOf(onDay) },
    )
    const sha256 = await office.archive.put(pdf)
    await sql`update invoices set original = ${sha256} where id = ${invoice.id} and original is null`
    await record(sql, onDay, {
      caseId: file.case.id,
      kind: 'invoice_issued',
      detail: { number: invoice.number, sha256 },
      author: 'system',
    })
  }
}

/** C. com. L441-9, French law alone: the rate of the penalties and the fixed indemnity stand on an invoice between professionals. */
function mentions(file: CaseFile, onDay: Day): Mention[] {
  if (isMalagasy(file)) return []
  const rate = lateRate(file, onDay)
  if (!rate) return []
  const article = String(lawTerms(onDay).penalitesArticle)
  const indemnity = parseAmount(legalValue('indemnite-forfaitaire', onDay, file.debtor.kind).value)
  return [
    {
      subject: 'PMD',
      text: `Pénalités de retard au ${dayShortFr(onDay)}\u00a0: ${rate.taux.replace('.', ',')}\u00a0% par an (article ${article}).`,
    },
    { subject: 'PMT', text: `Indemnité forfaitaire pour frais de recouvrement\u00a0: ${amountFr(indemnity)}.` },
  ]
}
