import type { Liquid } from 'liquidjs'
import type { Library } from './catalogue.ts'
import { engineOf, nodesOf } from './check-engine.ts'
import type { Prose } from './check-prose.ts'
import type { Section } from './letter.ts'

const [lineOpen, lineClose, clauseOpen, clauseClose, clauseEnd] = ['\uE010', '\uE011', '\uE012', '\uE013', '\uE014']

/** A section filled with facts, as one reads it, each part with its line and clause. Throws LiquidError. */
export function filledOf(section: Section, library: Library, facts: object): Prose {
  const engine = engineOf(library)
  const template = nodesOf(marked(section.text), library) as unknown as ReturnType<Liquid['parse']>
  const output = String(engine.renderSync(template, facts, { globals: facts }))
  const prose: Prose = { text: '', marks: [], outputs: [], calls: [] }
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
