import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DomainError } from '../schema/errors.ts'
import { git, inRepository, readBlobs, refuseShallow } from './git.ts'

/** A commit that touched the letters, and the blob each file then had; none for a file taken out. */
export interface Commit {
  hash: string
  /** ISO 8601, as the author's clock had it. */
  date: string
  author: string
  /** From the commit's « Reviewed-by » lines; empty without any. */
  reviewer: string
  subject: string
  changes: { path: string; blob: string | undefined }[]
}

/** What a repository tells of its letters: commits, oldest first, and the bytes of their files by blob. */
export interface Log {
  commits: Commit[]
  blobs: ReadonlyMap<string, Uint8Array>
}

/** What versions are made of: letters, clauses, and the layouts of letters. */
const isPart = (path: string): boolean =>
  /^(library|clauses)\/.*\.md$/.test(path) || /^layout\/((letter|email)\.|.*\.docx$)/.test(path)

// Beside library/, where there is no repository: « courtois letters history --write » makes it.
const fileName = 'history.json'

/**
 * The log of a folder of letters: from its Git repository, in two processes; from its history.json where it has none.
 * `only` leaves out what is of no use to the caller. Refuses with no_history a shallow repository, and a folder with
 * neither.
 */
export async function readLog(directory: string, only: (path: string) => boolean = () => true): Promise<Log> {
  const wanted = (path: string) => isPart(path) && only(path)
  if (!inRepository(directory)) return readKept(directory, wanted)
  const commits = await gitCommits(directory)
  // Put down inside a repository of something else, a deployment still has its file.
  if (commits.length === 0 && keptText(directory) !== undefined) return readKept(directory, wanted)
  return select({ commits, blobs: new Map() }, wanted, (blobs) => readBlobs(directory, blobs))
}

/** Writes the log of a folder's repository to its history.json, for a deployment without Git. */
export async function writeLog(
  directory: string,
  file: string = join(directory, fileName),
): Promise<{ file: string; commits: number }> {
  if (!inRepository(directory)) throw nowhere(directory)
  const commits = (await gitCommits(directory)).map((commit) => ({
    ...commit,
    changes: commit.changes.filter(({ path }) => isPart(path)),
  }))
  const kept = commits.filter(({ changes }) => changes.length > 0)
  const blobs = await readBlobs(directory, blobsOf(kept))
  const lines = [...blobs].map(([name, bytes]) => `${JSON.stringify(name)}:${JSON.stringify(encoded(bytes))}`)
  const rows = kept.map((commit) => JSON.stringify(commit))
  writeFileSync(file, `{"commits":[\n${rows.join(',\n')}\n],"blobs":{\n${lines.join(',\n')}\n}}\n`)
  return { file, commits: kept.length }
}

const blobsOf = (commits: Commit[]): string[] =>
  commits.flatMap(({ changes }) => changes.flatMap(({ blob }) => (blob === undefined ? [] : [blob])))

async function select(
  { commits }: Log,
  wanted: (path: string) => boolean,
  read: (blobs: string[]) => Promise<ReadonlyMap<string, Uint8Array>>,
): Promise<Log> {
  const kept = commits.map((commit) => ({ ...commit, changes: commit.changes.filter(({ path }) => wanted(path)) }))
  return { commits: kept, blobs: await read(blobsOf(kept)) }
}

async function gitCommits(directory: string): Promise<Commit[]> {
  await refuseShallow(directory)
  // First parents only, merges against theirs: one line of history, so that replaying it gives each commit's tree.
  const reviewers = '%(trailers:key=Reviewed-by,valueonly,unfold,separator=%x2C%x20)'
  const format = `--format=%x01%H%x00%aI%x00%an%x00${reviewers}%x00%s%x00`
  const how = ['--first-parent', '-m', '--raw', '-z', '--no-renames', '--no-abbrev', '--relative', format]
  const output = await git(directory, ['log', ...how, '--', '.'])
  return output.split('\x01').slice(1).map(commitOf).reverse()
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

interface Kept {
  commits: Commit[]
  blobs: Record<string, Encoded>
}
type Encoded = string | { base64: string }

function encoded(bytes: Uint8Array): Encoded {
  const buffer = Buffer.from(bytes)
  const text = buffer.toString('utf8')
  return Buffer.from(text).equals(buffer) ? text : { base64: buffer.toString('base64') }
}

function readKept(directory: string, wanted: (path: string) => boolean): Promise<Log> {
  const text = keptText(directory)
  if (text === undefined) throw nowhere(directory)
  const file = join(directory, fileName)
  let kept: Kept
  try {
    kept = JSON.parse(text) as Kept
  } catch (error) {
    throw damaged(file, error)
  }
  if (!Array.isArray(kept.commits) || typeof kept.blobs !== 'object') throw damaged(file)
  return select({ commits: kept.commits, blobs: new Map() }, wanted, async (names) => {
    const blobs = new Map<string, Uint8Array>()
    for (const name of names) {
      const value = kept.blobs[name]
      if (value === undefined) throw damaged(file)
      const bytes = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.base64, 'base64')
      if (blobName(bytes, name.length) !== name) throw damaged(file)
      blobs.set(name, bytes)
    }
    return blobs
  })
}

// Git's own name of a file's bytes: what the file holds is what the repository held.
function blobName(bytes: Buffer, length: number): string {
  const hash = createHash(length === 64 ? 'sha256' : 'sha1')
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

function keptText(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, fileName), 'utf8')
  } catch {
    return undefined
  }
}

const remedy = 'Dans le dépôt complet : courtois letters history --write, puis copiez le fichier.'

const nowhere = (directory: string): DomainError =>
  new DomainError('no_history', `L’historique des courriers n’est pas là : ni dépôt Git, ni ${fileName}.`, {
    remedy,
    facts: { directory },
  })

const damaged = (file: string, cause?: unknown): DomainError =>
  new DomainError('no_history', `${file} est abîmé : il ne contient pas ce que le dépôt contenait.`, {
    remedy,
    facts: { file },
    ...(cause === undefined ? {} : { cause }),
  })
