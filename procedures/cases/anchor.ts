import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { requireFollowed } from '../amicable/scenario.ts'
import { planTimeline } from '../amicable/timeline.ts'
import type { Case } from './cases.ts'
import type { DebtorKind } from './debtors.ts'
import { type Author, record } from './journal.ts'

/** Moves J to the due date of that invoice, and the steps with it while no letter has left. */
export async function moveAnchor(
  sql: Sql,
  onDay: Day,
  found: Pick<Case, 'id' | 'scenario' | 'zone'>,
  to: {
    invoice: { issuedOn: Day; dueOn: Day }
    debtor: DebtorKind
    sendsInvoices: boolean
  },
  author: Author,
): Promise<void> {
  const { issuedOn, dueOn } = to.invoice
  await sql`update cases set anchor_on = ${dueOn} where id = ${found.id}`
  await record(sql, onDay, {
    caseId: found.id,
    kind: 'anchor_moved',
    detail: { anchor: dueOn.toString() },
    author,
  })
  const [first] = await sql`select 1 from documents where case_id = ${found.id} and first_letter`
  if (first) return
  const plan = planTimeline(requireFollowed(found.scenario), {
    anchorOn: dueOn,
    issuedOn,
    openedOn: onDay,
    debtor: to.debtor,
    sendsInvoices: to.sendsInvoices,
    zone: found.zone,
  })
  for (const step of plan) {
    await sql`
      update steps set nominal_on = ${step.nominalOn}, planned_on = ${step.plannedOn},
        skipped_on = ${step.skippedWhy === null ? null : onDay}, skipped_why = ${step.skippedWhy}
      where case_id = ${found.id} and key = ${step.key} and done_on is null and skipped_on is null`
  }
}
