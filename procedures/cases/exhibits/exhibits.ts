import { admitBytes } from '../../../documents/antivirus.ts'
import { type Content, isStored } from '../../../documents/archive.ts'
import { normaliseInto } from '../../../documents/exhibits/exhibits.ts'
import type { Attachment } from '../../../documents/exhibits/process.ts'
import type { Day } from '../../../schema/days.ts'
import { type Fragment, json, type Sql, transaction } from '../../../schema/db.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import { newId } from '../../../schema/random.ts'
import type { Office } from '../../office.ts'
import { type Author, record } from '../journal.ts'

/** The conventional order: the chronology of the deal, then of the dispute; each kind as the bordereau prints it. */
export const exhibitKinds = {
  mandat: 'MANDAT ET POUVOIR',
  kbis: 'EXTRAIT KBIS DU CRÉANCIER',
  'kbis-debiteur': 'EXTRAIT KBIS DU DÉBITEUR',
  identite: 'PIÈCE D’IDENTITÉ OU ÉTAT CIVIL',
  contrat: 'CONTRAT',
  devis: 'DEVIS SIGNÉ',
  commande: 'BON DE COMMANDE',
  cgv: 'CONDITIONS GÉNÉRALES',
  'bon-de-livraison': 'BON DE LIVRAISON',
  facture: 'FACTURE',
  avoir: 'AVOIR',
  cheque: 'CHÈQUE ET AVIS DE REJET',
  certificat: 'CERTIFICAT DE NON-PAIEMENT',
  surete: 'ACTE DE SÛRETÉ',
  inventaire: 'INVENTAIRE',
  echange: 'ÉCHANGE',
  accord: 'ACCORD D’ÉCHELONNEMENT',
  relance: 'RELANCE',
  'mise-en-demeure': 'MISE EN DEMEURE',
  'preuve-depot': 'PREUVE DE DÉPÔT',
  'preuve-presentation': 'AVIS DE PREMIÈRE PRÉSENTATION',
  'preuve-reception': 'AVIS DE RÉCEPTION',
  amiable: 'PREUVE DE LA TENTATIVE AMIABLE',
  contribution: 'JUSTIFICATIF DE LA CONTRIBUTION',
  menace: 'PREUVE DE LA MENACE SUR LE RECOUVREMENT',
  titre: 'TITRE EXÉCUTOIRE',
  signification: 'ACTE DE SIGNIFICATION',
  'proces-verbal': 'PROCÈS-VERBAL OU ACTE DE SAISIE',
  quittance: 'PREUVE DE PAIEMENT OU ACCORD',
  rib: 'COORDONNÉES BANCAIRES',
  traduction: 'TRADUCTION',
} as const
export type ExhibitKind = keyof typeof exhibitKinds
const exhibitOrder = Object.keys(exhibitKinds) as ExhibitKind[]

export interface Exhibit {
  id: string
  number: number | null
  /** 1 for « 7-1 », which came with « 7 » or proves its posting. */
  sub: number | null
  parentId: string | null
  kind: ExhibitKind
  reference: string
  datedOn: Day | null
  proves: string
  original: string
  originalName: string
  mediaType: string
  pdf: string
  pages: number
  flags: Doubt[]
  documentId: string | null
}

export interface NewExhibit {
  caseId: string
  kind: ExhibitKind
  reference: string
  datedOn: Day | null
  proves: string
  bytes: Content
  fileName: string
  /** The letter of the case that it is, or whose posting it proves. */
  documentId?: string
  /** The exhibit under whose number it goes. */
  parentId?: string
  rank?: number
  /** The owner's, of a protected PDF. It is used and not kept. */
  password?: string
}

/** « 7 », « 7-1 »; empty until the first bordereau is written. */
export const exhibitNumber = ({ number, sub }: Pick<Exhibit, 'number' | 'sub'>): string =>
  number === null ? '' : sub === null ? String(number) : `${number}-${sub}`

/** As a letter lists it among its enclosures (`piecesJointes` of its facts), under the number that it has there. */
export const listedExhibit = (
  { kind, reference, datedOn, pages, proves }: Pick<Exhibit, 'kind' | 'reference' | 'datedOn' | 'pages' | 'proves'>,
  numero: number | string,
) => ({
  numero,
  type: exhibitKinds[kind],
  reference,
  ...(datedOn === null ? {} : { date: datedOn.toString() }),
  pages,
  prouve: proves,
})

/** Whether it founds the claim, and goes along with a demand to the debtor. */
export const isFounding = ({ kind }: Pick<Exhibit, 'kind'>): boolean => foundation.has(kind)
const foundation = new Set<ExhibitKind>([
  'contrat',
  'devis',
  'commande',
  'cgv',
  'bon-de-livraison',
  'facture',
  'avoir',
  'accord',
])

/** What carries programs or actions stays in the archive: its pages travel, its bytes do not. */
export const originalTravels = ({ flags }: Pick<Exhibit, 'flags'>): boolean =>
  !flags.some(({ code }) => code === 'exhibit_active')

/**
 * Adds an exhibit: the original is kept as it came, a checked and flattened PDF goes into the packs. What is joined to an
 * e-mail follows under its number; a file of it that cannot be read is refused alone, and named on the e-mail.
 */
export async function attachExhibit(
  office: Office,
  sql: Sql,
  onDay: Day,
  input: NewExhibit,
  author: Author,
): Promise<string> {
  const { archive } = office
  const { pdf, ...checked } = await archive.drafting(async (folder) => {
    const read = await normaliseInto(folder, input.bytes, {
      engine: office.typst,
      fileName: input.fileName,
      maxBytes: office.maxFile,
      ...(input.password === undefined ? {} : { password: input.password }),
    })
    return { ...read, pdf: isStored(read.pdf) ? await archive.adopt(read.pdf) : await archive.put(read.pdf) }
  })
  const original = isStored(input.bytes) ? input.bytes.sha256 : await archive.put(input.bytes)
  const id = newId(office.random)
  const reference = plainReference(input.reference)
  await sql`
    insert into exhibits (id, case_id, parent_id, rank, kind, reference, dated_on, proves, original, original_name, media_type, pdf,
                          pages, flags, document_id, added_on, added_by)
    values (${id}, ${input.caseId}, ${input.parentId ?? null}, ${input.rank ?? 0}, ${input.kind}, ${reference}, ${input.datedOn},
            ${input.proves}, ${original}, ${input.fileName}, ${checked.mediaType}, ${pdf}, ${checked.pages},
            ${json(sql, checked.flags)}, ${input.documentId ?? null}, ${onDay}, ${author})`
  await record(sql, onDay, {
    caseId: input.caseId,
    kind: 'exhibit_attached',
    detail: { kind: input.kind, reference, sha256: original },
    author,
  })
  const mother = { ...input, parentId: input.parentId ?? id }
  const doubts = await attachJoined(office, sql, onDay, mother, checked.attachments, author)
  if (doubts.length > 0) {
    await sql`update exhibits set flags = ${json(sql, [...checked.flags, ...doubts])} where id = ${id}`
  }
  return id
}

/** « Pièce n° 3.pdf », as others name their files, would read in our bordereau as our own exhibit 3. */
const plainReference = (text: string): string => text.replaceAll(/(pi[eè]ce\s*)n\s*[°º]\s*(?=\d)/gi, '$1').slice(0, 150)

/** What the mother must say of what is joined to her: what could not be read, and what must not travel inside her. */
async function attachJoined(
  office: Office,
  sql: Sql,
  onDay: Day,
  mother: NewExhibit & { parentId: string },
  attachments: Attachment[],
  author: Author,
): Promise<Doubt[]> {
  const doubts: Doubt[] = []
  const { password: _, documentId: __, rank = 0, ...common } = mother
  for (const [i, { name, bytes }] of attachments.entries()) {
    try {
      if (rank >= deepest) throw tooDeep(name)
      await admitBytes(name, bytes, office.antivirus)
      const joined = { ...common, reference: name, fileName: name, bytes, rank: rank * 100 + i + 1 }
      const id = await attachExhibit(office, sql, onDay, joined, author)
      const [row] = await sql<{ flags: Doubt[] }[]>`select flags from exhibits where id = ${id}`
      doubts.push(...row!.flags.filter(({ code }) => code === 'exhibit_active'))
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      doubts.push({ code: 'exhibit_attachment_refused', message: `Pièce jointe non reproduite. ${error.message}` })
    }
  }
  return doubts
}

// A message in a message in a message: the rank of each level has two digits.
const deepest = 10_000
const tooDeep = (name: string): DomainError =>
  new DomainError('exhibit_kind', `«\u00a0${name}\u00a0» est dans trop de messages emboîtés.`, {
    remedy: 'Joignez-la à part.',
  })

export const exhibitColumns = (sql: Sql): Fragment => sql`
  id, number, sub, parent_id, kind, reference, dated_on, proves, original, original_name, media_type, pdf, pages, flags, document_id`

export const inBordereauOrder = (sql: Sql): Fragment =>
  sql`order by number nulls last, sub nulls first, added_on, dated_on, rank, reference`

export async function readExhibits(sql: Sql, caseId: string): Promise<Exhibit[]> {
  return sql<Exhibit[]>`
    select ${exhibitColumns(sql)} from exhibits where case_id = ${caseId} and withdrawn_on is null ${inBordereauOrder(sql)}`
}

/** Takes an exhibit back, with those under its number. Their numbers are never given again. */
export async function withdrawExhibit(
  sql: Sql,
  onDay: Day,
  input: { exhibitId: string; reason: string },
  author: Author,
): Promise<{ caseId: string }> {
  if (input.reason.trim() === '') {
    throw new DomainError('reason_missing', 'Une pièce se retire avec un motif.', { remedy: 'Écrivez pourquoi.' })
  }
  return transaction(sql, async (tx) => {
    await tx`select 1 from cases where id = (select case_id from exhibits where id = ${input.exhibitId}) for update`
    const withdrawn = await tx<{ caseId: string; number: number | null; sub: number | null; reference: string }[]>`
      update exhibits set withdrawn_on = ${onDay}, withdrawn_by = ${author}, withdrawn_why = ${input.reason}
      where (id = ${input.exhibitId} or parent_id = ${input.exhibitId}) and withdrawn_on is null
      returning case_id, number, sub, reference`
    if (!withdrawn[0]) {
      throw new DomainError('exhibit_not_found', "Cette pièce n'existe pas, ou est déjà retirée.", {
        remedy: 'Vérifiez son identifiant.',
      })
    }
    const detail = { numbers: withdrawn.map(exhibitNumber), references: withdrawn.map(({ reference }) => reference) }
    const { caseId } = withdrawn[0]
    await record(tx, onDay, { caseId, kind: 'exhibit_withdrawn', detail: { ...detail, reason: input.reason }, author })
    return { caseId }
  })
}

/**
 * Gives numbers to those that have none, in the conventional order, and sub-numbers to what goes with another; a number
 * given is never given again, even after a withdrawal.
 */
export async function numberExhibits(sql: Sql, caseId: string): Promise<Exhibit[]> {
  const given = await sql<{ number: number; sub: number | null }[]>`
    select number, max(sub) as sub from exhibits where case_id = ${caseId} and number is not null group by number`
  const subs = new Map(given.map(({ number, sub }) => [number, sub ?? 0]))
  const fresh = (await readExhibits(sql, caseId)).filter((exhibit) => exhibit.number === null).toSorted(byConvention)
  let number = Math.max(0, ...subs.keys())
  for (const { id, parentId } of fresh) {
    if (parentId === null) await sql`update exhibits set number = ${++number} where id = ${id}`
  }
  const numbered = new Map((await readExhibits(sql, caseId)).map((exhibit) => [exhibit.id, exhibit]))
  for (const { id, parentId } of fresh) {
    const mother = parentId === null ? undefined : numbered.get(parentId)?.number
    if (mother == null) continue
    const sub = (subs.get(mother) ?? 0) + 1
    subs.set(mother, sub)
    await sql`update exhibits set number = ${mother}, sub = ${sub} where id = ${id}`
  }
  return readExhibits(sql, caseId)
}

function byConvention(a: Exhibit, b: Exhibit): number {
  const rank = exhibitOrder.indexOf(a.kind) - exhibitOrder.indexOf(b.kind)
  if (rank !== 0) return rank
  // What came with one e-mail keeps its order; the statement that read them gave it.
  if (a.parentId !== null && a.parentId === b.parentId) return 0
  const days = a.datedOn && b.datedOn ? Temporal.PlainDate.compare(a.datedOn, b.datedOn) : 0
  return days || a.reference.localeCompare(b.reference, 'fr', { numeric: true })
}
