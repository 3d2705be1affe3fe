import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PDF } from '@libpdf/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../documents/archive.ts'
import { normaliseExhibit } from '../documents/exhibits.ts'
import { closeManifest, manifestText, type Manifest } from '../documents/manifest.ts'
import { packZip, walkZip } from '../documents/pack-zip.ts'
import { assemblePack, packContentHash, type PackInput } from '../documents/pack.ts'
import { openSealKey, sealPdf } from '../documents/seal.ts'
import { nativeTypst, type TypstEngine } from '../documents/typst.ts'
import { verifyFile } from '../documents/verify.ts'
import { act, at, creditNote, invoice, png, samplePack } from './fixtures/pack-sample.ts'

let engine: TypstEngine
let input: PackInput
let pack: { pdf: Uint8Array; zip: Uint8Array; manifest: Manifest }
let pages: string[]

beforeAll(async () => {
  engine = nativeTypst()
  input = await samplePack(engine)
  pack = await assemblePack(input)
  const document = await PDF.load(pack.pdf)
  pages = document.getPages().map((page) => page.extractText().text.replaceAll(/\s+/g, ' '))
})
afterAll(() => engine.close())

const installed = (tool: string): boolean => spawnSync(tool, ['-v']).error === undefined

describe('the merged pack', () => {
  test('prints on each page the number that the page has in the file', () => {
    pages.forEach((text, i) => expect(text).toContain(`page ${i + 1}/${pages.length}`))
    expect(pages.length).toBe(pack.manifest.merged.pages)
  })

  test('has a table whose page numbers are those where the parts begin, and the other way round', () => {
    // Cells stand apart on paper only: the extracted text joins them.
    const table = pages[1]!.replaceAll(' ', '')
    for (const part of input.parts) {
      const file = pack.manifest.files.find(({ name }) => name.endsWith(part.name))!
      const start = file.merged_page!
      const count = `${part.pages} page${part.pages > 1 ? 's' : ''}`
      expect(table).toContain(`${part.title}${count}${start}`.replaceAll(' ', ''))
      const stamp = part.exhibit ? `Pièce n° ${part.exhibit.number} — page 1/${part.pages}` : `page 1/${part.pages}`
      expect(pages[start - 1]).toContain(stamp)
      const others = pages.flatMap((text, i) => (part.exhibit && i > 1 && text.includes(stamp) ? [i + 1] : []))
      expect(others).toEqual(part.exhibit ? [start] : [])
    }
  })

  test('stamps every page of an exhibit with its number and rank', () => {
    const { merged_page: start, pages: count } = pack.manifest.files.find(({ exhibit }) => exhibit?.number === '4')!
    for (let i = 0; i < count!; i++) expect(pages[start! - 1 + i]).toContain(`Pièce n° 4 — page ${i + 1}/${count}`)
    expect(count).toBeGreaterThan(1)
  })

  test('prints in the margin of the bordereau the page of each exhibit', () => {
    const bordereau = pack.manifest.files.find(({ role }) => role === 'bordereau')!
    for (const { exhibit, merged_page } of pack.manifest.files) {
      if (exhibit) expect(pages[bordereau.merged_page! - 1]).toMatch(new RegExp(`p\\. ${merged_page}\\b`))
    }
  })

  test('prints hostile names as themselves', () => {
    expect(pages[0]).toContain('#panic("x") *b* $x$ <b>@ref')
  })

  test('is as many pages as the files of the ZIP together', () => {
    const mains = pack.manifest.files.filter((file) => file.pages !== undefined)
    expect(mains.reduce((sum, file) => sum + file.pages!, 0)).toBe(pages.length)
  })

  test('says what is missing, on the cover, once somebody has taken it upon himself', async () => {
    const missing = [{ what: 'Bon de livraison signé', from: 'le créancier', remedy: 'Demandez-le.' }]
    await expect(assemblePack({ ...input, missing })).rejects.toMatchObject({
      code: 'pack_incomplete',
      facts: { missing },
    })
    const { pdf } = await assemblePack({ ...input, missing, reason: { by: 'C. Martin', text: 'la commande suffit.' } })
    const cover = (await PDF.load(pdf)).getPage(0)!.extractText().text
    expect(cover).toContain('Bon de livraison signé')
    expect(cover).toContain('C. Martin')
  })

  test.skipIf(!installed('pdftotext'))('keeps the text of exhibits selectable (skipped without pdftotext)', () => {
    const file = pack.manifest.files.find(({ exhibit }) => exhibit?.number === '1')!
    const page = String(file.merged_page)
    const text = execFileSync('pdftotext', ['-f', page, '-l', page, '-', '-'], { input: pack.pdf }).toString()
    expect(text).toContain('Facture FA-2017-0010')
  })
})

describe('before sealing', () => {
  const parts = (change: (copy: PackInput['parts']) => void): PackInput => {
    const copy = input.parts.map((part) => ({ ...part }))
    change(copy)
    return { ...input, parts: copy }
  }

  test.each<[string, (copy: PackInput['parts']) => void]>([
    ['a wrong number of pages', (copy) => (copy[2]!.pages = 2)],
    ['a number given twice', (copy) => (copy[3]!.exhibit = { ...copy[3]!.exhibit!, number: '1' })],
    ['numbers out of order', (copy) => copy.splice(2, 2, copy[3]!, copy[2]!)],
    ['two files of one name', (copy) => (copy[3]!.name = copy[2]!.name.toUpperCase())],
    ['an accented file name', (copy) => (copy[2]!.name = '03-pièce.pdf')],
    ['a name that climbs', (copy) => (copy[2]!.name = '../03.pdf')],
    ['an exhibit cited but not joined', (copy) => copy.splice(6, 1)],
    ['an exhibit without a number', (copy) => delete copy[2]!.exhibit],
  ])('%s is refused', async (_, change) => {
    await expect(assemblePack(parts(change))).rejects.toMatchObject({ code: 'pack_incoherent' })
  })

  test('a bordereau that forgets an exhibit, or miscounts its pages, is refused', async () => {
    const lines = [
      'Pièce n° 1 : FACTURE (1 page)',
      'Pièce n° 2 : AVOIR (1 page)',
      'Pièce n° 3 : PHOTOS (2 pages)',
      'Pièce n° 4 : RELEVÉ (3 pages)',
    ]
    const short = await act(engine, lines)
    await expect(assemblePack(parts((copy) => (copy[1]!.pdf = short)))).resolves.toBeDefined()
    const forgets = await act(engine, lines.toSpliced(1, 1))
    await expect(assemblePack(parts((copy) => (copy[1]!.pdf = forgets)))).rejects.toThrow(
      'le bordereau ne la liste pas',
    )
    const miscounts = await act(engine, lines.with(0, 'Pièce n° 1 : FACTURE (7 pages)'))
    await expect(assemblePack(parts((copy) => (copy[1]!.pdf = miscounts)))).rejects.toThrow('annonce 7 page(s)')
  })

  test('the content hash does not move when a proof joins, and moves with any content', () => {
    const hash = packContentHash(input.parts)
    expect(pack.manifest.content.sha256).toBe(hash)
    expect(packContentHash(input.parts.filter(({ part }) => part === 'content'))).toBe(hash)
    expect(packContentHash(parts((copy) => (copy[0]!.docx = Buffer.from('other'))).parts)).not.toBe(hash)
    expect(packContentHash(input.parts.slice(1))).not.toBe(hash)
  })
})

test('the same inputs give the same bytes in another process, another time zone, another folder', () => {
  const program = fileURLToPath(new URL('./fixtures/pack-sample.ts', import.meta.url))
  const hashes = execFileSync(process.execPath, ['--no-warnings', program], {
    cwd: tmpdir(),
    env: { ...process.env, TZ: 'America/Noronha' },
  })
  expect(hashes.toString().trim()).toBe(`${sha256(pack.pdf)} ${sha256(pack.zip)}`)
})

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
    const { entries } = walkZip(pack.zip)
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
    const { entries } = walkZip(pack.zip)
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

  test('refuses a key that is not its certificate’s', () => {
    const read = (name: string): string => execFileSync('cat', [`documents/dev-seal/${name}`]).toString()
    expect(() => openSealKey({ certificate: read('certificate.pem'), key: otherKey })).toThrow('ne convient pas')
  })
})

const otherKey = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----`

describe('exhibits', () => {
  test('the same file gives the same pages, byte for byte, whatever its kind', async () => {
    for (const bytes of [invoice, creditNote, png(30, 20), Buffer.from('Réglé ?\n')]) {
      const [a, b] = [await normaliseExhibit(bytes), await normaliseExhibit(bytes)]
      expect(sha256(a!.pdf)).toBe(sha256(b!.pdf))
      expect((await PDF.load(a!.pdf)).getPageCount()).toBe(a!.pages)
    }
  })

  test('the kind is read from the content, and a name that says otherwise is a doubt', async () => {
    const { mediaType, flags } = await normaliseExhibit(png(9, 9), { fileName: 'facture.pdf' })
    expect(mediaType).toBe('image/png')
    expect(flags.map(({ code }) => code)).toContain('exhibit_name')
  })

  test('a page keeps the box and the rotation that its tree gives it, and the form its value', async () => {
    const { pdf, pageSizes, flags } = await normaliseExhibit(activePdf())
    expect(pageSizes).toEqual([{ width: 600, height: 400 }])
    expect(flags.map(({ code }) => code)).toEqual(['exhibit_active'])
    expect(Buffer.from(pdf).toString('latin1')).not.toMatch(/JavaScript|Launch|AcroForm|OpenAction/)
    const shown = await assemblePack({ ...input, parts: [oneExhibit(pdf, 1)] })
    if (!installed('pdftotext')) return
    const text = execFileSync('pdftotext', ['-f', '3', '-', '-'], { input: shown.pdf }).toString()
    expect(text).toContain('1234,56 EUR')
  })

  test('a protected PDF is refused without its owner’s password, and opened with it', async () => {
    const source = await PDF.load(invoice)
    source.setProtection({ ownerPassword: 'patron', userPassword: 'lecteur' })
    const locked = await source.save()
    for (const password of [undefined, 'faux', 'lecteur']) {
      await expect(normaliseExhibit(locked, password === undefined ? {} : { password })).rejects.toMatchObject({
        code: 'exhibit_encrypted',
      })
    }
    expect((await normaliseExhibit(locked, { password: 'patron' })).pages).toBe(1)
  })

  test('a PDF cut in the middle is refused, for its pages would be blank', async () => {
    await expect(normaliseExhibit(invoice.subarray(0, 30_000))).rejects.toMatchObject({ code: 'bad_exhibit' })
  })

  test('other kinds are refused by their name', async () => {
    const kinds = {
      Word: 'PK\x03\x04....',
      HEIC: '\0\0\0\x18ftypheic',
      TIFF: 'II*\0',
      XML: '<?xml version="1.0"?><a/>',
      inconnu: '\x01\x02\x03',
    }
    for (const [word, head] of Object.entries(kinds)) {
      await expect(normaliseExhibit(Buffer.from(head, 'latin1'))).rejects.toThrow(word)
    }
  })

  test('a picture taken sideways is turned upright', async () => {
    const upright = await normaliseExhibit(jpeg())
    const turned = await normaliseExhibit(jpeg(6))
    expect(upright.pageSizes[0]!.width).toBeLessThan(upright.pageSizes[0]!.height)
    expect(turned.pageSizes[0]!.width).toBeGreaterThan(turned.pageSizes[0]!.height)
  })

  test('a text that no font prints, or in an old encoding, is a doubt', async () => {
    const codes = async (bytes: Uint8Array): Promise<string[]> =>
      (await normaliseExhibit(bytes)).flags.map(({ code }) => code)
    expect(await codes(Buffer.from('reçu 你好'))).toEqual(['exhibit_glyphs'])
    expect(await codes(Buffer.from('Réglé', 'latin1'))).toEqual(['exhibit_encoding'])
    expect(await codes(Buffer.from('Réglé'))).toEqual([])
  })
})

function oneExhibit(pdf: Uint8Array, pages: number): PackInput['parts'][number] {
  const exhibit = { number: '1', type: 'FACTURE', reference: 'F', date: null }
  return { role: 'exhibit', part: 'content', title: 'FACTURE', name: '01-piece-1.pdf', pdf, pages, exhibit }
}

/** A PDF that runs a script, launches a program, hides what is outside its box, and leaves its form to be drawn. */
function activePdf(): Uint8Array {
  const drawing = 'BT /F 14 Tf 120 600 Td (Corps visible) Tj ET'
  const objects = [
    '<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>/AcroForm<</NeedAppearances true/DR<</Font<</Helv 5 0 R>>>>/Fields[6 0 R]/DA(/Helv 12 Tf 0 g)>>>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 700 900]/CropBox[100 100 500 700]/Rotate 90/Resources<</Font<</F 5 0 R>>>>>>',
    '<</Type/Page/Parent 2 0 R/Contents 4 0 R/Annots[6 0 R]/AA<</O<</S/Launch/F(cmd.exe)>>>>>>',
    `<</Length ${drawing.length}>>stream\n${drawing}\nendstream`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    '<</Type/Annot/Subtype/Widget/FT/Tx/T(montant)/V(1234,56 EUR)/Rect[120 500 300 520]/P 3 0 R/DA(/Helv 12 Tf 0 g)>>',
  ]
  let text = '%PDF-1.7\n'
  const offsets = objects.map((body, i) => {
    const offset = text.length
    text += `${i + 1} 0 obj\n${body}\nendobj\n`
    return `${String(offset).padStart(10, '0')} 00000 n \n`
  })
  const trailer = `trailer<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${text.length}\n%%EOF\n`
  return Buffer.from(
    `${text}xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}${trailer}`,
    'latin1',
  )
}

/** A portrait JPEG of 25 × 36 pixels, with an Exif orientation when one is given. */
function jpeg(orientation?: number): Uint8Array {
  const plain = Buffer.from(smallJpeg, 'base64')
  if (orientation === undefined) return plain
  const exif = Buffer.from(
    `ffe1001e457869660000${'4d4d002a00000008'}0001011200030000000100${orientation.toString(16).padStart(2, '0')}0000`,
    'hex',
  )
  return Buffer.concat([plain.subarray(0, 2), exif, plain.subarray(2)])
}

const smallJpeg =
  '/9j/4AAQSkZJRgABAQEAAwADAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqMyP/L2u71' +
  '////m8H////6/+b9//j/2wBDASstLTw1PHZBQXb4pYyl+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4+Pj4' +
  '+Pj4+Pj4+Pj/wAARCAAkABkDASIAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUF' +
  'BAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVW' +
  'V1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi' +
  '4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAEC' +
  'AxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVm' +
  'Z2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq' +
  '8vP09fb3+Pn6/9oADAMBAAIRAxEAPwDVGdxGc896d0HSo9w3NyetPZl28k/hQA7GcHJGOaWoxIgHU0/evrQBUfO9sJzk+vrSx43f' +
  'OnFW6KAKYj5HH86m2/7P6VNRQAUUUUAFFFFAH//Z'
