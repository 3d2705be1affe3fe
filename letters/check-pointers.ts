import type { Library } from './catalogue.ts'
import { clauseNodes, nodesOf } from './check-engine.ts'
import { always, wayTo, type Node } from './check-paths.ts'
import type { Add } from './check-subject.ts'
import type { Section } from './letter.ts'

interface Pointer {
  /** Words that name what it points to. */
  named: RegExp
  filters: string[]
  blocs: string[]
  remedy: string
}

const dates: Pointer = {
  named: /(?<!\p{L})(?:dates?|jours?|échéances?|terme|lendemain|aujourd['’]hui|signature)(?!\p{L})/iu,
  filters: ['date_longue', 'date_courte', 'date_langue'],
  blocs: ['factures', 'termes', 'echeancier'],
  remedy: 'citez la date, ou mettez les deux sous la même condition',
}
const sums: Pointer = {
  named: /(?<!\p{L})(?:sommes?|montants?|total|solde|prix|loyers?|indemnité|acompte|principal)(?!\p{L})/iu,
  filters: ['euros', 'ariary', 'montant', 'en_lettres', 'euros_langue'],
  blocs: ['factures', 'termes', 'decompte', 'decompte-termes', 'echeancier', 'paiement'],
  remedy: 'citez le montant, ou mettez les deux sous la même condition',
}
const pointers = /(?<!\p{L})(cette date|ce montant|cette somme)(?!\p{L})/giu

/**
 * « cette date », « ce montant », « cette somme »: the nearest thing before that they may point to is printed whenever
 * they are. A word, « échéance », serves only in the same paragraph or the one before; a date or a sum of the case from
 * wherever it stands.
 */
export function checkPointers(section: Section, library: Library, add: Add): void {
  const { text } = section
  const root = nodesOf(text, library)
  for (const { index: at, 0: words } of text.matchAll(pointers)) {
    const kind = /date/i.test(words) ? dates : sums
    const close = windowStart(text, at)
    const { before, assumed } = wayTo(root, at)
    const nearest = before.findLast((node) => node.token.begin < at && holds([node], kind, library))
    const from = Math.min(close, nearest ? Math.max(0, text.lastIndexOf('\n\n', nearest.token.begin)) : close)
    const stands = (node: Node): boolean => {
      const { begin, input } = node.token
      if (input !== text) return points(node, kind, node.str ?? '')
      if (begin >= at) return false
      if (node.str === undefined) return begin >= from && points(node, kind, '')
      const first = Math.max(begin, text.indexOf(node.str, begin))
      return points(node, kind, node.str.slice(Math.max(0, close - first), Math.max(0, at - first)))
    }
    const near = before.filter(({ name, token }) => name !== 'render' || token.begin >= from)
    if (always(near, stands, assumed, clauseNodes(library))) continue
    const row = section.line + text.slice(0, at).split('\n').length - 1
    add(row, 'renvoi-incertain', `« ${words} » renvoie à ce qui n’est pas toujours imprimé avant : ${kind.remedy}`)
  }
}

// Whether a node is what a pointer may point to; `said` is the part of its text that counts.
function points({ name, str, value, block }: Node, { named, filters, blocs }: Pointer, said: string): boolean {
  if (str !== undefined) return named.test(said)
  if (name === 'bloc') return blocs.includes(block ?? '')
  return name === undefined && (value?.filters.some((filter) => filters.includes(filter.name)) ?? false)
}

// Whether a value of the case that a pointer may point to stands in nodes, or in the clauses they call.
function holds(nodes: Node[], kind: Pointer, library: Library): boolean {
  return nodes.some((node) => {
    if (node.str === undefined && points(node, kind, '')) return true
    const called = node.name === 'render' ? clauseNodes(library)(String(node.file)) : undefined
    const inner = [...(node.branches ?? []).flatMap(({ templates }) => templates), ...(node.elseTemplates ?? [])]
    return holds([...(called ?? []), ...inner, ...(node.templates ?? [])], kind, library)
  })
}

// The start of the paragraph before the one that holds a place.
function windowStart(text: string, at: number): number {
  const own = text.lastIndexOf('\n\n', at)
  return own < 0 ? 0 : Math.max(0, text.lastIndexOf('\n\n', own - 1))
}
