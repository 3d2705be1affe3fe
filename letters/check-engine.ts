import { Liquid, Tag, type Emitter } from 'liquidjs'
import { dayFr, dayShortFr, parseDay } from '../schema/days.ts'
import { amountFr, parseAmount } from '../schema/money.ts'
import type { Library } from './catalogue.ts'
import type { Node } from './check-paths.ts'
import { dateIn, eurosIn, groupedIban } from './foreign.ts'

class Bloc extends Tag {
  override render(_context: unknown, emitter: Emitter): void {
    emitter.write('\n\n')
  }
}

const filters: Record<string, (value: unknown, argument?: unknown) => string> = {
  euros: (value) => amountFr(parseAmount(String(value))),
  ariary: (value) => amountFr(parseAmount(String(value)), 'MGA'),
  montant: (value) => amountFr(parseAmount(String(value))),
  date_longue: (value) => dayFr(parseDay(String(value))),
  date_courte: (value) => dayShortFr(parseDay(String(value))),
  date_langue: (value, language) => dateIn(String(language), String(value)),
  euros_langue: (value, language) => eurosIn(String(language), String(value)),
  iban: (value) => groupedIban(String(value)),
  // Words that only have to be as many as the real ones: documents/fill.ts writes them.
  en_lettres: () => 'quatre cent soixante-dix euros et quinze centimes',
  jours: () => 'quinze jours',
  taux: (value) => `${String(value).replace('.', ',')} %`,
}

const engines = new WeakMap<Library['clauses'], Liquid>()

/** The template language as letters have it, with a library's clauses; a missing fact is left blank. */
export function engineOf({ clauses }: Pick<Library, 'clauses'>): Liquid {
  const known = engines.get(clauses)
  if (known) return known
  const engine = new Liquid({
    templates: Object.fromEntries([...clauses.values()].map((clause) => [clause.id, clause.body.text])),
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    cache: true,
    renderLimit: 2000,
    memoryLimit: 5_000_000,
  })
  for (const name of ['include', 'layout', 'block', 'tablerow', 'increment', 'decrement']) delete engine.tags[name]
  for (const name of ['raw', 'date', 'sample', 'shuffle']) delete engine.filters[name]
  engine.registerTag('bloc', Bloc)
  for (const [name, filter] of Object.entries(filters)) {
    engine.registerFilter(name, (value: unknown, argument?: unknown) => {
      try {
        return value === undefined || value === null ? '' : filter(value, argument)
      } catch {
        return String(value)
      }
    })
  }
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
