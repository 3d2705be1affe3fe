import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DomainError } from '../schema/errors.ts'

/** A store on disk where the name of a file is the SHA-256 of its bytes: nothing in it can change without being seen. */
export interface Archive {
  /** Keeps the bytes and returns their SHA-256 in hexadecimal; putting the same bytes twice changes nothing. */
  put(bytes: Uint8Array): Promise<string>
  /** Reads and checks the hash again; DomainError `not_archived` or `archive_damaged`. */
  get(sha256: string): Promise<Uint8Array>
  has(sha256: string): Promise<boolean>
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

  return {
    path,
    has: async (hash) => existsSync(path(hash)),
    async put(bytes) {
      const hash = sha256(bytes)
      const target = path(hash)
      if (existsSync(target) && sha256(await readFile(target)) === hash) return hash
      const folder = join(target, '..')
      await mkdir(folder, { recursive: true })
      // Same folder, so that the rename is atomic; the name of the temporary file is never kept.
      const temporary = join(folder, `.${hash.slice(2, 10)}.${randomUUID()}`)
      try {
        const file = await open(temporary, 'wx', 0o640)
        try {
          await file.writeFile(bytes)
          await file.sync()
        } finally {
          await file.close()
        }
        await rename(temporary, target)
        await syncFolder(folder)
      } catch (error) {
        await rm(temporary, { force: true })
        throw error
      }
      return hash
    },
    async get(hash) {
      let bytes: Buffer
      try {
        bytes = await readFile(path(hash))
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
        throw new DomainError('not_archived', `Le document ${hash.slice(0, 12)}… n'est pas dans les archives.`, {
          remedy: 'Restaurez le dossier des archives depuis sa sauvegarde.',
          facts: { sha256: hash },
          cause: error,
        })
      }
      if (sha256(bytes) !== hash) {
        throw new DomainError(
          'archive_damaged',
          `Le document archivé ${hash.slice(0, 12)}… a été altéré sur le disque.`,
          {
            remedy: 'Restaurez ce fichier depuis une sauvegarde\u00a0: son contenu ne correspond plus à son empreinte.',
            facts: { sha256: hash, path: path(hash) },
          },
        )
      }
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    },
  }
}

// The rename itself is only safe from a power cut once the folder is written; Windows cannot open a folder.
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
