import type { Doubt } from '../../schema/errors.ts'
import { refuse } from './refusal.ts'
import type { Printed } from './process.ts'
import { printable } from '../typst/glyphs.ts'

// About a thousand pages.
const maxLines = 60_000
const maxCharacters = 6_000_000

/** A plain text as it reads, in UTF-8 or, failing that, as Windows wrote it. */
export function printedText(bytes: Uint8Array, name: string, flags: Doubt[]): Printed {
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
  return { title: '', notice: '', rows: [], lines: shownLines(text, name, flags), joined: [] }
}

/** The lines of a text as our fonts print them; what they cannot print is said. */
export function shownLines(text: string, name: string, flags: Doubt[]): string[] {
  const tooLong = () =>
    refuse('exhibit_too_big', name, 'est un texte trop long', 'Joignez-en seulement la partie utile.')
  if (text.length > maxCharacters) throw tooLong()
  const lines = text.split(/\r\n|\r|\n|\f/).map((line) => printable(line.replaceAll('\t', '    ')).trimEnd())
  while (lines.length > 1 && lines.at(-1) === '') lines.pop()
  if (lines.length > maxLines) throw tooLong()
  if (lines.some((line) => line.includes('■')) && !text.includes('■')) {
    flags.push({
      code: 'exhibit_glyphs',
      message: `«\u00a0${name}\u00a0»\u00a0: des caractères sans équivalent imprimable y sont remplacés par ■.`,
    })
  }
  return lines
}
