// The program of the processes that open a stranger's PDF: a damaged file can make any parser loop or fill the memory, and
// here that costs a process and not the server.
import { inflateSync } from 'node:zlib'
import { PDF, PdfArray, PdfDict, PdfName, PdfRef, PdfStream, PdfString } from '@libpdf/core'
import { DomainError } from '../../schema/errors.ts'
import { serve } from '../reader.ts'
import { type PdfReply, type PdfTask, unreadable } from './einvoice-pdf.ts'

serve(read, (error) => unreadable(String(error)))

async function read({ bytes, maxBytes }: PdfTask): Promise<PdfReply> {
  const pdf = await PDF.load(bytes)
  if (pdf.isEncrypted && !pdf.isAuthenticated) {
    throw new DomainError('encrypted_pdf', 'Le PDF est protégé par un mot de passe.', {
      remedy: 'Envoyez la facture sans mot de passe.',
    })
  }
  // Cut short on its way: what could be saved of it is no invoice that anybody could read.
  if (pdf.getPageCount() === 0) throw unreadable('no page')
  const files = embeddedFiles(pdf)
  // The standard's name first, then those of ZUGFeRD 2 and XRechnung, then an XML that stands alone.
  const names = [...files.keys()].filter((name) => /\.xml$/i.test(name))
  const known = ['factur-x.xml', 'zugferd-invoice.xml', 'xrechnung.xml']
  const chosen = known.flatMap((one) => names.filter((name) => name.toLowerCase() === one))[0]
  const name = chosen ?? (names.length === 1 ? names[0] : undefined)
  if (name === undefined) {
    throw new DomainError('pdf_without_xml', 'Ce PDF ne porte pas de facture électronique (aucun factur-x.xml).', {
      remedy: 'Demandez la facture au format Factur-X, envoyez son XML, ou saisissez-la et joignez le PDF comme pièce.',
      facts: { attachments: [...files.keys()].slice(0, 10) },
    })
  }
  return { xml: inflate(files.get(name)!, maxBytes), repaired: pdf.recoveredViaBruteForce }
}

// The library's own list reads sizes by inflating whole streams: a few kilobytes could fill the memory.
function embeddedFiles(pdf: PDF): Map<string, PdfStream> {
  const found = new Map<string, PdfStream>()
  const seen = new Set<string>()
  const resolve = (value: unknown): unknown => (value instanceof PdfRef ? pdf.getObject(value) : value)
  const dict = (value: unknown): PdfDict | undefined => {
    const resolved = resolve(value)
    return resolved instanceof PdfDict ? resolved : undefined
  }
  const walk = (node: unknown, depth: number): void => {
    if (depth > 20 || (node instanceof PdfRef && (seen.size > 1000 || seen.has(node.toString())))) return
    if (node instanceof PdfRef) seen.add(node.toString())
    const tree = dict(node)
    const kids = resolve(tree?.get('Kids'))
    if (kids instanceof PdfArray) for (const kid of kids) walk(kid, depth + 1)
    const names = resolve(tree?.get('Names'))
    if (!(names instanceof PdfArray)) return
    for (const entry of names) {
      const spec = dict(entry)
      const files = dict(spec?.get('EF'))
      const stream = resolve(files?.get('UF') ?? files?.get('F'))
      const name = resolve(spec?.get('UF') ?? spec?.get('F'))
      if (stream instanceof PdfStream && name instanceof PdfString) found.set(name.asString(), stream)
    }
  }
  walk(dict(pdf.getCatalog().get('Names'))?.get('EmbeddedFiles'), 0)
  return found
}

function inflate(stream: PdfStream, maxBytes: number): Uint8Array {
  const filter = stream.get('Filter')
  const filters = filter instanceof PdfArray ? [...filter] : filter ? [filter] : []
  if (filters.some((one) => !(one instanceof PdfName) || one.value !== 'FlateDecode') || filters.length > 1) {
    throw new Error('an attachment is plain or deflated, nothing else')
  }
  const inflated = filters.length === 0 ? stream.data : inflateSync(stream.data, { maxOutputLength: maxBytes })
  if (inflated.length > maxBytes) throw new Error('too large once inflated')
  return new Uint8Array(inflated)
}
