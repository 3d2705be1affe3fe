import { dayFr, weekdayFr, type Day } from '../../schema/days.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { holidayEntry, isBusinessDay, isWorkingDay, requireKnownDay, type Zone } from './calendar.ts'

/** A time limit in the units of the law: never converted into days. */
export interface Duration {
  years: number
  months: number
  days: number
}

export interface Deadline {
  from: Day
  /** Where the period ends by counting alone. */
  raw: Day
  /** The last day on which the act may be done. */
  expires: Day
  /** The reasoning in French sentences, articles included. */
  why: string[]
  /** What in the counting itself is not sure: a retroactive period, a holiday that nobody confirmed. */
  doubts: Doubt[]
}

/**
 * How days are counted: as the calendar runs; in « jours ouvrables » (neither Sundays nor holidays); backwards from a hearing;
 * or « le jour même ou le premier jour ouvrable suivant ».
 */
export type Counting = 'calendar' | 'working_days' | 'backwards' | 'same_or_next_working_day'

/** « 8d », « 1m », « 1m15d », « 5y », or ISO « P1M15D ». DomainError `bad_duration`. */
export function parseDuration(text: string): Duration {
  const match = /^P?(?:(\d{1,5})y)?(?:(\d{1,5})m)?(?:(\d{1,5})d)?$/i.exec(text.trim())
  const [years, months, days] = [1, 2, 3].map((i) => Number(match?.[i] ?? 0)) as [number, number, number]
  if (match && years + months + days > 0 && years <= 100 && months <= 1200 && days <= 36525)
    return { years, months, days }
  throw new DomainError('bad_duration', `« ${text.slice(0, 40)} » n'est pas une durée lisible.`, {
    remedy:
      'Écrivez des années (y), des mois (m) puis des jours (d), par exemple 8d, 1m, 1m15d ou 5y ; cent ans au plus.',
    facts: { duration: text.slice(0, 40) },
  })
}

/** { months: 1, days: 15 } → « 1 mois et 15 jours ». */
export function durationFr({ years, months, days }: Duration): string {
  const parts = [
    years && `${years}\u00a0${years > 1 ? 'ans' : 'an'}`,
    months && `${months}\u00a0mois`,
    days && `${days}\u00a0${days > 1 ? 'jours' : 'jour'}`,
  ].filter(Boolean)
  return parts.join(' et ')
}

/**
 * The end of a period that starts on the day `from` of the act, event or notification (excluded when counting days).
 * `procedure`: CPC 640 to 642, with the extension to the next business day. `prescription`: C. civ. 2228 and 2229, no
 * extension, since art. 642 is about procedural time limits. DomainError `day_out_of_range` outside 1900–2199.
 */
export function deadline(request: {
  from: Day
  duration: Duration
  rule?: 'procedure' | 'prescription'
  zone?: Zone
  counting?: Counting
}): Deadline {
  const { from, duration, rule = 'procedure', zone = 'metropole', counting: how = 'calendar' } = request
  requireKnownDay(from)
  if (how !== 'calendar') return special[how](from, duration, zone)
  const raw = addDuration(from, duration)
  const prescription = rule === 'prescription'
  const none = duration.years + duration.months + duration.days === 0
  const why = none
    ? []
    : [
        prescription
          ? `Le délai de ${durationFr(duration)} se compte par jours à partir du ${dayFr(from)}, jour qui ne compte pas (articles 2228 et 2229 du code civil).`
          : `Le délai de ${durationFr(duration)} court à compter du ${dayFr(from)} (article 640 du code de procédure civile).`,
        ...counting(from, duration, raw, prescription),
      ]
  if (prescription) {
    why.push(`Il n’est pas reporté au jour ouvrable suivant\u00a0: dernier jour pour agir, le ${weekdayFr(raw)}.`)
    return { from, raw, expires: raw, why, doubts: [] }
  }
  const doubts: Doubt[] = zone === 'madagascar' ? [malagasyCounting] : []
  let expires = raw
  while (!isBusinessDay(expires, zone)) {
    why.push(
      `${closed(expires, zone)}\u00a0: le délai est prorogé (article 642, alinéa 2, du code de procédure civile).`,
    )
    doubts.push(...holidayDoubts(expires, zone))
    expires = expires.add({ days: 1 })
  }
  why.push(`Il expire le ${weekdayFr(expires)} à vingt-quatre heures (article 642, alinéa 1).`)
  return { from, raw, expires, why, doubts }
}

const malagasyCounting: Doubt = {
  code: 'foreign_computation',
  message:
    'Délai compté à la manière du code de procédure civile français (articles 640 à 642)\u00a0: à vérifier en droit malgache.',
}

const special: Record<Exclude<Counting, 'calendar'>, (from: Day, duration: Duration, zone: Zone) => Deadline> = {
  working_days(from, { days }, zone) {
    const doubts: Doubt[] = []
    let last = from
    for (let left = days; left > 0; left -= isWorkingDay(last, zone) ? 1 : 0) {
      last = last.add({ days: 1 })
      doubts.push(...holidayDoubts(last, zone))
    }
    const why = [
      `Le délai est de ${days} jours ouvrables après le ${dayFr(from)}\u00a0: les dimanches et les jours fériés ne comptent pas.`,
      `Il expire le ${weekdayFr(last)}.`,
    ]
    return { from, raw: last, expires: last, why, doubts }
  },
  backwards(from, duration, zone) {
    const raw = from
      .subtract({ months: 12 * duration.years + duration.months }, { overflow: 'constrain' })
      .subtract({ days: duration.days })
    const why = [
      `Compté à rebours du ${dayFr(from)}, jour qui ne compte pas, le délai de ${durationFr(duration)} mène au ${dayFr(raw)}.`,
    ]
    let expires = raw
    while (!isBusinessDay(expires, zone)) {
      why.push(`${closed(expires, zone)}\u00a0: l’acte doit être fait avant (lecture prudente, à vérifier).`)
      expires = expires.subtract({ days: 1 })
    }
    why.push(`Dernier jour pour agir\u00a0: le ${weekdayFr(expires)}.`)
    const message = `Délai compté à rebours du ${dayFr(from)}\u00a0: aucun texte n’en règle la computation\u00a0; lecture prudente, à vérifier.`
    return { from, raw, expires, why, doubts: [{ code: 'retroactive_deadline', message }] }
  },
  same_or_next_working_day(from, _duration, zone) {
    const doubts: Doubt[] = []
    let expires = from.add({ days: 1 })
    for (; !isWorkingDay(expires, zone); expires = expires.add({ days: 1 }))
      doubts.push(...holidayDoubts(expires, zone))
    const why = [
      `L’acte se fait le ${weekdayFr(from)} même, ou le premier jour ouvrable suivant, le ${weekdayFr(expires)}.`,
    ]
    return { from, raw: from, expires, why, doubts }
  },
}

/** Months (and years) first, to the same day number or the last day of the month; then days (CPC 641). No extension. */
export function addDuration(from: Day, { years, months, days }: Duration): Day {
  return from.add({ months: 12 * years + months }, { overflow: 'constrain' }).add({ days })
}

function counting(from: Day, duration: Duration, raw: Day, prescription: boolean): string[] {
  const source = (paragraph: string) => (prescription ? '' : ` (article 641, alinéa ${paragraph})`)
  const monthsOnly = addDuration(from, { ...duration, days: 0 })
  const constrained = monthsOnly.day !== from.day
  const sentences: string[] = []
  if (duration.years + duration.months > 0) {
    sentences.push(
      constrained
        ? `Aucun jour ne porte le numéro ${from.day} dans le dernier mois : on retient le dernier jour du mois, le ${dayFr(monthsOnly)}${source('2')}.`
        : `Compté en mois ou en années, il va au jour de même quantième, le ${dayFr(monthsOnly)}${source('2')}.`,
    )
  }
  if (duration.days > 0) {
    sentences.push(
      duration.years + duration.months > 0
        ? `Les mois sont comptés d’abord, puis les jours : ${dayFr(raw)}${source('3')}.`
        : `Compté en jours, sans celui de l’acte, il va au ${dayFr(raw)}${source('1')}.`,
    )
  }
  return sentences
}

function closed(day: Day, zone: Zone): string {
  const entry = holidayEntry(day, zone)
  if (entry === null) return `Le ${weekdayFr(day)} n’est pas un jour où un délai expire`
  return `Le ${weekdayFr(day)} est férié (${entry.nom}${entry.note === undefined ? '' : `\u00a0; ${entry.note.replace(/\.$/, '')}`})`
}

/** A day that may not be a holiday after all: the time limit would then end before it. */
function holidayDoubts(day: Day, zone: Zone): Doubt[] {
  const entry = holidayEntry(day, zone)
  if (entry === null || (entry.confirme === 'oui' && entry.note === undefined)) return []
  const why = entry.note ?? `${entry.article}, ${entry.source}.`
  const message = `Le report du ${dayFr(day)} tient à un jour férié à vérifier, ${entry.nom}. ${why} Par prudence, agissez avant ce jour.`
  return [{ code: 'holiday_to_check', message }]
}
