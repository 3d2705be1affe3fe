import { PDF } from '@libpdf/core'
import { DomainError } from '../schema/errors.ts'
import { sha256 } from './archive.ts'
import { citationsIn, linesOfBordereau, type Citation } from './citations.ts'
import { openStaticPdf } from './exhibit-pdf.ts'
import {
  closeManifest,
  contentHash,
  manifestText,
  type ExhibitLabel,
  type Manifest,
  type ManifestFile,
  type PackRole,
} from './manifest.ts'
import { isPackName, packZip, type ZipEntry } from './pack-zip.ts'
import { sealPdf, type SealKey } from './seal.ts'
import type { TypstEngine } from './typst.ts'

export { contentHash }

export interface PackPart {
  role: PackRole
  /** What the creditor agrees to, or what is joined around it (his consent, proofs of dispatch). */
  part: 'content' | 'proof'
  title: string
  /** File name in the ZIP, ASCII: « 03-piece-3-facture-FA-2017-0010.pdf ». */
  name: string
  pdf: Uint8Array
  pages: number
  exhibit?: ExhibitLabel
  docx?: Uint8Array
  original?: { name: string; bytes: Uint8Array }
}

export interface PackInput {
  title: string
  reference: string
  court: string
  parties: { demandeur: string; defendeur: string }
  parts: PackPart[]
  /** Sums, key dates, next time limit: the cover's table. */
  summary: { label: string; value: string }[]
  missing: { what: string; from: string; remedy: string }[]
  /** Who lets a pack with something missing be assembled, and why. */
  reason?: { by: string; text: string }
  doubts: string[]
  at: Temporal.Instant
  engine: TypstEngine
  /** The development certificate when absent. */
  key?: SealKey
}

const frontName = '00-page-de-garde-et-sommaire.pdf'

/** The ZIP's files for these parts, with their hashes; those of part « content » are what `contentHash` covers. */
export function packFiles(parts: readonly PackPart[]): (ManifestFile & { data: Uint8Array })[] {
  return parts.flatMap((part) => {
    const folder = part.part === 'proof' && !part.name.startsWith('preuves/') ? 'preuves/' : ''
    const file = (
      name: string,
      data: Uint8Array,
      role: ManifestFile['role'],
      title: string,
    ): ManifestFile & { data: Uint8Array } => ({
      name,
      sha256: sha256(data),
      bytes: data.length,
      part: part.part,
      role,
      title,
      data,
    })
    const main = file(folder + part.name, part.pdf, part.role, part.title)
    main.pages = part.pages
    if (part.exhibit) main.exhibit = part.exhibit
    return [
      main,
      ...(part.docx ? [file(folder + part.name.replace(/(\.pdf)?$/, '.docx'), part.docx, 'editable', part.title)] : []),
      ...(part.original ? [file(`originaux/${part.original.name}`, part.original.bytes, 'original', part.title)] : []),
    ]
  })
}

/** The hash a consent is bound to: same content parts (texts, exhibits, originals), same hash, whatever proofs join later. */
export function packContentHash(parts: readonly PackPart[]): string {
  return contentHash(packFiles(parts.filter((part) => part.part === 'content')))
}

/**
 * Assembles and seals a court pack: one PDF with cover, linked table, stamped exhibits and bookmarks; the same by file
 * in a ZIP with its manifest. Same input, same bytes. Refuses before sealing what does not agree: `pack_incomplete` when something is
 * missing and nobody gives a reason, `pack_incoherent` when names, numbers, page counts or citations contradict each other.
 */
export async function assemblePack(
  input: PackInput,
): Promise<{ pdf: Uint8Array; zip: Uint8Array; manifest: Manifest }> {
  refuseIncomplete(input)
  const { parts, engine, at } = input
  refuseBadNames(parts)
  refuseBadNumbers(parts)
  const opened = await Promise.all(parts.map((part) => openStaticPdf(part.pdf, part.name)))
  opened.forEach(({ sizes }, i) => {
    if (sizes.length !== parts[i]!.pages) {
      throw incoherent(
        `«\u00a0${parts[i]!.name}\u00a0» a ${sizes.length} page(s), et non ${parts[i]!.pages} comme annoncé`,
      )
    }
  })
  const labels = parts.flatMap((part) => part.exhibit ?? [])
  const citations = opened.map(({ document }, i) => {
    const { role } = parts[i]!
    // What others wrote (a court's order, a proof) may cite exhibits that are not ours.
    if (!['application', 'statement', 'bordereau', 'instruction'].includes(role)) return []
    return [...(role === 'bordereau' ? linesOfBordereau(document, labels) : []), ...citationsIn(document)]
  })
  refuseBadCitations(parts, citations)

  const data = layoutData(
    input,
    opened.map(({ sizes }) => sizes),
    citations,
  )
  const pdf = { timestamp: at, standard: 'none' as const, tagged: false }
  const files = Object.fromEntries(parts.map((part, i) => [`/part-${i}.pdf`, part.pdf]))
  const plain = await engine.compile({ template: 'pack.typ', data: { ...data, front: null }, files, pdf })
  const { starts, total } = await checkMerged(plain, parts)
  const front = await engine.compile({ template: 'pack.typ', data: { ...data, front: { starts, total } }, pdf })
  const merged = await sealPdf(plain, { at, ...(input.key ? { key: input.key } : {}) })

  const frontPages = total - parts.reduce((sum, part) => sum + part.pages, 0)
  const listed = packFiles(parts)
  const mains = listed.filter((file) => file.pages !== undefined)
  mains.forEach((file, i) => (file.merged_page = starts[i]!))
  listed.push({
    name: frontName,
    sha256: sha256(front),
    bytes: front.length,
    part: 'proof',
    role: 'cover',
    title: 'Page de garde et sommaire',
    pages: frontPages,
    merged_page: 1,
    data: front,
  })
  listed.sort((a, b) => (a.name < b.name ? -1 : 1))
  const manifest = closeManifest({
    format: 'courtois-pack/1',
    title: input.title,
    reference: input.reference,
    court: input.court,
    parties: input.parties,
    assembled: at.toString({ smallestUnit: 'second' }),
    content: { sha256: packContentHash(parts) },
    merged: { name: 'pack.pdf', sha256: sha256(merged), bytes: merged.length, pages: total },
    summary: input.summary,
    missing: input.missing,
    ...(input.reason ? { reason: input.reason } : {}),
    doubts: input.doubts,
    files: listed.map(({ data: _, ...file }) => file),
  })
  const entries: ZipEntry[] = listed.map((file) => ({ name: file.name, bytes: file.data }))
  entries.push({ name: 'manifest.json', bytes: new TextEncoder().encode(manifestText(manifest)) })
  return { pdf: merged, zip: packZip(entries), manifest }
}

// ---- Gates

function refuseIncomplete({ missing, reason, parts }: PackInput): void {
  if (parts.length === 0) throw incoherent('il ne contient aucune pièce ni aucun acte')
  if (missing.length === 0 || reason) return
  throw new DomainError(
    'pack_incomplete',
    `Il manque au dossier\u00a0: ${missing.map(({ what, from }) => `${what} (${from})`).join('\u00a0; ')}.`,
    {
      remedy: `${missing.map(({ remedy }) => remedy).join(' ')} Ou indiquez qui l’établit ainsi, et pourquoi.`,
      facts: { missing },
    },
  )
}

function refuseBadNames(parts: readonly PackPart[]): void {
  const seen = new Set([frontName, 'manifest.json'])
  for (const { name } of packFiles(parts)) {
    if (!isPackName(name))
      throw incoherent(
        `le nom de fichier «\u00a0${name.slice(0, 120)}\u00a0» n’est pas permis (lettres sans accent, chiffres, point, tiret)`,
      )
    if (seen.has(name.toLowerCase())) throw incoherent(`deux fichiers portent le nom «\u00a0${name}\u00a0»`)
    seen.add(name.toLowerCase())
  }
}

function refuseBadNumbers(parts: readonly PackPart[]): void {
  let last: [number, number] = [0, 0]
  for (const { role, name, exhibit } of parts) {
    if (role === 'exhibit' && !exhibit) throw incoherent(`la pièce «\u00a0${name}\u00a0» n’a pas de numéro`)
    if (!exhibit) continue
    const [, major, minor] = /^([1-9]\d*)(?:-([1-9]\d*))?$/.exec(exhibit.number) ?? []
    if (major === undefined)
      throw incoherent(`«\u00a0${exhibit.number.slice(0, 20)}\u00a0» n’est pas un numéro de pièce`)
    const next: [number, number] = [Number(major), Number(minor ?? 0)]
    if (next[0] < last[0] || (next[0] === last[0] && next[1] <= last[1])) {
      throw incoherent(
        `la pièce n° ${exhibit.number} vient après la pièce n° ${last[0]}${last[1] ? `-${last[1]}` : ''}`,
      )
    }
    last = next
  }
}

/** CPC 54, 56 and 1407: what is cited is listed and joined, with its true number of pages, and the other way round. */
function refuseBadCitations(parts: readonly PackPart[], citations: Citation[][]): void {
  const numbers = parts.flatMap(({ exhibit }) => exhibit?.number ?? [])
  parts.forEach((part, i) => {
    for (const { number, pages } of citations[i]!) {
      // « Pièce n° 7 » stands for 7-1, 7-2… together.
      const joined = parts.filter(
        ({ exhibit }) => exhibit?.number === number || exhibit?.number.split('-')[0] === number,
      )
      if (joined.length === 0)
        throw incoherent(`«\u00a0${part.title}\u00a0» cite la pièce n° ${number}, qui n’y est pas`)
      const count = joined.reduce((sum, one) => sum + one.pages, 0)
      if (part.role === 'bordereau' && pages !== undefined && count !== pages) {
        throw incoherent(`le bordereau annonce ${pages} page(s) pour la pièce n° ${number}, qui en a ${count}`)
      }
    }
    if (part.role !== 'bordereau') return
    const listed = new Set(citations[i]!.map(({ number }) => number))
    const absent = numbers.find((number) => !listed.has(number) && !listed.has(number.split('-')[0]!))
    if (absent !== undefined) throw incoherent(`la pièce n° ${absent} est jointe, mais le bordereau ne la liste pas`)
  })
}

/** Reads the merged file again: each part begins on the page that the table prints, under its own stamp. */
async function checkMerged(pdf: Uint8Array, parts: readonly PackPart[]): Promise<{ starts: number[]; total: number }> {
  const document = await PDF.load(pdf)
  const total = document.getPageCount()
  let next = total - parts.reduce((sum, part) => sum + part.pages, 0) + 1
  const starts = parts.map((part) => {
    const start = next
    next += part.pages
    const text =
      document
        .getPage(start - 1)
        ?.extractText()
        .text.replaceAll(/\s+/g, ' ') ?? ''
    if (!text.includes(`page ${start}/${total}`) || !text.includes(stampOf(part, 0))) {
      throw incoherent(`«\u00a0${part.title}\u00a0» ne commence pas à la page ${start} du dossier assemblé`)
    }
    return start
  })
  return { starts, total }
}

function incoherent(fault: string): DomainError {
  return new DomainError('pack_incoherent', `Le dossier ne peut pas être scellé\u00a0: ${fault}.`, {
    remedy: 'Corrigez ce point puis assemblez de nouveau le dossier\u00a0; rien n’a été écrit.',
  })
}

// ---- What the layout prints

const plural = (count: number, word: string): string => `${count} ${word}${count > 1 ? 's' : ''}`
const shorten = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1).trimEnd()}…` : text

function stampOf(part: PackPart, page: number): string {
  return part.exhibit
    ? `Pièce n° ${part.exhibit.number} — page ${page + 1}/${part.pages}`
    : `page ${page + 1}/${part.pages}`
}

function layoutData(input: PackInput, sizes: { width: number; height: number }[][], citations: Citation[][]) {
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
    missing: input.missing,
    reason: input.reason ? `Établi ainsi par ${input.reason.by}\u00a0: ${input.reason.text}` : null,
    doubts: input.doubts,
    labels: {
      reference: 'Dossier ',
      summary: 'Sommes et dates',
      missing: 'Ce qui manque',
      complete: 'Rien ne manque à ce dossier.',
      doubts: 'À vérifier',
      contents: 'Sommaire',
      columns: ['', 'Document', 'Pages', 'À la page'],
    },
    'total-exhibits': exhibits.length > 0 ? `Nombre de pièces\u00a0: ${exhibits.length}` : null,
    parts: parts.map((part, i) => ({
      file: `/part-${i}.pdf`,
      exhibit: part.exhibit !== undefined,
      level: part.exhibit ? 2 : 1,
      mark: part.exhibit ? `Pièce n° ${part.exhibit.number}` : '',
      title: part.title,
      bookmark: part.exhibit ? `Pièce n° ${part.exhibit.number}\u00a0: ${part.title}` : part.title,
      running: shorten(part.title, 80),
      count: plural(part.pages, 'page'),
      sheets: sizes[i]!.map((size, page) => ({
        ...size,
        stamp: stampOf(part, page),
        links: linksOn(citations[i]!, page, size.height, part.role === 'bordereau'),
      })),
    })),
  }
}
