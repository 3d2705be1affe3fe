import { createHash } from 'node:crypto'
import { closeSync, ftruncateSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Content } from '../archive.ts'

const large = 32 << 20
const chunk = 8 << 20

/** A file without a name, open to this process and to the one that reads an exhibit: the only one which that one may write. */
export class Scratch {
  readonly descriptor: number
  private closed = false

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'courtois-piece-'))
    this.descriptor = openSync(join(folder, 'pages'), 'wx+', 0o600)
    rmSync(folder, { recursive: true })
  }

  /** What was written there, as bytes, or as a file of the folder when it is large. */
  async take(length: number, folder?: string): Promise<Content> {
    const content = folder === undefined || length <= large ? this.bytes(length) : await this.copy(length, folder)
    ftruncateSync(this.descriptor, 0)
    return content
  }

  private bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let at = 0; at < length;) at += this.read(bytes, at, at)
    return bytes
  }

  private async copy(length: number, folder: string): Promise<Content> {
    const path = join(folder, 'pages.pdf')
    const file = await open(path, 'wx', 0o640)
    const hash = createHash('sha256')
    const room = Buffer.allocUnsafeSlow(chunk)
    try {
      for (let at = 0; at < length;) {
        const part = room.subarray(0, Math.min(chunk, length - at))
        const read = part.subarray(0, this.read(part, 0, at))
        hash.update(read)
        await file.writeFile(read)
        at += read.length
      }
    } finally {
      await file.close()
    }
    return { path, sha256: hash.digest('hex'), bytes: length }
  }

  private read(into: Uint8Array, offset: number, position: number): number {
    const read = readSync(this.descriptor, into, offset, into.length - offset, position)
    if (read === 0) throw new Error('the pages of an exhibit were cut short')
    return read
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    closeSync(this.descriptor)
  }
}
