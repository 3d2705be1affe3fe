import { json, type Sql, transaction } from '../../../schema/db.ts'
import { DomainError, errorCode } from '../../../schema/errors.ts'
import { caseGone } from '../lock.ts'

/** The rows of a case, table by table, in the order in which they can be written again. */
export type CaseExport = { format: 'courtois-case/2' } & Record<string, unknown>
const format = 'courtois-case/2'

interface Part {
  /** The key in the file. */
  key: string
  table: string
  /** Which rows are the case's, `t` being the table and `c` the case. */
  where: string
  order: string
  /** One row, not a list. */
  single?: true
  /** Shared with other cases: kept as it is where it is already there. */
  shared?: true
  /** Columns that the database numbers by itself. */
  omit?: string[]
}

const ofCase = (key: string, order: string, table = key): Part => ({ key, table, where: 't.case_id = c.id', order })
const through = (key: string, parent: string, link: string, order: string, table = key): Part => ({
  key,
  table,
  where: `t.${link} in (select id from ${parent} where case_id = c.id)`,
  order,
})

const packsOf = 'select p.id from packs p join procedures q on q.id = p.procedure_id where q.case_id = c.id'

// Parents before their children; what a consent is bound to before the consent, so that nothing written voids it.
const parts: Part[] = [
  { key: 'creditor', table: 'creditors', where: 't.id = c.creditor_id', order: 't.id', single: true, shared: true },
  {
    key: 'creditor_corrections',
    table: 'creditor_corrections',
    where: 't.creditor_id = c.creditor_id',
    order: 't.rank',
    shared: true,
    omit: ['rank'],
  },
  {
    key: 'mandates',
    table: 'mandates',
    where: 't.creditor_id = c.creditor_id',
    order: 't.signed_on, t.id',
    shared: true,
  },
  { key: 'debtor', table: 'debtors', where: 't.id = c.debtor_id', order: 't.id', single: true, shared: true },
  { key: 'case', table: 'cases', where: 't.id = c.id', order: 't.id', single: true },
  ofCase('invoices', 't.due_on, t.number'),
  through('invoice_limitations', 'invoices', 'invoice_id', 't.invoice_id'),
  ofCase('credit_notes', 't.issued_on, t.number'),
  {
    key: 'penalty_clauses',
    table: 'penalty_clauses',
    where:
      't.creditor_id = c.creditor_id and (t.invoice_id is null or t.invoice_id in (select id from invoices where case_id = c.id))',
    order: 't.recorded_on, t.id',
    shared: true,
  },
  ofCase('steps', 't.rank'),
  through('step_additions', 'steps', 'step_id', 't.step_id'),
  {
    key: 'approval_rules',
    table: 'approval_rules',
    where: 't.creditor_id = c.creditor_id',
    order: 't.set_on, t.id',
    shared: true,
  },
  {
    key: 'creditor_closures',
    table: 'creditor_closures',
    where: 't.creditor_id = c.creditor_id',
    order: 't.closed_from, t.id',
    shared: true,
  },
  through('approvals', 'steps', 'step_id', 't.step_id'),
  ofCase('documents', 't.written_on, length(t.reference), t.reference'),
  through('dispatches', 'documents', 'document_id', 't.document_id'),
  through('resendings', 'documents', 'document_id', 't.document_id'),
  ofCase('payments', 't.received_on, t.id'),
  ofCase('payment_rejections', 't.rejected_on, t.payment_id'),
  {
    key: 'pay_overs',
    table: 'pay_overs',
    where:
      't.id in (select l.pay_over_id from pay_over_lines l join payments p on p.id = l.payment_id where p.case_id = c.id) and t.document_id in (select id from documents where case_id = c.id)',
    order: 't.paid_on, t.id',
    shared: true,
  },
  {
    key: 'pay_over_lines',
    table: 'pay_over_lines',
    where:
      't.payment_id in (select id from payments where case_id = c.id) and t.pay_over_id in (select o.id from pay_overs o join documents d on d.id = o.document_id where d.case_id = c.id)',
    order: 't.payment_id',
  },
  ofCase('statements', 't.number'),
  ofCase('extra_steps', 't.done_on, t.id'),
  { ...ofCase('irrecoverability', 't.id', 'irrecoverabilities'), single: true },
  ofCase('holds', 't.from_on, t.id'),
  ofCase('disputes', 't.raised_on, t.id'),
  through('dispute_documents', 'disputes', 'dispute_id', 't.received_on, t.id'),
  ofCase('promises', 't.promised_on, t.id'),
  through('promise_confirmations', 'promises', 'promise_id', 't.promise_id'),
  through('promise_attestations', 'promises', 'promise_id', 't.promise_id'),
  ofCase('plans', 't.agreed_on, t.id'),
  through('instalments', 'plans', 'plan_id', 't.plan_id, t.rank'),
  through('plan_attestations', 'plans', 'plan_id', 't.plan_id'),
  ofCase('remissions', 't.agreed_on, t.recorded_on, t.id'),
  ofCase('replies', 't.replied_on, t.id'),
  ofCase('insolvencies', 't.opened_on, t.id'),
  ofCase('calls', 't.called_on, t.id'),
  ofCase('visits', 't.visited_on, t.id'),
  ofCase('alarms', 't.found_on, t.code'),
  {
    key: 'contact_preferences',
    table: 'contact_preferences',
    where: 't.debtor_id = c.debtor_id',
    order: 't.rank',
    shared: true,
    omit: ['rank'],
  },
  ofCase('exhibits', 't.number, t.parent_id nulls first, t.id'),
  ofCase('outside_notices', 't.recorded_on, t.corrects nulls first, t.id'),
  ofCase('consent_requests', 't.requested_on, t.id'),
  through('consents', 'consent_requests', 'request_id', 't.decided_on, t.request_id'),
  ofCase('procedures', 't.opened_on, t.id'),
  through(
    'procedure_events',
    'procedures',
    'procedure_id',
    't.recorded_on, t.corrects nulls first, t.happened_on, t.id',
  ),
  through('outlays', 'procedures', 'procedure_id', 't.recorded_on, t.id'),
  through('packs', 'procedures', 'procedure_id', 't.assembled_on, t.kind, t.version, t.id'),
  { key: 'pack_timestamps', table: 'pack_timestamps', where: `t.pack_id in (${packsOf})`, order: 't.pack_id' },
  {
    key: 'bailiffs',
    table: 'bailiffs',
    where: `t.id in (select bailiff_id from hand_overs where pack_id in (${packsOf}))`,
    order: 't.id',
    shared: true,
  },
  { key: 'hand_overs', table: 'hand_overs', where: `t.pack_id in (${packsOf})`, order: 't.handed_on, t.id' },
  ...['hand_over_accesses', 'hand_over_receipts'].map((table) => ({
    key: table,
    table,
    where: `t.hand_over_id in (select id from hand_overs where pack_id in (${packsOf}))`,
    order: 't.hand_over_id, to_jsonb(t)::text',
  })),
  through('bailiff_returns', 'procedures', 'procedure_id', 't.recorded_on, t.happened_on, t.id'),
  through('deadline_alerts', 'procedures', 'procedure_id', 'to_jsonb(t)::text'),
  through('consent_ends', 'consent_requests', 'request_id', 't.ended_on, t.request_id'),
  { ...ofCase('events', 't.seq'), omit: ['id'] },
]

/**
 * Every row of a case as the database holds it, in one JSON document: days as YYYY-MM-DD, amounts as integer cents. Each line
 * of the journal has `text`, what its `hash` is the SHA-256 of, so that the chain can be checked with this file alone.
 */
export async function exportCase(sql: Sql, caseId: string): Promise<CaseExport> {
  const exported: CaseExport = { format }
  for (const { key, table, where, order, single, omit = [] } of parts) {
    // Names of tables and columns come from the list above, never from outside.
    const row =
      table === 'events'
        ? `to_jsonb(t) || jsonb_build_object('text', case when t.purged_on is null then event_text(t) end)`
        : 'to_jsonb(t)'
    const [found] = await sql<{ rows: Record<string, unknown>[] }[]>`
      select coalesce(jsonb_agg((${sql.unsafe(row)}) - ${omit}::text[] order by ${sql.unsafe(order)}), '[]') as rows
      from ${sql(table)} t, cases c where c.id = ${caseId} and (${sql.unsafe(where)})`
    exported[key] = single ? (found!.rows[0] ?? null) : found!.rows
  }
  if (exported['case'] === null) throw caseGone(caseId)
  return exported
}

/** The hashes of the files that the rows of an export speak of. */
export function filesOf(exported: CaseExport): string[] {
  const found = new Set<string>()
  const columns = ['sha256', 'editable', 'mail', 'original', 'pdf', 'zip', 'proof_pdf', 'case_json', 'token', 'docx']
  const look = (row: Record<string, unknown> | null): void => {
    for (const column of columns) {
      const value = row?.[column]
      if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) found.add(value)
    }
  }
  for (const { key } of parts) {
    for (const row of [exported[key]].flat() as (Record<string, unknown> | null)[]) {
      look(row)
      // What was signed is a list of papers, each with the file that it came from.
      if (key === 'consent_requests')
        for (const part of (row?.['content'] ?? []) as Record<string, unknown>[]) {
          look(part)
          look(part['original'] as Record<string, unknown> | null)
        }
    }
  }
  return [...found].sort()
}

/**
 * Writes an exported case into this database, row for row, with its ids, numbers and hashes; the journal is chained again
 * and must come to the same hashes. Nothing is half-written. DomainErrors: `not_a_case`, `case_exists`, `journal_broken`.
 */
export async function importCase(sql: Sql, value: unknown): Promise<{ caseId: string; number: string }> {
  const exported = value as CaseExport
  const found = exported?.['case'] as { id?: string; number?: string; purged_on?: string | null } | null | undefined
  if (exported?.format !== format || !found?.id || !found.number) {
    throw new DomainError('not_a_case', `Ce fichier n’est pas un dossier exporté (${format}).`, {
      remedy: 'Donnez le fichier écrit par « courtois export ».',
    })
  }
  const { id, number } = { id: found.id, number: found.number }
  if (found.purged_on) {
    throw new DomainError(
      'case_purged',
      `Les données personnelles du dossier ${number} ont été purgées le ${found.purged_on}.`,
      {
        remedy: 'Ce qu’il en reste prouve, et ne se reprend pas\u00a0; « courtois verify » le contrôle.',
        facts: { number },
      },
    )
  }
  try {
    return await transaction(sql, async (tx) => {
      const [known] = await tx`select 1 from cases where id = ${id} or number = ${number}`
      if (known) {
        throw new DomainError('case_exists', `Le dossier ${number} est déjà dans cette base.`, {
          remedy: 'Un dossier ne s’importe que dans une base qui ne l’a pas.',
          facts: { number },
        })
      }
      const codes = takeCodes(exported['documents'])
      for (const part of parts) await writePart(tx, part, exported[part.key])
      for (const [documentId, code] of codes)
        await tx`insert into coupons (document_id, clear) values (${documentId}, ${code})`
      const [year, rank] = number.split('-').map(Number)
      await tx`
        insert into case_numbers (year, last) values (${year!}, ${rank!})
        on conflict (year) do update set last = greatest(case_numbers.last, excluded.last)`
      return { caseId: id, number }
    })
  } catch (error) {
    if (errorCode(error) === 'CT003') {
      throw new DomainError('journal_broken', 'Le journal de ce dossier a été modifié depuis son export.', {
        remedy: 'Reprenez le fichier d’origine ; « courtois verify » dit quelle ligne ne va pas.',
        cause: error,
      })
    }
    throw error
  }
}

/** An export of before codes were sealed has them in its letters: they go where the next start seals them. */
function takeCodes(documents: unknown): [string, string][] {
  return ((documents ?? []) as { id: string; facts?: { references?: { coupon?: string } } }[]).flatMap(
    ({ id, facts }): [string, string][] => {
      const code = facts?.references?.coupon
      delete facts?.references?.coupon
      return code === undefined ? [] : [[id, code]]
    },
  )
}

async function writePart(sql: Sql, { table, shared, omit = [] }: Part, value: unknown): Promise<void> {
  const rows = ([value].flat() as (Record<string, unknown> | null | undefined)[]).filter((row) => row != null)
  if (rows.length === 0) return
  const known = await sql<{ name: string }[]>`
    select column_name as name from information_schema.columns where table_schema = current_schema() and table_name = ${table}`
  const columns = known.map(({ name }) => name).filter((name) => !omit.includes(name) && name in rows[0]!)
  // One at a time where order counts: a line of the journal follows the one before it.
  for (const batch of table === 'events' ? rows.map((row) => [row]) : [rows]) {
    await sql`
      insert into ${sql(table)} (${sql(columns)})
      select ${sql(columns)} from jsonb_populate_recordset(null::${sql(table)}, ${json(sql, batch)})
      ${shared ? sql`on conflict do nothing` : sql``}`
  }
}
