import { basename, dirname, relative, resolve } from 'node:path'
import { DomainError } from '../schema/errors.ts'
import { dresses, letterOf, libraryFolders, libraryOf, type Library } from './catalogue.ts'
import { git, inRepository, readBlobs, refuseShallow, run } from './git.ts'
import { readLog } from './log.ts'
import { byName, replay, type History, type Revision } from './replay.ts'
import { wordDiff, wordDiffText, type Piece } from './word-diff.ts'

/**
 * Every version of every letter, or of one: from our log, and the agency's own when there is one, their commits taken
 * together in the order of their dates. Refuses with no_history where a log cannot be read whole.
 */
export async function readHistory(folders: string | string[] = libraryFolders(), id?: string): Promise<History> {
  const only = (path: string) => id === undefined || !path.startsWith('library/') || isOwn(path, id)
  const logs = await Promise.all([folders].flat().map((folder) => readLog(folder, only)))
  return replay(logs)
}

const isOwn = (path: string, id: string): boolean => path.startsWith('library/') && basename(path) === `${id}.md`

/** The versions of one letter. Refuses with unknown_letter one that no commit holds. */
export async function historyOf(id: string, folders?: string | string[]): Promise<Revision[]> {
  return revisionsOf(id, await readHistory(folders, id))
}

function revisionsOf(id: string, history: History): Revision[] {
  const revisions = history.letters.get(id)
  if (revisions) return revisions
  throw new DomainError('unknown_letter', `Le courrier « ${id} » n’a pas encore de version enregistrée dans Git.`, {
    remedy: 'Enregistrez-le (git commit), ou vérifiez son identifiant : courtois letters list.',
    facts: { letter: id },
  })
}

/** What became of one text between two versions; `pieces` when it was changed, without any for a layout. */
export interface Change {
  name: string
  path: string
  what: 'changed' | 'added' | 'removed'
  pieces: Piece[]
}

type Version = Pick<Revision, 'parts'>

/** What changed from one version to another, text by text, word by word. */
export function changesBetween(before: Version, after: Version, blobs: History['blobs']): Change[] {
  const [old, now] = [byName(before.parts), byName(after.parts)]
  const text = (blob: string) => Buffer.from(blobs.get(blob)!).toString('utf8')
  return [...new Set([...now.keys(), ...old.keys()])].flatMap((name): Change[] => {
    const [was, is] = [old.get(name), now.get(name)]
    if (was?.blob === is?.blob) return []
    const { path } = (is ?? was)!
    if (!was || !is) return [{ name, path, what: is ? 'added' : 'removed', pieces: [] }]
    return [
      { name, path, what: 'changed', pieces: path.endsWith('.md') ? wordDiff(text(was.blob), text(is.blob)) : [] },
    ]
  })
}

/** The same as text, file by file: [-removed-] and {+added+}. Empty when nothing changed. */
export function changesText(changes: Change[]): string {
  const told = { added: 'ajouté', removed: 'retiré', changed: 'modifié' }
  return changes
    .map(({ path, what, pieces }) =>
      pieces.length > 0 ? `letters/${path}\n${wordDiffText(pieces)}` : `letters/${path} : ${told[what]}`,
    )
    .join('\n\n')
}

/** What changed between two versions of a letter, named by number, commit or version. */
export async function changesOf(
  id: string,
  from: string,
  to: string,
  folders: string | string[] = libraryFolders(),
): Promise<Change[]> {
  const history = await readHistory(folders, id)
  const blobs = new Map(history.blobs)
  const [before, after] = await Promise.all(
    [from, to].map((wanted) => versionAt(id, wanted, history, [folders].flat(), blobs)),
  )
  return changesBetween(before!, after!, blobs)
}

/** The same as text. */
export const diffRevisions = async (...asked: Parameters<typeof changesOf>): Promise<string> =>
  changesText(await changesOf(...asked))

/** A letter's library at one of its versions: its own text, clauses and layout; or the whole one at any commit of ours. */
export async function libraryAtRevision(
  id: string,
  revision: string,
  folders: string | string[] = libraryFolders(),
): Promise<Library> {
  const history = await readHistory(folders, id)
  const blobs = new Map(history.blobs)
  const { parts } = await versionAt(id, revision, history, [folders].flat(), blobs)
  return libraryOf(Object.fromEntries(Object.entries(parts).map(([path, blob]) => [path, blobs.get(blob)!])))
}

async function versionAt(
  id: string,
  wanted: string,
  history: History,
  directories: string[],
  blobs: Map<string, Uint8Array>,
): Promise<Version> {
  const found = findRevision(id, wanted, history)
  if (found) return found
  const [directory] = directories
  // A commit between two versions is one of a single repository: of two, only those of the letter's history are told.
  if (!/^\d{1,4}$/.test(wanted) && directories.length === 1 && inRepository(directory!)) {
    const parts = await partsAt(id, wanted, directory!, blobs)
    if (parts) return parts
  }
  const last = history.letters.get(id)?.length ?? 0
  throw new DomainError('unknown_revision', `Le courrier « ${id} » n’a pas de version ${wanted}.`, {
    remedy: `Choisissez une version de 1 à ${last} (courtois letters history ${id}) ou un commit.`,
    facts: { letter: id, revision: wanted, revisions: last },
  })
}

// By its number, by seven letters or more of its commit, or of the version that a document was recorded with.
function findRevision(id: string, wanted: string, history: History): Revision | undefined {
  const revisions = revisionsOf(id, history)
  if (/^\d{1,4}$/.test(wanted)) return revisions[Number(wanted) - 1]
  if (wanted === 'HEAD') return revisions.at(-1)
  if (wanted.length < 7) return undefined
  return (
    revisions.find(({ version }) => version.startsWith(wanted)) ??
    revisions.findLast(({ commit }) => commit.startsWith(wanted))
  )
}

// Any commit of the repository, also one that left this letter as it was; null for a name that none has.
async function partsAt(
  id: string,
  commit: string,
  directory: string,
  blobs: Map<string, Uint8Array>,
): Promise<Version | null> {
  await refuseShallow(directory)
  const resolved = await commitNamed(commit, directory)
  if (resolved === null) return null
  const top = (await git(directory, ['rev-parse', '--show-toplevel'])).trim()
  const prefix = relative(top, resolve(directory))
  // An agency's repository may hold its library/ at its root.
  const within = prefix === '' ? '' : `${prefix}/`
  const where = within ? ['--', within] : []
  const listing = await git(directory, ['ls-tree', '-r', '-z', '--full-tree', resolved, ...where])
  const files = new Map(
    listing
      .split('\0')
      .filter(Boolean)
      .map((entry): [string, string] => {
        const [meta, path] = entry.split('\t') as [string, string]
        return [path.slice(within.length), meta.split(' ')[2]!]
      }),
  )
  const read = await readBlobs(directory, files.values())
  const library = libraryOf(Object.fromEntries([...files].map(([path, blob]) => [path, read.get(blob)!])), '')
  const { clauses } = letterOf(library, id)
  const used = new Set(clauses.map((clause) => `clauses/${clause}.md`))
  const parts = [...files].filter(
    ([path]) => isOwn(path, id) || used.has(path) || (dirname(path) === 'layout' && dresses(basename(path), id)),
  )
  for (const [, blob] of parts) blobs.set(blob, read.get(blob)!)
  return { parts: Object.fromEntries(parts) }
}

// Not rev-parse, which fails alike of a name that it does not know and of a repository that it cannot read.
async function commitNamed(name: string, directory: string): Promise<string | null> {
  const found = await run(directory, ['cat-file', '--batch-check'], `${name}^{commit}\n`)
  return /^([0-9a-f]{40,64}) commit /.exec(found.toString('latin1'))?.[1] ?? null
}
