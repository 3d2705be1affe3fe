import type { Day } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import type { CaseFile } from '../cases/file/file.ts'
import { queueFollowUp } from './follow-up-queue.ts'
import { type Author, record } from '../cases/journal.ts'

/** The notice by which a creditor tells its customers that the agency now follows its invoices (S0, S2). */
export const announcementLetter = 'facture-annonce-delegation-gestion'

export const isAnnounced = ({ documents }: Pick<CaseFile, 'documents'>): boolean =>
  documents.some(({ letter }) => letter === announcementLetter)

export interface Customer {
  caseId: string
  number: string
  name: string
  dueOn: Day
  /** The day the notice left; null where it has not. */
  announcedOn: Day | null
}

/**
 * The customers of a creditor whose invoices are not due yet, told or not: after the due date nothing but the first letter may open
 * (CPCE R124-4).
 */
export function customersToTell(sql: Sql, creditorId: string, onDay: Day): Promise<Customer[]> {
  return sql<Customer[]>`
    select c.id as case_id, c.number, d.name, c.anchor_on as due_on,
           (select min(w.written_on) from documents w where w.case_id = c.id and w.letter = ${announcementLetter}) as announced_on
    from cases c join debtors d on d.id = c.debtor_id
    where c.creditor_id = ${creditorId} and c.closed_on is null and c.anchor_on >= ${onDay} and c.zone <> 'madagascar'
      and (coalesce(d.email, '') <> '' or coalesce(d.address ->> 'city', '') <> '')
    order by d.name, c.number limit 500`
}

/** Sends the notice to those of the creditor's customers that are chosen and were not told; answers how many will be. */
export async function announce(
  sql: Sql,
  onDay: Day,
  input: { creditorId: string; caseIds: string[] },
  author: Author,
): Promise<number> {
  return transaction(sql, async (tx) => {
    const open = (await customersToTell(tx, input.creditorId, onDay)).filter(
      ({ caseId, announcedOn }) => announcedOn === null && input.caseIds.includes(caseId),
    )
    for (const { caseId } of open) {
      await queueFollowUp(tx, onDay, { announcement: caseId })
      await record(tx, onDay, { caseId, kind: 'announcement_ordered', detail: {}, author })
    }
    return open.length
  })
}
