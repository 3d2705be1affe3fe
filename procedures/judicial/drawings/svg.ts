// Widths of letters in em, those of the widest sans serif in use: a drawn line must never leave its box.
const narrow = /[ijlt.,;:!'’|()fr\u00a0 ]/
const wide = /[mwMW@%—…]/
const capital = /[A-ZÀ-Þ]/
function widthOf(text: string, size: number, bold: boolean): number {
  let em = 0
  for (const c of text) em += narrow.test(c) ? 0.38 : wide.test(c) ? 0.97 : capital.test(c) ? 0.73 : 0.62
  return em * size * (bold ? 1.13 : 1)
}

/** A text in lines no wider than `width`. */
function wrap(text: string, width: number, size: number, bold = false): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line ? `${line} ${word}` : word
    if (line && widthOf(longer, size, bold) > width) {
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

export const paragraph = (text: string, width: number, size: number, kind: string): Paragraph => ({
  lines: wrap(text, width, size, kind === 'strong' || kind === 'doubt'),
  size,
  kind,
})

/** Paragraphs one under the other from the top edge `y`, as SVG. */
export function column(paragraphs: Paragraph[], x: number, y: number, anchor: 'start' | 'middle' = 'start'): string {
  let top = y
  const lines = paragraphs.flatMap(({ lines: all, size, kind }) =>
    all.map((line) => {
      top += lineHeight(size)
      return `<text x="${x}" y="${Math.round(top - size * 0.3)}" class="${kind}" font-size="${size}" text-anchor="${anchor}">${xml(line)}</text>`
    }),
  )
  return lines.join('')
}

/** What people wrote, as the text of an XML element or the value of an attribute. */
export const xml = (text: string): string =>
  text
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')

/** A drawing that stands alone, for a pack or a file: with its namespace, the font of our papers and light colours. */
export const standalone = (svg: string): string =>
  svg.replace('<svg ', `<svg xmlns="http://www.w3.org/2000/svg" font-family="Source Sans 3" color="${ink}" `)

export const ink = '#1f2328'
