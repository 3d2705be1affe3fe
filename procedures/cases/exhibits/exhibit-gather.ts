import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { creditorCopy } from '../../mail/creditor-copies.ts'
import type { Office } from '../../office.ts'
import { attachExhibit, type ExhibitKind, type NewExhibit } from './exhibits.ts'
import { familyOf } from '../file/earlier-steps.ts'
import type { CaseFile } from '../file/file.ts'
import { isBarredInvoice } from '../limitation/invoice-limitations.ts'

/** Brings in what the case itself proves: invoices and credit notes as they came, the letters sent with their proofs. */
export async function gatherExhibits(office: Office, sql: Sql, onDay: Day, file: CaseFile): Promise<void> {
  // One that was withdrawn was known too: it does not come back by itself.
  const rows = await sql<{ original: string; kind: ExhibitKind; documentId: string | null }[]>`
    select original, kind, document_id from exhibits where case_id = ${file.case.id}`
  const known = new Set(rows.map(({ original }) => original))
  const written = new Set(
    rows.flatMap(({ kind, documentId }) => (kind.startsWith('preuve-') ? [] : (documentId ?? []))),
  )
  // The same file brought as something else, an invoice as a delivery note, does not stand for the invoice.
  const billed = new Set(
    rows.filter(({ kind }) => kind === 'facture' || kind === 'avoir').map(({ original }) => original),
  )
  const add = async (exhibit: Omit<NewExhibit, 'caseId' | 'bytes'>, sha256: string | null, there = known) => {
    if (sha256 === null || there.has(sha256)) return
    const bytes = await office.archive.get(sha256)
    const fileName = `${exhibit.fileName}.${extensionOf(bytes)}`
    await attachExhibit(office, sql, onDay, { ...exhibit, fileName, caseId: file.case.id, bytes }, 'system')
  }
  // One that is barred is claimed no more, and proves nothing to a court.
  for (const invoice of file.invoices.filter((each) => !isBarredInvoice(file, each, onDay))) {
    await add(
      {
        kind: 'facture',
        reference: invoice.number,
        datedOn: invoice.issuedOn,
        proves: 'le principal de la créance et son échéance',
        fileName: `facture-${invoice.number}`,
      },
      invoice.original,
      billed,
    )
  }
  for (const note of file.creditNotes) {
    await add(
      {
        kind: 'avoir',
        reference: note.number,
        datedOn: note.issuedOn,
        proves: 'la réduction du principal',
        fileName: `avoir-${note.number}`,
      },
      note.original,
      billed,
    )
  }
  for (const letter of file.documents) {
    const kind = exhibitKindOf(letter, file)
    if (kind === null || written.has(letter.id)) continue
    await add(
      {
        kind,
        reference: letter.reference,
        datedOn: letter.writtenOn,
        proves: proofOf[kind] ?? 'les démarches amiables',
        fileName: `lettre-${letter.reference.replaceAll('/', '-')}`,
        documentId: letter.id,
      },
      // The creditor reads what it signs for: of a letter with a coupon, the copy without its code.
      (await copyOf({ ...office, sql }, letter.id)) ?? letter.sha256,
    )
  }
  await joinProofs(sql, file.case.id)
}

/** Where that copy cannot be made any more, the court has the letter as it was sent. */
const copyOf = (office: Office, documentId: string): Promise<string | null> =>
  creditorCopy(office, documentId).catch((error: unknown) => {
    if (error instanceof DomainError && error.code === 'copy_unmade') return null
    throw error
  })

/** The post's proofs of a letter go under that letter's number; those of a letter that is no exhibit stand alone. */
async function joinProofs(sql: Sql, caseId: string): Promise<void> {
  await sql`
    update exhibits p set parent_id = l.id
    from exhibits l
    where p.case_id = ${caseId} and p.kind like 'preuve-%' and p.document_id is not null and p.parent_id is null and p.number is null
      and l.case_id = p.case_id and l.document_id = p.document_id and l.kind not like 'preuve-%' and l.withdrawn_on is null`
}

// A court reads paper: what came as data is shown as a document, and the file of data stays beside it under its own name.
export function extensionOf(bytes: Uint8Array): string {
  const head = new TextDecoder('latin1').decode(bytes.subarray(0, 1024))
  if (head.includes('%PDF-')) return 'pdf'
  return head.trimStart().startsWith('{') ? 'json' : 'xml'
}

const proofOf: Partial<Record<ExhibitKind, string>> = {
  relance: 'les démarches amiables',
  'mise-en-demeure': 'la mise en demeure de payer et le point de départ des intérêts',
  echange: 'la réponse donnée à la contestation',
  accord: 'la reconnaissance de la dette et l’échelonnement convenu',
}

// The court reads what the debtor received after the due date; notices to the creditor and call sheets are not exhibits.
function exhibitKindOf(letter: CaseFile['documents'][number], file: CaseFile): ExhibitKind | null {
  if (letter.letter.startsWith('engagement-accord-echeancier')) return 'accord'
  if (letter.recipient !== 'debiteur' || letter.attachedTo !== null) return null
  if (Temporal.PlainDate.compare(letter.writtenOn, file.case.anchorOn) <= 0) return null
  if (familyOf(letter) === 'contestations') return 'echange'
  return letter.channel === 'lrar' || letter.channel === 'lre'
    ? 'mise-en-demeure'
    : // Every later approach recalls the first letter, whatever way it went.
      letter.channel === 'lettre' || letter.firstLetter
      ? 'relance'
      : null
}
