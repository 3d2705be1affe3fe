import { execFileSync, spawnSync } from 'node:child_process'
import { createSign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../documents/archive.ts'
import { closeManifest, manifestText, type Manifest } from '../documents/packs/manifest.ts'
import { byName } from '../documents/packs/zip.ts'
import { developmentSeal, openSealKey, openToSeal, sealMarks, sealPdf } from '../documents/proof/seal.ts'
import { nativeTypst, type TypstEngine } from '../documents/typst/typst.ts'
import { verifyFile } from '../documents/proof/verify.ts'
import { seededRandom } from '../schema/random.ts'
import { act, assembled, at, invoice, png, samplePack } from './fixtures/pack-sample.ts'
import { entriesOf, packZip } from './fixtures/zip.ts'

let engine: TypstEngine
let pack: { pdf: Uint8Array; zip: Uint8Array; manifest: Manifest }

beforeAll(async () => {
  engine = nativeTypst()
  pack = await assembled(await samplePack(engine))
})
afterAll(() => engine.close())

const installed = (tool: string): boolean => spawnSync(tool, ['-v']).error === undefined

describe('verify', () => {
  /** Every byte near both ends, and one in k of the rest: at least `count` positions. */
  function positions(length: number, count: number): Set<number> {
    const step = Math.max(1, Math.floor(length / count))
    const all = new Set<number>()
    for (let i = 0; i < length; i += step) all.add(i)
    for (let i = 0; i < Math.min(300, length); i++) all.add(i).add(length - 1 - i)
    return all
  }
  async function undetected(bytes: Uint8Array, at: Set<number>): Promise<number[]> {
    const missed: number[] = []
    for (const i of at) {
      const copy = new Uint8Array(bytes)
      copy[i]! ^= 1 << (i % 8)
      const { ok } = await verifyFile(copy)
      if (ok) missed.push(i)
    }
    return missed
  }

  test('an untouched ZIP and an untouched PDF pass, told in French', async () => {
    expect(await verifyFile(pack.zip)).toMatchObject({
      ok: true,
      kind: 'zip',
      sentence: expect.stringContaining('Intact'),
    })
    expect(await verifyFile(pack.pdf)).toMatchObject({
      ok: true,
      kind: 'pdf',
      sentence: expect.stringContaining('certificat de développement'),
    })
  })

  test('a ZIP of before, whose manifest stands among the other names, passes too, and is as closed to changes', async () => {
    const before = packZip(entriesOf(pack.zip), byName)
    expect(Buffer.compare(before, pack.zip)).not.toBe(0)
    expect((await verifyFile(before)).ok).toBe(true)
    expect(await undetected(before, positions(before.length, 100))).toEqual([])
  })

  test('a flipped byte is seen in every field of the ZIP, at the last byte, and at 200 places drawn by chance', async () => {
    expect((await verifyFile(pack.zip)).ok).toBe(true)
    const view = Buffer.from(pack.zip)
    const local = entriesOf(pack.zip)[1]!.start
    const central = view.indexOf(Buffer.from('504b0102', 'hex'))
    const end = view.lastIndexOf(Buffer.from('504b0506', 'hex'))
    const fields = [
      ...[6, 8, 10, 11, 12, 13, 14, 18, 22, 26, 28].map((at) => local + at), // flags, method, time, date, CRC, sizes, lengths
      ...[4, 6, 8, 12, 14, 16, 30, 32, 34, 36, 38, 42].map((at) => central + at), // …comment, disk, attributes, offset
      ...[4, 6, 8, 10, 12, 16, 20].map((at) => end + at),
      pack.zip.length - 1,
    ]
    expect(await undetected(pack.zip, new Set(fields))).toEqual([])
    const random = seededRandom('flips')
    const drawn = (length: number) =>
      new Set(Array.from({ length: 200 }, () => Buffer.from(random.bytes(4)).readUInt32BE() % length))
    expect(await undetected(pack.zip, drawn(pack.zip.length))).toEqual([])
    expect((await verifyFile(pack.pdf)).ok).toBe(true)
    const padding = Buffer.from(pack.pdf).lastIndexOf('0000000000>')
    expect(await undetected(pack.pdf, new Set([padding, padding + 5, pack.pdf.length - 1]))).toEqual([])
    expect(await undetected(pack.pdf, drawn(pack.pdf.length))).toEqual([])
  })

  test('one flipped bit anywhere in the ZIP is seen, in the manifest and the headers too', async () => {
    const at = positions(pack.zip.length, 700)
    const manifest = Buffer.from(pack.zip).indexOf('"courtois-pack/1"')
    for (let i = manifest - 60; i < manifest + 400; i++) at.add(i)
    expect(at.size).toBeGreaterThan(1000)
    expect(await undetected(pack.zip, at)).toEqual([])
  })

  test('one flipped bit anywhere in the sealed PDF is seen, in the seal and its padding too', async () => {
    const at = positions(pack.pdf.length, 700)
    const seal = Buffer.from(pack.pdf).lastIndexOf('/ByteRange')
    for (let i = seal - 100; i < seal + 4200; i += 2) at.add(i)
    expect(await undetected(pack.pdf, at)).toEqual([])
  })

  test('the case of a hexadecimal digit of the seal counts', async () => {
    const copy = Buffer.from(pack.pdf)
    const from = copy.indexOf('<3082', copy.lastIndexOf('/ByteRange'))
    for (let i = from + 1; i < from + 400; i++) {
      if (!/[a-f]/i.test(String.fromCharCode(copy[i]!))) continue
      const changed = Buffer.from(copy)
      changed[i]! ^= 0x20
      expect((await verifyFile(changed)).ok).toBe(false)
    }
    const lower = Buffer.from(copy)
    lower.write(copy.toString('latin1', from, copy.indexOf('>', from)).toLowerCase(), from, 'latin1')
    expect(lower.equals(copy)).toBe(false)
    expect(await verifyFile(lower)).toMatchObject({ ok: false, sentence: 'L’emplacement du sceau a été modifié.' })
  })

  test('a file cut short or made longer is seen', async () => {
    for (const bytes of [pack.zip, pack.pdf]) {
      for (const length of [40, 1000, bytes.length >> 1, bytes.length - 5000, bytes.length - 1]) {
        expect((await verifyFile(bytes.subarray(0, length))).ok).toBe(false)
      }
      expect((await verifyFile(Buffer.concat([bytes, Buffer.of(0)]))).ok).toBe(false)
      expect((await verifyFile(Buffer.concat([bytes, bytes]))).ok).toBe(false)
    }
  })

  test('the first difference names its file, even when the ZIP is made again around it', async () => {
    const entries = entriesOf(pack.zip)
    const altered = entries.map(({ name, bytes }) => ({
      name,
      bytes: name === '02-bordereau.pdf' ? bytes.with(100, 0) : bytes,
    }))
    expect(await verifyFile(packZip(altered))).toMatchObject({
      ok: false,
      sentence: expect.stringContaining('«\u00a002-bordereau.pdf\u00a0»'),
    })
    const extra = [...entries, { name: 'virus.pdf', bytes: new Uint8Array(3) }]
    expect(await verifyFile(packZip(extra))).toMatchObject({
      ok: false,
      sentence: expect.stringContaining('«\u00a0virus.pdf\u00a0»'),
    })
    const without = entries.filter(({ name }) => name !== '02-bordereau.pdf')
    expect(await verifyFile(packZip(without))).toMatchObject({ ok: false, sentence: expect.stringContaining('manque') })
  })

  test('a manifest changed by hand fails by its own hash, and by the content hash once that is computed again', async () => {
    const entries = entriesOf(pack.zip)
    const rebuild = (manifest: Manifest): Uint8Array =>
      packZip(
        entries.map(({ name, bytes }) => ({
          name,
          bytes: name === 'manifest.json' ? Buffer.from(manifestText(manifest)) : bytes,
        })),
      )
    expect((await verifyFile(rebuild(pack.manifest))).ok).toBe(true)
    const court = { ...pack.manifest, court: 'Tribunal de Lyon' }
    expect(await verifyFile(rebuild(court))).toMatchObject({
      ok: false,
      sentence: expect.stringContaining('manifest.json'),
    })
    const { manifest: _, ...open } = { ...pack.manifest, content: { sha256: '0'.repeat(64) } }
    expect(await verifyFile(rebuild(closeManifest(open)))).toMatchObject({
      ok: false,
      sentence: expect.stringContaining('contenu'),
    })
  })

  test('what is neither a pack nor sealed is not verifiable', async () => {
    for (const bytes of [invoice, Buffer.from('bonjour'), new Uint8Array(0), png(3, 3)]) {
      await expect(verifyFile(bytes)).rejects.toMatchObject({ code: 'not_verifiable' })
    }
  })

  test('the command answers 0, 1 and 2', () => {
    const folder = mkdtempSync(join(tmpdir(), 'courtois-verify-'))
    const run = (name: string, bytes?: Uint8Array): number | null => {
      if (bytes) writeFileSync(join(folder, name), bytes)
      return spawnSync(process.execPath, ['--no-warnings', 'scripts/courtois.ts', 'verify', join(folder, name)]).status
    }
    expect(run('pack.zip', pack.zip)).toBe(0)
    expect(run('pack.pdf', pack.pdf)).toBe(0)
    expect(run('changed.zip', pack.zip.with(5000, pack.zip[5000]! ^ 1))).toBe(1)
    expect(run('plain.pdf', invoice)).toBe(2)
    expect(run('absent.pdf')).toBe(2)
    rmSync(folder, { recursive: true })
  })
})

describe('the seal', () => {
  test.skipIf(!installed('pdfsig'))('is valid for pdfsig too (skipped without it)', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'courtois-seal-')), 'pack.pdf')
    writeFileSync(file, pack.pdf)
    const report = execFileSync('pdfsig', [file], { env: { ...process.env, TZ: 'UTC' } }).toString()
    expect(report).toContain('Signature is Valid')
    expect(report).toContain('Total document signed')
    expect(report).toContain('Mar 02 2026 09:30:00')
  })

  test('is repeatable, leaves the bytes it is given alone, and tells one instant from another', async () => {
    const plain = await act(engine, ['Lettre'])
    const before = sha256(plain)
    const sealed = await sealPdf(plain, { at })
    expect(sha256(plain)).toBe(before)
    expect(sha256(await sealPdf(plain, { at }))).toBe(sha256(sealed))
    expect((await verifyFile(sealed)).sentence).toContain('02/03/2026 à 09:30 UTC')
    expect(sha256(await sealPdf(plain, { at: at.add({ hours: 1 }) }))).not.toBe(sha256(sealed))
  })

  test('is byte for byte the one that @libpdf/core makes by itself', async () => {
    const { certificate, privateKey } = developmentSeal()
    const plain = await act(engine, ['Lettre'])
    const { bytes } = await (
      await openToSeal(plain)
    ).sign({
      signer: {
        certificate: new Uint8Array(certificate.raw),
        keyType: 'RSA',
        signatureAlgorithm: 'RSASSA-PKCS1-v1_5',
        sign: async (data) => new Uint8Array(createSign('sha256').update(data).sign(privateKey)),
      },
      fieldName: sealMarks.field,
      reason: sealMarks.reason,
      signingTime: new Date(at.epochMilliseconds),
      estimatedSize: 4096,
    })
    expect(sha256(await sealPdf(plain, { at }))).toBe(sha256(bytes))
  })

  test('refuses a key that is not its certificate’s', () => {
    const read = (name: string): string => execFileSync('cat', [`documents/proof/dev-seal/${name}`]).toString()
    expect(() => openSealKey({ certificate: read('certificate.pem'), key: otherKey })).toThrow('ne convient pas')
  })
})

const otherKey = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----`
