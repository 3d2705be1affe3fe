import { dayFr } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { type Exhibit, exhibitNumber, readExhibits } from '../../cases/exhibits/exhibits.ts'
import type { CaseFile, WrittenDocument } from '../../cases/file/file.ts'
import type { OpenProcedure } from '../open-procedures.ts'

/** What a pack lacks, with whom to ask and what to do. */
export interface Missing {
  what: string
  from: string
  remedy: string
}

export interface PackExhibits {
  joined: Exhibit[]
  /** In the case, and not in the pack that the creditor signed. */
  later: Exhibit[]
}

/** The exhibits of a pack: of the signed one, those that the creditor signed and no other, whatever joined the case since. */
export async function exhibitsOfPack(sql: Sql, open: OpenProcedure, kind: string): Promise<PackExhibits> {
  const known = await readExhibits(sql, open.caseId)
  const [signed] = await sql<{ numbers: string[] }[]>`
    select coalesce(array_agg(part -> 'exhibit' ->> 'number') filter (where part -> 'exhibit' is not null), '{}') as numbers
    from consent_requests r, jsonb_array_elements(r.content) part
    where r.id = ${open.consentId} and r.pack_kind = ${kind} group by r.id`
  if (!signed) return { joined: known, later: [] }
  const isJoined = (exhibit: Exhibit): boolean => signed.numbers.includes(exhibitNumber(exhibit))
  return { joined: known.filter(isJoined), later: known.filter((exhibit) => !isJoined(exhibit)) }
}

/** What to do about what is there, and came too late to be signed. */
export const tooLate =
  'Redemander l’accord du créancier\u00a0: cette pièce est au dossier, et n’est pas dans ce qui fut signé.'

const registered = new Set<string>(['lrar', 'lre'])

const proofs = [
  {
    kind: 'preuve-depot',
    what: 'Preuve de dépôt',
    fetch: () => 'la preuve de dépôt du recommandé',
  },
  {
    kind: 'preuve-reception',
    what: 'Avis de réception, ou pli rendu,',
    fetch: ({ outcome }: WrittenDocument) =>
      returned[outcome ?? ''] ?? 'l’avis signé, ou l’enveloppe rendue avec son motif',
  },
] as const

const returned: Record<string, string> = {
  delivered: 'l’avis de réception signé',
  refused: 'l’enveloppe rendue avec la mention «\u00a0refusé\u00a0»',
  unclaimed: 'l’enveloppe rendue avec la mention «\u00a0pli avisé et non réclamé\u00a0»',
  unknown_address: 'l’enveloppe rendue avec la mention «\u00a0destinataire inconnu à l’adresse\u00a0»',
}

/**
 * Each registered letter of the pack proves itself: its own deposit, and its own advice of receipt or the cover that came
 * back. What a letter lacks is a gap of its own, whatever another letter has.
 */
export function postalGaps(file: CaseFile, { joined, later }: PackExhibits): Missing[] {
  const letters = registeredLetters(file, joined)
  return letters.flatMap((letter) => {
    const has = (among: Exhibit[], kind: string): boolean =>
      among.some((each) => each.kind === kind && proves(each, letter, letters.length))
    return proofs
      .filter(({ kind }) => !has(joined, kind))
      .map(({ kind, what, fetch }) => ({
        what: `${what} de la lettre recommandée ${letter.reference} du ${dayFr(letter.writtenOn)}`,
        from:
          letter.registeredNumber === null
            ? 'l’opérateur postal'
            : `l’opérateur postal, envoi n°\u00a0${letter.registeredNumber.replaceAll(' ', '\u00a0')}`,
        remedy: has(later, kind) ? tooLate : `Demander ${fetch(letter)}, et l’ajouter sous cette lettre.`,
      }))
  })
}

/** The registered letters that are themselves exhibits of the pack. */
export function registeredLetters(file: CaseFile, exhibits: Exhibit[]): WrittenDocument[] {
  const shown = new Set(exhibits.flatMap(({ kind, documentId }) => (kind.startsWith('preuve-') ? [] : [documentId])))
  return file.documents.filter(
    ({ id, channel, attachedTo }) => registered.has(channel) && attachedTo === null && shown.has(id),
  )
}

/** A proof names its letter; one that names none is that of the only letter, or bears its number. */
function proves(proof: Exhibit, letter: WrittenDocument, letters: number): boolean {
  if (proof.documentId !== null) return proof.documentId === letter.id
  return letters === 1 || [letter.reference, letter.registeredNumber].includes(proof.reference)
}
