import { createHash, randomUUID } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fsync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { DomainError, errorCode } from '../schema/errors.ts'
import { isGone, ownMark } from './owner.ts'

/** A file of the archive, or one that waits to enter it, known by its hash without being read. */
export interface StoredFile {
  path: string
  sha256: string
  bytes: number
}
/** What a document is made of: bytes at hand, or a file that is read when its turn comes. */
export type Content = Uint8Array | StoredFile
export const isStored = (content: Content): content is StoredFile => !(content instanceof Uint8Array)

/** The bytes, read where they are; not checked against their hash. */
export async function contentBytes(content: Content): Promise<Uint8Array> {
  return isStored(content) ? readInto(Buffer.allocUnsafeSlow(content.bytes), content.path) : content
}

/** Writes a stream to a new file, hashed on the way. */
export async function writeHashed(stream: Readable, path: string): Promise<StoredFile> {
  const hash = createHash('sha256')
  let bytes = 0
  const watch = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  await pipeline(stream, watch, createWriteStream(path, { mode: 0o640 }))
  return { path, sha256: hash.digest('hex'), bytes }
}

/** Fills a buffer with the beginning of a file. */
export async function readInto(buffer: Buffer, path: string): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    for (let at = 0; at < buffer.length;) {
      const { bytesRead } = await file.read(buffer, at, buffer.length - at, at)
      if (bytesRead === 0) throw new Error(`${path} is shorter than it was`)
      at += bytesRead
    }
    return buffer
  } finally {
    await file.close()
  }
}

/** A store on disk where the name of a file is the SHA-256 of its bytes: nothing in it can change without being seen. */
export interface Archive {
  /** Keeps the bytes and returns their SHA-256 in hexadecimal; putting the same bytes twice changes nothing. */
  put(bytes: Uint8Array): Promise<string>
  /** Reads and checks the hash again; DomainError `not_archived` or `archive_damaged`. */
  get(sha256: string): Promise<Uint8Array>
  /** Where it is and how large, without reading it; DomainError `not_archived`. */
  stored(sha256: string): Promise<StoredFile>
  /** Lends a folder of the archive's own disk, gone afterwards, for files that `adopt` then takes as they are. */
  drafting<T>(work: (folder: string) => Promise<T>): Promise<T>
  /** Keeps a file from elsewhere, of any size. */
  putFile(path: string): Promise<StoredFile>
  /** Takes in a file of `drafting`, whose hash was computed as it was written. */
  adopt(draft: StoredFile): Promise<string>
  has(sha256: string): Promise<boolean>
  /**
   * For a purge alone: the hash stays where rows name it, the bytes go. False where there are none, or somebody put them there
   * within the hour, for a row that nobody sees yet: the next purge takes them, if nobody names them then.
   */
  remove(sha256: string): Promise<boolean>
  path(sha256: string): string
}

/** SHA-256 in lower-case hexadecimal; a string is hashed as UTF-8. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** One JSON text for one value: keys sorted at every depth, no space, so that a hash of it means the value. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, node: unknown) =>
    node !== null && typeof node === 'object' && !Array.isArray(node)
      ? Object.fromEntries(Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1)))
      : node,
  )
}

export const damaged = (file: { path: string; sha256: string }): DomainError =>
  new DomainError('archive_damaged', `Le document archivé ${file.sha256.slice(0, 12)}… a été altéré sur le disque.`, {
    remedy: 'Restaurez ce fichier depuis une sauvegarde\u00a0: son contenu ne correspond plus à son empreinte.',
    facts: { sha256: file.sha256, path: file.path },
  })

export function openArchive(dir: string): Archive {
  const path = (hash: string): string => {
    if (!/^[0-9a-f]{64}$/.test(hash)) {
      throw new DomainError('bad_hash', `«\u00a0${hash.slice(0, 80)}\u00a0» n'est pas une empreinte SHA-256.`, {
        remedy: 'Donnez les 64 caractères hexadécimaux de l’empreinte, en minuscules.',
        facts: { sha256: hash.slice(0, 80) },
      })
    }
    return join(dir, hash.slice(0, 2), hash.slice(2))
  }
  const archive: Archive = {
    path,
    async putFile(from) {
      return archive.drafting(async (folder) => {
        const draft = join(folder, 'file')
        return archive.stored(await archive.adopt(await writeHashed(createReadStream(from), draft)))
      })
    },
    async stored(hash) {
      const { size } = await stat(path(hash)).catch((cause: unknown) => {
        throw isAbsent(cause) ? absent(hash, cause) : cause
      })
      return { path: path(hash), sha256: hash, bytes: size }
    },
    async drafting(work) {
      await mkdir(dir, { recursive: true })
      await sweepDrafts(dir)
      const folder = await mkdtemp(join(dir, `${draftMark}${ownMark}-`))
      try {
        return await work(folder)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
    async adopt(draft) {
      const target = path(draft.sha256)
      await makeFolder(dir, join(target, '..'))
      const file = await open(draft.path, 'r+')
      try {
        await file.sync()
      } finally {
        await file.close()
      }
      await place(draft.path, target)
      return draft.sha256
    },
    has: async (hash) => existsSync(path(hash)),
    async remove(hash) {
      return existsSync(path(hash)) && archive.drafting((folder) => moveOld(path(hash), folder))
    },
    async put(bytes) {
      const hash = sha256(bytes)
      await makeFolder(dir, join(path(hash), '..'))
      await writeWhole(path(hash), bytes)
      return hash
    },
    async get(hash) {
      let bytes: Buffer
      try {
        bytes = await readWhole(path(hash))
      } catch (error) {
        throw isAbsent(error) ? absent(hash, error) : error
      }
      if (sha256(bytes) !== hash) {
        throw damaged({ path: path(hash), sha256: hash })
      }
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    },
  }
  return archive
}

const absent = (hash: string, cause: unknown): DomainError =>
  new DomainError('not_archived', `Le document ${hash.slice(0, 12)}… n'est pas dans les archives.`, {
    remedy: 'Restaurez le dossier des archives depuis sa sauvegarde.',
    facts: { sha256: hash },
    cause,
  })

async function place(temporary: string, target: string): Promise<void> {
  renameSync(temporary, target)
  await syncFolder(join(target, '..'))
}

// A letter's few pages are read sooner than handed to another thread and back.
const readWhole = async (path: string): Promise<Buffer> =>
  statSync(path).size > aLetter ? readFile(path) : readFileSync(path)
const aLetter = 1 << 20

/** The bytes under their name, or nothing. */
async function writeWhole(target: string, bytes: Uint8Array): Promise<void> {
  // Same folder, so that the rename is atomic; the name of the temporary file is never kept.
  const temporary = join(target, '..', `.${basename(target).slice(0, 8)}.${randomUUID()}`)
  try {
    // To the system's memory at once, which a letter is short for; only the disk is waited for.
    const file = openSync(temporary, 'wx', 0o640)
    try {
      writeFileSync(file, bytes)
      await toDisk(file)
    } finally {
      closeSync(file)
    }
    await place(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Moves a file to a folder that was just made, unless somebody put it where it is within the hour. */
async function moveOld(path: string, folder: string): Promise<boolean> {
  const aside = join(folder, 'file')
  // The folder is as old as what was just made or moved in it, by the clock of the disk itself.
  const isFresh = async (file: string): Promise<boolean> =>
    (await stat(folder)).mtimeMs - (await stat(file)).mtimeMs < hour
  if (await isFresh(path)) return false
  await rename(path, aside)
  if (!(await isFresh(aside))) return true
  await place(aside, path)
  return false
}

const hour = 3_600_000
const draftMark = '.draft-'
const swept = new Map<string, Promise<void>>()

/** Removes what killed processes left in an archive, once, before the first draft of this process: one of its number is older. */
function sweepDrafts(dir: string): Promise<void> {
  const sweeping = swept.get(dir) ?? removeDrafts(dir)
  swept.set(dir, sweeping)
  return sweeping
}

async function removeDrafts(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    const mark = name.startsWith(draftMark) ? name.slice(draftMark.length, name.lastIndexOf('-')) : ''
    // What cannot be removed is in nobody's way.
    if (mark === ownMark || isGone(mark)) await rm(join(dir, name), { recursive: true }).catch(() => {})
  }
}

export const isAbsent = (error: unknown): boolean => errorCode(error) === 'ENOENT'

// A folder that its parent does not know yet goes with the power, and what is in it.
async function makeFolder(dir: string, folder: string): Promise<void> {
  if (existsSync(folder)) return
  await mkdir(folder, { recursive: true })
  await syncFolder(dir)
}

// The rename itself is only safe from a power cut once the folder is written; Windows cannot open a folder.
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    await toDisk(handle)
  } finally {
    closeSync(handle)
  }
}

const toDisk = promisify(fsync)
