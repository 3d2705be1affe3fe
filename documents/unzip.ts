import { inflateRawSync } from 'node:zlib'

/** One file of a ZIP as its directory tells it: how it is packed, both sizes, and where its own header lies. */
export interface ZipEntry {
  name: string
  method: number
  packed: number
  size: number
  start: number
}

/** A ZIP that opens to more than it says or than it may, or that gives the same bytes to two files. */
export class ZipBomb extends Error {}

// As a ZIP writes what takes more than four bytes: the value lies elsewhere.
const wide = 0xffff_ffff
const marks = { local: 0x04034b50, entry: 0x02014b50, end: 'PK\x05\x06', wideEnd: 0x06064b50 }

/** What the directory of a ZIP names, nothing inflated and no count believed; nothing where there is none. */
export function* zipEntries(bytes: Uint8Array): Generator<ZipEntry> {
  const zip = bufferOf(bytes)
  for (let at = directoryOf(zip); at + 46 <= zip.length && zip.readUInt32LE(at) === marks.entry;) {
    const name = zip.subarray(at + 46, at + 46 + zip.readUInt16LE(at + 28))
    const extra = zip.subarray(at + 46 + name.length, at + 46 + name.length + zip.readUInt16LE(at + 30))
    const [size, packed, start] = widened(
      [24, 20, 42].map((field) => zip.readUInt32LE(at + field)),
      extra,
    )
    const isUtf8 = (zip.readUInt16LE(at + 8) & 0x800) !== 0
    const method = zip.readUInt16LE(at + 10)
    yield { name: name.toString(isUtf8 ? 'utf8' : 'latin1'), method, packed: packed!, size: size!, start: start! }
    at += 46 + name.length + extra.length + zip.readUInt16LE(at + 32)
  }
}

/**
 * The files of a ZIP, inflated one after the other, `most` bytes in all: what comes out is held against what is said of it, and
 * no more of it is made than that. Throws a ZipBomb, or any other error where the ZIP is damaged.
 */
export function* unzip(bytes: Uint8Array, most: number): Generator<{ name: string; bytes: Uint8Array }> {
  const zip = bufferOf(bytes)
  const entries = [...zipEntries(bytes)].map((entry) => ({ ...entry, ...spanOf(zip, entry) }))
  if (entries.length === 0) throw new Error('no ZIP, or an empty one')
  if (entries.reduce((sum, { size }) => sum + size, 0) > most) throw new ZipBomb('opens to more than it may')
  const ordered = entries.toSorted((a, b) => a.start - b.start)
  if (ordered.some(({ start }, i) => i > 0 && start < ordered[i - 1]!.to)) throw new ZipBomb('two files share bytes')
  for (const { name, method, size, from, to } of entries) {
    const inflated = method === 0 ? zip.subarray(from, to) : inflate(zip.subarray(from, to), method, size)
    if (inflated.length !== size) throw new Error(`${name} is not of its size`)
    yield { name, bytes: inflated }
  }
}

function inflate(packed: Buffer, method: number, size: number): Buffer {
  if (method !== 8) throw new Error(`packed by method ${method}`)
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) })
  } catch (error) {
    throw error instanceof RangeError ? new ZipBomb('opens to more than it says', { cause: error }) : error
  }
}

/** Where the bytes of a file lie, after its own header, which is asked for nothing else. */
function spanOf(zip: Buffer, { start, packed }: ZipEntry): { from: number; to: number } {
  if (zip.readUInt32LE(start) !== marks.local) throw new Error('no file where the directory says')
  const from = start + 30 + zip.readUInt16LE(start + 26) + zip.readUInt16LE(start + 28)
  if (from + packed > zip.length) throw new Error('cut short')
  return { from, to: from + packed }
}

function directoryOf(zip: Buffer): number {
  const end = zip.length < 22 ? -1 : zip.lastIndexOf(marks.end, zip.length - 22, 'latin1')
  if (end < 0) return zip.length
  const start = zip.readUInt32LE(end + 16)
  if (start !== wide || end < 20) return start
  const wideEnd = Number(zip.readBigUInt64LE(end - 20 + 8))
  const isThere = wideEnd + 56 <= zip.length && zip.readUInt32LE(wideEnd) === marks.wideEnd
  return isThere ? Number(zip.readBigUInt64LE(wideEnd + 48)) : zip.length
}

/** Those of these numbers that are too wide for their place, in this order, lie in a field of their own. */
function widened(fields: number[], extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    let next = at + 4
    return fields.map((field) => {
      if (field !== wide || next + 8 > extra.length) return field
      next += 8
      return Number(extra.readBigUInt64LE(next - 8))
    })
  }
  return fields
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
