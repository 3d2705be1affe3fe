import { setTimeout as pause } from 'node:timers/promises'
import type { Runner, WorkerEvents, WorkerPool } from 'graphile-worker'

/** What does the jobs until it is asked to stop, whatever becomes of the database meanwhile. */
export interface Worker {
  events: WorkerEvents
  /** Ends the jobs in hand and gives the others back. */
  stop(): Promise<void>
  /** Gives back the jobs in hand too, whatever they wait for. */
  kill(why: string): Promise<void>
}

/** In milliseconds: how soon, and how late at most, a worker whose database went away looks for it again. */
const [soonest, latest] = [500, 4_000]

/**
 * graphile-worker stops for good when the database goes away under it. Then another one begins as soon as `begin` succeeds, again and
 * again: without it a program would go on living and do nothing.
 */
export async function keepAlive(
  events: WorkerEvents,
  begin: () => Promise<Runner>,
  report: (error: unknown) => void,
): Promise<Worker> {
  const asked = new AbortController()
  let pool: WorkerPool | undefined
  events.on('pool:create', ({ workerPool }) => void (pool = workerPool))
  let runner: Runner | null = await begin()
  const life = (async () => {
    while (runner) {
      await runner.promise.catch(report)
      // Over: whoever asks to stop meanwhile has nothing to end but the next one.
      runner = null
      if (!asked.signal.aborted) runner = await anew()
      // Asked to stop while it began.
      if (asked.signal.aborted) await runner?.stop().catch(report)
    }
  })()

  async function anew(): Promise<Runner | null> {
    for (let wait = soonest; ; wait = Math.min(latest, wait * 2)) {
      await pause(wait, undefined, { signal: asked.signal }).catch(() => {})
      if (asked.signal.aborted) return null
      try {
        return await begin()
      } catch (error) {
        report(error)
      }
    }
  }
  /** The runner's own `kill` (0.18.0) does nothing once it was asked to stop. */
  async function giveBack(why: string): Promise<void> {
    const { forceFailedJobs = [] } = (await pool?.forcefulShutdown(why)) ?? {}
    for (const { id, task_identifier } of forceFailedJobs) report(new Error(`job ${id} (${task_identifier}): ${why}`))
  }
  async function end(act: (live: Runner) => Promise<void>): Promise<void> {
    asked.abort()
    if (runner) await act(runner).catch(report)
    await life
  }
  return { events, stop: () => end((live) => live.stop()), kill: (why) => end(() => giveBack(why)) }
}

/**
 * A runner begins its own end when it cannot say what it did, and its queue gives back what it had not begun; nobody waits for either,
 * and their failure, unheard, would end the program. It is told by the logger already.
 */
export function failQuietly(events: WorkerEvents): void {
  events.on('pool:create', ({ workerPool }) => {
    const end = workerPool.gracefulShutdown
    workerPool.gracefulShutdown = (message) => heard(end.call(workerPool, message))
  })
  events.on('localQueue:init', ({ localQueue }) => {
    const queue = localQueue as unknown as LocalQueue
    const { background } = queue
    queue.background = (promise) => {
      const watched = heard(promise)
      if (queue.mode !== 'RELEASED' || queue.backgroundCount > 0) return background.call(queue, watched)
      // As it ends it gives back what it had not begun, and then (0.18.0) refuses to wait for that: the database would be left first.
      queue.backgroundCount++
      void promise.then(queue.decreaseBackgroundCount, queue.decreaseBackgroundCountWithError)
    }
  })
}

interface LocalQueue {
  mode: string
  backgroundCount: number
  background(promise: Promise<unknown>): void
  decreaseBackgroundCount: () => void
  decreaseBackgroundCountWithError: (error: unknown) => void
}

function heard<T extends PromiseLike<unknown> | void>(promise: T): T {
  Promise.resolve(promise).catch(() => {})
  return promise
}
