import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { tick } from '../procedures/amicable/tick.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import type { Office } from '../procedures/office.ts'
import type { Day } from '../schema/days.ts'
import { type Client, connect } from '../schema/db.ts'
import { type Embedded, startEmbedded } from '../schema/embedded.ts'
import { migrate } from '../schema/migrate.ts'
import { seededRandom } from '../schema/random.ts'
import { fillDemo } from '../scripts/demo/fill.ts'
import { openOffice } from '../scripts/office.ts'
import { children, ended, events, idle, kill, killAll, nothingLostNorTwice, openDebts, says, start } from './faults.ts'
import { day } from './house.ts'

afterEach(killAll)

// `npm run faults` asks for other moments and for more of everything; a seed names the moments.
const seed = process.env['FAULTS_SEED'] ?? 'faults'
const letters = Number(process.env['FAULTS_LETTERS'] ?? 48)
const workers = Number(process.env['FAULTS_WORKERS'] ?? 2)
// Each has its turn, in an order that the seed says; in a long run all of them again and again, from the first letter to the last.
const fates = ['workers', 'one', 'api', 'database']
const rounds = process.env['FAULTS_SEED'] ? Math.max(2, Math.round(letters / 250)) : 1

/** A house of its own, whose database may be killed too, with as many first letters due on that day. */
async function openHouse(on: Day): Promise<{ dataDir: string; database: Embedded; sql: Client; office: Office }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'courtois-killed-'))
  const database = await startEmbedded({ dataDir })
  await migrate(database.url)
  const sql = connect(database.url, { max: 4 })
  const office = await openOffice({ sql, dataDir, random: seededRandom('killed'), baseUrl: 'https://courtois.example' })
  await openDebts({ sql, office, url: database.url, dir: dataDir }, on, letters)
  return { dataDir, database, sql, office }
}

const stepsDone = async (sql: Client): Promise<number> =>
  (await sql<{ done: number }[]>`select count(*)::int as done from steps where done_on is not null`)[0]!.done

const postmasterOf = (dataDir: string) =>
  Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0])

test(
  'workers, API and database killed again and again in the middle of fifty letters lose none and write none twice',
  async () => {
    const on = day('2026-06-11')
    const { dataDir, office, ...opened } = await openHouse(on)
    let { database, sql } = opened
    try {
      expect(await tick(sql, on)).toBe(letters)
      const chance = seededRandom(seed)
      const below = (n: number) => Buffer.from(chance.bytes(4)).readUInt32BE() % n
      const another = () => start('./setup/worker-child.ts', [database.url, dataDir], {}, 'ignore')
      const work = () => Array.from({ length: workers }, another)
      const turns = Array.from({ length: rounds }, () =>
        fates.map((fate) => ({ fate, at: below(256) })).toSorted((one, other) => one.at - other.at),
      ).flat()
      // A letter announces three or four events. Some are left for the last turn, though they go on for a moment after each.
      const most = Math.floor((3 * letters) / turns.length) - 6
      for (const [turn, { fate }] of turns.entries()) {
        const server = fate === 'api' ? [await serving(dataDir, on)] : []
        const middle = events(sql, 3 + below(most))
        const group = work()
        await middle
        // Not at a commit, where each event is told, but anywhere between two of them.
        await sql`select pg_sleep(${below(50) / 1000})`
        const victims = fate === 'one' ? group.slice(0, 1) : fate === 'workers' ? group : server
        await Promise.all(victims.map(kill))
        if (fate === 'database') {
          await sql.end({ timeout: 1 }).catch(() => {})
          process.kill(postmasterOf(dataDir), 'SIGKILL')
          await database.stop()
          database = await startEmbedded({ dataDir })
          sql = connect(database.url, { max: 4 })
        } else if (victims.length < group.length + server.length) {
          // One may have had every job in hand: whoever starts again in its place gives back what the dead had taken.
          another()
          await events(sql, 3)
        }
        await killAll()
        expect((await examine({ ...office, sql }, on)).map(({ code }) => code)).toEqual([])
        if (rounds > 1) console.log(`${turn + 1}/${turns.length} ${fate}: ${await stepsDone(sql)} of ${letters} steps`)
      }
      expect(await stepsDone(sql)).toBeGreaterThan(5)
      expect(await stepsDone(sql)).toBeLessThan(letters)
      work()
      await idle(sql)

      const documents = await nothingLostNorTwice(sql, dataDir)
      const first = documents.filter((document) => document.letter === 'relance-cordiale-pro')
      expect(first).toHaveLength(letters)
      expect(new Set(first.map((document) => document.stepId)).size).toBe(letters)
      expect(documents).toHaveLength(letters * 2) // each with its notice on personal data
      const [row] = await sql<{ done: bigint; held: bigint }[]>`
        select (select count(*) from steps where done_on = ${on}) as done, (select count(*) from holds) as held`
      expect(row).toEqual({ done: BigInt(letters), held: 0n })
      expect(await tick(sql, on)).toBe(0)
      expect((await examine({ ...office, sql }, on)).map(({ code }) => code)).toEqual([])
    } finally {
      await killAll()
      await office.typst.close()
      await sql.end({ timeout: 1 }).catch(() => {})
      await database.stop()
      rmSync(dataDir, { recursive: true, force: true })
    }
  },
  300_000 + letters * 2_000,
)

/** The API with a hand at the letters, once it answers. */
async function serving(dataDir: string, on: Day): Promise<ChildProcess> {
  const env = { DATA_DIR: dataDir, PORT: '0', DATABASE_URL: '', BASE_URL: '', NODE_ENV: 'development' }
  const child = start('../scripts/courtois.ts', ['serve', '--jobs', '1', '--day', on.toString()], env, 'ignore')
  await says(child, /GraphQL/)
  return child
}

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
    process.kill(postmasterOf(dataDir), 'SIGKILL')
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
