import { readdirSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DomainError } from '../schema/errors.ts'
import { libraryFolders, type Library } from './catalogue.ts'
import { headOf } from './check-head.ts'
import type { Fault } from './check-subject.ts'
import { parseClause, parseLetter, type Clause, type Letter } from './letter.ts'

const root = fileURLToPath(new URL('.', import.meta.url))

/**
 * Every letter and clause of a folder (default: `libraryFolders`) that can be read, and the faults of those that cannot:
 * one bad file does not hide the others. A folder of an agency's own takes the clauses of the house; what it replaces is
 * left out.
 */
export function readLibrary(directory?: string): { library: Library; faults: Fault[] } {
  const faults: Fault[] = []
  const told = directory === undefined ? libraryFolders().toReversed() : [directory]
  const folders = [...new Set([...told, root].map((folder) => resolve(folder)))]
  const clauses = new Map<string, Clause>()
  const letters = new Map<string, Letter>()
  for (const folder of folders) {
    for (const { file, text } of markdown(join(folder, 'clauses'))) {
      const clause = readable(() => parseClause(text, file), text, file, 'clause', faults)
      if (clause && !clauses.has(clause.id)) clauses.set(clause.id, clause)
    }
  }
  for (const folder of told) {
    const replaced = new Set(letters.keys())
    for (const { file, text } of markdown(join(folder, 'library'))) {
      if (replaced.has(basename(file, '.md'))) continue
      const letter = readable(() => parseLetter(text, file), text, file, 'letter', faults)
      const twin = letter && letters.get(letter.id)
      if (twin)
        faults.push({ file, line: 2, rule: 'identifiant', message: `« ${letter.id} » est déjà celui de ${twin.file}` })
      else if (letter) letters.set(letter.id, letter)
    }
  }
  return { library: { letters, clauses, layout: {} }, faults }
}

function readable<T>(
  read: () => T,
  text: string,
  file: string,
  schema: 'letter' | 'clause',
  faults: Fault[],
): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    headOf(text, file, schema, (line, rule, message) => void faults.push({ file, line, rule, message }))
    return undefined
  }
}

function markdown(folder: string): { file: string; text: string }[] {
  let entries
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  } catch {
    return []
  }
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }))
}
