import type { Day } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { placeHold } from '../cases/holds.ts'
import type { Office } from '../office.ts'

/** The engine's troubles, not the file's: the job is tried again and the case is not held for them. */
const troubles = new Set(['typst_timeout', 'typst_crashed', 'typst_closed'])

/**
 * Runs a job of the clockwork in one transaction. A refusal of the law or of the file does not fail in silence: it holds the
 * case that `claim` locks, and says why; null where there is nothing left to hold.
 */
export async function heldOnRefusal<Outcome>(
  office: Office,
  onDay: Day,
  act: (sql: Sql) => Promise<Outcome>,
  claim: (sql: Sql) => Promise<string | null>,
): Promise<Outcome | 'held' | 'already'> {
  try {
    return await transaction(office.sql, async (sql) => {
      // All of it is about one case, found by its key: a plan made once is as good as one made for each. And a program that freezes
      // in the middle of it does not keep that case from the others.
      const settings = sql`
        select set_config('plan_cache_mode', 'force_generic_plan', true), set_config('idle_in_transaction_session_timeout', '5min', true)`.execute()
      const [, outcome] = await Promise.all([settings, act(sql)])
      return outcome
    })
  } catch (error) {
    if (!(error instanceof DomainError) || troubles.has(error.code)) throw error
    const reason = `${error.message} ${error.remedy}`
    return transaction(office.sql, async (sql) => {
      const caseId = await claim(sql)
      if (caseId === null) return 'already'
      const hold = { caseId, cause: 'decision', reason, reviewOn: onDay.add({ days: 3 }) } as const
      await placeHold(sql, office.random, onDay, hold, 'system')
      return 'held'
    })
  }
}
