import type { Doubt } from '../../schema/errors.ts'
import { zipEntries } from '../unzip.ts'
import { refuse } from './refusal.ts'

export const office = {
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  odt: 'application/vnd.oasis.opendocument.text',
} as const

const extensions: Record<string, string[]> = {
  'application/pdf': ['pdf'],
  'image/jpeg': ['jpg', 'jpeg', 'jpe', 'jfif'],
  'image/png': ['png'],
  'image/tiff': ['tif', 'tiff'],
  'message/rfc822': ['eml', 'txt'],
  'application/vnd.ms-outlook': ['msg'],
  [office.docx]: ['docx', 'docm'],
  [office.odt]: ['odt'],
  'application/xml': ['xml'],
  'application/json': ['json'],
}

const asDocument = 'Joignez-la en PDF, JPEG, PNG, TIFF, DOCX, ODT, courriel (.eml ou .msg) ou texte simple.'

const otherKinds: [mark: RegExp, kind: string, remedy: string][] = [
  [
    /^PK[\x03\x05]/,
    'un classeur, une présentation ou une archive',
    'Enregistrez chaque document en PDF, puis joignez-le.',
  ],
  [
    /^\xd0\xcf\x11\xe0/,
    'un ancien document Office (.doc, .xls, .ppt)',
    'Enregistrez-le en PDF ou en DOCX, puis joignez-le.',
  ],
  [
    /^....ftyp(heic|heix|hevc|heim|heis|mif1|msf1|avif)/s,
    'une image HEIC ou AVIF, qu’aucune bibliothèque libre de droits ne lit ici',
    'Enregistrez-la en JPEG\u00a0: sur un iPhone, partagez-la par courriel, ou réglez Appareil photo, Formats, «\u00a0Le plus compatible\u00a0».',
  ],
  [/^(GIF8|BM|RIFF....WEBP)/s, 'une image GIF, BMP ou WebP', 'Enregistrez-la en PNG ou en JPEG.'],
  [
    /^(MZ|\x7fELF|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe|#!)/,
    'un programme',
    'Un programme n’est pas une pièce\u00a0: joignez un document qui se lit.',
  ],
  [/^\s*(<!doctype\s+html|<html|\{\\rtf)/i, 'un fichier HTML ou RTF', 'Imprimez-le en PDF, puis joignez cette copie.'],
]

/** What a file is by its content, whatever its name says; `exhibit_kind` for what no reader of ours shows whole. */
export function kindOf(bytes: Uint8Array, name: string): string {
  const head = Buffer.from(bytes.subarray(0, 4096)).toString('latin1')
  if (head.slice(0, 1024).includes('%PDF-')) return 'application/pdf'
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg'
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png'
  if (/^(II\*\0|MM\0\*)/.test(head)) return 'image/tiff'
  if (head.startsWith('PK\x03\x04')) {
    const kind = zipKind(bytes)
    if (kind) return kind
  }
  if (head.startsWith('\xd0\xcf\x11\xe0') && isOutlookMessage(bytes)) return 'application/vnd.ms-outlook'
  const [, kind, remedy] = otherKinds.find(([mark]) => mark.test(head)) ?? []
  if (kind !== undefined) throw refuse('exhibit_kind', name, `est ${kind}`, remedy!)
  const text = head.replace(/^\xef\xbb\xbf/, '')
  if (/^\s*<(\?xml|[a-z]+:)/i.test(text)) return 'application/xml'
  if (/^\s*\{\s*"/.test(text)) return 'application/json'
  if (isMessage(bytes)) return 'message/rfc822'
  if (hasControls(bytes)) throw refuse('exhibit_kind', name, 'est un fichier d’un genre inconnu', asDocument)
  return 'text/plain'
}

/** A name that promises something else than the content is a doubt, never a reason to believe the name. */
export function nameDoubt(name: string, mediaType: string): Doubt[] {
  const extension = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase()
  const usual = extensions[mediaType]
  if (!extension || !usual || usual.includes(extension)) return []
  const message = `«\u00a0${name}\u00a0» n’est pas ce que dit son nom\u00a0: c’est du ${mediaType}.`
  return [{ code: 'exhibit_name', message }]
}

function zipKind(bytes: Uint8Array): string | undefined {
  // OpenDocument: the first entry is named mimetype, and is stored.
  const start = Buffer.from(bytes.subarray(30, 120)).toString('latin1')
  if (start.startsWith(`mimetype${office.odt}`) && !start.startsWith(`mimetype${office.odt}-`)) return office.odt
  const names = new Set(zipEntries(bytes).map(({ name }) => name))
  return names.has('[Content_Types].xml') && names.has('word/document.xml') ? office.docx : undefined
}

/** An Outlook message is a compound file with a stream of properties; « __properties_version1.0 » in UTF-16. */
function isOutlookMessage(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(
    Buffer.from('__properties_version1.0', 'utf16le'),
  )
}

// Headers from the first line, one of them a sender, and a date: a letter that says « De : » is no e-mail. What servers wrote
// on the way may fill the first pages.
function isMessage(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.subarray(0, 262_144)).toString('latin1')
  const start = text.replace(/^\xef\xbb\xbf/, '').replace(/^From [^\r\n]*\r?\n/, '')
  const headers = /^(?:[!-9;-~]+:[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*)+/.exec(start)?.[0] ?? ''
  return (
    /^from:/im.test(headers) &&
    /^(date|received|message-id):/im.test(headers) &&
    /^(subject|to|mime-version):/im.test(headers)
  )
}

// Anything below U+0020 but tab, line feed, form feed, carriage return is not a text someone wrote.
const hasControls = (bytes: Uint8Array): boolean =>
  bytes.some((byte) => byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d)
