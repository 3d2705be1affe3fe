import { EventEmitter } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import {
  type Job,
  type JobHelpers,
  Logger,
  run,
  type Runner,
  runOnce,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker'
import { type Day, latest, parseDay } from '../../schema/days.ts'
import { type Client, connect, type Sql, transaction } from '../../schema/db.ts'
import { type Doing, during, traced } from '../../schema/trace.ts'
import type { FollowUp } from '../mail/follow-up-queue.ts'
import { followUp } from '../mail/follow-ups.ts'
import { doReview } from '../cases/intake/invoicing-reviews.ts'
import { doReceipt } from '../money/late-receipts.ts'
import { sendDocument } from '../mail/post.ts'
import { doPlan } from '../amicable/plans.ts'
import { doStep } from '../amicable/steps.ts'
import { stampPack } from '../judicial/packs/timestamps.ts'
import type { Office } from '../office.ts'
import { deliver } from '../webhooks.ts'
import { failQuietly, keepAlive, type Worker } from './worker-life.ts'

/** Payloads carry a version: a job queued before a deploy is understood after it, and one of a newer program is left to that. */
const known = 1
function tasks(office: Office, sign: SignOfLife, today?: () => Day): TaskList {
  const acts = actsOf(office, today)
  return Object.fromEntries(
    Object.entries(acts).map(([name, act]) => [
      name,
      async (payload: unknown, { job }: JobHelpers) => {
        const { version = known } = payload as { version?: number }
        if (version > known) {
          await leave(office.sql, job)
          throw new Error(newer)
        }
        await sign.take(job.locked_by!)
        if (elsewhere.has(name) || job.last_error !== null || !sign.holdsSince(job.locked_at!))
          await markBegun(office.sql, job)
        const doing: Doing = {}
        doings.set(job, doing)
        const attributes = { 'job.id': String(job.id), ...idsOf(payload) }
        await traced(`job ${name}`, attributes, () => during(doing, () => act(payload)))
      },
    ]),
  )
}

const doings = new WeakMap<object, Doing>()

/** The cases that a job was about, for the line of log of its end: its payload names a step or a letter. */
export const casesOf = (job: object): Pick<Doing, 'cases'> => doings.get(job) ?? {}

const newer = 'ce travail attend une version plus récente du programme'

/** However long a deploy lasts, it costs the job no attempt: met again in a minute, unless a program that understands it was first. */
const leave = (sql: Sql, job: Job) => sql`
  update graphile_worker._private_jobs set attempts = greatest(0, attempts - 1), run_at = locked_at + interval '1 minute'
  where id = ${job.id}::bigint and locked_by = ${job.locked_by}`

/** Acts on somebody else's server: they belong to no day, and nothing in this house says whether one was done. */
const elsewhere = new Set(['webhook', 'timestamp'])

/**
 * Writes that a job is begun, where that may matter: if this program dies now, the row says which of the jobs taken from it was in hand,
 * so that one that kills whoever does it is known. Success deletes the row, failure writes its own. Most jobs are new, and surely
 * ours, and need no such word: whoever frees them from a dead worker makes suspects of all.
 */
async function markBegun(sql: Sql, job: Job): Promise<void> {
  // A program's death takes no commit along, so that this one need not wait for the disk.
  const { count } = await sql`
    update graphile_worker._private_jobs set last_error = ${begun}
    where id = ${job.id}::bigint and locked_by = ${job.locked_by} and set_config('synchronous_commit', 'off', true) = 'off'`
  if (count === 0) throw new Error('ce travail a été repris par un autre programme')
}

/** The ids of a payload, for a trace: what else it holds is nobody's business. */
const idsOf = (payload: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(payload as object).filter(([, value]) => /^[0-9a-f-]{36}$/.test(String(value))))

/** What jobs taken from a dead program say of themselves, for the people who read `courtois doctor`: it was at this one, or may have been. */
const begun = 'le programme s’est arrêté pendant ce travail'
const suspect = 'le programme s’est arrêté avant la fin de ce travail'

function actsOf(office: Office, today?: () => Day): Record<string, (payload: unknown) => Promise<void>> {
  // A job left from yesterday is done today, and says so.
  const dayOf = (day: string): Day => latest(parseDay(day), today?.() ?? parseDay(day))
  return {
    step: async (payload) => {
      const { step, day } = payload as { step: string; day: string }
      await doStep(office, step, dayOf(day))
    },
    plan: async (payload) => {
      const { plan, day } = payload as { plan: string; day: string }
      await doPlan(office, plan, dayOf(day))
    },
    'follow-up': async (payload) => {
      const { day, ...about } = payload as FollowUp & { day: string }
      await followUp(office, about, dayOf(day))
    },
    review: async (payload) => {
      const { creditor, month, day } = payload as { creditor: string; month: string; day: string }
      await doReview(office, { creditor, month: parseDay(month) }, dayOf(day))
    },
    receipt: async (payload) => {
      const { payment, day } = payload as { payment: string; day: string }
      await doReceipt(office, payment, dayOf(day))
    },
    send: async (payload) => {
      const { document, day } = payload as { document: string; day: string }
      await sendDocument(office, document, dayOf(day))
    },
    webhook: async (payload) => deliver(office, (payload as { delivery: string }).delivery, today?.()),
    timestamp: async (payload) => stampPack(office, (payload as { pack: string }).pack),
  }
}

const quiet = new Logger(() => (level, message, meta) => {
  if (level === 'error') console.error(message, meta?.error ?? '')
})
// A job that fails is told by the worker's own events, with what it was about.
const telling = (report: (error: unknown) => void): Logger =>
  new Logger(() => (level, message, meta) => {
    if (level === 'error' && !meta?.job) report(meta?.error ?? new Error(message))
  })

/**
 * graphile-worker's own connections: which jobs are taken and which are done waits for no disk. What a power cut takes back of it is a
 * job that begins again, and every act knows that it is done.
 */
function withoutDisk(connectionString: string): string {
  const url = new URL(connectionString)
  const given = url.searchParams.get('options')
  url.searchParams.set('options', `${given === null ? '' : `${given} `}-c synchronous_commit=off`)
  return url.href
}

// One by one, graphile-worker does not wait for the end of a job to be written, nor catch that writing's failure: the
// program would die of a database that restarts. In batches it does both.
const inBatches = { completeJobBatchDelay: 0, failJobBatchDelay: 0 }

/** In milliseconds: a worker that was not heard of for so long, its machine alive and itself frozen, is taken for dead. */
const longestSilence = 60_000

interface SignOfLife {
  /** Asked as often as one likes, it is taken once, in the name of a worker. */
  take(pool: string): Promise<unknown>
  /** Whether it was held without a break since that instant of the server's clock: whoever held a job then holds it now. */
  holdsSince(instant: Date): boolean
  end(): Promise<void>
}

/**
 * What shows that a worker lives: a lock that PostgreSQL lets go of the moment its session ends, and a session that ends when nothing
 * is said in it. `onclose` is told when it is lost.
 */
function signOfLife(connectionString: string, onclose?: () => void, silence = longestSilence): SignOfLife {
  let alive: Client | undefined
  let held: Promise<unknown> | undefined
  let heldFrom = Infinity
  // In seconds of this program's life, which go on while it is frozen.
  let heard = -Infinity
  let pulse: NodeJS.Timeout | undefined
  const closed = (): void => {
    clearInterval(pulse)
    heldFrom = Infinity
    onclose?.()
  }
  return {
    take(pool: string): Promise<unknown> {
      alive ??= connect(connectionString, { max: 1, lasting: true, onclose: closed })
      const live = alive
      const hear = async <T>(query: PromiseLike<T>): Promise<T> => {
        const asked = process.uptime()
        const answer = await query
        heard = asked
        return answer
      }
      held ??= hear(live<{ now: Temporal.Instant }[]>`
        select set_config('idle_session_timeout', ${String(silence)}, false), pg_advisory_lock(hashtextextended(${lockOf(pool)}, 0)),
               clock_timestamp() as now`)
        .then(([row]) => {
          heldFrom = row!.now.epochMilliseconds
          pulse = setInterval(() => void hear(live`select 1`).catch(() => {}), silence / 6).unref()
        })
        .catch((error: unknown) => {
          held = undefined
          throw error
        })
      return held
    },
    holdsSince: (instant) => instant.getTime() > heldFrom && process.uptime() - heard < silence / 2000,
    async end(): Promise<void> {
      clearInterval(pulse)
      await alive?.end({ timeout: 1 })
    },
  }
}

/** Does every job that waits, one after the other, and returns: for a virtual day. */
export async function drain(office: Office, connectionString: string): Promise<void> {
  const sign = signOfLife(connectionString)
  try {
    await runOnce({
      connectionString: withoutDisk(connectionString),
      taskList: tasks(office, sign),
      concurrency: 1,
      noHandleSignals: true,
      logger: quiet,
      preset: { worker: inBatches },
    })
  } finally {
    await sign.end()
  }
}

/**
 * The same beside other workers: jobs that one of them holds are waited for, so that a virtual day is over when the next begins.
 */
export async function drainWithOthers(office: Office, connectionString: string): Promise<void> {
  const ofDays = Object.keys(actsOf(office)).filter((task) => !elsewhere.has(task))
  for (;;) {
    await drain(office, connectionString)
    await freeDeadJobs(office.sql)
    const [others] = await office.sql<{ busy: boolean; ready: boolean }[]>`
      select coalesce(bool_or(locked_at is not null), false) as busy, coalesce(bool_or(locked_at is null), false) as ready
      from graphile_worker.jobs
      where task_identifier = any(${ofDays}) and (locked_at is not null or attempts = 0 and last_error is distinct from ${newer})`
    if (!others!.busy && !others!.ready) return
    if (!others!.ready) await pause(100)
  }
}

interface WorkerOptions {
  concurrency?: number
  /** In milliseconds: see `longestSilence`. */
  silence?: number
  today?: () => Day
  report?: (error: unknown) => void
}

/** Works until `stop`, beside any number of others on the same database; `today` is the day documents are dated by. */
export async function startWorker(
  office: Office,
  connectionString: string,
  options: WorkerOptions = {},
): Promise<Worker> {
  const events = new EventEmitter() as unknown as WorkerEvents
  const tell = options.report ?? ((error: unknown) => console.error(error))
  let sign: SignOfLife
  failQuietly(events)
  events.on('pool:create', ({ workerPool }) => void sign.take(workerPool.id).catch(tell))
  const begin = async (): Promise<Runner> => {
    await freeDeadJobs(office.sql)
    const live: { runner?: Runner } = {}
    let isLost = false
    // Without its sign of life its jobs are for others to take: it ends what it has in hand, and another begins.
    const lost = (): void => {
      isLost = true
      void live.runner?.stop().catch(tell)
    }
    const own = signOfLife(connectionString, lost, options.silence)
    sign = own
    const looking = lookForTheDead(office.sql, tell)
    const over = (): void => {
      looking.abort()
      delete live.runner
      void own.end().catch(tell)
    }
    try {
      live.runner = await runJobs(tasks(office, own, options.today), connectionString, options, events)
      if (isLost) lost()
    } catch (error) {
      over()
      throw error
    }
    const { runner } = live
    runner.promise.then(over, over)
    return runner
  }
  return keepAlive(events, begin, tell)
}

/** Whoever works looks after the others: what a killed one had taken waits no longer than this, in milliseconds. */
const betweenLooks = 10_000

function lookForTheDead(sql: Sql, tell: (error: unknown) => void): AbortController {
  const over = new AbortController()
  const look = async (): Promise<void> => {
    for (;;) {
      await pause(betweenLooks, undefined, { signal: over.signal, ref: false })
      await freeDeadJobs(sql).catch(tell)
    }
  }
  void look().catch(() => {})
  return over
}

const runJobs = (
  taskList: TaskList,
  connectionString: string,
  { concurrency = 2, report }: WorkerOptions,
  events: WorkerEvents,
): Promise<Runner> =>
  run({
    connectionString: withoutDisk(connectionString),
    taskList,
    concurrency,
    pollInterval: 1000,
    noHandleSignals: true,
    logger: report ? telling(report) : quiet,
    events,
    preset: { worker: { ...inBatches, localQueue: { size: 50 } } },
  })

const lockOf = (pool: string): string => `worker:${pool}`

/**
 * Frees at once the jobs of workers that were killed: whoever holds no sign of life any more holds no job either. A worker
 * takes jobs by the fifty, and which one it was at nobody knows the first time: all are suspects, lose no attempt, and say from then on
 * that they are begun. Those that had said so wait a little, apart, so that a job that kills whoever does it ends by itself and
 * takes no other along.
 */
export async function freeDeadJobs(sql: Sql): Promise<void> {
  await transaction(sql, async (tx) => {
    const jobs = await tx<{ id: string; lockedBy: string; attempts: number | null; again: Temporal.Instant | null }[]>`
      with held as (select distinct locked_by from graphile_worker.jobs where locked_by is not null),
           dead as materialized (select locked_by from held where pg_try_advisory_xact_lock(hashtextextended('worker:' || locked_by, 0)))
      select j.id::text, j.locked_by,
             case when j.last_error is distinct from ${begun} then greatest(0, j.attempts - 1) end as attempts,
             case when j.last_error = ${begun} then j.locked_at + interval '1 second' * exp(least(10, j.attempts)) * (1 + j.id % 10 / 10.0) end as again
      from graphile_worker.jobs j join dead using (locked_by)`
    if (jobs.length === 0) return
    await tx`select graphile_worker.force_unlock_workers(${[...new Set(jobs.map(({ lockedBy }) => lockedBy))]}::text[])`
    await tx`
      update graphile_worker._private_jobs set last_error = ${suspect}
      where last_error is null and id = any(${jobs.map(({ id }) => id)}::bigint[])`
    for (const { id, attempts, again } of jobs)
      await tx`select graphile_worker.reschedule_jobs(array[${id}::bigint], attempts => ${attempts}::int, run_at => ${again}::timestamptz)`
  })
}
