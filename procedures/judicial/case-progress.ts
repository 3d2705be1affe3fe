import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import type { Address } from '../cases/agency.ts'
import { isDistantFrance, type Zone } from '../law/calendar.ts'
import { branchOf, type Court } from '../law/court.ts'
import { eventsFor, limitsForAll, progressForAll } from './engine/codebtors.ts'
import { standingEvents } from './engine/happenings.ts'
import { loadProcedure, type Procedure } from './engine/procedure.ts'
import { type ProcedureEvent, type StepDeadline, stepDeadlines } from './engine/time-limits.ts'
import type { Progress } from './engine/progress.ts'

/** What the engine reads of an open procedure: its events, corrected ones included, each with what the case tells. */
export interface Conduct {
  id: string
  caseId: string
  procedure: Procedure
  /** Those of the debtor of the case: what concerns a codebtor alone is in `everyEvent`. */
  events: ProcedureEvent[]
  everyEvent: ProcedureEvent[]
  /** What the case itself tells of every event: which court, and where lives the one whose time is counted. */
  circumstances: Record<string, unknown>
  zone: Zone
}

/** After so long without news of an open procedure, the registry or the bailiff is asked: a rule of the house, in days. */
export const courtSilence = 90

/** By when news of a procedure under way is asked for, whoever owes it; null before anything has happened. */
export function newsBy({ events }: Pick<Conduct, 'events'>): Day | null {
  const last = standingEvents(events).at(-1)
  return last ? last.on.add({ days: courtSilence }) : null
}

/** Reads any number of open procedures in two statements. Those that do not exist are left out. */
export async function readConducts(sql: Sql, ids: string[]): Promise<Map<string, Conduct>> {
  const [found, events] = await Promise.all([
    sql<Row[]>`
      select p.id, p.case_id, p.procedure, p.court, c.zone, d.address as debtor, k.identity -> 'address' as creditor
      from procedures p join cases c on c.id = p.case_id join debtors d on d.id = c.debtor_id join creditors k on k.id = c.creditor_id
      where p.id = any(${ids})`,
    sql<EventRow[]>`
      select procedure_id, id, step, happened_on, facts, corrects, void from procedure_events
      where procedure_id = any(${ids}) order by happened_on, recorded_on, id`,
  ])
  const byProcedure = Map.groupBy(events, (event) => event.procedureId)
  return new Map(
    found.map((row) => {
      const procedure = loadProcedure(row.procedure)
      const told = circumstances(procedure, row)
      const everyEvent = (byProcedure.get(row.id) ?? []).map(
        ({ id, step, happenedOn, facts, corrects, void: never }) => ({
          id,
          step,
          on: happenedOn,
          facts: { ...(facts['debiteur'] === undefined ? told : withoutHome(told)), ...facts },
          ...(corrects === null ? {} : { corrects }),
          void: never,
        }),
      )
      const conduct: Conduct = {
        id: row.id,
        caseId: row.caseId,
        procedure,
        zone: row.zone,
        circumstances: told,
        everyEvent,
        events: eventsFor(procedure, everyEvent, null),
      }
      return [row.id, conduct]
    }),
  )
}

/** Where an open procedure of a case stands on a day. */
export async function progressOf(sql: Sql, open: { id: string }, onDay: Day): Promise<Progress> {
  return progressOn((await readConducts(sql, [open.id])).get(open.id)!, onDay)
}

export const progressOn = ({ procedure, everyEvent, zone }: Conduct, onDay: Day): Progress =>
  progressForAll(procedure, everyEvent, onDay, { zone })

/** Every time limit that the events of an open procedure started, met or not. */
export const deadlinesOn = ({ procedure, everyEvent, zone }: Conduct): StepDeadline[] =>
  limitsForAll(procedure, everyEvent, (events) => stepDeadlines(procedure, events, { zone }))

interface Row {
  id: string
  caseId: string
  procedure: string
  zone: Zone
  court: Pick<Court, 'nom' | 'formation'>
  debtor: Address | null
  creditor: Address | null
}
interface EventRow {
  procedureId: string
  id: string
  step: string
  happenedOn: Day
  facts: Record<string, unknown>
  corrects: string | null
  void: boolean
}

/** What the file tells without being asked: which kind of court, and where lives the one whose time is counted. */
function circumstances(procedure: Procedure, row: Row): Record<string, unknown> {
  const demeure = residence(procedure.demeure_de === 'creancier' ? row.creditor : row.debtor, row.zone)
  return {
    juridiction: branchOf(row.court) === 'commerce' ? 'commerce' : 'judiciaire',
    ...(demeure === null || procedure.pays === 'MG' ? {} : { demeure }),
  }
}

/** Where the debtor of the case lives is no circumstance of what concerns another. */
export const withoutHome = ({ demeure: _, ...told }: Record<string, unknown>): Record<string, unknown> => told

const overseas: Record<string, Zone> = {
  '971': 'guadeloupe',
  '972': 'martinique',
  '973': 'guyane',
  '974': 'reunion',
  '975': 'saint-pierre-et-miquelon',
  '976': 'mayotte',
}

function residence(address: Address | null, court: Zone): string | null {
  if (!address) return null
  if (address.country !== 'FR') return 'etranger'
  const postal = address.postalCode ?? ''
  if (!/^9[78]/.test(postal)) return 'metropole'
  // The same island as the court's is no distance; which other one it is changes nothing (CPC 643 and 644).
  return overseas[postal.slice(0, 3)] === court && isDistantFrance(court) ? court : 'outre-mer'
}
