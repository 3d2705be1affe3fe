import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import type { Author } from '../../cases/journal.ts'
import type { Office } from '../../office.ts'
import { assembleFilingPack, type Pack } from './packs.ts'

export interface BatchLine {
  caseNumber: string
  procedureId: string
  pack: Pack | null
  /** Why this one was left: the others go on. */
  refused: { code: string; message: string; remedy: string } | null
}

/**
 * Procedures whose signed pack waits to be assembled: of one debtor (by SIREN or name), of one creditor, or of all; opened
 * in a month where one is given. What was filed, or already has its pack, is not packed again.
 */
export async function waitingPacks(
  sql: Sql,
  input: { creditorId?: string; debtor?: string; month?: { year: number; month: number } },
): Promise<{ procedureId: string; caseNumber: string }[]> {
  const { creditorId = null, debtor = null, month } = input
  const from = month ? Temporal.PlainDate.from({ ...month, day: 1 }) : null
  return sql`
    select p.id as procedure_id, c.number as case_number
    from procedures p join consent_requests r on r.id = p.consent_id join cases c on c.id = p.case_id join debtors d on d.id = c.debtor_id
    where (${creditorId}::uuid is null or c.creditor_id = ${creditorId})
      and (${debtor}::text is null or lower(d.name) = lower(${debtor}) or d.identity->>'siren' = replace(${debtor}, ' ', ''))
      and (${from}::date is null or p.opened_on >= ${from}::date and p.opened_on < ${from}::date + interval '1 month')
      and not exists (select from packs k where k.procedure_id = p.id and k.kind = r.pack_kind)
      and not exists (select from standing_procedure_events e where e.procedure_id = p.id and e.step = r.filing_step)
    order by c.number, p.id`
}

/** Assembles one after the other, each in a transaction of its own: one refusal leaves the others alone. */
export async function assembleBatch(
  office: Office,
  onDay: Day,
  waiting: { procedureId: string; caseNumber: string }[],
  input: { reason?: string },
  author: Author,
  progress: (line: BatchLine, done: number, total: number) => void = () => {},
): Promise<BatchLine[]> {
  const lines: BatchLine[] = []
  for (const { procedureId, caseNumber } of waiting) {
    const line: BatchLine = { caseNumber, procedureId, pack: null, refused: null }
    try {
      line.pack = await assembleFilingPack(office, onDay, { procedureId, ...input }, author)
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      line.refused = { code: error.code, message: error.message, remedy: error.remedy }
    }
    lines.push(line)
    progress(line, lines.length, waiting.length)
  }
  return lines
}
