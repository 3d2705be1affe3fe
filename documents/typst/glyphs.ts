import { coverage } from './fonts.ts'

// Latin and common punctuation, which every font has: the quick way out for nearly every text.
const plain = /^[\n\u0020-\u007e\u00a0-\u00ac\u00ae-\u017f\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u202f\u20ac]*$/

// Controls, and the marks that reorder or hide text: a name could use them to print other than what it says.
const hidden =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff0-\uffff]/gu

/**
 * A text as the letter's fonts can print it: composed accents, no invisible mark, and « ■ » where no glyph exists
 * (PDF/A refuses a document with a missing glyph, and a name in another script must not stop a letter).
 */
export function printable(text: string): string {
  if (plain.test(text)) return text
  const known = coverage()
  return Array.from(
    text
      .normalize('NFC')
      .replace(/\t/g, ' ')
      .replace(/\u2011/g, '\u2010')
      .replace(hidden, ''),
    (character) => {
      if (character === '\n' || known.has(character.codePointAt(0)!)) return character
      return /\p{Zs}/u.test(character) ? ' ' : '■'
    },
  ).join('')
}
