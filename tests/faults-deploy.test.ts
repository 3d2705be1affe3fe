/** @module-tag fault */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { tick } from '../procedures/amicable/tick.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { drainWithOthers } from '../procedures/jobs/work.ts'
import { courtois } from './cli.ts'
import {
  addDebts,
  again,
  closeHouse,
  counts,
  events,
  idle,
  killAll,
  nothingLostNorTwice,
  openDebts,
  openHouse,
  patience,
  says,
  seededChance,
  start,
  startApi,
} from './faults.ts'
import { day, useHouse } from './house.ts'
import { root } from './root.ts'

const on = day('2026-06-11')
const howMany = 6
const house = useHouse((made) => openDebts(made, on, howMany))
afterEach(killAll)

/** What a deploy lays beside the program that works: the same one, whose steps bear the next number, with one migration more. */
function nextVersion(folder: string): void {
  const isOurs = (from: string) => !/node_modules|scripts\/bench/.test(from.slice(root.length))
  for (const room of ['api', 'documents', 'letters', 'package.json', 'procedures', 'schema', 'scripts', 'tests/setup'])
    cpSync(join(root, room), join(folder, room), { recursive: true, filter: isOurs })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  const change = (file: string, from: string, to: string) => {
    const text = readFileSync(join(folder, file), 'utf8')
    expect(text).toContain(from)
    writeFileSync(join(folder, file), text.replace(from, to))
  }
  change('procedures/jobs/work.ts', 'const known = 1', 'const known = 2')
  change('procedures/amicable/queue.ts', `'version', 1`, `'version', 2`)
  writeFileSync(join(folder, 'schema/migrations/9999_next.sql'), 'alter table cases add column since_next text;')
}

test('beside a newer version and on its tables an older worker does its own jobs, and the newer ones wait without losing an attempt', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'courtois-next-'))
  const own = await openHouse()
  const more = 2
  try {
    nextVersion(folder)
    const { sql, url, dir } = own
    await openDebts(own, on, howMany)
    await tick(sql, on)
    const later = 1 + seededChance()(howMany - 2)
    await sql`
      update graphile_worker._private_jobs set run_at = now() + interval '1 day'
      where id in (select id from graphile_worker.jobs order by id desc limit ${later})`
    const [creditor] = await sql<{ id: string }[]>`select id from creditors`
    await addDebts(own, on, creditor!.id, { from: howMany, count: more })

    const middle = events(sql, 2)
    const old = start('./setup/worker-child.ts', [url, dir], {}, 'ignore')
    await middle
    const next = startApi(dir, on, 0, join(folder, 'scripts/courtois.ts'))
    await says(next, /GraphQL/)
    expect(await sql`select name from migration where name like '9999%'`).toHaveLength(1)
    await again(sql)
    const left = () => sql`select attempts, last_error, run_at > now() as is_put_off from graphile_worker.jobs`
    const waits = { attempts: 0, lastError: 'ce travail attend une version plus récente du programme', isPutOff: true }
    await expect.poll(left, { timeout: patience }).toEqual(Array.from({ length: more }, () => waits))
    // However often it meets them.
    await again(sql)
    await expect.poll(left, { timeout: patience }).toEqual(Array.from({ length: more }, () => waits))
    expect(await counts(sql)).toEqual({ done: howMany, documents: howMany * 2, jobs: more })
    expect((await examine(own.office, on)).map(({ code }) => code)).toEqual([])

    // Nobody goes back: an older program that starts by now knows that it is one.
    const refused = await courtois(['work'], { cwd: dir, env: { DATA_DIR: dir, DATABASE_URL: '' } })
    expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/base plus récente.*\[migration_refused\]/s) })

    await says(start(join(folder, 'tests/setup/worker-child.ts'), [url, dir]), /working/)
    await idle(sql)
    expect(await counts(sql)).toEqual({ done: howMany + more, documents: (howMany + more) * 2, jobs: 0 })
    await nothingLostNorTwice(sql, dir)
    expect((await examine(own.office, on)).map(({ code }) => code)).toEqual([])
    expect([old, next].map((child) => child.exitCode ?? child.signalCode)).toEqual([null, null])
  } finally {
    await closeHouse(own)
    rmSync(folder, { recursive: true, force: true })
  }
}, 180_000)

test('a job from before jobs had a version is done, and a day is over though one of a newer version waits', async () => {
  const { sql, url } = house
  await tick(sql, on)
  await sql`
    update graphile_worker._private_jobs
    set payload = (case when id = (select min(id) from graphile_worker.jobs) then payload::jsonb || '{"version": 2}' else payload::jsonb - 'version' end)::json`
  await drainWithOthers(house.office, url)
  expect(await counts(sql)).toEqual({ done: howMany - 1, documents: (howMany - 1) * 2, jobs: 1 })
})
