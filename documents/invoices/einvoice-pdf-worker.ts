// The program of the thread that opens a stranger's PDF: a damaged file can make any parser loop or fill the memory,
// and here that costs a thread and not the server.
import { parentPort, workerData } from 'node:worker_threads'
import { inflateSync } from 'node:zlib'
import { PDF, PdfArray, PdfDict, PdfName, PdfRef, PdfStream, PdfString } from '@libpdf/core'
import type { PdfReply, PdfTask } from './einvoice-pdf.ts'

const { bytes, maxBytes } = workerData as PdfTask
const reply = await read().catch((error: unknown): PdfReply => ({ refused: 'unreadable', detail: String(error) }))
parentPort!.postMessage(reply)

async function read(): Promise<PdfReply> {
  const pdf = await PDF.load(bytes)
  if (pdf.isEncrypted && !pdf.isAuthenticated) return { refused: 'encrypted' }
  // Cut short on its way: what could be saved of it is no invoice that anybody could read.
  if (pdf.getPageCount() === 0) return { refused: 'unreadable', detail: 'no page' }
  const files = embeddedFiles(pdf)
  // The standard's name first, then those of ZUGFeRD 2 and XRechnung, then an XML that stands alone.
  const names = [...files.keys()].filter((name) => /\.xml$/i.test(name))
  const known = ['factur-x.xml', 'zugferd-invoice.xml', 'xrechnung.xml']
  const chosen = known.flatMap((one) => names.filter((name) => name.toLowerCase() === one))[0]
  const name = chosen ?? (names.length === 1 ? names[0] : undefined)
  if (name === undefined) return { refused: 'without_xml', attachments: [...files.keys()].slice(0, 10) }
  return { xml: inflate(files.get(name)!), repaired: pdf.recoveredViaBruteForce }
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

function inflate(stream: PdfStream): Uint8Array {
  const filter = stream.get('Filter')
  const filters = filter instanceof PdfArray ? [...filter] : filter ? [filter] : []
  if (filters.some((one) => !(one instanceof PdfName) || one.value !== 'FlateDecode') || filters.length > 1) {
    throw new Error('an attachment is plain or deflated, nothing else')
  }
  const inflated = filters.length === 0 ? stream.data : inflateSync(stream.data, { maxOutputLength: maxBytes })
  if (inflated.length > maxBytes) throw new Error('too large once inflated')
  return new Uint8Array(inflated)
}
