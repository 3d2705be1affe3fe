import { dayFr, type Day } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { readYaml } from '../../schema/validate.ts'

const metropolitan = ['metropole', 'alsace-moselle'] as const
/** Courts whose distance is that of CPC 644. */
const overseas = [
  'guadeloupe',
  'martinique',
  'guyane',
  'reunion',
  'mayotte',
  'saint-barthelemy',
  'saint-martin',
  'saint-pierre-et-miquelon',
  'wallis-et-futuna',
] as const
/** Territories with a civil procedure and a labour code of their own. */
const autonomous = ['polynesie-francaise', 'nouvelle-caledonie'] as const

/** Every calendar known here; the last two are not French. */
export const zones = [...metropolitan, ...overseas, ...autonomous, 'madagascar', 'target'] as const
export type Zone = (typeof zones)[number]

const among = (list: readonly string[], zone: string): boolean => list.includes(zone)
export const isMetropolitan = (zone: string): boolean => among(metropolitan, zone)
export const isOverseas = (zone: string): boolean => among(overseas, zone)
/** French soil that CPC 643 puts at a month from metropolitan courts; the last one has no court, hence no calendar. */
export const isDistantFrance = (place: string): boolean =>
  isOverseas(place) || among(autonomous, place) || place === 'terres-australes-et-antarctiques'

export interface Holiday {
  nom: string
  date?: string
  paques?: number
  zones: string[]
  article: string
  source: string
  verifie_le: string
  confirme: 'oui' | 'non'
  note?: string
}

/** Every line of the holiday file, for reviewers. */
export function holidayEntries(): Holiday[] {
  file ??= readYaml<{ jours: Holiday[] }>(new URL('./fr/jours-feries.yaml', import.meta.url), 'holidays').jours
  return file
}
let file: Holiday[] | undefined

/** « metropole » → the zone; DomainError `unknown_zone` otherwise. */
export function parseZone(text: string): Zone {
  if ((zones as readonly string[]).includes(text)) return text as Zone
  throw new DomainError('unknown_zone', `La zone « ${text.slice(0, 40)} » n'a pas de calendrier connu.`, {
    remedy: `Zones connues : ${zones.join(', ')}.`,
    facts: { zone: text.slice(0, 40) },
  })
}

/** Days are reckoned here from 1900 to 2199; DomainError `day_out_of_range` outside, where a year is a slip of the pen. */
export function requireKnownDay(day: Day): void {
  if (day.year >= 1900 && day.year <= 2199) return
  throw new DomainError('day_out_of_range', `Le ${dayFr(day)} est hors du calendrier tenu ici, de 1900 à 2199.`, {
    remedy: 'Vérifiez l’année de la date donnée.',
    facts: { day: day.toString() },
  })
}

/** Easter Sunday of the Gregorian calendar (the anonymous method, exact for every year). */
export function easter(year: number): Day {
  const a = year % 19
  const b = Math.floor(year / 100)
  const c = year % 100
  const d = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30
  const e = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - d - (c % 4)) % 7
  const f = d + e - 7 * Math.floor((a + 11 * d + 22 * e) / 451) + 114
  return Temporal.PlainDate.from({ year, month: Math.floor(f / 31), day: (f % 31) + 1 })
}

/** French name of the public holiday, or null. C. trav. L. 3133-1; L. 3134-13 in Alsace-Moselle; L. 3422-2 overseas. */
export function holiday(day: Day, zone: Zone = 'metropole'): string | null {
  return holidayEntry(day, zone)?.nom ?? null
}

/** The whole line of that holiday, with its article, its source and what limits it; null on any other day. */
export function holidayEntry(day: Day, zone: Zone = 'metropole'): Holiday | null {
  return holidaysOf(day.year, zone).get(day.month * 100 + day.day) ?? null
}

/** Neither Sunday nor public holiday. */
export function isWorkingDay(day: Day, zone: Zone = 'metropole'): boolean {
  return day.dayOfWeek !== 7 && holidayEntry(day, zone) === null
}

/** Neither Saturday, Sunday nor public holiday: a day on which a procedural time limit may end (CPC 642). */
export function isBusinessDay(day: Day, zone: Zone = 'metropole'): boolean {
  return day.dayOfWeek < 6 && holidayEntry(day, zone) === null
}

/** The day itself if it is a working day, else the first one after it. */
export function nextWorkingDay(day: Day, zone: Zone = 'metropole'): Day {
  while (!isWorkingDay(day, zone)) day = day.add({ days: 1 })
  return day
}

/** The day itself if it is a business day, else the first one after it. */
export function nextBusinessDay(day: Day, zone: Zone = 'metropole'): Day {
  while (!isBusinessDay(day, zone)) day = day.add({ days: 1 })
  return day
}

// By zone, then by year, then by month × 100 + day: a hundred thousand time limits ask for it millions of times.
const known = new Map<Zone, Map<number, Map<number, Holiday>>>()

function holidaysOf(year: number, zone: Zone): Map<number, Holiday> {
  let years = known.get(zone)
  if (!years) known.set(zone, (years = new Map()))
  let found = years.get(year)
  if (!found) years.set(year, (found = readHolidays(year, zone)))
  return found
}

function readHolidays(year: number, zone: Zone): Map<number, Holiday> {
  const found = new Map<number, Holiday>()
  const sunday = easter(year)
  const labourCode = isMetropolitan(zone) || (isOverseas(zone) && zone !== 'wallis-et-futuna')
  for (const entry of holidayEntries()) {
    if (!entry.zones.includes(zone) && !(labourCode && entry.zones.includes('france'))) continue
    const moving = entry.paques === undefined ? null : sunday.add({ days: entry.paques })
    const key = moving ? moving.month * 100 + moving.day : Number(entry.date!.replace('-', ''))
    if (!found.has(key)) found.set(key, entry)
  }
  return found
}
