import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DomainError } from '../schema/errors.ts'
import { parseClause, parseLetter, renderedClauses, versionOf, type Clause, type Letter } from './letter.ts'

export interface Library {
  letters: ReadonlyMap<string, Letter>
  clauses: ReadonlyMap<string, Clause>
  /** The files of letters/layout, texts and the Word template, by name: an old version brings its own. */
  layout: Readonly<Record<string, Uint8Array>>
}

/** The text files of a library by path: « library/relance/x.md », « clauses/y.md », « layout/letter.typ ». */
export type LibraryFiles = Record<string, Uint8Array>

const root = fileURLToPath(new URL('.', import.meta.url))
// What a letter's look depends on; pack.typ dresses court packs, not letters.
const layoutFiles = ['letter.typ', 'letter.docx', 'email.html']
const loaded = new Map<string, Library>()

/** Every letter of `directory` (default: this folder), read once; `fresh` reads again. Refuses the first bad file. */
export function loadLibrary(directory: string = root, options: { fresh?: boolean } = {}): Library {
  const key = resolve(directory)
  const known = options.fresh ? undefined : loaded.get(key)
  if (known) return known
  const library = libraryOf(readFiles(key), key)
  loaded.set(key, library)
  return library
}

/** A library from its files, wherever they come from (disk, a commit). */
export function libraryOf(files: LibraryFiles, where = 'letters'): Library {
  const text = (path: string) => Buffer.from(files[path]!).toString('utf8')
  const layout = Object.fromEntries(
    Object.entries(files)
      .filter(([path]) => path.startsWith('layout/'))
      .map(([path, bytes]) => [path.slice('layout/'.length), bytes]),
  )
  const clauses = new Map<string, Clause>()
  for (const path of markdown(files, 'clauses/')) {
    const clause = parseClause(text(path), join(where, path))
    clauses.set(clause.id, clause)
  }
  const letters = new Map<string, Letter>()
  for (const path of markdown(files, 'library/')) {
    const letter = versioned(parseLetter(text(path), join(where, path)), clauses, layout)
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
  for (const name of layoutFiles) if (layout[name]) parts[`layout/${name}`] = layout[name]
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
  // A library of letters alone, as in tests and in an editor's own folder, takes the clauses and the layout of the house.
  if (directory !== resolve(root)) {
    for (const [path, bytes] of Object.entries(readFiles(resolve(root)))) {
      if (!path.startsWith('library/')) files[path] ??= bytes
    }
  }
  return files
}
