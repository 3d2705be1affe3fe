import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { access, constants, mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { loadSecret } from '../api/auth.ts'
import { houseClock } from '../api/cron.ts'
import { clamd } from '../documents/antivirus.ts'
import { openArchive } from '../documents/archive.ts'
import { developmentSeal, openSealKey, type SealKey } from '../documents/proof/seal.ts'
import { mailPost } from '../documents/send/mail.ts'
import { outTray, type Post } from '../documents/send/tray.ts'
import { type Hooks, webhooks } from '../documents/send/webhook.ts'
import { nativeTypst } from '../documents/typst/typst.ts'
import { checkOwnScenarios } from '../procedures/amicable/scenario.ts'
import { markEarlierReturns } from '../procedures/mail/registered.ts'
import type { Office } from '../procedures/office.ts'
import { openHouse } from '../procedures/sealed.ts'
import { type Client, connect, type Sql } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import { type Random, systemRandom } from '../schema/random.ts'
import { vaultOf } from '../schema/vault.ts'
import { bringUpToDate, dataDir, openDatabase } from './database.ts'

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
    hooks: hooksOf(),
    ...antivirusOf(),
    random: options.random,
    vault: vaultOf(() => loadSecret(folder)),
    maxFile: maxFileOf(),
    baseUrl: (options.baseUrl || 'http://localhost:4000').replace(/\/+$/, ''),
  }
}

/** SMTP_URL and MAIL_FROM send e-mail; without them it waits in the out-tray with the rest. */
function postOf(dir: string): Post {
  const tray = outTray(dir)
  const { SMTP_URL: url, MAIL_FROM: from } = process.env
  return url && from ? mailPost(tray, url, from) : tray
}

/** CLAMD_SOCKET, or CLAMD_HOST and CLAMD_PORT, name ClamAV's service; without it files are checked by type alone. */
function antivirusOf(): Pick<Office, 'antivirus'> {
  const { CLAMD_SOCKET: path, CLAMD_HOST: host, CLAMD_PORT: port } = process.env
  if (path) return { antivirus: clamd({ path }) }
  return host ? { antivirus: clamd({ host, port: Number(port || 3310) }) } : {}
}

/** WEBHOOK_ALLOW_HOSTS names, with their ports, the hosts that may be private or speak plain HTTP: for development alone. */
function hooksOf(): Hooks {
  const allow = (process.env['WEBHOOK_ALLOW_HOSTS'] ?? '').split(/[\s,]+/).filter(Boolean)
  return webhooks({ clock: () => Temporal.Now.instant(), allow })
}

/** SEAL_CERTIFICATE and SEAL_KEY name PEM files; without them the development certificate seals, and says so. */
function sealOf(): SealKey {
  const { SEAL_CERTIFICATE: certificate, SEAL_KEY: key } = process.env
  if (!certificate || !key) return developmentSeal()
  return openSealKey({ certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') })
}

/** MAX_FILE_MB: millions of bytes of the largest file taken in. */
function maxFileOf(): number | undefined {
  const given = process.env['MAX_FILE_MB']
  if (!given) return undefined
  const megabytes = Number(given)
  if (!Number.isInteger(megabytes) || megabytes < 1 || megabytes > 2000) {
    throw new DomainError('bad_max_file', `MAX_FILE_MB vaut «\u00a0${given.slice(0, 20)}\u00a0».`, {
      remedy: 'Donnez un nombre entier de mégaoctets, de 1 à 2000.',
    })
  }
  return megabytes * 1_000_000
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
  /** One connection, for the lists of the API. */
  lists: Client
  /** The database's address, for graphile-worker, which brings its own connections. */
  url: string
  /** The role that owns the tables, where the environment names it: for what the application may not do. */
  ownerUrl: string
  dataDir: string
  close(): Promise<void>
}

/**
 * The office of the environment: DATABASE_URL or the embedded server under DATA_DIR, migrated, with real chance. One
 * that `writes` letters has a folder that takes them, sound scenarios and the secret of the house, or does not start.
 */
export async function startOffice(
  options: { baseUrl?: string | undefined; writes?: boolean } = {},
): Promise<RunningOffice> {
  const folder = resolve(dataDir())
  // Else each letter would find out by itself that the folder takes nothing, while the house says that it is ready.
  if (options.writes) {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    checkOwnScenarios()
  }
  const database = await openDatabase()
  const sql = connect(database.url)
  // It opens when a list is first asked for: who asks for none has no connection more.
  const lists = connect(database.url, { max: 1 })
  const stop = async (): Promise<void> => {
    await Promise.all([sql.end({ timeout: 5 }), lists.end({ timeout: 5 })])
    await database.stop()
  }
  try {
    await bringUpToDate(database)
    await markEarlierReturns(sql, systemRandom, houseClock().today())
    const baseUrl = options.baseUrl ?? process.env['BASE_URL']
    const office = await openOffice({ sql, dataDir: folder, random: systemRandom, baseUrl })
    if (options.writes) await openHouse(sql, office.vault)
    return {
      office,
      sql,
      lists,
      url: database.url,
      ownerUrl: database.ownerUrl,
      dataDir: folder,
      async close() {
        await office.typst.close()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}
