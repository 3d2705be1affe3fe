import { deflateSync } from 'node:zlib'
import { type PDF, PDFImage, PdfName, PdfNumber, PdfStream } from '@libpdf/core'

/** Decoded points (four bytes each, on white) as a picture of a PDF: one bit a point where all are black or white, else grey or RGB. */
export function embedPoints(document: PDF, rgba: Uint8Array, width: number, height: number): PDFImage {
  flatten(rgba)
  const depth = depthOf(rgba)
  const data = depth === 'bits' ? bits(rgba, width, height) : samples(rgba, width * height, depth === 'grey' ? 1 : 3)
  const stream = PdfStream.fromDict(
    {
      Type: PdfName.of('XObject'),
      Subtype: PdfName.of('Image'),
      Width: PdfNumber.of(width),
      Height: PdfNumber.of(height),
      ColorSpace: PdfName.of(depth === 'colour' ? 'DeviceRGB' : 'DeviceGray'),
      BitsPerComponent: PdfNumber.of(depth === 'bits' ? 1 : 8),
      Filter: PdfName.of('FlateDecode'),
    },
    new Uint8Array(deflateSync(data)),
  )
  return new PDFImage(document.register(stream), width, height)
}

// Paper is white: what a picture leaves clear shows it.
function flatten(rgba: Uint8Array): void {
  for (let at = 3; at < rgba.length; at += 4) {
    const alpha = rgba[at]!
    if (alpha === 255) continue
    for (let i = at - 3; i < at; i++) rgba[i] = Math.round((rgba[i]! * alpha + 255 * (255 - alpha)) / 255)
  }
}

function depthOf(rgba: Uint8Array): 'bits' | 'grey' | 'colour' {
  let depth: 'bits' | 'grey' = 'bits'
  for (let at = 0; at < rgba.length; at += 4) {
    const value = rgba[at]!
    if (value !== rgba[at + 1] || value !== rgba[at + 2]) return 'colour'
    if (value !== 0 && value !== 255) depth = 'grey'
  }
  return depth
}

function bits(rgba: Uint8Array, width: number, height: number): Uint8Array {
  const stride = Math.ceil(width / 8)
  const rows = new Uint8Array(stride * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (rgba[(y * width + x) * 4] === 255) rows[y * stride + (x >> 3)]! |= 0x80 >> (x & 7)
    }
  }
  return rows
}

function samples(rgba: Uint8Array, points: number, count: 1 | 3): Uint8Array {
  const out = new Uint8Array(points * count)
  for (let i = 0; i < points; i++) for (let c = 0; c < count; c++) out[i * count + c] = rgba[i * 4 + c]!
  return out
}
