import { setTimeout as pause } from 'node:timers/promises'
import type { Worker } from '../procedures/jobs/worker-life.ts'

/** Settles when this process is asked to stop. A second request ends it at once, and twenty seconds end it anyway. */
export async function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    let asked: number | undefined
    const stop = (): void => {
      // One Ctrl-C comes twice: from the terminal, and from whoever started us.
      if (asked !== undefined && performance.now() - asked > 1000) process.exit(130)
      if (asked !== undefined) return
      asked = performance.now()
      // What hangs then was given back, and all else is over; or nothing is, and the next process frees the jobs of the dead.
      setTimeout(() => process.exit(process.exitCode ?? 1), 18_000).unref()
      resolve()
    }
    process.on('SIGINT', stop).on('SIGTERM', stop)
    whenNpmStops(() => {
      if (asked === undefined) stop()
    })
  })
}

/** npm sends a signal to its shell alone, which dies of it without a word to us: then we are nobody's child. */
export function whenNpmStops(act: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    act()
  }, 250).unref()
}

/** Ends well what is under way, and gives the rest back before whoever asked us to stop loses patience and kills. */
export async function stopWorker(worker: Worker, patience = 12_000): Promise<void> {
  const late = new AbortController()
  const kill = pause(patience, undefined, { signal: late.signal }).then(
    () => worker.kill('le programme a été arrêté avant la fin de ce travail'),
    () => {},
  )
  await Promise.race([worker.stop(), kill])
  late.abort()
}
