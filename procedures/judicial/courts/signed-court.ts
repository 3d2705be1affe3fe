import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import type { Court } from '../../law/court.ts'
import { addressee, courtOf, filingStep, goesToCourt, signedKind } from '../packs/dossiers.ts'
import type { Procedure } from '../engine/procedure.ts'

/** The court that the creditor signed for is the one of the day. DomainError `court_changed`. */
export function refuseOtherCourt(procedure: Procedure, court: Court, signed: string): void {
  const kind = signedKind(procedure)
  const now = addressee(procedure, kind, court)
  if (!goesToCourt(procedure, kind) || now === signed) return
  throw new DomainError(
    'court_changed',
    `L’accord du créancier vise «\u00a0${signed}\u00a0», et le dossier relève aujourd’hui de «\u00a0${now}\u00a0».`,
    {
      remedy: 'Vérifiez la juridiction, puis demandez un nouvel accord (requestConsent).',
      article: 'CPC 1406',
      facts: { signed, now },
    },
  )
}

/** The same for a procedure already open, on the day of its filing. What was filed stays where it was; a dead consent is refused as such. */
export async function requireSignedCourt(
  sql: Sql,
  file: CaseFile,
  procedure: Procedure,
  open: { id: string; consentId: string },
  onDay: Day,
): Promise<void> {
  const [request] = await sql<{ signed: string; isFiled: boolean }[]>`
    select r.statement ->> 'court' as signed,
      exists (select from standing_procedure_events e where e.procedure_id = ${open.id} and e.step = ${filingStep(procedure)}) as is_filed
    from consent_requests r
    where r.id = ${open.consentId} and not exists (select from consent_ends x where x.request_id = r.id)`
  if (request && !request.isFiled) refuseOtherCourt(procedure, await courtOf(sql, file, onDay), request.signed)
}
