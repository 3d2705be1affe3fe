import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { Logger, runMigrations } from 'graphile-worker'
import { connect, transaction, type Sql } from './db.ts'
import { DomainError, errorCode } from './errors.ts'

const migrations = new URL('./migrations/', import.meta.url)
// Any number will do, as long as it is ours alone on this database.
export const lock = 7_315_902_664n

interface Migration {
  name: string
  text: string
  checksum: string
}

/**
 * Brings the database up to date: graphile-worker's tables, then each file of schema/migrations not yet applied, in
 * order, each in its own transaction. Answers the names applied now. Refuses an edited, removed or late file, and an account that
 * may not make tables and roles. `until` names the last one wanted: a backup goes back into the tables that it came from.
 */
export async function migrate(url: string, folder: URL = migrations, until?: string): Promise<string[]> {
  const files = read(folder).filter(({ name }) => until === undefined || name <= until)
  const sql = connect(url, { max: 1 })
  try {
    // One connection, so one session: the lock makes a second `migrate` wait, and then find nothing left to do.
    await sql`select pg_advisory_lock(${lock})`
    await prepareJobs(sql, url)
    await sql`
      create table if not exists migration (
        name       text primary key,
        checksum   text not null,
        applied_at timestamptz not null default now()
      )`
    const done = await sql<{ name: string; checksum: string }[]>`select name, checksum from migration order by name`
    const due = pending(files, done)
    for (const file of due) await transaction(sql, (inner) => apply(inner, file))
    return due.map(({ name }) => name)
  } catch (cause) {
    if (errorCode(cause) !== '42501') throw cause
    const [here] = await sql<{ account: string; database: string }[]>`
      select quote_ident(current_user) as account, quote_ident(current_database()) as database`
    const { account, database } = here!
    throw new DomainError('migration_denied', 'Ce compte n’a pas ce qu’il faut pour migrer la base.', {
      remedy:
        `Faites exécuter « alter database ${database} owner to ${account} » et « alter role ${account} createrole » ` +
        `par un administrateur, puis « courtois migrate ».`,
      cause,
    })
  } finally {
    await sql.end()
  }
}

/** What this program has and the database has not yet received; for a role that may read and not migrate. */
export async function migrationsDue(sql: Sql): Promise<string[]> {
  const [found] = await sql<{ there: boolean }[]>`select to_regclass('public.migration') is not null as there`
  const done = found!.there
    ? await sql<{ name: string; checksum: string }[]>`select name, checksum from migration order by name`
    : []
  return pending(read(migrations), done).map(({ name }) => name)
}

let prepared = 0

/**
 * graphile-worker's own tables. It answers before its connection has left: a server stopped at that moment would end the
 * program with an error that belongs to nobody, so its leaving is waited for.
 */
async function prepareJobs(sql: Sql, url: string): Promise<void> {
  const name = `courtois-migrate-${process.pid}-${++prepared}`
  const named = URL.parse(url)
  named?.searchParams.set('application_name', name)
  await runMigrations({ connectionString: named?.href ?? url, logger: new Logger(() => () => {}) })
  for (let left = 200; left > 0; left--) {
    const [row] = await sql<{ there: boolean }[]>`
      select exists (select from pg_stat_activity where application_name = ${name}) as there`
    if (!row!.there) return
    await sql`select pg_sleep(0.01)`
  }
}

async function apply(sql: Sql, { name, text, checksum }: Migration): Promise<void> {
  await sql.unsafe(text).simple()
  await sql`insert into migration ${sql({ name, checksum })}`
}

function read(folder: URL): Migration[] {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  for (const [i, name] of names.entries()) {
    if (!/^\d{4}_[a-z0-9_]+\.sql$/.test(name)) throw refused(`${name} ne s’appelle pas 0001_sujet.sql`)
    if (names[i + 1]?.slice(0, 4) === name.slice(0, 4))
      throw refused(`${name} et ${names[i + 1]} portent le même numéro`)
  }
  return names.map((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8').replaceAll('\r\n', '\n')
    return { name, text, checksum: createHash('sha256').update(text).digest('hex') }
  })
}

function pending(files: Migration[], done: { name: string; checksum: string }[]): Migration[] {
  for (const { name, checksum } of done) {
    const file = files.find((candidate) => candidate.name === name)
    if (!file) throw refused(`la base a reçu ${name}, que ce programme n’a pas (base plus récente que le programme ?)`)
    if (file.checksum !== checksum) throw refused(`${name} a été modifié après son application`)
  }
  const last = done.at(-1)?.name ?? ''
  const due = files.filter(({ name }) => !done.some((row) => row.name === name))
  const late = due.find(({ name }) => name < last)
  if (late) throw refused(`${late.name} vient avant ${last}, déjà appliqué`)
  return due
}

function refused(why: string): DomainError {
  return new DomainError('migration_refused', `Migration refusée : ${why}.`, {
    remedy: 'Une migration appliquée ne change plus : remettez le fichier, et écrivez la correction dans un nouveau.',
  })
}
