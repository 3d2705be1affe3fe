import type { Liquid } from 'liquidjs'
import { dayFr, dayShortFr, parseDay } from '../schema/days.ts'
import { amountFr, parseAmount } from '../schema/money.ts'
import type { Library } from './catalogue.ts'
import type { Node } from './check-paths.ts'
import { dateIn, eurosIn, groupedIban, groupedSiren } from './foreign.ts'
import { letterLanguage } from './language.ts'

const filters: Record<string, (value: unknown, argument?: unknown) => string> = {
  euros: (value) => amountFr(parseAmount(String(value))),
  ariary: (value) => amountFr(parseAmount(String(value)), 'MGA'),
  montant: (value) => amountFr(parseAmount(String(value))),
  date_longue: (value) => dayFr(parseDay(String(value))),
  date_courte: (value) => dayShortFr(parseDay(String(value))),
  date_langue: (value, language) => dateIn(String(language), String(value)),
  euros_langue: (value, language) => eurosIn(String(language), String(value)),
  iban: (value) => groupedIban(String(value)),
  siren: (value) => groupedSiren(String(value)),
  // Words that only have to be as many as the real ones: documents/rendering/template.ts writes them.
  en_lettres: () => 'quatre cent soixante-dix euros et quinze centimes',
  jours: () => 'quinze jours',
  taux: (value) => `${String(value).replace('.', ',')} %`,
}

const engines = new WeakMap<Library['clauses'], Liquid>()

/** The template language as letters have it, with a library's clauses; a missing fact is left blank. */
export function engineOf({ clauses }: Pick<Library, 'clauses'>): Liquid {
  const known = engines.get(clauses)
  if (known) return known
  const blank = Object.entries(filters).map(([name, filter]) => [
    name,
    (value: unknown, argument?: unknown) => {
      try {
        return value === undefined || value === null ? '' : filter(value, argument)
      } catch {
        return String(value)
      }
    },
  ])
  const engine = letterLanguage(clauses, {
    strictVariables: false,
    bloc: () => '\n\n',
    filters: Object.fromEntries(blank),
  })
  engines.set(clauses, engine)
  return engine
}

const parsed = new WeakMap<Library['clauses'], Map<string, Node[]>>()

/** The nodes of a template, read once for a library. Throws LiquidError. */
export function nodesOf(text: string, library: Library): Node[] {
  const cache = parsed.get(library.clauses) ?? new Map<string, Node[]>()
  parsed.set(library.clauses, cache)
  let nodes = cache.get(text)
  if (!nodes) {
    // The texts of one letter are read many times in a row, then never again.
    if (cache.size > 400) cache.clear()
    cache.set(text, (nodes = engineOf(library).parse(text) as unknown as Node[]))
  }
  return nodes
}

/** How a walk through a library's templates reads the clauses they call. */
export const clauseNodes =
  (library: Library) =>
  (id: string): Node[] | undefined => {
    const clause = library.clauses.get(id)
    return clause && nodesOf(clause.body.text, library)
  }
