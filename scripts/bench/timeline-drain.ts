import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Client } from '../../schema/db.ts'
import { type Figure, median, p99 } from './bench.ts'
import { familyOf, type ProcessRow } from './bench-processes.ts'
import { ask } from './graphql-load.ts'

export interface DrainGround {
  sql: Client
  url: string
  dir: string
  today: Temporal.PlainDate
  tell(line: string): void
  /** Steps that each measure does. More than twice as many must be queued already. */
  letters: number
}

const program = fileURLToPath(new URL('../courtois.js', import.meta.url))
const query = readFileSync(new URL('../../api/graphql/examples/02-dossiers.graphql', import.meta.url), 'utf8')

/**
 * Does queued steps by one `courtois work`, then by two, beside a `courtois serve` that only answers; leafs all the while
 * through the cases by fifty, and last gives steps one by one, at half the pace, to see how long each waits.
 */
export async function drainFigures(ground: DrainGround): Promise<Figure[]> {
  const { sql, tell, letters } = ground
  await sql`create table bench_done (step uuid, given_at timestamptz, done_at timestamptz default clock_timestamp())`
  await sql.unsafe(`
    create function bench_done() returns trigger language plpgsql as $$
    begin insert into bench_done (step) values (new.id); return null; end $$;
    create trigger bench_done after update of done_on on steps for each row when (new.done_on is not null)
      execute function bench_done();`)
  const api = await startApi(ground)
  try {
    tell('timeline: the API alone')
    await askUntil(api, pause(5_000))
    const idle = p99(await askUntil(api, pause(15_000)))
    const paces: Drain[] = []
    for (const workers of [1, 2]) {
      await keepQueued(sql, letters)
      tell(`timeline: ${letters} steps by ${workers === 1 ? 'one worker' : 'two workers'}`)
      paces.push(await drain(ground, api, workers, letters))
    }
    const [one, two] = paces as [Drain, Drain]
    const memory = heavier(one.memory, two.memory)
    const delay = await trickle(ground, one.perSecond / 2)
    return [
      {
        name: 'timeline, drain by two workers',
        value: two.perSecond,
        unit: 'steps/s',
        against: `one worker: ${one.perSecond.toFixed(1)}/s, on a machine whose processors they share`,
        ratio: two.perSecond / one.perSecond,
        goal: 1,
      },
      {
        name: 'timeline, memory of the largest worker and its compositors',
        value: memory.worker,
        unit: 'MB',
        against: `600 MB; beside it the API ${memory.api.toFixed(0)} MB, PostgreSQL with its buffers ${memory.database.toFixed(0)}`,
        ratio: memory.worker / 600,
        goal: 1,
        lessIsBetter: true,
      },
      {
        name: 'timeline, p99 of the API while two workers drain',
        value: two.api,
        unit: 'ms',
        against: `idle: ${idle.toFixed(1)} ms; while one drains: ${one.api.toFixed(1)} ms`,
        ratio: two.api / idle,
        goal: 2,
        lessIsBetter: true,
      },
      {
        name: 'timeline, p99 from due to written at half the pace',
        value: delay.p99,
        unit: 'ms',
        against: `the middle one: ${delay.middle.toFixed(0)} ms`,
        ratio: delay.p99 / delay.middle,
        goal: 4,
        lessIsBetter: true,
      },
    ]
  } finally {
    await end(api.child)
  }
}

interface Drain {
  perSecond: number
  api: number
  memory: Memory
}

/** Megabytes: of the largest worker with its compositors, of the API, of all of PostgreSQL. */
interface Memory {
  worker: number
  api: number
  database: number
}

const heavier = (a: Memory, b: Memory): Memory => ({
  worker: Math.max(a.worker, b.worker),
  api: Math.max(a.api, b.api),
  database: Math.max(a.database, b.database),
})

async function drain(ground: DrainGround, api: Api, workers: number, letters: number): Promise<Drain> {
  const { sql } = ground
  const before = await doneSoFar(sql)
  const children = Array.from({ length: workers }, () => start(ground, ['work', '--jobs', '4']))
  let memory: Memory = { worker: 0, api: 0, database: 0 }
  try {
    const finished = (async () => {
      while ((await doneSoFar(sql)) < before + letters) {
        await pause(250)
        for (const child of children) refuseEnded(child)
      }
    })()
    // Between two pages: to weigh a process stops this one, and would be told as time that the API took.
    const weigh = () => (memory = heavier(memory, memoryNow(children, api.child)))
    const took = await askUntil(api, finished, weigh)
    // From the first to the last: a program's start is not its pace.
    const [row] = await sql<[{ perSecond: number }]>`
      select (count(*) - 1) / extract(epoch from max(done_at) - min(done_at))::float8 as per_second
      from (select done_at from bench_done order by done_at offset ${before}) as done`
    return { perSecond: row.perSecond, api: p99(took), memory }
  } finally {
    await Promise.all(children.map(end))
  }
}

/** Leaves so many steps to do now: the whole backlog would only make the measure longer. */
async function keepQueued(sql: Client, letters: number): Promise<void> {
  await setAside(sql)
  await sql`
    update graphile_worker._private_jobs set run_at = now()
    where id in (select id from graphile_worker._private_jobs where key like 'step:%' order by id limit ${letters})`
}

async function setAside(sql: Client): Promise<void> {
  await sql`update graphile_worker._private_jobs set run_at = now() + interval '1 day'`
}

/** Gives steps one by one to a worker that waits for them, and tells how long each took to become a letter. */
async function trickle(ground: DrainGround, perSecond: number): Promise<{ p99: number; middle: number }> {
  const { sql, tell } = ground
  const count = Math.round(Math.min(300, Math.max(60, perSecond * 15)))
  tell(`timeline: ${count} steps, ${perSecond.toFixed(1)} a second`)
  await setAside(sql)
  const waiting = await sql<{ id: bigint; step: string }[]>`
    select id, payload ->> 'step' as step from graphile_worker._private_jobs where key like 'step:%' order by id limit ${count + 20}`
  const worker = start(ground, ['work', '--jobs', '4'])
  try {
    const give = async ({ id, step }: { id: bigint; step: string }) => {
      await sql`delete from graphile_worker._private_jobs where id = ${id}`
      await sql`
        select graphile_worker.add_job('step', json_build_object('step', ${step}::text, 'day', ${ground.today}::date, 'version', 1),
                                       job_key => 'step:' || ${step}::text, max_attempts => 12)`
    }
    const before = await doneSoFar(sql)
    const warm = waiting.slice(0, 20)
    for (const each of warm) await give(each)
    while ((await doneSoFar(sql)) < before + warm.length) await pause(100, refuseEnded(worker))
    const given = new Map<string, number>()
    const began = performance.now()
    for (const [i, each] of waiting.slice(20).entries()) {
      await pause(Math.max(0, began + (i * 1000) / perSecond - performance.now()))
      given.set(each.step, Date.now())
      await give(each)
    }
    while ((await doneSoFar(sql)) < before + waiting.length) await pause(100, refuseEnded(worker))
    const done = await sql<{ step: string; at: number }[]>`
      select step, extract(epoch from done_at)::float8 * 1000 as at from bench_done where step = any(${[...given.keys()]})`
    const delays = done.map(({ step, at }) => at - given.get(step)!)
    return { p99: p99(delays), middle: median(delays) }
  } finally {
    await end(worker)
  }
}

/** A program that ended by itself will never do its part: waiting for it would last for ever. */
function refuseEnded(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error('a worker ended before its work')
}

async function doneSoFar(sql: Client): Promise<number> {
  const [row] = await sql<[{ done: number }]>`select count(*)::int as done from bench_done`
  return row.done
}

interface Api {
  child: ChildProcess
  url: string
  token: string
  /** Where the next page begins: one that was asked before might be answered from what was kept. */
  after: string | null
}
interface PageInfo {
  hasNextPage: boolean
  endCursor: string
}

/** A `courtois serve` that does no jobs, with the token of an administrator. */
export async function startApi(ground: Program): Promise<Api> {
  const child = start(ground, ['serve', '--jobs', '0'])
  let said = ''
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`courtois serve ended: ${said}`)))
    child.stdout!.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      const found = /GraphQL\s+(\S+)#token=(\S+)/.exec(said)
      if (found) resolve({ child, url: found[1]!, token: found[2]!, after: null })
    })
  })
}

/** Leafs through the cases by fifty, one request after the other, until `over`, with something else done after each tenth; the milliseconds that each took. */
async function askUntil(api: Api, over: Promise<unknown>, betweenSome: () => void = () => {}): Promise<number[]> {
  let asking = true
  const end = over.finally(() => (asking = false))
  end.catch(() => {})
  const took: number[] = []
  const asked = { url: api.url, headers: { authorization: `Bearer ${api.token}` } }
  while (asking) {
    const start = performance.now()
    const { cases } = await ask<{ cases: { pageInfo: PageInfo } }>(asked, query, { after: api.after })
    took.push(performance.now() - start)
    api.after = cases.pageInfo.hasNextPage ? cases.pageInfo.endCursor : null
    if (took.length % 10 === 0) betweenSome()
    await pause(20)
  }
  await end
  return took
}

/** The database and the folder that a program is given. */
type Program = Pick<DrainGround, 'url' | 'dir'>

function start({ url, dir }: Program, argv: string[]): ChildProcess {
  return spawn(process.execPath, [program, ...argv], {
    // As the containers run it: not through npm, so that the process that is weighed is the program itself.
    env: { ...process.env, npm_lifecycle_event: undefined, DATABASE_URL: url, DATA_DIR: dir, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

function memoryNow(workers: ChildProcess[], api: ChildProcess): Memory {
  const sum = (rows: ProcessRow[]): number => rows.reduce((total, { megabytes }) => total + megabytes, 0)
  return {
    worker: Math.max(...workers.map(({ pid }) => sum(familyOf(pid!)))),
    api: sum(familyOf(api.pid!)),
    database: sum(familyOf(process.pid).filter(({ name }) => /postgres/.test(name))),
  }
}
