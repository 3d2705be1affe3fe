// The program of the thread that writes a ZIP: it reads, hashes and writes while the merged PDF is made.
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync, writevSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import { isStored, type StoredFile } from '../archive.ts'
import { localHeader, zipDirectory, type ZipHead, zipHead } from './zip.ts'
import type { ZipAnswer, ZipOrder, ZipPart } from './zip-file.ts'

const room = Buffer.allocUnsafeSlow(8 << 20)
let out = -1
let hash = createHash('sha256')
let heads: ZipHead[] = []
let length = 0

parentPort!.on('message', (order: ZipOrder) => parentPort!.postMessage(answer(order)))

function answer(order: ZipOrder): ZipAnswer {
  try {
    if (order !== 'end') {
      if ('begin' in order) begin(order.begin)
      for (const part of 'add' in order ? order.add : []) {
        const changed = add(part)
        if (changed) return { damaged: { path: changed.path, sha256: changed.sha256 } }
      }
      return { written: null }
    }
    write(zipDirectory(heads))
    closeSync(out)
    return { written: { sha256: hash.digest('hex'), bytes: length } }
  } catch (error) {
    return { failed: String(error) }
  }
}

function begin(path: string): void {
  out = openSync(path, 'wx', 0o640)
  hash = createHash('sha256')
  heads = []
  length = 0
}

/** Adds one entry; returns the stored file whose bytes are no longer those of its hash. */
function add({ name, content }: ZipPart): StoredFile | null {
  if (!isStored(content)) {
    head(name, crc32(content), content.length)
    write(content)
    return null
  }
  const file = openSync(content.path, 'r')
  try {
    // The header, before the data, says their sum: a file is read once for it, and once more unless it is all here.
    const found = createHash('sha256')
    let crc = 0
    let bytes = 0
    let last: Buffer = room.subarray(0, 0)
    for (const chunk of chunksOf(file)) {
      found.update(chunk)
      crc = crc32(chunk, crc)
      bytes += chunk.length
      last = chunk
    }
    if (bytes !== content.bytes || found.digest('hex') !== content.sha256) return content
    head(name, crc, bytes)
    if (last.length === bytes) write(last)
    else for (const chunk of chunksOf(file)) write(chunk)
    return null
  } finally {
    closeSync(file)
  }
}

function* chunksOf(file: number): Generator<Buffer> {
  let at = 0
  for (let read = 1; read > 0; at += read) {
    read = readSync(file, room, 0, room.length, at)
    if (read > 0) yield room.subarray(0, read)
  }
}

function head(name: string, crc: number, size: number): void {
  const said = zipHead(name, crc, size)
  heads.push(said)
  write(localHeader(said))
}

function write(bytes: Uint8Array): void {
  const count = bytes.length === 0 ? 0 : writevSync(out, [bytes])
  if (count !== bytes.length) throw new Error(`${count} bytes of ${bytes.length} were written`)
  hash.update(bytes)
  length += bytes.length
}
