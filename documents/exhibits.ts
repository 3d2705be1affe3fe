import { PdfArray, PdfString, type PDF } from '@libpdf/core'
import type { Doubt } from '../schema/errors.ts'
import { sha256 } from './archive.ts'
import { imagePage, textPages } from './exhibit-pages.ts'
import { displayedSize, refuse, staticPdf } from './exhibit-pdf.ts'

/** An exhibit as it enters a pack: static pages, nothing that runs, opens or hides. Sizes in points, as displayed. */
export interface NormalisedExhibit {
  pdf: Uint8Array
  pages: number
  pageSizes: { width: number; height: number }[]
  mediaType: string
  flags: Doubt[]
}

// One file of 246 MB and 400 pages took seventeen seconds and the memory of a small server.
const maxBytes = 100 << 20

/**
 * Makes a PDF, a JPEG, a PNG or a plain text into static PDF pages, by its content and not by its name: same bytes in,
 * same bytes out. Refuses (`bad_exhibit`, `exhibit_encrypted`, `exhibit_too_big`, `exhibit_kind`) what it cannot show whole; what
 * it had to change and a person should look at is in `flags`. The original is what is kept and hashed.
 */
export async function normaliseExhibit(
  bytes: Uint8Array,
  opts: { fileName?: string; password?: string } = {},
): Promise<NormalisedExhibit> {
  const name = opts.fileName ?? 'pièce'
  if (bytes.length === 0) throw refuse('bad_exhibit', name, 'est vide', 'Demandez de nouveau ce document.')
  if (bytes.length > maxBytes) {
    throw refuse(
      'exhibit_too_big',
      name,
      'dépasse 100 Mo',
      'Numérisez-la moins finement, ou coupez-la en plusieurs pièces.',
    )
  }
  const mediaType = mediaTypeOf(bytes, name)
  const flags: Doubt[] = []
  const extension = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase()
  if (extension && extensions[mediaType] && !extensions[mediaType].includes(extension)) {
    flags.push({
      code: 'exhibit_name',
      message: `«\u00a0${name}\u00a0» n’est pas ce que dit son nom\u00a0: c’est du ${mediaType}.`,
    })
  }
  const document =
    mediaType === 'application/pdf'
      ? await staticPdf(bytes, name, opts.password, flags)
      : mediaType === 'text/plain'
        ? textPages(bytes, name, flags)
        : imagePage(bytes, name, flags)
  return { ...(await finish(document, bytes, name)), mediaType, flags }
}

const extensions: Record<string, string[]> = {
  'application/pdf': ['pdf'],
  'image/jpeg': ['jpg', 'jpeg', 'jpe', 'jfif'],
  'image/png': ['png'],
}

const otherKinds: [mark: RegExp, kind: string][] = [
  [/^PK[\x03\x05]/, 'un document Word, Excel ou une archive'],
  [/^\xd0\xcf\x11[\xe0]/, 'un ancien document Office'],
  [/^(II\*\0|MM\0\*)/, 'une image TIFF'],
  [/^....ftyp(heic|heix|mif1|avif)/s, 'une image HEIC ou AVIF'],
  [/^(GIF8|BM|RIFF....WEBP)/s, 'une image GIF, BMP ou WebP'],
  [/^(\xef\xbb\xbf)?\s*(<\?xml|<!doctype|<html|\{\\rtf)/i, 'un fichier XML, HTML ou RTF'],
]

function mediaTypeOf(bytes: Uint8Array, name: string): string {
  const head = Buffer.from(bytes.subarray(0, 1024)).toString('latin1')
  if (head.includes('%PDF-')) return 'application/pdf'
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  const kind =
    otherKinds.find(([mark]) => mark.test(head))?.[1] ??
    (hasControls(bytes) ? 'un fichier d’un genre inconnu' : undefined)
  if (kind === undefined) return 'text/plain'
  throw refuse('exhibit_kind', name, `est ${kind}`, 'Joignez-la en PDF, en JPEG, en PNG ou en texte simple.')
}

// Anything below U+0020 but tab, line feed, form feed, carriage return is not a text someone wrote.
const hasControls = (bytes: Uint8Array): boolean =>
  bytes.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d)

async function finish(
  document: PDF,
  original: Uint8Array,
  name: string,
): Promise<Pick<NormalisedExhibit, 'pdf' | 'pages' | 'pageSizes'>> {
  const pageSizes = document.getPages().map(displayedSize)
  if (pageSizes.some(({ width, height }) => !(width >= 3 && height >= 3 && width <= 14_400 && height <= 14_400))) {
    throw refuse(
      'bad_exhibit',
      name,
      'a une page de taille impossible',
      'Imprimez-la en PDF au format A4, puis joignez-la.',
    )
  }
  // The library would write the clock's day and a random identifier: both would change the bytes each time.
  const { trailer } = document.context.info
  trailer.delete('Info')
  const id = PdfString.fromHex(sha256(original).slice(0, 32))
  trailer.set('ID', PdfArray.of(id, id))
  const pdf = fixSubsetTags(await document.save({ subsetFonts: true }))
  return { pdf, pages: pageSizes.length, pageSizes }
}

// A subset font is named by six random letters before its name.
function fixSubsetTags(pdf: Uint8Array): Uint8Array {
  const text = Buffer.from(pdf)
  for (let at = text.indexOf('+SourceSans3-Regular'); at >= 0; at = text.indexOf('+SourceSans3-Regular', at + 1)) {
    if (/^\/[A-Z]{6}$/.test(text.toString('latin1', at - 7, at))) text.write('COURTS', at - 6, 'latin1')
  }
  return new Uint8Array(text)
}
