import { type Conduct, progressOn, readConducts } from '../../procedures/judicial/case-progress.ts'
import { type CourtDay, earliest, nextCourtDay } from '../../procedures/judicial/deadlines/court-days.ts'
import type { Progress } from '../../procedures/judicial/engine/progress.ts'
import type { Sql } from '../../schema/db.ts'
import { type Context, rowsOf } from '../context.ts'

/** How an open procedure is conducted: all that a request asks at one moment is two statements. */
export async function conductOf(ctx: Context, procedureId: string): Promise<Conduct> {
  return (await rowsOf(ctx, conducts, procedureId))[0]!
}

/** Where it stands today; reckoned once for the fields of one answer. */
export async function progressFor(ctx: Context, procedureId: string): Promise<Progress> {
  const conduct = await conductOf(ctx, procedureId)
  let found = reckoned.get(conduct)
  if (!found) reckoned.set(conduct, (found = progressOn(conduct, ctx.day)))
  return found
}
const reckoned = new WeakMap<Conduct, Progress>()

/** The next day that the open procedures of a case have. */
export async function nextDayInCourt(ctx: Context, caseId: string): Promise<CourtDay | null> {
  const open = await rowsOf(ctx, openOnes, caseId)
  const found = await Promise.all(
    open.map(async ({ id }) => nextCourtDay(await conductOf(ctx, id), await progressFor(ctx, id), ctx.day)),
  )
  return earliest(found.filter((each) => each !== null))
}

async function conducts(sql: Sql, ids: string[]): Promise<Map<string, Conduct[]>> {
  return new Map([...(await readConducts(sql, ids))].map(([id, conduct]) => [id, [conduct]]))
}

async function openOnes(sql: Sql, ids: string[]): Promise<Map<string, { id: string }[]>> {
  const rows = await sql<{ caseId: string; id: string }[]>`
    select p.case_id, p.id from procedures p join cases c on c.id = p.case_id and c.closed_on is null
    where p.case_id = any(${ids}) order by p.opened_on, p.id`
  return Map.groupBy(rows, (row) => row.caseId)
}
