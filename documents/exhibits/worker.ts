// The program of the process that opens strangers' files. A second thread watches time and memory: while a file keeps
// the first one busy, nothing else in here could stop it.
import { readSync, writevSync } from 'node:fs'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { DomainError } from '../../schema/errors.ts'
import type { ExhibitAnswer, ExhibitLimits, ExhibitOrder, ExhibitReply, Refusal } from './process.ts'
import { type ExhibitOut, readExhibit } from './read.ts'

if (isMainThread) {
  const watch = new Worker(new URL(import.meta.url))
  process.on('message', ({ task, limits }: ExhibitOrder) => {
    watch.postMessage(limits)
    void readExhibit(task, scratch())
      .catch((error: unknown): Refusal => refusal(error, task.name))
      .then((reply: ExhibitReply | Refusal) => {
        watch.postMessage(null)
        const answer: ExhibitAnswer = { ...reply, weight: process.memoryUsage.rss() }
        process.send!(answer, () => {})
      })
  })
  process.on('disconnect', () => process.exit(0))
} else {
  let timer: NodeJS.Timeout | undefined
  parentPort!.on('message', (limits: ExhibitLimits | null) => {
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

/** The one file that this process may write: its fifth descriptor, given by the one that started it. */
function scratch(): ExhibitOut {
  let at = 0
  return {
    writev: async (chunks) => {
      const bytesWritten = writevSync(4, chunks, at)
      at += bytesWritten
      return { bytesWritten }
    },
    written(length) {
      const bytes = new Uint8Array(length)
      let read = 0
      while (read < length) {
        const more = readSync(4, bytes, read, length - read, read)
        if (more === 0) throw new RangeError('cut short')
        read += more
      }
      return bytes
    },
  }
}

/** What a reader throws on a file is a fault of the file: nothing here has other work than reading it. */
function refusal(error: unknown, name: string): Refusal {
  if (error instanceof DomainError) {
    const { code, message, remedy, facts } = error
    return { refused: { code, message, remedy, facts: facts ?? {} } }
  }
  return {
    refused: {
      code: 'bad_exhibit',
      message: `La pièce «\u00a0${name.slice(0, 120)}\u00a0» est illisible.`,
      remedy: 'Demandez de nouveau ce document, ou imprimez-le en PDF.',
      facts: { fileName: name.slice(0, 120), detail: String(error).slice(0, 300) },
    },
  }
}
