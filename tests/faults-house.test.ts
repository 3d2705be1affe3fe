/** @module-tag fault */
import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { dayAt } from '../api/cron.ts'
import { openArchive } from '../documents/archive.ts'
import { nativeTypst } from '../documents/typst/typst.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { examine, repair } from '../procedures/doctor/doctor.ts'
import { drain, freeDeadJobs } from '../procedures/jobs/work.ts'
import { latest } from '../schema/days.ts'
import { type Sql, transaction } from '../schema/db.ts'
import {
  again,
  counts,
  ended,
  events,
  idle,
  kill,
  killAll,
  nothingLostNorTwice,
  openDebts,
  patience,
  says,
  seededChance,
  start,
} from './faults.ts'
import { day, liveOn, useHouse } from './house.ts'

const on = day('2026-06-11')
const howMany = 6
vi.setConfig({ testTimeout: 200_000 })

const house = useHouse((made) => openDebts(made, on, howMany))
afterEach(killAll)
// Each fault is told on standard error, as it should be, and read here from the rows.
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => {}))
afterEach(() => void vi.restoreAllMocks())

const findings = async () => (await examine(house.office, on)).map(({ code }) => code)

describe('an archive that takes nothing: no step is half done, and each is done once afterwards', () => {
  interface Fault {
    strike: () => void
    mend: () => void
  }
  const mounted: string[] = []
  const mount = (folder: string, size: string) => {
    mkdirSync(folder)
    const made = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).status === 0
    if (made) mounted.push(folder)
    return made
  }
  afterEach(() => mounted.splice(0).forEach((folder) => spawnSync('umount', ['-l', folder])))
  const remount = (folder: string, options: string) => execFileSync('mount', ['-o', `remount,${options}`, folder])

  const faults: [string, (folder: string, below: (n: number) => number) => Fault | null][] = [
    [
      'its disk is gone',
      (folder) => {
        mkdirSync(folder)
        const strike = () => {
          renameSync(folder, `${folder}-gone`)
          writeFileSync(folder, '')
        }
        const mend = () => {
          rmSync(folder)
          renameSync(`${folder}-gone`, folder)
        }
        return { strike, mend }
      },
    ],
    [
      'its disk is full',
      (folder, below) => {
        if (!mount(folder, '8m')) return null
        const rest = join(folder, 'rest')
        // The page that is left, and a few more, do not hold the letters still to come.
        const strike = () => writeFileSync(rest, Buffer.alloc((statfsSync(folder).bavail - 1 - below(6)) * 4096))
        return { strike, mend: () => rmSync(rest) }
      },
    ],
    [
      'its disk is read-only',
      (folder) =>
        mount(folder, '8m') ? { strike: () => remount(folder, 'ro'), mend: () => remount(folder, 'rw') } : null,
    ],
  ]
  test.for(faults)('%s after some letters', async ([, breaks], { skip }) => {
    const folder = mkdtempSync(join(tmpdir(), 'courtois-archive-'))
    try {
      const below = seededChance()
      const fault = breaks(join(folder, 'archive'), below)
      if (fault === null) return skip('mounting a small disk takes root')
      const archive = openArchive(join(folder, 'archive'))
      let left = below(howMany)
      const put: typeof archive.put = (bytes) => {
        if (left-- === 0) fault.strike()
        return archive.put(bytes)
      }
      house.office.archive = { ...archive, put }
      await liveOn(house, on)
      const before = await counts(house.sql)
      expect(before.done).toBeLessThan(howMany)
      expect(before.documents).toBe(before.done * 2)
      expect(before.jobs).toBeGreaterThanOrEqual(howMany - before.done)
      fault.mend()
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
      // Two letters lose their child under way: a first one, and one that was made in its place.
      const below = seededChance()
      const first = 1 + below(howMany)
      const second = first + 1 + below(howMany)
      let letters = 0
      const compile: typeof engine.compile = async (job) => {
        const composing = engine.compile(job)
        if (++letters === first || letters === second) {
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
        // A step is begun again from its first letter, whichever of its two was lost.
        expect(letters).toBeGreaterThanOrEqual(howMany * 2 + 2)
        expect(letters).toBeLessThanOrEqual(howMany * 2 + 4)
        expect(await counts(house.sql)).toEqual({ done: howMany, documents: howMany * 2, jobs: 0 })
        expect(await findings()).toEqual([])
      } finally {
        await engine.close()
      }
    },
  )

  test('a template that loops for one debtor is stopped, the others have their letters, and it is done once when mended', async () => {
    const { typst } = house.office
    const below = seededChance()
    const looping = nativeTypst({ processes: 1, timeLimit: 200 + below(600) })
    const sources = { 'loop.typ': '#for a in range(90000) { for b in range(90000) {} }' }
    const debtor = `Client-${below(howMany)}-`
    const compile: typeof typst.compile = (job) =>
      JSON.stringify(job.data).includes(debtor)
        ? looping.compile({ ...job, template: 'loop.typ', sources })
        : typst.compile(job)
    house.office.typst = { ...typst, compile }
    await liveOn(house, on)
    await looping.close()
    expect(await counts(house.sql)).toEqual({ done: howMany - 1, documents: (howMany - 1) * 2, jobs: 1 })
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
  const debtor = `Client-${seededChance()(howMany)}-`
  await tick(sql, on)
  const [fatal] = await sql<{ key: string }[]>`
    update graphile_worker._private_jobs set max_attempts = 3
    where key = (select 'step:' || s.id from steps s join cases c on c.id = s.case_id join debtors b on b.id = c.debtor_id
                 where b.name = ${debtor} and s.queued_for is not null)
    returning key`
  const hasAttempts = async () => {
    const [left] = await sql`select from graphile_worker.jobs where key = ${fatal!.key} and attempts < max_attempts`
    return left !== undefined
  }
  let deaths = 0
  for (; await hasAttempts(); deaths++) {
    await sql`update graphile_worker._private_jobs set run_at = now() where key = ${fatal!.key}`
    await ended(start('./setup/worker-child.ts', [url, dir, '', debtor]))
    await freeDeadJobs(sql)
  }
  // The first death may only make suspects of all the jobs that the worker held.
  expect([3, 4]).toContain(deaths)
  const alive = start('./setup/worker-child.ts', [url, dir, '', debtor])
  await again(sql)
  await expect.poll(async () => (await counts(sql)).jobs, { timeout: patience }).toBe(1)
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
  const ticks = () => start('./setup/worker-child.ts', [url, dir, on.toString()])
  ticks()
  await sql`select pg_sleep(${seededChance()(1500) / 1000})`
  ticks()
  await expect.poll(async () => (await counts(sql)).done, { timeout: patience }).toBe(howMany)
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
    const middle = events(sql, 1 + seededChance()(6))
    await tick(sql, on)
    await middle
    first.kill('SIGSTOP')
    const [name] = await hands()
    await says(start('./setup/worker-child.ts', [url, dir]), /working/)
    expect((await counts(sql)).done).toBeLessThan(howMany)
    return { first, name: name! }
  }
  const allDone = async () => {
    await expect.poll(async () => (await counts(house.sql)).done, { timeout: patience }).toBe(howMany)
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
    await expect.poll(hands, { timeout: patience }).not.toContain(name)
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

test('a clock that leaps days ahead and hours back does no step twice, and writes to nobody twice a day', async () => {
  const below = seededChance()
  const { sql } = house
  let last = on
  for (let i = 0; i < 45; i++) {
    const leap = [{ days: 0 }, { days: 1 + below(3) }, { hours: -1 - below(24) }][below(3)]!
    // Half an hour into the day an hour back is a day back.
    const at = on.toZonedDateTime('Europe/Paris').add({ days: i, minutes: 30 }).add(leap)
    const today = latest(on, dayAt(at.toInstant()))
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
