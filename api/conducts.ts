import { type Conduct, newsBy, progressOn, readConducts } from '../procedures/judicial/case-progress.ts'
import type { Progress } from '../procedures/judicial/progress.ts'
import { daysBetween } from '../schema/days.ts'
import type { Sql } from '../schema/db.ts'
import { type Context, rowsOf } from './context.ts'

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

const askForNews = {
  title: 'Sans nouvelles d’ici là, interroger le greffe ou le commissaire de justice',
  article: 'règle de la maison',
}

/** The next day that the open procedures of a case have: the last day of an act of ours, or the first on which one is allowed. */
export async function nextDayInCourt(ctx: Context, caseId: string): Promise<CourtDay | null> {
  const found: CourtDay[] = []
  for (const { id, procedure } of await rowsOf(ctx, openOnes, caseId)) {
    const { due, notBefore, closed } = await progressFor(ctx, id)
    const before = found.length
    for (const limit of due) {
      if (limit.effect === 'bars' || limit.effect === 'ends') continue
      found.push({ ...limit, procedure, on: limit.expires, daysLeft: limit.daysLeft })
    }
    for (const limit of notBefore) found.push({ ...limit, procedure, on: limit.opens!, daysLeft: null })
    // The court or the other side has the word: the case still has its day, on which somebody asks.
    const on = closed === null && found.length === before ? newsBy(await conductOf(ctx, id)) : null
    if (on)
      found.push({ procedure, step: 'nouvelles', ...askForNews, on, daysLeft: Math.max(0, daysBetween(ctx.day, on)) })
  }
  return found.toSorted((a, b) => Temporal.PlainDate.compare(a.on, b.on))[0] ?? null
}

export interface CourtDay {
  procedure: string
  step: string
  title: string
  article: string
  on: Progress['on']
  /** To the last day of a period that runs; null while nothing may be done yet. */
  daysLeft: number | null
}

async function conducts(sql: Sql, ids: string[]): Promise<Map<string, Conduct[]>> {
  return new Map([...(await readConducts(sql, ids))].map(([id, conduct]) => [id, [conduct]]))
}

async function openOnes(sql: Sql, ids: string[]): Promise<Map<string, { id: string; procedure: string }[]>> {
  const rows = await sql<{ caseId: string; id: string; procedure: string }[]>`
    select p.case_id, p.id, p.procedure from procedures p join cases c on c.id = p.case_id and c.closed_on is null
    where p.case_id = any(${ids}) order by p.opened_on, p.id`
  return Map.groupBy(rows, (row) => row.caseId)
}
