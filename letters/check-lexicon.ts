import { readFileSync } from 'node:fs'
import { parseYaml, validate } from '../schema/validate.ts'

/** A word or turn of phrase the check looks for, as letters/lexicon.yaml has it, ready to search with. */
export interface Entry {
  mot: string
  raison?: string
  article?: string
  dire?: string
  sauf: RegExp[]
  permis_par: string[]
  sauf_droit: string[]
  toujours: boolean
  sans_titre: boolean
  avant_echeance: boolean
  sms: boolean
  de?: number
  a?: number
  pattern: RegExp
  /** The pattern without its edges. */
  source: string
}

type RawEntry = Partial<Record<'raison' | 'article' | 'dire', string>> & { mot: string } & {
  [key in 'toujours' | 'sans_titre' | 'avant_echeance' | 'sms' | 'casse']?: 'oui'
} & { sauf?: string[]; permis_par?: string[]; sauf_droit?: string[]; de?: number; a?: number }

const lists = [
  'actes',
  'judiciaire',
  'frais',
  'consommateur',
  'menaces',
  'revelateurs',
  'ton',
  'anglicismes',
  'vocabulaire',
] as const
type List = (typeof lists)[number]
type Raw = Record<List, RawEntry[]> & Record<'excuses' | 'tiers_informes', string[]> & Data

interface Data {
  textes: Record<string, { article: string; source: string; alineas: string[] }>
  donnees_professionnelles: string[]
  donnees_revelatrices: string[]
  donnees_nominatives: string[]
}

type Lexicon = Record<List, Entry[]> & { any: Record<List, RegExp> } & Record<'excuses' | 'tiers_informes', RegExp[]> &
  Data

// Between two words: spaces of any kind, emphasis marks and the seams of conditions.
const space = '[\\s\\u200b*_]'

/** The words of letters/lexicon.yaml; refuses with invalid_file when it does not fit its schema. */
export const lexicon: Lexicon = load()

function load(): Lexicon {
  const file = new URL('./lexicon.yaml', import.meta.url)
  const raw = validate<Raw>('lexicon', parseYaml(readFileSync(file, 'utf8'), 'letters/lexicon.yaml'), 'Le lexique')
  const compiled = Object.fromEntries(lists.map((name) => [name, raw[name].map(entry)])) as Record<List, Entry[]>
  const any = Object.fromEntries(
    lists.map((name) => [name, whole(compiled[name].map(({ source }) => source).join('|'))]),
  ) as Record<List, RegExp>
  return {
    ...compiled,
    any,
    textes: raw.textes,
    donnees_professionnelles: raw.donnees_professionnelles,
    donnees_revelatrices: raw.donnees_revelatrices,
    donnees_nominatives: raw.donnees_nominatives,
    excuses: raw.excuses.map((words) => pattern(words)),
    tiers_informes: raw.tiers_informes.map((words) => pattern(words)),
  }
}

function entry(raw: RawEntry): Entry {
  return {
    mot: raw.mot,
    ...(raw.raison ? { raison: raw.raison } : {}),
    ...(raw.article ? { article: raw.article } : {}),
    ...(raw.dire ? { dire: raw.dire } : {}),
    ...(raw.de ? { de: raw.de } : {}),
    ...(raw.a ? { a: raw.a } : {}),
    sauf: (raw.sauf ?? []).map((words) => pattern(words)),
    permis_par: (raw.permis_par ?? []).map((base) => base.replaceAll(' ', '')),
    sauf_droit: raw.sauf_droit ?? [],
    toujours: raw.toujours === 'oui',
    sans_titre: raw.sans_titre === 'oui',
    avant_echeance: raw.avant_echeance === 'oui',
    sms: raw.sms === 'oui',
    source: sourceOf(raw.mot),
    pattern: pattern(raw.mot, raw.casse === 'oui'),
  }
}

// « saisi* … (compte|comptes) » as a search of whole words, for any space and any apostrophe.
function pattern(words: string, exactCase = false): RegExp {
  return new RegExp(whole(sourceOf(words)).source, exactCase ? 'gu' : 'giu')
}

function whole(source: string): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${source})(?![\\p{L}\\p{N}])`, 'iu')
}

function sourceOf(words: string): string {
  return words
    .replace(/\s*…\s*/g, '\u0001')
    .replace(/\s\?/g, '\u0002')
    .replace(/(?<!\\)\./g, '\\.')
    .replaceAll('*', '[\\p{L}]*')
    .replace(/['’]/g, "['’]")
    .replace(/\s+/g, `${space}+`)
    .replaceAll('\u0002', `${space}*`)
    .replaceAll('\u0001', '[^.;:!?\\n]{0,60}?')
}

// Every place where `entry` is found in `text`, but for its permitted turns of phrase.
function findEntry(entry: Entry, text: string): { at: number; found: string }[] {
  const places: { at: number; found: string }[] = []
  for (const match of text.matchAll(entry.pattern)) {
    const [from, to] = [match.index, match.index + match[0].length]
    const permitted = entry.sauf.some((pattern) =>
      [...text.matchAll(pattern)].some((turn) => turn.index < to && turn.index + turn[0].length > from),
    )
    if (!permitted) places.push({ at: from, found: match[0].replace(/[\s\u200b*_]+/g, ' ') })
  }
  return places
}

/** Every place of a text where a word of a list is found. */
export function findIn(list: List, text: string): { entry: Entry; at: number; found: string }[] {
  if (!lexicon.any[list].test(text)) return []
  return lexicon[list].flatMap((entry) => findEntry(entry, text).map((place) => ({ entry, ...place })))
}
