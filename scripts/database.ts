import { connect } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import { startEmbedded } from '../schema/embedded.ts'
import { migrate, migrationsDue } from '../schema/migrate.ts'
import { grantApplication, roleOf } from '../schema/roles.ts'

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
  if (url) return { url, ownerUrl: process.env['DATABASE_OWNER_URL'] || url, stop: async () => {} }
  return withBothRoles(await startEmbedded({ dataDir: dataDir() }))
}

/** A server of ours, worked on under the application's role. */
export function withBothRoles({ url, stop }: { url: string; stop: () => Promise<void> }): Database {
  return { url: url.replace('//courtois@', '//courtois_app@'), ownerUrl: url, stop }
}

/**
 * Migrates as the owner, and gives the application's role what it needs; whoever may not migrate is refused while anything is
 * due. Answers the migrations applied now.
 */
export async function bringUpToDate({ url, ownerUrl }: Pick<Database, 'url' | 'ownerUrl'>): Promise<string[]> {
  if (url === ownerUrl && !(await mayMigrate(url))) return []
  const applied = await migrate(ownerUrl)
  const { username, password } = new URL(url)
  if (username && username !== new URL(ownerUrl).username) {
    const name = decodeURIComponent(username)
    await grantApplication(ownerUrl, { name, password: password ? decodeURIComponent(password) : undefined })
  }
  return applied
}

async function mayMigrate(url: string): Promise<boolean> {
  const sql = connect(url, { max: 1 })
  try {
    const [found] = await sql<{ there: boolean }[]>`select to_regclass('public.events') is not null as there`
    if (!found!.there || (await roleOf(sql)).owner) return true
    const due = await migrationsDue(sql)
    if (due.length === 0) return false
    throw new DomainError('migration_due', `La base attend ${due.length} migration(s)\u00a0: ${due.join(', ')}.`, {
      remedy: 'Lancez « courtois migrate » avec DATABASE_OWNER_URL, le compte qui possède les tables.',
      facts: { due },
    })
  } finally {
    await sql.end()
  }
}
