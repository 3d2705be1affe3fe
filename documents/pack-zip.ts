import { zipSync, type Zippable } from 'fflate'
import { DomainError } from '../schema/errors.ts'

export interface ZipEntry {
  name: string
  bytes: Uint8Array
}

// Local time on purpose: a ZIP stores the wall clock without a zone, so a UTC constant would change with the machine's.
const entryDate = new Date(2026, 0, 1, 0, 0, 0)

const asciiName = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/

/** True for the names a pack may hold: unaccented letters, digits, « . _ - », folders with « / », nothing that climbs. */
export function isPackName(name: string): boolean {
  return name.length <= 120 && asciiName.test(name) && !name.includes('..')
}

/**
 * The one ZIP these entries can give: sorted by name, stored without compression (PDFs are compressed already, and the
 * bytes must not depend on a version of deflate), constant dates, no attributes of a platform.
 */
export function packZip(entries: readonly ZipEntry[]): Uint8Array {
  const tree: Zippable = Object.create(null) as Zippable
  const seen = new Set<string>()
  for (const { name, bytes } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
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
    tree[name] = bytes
  }
  return zipSync(tree, { level: 0, mtime: entryDate, os: 0, attrs: 0 })
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
