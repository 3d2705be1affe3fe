import type { PackPart } from '../../../documents/packs/pack.ts'
import { openStaticPdf } from '../../../documents/exhibits/pdf.ts'
import { exhibitTitle } from '../../../documents/exhibits/title.ts'
import type { Facts } from '../../../documents/facts.ts'
import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { plainWords } from '../../../schema/words.ts'
import { letterOf, loadLibrary } from '../../../letters/catalogue.ts'
import { type LetterOrder, writeLetter } from '../../mail/correspondence.ts'
import { gatherExhibits } from '../../cases/exhibits/exhibit-gather.ts'
import {
  type Exhibit,
  exhibitKinds,
  exhibitNumber,
  listedExhibit,
  numberExhibits,
  originalTravels,
} from '../../cases/exhibits/exhibits.ts'
import { totals } from '../../cases/file/facts.ts'
import { type CaseFile, readCase } from '../../cases/file/file.ts'
import { payableOn } from '../../money/ledger.ts'
import type { Court } from '../../law/court.ts'
import type { Office } from '../../office.ts'
import { type Costs, filingCosts } from '../engine/costs.ts'
import { atBench, courtOf, goesToCourt, signedKind } from './dossiers.ts'
import {
  bailiffFacts,
  channelOfPaper,
  type GivenFacts,
  insolvencyFacts,
  letterOfPaper,
  requireFacts,
  requireGivable,
  withoutFullStops,
} from './paper-facts.ts'
import type { Dossier, Paper, Procedure } from '../engine/procedure.ts'
import { givenTitleFacts, readGivenTitle } from '../titles/given-title.ts'
import { gatherTitle, titleDoubts } from '../titles/titles.ts'

export interface Content {
  court: Court
  costs: Costs
  parts: PackPart[]
  exhibits: Exhibit[]
}

/** What the papers of one pack are written from. */
export interface PaperOrder {
  procedure: Procedure
  kind: string
  court: Court
  given: GivenFacts
  bailiffId?: string | undefined
  /** Facts of the procedure's own events: the order, its last day. */
  events?: Partial<Facts>
}

/**
 * Writes the content of the pack that the creditor is asked to sign: its papers, and the numbered exhibits. Nothing in it
 * depends on the signature.
 */
export async function writeContent(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  order: Omit<PaperOrder, 'court' | 'kind'>,
): Promise<Content> {
  const { procedure } = order
  const kind = signedKind(procedure)
  const court = await courtOf(sql, file, onDay)
  await gatherExhibits(office, sql, onDay, file)
  await gatherTitle(office, sql, onDay, file)
  const exhibits = await exhibitsFor(sql, file.case.id, procedure.dossiers![kind]!)
  const costs = filingCosts(file, procedure, court, onDay)
  const papers = await writePapers(office, sql, onDay, file, { ...order, kind, court }, exhibits)
  const parts = [...papers]
  for (const exhibit of exhibits) parts.push(await exhibitPart(office, exhibit))
  return { court, costs, parts, exhibits }
}

/** Numbered exhibits that join a pack: all, or those of its kinds. */
export async function exhibitsFor(sql: Sql, caseId: string, dossier: Dossier): Promise<Exhibit[]> {
  const wanted = new Set<string>(dossier.pieces.map((piece) => piece.type))
  const numbered = await numberExhibits(sql, caseId)
  return dossier.pieces_seules ? numbered.filter((exhibit) => wanted.has(exhibit.kind)) : numbered
}

const roles = {
  requete: 'application',
  declaration: 'application',
  projet: 'application',
  mission: 'instruction',
  decompte: 'statement',
  bordereau: 'bordereau',
} as const satisfies Record<Paper['nature'], PackPart['role']>

/** Writes the papers of a pack, in the order of its file, after looking whether every fact they need is there. */
export async function writePapers(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  order: PaperOrder,
  exhibits: Exhibit[],
): Promise<PackPart[]> {
  const dossier = order.procedure.dossiers![order.kind]!
  const papers = dossier.papiers ?? []
  requireGivable(order.given)
  const facts = {
    ...courtFacts(atBench(order.court, dossier), exhibits, goesToCourt(order.procedure, order.kind)),
    frais: filingCosts(file, order.procedure, order.court, onDay).facts,
    ...insolvencyFacts(file, onDay, order.given),
    ...(await bailiffFacts(sql, order.bailiffId)),
    ...order.events,
    ...withoutFullStops(withoutInsolvency(order.given)),
    ...givenTitleFacts(readGivenTitle(file.case.id, order.given['titre'])),
    ...doubtedTotals(file, order, onDay),
  } as Partial<Facts>
  await requireFacts(sql, onDay, file, dossier, order.court, facts)
  const parts: PackPart[] = []
  for (const [i, paper] of papers.entries()) {
    const letter = letterOfPaper(paper, order.court, facts)
    const own =
      paper.nature === 'bordereau'
        ? { ...facts, requete: { objet: dossier.titre, ...(facts.requete as object | undefined) } }
        : facts
    const name = `${String(i + 1).padStart(2, '0')}-${paper.nature}`
    const written = {
      role: roles[paper.nature],
      title: paper.titre,
      letter: letter.id,
      name,
      channel: channelOfPaper(letter),
    }
    parts.push(await writePaper(office, sql, onDay, file, written, own as Partial<Facts>))
  }
  return parts
}

const withoutInsolvency = ({ procedureCollective: _, declaration: __, ...rest }: GivenFacts): GivenFacts => rest

export function courtFacts(court: Court, exhibits: Exhibit[], named = true): Partial<Facts> {
  return {
    ...(named ? { tribunal: { nom: court.nom, formation: court.formation || undefined, ville: court.ville } } : {}),
    piecesJointes: exhibits.map((exhibit) => listedExhibit(exhibit, exhibitNumber(exhibit))),
  } as Partial<Facts>
}

/** Sums that are not those of the title to enforce are told to be compared with it, on the paper that shows them. */
function doubtedTotals(file: CaseFile, { procedure, kind, given }: PaperOrder, onDay: Day): Partial<Facts> {
  const unsure = titleDoubts(file, procedure, kind, onDay, given)
  if (unsure.length === 0) return {}
  const shown = totals(file, payableOn(file, onDay), onDay)
  return { totaux: { ...shown, doutes: [...shown.doutes, ...unsure.map(({ message }) => message)] } } as Partial<Facts>
}

/** One paper of a pack: written as a letter of the case, kept with its Word file. */
export async function writePaper(
  office: Office,
  sql: Sql,
  onDay: Day,
  { case: { id: caseId }, titles }: CaseFile,
  paper: { role: PackPart['role']; title: string; letter: string; name: string; channel?: LetterOrder['channel'] },
  facts: Partial<Facts>,
  part: PackPart['part'] = 'content',
): Promise<PackPart> {
  // Read again for what was written meanwhile; a title given for these papers is in no row yet.
  const now = { ...(await readCase(sql, caseId)), titles }
  const written = await writeLetter(office, sql, onDay, now, {
    letter: paper.letter,
    channel: paper.channel ?? 'acte-prive',
    recipient: recipientOfPaper(paper.letter),
    facts,
    author: 'system',
  })
  return {
    role: paper.role,
    part,
    title: paper.title,
    name: `${paper.name}.pdf`,
    pdf: await office.archive.stored(written.sha256),
    pages: await pageCount(await office.archive.get(written.sha256), paper.name),
    ...(written.editable === null ? {} : { docx: await office.archive.stored(written.editable) }),
  }
}

// A pack goes to a court, to a mandataire or to an office, whatever the letter's own shade of recipient.
function recipientOfPaper(id: string): LetterOrder['recipient'] {
  const { destinataire } = letterOf(loadLibrary(), id)
  const known = ['greffe', 'commissaire-de-justice', 'mandataire-judiciaire', 'tiers'] as const
  return known.find((recipient) => recipient === destinataire) ?? 'juge'
}

export async function exhibitPart(office: Office, exhibit: Exhibit): Promise<PackPart> {
  const number = exhibitNumber(exhibit)
  return {
    role: 'exhibit',
    part: 'content',
    title: exhibitTitle(exhibitKinds[exhibit.kind], exhibit.reference, exhibit.datedOn?.toString()),
    name: `${fileStem(exhibit)}-${slug(`${exhibit.kind} ${exhibit.reference}`)}.pdf`,
    pdf: await office.archive.stored(exhibit.pdf),
    pages: exhibit.pages,
    exhibit: {
      number,
      type: exhibitKinds[exhibit.kind],
      reference: exhibit.reference,
      date: exhibit.datedOn?.toString() ?? null,
    },
    ...(originalTravels(exhibit)
      ? { original: { name: originalName(exhibit), content: await office.archive.stored(exhibit.original) } }
      : {}),
  }
}

// « piece-07 », then « piece-07_1 »: in a folder sorted by name, what goes with an exhibit follows it.
const fileStem = ({ number, sub }: Exhibit): string =>
  `piece-${String(number).padStart(2, '0')}${sub === null ? '' : `_${sub}`}`

function originalName(exhibit: Exhibit): string {
  const extension = /\.[a-z0-9]{1,5}$/i.exec(exhibit.originalName)?.[0].toLowerCase() ?? ''
  return `${fileStem(exhibit)}-${slug(exhibit.originalName.slice(0, exhibit.originalName.length - extension.length))}${extension}`
}

const slug = (text: string): string => plainWords(text).replaceAll(' ', '-').slice(0, 60)

export const pageCount = async (pdf: Uint8Array, name: string): Promise<number> =>
  (await openStaticPdf(pdf, name)).sizes.length
