import { parseArgs } from 'node:util'
import { houseClock } from '../../api/cron.ts'
import { catchUpLines, watchCatchUp } from '../../procedures/amicable/catch-up.ts'
import { tick } from '../../procedures/amicable/tick.ts'
import { drainWithOthers } from '../../procedures/jobs/work.ts'
import { before, type Day, dayFr, parseDay } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { counted } from '../../schema/words.ts'
import type { Command } from '../command.ts'
import { startOffice } from '../office.ts'
import { setVirtualDay, virtualDay } from '../virtual-day.ts'

export const command: Command = {
  name: 'tick',
  summary: 'fait tout ce qui est dû jusqu’à aujourd’hui',
  help: `Usage : courtois tick [--until DATE] [--json]

Lance chaque étape due et la fait. Une seconde fois ne fait rien de plus. Après un arrêt,
dit ce qu’elle a repris en retard, de combien de jours, pourquoi, et quand vient la suite.

  --until DATE   vit chaque jour d’aujourd’hui à DATE ; avec la base embarquée seulement. Le jour
                 virtuel d’un « serve --day » en cours avance avec lui
  --json         donne { "from", "until", "planned", "days": [{ "day", "done" }],
                 "late": [{ "day", "lines" }] }`,
  async run(argv) {
    const { values } = parseArgs({ args: argv, options: { until: { type: 'string' }, json: { type: 'boolean' } } })
    const virtual = virtualDay()
    const today = virtual ?? houseClock().today()
    const until = values.until === undefined ? today : parseDay(values.until, 'until')
    refusePast(today, until)
    if (!until.equals(today)) refuseInProduction('tick --until')
    const office = await startOffice({ writes: true })
    let planned = 0
    const days: { day: string; done: string[] }[] = []
    const late: { day: string; lines: string[] }[] = []
    try {
      for (let day = today; Temporal.PlainDate.compare(day, until) <= 0; day = day.add({ days: 1 })) {
        if (virtual) setVirtualDay(day)
        const takenUp = await watchCatchUp(office.sql, day)
        planned += await tick(office.sql, day)
        await drainWithOthers(office.office, office.url)
        const done = await doneOn(office.sql, day)
        if (done.length > 0) days.push({ day: day.toString(), done })
        const lines = catchUpLines(day, await takenUp())
        if (lines.length > 0) late.push({ day: day.toString(), lines })
      }
    } finally {
      await office.close()
    }
    if (values.json)
      console.log(JSON.stringify({ from: today.toString(), until: until.toString(), planned, days, late }))
    else {
      console.log(planned === 0 ? 'Rien à faire.' : `${counted(planned, 'étape')} au travail.`)
      for (const { day, done } of days) console.log(`${dayFr(parseDay(day))}\u00a0: ${shown(done)}`)
      for (const { lines } of late) console.log(lines.join('\n'))
    }
  },
}

/** The steps of that day, each after the number of its case. */
async function doneOn(sql: Sql, day: Day): Promise<string[]> {
  const rows = await sql<{ what: string }[]>`
    select c.number || ' ' || s.key as what from steps s join cases c on c.id = s.case_id
    where s.done_on = ${day} order by c.number, s.rank`
  return rows.map(({ what }) => what)
}

const most = 20
const shown = (done: string[]): string =>
  done.slice(0, most).join(', ') + (done.length > most ? `, et ${done.length - most} de plus` : '')

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
