import type { Citation } from './citations.ts'
import { printable } from '../typst/glyphs.ts'
import type { ChangedFile, Changes } from './manifest.ts'
import type { Size } from './merge.ts'
import type { SheetLink, SheetPart } from './sheets.ts'
import type { PackInput, PackPart } from './pack.ts'
import { counted } from '../../schema/words.ts'

/** What is told of a pack besides what it was asked to hold. */
export interface Told {
  doubts: string[]
  changes: Changes | undefined
}

/** The page on which each part begins, and how many there are. */
export interface Places {
  starts: number[]
  total: number
}

export const frontName = '00-page-de-garde-et-sommaire.pdf'

export const shorten = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text

/** What is printed in the corner of a page. */
export function stampOf(part: PackPart, page: number): string {
  return part.exhibit
    ? `Pièce n° ${part.exhibit.number} — page ${page + 1}/${part.pages}`
    : `page ${page + 1}/${part.pages}`
}

export const courtRoles = { demandeur: 'Demandeur', defendeur: 'Défendeur' }

/** What letters/layout/pack.typ prints: strings only. `linked`: the table's lines lead to `part:0`, `part:1`… */
export function layoutData(input: PackInput, { doubts, changes }: Told, { starts, total }: Places, linked: boolean) {
  const { parts } = input
  const exhibits = parts.filter((part) => part.exhibit)
  return {
    title: input.title,
    reference: input.reference,
    court: input.court.charAt(0).toUpperCase() + input.court.slice(1),
    parties: (['demandeur', 'defendeur'] as const).map((side) => ({
      label: (input.people?.roles ?? courtRoles)[side],
      name: input.parties[side],
      lines: input.people?.[side] ?? [],
    })),
    contact: input.people?.contact ?? null,
    summary: input.summary,
    'next-limit': input.nextLimit ?? null,
    picture: input.picture ?? null,
    changes: changes ? changeLines(changes) : null,
    missing: input.missing,
    reason: input.reason ? `Établi ainsi par ${input.reason.by}\u00a0: ${input.reason.text}` : null,
    doubts,
    labels: {
      reference: 'Dossier ',
      summary: 'Sommes et dates',
      missing: 'Ce qui manque',
      complete: 'Rien ne manque à ce dossier.',
      doubts: 'À vérifier',
      contents: 'Sommaire',
      way: 'Chemin de la procédure',
      changes: changes ? `Depuis la version ${changes.since}` : '',
      picture: 'Les étapes de la procédure, ce qui est fait et ce qui court',
      columns: ['', 'Document', 'Pages', 'À la page'],
    },
    'total-exhibits': exhibits.length > 0 ? `Nombre de pièces\u00a0: ${exhibits.length}` : null,
    linked,
    total,
    parts: parts.map((part, i) => ({
      start: starts[i],
      mark: part.exhibit ? `Pièce n° ${part.exhibit.number}` : '',
      title: part.title,
      count: countOf(part),
    })),
  }
}

/** « 2 pages », as the table prints it before the page where a part begins. */
export const countOf = ({ pages }: PackPart): string => counted(pages, 'page')

export const footOf = (reference: string, page: number, total: number): string =>
  `${reference}\u00a0 · \u00a0page ${page}/${total}`

/** What is printed around the pages of each part, and where the citations on them lead. */
export function sheetParts(
  parts: readonly PackPart[],
  starts: readonly number[],
  sizes: Size[][],
  citations: Citation[][],
): SheetPart[] {
  const partOf = (number: string): number =>
    parts.findIndex(({ exhibit }) => exhibit?.number === number || exhibit?.number.split('-')[0] === number)
  const linksOn = (part: number, page: number): SheetLink[] =>
    citations[part]!.filter((citation) => citation.page === page && partOf(citation.number) >= 0).map((citation) => {
      const { number, x, y, width, height } = citation
      const to = partOf(number)
      // The bordereau was written before the pack: the page of each exhibit goes beside its line, in the margin.
      const first = citations[part]!.find((other) => other.number === number)
      const noted = parts[part]!.role === 'bordereau' && first === citation
      const top = sizes[part]![page]!.height - y - height
      return { part: to, x, y: top, width, height, note: noted ? `p.\u00a0${starts[to]}` : null }
    })
  return parts.map((part, i) => ({
    running: shorten(part.title, 80),
    bookmark: printable(part.exhibit ? `Pièce n° ${part.exhibit.number}\u00a0: ${part.title}` : part.title),
    exhibit: part.exhibit !== undefined,
    start: starts[i]!,
    sheets: sizes[i]!.map((size, page) => ({ ...size, stamp: stampOf(part, page), links: linksOn(i, page) })),
  }))
}

const shortHash = (hash: string): string => hash.slice(0, 12)

/** « Pièce n° 4, relevé : ajoutée (3f2a…) »: each change by its number and its hash. */
function changeLines({ added, removed, replaced }: Changes): string[] {
  const name = ({ number, title }: ChangedFile): string => (number ? `Pièce n° ${number}, ${title}` : title)
  const lines = [
    ...added.map((file) => `ajouté\u00a0: ${name(file)} (${shortHash(file.sha256)})`),
    ...replaced.map((file) => `remplacé\u00a0: ${name(file)} (${shortHash(file.was!)} → ${shortHash(file.sha256)})`),
    ...removed.map((file) => `retiré\u00a0: ${name(file)} (${shortHash(file.sha256)})`),
  ]
  return lines.length > 0 ? lines : ['Rien n’a changé dans les pièces ni dans les actes.']
}
