import { parseArgs } from 'node:util'
import { houseClock } from '../../api/cron.ts'
import { catchUpLines, catchUpReport } from '../../procedures/amicable/catch-up.ts'
import { tick } from '../../procedures/amicable/tick.ts'
import { drain } from '../../procedures/work.ts'
import { before, type Day, dayFr, parseDay } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Command } from '../command.ts'
import { startOffice } from '../office.ts'

export const command: Command = {
  name: 'tick',
  summary: 'does everything due up to today',
  help: `Usage: courtois tick [--until DATE] [--json]

Plans every step due and does it. Running it again does nothing more. After an outage it says
what was late, by how many days, why, and when the next step comes.

  --until DATE   lives each day from today to DATE; with the embedded database only
  --json         prints { "from", "until", "planned", "late": [{ "day", "lines" }] }`,
  async run(argv) {
    const { values } = parseArgs({ args: argv, options: { until: { type: 'string' }, json: { type: 'boolean' } } })
    const today = houseClock().today()
    const until = values.until === undefined ? today : parseDay(values.until, 'until')
    refusePast(today, until)
    if (!until.equals(today)) refuseInProduction('tick --until')
    const office = await startOffice({ baseUrl: process.env['BASE_URL'] })
    let planned = 0
    const late: { day: string; lines: string[] }[] = []
    try {
      for (let day = today; Temporal.PlainDate.compare(day, until) <= 0; day = day.add({ days: 1 })) {
        planned += await tick(office.sql, day)
        await drain(office.office, office.url)
        const lines = catchUpLines(day, await catchUpReport(office.sql, day))
        if (lines.length > 0) late.push({ day: day.toString(), lines })
      }
    } finally {
      await office.close()
    }
    if (values.json) console.log(JSON.stringify({ from: today.toString(), until: until.toString(), planned, late }))
    else {
      console.log(planned === 0 ? 'Rien à faire.' : `${planned} étape${planned > 1 ? 's' : ''} au travail.`)
      for (const { lines } of late) console.log(lines.join('\n'))
    }
  },
}

/** A day that is over was lived, or is caught up today: nothing may be dated before today. */
function refusePast(today: Day, until: Day): void {
  if (!before(until, today)) return
  throw new DomainError('until_in_past', `Le ${dayFr(until)} est passé\u00a0: rien n’est fait à une date passée.`, {
    remedy: `Donnez le jour même (${today}) ou un jour à venir\u00a0; ce qui est en retard est fait aujourd’hui.`,
    facts: { until: until.toString() },
  })
}

/** A virtual day on a real database would date real letters wrongly. */
export function refuseInProduction(what: string): void {
  if (!process.env['DATABASE_URL'] && process.env['NODE_ENV'] !== 'production') return
  throw new DomainError('development_only', `« ${what} » n'est permis qu'en développement, sur la base embarquée.`, {
    remedy: 'Retirez DATABASE_URL, ou laissez la date du jour.',
  })
}
