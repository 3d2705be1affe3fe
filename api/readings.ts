import { type Door, keepReadings, type Reading } from '../procedures/cases/personal-data/readings.ts'
import type { Day } from '../schema/days.ts'
import type { Sql } from '../schema/db.ts'
import { aboutCase } from '../schema/trace.ts'
import { authorOf } from './auth.ts'
import type { Context } from './context.ts'
import type { Log } from './errors.ts'

/** Who read whose data, gathered and written now and then: reading costs no statement of its own. */
export interface Readings {
  note(reading: Reading): void
  /** Writes what is gathered; a process that is killed loses the last second. */
  flush(): Promise<void>
}

const pause = 1000
// What was written today is not written again; forgotten now and then, at the price of statements that change nothing.
const remembered = 50_000

export function gatherReadings(sql: Sql, log: Log): Readings {
  let waiting: Reading[] = []
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()
  const known = new Set<string>()
  // Of one day: to write out the day for each line of each list would cost more than to look it up.
  let knownOn: Day | undefined
  const keyOf = ({ caseId, door, reader }: Reading): string => `${caseId} ${door} ${reader}`
  const write = async (batch: Reading[]): Promise<void> => {
    try {
      if (batch.length > 0) await keepReadings(sql, batch)
    } catch (error) {
      for (const reading of batch) known.delete(keyOf(reading))
      log(error)
    }
  }
  const flush = (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    const batch = waiting
    waiting = []
    return (writing = writing.then(() => write(batch)))
  }
  return {
    flush,
    note(reading) {
      if (knownOn !== reading.onDay && !knownOn?.equals(reading.onDay)) known.clear()
      knownOn = reading.onDay
      const key = keyOf(reading)
      if (known.has(key)) return
      if (known.size >= remembered) known.clear()
      known.add(key)
      waiting.push(reading)
      timer ??= setTimeout(() => void flush(), pause).unref()
    },
  }
}

/** Notes that the viewer reads the personal data of that case. */
export function noteReading(ctx: Context, caseId: string, door: Door): void {
  aboutCase(caseId)
  if (ctx.viewer) ctx.readings.note({ caseId, onDay: ctx.day, reader: authorOf(ctx.viewer), door })
}
