import { Logger, runOnce, run, type Runner, type TaskList } from 'graphile-worker'
import { parseDay } from '../schema/days.ts'
import { sendDocument } from './cases/post.ts'
import { doStep } from './amicable/steps.ts'
import type { Office } from './office.ts'

/** Payloads carry a version, so that a job queued before a deploy is still understood after it. */
function tasks(office: Office): TaskList {
  return {
    step: async (payload) => {
      const { step, day } = payload as { step: string; day: string }
      await doStep(office, step, parseDay(day))
    },
    send: async (payload) => {
      const { document, day } = payload as { document: string; day: string }
      await sendDocument(office, document, parseDay(day))
    },
  }
}

const quiet = new Logger(() => (level, message, meta) => {
  if (level === 'error') console.error(message, meta?.error ?? '')
})

/** Does every job that waits, one after the other, and returns: for a virtual day. */
export async function drain(office: Office, connectionString: string): Promise<void> {
  await runOnce({ connectionString, taskList: tasks(office), concurrency: 1, noHandleSignals: true, logger: quiet })
}

/** Works until stopped, beside any number of others on the same database. */
export function startWorker(office: Office, connectionString: string, concurrency = 2): Promise<Runner> {
  return run({
    connectionString,
    taskList: tasks(office),
    concurrency,
    pollInterval: 1000,
    noHandleSignals: true,
    logger: quiet,
    preset: { worker: { localQueue: { size: 50 } } },
  })
}
