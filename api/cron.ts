import cron from 'node-cron'
import { tick } from '../procedures/amicable/tick.ts'
import { freeDeadJobs } from '../procedures/work.ts'
import type { Sql } from '../schema/db.ts'
import type { Clock } from './context.ts'
import type { Log } from './errors.ts'

/**
 * The clock of the house, and the only place that reads it: Paris days and real instants. With `fixed`, the day stands
 * still, so that a development run lives on a virtual day.
 */
export function houseClock(fixed?: Temporal.PlainDate): Clock {
  return {
    today: () => fixed ?? Temporal.Now.plainDateISO('Europe/Paris'),
    now: () => Temporal.Now.instant(),
  }
}

/**
 * Ticks at once, then every quarter of an hour, five in the morning among them: « everything due up to today », so a tick
 * that was missed is made up by the next. A second machine does no harm, for rows are claimed by their own update.
 */
export function startTicking(sql: Sql, clock: Clock, log: Log): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve()
  const act = (): Promise<void> =>
    (running = running
      .then(async () => {
        await freeDeadJobs(sql)
        await tick(sql, clock.today())
      })
      .catch(log))
  const task = cron.schedule('*/15 * * * *', act, { timezone: 'Europe/Paris', noOverlap: true })
  void act()
  return {
    async stop() {
      await task.stop()
      await running
    },
  }
}
