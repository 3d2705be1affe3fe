import { type PDF, PdfArray, type PDFPage, PdfRef, PdfStream } from '@libpdf/core'
import { type Renumber, streamEntries } from './text.ts'

/** The streams that draw a page, in order. */
export const contentsOf = (page: PDFPage, document: PDF): PdfStream[] => {
  const resolve = document.context.resolve.bind(document.context)
  const contents = page.dict.get('Contents', resolve)
  const streams = contents instanceof PdfArray ? contents.toArray() : contents ? [contents] : []
  return streams
    .map((stream) => (stream instanceof PdfRef ? document.getObject(stream) : stream))
    .filter((stream) => stream instanceof PdfStream)
}

/** How a stream's data is packed, to be taken as it is. */
export function filterOf(stream: PdfStream, renumber: Renumber): string {
  const kept = PdfStream.fromDict({})
  for (const key of ['Filter', 'DecodeParms']) {
    const value = stream.get(key)
    if (value) kept.set(key, value)
  }
  return streamEntries(kept, renumber)
}

// A word may not run on from one stream into the next: ISO 32000-2, 7.8.2.
export const joined = (contents: PdfStream[]): Uint8Array =>
  Buffer.concat(contents.flatMap((stream) => [stream.getDecodedData(), Buffer.from('\n')]))
