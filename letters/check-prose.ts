import type { Library } from './catalogue.ts'
import { nodesOf } from './check-engine.ts'
import { listOf, meets, pathOf, type Assumed, type Node } from './check-paths.ts'
import type { Section } from './letter.ts'

/** A text without its template marks, and where each part of it stands in the file: line, and clause it comes from. */
export interface Prose {
  text: string
  marks: { at: number; line: number; clause?: string }[]
  /** Facts it prints, by dotted path; `cut` when a filter leaves only a part of the text. */
  outputs: { path: string; at: number; cut?: true }[]
  /** Clauses it calls and does not hold. */
  calls: { clause: string; at: number }[]
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

/**
 * What a section says, every branch of its conditions one after the other but for those that `assumed` excludes; each
 * printed fact is « ¤ ». With `clauses`, their words are in it too.
 */
export function proseOf(section: Section, library: Library, assumed: Assumed = {}, clauses = false): Prose {
  const prose: Prose = { text: '', marks: [], outputs: [], calls: [] }
  const parts: string[] = []
  let length = 0
  const write = (words: string) => {
    parts.push(words)
    length += words.length
  }
  // Names that loops and « assign » give to facts: « facture » for « factures.0 ».
  const names = new Map<string, string>()
  const named = (path: string | undefined): string | undefined =>
    path?.replace(/^[^.]+/, (root) => names.get(root) ?? root)
  // What a template counts or puts together is no fact: its name leads nowhere.
  const name = (as: unknown, path: string | undefined) =>
    void names.set(String(as), path ?? names.get(String(as)) ?? '')
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
      } else if (node.name === 'for' || node.name === 'capture') {
        name(node.variable, node.name === 'for' ? withItem(named(listOf(node))) : undefined)
        visit([...(node.templates ?? []), ...(node.elseTemplates ?? [])], line, clause, depth)
      } else if (node.name === 'assign') name(node.key, named(pathOf(node.value)))
      else if (node.name === 'bloc') {
        write('\n\n')
      } else if (node.name === 'render') {
        const target = clauses ? library.clauses.get(String(node.file)) : undefined
        if (target && depth < 5) {
          visit(nodesOf(target.body.text, library), () => row, clause ?? target.id, depth + 1)
        } else {
          prose.calls.push({ clause: String(node.file), at: length })
          write('¤')
        }
      } else if (node.name === undefined) {
        const path = named(pathOf(node.value))
        const cut = node.value?.filters.some((filter) => filter.name === 'slice')
        if (path) prose.outputs.push({ path, at: length, ...(cut ? { cut } : {}) })
        write('¤')
      }
    }
  }
  const starts = lineStarts(section.text)
  visit(nodesOf(section.text, library), (at) => section.line + rowOf(starts, at))
  prose.text = parts.join('')
  return prose
}

const withItem = (list: string | undefined): string | undefined => list && `${list}.0`

// The branches of an `if`, `unless` or `case` that `assumed` leaves possible.
function branchesLeft(node: Node, assumed: Assumed): Node[][] {
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
