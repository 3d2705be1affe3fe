import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { openArchive } from '../documents/archive.ts'
import { developmentSeal, openSealKey, type SealKey } from '../documents/seal.ts'
import { mailPost } from '../documents/send/mail.ts'
import { outTray, type Post } from '../documents/send/tray.ts'
import { nativeTypst } from '../documents/typst.ts'
import type { Office } from '../procedures/office.ts'
import { type Client, connect, type Sql } from '../schema/db.ts'
import { migrate } from '../schema/migrate.ts'
import { type Random, systemRandom } from '../schema/random.ts'
import { dataDir, openDatabase } from './database.ts'

export interface OfficeOptions {
  sql: Sql
  /** Archive, out-tray and uploads live here. */
  dataDir: string
  random: Random
  /** Where debtors and creditors reach the house; printed on letters. */
  baseUrl?: string | undefined
}

/** What an act needs, on a database that the caller has migrated; the caller closes `office.typst` and the pool. */
export async function openOffice(options: OfficeOptions): Promise<Office> {
  const folder = resolve(options.dataDir)
  await mkdir(folder, { recursive: true })
  return {
    sql: options.sql,
    archive: openArchive(join(folder, 'archive')),
    typst: nativeTypst(),
    post: postOf(join(folder, 'out')),
    seal: sealOf(),
    ...timestampsOf(),
    random: options.random,
    baseUrl: options.baseUrl || 'http://localhost:4000',
  }
}

/** SMTP_URL and MAIL_FROM send e-mail; without them it waits in the out-tray with the rest. */
function postOf(dir: string): Post {
  const tray = outTray(dir)
  const { SMTP_URL: url, MAIL_FROM: from } = process.env
  return url && from ? mailPost(tray, url, from) : tray
}

/** SEAL_CERTIFICATE and SEAL_KEY name PEM files; without them the development certificate seals, and says so. */
function sealOf(): SealKey {
  const { SEAL_CERTIFICATE: certificate, SEAL_KEY: key } = process.env
  if (!certificate || !key) return developmentSeal()
  return openSealKey({ certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') })
}

/** TSA_URL names the authority that dates packs (RFC 3161), TSA_CERTIFICATE the PEM file its certificate must lead to. */
function timestampsOf(): Pick<Office, 'timestamps'> {
  const { TSA_URL: url, TSA_CERTIFICATE: file } = process.env
  if (!url) return {}
  return { timestamps: { url, ...(file ? { certificate: new X509Certificate(readFileSync(file)) } : {}) } }
}

export interface RunningOffice {
  office: Office
  sql: Client
  /** The database's address, for graphile-worker, which brings its own connections. */
  url: string
  dataDir: string
  close(): Promise<void>
}

/** The office of the environment: DATABASE_URL or the embedded server under DATA_DIR, migrated, with real chance. */
export async function startOffice(options: { baseUrl?: string | undefined } = {}): Promise<RunningOffice> {
  const database = await openDatabase()
  const folder = resolve(dataDir())
  try {
    await migrate(database.url)
    const sql = connect(database.url)
    const office = await openOffice({ sql, dataDir: folder, random: systemRandom, baseUrl: options.baseUrl })
    return {
      office,
      sql,
      url: database.url,
      dataDir: folder,
      async close() {
        await sql.end({ timeout: 5 })
        await office.typst.close()
        await database.stop()
      },
    }
  } catch (error) {
    await database.stop()
    throw error
  }
}
