import { EventEmitter } from 'node:events'
import { Logger, run, type Runner, runOnce, type TaskList, type WorkerEvents } from 'graphile-worker'
import { type Day, latest, parseDay } from '../schema/days.ts'
import { connect, type Sql } from '../schema/db.ts'
import { sendDocument } from './cases/post.ts'
import { doPlan } from './amicable/plans.ts'
import { doStep } from './amicable/steps.ts'
import type { Office } from './office.ts'

/** Payloads carry a version, so that a job queued before a deploy is still understood after it. */
function tasks(office: Office, today?: () => Day): TaskList {
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
    send: async (payload) => {
      const { document, day } = payload as { document: string; day: string }
      await sendDocument(office, document, dayOf(day))
    },
  }
}

const quiet = new Logger(() => (level, message, meta) => {
  if (level === 'error') console.error(message, meta?.error ?? '')
})

// One by one, graphile-worker does not wait for the end of a job to be written, nor catch that writing's failure: the
// program would die of a database that restarts. In batches it does both.
const inBatches = { completeJobBatchDelay: 0, failJobBatchDelay: 0 }

/** Does every job that waits, one after the other, and returns: for a virtual day. */
export async function drain(office: Office, connectionString: string): Promise<void> {
  await runOnce({
    connectionString,
    taskList: tasks(office),
    concurrency: 1,
    noHandleSignals: true,
    logger: quiet,
    preset: { worker: inBatches },
  })
}

/** Works until `stop`, beside any number of others on the same database; `today` is the day documents are dated by. */
export async function startWorker(
  office: Office,
  connectionString: string,
  { concurrency = 2, today }: { concurrency?: number; today?: () => Day } = {},
): Promise<Runner> {
  await freeDeadJobs(office.sql)
  const alive = connect(connectionString, { max: 1 })
  const events = new EventEmitter() as unknown as WorkerEvents
  events.on('pool:create', ({ workerPool }) => {
    // Held by the session: PostgreSQL lets go of it the moment this process dies.
    alive`select pg_advisory_lock(hashtextextended(${lockOf(workerPool.id)}, 0))`.catch((error: unknown) =>
      console.error(error),
    )
  })
  const runner = await run({
    connectionString,
    taskList: tasks(office, today),
    concurrency,
    pollInterval: 1000,
    noHandleSignals: true,
    logger: quiet,
    events,
    preset: { worker: { ...inBatches, localQueue: { size: 50 } } },
  })
  const release = (): void => void alive.end().catch((error: unknown) => console.error(error))
  runner.promise.then(release, release)
  return runner
}

const lockOf = (pool: string): string => `worker:${pool}`

/** Frees at once the jobs of workers that were killed: whoever holds no sign of life any more holds no job either. */
export async function freeDeadJobs(sql: Sql): Promise<void> {
  await sql`
    with held as (select distinct locked_by from graphile_worker.jobs where locked_by is not null),
         dead as materialized (select locked_by from held where pg_try_advisory_xact_lock(hashtextextended('worker:' || locked_by, 0)))
    select graphile_worker.force_unlock_workers(array(select locked_by from dead))`
}
