import type { Archive } from '../../documents/archive.ts'
import { sha256 } from '../../documents/archive.ts'
import type { Facts } from '../../documents/facts.ts'
import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import type { Letter } from '../../letters/letter.ts'
import type { Day } from '../../schema/days.ts'
import { rehearse, type Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newCode } from '../../schema/random.ts'
import { readAgency } from '../cases/agency.ts'
import { gatherExhibits } from '../cases/exhibits/exhibit-gather.ts'
import { type CaseFile, readCase } from '../cases/file/file.ts'
import type { Author } from '../cases/journal.ts'
import { lockCase } from '../cases/lock.ts'
import type { GivenFacts } from '../judicial/packs/paper-facts.ts'
import type { Office } from '../office.ts'
import { type LetterOrder, writeLetter } from './correspondence.ts'
import { factsMissing, givableFacts, handLetterFacts, type MissingFact, missingFacts } from './hand-letter-facts.ts'
import { isSent, recipientOf, refuseUntimely, unfit } from './hand-letter-rules.ts'

/** A letter of the library that a person writes in a case, beside its timeline. */
export interface HandLetter {
  caseId: string
  /** Its id in the library. */
  letter: string
  /** One of its `canaux`. */
  channel: string
  /** What the case does not know. */
  facts: GivenFacts
  bailiffId?: string | undefined
  /** Of the creditor's agreements, the one that it rests on. */
  procedure?: string | undefined
  dryRun: boolean
}

export interface HandWritten {
  /** Null where it was only shown. */
  documentId: string | null
  missing: MissingFact[]
  /** The bytes it has, or would have: a PDF, or the text of a message. */
  shown: { format: 'pdf' | 'txt'; bytes: Uint8Array } | null
}

/** A letter that could be written in a case, and what stands in the way today. */
export interface Possible {
  caseId: string
  letter: Letter
}

/**
 * Writes any letter that no act of the house writes by itself, by the rules of the timeline where it goes to the debtor. What goes to
 * debtor and creditor leaves; to anybody else it is sealed and kept with its Word file, for a person to post. A trial keeps nothing.
 */
export async function writeByHand(office: Office, onDay: Day, input: HandLetter, author: Author): Promise<HandWritten> {
  const { dryRun } = input
  const desk = dryRun ? { ...office, archive: onLoosePaper(office.archive) } : office
  return rehearse(office.sql, !dryRun, async (sql) => {
    await lockCase(sql, input.caseId)
    const file = await readCase(sql, input.caseId)
    const letter = letterOf(loadLibrary(), input.letter)
    if (letter.donnees.includes('piecesJointes')) await gatherExhibits(desk, sql, onDay, file)
    const { agency, facts, missing } = await prepare(sql, onDay, file, letter, input)
    if (missing.length > 0) {
      if (!dryRun) throw factsMissing(letter, missing)
      return { documentId: null, missing, shown: null }
    }
    const order = { ...orderOf(office, letter, input, facts, author), agency, ...(dryRun ? { shownAs: 'projet' } : {}) }
    const { id, sha256: hash } = await writeLetter(desk, sql, onDay, file, order)
    const format = order.channel === 'sms' ? 'txt' : 'pdf'
    const shown = dryRun ? ({ format, bytes: await desk.archive.get(hash) } as const) : null
    return { documentId: dryRun ? null : id, missing, shown }
  })
}

/** Every rule that the letter is held against, and its facts. */
async function prepare(
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  letter: Letter,
  { channel, facts: given, bailiffId, procedure }: Omit<HandLetter, 'caseId' | 'letter' | 'dryRun'>,
) {
  const fault = unfit(file, letter, channel)
  if (fault) throw fault
  const agency = await readAgency(sql)
  await refuseUntimely(sql, onDay, file, agency, letter, channel)
  const wanted = { letter, channel, given, bailiffId, procedure }
  const facts = await handLetterFacts(sql, onDay, file, agency, wanted)
  const missing = missingFacts(onDay, file, agency, wanted, facts)
  return { agency, facts, missing, givable: givableFacts(onDay, file, agency, letter, facts) }
}

/** The letters made for this case: of its law and its debtor, and not part of an act. */
export async function possibleLetters(sql: Sql, caseId: string): Promise<Possible[]> {
  const file = await readCase(sql, caseId)
  return [...loadLibrary().letters.values()]
    .filter((letter) => unfit(file, letter, writtenChannel(letter)) === null)
    .map((letter) => ({ caseId, letter }))
}

/** What the letter still lacks in its case, or why it may not be written today. */
export async function whatStops(
  sql: Sql,
  onDay: Day,
  { caseId, letter }: Possible,
): Promise<{ refusal: DomainError | null; missing: MissingFact[]; givable: string[] }> {
  try {
    // Exhibits are numbered as they are listed; a question numbers none.
    const { missing, givable } = await rehearse(sql, false, async (tx) =>
      prepare(tx, onDay, await readCase(tx, caseId), letter, { channel: writtenChannel(letter), facts: {} }),
    )
    return { refusal: null, missing, givable }
  } catch (error) {
    if (error instanceof DomainError) return { refusal: error, missing: [], givable: [] }
    throw error
  }
}

const writtenChannel = ({ canaux }: Letter): string => canaux.find((each) => each !== 'script-telephone') ?? canaux[0]!

function orderOf(
  { random }: Office,
  letter: Letter,
  { channel }: HandLetter,
  facts: Partial<Facts>,
  author: Author,
): LetterOrder {
  const isRegistered = channel === 'lrar' || channel === 'lre'
  return {
    letter: letter.id,
    channel: channel as LetterOrder['channel'],
    recipient: recipientOf(letter),
    facts,
    author,
    ...(isSent(letter) ? {} : { isPostedByHand: true }),
    ...(isRegistered && recipientOf(letter) === 'debiteur' ? { coupon: newCode(random) } : {}),
  }
}

/** The archive, but for what is put into it, which is forgotten with the trial. */
function onLoosePaper(archive: Archive): Archive {
  const sheets = new Map<string, Uint8Array>()
  return {
    ...archive,
    put: async (bytes) => {
      const hash = sha256(bytes)
      sheets.set(hash, bytes)
      return hash
    },
    get: async (hash) => sheets.get(hash) ?? archive.get(hash),
  }
}
