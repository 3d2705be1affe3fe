import { after, before, type Day, dayFr, daysBetween } from '../../../schema/days.ts'
import type { Doubt } from '../../../schema/errors.ts'
import type { Zone } from '../../law/calendar.ts'
import { happenings, knownFacts, type Rule, standingEvents } from './happenings.ts'
import { outcomesOf, type ReachedOutcome, type Sequel } from './outcomes.ts'
import type { Procedure } from './procedure.ts'
import { type ProcedureEvent, type StepDeadline, stepDeadlines } from './time-limits.ts'
import { allowedFrom, isMissed, isPossible, isRunning, metOn, overOn, type Standing, stops } from './standing.ts'

/** Where a procedure stands on a day: what is done, what runs, what is late, what ended it, and what may come next. */
export interface Progress {
  on: Day
  /** Oldest first. `late` is the time limit that the act missed. */
  done: { step: string; title: string; by: string; on: Day; article: string; late: StepDeadline | null }[]
  /** Time limits that run, the one that ends first at the head. */
  due: (StepDeadline & { daysLeft: number })[]
  /** Ended, still not done, and no sanction ends the path. */
  late: StepDeadline[]
  /** What the other side may no longer do: its time has run out. */
  lapsed: StepDeadline[]
  /** What may not be done yet: `opens` is its first day. */
  notBefore: StepDeadline[]
  next: NextStep[]
  closed: Closure | null
  /** Time limits about to end, with the mark (15, 7, 3, 1 days…) of the procedure that they have reached. */
  alerts: { limit: StepDeadline; daysLeft: number; mark: number }[]
  outcomes: ReachedOutcome[]
  nextProcedures: Sequel[]
  doubts: Doubt[]
  why: string[]
}

export interface NextStep {
  step: string
  title: string
  by: string
  article: string
  /** The first day on which it is allowed, when that day is still to come. */
  from?: Day
  until?: Day
}

export interface Closure {
  on: Day
  step: string
  title: string
  /** The time limit that ran out; null when an outcome ended the path (payment, refusal, judgment). */
  limit: StepDeadline | null
  sanction: string | null
  article: string
  /** The step that may still lift the sanction. */
  recourse: string | null
}

/**
 * Pure: the same procedure, events and day give the same answer. Events after the day are not known yet, but for the days
 * fixed in advance (a hearing). Events recorded late count on their own day; a correction replaces what it corrects.
 */
export function progress(
  procedure: Procedure,
  events: ProcedureEvent[],
  on: Day,
  options: { zone?: Zone } = {},
): Progress {
  const rules = happenings(procedure)
  const standing = standingEvents(events).filter((event) => !after(event.on, on) || rules.get(event.step)?.a_venir)
  const past = standing.filter((event) => !after(event.on, on))
  const happened = new Map(past.map((event) => [event.step, event]))
  const all = stepDeadlines(procedure, standing, options)
  const limitsRun = all.filter((limit) => !stops(limit, all, rules, happened))
  const state: Standing = { rules, happened, facts: knownFacts(procedure, past), on, limits: limitsRun }
  const reached = outcomesOf(procedure, state)
  const closed = closureOf(state, reached)
  // What ended the path ended the periods that still ran, but for those of the step that may reopen it.
  const live = (limit: StepDeadline) =>
    !closed || limit.step === closed.recourse || before(limit.expires, closed.on) || limit === closed.limit
  const limits = state.limits.filter(live)
  const outcomes = closed ? reached.filter((outcome) => !after(outcome.on, closed.on)) : reached
  const running = prudent(limits.filter((limit) => limit.kind === 'not_after' && isRunning(limit, state)))
    .map((limit) => ({ ...limit, daysLeft: daysBetween(on, limit.expires) }))
    .toSorted((a, b) => Temporal.PlainDate.compare(a.expires, b.expires))
  const missed = limits.filter((limit) => limit.kind === 'not_after' && isMissed(limit, state))
  const result: Progress = {
    on,
    done: past.map((event) => doneStep(event, rules, state)),
    due: running,
    late: missed.filter(
      (limit) => !['bars', 'ends'].includes(limit.effect) && limit !== closed?.limit && !metOn(limit, happened),
    ),
    lapsed: missed.filter((limit) => limit.effect === 'bars' && !metOn(limit, happened)),
    notBefore: closed
      ? []
      : limits.filter((limit) => limit.opens !== null && before(on, limit.opens) && !metOn(limit, happened)),
    next: nextSteps(procedure, state, closed, running),
    closed,
    alerts: running.flatMap((limit) => {
      const mark = Math.min(...procedure.alertes.filter((days) => limit.daysLeft <= days))
      return !['bars', 'ends'].includes(limit.effect) && Number.isFinite(mark)
        ? [{ limit, daysLeft: limit.daysLeft, mark }]
        : []
    }),
    outcomes,
    nextProcedures: outcomes.flatMap((outcome) => outcome.next),
    doubts: [],
    why: [],
  }
  result.doubts = doubtsOf(procedure, result, standing, past, state)
  result.why = reasons(result)
  return result
}

/** Of the variants of one time limit that a fact not yet known leaves open, the one that it is prudent to keep. */
function prudent<Limit extends StepDeadline>(limits: Limit[]): Limit[] {
  const kept = new Map<string, Limit>()
  for (const limit of limits) {
    const key = `${limit.step}.${limit.id}.${limit.trigger}`
    const other = kept.get(key)
    const safer = !other || before(limit.expires, other.expires) !== (limit.effect === 'bars')
    if (safer) kept.set(key, limit)
  }
  return [...kept.values()]
}

function closureOf(state: Standing, outcomes: ReachedOutcome[]): Closure | null {
  const { limits, happened, rules } = state
  const found: Closure[] = []
  for (const limit of limits) {
    if (limit.effect !== 'closes') continue
    const same = (other: StepDeadline) =>
      other.step === limit.step && other.id === limit.id && other.trigger === limit.trigger
    const on = overOn(limits.filter(same), state)
    if (!on) continue
    if (limit.recourse && happened.has(limit.recourse.evenement)) continue
    found.push({
      on,
      step: limit.step,
      title: limit.title,
      limit,
      sanction: limit.sanction,
      article: limit.article,
      recourse: limit.recourse?.etape ?? null,
    })
  }
  for (const outcome of outcomes) {
    if (!outcome.ends) continue
    const event = outcome.event === null ? undefined : rules.get(outcome.event)
    found.push({
      on: outcome.on,
      step: event?.id ?? outcome.id,
      title: outcome.title,
      limit: null,
      sanction: null,
      article: outcome.article,
      recourse: null,
    })
  }
  // The earliest ended it; on the same day, the time limit says more than the outcome that it led to.
  return (
    found.toSorted((a, b) => Temporal.PlainDate.compare(a.on, b.on) || (a.limit ? 0 : 1) - (b.limit ? 0 : 1))[0] ?? null
  )
}

function doneStep(event: ProcedureEvent, rules: Map<string, Rule>, state: Standing): Progress['done'][number] {
  const rule = rules.get(event.step)
  const late = state.limits.find(
    (limit) => limit.kind === 'not_after' && metOn(limit, state.happened) === event && after(event.on, limit.expires),
  )
  return {
    step: event.step,
    title: rule?.titre ?? event.step,
    by: rule?.par ?? '',
    on: event.on,
    article: rule?.article ?? '',
    late: late ?? null,
  }
}

function nextSteps(procedure: Procedure, state: Standing, closed: Closure | null, running: StepDeadline[]): NextStep[] {
  const { rules, happened, limits, on } = state
  const steps = new Set(procedure.etapes.map(({ id }) => id))
  const found: NextStep[] = []
  for (const rule of rules.values()) {
    if (closed && rule.id !== closed.recourse) continue
    const awaited = running.filter((limit) => limit.metBy.includes(rule.id))
    // A further event is offered while a period waits for it; a step, whenever the law lets it come.
    if (!steps.has(rule.id) && awaited.length === 0) continue
    if ((happened.has(rule.id) && rule.repetable !== 'oui') || !isPossible(rule, happened)) continue
    const ended = limits.some(
      (limit) =>
        (limit.effect === 'bars' || (closed !== null && limit.effect === 'closes')) &&
        limit.metBy.includes(rule.id) &&
        after(on, limit.expires),
    )
    if (ended && awaited.length === 0) continue
    const from = allowedFrom(rule, state)
    const until = awaited[0]?.expires
    found.push({
      step: rule.id,
      title: rule.titre,
      by: rule.par,
      article: rule.article,
      ...(from && after(from, on) ? { from } : {}),
      ...(until ? { until } : {}),
    })
  }
  return found
}

function doubtsOf(
  procedure: Procedure,
  result: Progress,
  standing: ProcedureEvent[],
  past: ProcedureEvent[],
  state: Standing,
): Doubt[] {
  const doubts: Doubt[] = []
  if (procedure.statut === 'projet') {
    doubts.push({
      code: 'draft_procedure',
      message: `«\u00a0${procedure.titre}\u00a0» est un projet\u00a0: texte à relire avant tout emploi.`,
    })
  }
  const shown = [
    ...result.due,
    ...result.late,
    ...result.notBefore,
    ...(result.closed?.limit ? [result.closed.limit] : []),
  ]
  doubts.push(...shown.flatMap((limit) => limit.doubts))
  const triggers = new Set(standing.map((event) => event.step))
  const computed = new Set(state.limits.map((limit) => `${limit.step}.${limit.id}`))
  for (const step of procedure.etapes) {
    for (const limit of step.delais ?? []) {
      const open =
        limit.duree === null && triggers.has(limit.a_compter_de ?? '') && !computed.has(`${step.id}.${limit.id}`)
      if (!open || result.closed || state.happened.has(step.id)) continue
      doubts.push({
        code: 'limit_to_enter',
        message: `${limit.titre} (${limit.article})\u00a0: ${limit.version}\u00a0; à relever et à saisir avec l’événement.`,
      })
    }
  }
  doubts.push(...irregular(past, state), ...lateActs(result))
  for (const limit of state.limits) {
    const shownBy = limit.presumedBy.find((id) => state.happened.has(id))
    if (!shownBy || metOn(limit, state.happened)) continue
    doubts.push({
      code: 'act_presumed',
      message: `${limit.title} (${limit.article})\u00a0: l’acte n’est pas enregistré\u00a0; la suite de la procédure le fait présumer.`,
    })
  }
  return [...new Map(doubts.map((doubt) => [`${doubt.code} ${doubt.message}`, doubt])).values()]
}

/** What was done before its day, or after what ruled it out: a later record showed it. */
function irregular(past: ProcedureEvent[], { rules, limits, happened }: Standing): Doubt[] {
  return past.flatMap((event) => {
    const rule = rules.get(event.step)
    if (!rule) return []
    const early = limits.find((limit) => limit.step === rule.id && limit.opens && before(event.on, limit.opens))
    const lifted = (rule.sauf ?? []).some((id) => happened.has(id))
    const against = lifted ? [] : (rule.sans ?? []).flatMap((id) => happened.get(id) ?? [])
    const crossed = against.find((other) => before(other.on, event.on))
    const why = early
      ? `rien ne pouvait être fait avant le ${dayFr(early.opens!)} (${early.article})`
      : crossed
        ? `«\u00a0${rules.get(crossed.step)?.titre ?? crossed.step}\u00a0» l’avait rendu impossible le ${dayFr(crossed.on)} (${rule.article})`
        : null
    if (why === null) return []
    return [{ code: 'irregular_act', message: `${rule.titre}, le ${dayFr(event.on)}\u00a0: ${why}.` }]
  })
}

/** The other side acted after its time: nobody here says what that is worth. */
function lateActs({ done }: Progress): Doubt[] {
  return done.flatMap(({ title, on, late }) =>
    late?.ifLate == null
      ? []
      : [
          {
            code: 'late_act',
            message: `${title}, le ${dayFr(on)}\u00a0: après la fin du délai, le ${dayFr(late.expires)} (${late.article})\u00a0; ${late.ifLate}.`,
          },
        ],
  )
}

function reasons({ done, due, late, lapsed, notBefore, closed, outcomes }: Progress): string[] {
  const until = (limit: StepDeadline) =>
    `${limit.title}\u00a0: au plus tard le ${dayFr(limit.expires)} (${limit.article})`
  return [
    ...done.map(
      ({ on, title, late: missed }) =>
        `Le ${dayFr(on)}\u00a0: ${title}${missed ? `, après la fin du délai (${dayFr(missed.expires)})` : ''}.`,
    ),
    ...lapsed.map(
      (limit) =>
        `${limit.title}\u00a0: le délai a pris fin le ${dayFr(limit.expires)}, sans que rien soit fait (${limit.article}).`,
    ),
    ...late.map((limit) => `${until(limit)}, délai dépassé.`),
    ...due.map((limit) => `${until(limit)}, ${left(limit.daysLeft)}.`),
    ...notBefore.map((limit) => `${limit.title}\u00a0: pas avant le ${dayFr(limit.opens!)} (${limit.article}).`),
    ...outcomes.map((outcome) => `${outcome.title} (${outcome.article}), le ${dayFr(outcome.on)}.`),
    ...(closed ? [closing(closed)] : []),
  ]
}

const left = (days: number) =>
  days === 0 ? 'dernier jour' : days === 1 ? 'il reste un jour' : `il reste ${days}\u00a0jours`

function closing({ on, limit, sanction, title, article }: Closure): string {
  if (!limit) return `La voie a pris fin le ${dayFr(on)}\u00a0: ${title} (${article}).`
  return `La voie est fermée depuis le ${dayFr(on)}\u00a0: ${sanction ?? 'délai dépassé'} (${article}). «\u00a0${title}\u00a0» devait être fait au plus tard le ${dayFr(limit.expires)}, et rien n’est enregistré à temps\u00a0; si l’acte a été fait dans le délai, il s’enregistre à sa date.`
}
