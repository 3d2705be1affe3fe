import { connect, type Sql } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import { startEmbedded } from '../schema/embedded.ts'
import { migrate, migrationsDue } from '../schema/migrate.ts'
import { grantApplication, lendReaderToOwner, roleOf } from '../schema/roles.ts'
import { counted } from '../schema/words.ts'

/** Where the embedded database keeps its data, unless DATABASE_URL names another server. */
export const dataDir = (): string => process.env['DATA_DIR'] || 'data'

export interface Database {
  /** The role that the program works under. */
  url: string
  /** The role that owns the tables: it migrates and restores, and does nothing else. The same where there is but one. */
  ownerUrl: string
  stop(): Promise<void>
}

/**
 * The database that the environment names: DATABASE_URL (and DATABASE_OWNER_URL, for whoever migrates), else the embedded
 * server under DATA_DIR, which always has both roles.
 */
export async function openDatabase(): Promise<Database> {
  const url = process.env['DATABASE_URL']
  if (!url) return withBothRoles(await startEmbedded({ dataDir: dataDir() }))
  const ownerUrl = process.env['DATABASE_OWNER_URL'] || url
  // The program's own account may yet have to be made: bringUpToDate asks it in its turn.
  await refuseLentSessions(ownerUrl)
  return { url, ownerUrl, stop: async () => {} }
}

/**
 * A pooler that lends a session for one transaction leaves the lock of a session with whoever comes next: a migration would wait for ever,
 * and the jobs of a killed worker would be freed by nobody. A pooler is known by a session whose number is not that of its process.
 */
async function refuseLentSessions(url: string): Promise<void> {
  const sql = connect(url, { max: 3 })
  try {
    const mine = await sql.reserve()
    const first = await processOf(mine)
    if (first.pid === first.said) return
    // Whoever begins a transaction takes what another has just given back; a busy pooler may need more than one to show it.
    for (let others = 0; others < 2; others++) {
      const other = await sql.reserve()
      // One that lends for a single statement lets nobody begin.
      const mayBegin = await other`begin`.simple().then(
        () => true,
        () => false,
      )
      if (mayBegin && (await processOf(other)).pid !== first.pid && (await processOf(mine)).pid === first.pid) continue
      throw new DomainError('pooler_lends_sessions', 'Le relais devant la base partage une session entre plusieurs.', {
        remedy: 'Donnez pool_mode = session à PgBouncer, ou l’adresse du serveur lui-même (OPERATIONS.md).',
      })
    }
  } finally {
    await sql.end({ timeout: 0 })
  }
}

/** The server's process behind a connection, and the one that was said as it opened. */
async function processOf(sql: Sql): Promise<{ pid: number; said: number }> {
  const rows = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`.simple()
  return { pid: rows[0]!.pid, said: rows.state.pid }
}

/** A server of ours, worked on under the application's role. */
export function withBothRoles({ url, stop }: { url: string; stop: () => Promise<void> }): Database {
  return { url: url.replace('//courtois@', '//courtois_app@'), ownerUrl: url, stop }
}

/**
 * Migrates as the owner, gives the application's role what it needs and sees that it can sign in; whoever may not migrate is
 * refused while anything is due. Answers the migrations applied now.
 */
export async function bringUpToDate({ url, ownerUrl }: Pick<Database, 'url' | 'ownerUrl'>): Promise<string[]> {
  if (url === ownerUrl && !(await mayMigrate(url))) return []
  const applied = await migrate(ownerUrl)
  const { username, password } = new URL(url)
  if (username && username !== new URL(ownerUrl).username) {
    const name = decodeURIComponent(username)
    await grantApplication(ownerUrl, { name, password: password ? decodeURIComponent(password) : undefined })
  }
  if (url === ownerUrl) await lendReaderToOwner(ownerUrl)
  else await refuseLentSessions(url)
  return applied
}

async function mayMigrate(url: string): Promise<boolean> {
  const sql = connect(url, { max: 1 })
  try {
    const [found] = await sql<{ there: boolean }[]>`select to_regclass('public.events') is not null as there`
    if (!found!.there || (await roleOf(sql)).owner) return true
    const due = await migrationsDue(sql)
    if (due.length === 0) return false
    throw new DomainError(
      'migration_due',
      `La base attend ${counted(due.length, 'migration')}\u00a0: ${due.join(', ')}.`,
      {
        remedy: 'Lancez « courtois migrate » avec DATABASE_OWNER_URL, le compte qui possède les tables.',
        facts: { due },
      },
    )
  } finally {
    await sql.end()
  }
}
