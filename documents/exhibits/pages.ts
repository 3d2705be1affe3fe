import { PDF, PdfArray, PDFImage, PdfName, PdfNumber, PdfStream } from '@libpdf/core'
import UTIF from 'utif2'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { refuse } from './refusal.ts'
import { embedPoints } from './points.ts'
import { jpegOrientation, type Orientation, turnOf } from '../pdf/orientation.ts'

const maxPages = 1000
// An A3 at 600 dots per inch; each point takes four bytes while it is decoded.
const maxPixels = 100_000_000
const a4 = { width: 595.28, height: 841.89 }
const margin = 28

/** A photograph on its page, whole, with its own bytes, upright, never enlarged beyond a point a pixel. */
export function jpegPage(bytes: Uint8Array, name: string, flags: Doubt[]): PDF {
  const document = PDF.create()
  const image = readable(name, () => {
    const plain = document.embedJpeg(bytes)
    return components(bytes) === 4 ? fourColours(document, bytes, plain) : plain
  })
  refuseVast(image, name)
  place(document, image, jpegOrientation(bytes), name, flags)
  return document
}

/**
 * The same for a PNG; null for one that the library would read wrongly without a word (one, two, four or sixteen bits a
 * sample) or not at all (interlaced): Typst draws it.
 */
export function pngPage(bytes: Uint8Array, name: string, flags: Doubt[]): PDF | null {
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 33) throw unreadable(name, undefined)
  refuseVast({ width: head.getUint32(16), height: head.getUint32(20) }, name)
  const [depth, interlaced] = [head.getUint8(24), head.getUint8(28)]
  if (depth !== 8 || interlaced !== 0) return null
  const document = PDF.create()
  place(
    document,
    readable(name, () => document.embedPng(bytes)),
    turnOf(1),
    name,
    flags,
  )
  return document
}

/** Each page of a TIFF (scanners and fax servers make them) as a page, upright, without its thumbnails. */
export function tiffPages(bytes: Uint8Array, name: string, flags: Doubt[]): PDF {
  const document = PDF.create()
  readable(name, () => {
    const file = Buffer.from(bytes)
    for (const page of UTIF.decode(file)) {
      const [width = 0, height = 0] = [tag(page, 't256'), tag(page, 't257')]
      // Bit 0 of NewSubfileType: a smaller copy of another page.
      if (((tag(page, 't254') ?? 0) & 1) === 1 || width === 0) continue
      refuseVast({ width, height }, name)
      if (document.getPageCount() >= maxPages) throw tooBig(name)
      if (tag(page, 't262') === 5) {
        throw refuse('exhibit_kind', name, 'est une image en quadrichromie', 'Enregistrez-la en JPEG ou en PDF.')
      }
      UTIF.decodeImage(file, page)
      const points = UTIF.toRGBA8(page)
      if (points.length !== width * height * 4) throw new Error('cut short')
      place(document, embedPoints(document, points, width, height), turnOf(tag(page, 't274') ?? 1), name, flags)
    }
  })
  if (document.getPageCount() > 0) return document
  throw refuse('bad_exhibit', name, 'ne contient aucune image', 'Demandez de nouveau ce document.')
}

function readable<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (cause instanceof DomainError) throw cause
    throw unreadable(name, cause)
  }
}

function place(document: PDF, image: PDFImage, turn: Orientation, name: string, flags: Doubt[]): void {
  if (turn.mirrored) {
    flags.push({
      code: 'exhibit_mirrored',
      message: `«\u00a0${name}\u00a0»\u00a0: image en miroir selon son appareil\u00a0; vérifiez son sens.`,
    })
  }
  // The page is laid out as stored and then turned, as the phone that took the picture says.
  const landscape = image.width > image.height
  const page = document.addPage(landscape ? { width: a4.height, height: a4.width } : a4)
  const wide = landscape ? a4.height : a4.width
  const high = landscape ? a4.width : a4.height
  const scale = Math.min((wide - 2 * margin) / image.width, (high - 2 * margin) / image.height, 1)
  const width = image.width * scale
  const height = image.height * scale
  page.drawImage(image, { x: (wide - width) / 2, y: (high - height) / 2, width, height })
  page.setRotation(turn.degrees)
}

/** Photoshop and printers' programs store their four inks upside down, and say so by a mark of their own (APP14). */
function fourColours(document: PDF, bytes: Uint8Array, { ref, width, height }: PDFImage): PDFImage {
  const plain = document.context.resolve(ref)
  if (!(plain instanceof PdfStream) || !Buffer.from(bytes.subarray(0, 65_536)).includes('Adobe\0')) {
    return new PDFImage(ref, width, height)
  }
  plain.set('ColorSpace', PdfName.of('DeviceCMYK'))
  plain.set('Decode', PdfArray.of(...[1, 0, 1, 0, 1, 0, 1, 0].map((bound) => PdfNumber.of(bound))))
  return new PDFImage(ref, width, height)
}

/** How many colours a JPEG's frame has. */
function components(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 2; at + 10 < bytes.length && view.getUint8(at) === 0xff; at += 2 + view.getUint16(at + 2)) {
    const mark = view.getUint8(at + 1)
    if (mark >= 0xc0 && mark <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(mark)) return view.getUint8(at + 9)
  }
  return 0
}

const tag = (page: UTIF.IFD, key: `t${number}`): number | undefined => {
  const values = page[key]
  const value = Array.isArray(values) ? values[0] : undefined
  return typeof value === 'number' ? value : undefined
}

function refuseVast({ width, height }: { width: number; height: number }, name: string): void {
  if (width * height > maxPixels) throw tooBig(name)
}

const tooBig = (name: string): DomainError =>
  refuse(
    'exhibit_too_big',
    name,
    'a trop de pages ou de points',
    'Numérisez-la moins finement, ou coupez-la en plusieurs pièces.',
  )
const unreadable = (name: string, cause: unknown): DomainError =>
  refuse('bad_exhibit', name, 'est une image illisible', 'Enregistrez-la de nouveau en PDF, JPEG ou PNG.', cause)
