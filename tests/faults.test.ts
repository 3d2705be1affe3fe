import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { openArchive, sha256 } from '../documents/archive.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { startEmbedded } from '../schema/embedded.ts'
import { type Client, connect } from '../schema/db.ts'
import { migrate } from '../schema/migrate.ts'
import { seededRandom } from '../schema/random.ts'
import { fillDemo } from '../scripts/demo/fill.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { openOffice } from '../scripts/office.ts'
import { addInvoices, creditorOf, day, invoice, useHouse } from './house.ts'

const house = useHouse()
const children = new Set<ChildProcess>()
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** A child of ours, gone at the end of the test whatever happens. */
function start(script: string, args: string[], env: Record<string, string> = {}): ChildProcess {
  const child = spawn(process.execPath, [path(script), ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}
const ended = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise<void>((resolve) => child.once('exit', () => resolve()))
async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await ended(child)
}
afterEach(async () => void (await Promise.all([...children].map(kill))))

/** Resolves when the database has announced that many more events, whatever they are. */
function events(sql: Client, howMany: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = howMany
    sql
      .listen('case_events', () => {
        if (--left === 0) resolve()
      })
      .catch(reject)
  })
}

/** Resolves when nothing is left to do: looked at again each time that something happens, and once a second. */
async function idle(sql: Client): Promise<void> {
  for (;;) {
    const [left] = await sql<{ jobs: bigint }[]>`select count(*) as jobs from graphile_worker.jobs`
    if (left!.jobs === 0n) return
    const failed = await sql<
      { lastError: string }[]
    >`select last_error from graphile_worker.jobs where attempts >= 5 and last_error is not null`
    expect(failed.map((job) => job.lastError)).toEqual([])
    await sql`select pg_sleep(0.25)`
  }
}

interface Kept {
  letter: string
  stepId: string | null
  sha256: string
  reference: string
  dispatched: boolean
  isEnclosed: boolean
  state: string | null
  proof: { tray: string } | null
  channel: string
}

/** Every document once in the database, its bytes in the archive, and what leaves the house once in the out-tray. */
async function nothingLostNorTwice(sql: Client, dataDir: string): Promise<Kept[]> {
  const archive = openArchive(join(dataDir, 'archive'))
  const documents = await sql<Kept[]>`
    select d.letter, d.step_id, d.sha256, d.reference, d.attached_to is not null as is_enclosed, o.document_id is not null as dispatched, o.state, o.proof, d.channel
    from documents d left join dispatches o on o.document_id = d.id`
  expect(
    new Set(documents.map((each) => `${each.stepId} ${each.letter} ${each.stepId ? '' : each.reference}`)).size,
  ).toBe(documents.length)
  for (const document of documents)
    expect(sha256(await archive.get(document.sha256)), `${document.reference}`).toBe(document.sha256)
  const sent = documents.filter((document) => document.dispatched)
  expect(sent.map((document) => document.state).filter((state) => state !== 'sent')).toEqual([])
  const tray = join(dataDir, 'out')
  const files = readdirSync(tray, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(tray.length + 1))
  // What a killed worker was still writing has a name that begins with a dot, and the letter stands beside it.
  const placed = files.filter((name) => !/\/\./.test(name))
  expect(placed.filter((name) => !name.includes('-annexe-')).toSorted()).toEqual(
    sent.map((document) => document.proof!.tray).toSorted(),
  )
  const enclosed = placed
    .filter((name) => name.includes('-annexe-') && !name.includes('-facture-'))
    .map((name) => sha256(readFileSync(join(tray, name))))
  expect(enclosed.toSorted()).toEqual(
    documents.flatMap((document) => (document.isEnclosed ? [document.sha256] : [])).toSorted(),
  )
  for (const document of sent) expect(sha256(readFileSync(join(tray, document.proof!.tray)))).toBe(document.sha256)
  const once =
    await sql`select detail ->> 'reference' from events where kind = 'letter_sent' group by 1 having count(*) > 1`
  expect(once).toEqual([])
  return documents
}

test('workers killed again and again in the middle of sixty letters lose none and write none twice', async () => {
  const { sql, url, dir } = house
  const on = day('2026-06-11')
  await openAgency(sql, on)
  const creditorId = await creditorOf(house, on)
  for (let i = 0; i < 64; i++) {
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
  expect(await tick(sql, on)).toBe(64)

  const chance = seededRandom('faults')
  const work = () => [1, 2].map(() => start('./setup/worker-child.ts', [url, dir]))
  for (let round = 0; round < 5; round++) {
    const workers = work()
    // Each letter announces three or four events: between two and nine letters after the start, so always in the middle.
    await events(sql, 8 + (chance.bytes(1)[0]! % 24))
    await Promise.all(workers.map(kill))
  }
  const [before] = await sql<{ done: bigint }[]>`select count(*) as done from steps where done_on is not null`
  expect(Number(before!.done)).toBeGreaterThan(5)
  expect(Number(before!.done)).toBeLessThan(64)
  work()
  await idle(sql)

  const documents = await nothingLostNorTwice(sql, dir)
  const first = documents.filter((document) => document.letter === 'relance-cordiale-pro')
  expect(first).toHaveLength(64)
  expect(new Set(first.map((document) => document.stepId)).size).toBe(64)
  expect(documents).toHaveLength(128) // each with its notice on personal data
  const [row] = await sql<{ done: bigint; held: bigint }[]>`
    select (select count(*) from steps where done_on = ${on}) as done, (select count(*) from holds) as held`
  expect(row).toEqual({ done: 64n, held: 0n })
  expect(await tick(sql, on)).toBe(0)
}, 90_000)

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
