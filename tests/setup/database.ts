import type { TestProject } from 'vitest/node'
import { whenNpmStops } from '../../scripts/stop.ts'
import { connect } from '../../schema/db.ts'
import { startThrowaway } from '../../schema/embedded.ts'
import { migrate } from '../../schema/migrate.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A server where databases may be made, and the migrated database that they are copies of. */
    database: { url: string; template: string }
  }
}

/** One server for the whole run: TEST_DATABASE_URL (its user may create databases), else a throwaway one. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  whenNpmStops(() => process.kill(process.pid, 'SIGTERM'))
  const given = process.env['TEST_DATABASE_URL']
  const server = given ? { url: given, stop: async () => {} } : await startThrowaway({ name: 'tests' })
  const template = `courtois_template_${process.pid}`
  const sql = connect(server.url, { max: 1 })
  await sql`create database ${sql(template)}`
  const url = new URL(server.url)
  url.pathname = `/${template}`
  await migrate(url.href)
  project.provide('database', { url: server.url, template })
  return async () => {
    await sql`drop database ${sql(template)} with (force)`
    await sql.end()
    await server.stop()
  }
}
