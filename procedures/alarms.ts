import { typographyFr } from '../documents/rendering/typography.ts'
import type { Day } from '../schema/days.ts'
import { json, type Sql, transaction } from '../schema/db.ts'
import { orphans } from './doctor/rows.ts'

/** An open case that nothing carries on any more. */
export interface Alarm {
  caseId: string
  code: string
  message: string
  remedy: string
  foundOn: Day
}

/**
 * The nightly look: each open case has a dated next act, or a reasoned hold that ends. What has neither is kept as an alarm,
 * shown in the work of the day until it is found no more. Answers the alarms that are new.
 */
export async function watchOrphans(sql: Sql, onDay: Day): Promise<Alarm[]> {
  const found = (await orphans(sql, onDay)).map(({ subject, code, message, remedy }) => ({
    case_id: subject!,
    code,
    message: typographyFr(message),
    remedy: typographyFr(remedy),
  }))
  return transaction(sql, async (tx) => {
    // One look at a time: two machines would find the same orphan twice.
    await tx`select pg_advisory_xact_lock(hashtextextended('courtois:alarms', 0))`
    await tx`
      with found as (select case_id, code from jsonb_to_recordset(${json(tx, found)}) as f(case_id uuid, code text))
      update alarms a set settled_on = ${onDay}
      where a.settled_on is null and not exists (select from found f where f.case_id = a.case_id and f.code = a.code)`
    return tx<Alarm[]>`
      insert into alarms (case_id, code, message, remedy, found_on)
      select f.case_id, f.code, min(f.message), min(f.remedy), ${onDay}::date
      from jsonb_to_recordset(${json(tx, found)}) as f(case_id uuid, code text, message text, remedy text)
      where not exists (select from alarms a where a.case_id = f.case_id and a.code = f.code and a.settled_on is null)
      group by f.case_id, f.code
      on conflict (case_id, code, found_on) do update set settled_on = null
      returning case_id, code, message, remedy, found_on`
  })
}
