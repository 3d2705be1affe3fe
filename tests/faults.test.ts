/** @module-tag fault */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { tick } from '../procedures/amicable/tick.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { type Client, connect } from '../schema/db.ts'
import { startEmbedded } from '../schema/embedded.ts'
import { migrate } from '../schema/migrate.ts'
import { seededRandom } from '../schema/random.ts'
import { fillDemo } from '../scripts/demo/fill.ts'
import { openOffice } from '../scripts/office.ts'
import {
  bringDatabaseBack,
  seededChance,
  children,
  closeHouse,
  ended,
  events,
  idle,
  kill,
  killAll,
  nothingLostNorTwice,
  openDebts,
  openHouse,
  postmasterOf,
  says,
  seed,
  start,
  startApi,
  takeDatabase,
} from './faults.ts'
import { day } from './house.ts'

afterEach(killAll)

const letters = Number(process.env['FAULTS_LETTERS'] ?? 48)
const workers = Number(process.env['FAULTS_WORKERS'] ?? 2)
// Each has its turn, in an order that the seed says; in a long run all of them again and again, from the first letter to the last.
const fates = ['workers', 'one', 'api', 'database']
const rounds = seed === undefined ? 1 : Math.max(2, Math.round(letters / 250))

const stepsDone = async (sql: Client): Promise<number> =>
  (await sql<{ done: number }[]>`select count(*)::int as done from steps where done_on is not null`)[0]!.done

test(
  'workers, API and database killed again and again in the middle of fifty letters lose none and write none twice',
  async () => {
    const on = day('2026-06-11')
    const house = await openHouse()
    try {
      await openDebts(house, on, letters)
      expect(await tick(house.sql, on)).toBe(letters)
      const below = seededChance()
      const another = () => start('./setup/worker-child.ts', [house.url, house.dir], {}, 'ignore')
      const work = () => Array.from({ length: workers }, another)
      const turns = Array.from({ length: rounds }, () =>
        fates.map((fate) => ({ fate, at: below(256) })).toSorted((one, other) => one.at - other.at),
      ).flat()
      // A letter announces three or four events. Some are left for the last turn, though they go on for a moment after each.
      const most = Math.floor((3 * letters) / turns.length) - 6
      for (const [turn, { fate }] of turns.entries()) {
        const server = fate === 'api' ? [startApi(house.dir, on)] : []
        await Promise.all(server.map((api) => says(api, /GraphQL/)))
        const middle = events(house.sql, 3 + below(most))
        const group = work()
        await middle
        // Not at a commit, where each event is told, but anywhere between two of them.
        await house.sql`select pg_sleep(${below(50) / 1000})`
        const victims = fate === 'one' ? group.slice(0, 1) : fate === 'workers' ? group : server
        await Promise.all(victims.map(kill))
        if (fate === 'database') {
          await takeDatabase(house, 'SIGKILL')
          await bringDatabaseBack(house)
        } else if (victims.length < group.length + server.length) {
          // One may have had every job in hand: whoever starts again in its place gives back what the dead had taken.
          another()
          await events(house.sql, 3)
        }
        await killAll()
        expect((await examine(house.office, on)).map(({ code }) => code)).toEqual([])
        if (rounds > 1)
          console.log(`${turn + 1}/${turns.length} ${fate}: ${await stepsDone(house.sql)} of ${letters} steps`)
      }
      expect(await stepsDone(house.sql)).toBeGreaterThan(5)
      expect(await stepsDone(house.sql)).toBeLessThan(letters)
      work()
      await idle(house.sql)

      const documents = await nothingLostNorTwice(house.sql, house.dir)
      const first = documents.filter((document) => document.letter === 'relance-cordiale-pro')
      expect(first).toHaveLength(letters)
      expect(new Set(first.map((document) => document.stepId)).size).toBe(letters)
      expect(documents).toHaveLength(letters * 2) // each with its notice on personal data
      const [row] = await house.sql<{ done: bigint; held: bigint }[]>`
        select (select count(*) from steps where done_on = ${on}) as done, (select count(*) from holds) as held`
      expect(row).toEqual({ done: BigInt(letters), held: 0n })
      expect(await tick(house.sql, on)).toBe(0)
      expect((await examine(house.office, on)).map(({ code }) => code)).toEqual([])
    } finally {
      await closeHouse(house)
    }
  },
  300_000 + letters * 2_000,
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
    const below = seededChance()
    for (const after of [2 + below(6), 6 + below(9)]) {
      const server = serve()
      await events(sql, after)
      await kill(server)
    }
    // The third time the database dies with it.
    const server = serve()
    await events(sql, 4 + below(6))
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
}, 240_000)
