import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { openArchive } from '../documents/archive.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { examine } from '../procedures/doctor.ts'
import { startEmbedded } from '../schema/embedded.ts'
import { connect } from '../schema/db.ts'
import { migrate } from '../schema/migrate.ts'
import { seededRandom } from '../schema/random.ts'
import { fillDemo } from '../scripts/demo/fill.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { openOffice } from '../scripts/office.ts'
import { children, ended, events, idle, kill, killAll, nothingLostNorTwice, start } from './faults.ts'
import { addInvoices, creditorOf, day, invoice, useHouse } from './house.ts'

const house = useHouse()
afterEach(killAll)

// `npm run faults` asks for other moments and for more of everything; a seed names the moments.
const seed = process.env['FAULTS_SEED'] ?? 'faults'
const letters = Number(process.env['FAULTS_LETTERS'] ?? 64)
const workers = Number(process.env['FAULTS_WORKERS'] ?? 2)

test(
  'workers killed again and again in the middle of sixty letters lose none and write none twice',
  async () => {
    const { sql, url, dir } = house
    const on = day('2026-06-11')
    await openAgency(sql, on)
    const creditorId = await creditorOf(house, on)
    for (let i = 0; i < letters; i++) {
      const buyer = {
        name: `Client ${i}`,
        address: { lines: [`${i + 1} rue de la Gare`], postal_code: '69003', city: 'Lyon', country: 'FR' },
      }
      await addInvoices(house, {
        creditorId,
        on: '2026-06-11',
        invoices: [invoice({ number: `F-${i}`, issued_on: '2026-05-11', due_on: '2026-06-10', buyer })],
      })
    }
    expect(await tick(sql, on)).toBe(letters)

    const chance = seededRandom(seed)
    const work = () => Array.from({ length: workers }, () => start('./setup/worker-child.ts', [url, dir]))
    for (let round = 0; round < 5; round++) {
      const workers = work()
      // Each letter announces three or four events: between two and nine letters after the start, so always in the middle.
      await events(sql, 8 + (chance.bytes(1)[0]! % 24))
      await Promise.all(workers.map(kill))
    }
    const [before] = await sql<{ done: bigint }[]>`select count(*) as done from steps where done_on is not null`
    expect(Number(before!.done)).toBeGreaterThan(5)
    expect(Number(before!.done)).toBeLessThan(letters)
    work()
    await idle(sql)

    const documents = await nothingLostNorTwice(sql, dir)
    const first = documents.filter((document) => document.letter === 'relance-cordiale-pro')
    expect(first).toHaveLength(letters)
    expect(new Set(first.map((document) => document.stepId)).size).toBe(letters)
    expect(documents).toHaveLength(letters * 2) // each with its notice on personal data
    const [row] = await sql<{ done: bigint; held: bigint }[]>`
    select (select count(*) from steps where done_on = ${on}) as done, (select count(*) from holds) as held`
    expect(row).toEqual({ done: BigInt(letters), held: 0n })
    expect(await tick(sql, on)).toBe(0)
    expect(
      (await examine({ ...house.office, archive: openArchive(join(dir, 'archive')) }, on)).map(({ code }) => code),
    ).toEqual([])
  },
  90_000 + letters * 500,
)

test('serve --demo, killed in the middle of a tick, its database too, ends with the same letters', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'courtois-serve-'))
  const today = day('2026-11-23')
  const database = await startEmbedded({ dataDir })
  await migrate(database.url)
  let sql = connect(database.url, { max: 4 })
  try {
    const office = await openOffice({ sql, dataDir, random: seededRandom('serve'), baseUrl: 'http://localhost' })
    await fillDemo(office, database.url, today, () => {})
    await office.typst.close()
    const due = await sql<{ id: string; key: string; caseId: string }[]>`
      select distinct on (s.case_id) s.id, s.key, s.case_id, s.planned_on <= ${today} as due from steps s join cases c on c.id = s.case_id
      where s.done_on is null and s.skipped_on is null and c.closed_on is null
        and not exists (select from holds h where h.case_id = s.case_id and h.released_on is null)
      order by s.case_id, s.rank`.then((rows) => rows.filter((row) => (row as unknown as { due: boolean }).due))
    expect(due.length).toBeGreaterThan(10)

    const serve = () =>
      start('../scripts/courtois.ts', ['serve', '--demo', '--day', today.toString()], {
        DATA_DIR: dataDir,
        PORT: '0',
        DATABASE_URL: '',
        NODE_ENV: 'development',
      })
    for (const after of [6, 14]) {
      const server = serve()
      await events(sql, after)
      await kill(server)
    }
    // The third time the database dies with it.
    const server = serve()
    await events(sql, 9)
    const postmaster = Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(postmaster, 'SIGKILL')
    await kill(server)
    await sql.end({ timeout: 1 }).catch(() => {})

    serve()
    const again = await startEmbedded({ dataDir })
    sql = connect(again.url, { max: 4 })
    await idle(sql)
    const done = await sql<{ id: string }[]>`select id from steps where done_on = ${today} order by id`
    expect(done.map((step) => step.id)).toEqual(due.map((step) => step.id).toSorted())
    const documents = await nothingLostNorTwice(sql, dataDir)
    for (const step of due)
      expect(documents.filter((document) => document.stepId === step.id).length, `${step.key}`).toBeGreaterThanOrEqual(
        1,
      )
    await Promise.all([...children].map((child) => (child.kill('SIGTERM'), ended(child))))
    await again.stop()
  } finally {
    await sql.end({ timeout: 1 }).catch(() => {})
    await Promise.all([...children].map(kill))
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}, 120_000)
