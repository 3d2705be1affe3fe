import { loadLibrary } from '../../../letters/catalogue.ts'
import { kindOf, type Letter } from '../../../letters/letter.ts'
import { after, before, daysBetween, type Day, dayFr } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { isWorkingDay, nextWorkingDay, type Zone } from '../../law/calendar.ts'
import { legalValue } from '../../law/values.ts'
import { type CaseFile, lettersToDebtor, type WrittenDocument } from '../file/file.ts'
import { atDebtors, type DebtorClock } from './debtor-clock.ts'
import type { DebtorKind } from '../debtors.ts'

export type Contact = 'ecrit' | 'appel' | 'visite'

/** Days over which approaches are counted, as procedures/law/fr/contacts.yaml says of its numbers. */
const week = 7
const word: Record<DebtorKind, string> = { business: 'professionnel', consumer: 'consommateur', public: 'public' }
/** Letters that ask for something; a receipt, an answer to a dispute or an agreement harasses nobody. */
export const asking = new Set([
  'avant-echeance',
  'relance-cordiale',
  'relance-ferme',
  'mise-en-demeure',
  'dernier-avis',
  'incidents-paiement',
  'madagascar',
  'visites',
])

/** Families whose letters answer, confirm or inform: what is said in them is owed to the debtor. */
const answering = new Set([
  'envoi-facture',
  'engagements',
  'contestations',
  'recherche',
  'procedures-collectives',
  'cloture',
  'rgpd-et-conformite',
])

/** Whether a letter to a debtor asks for something, whatever its family: one that may open the case does, one that confirms a promise does not. */
export function isDemand(letter: Letter): boolean {
  const kind = kindOf(letter)
  const answers = answering.has(kind) || letter.donnees.includes('promesse')
  return asking.has(kind) || letter.premiere_lettre !== 'jamais' || !answers
}

export interface Lately {
  zone: Zone
  kind: DebtorKind
  /** The days of what was done in the week that ends on the day asked about. */
  contacts: { on: Day; by: Contact }[]
}

/**
 * Whether the letter of CPCE R124-4 is written: nothing is said to the debtor before it. One that was withdrawn before it left
 * counts once it is written again; Malagasy law knows none.
 */
export async function firstLetterGone(sql: Sql, caseId: string, by: Day): Promise<boolean> {
  const [found] = await sql`
    with recursive firsts as (
      select id from documents where case_id = ${caseId} and first_letter and written_on <= ${by}
      union all
      select n.document_id from firsts f join resendings n on n.of_id = f.id and n.asked_on <= ${by}
    )
    select 1 from cases c where c.id = ${caseId} and (c.zone = 'madagascar' or exists (
      select from firsts f left join dispatches o on o.document_id = f.id where o.state is distinct from 'withdrawn'))`
  return found !== undefined
}

/** How an approach by that channel counts: all that is written alike. */
export const contactBy = (channel: string): Contact => (channel === 'appel' || channel === 'visite' ? channel : 'ecrit')

/** Those of the week that ends on that day. */
export function ofWeek(contacts: Lately['contacts'], onDay: Day): Lately['contacts'] {
  const since = onDay.subtract({ days: week - 1 })
  return contacts.filter(({ on }) => !before(on, since) && !after(on, onDay))
}

/** What reached the debtor of a case in the seven days up to that one. */
export function contactsLately(file: CaseFile, onDay: Day): Lately {
  const called = file.calls.filter(({ direction }) => direction === 'outgoing')
  const visited = [
    ...file.steps.flatMap(({ channel, doneOn }) => (channel === 'visite' && doneOn ? [doneOn] : [])),
    // One that a step called for is counted with it.
    ...file.visits.flatMap(({ stepId, visitedOn }) => (stepId === null ? [visitedOn] : [])),
  ]
  const contacts: Lately['contacts'] = [
    ...lettersToDebtor(file)
      .filter(isApproach)
      .map(({ writtenOn }) => ({ on: writtenOn, by: 'ecrit' as const })),
    ...called.map(({ calledOn }) => ({ on: calledOn, by: 'appel' as const })),
    ...visited.map((on) => ({ on, by: 'visite' as const })),
  ]
  return {
    zone: file.case.zone,
    kind: file.debtor.kind,
    contacts: ofWeek(contacts, onDay),
  }
}

/** What leaves the house by itself. */
export const writtenChannels: ReadonlySet<string> = new Set(['lettre', 'lrar', 'lre', 'email', 'sms'])

/** Whether what is written so asks for something: an answer, or what is owed to the debtor, harasses nobody. */
export function isApproach({ channel, letter }: Pick<WrittenDocument, 'channel' | 'letter'>): boolean {
  const known = loadLibrary().letters.get(letter)
  return writtenChannels.has(channel) && (known === undefined || isDemand(known))
}

/**
 * The first day on which one more approach is allowed: the day itself, or the one on which enough of the week's approaches
 * are old enough. Calls and visits also wait for a working day.
 */
export function nextContactDay(
  { zone, kind, contacts }: Lately,
  by: Contact,
  onDay: Day,
): { on: Day; why: string | null } {
  const limits = [
    { max: cap('demarches', kind, onDay), days: contacts.map(({ on }) => on), what: 'démarches' },
    ...(by === 'ecrit'
      ? []
      : [
          {
            max: cap(by === 'appel' ? 'appels' : 'visites', kind, onDay),
            days: contacts.filter((each) => each.by === by).map(({ on }) => on),
            what: by === 'appel' ? 'appels' : 'visites',
          },
        ]),
  ]
  const isWrittenTo = by === 'ecrit' && contacts.some((each) => each.by === 'ecrit' && each.on.equals(onDay))
  let on = isWrittenTo ? onDay.add({ days: 1 }) : onDay
  let why = isWrittenTo ? `Un écrit est déjà parti le ${dayFr(onDay)} vers ce débiteur\u00a0: un seul par jour.` : null
  for (const { max, days, what } of limits) {
    const oldestFirst = days.toSorted(Temporal.PlainDate.compare)
    // Those beyond the number must have left the week.
    const blocking = oldestFirst[oldestFirst.length - max]
    if (blocking === undefined) continue
    const free = blocking.add({ days: week })
    if (before(on, free)) {
      on = free
      why = `Déjà ${days.length} ${what} en sept jours, pour ${max} au plus (règle de la maison)\u00a0: pas avant le ${dayFr(free)}.`
    }
  }
  if (by !== 'ecrit' && !isWorkingDay(on, zone)) {
    on = nextWorkingDay(on, zone)
    why ??= `Ni appel ni visite un dimanche ou un jour férié\u00a0: pas avant le ${dayFr(on)}.`
  }
  return { on, why }
}

/**
 * Refuses a call outside its hours, on a closed day, or once too many; says when it may be made. Day and hour are those of the clock of
 * the house, and are judged by the debtor's. Of a call without an hour the day alone is judged, by the
 * calendar of its case.
 */
export function refuseCall(
  lately: Lately,
  { zone, timeZones }: DebtorClock,
  onDay: Day,
  calledAt: string | null,
): void {
  const at = calledAt?.slice(0, 5)
  const faults =
    at === undefined
      ? [closedDay(onDay, zone)]
      : timeZones.map((timeZone) => outOfHours(atDebtors(onDay, at, timeZone), zone, at))
  // In a country that has several clocks, an hour that one of them allows may be the debtor's.
  if (faults[0] && !faults.includes(null)) throw faults[0]
  const { on, why } = nextContactDay(lately, 'appel', onDay)
  if (why === null) return
  throw new DomainError('contact_cap', why, {
    remedy: `Appelez à partir du ${dayFr(on)}\u00a0; l’étape reste à faire.`,
    facts: { from: on.toString(), days: daysBetween(onDay, on) },
    article: 'C. conso. L121-6 et L121-7',
  })
}

function closedDay(day: Day, zone: Zone): DomainError | null {
  if (isWorkingDay(day, zone)) return null
  const message = `Pas d'appel au débiteur le ${dayFr(day)} : dimanche ou jour férié.`
  return new DomainError('call_on_closed_day', message, { remedy: `Appelez le ${dayFr(nextWorkingDay(day, zone))}.` })
}

/** `typed`: the hour by the clock of the house. */
function outOfHours({ day, at }: { day: Day; at: string }, zone: Zone, typed: string): DomainError | null {
  const closed = closedDay(day, zone)
  if (closed) return closed
  const opens = legalValue('contacts', day, 'appel-debut')
  const closes = legalValue('contacts', day, day.dayOfWeek === 6 ? 'samedi-fin' : 'appel-fin')
  if (at >= opens.value && at <= closes.value) return null
  const when = at === typed ? at : `${at}, heure de chez lui (${typed} à Paris)`
  return new DomainError(
    'call_out_of_hours',
    `Pas d’appel au débiteur à ${when}\u00a0: de ${opens.value} à ${closes.value} ce jour-là.`,
    {
      remedy:
        'Appelez dans ces heures ; un appel passé hors d’elles se signale au responsable, par une note au dossier.',
      article: opens.article ?? '',
      facts: { at, from: opens.value, to: closes.value },
    },
  )
}

const cap = (what: string, kind: DebtorKind, on: Day): number =>
  Number(legalValue('contacts', on, `${what}-${word[kind]}`).value)
