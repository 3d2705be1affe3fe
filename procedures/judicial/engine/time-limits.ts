import { before, type Day, dayFr, parseDay } from '../../../schema/days.ts'
import type { Doubt } from '../../../schema/errors.ts'
import type { Zone } from '../../law/calendar.ts'
import { type Counting, deadline, parseDuration, type Deadline } from '../../law/deadline.ts'
import { type Distance, distance } from '../../law/distance.ts'
import { happenings, knownFacts, standingEvents } from './happenings.ts'
import type { Facts, Procedure, Step, TimeLimit } from './procedure.ts'

/** Something that happened: a step done (`ordonnance`, `signification`…) or one of its further events. */
export interface ProcedureEvent {
  id?: string
  step: string
  on: Day
  /**
   * `juridiction`: commerce | judiciaire; `aPersonne`: served in person; `demeure`: metropole | outre-mer | etranger or a French zone; `remisA`: the same, where the
   * act was handed to the person himself (CPC 647);
   * `debiteur`: the codebtor that it concerns; `codebiteurs`: of a decision, those that it condemns beside the debtor of the case;
   * `leveePar`: of a seizure's end, the event of another procedure that lifted it;
   * `condamnation`: of a decision, what it grants (schema/award.schema.json);
   * `delais`: for each time limit that the order itself fixes, its length (« P1M ») or its last day.
   */
  facts?: Record<string, unknown>
  /** Id of the earlier event that this one replaces; with `void`, that event never took place. */
  corrects?: string
  void?: boolean
}

export interface StepDeadline extends Deadline {
  step: string
  /** Id of the time limit within the step: the first of a step is its main one. */
  id: string
  title: string
  /** The one of several debtors that it runs for, where it is not the debtor of the case: named in `id` and `title` too. */
  codebtor?: string
  /** `not_after`: the last day to act is `expires`. `not_before`: nothing may be done until `opens`. */
  kind: 'not_after' | 'not_before'
  trigger: string
  /** Who must act. */
  by: string
  effect: 'closes' | 'bars' | 'ends' | 'late'
  /** The events that meet it. */
  metBy: string[]
  presumedBy: string[]
  without: string[]
  recourse: { etape: string; evenement: string } | null
  /** What is to be told of the act done after the end. */
  ifLate: string | null
  /** The first day on which the act is allowed, the day after `expires`; null for `not_after`. */
  opens: Day | null
  article: string
  sanction: string | null
  source: string
  confirmed: boolean
  /** The version of the law that applied, in words. */
  version: string
  doubts: Doubt[]
}

const countings: Record<Exclude<NonNullable<TimeLimit['compte']>, 'prescription'>, Counting> = {
  jours_ouvrables: 'working_days',
  a_rebours: 'backwards',
  jour_meme_ou_ouvrable_suivant: 'same_or_next_working_day',
}

const effects = { clot: 'closes', purge: 'bars', echoit: 'ends' } as const

/**
 * Every time limit started by these events, in the order of the procedure. The version of the law is chosen on the
 * event that the law names (the date of the order), which must then be among the events; failing that the date of the
 * trigger stands for it, and a doubt says so. The last event of a name counts.
 */
export function stepDeadlines(
  procedure: Procedure,
  events: ProcedureEvent[],
  options: { zone?: Zone } = {},
): StepDeadline[] {
  const standing = standingEvents(events)
  const happened = new Map(standing.map((event) => [event.step, event]))
  const known = knownFacts(procedure, standing)
  const ids = [...happenings(procedure).keys()]
  const found: StepDeadline[] = []
  for (const step of procedure.etapes) {
    for (const limit of step.delais ?? []) {
      const trigger = triggerOf(limit, happened, found)
      // Fixed by the order itself: there is nothing to compute until someone has entered it.
      if (!trigger || (limit.duree === null && fixedByOrder(limit, trigger, known) === null)) continue
      const { applies, doubts } = applicable(limit, trigger, happened, known)
      if (applies) found.push(stepDeadlineOf(step, limit, trigger, known, options.zone, doubts, ids))
    }
  }
  return found
}

function stepDeadlineOf(
  step: Step,
  limit: TimeLimit,
  trigger: ProcedureEvent,
  known: Record<string, unknown>,
  zone: Zone | undefined,
  found: Doubt[],
  ids: string[],
): StepDeadline {
  const far = limit.distance === 'oui' ? distanceOf(trigger, known, zone) : nothingAdded
  const length = limit.duree ?? fixedByOrder(limit, trigger, known)!
  const computed = isoDay.test(length)
    ? dayOfOrder(trigger.on, parseDay(length))
    : counted(limit, trigger.on, length, far.added?.months ?? 0, zone)
  // What starts a period does not meet it.
  const own = ids.includes(limit.id) ? limit.id : step.id
  const notBefore = limit.nature === 'pas_avant'
  const opens = notBefore ? computed.expires.add({ days: 1 }) : null
  const doubts = [...found, ...far.doubts, ...computed.doubts]
  if (limit.confirme === 'non') {
    doubts.push({
      code: 'unconfirmed_deadline',
      message: `${limit.titre} (${limit.article})\u00a0: délai à vérifier (${limit.source}).`,
    })
  }
  return {
    ...computed,
    step: step.id,
    id: limit.id,
    title: limit.titre,
    kind: notBefore ? 'not_before' : 'not_after',
    by: step.par,
    effect: limit.effet === undefined ? 'late' : effects[limit.effet],
    metBy: limit.accompli_par ?? (own === trigger.step ? [] : [own]),
    presumedBy: limit.presume_par ?? [],
    without: limit.sans ?? [],
    recourse: limit.recours ?? null,
    ifLate: limit.tardif ?? null,
    trigger: trigger.step,
    opens,
    article: limit.article,
    sanction: limit.sanction ?? null,
    source: limit.source,
    confirmed: limit.confirme === 'oui',
    version: limit.version,
    why: [
      `${limit.version.charAt(0).toUpperCase()}${limit.version.slice(1)} (${limit.article}).`,
      ...far.why,
      ...computed.why,
      ...(opens ? [`L’acte est possible à partir du ${dayFr(opens)}.`] : []),
      ...(limit.sanction === undefined ? [] : [`Passé ce délai\u00a0: ${limit.sanction}.`]),
    ],
    doubts,
  }
}

/** A length of the law or of the order, longer for a person far away, counted by the rule of the time limit. */
function counted({ compte }: TimeLimit, from: Day, text: string, added: number, zone: Zone | undefined): Deadline {
  const legal = text === 'P0D' ? { years: 0, months: 0, days: 0 } : parseDuration(text)
  return deadline({
    from,
    duration: { ...legal, months: legal.months + added },
    ...(zone === undefined ? {} : { zone }),
    ...(compte === undefined
      ? {}
      : compte === 'prescription'
        ? { rule: 'prescription' as const }
        : { counting: countings[compte] }),
  })
}

const isoDay = /^\d{4}-\d{2}-\d{2}$/

/** What the order says of a time limit that the law leaves to it: a length (« P1M ») or a last day; null when not entered. */
function fixedByOrder(limit: TimeLimit, trigger: ProcedureEvent, known: Record<string, unknown>): string | null {
  const entered = (trigger.facts?.delais ?? known.delais) as Record<string, unknown> | undefined
  const value = entered?.[limit.id]
  return typeof value === 'string' ? value : null
}

function dayOfOrder(from: Day, last: Day): Deadline {
  return {
    from,
    raw: last,
    expires: last,
    why: [`La décision fixe elle-même le dernier jour, le ${dayFr(last)}.`],
    doubts: [],
  }
}

function triggerOf(
  limit: TimeLimit,
  happened: Map<string, ProcedureEvent>,
  found: StepDeadline[],
): ProcedureEvent | null {
  if (limit.a_compter_de !== undefined) return happened.get(limit.a_compter_de) ?? null
  const previous = found.find((earlier) => earlier.id === limit.apres_delai)
  return previous ? { step: previous.id, on: previous.expires } : null
}

/**
 * Facts must hold (an unknown one leaves a doubt, not a gap), and `ordonnance_avant: 2026-09-01` and the like are judged
 * on the day of the event so named.
 */
function applicable(
  limit: TimeLimit,
  trigger: ProcedureEvent,
  happened: Map<string, ProcedureEvent>,
  known: Record<string, unknown>,
) {
  const doubts: Doubt[] = []
  for (const [key, wanted] of Object.entries(limit.si ?? {})) {
    const fact = trigger.facts?.[key] ?? known[key]
    if (fact === undefined) {
      doubts.push({
        code: 'fact_to_check',
        message: `${limit.titre}\u00a0: valable dans le cas «\u00a0${limit.version}\u00a0», à vérifier.`,
      })
    } else if (!holds(fact, wanted)) return { applies: false, doubts }
  }
  for (const [key, value] of Object.entries(limit.pour ?? {})) {
    const [, event = '', side] = /^(.+)_(avant|depuis)$/.exec(key) ?? []
    const named = happened.get(event)
    if (!named) {
      const message = `La date de l’étape «\u00a0${event}\u00a0» n’est pas donnée\u00a0: la version de la loi est choisie d’après le ${dayFr(trigger.on)}.`
      doubts.push({ code: 'version_to_check', message })
    }
    const isBefore = before(named?.on ?? trigger.on, parseDay(String(value)))
    if (isBefore !== (side === 'avant')) return { applies: false, doubts }
  }
  return { applies: true, doubts }
}

/** Whether a fact is the value wanted, or one of them. */
export const holds = (fact: unknown, wanted: Facts[string]): boolean =>
  Array.isArray(wanted) ? wanted.includes(String(fact)) : fact === wanted

const nothingAdded: Distance = { added: null, why: [], doubts: [] }

/** CPC 643 to 647: the court sits in the zone of the case; `remisA` is where an act was handed to the person himself. */
function distanceOf(trigger: ProcedureEvent, known: Record<string, unknown>, zone: Zone = 'metropole'): Distance {
  const fact = (name: string) => trigger.facts?.[name] ?? known[name]
  return distance({
    court: zone,
    residence: fact('demeure'),
    ...(fact('aPersonne') === true && fact('remisA') !== undefined ? { servedAt: fact('remisA') } : {}),
    on: trigger.on,
  })
}
