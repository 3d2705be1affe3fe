import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { chmod, cp, mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { placeHold } from '../procedures/cases/holds.ts'
import type { Seen } from '../procedures/doctor/archive.ts'
import type { Office } from '../procedures/office.ts'
import type { Day } from '../schema/days.ts'
import { connect, type Client, type Sql, transaction } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import { migrate } from '../schema/migrate.ts'
import { keepRegister, readRegister, registerBeside, restoreErasures } from './erasure-register.ts'

/** One table as COPY wrote it, compressed; the names are quoted by whoever puts them into a statement. */
interface TableFile {
  schema: string
  table: string
  columns: string[]
  file: string
  sha256: string
}

export interface BackupManifest {
  format: 'courtois-backup-1'
  takenAt: string
  migrations: { name: string; checksum: string }[]
  tables: TableFile[]
  sequences: { schema: string; name: string; value: string }[]
  /** Files of the archive when the database had been read: all that its rows can speak of. */
  archived: number
}

const format = 'courtois-backup-1'
// Their rows say what was applied, and `migrate` writes them.
const notCopied = ['public.migration', 'graphile_worker.migrations']

/**
 * Writes `into`/STAMP: every table as one instant saw it, then what DATA_DIR holds. The files of the archive are kept once,
 * in `into`/archive, for any number of backups. A folder with a manifest is whole: it gets its name at the very end.
 */
export async function writeBackup(
  { sql, dataDir }: { sql: Client; dataDir: string },
  into: string,
  takenAt: Temporal.Instant,
  seen: Seen = () => {},
): Promise<{ folder: string; manifest: BackupManifest; added: number }> {
  const folder = join(resolve(into), takenAt.toString({ smallestUnit: 'second' }).replaceAll(':', '-'))
  if (existsSync(folder))
    throw refused(`${folder} existe déjà`, 'Attendez une seconde, ou choisissez un autre dossier.')
  const aside = `${folder}.partial`
  await rm(aside, { recursive: true, force: true })
  await mkdir(aside, { recursive: true, mode: 0o700 })
  const database = await readDatabase(sql, aside)
  // After the database, because the archive is only added to: it holds all that the rows speak of, and perhaps more.
  const { found, added } = await copyArchive(join(dataDir, 'archive'), join(resolve(into), 'archive'), seen)
  if (existsSync(join(dataDir, 'out'))) await cp(join(dataDir, 'out'), join(aside, 'out'), { recursive: true })
  if (existsSync(join(dataDir, 'secret'))) {
    await cp(join(dataDir, 'secret'), join(aside, 'secret'))
    await chmod(join(aside, 'secret'), 0o600)
  }
  const manifest: BackupManifest = { format, takenAt: takenAt.toString(), ...database, archived: found }
  await writeFile(join(aside, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  await rename(aside, folder)
  await keepRegister(sql, resolve(into))
  return { folder, manifest, added }
}

/**
 * Puts a backup into an empty database and a data folder without archive; whole, or refused before anything is written. What was
 * granted to be erased since is said by the register beside the backup, or by a later one: answers how many of them it brings back.
 */
export async function restoreBackup(
  from: string,
  { url, dataDir, register }: { url: string; dataDir: string; register?: string | undefined },
  seen: Seen = () => {},
): Promise<number> {
  const folder = resolve(from)
  const manifest = await readManifest(folder)
  const beside = registerBeside(folder)
  const erased = [...(existsSync(beside) ? [beside] : []), ...(register === undefined ? [] : [resolve(register)])]
  const registers = await Promise.all(erased.map(readRegister))
  if (existsSync(join(dataDir, 'archive'))) {
    throw refused(`${join(dataDir, 'archive')} existe déjà`, 'Restaurez dans un DATA_DIR neuf.')
  }
  const sql = connect(url, { max: 2 })
  let toErase = 0
  try {
    await requireEmpty(sql)
    await migrate(url, undefined, manifest.migrations.at(-1)?.name ?? '')
    await requireSameTables(sql, manifest)
    await transaction(sql, (tx) => writeDatabase(tx, folder, manifest))
    await migrate(url)
    for (const each of registers) toErase += await restoreErasures(sql, each)
  } finally {
    await sql.end({ timeout: 5 })
  }
  await copyArchive(join(dirname(folder), 'archive'), join(dataDir, 'archive'), seen)
  for (const name of ['out', 'secret']) {
    if (existsSync(join(folder, name))) await cp(join(folder, name), join(dataDir, name), { recursive: true })
  }
  return toErase
}

/**
 * After a loss: what the backup believes to be still in the house may have left it. Letters that waited become « to check »,
 * and each open case with a step due or a plan in force is held, thirty days at most, for a person to look: whatever holds it
 * already may end by itself. Answers how many of each.
 */
export async function holdBack(office: Office, today: Day): Promise<{ held: number; toCheck: number }> {
  return transaction(office.sql, async (sql) => {
    const waiting = await sql`update dispatches set state = 'sending' where state = 'ready' returning document_id`
    await sql`select graphile_worker.remove_job(key) from graphile_worker.jobs where key like 'send:%'`
    const cases = await sql<{ id: string }[]>`
      select c.id from cases c
      where c.closed_on is null and (
        exists (select from steps s where s.case_id = c.id and s.done_on is null and s.skipped_on is null and s.planned_on <= ${today})
        or exists (select from plans p where p.case_id = c.id and p.broken_on is null and p.kept_on is null))
      order by c.number`
    const reason = 'Base restaurée depuis une sauvegarde\u00a0: vérifier ce qui est parti depuis, puis reprendre.'
    for (const { id } of cases) {
      const hold = { caseId: id, cause: 'decision', reason, reviewOn: today.add({ days: 30 }) } as const
      await placeHold(sql, office.random, today, hold, 'system')
    }
    return { held: cases.length, toCheck: waiting.length }
  })
}

async function readDatabase(
  sql: Client,
  folder: string,
): Promise<Omit<BackupManifest, 'format' | 'takenAt' | 'archived'>> {
  return (await sql.begin('isolation level repeatable read read only', async (tx) => {
    const migrations = await tx<
      { name: string; checksum: string }[]
    >`select name, checksum from migration order by name`
    const tables: TableFile[] = []
    for (const { schema, table, columns } of await tablesOf(tx)) {
      const file = `${schema}.${table}.copy.gz`
      const rows = await tx`copy ${tx(schema)}.${tx(table)} (${tx(columns)}) to stdout`.readable()
      // Its socket is paused while the reader is slow, and forgotten so when the table ends at that very moment.
      rows.once('end', () => rows._read(0))
      tables.push({ schema, table, columns, file, sha256: await writeHashed(rows, join(folder, file)) })
    }
    // A sequence belongs to no snapshot: read last, it is at least as far as the rows.
    const sequences = await tx<BackupManifest['sequences']>`
      select schemaname as schema, sequencename as name, last_value::text as value from pg_sequences
      where schemaname in ('public', 'graphile_worker') and last_value is not null order by 1, 2`
    return { migrations: [...migrations], tables, sequences: [...sequences] }
  })) as Omit<BackupManifest, 'format' | 'takenAt' | 'archived'>
}

async function tablesOf(sql: Sql): Promise<Omit<TableFile, 'file' | 'sha256'>[]> {
  const tables = await sql<Omit<TableFile, 'file' | 'sha256'>[]>`
    select n.nspname as schema, t.relname as table, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class t join pg_namespace n on n.oid = t.relnamespace
    join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    where t.relkind = 'r' and n.nspname in ('public', 'graphile_worker')
    group by 1, 2 order by 1, 2`
  return tables.filter(({ schema, table }) => !notCopied.includes(`${schema}.${table}`))
}

async function writeDatabase(sql: Sql, folder: string, manifest: BackupManifest): Promise<void> {
  try {
    // Rows come back as they were: nothing recomputes them, dates them or asks for them in order.
    await sql`set local session_replication_role = replica`
  } catch (cause) {
    throw refused(
      'l’utilisateur de la base ne peut pas mettre les déclencheurs en sommeil',
      'Restaurez avec un superutilisateur, ou « grant set on parameter session_replication_role to » cet utilisateur.',
      cause,
    )
  }
  for (const { schema, table } of manifest.tables) await sql`delete from ${sql(schema)}.${sql(table)}`
  for (const { schema, table, columns, file } of manifest.tables) {
    const into = await sql`copy ${sql(schema)}.${sql(table)} (${sql(columns)}) from stdin`.writable()
    await pipeline(createReadStream(join(folder, file)), createGunzip(), into)
  }
  for (const { schema, name, value } of manifest.sequences) {
    await sql`select setval(format('%I.%I', ${schema}::text, ${name}::text)::regclass, ${value}::int8)`
  }
}

async function readManifest(folder: string): Promise<BackupManifest> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => '{}')
  const manifest = JSON.parse(text) as BackupManifest
  if (manifest.format !== format) {
    throw refused(
      `${folder} n’est pas une sauvegarde entière`,
      'Donnez un dossier qui porte une date et un manifest.json.',
    )
  }
  for (const { file, sha256 } of manifest.tables) {
    if ((await hashOf(join(folder, file))) !== sha256)
      throw refused(`${file} a changé depuis la sauvegarde`, 'Prenez une autre sauvegarde.')
  }
  const { length } = await archiveNames(join(dirname(folder), 'archive'))
  if (length < manifest.archived) {
    throw refused(
      `l’archive de ${basename(dirname(folder))} a ${length} fichiers, et cette sauvegarde en avait ${manifest.archived}`,
      'Remettez le dossier « archive » entier à côté de la sauvegarde.',
    )
  }
  return manifest
}

async function requireEmpty(sql: Sql): Promise<void> {
  const [found] = await sql<{ journal: string | null }[]>`select to_regclass('public.events')::text as journal`
  if (found!.journal === null) return
  const rows = await sql`select 1 from events union all select 1 from creditors limit 1`
  if (rows.length > 0) throw refused('la base contient déjà des dossiers', 'Restaurez dans une base neuve et vide.')
}

async function requireSameTables(sql: Sql, manifest: BackupManifest): Promise<void> {
  const applied = await sql<{ name: string; checksum: string }[]>`select name, checksum from migration order by name`
  const here = await tablesOf(sql)
  const known = new Set(
    here.flatMap(({ schema, table, columns }) => columns.map((name) => `${schema}.${table}.${name}`)),
  )
  const missing = manifest.tables.flatMap(({ schema, table, columns }) =>
    columns.map((name) => `${schema}.${table}.${name}`).filter((name) => !known.has(name)),
  )
  const text = (rows: { name: string; checksum: string }[]): string =>
    rows.map((row) => `${row.name} ${row.checksum}`).join()
  if (text(applied) === text(manifest.migrations) && missing.length === 0) return
  throw refused(
    'elle vient d’une autre version de la base',
    'Restaurez avec la version du programme qui l’a écrite, puis mettez à jour.',
  )
}

/** Copies what is not there yet, each file under its final name only when it is whole and on the disk. */
async function copyArchive(from: string, to: string, seen: Seen): Promise<{ found: number; added: number }> {
  await mkdir(to, { recursive: true, mode: 0o700 })
  const names = await archiveNames(from)
  let added = 0
  for (const name of names) {
    seen(names.length)
    const target = join(to, name)
    if (existsSync(target)) continue
    const temporary = join(dirname(target), `.${basename(target)}`)
    await mkdir(dirname(target), { recursive: true })
    if ((await writeHashed(createReadStream(join(from, name)), temporary, false)) !== name.replace('/', '')) {
      await rm(temporary)
      throw refused(`le fichier archivé ${name} ne correspond plus à son empreinte`, 'Voyez « courtois doctor ».')
    }
    // As old as it was: a purge leaves alone what was put within the hour.
    const { atime, mtime } = await stat(join(from, name))
    await utimes(temporary, atime, mtime)
    await rename(temporary, target)
    added++
  }
  return { found: names.length, added }
}

/** What is archived for good, and nothing that is still being written. */
async function archiveNames(dir: string): Promise<string[]> {
  if (!existsSync(dir)) return []
  const names: string[] = []
  for (const folder of (await readdir(dir)).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
    for (const file of await readdir(join(dir, folder)))
      if (/^[0-9a-f]{62}$/.test(file)) names.push(`${folder}/${file}`)
  }
  return names
}

/** Writes a file down to the disk and answers the SHA-256 of what stands in it. */
async function writeHashed(bytes: NodeJS.ReadableStream, path: string, compress = true): Promise<string> {
  const hash = createHash('sha256')
  const seen = new Transform({
    transform(chunk: Buffer, _encoding, next) {
      hash.update(chunk)
      next(null, chunk)
    },
  })
  const file = createWriteStream(path, { mode: 0o600 })
  await (compress ? pipeline(bytes, createGzip(), seen, file) : pipeline(bytes, seen, file))
  const handle = await open(path, 'r+')
  await handle.sync()
  await handle.close()
  return hash.digest('hex')
}

async function hashOf(path: string): Promise<string | null> {
  if (!existsSync(path)) return null
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

function refused(why: string, remedy: string, cause?: unknown): DomainError {
  return new DomainError('backup_refused', `Sauvegarde ou restauration refusée\u00a0: ${why}.`, { remedy, cause })
}
