import { dayFr } from '../../../schema/days.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import { plainWords } from '../../../schema/words.ts'
import type { Zone } from '../../law/calendar.ts'
import { happenings, standingEvents } from './happenings.ts'
import type { Procedure } from './procedure.ts'
import { type Progress, progress } from './progress.ts'
import type { ProcedureEvent, StepDeadline } from './time-limits.ts'

/**
 * Debtors bound together are served one by one, and the time of each runs from its own service. An event that concerns one of
 * them alone (`chaque_debiteur` in the file) names it as `debiteur`, and none where it is the debtor of the case; a decision names
 * those that it condemns beside it as `codebiteurs`.
 */
const nameOf = ({ facts }: Pick<ProcedureEvent, 'facts'>): string | null =>
  typeof facts?.['debiteur'] === 'string' ? facts['debiteur'].trim() : null

const sameName = (a: string, b: string): boolean => plainWords(a) === plainWords(b)

/** Those that the standing events name beside the debtor of the case. */
export function codebtorsOf(events: ProcedureEvent[]): string[] {
  const named = standingEvents(events).flatMap((event) => {
    const condemned = event.facts?.['codebiteurs']
    return [...(Array.isArray(condemned) ? condemned.map(String) : []), nameOf(event)].filter((name) => name !== null)
  })
  return named.filter((name, i) => named.findIndex((other) => sameName(name, other)) === i)
}

/**
 * The codebtor of that name as the decision or the acts have it, so that one person is never two. DomainError `unknown_codebtor`.
 */
export function requireCodebtor(events: ProcedureEvent[], name: string): string {
  const all = codebtorsOf(events)
  const known = all.find((each) => sameName(each, name))
  if (known !== undefined) return known
  throw new DomainError(
    'unknown_codebtor',
    `«\u00a0${name.slice(0, 80)}\u00a0» n’est pas codébiteur dans cette procédure.`,
    {
      remedy:
        all.length > 0
          ? `Nommez l’un de ceux qui y sont\u00a0: ${all.join(', ')}\u00a0; ou personne, pour le débiteur du dossier.`
          : 'Les codébiteurs s’enregistrent avec la décision qui les condamne (codebiteurs).',
    },
  )
}

/** What happened as one of them sees it: what concerns them all, and what concerns itself. `null`: the debtor of the case. */
export function eventsFor(procedure: Procedure, events: ProcedureEvent[], debtor: string | null): ProcedureEvent[] {
  if (debtor === null) return events.filter((event) => nameOf(event) === null)
  const rules = happenings(procedure)
  return events.flatMap((event) => {
    const name = nameOf(event)
    if (name !== null) return sameName(name, debtor) ? event : []
    if (rules.get(event.step)?.chaque_debiteur === 'oui') return []
    // Where the debtor of the case lives says nothing of where this one does.
    const { demeure: _, ...facts } = event.facts ?? {}
    return { ...event, facts }
  })
}

/** Refuses to name a debtor for what concerns them all, and a correction that would pass from one to another. */
export function requireDebtor(procedure: Procedure, event: ProcedureEvent, corrected?: ProcedureEvent): void {
  const rule = happenings(procedure).get(event.step)
  const given = event.facts?.['debiteur']
  const beside = event.facts?.['codebiteurs']
  if (
    beside !== undefined &&
    !(Array.isArray(beside) && beside.every((name) => typeof name === 'string' && name.trim()))
  ) {
    throw new DomainError('bad_codebtors', 'Les codébiteurs se donnent en une liste de noms.', {
      remedy: 'Donnez codebiteurs\u00a0: ["Marc Bonnet"], tels que la décision les nomme.',
    })
  }
  if (given === undefined) return
  if (typeof given === 'string' && given.trim() !== '' && rule?.chaque_debiteur === 'oui') {
    const before = corrected && nameOf(corrected)
    if (!corrected || (before && sameName(before, given))) return
    throw new DomainError('other_debtor', 'Une correction porte sur l’acte du même débiteur.', {
      remedy: 'Annulez l’événement, puis enregistrez celui qui a eu lieu, avec le débiteur qu’il concerne.',
    })
  }
  throw new DomainError(
    'not_by_debtor',
    `«\u00a0${rule?.titre ?? event.step}\u00a0» ne s’enregistre pas pour l’un des débiteurs.`,
    {
      remedy:
        'Nommez un codébiteur (debiteur) pour un acte qui le concerne seul, par exemple sa signification\u00a0; avec la décision, nommez-les tous (codebiteurs).',
      facts: { step: event.step },
    },
  )
}

/** Where the procedure stands for the debtor of the case, with the time limits that run for or against each of the others. */
export function progressForAll(
  procedure: Procedure,
  events: ProcedureEvent[],
  on: Progress['on'],
  options: { zone?: Zone } = {},
): Progress {
  const main = progress(procedure, eventsFor(procedure, events, null), on, options)
  return codebtorsOf(events).reduce((whole, name) => {
    const own = progress(procedure, eventsFor(procedure, events, name), on, options)
    return withCodebtor(whole, own, name, (limit) => isIndividual(procedure, limit))
  }, main)
}

/** Every time limit, those of each codebtor after those of the debtor of the case. */
export function limitsForAll(
  procedure: Procedure,
  events: ProcedureEvent[],
  reckon: (events: ProcedureEvent[]) => StepDeadline[],
): StepDeadline[] {
  const others = codebtorsOf(events).flatMap((name) =>
    reckon(eventsFor(procedure, events, name))
      .filter((limit) => isIndividual(procedure, limit))
      .map((limit) => named(limit, name)),
  )
  return [...reckon(eventsFor(procedure, events, null)), ...others]
}

/** What starts it or what meets it concerns each debtor apart. */
function isIndividual(procedure: Procedure, { trigger, metBy }: StepDeadline): boolean {
  const rules = happenings(procedure)
  return [trigger, ...metBy].some((id) => rules.get(id)?.chaque_debiteur === 'oui')
}

const named = <Limit extends StepDeadline>(limit: Limit, name: string): Limit => ({
  ...limit,
  codebtor: name,
  id: `${limit.id} (${name})`,
  title: `${limit.title} (${name})`,
})

function withCodebtor(
  whole: Progress,
  own: Progress,
  name: string,
  concerns: (limit: StepDeadline) => boolean,
): Progress {
  const of = <Limit extends StepDeadline>(limits: Limit[]) => limits.filter(concerns).map((limit) => named(limit, name))
  const byEnd = (a: StepDeadline, b: StepDeadline) => Temporal.PlainDate.compare(a.expires, b.expires)
  const done = own.done.filter(({ step, on }) => !whole.done.some((one) => one.step === step && one.on.equals(on)))
  return {
    ...whole,
    done: [...whole.done, ...done.map((act) => ({ ...act, title: `${act.title} (${name})` }))].toSorted((a, b) =>
      Temporal.PlainDate.compare(a.on, b.on),
    ),
    due: [...whole.due, ...of(own.due)].toSorted(byEnd),
    late: [...whole.late, ...of(own.late)],
    lapsed: [...whole.lapsed, ...of(own.lapsed)],
    notBefore: [...whole.notBefore, ...of(own.notBefore)],
    alerts: [
      ...whole.alerts,
      ...own.alerts
        .filter(({ limit }) => concerns(limit))
        .map((alert) => ({ ...alert, limit: named(alert.limit, name) })),
    ],
    doubts: [...whole.doubts, ...closedFor(own, name, concerns), ...of(own.due).flatMap(({ doubts }) => doubts)],
  }
}

/** The path that is closed for one of them alone stays open for the others. */
function closedFor({ closed }: Progress, name: string, concerns: (limit: StepDeadline) => boolean): Doubt[] {
  if (!closed?.limit || !concerns(closed.limit)) return []
  const message = `À l’égard de ${name}\u00a0: ${closed.sanction ?? 'délai dépassé'} depuis le ${dayFr(closed.on)} (${closed.article})\u00a0; rien ne peut plus être exécuté contre ce codébiteur sur cette décision.`
  return [{ code: 'closed_for_codebtor', message }]
}
