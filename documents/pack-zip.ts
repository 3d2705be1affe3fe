import { crc32 } from 'node:zlib'
import { DomainError } from '../schema/errors.ts'

export interface ZipEntry {
  name: string
  bytes: Uint8Array
}

// 1 January 2026 at midnight, as DOS writes it: a ZIP stores a wall clock without a zone.
const entryDate = (((2026 - 1980) << 25) | (1 << 21) | (1 << 16)) >>> 0
const version = 20

const asciiName = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/

/** True for the names a pack may hold: unaccented letters, digits, « . _ - », folders with « / », nothing that climbs. */
export function isPackName(name: string): boolean {
  return name.length <= 120 && asciiName.test(name) && !name.includes('..')
}

type Named = { readonly name: string }
export const manifestName = 'manifest.json'
export const byName = (a: Named, b: Named): number => (a.name < b.name ? -1 : 1)
/** The manifest is known when everything else is written. */
export const zipOrder = (a: Named, b: Named): number =>
  Number(a.name === manifestName) - Number(b.name === manifestName) || byName(a, b)

/**
 * The one ZIP these entries can give: sorted by name, the manifest last, stored without compression (PDFs are compressed already, and the
 * bytes must not depend on a version of deflate), constant dates, no attributes of a platform.
 */
export function packZip(entries: readonly ZipEntry[], order = zipOrder): Uint8Array {
  const sorted = entries.toSorted(order)
  refuseNames(sorted)
  const heads = sorted.map(({ name, bytes }) => zipHead(name, crc32(bytes), bytes.length))
  const files = sorted.flatMap(({ bytes }, i) => [localHeader(heads[i]!), bytes])
  return Buffer.concat([...files, zipDirectory(heads)])
}

/** What local header and directory say alike of an entry: version, no flag, stored, date, CRC, sizes, name and its length. */
export interface ZipHead {
  head: Buffer
  name: Buffer
  size: number
}

export function zipHead(name: string, crc: number, size: number): ZipHead {
  const head = Buffer.alloc(26)
  head.writeUInt16LE(version, 0)
  head.writeUInt32LE(entryDate, 6)
  head.writeUInt32LE(crc, 10)
  head.writeUInt32LE(size, 14)
  head.writeUInt32LE(size, 18)
  head.writeUInt16LE(name.length, 22)
  return { head, name: Buffer.from(name, 'latin1'), size }
}

export const localHeader = ({ head, name }: ZipHead): Buffer =>
  Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), head, name])

/** What follows the files of a ZIP: its directory and its end. */
export function zipDirectory(heads: readonly ZipHead[]): Buffer {
  const directory: Buffer[] = []
  let start = 0
  for (const { head, name, size } of heads) {
    const entry = Buffer.alloc(46)
    entry.writeUInt32LE(0x02014b50, 0)
    entry.writeUInt16LE(version, 4)
    head.copy(entry, 6)
    // No comment, first disk, no attributes.
    entry.writeUInt32LE(start, 42)
    directory.push(entry, name)
    start += 30 + name.length + size
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(heads.length, 8)
  end.writeUInt16LE(heads.length, 10)
  end.writeUInt32LE(
    directory.reduce((sum, { length }) => sum + length, 0),
    12,
  )
  end.writeUInt32LE(start, 16)
  return Buffer.concat([...directory, end])
}

function refuseNames(sorted: readonly { name: string }[]): void {
  const seen = new Set<string>()
  for (const { name } of sorted) {
    if (!isPackName(name) || seen.has(name.toLowerCase())) {
      throw new DomainError(
        'bad_pack_name',
        `Le nom «\u00a0${name.slice(0, 120)}\u00a0» ne peut pas entrer dans un dossier.`,
        {
          remedy: 'Un nom est unique, sans accent ni espace\u00a0: lettres, chiffres, point, tiret.',
          facts: { name: name.slice(0, 120) },
        },
      )
    }
    // Windows and macOS would write « A.pdf » over « a.pdf ».
    seen.add(name.toLowerCase())
  }
}

/** Where an entry's header and data stand in a ZIP. */
export interface ZipSpan extends ZipEntry {
  start: number
  end: number
}

/**
 * Walks the local headers of a ZIP made by `packZip`, and stops at the first thing that such a ZIP does not have:
 * `stopped` is then its offset. Never trusts a length that goes beyond the file.
 */
export function walkZip(bytes: Uint8Array): { entries: ZipSpan[]; directory: number; stopped: number | null } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const entries: ZipSpan[] = []
  let at = 0
  while (at + 4 <= bytes.length && view.getUint32(at, true) === 0x04034b50) {
    if (at + 30 > bytes.length) return { entries, directory: at, stopped: at }
    const method = view.getUint16(at + 8, true)
    const packed = view.getUint32(at + 18, true)
    const size = view.getUint32(at + 22, true)
    const nameEnd = at + 30 + view.getUint16(at + 26, true)
    const dataStart = nameEnd + view.getUint16(at + 28, true)
    const end = dataStart + size
    if (method !== 0 || packed !== size || end > bytes.length) return { entries, directory: at, stopped: at }
    const name = new TextDecoder('latin1').decode(bytes.subarray(at + 30, nameEnd))
    entries.push({ name, bytes: bytes.subarray(dataStart, end), start: at, end })
    at = end
  }
  const isDirectory = at + 4 <= bytes.length && view.getUint32(at, true) === 0x02014b50
  return { entries, directory: at, stopped: isDirectory ? null : at }
}
