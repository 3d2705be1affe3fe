import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { DomainError } from '../schema/errors.ts'
import { hold } from './child.ts'
import { Scratch } from './exhibits/scratch.ts'

/** What a stranger's file may take before its reader is stopped: seconds of processor, megabytes of memory. */
export interface Limits {
  seconds: number
  megabytes: number
}
export const usualLimits: Limits = { seconds: 60, megabytes: 1500 }

/** To the process: what to do and within what. From it: the answer or the refusal, and the memory it has come to hold. */
export interface Order<Task> {
  task: Task
  limits: Limits
}
export type Refusal = { refused: { code: string; message: string; remedy: string; facts: Record<string, unknown> } }
export type Answer<Reply> = { answer: Reply | Refusal; weight: number }

const most = 2
const heavy = 400 << 20
const restful = 30_000

/** A process that reads, and the one file it may write. */
interface Reader {
  child: ChildProcess
  scratch: Scratch
}

/**
 * Processes that read strangers' files, by a program that says `serve` (`reader.ts`): without network, they start nothing and
 * write into one nameless file alone. A file that makes one hang, fill the memory or fall is refused, alone; the next one finds
 * a new process.
 */
export class Readers<Task, Reply extends object> {
  private readonly program: string
  private readonly idle: Reader[] = []
  private readonly waiting: (() => void)[] = []
  private running = 0

  constructor(program: URL) {
    this.program = fileURLToPath(program)
  }

  /** What is made of the reply is made before another file may take the process. `stopped` says in a sentence that it was. */
  async read<Taken = Reply>(
    order: Order<Task>,
    {
      stopped,
      take,
    }: { stopped: (why: string) => DomainError; take: (reply: Reply, scratch: Scratch) => Promise<Taken> },
  ): Promise<Taken> {
    while (this.running >= most) await new Promise<void>((next) => this.waiting.push(next))
    this.running++
    let reader = this.idle.pop()
    while (reader && !reader.child.connected) reader = this.idle.pop()
    reader ??= start(this.program)
    hold(reader.child, true)
    let keep = false
    try {
      const { answer, weight } = await ask<Task, Reply>(reader.child, order, stopped)
      if ('refused' in answer) {
        keep = weight < heavy
        const { code, message, remedy, facts } = answer.refused
        throw new DomainError(code, message, { remedy, facts })
      }
      const taken = await take(answer, reader.scratch)
      keep = weight < heavy
      return taken
    } finally {
      hold(reader.child, false)
      if (keep) this.rest(reader)
      else reader.child.kill('SIGKILL')
      this.running--
      this.waiting.shift()?.()
    }
  }

  /** Kept for the next file, and let go when none comes: a reader at rest still holds the memory of the last one. */
  private rest(reader: Reader): void {
    this.idle.push(reader)
    setTimeout(() => {
      const at = this.idle.indexOf(reader)
      if (at < 0) return
      this.idle.splice(at, 1)
      reader.child.kill('SIGKILL')
    }, restful).unref()
  }
}

function ask<Task, Reply>(
  child: ChildProcess,
  order: Order<Task>,
  stopped: (why: string) => DomainError,
): Promise<Answer<Reply>> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer)
      child.off('message', answered).off('exit', fell)
    }
    const refuse = (why: string) => {
      settle()
      reject(stopped(why))
    }
    // Much more than what the process allows itself: it is stopped from outside only if its own watch has failed.
    const timer = setTimeout(() => refuse('sa lecture n’en finit pas'), order.limits.seconds * 5000 + 10_000)
    const answered = (answer: Answer<Reply>) => {
      settle()
      resolve(answer)
    }
    const fell = () => refuse('sa lecture demande trop de temps ou de mémoire')
    child.once('message', answered).once('exit', fell)
    child.send(order, () => {})
  })
}

function start(program: string): Reader {
  const scratch = new Scratch()
  const child = fork(program, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc', scratch.descriptor],
    execArgv: ['--no-warnings', '--permission', '--allow-fs-read=*', '--allow-worker', '--max-old-space-size=1024'],
    env: {},
  })
  child.on('error', () => {})
  child.once('exit', () => scratch.close())
  return { child, scratch }
}
