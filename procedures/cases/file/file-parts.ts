import type { Sql } from '../../../schema/db.ts'
import type { PartName } from './file.ts'

/** What most cases have nothing of. */
const rare = new Set<PartName>([
  'closures',
  'preferences',
  'creditNotes',
  'payments',
  'remissions',
  'penaltyClauses',
  'holds',
  'documents',
  'outsideNotices',
  'disputes',
  'promises',
  'plans',
  'calls',
  'visits',
  'insolvencies',
  'insolvencyChecks',
  'titles',
])
export const isRare = (name: PartName): boolean => rare.has(name)

/** Of those, the ones that some of these cases have: one statement that spares a dozen which would bring nothing. */
export async function rareParts(sql: Sql, ids: string[]): Promise<PartName[]> {
  const [row] = await sql<[Partial<Record<PartName, boolean>>]>`
    select exists (select from cases c join creditor_closures x on x.creditor_id = c.creditor_id where c.id = any(ids)) as closures,
           exists (select from cases c join contact_preferences p on p.debtor_id = c.debtor_id where c.id = any(ids)) as preferences,
           exists (select from credit_notes where case_id = any(ids)) as credit_notes,
           exists (select from payments where case_id = any(ids)) as payments,
           exists (select from remissions where case_id = any(ids)) as remissions,
           exists (select from cases c join penalty_clauses p on p.creditor_id = c.creditor_id where c.id = any(ids)) as penalty_clauses,
           exists (select from holds where case_id = any(ids)) as holds,
           exists (select from documents where case_id = any(ids)) as documents,
           exists (select from outside_notices where case_id = any(ids)) as outside_notices,
           exists (select from disputes where case_id = any(ids)) as disputes,
           exists (select from promises where case_id = any(ids)) as promises,
           exists (select from plans where case_id = any(ids)) as plans,
           exists (select from calls where case_id = any(ids)) as calls,
           exists (select from visits where case_id = any(ids)) as visits,
           exists (select from insolvencies where case_id = any(ids)) as insolvencies,
           exists (select from cases c join insolvency_checks k on k.debtor_id = c.debtor_id where c.id = any(ids)) as insolvency_checks,
           exists (select from procedures where case_id = any(ids)) as titles
    from (select ${ids}::uuid[] as ids) as asked`
  // One that the statement forgets is read.
  return [...rare].filter((name) => row[name] ?? true)
}
