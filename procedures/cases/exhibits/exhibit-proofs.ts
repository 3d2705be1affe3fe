import { type Day, dayFr } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import type { Office } from '../../office.ts'
import { attachExhibit, type ExhibitKind } from './exhibits.ts'
import type { Author } from '../journal.ts'
import { lockCase } from '../lock.ts'

/** What the post gives for a registered letter: its deposit, its first presentation, its receipt or its return. */
export const postalProofs = {
  depot: { kind: 'preuve-depot', proves: 'l’envoi de la lettre recommandée' },
  presentation: { kind: 'preuve-presentation', proves: 'la première présentation de la lettre, et sa date' },
  reception: { kind: 'preuve-reception', proves: 'la remise de la lettre, ou son retour au motif indiqué' },
} as const satisfies Record<string, { kind: ExhibitKind; proves: string }>
export type PostalProof = keyof typeof postalProofs

/** Attaches a proof of the post to its letter: in the pack it follows that letter, under its number (« Pièce n° 6-1 »). */
export async function attachPostalProof(
  office: Office,
  sql: Sql,
  onDay: Day,
  input: { documentId: string; proof: PostalProof; datedOn: Day; bytes: Uint8Array; fileName: string },
  author: Author,
): Promise<string> {
  return transaction(sql, async (tx) => {
    const [known] = await tx<{ caseId: string }[]>`select case_id from documents where id = ${input.documentId}`
    // The exhibit under whose number it goes may be withdrawn at this moment.
    if (known) await lockCase(tx, known.caseId)
    const [letter] = await tx<
      { caseId: string; reference: string; writtenOn: Day; registeredNumber: string | null; exhibitId: string | null }[]
    >`
      select d.case_id, d.reference, d.written_on, o.registered_number,
             (select e.id from exhibits e
              where e.document_id = d.id and e.case_id = d.case_id and e.kind not like 'preuve-%' and e.withdrawn_on is null) as exhibit_id
      from documents d left join dispatches o on o.document_id = d.id
      where d.id = ${input.documentId} and d.channel in ('lrar', 'lre') and d.attached_to is null`
    if (!letter) {
      throw new DomainError('no_registered_letter', "Ce courrier n'est pas une lettre recommandée.", {
        remedy: 'Choisissez la lettre recommandée dont la Poste a donné cette preuve.',
      })
    }
    if (Temporal.PlainDate.compare(input.datedOn, letter.writtenOn) < 0) {
      throw new DomainError(
        'proof_before_letter',
        `Une preuve du ${dayFr(input.datedOn)} ne peut être celle d’une lettre du ${dayFr(letter.writtenOn)}.`,
        { remedy: 'Vérifiez la date portée par la preuve, et la lettre choisie.' },
      )
    }
    const { kind, proves } = postalProofs[input.proof]
    return attachExhibit(
      office,
      tx,
      onDay,
      {
        caseId: letter.caseId,
        kind,
        reference: letter.registeredNumber ?? letter.reference,
        datedOn: input.datedOn,
        proves,
        bytes: input.bytes,
        fileName: input.fileName,
        documentId: input.documentId,
        ...(letter.exhibitId === null ? {} : { parentId: letter.exhibitId }),
      },
      author,
    )
  })
}
