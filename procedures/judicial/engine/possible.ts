import { after, before, type Day, dayFr, parseDay, sameDay } from '../../../schema/days.ts'
import { DomainError } from '../../../schema/errors.ts'
import type { Zone } from '../../law/calendar.ts'
import { happenings, isImposed, type Rule, standingEvents } from './happenings.ts'
import type { Procedure } from './procedure.ts'
import { type ProcedureEvent, stepDeadlines } from './time-limits.ts'
import { progress } from './progress.ts'
import { allowedFrom, type Standing, stops } from './standing.ts'

/**
 * Refuses an event that the law or the file does not let be recorded on that day: unknown, to come, older than the law,
 * twice, before what must come first, after what rules it out, too early, or on a path that is closed. A correction is
 * tried with everything that stands beside it. DomainError with its code, its remedy and its article.
 */
export function requirePossible(
  procedure: Procedure,
  events: ProcedureEvent[],
  event: ProcedureEvent,
  today: Day,
  options: { zone?: Zone } = {},
): void {
  const rule = requireKnown(procedure, event.step)
  if (after(event.on, today) && rule.a_venir !== 'oui') {
    throw new DomainError('event_in_future', `Le ${dayFr(event.on)} est à venir.`, {
      remedy: 'Enregistrez l’événement quand il a eu lieu.',
    })
  }
  if (before(event.on, parseDay(procedure.depuis))) throw beforeTheLaw(procedure, event)
  if (event.corrects !== undefined) requireCorrectable(events, event)
  const standing = standingEvents([...events, event])
  if (event.void !== true) requireOnce(rule, standing, event)
  if (event.void !== true) requireTurn(procedure, standing, event, options)
  if (event.corrects !== undefined) for (const other of standing) requireStillFounded(procedure, standing, other)
  if (event.void !== true) requireOpenPath(procedure, standing, event, rule, options)
  // What was entered with it must be readable, or the procedure would never be read again.
  progress(procedure, [...events, event], today, options)
}

function requireKnown(procedure: Procedure, id: string): Rule {
  const rules = happenings(procedure)
  const rule = rules.get(id)
  if (rule) return rule
  throw new DomainError('unknown_step', `« ${procedure.titre} » n'a pas d'étape « ${id.slice(0, 60)} ».`, {
    remedy: `Étapes et événements\u00a0: ${[...rules.keys()].join(', ')}.`,
  })
}

function beforeTheLaw(procedure: Procedure, event: ProcedureEvent): DomainError {
  const first = dayFr(parseDay(procedure.depuis))
  return new DomainError(
    'before_the_law',
    `« ${procedure.titre} » est décrite ici depuis le ${first}\u00a0: le ${dayFr(event.on)} relève de textes qui n’y sont pas.`,
    { remedy: 'Vérifiez la date\u00a0; pour un acte ancien, consultez le droit de son jour.' },
  )
}

function requireCorrectable(events: ProcedureEvent[], event: ProcedureEvent): void {
  const corrected = events.find((other) => other.id === event.corrects)
  if (!corrected) {
    throw new DomainError('corrected_not_found', 'L’événement à corriger n’est pas dans cette procédure.', {
      remedy: 'Donnez l’identifiant d’un événement de cette procédure.',
    })
  }
  if (events.some((other) => other.corrects === event.corrects)) {
    throw new DomainError('already_corrected', 'Cet événement a déjà été corrigé.', {
      remedy: 'Corrigez la correction elle-même.',
    })
  }
  if (corrected.step !== event.step) {
    throw new DomainError('other_step', 'Une correction porte sur la même étape.', {
      remedy: 'Annulez l’événement, puis enregistrez celui qui a eu lieu.',
    })
  }
}

function requireOnce(rule: Rule, standing: ProcedureEvent[], event: ProcedureEvent): void {
  const same = standing.filter((other) => other !== event && other.step === event.step)
  const sameMoment = same.find((other) => sameDay(other.on, event.on))
  const found = sameMoment ?? (rule.repetable === 'oui' ? undefined : same[0])
  if (!found) return
  throw new DomainError(
    'event_already_recorded',
    `«\u00a0${rule.titre}\u00a0» est déjà enregistré, au ${dayFr(found.on)}.`,
    {
      remedy: sameMoment
        ? 'Rien à faire, si c’est bien le même événement.'
        : 'Si la date était fausse, corrigez l’événement enregistré (corrects).',
      facts: { step: event.step, on: found.on.toString(), ...(found.id === undefined ? {} : { id: found.id }) },
    },
  )
}

/** What had to come first has, by that day; nothing rules it out; and the law lets it be done already. */
function requireTurn(
  procedure: Procedure,
  standing: ProcedureEvent[],
  event: ProcedureEvent,
  options: { zone?: Zone },
): void {
  const rules = happenings(procedure)
  const rule = rules.get(event.step)!
  const known = standing.filter((other) => other !== event && !after(other.on, event.on))
  const happened = new Map(known.map((other) => [other.step, other]))
  const facts = { step: event.step, on: event.on.toString() }
  const missing = missingBefore(rule, happened)
  if (missing.length > 0) {
    throw new DomainError(
      'step_out_of_order',
      `«\u00a0${rule.titre}\u00a0», le ${dayFr(event.on)}, vient après ${named(rules, missing)}, qui n’est pas enregistré à cette date.`,
      {
        remedy: `Enregistrez d’abord ${named(rules, missing)}, à sa date, ou vérifiez celle de cet acte.`,
        article: rule.article,
        facts: { ...facts, missing },
      },
    )
  }
  // Two acts that exclude each other do so whatever their order; else only what came before rules out.
  const excluded = (id: string) =>
    rules.get(id)?.sans?.includes(rule.id) === true && standing.some((other) => other.step === id)
  const against = (rule.sans ?? []).filter((id) => happened.has(id) || excluded(id))
  if (against.length > 0 && !(rule.sauf ?? []).some((id) => happened.has(id))) {
    throw new DomainError(
      'step_ruled_out',
      `«\u00a0${rule.titre}\u00a0» n’est pas possible après ${named(rules, against)}.`,
      {
        remedy: rule.sauf
          ? `Il le redevient après l’un de ces événements\u00a0: ${named(rules, rule.sauf)}.`
          : 'Vérifiez ce qui est enregistré\u00a0; corrigez-le s’il est faux.',
        article: rule.article,
        facts: { ...facts, against },
      },
    )
  }
  const all = stepDeadlines(procedure, known, options)
  const limits = all.filter((limit) => !stops(limit, all, rules, happened))
  const state: Standing = { rules, happened, facts: {}, limits, on: event.on }
  const from = allowedFrom(rule, state)
  if (from === null || !before(event.on, from)) return
  const waited =
    limits.find((each) => each.step === rule.id && each.opens && sameDay(each.opens, from)) ??
    limits.find((each) => rule.attend?.includes(each.id))
  throw new DomainError(
    'step_too_early',
    `«\u00a0${waited?.title ?? rule.titre}\u00a0»\u00a0: pas avant le ${dayFr(from)}.`,
    {
      remedy: `Attendez le ${dayFr(from)}.`,
      facts: { ...facts, earliest: from.toString(), why: waited?.why ?? [] },
      article: waited?.article ?? rule.article,
    },
  )
}

/** A correction may not take from under an act what it rests on. */
function requireStillFounded(procedure: Procedure, standing: ProcedureEvent[], event: ProcedureEvent): void {
  const rules = happenings(procedure)
  const rule = rules.get(event.step)
  if (!rule) return
  const earlier = standing.filter((other) => other !== event && !after(other.on, event.on))
  const missing = missingBefore(rule, new Map(earlier.map((other) => [other.step, other])))
  if (missing.length === 0) return
  throw new DomainError(
    'correction_breaks_order',
    `Cette correction laisserait «\u00a0${rule.titre}\u00a0», le ${dayFr(event.on)}, sans ${named(rules, missing)} avant lui.`,
    {
      remedy: `Corrigez d’abord «\u00a0${rule.titre}\u00a0».`,
      article: rule.article,
      facts: { step: event.step, on: event.on.toString(), missing },
    },
  )
}

function missingBefore(rule: Rule, happened: Map<string, ProcedureEvent>): string[] {
  const oneOf = rule.apres_un_de ?? []
  return [
    ...(rule.apres ?? []).filter((id) => !happened.has(id)),
    ...(oneOf.some((id) => happened.has(id)) ? [] : oneOf),
  ]
}

const named = (rules: Map<string, Rule>, ids: string[]): string =>
  ids.map((id) => `«\u00a0${rules.get(id)?.titre ?? id}\u00a0»`).join(' ou ')

/** Nothing of ours is done on a closed path, but the late act itself and what may reopen it. */
function requireOpenPath(
  procedure: Procedure,
  standing: ProcedureEvent[],
  event: ProcedureEvent,
  rule: Rule,
  options: { zone?: Zone },
): void {
  if (isImposed(rule)) return
  const others = standing.filter((other) => other !== event)
  const { closed } = progress(procedure, others, event.on, options)
  if (!closed || before(event.on, closed.on)) return
  if (closed.limit?.metBy.includes(event.step) || rule.step === closed.recourse) return
  throw new DomainError(
    'path_closed',
    `«\u00a0${procedure.titre}\u00a0» est fermée depuis le ${dayFr(closed.on)}\u00a0: ${closed.sanction ?? closed.title} (${closed.article}).`,
    {
      remedy: closed.limit
        ? `Si «\u00a0${closed.title}\u00a0» a été fait au plus tard le ${dayFr(closed.limit.expires)}, enregistrez-le d’abord à sa date\u00a0; sinon, ouvrez une autre procédure.`
        : 'Ouvrez une autre procédure, ou corrigez ce qui est enregistré.',
      article: closed.article,
      facts: { closedOn: closed.on.toString(), step: closed.step },
    },
  )
}
