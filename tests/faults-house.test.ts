import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { openArchive } from '../documents/archive.ts'
import { nativeTypst } from '../documents/typst/typst.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { examine, repair } from '../procedures/doctor/doctor.ts'
import { drain, freeDeadJobs } from '../procedures/jobs/work.ts'
import { connect, type Sql, transaction } from '../schema/db.ts'
import { startEmbedded } from '../schema/embedded.ts'
import { migrate } from '../schema/migrate.ts'
import { seededRandom } from '../schema/random.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { openOffice } from '../scripts/office.ts'
import { comesBackTo, ended, events, idle, kill, killAll, nothingLostNorTwice, says, start } from './faults.ts'
import { addInvoices, creditorOf, day, type House, invoice, liveOn, useHouse } from './house.ts'

const on = day('2026-06-11')
const howMany = 6

/** Six cases whose first letter is due on that day, each debtor with a name of its own. */
async function openCases(made: House): Promise<void> {
  await openAgency(made.sql, on)
  const creditorId = await creditorOf(made, on)
  for (let i = 0; i < howMany; i++) {
    const address = { lines: [`${i + 1} rue de la Gare`], postal_code: '69003', city: 'Lyon', country: 'FR' }
    const buyer = { name: `Client-${i}-`, address }
    const invoices = [invoice({ number: `F-${i}`, issued_on: '2026-05-11', due_on: '2026-06-10', buyer })]
    await addInvoices(made, { creditorId, on: '2026-06-11', invoices })
  }
}
const house = useHouse(openCases)
afterEach(killAll)
// Each fault is told on standard error, as it should be, and read here from the rows.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))
afterEach(() => void vi.restoreAllMocks())

/** The day's jobs once more, without waiting for the back-off of those that failed. */
const again = (sql: Sql) => sql`update graphile_worker._private_jobs set run_at = now() where locked_at is null`
const counts = async (sql: Sql) =>
  (
    await sql<{ done: number; documents: number; jobs: number }[]>`
      select (select count(*) from steps where done_on is not null)::int as done, (select count(*) from documents)::int as documents,
             (select count(*) from graphile_worker.jobs)::int as jobs`
  )[0]!
const findings = async () => (await examine(house.office, on)).map(({ code }) => code)

describe('an archive that takes nothing: no step is half done, and each is done once afterwards', () => {
  const mounted: string[] = []
  const mount = (folder: string, size: string) => {
    mkdirSync(folder)
    const made = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).status === 0
    if (made) mounted.push(folder)
    return made
  }
  afterEach(() => mounted.splice(0).forEach((folder) => spawnSync('umount', ['-l', folder])))
  const remount = (folder: string, options: string) => execFileSync('mount', ['-o', `remount,${options}`, folder])

  const faults: [string, (folder: string) => (() => void) | null][] = [
    [
      'its disk is gone',
      (folder) => {
        writeFileSync(folder, '')
        return () => rmSync(folder)
      },
    ],
    [
      'its disk is full after some letters',
      (folder) => (mount(folder, '256k') ? () => remount(folder, 'size=64m') : null),
    ],
    [
      'its disk is read-only',
      (folder) => {
        if (!mount(folder, '64m')) return null
        remount(folder, 'ro')
        return () => remount(folder, 'rw')
      },
    ],
  ]
  test.for(faults)('%s', async ([, breaks], { skip }) => {
    const folder = mkdtempSync(join(tmpdir(), 'courtois-archive-'))
    try {
      const mend = breaks(join(folder, 'archive'))
      if (mend === null) return skip('mounting a small disk takes root')
      house.office.archive = openArchive(join(folder, 'archive'))
      await liveOn(house, on)
      const before = await counts(house.sql)
      expect(before.done).toBeLessThan(howMany)
      expect(before).toEqual({ done: before.done, documents: before.done * 2, jobs: howMany - before.done })
      mend()
      await again(house.sql)
      await drain(house.office, house.url)
      expect(await counts(house.sql)).toEqual({ done: howMany, documents: howMany * 2, jobs: 0 })
      expect(await findings()).toEqual([])
    } finally {
      mounted.splice(0).forEach((disk) => spawnSync('umount', ['-l', disk]))
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

describe('an engine that fails in the middle of a step', () => {
  const looping = (timeLimit: number) => {
    const engine = nativeTypst({ processes: 1, timeLimit })
    const compile: typeof engine.compile = (job) => {
      const sources = { 'loop.typ': '#for a in range(90000) { for b in range(90000) {} }' }
      return engine.compile({ ...job, template: 'loop.typ', sources })
    }
    return { ...engine, compile }
  }

  /** The composing processes of this program, as the system sees them. */
  const composers = (): number[] =>
    readdirSync('/proc').flatMap((name) => {
      try {
        const parent = /\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, 'utf8'))?.[1]
        const isOurs =
          Number(parent) === process.pid && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('typst/native')
        return isOurs ? [Number(name)] : []
      } catch {
        return []
      }
    })

  test.skipIf(process.platform !== 'linux')(
    'a child killed from outside during a letter: a new one writes that letter, once, and no other is lost',
    async () => {
      const before = new Set(composers())
      const engine = nativeTypst({ processes: 1 })
      const killed: number[] = []
      let letters = 0
      const compile: typeof engine.compile = async (job) => {
        const composing = engine.compile(job)
        // Two letters of two steps lose their child under way: a first one, and one that was made in its place.
        if (++letters === 2 || letters === 6) {
          const [child] = composers().filter((pid) => !before.has(pid) && !killed.includes(pid))
          process.kill(child!, 'SIGKILL')
          killed.push(child!)
        }
        return composing
      }
      house.office.typst = { ...engine, compile }
      try {
        await tick(house.sql, on)
        await drain(house.office, house.url)
        expect(killed).toHaveLength(2)
        // On a slow machine their turn may have come again already.
        await again(house.sql)
        await drain(house.office, house.url)
        // Both were the second letter of their step, which was begun again from its first.
        expect(letters).toBe(howMany * 2 + 4)
        expect(await counts(house.sql)).toEqual({ done: howMany, documents: howMany * 2, jobs: 0 })
        expect(await findings()).toEqual([])
      } finally {
        await engine.close()
      }
    },
  )

  test('a template that loops is stopped, its step waits, and is done once when it is mended', async () => {
    const { typst } = house.office
    const broken = looping(300)
    house.office.typst = broken
    await tick(house.sql, on)
    await house.sql`update graphile_worker._private_jobs set run_at = now() + interval '1 day' where id > (select min(id) from graphile_worker.jobs)`
    await drain(house.office, house.url)
    await broken.close()
    expect(await counts(house.sql)).toEqual({ done: 0, documents: 0, jobs: howMany })
    const [held] = await house.sql`select count(*)::int as holds from holds`
    expect(held).toEqual({ holds: 0 })
    house.office.typst = typst
    await again(house.sql)
    await drain(house.office, house.url)
    expect(await counts(house.sql)).toEqual({ done: howMany, documents: howMany * 2, jobs: 0 })
    expect(await findings()).toEqual([])
  })
})

test('a letter that kills every worker ends dead after its attempts, is told, and takes no other along', async () => {
  const { sql, url, dir } = house
  await tick(sql, on)
  const [fatal] = await sql<{ key: string }[]>`
    update graphile_worker._private_jobs set max_attempts = 3
    where key = (select 'step:' || s.id from steps s join cases c on c.id = s.case_id join debtors b on b.id = c.debtor_id
                 where b.name = 'Client-0-' and s.queued_for is not null)
    returning key`
  const hasAttempts = async () => {
    const [left] = await sql`select from graphile_worker.jobs where key = ${fatal!.key} and attempts < max_attempts`
    return left !== undefined
  }
  let deaths = 0
  for (; await hasAttempts(); deaths++) {
    await sql`update graphile_worker._private_jobs set run_at = now() where key = ${fatal!.key}`
    await ended(start('./setup/worker-child.ts', [url, dir, '', 'Client-0-']))
    await freeDeadJobs(sql)
  }
  // The first death may only make suspects of all the jobs that the worker held.
  expect([3, 4]).toContain(deaths)
  const alive = start('./setup/worker-child.ts', [url, dir, '', 'Client-0-'])
  await again(sql)
  await expect.poll(async () => (await counts(sql)).jobs, { timeout: 30_000 }).toBe(1)
  expect(alive.exitCode ?? alive.signalCode).toBe(null)
  expect(await counts(sql)).toMatchObject({ done: howMany - 1, documents: (howMany - 1) * 2 })
  house.office.archive = openArchive(join(dir, 'archive'))
  const told = await examine(house.office, on)
  expect(told.map(({ code }) => code)).toEqual(['dead_job'])
  expect(told[0]!.message).toContain('le programme s’est arrêté pendant ce travail')

  await killAll()
  await repair(house.office, on, told)
  await again(sql)
  await drain(house.office, url)
  expect(await counts(sql)).toEqual({ done: howMany, documents: howMany * 2, jobs: 0 })
  await nothingLostNorTwice(sql, dir)
  expect(await findings()).toEqual([])
})

test('a letter placed by a worker that died before it could say so, and taken up two days later, is in the tray once', async () => {
  const { post } = house.office
  const dying: typeof post.send = async (parcel) => {
    await post.send(parcel)
    throw new Error('killed')
  }
  house.office.post = { ...post, send: dying }
  await liveOn(house, on)
  const tray = () =>
    readdirSync(join(house.dir, 'out'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.pdf'))
  const placed = tray().toSorted()
  expect(placed.filter((name) => !name.includes('-annexe-'))).toHaveLength(howMany)
  house.office.post = post
  await house.sql`
    update graphile_worker._private_jobs set run_at = now(), payload = jsonb_set(payload::jsonb, '{day}', '"2026-06-13"')::json`
  await drain(house.office, house.url)
  expect(tray().toSorted()).toEqual(placed)
  expect(await house.sql`select distinct state, sent_on::text from dispatches`).toEqual([
    { state: 'sent', sentOn: '2026-06-13' },
  ])
  expect(await findings()).toEqual([])
})

test('two groups of processes tick and work at once on one database, and each letter is written once', async () => {
  const { sql, url, dir } = house
  for (let group = 0; group < 2; group++) start('./setup/worker-child.ts', [url, dir, on.toString()])
  await expect.poll(async () => (await counts(sql)).done, { timeout: 40_000 }).toBe(howMany)
  await idle(sql)
  await nothingLostNorTwice(sql, dir)
  expect(await counts(sql)).toEqual({ done: howMany, documents: howMany * 2, jobs: 0 })
  house.office.archive = openArchive(join(dir, 'archive'))
  expect(await findings()).toEqual([])
})

describe('a worker that has every letter in its queue, beside one that has none', () => {
  const hands = async () =>
    (
      await house.sql<{ lockedBy: string }[]>`
        select distinct locked_by from graphile_worker.jobs where locked_by is not null`
    ).map(({ lockedBy }) => lockedBy)
  /** The first is stopped in the middle of its letters, so that the second begins with nothing to do. */
  async function stopped(env: Record<string, string> = {}): Promise<{ first: ChildProcess; name: string }> {
    const { sql, url, dir } = house
    const first = start('./setup/worker-child.ts', [url, dir], env)
    await says(first, /working/)
    const middle = events(sql, 2)
    await tick(sql, on)
    await middle
    first.kill('SIGSTOP')
    const [name] = await hands()
    await says(start('./setup/worker-child.ts', [url, dir]), /working/)
    expect((await counts(sql)).done).toBeLessThan(howMany)
    return { first, name: name! }
  }
  const allDone = async () => {
    await expect.poll(async () => (await counts(house.sql)).done, { timeout: 40_000 }).toBe(howMany)
    await idle(house.sql)
    await nothingLostNorTwice(house.sql, house.dir)
    expect(await counts(house.sql)).toEqual({ done: howMany, documents: howMany * 2, jobs: 0 })
    house.office.archive = openArchive(join(house.dir, 'archive'))
    expect(await findings()).toEqual([])
  }

  test('is killed: the other does them within seconds, and nobody has to tick or to start again', async () => {
    await kill((await stopped()).first)
    await allDone()
  })

  test('is frozen, taken for dead and comes back: it does none that the other took up', async () => {
    const { first, name } = await stopped({ SILENCE: '2000' })
    await expect.poll(hands, { timeout: 30_000 }).not.toContain(name)
    first.kill('SIGCONT')
    await allDone()
  })
})

test('the look for dead workers reads the jobs in hand, however many wait', async () => {
  const { sql } = house
  await tick(sql, on)
  await sql`
    insert into graphile_worker._private_jobs (task_id, run_at)
    select task_id, now() + interval '1 year' from graphile_worker._private_jobs, generate_series(1, 4000)`
  await sql`update graphile_worker._private_jobs set locked_by = 'dead', locked_at = now() where id <= 50`
  await sql`analyze graphile_worker._private_jobs`
  const read = (tx: Sql) =>
    tx<{ whole: bigint; byIndex: bigint }[]>`
      select seq_scan as whole, idx_scan as by_index from pg_stat_xact_user_tables where relname = '_private_jobs'`
  await transaction(sql, async (tx) => {
    const [before] = await read(tx)
    await freeDeadJobs(tx)
    const [after] = await read(tx)
    expect(after!.whole - before!.whole).toBe(0n)
    expect(after!.byIndex).toBeGreaterThan(before!.byIndex)
  })
  const [held] = await sql`select count(*)::int as jobs from graphile_worker.jobs where locked_by is not null`
  expect(held).toEqual({ jobs: 0 })
  // Any of them may have killed it: none loses an attempt for that, and each says it is begun from now on.
  expect(await sql`select distinct attempts, last_error from graphile_worker.jobs where id <= 50`).toEqual([
    { attempts: 0, lastError: 'le programme s’est arrêté avant la fin de ce travail' },
  ])
})

test('while a new version is deployed, its jobs wait for it, and those of before it are done', async () => {
  const { sql, url } = house
  await tick(sql, on)
  const ofVersion = (version: number | null, rank: number) => sql`
    update graphile_worker._private_jobs set payload = jsonb_strip_nulls(payload::jsonb || jsonb_build_object('version', ${version}::int))::json
    where id = (select id from graphile_worker.jobs order by id offset ${rank} limit 1) returning id`
  const [newer] = await ofVersion(2, 0)
  await ofVersion(null, 1)
  await drain(house.office, url)
  expect(await counts(sql)).toEqual({ done: howMany - 1, documents: (howMany - 1) * 2, jobs: 1 })
  expect(await sql`select id, last_error from graphile_worker.jobs`).toEqual([
    { id: newer!['id'], lastError: 'ce travail attend une version plus récente du programme' },
  ])
  expect(await findings()).toEqual([])
  // As the newer program would see it.
  await sql`update graphile_worker._private_jobs set payload = jsonb_set(payload::jsonb, '{version}', '1')::json`
  await again(sql)
  await drain(house.office, url)
  expect(await counts(sql)).toEqual({ done: howMany, documents: howMany * 2, jobs: 0 })
  expect(await findings()).toEqual([])
})

test('a clock that leaps a day ahead and comes back does no step twice, and writes to nobody twice a day', async () => {
  const chance = seededRandom(process.env['FAULTS_SEED'] ?? 'clock')
  const { sql } = house
  let last = on
  for (let i = 0; i < 45; i++) {
    const leap = (chance.bytes(1)[0]! % 3) - 1
    const today = on.add({ days: Math.max(0, i + leap) })
    if ((await tick(sql, today)) > 0) await drain(house.office, house.url)
    if (Temporal.PlainDate.compare(today, last) > 0) last = today
  }
  const twice =
    await sql`select case_id, detail ->> 'step' from events where kind = 'step_done' group by 1, 2 having count(*) > 1`
  expect(twice).toEqual([])
  const sameDay = await sql`
    select d.case_id, d.written_on from documents d
    where d.recipient = 'debiteur' and d.step_id is not null and d.attached_to is null group by 1, 2 having count(*) > 1`
  expect(sameDay).toEqual([])
  const [letters] = await sql`select count(*)::int as second from steps where key = 'demeure' and done_on is not null`
  expect(letters).toEqual({ second: howMany })
  expect((await examine(house.office, last)).map(({ code }) => code)).toEqual([])
}, 400_000)

test('a database that is gone for a while in the middle of the letters loses none and doubles none', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'courtois-gone-'))
  let database = await startEmbedded({ dataDir })
  await migrate(database.url)
  let sql = connect(database.url, { max: 4 })
  const office = await openOffice({ sql, dataDir, random: seededRandom('gone'), baseUrl: 'https://courtois.example' })
  try {
    const worker = start('./setup/worker-child.ts', [database.url, dataDir], {}, 'ignore')
    const env = { DATA_DIR: dataDir, PORT: '0', DATABASE_URL: '', BASE_URL: '', NODE_ENV: 'development' }
    const api = start('../scripts/courtois.ts', ['serve', '--jobs', '1', '--day', on.toString()], env, 'ignore')
    const [[, ready]] = await Promise.all([says(api, /(http:\S+\/ready)[^]*GraphQL/), says(worker, /working/)])
    await openCases({ sql, office, url: database.url, dir: dataDir })
    const middle = events(sql, 5)
    await tick(sql, on)
    await middle
    await sql.end({ timeout: 1 })
    const postmaster = Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0])
    process.kill(postmaster, 'SIGQUIT')
    await database.stop()
    const status = () =>
      fetch(ready!, { signal: AbortSignal.timeout(5_000) }).then(
        (answer) => answer.status,
        () => null,
      )
    await expect.poll(status, { timeout: 20_000 }).toBe(503)

    // Neither is begun anew by anybody: both go on where they were.
    const { url } = database
    database = await startEmbedded({ dataDir })
    comesBackTo(url, database.url)
    sql = connect(database.url, { max: 4 })
    await expect.poll(status, { timeout: 40_000 }).toBe(200)
    expect((await counts(sql)).done).toBeLessThan(howMany)
    await idle(sql)
    expect(await counts(sql)).toEqual({ done: howMany, documents: howMany * 2, jobs: 0 })
    await nothingLostNorTwice(sql, dataDir)
    expect((await examine({ ...office, sql }, on)).map(({ code }) => code)).toEqual([])
    expect([worker, api].map((child) => child.exitCode ?? child.signalCode)).toEqual([null, null])
  } finally {
    await killAll()
    await office.typst.close()
    await sql.end({ timeout: 1 }).catch(() => {})
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}, 150_000)
