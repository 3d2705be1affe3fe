import type { Day } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { readYaml } from '../../schema/validate.ts'

const frenchZones = [
  'metropole',
  'alsace-moselle',
  'guadeloupe',
  'martinique',
  'guyane',
  'reunion',
  'mayotte',
  'saint-barthelemy',
  'saint-martin',
  'saint-pierre-et-miquelon',
] as const

/** Every calendar known here; the last two are not French. */
export const zones = [...frenchZones, 'madagascar', 'target'] as const
export type Zone = (typeof zones)[number]

interface Holiday {
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
  return holidaysOf(day.year, zone).get(day.toString())?.nom ?? null
}

/** What limits that holiday (some communes only), or null. */
export function holidayNote(day: Day, zone: Zone = 'metropole'): string | null {
  return holidaysOf(day.year, zone).get(day.toString())?.note ?? null
}

/** Neither Sunday nor public holiday. */
export function isWorkingDay(day: Day, zone: Zone = 'metropole'): boolean {
  return day.dayOfWeek !== 7 && holiday(day, zone) === null
}

/** Neither Saturday, Sunday nor public holiday: a day on which a procedural time limit may end (CPC 642). */
export function isBusinessDay(day: Day, zone: Zone = 'metropole'): boolean {
  return day.dayOfWeek < 6 && holiday(day, zone) === null
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

const years = new Map<string, Map<string, Holiday>>()

function holidaysOf(year: number, zone: Zone): Map<string, Holiday> {
  const key = `${year} ${zone}`
  let found = years.get(key)
  if (!found) {
    const french = (frenchZones as readonly string[]).includes(zone)
    const sunday = easter(year)
    found = new Map()
    for (const entry of holidayEntries()) {
      if (!entry.zones.includes(zone) && !(french && entry.zones.includes('france'))) continue
      const day =
        entry.paques === undefined
          ? Temporal.PlainDate.from(`${sunday.toString().slice(0, -5)}${entry.date}`)
          : sunday.add({ days: entry.paques })
      if (!found.has(day.toString())) found.set(day.toString(), entry)
    }
    years.set(key, found)
  }
  return found
}
