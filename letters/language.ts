import { type Emitter, Liquid, type LiquidOptions, Tag, type TagToken, type TopLevelToken } from 'liquidjs'
import type { Library } from './catalogue.ts'

export type Filters = Parameters<Liquid['registerFilter']>[1]

interface Dialect {
  /** Whether a fact that is not there is a fault, or left blank. */
  strictVariables: boolean
  /** What a value becomes in the output. */
  outputEscape?: (value: unknown) => string
  /** What {% bloc 'nom' %} leaves in the output. */
  bloc: (name: string) => string
  filters: Record<string, Filters>
}

const forbiddenTags = ['include', 'layout', 'block', 'tablerow', 'increment', 'decrement']
const forbiddenFilters = [
  'raw',
  'date',
  'date_to_xmlschema',
  'date_to_rfc822',
  'date_to_string',
  'date_to_long_string',
  'sample',
  'shuffle',
]

/** The template language of letters, whoever reads it: no file but the clauses, no clock, no chance, and an end to every loop. */
export function letterLanguage(clauses: Library['clauses'], dialect: Dialect): Liquid {
  const { strictVariables, outputEscape, bloc, filters } = dialect
  const options: LiquidOptions = {
    templates: Object.fromEntries([...clauses.values()].map((clause) => [clause.id, clause.body.text])),
    strictVariables,
    strictFilters: true,
    lenientIf: true,
    ownPropertyOnly: true,
    cache: true,
    renderLimit: 2000,
    memoryLimit: 5_000_000,
    parseLimit: 500_000,
    ...(outputEscape ? { outputEscape } : {}),
  }
  const liquid = new Liquid(options)
  for (const name of forbiddenTags) delete liquid.tags[name]
  for (const name of forbiddenFilters) delete liquid.filters[name]
  liquid.registerTag(
    'bloc',
    class extends Tag {
      private readonly block: string
      constructor(token: TagToken, remaining: TopLevelToken[], engine: Liquid) {
        super(token, remaining, engine)
        this.block = /^\s*['"]([a-z-]+)['"]\s*$/.exec(token.args)?.[1] ?? ''
        if (!this.block) throw new Error("écrivez {% bloc 'nom' %}")
      }
      override render(_context: unknown, emitter: Emitter): void {
        emitter.write(bloc(this.block))
      }
    },
  )
  liquid.registerFilter('truncate', shortened)
  for (const [name, filter] of Object.entries(filters)) liquid.registerFilter(name, filter)
  return liquid
}

/** The language's own cuts a word in two and ends with three dots. An SMS spells « … » with three: room is kept for them. */
function shortened(value: string | number | undefined, length: unknown): string {
  const [text, most] = [String(value ?? ''), Number(length)]
  if (text.length <= most) return text
  const kept = text.slice(0, most - 3)
  const whole = /\s/.test(text[most - 3]!) ? kept : kept.replace(/\s+\S*$/u, '')
  return `${(whole.length >= most / 2 ? whole : kept).replace(/[\s\p{Cs}]+$/u, '')}…`
}
