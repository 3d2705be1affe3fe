import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'

/** By which door somebody read a case's personal data. */
export type Door = 'graphql' | 'document' | 'piece' | 'bureau' | 'portail'

export interface Reading {
  caseId: string
  onDay: Day
  /** Role and name, as the journal writes authors. */
  reader: string
  door: Door
}

/** Keeps any number of them in one statement; what is kept already stays as it is. */
export async function keepReadings(sql: Sql, readings: Reading[]): Promise<void> {
  const column = <Key extends keyof Reading>(key: Key) => readings.map((each) => String(each[key]))
  await sql`
    insert into case_readings (case_id, on_day, reader, door)
    select c.id, r.on_day, r.reader, r.door
    from unnest(${column('caseId')}::uuid[], ${column('onDay')}::date[], ${column('reader')}::text[], ${column('door')}::text[])
           as r (case_id, on_day, reader, door)
    join cases c on c.id = r.case_id
    on conflict do nothing`
}

/** Who read these cases, the newest first. */
export async function readingsOf(sql: Sql, ids: string[]): Promise<Map<string, Reading[]>> {
  const rows = await sql<Reading[]>`
    select case_id, on_day, reader, door from case_readings where case_id = any(${ids}) order by on_day desc, reader, door`
  return Map.groupBy(rows, ({ caseId }) => caseId)
}
