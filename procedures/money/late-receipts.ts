import type { Day } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Office } from '../office.ts'
import { releaseHold } from '../cases/holds.ts'
import { lockCase } from '../cases/lock.ts'
import { settleBalance, uncounted } from './payments.ts'

/**
 * Payments of the agency whose receipt could not be written when they came in become jobs, once a day each: the debtor is owed
 * the receipt, and the creditor the word, as soon as the balance can be counted (CPCE R124-5, R124-6).
 */
export async function tickReceipts(sql: Sql, upTo: Day): Promise<number> {
  const [row] = await sql<[{ planned: number }]>`
    with due as (
      update payments p set receipt_tried_on = ${upTo}
      where p.received_by = 'agency' and p.receipt_id is null and p.recorded_on < ${upTo}
        -- One without a day to be paid over came in before receipts were given here: it had its own.
        and p.pay_over_by is not null
        and p.receipt_tried_on is distinct from ${upTo}::date
        and not exists (select from payment_rejections r where r.payment_id = p.id)
      returning p.id
    )
    select count(graphile_worker.add_job('receipt', json_build_object('payment', id, 'day', ${upTo}::date, 'version', 1),
                                         job_key => 'receipt:' || id, max_attempts => 12))::int as planned
    from due`
  return row.planned
}

/** Writes the receipt that is missing, and ends the hold that waited for it alone; what still cannot be counted waits another day. */
export async function doReceipt(office: Office, paymentId: string, onDay: Day): Promise<void> {
  try {
    await transaction(office.sql, async (sql) => {
      const [payment] = await sql<{ caseId: string }[]>`select case_id from payments where id = ${paymentId}`
      if (!payment) return
      const { caseId } = payment
      await lockCase(sql, caseId)
      // Looked at once the case is held: another job may have given the receipt, or the bank taken the payment back.
      const [owed] = await sql`
        select 1 from payments p where p.id = ${paymentId} and p.receipt_id is null
          and not exists (select from payment_rejections r where r.payment_id = p.id)`
      if (!owed) return
      await settleBalance(office, sql, onDay, { caseId, id: paymentId, receivedBy: 'agency' }, 'system')
      await endUncounted(sql, onDay, caseId)
    })
  } catch (error) {
    if (!(error instanceof DomainError && error.code === 'no_legal_value')) throw error
  }
}

async function endUncounted(sql: Sql, onDay: Day, caseId: string): Promise<void> {
  const [waiting] = await sql<{ receipts: number; reasons: string[] }[]>`
    select (select count(*)::int from payments p where p.case_id = ${caseId} and p.received_by = 'agency' and p.receipt_id is null and p.pay_over_by is not null
              and not exists (select from payment_rejections r where r.payment_id = p.id)) as receipts,
           coalesce((select array_agg(h.reason) from holds h
                     where h.case_id = ${caseId} and h.cause = 'decision' and h.released_on is null), '{}') as reasons`
  const { receipts, reasons } = waiting!
  // Holds of one cause end together: one that a person placed keeps the others.
  if (receipts > 0 || reasons.length === 0 || !reasons.every((reason) => reason.includes(uncounted))) return
  const reason = 'Le solde est compté et le reçu donné.'
  await releaseHold(sql, onDay, { caseId, cause: 'decision', reason }, 'system')
}
