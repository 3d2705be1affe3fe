import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { PDF } from '@libpdf/core'
import type { Doubt } from '../schema/errors.ts'
import { refuse } from './exhibit-pdf.ts'
import { printable } from './glyphs.ts'
import { jpegOrientation } from './orientation.ts'

const maxPages = 1000
const a4 = { width: 595.28, height: 841.89 }
const margin = 28

/** A picture on its page, whole, never enlarged beyond a point a pixel. */
export function imagePage(bytes: Uint8Array, name: string, flags: Doubt[]): PDF {
  const document = PDF.create()
  let image: ReturnType<PDF['embedImage']>
  try {
    image = document.embedImage(bytes)
  } catch (cause) {
    throw refuse('bad_exhibit', name, 'est une image illisible', 'Enregistrez-la de nouveau en JPEG ou en PNG.', cause)
  }
  const turn = jpegOrientation(bytes)
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
  return document
}

const font = (): Uint8Array => {
  const folder = dirname(createRequire(import.meta.url).resolve('@expo-google-fonts/source-sans-3/package.json'))
  return readFileSync(join(folder, '400Regular/SourceSans3_400Regular.ttf'))
}

/** A plain text as it reads, lines broken at the margin. */
export function textPages(bytes: Uint8Array, name: string, flags: Doubt[]): PDF {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    text = new TextDecoder('windows-1252').decode(bytes)
    flags.push({
      code: 'exhibit_encoding',
      message: `«\u00a0${name}\u00a0»\u00a0: texte lu en Windows-1252\u00a0; vérifiez les accents.`,
    })
  }
  const shown = text.split(/\r\n|\r|\n|\f/).map((line) => printable(line.replaceAll('\t', '    ')))
  if (shown.some((line) => line.includes('■')) && !text.includes('■')) {
    flags.push({
      code: 'exhibit_glyphs',
      message: `«\u00a0${name}\u00a0»\u00a0: des caractères sans équivalent imprimable y sont remplacés par ■.`,
    })
  }
  const document = PDF.create()
  const face = document.embedFont(font())
  const size = 10
  const step = 14
  const lines = shown.flatMap((line) => wrap(line, a4.width - 4 * margin, (part) => face.getTextWidth(part, size)))
  while (lines.length > 1 && lines.at(-1) === '') lines.pop()
  const perPage = Math.floor((a4.height - 4 * margin) / step)
  if (lines.length > perPage * maxPages) {
    throw refuse('exhibit_too_big', name, 'est un texte trop long', 'Joignez-en seulement la partie utile.')
  }
  for (let at = 0; at < lines.length; at += perPage) {
    const page = document.addPage(a4)
    lines.slice(at, at + perPage).forEach((line, row) => {
      if (line !== '')
        page.drawText(line, { font: face, size, x: 2 * margin, y: a4.height - 2 * margin - size - row * step })
    })
  }
  return document
}

/** Breaks a line at spaces, and inside a word that alone is too long. */
function wrap(line: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of line.split(/(?<= )/)) {
    if (current !== '' && measure(current + word.trimEnd()) > width) {
      lines.push(current.trimEnd())
      current = ''
    }
    current += word
    while (measure(current.trimEnd()) > width) {
      let cut = current.length - 1
      while (cut > 1 && measure(current.slice(0, cut)) > width) cut = Math.floor(cut * 0.9)
      lines.push(current.slice(0, cut))
      current = current.slice(cut)
    }
  }
  return [...lines, current.trimEnd()]
}
