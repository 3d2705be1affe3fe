import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { newId, type Random } from '../../schema/random.ts'
import type { PlannedStep } from './timeline.ts'

/** Lays steps down as rows of a case; those that are not to be done keep why, from that day. */
export async function insertSteps(
  sql: Sql,
  random: Random,
  onDay: Day,
  caseId: string,
  steps: PlannedStep[],
): Promise<void> {
  await sql`insert into steps ${sql(
    steps.map((step) => ({
      id: newId(random),
      case_id: caseId,
      key: step.key,
      rank: step.rank,
      channel: step.channel,
      nominal_on: step.nominalOn,
      planned_on: step.plannedOn,
      skipped_on: step.skippedWhy === null ? null : onDay,
      skipped_why: step.skippedWhy,
    })),
  )}`
}
