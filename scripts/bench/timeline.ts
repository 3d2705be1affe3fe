import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { houseClock } from '../../api/cron.ts'
import { tick } from '../../procedures/amicable/tick.ts'
import { type Client, connect } from '../../schema/db.ts'
import { startThrowaway } from '../../schema/embedded.ts'
import { migrate } from '../../schema/migrate.ts'
import { seededRandom } from '../../schema/random.ts'
import { openPortfolio } from '../demo/portfolio.ts'
import { openOffice } from '../office.ts'
import { type Bench, type Figure, seconds } from './bench.ts'
import { copyCases } from './portfolio-rows.ts'
import { drainFigures } from './timeline-drain.ts'

const runs = { short: { few: 20_000, many: 100_000 }, full: { few: 100_000, many: 1_000_000 } }
// So many of all cases have a step due today.
const dueOf = (cases: number): number => cases / 10
const planGoal = 5

/** A portfolio of an agency's size on its own server, with the buffers of compose.yaml: what the plan of a day costs, then what does the day's work. */
export const bench: Bench = {
  name: 'timeline',
  summary:
    'the plan of a day among 100,000 cases (--full: 1,000,000), the drain by one and two programs, the API meanwhile',
  async run(tell, { full }) {
    const size = full ? runs.full : runs.short
    // Steps are done on the real day: the programs that do them are the real ones.
    const today = houseClock().today()
    const dir = mkdtempSync(join(tmpdir(), 'courtois-bench-'))
    const server = await startThrowaway({ name: 'bench-timeline', settings: 'shared_buffers=1GB' })
    const sql = connect(server.url, { max: 8 })
    try {
      await migrate(server.url)
      const office = await openOffice({ sql, dataDir: dir, random: seededRandom('bench') })
      // Opened a fortnight ago, so that its first step is due whatever day of the week it is.
      const opened = { count: 1, dueFrom: today.subtract({ days: 20 }), daysApart: 0 }
      const [first] = await openPortfolio(office, today.subtract({ days: 14 }), opened)
      await office.typst.close()
      const like = first!.caseId
      const planAmong = async (from: number, to: number): Promise<Plan> => {
        const due = dueOf(to - from)
        tell(`timeline: ${to - from} cases more, ${due} of them due today`)
        await copyCases(sql, { like, from, count: to - from, due, today })
        // As a night leaves them: what was loaded a second ago is not yet on the disk, and the plan would have to put it there.
        await sql`vacuum`
        await sql`checkpoint`
        return planOf(sql, today, due)
      }
      const among = await planAmong(0, size.few)
      await queuedDone(sql, today)
      const next = await seconds(async () => void (await tick(sql, today)))
      await nextDone(sql, today)
      const amongMany = await planAmong(size.few, size.many)
      const each = ({ spent, planned }: Plan): number => (spent * 1e6) / planned
      const figures: Figure[] = [
        {
          name: `timeline, plan of ${amongMany.planned} steps among ${size.many} cases`,
          value: each(amongMany),
          unit: 'µs/step',
          against: `${among.planned} among ${size.few}: ${each(among).toFixed(0)} µs a step`,
          ratio: each(amongMany) / each(among),
          goal: 1.5,
          lessIsBetter: true,
        },
        {
          name: `timeline, plan of ${amongMany.planned} steps`,
          value: amongMany.spent,
          unit: 's',
          against: `${planGoal} s wanted for 100,000`,
          ratio: each(amongMany) / ((planGoal * 1e6) / 100_000),
          goal: 1,
          lessIsBetter: true,
        },
        {
          name: `timeline, the next tick, ${among.planned} steps done since`,
          value: next,
          unit: 's',
          against: `the plan of these, whose next steps wait for tomorrow: ${among.spent.toFixed(2)} s`,
          ratio: next / among.spent,
          goal: 1,
          lessIsBetter: true,
        },
      ]
      return [
        ...figures,
        ...(await drainFigures({ sql, url: server.url, dir, today, tell, letters: full ? 1000 : 200 })),
      ]
    } finally {
      await sql.end({ timeout: 5 })
      await server.stop()
      rmSync(dir, { recursive: true, force: true })
    }
  },
}

/** The day's steps are done, for the plan alone: no letter is written. Of each case the next step then waits for its own day. */
async function queuedDone(sql: Client, today: Temporal.PlainDate): Promise<void> {
  await sql`update steps set done_on = ${today} where queued_for = ${today} and done_on is null`
  await sql`delete from graphile_worker._private_jobs`
}

/** So do those that it held back: what is filled next is planned by itself. */
async function nextDone(sql: Client, today: Temporal.PlainDate): Promise<void> {
  await sql`update steps set done_on = ${today} where planned_on <= ${today} and done_on is null and skipped_on is null`
}

interface Plan {
  planned: number
  /** Seconds. */
  spent: number
}

async function planOf(sql: Client, today: Temporal.PlainDate, due: number): Promise<Plan> {
  let planned = 0
  const spent = await seconds(async () => {
    planned = await tick(sql, today)
  })
  if (planned < due) throw new Error(`${planned} steps were planned, and ${due} are due`)
  return { planned, spent }
}
