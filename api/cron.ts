import cron from 'node-cron'
import { watchOrphans } from '../procedures/alarms.ts'
import { catchUpLines, watchCatchUp } from '../procedures/amicable/catch-up.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { freeDeadJobs } from '../procedures/jobs/work.ts'
import type { Sql } from '../schema/db.ts'
import type { Clock } from './context.ts'
import type { Log } from './errors.ts'

/** The day of the house at an instant: that of Paris. */
export const dayAt = (at: Temporal.Instant): Temporal.PlainDate => at.toZonedDateTimeISO('Europe/Paris').toPlainDate()

/**
 * The clock of the house, and the only place that reads it: Paris days and real instants. With `virtual`, a development run
 * lives on the day that it says.
 */
export function houseClock(virtual?: () => Temporal.PlainDate): Clock {
  return {
    today: () => virtual?.() ?? dayAt(Temporal.Now.instant()),
    now: () => Temporal.Now.instant(),
  }
}

/** No orphan: what the nightly look finds is in the work of the day, and said aloud in the log. */
export async function lookForOrphans(sql: Sql, clock: Clock, log: Log): Promise<void> {
  const alarms = await watchOrphans(sql, clock.today())
  if (alarms.length > 0)
    log(new Error(`orphan cases: ${alarms.map(({ caseId, code }) => `${caseId} ${code}`).join(', ')}`))
}

/**
 * Ticks at once, then every quarter of an hour, five in the morning among them: « everything due up to today », so a tick
 * that was missed is made up by the next. A second machine does no harm, for rows are claimed by their own update.
 */
export function startTicking(
  sql: Sql,
  clock: Clock,
  log: Log,
  /** Told in one line what a tick took up late: no fault, though somebody should know. */
  warn: (line: string) => void,
): { stop(): Promise<void> } {
  let running: Promise<void> = Promise.resolve()
  const act = (): Promise<void> =>
    (running = running
      .then(async () => {
        await freeDeadJobs(sql)
        const today = clock.today()
        const takenUp = await watchCatchUp(sql, today)
        if ((await tick(sql, today)) === 0) return
        const [late] = catchUpLines(today, await takenUp())
        if (late !== undefined) warn(late)
      })
      .catch(log))
  const look = (): Promise<void> => (running = running.then(() => lookForOrphans(sql, clock, log)).catch(log))
  const task = cron.schedule('*/15 * * * *', act, { timezone: 'Europe/Paris', noOverlap: true })
  const night = cron.schedule('20 5 * * *', look, { timezone: 'Europe/Paris', noOverlap: true })
  void act()
  // A night when the house was closed is made up for.
  void look()
  return {
    async stop() {
      await task.stop()
      await night.stop()
      await running
    },
  }
}
