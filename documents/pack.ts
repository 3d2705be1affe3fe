import { join } from 'node:path'
import { PDF } from '@libpdf/core'
import { DomainError } from '../schema/errors.ts'
import { type Archive, type Content, contentBytes, isStored, sha256, type StoredFile } from './archive.ts'
import { citationsIn, linesOfBordereau, type Citation } from './citations.ts'
import {
  changesSince,
  closeManifest,
  contentHash,
  manifestText,
  type ExhibitLabel,
  type Manifest,
  type ManifestFile,
  type PackRole,
} from './manifest.ts'
import { openStaticPdf } from './exhibit-pdf.ts'
import { layoutData, type Places, shorten, stampOf, type Told } from './pack-layout.ts'
import { PackMerge, type Size } from './pack-merge.ts'
import { byName, isPackName, manifestName } from './pack-zip.ts'
import { ZipFile } from './pack-zip-file.ts'
import { labelPages } from './page-labels.ts'
import type { SealKey } from './seal.ts'
import type { TypstEngine } from './typst.ts'

export { contentHash }

export interface PackPart {
  role: PackRole
  /** What the creditor agrees to, or what is joined around it (his consent, proofs of dispatch). */
  part: 'content' | 'proof'
  title: string
  /** File name in the ZIP, ASCII: « 03-piece-3-facture-FA-2017-0010.pdf ». */
  name: string
  pdf: Content
  pages: number
  exhibit?: ExhibitLabel
  docx?: Content
  original?: { name: string; content: Content }
}

export interface PackInput {
  title: string
  reference: string
  court: string
  parties: { demandeur: string; defendeur: string }
  parts: PackPart[]
  /** Sums, key dates: the cover's table. */
  summary: { label: string; value: string }[]
  /** The time limit that ends first, said above everything else. */
  nextLimit?: { label: string; value: string }
  /** The case's way, drawn (SVG). */
  picture?: string
  /** 1 when absent. The files of the version before are what `changes` is told from. */
  version?: number
  previous?: { version: number; files: readonly ManifestFile[] }
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

type ListedFile = ManifestFile & { content: Content }

/** The ZIP's files for these parts, with their hashes; those of part « content » are what `contentHash` covers. */
export function packFiles(parts: readonly PackPart[]): ListedFile[] {
  return parts.flatMap((part) => {
    const folder = part.part === 'proof' && !part.name.startsWith('preuves/') ? 'preuves/' : ''
    const file = (name: string, content: Content, role: ManifestFile['role'], title: string): ListedFile => ({
      name,
      sha256: isStored(content) ? content.sha256 : sha256(content),
      bytes: isStored(content) ? content.bytes : content.length,
      part: part.part,
      role,
      title,
      content,
    })
    const main = file(folder + part.name, part.pdf, part.role, part.title)
    main.pages = part.pages
    if (part.exhibit) main.exhibit = part.exhibit
    return [
      main,
      ...(part.docx ? [file(folder + part.name.replace(/(\.pdf)?$/, '.docx'), part.docx, 'editable', part.title)] : []),
      ...(part.original
        ? [file(`originaux/${part.original.name}`, part.original.content, 'original', part.title)]
        : []),
    ]
  })
}

/** The hash a consent is bound to: same content parts (texts, exhibits, originals), same hash, whatever proofs join later. */
export function packContentHash(parts: readonly PackPart[]): string {
  return contentHash(packFiles(parts.filter((part) => part.part === 'content')))
}

/**
 * Assembles and seals a court pack: one PDF with cover, linked table, stamped exhibits and bookmarks; the same by file
 * in a ZIP with its manifest. Both are written into the folder as they are made, part after part, and never held whole. Same input, same
 * bytes. Refuses before sealing what does not agree: `pack_incomplete` when something is missing and nobody gives a reason,
 * `pack_incoherent` when names, numbers, page counts or citations contradict each other.
 */
export async function assemblePack(
  input: PackInput,
  folder: string,
): Promise<{ pdf: StoredFile; zip: StoredFile; manifest: Manifest }> {
  refuseIncomplete(input)
  const { parts } = input
  const listed = packFiles(parts)
  refuseBadNames(listed)
  refuseTooLarge(listed)
  refuseBadNumbers(parts)
  const citations = await citationsOf(parts)
  refuseBadCitations(parts, citations)
  const told: Told = {
    doubts: [...input.doubts, ...uncited(parts, citations)],
    changes: input.previous ? changesSince(input.previous, listed) : undefined,
  }
  const files = { pdf: join(folder, 'pack.pdf'), zip: join(folder, 'pack.zip') }
  const zip = await ZipFile.create(files.zip)
  const merge = await PackMerge.create(files.pdf)
  try {
    // Cover and table are set while the parts are copied, and the ZIP is written while the merged file is.
    const fronting = composeFront(input, told)
    const beginning = fronting.then(({ pdf }) => {
      listed.push(frontFile(pdf))
      return zip.add(listed.toSorted(byName))
    })
    // Awaited below; what fails before must not leave it unheard.
    beginning.catch(() => {})
    const [{ front, starts, total }, sizes] = await Promise.all([fronting, copyParts(merge, parts)])
    const sheets = await PDF.load(await compose(input, told, { front: false, starts, total, sizes, citations }))
    checkSheets(sheets, parts, starts, total)
    labelPages(sheets, [
      { from: 1, label: 'Garde' },
      ...parts.map((part, i) => ({
        from: starts[i]!,
        label: part.exhibit ? `Pièce ${part.exhibit.number}` : shorten(part.title, 40),
      })),
    ])
    const merged = await merge.finish(sheets, front, { at: input.at, ...(input.key ? { key: input.key } : {}) })
    await beginning
    const manifest = manifestOf(input, told, listed, { ...merged, pages: total, front, starts })
    const text = new TextEncoder().encode(manifestText(manifest))
    await zip.add([{ name: manifestName, content: text }])
    return { pdf: { path: files.pdf, ...merged }, zip: await zip.end(), manifest }
  } finally {
    await Promise.all([merge.close(), zip.close()])
  }
}

/** Assembles a pack straight into the archive; nothing of one that is refused stays there. */
export async function keepPack(
  archive: Archive,
  input: PackInput,
): Promise<{ pdf: string; zip: string; manifest: Manifest }> {
  return archive.drafting(async (folder) => {
    const { pdf, zip, manifest } = await assemblePack(input, folder)
    return { pdf: await archive.adopt(pdf), zip: await archive.adopt(zip), manifest }
  })
}

const frontFile = (pdf: Uint8Array): ListedFile => ({
  name: frontName,
  sha256: sha256(pdf),
  bytes: pdf.length,
  part: 'proof',
  role: 'cover',
  title: 'Page de garde et sommaire',
  content: pdf,
})

function manifestOf(
  input: PackInput,
  { doubts, changes }: Told,
  listed: readonly ListedFile[],
  merged: { sha256: string; bytes: number; pages: number; front: number; starts: number[] },
): Manifest {
  const { sha256: hash, bytes, pages, front, starts } = merged
  const places = [...starts]
  const files = listed.map(({ content: _, ...file }): ManifestFile => {
    if (file.name === frontName) return { ...file, pages: front, merged_page: 1 }
    return file.pages === undefined ? file : { ...file, merged_page: places.shift()! }
  })
  return closeManifest({
    format: 'courtois-pack/1',
    title: input.title,
    ...(input.version ? { version: input.version } : {}),
    reference: input.reference,
    court: input.court,
    parties: input.parties,
    assembled: input.at.toString({ smallestUnit: 'second' }),
    content: { sha256: contentHash(files.filter((file) => file.part === 'content')) },
    merged: { name: 'pack.pdf', sha256: hash, bytes, pages },
    summary: [...(input.nextLimit ? [input.nextLimit] : []), ...input.summary],
    missing: input.missing,
    ...(input.reason ? { reason: input.reason } : {}),
    ...(changes ? { changes } : {}),
    doubts,
    files: files.toSorted(byName),
  })
}

// ---- What is composed and copied

/** Cover and table alone, with the page on which each part will begin: as many pages as they take is known once they are set. */
async function composeFront(
  input: PackInput,
  told: Told,
): Promise<{ pdf: Uint8Array; front: number; starts: number[]; total: number }> {
  for (let front = 2; ;) {
    const { starts, total } = placesAfter(front, input.parts)
    const pdf = await compose(input, told, { front: true, starts, total })
    const pages = (await PDF.load(pdf)).getPageCount()
    if (pages === front) return { pdf, front, starts, total }
    front = pages
  }
}

function placesAfter(front: number, parts: readonly PackPart[]): { starts: number[]; total: number } {
  let next = front + 1
  const starts = parts.map(({ pages }) => (next += pages) - pages)
  return { starts, total: next - 1 }
}

async function copyParts(merge: PackMerge, parts: readonly PackPart[]): Promise<Size[][]> {
  const sizes: Size[][] = []
  for (const part of parts) {
    const found = await merge.addPart(part.pdf, part.name)
    if (found.length !== part.pages) {
      throw incoherent(`«\u00a0${part.name}\u00a0» a ${found.length} page(s), et non ${part.pages} comme annoncé`)
    }
    sizes.push(found)
  }
  return sizes
}

function compose(input: PackInput, told: Told, places: Places): Promise<Uint8Array> {
  return input.engine.compile({
    template: 'pack.typ',
    data: layoutData(input, told, places),
    timeLimit: 20_000 + 20 * places.total,
    pdf: { timestamp: input.at, standard: 'none', tagged: true },
  })
}

/** What others wrote (a court's order, a proof) may cite exhibits that are not ours. */
async function citationsOf(parts: readonly PackPart[]): Promise<Citation[][]> {
  const labels = parts.flatMap((part) => part.exhibit ?? [])
  const citations: Citation[][] = []
  for (const { role, pdf, name } of parts) {
    const isOurs = ['application', 'statement', 'bordereau', 'instruction'].includes(role)
    const document = isOurs ? (await openStaticPdf(await contentBytes(pdf), name)).document : null
    const lines = document && role === 'bordereau' ? linesOfBordereau(document, labels) : []
    citations.push(document ? [...lines, ...citationsIn(document)] : [])
  }
  return citations
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

// What the sizes and offsets of a ZIP can say.
const maxBytes = 4_000_000_000

function refuseTooLarge(files: readonly { bytes: number }[]): void {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  if (bytes <= maxBytes) return
  throw new DomainError(
    'pack_too_big',
    `Ce dossier pèse ${Math.ceil(bytes / 1e9)}\u00a0Go, et ne peut dépasser 4\u00a0Go.`,
    {
      remedy: 'Numérisez moins finement les plus lourdes de ses pièces, et remplacez-les.',
      facts: { bytes, maxBytes },
    },
  )
}

function refuseBadNames(files: readonly { name: string }[]): void {
  const seen = new Set([frontName, manifestName])
  for (const { name } of files) {
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
      // « Pièce n° 7 » is that exhibit; where there is none, it stands for 7-1, 7-2… together.
      const named = parts.filter(({ exhibit }) => exhibit?.number === number)
      const joined = named.length > 0 ? named : parts.filter(({ exhibit }) => exhibit?.number.split('-')[0] === number)
      if (joined.length === 0)
        throw incoherent(`«\u00a0${part.title}\u00a0» cite la pièce n° ${number}, qui n’y est pas`)
      const count = joined.reduce((sum, one) => sum + one.pages, 0)
      if (part.role === 'bordereau' && pages !== undefined && count !== pages) {
        throw incoherent(`le bordereau annonce ${pages} page(s) pour la pièce n° ${number}, qui en a ${count}`)
      }
    }
    if (part.role !== 'bordereau') return
    const listed = new Set(citations[i]!.map(({ number }) => number))
    const mothers = new Set(numbers)
    const isListed = (number: string): boolean => {
      const [mother] = number.split('-') as [string]
      return listed.has(number) || (!mothers.has(mother) && listed.has(mother))
    }
    const absent = numbers.find((number) => !isListed(number))
    if (absent !== undefined) throw incoherent(`la pièce n° ${absent} est jointe, mais le bordereau ne la liste pas`)
  })
}

/** An exhibit that the bordereau lists and no act speaks of proves nothing: it is joined, and somebody is told. */
function uncited(parts: readonly PackPart[], citations: Citation[][]): string[] {
  const acts = parts.flatMap((part, i) =>
    part.role === 'application' || part.role === 'instruction' ? citations[i]!.map(({ number }) => number) : [],
  )
  if (acts.length === 0) return []
  const cited = new Set(acts)
  return parts.flatMap(({ exhibit }) =>
    !exhibit || cited.has(exhibit.number) || cited.has(exhibit.number.split('-')[0]!)
      ? []
      : [`La pièce n° ${exhibit.number} est jointe, mais aucun acte ne la cite.`],
  )
}

/** Reads the sheets again: each part begins on the page that the table prints, under its own stamp. */
function checkSheets(sheets: PDF, parts: readonly PackPart[], starts: readonly number[], total: number): void {
  if (sheets.getPageCount() !== total) throw incoherent(`il a ${sheets.getPageCount()} pages, et non ${total}`)
  parts.forEach((part, i) => {
    const text = sheets
      .getPage(starts[i]! - 1)!
      .extractText()
      .text.replaceAll(/\s+/g, ' ')
    if (!text.includes(`page ${starts[i]}/${total}`) || !text.includes(stampOf(part, 0))) {
      throw incoherent(`«\u00a0${part.title}\u00a0» ne commence pas à la page ${starts[i]} du dossier assemblé`)
    }
  })
}

function incoherent(fault: string): DomainError {
  return new DomainError('pack_incoherent', `Le dossier ne peut pas être scellé\u00a0: ${fault}.`, {
    remedy: 'Corrigez ce point puis assemblez de nouveau le dossier\u00a0; rien n’a été écrit.',
  })
}
