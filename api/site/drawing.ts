import { h, type Html } from './page.ts'

// Widths of a sans serif's letters, in em, on the wide side: a drawn line must never leave its box.
const narrow = /[ijlt.,;:!'’|()fr\u00a0 ]/
const wide = /[mwMWÀ-ÞA-Z@%—]/
const widthOf = (text: string, size: number): number => {
  let em = 0
  for (const c of text) em += narrow.test(c) ? 0.34 : wide.test(c) ? 0.74 : 0.57
  return em * size
}

/** A text in lines no wider than `width`. */
export function wrap(text: string, width: number, size: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line ? `${line} ${word}` : word
    if (line && widthOf(longer, size) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return line ? [...lines, line] : lines
}

/** A text cut into lines at (x, y), its first baseline. */
export interface Paragraph {
  lines: string[]
  size: number
  kind: string
}

export const lineHeight = (size: number): number => Math.round(size * 1.35)

export const heightOf = (paragraphs: Paragraph[]): number =>
  paragraphs.reduce((height, { lines, size }) => height + lines.length * lineHeight(size), 0)

/** Paragraphs one under the other from the top edge `y`. */
export function column(paragraphs: Paragraph[], x: number, y: number, anchor: 'start' | 'middle' = 'start'): Html[] {
  let top = y
  return paragraphs.flatMap(({ lines, size, kind }) =>
    lines.map((line) => {
      top += lineHeight(size)
      return h`<text x="${x}" y="${Math.round(top - size * 0.3)}" class="${kind}" font-size="${size}" text-anchor="${anchor}">${line}</text>`
    }),
  )
}

export const paragraph = (text: string, width: number, size: number, kind: string): Paragraph => ({
  lines: wrap(text, width, size),
  size,
  kind,
})
