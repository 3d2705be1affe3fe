import { parseArgs } from 'node:util'
import type { ProcedureEvent, StepDeadline } from '../../procedures/judicial/engine/time-limits.ts'
import { type Awaited, stepLimits } from '../../procedures/judicial/engine/step-limits.ts'
import { parseZone, type Zone, zones } from '../../procedures/law/calendar.ts'
import { type Deadline, deadline, parseDuration } from '../../procedures/law/deadline.ts'
import { parseDay, type Day } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { listed, UsageError, type Command } from '../command.ts'

export const command: Command = {
  name: 'deadline',
  summary: 'dit quand un délai expire, et pourquoi',
  help: `Usage : courtois deadline --from DATE --duration 8d|1m|1m15d|5y
                          [--rule procedure|prescription] [--zone ZONE]
        courtois deadline PROCEDURE.ÉTAPE --from DATE [--event NOM=DATE]… [--fact NOM=VALEUR]…
                          [--fixed DÉLAI=1m]… [--zone ZONE]

  --from DATE   jour de l’acte, de l’événement ou de sa notification ; pour une étape, de
                l’événement qui fait courir son premier délai (la réponse le nomme sous
                "counted_from"), ou du premier de la suite dont elle dépend
  --duration    dans les unités de la loi : années (y), mois (m), puis jours (d)
  --rule        procedure (par défaut) : CPC 640 à 642, prorogé au jour ouvrable suivant ;
                prescription : non prorogé
  --zone        le ressort, pour ses jours fériés :
                ${listed(zones, 16)}
  --event       jour d’un autre événement de la procédure, dont dépend la version de la loi ou un
                autre délai
  --fact        une circonstance : juridiction=commerce|judiciaire, aPersonne=oui|non,
                demeure=outre-mer|etranger, remisA=metropole… ; sans elle, chaque cas est montré
  --fixed       ce que la décision fixe elle-même : une durée ou un dernier jour
  --json        accepté ; la réponse est toujours en JSON

La réponse pour une étape est son délai principal, avec les autres sous "limits" et, sous "missing",
ceux qui attendent un événement qui n’a pas été donné.

Exemples
  courtois deadline --from 2026-02-14 --duration 3m
  courtois deadline injonction-de-payer.signification --from 2026-09-01
  courtois deadline injonction-de-payer.execution --from 2026-10-01 --event ordonnance=2026-08-15
  courtois deadline injonction-de-payer.opposition --from 2026-10-01 --fact aPersonne=oui
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
    if (values.from === undefined) throw new UsageError('--from DATE est nécessaire')
    if (positionals.length > 1)
      throw new UsageError(`une seule PROCEDURE.ÉTAPE à la fois, « ${positionals[1]} » est de trop`)
    const from = parseDay(values.from, 'from')
    const zone = values.zone === undefined ? undefined : parseZone(values.zone)
    const [name] = positionals
    if ((name === undefined) === (values.duration === undefined)) {
      throw new UsageError('donnez --duration, ou bien une PROCEDURE.ÉTAPE')
    }
    const ofSteps = ['event', 'fact', 'fixed'] as const
    const stray = ofSteps.find((option) => name === undefined && values[option] !== undefined)
    if (stray) throw new UsageError(`--${stray} va avec une PROCEDURE.ÉTAPE`)
    const answer =
      name === undefined ? counted(from, values.duration!, values.rule, zone) : ofStep(name, from, zone, values)
    console.log(JSON.stringify(answer, null, 2))
  },
}

function counted(from: Day, duration: string, rule = 'procedure', zone?: Zone): object {
  if (rule !== 'procedure' && rule !== 'prescription')
    throw new UsageError(`la règle « ${rule} » n’existe pas (procedure, prescription)`)
  const found = deadline({ from, duration: parseDuration(duration), rule, ...(zone ? { zone } : {}) })
  return { ...printed(found), ...(found.doubts.length > 0 ? { doubts: messages(found.doubts) } : {}) }
}

function ofStep(
  name: string,
  from: Day,
  zone: Zone | undefined,
  values: { rule?: string; event?: string[]; fact?: string[]; fixed?: string[] },
): object {
  if (values.rule !== undefined)
    throw new UsageError('la règle d’une étape est celle de la loi, --rule ne s’y ajoute pas')
  if (!name.includes('.')) throw new UsageError(`« ${name} » n’est pas une PROCEDURE.ÉTAPE`)
  const fixed = (values.fixed ?? []).map((text) => pair(text, '--fixed attend DÉLAI=1m ou DÉLAI=DATE'))
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
  const [step, on] = pair(text, '--event attend NOM=DATE')
  return { step, on: parseDay(on, 'event') }
}

function fact(text: string): [string, string | boolean] {
  const [name, value] = pair(text, '--fact attend NOM=VALEUR')
  const boolean = { oui: true, true: true, non: false, false: false }[value]
  return [name, boolean ?? value]
}

function pair(text: string, usage: string): [string, string] {
  const equals = text.indexOf('=')
  if (equals < 1) throw new UsageError(`${usage}, non « ${text} »`)
  return [text.slice(0, equals), text.slice(equals + 1)]
}
