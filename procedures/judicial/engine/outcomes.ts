import { after, type Day, latest } from '../../../schema/days.ts'
import { loadProcedure, type Outcome, type Procedure } from './procedure.ts'
import { holds } from './time-limits.ts'
import { allowedFrom, metOn, overOn, type Standing } from './standing.ts'

/** A way the procedure has turned by a day, and the procedures that it opens. */
export interface ReachedOutcome {
  id: string
  title: string
  kind: Outcome['nature']
  on: Day
  article: string
  /** Whether it ends the path. */
  ends: boolean
  /** The event that gave it; null when time alone did. */
  event: string | null
  next: Sequel[]
}

/** A procedure that an outcome opens. */
export interface Sequel {
  procedure: string
  title: string
  why: string
  article: string
  /** Whether a text says so, and not practice alone. */
  isConfirmed: boolean
  outcome: string
}

/** The outcomes whose conditions all hold on that day, in the order of the file. A draft is never offered as a sequel. */
export function outcomesOf(procedure: Procedure, state: Standing): ReachedOutcome[] {
  return (procedure.issues ?? []).flatMap((outcome) => {
    const reached = reachedOn(outcome, state)
    if (!reached) return []
    const next = (outcome.suites ?? []).flatMap(({ procedure: id, pourquoi, article, confirme }) => {
      const sequel = loadProcedure(id)
      if (sequel.statut === 'projet') return []
      return [
        {
          procedure: id,
          title: sequel.titre,
          why: pourquoi,
          article,
          isConfirmed: confirme !== 'non',
          outcome: outcome.id,
        },
      ]
    })
    return [
      {
        id: outcome.id,
        title: outcome.titre,
        kind: outcome.nature,
        article: outcome.article,
        ends: outcome.clot === 'oui',
        ...reached,
        next,
      },
    ]
  })
}

function reachedOn(outcome: Outcome, state: Standing): { on: Day; event: string | null } | null {
  const { happened, on, limits, rules } = state
  if ((outcome.sans ?? []).some((id) => happened.has(id))) return null
  if (Object.entries(outcome.si ?? {}).some(([key, wanted]) => !holds(state.facts[key], wanted))) return null
  const days: Day[] = []
  let event: string | null = null
  if (outcome.quand) {
    const first = outcome.quand
      .flatMap((id) => happened.get(id) ?? [])
      .toSorted((a, b) => Temporal.PlainDate.compare(a.on, b.on))[0]
    if (!first) return null
    days.push(first.on)
    event = first.step
  }
  if (outcome.passe !== undefined) {
    const ends = outcome.passe.flatMap((id) => {
      const variants = limits.filter((limit) => limit.id === id)
      return (variants.some((limit) => barredLate(limit, state)) ? null : overOn(variants, state)) ?? []
    })
    const first = ends.toSorted(Temporal.PlainDate.compare)[0]
    if (!first) return null
    days.push(first)
  }
  if (outcome.ouvert !== undefined) {
    const limit = limits.find(({ id }) => id === outcome.ouvert)
    const rule = limit && rules.get(limit.step)
    const from = rule && allowedFrom(rule, state)
    if (!from || after(from, on)) return null
    days.push(from)
  }
  return days.length > 0 ? { on: days.reduce(latest), event } : null
}

/** The other side acted after its time: what it did is for the judge to weigh, and time alone no longer decides. */
function barredLate(limit: Standing['limits'][number], { happened }: Standing): boolean {
  return limit.effect === 'bars' && metOn(limit, happened) !== null
}
