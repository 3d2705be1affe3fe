import { inflateSync } from 'node:zlib'
import { type PDF, PdfArray, PdfName, PdfNumber, PdfStream } from '@libpdf/core'
import type { Doubt } from '../../schema/errors.ts'
import { refuse } from './refusal.ts'

// What one page's drawing, or one picture, may grow to once it is inflated. A drawing of 64 MB is a thousand pages of text.
const maxDrawing = 64 << 20
const maxPicture = 1 << 30

/**
 * Refuses (`exhibit_bomb`) a PDF whose streams grow beyond all sense once opened: each reader after us would open them. A
 * stream that does not open at all would leave a blank where something was: that is flagged for a person.
 */
export function checkStreams(document: PDF, name: string, flags: Doubt[]): void {
  const { registry } = document.context
  const objects = [...registry.getLoadedObjects().values(), ...registry.getNewObjects().values()]
  const found = objects.flatMap((object) =>
    object instanceof PdfStream ? (isVast(object) ? 'bomb' : opens(object)) : [],
  )
  if (found.includes('bomb')) {
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

function opens(stream: PdfStream): 'whole' | 'damaged' | 'bomb' {
  const filter = stream.get('Filter')
  const filters = filter instanceof PdfArray ? [...filter] : filter ? [filter] : []
  let data: Uint8Array = stream.data
  for (const one of filters) {
    // The others grow little, or are pictures: those are told by their size.
    if (!(one instanceof PdfName) || !['FlateDecode', 'Fl'].includes(one.value)) return 'whole'
    try {
      data = inflateSync(data, { maxOutputLength: isPicture(stream) ? maxPicture : maxDrawing })
    } catch (error) {
      return error instanceof RangeError ? 'bomb' : 'damaged'
    }
  }
  return 'whole'
}

const isPicture = (stream: PdfStream): boolean => stream.getName('Subtype')?.value === 'Image'

function isVast(stream: PdfStream): boolean {
  if (!isPicture(stream)) return false
  const side = (key: string): number => {
    const value = stream.get(key)
    return value instanceof PdfNumber ? value.value : 0
  }
  const bits = stream.get('ImageMask') ? 1 : side('BitsPerComponent') || 8
  return (side('Width') * side('Height') * bits) / 8 > maxPicture
}
