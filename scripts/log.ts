import { type Logger, pino } from 'pino'
import { casesOf } from '../procedures/jobs/work.ts'
import type { Worker } from '../procedures/jobs/worker-life.ts'
import { currently } from '../schema/trace.ts'

/** LOG_LEVEL, else `info` in production and `warn` at a developer's; one JSON line each, with the request or the cases it belongs to. */
export function openLog(): Logger {
  const level = process.env['LOG_LEVEL'] || (process.env['NODE_ENV'] === 'production' ? 'info' : 'warn')
  return pino({
    level,
    base: { pid: process.pid },
    mixin: () => currently() ?? {},
    serializers: { err: tellable },
  })
}

/** One line a job: which row and which case it was about, and how it ended. Its payload is ids and a day. */
export function logJobs(worker: Worker, log: Logger): void {
  worker.events.on('job:success', ({ job }) => log.info(aboutJob(job), 'job done'))
  worker.events.on('job:error', ({ job, error }) => log.error({ ...aboutJob(job), err: error }, 'job failed'))
}

/** Ids alone: a payload that is not what it should be may hold anything. */
function aboutJob(job: { id: string; task_identifier: string; attempts: number; payload: unknown }): object {
  const ids = Object.entries(job.payload as object).filter(([, value]) => /^[0-9a-f-]{36}$/.test(String(value)))
  return { job: job.id, task: job.task_identifier, attempt: job.attempts, ...Object.fromEntries(ids), ...casesOf(job) }
}

interface Tellable {
  type: string
  message?: string
  stack: string
  [name: string]: unknown
}

/**
 * An error by its code and place. Its words are told where our own code wrote them, without what they quote: PostgreSQL, mail servers and
 * parsers repeat the name or the address they stumbled on, and theirs are found where the stack begins.
 */
export function tellable(thrown: unknown): Tellable {
  const error = (thrown instanceof Error ? thrown : new Error(typeof thrown)) as Error & Record<string, unknown>
  const places = ['code', 'table_name', 'column_name', 'constraint_name', 'routine', 'syscall', 'responseCode']
  // Its first lines are the message again, which may be written like what follows it.
  const stack = (error.stack ?? '').replace(error.message, '').split('\n')
  const frames = stack.filter((line) => /^\s+at /.test(line))
  // What graphql wraps, it tells the stack of.
  const cause = error.cause ?? error['originalError']
  return {
    type: error.name,
    ...(isOurs(frames) ? { message: masked(error, cause) } : {}),
    stack: frames.join('\n'),
    ...Object.fromEntries(places.flatMap((name) => (isPlain(error[name]) ? [[name, error[name]]] : []))),
    ...(cause === undefined ? {} : { cause: tellable(cause) }),
  }
}

/** Whether it was made in one of our files: packages hold no TypeScript, and what is made out of JavaScript begins with who awaits it. */
const isOurs = ([first = '']: string[]): boolean => /^\s+at (?!async ).*\.ts:\d+:\d+\)?$/.test(first)

const isPlain = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && /^[\w.]{1,80}$/.test(value))

function masked({ name, message }: Error, cause: unknown): string {
  // What these two quote is our own code.
  const own = name === 'TypeError' || name === 'ReferenceError'
  // What it was told by another is that one's word.
  const said = cause instanceof Error && cause.message !== '' ? message.replaceAll(cause.message, '…') : message
  const unquoted = own ? said : said.replaceAll(/«[^»]*»|"[^"]*"|'[^']*'|“[^”]*”|`[^`]*`/g, '…')
  return (
    unquoted
      .replaceAll(/\S+@\S+/g, '…')
      .replaceAll(/[\w-]{20,}\.[\w-]{10,}(\.[\w-]+)?/g, '…')
      // An account number, in groups or in one word; a hash of ours is none.
      .replaceAll(/\b[A-Z]{2}\d{2}(?:[ \u00a0]?[A-Z0-9]){11,30}\b/g, '…')
      .replaceAll(/\b(?![0-9a-f]{32,}\b)[a-z]{2}\d{2}[a-z0-9]{11,30}\b/gi, '…')
      .replaceAll(/(?<![\w-])\+?\d[\d .]{5,}\d(?![\w-])/g, '…')
      .slice(0, 500)
  )
}
