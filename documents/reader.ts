// What the processes that open strangers' files have in common. A second thread watches time and memory: while a file keeps
// the first one busy, nothing else in there could stop it.
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { DomainError } from '../schema/errors.ts'
import type { Answer, Limits, Order, Refusal } from './apart.ts'

/** Makes this process one of `Readers`. What is thrown on a file is a fault of the file: nothing here has other work than it. */
export function serve<Task, Reply>(
  read: (task: Task) => Promise<Reply>,
  fault: (error: unknown, task: Task) => DomainError,
): void {
  const watch = new Worker(new URL(import.meta.url))
  process.on('message', ({ task, limits }: Order<Task>) => {
    watch.postMessage(limits)
    void read(task)
      .catch((error: unknown) => refusal(error instanceof DomainError ? error : fault(error, task)))
      .then((answer: Reply | Refusal) => {
        watch.postMessage(null)
        process.send!({ answer, weight: process.memoryUsage.rss() } satisfies Answer<Reply>, () => {})
      })
  })
  process.on('disconnect', () => process.exit(0))
}

if (!isMainThread) {
  let timer: NodeJS.Timeout | undefined
  parentPort!.on('message', (limits: Limits | null) => {
    clearInterval(timer)
    if (limits === null) return
    // Time of the processor: a busy machine makes no file suspect.
    const before = process.cpuUsage()
    timer = setInterval(() => {
      const { user, system } = process.cpuUsage(before)
      const late = user + system > limits.seconds * 1e6
      if (late || process.memoryUsage.rss() > limits.megabytes * 1_048_576) process.kill(process.pid, 'SIGKILL')
    }, 20)
  })
}

const refusal = ({ code, message, remedy, facts }: DomainError): Refusal => ({
  refused: { code, message, remedy, facts },
})
