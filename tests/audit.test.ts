import { expect, test, describe } from 'vitest'
import { sha256 } from '../documents/archive.ts'
import { localHeader, zipHead } from '../documents/packs/zip.ts'
import { packExport } from '../documents/proof/verify-case.ts'
import { verifyFile } from '../documents/proof/verify.ts'
import { exportCase, filesOf, importCase } from '../procedures/cases/file/export.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { DomainError } from '../schema/errors.ts'
import { seededRandom } from '../schema/random.ts'
import { withDatabase } from './database.ts'
import { day, type House, invoice, liveUntil, openCase, useHouse } from './house.ts'

let caseId = ''
const house: House = useHouse(async (made) => {
  caseId = await openCase(made, {
    on: '2026-06-01',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-04-30', due_on: '2026-05-29' })],
    kind: 'consumer',
    debtor: { name: 'Hélène « #panic » Ünïcode\u2028😀' },
  })
  await liveUntil(made, '2026-06-01', '2026-06-30')
})

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value, null, 2))
type Exported = Awaited<ReturnType<typeof exportCase>> & {
  events: { detail: Record<string, unknown>; seq: number; author: string }[]
}
const exported = async () => (await exportCase(house.sql, caseId)) as Exported

describe('the journal of an exported case', () => {
  test('is checked with the file alone', async () => {
    expect(await verifyFile(bytes(await exported()))).toMatchObject({ ok: true, kind: 'case' })
  })

  test.each([
    ['changed in what it shows', (made: Exported) => void (made.events[2]!.author = 'admin:Autre'), 'ligne 3'],
    ['changed in its detail', (made: Exported) => void (made.events[0]!.detail['number'] = '2026-9999'), 'ligne 1'],
    ['without one of its lines', (made: Exported) => void made.events.splice(3, 1), 'ligne 4'],
    [
      'with two lines exchanged',
      (made: Exported) => void made.events.splice(1, 2, made.events[2]!, made.events[1]!),
      'ligne 2',
    ],
  ])('%s is found out, by its line', async (_what, change, where) => {
    const made = await exported()
    change(made)
    const { ok, sentence } = await verifyFile(bytes(made))
    expect(ok).toBe(false)
    expect(sentence).toContain(where)
  })
})

test('the ZIP of an export is checked whole: files, journal, and every byte around them', async () => {
  const made = await exported()
  const entries: Record<string, Uint8Array> = { 'case.json': bytes(made) }
  for (const hash of filesOf(made)) entries[`files/${hash}`] = await house.office.archive.get(hash)
  const zip = packExport(entries)
  expect(await verifyFile(zip)).toMatchObject({
    ok: true,
    kind: 'case',
    sentence: expect.stringContaining('fichiers intacts'),
  })
  const view = Buffer.from(zip)
  const central = view.indexOf(Buffer.from('504b0102', 'hex'))
  const end = view.lastIndexOf(Buffer.from('504b0506', 'hex'))
  const fields = [
    4,
    6,
    8,
    10,
    12,
    14,
    18,
    22,
    26,
    28,
    central + 12,
    central + 36,
    central + 38,
    end + 8,
    end + 16,
    end + 20,
  ]
  expect(await undetected(zip, [...fields, zip.length - 1, ...drawn(zip.length)])).toEqual([])
})

test('a ZIP made to grow, entries that are one and the same again and again, takes no memory before it is refused', async () => {
  const large = new Uint8Array(1 << 20)
  const name = `files/${sha256(large)}`
  const zip = Buffer.from(packExport({ 'case.json': bytes(await exported()), [name]: large }))
  const end = zip.lastIndexOf(Buffer.from('504b0506', 'hex'))
  const entry = zip.lastIndexOf(Buffer.from('504b0102', 'hex'))
  const again = Array.from({ length: 700 }, (_, rank) => {
    const copy = Buffer.from(zip.subarray(entry, end))
    copy.write(String(rank).padStart(3, '0'), copy.length - 3)
    return copy
  })
  const closing = Buffer.from(zip.subarray(end))
  closing.writeUInt16LE(702, 8)
  closing.writeUInt16LE(702, 10)
  const before = process.resourceUsage().maxRSS
  const { ok } = await verifyFile(Buffer.concat([zip.subarray(0, end), ...again, closing]))
  expect(ok).toBe(false)
  expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(200)
})

test('a ZIP of more entries than one can count is left where the count ends', async () => {
  const entry = localHeader(zipHead('x', 0, 0))
  const many = Buffer.concat([...Array<Buffer>(0x1_0010).fill(entry), Buffer.from('504b0102', 'hex')])
  const { ok, sentence } = await verifyFile(many)
  expect([ok, sentence]).toEqual([false, expect.stringContaining(`à l’octet ${0xffff * entry.length}.`)])
})

describe('an export that nobody of ours wrote', () => {
  const start = '{ "format": "courtois-case/2", '
  test.each([
    ['says a line was purged, and nowhere by which purge', { purged_on: '2026-07-01' }],
    ['has lines that are none', null],
    ['has objects where words are due', { kind: 'personal_data_purged', detail: { upTo: { toString: 1 } }, hash: {} }],
  ])('%s: a verdict, and no fault of the program', async (_what, line) => {
    const made = await exported()
    const text = JSON.stringify({
      format: 'courtois-case/2',
      case: { number: { toString: 1 } },
      events: [...made.events.slice(0, 2), line === null ? null : { ...made.events[2]!, ...line }],
    })
    const { ok, sentence } = await verifyFile(Buffer.from(text))
    expect([ok, sentence]).toEqual([false, expect.stringContaining('ligne 3')])
  })

  test('is nested without end', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const made = await exported()
    const first = JSON.stringify(made.events[0]).replace(/"detail":\{[^}]*\}/, `"detail":${deep}`)
    expect(first).toContain(deep)
    const { ok, sentence } = await verifyFile(Buffer.from(`${start}"events": [${first}] }`))
    expect([ok, sentence]).toEqual([false, expect.stringContaining('n’est plus un JSON lisible')])
  })
})

test('a sealed letter of the case passes, and any one byte of it changed does not: header, seal, padding, last byte', async () => {
  const [letter] = await house.sql<{ sha256: string }[]>`select sha256 from documents order by reference limit 1`
  const sealed = await house.office.archive.get(letter!.sha256)
  expect(await verifyFile(sealed)).toMatchObject({ ok: true, kind: 'pdf' })
  const view = Buffer.from(sealed)
  const range = view.lastIndexOf('/ByteRange')
  const padding = view.lastIndexOf('0000000000>')
  const places = [
    0,
    5,
    9,
    10,
    13,
    range,
    range + 12,
    padding,
    padding + 9,
    padding + 10,
    sealed.length - 1,
    sealed.length - 8,
  ]
  places.push(view.lastIndexOf('startxref') + 11, view.lastIndexOf('xref'), view.indexOf('stream') + 8)
  expect(await undetected(sealed, [...places, ...drawn(sealed.length)])).toEqual([])
})

/** Two hundred places by chance, the same at each run. */
function drawn(length: number): number[] {
  const random = seededRandom('flips')
  return Array.from({ length: 200 }, () => Buffer.from(random.bytes(4)).readUInt32BE() % length)
}

async function undetected(file: Uint8Array, places: number[]): Promise<number[]> {
  const missed: number[] = []
  for (const at of places) {
    const changed = Uint8Array.from(file)
    changed[at]! ^= 1 << (at % 8)
    const found = await verifyFile(changed).catch((error: unknown) => {
      // No more than this is known of a file whose every mark is gone; it never passes.
      if (error instanceof DomainError && error.code === 'not_verifiable') return { ok: false }
      throw error
    })
    if (found.ok) missed.push(at)
  }
  return missed
}

test('the doctor finds a line changed, and a line taken away, behind the back of the trigger', async () => {
  const journal = async () =>
    (await examine(house.office, day('2026-06-30'))).filter(({ code }) => code === 'journal_broken')
  expect(await journal()).toEqual([])
  await house.sql`alter table events disable trigger events_are_kept`
  await house.sql`update events set author = 'phone:Autre' where case_id = ${caseId} and seq = 2`
  expect(await journal()).toMatchObject([
    { case: '2026-0001', message: expect.stringContaining('modifié à la ligne 2') },
  ])
  await house.sql`delete from events where case_id = ${caseId} and seq = 2`
  expect(await journal()).toMatchObject([{ message: expect.stringContaining('à la ligne 3') }])
})

describe('a case imported into another database', () => {
  test('is the same case, row for row and hash for hash', () =>
    withDatabase(async (sql) => {
      const before = await exported()
      expect(await importCase(sql, JSON.parse(JSON.stringify(before)))).toEqual({ caseId, number: '2026-0001' })
      expect(await exportCase(sql, caseId)).toEqual(before)
      expect(filesOf(before).length).toBeGreaterThan(3)
      await expect(importCase(sql, before)).rejects.toMatchObject({ code: 'case_exists' })
    }))

  test('exported before codes were sealed keeps its code where the next start seals it, and not in its letter', () =>
    withDatabase(async (sql) => {
      const before = await exported()
      const earlier = JSON.parse(JSON.stringify(before)) as typeof before
      const letter = earlier['documents'] as { id: string; facts: { references: { coupon?: string } } }[]
      letter[0]!.facts.references.coupon = 'AAAA-BBBB-CCCC'
      await importCase(sql, earlier)
      expect(await exportCase(sql, caseId)).toEqual(before)
      const [kept] = await sql`select document_id, clear from coupons`
      expect(kept).toEqual({ documentId: letter[0]!.id, clear: 'AAAA-BBBB-CCCC' })
    }))

  test('with a changed journal is refused whole', () =>
    withDatabase(async (sql) => {
      const made = await exported()
      made.events[1]!.detail['added'] = true
      await expect(importCase(sql, made)).rejects.toMatchObject({ code: 'journal_broken' })
      expect(await sql`select 1 from cases`).toEqual([])
      await expect(importCase(sql, { format: 'autre' })).rejects.toMatchObject({ code: 'not_a_case' })
    }))
})
