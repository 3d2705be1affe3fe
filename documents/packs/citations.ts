import type { PDF } from '@libpdf/core'
import type { ExhibitLabel } from './manifest.ts'

/** « Pièce n° 3 » in a text: where it stands (points, from the bottom left of its page), and the pages it announces. */
export interface Citation {
  number: string
  /** Rank of its page, from 0. */
  page: number
  x: number
  y: number
  width: number
  height: number
  pages?: number
}

const cited = /pi[eè]ce\s*n\s*[°º]\s*(\d+(?:-\d+)?)/gi

/** Every exhibit cited by number in a PDF's text, in reading order. */
export function citationsIn(document: PDF): Citation[] {
  return document.getPages().flatMap((page, rank) =>
    page.findText(cited).map(({ text, bbox: { x, y, width, height } }): Citation => {
      const number = /(\d+(?:-\d+)?)$/.exec(text.trim())?.[1] ?? ''
      return { number, page: rank, x, y, width, height }
    }),
  )
}

/**
 * The lines of a bordereau: « Pièce n° 3 : FACTURE n° F-1 du 12/04/2026 (2 pages) », or a table's row that begins with
 * the number, names the exhibit or its date, and ends with its pages.
 */
export function linesOfBordereau(document: PDF, exhibits: readonly ExhibitLabel[]): Citation[] {
  const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
  return document.getPages().flatMap((page, rank) =>
    page.extractText().lines.flatMap((line): Citation[] => {
      const text = plain(line.text)
      const [, word, number] = /^(pi[eè]ce n ?[°º] ?)?([1-9]\d*(?:-\d+)?)(?![\d-])/i.exec(text) ?? []
      if (number === undefined) return []
      const exhibit = exhibits.find((one) => one.number === number)
      const named = exhibit && marksOf(exhibit).some((mark) => text.toLowerCase().includes(mark))
      if (word === undefined && !named) return []
      const announced = (/\((\d+) ?pages?\)/.exec(text) ?? (word === undefined ? / (\d{1,4})$/.exec(text) : null))?.[1]
      const { x, y, width, height } = line.bbox
      return [
        { number, page: rank, x, y, width, height, ...(announced === undefined ? {} : { pages: Number(announced) }) },
      ]
    }),
  )
}

/** What a row may be known by when its cells wrap: the first words of its kind and of its reference, its date. */
function marksOf({ type, reference, date }: ExhibitLabel): string[] {
  const first = (text: string): string => text.trim().split(/\s+/)[0]!.toLowerCase()
  const day = date?.split('-').toReversed().join('/')
  return [first(type), first(reference), ...(day ? [day] : [])].filter((mark) => mark.length > 1)
}
