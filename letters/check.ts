import type { Library } from './catalogue.ts'
import { checkCells } from './check-cells.ts'
import { checkCited } from './check-cited.ts'
import { checkClosing } from './check-closing.ts'
import { checkDebtor } from './check-debtor.ts'
import { checkClauseFacts, checkDeclared, checkFacts, clausesOf, readable } from './check-facts.ts'
import { checkFirst, checkFirstClauses, checkLaw } from './check-first.ts'
import { checkAddressed, checkAgreement, checkElision } from './check-grammar.ts'
import { checkHead, headOf, readHead } from './check-head.ts'
import { checkClauseLengths, checkLengths } from './check-length.ts'
import { checkMarkup, checkNames } from './check-markup.ts'
import { checkPointers } from './check-pointers.ts'
import { checkPrivacy } from './check-privacy.ts'
import { checkAnglicisms, checkStyle, checkTypography } from './check-style.ts'
import { afterTitle, partOf, subjectOf, toPayer, type Add, type Fault } from './check-subject.ts'
import { checkTwins } from './check-twins.ts'
import { checkSupposed, checkValues } from './check-values.ts'
import { exampleFacts } from './example.ts'
import { parseClause, type Letter } from './letter.ts'

/** Facts to try a letter with; the caller's may hold the law of the day too. */
export type Examples = (letter: Letter) => Record<string, unknown>

/** The faults of one letter file, wherever it stands; none is an empty list. Clauses and next letters are the library's. */
export function checkLetter(text: string, file: string, library: Library, examples: Examples = tryOut): Fault[] {
  const { faults, add } = collect(file)
  const letter = known(text, file, library) ?? readHead(text, file, add)
  if (!letter) return faults
  const subject = subjectOf({ ...letter, file }, library, add)
  checkHead(subject)
  checkDeclared(subject)
  let sound = true
  for (const { section } of subject.parts) {
    checkMarkup(section, add)
    checkNames(section, library, add)
    sound = readable(section, library, add) && sound
  }
  // Nothing more can be said of a text that is not a template.
  if (sound) {
    checkFacts(subject)
    checkFirst(subject)
    checkDebtor(subject)
    checkPrivacy(subject)
    checkStyle(subject)
    checkClosing(subject)
    const bases = basesOf(letter.bases, text, library)
    // What a title's enforcement gives as time is the law's; what a debtor is given is the case's.
    const delays = toPayer(letter) && !afterTitle(letter)
    for (const { section, prose } of subject.parts) {
      checkValues(prose(), add, delays)
      checkElision(prose(), library, add)
      checkAgreement(prose(), library, add)
      checkAddressed(prose(), subject)
      checkSupposed(section, add)
      checkCited(prose(), bases, add)
      checkPointers(section, library, add)
      checkCells(section, library, add)
    }
    checkTwins(letter, library, add)
    measure(() => checkLengths(subject, examples(letter)))
  }
  return sorted(faults)
}

// Text of the law that a letter must reproduce word for word: neither cut nor softened.
const lawsOwnWords = new Set(['l111-8', 'assurance-l113-3', 'copropriete-19-2'])

/** The faults of one clause file: those of its words, and of the law it reproduces. */
export function checkClause(text: string, file: string, library: Library, examples: Examples = tryOut): Fault[] {
  const { faults, add } = collect(file)
  if (!headOf(text, file, 'clause', add)) return faults
  const clause = parseClause(text, file)
  const section = clause.body
  checkMarkup(section, add)
  checkNames(section, library, add)
  if (!readable(section, library, add)) return sorted(faults)
  checkClauseFacts(section, library, add)
  checkFirstClauses(clause, library, add)
  if (lawsOwnWords.has(clause.id)) return sorted(faults)
  checkLaw(section, (line, message) => add(line, 'l111-8', message))
  checkTypography(section, add)
  const own = partOf('corps', section, library)
  checkAnglicisms(own.prose(), add)
  checkValues(own.prose(), add)
  checkElision(own.prose(), library, add)
  checkAgreement(own.prose(), library, add)
  checkSupposed(section, add)
  checkCited(own.prose(), basesOf([clause.article ?? ''], text, library), add)
  checkCells(section, library, add)
  const users = usersOf(library).get(clause.id) ?? []
  // A clause that a debtor reads is held to what a debtor may read, at the degree of its gentlest letter.
  const first = users.filter((letter) => toPayer(letter) && !afterTitle(letter)).sort((a, b) => a.ton - b.ton)[0]
  const reader = first ?? users[0]
  if (!reader) return sorted(faults)
  const words = { ...reader, file, objet: '', body: section, bases: [...reader.bases, clause.article ?? ''] }
  const { sms: _sms, appel: _appel, ...alone } = words
  const subject = subjectOf(alone, library, add)
  if (first) checkDebtor({ ...subject, parts: [own] })
  measure(() => checkClauseLengths(section, library, examples(reader), add))
  return sorted(faults)
}

const readers = new WeakMap<Library['letters'], Map<string, Letter[]>>()

// The letters that include each clause, through other clauses too.
function usersOf(library: Library): Map<string, Letter[]> {
  const known = readers.get(library.letters)
  if (known) return known
  const users = new Map<string, Letter[]>()
  for (const letter of library.letters.values())
    for (const id of clausesOf(letter.source, library)) users.set(id, [...(users.get(id) ?? []), letter])
  readers.set(library.letters, users)
  return users
}

const tryOut: Examples = (letter) => ({ ...exampleFacts(letter), droit: {} })

// What a text rests on: the articles of its head, and those of the clauses it calls.
const basesOf = (own: string[], text: string, library: Library): string[] => [
  ...own,
  ...[...clausesOf(text, library)].flatMap((id) => library.clauses.get(id)!.article ?? []),
]

// Read already with the library, when the file is one of its own.
function known(text: string, file: string, library: Library): Letter | undefined {
  const id = /([^/\\]+)\.md$/.exec(file)?.[1]
  const letter = id === undefined ? undefined : library.letters.get(id)
  return letter?.source === text ? letter : undefined
}

// An example that does not fill is named by the command, which fills it for good.
function measure(check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof Error) || !('token' in error)) throw error
  }
}

function collect(file: string): { faults: Fault[]; add: Add } {
  const faults: Fault[] = []
  return { faults, add: (line, rule, message) => void faults.push({ file, line, rule, message }) }
}

const sorted = (faults: Fault[]): Fault[] => faults.sort((a, b) => a.line - b.line || a.rule.localeCompare(b.rule))
