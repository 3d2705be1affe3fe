import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { serve } from '@hono/node-server'
import { loadSecret, signToken } from '../../api/auth.ts'
import { houseClock, startTicking } from '../../api/cron.ts'
import { oidcSettings, openOidc } from '../../api/oidc.ts'
import { createApp } from '../../api/server.ts'
import { roleFindings } from '../../procedures/doctor-role.ts'
import { startWorker } from '../../procedures/work.ts'
import { parseDay } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { type Command, UsageError } from '../command.ts'
import { fillDemo } from '../demo/fill.ts'
import { logJobs, openLog } from '../log.ts'
import { startOffice } from '../office.ts'
import { stopWorker, untilStopped } from '../stop.ts'
import { refuseInProduction } from './tick.ts'
import { jobsAtOnce } from './work.ts'

export const command: Command = {
  name: 'serve',
  summary: 'the API, the scheduler and a worker (npm start)',
  help: `Usage: courtois serve [--demo] [--day DATE] [--jobs N]

Serves on PORT (4000) with the PostgreSQL of DATABASE_URL, or with the embedded one under DATA_DIR (./data).

  --demo        fills an empty database with the demo's cases
  --day DATE    a virtual day that stands still; refused with DATABASE_URL
  --jobs N      how many jobs at once this process does beside the API (2); 0 leaves them all to \`courtois work\`

PORT, HOST, BASE_URL (the address printed on letters), DATA_DIR, DATABASE_URL, COURTOIS_SECRET, LOG_LEVEL; TRUST_PROXY=1 reads the visitor's
address in X-Forwarded-For, behind a proxy that writes it; NODE_ENV=production
hides the schema and GraphiQL. OIDC_ISSUER, OIDC_AUDIENCE, OIDC_ROLE_CLAIM (role): an OpenID Connect provider whose access
tokens (JWT) are taken. METRICS_TOKEN: what Prometheus must show at /metrics.`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: { demo: { type: 'boolean' }, day: { type: 'string' }, jobs: { type: 'string' } },
    })
    const jobs = jobsAtOnce(values.jobs, 0)
    const fixed = values.day === undefined ? undefined : parseDay(values.day, 'day')
    if (fixed) refuseInProduction('serve --day')
    const port = Number(process.env['PORT'] || 4000)
    if (!Number.isInteger(port) || port < 0 || port > 65535) throw new UsageError('PORT is a number from 0 to 65535')
    const production = process.env['NODE_ENV'] === 'production'
    const log = openLog()
    const logError = (error: unknown): void => log.error({ err: error }, 'unexpected')
    const clock = houseClock(fixed)
    const oidc = oidcSettings()
    const running = await startOffice({ baseUrl: process.env['BASE_URL'] || `http://localhost:${port}` })
    const { office } = running
    try {
      if (production) for (const { code, message } of await roleFindings(running.sql)) log.warn({ code }, message)
      if (values.demo) await fillDemo(office, running.url, clock.today(), (line) => console.log(line), running.ownerUrl)
      const secret = loadSecret(running.dataDir)
      const { app, close } = createApp({
        office,
        sql: running.sql,
        clock,
        secret,
        production,
        ...(oidc ? { identity: openOidc(oidc) } : {}),
        trustProxy: process.env['TRUST_PROXY'] === '1',
        log: logError,
        onRequest: (line) => log[probes.has(line.route) ? 'debug' : 'info'](line, 'request'),
      })
      const server = serve({
        fetch: app.fetch,
        port,
        ...(process.env['HOST'] ? { hostname: process.env['HOST'] } : {}),
      })
      await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject))
      // Port 0 asks the system for a free one, known only now.
      if (port === 0 && !process.env['BASE_URL'])
        office.baseUrl = `http://localhost:${(server.address() as AddressInfo).port}`
      const worker =
        jobs === 0
          ? undefined
          : await startWorker(office, running.url, { concurrency: jobs, today: clock.today, report: logError })
      if (worker) logJobs(worker, log)
      const ticking = startTicking(running.sql, clock, logError)

      console.log(`Courtois, le ${clock.today().toString()}${fixed ? ' (jour virtuel)' : ''}`)
      console.log(`  santé      ${office.baseUrl}/ready`)
      console.log(
        `  GraphQL    ${office.baseUrl}/graphql${production ? '' : `#token=${await developmentToken(secret, clock.now())}`}`,
      )
      const portal = production ? null : await portalLink(running.sql, secret, clock.now())
      console.log(`  portail    ${office.baseUrl}/portail${portal ?? ''}`)
      const board = production ? '' : `/entrer?jeton=${await developmentToken(secret, clock.now())}`
      console.log(`  bureau     ${office.baseUrl}/bureau${board}`)
      console.log(`  courriers  ${office.baseUrl}/verifier et ${office.baseUrl}/r (codes imprimés sur les lettres)`)
      if (!production) console.log('  Un autre rôle : npx courtois token --role creditor --creditor ID')

      await untilStopped()
      console.log('Arrêt.')
      const stopping = worker && stopWorker(worker)
      await ticking.stop()
      await close()
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) server.closeAllConnections()
      })
      await stopping
    } finally {
      await running.close()
    }
  },
}

// Asked every few seconds by machines.
const probes = new Set(['/health', '/ready', '/metrics'])

async function developmentToken(secret: Uint8Array, now: Temporal.Instant): Promise<string> {
  return signToken(
    secret,
    { role: 'admin', name: 'Administration (développement)', creditorId: null, bailiffId: null },
    now,
  )
}

/** Signs in as the creditor with the most cases: for a look around, never in production. */
async function portalLink(sql: Sql, secret: Uint8Array, now: Temporal.Instant): Promise<string | null> {
  const [creditor] = await sql<{ id: string; name: string }[]>`
    select id, name from creditors p order by (select count(*) from cases c where c.creditor_id = p.id) desc, created_on, id limit 1`
  if (!creditor) return null
  const viewer = {
    role: 'creditor',
    name: `${creditor.name} (développement)`,
    creditorId: creditor.id,
    bailiffId: null,
  } as const
  return `/entrer?jeton=${await signToken(secret, viewer, now)}`
}
