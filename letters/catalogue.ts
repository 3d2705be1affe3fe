import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DomainError } from '../schema/errors.ts'
import { parseClause, parseLetter, renderedClauses, versionOf, type Clause, type Letter } from './letter.ts'

export interface Library {
  letters: ReadonlyMap<string, Letter>
  clauses: ReadonlyMap<string, Clause>
  /** The files of letters/layout, texts and Word templates, by name: an old version brings its own. */
  layout: Readonly<Record<string, Uint8Array>>
}

/** The text files of a library by path: « library/relance/x.md », « clauses/y.md », « layout/letter.typ ». */
export type LibraryFiles = Record<string, Uint8Array>

const root = fileURLToPath(new URL('.', import.meta.url))

/** Whether a layout dresses that letter: those of all, and a Word template of its own; pack.typ dresses court packs. */
export const dresses = (name: string, id: string): boolean =>
  ['letter.typ', 'letter.docx', 'email.html', wordTemplate(id)].includes(name)

/** The Word template that an agency puts in a letter's place, in its layout/. */
export const wordTemplate = (id: string): string => `${id}.docx`

const loaded = new Map<string, Library>()

/**
 * Where letters are read: this folder, then the agency's own (LETTERS_DIR), a repository of the same shape whose
 * letters, clauses and layouts extend ours or take the place of those of the same name.
 */
export function libraryFolders(own = process.env['LETTERS_DIR']): string[] {
  const house = resolve(root)
  return own && resolve(own) !== house ? [house, resolve(own)] : [house]
}

/**
 * Every letter of these folders (default: `libraryFolders`), read once; `fresh` reads again. Refuses the first bad
 * file, and with no_letters an agency's folder that holds none.
 */
export function loadLibrary(folders: string | string[] = libraryFolders(), options: { fresh?: boolean } = {}): Library {
  const directories = [folders].flat().map((folder) => resolve(folder))
  const key = directories.join('\0')
  const known = options.fresh ? undefined : loaded.get(key)
  if (known) return known
  const sources = directories.map((directory) => ({ directory, files: readFiles(directory) }))
  for (const { directory, files } of sources.slice(1)) {
    if (Object.keys(files).length > 0) continue
    throw new DomainError(
      'no_letters',
      `Le dossier ${directory} ne contient ni courrier, ni clause, ni mise en page.`,
      {
        remedy: 'LETTERS_DIR nomme un dossier où se trouvent library/, clauses/ ou layout/.',
        facts: { directory },
      },
    )
  }
  // A library of letters alone, as in tests and in an editor's own folder, takes the clauses and the layout of the house.
  const [first] = directories
  if (first !== resolve(root))
    sources.unshift({ directory: resolve(root), files: withoutLetters(readFiles(resolve(root))) })
  const library = mergedLibrary(sources)
  loaded.set(key, library)
  return library
}

const withoutLetters = (files: LibraryFiles): LibraryFiles =>
  Object.fromEntries(Object.entries(files).filter(([path]) => !path.startsWith('library/')))

/** One library of several, later files in the place of earlier ones: letters and clauses by id, layouts by name. */
export function mergedLibrary(sources: { directory: string; files: LibraryFiles }[]): Library {
  const merged = mergedFiles(sources.map(({ files }) => files))
  const where = (path: string) => join(sources.findLast(({ files }) => path in files)!.directory, path)
  return libraryOf(merged, where)
}

/** The files of several libraries as one: a letter may stand in another family than the one it replaces. */
export function mergedFiles<T>(sources: Record<string, T>[]): Record<string, T> {
  const merged: Record<string, T> = {}
  for (const files of sources) {
    const named = new Set(
      Object.keys(files)
        .filter((path) => path.startsWith('library/'))
        .map((path) => basename(path)),
    )
    for (const path of Object.keys(merged))
      if (path.startsWith('library/') && named.has(basename(path))) delete merged[path]
    Object.assign(merged, files)
  }
  return merged
}

/** A library from its files, wherever they come from (disk, a commit). */
export function libraryOf(files: LibraryFiles, where: string | ((path: string) => string) = 'letters'): Library {
  const place = typeof where === 'string' ? (path: string) => join(where, path) : where
  const text = (path: string) => Buffer.from(files[path]!).toString('utf8')
  const layout = Object.fromEntries(
    Object.entries(files)
      .filter(([path]) => path.startsWith('layout/'))
      .map(([path, bytes]) => [path.slice('layout/'.length), bytes]),
  )
  const clauses = new Map<string, Clause>()
  for (const path of markdown(files, 'clauses/')) {
    const clause = parseClause(text(path), place(path))
    clauses.set(clause.id, clause)
  }
  const letters = new Map<string, Letter>()
  for (const path of markdown(files, 'library/')) {
    const letter = versioned(parseLetter(text(path), place(path)), clauses, layout)
    const twin = letters.get(letter.id)
    if (twin) {
      throw new DomainError('duplicate_letter', `L'identifiant « ${letter.id} » est porté par deux fichiers.`, {
        remedy: 'Donnez à chaque courrier un identifiant à lui, le même que son nom de fichier.',
        facts: { files: [twin.file, letter.file] },
      })
    }
    letters.set(letter.id, letter)
  }
  return { letters, clauses, layout }
}

const markdown = (files: LibraryFiles, folder: string): string[] =>
  Object.keys(files)
    .filter((path) => path.startsWith(folder) && path.endsWith('.md'))
    .sort()

/** The letter with its clauses and its version. */
export function versioned(
  letter: Letter,
  clauses: ReadonlyMap<string, Clause>,
  layout: Readonly<Record<string, Uint8Array>>,
): Letter {
  const used = new Set<string>()
  const visit = (text: string) => {
    for (const id of renderedClauses(text)) {
      if (used.has(id)) continue
      used.add(id)
      const clause = clauses.get(id)
      if (clause) visit(clause.body.text)
    }
  }
  visit(letter.source)
  const parts: Record<string, string | Uint8Array> = { letter: letter.source }
  for (const id of used) parts[`clauses/${id}`] = clauses.get(id)?.text ?? ''
  for (const [name, bytes] of Object.entries(layout)) if (dresses(name, letter.id)) parts[`layout/${name}`] = bytes
  return { ...letter, clauses: [...used].sort(), version: versionOf(parts) }
}

/** The letter of that id. Refuses with unknown_letter, naming near ones. */
export function letterOf(library: Library, id: string): Letter {
  const letter = library.letters.get(id)
  if (letter) return letter
  const words = id.split('-').filter((word) => word.length > 2)
  const near = [...library.letters.keys()]
    .map((key) => ({ key, score: words.filter((word) => key.includes(word)).length }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, 3)
    .map(({ key }) => key)
  throw new DomainError('unknown_letter', `Le courrier « ${id} » n'est pas dans la bibliothèque.`, {
    remedy: near.length ? `Peut-être : ${near.join(', ')}.` : 'La liste : courtois letters list.',
    facts: { letter: id, near },
  })
}

function readFiles(directory: string): LibraryFiles {
  const files: LibraryFiles = {}
  for (const folder of ['library', 'clauses', 'layout']) {
    let entries
    try {
      entries = readdirSync(join(directory, folder), { recursive: true, withFileTypes: true })
    } catch {
      continue
    }
    for (const entry of entries) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      files[relative(directory, path)] = readFileSync(path)
    }
  }
  return files
}
