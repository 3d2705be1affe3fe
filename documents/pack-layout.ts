import type { Citation } from './citations.ts'
import type { ChangedFile, Changes } from './manifest.ts'
import type { Size } from './pack-merge.ts'
import type { PackInput, PackPart } from './pack.ts'

/** What is told of a pack besides what it was asked to hold. */
export interface Told {
  doubts: string[]
  changes: Changes | undefined
}

/** Where everything stands. */
export interface Places {
  /** Cover and table alone. */
  front: boolean
  starts: number[]
  total: number
  sizes?: Size[][]
  citations?: Citation[][]
}

const plural = (count: number, word: string): string => `${count} ${word}${count > 1 ? 's' : ''}`
export const shorten = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text

/** What is printed in the corner of a page. */
export function stampOf(part: PackPart, page: number): string {
  return part.exhibit
    ? `Pièce n° ${part.exhibit.number} — page ${page + 1}/${part.pages}`
    : `page ${page + 1}/${part.pages}`
}

/** What letters/layout/pack.typ prints: strings and places only. */
export function layoutData(
  input: PackInput,
  { doubts, changes }: Told,
  { front, starts, total, sizes, citations }: Places,
) {
  const { parts } = input
  const exhibits = parts.filter((part) => part.exhibit)
  const partOf = (number: string): number =>
    parts.findIndex(({ exhibit }) => exhibit?.number === number || exhibit?.number.split('-')[0] === number)
  const linksOn = (cited: Citation[], page: number, height: number, isBordereau: boolean) =>
    cited
      .filter((citation) => citation.page === page && partOf(citation.number) >= 0)
      .map((citation, rank, all) => ({
        part: partOf(citation.number),
        x: citation.x,
        y: height - citation.y - citation.height,
        width: citation.width,
        height: citation.height,
        'page-note': isBordereau && all.findIndex(({ number }) => number === citation.number) === rank,
      }))
  return {
    title: input.title,
    reference: input.reference,
    court: input.court,
    parties: [
      { label: 'Demandeur', name: input.parties.demandeur },
      { label: 'Défendeur', name: input.parties.defendeur },
    ],
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
    front,
    total,
    parts: parts.map((part, i) => ({
      start: starts[i],
      exhibit: part.exhibit !== undefined,
      level: part.exhibit ? 2 : 1,
      mark: part.exhibit ? `Pièce n° ${part.exhibit.number}` : '',
      title: part.title,
      bookmark: part.exhibit ? `Pièce n° ${part.exhibit.number}\u00a0: ${part.title}` : part.title,
      running: shorten(part.title, 80),
      count: plural(part.pages, 'page'),
      sheets: (sizes?.[i] ?? []).map((size, page) => ({
        ...size,
        stamp: stampOf(part, page),
        links: linksOn(citations?.[i] ?? [], page, size.height, part.role === 'bordereau'),
      })),
    })),
  }
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
