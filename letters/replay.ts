import { basename } from 'node:path'
import { DomainError } from '../schema/errors.ts'
import { dresses, versioned } from './catalogue.ts'
import { parseClause, parseLetter, type Clause, type Letter } from './letter.ts'
import type { Commit, Log } from './log.ts'

/** One version of a letter: a commit that changed its text, one of its clauses or its layout. */
export interface Revision extends Omit<Commit, 'hash' | 'changes'> {
  /** From 1, the oldest. */
  number: number
  commit: string
  version: string
  /** What changed: « texte », « clause l111-8 », « mise en page ». */
  changes: string[]
  /** Blob of each file the version is made of, by path in letters/. */
  parts: Record<string, string>
}

/** The versions of letters, oldest first, by id, and the bytes they are made of. */
export interface History {
  letters: ReadonlyMap<string, Revision[]>
  blobs: ReadonlyMap<string, Uint8Array>
}

/** The files of one repository as a commit leaves them: where each stands and its blob. */
interface Tree {
  /** By id, then by path: two files of one name leave the letter without a version. */
  letters: Map<string, Map<string, string>>
  clauses: Map<string, string>
  layout: Map<string, string>
}

/** Reads the logs of one or several repositories again, commit by commit: each time a letter is no longer what it was, a version. */
export function replay(logs: Log[]): History {
  const blobs = new Map(logs.flatMap((log) => [...log.blobs]))
  const trees = logs.map((): Tree => ({ letters: new Map(), clauses: new Map(), layout: new Map() }))
  const reader = readerOf(blobs)
  const letters = new Map<string, Revision[]>()
  // The clauses each letter had when its version was last reckoned: a change of another clause is nothing to it.
  const carried = new Map<string, string[]>()
  const stale = new Set<string>()
  for (const { source, hash, changes, ...told } of inOrder(logs.map((log) => log.commits))) {
    for (const { path, blob } of changes) {
      const tree = trees[source]!
      const name = basename(path, '.md')
      if (path.startsWith('library/')) {
        put(tree.letters, name, path, blob)
        stale.add(name)
      } else if (path.startsWith('clauses/')) {
        set(tree.clauses, name, blob)
        for (const [id, clauses] of carried) if (clauses.includes(name)) stale.add(id)
      } else {
        set(tree.layout, basename(path), blob)
        for (const id of carried.keys()) stale.add(id)
      }
    }
    if (stale.size === 0) continue
    const { clauses, clausePaths } = reader.clauses(trees)
    // An older clause that no longer reads leaves the whole library of its day unreadable, as it was for its readers.
    if (!clauses) continue
    const layout = merged(trees.map((tree) => tree.layout))
    const layoutBytes = Object.fromEntries([...layout].map(([name, blob]) => [name, blobs.get(blob)!]))
    for (const id of stale) {
      const found = reader.letter(id, trees)
      if (!found) continue
      stale.delete(id)
      const now = versioned(found.letter, clauses, layoutBytes)
      carried.set(id, now.clauses)
      const revisions = letters.get(id) ?? []
      const last = revisions.at(-1)
      if (last?.version === now.version) continue
      const parts: Record<string, string> = { [found.path]: found.blob }
      for (const clause of now.clauses)
        if (clausePaths.has(clause)) parts[`clauses/${clause}.md`] = clausePaths.get(clause)!
      for (const [name, blob] of layout) if (dresses(name, id)) parts[`layout/${name}`] = blob
      const changed = last ? changedNames(last.parts, parts) : ['création']
      const number = revisions.length + 1
      letters.set(id, [...revisions, { number, commit: hash, ...told, version: now.version, changes: changed, parts }])
    }
  }
  return { letters, blobs }
}

function set(files: Map<string, string>, name: string, blob: string | undefined): void {
  if (blob === undefined) files.delete(name)
  else files.set(name, blob)
}

function put(letters: Tree['letters'], id: string, path: string, blob: string | undefined): void {
  const paths = letters.get(id) ?? new Map<string, string>()
  set(paths, path, blob)
  letters.set(id, paths)
}

const merged = (files: Map<string, string>[]): Map<string, string> => new Map(files.flatMap((each) => [...each]))

/** Letters and clauses by their blobs, each read once; none where a file of that day does not read today: it is passed over, not guessed. */
function readerOf(blobs: ReadonlyMap<string, Uint8Array>) {
  const cache = new Map<string, Letter | Clause | undefined>()
  const text = (blob: string) => Buffer.from(blobs.get(blob)!).toString('utf8')
  function read<T extends Letter | Clause>(parse: (text: string, file: string) => T, path: string, blob: string) {
    const key = `${path}\0${blob}`
    if (!cache.has(key))
      cache.set(
        key,
        readable(() => parse(text(blob), path)),
      )
    return cache.get(key) as T | undefined
  }
  return {
    /** The letter of the last repository that has it. */
    letter(id: string, trees: Tree[]): { letter: Letter; path: string; blob: string } | undefined {
      const files = trees.map((tree) => tree.letters.get(id)).findLast((found) => found !== undefined && found.size > 0)
      const [file] = files ?? []
      if (!file || files!.size > 1) return undefined
      const [path, blob] = file
      const letter = read(parseLetter, path, blob)
      return letter?.id === id ? { letter, path, blob } : undefined
    },
    clauses(trees: Tree[]): { clauses: Map<string, Clause> | undefined; clausePaths: Map<string, string> } {
      const clausePaths = merged(trees.map((tree) => tree.clauses))
      const clauses = new Map<string, Clause>()
      for (const [id, blob] of clausePaths) {
        const clause = read(parseClause, `clauses/${id}.md`, blob)
        if (!clause) return { clauses: undefined, clausePaths }
        clauses.set(clause.id, clause)
      }
      return { clauses, clausePaths }
    },
  }
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof DomainError) return undefined
    throw error
  }
}

/** Several histories as one, by date; the commits of one repository keep their own order, whatever their clocks said. */
function inOrder(logs: Commit[][]): (Commit & { source: number })[] {
  const rest = logs.map((commits, source) => commits.map((commit) => ({ ...commit, source })))
  if (rest.length === 1) return rest[0]!
  const ordered: (Commit & { source: number })[] = []
  for (;;) {
    const [next] = rest
      .filter((log) => log.length > 0)
      .sort((a, b) => Temporal.Instant.compare(Temporal.Instant.from(a[0]!.date), Temporal.Instant.from(b[0]!.date)))
    if (!next) return ordered
    ordered.push(next.shift()!)
  }
}

// A letter that changes family keeps its name: it is compared with itself.
/** The parts of a version by what they are called: « texte », « clause l111-8 », « layout/letter.typ ». */
export function byName(parts: Record<string, string>): Map<string, { path: string; blob: string }> {
  return new Map(
    Object.entries(parts).map(([path, blob]) => {
      const name = path.startsWith('library/')
        ? 'texte'
        : path.startsWith('clauses/')
          ? `clause ${basename(path, '.md')}`
          : path
      return [name, { path, blob }]
    }),
  )
}

function changedNames(before: Record<string, string>, after: Record<string, string>): string[] {
  const [old, now] = [byName(before), byName(after)]
  const names = [...new Set([...old.keys(), ...now.keys()])].filter(
    (name) => old.get(name)?.blob !== now.get(name)?.blob,
  )
  return [...new Set(names.map((name) => (name.startsWith('layout/') ? 'mise en page' : name)))]
}
