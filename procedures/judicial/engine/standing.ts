import { after, type Day, latest } from '../../../schema/days.ts'
import type { Rule } from './happenings.ts'
import type { ProcedureEvent, StepDeadline } from './time-limits.ts'

/** What happened by a day, and the time limits it started. */
export interface Standing {
  rules: Map<string, Rule>
  happened: Happened
  /** What is known of the events, all together. */
  facts: Record<string, unknown>
  limits: StepDeadline[]
  on: Day
}

type Happened = Map<string, ProcedureEvent>

/** The first day on which a step is allowed: after its own waiting time and the periods it must let run. Null: at once. */
export function allowedFrom(rule: Rule, { limits, happened }: Standing): Day | null {
  let from: Day | null = null
  for (const limit of limits) {
    if (limit.step === rule.id && limit.opens) from = from ? latest(from, limit.opens) : limit.opens
    const awaited = rule.attend?.includes(limit.id) && !metOn(limit, happened)
    if (awaited) {
      const afterwards = limit.expires.add({ days: 1 })
      from = from ? latest(from, afterwards) : afterwards
    }
  }
  return from
}

/** The event that met a time limit, in time or not; null when nothing did. */
export function metOn(limit: StepDeadline, happened: Happened): ProcedureEvent | null {
  const found = limit.metBy.flatMap((id) => happened.get(id) ?? [])
  return found.toSorted((a, b) => Temporal.PlainDate.compare(a.on, b.on))[0] ?? null
}

/** Ended without the act: nothing was done by its last day, nor does anything show that it was. */
export function isMissed(limit: StepDeadline, { happened, on }: Standing): boolean {
  const act = metOn(limit, happened)
  if (act) return after(act.on, limit.expires)
  return after(on, limit.expires) && !limit.presumedBy.some((id) => happened.has(id))
}

/**
 * The first day on which a time limit is over with nothing done, in all the variants that unknown facts leave open. Null
 * while one of them runs, or while the only one may not apply at all.
 */
export function overOn(variants: StepDeadline[], state: Standing): Day | null {
  if (variants.length === 0 || variants.some((variant) => !isMissed(variant, state))) return null
  const uncertain = (limit: StepDeadline) => limit.doubts.some(({ code }) => code === 'fact_to_check')
  if (variants.length === 1 && uncertain(variants[0]!)) return null
  return variants.map((limit) => limit.expires.add({ days: 1 })).reduce(latest)
}

/** Not ended, and still waited for. */
export function isRunning(limit: StepDeadline, { happened, on }: Standing): boolean {
  return (
    !after(on, limit.expires) && metOn(limit, happened) === null && !limit.presumedBy.some((id) => happened.has(id))
  )
}

/**
 * A period stops when what it was for can no longer come: an event that the law names, or one that rules its step out
 * while it ran. An act done after its own fatal time stops nothing.
 */
export function stops(limit: StepDeadline, all: StepDeadline[], rules: Map<string, Rule>, happened: Happened): boolean {
  if (metOn(limit, happened)) return false
  const inTime = (event: ProcedureEvent) =>
    !all.some(
      (other) => other.effect === 'closes' && metOn(other, happened) === event && after(event.on, other.expires),
    )
  if (limit.without.some((id) => happened.has(id) && inTime(happened.get(id)!))) return true
  const rule = rules.get(limit.step)
  if (!rule || lifted(rule, happened)) return false
  return (rule.sans ?? []).some((id) => happened.has(id) && !after(happened.get(id)!.on, limit.expires))
}

/** What must have come before has, and nothing rules it out. */
export function isPossible(rule: Rule, happened: Pick<Happened, 'has'>): boolean {
  return (
    (rule.apres ?? []).every((id) => happened.has(id)) &&
    (rule.apres_un_de === undefined || rule.apres_un_de.some((id) => happened.has(id))) &&
    (lifted(rule, happened) || !(rule.sans ?? []).some((id) => happened.has(id)))
  )
}

/** What ruled it out is over: the contestation was rejected, the agreement broken. */
const lifted = (rule: Rule, happened: Pick<Happened, 'has'>) => (rule.sauf ?? []).some((id) => happened.has(id))
