import { clauseNodes, nodesOf } from './check-engine.ts'
import { always, listOf, wayTo, type Assumed, type Node, type Operand } from './check-paths.ts'
import type { Library } from './catalogue.ts'
import type { Add } from './check-subject.ts'
import type { Section } from './letter.ts'

/** A cell of a table whose words all stand under a condition, without another case: it may be printed empty. */
export function checkCells({ text, line }: Section, library: Library, add: Add): void {
  let at = 0
  text.split('\n').forEach((row, i) => {
    // A row may begin with the condition it stands under.
    const bar = /^(?:\s|\{%[^%]*%\})*(?=\|)/.exec(row)?.[0].length
    if (bar !== undefined) {
      for (const cell of cellsOf(row.slice(bar))) {
        if (mayBeEmpty(cell, library, () => wayTo(nodesOf(text, library), at + bar).assumed))
          add(
            line + i,
            'case-vide',
            `« ${cell.trim()} » peut ne rien imprimer : donnez l’autre cas ({% else %}–{% endif %})`,
          )
      }
    }
    at += row.length + 1
  })
}

// The bars that stand in a tag or a value belong to it.
const cellsOf = (row: string): string[] =>
  [
    ...row
      .trim()
      .slice(1)
      .matchAll(/((?:\{\{.*?\}\}|\{%.*?%\}|[^|])*)\|/g),
  ].map(([, cell]) => cell!)

function mayBeEmpty(cell: string, library: Library, assumed: () => Assumed): boolean {
  if (!cell.includes('{')) return false
  let nodes: Node[]
  try {
    nodes = nodesOf(cell, library)
  } catch {
    // A condition that goes over several cells: what one of them holds cannot be told apart.
    return false
  }
  const says = (node: Node): boolean => {
    const list = node.name === 'for' ? listOf(node) : undefined
    // A case has an invoice at least; of another list the cell says whether it is empty.
    if (list !== undefined) return list === 'factures' || cell.includes(`${list}.size > 0`)
    if (node.str !== undefined) return /[^\s*_]/.test(node.str)
    return node.name === undefined && !(node.value && mayBeBlank(node.value))
  }
  return !always(nodes, says, assumed(), clauseNodes(library))
}

// « default: '' » prints nothing where the fact is not there.
const mayBeBlank = ({ filters }: Operand): boolean =>
  filters.some(({ name, args }) => name === 'default' && isBlank(args?.[0]))
const isBlank = (word: unknown): boolean => (word as { content?: unknown } | undefined)?.content === ''
