import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import type { Content } from '../archive.ts'
import { hold } from '../child.ts'
import { refuse } from './refusal.ts'
import { Scratch } from './scratch.ts'

/** What a stranger's file may take before its reader is stopped: seconds of processor, megabytes of memory. */
export interface ExhibitLimits {
  seconds: number
  megabytes: number
}
export const usualLimits: ExhibitLimits = { seconds: 60, megabytes: 1500 }

export interface ExhibitTask {
  content: Content
  name: string
  password?: string | undefined
  /** SHA-256 that becomes the identifier of the PDF: the original's, whatever it was turned into on the way. */
  seed: string
}

/** What is printed of a text or a message: strings only, for letters/layout/exhibit.typ. */
export interface Printed {
  title: string
  notice: string
  rows: { label: string; value: string }[]
  lines: string[]
  joined: { name: string; detail: string }[]
}
export interface Attachment {
  name: string
  bytes: Uint8Array
}

export type ExhibitReply = { mediaType: string; flags: Doubt[] } & (
  | { as: 'pages'; length: number; pageSizes: { width: number; height: number }[] }
  | { as: 'printed'; printed: Printed; attachments: Attachment[] }
  | { as: 'picture' }
  | { as: 'office' }
  | { as: 'data' }
)
/** The pages, once they are taken from where the process wrote them. */
export type ExhibitPages = Extract<ExhibitReply, { as: 'pages' }> & { pdf: Content }
export type ExhibitRead = Exclude<ExhibitReply, { as: 'pages' }> | ExhibitPages
export type Refusal = { refused: { code: string; message: string; remedy: string; facts: Record<string, unknown> } }

/** To the process: what to do and within what. From it: the answer, and the memory it has come to hold. */
export interface ExhibitOrder {
  task: ExhibitTask
  limits: ExhibitLimits
}
export type ExhibitAnswer = (ExhibitReply | Refusal) & { weight: number }

const processes = 2
const heavy = 400 << 20
const restful = 30_000
const idle: Reader[] = []
const waiting: (() => void)[] = []
let running = 0

/** A process that reads, and the one file it may write. */
interface Reader {
  child: ChildProcess
  scratch: Scratch
}

/**
 * Reads one file in a process of its own, which has no network, starts nothing and writes into one nameless file alone. A file
 * that makes it hang, fill the memory or fall is refused, alone (`exhibit_unreadable`); the next one finds a new process.
 * Large pages are left in `folder`, where one is given.
 */
export async function readApart(
  task: ExhibitTask,
  { limits = usualLimits, folder }: { limits?: ExhibitLimits; folder?: string | undefined } = {},
): Promise<ExhibitRead> {
  while (running >= processes) await new Promise<void>((next) => waiting.push(next))
  running++
  let reader = idle.pop()
  while (reader && !reader.child.connected) reader = idle.pop()
  reader ??= start()
  const { child, scratch } = reader
  hold(child, true)
  let keep = false
  try {
    const answer = await ask(child, { task, limits })
    if ('refused' in answer) {
      keep = answer.weight < heavy
      const { code, message, remedy, facts } = answer.refused
      throw new DomainError(code, message, { remedy, facts })
    }
    const read = answer.as === 'pages' ? { ...answer, pdf: await scratch.take(answer.length, folder) } : answer
    keep = answer.weight < heavy
    return read
  } finally {
    hold(child, false)
    if (keep) rest(reader)
    else child.kill('SIGKILL')
    running--
    waiting.shift()?.()
  }
}

/** Kept for the next file, and let go when none comes: a reader at rest still holds the memory of the last one. */
function rest(reader: Reader): void {
  idle.push(reader)
  setTimeout(() => {
    const at = idle.indexOf(reader)
    if (at < 0) return
    idle.splice(at, 1)
    reader.child.kill('SIGKILL')
  }, restful).unref()
}

function ask(child: ChildProcess, order: ExhibitOrder): Promise<ExhibitAnswer> {
  const { task, limits } = order
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer)
      child.off('message', answered).off('exit', fell)
    }
    const stopped = (why: string) => {
      settle()
      reject(
        refuse(
          'exhibit_unreadable',
          task.name,
          `ne peut pas être lue en sûreté\u00a0: ${why}`,
          'Imprimez-la en PDF depuis le programme qui l’ouvre, ou numérisez-la, puis joignez cette copie.',
        ),
      )
    }
    // Much more than what the process allows itself: it is stopped from outside only if its own watch has failed.
    const timer = setTimeout(() => stopped('sa lecture n’en finit pas'), limits.seconds * 5000 + 10_000)
    const answered = (answer: ExhibitAnswer) => {
      settle()
      resolve(answer)
    }
    const fell = () => stopped('sa lecture demande trop de temps ou de mémoire')
    child.once('message', answered).once('exit', fell)
    child.send(order, () => {})
  })
}

function start(): Reader {
  const scratch = new Scratch()
  const child = fork(fileURLToPath(new URL('./worker.ts', import.meta.url)), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc', scratch.descriptor],
    execArgv: ['--no-warnings', '--permission', '--allow-fs-read=*', '--allow-worker', '--max-old-space-size=1024'],
    env: {},
  })
  child.on('error', () => {})
  child.once('exit', () => scratch.close())
  return { child, scratch }
}
