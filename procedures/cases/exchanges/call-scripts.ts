import type { Facts } from '../../../documents/facts.ts'
import { fill } from '../../../documents/rendering/fill.ts'
import { renderText } from '../../../documents/rendering/text.ts'
import { letterOf, loadLibrary } from '../../../letters/catalogue.ts'
import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { letterFor } from '../../mail/situation-letters.ts'
import { legalValue } from '../../law/values.ts'
import { isWorkingDay } from '../../law/calendar.ts'
import type { Agency } from '../agency.ts'
import type { DebtorClock } from './debtor-clock.ts'
import { caseFacts } from '../file/facts.ts'
import type { CaseFile } from '../file/file.ts'
import { standstill } from '../standstill.ts'

/** What the person on the phone reads when a debtor calls: the library's script, filled in from the case as it stands. */
export function incomingScript(file: CaseFile, agency: Agency, onDay: Day): string | null {
  // A closed case has nothing to ask.
  if (file.case.closedOn) return null
  // Every script asks for the sum, which nobody may do any more (insolvency, death, prescription).
  if (standstill(file, onDay)) return null
  const contested = file.disputes.some((dispute) => dispute.resolvedOn === null)
  const id = letterFor(file, contested ? 'dispute-call-received' : 'call-received')
  const references = { lettre: 'appel' } as Facts['references']
  return renderText(filled(id, caseFacts(file, agency, onDay, references)))
}

const filled = (id: string, facts: unknown) =>
  fill(loadLibrary(), letterOf(loadLibrary(), id), facts, 'script-telephone')

/**
 * The text of the call scripts written for the timeline, by document, from the facts kept with them. A script of an older version of its
 * letter is left out: what was kept is its PDF.
 */
export async function writtenScripts(sql: Sql, documentIds: string[]): Promise<Map<string, string[]>> {
  const rows = await sql<{ id: string; letter: string; version: string; facts: unknown }[]>`
    select id, letter, version, facts from documents where id = any(${documentIds}) and channel = 'appel'`
  const { letters } = loadLibrary()
  return new Map(
    rows.flatMap(({ id, letter, version, facts }) =>
      letters.get(letter)?.version === version ? [[id, [renderText(filled(letter, facts))]] as const] : [],
    ),
  )
}

export interface CallHours {
  /** HH:MM by the debtor's clock. */
  from: string
  until: string
  timeZones: string[]
  /** The same for whoever calls: in a country that has several clocks, by the first and by the last of them. */
  opensAt: Temporal.Instant
  closesAt: Temporal.Instant
}

/** Between which hours a debtor may be called on that day of its own; null on Sundays and holidays. */
export function callHours({ zone, timeZones }: DebtorClock, onDay: Day): CallHours | null {
  if (!isWorkingDay(onDay, zone)) return null
  const at = (what: string) => legalValue('contacts', onDay, what).value
  const [from, until] = [at('appel-debut'), at(onDay.dayOfWeek === 6 ? 'samedi-fin' : 'appel-fin')]
  const instants = (plainTime: string) =>
    timeZones
      .map((timeZone) => onDay.toZonedDateTime({ timeZone, plainTime }).toInstant())
      .toSorted(Temporal.Instant.compare)
  return { from, until, timeZones, opensAt: instants(from)[0]!, closesAt: instants(until).at(-1)! }
}
