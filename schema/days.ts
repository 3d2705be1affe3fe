import { DomainError } from './errors.ts'

export type Day = Temporal.PlainDate

/** « 2026-11-22 » → a day; refuses what is not a date of the calendar. */
export function parseDay(text: string, what = 'date'): Day {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return Temporal.PlainDate.from(text, { overflow: 'reject' })
  } catch {
    // falls through to the refusal below
  }
  throw new DomainError('bad_date', `« ${text.slice(0, 40)} » n'est pas une date du calendrier (${what}).`, {
    remedy: 'Écrivez la date sous la forme AAAA-MM-JJ, par exemple 2026-11-22.',
    facts: { [what]: text.slice(0, 40) },
  })
}

export const before = (a: Day, b: Day): boolean => Temporal.PlainDate.compare(a, b) < 0
export const after = (a: Day, b: Day): boolean => Temporal.PlainDate.compare(a, b) > 0
export const sameDay = (a: Day, b: Day): boolean => Temporal.PlainDate.compare(a, b) === 0
export const latest = (a: Day, b: Day): Day => (before(a, b) ? b : a)

/** Whole days from `a` to `b` (b − a). */
export const daysBetween = (a: Day, b: Day): number => a.until(b, { largestUnit: 'day' }).days

const months = 'janvier février mars avril mai juin juillet août septembre octobre novembre décembre'.split(' ')
const weekdays = 'lundi mardi mercredi jeudi vendredi samedi dimanche'.split(' ')

/** « 13 décembre 2017 », with « 1er » for the first of the month. */
export function dayFr(day: Day): string {
  return `${day.day === 1 ? '1er' : day.day}\u00a0${months[day.month - 1]}\u00a0${day.year}`
}

/** « mercredi 13 décembre 2017 ». */
export function weekdayFr(day: Day): string {
  return `${weekdays[day.dayOfWeek - 1]} ${dayFr(day)}`
}

/** « 13/12/2017 », for tables and bordereaux. */
export function dayShortFr(day: Day): string {
  return `${String(day.day).padStart(2, '0')}/${String(day.month).padStart(2, '0')}/${day.year}`
}
