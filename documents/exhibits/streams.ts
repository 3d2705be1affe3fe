import { inflateSync } from 'node:zlib'
import { type PDF, PdfArray, PdfDict, PdfName, PdfNumber, type PdfRef, PdfStream } from '@libpdf/core'
import type { Doubt } from '../../schema/errors.ts'
import type { PdfValue } from '../pdf/text.ts'
import { lzwLength } from './lzw.ts'
import { nestsWithoutEnd } from './nesting.ts'
import { refuse } from './refusal.ts'

type Resolve = (ref: PdfRef) => PdfValue | null

// What one page's drawing, or one picture, may grow to once it is inflated. A drawing of 64 MB is a thousand pages of text.
const maxDrawing = 64 << 20
const maxPicture = 1 << 30

/**
 * Refuses (`exhibit_bomb`) a PDF whose streams grow beyond all sense once opened: each reader after us would open them. A
 * stream that does not open at all would leave a blank where something was: that is flagged for a person.
 */
export function checkStreams(document: PDF, name: string, flags: Doubt[]): void {
  const { registry } = document.context
  const resolve: Resolve = document.context.resolve.bind(document.context)
  const objects = [...registry.getLoadedObjects().values(), ...registry.getNewObjects().values()]
  const found = objects.flatMap((object) =>
    object instanceof PdfStream ? (isVast(object, resolve) ? 'bomb' : opens(object, resolve)) : [],
  )
  if (found.includes('bomb') || nestsWithoutEnd(document)) {
    throw refuse(
      'exhibit_bomb',
      name,
      'enfle démesurément à l’ouverture',
      'Demandez ce document à une autre source, ou numérisez une version imprimée.',
    )
  }
  if (found.includes('damaged') && !flags.some(({ code }) => code === 'exhibit_recovered')) {
    flags.push({
      code: 'exhibit_recovered',
      message: `«\u00a0${name}\u00a0»\u00a0: une partie de ce fichier abîmé ne se lit plus\u00a0; relisez chaque page.`,
    })
  }
}

function opens(stream: PdfStream, resolve: Resolve): 'whole' | 'damaged' | 'bomb' {
  const isImage = isPicture(stream, resolve)
  const most = isImage ? maxPicture : maxDrawing
  let data: Uint8Array = stream.data
  const filters = listOf(stream, 'Filter', resolve)
  for (const [i, filter] of filters.entries()) {
    // A picture that is packed otherwise is told by its size.
    if (!(filter instanceof PdfName) || !(isImage ? flate : packings).has(filter.value)) return 'whole'
    const how = listOf(stream, 'DecodeParms', resolve)[i]
    if (lzw.has(filter.value) && lzwLength(data, earlyChange(how)) > most) return 'bomb'
    try {
      data = flate.has(filter.value)
        ? inflateSync(data, { maxOutputLength: most })
        : PdfStream.fromDict(
            { Filter: filter, ...(how instanceof PdfDict ? { DecodeParms: how } : {}) },
            data,
          ).getDecodedData()
    } catch (error) {
      return error instanceof RangeError ? 'bomb' : 'damaged'
    }
    if (data.length > most) return 'bomb'
  }
  return !isImage && holdsVastPicture(data) ? 'bomb' : 'whole'
}

const flate = new Set(['FlateDecode', 'Fl'])
const lzw = new Set(['LZWDecode', 'LZW'])
const packings = new Set([...flate, ...lzw, 'RunLengthDecode', 'RL', 'ASCII85Decode', 'A85', 'ASCIIHexDecode', 'AHx'])

function listOf(stream: PdfStream, key: string, resolve: Resolve): (PdfValue | undefined)[] {
  const value = stream.get(key, resolve)
  return value instanceof PdfArray ? value.toArray().map((_, i) => value.at(i, resolve)) : value ? [value] : []
}

const earlyChange = (how: PdfValue | undefined): number =>
  how instanceof PdfDict ? (how.getNumber('EarlyChange')?.value ?? 1) : 1

/** A picture within a drawing says its size in the drawing itself: ISO 32000-2, 8.9.7. */
function holdsVastPicture(data: Uint8Array): boolean {
  const drawing = Buffer.from(data.buffer, data.byteOffset, data.length)
  for (let at = drawing.indexOf('BI'); at >= 0; at = drawing.indexOf('BI', at + 2)) {
    const [, said] = /^BI\s([^]*?)\sID\s/.exec(drawing.toString('latin1', at, at + 1000)) ?? []
    if (said === undefined) continue
    const side = (key: string): number => Number(new RegExp(`/(?:${key})\\s*(\\d+)`).exec(said)?.[1] ?? 0)
    if (side('W|Width') * side('H|Height') > maxPicture) return true
  }
  return false
}

const isPicture = (stream: PdfStream, resolve: Resolve): boolean =>
  stream.getName('Subtype', resolve)?.value === 'Image'

function isVast(stream: PdfStream, resolve: Resolve): boolean {
  if (!isPicture(stream, resolve)) return false
  const side = (key: string): number => {
    const value = stream.get(key, resolve)
    return value instanceof PdfNumber ? value.value : 0
  }
  const bits = stream.get('ImageMask') ? 1 : side('BitsPerComponent') || 8
  return (side('Width') * side('Height') * bits) / 8 > maxPicture
}
