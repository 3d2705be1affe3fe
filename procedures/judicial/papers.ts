import type { PackPart } from '../../documents/pack.ts'
import { openStaticPdf } from '../../documents/exhibit-pdf.ts'
import type { Facts } from '../../documents/facts.ts'
import type { Day } from '../../schema/days.ts'
import { amount } from '../../schema/money.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { type LetterOrder, writeLetter } from '../cases/correspondence.ts'
import { type Exhibit, exhibitKinds, gatherExhibits, numberExhibits } from '../cases/exhibits.ts'
import { type CaseFile, readCase } from '../cases/file.ts'
import { payableOn } from '../cases/ledger.ts'
import { debtorWord } from '../amicable/scenario.ts'
import { serviceCost } from '../law/costs.ts'
import { type Court, competentCourt } from '../law/court.ts'
import { legalCost } from '../law/values.ts'
import type { Office } from '../office.ts'
import { loadProcedure } from './procedure.ts'

export interface Content {
  court: Court
  costs: Costs
  parts: PackPart[]
  exhibits: Exhibit[]
}

/** The court that hears the claim: commercial between businesses, civil against a consumer. */
export function courtOf(file: CaseFile, onDay: Day): Court {
  return competentCourt({
    debtor: file.debtor.kind,
    commercial: file.debtor.kind === 'business',
    postalCode: file.debtor.address?.postalCode ?? '',
    city: file.debtor.address?.city ?? '',
    on: onDay,
  })
}

/**
 * Writes the content of a filing: application, statement of the debt, bordereau, numbered exhibits. This is what the
 * creditor is asked to sign; nothing in it depends on the signature.
 */
export async function writeContent(
  office: Office,
  sql: Sql,
  onDay: Day,
  file: CaseFile,
  procedureId: string,
): Promise<Content> {
  const { papiers } = loadProcedure(procedureId)
  if (!papiers) {
    throw new DomainError('no_papers', `La procédure « ${procedureId} » n'a pas encore de modèles de requête.`, {
      remedy: 'Choisissez une procédure dont les modèles sont écrits, par exemple injonction-de-payer.',
    })
  }
  const court = courtOf(file, onDay)
  await gatherExhibits(office, sql, onDay, file)
  const exhibits = await numberExhibits(sql, file.case.id)
  const costs = filingCosts(file, onDay)
  const facts = { ...courtFacts(court, exhibits), frais: costs.facts }
  const application = papiers.requete[debtorWord[file.debtor.kind]] ?? papiers.requete.professionnel
  const papers = [
    { role: 'application', title: 'Requête', letter: application, name: '01-requete' },
    { role: 'statement', title: 'Décompte de la créance', letter: papiers.decompte, name: '02-decompte' },
    { role: 'bordereau', title: 'Bordereau de pièces', letter: papiers.bordereau, name: '03-bordereau' },
  ] as const
  const parts: PackPart[] = []
  for (const paper of papers) parts.push(await writePaper(office, sql, onDay, file.case.id, paper, facts))
  for (const exhibit of exhibits) parts.push(await exhibitPart(office, exhibit))
  return { court, costs, parts, exhibits }
}

/** What filing and service should cost; « à compléter » where the tariff of the day is not known. */
export interface Costs {
  facts: { nature: string; montant?: string; avance: string; supporte: string }
  doubts: Doubt[]
}

export function filingCosts(file: CaseFile, onDay: Day): Costs {
  const greffe = legalCost(
    'greffe-injonction-payer',
    onDay,
    file.debtor.kind === 'business' ? 'commerce' : 'judiciaire',
  )
  const service = serviceCost(payableOn(file, onDay).principal, onDay)
  const total = greffe.cents === null || service.cents === null ? null : greffe.cents + service.cents
  return {
    facts: {
      nature: 'frais de greffe et de signification',
      ...(total === null ? {} : { montant: amount(total) }),
      avance: 'le cabinet, selon la convention',
      supporte: 'le débiteur s’il y est condamné, à défaut le cabinet',
    },
    doubts: [...(greffe.doubt ? [greffe.doubt] : []), ...service.doubts],
  }
}

export function courtFacts(court: Court, exhibits: Exhibit[]): Partial<Facts> {
  return {
    tribunal: { nom: court.nom, formation: court.formation ?? undefined, ville: court.ville },
    piecesJointes: exhibits.map((exhibit) => ({
      numero: exhibit.number ?? 0,
      type: exhibitKinds[exhibit.kind],
      reference: exhibit.reference,
      date: exhibit.datedOn?.toString(),
      pages: exhibit.pages,
      prouve: exhibit.proves,
    })),
  } as Partial<Facts>
}

/** One paper of a pack: written as a letter of the case, kept with its Word file. */
export async function writePaper(
  office: Office,
  sql: Sql,
  onDay: Day,
  caseId: string,
  paper: { role: PackPart['role']; title: string; letter: string; name: string; channel?: LetterOrder['channel'] },
  facts: Partial<Facts>,
  part: PackPart['part'] = 'content',
): Promise<PackPart> {
  const written = await writeLetter(office, sql, onDay, await readCase(sql, caseId), {
    letter: paper.letter,
    channel: paper.channel ?? 'acte-prive',
    recipient: paper.role === 'instruction' ? 'commissaire-de-justice' : 'juge',
    facts,
    author: 'system',
  })
  const pdf = await office.archive.get(written.sha256)
  return {
    role: paper.role,
    part,
    title: paper.title,
    name: `${paper.name}.pdf`,
    pdf,
    pages: await pageCount(pdf, paper.name),
    ...(written.editable === null ? {} : { docx: await office.archive.get(written.editable) }),
  }
}

export async function exhibitPart(office: Office, exhibit: Exhibit): Promise<PackPart> {
  const number = String(exhibit.number)
  return {
    role: 'exhibit',
    part: 'content',
    title: `${exhibitKinds[exhibit.kind]} ${exhibit.reference}`,
    name: `piece-${number.padStart(2, '0')}-${slug(`${exhibit.kind} ${exhibit.reference}`)}.pdf`,
    pdf: await office.archive.get(exhibit.pdf),
    pages: exhibit.pages,
    exhibit: {
      number,
      type: exhibitKinds[exhibit.kind],
      reference: exhibit.reference,
      date: exhibit.datedOn?.toString() ?? null,
    },
    original: { name: originalName(exhibit, number), bytes: await office.archive.get(exhibit.original) },
  }
}

function originalName(exhibit: Exhibit, number: string): string {
  const extension = /\.[a-z0-9]{1,5}$/i.exec(exhibit.originalName)?.[0].toLowerCase() ?? ''
  return `piece-${number.padStart(2, '0')}-${slug(exhibit.originalName.slice(0, exhibit.originalName.length - extension.length))}${extension}`
}

function slug(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60)
}

export const pageCount = async (pdf: Uint8Array, name: string): Promise<number> =>
  (await openStaticPdf(pdf, name)).sizes.length
