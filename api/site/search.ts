import * as pagefind from 'pagefind'
import { ordinaryLetter } from './examples.ts'
import { basesOf, facets, shelvesOf, type Shelves } from './shelves.ts'
import { folded, said } from './words.ts'
import type { FilledLetter } from '../../documents/rendering/fill.ts'
import { renderText } from '../../documents/rendering/text.ts'
import type { Letter } from '../../letters/letter.ts'
import { DomainError } from '../../schema/errors.ts'

/** What is searched: an address, a title, words, and the values of its filters. */
interface Entry {
  url: string
  title: string
  text: string
  filters: Record<string, string[]>
}

/** The files of the search, by name: what a browser fetches from a server, French stems and all. */
export async function searchFiles(shelves: Shelves): Promise<Map<string, Uint8Array>> {
  const { index, errors } = await pagefind.createIndex({ forceLanguage: 'fr' })
  if (!index) throw new Error(`pagefind: ${errors.join(', ')}`)
  try {
    for (const { url, title, text, filters } of entriesOf(shelves)) {
      const added = await index.addCustomRecord({
        url,
        content: `${title}. ${text}`,
        language: 'fr',
        meta: { title },
        filters,
      })
      if (added.errors.length) throw new Error(`pagefind: ${added.errors.join(', ')}`)
    }
    const made = await index.getFiles()
    // Its own interfaces, which we do not show, weigh ten times what is used.
    const kept = made.files.filter(({ path }) => !/ui\.(js|css)$|highlight|wasm\.unknown/.test(path))
    return new Map(kept.map(({ path, content }) => [path, content]))
  } finally {
    await index.deleteIndex()
  }
}

/** Ends the process that indexes. */
export const closeSearch = (): Promise<unknown> => pagefind.close()

// One at a time, as the index takes them: a server that builds this answers others in between.
function* entriesOf(shelves: Shelves): Generator<Entry> {
  for (const letter of shelves.letters) {
    const filters = Object.fromEntries(facets.map((facet) => [facet.key, facet.valuesOf(letter)]))
    const text = textOf(shelves, letter)
    yield {
      url: `courriers/${letter.id}.html`,
      title: said(letter.titre),
      text,
      filters: { genre: ['courrier'], ...filters },
    }
  }
  for (const { id, titre, article, body } of shelves.library.clauses.values()) {
    const text = `${article ?? ''} ${plain(body.text)}`
    yield { url: `clauses/${id}.html`, title: said(titre), text, filters: { genre: ['clause'] } }
  }
  for (const { id, titre, presentation, etapes } of shelves.procedures) {
    const words = etapes.flatMap(({ titre: step, article, note, delais = [] }) => [
      step,
      article,
      note,
      ...delais.flatMap((limit) => [limit.titre, limit.article, limit.sanction]),
    ])
    const text = [presentation, ...words].filter(Boolean).join('. ')
    yield { url: `procedures/${id}.html`, title: said(titre), text, filters: { genre: ['procédure'] } }
  }
}

// What the reader reads, clauses included; the text of the file when the example does not fill.
function textOf(shelves: Shelves, letter: Letter): string {
  const bases = basesOf(shelves, letter).map(({ article }) => article)
  const channel = letter.canaux.find((each) => each !== 'sms') ?? letter.canaux[0]!
  const example = ordinaryLetter(shelves, letter, channel)
  const body = example instanceof DomainError ? plain(letter.body.text) : wordsOf(example)
  return [said(letter.usage), body, bases.join(', ')].join(' ')
}

// The letter's own words, without the head of paper that all of them share.
const wordsOf = (filled: FilledLetter): string => {
  const text = renderText(filled)
  const start = text.indexOf(filled.objet)
  return (start < 0 ? text : text.slice(start)).replace(/\n--\s*\n[\s\S]*$/, '').replace(/\s+/g, ' ')
}

const plain = (text: string): string =>
  text.replace(/\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|[*>#_]/g, ' ').replace(/\s+/g, ' ')

/**
 * `liste.js`: the filters' values of each letter, for the script of the list: of each facet the places of its values in
 * its list, letters in the order of the page, so that the file stays small.
 */
export function listScript(shelves: Shelves): string {
  const facettes = facets.map((facet) => {
    const valeurs = shelvesOf(facet, shelves.letters).map(({ value }) => value)
    const places = shelves.letters.map((letter) => facet.valuesOf(letter).map((value) => valeurs.indexOf(value)))
    return { nom: facet.key, valeurs, places: places.map((each) => each.join(' ')).join() }
  })
  return `self.courtois = ${JSON.stringify(facettes)}\n`
}

/** `mots.js`: which letters hold which word, for a site opened from a folder, where a browser fetches nothing. */
export function wordsScript(shelves: Shelves): string {
  const found = new Map<string, Set<number>>()
  shelves.letters.forEach((letter, i) => {
    const text = folded(`${letter.id} ${letter.titre} ${textOf(shelves, letter)}`)
    for (const word of text.match(/[a-z0-9]{3,}/g) ?? []) found.set(word, (found.get(word) ?? new Set()).add(i))
  })
  const kept = [...found]
    .filter(([, letters]) => letters.size < shelves.letters.length * 0.9)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const lines = kept.map(([word, letters]) => {
    let last = 0
    // Each number as what it adds to the one before it, in base 36.
    const steps = [...letters].map((n) => [(n - last).toString(36), (last = n)][0])
    return `${word} ${steps.join(' ')}`
  })
  return `self.courtoisMots = ${JSON.stringify(lines.join('\n'))}\n`
}
