import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { limitation } from '../law/limitation.ts'
import type { DebtorKind } from './debtors.ts'
import { record } from './journal.ts'

/** An acknowledgement of the debt starts prescription anew, for the same length (C. civ. 2231, 2240). */
export async function renewLimitation(
  sql: Sql,
  onDay: Day,
  input: { caseId: string; on: Day; cause: string; article: string },
): Promise<void> {
  const [found] = await sql<{ kind: DebtorKind; anchorOn: Day; limitationOn: Day }[]>`
    select d.kind, c.anchor_on, c.limitation_on from cases c join debtors d on d.id = c.debtor_id where c.id = ${input.caseId}`
  // A prescription already acquired is not revived by an interruption; only a waiver could (C. civ. 2250).
  if (!found || Temporal.PlainDate.compare(input.on, found.limitationOn) > 0) return
  const { expires, why } = limitation({
    kind: found.kind === 'consumer' ? 'conso' : 'commercial',
    due: found.anchorOn,
    interruptions: [{ on: input.on, cause: input.cause, article: input.article }],
  })
  if (Temporal.PlainDate.compare(expires, found.limitationOn) <= 0) return
  await sql`update cases set limitation_on = ${expires} where id = ${input.caseId}`
  await record(sql, onDay, {
    caseId: input.caseId,
    kind: 'limitation_renewed',
    detail: { until: expires.toString(), why },
    author: 'system',
  })
}
