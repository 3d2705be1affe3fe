import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DomainError } from '../schema/errors.ts'
import { letterOf, libraryFolders, libraryOf, mergedFiles, type Library, type LibraryFiles } from './catalogue.ts'
import { borrowing, git, run } from './git.ts'

/** One version of a letter: a commit that changed its text, one of its clauses or its layout. */
export interface Revision {
  /** From 1, the oldest. */
  number: number
  commit: string
  /** ISO 8601, as the author's clock had it. */
  date: string
  author: string
  /** From the commit's « Reviewed-by » lines; empty without any. */
  reviewer: string
  subject: string
  version: string
  /** What changed: « texte », « clause l111-8 », « mise en page ». */
  changes: string[]
  /** Blob of each file the version is made of, by path in letters/. */
  parts: Record<string, string>
}

const here = dirname(fileURLToPath(import.meta.url))

/**
 * Every version of a letter, oldest first, from two git processes for each repository: ours, and the agency's own when
 * there is one, their commits taken together in the order of their dates. Refuses with no_history outside a repository
 * or in a shallow one, where the first version would be a lie.
 */
export async function historyOf(id: string, folders: string | string[] = libraryFolders()): Promise<Revision[]> {
  const directories = [folders].flat()
  const name = `${id}.md`
  const logs = await Promise.all(
    directories.map(async (directory, source) => {
      const { commits } = await readLog(directory)
      const wanted = commits
        .flatMap(({ changes }) => changes)
        .flatMap(({ path, blob }) => (blob && isPart(path, name) ? [blob] : []))
      return { commits: commits.map((commit) => ({ ...commit, source })), blobs: await readBlobs(wanted, directory) }
    }),
  )
  const blobs = new Map(logs.flatMap((log) => [...log.blobs]))
  const trees: Record<string, string>[] = directories.map(() => ({}))
  const revisions: Revision[] = []
  for (const commit of inOrder(logs.map((log) => log.commits))) {
    const own = trees[commit.source]!
    let touched = false
    for (const { path, blob } of commit.changes) {
      if (path.startsWith('library/') && !path.endsWith(`/${name}`)) continue
      if (blob) own[path] = blob
      else delete own[path]
      touched = true
    }
    const tree = mergedFiles(trees)
    if (!touched || !Object.keys(tree).some((path) => path.startsWith('library/'))) continue
    const revision = revisionOf(id, tree, blobs, 'letters')
    const last = revisions.at(-1)
    if (!revision || revision.version === last?.version) continue
    const { hash, date, author, reviewer, subject } = commit
    const changes = changesBetween(last?.parts, revision.parts)
    revisions.push({
      number: revisions.length + 1,
      commit: hash,
      date,
      author,
      reviewer,
      subject,
      changes,
      ...revision,
    })
  }
  if (revisions.length === 0) throw unknown(id)
  return revisions
}

const isPart = (path: string, name: string): boolean =>
  path.endsWith(`/${name}`) || path.startsWith('clauses/') || path.startsWith('layout/')

/** Several histories as one, by date; the commits of one repository keep their own order, whatever their clocks said. */
function inOrder<T extends Commit>(logs: T[][]): T[] {
  if (logs.length === 1) return logs[0]!
  const rest = logs.map((log) => [...log])
  const merged: T[] = []
  for (;;) {
    const [next] = rest
      .filter((log) => log.length > 0)
      .sort((a, b) => Temporal.Instant.compare(Temporal.Instant.from(a[0]!.date), Temporal.Instant.from(b[0]!.date)))
    if (!next) return merged
    merged.push(next.shift()!)
  }
}

// A file that an older commit left unreadable (its head was otherwise) has no version: it is passed over, not guessed.
function revisionOf(id: string, tree: Record<string, string>, blobs: Map<string, Uint8Array>, prefix: string) {
  const files: LibraryFiles = {}
  for (const [path, blob] of Object.entries(tree)) files[path] = blobs.get(blob)!
  try {
    const letter = letterOf(libraryOf(files, prefix), id)
    const used = new Set(letter.clauses.map((clause) => `clauses/${clause}.md`))
    const parts = Object.fromEntries(
      Object.entries(tree).filter(
        ([path]) => path.startsWith('library/') || used.has(path) || /^layout\/(letter|email)\./.test(path),
      ),
    )
    return { version: letter.version, parts }
  } catch (error) {
    if (error instanceof DomainError) return undefined
    throw error
  }
}

function changesBetween(before: Record<string, string> | undefined, after: Record<string, string>): string[] {
  if (!before) return ['création']
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (path) => before[path] !== after[path],
  )
  return [...new Set(changed.map(partName))]
}

function partName(path: string): string {
  if (path.startsWith('clauses/')) return `clause ${path.slice('clauses/'.length, -'.md'.length)}`
  return path.startsWith('layout/') ? 'mise en page' : 'texte'
}

/** The whole library as it was at a commit, with its clauses and its layout. */
export async function libraryAt(commit: string, directory: string = here): Promise<Library> {
  await complete(directory)
  const resolved = (
    await git(directory, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`])
  ).trim()
  const top = (await git(directory, ['rev-parse', '--show-toplevel'])).trim()
  const prefix = relative(top, resolve(directory))
  // An agency's repository may hold its library/ at its root.
  const within = prefix === '' ? '' : `${prefix}/`
  const listing = await git(directory, [
    'ls-tree',
    '-r',
    '-z',
    '--full-tree',
    resolved,
    ...(within ? ['--', within] : []),
  ])
  const entries = listing
    .split('\0')
    .filter(Boolean)
    .map((entry) => {
      const [meta, path] = entry.split('\t') as [string, string]
      return { blob: meta.split(' ')[2]!, path: path.slice(within.length) }
    })
  const blobs = await readBlobs(
    entries.map((entry) => entry.blob),
    directory,
  )
  return libraryOf(Object.fromEntries(entries.map(({ path, blob }) => [path, blobs.get(blob)!])), prefix)
}

/** A letter's library at its version N (1 is the oldest) or at a commit; of two repositories, at a commit of its history. */
export async function libraryAtRevision(
  id: string,
  revision: string,
  folders: string | string[] = libraryFolders(),
): Promise<Library> {
  const directories = [folders].flat()
  const found = await findRevision(id, revision, directories)
  if (directories.length === 1) return libraryAt(found?.commit ?? revision, directories[0])
  const parts = found!.parts
  const blobs = await readBlobs(Object.values(parts), ...directories)
  return libraryOf(Object.fromEntries(Object.entries(parts).map(([path, blob]) => [path, blobs.get(blob)!])))
}

/** What changed between two versions, word by word: [-removed-] and {+added+}, file by file. Empty when nothing did. */
export async function diffRevisions(
  id: string,
  from: string,
  to: string,
  folders: string | string[] = libraryFolders(),
): Promise<string> {
  const directories = [folders].flat()
  const directory = directories[0]!
  const shared = await borrowing(directories)
  const [a, b] = await Promise.all(
    [from, to].map(
      async (wanted) => (await findRevision(id, wanted, directories)) ?? revisionAt(id, wanted, directory),
    ),
  )
  const paths = [...new Set([...Object.keys(a!.parts), ...Object.keys(b!.parts)])]
    .filter((path) => path.endsWith('.md'))
    .sort()
  const texts: string[] = []
  for (const path of paths) {
    const [before, after] = [a!.parts[path], b!.parts[path]]
    if (before === after) continue
    if (!before || !after) {
      texts.push(`letters/${path} : ${after ? 'ajouté' : 'retiré'}`)
      continue
    }
    const output = await git(
      directory,
      [
        'diff',
        '--no-color',
        '--word-diff=plain',
        '--word-diff-regex=[^[:space:]{}%]+|[{}%]+',
        '--unified=2',
        before,
        after,
      ],
      shared,
    )
    texts.push(`letters/${path}\n${output.split('\n').slice(4).join('\n').trimEnd()}`)
  }
  return texts.join('\n\n')
}

async function findRevision(id: string, wanted: string, directories: string[]): Promise<Revision | undefined> {
  const isNumber = /^\d{1,4}$/.test(wanted)
  if (!isNumber && directories.length === 1) return undefined
  const revisions = await historyOf(id, directories)
  const found = isNumber
    ? revisions[Number(wanted) - 1]
    : revisions.findLast(({ commit }) => wanted === 'HEAD' || (wanted.length >= 7 && commit.startsWith(wanted)))
  if (found) return found
  throw new DomainError('unknown_revision', `Le courrier « ${id} » n'a pas de version ${wanted}.`, {
    remedy: `Choisissez une version de 1 à ${revisions.length} (courtois letters history ${id}) ou un commit.`,
    facts: { letter: id, revision: wanted, revisions: revisions.length },
  })
}

async function revisionAt(id: string, commit: string, directory: string): Promise<Pick<Revision, 'parts'>> {
  const library = await libraryAt(commit, directory)
  const letter = letterOf(library, id)
  const top = (await git(directory, ['rev-parse', '--show-toplevel'])).trim()
  const prefix = relative(top, resolve(directory))
  const paths = [relative(prefix, letter.file), ...letter.clauses.map((clause) => `clauses/${clause}.md`)]
  const parts: Record<string, string> = {}
  for (const path of paths)
    parts[path] = (await git(directory, ['rev-parse', `${commit}:${join(prefix, path)}`])).trim()
  return { parts }
}

interface Commit {
  hash: string
  date: string
  author: string
  reviewer: string
  subject: string
  changes: { path: string; blob: string | undefined }[]
}

/** The commits that touched the letters, oldest first, with the blob each file then had: one git process. */
export async function readLog(directory: string = here): Promise<{ commits: Commit[]; prefix: string }> {
  await complete(directory)
  // First parents only, merges against theirs: one line of history, so that replaying it gives each commit's tree.
  const reviewers = '%(trailers:key=Reviewed-by,valueonly,unfold,separator=%x2C%x20)'
  const format = `--format=%x01%H%x00%aI%x00%an%x00${reviewers}%x00%s%x00`
  const output = await git(directory, [
    'log',
    '--first-parent',
    '-m',
    '--raw',
    '-z',
    '--no-renames',
    '--no-abbrev',
    '--relative',
    format,
    '--',
    '.',
  ])
  const commits = output.split('\x01').slice(1).map(commitOf)
  return { commits: commits.reverse(), prefix: 'letters' }
}

function commitOf(record: string): Commit {
  const [hash = '', date = '', author = '', reviewer = '', subject = '', ...raw] = record.split('\0')
  const changes: Commit['changes'] = []
  for (let i = 0; i < raw.length - 1; i++) {
    const meta = raw[i]!.trim()
    if (!meta.startsWith(':')) continue
    const [, mode = '', , blob = ''] = meta.split(' ')
    changes.push({ path: raw[++i]!, blob: mode === '000000' ? undefined : blob })
  }
  return { hash, date, author, reviewer: reviewer.replace(/ *<[^>]*>/g, ''), subject, changes }
}

/** The bytes of blobs, by their hash: one git process, in the first repository with the objects of the others. */
export async function readBlobs(
  blobs: string[],
  directory: string = here,
  ...others: string[]
): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  if (blobs.length === 0) return found
  const shared = await borrowing([directory, ...others])
  const output = await run(directory, ['cat-file', '--batch'], shared, `${[...new Set(blobs)].join('\n')}\n`)
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(10, at)
    const [name = '', , size = '0'] = output.toString('latin1', at, end).split(' ')
    found.set(name, output.subarray(end + 1, end + 1 + Number(size)))
    at = end + 2 + Number(size)
  }
  return found
}

async function complete(directory: string): Promise<void> {
  if ((await git(directory, ['rev-parse', '--is-shallow-repository'])).trim() === 'false') return
  throw new DomainError('no_history', 'Le dépôt Git est superficiel : ses premières versions manquent.', {
    remedy: 'Complétez-le : git fetch --unshallow.',
    facts: { directory },
  })
}

function unknown(id: string): DomainError {
  return new DomainError('unknown_letter', `Le courrier « ${id} » n'a pas encore de version enregistrée dans Git.`, {
    remedy: 'Enregistrez-le (git commit), ou vérifiez son identifiant : courtois letters list.',
    facts: { letter: id },
  })
}
