import type { Sql } from '../../schema/db.ts'
import type { Case } from '../cases/cases.ts'
import type { Creditor } from '../cases/creditors.ts'
import { debtorLines } from '../cases/debtors.ts'
import { type Soon, together, whenThere } from '../../schema/soon.ts'
import { caseParts, invoiceLines } from '../cases/file/file.ts'
import type { LedgerFile } from './ledger.ts'

/** Gives the rows of one id; who asks for many at the same moment has them in one statement (a data loader). */
export type PartReader = <Row>(
  read: (sql: Sql, ids: string[]) => Promise<Map<string, Row[]>>,
  id: string,
) => Soon<Row[]>

/** What most ledgers of cases have nothing of. */
type RarePart = 'creditNotes' | 'payments' | 'remissions' | 'documents' | 'outsideNotices' | 'insolvencies' | 'titles'

/** What the ledgers of a creditor have in common. */
interface CreditorTerms {
  id: string
  kind: Creditor['kind']
  hasMandate: boolean
  penaltyRate: string | null
  capitalisation: string | null
  hasPenaltyClauses: boolean
}

/** The parts that the ledger of a case reads, and no others: four statements for any number of cases that have nothing rare. */
export const ledgerFile = (found: Case, read: PartReader): Soon<LedgerFile> =>
  whenThere(
    together([
      read(creditorTerms, found.creditorId),
      read(debtorLines, found.debtorId),
      read(invoiceLines, found.id),
      read(rareParts, found.id),
    ]),
    ([[terms], [debtor], invoices, rare]) => {
      const held = new Set(rare.map(({ part }) => part))
      return whenThere(readRare(found.id, held, terms!.hasPenaltyClauses, read), (parts) => ({
        case: found,
        creditor: { kind: terms!.kind },
        mandate: terms!.hasMandate ? { penaltyRate: terms!.penaltyRate, capitalisation: terms!.capitalisation } : null,
        debtor: { kind: debtor!.kind },
        invoices,
        ...parts,
      }))
    },
  )

/** Nobody writes into the parts of a file. */
const nothingRare: Pick<LedgerFile, RarePart | 'penaltyClauses'> = {
  creditNotes: [],
  payments: [],
  remissions: [],
  penaltyClauses: [],
  documents: [],
  outsideNotices: [],
  insolvencies: [],
  titles: [],
}

function readRare(
  caseId: string,
  held: Set<RarePart>,
  hasPenaltyClauses: boolean,
  read: PartReader,
): Soon<Pick<LedgerFile, RarePart | 'penaltyClauses'>> {
  if (held.size === 0 && !hasPenaltyClauses) return nothingRare
  const ifAny = <Row>(isThere: boolean, rows: Parameters<typeof read<Row>>[0]) => (isThere ? read(rows, caseId) : [])
  const parts = together([
    ifAny(held.has('creditNotes'), caseParts.creditNotes),
    ifAny(held.has('payments'), caseParts.payments),
    ifAny(held.has('remissions'), caseParts.remissions),
    ifAny(hasPenaltyClauses, caseParts.penaltyClauses),
    ifAny(held.has('documents'), caseParts.documents),
    ifAny(held.has('outsideNotices'), caseParts.outsideNotices),
    ifAny(held.has('insolvencies'), caseParts.insolvencies),
    ifAny(held.has('titles'), caseParts.titles),
  ])
  return whenThere(
    parts,
    ([creditNotes, payments, remissions, penaltyClauses, documents, outsideNotices, insolvencies, titles]) => ({
      creditNotes,
      payments,
      remissions,
      penaltyClauses,
      documents,
      outsideNotices,
      insolvencies,
      titles,
    }),
  )
}

async function creditorTerms(sql: Sql, ids: string[]): Promise<Map<string, CreditorTerms[]>> {
  const rows = await sql<CreditorTerms[]>`
    select p.id, p.kind, m.id is not null as has_mandate, m.penalty_rate::text, m.capitalisation,
           exists (select from penalty_clauses x where x.creditor_id = p.id) as has_penalty_clauses
    from creditors p left join mandates m on m.creditor_id = p.id and m.ended_on is null where p.id = any(${ids})`
  return new Map(rows.map((row) => [row.id, [row]]))
}

/** Which of them each case has. Of the documents, the ledger reads the formal notices alone. */
async function rareParts(sql: Sql, ids: string[]): Promise<Map<string, { part: RarePart }[]>> {
  const rows = await sql<{ caseId: string; part: RarePart }[]>`
    select p.case_id, p.part from (select ${ids}::uuid[] as ids) as asked cross join lateral (
      select case_id, 'creditNotes' as part from credit_notes where case_id = any(ids)
      union select case_id, 'payments' from payments where case_id = any(ids)
      union select case_id, 'remissions' from remissions where case_id = any(ids) and withdrawn_on is null
      union select case_id, 'documents' from documents where case_id = any(ids) and channel in ('lrar', 'lre')
      union select case_id, 'outsideNotices' from outside_notices where case_id = any(ids)
      union select case_id, 'insolvencies' from insolvencies where case_id = any(ids)
      union select case_id, 'titles' from procedures where case_id = any(ids)
      union select case_id, 'titles' from consent_requests
        where case_id = any(ids) and facts #> '{titre,condamnation}' is not null) p`
  return Map.groupBy(rows, (row) => row.caseId)
}

type Foreseen = { read: Parameters<PartReader>[0]; by?: 'creditorId' | 'debtorId' }

/** What the ledger of every case reads, and by which of its ids where it is not its own. */
export const ledgerReaders: Foreseen[] = [
  { read: creditorTerms, by: 'creditorId' },
  { read: debtorLines, by: 'debtorId' },
  { read: invoiceLines },
  { read: rareParts },
]
