import type { Library } from './catalogue.ts'
import type { Add } from './check-subject.ts'
import { frontMatter, type Letter } from './letter.ts'

const limit = 0.5
const run = 5

/** The five-word runs of a letter's own words: clauses left out, each placeholder and tag read as one word. */
export function shinglesOf(text: string): Set<string> {
  const words = text
    .replace(/\{%-?\s*render\b[^%]*%\}/g, ' ')
    .replace(/\{\{.*?\}\}|\{%.*?%\}/gs, ' x ')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu)
  const shingles = new Set<string>()
  for (let i = 0; words && i + run <= words.length; i++) shingles.add(words.slice(i, i + run).join(' '))
  return shingles
}

interface Index {
  ids: string[]
  shingles: Set<string>[]
  /** Letters that hold a run, by their place in `ids`. */
  holders: Map<string, number[]>
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

const bodyOf = (letter: Letter): string => frontMatterless(letter)

function frontMatterless({ source, file }: Letter): string {
  return frontMatter(source, file).body.text
}

/** Another letter of the library that says the same: Jaccard of their five-word runs over one half. */
export function checkTwins(letter: Letter, library: Library, add: Add): void {
  const index = indexOf(library.letters)
  const own = shinglesOf(bodyOf(letter))
  const shared = new Uint32Array(index.ids.length)
  for (const shingle of own) for (const i of index.holders.get(shingle) ?? []) shared[i]!++
  for (const [i, id] of index.ids.entries()) {
    if (id === letter.id || shared[i] === 0) continue
    const likeness = shared[i]! / (own.size + index.shingles[i]!.size - shared[i]!)
    if (likeness <= limit) continue
    const percent = Math.round(likeness * 100)
    add(letter.body.line, 'doublon', `dit à ${percent} % la même chose que « ${id} » : pliez une seule lettre par ses conditions`)
  }
}
