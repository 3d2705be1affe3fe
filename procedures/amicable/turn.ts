import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import type { Agency } from '../cases/agency.ts'
import type { CaseFile, Step } from '../cases/file/file.ts'
import type { Office } from '../office.ts'
import type { ScenarioStep } from './scenario.ts'

/** A step whose day has come, with its case as it stands under the lock. */
export interface Turn {
  office: Office
  /** The transaction that holds the lock. */
  sql: Sql
  onDay: Day
  file: CaseFile
  step: Step
  rule: ScenarioStep
  agency: Agency
}

/** Gives a step back to the tick, which queues it again when its day comes. */
export async function giveBack(sql: Sql, stepId: string): Promise<void> {
  await sql`update steps set queued_for = null where id = ${stepId}`
}
