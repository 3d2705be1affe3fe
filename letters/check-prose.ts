import { Liquid, Tag, type Emitter } from 'liquidjs'
import { dayFr, dayShortFr, parseDay } from '../schema/days.ts'
import { amountFr, parseAmount } from '../schema/money.ts'
import type { Library } from './catalogue.ts'
import { meets, pathOf, type Assumed, type Node } from './check-paths.ts'
import type { Section } from './letter.ts'

/** A text without its template marks, and where each part of it stands in the file: line, and clause it comes from. */
export interface Prose {
  text: string
  marks: { at: number; line: number; clause?: string }[]
  /** Facts it prints, by dotted path. */
  outputs: { path: string; at: number }[]
}

export interface Sentence {
  text: string
  at: number
  /** The words that open the list it belongs to. */
  lead: string
}

/** The line of the file, as an editor sees it, of a place in the text. */
export function lineAt(prose: Prose, at: number): number {
  return markAt(prose, at)?.line ?? 1
}

/** The clause a place in the text comes from. */
export function clauseAt(prose: Prose, at: number): string | undefined {
  return markAt(prose, at)?.clause
}

function markAt({ marks }: Prose, at: number): Prose['marks'][number] | undefined {
  let [low, high] = [0, marks.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (marks[middle]!.at <= at) low = middle
    else high = middle - 1
  }
  return marks[low]
}

class Bloc extends Tag {
  override render(_context: unknown, emitter: Emitter): void {
    emitter.write('\n\n')
  }
}

const filters: Record<string, (value: unknown) => string> = {
  euros: (value) => amountFr(parseAmount(String(value))),
  ariary: (value) => amountFr(parseAmount(String(value)), 'MGA'),
  montant: (value) => amountFr(parseAmount(String(value))),
  date_longue: (value) => dayFr(parseDay(String(value))),
  date_courte: (value) => dayShortFr(parseDay(String(value))),
  // Words that only have to be as many as the real ones: documents/fill.ts writes them.
  en_lettres: () => 'quatre cent soixante-dix euros et quinze centimes',
  jours: () => 'quinze jours',
  taux: (value) => `${String(value).replace('.', ',')} %`,
}
export const filterNames = Object.keys(filters)

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
    engine.registerFilter(name, (value: unknown) => {
      try {
        return value === undefined || value === null ? '' : filter(value)
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

/**
 * What a section says, every branch of its conditions one after the other but for those that `assumed` excludes; each
 * printed fact is « ¤ ». With `clauses`, their words are in it too.
 */
export function proseOf(section: Section, library: Library, assumed: Assumed = {}, clauses = false): Prose {
  const prose: Prose = { text: '', marks: [], outputs: [] }
  const parts: string[] = []
  let length = 0
  const write = (words: string) => {
    parts.push(words)
    length += words.length
  }
  const visit = (nodes: Node[], line: (at: number) => number, clause?: string, depth = 0): void => {
    const mark = (row: number) => void prose.marks.push({ at: length, line: row, ...(clause ? { clause } : {}) })
    for (const node of nodes) {
      const row = line(node.token.begin)
      if (node.str !== undefined) {
        const from = Math.max(node.token.begin, node.token.input.indexOf(node.str, node.token.begin))
        node.str.split('\n').forEach((words, i) => {
          if (i > 0) write('\n')
          mark(clause ? row : line(from) + i)
          write(words)
        })
        continue
      }
      mark(row)
      if (node.branches) {
        // A seam keeps « facture » and « factures » of two branches from reading as one word.
        for (const branch of branchesLeft(node, assumed)) {
          write('\u200b')
          visit(branch, line, clause, depth)
        }
        write('\u200b')
      } else if (node.name === 'for') {
        visit([...(node.templates ?? []), ...(node.elseTemplates ?? [])], line, clause, depth)
      } else if (node.name === 'bloc') {
        write('\n\n')
      } else if (node.name === 'render') {
        const target = clauses ? library.clauses.get(String(node.file)) : undefined
        if (target && depth < 5) {
          visit(nodesOf(target.body.text, library), () => row, clause ?? target.id, depth + 1)
        } else write('¤')
      } else if (node.name === undefined) {
        const path = pathOf(node.value)
        if (path) prose.outputs.push({ path, at: length })
        write('¤')
      }
    }
  }
  const starts = lineStarts(section.text)
  visit(nodesOf(section.text, library), (at) => section.line + rowOf(starts, at))
  prose.text = parts.join('')
  return prose
}

/** The branches of an `if`, `unless` or `case` that `assumed` leaves possible. */
export function branchesLeft(node: Node, assumed: Assumed): Node[][] {
  const left: Node[][] = []
  for (const branch of node.branches ?? []) {
    const met = meets(branch, node, assumed)
    if (met !== false) left.push(branch.templates)
    if (met === true) return left
  }
  if (node.elseTemplates?.length) left.push(node.elseTemplates)
  return left
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

function rowOf(starts: number[], at: number): number {
  let row = 0
  while (row + 1 < starts.length && starts[row + 1]! <= at) row++
  return row
}

const [lineOpen, lineClose, clauseOpen, clauseClose, clauseEnd] = ['\uE010', '\uE011', '\uE012', '\uE013', '\uE014']

/** A section filled with facts, as one reads it, each part with its line and clause. Throws LiquidError. */
export function filledOf(section: Section, library: Library, facts: object): Prose {
  const engine = engineOf(library)
  const template = nodesOf(marked(section.text), library) as unknown as ReturnType<Liquid['parse']>
  const output = String(engine.renderSync(template, facts, { globals: facts }))
  const prose: Prose = { text: '', marks: [], outputs: [] }
  const parts: string[] = []
  let [length, line, at] = [0, section.line, 0]
  const open: string[] = []
  for (const match of output.matchAll(/\uE010(\d+)\uE011|\uE012([^\uE013]*)\uE013|\uE014/g)) {
    const words = output.slice(at, match.index)
    parts.push(words)
    length += words.length
    at = match.index + match[0].length
    if (match[1] !== undefined) line = section.line + Number(match[1])
    else if (match[2] !== undefined) open.push(match[2])
    else open.pop()
    prose.marks.push({ at: length, line, ...(open[0] ? { clause: open[0] } : {}) })
  }
  parts.push(output.slice(at))
  prose.text = parts.join('')
  return prose
}

// Marks at the head of each line outside tags and around each clause; the template language lets them through.
function marked(text: string): string {
  let inside = false
  const rows = text.split('\n').map((row, i) => {
    const head = inside ? '' : `${lineOpen}${i}${lineClose}`
    for (const delimiter of row.match(/\{%|%\}|\{\{|\}\}/g) ?? []) inside = delimiter.startsWith('{')
    return head + row
  })
  return rows
    .join('\n')
    .replace(/\{%(-?)\s*render\s+['"]([^'"]+)['"][^%]*?(-?)%\}/g, (tag, before: string, id: string, after: string) => {
      const trimmed = tag.replace(/^\{%-/, '{%').replace(/-%\}$/, '%}')
      const [left, right] = [before ? "{%- assign marque = '' %}" : '', after ? "{% assign marque = '' -%}" : '']
      return `${left}${clauseOpen}${id}${clauseClose}${trimmed}${clauseEnd}${right}`
    })
}

const abbreviation = /(?:^|[^\p{L}\p{N}])(?:\p{Lu}|art|al|Mme|Me|Mr|cf|p|n|Réf|réf|Tél|tél|Cass|com|civ|conso|pén|bull|etc|St|Ste|min|max|env|no)$/u

/** The sentences of a text, list items each on their own, with the words that open their list. */
export function sentencesOf({ text }: Prose): Sentence[] {
  const sentences: Sentence[] = []
  let lead = ''
  let unit = { at: 0, text: '' }
  const close = (item: boolean) => {
    if (unit.text.trim()) {
      const found = split(unit.text, unit.at, item ? lead : '')
      sentences.push(...found)
      const last = found.at(-1)?.text ?? ''
      if (!item) lead = /[:：]["\s*_»\u00a0\u200b]*$/.test(last) ? last : ''
    }
    unit = { at: 0, text: '' }
  }
  let item = false
  let at = 0
  for (const row of text.split('\n')) {
    const bare = row.replace(/^[\s>\u200b]*/, '')
    const opens = /^(?:[-*+] |\d+\. |\||#|☐)/.test(bare)
    if (bare === '' || opens || /^\s*>/.test(row) !== /^\s*>/.test(unit.text || row)) {
      close(item)
      if (bare !== '') item = /^(?:[-*+] |\d+\. |☐)/.test(bare)
    }
    if (unit.text === '') unit = { at, text: row }
    else unit.text += `\n${row}`
    if (row.endsWith('  ')) close(item)
    at += row.length + 1
  }
  close(item)
  return sentences
}

function split(text: string, at: number, lead: string): Sentence[] {
  const found: Sentence[] = []
  let from = 0
  for (const match of text.matchAll(/(?:[.!?]+|…(?!…))["»”)*_\u00a0\u200b]*(?=[\s\u200b]+["«“*_¤☐(\u200b]*[\p{Lu}¤☐])/gu)) {
    if (abbreviation.test(text.slice(from, match.index)) || /…$/.test(text.slice(0, match.index))) continue
    const end = match.index + match[0].length
    found.push({ text: text.slice(from, end), at: at + from, lead })
    from = end
  }
  if (text.slice(from).trim()) found.push({ text: text.slice(from), at: at + from, lead })
  return found.map((sentence) => {
    const blank = /^[\s>\u200b]*/.exec(sentence.text)![0].length
    return { ...sentence, text: sentence.text.slice(blank), at: sentence.at + blank }
  })
}
