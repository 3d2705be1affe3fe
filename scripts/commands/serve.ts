import type { AddressInfo } from 'node:net'
import { parseArgs } from 'node:util'
import { serve, type ServerType } from '@hono/node-server'
import { loadSecret, signToken, type Viewer } from '../../api/auth.ts'
import type { Clock } from '../../api/context.ts'
import { houseClock, startTicking } from '../../api/cron.ts'
import { createEntryLink, entryAddress } from '../../api/pages/entry.ts'
import { oidcSettings, openOidc } from '../../api/oidc.ts'
import { createApp } from '../../api/server.ts'
import { openSignIn } from '../../api/sign-in.ts'
import { roleFindings } from '../../procedures/doctor/role.ts'
import { startWorker } from '../../procedures/jobs/work.ts'
import { parseDay } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { type Command, UsageError } from '../command.ts'
import { fillDemo } from '../demo/fill.ts'
import { logJobs, openLog } from '../log.ts'
import { type RunningOffice, startOffice } from '../office.ts'
import { stopWorker, untilStopped } from '../stop.ts'
import { forgetVirtualDay, setVirtualDay, virtualDay } from '../virtual-day.ts'
import { refuseInProduction } from './tick.ts'
import { jobsAtOnce } from './work.ts'

export const command: Command = {
  name: 'serve',
  summary: 'fait tourner l’API, l’horloge et les tâches de fond (npm start)',
  help: `Usage : courtois serve [--demo] [--day DATE] [--jobs N]

Sert sur PORT (4000) avec le PostgreSQL de DATABASE_URL, ou avec la base embarquée, sous DATA_DIR
(./data).

  --demo       remplit une base vide des dossiers de la démonstration
  --day DATE   un jour virtuel, que « courtois tick --until » fait avancer ; refusé avec
               DATABASE_URL
  --jobs N     combien de tâches à la fois ce processus fait à côté de l’API (2) ; 0 les laisse
               toutes à « courtois work »

Variables : PORT, HOST, BASE_URL (l’adresse imprimée sur les lettres), DATA_DIR, DATABASE_URL,
COURTOIS_SECRET, LOG_LEVEL ; TRUST_PROXY=1 lit l’adresse du visiteur dans X-Forwarded-For, derrière
un mandataire qui l’écrit ; NODE_ENV=production cache le schéma et GraphiQL ; OIDC_ISSUER,
OIDC_AUDIENCE, OIDC_ROLE_CLAIM (role) : un fournisseur OpenID Connect dont les jetons (JWT) sont
acceptés, et OIDC_CLIENT_ID, OIDC_CLIENT_SECRET : par lequel on se connecte aux pages ;
METRICS_TOKEN : ce que Prometheus doit montrer à /metrics. OPERATIONS.md les dit toutes.`,
  async run(argv) {
    const { values } = parseArgs({
      args: argv,
      options: { demo: { type: 'boolean' }, day: { type: 'string' }, jobs: { type: 'string' } },
    })
    const jobs = jobsAtOnce(values.jobs, 0)
    const fixed = values.day === undefined ? undefined : parseDay(values.day, 'day')
    if (fixed) refuseInProduction('serve --day')
    const port = portOf(process.env['PORT'])
    const production = process.env['NODE_ENV'] === 'production'
    const log = openLog()
    const logError = (error: unknown): void => log.error({ err: error }, 'unexpected')
    const clock = houseClock(fixed && (() => virtualDay() ?? fixed))
    const oidc = oidcSettings()
    const running = await startOffice({ baseUrl: process.env['BASE_URL'] || `http://localhost:${port}`, writes: true })
    const { office } = running
    try {
      if (fixed) setVirtualDay(fixed)
      else forgetVirtualDay()
      if (production) for (const { code, message } of await roleFindings(running.sql)) log.warn({ code }, message)
      if (values.demo) await fillDemo(office, running.url, clock.today(), (line) => console.log(line), running.ownerUrl)
      const secret = loadSecret(running.dataDir)
      const { app, close } = createApp({
        office,
        sql: running.sql,
        lists: running.lists,
        clock,
        secret,
        production,
        ...(oidc ? { identity: openOidc(oidc), signIn: openSignIn(oidc) } : {}),
        trustProxy: process.env['TRUST_PROXY'] === '1',
        log: logError,
        onRequest: (line) => log[probes.has(line.route) ? 'debug' : 'info'](line, 'request'),
      })
      const server = await listen(app.fetch, port)
      // Port 0 asks the system for a free one, known only now.
      if (port === 0 && !process.env['BASE_URL'])
        office.baseUrl = `http://localhost:${(server.address() as AddressInfo).port}`
      const worker =
        jobs === 0
          ? undefined
          : await startWorker(office, running.url, { concurrency: jobs, today: clock.today, report: logError })
      if (worker) logJobs(worker, log)
      const ticking = startTicking(running.sql, clock, logError, (line) => log.warn(line))

      console.log(`Courtois, le ${clock.today().toString()}${fixed ? ' (jour virtuel)' : ''}`)
      await sayDoors(running, clock, production ? null : secret)

      await untilStopped()
      console.log('Arrêt.')
      const stopping = worker && stopWorker(worker)
      await ticking.stop()
      await close()
      await closed(server)
      await stopping
    } finally {
      if (fixed) forgetVirtualDay()
      await running.close()
    }
  },
}

function portOf(text: string | undefined): number {
  const port = Number(text || 4000)
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new UsageError('PORT est un nombre de 0 à 65535')
  return port
}

async function listen(fetch: Parameters<typeof serve>[0]['fetch'], port: number): Promise<ServerType> {
  const hostname = process.env['HOST']
  const server = serve({ fetch, port, ...(hostname ? { hostname } : {}) })
  await new Promise<void>((resolve, reject) => server.once('listening', resolve).once('error', reject))
  return server
}

const closed = (server: ServerType): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeAllConnections' in server) server.closeAllConnections()
  })

/** Where people enter. The secret opens the doors of a development house at once; a production one hands over none. */
async function sayDoors({ office, sql }: RunningOffice, clock: Clock, secret: Uint8Array | null): Promise<void> {
  const door = (name: string, address: string): void => console.log(`  ${name.padEnd(10)} ${office.baseUrl}${address}`)
  const entering = async (space: string, viewer: Viewer | null): Promise<string> => {
    if (viewer === null || secret === null) return `/${space}`
    const on = { day: clock.today(), at: clock.now() }
    const { token } = await createEntryLink(sql, office.random, on, viewer, 'admin:démarrage')
    return entryAddress('', space, token)
  }
  door('santé', '/ready')
  door('GraphQL', `/graphql${secret ? `#token=${await signToken(secret, administrator, clock.now())}` : ''}`)
  door('portail', await entering('portail', await largestCreditor(sql)))
  door('bureau', await entering('bureau', administrator))
  door('courriers', `/verifier et ${office.baseUrl}/r (codes imprimés sur les lettres)`)
  if (secret) {
    console.log('  Une entrée sert une fois ; une autre : npx courtois token --role admin --link')
    console.log('  Un autre rôle : npx courtois token --role creditor --creditor ID')
  }
}

// Asked every few seconds by machines.
const probes = new Set(['/health', '/ready', '/metrics'])

const administrator: Viewer = {
  role: 'admin',
  name: 'Administration (développement)',
  creditorId: null,
  bailiffId: null,
}

/** The creditor with the most cases: for a look around, never in production. */
async function largestCreditor(sql: Sql): Promise<Viewer | null> {
  const [creditor] = await sql<{ id: string; name: string }[]>`
    select id, name from creditors p order by (select count(*) from cases c where c.creditor_id = p.id) desc, created_on, id limit 1`
  if (!creditor) return null
  return { role: 'creditor', name: `${creditor.name} (développement)`, creditorId: creditor.id, bailiffId: null }
}
