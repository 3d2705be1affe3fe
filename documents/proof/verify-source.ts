import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

/** The first difference found, in a French sentence; never seen outside of `verifyFile`. */
export class Changed extends Error {}

/** A name taken from a file that may be anything, as a sentence can hold it. */
export const printable = (name: string): string => name.slice(0, 120).replaceAll(/[^ -~]/g, '?')

const chunk = 1 << 20

/** The bytes that are verified, at hand or in a file: no more of it is held than is looked at. */
export interface Source {
  readonly length: number
  read(from: number, to: number): Promise<Buffer>
  close(): Promise<void>
}

export async function openSource(content: Uint8Array | string): Promise<Source> {
  return typeof content === 'string' ? fileSource(await open(content, 'r')) : bytesSource(content)
}

function bytesSource(content: Uint8Array): Source {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  return {
    length: bytes.length,
    read: async (from, to) => bytes.subarray(from, to),
    close: async () => {},
  }
}

async function fileSource(file: FileHandle): Promise<Source> {
  const { size } = await file.stat()
  return {
    length: size,
    async read(from, to) {
      const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(to, size) - from))
      for (let at = 0; at < buffer.length;) {
        const { bytesRead } = await file.read(buffer, at, buffer.length - at, from + at)
        if (bytesRead === 0) throw new Changed('Le fichier a changé pendant sa vérification.')
        at += bytesRead
      }
      return buffer
    },
    close: () => file.close(),
  }
}

/** What lies between two places, piece after piece. */
export async function* piecesOf(source: Source, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to; at += chunk) yield source.read(at, Math.min(at + chunk, to))
}

export interface Sums {
  sha256: string
  crc: number
}

export async function sumsOf(source: Source, ...spans: readonly { from: number; to: number }[]): Promise<Sums> {
  const hash = createHash('sha256')
  let crc = 0
  for (const { from, to } of spans) {
    for await (const piece of piecesOf(source, from, to)) {
      hash.update(piece)
      crc = crc32(piece, crc)
    }
  }
  return { sha256: hash.digest('hex'), crc }
}

/** Where a mark stands for the last time; -1 when it does not. */
export async function lastPlaceOf(source: Source, mark: string): Promise<number> {
  const sought = Buffer.from(mark, 'latin1')
  for (let end = source.length; end > 0; end -= chunk) {
    const from = Math.max(0, end - chunk)
    const at = (await source.read(from, Math.min(source.length, end + sought.length))).lastIndexOf(sought)
    if (at >= 0) return from + at
  }
  return -1
}

/** Which of these marks stand anywhere. */
export async function marksIn<Mark extends string>(source: Source, marks: readonly Mark[]): Promise<Set<Mark>> {
  const found = new Set<Mark>()
  const overlap = Math.max(...marks.map(({ length }) => length))
  for (let at = 0; at < source.length && found.size < marks.length; at += chunk) {
    const piece = await source.read(at, Math.min(source.length, at + chunk + overlap))
    for (const mark of marks) if (!found.has(mark) && piece.includes(mark, 0, 'latin1')) found.add(mark)
  }
  return found
}

export async function hashOfFile(path: string): Promise<string> {
  const source = await openSource(path)
  try {
    return (await sumsOf(source, { from: 0, to: source.length })).sha256
  } finally {
    await source.close()
  }
}
