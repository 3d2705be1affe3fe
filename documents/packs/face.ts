import { type PDF, PdfDict, PdfName, type PdfRef } from '@libpdf/core'
import { fontBytes } from '../typst/fonts.ts'
import { printable } from '../typst/glyphs.ts'

const styles = { plain: '400Regular', strong: '600SemiBold' } as const
type Embedded = ReturnType<PDF['embedFont']>

/** Text as a page's drawing shows it: its glyphs in hexadecimal, and its width in points at size 1. */
interface Line {
  glyphs: string
  width: number
}

/** One of the two faces in which sheets are stamped; of its font, only what was written with it goes into the file. */
export class Face {
  private readonly font: Embedded
  private readonly known = new Map<string, Line>()

  constructor(document: PDF, style: keyof typeof styles) {
    this.font = document.embedFont(fontBytes('source-sans-3', styles[style]))
  }

  get ref(): PdfRef {
    return this.font.ref
  }

  line(text: string): Line {
    const line: Line = { glyphs: '', width: 0 }
    for (const character of printable(text)) {
      const { glyphs, width } = this.glyph(character)
      line.glyphs += glyphs
      line.width += width
    }
    return line
  }

  private glyph(character: string): Line {
    let found = this.known.get(character)
    if (!found) {
      const [glyph] = this.font.encodeTextToGids(character)
      const width = this.font.getWidth(character.codePointAt(0)!) / 1000
      found = { glyphs: glyph!.toString(16).toUpperCase().padStart(4, '0'), width }
      this.known.set(character, found)
    }
    return found
  }

  /** The longest beginning of a text that is at most so wide, in points at size 1. */
  within(text: string, width: number): Line {
    const whole = this.line(text)
    if (whole.width <= width) return whole
    const characters = Array.from(text)
    for (let length = characters.length - 1; length > 0; length--) {
      const line = this.line(`${characters.slice(0, length).join('').trimEnd()}…`)
      if (line.width <= width) return line
    }
    return this.line('…')
  }
}

/** Adds the fonts of `Face` to their document, once everything is written. */
export function closeFaces(document: PDF, faces: readonly Face[]): void {
  document.fonts.finalize(true)
  const resolve = document.context.resolve.bind(document.context)
  faces.forEach(({ ref }, i) => {
    // The library marks a subset by chance: same text, same bytes.
    const mark = `COURT${String.fromCharCode(65 + i)}`
    const font = document.getObject(ref)
    const inner = font instanceof PdfDict ? font.getArray('DescendantFonts', resolve)?.at(0, resolve) : undefined
    if (!(font instanceof PdfDict && inner instanceof PdfDict)) throw new Error('a font without its dictionaries')
    const name = PdfName.of(font.getName('BaseFont')!.value.replace(/^[A-Z]{6}/, mark))
    font.set('BaseFont', name)
    inner.set('BaseFont', name)
    inner.getDict('FontDescriptor', resolve)!.set('FontName', name)
  })
}
