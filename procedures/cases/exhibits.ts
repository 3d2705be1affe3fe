import { normaliseExhibit } from '../../documents/exhibits.ts'
import type { Day } from '../../schema/days.ts'
import { json, type Sql } from '../../schema/db.ts'
import type { Doubt } from '../../schema/errors.ts'
import { newId } from '../../schema/random.ts'
import type { Office } from '../office.ts'
import type { CaseFile } from './file.ts'
import { type Author, record } from './journal.ts'

/** The conventional order: the chronology of the deal, then of the dispute; each kind as the bordereau prints it. */
export const exhibitKinds = {
  mandat: 'MANDAT ET POUVOIR',
  kbis: 'EXTRAIT KBIS DU CRÉANCIER',
  'kbis-debiteur': 'EXTRAIT KBIS DU DÉBITEUR',
  contrat: 'CONTRAT',
  devis: 'DEVIS SIGNÉ',
  commande: 'BON DE COMMANDE',
  cgv: 'CONDITIONS GÉNÉRALES',
  'bon-de-livraison': 'BON DE LIVRAISON',
  facture: 'FACTURE',
  avoir: 'AVOIR',
  echange: 'ÉCHANGE',
  accord: 'ACCORD D’ÉCHELONNEMENT',
  relance: 'RELANCE',
  'mise-en-demeure': 'MISE EN DEMEURE',
  'preuve-depot': 'PREUVE DE DÉPÔT',
  'preuve-reception': 'AVIS DE RÉCEPTION',
} as const
export type ExhibitKind = keyof typeof exhibitKinds
const exhibitOrder = Object.keys(exhibitKinds) as ExhibitKind[]

export interface Exhibit {
  id: string
  number: number | null
  kind: ExhibitKind
  reference: string
  datedOn: Day | null
  proves: string
  original: string
  originalName: string
  pdf: string
  pages: number
  flags: Doubt[]
  documentId: string | null
}

/** Adds an exhibit: the original is kept as it came, a checked and flattened PDF goes into the packs. */
export async function attachExhibit(
  office: Office,
  sql: Sql,
  onDay: Day,
  input: {
    caseId: string
    kind: ExhibitKind
    reference: string
    datedOn: Day | null
    proves: string
    bytes: Uint8Array
    fileName: string
    documentId?: string
  },
  author: Author,
): Promise<string> {
  const checked = await normaliseExhibit(input.bytes, { fileName: input.fileName })
  const original = await office.archive.put(input.bytes)
  const pdf = await office.archive.put(checked.pdf)
  const id = newId(office.random)
  await sql`
    insert into exhibits (id, case_id, kind, reference, dated_on, proves, original, original_name, pdf, pages, flags, document_id, added_on, added_by)
    values (${id}, ${input.caseId}, ${input.kind}, ${input.reference}, ${input.datedOn}, ${input.proves}, ${original}, ${input.fileName},
            ${pdf}, ${checked.pages}, ${json(sql, checked.flags)}, ${input.documentId ?? null}, ${onDay}, ${author})`
  await record(sql, onDay, {
    caseId: input.caseId,
    kind: 'exhibit_attached',
    detail: { kind: input.kind, reference: input.reference, sha256: original },
    author,
  })
  return id
}

/** Brings in what the case itself proves: invoices and credit notes as they came, the letters sent. */
export async function gatherExhibits(office: Office, sql: Sql, onDay: Day, file: CaseFile): Promise<void> {
  const known = new Set((await readExhibits(sql, file.case.id)).map((exhibit) => exhibit.original))
  const add = async (exhibit: Omit<Parameters<typeof attachExhibit>[3], 'caseId' | 'bytes'>, sha256: string | null) => {
    if (sha256 === null || known.has(sha256)) return
    const bytes = await office.archive.get(sha256)
    // A court reads paper: an invoice received as XML or JSON alone is asked for as a document, not printed as data.
    if (new TextDecoder('latin1').decode(bytes.subarray(0, 1024)).includes('%PDF-')) {
      await attachExhibit(office, sql, onDay, { ...exhibit, caseId: file.case.id, bytes }, 'system')
    }
  }
  for (const invoice of file.invoices) {
    await add(
      {
        kind: 'facture',
        reference: invoice.number,
        datedOn: invoice.issuedOn,
        proves: 'le principal de la créance et son échéance',
        fileName: `facture-${invoice.number}.pdf`,
      },
      invoice.original,
    )
  }
  for (const note of file.creditNotes) {
    await add(
      {
        kind: 'avoir',
        reference: note.number,
        datedOn: note.issuedOn,
        proves: 'la réduction du principal',
        fileName: `avoir-${note.number}.pdf`,
      },
      note.original,
    )
  }
  for (const letter of file.documents) {
    const kind = exhibitKindOf(letter, file)
    if (kind === null) continue
    await add(
      {
        kind,
        reference: letter.reference,
        datedOn: letter.writtenOn,
        proves: proofOf[kind] ?? 'les démarches amiables',
        fileName: `lettre-${letter.reference.replaceAll('/', '-')}.pdf`,
        documentId: letter.id,
      },
      letter.sha256,
    )
  }
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
  if (letter.letter.startsWith('contestation-')) return 'echange'
  return letter.channel === 'lrar' ? 'mise-en-demeure' : letter.channel === 'lettre' ? 'relance' : null
}

export async function readExhibits(sql: Sql, caseId: string): Promise<Exhibit[]> {
  return sql<Exhibit[]>`
    select id, number, kind, reference, dated_on, proves, original, original_name, pdf, pages, flags, document_id
    from exhibits where case_id = ${caseId} and withdrawn_on is null
    order by number nulls last, added_on, dated_on, reference`
}

/** Gives numbers to those that have none, in the conventional order; a number given is never given again. */
export async function numberExhibits(sql: Sql, caseId: string): Promise<Exhibit[]> {
  const [last] = await sql<
    { number: number | null }[]
  >`select max(number) as number from exhibits where case_id = ${caseId}`
  const fresh = (await readExhibits(sql, caseId)).filter((exhibit) => exhibit.number === null).toSorted(byConvention)
  let number = last?.number ?? 0
  for (const exhibit of fresh) await sql`update exhibits set number = ${++number} where id = ${exhibit.id}`
  return readExhibits(sql, caseId)
}

function byConvention(a: Exhibit, b: Exhibit): number {
  const rank = exhibitOrder.indexOf(a.kind) - exhibitOrder.indexOf(b.kind)
  if (rank !== 0) return rank
  const days = a.datedOn && b.datedOn ? Temporal.PlainDate.compare(a.datedOn, b.datedOn) : 0
  return days || a.reference.localeCompare(b.reference, 'fr', { numeric: true })
}
