import { type PDF, type PdfDict, type PdfRef, PdfStream } from '@libpdf/core'
import { contentsOf } from '../pdf/page-contents.ts'
import type { PdfValue } from '../pdf/text.ts'

// What the drawing of one page may come to, its forms within forms counted each time that they are shown.
const most = 1_000_000
const deepest = 60

/**
 * True for a PDF whose forms show each other so often that no reader would ever finish a page: ten forms that each show the
 * next one ten times are ten thousand million drawings. A form that shows itself is left out: readers stop there.
 */
export function nestsWithoutEnd(document: PDF): boolean {
  const resolve = document.context.resolve.bind(document.context)
  const known = new Map<PdfStream, number>()
  const above = new Set<PdfStream>()

  const weightOf = (form: PdfStream, inherited: PdfDict | undefined): number => {
    if (above.has(form)) return 0
    const found = known.get(form)
    if (found !== undefined) return found
    if (above.size >= deepest) return most
    above.add(form)
    const weight = 1 + weightOfDrawing([form], form.getDict('Resources', resolve) ?? inherited)
    above.delete(form)
    known.set(form, weight)
    return weight
  }
  const weightOfDrawing = (streams: PdfStream[], resources: PdfDict | undefined): number => {
    const forms = formsOf(resources?.getDict('XObject', resolve), resolve)
    // Most pages show pictures alone, and need not be read.
    if (forms.size === 0) return 0
    let weight = 0
    for (const [name, times] of shownIn(streams)) {
      const form = forms.get(name)
      if (form) weight += times * weightOf(form, resources)
      if (weight > most) return most
    }
    return weight
  }
  return document
    .getPages()
    .some((page) => weightOfDrawing(contentsOf(page, document), page.dict.getDict('Resources', resolve)) >= most)
}

function formsOf(objects: PdfDict | undefined, resolve: (ref: PdfRef) => PdfValue | null): Map<string, PdfStream> {
  const forms = new Map<string, PdfStream>()
  for (const [{ value: name }] of objects ?? []) {
    const form = objects!.get(name, resolve)
    if (form instanceof PdfStream && form.getName('Subtype', resolve)?.value === 'Form') forms.set(name, form)
  }
  return forms
}

/** What a drawing shows by name (« /X1 Do »), and how often. */
function shownIn(streams: PdfStream[]): Map<string, number> {
  const times = new Map<string, number>()
  for (const stream of streams) {
    const drawing = Buffer.from(textOf(stream)).toString('latin1')
    for (const [, name] of drawing.matchAll(/\/([^\s/<>[\](){}%]+)\s+Do\b/g)) {
      const plain = name!.replaceAll(/#([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number(`0x${hex}`)))
      times.set(plain, (times.get(plain) ?? 0) + 1)
    }
  }
  return times
}

function textOf(stream: PdfStream): Uint8Array {
  try {
    return stream.getDecodedData()
  } catch {
    // What does not open shows nothing; it is flagged elsewhere.
    return new Uint8Array()
  }
}
