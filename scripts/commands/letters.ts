import { basename, dirname, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { fill } from '../../documents/rendering/fill.ts'
import { letterOf, libraryFolders, loadLibrary, type Library } from '../../letters/catalogue.ts'
import { checkClause, checkLetter } from '../../letters/check.ts'
import { readLibrary } from '../../letters/check-library.ts'
import type { Fault } from '../../letters/check-subject.ts'
import { changesOf, diffRevisions, historyOf } from '../../letters/history.ts'
import { parseLetter, sectionFor, type Letter } from '../../letters/letter.ts'
import { writeLog } from '../../letters/log.ts'
import { DomainError } from '../../schema/errors.ts'
import { type Command, readNamed, UsageError } from '../command.ts'
import { counted } from '../../schema/words.ts'
import { progressLine } from '../progress.ts'
import { factsFor } from './letter.ts'

export const command: Command = {
  name: 'letters',
  summary: 'liste, vérifie et compare les courriers de la bibliothèque',
  help: `Usage : courtois letters list [--famille NOM] [--json]
        courtois letters check [FICHIER…] [--json]   « fichier:ligne règle message », un défaut par
                                                     ligne ; code 1 quand il y en a un
        courtois letters history ID [--json]         toutes les versions : texte, clauses, mise en
                                                     page
        courtois letters history --write             écrit history.json, là où Git n’est pas
                                                     installé
        courtois letters diff ID A B [--json]        mot à mot, entre deux versions (numéros ou
                                                     commits)

Exemples
  courtois letters list --famille mise-en-demeure
  courtois letters check letters/library/relance-cordiale/relance-cordiale-pro.md
  courtois letters diff relance-cordiale-pro 1 2`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: { json: { type: 'boolean' }, famille: { type: 'string' }, write: { type: 'boolean' } },
    })
    const [action, ...rest] = positionals
    if (action === 'list' && rest.length === 0) return list(values.famille, values.json ?? false)
    if (action === 'check') return check(rest, values.json ?? false)
    if (action === 'history' && values.write && rest.length === 0) return writeHistory()
    if (action === 'history' && rest.length === 1) return history(rest[0]!, values.json ?? false)
    if (action === 'diff' && rest.length === 3) return diff(rest[0]!, rest[1]!, rest[2]!, values.json ?? false)
    throw new UsageError('donnez list, check [FICHIER…], history ID (ou --write), ou diff ID A B')
  },
}

// What a line of the list holds, and all of it with --json.
const listed = [
  'id',
  'titre',
  'famille',
  'etape',
  'moment',
  'ton',
  'canaux',
  'destinataire',
  'droit',
  'premiere_lettre',
  'suite',
  'version',
] as const satisfies (keyof Letter)[]

function list(famille: string | undefined, json: boolean): void {
  const all = [...loadLibrary().letters.values()]
  const families = [...new Set(all.map((letter) => letter.famille))].toSorted()
  if (famille && !families.some((known) => known === famille))
    throw new UsageError(`la famille « ${famille} » n’existe pas (${families.join(', ')})`)
  const letters = all.filter((letter) => !famille || letter.famille === famille)
  if (json) {
    const told = letters.map((letter) => Object.fromEntries(listed.map((key) => [key, letter[key]])))
    console.log(JSON.stringify(told, null, 2))
    return
  }
  const width = Math.max(0, ...letters.map((letter) => letter.id.length)) + 2
  for (const letter of letters) console.log(`${letter.id.padEnd(width)}${letter.titre}  (${letter.canaux.join(', ')})`)
}

function check(files: string[], json: boolean): number {
  const { library, faults: unreadable } = readLibrary()
  const named = files.map((file) => resolve(file))
  const all =
    named.length > 0 ? named : [...library.clauses.values(), ...library.letters.values()].map(({ file }) => file)
  const progress = progressLine('fichiers', all.length)
  const faults = named.length > 0 ? [] : [...unreadable]
  try {
    for (const file of all) {
      faults.push(...checkFile(file, library))
      progress.step()
    }
  } finally {
    progress.end()
  }
  for (const fault of faults) {
    const file = relative(process.cwd(), fault.file) || fault.file
    console.log(json ? JSON.stringify({ ...fault, file }) : `${file}:${fault.line} ${fault.rule} ${fault.message}`)
  }
  // The output holds faults and nothing else; a person in front of a terminal wants to know that something was done.
  if (faults.length === 0 && process.stderr.isTTY)
    console.error(`${counted(all.length, 'fichier vérifié')}, aucun défaut.`)
  return faults.length ? 1 : 0
}

function checkFile(file: string, library: Library): Fault[] {
  const text = readNamed(file).toString()
  if (isClause(file, text)) return checkClause(text, file, library, factsFor)
  const facts = new Map<string, Record<string, unknown>>()
  const examples = (letter: Letter) => {
    const known = facts.get(letter.id) ?? factsFor(letter)
    facts.set(letter.id, known)
    return known
  }
  const faults = checkLetter(text, file, library, examples)
  return faults.length ? faults : tryExample(text, file, library, examples)
}

// « letters/clauses/x.md », or a clause an editor keeps elsewhere: its head says when it was checked.
function isClause(file: string, text: string): boolean {
  return basename(dirname(file)) === 'clauses' || (/^verifie_le:/m.test(text) && !/^canaux:/m.test(text))
}

// A letter without fault must also print with its example, in each of its channels; those of one text are one.
function tryExample(text: string, file: string, library: Library, examples: (letter: Letter) => object): Fault[] {
  const known = library.letters.get(basename(file, '.md'))
  const letter = known?.source === text ? known : parseLetter(text, file)
  const sections = new Map(letter.canaux.map((channel) => [sectionFor(letter, channel), channel]))
  for (const channel of sections.values()) {
    try {
      fill(library, letter, examples(letter), channel)
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      return [{ file, line: Number(error.facts.line ?? 1), rule: 'exemple', message: `${channel} : ${error.message}` }]
    }
  }
  return []
}

async function history(id: string, json: boolean): Promise<void> {
  letterOf(loadLibrary(), id)
  const revisions = await historyOf(id)
  if (json) {
    console.log(
      JSON.stringify(
        revisions.map(({ parts: _parts, ...revision }) => revision),
        null,
        2,
      ),
    )
    return
  }
  for (const { number, commit, date, author, reviewer, version, changes, subject } of revisions) {
    console.log(
      `${String(number).padStart(3)}  ${date.slice(0, 10)}  ${commit.slice(0, 10)}  ${version.slice(0, 12)}  ${author}${reviewer ? ` (relu par ${reviewer})` : ''}  ${changes.join(', ')} – ${subject}`,
    )
  }
}

// Ours and the agency's own, each beside its letters.
async function writeHistory(): Promise<void> {
  for (const folder of libraryFolders()) {
    const { file, commits } = await writeLog(folder)
    console.log(`${relative(process.cwd(), file) || file}\u00a0: ${commits} commits`)
  }
}

async function diff(id: string, from: string, to: string, json: boolean): Promise<void> {
  if (json) return console.log(JSON.stringify(await changesOf(id, from, to), null, 2))
  const text = await diffRevisions(id, from, to)
  if (text) console.log(text)
}
