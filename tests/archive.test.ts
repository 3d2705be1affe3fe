import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { canonicalJson, openArchive, sha256 } from '../documents/archive.ts'

const folder = mkdtempSync(join(tmpdir(), 'courtois-archive-'))
const archive = openArchive(join(folder, 'archive'))
afterAll(() => rmSync(folder, { recursive: true }))

const bytes = Buffer.from('Mise en demeure')
const filesOf = (): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)

test('what is put is found again under its hash, and putting it again changes nothing', async () => {
  const hash = await archive.put(bytes)
  expect(hash).toBe(sha256(bytes))
  expect(await archive.put(bytes)).toBe(hash)
  expect(Buffer.from(await archive.get(hash)).equals(bytes)).toBe(true)
  expect([await archive.has(hash), await archive.has(sha256('other'))]).toEqual([true, false])
  expect(filesOf()).toEqual([hash.slice(2)])
})

test('ten writers of the same bytes leave one file and nothing temporary', async () => {
  const hashes = await Promise.all(Array.from({ length: 10 }, () => archive.put(Buffer.from('ensemble'))))
  expect(new Set(hashes).size).toBe(1)
  expect(filesOf().filter((name) => name.startsWith('.'))).toEqual([])
})

test('a document altered on the disk is refused when read, and mended when put again', async () => {
  const hash = await archive.put(Buffer.from('intact'))
  writeFileSync(archive.path(hash), 'altéré')
  await expect(archive.get(hash)).rejects.toMatchObject({ code: 'archive_damaged' })
  await archive.put(Buffer.from('intact'))
  expect(Buffer.from(await archive.get(hash)).toString()).toBe('intact')
})

test('a purge takes away what has lain for an hour, and nothing that somebody has just put there for a row to come', async () => {
  const hash = await archive.put(Buffer.from('partagé'))
  const age = () => utimesSync(archive.path(hash), 0, 0)
  expect([await archive.remove(hash), await archive.has(hash)]).toEqual([false, true])
  age()
  await archive.put(Buffer.from('partagé'))
  expect([await archive.remove(hash), await archive.has(hash)]).toEqual([false, true])
  age()
  expect([await archive.remove(hash), await archive.has(hash)]).toEqual([true, false])
  expect(await archive.remove(hash)).toBe(false)
  expect(filesOf().filter((name) => name.startsWith('.'))).toEqual([])
})

test('an absent document and a hash that is none are refused in a sentence', async () => {
  await expect(archive.get(sha256('never'))).rejects.toMatchObject({ code: 'not_archived' })
  await expect(archive.get('../../etc/passwd')).rejects.toMatchObject({ code: 'bad_hash' })
  expect(() => archive.path('ABC')).toThrow('SHA-256')
})

test('canonical JSON does not depend on the order in which keys were written', () => {
  expect(canonicalJson({ b: [{ d: 1, c: 'é' }], a: null })).toBe('{"a":null,"b":[{"c":"é","d":1}]}')
  expect(canonicalJson({ a: null, b: [{ c: 'é', d: 1 }] })).toBe(canonicalJson({ b: [{ d: 1, c: 'é' }], a: null }))
})

test('drafts that a killed process left are gone at the next one, those of a living process or another machine are not', async () => {
  const dir = join(folder, 'drafts')
  const program = `
    import { openArchive } from ${JSON.stringify(new URL('../documents/archive.ts', import.meta.url).href)}
    await openArchive(${JSON.stringify(dir)}).drafting(async (draft) => {
      console.log(draft)
      process.kill(process.pid, 'SIGKILL')
    })`
  const { signal, stdout } = spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', program])
  const left = stdout.toString().trim()
  expect([signal, existsSync(left)]).toEqual(['SIGKILL', true])
  const living = join(dir, `.draft-${process.ppid}@${hostname()}-abcdef`)
  const foreign = join(dir, '.draft-999999999@another-machine-abcdef')
  for (const kept of [living, foreign]) mkdirSync(kept)
  await openArchive(dir).drafting(async () => {
    expect([left, living, foreign].map((path) => existsSync(path))).toEqual([false, true, true])
  })
})
