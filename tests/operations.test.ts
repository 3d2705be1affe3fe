import { type ChildProcess, spawn } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createSocketServer } from 'node:net'
import { getPriority, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { trace } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { signToken } from '../api/auth.ts'
import { verifyFile } from '../documents/proof/verify.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { exportCase } from '../procedures/cases/file/export.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import type { Office } from '../procedures/office.ts'
import { drain } from '../procedures/jobs/work.ts'
import { type Client, connect, json, type Sql } from '../schema/db.ts'
import { startEmbedded } from '../schema/embedded.ts'
import { seededRandom } from '../schema/random.ts'
import { holdBack, restoreBackup, writeBackup } from '../scripts/backup.ts'
import { openOffice } from '../scripts/office.ts'
import { startTracing } from '../scripts/tracing.ts'
import { compose, root } from './root.ts'
import { dropDatabase } from './database.ts'
import {
  addInvoices,
  creditorOf,
  day,
  type House,
  houseSecret,
  invoice,
  liveOn,
  liveToConsent,
  useHouse,
} from './house.ts'

// Two cases: one far along, one whose first letter is due on the day.
const house = useHouse(async (made) => {
  await liveToConsent(made)
  await anotherCase(made, 'Deux')
})
async function anotherCase(made: House, name: string): Promise<void> {
  await addInvoices(made, {
    creditorId: await creditorOf(made, day('2026-07-28'), { name }),
    on: '2026-07-28',
    invoices: [invoice({ number: `F-${name}`, issued_on: '2026-06-20', due_on: '2026-07-20' })],
  })
}

const today = day('2026-07-29')
const taken = Temporal.Instant.from('2026-07-29T03:00:00Z')

let folder: string
const children = new Set<ChildProcess>()
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'courtois-operations-'))
  // The embedded server runs as nobody where we are root: it must find its way.
  chmodSync(folder, 0o755)
  // The folder of a house as the commands know it: archive and out-tray under one DATA_DIR.
  const { sql, office, dir } = house
  cpSync(join(dirname(dir), 'archive'), join(folder, 'data', 'archive'), { recursive: true })
  house.office = { ...(await officeIn(sql, 'data')), typst: office.typst }
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

async function officeIn(sql: Sql, name: string): Promise<Office> {
  const office = await openOffice({ sql, dataDir: join(folder, name), random: seededRandom(name) })
  await office.typst.close()
  return { ...office, typst: house.office.typst, vault: house.office.vault }
}

const exportsOf = async (sql: Sql) => {
  const cases = await sql<{ id: string }[]>`select id from cases order by number`
  return Promise.all(cases.map(({ id }) => exportCase(sql, id)))
}
const codes = async (office: Office) => (await examine(office, today)).map(({ code }) => code)

/** An empty database on the server of the tests, gone afterwards. */
async function inEmptyDatabase(act: (sql: Client, url: string) => Promise<void>): Promise<void> {
  const url = new URL(house.url)
  url.pathname += '_restored'
  const name = url.pathname.slice(1)
  await house.sql`create database ${house.sql(name)}`
  const sql = connect(url.href, { max: 4 })
  try {
    await act(sql, url.href)
  } finally {
    await sql.end({ timeout: 5 })
    await dropDatabase(house.sql, name)
  }
}

interface Running {
  child: ChildProcess
  out: string
  err: string
  /** Resolves with what follows these words in what it says. */
  says(words: RegExp): Promise<RegExpExecArray>
  ended: Promise<number | null>
}
function start(args: string[], env: NodeJS.ProcessEnv, script = 'courtois.ts'): Running {
  const child = spawn(process.execPath, [join(root, 'scripts', script), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  children.add(child)
  const listeners = new Set<() => void>()
  const running: Running = {
    child,
    out: '',
    err: '',
    ended: new Promise((resolve) => child.once('close', (code) => (children.delete(child), resolve(code)))),
    says: (words) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = words.exec(running.out)
          if (found) resolve(found)
        }
        listeners.add(look)
        look()
        void running.ended.then(() =>
          reject(new Error(`it ended without a word of ${words}: ${running.out} ${running.err}`)),
        )
      }),
  }
  child.stdout.on(
    'data',
    (text: Buffer) => ((running.out += text.toString('utf8')), listeners.forEach((look) => look())),
  )
  child.stderr.on('data', (text: Buffer) => (running.err += text.toString('utf8')))
  return running
}
/** Asked to stop, by somebody whose patience ends after twenty seconds. */
async function stopped({ child, ended }: Running): Promise<number | null> {
  child.kill('SIGTERM')
  const impatient = setTimeout(() => child.kill('SIGKILL'), 20_000)
  return ended.finally(() => clearTimeout(impatient))
}
async function courtois(
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number | null; out: string; err: string }> {
  const running = start(args, env)
  const code = await running.ended
  return { code, out: running.out, err: running.err }
}
describe('a backup', () => {
  test('taken by one command is put back by one command on another server, row for row and byte for byte', async () => {
    const source = { DATABASE_URL: house.url, DATA_DIR: join(folder, 'data') }
    const target = { DATABASE_URL: '', DATA_DIR: join(folder, 'fresh') }
    const backup = await courtois(['backup', '--out', join(folder, 'backups'), '--json'], source)
    expect([backup.code, backup.err]).toEqual([0, ''])
    const told = JSON.parse(backup.out) as { folder: string; archived: number; added: number }
    expect(told.added).toBe(told.archived)

    const restore = await courtois(['restore', told.folder, '--moved', '--json'], target)
    expect([restore.code, restore.err]).toEqual([0, ''])
    expect(JSON.parse(restore.out)).toMatchObject({ held: 0, toCheck: 0 })

    const server = await startEmbedded({ dataDir: join(folder, 'fresh') })
    const sql = connect(server.url, { max: 2 })
    try {
      expect(await exportsOf(sql)).toEqual(await exportsOf(house.sql))
      const restored = await officeIn(sql, 'fresh')
      expect(await examine(restored, today)).toEqual(await examine(house.office, today))
      for (const exported of await exportsOf(sql))
        expect(await verifyFile(Buffer.from(JSON.stringify(exported)))).toMatchObject({ ok: true })
      const letters = await sql<{ sha256: string }[]>`select sha256 from documents`
      expect(letters).not.toEqual([])
      for (const { sha256 } of letters)
        expect(await verifyFile(await restored.archive.get(sha256))).toMatchObject({ ok: true })
      // The house goes on where it was: numbers, journal and jobs follow.
      await tick(sql, today)
      await drain(restored, server.url)
      expect(await sql`select 1 from steps where done_on = ${today}`).toHaveLength(1)
      expect(await codes(restored)).toEqual(await codes(house.office))
      expect(readdirSync(join(folder, 'fresh', 'out'))).toContain(today.toString())
    } finally {
      await sql.end({ timeout: 5 })
      await server.stop()
    }
  }, 90_000)

  test('is of one instant though letters are being written, and the next one adds only what is new', async () => {
    await tick(house.sql, today)
    const dataDir = join(folder, 'data')
    const [first] = await Promise.all([
      writeBackup({ sql: house.sql, dataDir }, join(folder, 'backups'), taken),
      drain(house.office, house.url),
    ])
    const next = await writeBackup({ sql: house.sql, dataDir }, join(folder, 'backups'), taken.add({ hours: 24 }))
    expect(next.added).toBe(next.manifest.archived - first.manifest.archived)
    await inEmptyDatabase(async (sql, url) => {
      await restoreBackup(first.folder, { url, dataDir: join(folder, 'fresh') })
      const found = await codes(await officeIn(sql, 'fresh'))
      expect(found.filter((code) => /^(archive|journal|guard|dispatch)/.test(code))).toEqual([])
    })
  })

  test('put back after a loss sends nothing again: what may have left since waits for a person', async () => {
    await house.sql`update dispatches set state = 'ready' where document_id = (select id from documents where first_letter)`
    const { folder: backup } = await writeBackup(
      { sql: house.sql, dataDir: join(folder, 'data') },
      join(folder, 'backups'),
      taken,
    )
    await liveOn(house, today) // a letter leaves after the backup
    await inEmptyDatabase(async (sql, url) => {
      await restoreBackup(backup, { url, dataDir: join(folder, 'fresh') })
      const office = await officeIn(sql, 'fresh')
      expect(await holdBack(office, today)).toEqual({ held: 1, toCheck: 1 })
      for (const on of [today, today.add({ days: 1 })]) {
        await tick(sql, on)
        await drain(office, url)
      }
      expect(await sql`select 1 from steps where done_on >= ${today}`).toEqual([])
      expect(await codes(office)).toEqual(['sending_unfinished'])
      expect(await sql`select cause, review_on from holds where released_on is null`).toEqual([
        { cause: 'decision', reviewOn: today.add({ days: 30 }) },
      ])
    })
  })

  test('that is damaged, or whose archive lost a file, or a place that is taken, is refused before anything is written', async () => {
    const dataDir = join(folder, 'data')
    const into = join(folder, 'backups')
    const { folder: backup, manifest } = await writeBackup({ sql: house.sql, dataDir }, into, taken)
    const refusedWith = async (words: string, url: string, to = 'fresh') =>
      expect(restoreBackup(backup, { url, dataDir: join(folder, to) })).rejects.toMatchObject({
        code: 'backup_refused',
        message: expect.stringContaining(words),
      })
    await refusedWith('contient déjà des dossiers', house.url)
    await refusedWith('existe déjà', house.url, 'data')
    await inEmptyDatabase(async (sql, url) => {
      const [shelf] = readdirSync(join(into, 'archive'))
      const [lost] = readdirSync(join(into, 'archive', shelf!))
      rmSync(join(into, 'archive', shelf!, lost!))
      await refusedWith('fichiers', url)
      appendFileSync(join(backup, manifest.tables[0]!.file), 'x')
      await refusedWith('a changé depuis', url)
      expect(await sql`select to_regclass('cases') as cases`).toEqual([{ cases: null }])
    })
    expect(existsSync(join(folder, 'fresh'))).toBe(false)
  })
})

/** A collector of traces: what an exporter posts to it, span by span, and what it says of itself. */
async function openCollector(): Promise<{ url: string; spans: Span[]; shown: object[]; close(): void }> {
  const spans: Span[] = []
  const shown: object[] = []
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = JSON.parse(Buffer.concat(await Array.fromAsync(request)).toString()) as Exported
    for (const { resource, scopeSpans } of body.resourceSpans) {
      shown.push({ authorization: request.headers.authorization, ...resource })
      for (const scope of scopeSpans) spans.push(...scope.spans)
    }
    response.setHeader('content-type', 'application/json').end('{}')
  }
  const server = createServer((request, response) => void take(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, spans, shown, close: () => server.close() }
}
interface Span {
  name: string
  traceId: string
  attributes: { key: string; value: unknown }[]
}
interface Exported {
  resourceSpans: { resource: { attributes: Span['attributes'] }; scopeSpans: { spans: Span[] }[] }[]
}

describe('a house in production', () => {
  const secrets = {
    COURTOIS_SECRET: houseSecret,
    METRICS_TOKEN: 'what-prometheus-shows',
  }
  const production = () => ({
    ...secrets,
    NODE_ENV: 'production',
    DATABASE_URL: house.url,
    DATA_DIR: join(folder, 'data'),
    LOG_LEVEL: 'debug',
    BASE_URL: '',
    PORT: '0',
  })

  test('sends a trace of each request and job to the collector that the standard variables name, by ids alone', async () => {
    const collector = await openCollector()
    try {
      const [{ step }] = await house.sql<[{ step: string }]>`select gen_random_uuid() as step`
      await house.sql`select graphile_worker.add_job('step', ${json(house.sql, { step, day: '2026-07-29' })}::json)`
      const serve = start(['serve'], {
        ...production(),
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20essai',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_SERVICE_NAME: 'agence-de-lyon',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=essai',
      })
      const [, base] = await serve.says(/(http:\S+)\/ready/)
      await serve.says(new RegExp(`"step":"${step}"`))
      const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
      const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
      await (await fetch(`${base}/verifier/GARAGE-DU-PONT`, { headers })).text()
      serve.child.kill('SIGTERM')
      expect(await serve.ended).toBe(0)
      expect(collector.spans.find(({ name }) => name === 'GET /verifier/:code')).toMatchObject({ traceId })
      expect(collector.spans.find(({ name }) => name === 'job step')!.attributes).toContainEqual({
        key: 'step',
        value: { stringValue: step },
      })
      expect(JSON.stringify(collector.spans)).not.toContain('GARAGE')
      const attributes = expect.arrayContaining([
        { key: 'service.name', value: { stringValue: 'agence-de-lyon' } },
        { key: 'deployment.environment.name', value: { stringValue: 'essai' } },
      ])
      expect(collector.shown).toContainEqual(expect.objectContaining({ authorization: 'Bearer essai', attributes }))
    } finally {
      collector.close()
    }
  })

  test.each(['serve', 'work'])('does not %s without a secret, makes none, and says where to find one', async (name) => {
    const env = { ...production(), COURTOIS_SECRET: '' }
    const kept = join(folder, 'data', 'secret')
    const first = await courtois([name], env)
    expect([first.code, first.err]).toEqual([1, expect.stringContaining('openssl rand -hex 32')])
    expect(existsSync(kept)).toBe(false)
    // One made before it was put in production.
    writeFileSync(kept, houseSecret)
    const next = await courtois([name], env)
    expect([next.code, next.err]).toEqual([1, expect.stringContaining(kept)])
    expect(next.err).not.toContain(houseSecret)
  })

  describe('told of a collector', () => {
    const started = async (env: Record<string, string>) => {
      vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:4318')
      for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
      return startTracing()
    }
    afterEach(() => vi.unstubAllEnvs())

    test.each<Record<string, string>>([{ OTEL_TRACES_EXPORTER: 'none' }, { OTEL_SDK_DISABLED: 'TRUE' }])(
      'sends no trace with %o, whatever else is asked',
      async (env) => {
        await started({ ...env, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })
        expect(trace.getTracer('essai').startSpan('essai').isRecording()).toBe(false)
      },
    )

    test.each<Record<string, string>>([
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' },
      { OTEL_TRACES_EXPORTER: 'zipkin' },
    ])('does not start with %o, which it does not speak', async (env) => {
      await expect(started(env)).rejects.toMatchObject({
        code: 'bad_tracing',
        message: expect.stringContaining(Object.values(env).at(-1)!),
        remedy: expect.stringMatching(/http\/json|otlp/),
      })
    })
  })

  test('logs each request and job by its ids, and no name, address, token or secret', async () => {
    await tick(house.sql, today)
    await house.sql`select graphile_worker.add_job('step', ${json(house.sql, { step: 'Garage du Pont', day: '2026-07-29' })}::json, max_attempts => 1)`
    const theirs = ['FR1420041010050500013M02606', 'Quatrebarbes', 'zephyrine@discrete.example', '06 11 22 33 44']
    await house.sql`select graphile_worker.add_job('send', ${json(house.sql, { document: theirs[0]!, day: '2026-07-29' })}::json, max_attempts => 1)`
    const serve = start(compose.services['api']!.command!, production())
    const [, base] = await serve.says(/(http:\S+)\/ready/)
    await serve.says(/job done/)
    await serve.says(/job failed/)

    const [row] = await house.sql<{ id: string; code: string }[]>`
      select c.id, d.code from cases c join documents d on d.case_id = c.id and d.first_letter and d.code is not null`
    const viewer = { role: 'admin', name: 'Amélie Visible', creditorId: null, bailiffId: null } as const
    const token = await signToken(new TextEncoder().encode(secrets.COURTOIS_SECRET), viewer, Temporal.Now.instant())
    const bearer = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const body = JSON.stringify({
      query: 'query ($id: ID!) { case(id: $id) { number debtor { name } } }',
      variables: { id: Buffer.from(`Case:${row!.id}`).toString('base64') },
    })
    const answer = await fetch(`${base}/graphql`, { method: 'POST', headers: bearer, body })
    expect(await answer.json()).toMatchObject({ data: { case: { debtor: { name: 'Garage du Pont' } } } })
    const [iban, name, email, phone] = theirs
    const typed = { name, iban, email, phone, address: { lines: [name], postalCode: '69002', city: 'Lyon' } }
    const act = 'mutation ($input: CreateCreditorInput!) { createCreditor(input: $input) { __typename } }'
    for (const input of [typed, { ...typed, siret: iban }, { name: `${name}\u0000` }])
      await fetch(`${base}/graphql`, {
        method: 'POST',
        headers: bearer,
        body: JSON.stringify({ query: act, variables: { input } }),
      })
    const lost = new URLSearchParams({ jeton: token, code: row!.code, adresse: name!, email: email! })
    await fetch(`${base}/r/${row!.code}`, { method: 'POST', body: lost, redirect: 'manual' })
    for (const path of [
      `/bureau?q=${encodeURIComponent(name!)}`,
      `/portail/dossiers/${encodeURIComponent(iban!)}`,
      `/portail/entrer?jeton=${token}`,
      `/r/${row!.code}`,
      `/verifier/${row!.code}`,
      `/packs/UGFjazox?token=${token}`,
      '/inconnu/garage@client.example',
    ])
      await (await fetch(`${base}${path}`, { redirect: 'manual' })).text()
    await fetch(`${base}/metrics`, { headers: { authorization: `Bearer ${secrets.METRICS_TOKEN}` } })
    serve.child.kill('SIGTERM')
    expect(await serve.ended).toBe(0)

    const lines = serve.out.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as object] : []))
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 30,
        request: answer.headers.get('x-request-id'),
        method: 'POST',
        route: '/graphql',
        status: 200,
        acts: ['case'],
        cases: [row!.id],
      }),
    )
    for (const route of ['/r/:code', '/verifier/:code', '/metrics'])
      expect(lines).toContainEqual(expect.objectContaining({ route, msg: 'request' }))
    expect(lines).toContainEqual(expect.objectContaining({ msg: 'job failed', task: 'step', err: expect.anything() }))
    const steps = new Map(
      (await house.sql<{ id: string; caseId: string }[]>`select id, case_id from steps`).map((row) => [
        row.id,
        row.caseId,
      ]),
    )
    const done = lines.flatMap((line) =>
      'step' in line && steps.has(String(line.step)) ? [line as { step: string }] : [],
    )
    expect(done).toContainEqual(expect.objectContaining({ msg: 'job done' }))
    for (const line of done) expect(line).toMatchObject({ cases: [steps.get(line.step)] })

    const [known] = await house.sql<{ texts: string[] }[]>`
      select array(
        select name from debtors union select name from creditors
        union select jsonb_path_query(address, '$.**')#>>'{}' from dispatches
        union select code from documents where code is not null) as texts`
    const never = [
      ...known!.texts.filter((text) => text?.length > 4 && !text.startsWith('{') && !text.startsWith('[')),
      token,
      viewer.name,
      ...Object.values(secrets),
      'garage@',
      ...theirs,
    ]
    expect(never.length).toBeGreaterThan(8)
    expect(never.filter((text) => `${serve.out}${serve.err}`.includes(text))).toEqual([])
  }, 90_000)

  test.runIf(process.platform === 'linux')(
    'a worker lets everybody else go first, with each of its threads and what it starts',
    async () => {
      await tick(house.sql, today)
      const work = start(['work'], production())
      await work.says(/job done/)
      const threadsOf = (pid: number) => readdirSync(`/proc/${pid}/task`).map(Number)
      const pid = work.child.pid!
      const compositors = threadsOf(pid).flatMap((thread) =>
        readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
      )
      expect(compositors).not.toEqual([])
      const all = [pid, ...compositors].flatMap(threadsOf)
      expect(all.filter((thread) => getPriority(thread) !== 19)).toEqual([])
    },
    90_000,
  )

  test.each([
    ['in the place of what started it', undefined],
    ['through npm', 'npx'],
  ])(
    'asked to stop %s, ends the letter in hand, gives the others back and is gone',
    async (_, event) => {
      for (let i = 0; i < 12; i++) await anotherCase(house, `Suite ${i}`)
      await tick(house.sql, today)
      const due = await house.sql`select 1 from steps where queued_for = ${today} and done_on is null`
      const env = { ...production(), npm_lifecycle_event: event }
      const work = start(compose.services['worker']!.command!, env, 'courtois.js')
      await work.says(/job done/)
      expect([await stopped(work), work.err]).toEqual([0, ''])
      expect(work.out.split('\n').filter((line) => line.includes('"level":50'))).toEqual([])
      const [left] = await house.sql<{ waiting: number; locked: number }[]>`
      select count(*)::int as waiting, count(locked_at)::int as locked from graphile_worker.jobs`
      expect(left!.waiting).toBeGreaterThan(0)
      expect(left!.locked).toBe(0)
      await drain(house.office, house.url)
      expect(await house.sql`select 1 from steps where done_on >= ${today}`).toHaveLength(due.length)
      expect(await codes(house.office)).toEqual([])
    },
    90_000,
  )

  test('asked to stop while a mail server says nothing, gives that letter back and is gone all the same', async () => {
    const asked = Promise.withResolvers<void>()
    const silent = createSocketServer(() => asked.resolve())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as AddressInfo
    const [{ id }] = await house.sql<[{ id: string }]>`
      update dispatches set state = 'ready', sent_on = null, proof = null
      where document_id = (select document_id from dispatches where channel = 'email' limit 1) returning document_id as id`
    await house.sql`select graphile_worker.add_job('send', ${json(house.sql, { document: id, day: '2026-07-29' })}::json)`
    const hanging = `smtp://127.0.0.1:${port}?greetingTimeout=300000&socketTimeout=300000`
    const env = { ...production(), SMTP_URL: hanging, MAIL_FROM: 'Cabinet <contact@cabinet.example>' }
    const work = start(compose.services['worker']!.command!, env, 'courtois.js')
    await asked.promise
    try {
      expect([await stopped(work), work.err]).toEqual([0, ''])
    } finally {
      silent.close()
    }
    expect(work.out).toMatch(/job \d+ \(send\)/)
    const left = await house.sql`select task_identifier, locked_at, attempts from graphile_worker.jobs`
    expect(left).toEqual([{ taskIdentifier: 'send', lockedAt: null, attempts: 1 }])
  }, 90_000)
})

test('stopped through npm, whose shell passes no signal on, the server stops too', async () => {
  const env = {
    ...process.env,
    COURTOIS_SECRET: houseSecret,
    DATABASE_URL: house.url,
    DATA_DIR: join(folder, 'data'),
    BASE_URL: '',
    npm_lifecycle_event: 'npx',
  }
  // As npm does it: a shell that stays between.
  const shell = spawn('/bin/sh', ['-c', `"${process.execPath}" scripts/courtois.js work; true`], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.add(shell)
  let said = ''
  const closed = new Promise<void>((resolve) => shell.stdout.once('close', () => resolve()))
  await new Promise<void>((resolve) =>
    shell.stdout.on(
      'data',
      (text: Buffer) => ((said += text.toString('utf8')), said.includes('Au travail') && resolve()),
    ),
  )
  shell.kill('SIGTERM')
  // Its output closes when the last process that holds it has gone.
  await closed
  expect(shell.signalCode).toBe('SIGTERM')
}, 30_000)

test('a public address is the same with a slash at its end', async () => {
  const settings = { sql: house.sql, dataDir: join(folder, 'data'), random: seededRandom('slash') }
  const office = await openOffice({ ...settings, baseUrl: 'https://courtois.example/' })
  await office.typst.close()
  expect(office.baseUrl).toBe('https://courtois.example')
})
