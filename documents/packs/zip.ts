import { DomainError } from '../../schema/errors.ts'

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

// Stored without compression: PDFs are compressed already, and the bytes must not depend on a version of deflate.

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

export function refuseNames(sorted: readonly { name: string }[]): void {
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
