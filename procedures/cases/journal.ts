import type { Day } from '../../schema/days.ts'
import { json, type Sql } from '../../schema/db.ts'
import { aboutCase } from '../../schema/trace.ts'

/** Who acts: a person of the house, a creditor, or the clockwork (« system »). */
export type Author = string

/** An author is « role:name »: another role of the same person is the same person. */
export const personOf = (author: Author): string => author.replace(/^[^:]*:/, '')

/** Writes one line of the append-only journal; the database announces it to whoever listens. */
export async function record(
  sql: Sql,
  onDay: Day,
  event: { caseId: string | null; kind: string; detail?: Record<string, unknown>; author: Author },
): Promise<void> {
  if (event.caseId !== null) aboutCase(event.caseId)
  await sql`
    insert into events (case_id, on_day, kind, detail, author)
    values (${event.caseId}, ${onDay}, ${event.kind}, ${json(sql, event.detail ?? {})}, ${event.author})`
}
