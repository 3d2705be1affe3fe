import { PdfArray, PdfDict, PdfName, PdfNumber, PdfString, type PDF } from '@libpdf/core'

/**
 * Names each page as a reader shows it: « Pièce 3 - 2 » for the second page of exhibit 3. Each entry says the page (from 1)
 * where its part begins; pages before the first entry keep their rank.
 */
export function labelPages(document: PDF, parts: readonly { from: number; label: string }[]): void {
  const entries = parts.flatMap(({ from, label }) => [
    PdfNumber.of(from - 1),
    PdfDict.of({ S: PdfName.of('D'), P: PdfString.fromString(`${label} - `) }),
  ])
  document.context.catalog.getDict().set('PageLabels', PdfDict.of({ Nums: PdfArray.of(...entries) }))
}
