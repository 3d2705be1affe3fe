import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { aboutCase } from '../../schema/trace.ts'

/** Takes the case for this transaction; refused when it is closed. Whoever writes to a case starts here. */
export async function lockOpenCase(sql: Sql, caseId: string): Promise<void> {
  aboutCase(caseId)
  const [found] = await sql`select 1 from cases where id = ${caseId} and closed_on is null for update`
  if (!found) throw caseGone(caseId)
}

/** The same, closed or not, for what is decided about a case rather than done in it: signed, withdrawn, recorded in court. */
export async function lockCase(sql: Sql, caseId: string): Promise<void> {
  aboutCase(caseId)
  await sql`select 1 from cases where id = ${caseId} for update`
}

export function caseGone(caseId: string): DomainError {
  return new DomainError('case_not_found', "Ce dossier n'existe pas, est clos, ou ne vous est pas ouvert.", {
    remedy: 'Vérifiez le numéro du dossier.',
    facts: { caseId },
  })
}
