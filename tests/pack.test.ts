import { execFileSync, spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { PDF, type PdfArray, PdfDict, PdfNumber, PdfRef } from '@libpdf/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../documents/archive.ts'
import type { Manifest } from '../documents/packs/manifest.ts'
import { packContentHash, type PackInput } from '../documents/packs/pack.ts'
import { nativeTypst, type TypstEngine } from '../documents/typst/typst.ts'
import { normaliseExhibit } from '../documents/exhibits/exhibits.ts'
import { verifyFile } from '../documents/proof/verify.ts'
import { act, assembled, png, samplePack } from './fixtures/pack-sample.ts'

let engine: TypstEngine
let input: PackInput
let pack: { pdf: Uint8Array; zip: Uint8Array; manifest: Manifest }
let pages: string[]

beforeAll(async () => {
  engine = nativeTypst()
  input = await samplePack(engine)
  pack = await assembled(input)
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

  test('prints it once, beside the line of the exhibit, however often the bordereau names it again', async () => {
    const bordereau = await act(engine, [
      ...input.parts.flatMap(({ exhibit, pages: count }) =>
        exhibit ? [`Pièce n° ${exhibit.number} : ${exhibit.type} du 13/11/2017 (${count} pages)`] : [],
      ),
      ...Array.from({ length: 60 }, () => '·'),
      'Engagement du débiteur (pièce n° 1, pièce n° 2).',
    ])
    const parts = input.parts.map((part) => (part.role === 'bordereau' ? { ...part, pdf: bordereau, pages: 2 } : part))
    const { pdf, manifest } = await assembled({ ...input, parts })
    const at = manifest.files.find(({ role }) => role === 'bordereau')!.merged_page!
    const shown = (await PDF.load(pdf)).getPages().slice(at - 1, at + 1)
    // The second page leads to both exhibits too, and prints nothing beside them.
    for (const page of shown) expect(page.dict.getArray('Annots')!.length).toBeGreaterThan(0)
    const [first, second] = shown.map((page) => page.extractText().text)
    expect(first).toMatch(/p\.\s\d/)
    expect(second).not.toMatch(/p\.\s\d/)
  })

  test('names each page as a reader shows it: the exhibit, then the rank of the page in it', async () => {
    const labels = (await PDF.load(pack.pdf)).context.catalog.getDict().getDict('PageLabels')!.getArray('Nums')!
    const told = new Map<number, string>()
    for (let i = 0; i < labels.length; i += 2) {
      const [at, label] = [labels.at(i), labels.at(i + 1)]
      if (at instanceof PdfNumber && label instanceof PdfDict) told.set(at.value + 1, label.getString('P')!.asString())
    }
    expect(told.get(1)).toBe('Garde - ')
    for (const { merged_page: start, exhibit } of pack.manifest.files) {
      if (exhibit) expect(told.get(start!)).toBe(`Pièce ${exhibit.number} - `)
    }
  })

  test('leads from each line of the table, and from each citation in an act, to the page it names', async () => {
    const document = await PDF.load(pack.pdf)
    const resolve = document.context.resolve.bind(document.context)
    const rank = new Map(document.getPages().map(({ ref }, i) => [ref.objectNumber, i + 1]))
    const targetsOn = (page: number): (number | undefined)[] =>
      (
        document
          .getPage(page - 1)!
          .dict.getArray('Annots', resolve)
          ?.toArray() ?? []
      ).map((annotation) => {
        const link = (annotation instanceof PdfRef ? resolve(annotation) : annotation) as PdfDict
        expect(link.has('A')).toBe(false)
        const to = link.getArray('Dest', resolve)!.at(0)
        return to instanceof PdfRef ? rank.get(to.objectNumber) : undefined
      })
    const startOf = (name: string) => pack.manifest.files.find((file) => file.name.endsWith(name))!.merged_page!
    // Two cells a line: title and page.
    expect(targetsOn(2)).toEqual(input.parts.flatMap(({ name }) => [startOf(name), startOf(name)]))
    const exhibit = (number: string) => startOf(`piece-${number}.pdf`)
    expect(targetsOn(startOf('01-requete.pdf'))).toEqual(['1', '3-2', '4'].map(exhibit))
    // A line of the bordereau, and the number in it.
    const lines = ['1', '2', '3-1', '3-2', '4'].map(exhibit)
    expect(new Set(targetsOn(startOf('02-bordereau.pdf')))).toEqual(new Set(lines))
  })

  test('has an outline with the exhibits below the act that lists them', async () => {
    const document = await PDF.load(pack.pdf)
    const resolve = document.context.resolve.bind(document.context)
    const below = (dict: PdfDict): unknown[] => {
      const items: unknown[] = []
      for (let item = dict.getDict('First', resolve); item; item = item.getDict('Next', resolve)) {
        const [title, inner] = [item.getString('Title')!.asString(), below(item)]
        items.push(inner.length > 0 ? [title, inner] : title)
      }
      return items
    }
    const exhibits = input.parts.filter((part) => part.exhibit)
    expect(below(document.getCatalog().getDict('Outlines', resolve)!)).toEqual([
      'Requête',
      ['Bordereau de pièces', exhibits.map(({ exhibit, title }) => `Pièce n° ${exhibit!.number}\u00a0: ${title}`)],
      'Accord du créancier',
    ])
  })

  test('tags each page: a heading where a part begins, the stamp, and the page itself under its stamp', async () => {
    const document = await PDF.load(pack.pdf)
    const resolve = document.context.resolve.bind(document.context)
    const tree = document.getCatalog().getDict('StructTreeRoot', resolve)!
    const kids = (dict: PdfDict): PdfDict[] =>
      [...(dict.getArray('K', resolve) ?? [])].map((kid) => (kid instanceof PdfRef ? resolve(kid) : kid) as PdfDict)
    const parts = kids(kids(tree)[0]!).filter((dict) => dict.getName('S')!.value === 'Part')
    const told = parts.map((part) =>
      kids(part)
        .map((dict) => [dict.getName('S')!.value, dict.getString('Alt')?.asString()].filter(Boolean).join(' '))
        .filter((kind) => kind !== 'Link'),
    )
    expect(told).toEqual(
      input.parts.map((part) => {
        const stamp = (page: number) =>
          `${part.exhibit ? `Pièce n° ${part.exhibit.number} — ` : ''}page ${page}/${part.pages}`
        const sheets = Array.from({ length: part.pages }, (_, i) => ['P', `Figure ${stamp(i + 1)}`]).flat()
        return [part.exhibit ? 'H2' : 'H1', ...sheets, ...(part.role === 'bordereau' ? ['P'] : [])]
      }),
    )
    // The tree that leads back from a page knows each of them.
    const parents = tree.getDict('ParentTree', resolve)!.getArray('Kids', resolve)!.at(1, resolve) as PdfDict
    const numbers = parents.getArray('Nums', resolve)!
    for (const page of document.getPages().slice(2)) {
      const key = page.dict.getNumber('StructParents')!.value
      const at = numbers.toArray().findIndex((each, i) => i % 2 === 0 && (each as PdfNumber).value === key)
      const marked = [...(numbers.at(at + 1, resolve) as PdfArray)].map((ref) => resolve(ref as PdfRef) as PdfDict)
      marked.forEach((element, i) => {
        expect(element.getNumber('K')!.value).toBe(i)
        expect(element.getRef('Pg')!.objectNumber).toBe(page.ref.objectNumber)
      })
    }
  })

  test('tells in a second version what was added, replaced and taken away, by number and hash', async () => {
    const old = { version: 1, files: pack.manifest.files }
    const other = await normaliseExhibit(png(7, 7), { engine, fileName: 'autre.png' })
    const parts = input.parts
      .filter(({ exhibit }) => exhibit?.number !== '3-2' && exhibit?.number !== '4')
      .map((part) => (part.exhibit?.number === '3-1' ? { ...part, pdf: other.pdf, pages: other.pages } : part))
    const bordereau = parts.findIndex(({ role }) => role === 'bordereau')
    const pdf = await act(engine, [
      'Pièce n° 1 : FACTURE (1 page)',
      'Pièce n° 2 : AVOIR (1 page)',
      'Pièce n° 3-1 : PHOTOGRAPHIE (1 page)',
    ])
    const application = await act(engine, ['Requête. Pièce n° 1, pièce n° 2.'])
    const next = parts
      .with(bordereau, { ...parts[bordereau]!, pdf, pages: 1 })
      .with(0, { ...parts[0]!, pdf: application, pages: 1 })
    const second = await assembled({ ...input, parts: next, version: 2, previous: old })
    const { changes } = second.manifest
    const hashOf = (number: string) => pack.manifest.files.find(({ exhibit }) => exhibit?.number === number)!.sha256
    expect(changes).toMatchObject({ since: 1, added: [], replaced: expect.any(Array) })
    expect(changes!.replaced.find(({ number }) => number === '3-1')).toMatchObject({
      was: hashOf('3-1'),
      sha256: sha256(other.pdf),
    })
    expect(changes!.removed.map(({ number, sha256: hash }) => [number, hash])).toEqual([
      ['3-2', hashOf('3-2')],
      ['4', hashOf('4')],
    ])
    const cover = (await PDF.load(second.pdf)).getPage(0)!.extractText().text.replaceAll(/\s+/g, ' ')
    expect(cover).toContain(hashOf('4').slice(0, 12))
    expect((await verifyFile(second.zip)).ok).toBe(true)
    // Joined and listed, but no act cites it: nothing is refused, and somebody is told.
    expect(second.manifest.doubts).toContain('La pièce n° 3-1 est jointe, mais aucun acte ne la cite.')
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
    await expect(assembled({ ...input, missing })).rejects.toMatchObject({
      code: 'pack_incomplete',
      facts: { missing },
    })
    const { pdf } = await assembled({ ...input, missing, reason: { by: 'C. Martin', text: 'la commande suffit.' } })
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
    await expect(assembled(parts(change))).rejects.toMatchObject({ code: 'pack_incoherent' })
  })

  test('a bordereau that forgets an exhibit, or miscounts its pages, is refused', async () => {
    const lines = [
      'Pièce n° 1 : FACTURE (1 page)',
      'Pièce n° 2 : AVOIR (1 page)',
      'Pièce n° 3 : PHOTOS (2 pages)',
      'Pièce n° 4 : RELEVÉ (2 pages)',
    ]
    const short = await act(engine, lines)
    await expect(assembled(parts((copy) => (copy[1]!.pdf = short)))).resolves.toBeDefined()
    const forgets = await act(engine, lines.toSpliced(1, 1))
    await expect(assembled(parts((copy) => (copy[1]!.pdf = forgets)))).rejects.toThrow('le bordereau ne la liste pas')
    const miscounts = await act(engine, lines.with(0, 'Pièce n° 1 : FACTURE (7 pages)'))
    await expect(assembled(parts((copy) => (copy[1]!.pdf = miscounts)))).rejects.toThrow('annonce 7 pages')
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
