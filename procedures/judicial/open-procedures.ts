import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Author } from '../cases/journal.ts'
import type { Court } from '../law/court.ts'

export interface OpenProcedure {
  id: string
  caseId: string
  procedure: string
  consentId: string
  court: Court
  openedOn: Day
}

export interface ProcedureEvent {
  id: string
  step: string
  happenedOn: Day
  facts: Record<string, unknown>
  original: string | null
  /** The event that this one replaces; with `void`, it never took place. */
  corrects: string | null
  void: boolean
  recordedOn: Day
  recordedBy: Author
}

export async function readProcedure(sql: Sql, procedureId: string): Promise<OpenProcedure> {
  const [row] = await sql<OpenProcedure[]>`
    select id, case_id, procedure, consent_id, court, opened_on from procedures where id = ${procedureId}`
  if (row) return row
  throw new DomainError('procedure_not_found', "Cette procédure n'existe pas.", {
    remedy: 'Vérifiez son identifiant dans le dossier.',
  })
}

/** What happened, in order; an event that was corrected gives way to its correction. `all` gives every row, for the history. */
export async function readProcedureEvents(
  sql: Sql,
  procedureId: string,
  which: 'standing' | 'all' = 'standing',
): Promise<ProcedureEvent[]> {
  return sql<ProcedureEvent[]>`
    select e.id, e.step, e.happened_on, e.facts, e.original, e.corrects, e.void, e.recorded_on, e.recorded_by
    from ${which === 'all' ? sql`procedure_events` : sql`standing_procedure_events`} e
    where e.procedure_id = ${procedureId}
    order by e.happened_on, e.recorded_on, e.id`
}
