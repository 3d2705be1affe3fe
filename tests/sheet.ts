import { PDF } from '@libpdf/core'

export interface Char {
  text: string
  page: number
  x: number
  right: number
  baseline: number
  size: number
}
export interface Line {
  text: string
  page: number
  chars: Char[]
}

/** The pages of a letter, and where each of its characters stands (points, from the bottom left corner). */
export async function readPages(
  bytes: Uint8Array,
  read: boolean,
): Promise<{ pages: number; text: string; lines: Line[] }> {
  const pages = (await PDF.load(bytes)).getPages()
  if (!read) return { pages: pages.length, text: '', lines: [] }
  const texts = pages.map((page) => page.extractText())
  const lines = texts.flatMap(({ lines: found }, page) =>
    found.map(({ text, spans }) => ({
      text,
      page: page + 1,
      chars: spans.flatMap(({ chars }) =>
        chars
          .filter(({ char }) => char.trim() !== '')
          .map(({ char, bbox, baseline, fontSize }) => ({
            text: char,
            page: page + 1,
            x: bbox.x,
            right: bbox.x + bbox.width,
            baseline,
            size: fontSize,
          })),
      ),
    })),
  )
  return { pages: pages.length, text: texts.map(({ text }) => text).join('\n'), lines }
}

const millimetres = 72 / 25.4
// An A4 page and its margins; the foot of the page stands in the lower one, at least four millimetres from the edge.
const [left, right, top, bottom] = [20 * millimetres, 190 * millimetres, (297 - 16) * millimetres, 4 * millimetres]

/** The lines that leave the margins by more than a hair. */
export function outside(lines: Line[]): string[] {
  return lines
    .filter(({ chars }) =>
      chars.some(
        (char) => char.x < left - 1 || char.right > right + 3 || char.baseline > top || char.baseline < bottom,
      ),
    )
    .map(({ page, text }) => `page ${page}: ${text}`)
}

/** The lines with a character printed over another: a column overrun, a block that fell on its neighbour. */
export function collisions(lines: Line[]): string[] {
  const found = new Set<string>()
  const rows = new Map<string, { char: Char; line: Line }[]>()
  for (const line of lines) {
    for (const char of line.chars) {
      // The body of a small letter, from its baseline up, is what must stay clear.
      const [low, high] = [Math.floor(char.baseline / 4), Math.floor((char.baseline + char.size * 0.45) / 4)]
      const met = new Set<Char>()
      for (let y = low; y <= high; y++) {
        const key = `${char.page}:${y}:${Math.floor(char.x / 12)}`
        for (const near of [-1, 0, 1]) {
          for (const other of rows.get(`${char.page}:${y}:${Math.floor(char.x / 12) + near}`) ?? []) {
            if (met.has(other.char) || !over(char, other.char)) continue
            met.add(other.char)
            found.add(`page ${char.page}: ${line.text} / ${other.line.text}`)
          }
        }
        const row = rows.get(key) ?? []
        if (row.length === 0) rows.set(key, row)
        row.push({ char, line })
      }
    }
  }
  return [...found]
}

function over(a: Char, b: Char): boolean {
  if (a === b) return false
  const across = Math.min(a.right, b.right) - Math.max(a.x, b.x)
  const tall = Math.min(a.baseline + a.size * 0.45, b.baseline + b.size * 0.45) - Math.max(a.baseline, b.baseline)
  return across > 1.8 && tall > 1
}
