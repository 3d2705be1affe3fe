import { before, type Day, dayFr, parseDay } from '../../../schema/days.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import { isDistantFrance, type Zone, zones } from '../../law/calendar.ts'
import { happenings } from './happenings.ts'
import { findStep, loadProcedure, type Procedure, type Step, type TimeLimit } from './procedure.ts'
import { type ProcedureEvent, type StepDeadline, stepDeadlines } from './time-limits.ts'

/** What the law asks of one step, reckoned from one day. */
export interface StepLimits {
  procedure: Procedure
  step: Step
  /** The event whose day was given. */
  from: { event: string; title: string; on: Day }
  /** The main one first; variants that a fact not given leaves open all stand, each with its doubt. */
  limits: StepDeadline[]
  /** Limits of the step that wait for an event not given, or that the decision itself fixes. */
  missing: Awaited[]
  doubts: Doubt[]
}

export interface Awaited {
  id: string
  title: string
  article: string
  /** The event that starts it, which was not given, unless the decision itself must say how long it is. */
  event: string
  eventTitle: string
  byDecision: boolean
  version: string
}

/**
 * `PROCEDURE.STEP` from the day of the event that starts its first time limit; where that limit follows another, from the
 * day that starts the first of the chain. `facts` and the days of other events choose among the versions of the law.
 * DomainError `unknown_procedure`, `unknown_step`, `no_deadline`, `unknown_event`, `unknown_fact`, `limit_of_order`…
 */
export function stepLimits(
  name: string,
  from: Day,
  options: { zone?: Zone; events?: ProcedureEvent[]; facts?: Record<string, unknown> } = {},
): StepLimits {
  const [id = '', ...rest] = name.split('.')
  const procedure = loadProcedure(id)
  const step = findStep(procedure, rest.join('.'))
  const limits = step.delais ?? []
  if (limits.length === 0) throw noDeadline(procedure, step)
  const { events = [], facts = {} } = options
  for (const event of events) requireKnownEvent(procedure, event.step)
  requireKnownFacts(procedure, facts)
  const start = startOf(procedure, limits[0]!)
  requireLaw(procedure, from)
  const trigger: ProcedureEvent = { step: start, on: from, facts }
  const others = events.filter((event) => event.step !== start)
  const contrary = events.find((event) => event.step === start && !event.on.equals(from))
  if (contrary) throw twoDays(procedure, contrary, from)
  const zone = options.zone ?? (procedure.pays === 'MG' ? 'madagascar' : 'metropole')
  const all = stepDeadlines(procedure, [...others, trigger], { zone })
  const given = new Set([start, ...others.map((event) => event.step)])
  const found = all.filter((limit) => limit.step === step.id).map((limit) => withChain(procedure, limit, all))
  const missing = missingOf(procedure, step, all, given)
  if (found.length === 0) throw nothingToCount(step, missing)
  return {
    procedure,
    step,
    from: { event: start, title: titleOf(procedure, start), on: from },
    limits: found,
    missing,
    doubts: procedure.statut === 'projet' ? [draft(procedure)] : [],
  }
}

/** The event at the head of the chain of time limits that this one follows. */
function startOf(procedure: Procedure, limit: TimeLimit): string {
  const all = procedure.etapes.flatMap((step) => step.delais ?? [])
  let first = limit
  while (first.a_compter_de === undefined) first = all.find((other) => other.id === first.apres_delai)!
  return first.a_compter_de
}

/** A limit that follows another says first how that one ends. */
function withChain(procedure: Procedure, limit: StepDeadline, all: StepDeadline[]): StepDeadline {
  if (happenings(procedure).has(limit.trigger) && !followsLimit(procedure, limit)) return limit
  const before_ = all.find((other) => other.id === limit.trigger && other.expires.equals(limit.from))
  if (!before_) return limit
  const first = withChain(procedure, before_, all)
  return {
    ...limit,
    why: [`Ce délai suit celui de «\u00a0${first.title}\u00a0» (${first.article}).`, ...first.why, ...limit.why],
    doubts: [...first.doubts, ...limit.doubts],
  }
}

function followsLimit(procedure: Procedure, limit: StepDeadline): boolean {
  const written = findStep(procedure, limit.step).delais ?? []
  return written.some((line) => line.id === limit.id && line.apres_delai === limit.trigger)
}

function missingOf(procedure: Procedure, step: Step, all: StepDeadline[], given: Set<string>): StepLimits['missing'] {
  return (step.delais ?? []).flatMap((limit) => {
    if (all.some((one) => one.step === step.id && one.id === limit.id)) return []
    const event = startOf(procedure, limit)
    const known = given.has(event)
    // Its event is given, its length too: another version of the law, or another case, applies.
    if (known && limit.duree !== null) return []
    const { id, titre: title, article, version } = limit
    return [{ id, title, article, event, eventTitle: titleOf(procedure, event), byDecision: known, version }]
  })
}

const titleOf = (procedure: Procedure, event: string): string => happenings(procedure).get(event)?.titre ?? event

function requireKnownEvent(procedure: Procedure, event: string): void {
  const triggers = procedure.etapes.flatMap((step) => (step.delais ?? []).flatMap((limit) => limit.a_compter_de ?? []))
  const known = [...new Set([...happenings(procedure).keys(), ...triggers])]
  if (known.includes(event)) return
  throw new DomainError(
    'unknown_event',
    `«\u00a0${procedure.titre}\u00a0» n’a pas d’événement «\u00a0${event.slice(0, 60)}\u00a0».`,
    {
      remedy: `Événements connus\u00a0: ${known.join(', ')}.`,
      facts: { procedure: procedure.id, event: event.slice(0, 60) },
    },
  )
}

/** A value that no time limit knows, « oui » for true, would leave one out without a word. Other facts are kept as they are. */
export function requireFactValues(procedure: Procedure, facts: Record<string, unknown>): void {
  const known = knownFacts(procedure)
  requireKnownFacts(procedure, Object.fromEntries(Object.entries(facts).filter(([name]) => known.has(name))))
}

/** A mistyped fact would leave a time limit out without a word. */
function requireKnownFacts(procedure: Procedure, facts: Record<string, unknown>): void {
  const known = knownFacts(procedure)
  for (const [name, value] of Object.entries(facts)) {
    const values = known.get(name)
    if (
      values?.has(value) ||
      (values && name === 'delais' && Object.keys(value as object).every((id) => values.has(id)))
    )
      continue
    throw new DomainError(
      'unknown_fact',
      values
        ? `La circonstance «\u00a0${name}\u00a0» ne peut être «\u00a0${said(value)}\u00a0».`
        : `Aucun délai de «\u00a0${procedure.titre}\u00a0» ne dépend de «\u00a0${name.slice(0, 40)}\u00a0».`,
      {
        remedy: values
          ? `Valeurs possibles\u00a0: ${[...values].join(', ')}.`
          : `Circonstances connues\u00a0: ${[...known.keys()].filter((key) => key !== 'delais').join(', ') || 'aucune'}.`,
        facts: { procedure: procedure.id, fact: name.slice(0, 40) },
      },
    )
  }
}

const said = (value: unknown): string =>
  (typeof value === 'object' && value ? Object.keys(value).join(', ') : String(value)).slice(0, 40)

function knownFacts(procedure: Procedure): Map<string, Set<unknown>> {
  const known = new Map<string, Set<unknown>>()
  const add = (name: string, values: unknown[]) => known.set(name, new Set([...(known.get(name) ?? []), ...values]))
  for (const limit of procedure.etapes.flatMap((step) => step.delais ?? [])) {
    for (const [name, value] of Object.entries(limit.si ?? {}))
      add(name, typeof value === 'boolean' ? [true, false] : [value].flat())
    if (limit.duree === null) add('delais', [limit.id])
    if (limit.distance !== 'oui') continue
    const places = ['metropole', 'outre-mer', 'etranger', ...zones.filter(isDistantFrance)]
    add('demeure', places)
    add('remisA', places)
    add('aPersonne', [true, false])
  }
  return known
}

function requireLaw(procedure: Procedure, from: Day): void {
  if (!before(from, parseDay(procedure.depuis))) return
  throw new DomainError(
    'before_the_law',
    `«\u00a0${procedure.titre}\u00a0» est décrite ici depuis le ${dayFr(parseDay(procedure.depuis))}\u00a0: le ${dayFr(from)} relève de textes qui n’y sont pas.`,
    {
      remedy: 'Vérifiez la date\u00a0; pour un acte ancien, consultez le droit de son jour.',
      facts: { procedure: procedure.id },
    },
  )
}

function noDeadline(procedure: Procedure, step: Step): DomainError {
  const others = procedure.etapes.filter((other) => other.delais).map((other) => `${procedure.id}.${other.id}`)
  return new DomainError('no_deadline', `L'étape « ${step.titre} » n'a pas de délai fixé par la loi.`, {
    remedy:
      others.length > 0
        ? `Étapes avec un délai : ${others.join(', ')}.`
        : `Aucune étape de « ${procedure.titre} » n'en a : rien n'est à attendre, agissez sans tarder.`,
    facts: { procedure: procedure.id, step: step.id },
    article: step.article,
  })
}

function nothingToCount(step: Step, missing: StepLimits['missing']): DomainError {
  const [first] = missing
  if (!first) {
    return new DomainError('no_deadline', `Dans ce cas, la loi ne fixe pas de délai à l'étape « ${step.titre} ».`, {
      remedy: 'Vérifiez les circonstances et les dates données.',
      facts: { step: step.id },
      article: step.article,
    })
  }
  return new DomainError('limit_of_order', `« ${first.title} » n’a pas de durée dans nos textes : ${first.version}.`, {
    remedy: 'Relevez ce délai dans la décision, ou dans le texte, et donnez-le.',
    facts: { step: step.id, limit: first.id },
    article: first.article,
  })
}

function twoDays(procedure: Procedure, event: ProcedureEvent, from: Day): DomainError {
  return new DomainError(
    'two_days',
    `«\u00a0${titleOf(procedure, event.step)}\u00a0» ne peut dater à la fois du ${dayFr(from)} et du ${dayFr(event.on)}.`,
    {
      remedy: 'Le jour d’où l’on compte est celui de cet événement : donnez-en un seul.',
      facts: { event: event.step },
    },
  )
}

const draft = (procedure: Procedure): Doubt => ({
  code: 'draft_procedure',
  message: `«\u00a0${procedure.titre}\u00a0» est un projet\u00a0: texte à relire avant tout emploi.`,
})
