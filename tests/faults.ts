import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { openArchive, sha256 } from '../documents/archive.ts'
import type { Day } from '../schema/days.ts'
import { type Client, connect, type Sql } from '../schema/db.ts'
import { type Embedded, startEmbedded } from '../schema/embedded.ts'
import { migrate } from '../schema/migrate.ts'
import { seededRandom } from '../schema/random.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { openOffice } from '../scripts/office.ts'
import { addInvoices, creditorOf, type House, invoice } from './house.ts'

/** What `npm run faults` names: other moments, and more of everything. `npm test` plays one short seed of each fault. */
export const seed = process.env['FAULTS_SEED']

/** The chance of a test: whole numbers below the one that is given, the same again for the same seed. */
export function seededChance(): (n: number) => number {
  const chance = seededRandom(`${seed ?? 'faults'} ${expect.getState().currentTestName}`)
  return (n) => Buffer.from(chance.bytes(4)).readUInt32BE() % n
}

/** In milliseconds: for what takes seconds where nothing else has the machine. */
export const patience = 120_000

export const children = new Set<ChildProcess>()
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/**
 * A child of ours, gone at the end of the test whatever happens; what it says of a database that it lost may be left unsaid. `within`:
 * the command that runs it elsewhere.
 */
export function start(
  script: string,
  args: string[],
  env: Record<string, string> = {},
  stderr: 'inherit' | 'ignore' = 'inherit',
  within: string[] = [],
): ChildProcess {
  const [program, ...rest] = [...within, process.execPath, '--import', path('./setup/driver.ts'), path(script), ...args]
  const child = spawn(program!, rest, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', stderr],
  })
  children.add(child)
  child.once('exit', () => children.delete(child))
  return child
}

/** A house whose database is its own, and may be killed. */
export interface OwnHouse extends House {
  database: Embedded
}

export async function openHouse(): Promise<OwnHouse> {
  const dir = mkdtempSync(join(tmpdir(), 'courtois-faults-'))
  const database = await startEmbedded({ dataDir: dir })
  await migrate(database.url)
  const sql = connect(database.url, { max: 4 })
  const random = seededRandom('faults')
  const office = await openOffice({ sql, dataDir: dir, random, baseUrl: 'https://courtois.example' })
  return { database, sql, office, url: database.url, dir }
}

export const postmasterOf = (dir: string) =>
  Number(readFileSync(join(dir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0])

/** The database goes, without a word to anybody who works on it. */
export async function takeDatabase({ sql, dir, database }: OwnHouse, signal: NodeJS.Signals): Promise<void> {
  await sql.end({ timeout: 1 }).catch(() => {})
  process.kill(postmasterOf(dir), signal)
  await database.stop()
}

/** It runs again, for this program alone as long as nobody else is told where. */
export async function bringDatabaseBack(house: OwnHouse): Promise<void> {
  const database = await startEmbedded({ dataDir: house.dir })
  const sql = connect(database.url, { max: 4 })
  Object.assign(house, { database, sql, url: database.url, office: { ...house.office, sql } })
}

export async function closeHouse({ office, dir, sql, database }: OwnHouse): Promise<void> {
  await killAll()
  await office.typst.close()
  await sql.end({ timeout: 1 }).catch(() => {})
  await database.stop()
  rmSync(dir, { recursive: true, force: true })
}

/** The API on that day, with so many hands at the letters; it says « GraphQL » once it answers. `program`: that of another version. */
export function startApi(dir: string, on: Day, jobs = 1, program = '../scripts/courtois.ts'): ChildProcess {
  const env = { DATA_DIR: dir, PORT: '0', DATABASE_URL: '', BASE_URL: '', NODE_ENV: 'development' }
  return start(program, ['serve', '--jobs', String(jobs), '--day', on.toString()], env, 'ignore')
}

/** An agency with one creditor and so many debtors, each owing an invoice whose first letter is due on 11 June 2026. */
export async function openDebts(house: House, on: Day, count: number): Promise<void> {
  await openAgency(house.sql, on)
  await addDebts(house, on, await creditorOf(house, on), { from: 0, count })
}

/** More of them: each debtor has a name that is found in no other. */
export async function addDebts(
  house: House,
  on: Day,
  creditorId: string,
  { from, count }: { from: number; count: number },
): Promise<void> {
  for (let i = from; i < from + count; i++) {
    const address = { lines: [`${i + 1} rue de la Gare`], postal_code: '69003', city: 'Lyon', country: 'FR' }
    const buyer = { name: `Client-${i}-`, address }
    const invoices = [invoice({ number: `F-${i}`, issued_on: '2026-05-11', due_on: '2026-06-10', buyer })]
    await addInvoices(house, { creditorId, on: on.toString(), invoices })
  }
}

export const ended = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise<void>((resolve) => child.once('exit', () => resolve()))
/** Resolves with these words once it has said them, and fails if it ends before. */
export const says = (child: ChildProcess, words: RegExp): Promise<RegExpExecArray> =>
  new Promise((resolve, reject) => {
    let said = ''
    child.stdout!.on('data', (text: Buffer) => {
      said += text.toString()
      const found = words.exec(said)
      if (found) resolve(found)
    })
    child.once('exit', () => reject(new Error(`it ended without a word of ${words}: ${said}`)))
  })
export async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await ended(child)
}
/** The folder of a server's socket, as its address names it. */
const socketOf = (url: string): string =>
  new URL(url).searchParams.get('host') ?? decodeURIComponent(new URL(url).hostname)
/** An embedded server that comes back has a socket elsewhere: it is found where it was, as a server of one's own would be. */
export function comesBackTo(old: string, again: string): void {
  rmSync(socketOf(old), { recursive: true, force: true })
  symlinkSync(socketOf(again), socketOf(old))
  links.push(socketOf(old))
}
const links: string[] = []
/** For the end of each test, whatever happens. */
export async function killAll(): Promise<void> {
  await Promise.all([...children].map(kill))
  for (const link of links.splice(0)) rmSync(link, { force: true })
}

/** Resolves when the database has announced that many more events, whatever they are. */
export function events(sql: Client, howMany: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let left = howMany
    sql
      .listen('case_events', () => {
        if (--left === 0) resolve()
      })
      .catch(reject)
  })
}

/** Resolves when nothing is left to do. What waits for its back-off, its worker killed again and again, need not wait here. */
export async function idle(sql: Client): Promise<void> {
  for (;;) {
    const [left] = await sql<{ jobs: bigint }[]>`select count(*) as jobs from graphile_worker.jobs`
    if (left!.jobs === 0n) return
    const failed = await sql<{ lastError: string }[]>`
      select last_error from graphile_worker.jobs
      where attempts >= 5 and last_error <> 'le programme s’est arrêté pendant ce travail'`
    expect(failed.map((job) => job.lastError)).toEqual([])
    await sql`update graphile_worker._private_jobs set run_at = now() where locked_at is null and run_at > now()`
    await sql`select pg_sleep(0.25)`
  }
}

/** The day's jobs once more, without waiting for the back-off of those that failed. */
export const again = (sql: Sql) => sql`update graphile_worker._private_jobs set run_at = now() where locked_at is null`
export const counts = async (sql: Sql) =>
  (
    await sql<{ done: number; documents: number; jobs: number }[]>`
      select (select count(*) from steps where done_on is not null)::int as done, (select count(*) from documents)::int as documents,
             (select count(*) from graphile_worker.jobs)::int as jobs`
  )[0]!

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
export async function nothingLostNorTwice(sql: Client, dataDir: string): Promise<Kept[]> {
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
