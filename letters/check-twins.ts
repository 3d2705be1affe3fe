import type { Library } from './catalogue.ts'
import type { Add } from './check-subject.ts'
import type { Letter } from './letter.ts'

const limit = 0.5
const run = 5

/** The five-word runs of a letter's own words, as numbers: clauses left out, each placeholder and tag one word. */
export function shinglesOf(text: string): Set<number> {
  const words = text
    .replace(/\{%-?\s*render\b[^%]*%\}/g, ' ')
    .replace(/\{\{.*?\}\}|\{%.*?%\}/gs, ' x ')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu)
  const shingles = new Set<number>()
  const recent: number[] = []
  for (const word of words ?? []) {
    recent.push(numberOf(word))
    if (recent.length > run) recent.shift()
    if (recent.length === run) shingles.add(recent.reduce((key, number) => (key * 8191 + number) % 9007199254740881, 0))
  }
  return shingles
}

// Each distinct word has its number, so that a run is told from another by arithmetic.
const numbers = new Map<string, number>()
function numberOf(word: string): number {
  let number = numbers.get(word)
  if (number === undefined) numbers.set(word, (number = numbers.size + 1))
  return number
}

interface Index {
  ids: string[]
  shingles: Set<number>[]
  /** Letters that hold a run, by their place in `ids`. */
  holders: Map<number, number[]>
}
const indexes = new WeakMap<Library['letters'], Index>()

function indexOf(letters: Library['letters']): Index {
  const known = indexes.get(letters)
  if (known) return known
  const index: Index = { ids: [...letters.keys()], shingles: [], holders: new Map() }
  index.ids.forEach((id, i) => {
    const shingles = shinglesOf(bodyOf(letters.get(id)!))
    index.shingles.push(shingles)
    for (const shingle of shingles) {
      const holders = index.holders.get(shingle)
      if (holders) holders.push(i)
      else index.holders.set(shingle, [i])
    }
  })
  indexes.set(letters, index)
  return index
}

// Head apart, with the texts of an SMS and of a call.
const bodyOf = ({ source }: Letter): string => source.replace(/^---\r?\n[\s\S]*?\n---\r?\n/, '')

/** Another letter of the library that says the same: Jaccard of their five-word runs over one half. */
export function checkTwins(letter: Letter, library: Library, add: Add): void {
  const index = indexOf(library.letters)
  const place = index.ids.indexOf(letter.id)
  const same = library.letters.get(letter.id)?.source === letter.source
  const own = same ? index.shingles[place]! : shinglesOf(bodyOf(letter))
  const shared = new Uint32Array(index.ids.length)
  for (const shingle of own) for (const i of index.holders.get(shingle) ?? []) shared[i]!++
  for (const [i, id] of index.ids.entries()) {
    if (id === letter.id || shared[i] === 0) continue
    const likeness = shared[i]! / (own.size + index.shingles[i]!.size - shared[i]!)
    if (likeness <= limit) continue
    const percent = Math.round(likeness * 100)
    add(
      letter.body.line,
      'doublon',
      `dit à ${percent} % la même chose que « ${id} » : pliez une seule lettre par ses conditions`,
    )
  }
}
