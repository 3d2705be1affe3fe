import { after, before, dayFr, daysBetween, latest, type Day } from '../../schema/days.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { readYaml } from '../../schema/validate.ts'
import { requireKnownDay } from './calendar.ts'
import { addDuration, durationFr, parseDuration, type Duration } from './deadline.ts'
import { findEntry, lawEntries, legalValue } from './values.ts'

export interface Interruption {
  on: Day
  /** An id of fr/prescription-causes.yaml, or free words: then `article` is taken at its word. */
  cause: string
  article?: string
  /** A court claim interrupts until the case ends (C. civ. 2242): the new period starts there. */
  until?: Day
}

/** Time that does not count, from the first to the last day (C. civ. 2230): mediation, conciliation… */
export interface Suspension {
  from: Day
  to: Day
  cause: string
  article?: string
}

export interface Limitation {
  /** The last day to act; never extended over a week-end. */
  expires: Day
  /** Where the running period started: the due date, or the last interruption. */
  from: Day
  article: string
  duration: Duration
  why: string[]
  doubts: Doubt[]
}

interface Cause {
  id: string
  nom: string
  interrompt: 'oui' | 'non'
  article: string
  source: string
  verifie_le: string
  confirme: 'oui' | 'non'
}

/** Every cause of the file, those that interrupt and those that do not. */
export function limitationCauses(): Cause[] {
  causes ??= readYaml<{ causes: Cause[] }>(
    new URL('./fr/prescription-causes.yaml', import.meta.url),
    'limitation-causes',
  ).causes
  return causes
}
let causes: Cause[] | undefined

/** The kinds of claim whose limitation period is known. */
export function limitationKinds(): string[] {
  return [...new Set(lawEntries('prescription').map((entry) => entry.qualifier))]
}

/**
 * The last day to act. `kind`: commercial, droit_commun, conso (C. conso. L. 218-2, two years)… The period is that of the law in
 * force at its start; each interruption starts a new one of the same length (C. civ. 2231). An interruption after the
 * end changes nothing, and none carries it past twenty years (2232) but a court claim or enforcement. DomainError `unknown_limitation`, `no_legal_value` (before 19 June 2008).
 */
export function limitation(claim: {
  kind: string
  due: Day
  interruptions?: Interruption[]
  suspensions?: Suspension[]
}): Limitation {
  if (!limitationKinds().includes(claim.kind)) {
    throw new DomainError('unknown_limitation', `La prescription « ${claim.kind.slice(0, 40)} » n'est pas connue.`, {
      remedy: `Indiquez une des sortes suivantes : ${limitationKinds().join(', ')}.`,
      facts: { kind: claim.kind.slice(0, 40) },
    })
  }
  requireKnownDay(claim.due)
  const law = legalValue('prescription', claim.due, claim.kind)
  const duration = parseDuration(law.value)
  const length = durationFr(duration)
  const why = [`La créance se prescrit par ${length} (${law.article}), à compter du ${dayFr(claim.due)}.`]
  const doubts = law.doubt ? [law.doubt] : []
  let from = claim.due
  let beyondCap = false
  let expires = addDuration(from, duration)
  for (const event of inOrder(claim)) {
    if (after(event.day, expires)) {
      why.push(
        `Le ${dayFr(event.day)}, ${event.name} : sans effet, la prescription était acquise depuis le ${dayFr(expires)}.`,
      )
    } else if (event.to !== undefined) {
      const start = latest(event.day, from)
      const lost = before(event.to, start) ? 0 : daysBetween(start, event.to) + 1
      expires = latest(expires.add({ days: lost }), leastAfter(event, event.to) ?? expires)
      why.push(
        `Du ${dayFr(event.day)} au ${dayFr(event.to)}, ${event.name} : le délai est suspendu (${event.article ?? 'article 2230 du code civil'}).`,
      )
    } else if (!event.interrupts) {
      why.push(`Le ${dayFr(event.day)}, ${event.name} : n’interrompt pas la prescription (${event.article}).`)
    } else if (!before(event.restart, from)) {
      from = event.restart
      beyondCap ||= uncapped.test(event.article ?? '')
      expires = addDuration(from, duration)
      why.push(
        `Le ${dayFr(event.day)}, ${event.name} : la prescription est interrompue et un nouveau délai de ${length} part du ${dayFr(from)} (${event.article} et C. civ. 2231).`,
      )
    }
    if (event.doubt) doubts.push(event.doubt)
  }
  const cap = butoir(claim.due)
  if (cap && !beyondCap && after(expires, cap.on)) {
    expires = cap.on
    why.push(`Elle n’est pas portée au-delà de ${cap.length} depuis la naissance du droit (${cap.article}).`)
    if (cap.doubt) doubts.push(cap.doubt)
  }
  why.push(`Dernier jour pour agir : le ${dayFr(expires)}, sans report au jour ouvrable suivant.`)
  return { expires, from, article: law.article ?? '', duration, why, doubts }
}

// Of these interruptions C. civ. 2232, al. 2 says that the twenty years do not hold.
const uncapped = /\b224[14]\b/

/** Mediation and conciliation leave a time of their own afterwards (C. civ. 2238). */
function leastAfter(event: Event, to: Day): Day | null {
  const law = event.article?.includes('2238') ? findEntry('prescription-reprise', to, 'mediation') : null
  return law?.value == null ? null : addDuration(to, parseDuration(law.value))
}

function butoir(due: Day): { on: Day; length: string; article: string; doubt: Doubt | null } | null {
  const law = findEntry('prescription-butoir', due)
  if (law?.value == null) return null
  const duration = parseDuration(law.value)
  return { on: addDuration(due, duration), length: durationFr(duration), article: law.article ?? '', doubt: law.doubt }
}

interface Event {
  day: Day
  name: string
  article: string | undefined
  interrupts: boolean
  restart: Day
  to?: Day
  doubt?: Doubt
}

/** Whether an act of that cause starts the period anew; one that is not on file is taken at its word. */
export const interrupts = ({ cause }: Pick<Interruption, 'cause'>): boolean =>
  limitationCauses().find(({ id }) => id === cause)?.interrompt !== 'non'

function inOrder(claim: { interruptions?: Interruption[]; suspensions?: Suspension[] }): Event[] {
  const interruptions = (claim.interruptions ?? []).map((event): Event => {
    const known = limitationCauses().find((cause) => cause.id === event.cause)
    const isInterruption = interrupts(event)
    // A cause that does not interrupt shortens the time to act: no doubt can hurt there.
    const uncertain = isInterruption && (known === undefined ? event.article === undefined : known.confirme === 'non')
    return {
      day: event.on,
      name: known?.nom ?? event.cause,
      article: event.article ?? known?.article ?? 'article à indiquer',
      interrupts: isInterruption,
      restart: event.until ?? event.on,
      ...(uncertain
        ? {
            doubt: {
              code: 'unconfirmed_interruption',
              message: `Effet sur la prescription à vérifier : ${known?.nom ?? event.cause} (${known?.source ?? 'cause inconnue'}).`,
            },
          }
        : {}),
    }
  })
  const suspensions = (claim.suspensions ?? []).map((event): Event => ({
    day: event.from,
    name: event.cause,
    article: event.article,
    interrupts: false,
    restart: event.from,
    to: event.to,
  }))
  return [...interruptions, ...suspensions].sort((a, b) => Temporal.PlainDate.compare(a.day, b.day))
}
