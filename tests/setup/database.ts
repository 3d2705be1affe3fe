import { existsSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { TestProject } from 'vitest/node'
import { whenNpmStops } from '../../scripts/stop.ts'
import { connect } from '../../schema/db.ts'
import { type Embedded, startThrowaway } from '../../schema/embedded.ts'
import { migrate } from '../../schema/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A server where databases may be made, and the migrated database that they are copies of. */
    database: { url: string; template: string }
    /** A folder for what a test keeps for a moment: in memory where it can be. */
    folder: string
  }
}

/** One server for the whole run: TEST_DATABASE_URL (its user may create databases), else a throwaway one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  whenNpmStops(() => process.kill(process.pid, 'SIGTERM'))
  const given = process.env['TEST_DATABASE_URL']
  const server = given ? { url: given, stop: async () => {} } : await startQuickly()
  const template = `courtois_template_${process.pid}`
  const sql = connect(server.url, { max: 1 })
  await sql`create database ${sql(template)}`
  const url = new URL(server.url)
  url.pathname = `/${template}`
  await migrate(url.href)
  project.provide('database', { url: server.url, template })
  project.provide('folder', hasRoom() ? memory : tmpdir())
  return async () => {
    await sql`drop database ${sql(template)} with (force)`
    await sql.end()
    await server.stop()
  }
}

const memory = '/dev/shm'
const enough = 2 * 1024 ** 3

function hasRoom(): boolean {
  if (!existsSync(memory)) return false
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize > enough
}

/** Each test has a copy of a database of nine hundred files: made in memory they cost a fifth of what a disk asks for them. */
async function startQuickly(): Promise<Embedded> {
  const onDisk = () => startThrowaway({ name: 'tests' })
  if (!hasRoom()) return onDisk()
  // Where nothing may run from memory, or nobody enters it, the disk does.
  return startThrowaway({ name: 'tests', folder: memory, settings: 'max_wal_size=256MB' }).catch(onDisk)
}
