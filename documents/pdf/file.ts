import { createHash, type Hash } from 'node:crypto'
import { type PDF, type PdfRef, PdfStream } from '@libpdf/core'
import type { PdfPart } from './part.ts'
import { type PdfValue, type Renumber, streamEntries, valueText } from './text.ts'

// Written at once, so that a thousand small objects are one write.
const batch = 1 << 20
const small = 4096

/** Where a PDF is written to: a file's handle, or what stands for one. */
export interface PdfSink {
  writev(chunks: Uint8Array[]): Promise<{ bytesWritten: number }>
}

/**
 * A PDF written from its first byte to its last, straight to its file, with its SHA-256 on the way: of what is written, only
 * the offsets of the objects are held.
 */
export class PdfFile {
  /** Bytes so far. */
  length = 0
  readonly hash: Hash = createHash('sha256')
  private readonly sink: PdfSink
  private readonly offsets: number[] = [0]
  private waiting: Uint8Array[] = []
  private held = 0
  private text = ''

  constructor(sink: PdfSink, header: Uint8Array) {
    this.sink = sink
    this.bytes(header)
  }

  /** The number of an object that will be written. */
  reserve(): number {
    return this.offsets.push(0) - 1
  }

  addText(number: number, text: string): void {
    this.object(number, () => this.latin(text))
  }

  /** Writes an object. The data of a stream is taken as it is, and must not change before the next `flush`. */
  add(number: number, value: PdfValue | null, renumber: Renumber): void {
    if (value instanceof PdfStream) this.addStream(number, streamEntries(value, renumber), value.data)
    else this.addText(number, value === null ? 'null' : valueText(value, renumber))
  }

  addStream(number: number, entries: string, data: Uint8Array): void {
    this.object(number, () => {
      this.latin(`<<${entries}/Length ${data.length}>>\nstream\n`)
      if (data.length > small) this.bytes(data)
      else this.latin(Buffer.from(data.buffer, data.byteOffset, data.length).toString('latin1'))
      this.latin('\nendstream')
    })
  }

  /** Writes a stream whose data comes in pieces. */
  async addPieces(number: number, entries: string, length: number, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    this.offsets[number] = this.length
    this.latin(`${number} 0 obj\n<<${entries}/Length ${length}>>\nstream\n`)
    for await (const piece of pieces) {
      this.bytes(piece)
      await this.flush()
    }
    this.latin('\nendstream\nendobj\n')
  }

  private object(number: number, write: () => void): void {
    this.offsets[number] = this.length
    this.latin(`${number} 0 obj\n`)
    write()
    this.latin('\nendobj\n')
  }

  private latin(text: string): void {
    this.text += text
    this.length += text.length
    this.held += text.length
  }

  private bytes(bytes: Uint8Array): void {
    this.settle()
    this.waiting.push(bytes)
    this.length += bytes.length
    this.held += bytes.length
  }

  private settle(): void {
    if (this.text !== '') this.waiting.push(Buffer.from(this.text, 'latin1'))
    this.text = ''
  }

  /** Writes what waits, if it is much; all of it when nothing may wait any longer. */
  async flush({ all = true } = {}): Promise<void> {
    if (!all && this.held < batch) return
    this.settle()
    const [chunks, expected] = [this.waiting, this.held]
    this.waiting = []
    this.held = 0
    if (chunks.length === 0) return
    // The hash is computed while the disk is written to.
    const writing = this.sink.writev(chunks)
    writing.catch(() => {})
    for (const chunk of chunks) this.hash.update(chunk)
    const { bytesWritten } = await writing
    if (bytesWritten !== expected) throw new Error(`${bytesWritten} bytes of ${expected} were written`)
  }

  /**
   * Closes the file with its table and trailer. What was added since the last `flush` is handed over with them, so that a
   * seal can still be put in.
   */
  async end(trailer: string, seal?: (tail: Buffer, before: { hash: Hash; length: number }) => void): Promise<void> {
    const before = { hash: this.hash.copy(), length: this.length - this.held }
    const table = this.length
    const size = this.offsets.length
    this.latin(`xref\n0 ${size}\n0000000000 65535 f \n`)
    for (let i = 1; i < size; i++) this.latin(`${String(this.offsets[i]).padStart(10, '0')} 00000 n \n`)
    this.latin(`trailer\n<</Size ${size} ${trailer}>>\nstartxref\n${table}\n%%EOF\n`)
    this.settle()
    const tail = Buffer.concat(this.waiting)
    seal?.(tail, before)
    this.waiting = [tail]
    await this.flush()
  }
}

/**
 * Copies objects of one PDF into another, and whatever they name: each once, under a new number. `known` are those that need
 * no copy; `part` is where the data of large streams is still to be read.
 */
export function copier(
  file: PdfFile,
  source: PDF,
  { known = new Map<number, number>(), part }: { known?: Map<number, number>; part?: PdfPart | undefined } = {},
): { renumber: Renumber; drain(): Promise<void> } {
  const waiting: PdfRef[] = []
  const renumber = (ref: PdfRef): number => {
    let number = known.get(ref.objectNumber)
    if (number === undefined) {
      number = file.reserve()
      known.set(ref.objectNumber, number)
      waiting.push(ref)
    }
    return number
  }
  const drain = async (): Promise<void> => {
    for (let ref = waiting.pop(); ref; ref = waiting.pop()) {
      const object = source.getObject(ref)
      if (object instanceof PdfStream && part?.isAway(object)) {
        await file.addPieces(renumber(ref), streamEntries(object, renumber), object.data.length, part.read(object))
      } else file.add(renumber(ref), object, renumber)
      await file.flush({ all: false })
    }
  }
  return { renumber, drain }
}
