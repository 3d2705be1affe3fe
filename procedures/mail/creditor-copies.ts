import { maskedCode } from '../../documents/facts.ts'
import { sealPdf } from '../../documents/proof/seal.ts'
import { renderLetter } from '../../documents/rendering/render.ts'
import { type Library, letterOf, loadLibrary } from '../../letters/catalogue.ts'
import { libraryAtRevision } from '../../letters/history.ts'
import type { Day } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { instantOf, type Office } from '../office.ts'

/** What is kept of a letter to make it again. */
export interface KeptLetter {
  letter: string
  version: string
  channel: string
  format: string
  writtenOn: Day
}

/** The letter of that library with these facts, sealed as on its day: the same facts give the same bytes. */
export async function madeAgain(
  office: Office,
  { letter, channel, format, writtenOn }: KeptLetter,
  facts: unknown,
  library: Library,
): Promise<Uint8Array> {
  const at = instantOf(writtenOn)
  const made = await renderLetter({
    letter: letterOf(library, letter),
    library,
    facts,
    channel: channel === 'appel' ? 'script-telephone' : channel,
    at,
    engine: office.typst,
    format,
  } as Parameters<typeof renderLetter>[0])
  // A text message is kept as its words, which nothing seals.
  return format === 'txt' ? made.bytes : sealPdf(made.bytes, { at, key: office.seal })
}

/**
 * The letter as its creditor is given it: with the postcode that it knows, the code of the coupon would let it answer in its
 * debtor's place. The hash of that copy, which says what it is; null where the letter bears no such code. Made at the first
 * asking from the row, which holds no code, in the version that was sent. DomainError `copy_unmade` where that version is lost.
 */
export async function creditorCopy(office: Office, documentId: string): Promise<string | null> {
  const { sql, archive } = office
  const [kept] = await sql<(KeptLetter & { facts: Facts; copy: string | null })[]>`
    select d.letter, d.version, d.channel, d.format, d.facts, d.written_on, k.copy
    from coupons k join documents d on d.id = k.document_id where d.id = ${documentId}`
  if (!kept) return null
  if (kept.copy !== null && (await archive.has(kept.copy))) return kept.copy
  const library = await libraryThen(kept).catch(lost(kept))
  const facts = { ...kept.facts, references: { ...kept.facts.references, coupon: maskedCode } }
  const copy = await archive.put(await madeAgain(office, kept, facts, library))
  await sql`update coupons set copy = ${copy} where document_id = ${documentId}`
  return copy
}

/** The library that the letter was made of: today's, or that of its version. DomainError where no history holds it. */
export async function libraryThen({ letter, version }: KeptLetter): Promise<Library> {
  const current = loadLibrary()
  return current.letters.get(letter)?.version === version ? current : libraryAtRevision(letter, version)
}

function lost({ letter, version }: KeptLetter): (cause: unknown) => never {
  return (cause) => {
    throw new DomainError('copy_unmade', 'Le texte dont cette lettre a été faite n’est plus dans la bibliothèque.', {
      remedy: 'Demandez à votre gestionnaire une copie sans le code de réponse.',
      facts: { letter, version },
      cause,
    })
  }
}

interface Facts {
  references: Record<string, unknown>
}
