import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { admitBytes } from '../documents/antivirus.ts'
import { officeDoubts } from '../documents/exhibits/office-file.ts'
import { readInvoice } from '../documents/invoices/einvoice.ts'
import { readTable } from '../documents/invoices/table.ts'
import { unzip, ZipBomb, zipEntries } from '../documents/unzip.ts'
import { command as importCommand } from '../scripts/commands/import.ts'
import { pdfOf } from './fixtures/hostile-pdf.ts'
import { packed, type Packed, spaces, workbook, zipOf } from './fixtures/zip-bomb.ts'

const cell = (place: string, text: string): string => `<c r="${place}" t="inlineStr"><is><t>${text}</t></is></c>`
const plain = workbook(`<row r="1">${cell('A1', 'Nom')}</row><row r="2">${cell('A2', 'Dupont')}</row>`)
const said = [
  { number: 1, cells: ['Nom'] },
  { number: 2, cells: ['Dupont'] },
]
const entryMark = Buffer.from('PK\x01\x02', 'latin1')
const swollen = spaces(2048)
/** Two gigabytes that say they are one kilobyte. */
const lie = (name: string): Packed => ({ name, deflated: swollen, size: 1024 })

/** The highest that the memory of this process rose meanwhile, in megabytes. */
async function grown(act: () => unknown): Promise<number> {
  const before = process.resourceUsage().maxRSS
  await act()
  return (process.resourceUsage().maxRSS - before) / 1024
}

/** The second file begins where the first one does: both are made of the same bytes. */
function overlapping(files: Packed[]): Buffer {
  const zip = zipOf(files)
  const second = zip.indexOf(entryMark, zip.indexOf(entryMark) + 4)
  zip.writeUInt32LE(0, second + 42)
  return zip
}

describe('a ZIP', () => {
  test('that opens to two gigabytes where it says one kilobyte is left at the first kilobyte', async () => {
    const opened = () => expect(() => [...unzip(zipOf([lie('a.xml')]), 200 << 20)]).toThrow(ZipBomb)
    expect(await grown(opened)).toBeLessThan(100)
  })

  test('of more than it may, one file with the others, is not opened at all', () => {
    const files = ['a', 'b', 'c'].map((name): Packed => ({ name, deflated: spaces(4), size: 4 << 20 }))
    expect([...unzip(zipOf(files), 12 << 20)].map(({ bytes }) => bytes.length)).toEqual(Array(3).fill(4 << 20))
    expect(() => unzip(zipOf(files), (12 << 20) - 1).next()).toThrow(ZipBomb)
  })

  test('with two files in the same bytes is refused, one begun within the other too', () => {
    const files = ['a', 'b'].map((name) => packed(name, 'Bonjour.'))
    expect([...unzip(zipOf(files), 100)].map(({ name }) => name)).toEqual(['a', 'b'])
    expect(() => [...unzip(overlapping(files), 100)]).toThrow(ZipBomb)
    const inner = zipOf([packed('b', 'Bonjour.')])
    const outer = zipOf([{ name: 'a', deflated: inner, size: 8 }, packed('b', '')])
    const second = outer.lastIndexOf(entryMark)
    outer.writeUInt32LE(31, second + 42)
    expect(() => [...unzip(outer, 100)]).toThrow(ZipBomb)
  })

  test('that counts four thousand million files is looked into for those that are there', async () => {
    const count = Buffer.alloc(98)
    count.writeUInt32LE(0x06064b50, 0)
    count.writeUInt32LE(0xffff_ffff, 32)
    count.write('PK\x06\x07', 56, 'latin1')
    count.write('PK\x05\x06', 76, 'latin1')
    count.writeUInt16LE(0xffff, 84)
    count.writeUInt16LE(0xffff, 86)
    count.writeUInt32LE(0xffff_ffff, 92)
    const zip = zipOf([packed('notes.txt', 'Bonjour.')])
    const directory = zip.indexOf(entryMark)
    const end = zip.length - 22
    count.writeUInt32LE(directory, 48)
    count.writeUInt32LE(end, 64)
    const counting = Buffer.concat([zip.subarray(0, end), count])
    expect(
      zipEntries(counting)
        .map(({ name }) => name)
        .toArray(),
    ).toEqual(['notes.txt'])
    await expect(admitBytes('notes.zip', counting, undefined)).resolves.toBeUndefined()
  })
})

describe('a workbook', () => {
  test.each([
    ['says its sizes before each part', {}],
    ['says them after, as a program does that writes without going back', { sizesAfter: true }],
  ])('that %s is read', async (_how, how) => {
    expect(await readTable(zipOf(plain, how))).toEqual(said)
  })

  test.each([
    ['in what comes before each part', {}],
    ['in what comes after each part', { sizesAfter: true }],
  ])('that opens to two gigabytes where it says one kilobyte, %s, is refused', async (_where, how) => {
    const read = () =>
      expect(readTable(zipOf([...plain, lie('xl/styles.xml')], how))).rejects.toMatchObject({
        code: 'file_too_large',
        remedy: expect.stringContaining('.csv'),
      })
    expect(await grown(read)).toBeLessThan(200)
  })

  test('that says truly how far it opens is refused beyond 200 MB', async () => {
    const honest: Packed = { name: 'xl/styles.xml', deflated: spaces(220), size: 220 << 20 }
    const read = () => expect(readTable(zipOf([...plain, honest]))).rejects.toMatchObject({ code: 'file_too_large' })
    expect(await grown(read)).toBeLessThan(200)
  })

  test('with two parts in the same bytes is refused', async () => {
    await expect(readTable(overlapping(plain))).rejects.toMatchObject({ code: 'file_too_large' })
  })

  test('of a thousand bytes with a cell in the thousand millionth column is refused, and the next one read', async () => {
    const far = zipOf(workbook(`<row r="1">${cell('ZZZZZZZ1', 'Nom')}</row>`))
    expect(far.length).toBeLessThan(2000)
    const read = () => expect(readTable(far)).rejects.toMatchObject({ code: 'file_too_large' })
    expect(await grown(read)).toBeLessThan(200)
    expect(await readTable(zipOf(plain))).toEqual(said)
  })

  test('that shows one long text in each of many cells is refused', async () => {
    const columns = Array.from({ length: 26 }, (_, i) => String.fromCodePoint(65 + i))
    const rows = (count: number) =>
      Array.from({ length: count }, (_, i) => {
        const cells = columns.map((column) => `<c r="${column}${i + 1}" t="s"><v>0</v></c>`)
        return `<row r="${i + 1}">${cells.join('')}</row>`
      }).join('')
    const long = ['x'.repeat(2000)]
    expect(await readTable(zipOf(workbook(rows(10), long)))).toHaveLength(10)
    await expect(readTable(zipOf(workbook(rows(1000), long)))).rejects.toMatchObject({ code: 'file_too_large' })
  })
})

test('an exhibit of Word that opens to two gigabytes where it says one kilobyte is refused', () => {
  const parts = [packed('[Content_Types].xml', '<Types/>'), packed('word/document.xml', '<w:document/>')]
  expect(officeDoubts(zipOf(parts), 'a.docx')).toEqual([])
  expect(() => officeDoubts(zipOf([...parts, lie('word/media/a.png')]), 'a.docx')).toThrow(
    expect.objectContaining({ code: 'exhibit_bomb' }),
  )
})

test('an export that opens to more than 2 GB, or says less than it is, is not imported', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'courtois-bomb-'))
  try {
    for (const [rank, size] of [1024, 3 * 2 ** 30].entries()) {
      const file = join(folder, `${rank}.zip`)
      writeFileSync(file, zipOf([packed('case.json', '{}'), { ...lie('files/a'), size }]))
      const taken = () =>
        expect(importCommand.run([file])).rejects.toMatchObject({
          code: 'file_too_large',
          remedy: expect.stringContaining('export d’origine'),
        })
      expect(await grown(taken)).toBeLessThan(200)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a PDF whose table of objects inflates to two gigabytes is no invoice, and costs the house no memory', async () => {
  const before = pdfOf()
    .toString('latin1')
    .replace(/xref\n0 1[^]*/, '')
  const rows = Buffer.concat([Buffer.from('7801', 'hex'), swollen, Buffer.alloc(4)])
  const file = Buffer.concat([
    Buffer.from(
      `${before}6 0 obj\n<</Type/XRef/Root 1 0 R/Size 7/W[1 2 1]/Filter/FlateDecode/Length ${rows.length}>>stream\n`,
      'latin1',
    ),
    rows,
    Buffer.from(`\nendstream\nendobj\nstartxref\n${before.length}\n%%EOF\n`),
  ])
  const read = () => expect(readInvoice(file)).rejects.toMatchObject({ code: 'unreadable_pdf' })
  expect(await grown(read)).toBeLessThan(200)
})
