import { join } from 'node:path'
import { PDF } from '@libpdf/core'
import { type Archive, type Content, contentBytes, isStored, sha256, type StoredFile } from '../archive.ts'
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
import { openStaticPdf } from '../exhibits/pdf.ts'
import {
  checkTable,
  incoherent,
  refuseBadCitations,
  refuseBadNames,
  refuseBadNumbers,
  refuseIncomplete,
  refuseTooLarge,
  uncited,
} from './gates.ts'
import { footOf, frontName, layoutData, type Places, sheetParts, shorten, type Told } from './layout.ts'
import { PackMerge, type Size } from './merge.ts'
import { byName, manifestName } from './zip.ts'
import { ZipFile } from './zip-file.ts'
import { labelPages } from './page-labels.ts'
import type { SealKey } from '../proof/seal.ts'
import type { TypstEngine } from '../typst/typst.ts'
import { counted } from '../../schema/words.ts'

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
  /** Who they are and who answers for the case, as the cover says it; the names alone when absent. */
  people?: CoverPeople
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

/** Lines of the cover: the parties, each under its role, and whom to ask. */
export interface CoverPeople {
  roles: { demandeur: string; defendeur: string }
  demandeur: string[]
  defendeur: string[]
  contact: string
}

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
    const linking = fronting.then((places) => compose(input, told, places, { linked: true }))
    // Awaited below; what fails before must not leave them unheard.
    for (const promise of [beginning, linking]) promise.catch(() => {})
    const [{ front, starts, total }, sizes] = await Promise.all([fronting, copyParts(merge, parts)])
    const cover = await PDF.load(await linking)
    if (cover.getPageCount() !== front) throw incoherent('sa page de garde et son sommaire changent de longueur')
    checkTable(cover, parts, starts)
    labelPages(cover, [
      { from: 1, label: 'Garde' },
      ...parts.map((part, i) => ({
        from: starts[i]!,
        label: part.exhibit ? `Pièce ${part.exhibit.number}` : shorten(part.title, 40),
      })),
    ])
    const merged = await merge.finish(cover, sheetParts(parts, starts, sizes, citations), {
      foot: (page) => footOf(input.reference, page, total),
      at: input.at,
      ...(input.key ? { key: input.key } : {}),
    })
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

/** Cover and table, with the page on which each part will begin: as many pages as they take is known once they are set. */
async function composeFront(input: PackInput, told: Told): Promise<Places & { pdf: Uint8Array; front: number }> {
  for (let front = 2; ;) {
    const places = placesAfter(front, input.parts)
    const pdf = await compose(input, told, places)
    const pages = (await PDF.load(pdf)).getPageCount()
    if (pages === front) return { pdf, front, ...places }
    front = pages
  }
}

function placesAfter(front: number, parts: readonly PackPart[]): Places {
  let next = front + 1
  const starts = parts.map(({ pages }) => (next += pages) - pages)
  return { starts, total: next - 1 }
}

async function copyParts(merge: PackMerge, parts: readonly PackPart[]): Promise<Size[][]> {
  const sizes: Size[][] = []
  for (const part of parts) {
    const found = await merge.addPart(part.pdf, part.name)
    if (found.length !== part.pages) {
      throw incoherent(
        `«\u00a0${part.name}\u00a0» a ${counted(found.length, 'page')}, et non ${part.pages} comme annoncé`,
      )
    }
    sizes.push(found)
  }
  return sizes
}

function compose(input: PackInput, told: Told, places: Places, { linked = false } = {}): Promise<Uint8Array> {
  return input.engine.compile({
    template: 'pack.typ',
    data: layoutData(input, told, places, linked),
    timeLimit: 20_000 + 20 * input.parts.length,
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
