import { parseArgs } from 'node:util'
import type { ProcedureEvent, StepDeadline } from '../../procedures/judicial/time-limits.ts'
import { type Awaited, stepLimits } from '../../procedures/judicial/step-limits.ts'
import { parseZone, type Zone, zones } from '../../procedures/law/calendar.ts'
import { type Deadline, deadline, parseDuration } from '../../procedures/law/deadline.ts'
import { parseDay, type Day } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { UsageError, type Command } from '../command.ts'

export const command: Command = {
  name: 'deadline',
  summary: 'when a time limit ends, and why',
  help: `Usage: courtois deadline --from DATE --duration 8d|1m|1m15d|5y [--rule procedure|prescription] [--zone ZONE]
       courtois deadline PROCEDURE.STEP --from DATE [--event NAME=DATE]… [--fact NAME=VALUE]… [--fixed LIMIT=1m]…
                         [--zone ZONE]

  --from DATE       day of the act, of the event or of its notification; for a step, of the event that starts its
                    first time limit (the answer names it under "counted_from"), or the first of the chain it follows
  --duration        in the units of the law: years (y), months (m), then days (d)
  --rule            procedure (default): CPC 640 to 642, extended to the next business day;
                    prescription: not extended
  --zone            seat of the court and its holidays: ${zones.slice(0, 6).join(', ')},
                    ${zones.slice(6, 12).join(', ')},
                    ${zones.slice(12).join(', ')}
  --event           day of another event of the procedure: the version of the law, or another limit, may depend on it
  --fact            a circumstance: juridiction=commerce|judiciaire, aPersonne=oui|non, demeure=outre-mer|etranger,
                    remisA=metropole…; each variant is shown when it is not given
  --fixed           what the decision itself fixes: a length or a last day
  --json            accepted; the answer is always JSON

The answer of a step is its main time limit, with the others under "limits" and, under "missing", those that wait for an
event that was not given.

Examples
  courtois deadline --from 2026-02-14 --duration 3m
  courtois deadline injonction-de-payer.signification --from 2026-09-01
  courtois deadline injonction-de-payer.execution --from 2026-10-01 --event ordonnance=2026-08-15
  courtois deadline injonction-de-payer.opposition --from 2026-10-01 --fact aPersonne=oui --fact demeure=etranger
  courtois deadline mg-saisie-conservatoire.instance --from 2026-11-20 --fixed instance=1m`,
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
        fact: { type: 'string', multiple: true },
        fixed: { type: 'string', multiple: true },
        json: { type: 'boolean' },
      },
    })
    if (values.from === undefined) throw new UsageError('deadline: --from DATE is missing')
    if (positionals.length > 1)
      throw new UsageError(`deadline: one PROCEDURE.STEP at a time, not « ${positionals[1]} »`)
    const from = parseDay(values.from, 'from')
    const zone = values.zone === undefined ? undefined : parseZone(values.zone)
    const [name] = positionals
    if ((name === undefined) === (values.duration === undefined)) {
      throw new UsageError('deadline: give either --duration or a PROCEDURE.STEP')
    }
    const ofSteps = ['event', 'fact', 'fixed'] as const
    const stray = ofSteps.find((option) => name === undefined && values[option] !== undefined)
    if (stray) throw new UsageError(`deadline: --${stray} is for a PROCEDURE.STEP`)
    const answer =
      name === undefined ? counted(from, values.duration!, values.rule, zone) : ofStep(name, from, zone, values)
    console.log(JSON.stringify(answer, null, 2))
  },
}

function counted(from: Day, duration: string, rule = 'procedure', zone?: Zone): object {
  if (rule !== 'procedure' && rule !== 'prescription') throw new UsageError(`deadline: unknown rule « ${rule} »`)
  const found = deadline({ from, duration: parseDuration(duration), rule, ...(zone ? { zone } : {}) })
  return { ...printed(found), ...(found.doubts.length > 0 ? { doubts: messages(found.doubts) } : {}) }
}

function ofStep(
  name: string,
  from: Day,
  zone: Zone | undefined,
  values: { rule?: string; event?: string[]; fact?: string[]; fixed?: string[] },
): object {
  if (values.rule !== undefined) throw new UsageError('deadline: the rule of a step is that of the law')
  if (!name.includes('.')) throw new UsageError(`deadline: « ${name} » is not a PROCEDURE.STEP`)
  const fixed = (values.fixed ?? []).map((text) => pair(text, '--fixed wants LIMIT=1m or LIMIT=DATE'))
  const found = stepLimits(name, from, {
    ...(zone ? { zone } : {}),
    events: (values.event ?? []).map(event),
    facts: {
      ...Object.fromEntries((values.fact ?? []).map(fact)),
      ...(fixed.length > 0 ? { delais: Object.fromEntries(fixed) } : {}),
    },
  })
  const [main] = found.limits
  return {
    ...shown(main!),
    step: name,
    counted_from: { event: found.from.event, title: found.from.title, on: found.from.on.toString() },
    doubts: messages([...found.doubts, ...main!.doubts]),
    limits: found.limits.map((limit) => ({ id: limit.id, ...shown(limit), doubts: messages(limit.doubts) })),
    ...(found.missing.length > 0 ? { missing: found.missing.map(awaited) } : {}),
  }
}

const shown = (limit: StepDeadline) => ({
  ...printed(limit),
  title: limit.title,
  kind: limit.kind,
  ...(limit.opens ? { opens: limit.opens.toString() } : {}),
  by: limit.by,
  trigger: limit.trigger,
  article: limit.article,
  sanction: limit.sanction,
  source: limit.source,
  version: limit.version,
  confirmed: limit.confirmed,
})

const awaited = ({ id, title, article, event, eventTitle, byDecision, version }: Awaited) => ({
  id,
  title,
  article,
  ask: byDecision
    ? `${version}\u00a0: --fixed ${id}=1m ou ${id}=AAAA-MM-JJ`
    : `le jour de «\u00a0${eventTitle}\u00a0»\u00a0: --event ${event}=AAAA-MM-JJ`,
})

const printed = (found: Deadline) => ({
  from: found.from.toString(),
  raw: found.raw.toString(),
  expires: found.expires.toString(),
  why: found.why,
})

const messages = (doubts: Doubt[]): string[] => [...new Set(doubts.map((doubt) => doubt.message))]

function event(text: string): ProcedureEvent {
  const [step, on] = pair(text, '--event wants NAME=DATE')
  return { step, on: parseDay(on, 'event') }
}

function fact(text: string): [string, string | boolean] {
  const [name, value] = pair(text, '--fact wants NAME=VALUE')
  const boolean = { oui: true, true: true, non: false, false: false }[value]
  return [name, boolean ?? value]
}

function pair(text: string, usage: string): [string, string] {
  const equals = text.indexOf('=')
  if (equals < 1) throw new UsageError(`deadline: ${usage}, not « ${text} »`)
  return [text.slice(0, equals), text.slice(equals + 1)]
}
