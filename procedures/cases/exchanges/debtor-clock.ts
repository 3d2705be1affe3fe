import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import type { Zone } from '../../law/calendar.ts'
import type { Address } from '../agency.ts'

/** By what a debtor's days and hours are told: the calendar of its case, and the IANA time zones in which it may live. */
export interface DebtorClock {
  zone: Zone
  /** One, or those of a country that has several. */
  timeZones: string[]
}

/** The clock of the house: days and hours are typed by it. */
const houseZone = 'Europe/Paris'

/** The ISO 3166 code of the place of each calendar. */
const places: Record<Zone, string> = {
  metropole: 'FR',
  'alsace-moselle': 'FR',
  target: 'FR',
  guadeloupe: 'GP',
  martinique: 'MQ',
  guyane: 'GF',
  reunion: 'RE',
  mayotte: 'YT',
  'saint-barthelemy': 'BL',
  'saint-martin': 'MF',
  'saint-pierre-et-miquelon': 'PM',
  'wallis-et-futuna': 'WF',
  'polynesie-francaise': 'PF',
  'nouvelle-caledonie': 'NC',
  madagascar: 'MG',
}

/** The same by the first figures of a French postcode. */
const byPostcode: Record<string, string> = {
  '971': 'GP',
  '972': 'MQ',
  '973': 'GF',
  '974': 'RE',
  '975': 'PM',
  '976': 'YT',
  '977': 'BL',
  '978': 'MF',
  '986': 'WF',
  '987': 'PF',
  '988': 'NC',
}

/** By the debtor's address, else by the calendar of its case. */
export function debtorClock(address: Address | null, zone: Zone): DebtorClock {
  const found = address ? timeZonesOf(placeOf(address)) : []
  return { zone, timeZones: found.length > 0 ? found : timeZonesOf(places[zone]) }
}

const placeOf = ({ country, postalCode }: Address): string =>
  (country === 'FR' && byPostcode[(postalCode ?? '').replaceAll(' ', '').slice(0, 3)]) || country

// TypeScript does not know it yet.
type Territory = Intl.Locale & { getTimeZones(): string[] | undefined }
const timeZonesOf = (place: string): string[] =>
  /^[A-Z]{2}$/.test(place) ? ((new Intl.Locale(`und-${place}`) as Territory).getTimeZones() ?? []) : []

/** The clocks of the debtors of these cases, by case. */
export async function debtorClocks(sql: Sql, caseIds: string[]): Promise<Map<string, DebtorClock[]>> {
  const rows = await sql<{ id: string; zone: Zone; address: Address | null }[]>`
    select c.id, c.zone, d.address from cases c join debtors d on d.id = c.debtor_id where c.id = any(${caseIds})`
  return new Map(rows.map(({ id, zone, address }) => [id, [debtorClock(address, zone)]]))
}

/** What a clock of the debtor's shows when that of the house shows this day and this hour, HH:MM. */
export function atDebtors(onDay: Day, at: string, timeZone: string): { day: Day; at: string } {
  const there = onDay.toZonedDateTime({ timeZone: houseZone, plainTime: at }).withTimeZone(timeZone)
  return { day: there.toPlainDate(), at: there.toPlainTime().toString({ smallestUnit: 'minute' }) }
}
