import { DomainError, type Doubt } from '../../schema/errors.ts'
import { type Limits, usualLimits } from '../apart.ts'
import { type Content, contentBytes, isStored, sha256 } from '../archive.ts'
import { readInvoice } from '../invoices/einvoice.ts'
import { office } from './kind.ts'
import { officePdf } from './office.ts'
import { refuse } from './refusal.ts'
import { type Attachment, type ExhibitPages, type ExhibitRead, readApart } from './process.ts'
import { invoiceSheet } from '../invoices/facturx.ts'
import type { TypstEngine } from '../typst/typst.ts'

/** An exhibit as it enters a pack: static pages, nothing that runs, opens or hides. Sizes in points, as displayed. */
export interface NormalisedExhibit<Pdf extends Content = Uint8Array> {
  pdf: Pdf
  pages: number
  pageSizes: { width: number; height: number }[]
  mediaType: string
  flags: Doubt[]
  /** What is joined to an e-mail, each to be an exhibit of its own. */
  attachments: Attachment[]
}

export interface ExhibitSource {
  engine: TypstEngine
  fileName?: string
  /** The owner's, of a protected PDF. */
  password?: string
  limits?: Limits
  /** Bytes of the largest file taken in. */
  maxBytes?: number | undefined
}

/** Bytes of the largest file taken in where nothing else is set: a scan of 250 MB is; what is larger is rather a mistake. */
export const usualBytes = 300_000_000
// The normalised file loses its dates: any instant does, and a constant keeps the bytes the same on any day.
const timestamp = Temporal.Instant.fromEpochMilliseconds(0)

/**
 * Makes a file into static PDF pages, by its content and not by its name: PDF, JPEG, PNG, TIFF, plain text, e-mail (.eml,
 * .msg), invoice as data (CII, UBL, JSON), DOCX and ODT where LibreOffice is. Same bytes in, same bytes out (but for the
 * last two, which LibreOffice lays out with the machine's fonts). Refuses (`bad_exhibit`, `exhibit_encrypted`,
 * `exhibit_too_big`, `exhibit_kind`, `exhibit_bomb`, `exhibit_unreadable`, `exhibit_office`) what it cannot show whole; what it had
 * to change and a person should look at is in `flags`. The original is what is kept and hashed.
 */
export async function normaliseExhibit(bytes: Uint8Array, source: ExhibitSource): Promise<NormalisedExhibit> {
  const read = await normaliseInto(undefined, bytes, source)
  return { ...read, pdf: await contentBytes(read.pdf) }
}

/** The same from a file that may be large to pages that may be: those are left in the folder, and no more of them is held. */
export async function normaliseInto(
  folder: string | undefined,
  content: Content,
  source: ExhibitSource,
): Promise<NormalisedExhibit<Content>> {
  const { engine, limits = usualLimits, maxBytes = usualBytes } = source
  const name = source.fileName ?? 'pièce'
  const size = isStored(content) ? content.bytes : content.length
  if (size === 0) throw refuse('bad_exhibit', name, 'est vide', 'Demandez de nouveau ce document.')
  if (size > maxBytes) {
    throw refuse(
      'exhibit_too_big',
      name,
      `dépasse ${Math.floor(maxBytes / 1e6)}\u00a0Mo`,
      'Numérisez-la moins finement, ou coupez-la en plusieurs pièces.',
    )
  }
  const seed = isStored(content) ? content.sha256 : sha256(content)
  const read = await readApart({ content, name, password: source.password, seed }, { limits, folder })
  const pages =
    read.as === 'pages'
      ? read
      : await asPages(await pdfOf(read, { content, name, seed, engine, limits }), { name, seed, limits })
  return {
    pdf: pages.pdf,
    pages: pages.pageSizes.length,
    pageSizes: pages.pageSizes,
    mediaType: read.mediaType,
    flags: [...read.flags, ...(pages === read ? [] : pages.flags), ...(read.as === 'data' ? [dataDoubt(name)] : [])],
    attachments: read.as === 'printed' ? read.attachments : [],
  }
}

/** What Typst or LibreOffice makes of a file that does not give its pages itself. */
async function pdfOf(
  read: Exclude<ExhibitRead, ExhibitPages>,
  {
    content,
    name,
    seed,
    engine,
    limits,
  }: { content: Content; name: string; seed: string; engine: TypstEngine; limits: Limits },
): Promise<Uint8Array> {
  if (read.as === 'printed') {
    return engine.compile({ template: 'exhibit.typ', data: read.printed, pdf: { timestamp, tagged: false } })
  }
  const bytes = await contentBytes(content)
  switch (read.as) {
    case 'picture':
      return pictureSheet(bytes, { name, engine })
    case 'office':
      return officePdf(bytes, { name, extension: read.mediaType === office.odt ? 'odt' : 'docx', limits })
    case 'data':
      return invoicePages(bytes, { name, seed, engine })
  }
}

async function pictureSheet(
  bytes: Uint8Array,
  { name, engine }: { name: string; engine: TypstEngine },
): Promise<Uint8Array> {
  const head = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const data = { picture: { width: head.getUint32(16), height: head.getUint32(20) } }
  const files = { '/exhibit.png': bytes }
  return engine
    .compile({ template: 'exhibit.typ', data, files, pdf: { timestamp, tagged: false } })
    .catch((cause: unknown) => {
      if (!(cause instanceof DomainError)) throw cause
      throw refuse(
        'bad_exhibit',
        name,
        'est une image illisible',
        'Enregistrez-la de nouveau en PDF ou en JPEG.',
        cause,
      )
    })
}

/** A court reads paper: an invoice received as data is shown as a document that says so, and what the data was. */
async function invoicePages(
  bytes: Uint8Array,
  { name, seed, engine }: { name: string; seed: string; engine: TypstEngine },
): Promise<Uint8Array> {
  const invoice = await readInvoice(bytes, { fileName: name }).catch((error: unknown) => {
    if (!(error instanceof DomainError)) throw error
    throw refuse(
      'exhibit_kind',
      name,
      `est un fichier de données qui n’est pas une facture lisible (${error.message.replace(/\.$/, '')})`,
      'Joignez le document lui-même, en PDF par exemple.',
      error,
    )
  })
  const format = { cii: 'CII', ubl: 'UBL', json: 'JSON', 'factur-x': 'Factur-X' }[invoice.source.format]
  const notice = `Représentation lisible du fichier de données (${format}) reçu du créancier, qui seul fait foi. Empreinte SHA-256 du fichier\u00a0:\n${seed}`
  return invoiceSheet(invoice, { engine, at: timestamp, notice })
}

const dataDoubt = (name: string): Doubt => ({
  code: 'exhibit_data',
  message: `«\u00a0${name}\u00a0»\u00a0: reçue sous forme de données\u00a0; la pièce en est une représentation lisible, et l’original est joint tel quel.`,
})

async function asPages(
  pdf: Uint8Array,
  { name, seed, limits }: { name: string; seed: string; limits: Limits },
): Promise<ExhibitPages> {
  const pages = await readApart({ content: pdf, name: name.replace(/\.[a-z]+$/i, ''), seed }, { limits })
  if (pages.as === 'pages') return pages
  throw refuse('bad_exhibit', name, 'ne donne pas de pages', 'Imprimez-la en PDF, puis joignez cette copie.')
}
