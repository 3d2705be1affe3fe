import { diffWordsWithSpace } from 'diff'

/** A piece of a difference: kept, taken out, put in, or a stretch that did not change and is not shown. */
export interface Piece {
  kind: 'same' | 'out' | 'in' | 'gap'
  text: string
}

const words = new Intl.Segmenter('fr', { granularity: 'word' })
const context = 60

/** The words that differ between two texts, with some of what stands around them. */
export function wordDiff(before: string, after: string): Piece[] {
  const parts = diffWordsWithSpace(before, after, { intlSegmenter: words })
  return parts.flatMap((part, i): Piece[] => {
    if (part.added) return [{ kind: 'in', text: part.value }]
    if (part.removed) return [{ kind: 'out', text: part.value }]
    const [first, last] = [i === 0, i === parts.length - 1]
    if (part.value.length <= context * (first || last ? 1.5 : 2.5)) return [{ kind: 'same', text: part.value }]
    const head = first ? '' : part.value.slice(0, part.value.indexOf(' ', context) + 1 || context)
    const tail = last ? '' : part.value.slice(part.value.lastIndexOf(' ', part.value.length - context))
    const shown: Piece[] = [
      { kind: 'same', text: head },
      { kind: 'gap', text: '' },
      { kind: 'same', text: tail },
    ]
    return shown.filter(({ kind, text }) => kind === 'gap' || text !== '')
  })
}

/** The same on one terminal: [-removed-] and {+added+}. */
export function wordDiffText(pieces: readonly Piece[]): string {
  const shown = pieces.map(({ kind, text }) => {
    if (kind === 'gap') return ' […] '
    return kind === 'same' ? text : kind === 'out' ? `[-${text}-]` : `{+${text}+}`
  })
  return shown.join('').trim()
}
