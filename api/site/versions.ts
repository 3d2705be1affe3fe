import { basename } from 'node:path'
import { diffWordsWithSpace } from 'diff'
import { versioned } from '../../letters/catalogue.ts'
import { readBlobs, readLog } from '../../letters/history.ts'
import { parseClause, parseLetter, type Clause, type Letter } from '../../letters/letter.ts'
import { DomainError } from '../../schema/errors.ts'

/** A letter as a commit left it: number, hash and texts agree with `courtois letters history`. */
export interface Version {
  number: number
  commit: string
  /** ISO 8601, as the author's clock had it. */
  date: string
  author: string
  reviewer: string
  subject: string
  version: string
  /** What it is made of, texts by name: « texte », « clause l111-8 ». */
  texts: Record<string, string>
  layoutChanged: boolean
}

/**
 * Every version of every letter, oldest first, by id: Git is asked once for all of them, in two processes. Refuses with
 * no_history outside a repository or in a shallow one.
 */
export async function allVersions(directory?: string): Promise<Map<string, Version[]>> {
  const { commits } = await readLog(directory)
  const wanted = commits.flatMap(({ changes }) =>
    changes.flatMap(({ path, blob }) => (blob && /^(library|clauses|layout)\//.test(path) ? [blob] : [])),
  )
  const blobs = await readBlobs(wanted, directory)
  const found = new Map<string, Version[]>()
  const tree = emptyTree()
  const stale = new Set<string>()
  for (const { hash: commit, date, author, reviewer, subject, changes } of commits) {
    for (const { path, blob } of changes) replay(tree, stale, path, blob === undefined ? undefined : blobs.get(blob))
    // An older clause that no longer reads leaves the whole library of its day unreadable, as it was for its readers.
    if ([...tree.clauses.values()].includes(null)) continue
    for (const id of stale) {
      const letter = tree.letters.get(id)
      if (!letter) continue
      stale.delete(id)
      const now = versioned(letter, tree.clauses as Map<string, Clause>, tree.layout)
      const list = found.get(id) ?? []
      const last = list.at(-1)
      if (last?.version === now.version) continue
      const texts: Record<string, string> = { texte: letter.source }
      for (const clause of now.clauses) texts[`clause ${clause}`] = tree.clauses.get(clause)?.text ?? ''
      const layoutChanged =
        last !== undefined && Object.keys({ ...texts, ...last.texts }).every((name) => texts[name] === last.texts[name])
      found.set(id, [
        ...list,
        {
          number: list.length + 1,
          commit,
          date,
          author,
          reviewer,
          subject,
          version: now.version,
          texts,
          layoutChanged,
        },
      ])
    }
  }
  return found
}

interface Tree {
  /** By file name; null where the file of that day does not read today. */
  letters: Map<string, Letter | null>
  clauses: Map<string, Clause | null>
  layout: Record<string, Uint8Array>
}

const emptyTree = (): Tree => ({ letters: new Map(), clauses: new Map(), layout: {} })

function replay(tree: Tree, stale: Set<string>, path: string, bytes: Uint8Array | undefined): void {
  const name = basename(path, '.md')
  const text = () => Buffer.from(bytes!).toString('utf8')
  if (path.startsWith('library/') && path.endsWith('.md')) {
    // A letter moved to another family is taken out of one folder and put in another by the same commit.
    if (bytes)
      tree.letters.set(
        name,
        readable(() => parseLetter(text(), path)),
      )
    else if (tree.letters.get(name)?.file === path) tree.letters.delete(name)
    stale.add(name)
  } else if (path.startsWith('clauses/') && path.endsWith('.md')) {
    if (bytes)
      tree.clauses.set(
        name,
        readable(() => parseClause(text(), path)),
      )
    else tree.clauses.delete(name)
    for (const [id, letter] of tree.letters) if (letter && uses(letter.source, name, tree)) stale.add(id)
  } else if (/^layout\/(letter|email)\./.test(path)) {
    if (bytes) tree.layout[basename(path)] = bytes
    else delete tree.layout[basename(path)]
    for (const id of tree.letters.keys()) stale.add(id)
  }
}

function readable<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof DomainError) return null
    throw error
  }
}

// Wide on purpose: a letter looked at again for nothing has the version it had.
function uses(source: string, clause: string, tree: Tree, depth = 0): boolean {
  if (source.includes(`'${clause}'`) || source.includes(`"${clause}"`)) return true
  return (
    depth < 5 &&
    [...source.matchAll(/render\s+['"]([^'"]+)['"]/g)].some(([, id]) => {
      const inner = tree.clauses.get(id!)
      return inner != null && uses(inner.body.text, clause, tree, depth + 1)
    })
  )
}

/** A piece of a difference: kept, taken out, put in, or a stretch that did not change and is not shown. */
export interface Piece {
  kind: 'same' | 'out' | 'in' | 'gap'
  text: string
}

/** What changed from one version to the next, text by text, word by word. */
export function changesOf(before: Version | undefined, after: Version): { name: string; pieces: Piece[] }[] {
  if (!before) return []
  const names = [...new Set([...Object.keys(before.texts), ...Object.keys(after.texts)])]
  return names
    .filter((name) => before.texts[name] !== after.texts[name])
    .map((name) => {
      const [old, now] = [before.texts[name], after.texts[name]]
      if (old === undefined || now === undefined)
        return { name: `${name} ${old === undefined ? 'ajoutée' : 'retirée'}`, pieces: [] }
      return { name, pieces: wordDiff(old, now) }
    })
}

const words = new Intl.Segmenter('fr', { granularity: 'word' })
const context = 60

/** The words that differ between two texts, with some of what stands around them. */
export function wordDiff(before: string, after: string): Piece[] {
  const parts = diffWordsWithSpace(before, after, { intlSegmenter: words })
  return parts.flatMap((part, i): Piece[] => {
    if (part.added) return [{ kind: 'in', text: part.value }]
    if (part.removed) return [{ kind: 'out', text: part.value }]
    const [first, last] = [i === 0, i === parts.length - 1]
    if (part.value.length <= context * (first || last ? 1.5 : 2.5)) return [{ kind: 'same', text: part.value }]
    const head = first ? '' : part.value.slice(0, part.value.indexOf(' ', context) + 1 || context)
    const tail = last ? '' : part.value.slice(part.value.lastIndexOf(' ', part.value.length - context))
    const shown: Piece[] = [
      { kind: 'same', text: head },
      { kind: 'gap', text: '' },
      { kind: 'same', text: tail },
    ]
    return shown.filter(({ kind, text }) => kind === 'gap' || text !== '')
  })
}
