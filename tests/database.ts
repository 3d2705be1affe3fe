import { afterAll, beforeAll, inject } from 'vitest'
import { connect, transaction, type Client, type Sql } from '../schema/db.ts'
import { startThrowaway } from '../schema/embedded.ts'
import { migrate } from '../schema/migrate.ts'

let made = 0

export interface TestDatabase {
  sql: Client
  url: string
}

/** A database of one's own, migrated and empty, gone afterwards: for a test that commits, listens or runs jobs. */
export async function withDatabase<T>(act: (sql: Client, url: string) => Promise<T>): Promise<T> {
  const { sql, url, drop } = await create()
  try {
    return await act(sql, url)
  } finally {
    await drop()
  }
}

/**
 * The same for a whole file: `const db = useDatabase()`, then `db.sql` in its tests. `alone`: on a server of its own, for a test
 * that hangs on what every other database of the server does.
 */
export function useDatabase({ alone = false } = {}): TestDatabase {
  const database = {} as TestDatabase
  let drop: () => Promise<void>
  beforeAll(async () => {
    const created = await (alone ? createAlone() : create())
    Object.assign(database, { sql: created.sql, url: created.url })
    drop = created.drop
  })
  afterAll(() => drop())
  return database
}

/** Runs in a transaction and takes everything back, whatever happens. */
export async function rolledBack<T>(sql: Sql, act: (sql: Sql) => Promise<T>): Promise<T> {
  const undo = new Error('rolled back')
  let value: { of: T } | undefined
  try {
    await transaction(sql, async (inner) => {
      value = { of: await act(inner) }
      throw undo
    })
  } catch (error) {
    if (error !== undo) throw error
  }
  return value!.of
}

async function create(): Promise<TestDatabase & { drop: () => Promise<void> }> {
  const { url: server, template } = inject('database')
  const name = `courtois_test_${process.pid}_${++made}`
  const admin = connect(server, { max: 1 })
  await admin`create database ${admin(name)} template ${admin(template)}`
  const url = new URL(server)
  url.pathname = `/${name}`
  const sql = connect(url.href, { max: 4 })
  return {
    sql,
    url: url.href,
    async drop() {
      await sql.end({ timeout: 5 })
      await dropDatabase(admin, name)
      await admin.end()
    },
  }
}

async function createAlone(): Promise<TestDatabase & { drop: () => Promise<void> }> {
  const server = await startThrowaway({ name: 'alone' })
  await migrate(server.url)
  const sql = connect(server.url, { max: 4 })
  return {
    sql,
    url: server.url,
    async drop() {
      await sql.end({ timeout: 5 })
      await server.stop()
    },
  }
}

/**
 * PostgreSQL itself waits five seconds for sessions that are leaving; only one that stays is cut off. Cutting at once would
 * hit a connection that node-postgres is closing, which it reports as an error of nobody.
 */
export async function dropDatabase(admin: Client, name: string): Promise<void> {
  try {
    await admin`drop database ${admin(name)}`
  } catch {
    await admin`drop database ${admin(name)} with (force)`
  }
}
