import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

import { makeWorkerUtils } from 'graphile-worker'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { connect, json, transaction } from '../schema/db.ts'
import { startEmbedded, startThrowaway } from '../schema/embedded.ts'
import { migrate } from '../schema/migrate.ts'
import { rolledBack, useDatabase, withDatabase } from './database.ts'

const day = (text: string) => Temporal.PlainDate.from(text)

describe('values of the database', () => {
  const db = useDatabase()

  test('days, instants and cents come and go as Temporal and bigint', async () => {
    const instant = Temporal.Instant.from('2026-03-29T01:30:00.123456Z')
    const [row] = await db.sql<
      { dueOn: Temporal.PlainDate; sentAt: Temporal.Instant; cents: bigint; percent: string }[]
    >`
      select ${day('0987-02-03')}::date as due_on, ${instant}::timestamptz as sent_at,
             ${9_007_199_254_740_993n}::int8 as cents, 2.620::numeric as percent`
    expect(row!.dueOn.toString()).toBe('0987-02-03')
    expect(row!.sentAt.equals(instant)).toBe(true)
    expect(row!.cents).toBe(9_007_199_254_740_993n)
    expect(row!.percent).toBe('2.620')
  })

  test('days come back as they are, of any century, read a first time or again', async () => {
    const days = ['0001-01-01', '1582-10-10', '1899-12-31', '1900-01-01', '1900-03-01', '2000-02-29', '2024-12-31']
    days.push('2026-03-29', '2199-12-31', '2200-01-01', '2400-02-29', '9999-12-31')
    for (const _time of ['first', 'again']) {
      const rows = await db.sql<{ day: Temporal.PlainDate }[]>`
        select day from unnest(${days}::text[]::date[]) with ordinality as d (day, n) order by n`
      expect(rows.map(({ day: read }) => read.toString())).toEqual(days)
    }
  })

  test('a day without end is refused, and what is asked after it is answered', async () => {
    for (const never of ['infinity', '-infinity'])
      await expect(db.sql`select ${never}::text::date as day`).rejects.toThrow(RangeError)
    expect(await db.sql`select '2026-09-30'::date as day`).toEqual([{ day: day('2026-09-30') }])
  })

  test('arrays of days, of texts and of cents go in and come out', async () => {
    const [row] = await db.sql`
      select ${[day('2026-01-01'), day('2026-01-02')]}::date[] as days, ${['a,"b"\\', 'é']}::text[] as texts,
             ${[1n, 2n].map(String)}::int8[] as cents, ${[]}::date[] as none`
    expect(row!['days'].map(String)).toEqual(['2026-01-01', '2026-01-02'])
    expect(row).toMatchObject({ texts: ['a,"b"\\', 'é'], cents: [1n, 2n], none: [] })
  })

  test('columns change to camel case and the keys of json do not', async () => {
    const value = { due_on: '2026-01-01', dueOn: { list: [{ a_b: null }] } }
    await rolledBack(db.sql, async (sql) => {
      await sql`create table note (case_id int, free_data jsonb, free_text text)`
      await sql`insert into note ${sql({ caseId: 1, freeData: json(sql, value), freeText: null })}`
      expect(await sql`select case_id, free_data, jsonb_typeof(free_data) as of_type from note`).toEqual([
        { caseId: 1, freeData: value, ofType: 'object' },
      ])
    })
  })

  test('what would be stored as something plausible and wrong is refused', async () => {
    await expect(db.sql`select ${new Date(0)}::timestamptz`).rejects.toThrow('takes a Temporal.Instant')
    await expect(db.sql`select ${day('2026-01-01')}::timestamptz`).rejects.toThrow('takes a Temporal.Instant')
    await expect(db.sql`select ${undefined as never}::text`).rejects.toThrow('UNDEFINED_VALUE')
    expect(() => json(db.sql, undefined)).toThrow('undefined is not a json value')
    await expect(db.sql`select ${json(db.sql, { cents: 1n })}::jsonb`).rejects.toThrow('BigInt')
  })

  test('data is never SQL', async () => {
    const name = `'; drop table migration; -- #panic("x") *b* $1 <b>`
    expect(await db.sql`select ${name} as name`).toEqual([{ name }])
  })

  test('names sort as a French reader expects', async () => {
    const rows =
      await db.sql`select n from unnest(${['Zola', 'élan', 'Eluard', 'abbé']}::text[]) n order by n collate "fr-x-icu"`
    expect(rows.map((row) => row['n'])).toEqual(['abbé', 'élan', 'Eluard', 'Zola'])
  })

  test('a transaction inside a transaction is a savepoint, and an array comes back as it was', async () => {
    await rolledBack(db.sql, async (sql) => {
      await sql`create table kept (x int)`
      const inner = transaction(sql, async (nested) => {
        await nested`insert into kept values (1)`
        throw new Error('refused')
      })
      await expect(inner).rejects.toThrow('refused')
      expect(await transaction(sql, async (nested) => [await nested`select * from kept`, 'rest'])).toEqual([[], 'rest'])
    })
    expect(await db.sql`select to_regclass('kept') as found`).toEqual([{ found: null }])
  })

  test('the same URL serves graphile-worker’s own client', async () => {
    const worker = await makeWorkerUtils({ connectionString: db.url })
    await worker.addJob('render', { letter: 1 }, { jobKey: 'k' })
    await worker.release()
    expect(await db.sql`select task_identifier, key from graphile_worker.jobs`).toEqual([
      { taskIdentifier: 'render', key: 'k' },
    ])
  })
})

describe('migrations', () => {
  let folder: string
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text)
  const url = () => pathToFileURL(`${folder}/`)
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'courtois-migrations-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('files are applied once, in order, and an edited, late or lost one is refused', async () => {
    const server = await startThrowaway()
    try {
      write('0001_first.sql', 'create table first (x int); insert into first values (1);')
      write('0003_third.sql', 'alter table first add y int;')
      const both = await Promise.all([migrate(server.url, url()), migrate(server.url, url())])
      expect(both.flat()).toEqual(['0001_first.sql', '0003_third.sql'])
      expect(await migrate(server.url, url())).toEqual([])

      write('0004_broken.sql', 'create table half (x int); select nonsense;')
      await expect(migrate(server.url, url())).rejects.toThrow('nonsense')
      const sql = connect(server.url, { max: 1 })
      expect(await sql`select to_regclass('half') as half, (select count(*) from first) as kept`).toEqual([
        { half: null, kept: 1n },
      ])
      await sql.end()
      rmSync(join(folder, '0004_broken.sql'))

      write('0002_late.sql', 'select 1;')
      await expect(migrate(server.url, url())).rejects.toMatchObject({ code: 'migration_refused' })
      rmSync(join(folder, '0002_late.sql'))
      write('0003_third.sql', 'alter table first add z int;')
      await expect(migrate(server.url, url())).rejects.toThrow('0003_third.sql a été modifié')
      rmSync(join(folder, '0003_third.sql'))
      await expect(migrate(server.url, url())).rejects.toThrow('que ce programme n’a pas')
    } finally {
      await server.stop()
    }
  })
})

test('cases that were there before their lists are in them once migrated, and their procedures are looked at again', async () => {
  const server = await startThrowaway()
  try {
    const ours = new URL('../schema/migrations/', import.meta.url)
    await migrate(server.url, ours, '0020_known_files.sql')
    const sql = connect(server.url, { max: 1 })
    const id = '00000000-0000-4000-8000-000000000001'
    await sql.begin(async (tx) => {
      await tx`set local session_replication_role = replica`
      await tx`
        insert into creditors (id, name, kind, identity, created_on) values (${id}, 'Papeterie', 'autres', '{}', '2026-06-01')`
      await tx`
        insert into debtors (id, creditor_id, name, kind, identity, created_on)
        values (${id}, ${id}, 'Garage', 'business', '{}', '2026-06-02')`
      await tx`
        insert into cases (id, number, creditor_id, debtor_id, scenario, currency, anchor_on, limitation_on, opened_on, opened_by)
        values (${id}, '2026-0001', ${id}, ${id}, 'standard', 'EUR', '2026-06-01', '2031-06-01', '2026-06-02', 'test')`
      await tx`
        insert into invoices (id, case_id, number, issued_on, due_on, total, payable, currency, source, recorded_on, recorded_by)
        values (${id}, ${id}, 'F-1', '2026-05-01', '2026-06-01', 12000, 12000, 'EUR', '{}', '2026-06-02', 'test')`
      await tx`
        insert into steps (id, case_id, key, rank, channel, nominal_on, planned_on)
        values (${id}, ${id}, 'relance', 1, 'courrier', '2026-06-10', '2026-06-11')`
      await tx`
        insert into procedures (id, case_id, procedure, consent_id, court, opened_on, opened_by, watched_on)
        values (${id}, ${id}, 'injonction-de-payer', ${id}, '{}', '2026-06-02', 'test', '2026-06-09')`
    })
    await migrate(server.url, ours)
    expect(
      await sql`
      select c.balance, c.next_on::text as next_on, p.watched_on from cases c join procedures p on p.case_id = c.id`,
    ).toEqual([{ balance: 12000n, nextOn: '2026-06-11', watchedOn: null }])
    await sql.end()
  } finally {
    await server.stop()
  }
})

describe('the tables', () => {
  const db = useDatabase()

  test('find by an index whatever points at a row: a case costs the same among a million', async () => {
    const unaided = await db.sql`
      select format('%s (%s)', c.conrelid::regclass, a.attname) as key
      from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
      where c.contype = 'f' and c.connamespace = 'public'::regnamespace
        and not exists (select from pg_index i
                        where i.indrelid = c.conrelid and i.indkey[0] = c.conkey[1] and i.indpred is null)
      order by 1`
    expect(unaided.map((row) => row['key'])).toEqual([])
  })
})

describe('the embedded server', () => {
  let dataDir: string
  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'courtois-data-'))
    // As root the server runs as nobody, who must be able to walk there.
    spawnSync('chmod', ['755', dataDir])
  })
  afterAll(() => rmSync(dataDir, { recursive: true }))

  const program = join(import.meta.dirname, 'setup', 'embedded-child.ts')
  const pid = (): number => Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0])
  const isAlive = (id: number): boolean => spawnSync('kill', ['-0', String(id)]).status === 0
  async function inAnotherProcess(): Promise<{ url: string; kill: () => Promise<void> }> {
    const child = spawn(process.execPath, [program, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [url] = (await once(createInterface(child.stdout), 'line')) as [string]
    const kill = async (): Promise<void> => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    return { url, kill }
  }

  test('first starts at the same moment share one server, and the last to leave stops it', async () => {
    const [a, b] = await Promise.all([startEmbedded({ dataDir }), inAnotherProcess()])
    expect(a.url).toBe(b.url)
    const server = pid()
    await a.stop()
    expect(isAlive(server)).toBe(true)
    await b.kill()
    const again = await startEmbedded({ dataDir })
    expect(again.url).toBe(a.url) // joined: the process that was killed could not stop it
    await again.stop()
    await again.stop()
    expect(existsSync(join(dataDir, 'postgres/data/postmaster.pid'))).toBe(false)
  })

  test('what was committed outlives kill -9 of the server itself', async () => {
    const first = await startEmbedded({ dataDir, name: 'cases' })
    const sql = connect(first.url, { max: 1 })
    await sql`create table kept as select 1 as x`
    process.kill(pid(), 'SIGKILL')
    await sql.end({ timeout: 0 })
    await first.stop()
    const second = await startEmbedded({ dataDir, name: 'cases' })
    const again = connect(second.url)
    expect(await again`select x from kept`).toEqual([{ x: 1 }])
    await again.end()
    await second.stop()
  })

  test('a throwaway server leaves nothing behind when its program is killed, while it starts or after', async () => {
    for (const killedOn of ['starting', 'started']) {
      const folder = mkdtempSync(join(tmpdir(), 'courtois-gone-'))
      spawnSync('chmod', ['777', folder])
      const env = { ...process.env, TMPDIR: folder }
      const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] })
      for await (const line of createInterface(child.stdout)) if (line === killedOn) break
      const watched = readdirSync(folder)
      child.kill('SIGKILL')
      expect(watched.length).toBeGreaterThan(0)
      await vi.waitFor(() => expect(readdirSync(folder)).toEqual([]), { timeout: 20_000, interval: 100 })
      rmSync(folder, { recursive: true })
    }
  })

  test('the pid file of a dead server does not stop a start when another program has its number', async () => {
    const file = join(dataDir, 'postgres/data/postmaster.pid')
    const first = await startEmbedded({ dataDir })
    const left = readFileSync(file, 'utf8')
    await first.stop()
    writeFileSync(file, left.replace(/^\d+/, String(process.pid)))
    const server = await startEmbedded({ dataDir })
    expect(pid()).not.toBe(process.pid)
    await server.stop()
  })

  test('data of another version of PostgreSQL are refused in a sentence', async () => {
    const old = mkdtempSync(join(tmpdir(), 'courtois-old-'))
    spawnSync('chmod', ['755', old])
    mkdirSync(join(old, 'postgres/data'), { recursive: true })
    writeFileSync(join(old, 'postgres/data/PG_VERSION'), '15\n')
    await expect(startEmbedded({ dataDir: old })).rejects.toMatchObject({ code: 'embedded_unavailable' })
    rmSync(old, { recursive: true })
  })
})

test('each test that asks for one gets its own migrated database', async () => {
  const names = await Promise.all(
    [1, 2].map(() =>
      withDatabase(async (sql) => {
        const [row] = await sql<{ name: string }[]>`select current_database() as name, (select count(*) from migration)`
        return row!.name
      }),
    ),
  )
  expect(new Set(names).size).toBe(2)
})
