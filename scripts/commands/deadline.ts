import { parseArgs } from 'node:util'
import { stepDeadline, type ProcedureEvent } from '../../procedures/judicial/procedure.ts'
import { parseZone, type Zone } from '../../procedures/law/calendar.ts'
import { deadline, parseDuration } from '../../procedures/law/deadline.ts'
import { parseDay, type Day } from '../../schema/days.ts'
import { UsageError, type Command } from '../command.ts'

export const command: Command = {
  name: 'deadline',
  summary: 'when a time limit ends, and why',
  help: `Usage: courtois deadline --from DATE --duration 8d|1m|1m15d|5y [--rule procedure|prescription] [--zone ZONE]
       courtois deadline PROCEDURE.STEP --from DATE [--event STEP=DATE]… [--zone ZONE]

  --from DATE       day of the act, of the event or of its notification
  --duration        in the units of the law: years (y), months (m), then days (d)
  --rule            procedure (default): CPC 640 to 642, extended to the next business day;
                    prescription: not extended
  --zone            metropole (default), alsace-moselle, guadeloupe, martinique, guyane, reunion, mayotte…
  --event           date of another step, when the version of the law depends on it
  --json            accepted; the answer is always JSON

Examples
  courtois deadline --from 2026-02-14 --duration 3m
  courtois deadline injonction-de-payer.signification --from 2026-09-01
  courtois deadline injonction-de-payer.execution --from 2026-10-01 --event ordonnance=2026-08-15`,
  async run(argv) {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        from: { type: 'string' },
        duration: { type: 'string' },
        rule: { type: 'string' },
        zone: { type: 'string' },
        event: { type: 'string', multiple: true },
        json: { type: 'boolean' },
      },
    })
    if (values.from === undefined) throw new UsageError('deadline: --from DATE is missing')
    if (positionals.length > 1)
      throw new UsageError(`deadline: one PROCEDURE.STEP at a time, not « ${positionals[1]} »`)
    const from = parseDay(values.from, 'from')
    const zone = parseZone(values.zone ?? 'metropole')
    const [name] = positionals
    if ((name === undefined) === (values.duration === undefined)) {
      throw new UsageError('deadline: give either --duration or a PROCEDURE.STEP')
    }
    const answer =
      name === undefined ? counted(from, values.duration!, values.rule, zone) : ofStep(name, from, zone, values)
    console.log(JSON.stringify(answer, null, 2))
  },
}

function counted(from: Day, duration: string, rule = 'procedure', zone: Zone): object {
  if (rule !== 'procedure' && rule !== 'prescription') throw new UsageError(`deadline: unknown rule « ${rule} »`)
  return printed(deadline({ from, duration: parseDuration(duration), rule, zone }))
}

function ofStep(name: string, from: Day, zone: Zone, values: { rule?: string; event?: string[] }): object {
  if (values.rule !== undefined) throw new UsageError('deadline: the rule of a step is that of the law')
  if (!name.includes('.')) throw new UsageError(`deadline: « ${name} » is not a PROCEDURE.STEP`)
  const found = stepDeadline(name, from, zone, (values.event ?? []).map(event))
  return {
    ...printed(found),
    step: name,
    title: found.title,
    kind: found.kind,
    ...(found.opens ? { opens: found.opens.toString() } : {}),
    trigger: found.trigger,
    article: found.article,
    sanction: found.sanction,
    source: found.source,
    version: found.version,
    confirmed: found.confirmed,
    doubts: found.doubts.map((doubt) => doubt.message),
  }
}

const printed = (found: { from: Day; raw: Day; expires: Day; why: string[] }) => ({
  from: found.from.toString(),
  raw: found.raw.toString(),
  expires: found.expires.toString(),
  why: found.why,
})

function event(text: string): ProcedureEvent {
  const [step = '', on] = text.split('=')
  if (on === undefined) throw new UsageError(`deadline: --event wants STEP=DATE, not « ${text} »`)
  return { step, on: parseDay(on, 'event') }
}
