import { deflateSync } from 'node:zlib'
import type { PDF, PDFPage } from '@libpdf/core'
import { contentsOf, filterOf, joined } from '../pdf/page-contents.ts'
import { copier, PdfFile, type PdfSink } from '../pdf/file.ts'
import { type Renumber, valueText } from '../pdf/text.ts'

const shown = ['MediaBox', 'Rotate', 'Resources', 'Group']

/**
 * Writes the pages of a document, each drawn by one stream, and what they are drawn with. Nothing else of it comes along: no
 * action, annotation, name, attached file or outline. Same pages and identifier, same bytes.
 */
export async function writeStatic(document: PDF, sink: PdfSink, id: string): Promise<number> {
  const file = new PdfFile(sink, Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1'))
  const [catalog, tree] = [file.reserve(), file.reserve()]
  const { renumber, drain } = copier(file, document)
  const pages: number[] = []
  for (const page of document.getPages()) {
    pages.push(addPage(file, document, page, tree, renumber))
    await drain()
  }
  file.addText(catalog, `<</Type/Catalog/Pages ${tree} 0 R>>`)
  file.addText(tree, `<</Type/Pages/Count ${pages.length}/Kids[${pages.map((page) => `${page} 0 R`).join(' ')}]>>`)
  await file.end(`/Root ${catalog} 0 R/ID[<${id}> <${id}>]`)
  return file.length
}

function addPage(file: PdfFile, document: PDF, page: PDFPage, tree: number, renumber: Renumber): number {
  const [number, contents] = [file.reserve(), file.reserve()]
  const entries = shown.flatMap((key) => {
    const value = page.dict.get(key)
    return value ? [`/${key} ${valueText(value, renumber)}`] : []
  })
  file.addText(number, `<</Type/Page/Parent ${tree} 0 R${entries.join('')}/Contents ${contents} 0 R>>`)
  const streams = contentsOf(page, document)
  if (streams.length === 1) file.addStream(contents, filterOf(streams[0]!, renumber), streams[0]!.data)
  else file.addStream(contents, '/Filter/FlateDecode', new Uint8Array(deflateSync(joined(streams))))
  return number
}
