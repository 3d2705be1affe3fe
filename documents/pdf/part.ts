import { type FileHandle, open } from 'node:fs/promises'
import type { PdfStream } from '@libpdf/core'
import type { StoredFile } from '../archive.ts'

// An object smaller than this is read whole; the dictionary of a larger one is looked for in its beginning.
const small = 64 << 10
const chunk = 4 << 20

/**
 * A PDF of the archive, with what its objects say and without the data of its large pictures: a scan of 250 MB is opened in
 * a few. Room for those is set aside in the bytes and never touched, which costs no memory, so that each stands where it does
 * in the file; `read` then takes it from there.
 */
export class PdfPart {
  readonly bytes: Buffer
  private readonly file: FileHandle
  private readonly holes: { start: number; end: number }[] = []

  private constructor(file: FileHandle, bytes: Buffer) {
    this.file = file
    this.bytes = bytes
  }

  static async open({ path, bytes }: StoredFile): Promise<PdfPart> {
    const part = new PdfPart(await open(path, 'r'), Buffer.allocUnsafeSlow(bytes))
    try {
      await part.fill()
      return part
    } catch (error) {
      await part.close()
      throw error
    }
  }

  private async fill(): Promise<void> {
    const { bytes } = this
    const table = await this.readTable()
    const places = table && offsetsIn(bytes.toString('latin1', table))
    if (!places) return this.load(0, bytes.length)
    let from = 0
    for (const [i, start] of places.entries()) {
      const end = places[i + 1] ?? table
      if (end - start <= small) continue
      await this.load(start, start + small)
      const head = bytes.toString('latin1', start, start + small)
      const data = /^\d+ 0 obj\s*<<[^]{0,4000}?>>\s*stream\r?\n/.exec(head)?.[0]
      if (data === undefined || !data.includes('/Image')) continue
      const hole = { start: start + data.length, end: end - small / 2 }
      this.holes.push(hole)
      await this.load(from, hole.start)
      from = hole.end
    }
    await this.load(from, table)
  }

  /** Reads the end of the file, from its cross-reference table on; null for one that keeps it otherwise. */
  private async readTable(): Promise<number | null> {
    const { bytes } = this
    const tail = Math.max(0, bytes.length - 64)
    await this.load(tail, bytes.length)
    const table = Number(/startxref\s+(\d+)\s+%%EOF\s*$/.exec(bytes.toString('latin1', tail))?.[1] ?? -1)
    if (!(table > 0 && table < tail)) return null
    await this.load(table, bytes.length)
    return bytes.toString('latin1', table, table + 4) === 'xref' ? table : null
  }

  private async load(from: number, to: number): Promise<void> {
    for (let at = from; at < to;) {
      const { bytesRead } = await this.file.read(this.bytes, at, Math.min(chunk, to - at), at)
      if (bytesRead === 0) throw new Error('a part is shorter than it was')
      at += bytesRead
    }
  }

  /** Whether the data of a stream was left in the file. */
  isAway({ data }: PdfStream): boolean {
    const start = data.byteOffset - this.bytes.byteOffset
    return (
      data.buffer === this.bytes.buffer &&
      this.holes.some((hole) => start < hole.end && hole.start < start + data.length)
    )
  }

  /** The data of a stream, from the file, in pieces: each is to be used before the next is asked for. */
  async *read({ data }: PdfStream): AsyncGenerator<Uint8Array> {
    const start = data.byteOffset - this.bytes.byteOffset
    const room = Buffer.allocUnsafeSlow(Math.min(chunk, data.length))
    for (let at = 0; at < data.length;) {
      const { bytesRead } = await this.file.read(room, 0, Math.min(room.length, data.length - at), start + at)
      if (bytesRead === 0) throw new Error('a part is shorter than it was')
      yield room.subarray(0, bytesRead)
      at += bytesRead
    }
  }

  async close(): Promise<void> {
    await this.file.close()
  }
}

/** Where the objects of a table begin, in order; null for a table of more than one section, or that goes on elsewhere. */
function offsetsIn(text: string): number[] | null {
  if (/\/(Prev|XRefStm)\b/.test(text) || !/^xref\s+0 \d+\s/.test(text)) return null
  const offsets = [...text.matchAll(/^(\d{10}) \d{5} n/gm)].map((row) => Number(row[1]))
  return offsets.toSorted((a, b) => a - b)
}
