import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PDF, type PdfDict, PdfStream } from '@libpdf/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Archive, isStored, openArchive, sha256, type StoredFile } from '../documents/archive.ts'
import { normaliseExhibit, normaliseInto } from '../documents/exhibits/exhibits.ts'
import { keepPack, type PackInput, type PackPart } from '../documents/packs/pack.ts'
import { PdfPart } from '../documents/pdf/part.ts'
import { nativeTypst, type TypstEngine } from '../documents/typst/typst.ts'
import { verifyFile } from '../documents/proof/verify.ts'
import { seededRandom } from '../schema/random.ts'
import { assembled, samplePack } from './fixtures/pack-sample.ts'

let engine: TypstEngine
let folder: string
let archive: Archive
let input: PackInput
/** A scan of three pages and 37 MB, and its pages as they go into a pack. */
let original: StoredFile
let pages: StoredFile

beforeAll(async () => {
  engine = nativeTypst()
  folder = mkdtempSync(join(tmpdir(), 'courtois-pack-stream-'))
  archive = openArchive(join(folder, 'archive'))
  input = await samplePack(engine)
  writeFileSync(join(folder, 'scan.pdf'), scan(3, 3500))
  original = await archive.putFile(join(folder, 'scan.pdf'))
  pages = await archive.drafting(async (drafts) => {
    const { pdf } = await normaliseInto(drafts, original, { engine, fileName: 'scan.pdf' })
    if (!isStored(pdf)) throw new Error('a large exhibit is not held')
    return archive.stored(await archive.adopt(pdf))
  })
}, 60_000)
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true })
})

/** A PDF of so many pages, each one picture of so many grey points a side, as scanners make them. */
function scan(count: number, side: number): Uint8Array {
  const grain = seededRandom('scan').bytes(4099)
  const objects: Buffer[] = []
  const kids = Array.from({ length: count }, (_, i) => `${3 + 3 * i} 0 R`).join(' ')
  const add = (text: string, data?: Buffer): void => {
    const begin = Buffer.from(`${objects.length + 1} 0 obj\n${text}\n`)
    const body = data ? [Buffer.from('stream\n'), data, Buffer.from('\nendstream\n')] : []
    objects.push(Buffer.concat([begin, ...body, Buffer.from('endobj\n')]))
  }
  add('<</Type/Catalog/Pages 2 0 R>>')
  add(`<</Type/Pages/Count ${count}/Kids[${kids}]>>`)
  for (let i = 0; i < count; i++) {
    const drawing = Buffer.from('q 595 0 0 842 0 0 cm /Scan Do Q')
    const points = Buffer.alloc(side * side, grain)
    points.writeUInt32BE(i)
    const resources = `/Resources<</XObject<</Scan ${5 + 3 * i} 0 R>>>>`
    add(`<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents ${4 + 3 * i} 0 R${resources}>>`)
    add(`<</Length ${drawing.length}>>`, drawing)
    const size = `/Width ${side}/Height ${side}/ColorSpace/DeviceGray/BitsPerComponent 8`
    add(`<</Type/XObject/Subtype/Image${size}/Length ${points.length}>>`, points)
  }
  let at = 9
  const rows = objects.map((object) => `${String((at += object.length) - object.length).padStart(10, '0')} 00000 n \n`)
  const table = `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows.join('')}`
  const trailer = `trailer\n<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${at}\n%%EOF\n`
  return Buffer.concat([Buffer.from('%PDF-1.7\n'), ...objects, Buffer.from(table + trailer)])
}

const withScan = (pdf: PackPart['pdf'], content: PackPart['pdf']): PackInput => {
  const exhibit = { number: '1', type: 'NUMÉRISATION', reference: 'N-1', date: null }
  const part: PackPart = {
    role: 'exhibit',
    part: 'content',
    title: 'NUMÉRISATION N-1',
    name: '01-scan.pdf',
    pdf,
    pages: 3,
    exhibit,
    original: { name: 'scan.pdf', content },
  }
  return { ...input, parts: [part] }
}

test('a large exhibit keeps its pictures point for point, on pages that hold nothing else', async () => {
  const [before, after] = await Promise.all([PDF.load(readFileSync(original.path)), PDF.load(readFileSync(pages.path))])
  expect([...after.getCatalog()].map(([key]) => key.value).toSorted()).toEqual(['Pages', 'Type'])
  for (const [i, page] of after.getPages().entries()) {
    const pictureOf = (document: PDF, dict: PdfDict): PdfStream => {
      const resolve = document.context.resolve.bind(document.context)
      const picture = dict.getDict('Resources', resolve)!.getDict('XObject', resolve)!.get('Scan', resolve)
      if (!(picture instanceof PdfStream)) throw new Error('no picture')
      return picture
    }
    const [came, went] = [pictureOf(before, before.getPage(i)!.dict), pictureOf(after, page.dict)]
    expect(sha256(went.data)).toBe(sha256(came.data))
  }
})

test('is opened without the data of its pictures, which are then read from the file', async () => {
  const part = await PdfPart.open(pages)
  try {
    const whole = readFileSync(pages.path)
    const document = await PDF.load(part.bytes)
    const resolve = document.context.resolve.bind(document.context)
    const xobjects = document.getPage(1)!.dict.getDict('Resources', resolve)!.getDict('XObject', resolve)!
    const picture = xobjects.get('Scan', resolve) as PdfStream
    expect(part.isAway(picture)).toBe(true)
    const pieces: Uint8Array[] = []
    for await (const piece of part.read(picture)) pieces.push(Uint8Array.from(piece))
    const start = picture.data.byteOffset - part.bytes.byteOffset
    expect(sha256(Buffer.concat(pieces))).toBe(sha256(whole.subarray(start, start + picture.data.length)))
    const drawing = document.getPage(1)!.dict.get('Contents', resolve) as PdfStream
    expect(part.isAway(drawing)).toBe(false)
  } finally {
    await part.close()
  }
})

test('a pack from files is, byte for byte, the pack from the same bytes at hand', async () => {
  const bytes = { pdf: new Uint8Array(readFileSync(pages.path)), original: new Uint8Array(readFileSync(original.path)) }
  const held = await assembled(withScan(bytes.pdf, bytes.original))
  const kept = await keepPack(archive, withScan(pages, original))
  expect(kept.pdf).toBe(sha256(held.pdf))
  expect(kept.zip).toBe(sha256(held.zip))
  expect((await verifyFile(await archive.get(kept.zip))).ok).toBe(true)
  expect((await verifyFile(await archive.get(kept.pdf))).ok).toBe(true)
}, 60_000)

test('a pack is verified where it lies, and a byte changed in a large file is found there', async () => {
  const kept = await keepPack(archive, withScan(pages, original))
  for (const hash of [kept.zip, kept.pdf]) {
    const path = join(folder, `copie-${hash}`)
    copyFileSync(archive.path(hash), path)
    expect(await verifyFile(path)).toEqual(await verifyFile(await archive.get(hash)))
    expect(await verifyFile(path)).toMatchObject({ ok: true })
    const file = openSync(path, 'r+')
    writeSync(file, Buffer.from('x'), 0, 1, 20_000_000)
    closeSync(file)
    expect(await verifyFile(path)).toMatchObject({ ok: false, sentence: expect.stringContaining('modifié') })
  }
}, 60_000)

test('a stored file that is no longer what it was stops the pack, and leaves nothing behind', async () => {
  const spoilt = await archive.putFile(original.path)
  const bytes = readFileSync(original.path)
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(spoilt.path, bytes)
  const pack = keepPack(archive, withScan(pages, spoilt))
  await expect(pack).rejects.toMatchObject({ code: 'archive_damaged', facts: { sha256: spoilt.sha256 } })
  expect(readdirSync(join(folder, 'archive')).filter((name) => !/^[0-9a-f]{2}$/.test(name))).toEqual([])
  bytes[bytes.length >> 1]! ^= 1
  writeFileSync(spoilt.path, bytes)
})

test('what no archive holds is refused by its hash before anything is written', async () => {
  await expect(archive.stored('0'.repeat(64))).rejects.toMatchObject({ code: 'not_archived' })
})

test('a file above the limit of the house is refused, and says the limit', async () => {
  const refused = normaliseInto(undefined, original, { engine, fileName: 'scan.pdf', maxBytes: 30_000_000 })
  await expect(refused).rejects.toMatchObject({
    code: 'exhibit_too_big',
    message: expect.stringContaining('30\u00a0Mo'),
  })
})

test('a pack too large for a ZIP is refused before it is begun', async () => {
  const vast = { ...original, bytes: 4_100_000_000 }
  await expect(keepPack(archive, withScan(pages, vast))).rejects.toMatchObject({ code: 'pack_too_big' })
})

test('a pack of more files than a ZIP can count is refused before it is begun', async () => {
  const { original: _, ...part } = withScan(pages, original).parts[0]!
  const many = Array.from({ length: 65_534 }, (__, i) => ({ ...part, name: `${i}.pdf` }))
  await expect(keepPack(archive, { ...input, parts: many })).rejects.toMatchObject({
    code: 'pack_too_big',
    message: expect.stringMatching(/\d{5} fichiers/),
  })
})

test('an exhibit whose drawing is in several streams has one, and shows the same words', async () => {
  const document = await PDF.load(readFileSync(new URL('../samples/Facture_FR_EN16931.pdf', import.meta.url)))
  const words = document.getPage(0)!.extractText().text
  document.getPage(0)!.drawText('ajout', { x: 20, y: 20, size: 8 })
  const { pdf } = await normaliseExhibit(await document.save(), { engine, fileName: 'facture.pdf' })
  const read = await PDF.load(pdf)
  expect(read.getPage(0)!.dict.get('Contents', read.context.resolve.bind(read.context))).toBeInstanceOf(PdfStream)
  expect(read.getPage(0)!.extractText().text).toContain(words.slice(0, 200))
  expect(read.getPage(0)!.extractText().text).toContain('ajout')
})
