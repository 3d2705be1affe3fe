import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Viewer } from '../api/auth.ts'
import { readAs } from '../api/reading.ts'
import { exportCase } from '../procedures/cases/file/export.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { roleFindings } from '../procedures/doctor/role.ts'
import type { Office } from '../procedures/office.ts'
import { startWorker } from '../procedures/jobs/work.ts'
import { type Client, connect, type Sql } from '../schema/db.ts'
import type { DomainError } from '../schema/errors.ts'
import { seededRandom } from '../schema/random.ts'
import { restoreBackup, writeBackup } from '../scripts/backup.ts'
import { bringUpToDate } from '../scripts/database.ts'
import { fillDemo } from '../scripts/demo/fill.ts'
import { openOffice } from '../scripts/office.ts'
import { dropDatabase, useDatabase } from './database.ts'
import { day } from './house.ts'

// The whole life of a claim, lived by the application's role on a database that another role owns.
const db = useDatabase()
const role = `courtois_app_${process.pid}`
const today = day('2026-11-20')
let app: Client
let office: Office
let folder: string
const appUrl = (url: string) => {
  const as = new URL(url)
  as.username = role
  as.password = 'mot de passe d’essai'
  return as.href
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'courtois-roles-'))
  await bringUpToDate({ url: appUrl(db.url), ownerUrl: db.url })
  app = connect(appUrl(db.url), { max: 4 })
  office = await openOffice({ sql: app, dataDir: join(folder, 'data'), random: seededRandom('roles') })
  await fillDemo(office, appUrl(db.url), today, () => {})
}, 240_000)

afterAll(async () => {
  await office.typst.close()
  await app.end({ timeout: 5 })
  await db.sql`drop owned by ${db.sql(role)}`
  await db.sql`drop role ${db.sql(role)}`
  rmSync(folder, { recursive: true, force: true })
})

const refused = { code: '42501' }
const tables = async (sql: Client) =>
  (await sql<{ name: string }[]>`select tablename as name from pg_tables where schemaname = 'public' order by 1`).map(
    ({ name }) => name,
  )

test('the demo is lived whole by a role that owns nothing, and the doctor has nothing to say', async () => {
  const [who] = await app<
    { user: string; owned: bigint }[]
  >`select current_user::text as user, (select count(*) from pg_class k join pg_roles r on r.oid = k.relowner where r.rolname = current_user) as owned`
  expect(who).toEqual({ user: role, owned: 0n })
  const [told] = await app<
    { packs: bigint; orders: bigint }[]
  >`select (select count(*) from packs) as packs, (select count(*) from procedure_events where step = 'ordonnance') as orders`
  expect(told!.packs).toBeGreaterThanOrEqual(3n)
  expect(told!.orders).toBeGreaterThanOrEqual(1n)
  expect(await examine(office, today)).toEqual([])
  expect(await roleFindings(app)).toEqual([])
}, 60_000)

test('a worker takes its jobs and gives them back under that role', async () => {
  const errors: unknown[] = []
  const report = (error: unknown): void => void errors.push(error)
  const worker = await startWorker(office, appUrl(db.url), { today: () => today, report })
  await worker.stop()
  expect(errors).toEqual([])
})

describe('what is kept, the application may add to and not rewrite', () => {
  const kept = [
    'events',
    'procedure_events',
    'packs',
    'pack_timestamps',
    'documents',
    'consents',
    'consent_requests',
    'consent_ends',
    'statements',
    'bailiff_returns',
    'hand_over_accesses',
    'hand_over_receipts',
    'downloads',
    'payment_rejections',
    'credit_notes',
    'calls',
    'visits',
  ]

  test.each(kept)('%s: no row is changed, taken away or emptied', async (table) => {
    const [column] = await db.sql<{ name: string }[]>`
      select attname as name from pg_attribute 
      where attrelid = ${table}::regclass and attnum > 0 and attidentity = '' order by attnum limit 1`
    const name = app(column!.name)
    await expect(app`update ${app(table)} set ${name} = ${name}`.execute()).rejects.toMatchObject(refused)
    await expect(app`delete from ${app(table)}`.execute()).rejects.toMatchObject(refused)
    await expect(app`truncate ${app(table)} cascade`.execute()).rejects.toMatchObject(refused)
    const [may] = await app<{ add: boolean }[]>`select has_table_privilege(${table}::text, 'INSERT') as add`
    expect(may).toEqual({ add: true })
  })

  test('every table whose rows a trigger keeps is one of those to which it may only add', async () => {
    const guarded = await db.sql<{ name: string }[]>`
      select distinct k.relname as name from pg_trigger t join pg_class k on k.oid = t.tgrelid join pg_proc p on p.oid = t.tgfoid
      where p.proname like '%\_are\_kept' and p.proname <> 'exhibit_numbers_are_kept' or p.proname in ('money_is_kept', 'consent_history_is_kept')`
    const open: string[] = []
    for (const { name } of guarded) {
      const [found] = await app<{ open: boolean }[]>`
        select has_any_column_privilege(${name}::text, 'UPDATE') or has_table_privilege(${name}::text, 'DELETE') as open`
      if (found!.open) open.push(name)
    }
    expect(open).toEqual([])
    expect(guarded.length).toBeGreaterThan(20)
  })

  test.each([
    ['payments', 'amount'],
    ['payments', 'received_on'],
    ['invoices', 'total'],
    ['invoices', 'source'],
    ['exhibits', 'original'],
    ['exhibits', 'pdf'],
    ['procedures', 'consent_id'],
    ['procedures', 'opened_on'],
    ['dispatches', 'address'],
    ['hand_overs', 'pack_id'],
  ])('%s: « %s » stays as it was written', async (table, column) => {
    const name = app(column)
    await expect(app`update ${app(table)} set ${name} = ${name}`.execute()).rejects.toMatchObject(refused)
    await expect(app`delete from ${app(table)}`.execute()).rejects.toMatchObject(refused)
  })

  test('no table of the house can be emptied', async () => {
    for (const table of await tables(db.sql))
      await expect(app`truncate ${app(table)} cascade`.execute()).rejects.toMatchObject(refused)
  })
})

describe('the ways around', () => {
  test.each([
    ['put a trigger to sleep', 'alter table events disable trigger events_are_kept'],
    ['put all of them to sleep', 'alter table events disable trigger all'],
    ['sleep through them', `set session_replication_role = 'replica'`],
    ['drop a trigger', 'drop trigger chain_event on events'],
    ['change a table', 'alter table events add column x int'],
    ['drop a table', 'drop table events cascade'],
    ['rename a table', 'alter table events rename to old_events'],
    [
      'replace a function',
      `create or replace function chain_event() returns trigger language plpgsql as 'begin return new; end'`,
    ],
    ['change a function', 'alter function chain_event() reset search_path'],
    ['make a table', 'create table public.mine (id int)'],
    ['make a trigger', 'create trigger mine before insert on events for each row execute function announce_event()'],
    ['make a rule', 'create rule mine as on insert to events do instead nothing'],
    ['make a policy', 'create policy mine on events using (true)'],
    ['take the tables', `reassign owned by courtois to ${role}`],
    ['make itself more', `alter role ${role} superuser`],
    ['forget a migration', 'delete from migration'],
    ['forget a migration of the jobs', 'delete from graphile_worker.migrations'],
    ['read a file of the server', `copy events from '/etc/passwd'`],
    ['run a program on the server', `copy (select 1) to program 'true'`],
  ])('it cannot %s', async (_what, statement) => {
    const act = app.unsafe(statement)
    await expect(act).rejects.toMatchObject(refused)
  })

  test('it cannot give itself rights: PostgreSQL warns, and gives nothing', async () => {
    await app.unsafe(`grant update, delete, truncate on events to ${role}`)
    await expect(app`update events set author = 'autre'`.execute()).rejects.toMatchObject(refused)
  })

  test('it cannot become the owner', async () => {
    const [owner] = await db.sql<{ name: string }[]>`select current_user::text as name`
    await expect(app`set role ${app(owner!.name)}`.execute()).rejects.toMatchObject(refused)
  })

  test('a table of the same name in its own session does not start another chain', async () => {
    const [before] = await db.sql<{ seq: number; hash: string }[]>`
      select seq, hash from events where case_id is null order by seq desc limit 1`
    const alone = connect(appUrl(db.url), { max: 1 })
    try {
      await alone`create temporary table events (like public.events)`
      await alone`insert into public.events (on_day, kind, author) values (${today}, 'note', 'essai')`
    } finally {
      await alone.end()
    }
    const [after] = await db.sql<{ seq: number; prev: string }[]>`
      select seq, prev from events where case_id is null order by seq desc limit 1`
    expect(after).toEqual({ seq: before!.seq + 1, prev: before!.hash })
  })
})

test('while something is left to migrate it starts nothing, and says who may', async () => {
  const url = appUrl(db.url)
  expect(await bringUpToDate({ url, ownerUrl: url })).toEqual([])
  const [last] = await db.sql<
    { name: string; checksum: string }[]
  >`select name, checksum from migration order by name desc limit 1`
  await db.sql`delete from migration where name = ${last!.name}`
  try {
    await expect(bringUpToDate({ url, ownerUrl: url })).rejects.toMatchObject({
      code: 'migration_due',
      facts: { due: [last!.name] },
      remedy: expect.stringContaining('DATABASE_OWNER_URL'),
    })
  } finally {
    await db.sql`insert into migration ${db.sql(last!)}`
  }
})

test('an owner that is no superuser is told, word for word, what an administrator has to run, and then needs him no more', async () => {
  const { sql } = db
  const [owner, program] = [`courtois-plain-${process.pid}`, `courtois works ${process.pid}`]
  const name = `${new URL(db.url).pathname.slice(1)}-plain`
  const as = (user: string) => Object.assign(new URL(db.url), { username: user, pathname: `/${name}` }).href
  const both = { url: as(program), ownerUrl: as(owner) }
  const runAsTold = async (refusal: Promise<unknown>, code: string) => {
    const error = await refusal.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toMatchObject({ code })
    const told = [...(error as DomainError).remedy.matchAll(/« ((?:alter|grant|create) .*?) »/g)]
    expect(told.length).toBeGreaterThan(0)
    for (const [, statement] of told) await sql.unsafe(statement!)
  }
  await sql`create role ${sql(owner)} login`
  await sql`create database ${sql(name)}`
  try {
    await runAsTold(bringUpToDate(both), 'migration_denied')
    // The reader is there, made by another database's owner, who alone may lend it.
    await runAsTold(bringUpToDate(both), 'role_refused')
    expect(await bringUpToDate(both)).toEqual([])
    await sql`alter role ${sql(owner)} nocreaterole`
    expect(await bringUpToDate(both)).toEqual([])

    const one = { url: both.ownerUrl, ownerUrl: both.ownerUrl }
    await runAsTold(bringUpToDate(one), 'role_refused')
    expect(await bringUpToDate(one)).toEqual([])
    for (const url of [both.url, both.ownerUrl]) {
      const client = connect(url, { max: 1 })
      try {
        const viewer = { role: 'creditor', name: 'Essai', creditorId: crypto.randomUUID(), bailiffId: null } as Viewer
        const seen = await readAs(
          client,
          viewer,
          (tx) => tx`select current_user::text as role, count(*)::int from cases`,
        )
        expect(seen).toEqual([{ role: 'courtois_viewer', count: 0 }])
      } finally {
        await client.end({ timeout: 5 })
      }
    }
  } finally {
    await dropDatabase(sql, name)
    for (const role of [program, owner]) {
      await sql`drop owned by ${sql(role)}`
      await sql`drop role ${sql(role)}`
    }
  }
}, 60_000)

test('under the owner of the tables the doctor says what could be rewritten', async () => {
  expect(await roleFindings(db.sql)).toMatchObject([{ code: 'role_too_strong', case: null }])
})

test('what it backs up, the owner restores to the same hashes, and it works on', async () => {
  const { folder: from } = await writeBackup(
    { sql: app, dataDir: join(folder, 'data') },
    join(folder, 'backups'),
    Temporal.Instant.from('2026-11-20T03:00:00Z'),
  )
  const name = `${new URL(db.url).pathname.slice(1)}_restored`
  await db.sql`create database ${db.sql(name)}`
  const ownerUrl = new URL(db.url)
  ownerUrl.pathname = `/${name}`
  const url = appUrl(ownerUrl.href)
  try {
    await restoreBackup(from, { url: ownerUrl.href, dataDir: join(folder, 'fresh') })
    await bringUpToDate({ url, ownerUrl: ownerUrl.href })
    const restored = connect(url, { max: 2 })
    try {
      const cases = await app<{ id: string }[]>`select id from cases order by number`
      expect(cases.length).toBeGreaterThan(20)
      for (const { id } of cases.slice(0, 4)) expect(await exportCase(restored, id)).toEqual(await exportCase(app, id))
      await restored`insert into events (on_day, kind, author) values (${today}, 'note', 'essai')`
      await expect(restored`delete from events`.execute()).rejects.toMatchObject(refused)
    } finally {
      await restored.end({ timeout: 5 })
    }
  } finally {
    await dropDatabase(db.sql, name)
  }
}, 240_000)

describe('what is read for a creditor or a bailiff', () => {
  const of = (viewer: Partial<Viewer>): Viewer => ({
    role: 'creditor',
    name: 'Essai',
    creditorId: null,
    bailiffId: null,
    ...viewer,
  })
  const stranger = '00000000-0000-4000-8000-000000000009'
  /** Nobody's secret, or nobody's business but the house's: no rule, and closed to the reader. */
  const closed = [
    'attempts',
    'case_numbers',
    'case_readings',
    'coupons',
    'ended_sessions',
    'erasures',
    'fee_numbers',
    'house_key',
    'idempotency_keys',
    'migration',
    'post_batches',
    'uploads',
  ]
  const everybody = ['agency', 'agency_proofs', 'bailiffs', 'court_places']
  const ruled = async () => (await tables(db.sql)).filter((name) => !closed.includes(name) && !everybody.includes(name))
  const count = async (sql: Sql, table: string) =>
    Number((await sql<[{ rows: bigint }]>`select count(*) as rows from ${sql(table)}`)[0].rows)

  test('each table has a rule of its own, or is closed to them, or is a list that anybody may read', async () => {
    const rules = await db.sql<{ name: string }[]>`
      select k.relname as name from pg_class k join pg_policy p on p.polrelid = k.oid and p.polname = 'viewer'
      where k.relnamespace = 'public'::regnamespace and k.relrowsecurity order by 1`
    expect(rules.map(({ name }) => name)).toEqual(await ruled())
    for (const table of closed)
      await expect(readAs(app, of({ creditorId: stranger }), (sql) => count(sql, table))).rejects.toMatchObject(refused)
  })

  test('a stranger sees no row of any table, whatever is asked', async () => {
    for (const viewer of [of({ creditorId: stranger }), of({ role: 'bailiff', bailiffId: stranger }), of({})])
      for (const table of await ruled())
        expect([table, await readAs(app, viewer, (sql) => count(sql, table))]).toEqual([table, 0])
  })

  test('a creditor sees its own cases and all that hangs on them, and nothing else', async () => {
    const creditors = await db.sql<{ id: string; cases: string[] }[]>`
      select p.id, array_agg(c.id::text) as cases from creditors p join cases c on c.creditor_id = p.id group by p.id`
    expect(creditors.length).toBeGreaterThan(1)
    const ofCase = [
      'invoices',
      'documents',
      'steps',
      'events',
      'procedures',
      'consent_requests',
      'payments',
      'exhibits',
    ]
    for (const { id, cases } of creditors) {
      await readAs(app, of({ creditorId: id }), async (sql) => {
        expect(await count(sql, 'creditors')).toBe(1)
        expect(await count(sql, 'cases')).toBe(cases.length)
        for (const table of ofCase) {
          const [owned] = await db.sql<[{ rows: bigint }]>`
            select count(*) as rows from ${db.sql(table)} where case_id::text = any(${cases})`
          expect([table, await count(sql, table)]).toEqual([table, Number(owned.rows)])
        }
      })
    }
  })

  test('a bailiff sees the packs handed over to it, and its cases', async () => {
    const [given] = await db.sql<[{ bailiffId: string; packs: bigint }]>`
      select bailiff_id, count(*) as packs from hand_overs where revoked_on is null group by 1 limit 1`
    await readAs(app, of({ role: 'bailiff', bailiffId: given.bailiffId }), async (sql) => {
      expect(await count(sql, 'hand_overs')).toBe(Number(given.packs))
      expect(await count(sql, 'cases')).toBeGreaterThan(0)
      expect(await count(sql, 'mandates')).toBeLessThan(await count(db.sql, 'mandates'))
    })
  })

  test('nothing is written by whoever reads', async () => {
    const viewer = of({ creditorId: stranger })
    await expect(readAs(app, viewer, (sql) => sql`delete from cases`.execute())).rejects.toMatchObject({
      code: '25006',
    })
  })
})
