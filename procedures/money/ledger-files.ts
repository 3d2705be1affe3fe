import type { Sql } from '../../schema/db.ts'
import type { Case } from '../cases/cases.ts'
import type { Creditor } from '../cases/creditors.ts'
import type { Debtor } from '../cases/debtors.ts'
import { caseParts } from '../cases/file/file.ts'
import type { LedgerFile } from './ledger.ts'

/** Gives the rows of one case; who asks for many at the same moment has them in one statement (a data loader). */
export type PartReader = <Row>(
  read: (sql: Sql, ids: string[]) => Promise<Map<string, Row[]>>,
  caseId: string,
) => Promise<Row[]>

/** What most ledgers have nothing of: the head says whether there is any. */
type RarePart =
  | 'creditNotes'
  | 'payments'
  | 'penaltyClauses'
  | 'documents'
  | 'outsideNotices'
  | 'insolvencies'
  | 'titles'

interface LedgerHead extends Record<RarePart, boolean> {
  caseId: string
  creditorKind: Creditor['kind']
  debtorKind: Debtor['kind']
  hasMandate: boolean
  penaltyRate: string | null
  capitalisation: string | null
}

/** The parts that the ledger of a case reads, and no others: two statements for any number of cases that have nothing rare. */
export async function ledgerFile(found: Case, read: PartReader): Promise<LedgerFile> {
  const [heads, invoices] = await Promise.all([read(ledgerHeads, found.id), read(caseParts.invoices, found.id)])
  const head = heads[0]!
  const ifAny = <Row>(isThere: boolean, rows: Parameters<typeof read<Row>>[0]) => (isThere ? read(rows, found.id) : [])
  const [creditNotes, payments, penaltyClauses, documents, outsideNotices, insolvencies, titles] = await Promise.all([
    ifAny(head.creditNotes, caseParts.creditNotes),
    ifAny(head.payments, caseParts.payments),
    ifAny(head.penaltyClauses, caseParts.penaltyClauses),
    ifAny(head.documents, caseParts.documents),
    ifAny(head.outsideNotices, caseParts.outsideNotices),
    ifAny(head.insolvencies, caseParts.insolvencies),
    ifAny(head.titles, caseParts.titles),
  ])
  return {
    case: found,
    creditor: { kind: head.creditorKind },
    mandate: head.hasMandate ? { penaltyRate: head.penaltyRate, capitalisation: head.capitalisation } : null,
    debtor: { kind: head.debtorKind },
    invoices,
    creditNotes,
    payments,
    penaltyClauses,
    documents,
    outsideNotices,
    insolvencies,
    titles,
  }
}

/** Of the documents, the ledger reads the formal notices alone. */
async function ledgerHeads(sql: Sql, ids: string[]): Promise<Map<string, LedgerHead[]>> {
  const rows = await sql<LedgerHead[]>`
    select c.id as case_id, p.kind as creditor_kind, d.kind as debtor_kind, m.id is not null as has_mandate, m.penalty_rate::text,
           m.capitalisation,
           exists (select from credit_notes x where x.case_id = c.id) as credit_notes,
           exists (select from payments x where x.case_id = c.id) as payments,
           exists (select from penalty_clauses x where x.creditor_id = c.creditor_id) as penalty_clauses,
           exists (select from documents x where x.case_id = c.id and x.channel in ('lrar', 'lre')) as documents,
           exists (select from outside_notices x where x.case_id = c.id) as outside_notices,
           exists (select from insolvencies x where x.case_id = c.id) as insolvencies,
           (exists (select from procedures x where x.case_id = c.id)
             or exists (select from consent_requests x where x.case_id = c.id and x.facts #> '{titre,condamnation}' is not null)) as titles
    from cases c join creditors p on p.id = c.creditor_id join debtors d on d.id = c.debtor_id
    left join mandates m on m.creditor_id = c.creditor_id and m.ended_on is null
    where c.id = any(${ids})`
  return new Map(rows.map((row) => [row.caseId, [row]]))
}
