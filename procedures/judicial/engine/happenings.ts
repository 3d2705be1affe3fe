import type { Happening, Procedure } from './procedure.ts'
import type { ProcedureEvent } from './time-limits.ts'

/** A step or one of its further events, with all that its step says for it. */
export interface Rule extends Happening {
  par: string
  article: string
  /** Id of the step that it belongs to: its own, for a step. */
  step: string
}

const known = new WeakMap<Procedure, Map<string, Rule>>()

/** Everything that may be recorded in a procedure, by id, in the order of the law. */
export function happenings(procedure: Procedure): Map<string, Rule> {
  let found = known.get(procedure)
  if (found) return found
  found = new Map()
  for (const { delais: _, evenements = [], ...step } of procedure.etapes) {
    found.set(step.id, { ...step, step: step.id })
    for (const event of evenements) {
      if (found.has(event.id)) continue
      found.set(event.id, { par: step.par, article: step.article, ...event, step: step.id })
    }
  }
  known.set(procedure, found)
  return found
}

/** What is known of a procedure from its events: what they say by happening, then what was entered with them. */
export function knownFacts(procedure: Procedure, events: ProcedureEvent[]): Record<string, unknown> {
  const rules = happenings(procedure)
  return Object.assign({}, ...events.map((event) => ({ ...rules.get(event.step)?.faits, ...event.facts })))
}

/**
 * The events that stand, oldest first: one that a later event corrects gives way to it, or to nothing when the correction
 * says that it never took place. Nothing is ever erased: the corrected ones remain in what was handed in.
 */
export function standingEvents(events: ProcedureEvent[]): ProcedureEvent[] {
  const corrected = new Set(events.flatMap((event) => event.corrects ?? []))
  return events
    .filter((event) => event.void !== true && !(event.id !== undefined && corrected.has(event.id)))
    .toSorted((a, b) => Temporal.PlainDate.compare(a.on, b.on))
}

/** Who acts, in five kinds. */
export function actorKind(by: string): 'creditor' | 'debtor' | 'court' | 'officer' | 'other' {
  if (/commissaire|huissier|officier/.test(by)) return 'officer'
  if (/juge|tribunal|greff|président|magistrat|juridiction/.test(by)) return 'court'
  if (/débiteur/.test(by)) return 'debtor'
  return /créancier/.test(by) ? 'creditor' : 'other'
}

/** Done by court, debtor or third party, or suffered: it happens whatever the creditor agrees to. */
export const isImposed = (rule: Rule): boolean =>
  rule.sans_accord === 'oui' || !['creditor', 'officer'].includes(actorKind(rule.par))
