import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { progressOf } from '../case-progress.ts'
import { endUnfiledConsents } from './consent-ends.ts'
import type { GivenFacts } from '../packs/paper-facts.ts'
import type { Procedure } from '../engine/procedure.ts'
import { isOtherSeizure } from '../titles/seizures.ts'

/**
 * One procedure of a kind at a time: a request not yet filed is replaced, one that was filed must first end. A seizure in other
 * hands is another, and stands beside it.
 */
export async function endEarlierRequests(
  sql: Sql,
  onDay: Day,
  caseId: string,
  procedure: Procedure,
  given: GivenFacts,
): Promise<void> {
  const open = await sql<{ requestId: string; facts: GivenFacts; procedureId: string | null; isFiled: boolean }[]>`
    select r.id as request_id, r.facts, p.id as procedure_id,
      exists (select from standing_procedure_events e where e.procedure_id = p.id and e.step = r.filing_step) as is_filed
    from consent_requests r left join procedures p on p.consent_id = r.id
    where r.case_id = ${caseId} and r.procedure = ${procedure.id}`
  const same = open.filter(({ facts }) => !isOtherSeizure(procedure, facts, given))
  for (const { procedureId, isFiled } of same) {
    if (procedureId === null || !isFiled || (await progressOf(sql, { id: procedureId }, onDay)).closed) continue
    throw new DomainError('already_filed', `« ${procedure.titre} » est déjà en cours pour ce dossier.`, {
      remedy: 'Suivez la procédure en cours, ou constatez sa fin avant d’en ouvrir une autre.',
    })
  }
  const reason = 'Remplacée par une nouvelle demande d’accord.'
  const requests = same.map(({ requestId }) => requestId)
  await endUnfiledConsents(sql, onDay, caseId, reason, 'system', { only: procedure.id, requests })
}
