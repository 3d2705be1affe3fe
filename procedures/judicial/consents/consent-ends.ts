import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import type { Author } from '../../cases/journal.ts'

/**
 * What was put to the creditor no longer stands: its requests and agreements end, but where the filing they were for stands.
 * `only` keeps it to requests for one procedure, `requests` to these, `spared` leaves out procedures. The caller holds the cases.
 */
export async function endUnfiledConsents(
  sql: Sql,
  onDay: Day,
  cases: string | string[],
  reason: string,
  author: Author,
  which: { only?: string; requests?: string[]; spared?: string[] } = {},
): Promise<void> {
  await sql`
    insert into consent_ends (request_id, ended_on, cause, reason, ended_by)
    select r.id, ${onDay}, 'changed', ${reason}, ${author}
    from consent_requests r
    where r.case_id = any(${[cases].flat()}::uuid[]) and (${which.only ?? null}::text is null or r.procedure = ${which.only ?? null})
      and (${which.requests ?? null}::uuid[] is null or r.id = any(${which.requests ?? []}::uuid[]))
      and r.procedure <> all(${which.spared ?? []}::text[])
      and not exists (select from procedures p join standing_procedure_events e on e.procedure_id = p.id
                      where p.consent_id = r.id and e.step = r.filing_step)
    on conflict do nothing`
}
