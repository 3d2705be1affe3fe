/** What a purge leaves of the rows of one table. Names and expressions are ours alone; `$1` is the case or the debtor. */
export interface Redaction {
  table: string
  /** Which rows. */
  where: string
  /** What they become; null: they go. */
  set: string | null
}

const gone = `'purgé'`
const ofCase = 'case_id = $1'
const through = (link: string, parent: string): string => `${link} in (select id from ${parent} where case_id = $1)`
const blank = (...columns: string[]): string => columns.map((column) => `${column} = ${gone}`).join(', ')
const blankIfAny = (column: string): string => `${column} = case when ${column} is null then null else ${gone} end`

// What a value of a JSON object may be and still say nothing of anybody: a hash, an identifier, a reference of ours…
const isProof = `value #>> '{}' ~ '^([0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{4}-[0-9]+(/[0-9]+)?)$'`
// … or one of the words of the program itself.
const isOurs = `key in ('step', 'channel', 'letter', 'procedure', 'kind', 'version', 'decision', 'scenario')`
export const proofOnly = (column: string): string =>
  `coalesce((select jsonb_object_agg(key, value) from jsonb_each(${column}) where ${isProof} or ${isOurs}), '{}')`

const hashesOf = (column: string, ...keys: string[]): string =>
  `coalesce((select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(${keys.map((key) => `'${key}', part -> '${key}'`).join(', ')})))
             from jsonb_array_elements(${column}) part), '[]')`
const signedPart = `jsonb_build_object('sha256', part -> 'sha256', 'pages', part -> 'pages', 'part', part -> 'part', 'docx', part -> 'docx',
                                       'original', case when part -> 'original' ->> 'sha256' is null then null else jsonb_build_object('sha256', part -> 'original' -> 'sha256') end)`

/** What a movement of the bank says of its payer; what is left of it is an amount on a day. */
export const bankWords = `payer = null, payer_iban = null, bank_reference = null, candidates = '[]', doubts = '[]', ${blank('text')}, ${blankIfAny('settled_why')}`

/** When a closed case has been kept as long as it has to be: everything but the accounts. */
export const caseRows: Redaction[] = [
  {
    table: 'dispatches',
    where: through('document_id', 'documents'),
    set: `address = '{}', proof = case when proof is null then null else jsonb_strip_nulls(jsonb_build_object('messageId', proof -> 'messageId')) end`,
  },
  {
    table: 'post_batch_letters',
    where: through('document_id', 'documents'),
    set: `lines = '[]', doubts = '[]', papers = ${hashesOf('papers', 'sha256')}`,
  },
  { table: 'coupons', where: through('document_id', 'documents'), set: 'mark = null, sealed = null, clear = null' },
  { table: 'bounces', where: through('document_id', 'documents'), set: 'recipient = null, diagnostic = null' },
  {
    table: 'exhibits',
    where: ofCase,
    set: `${blank('reference', 'original_name', 'proves')}, flags = '[]', ${blankIfAny('withdrawn_why')}`,
  },
  {
    table: 'consents',
    where: through('request_id', 'consent_requests'),
    set: `proof = ${proofOnly('proof')}`,
  },
  { table: 'consent_ends', where: through('request_id', 'consent_requests'), set: blank('reason') },
  {
    table: 'consent_requests',
    where: ofCase,
    set: `statement = statement - 'costDoubts' || '{"court": "purgé", "debtor": "purgé", "doubts": []}', facts = '{}',
          content = coalesce((select jsonb_agg(${signedPart}) from jsonb_array_elements(content) part), '[]')`,
  },
  { table: 'procedures', where: ofCase, set: `court = court || '{"doubts": []}'` },
  { table: 'procedure_events', where: through('procedure_id', 'procedures'), set: `facts = '{}'` },
  {
    table: 'outlays',
    where: through('procedure_id', 'procedures'),
    set: `${blankIfAny('over_why')}, ${blankIfAny('cancelled_why')}`,
  },
  { table: 'deadline_alerts', where: through('procedure_id', 'procedures'), set: blank('what') },
  {
    table: 'bailiff_returns',
    where: through('procedure_id', 'procedures'),
    set: 'note = null, debtor = case when debtor is not null then id::text end',
  },
  {
    table: 'hand_over_receipts',
    where: `hand_over_id in (select h.id from hand_overs h join packs k on k.id = h.pack_id join procedures p on p.id = k.procedure_id where p.case_id = $1)`,
    set: 'note = null',
  },
  {
    table: 'packs',
    where: through('procedure_id', 'procedures'),
    set: `manifest = ${proofOnly('manifest')}, changes = null, ${blankIfAny('reason')}`,
  },
  { table: 'calls', where: ofCase, set: `person = null, ${blank('summary')}` },
  { table: 'visits', where: ofCase, set: `person = null, ${blank('place', 'summary')}` },
  { table: 'replies', where: ofCase, set: `answer = '{}', ${blank('summary')}, ${blankIfAny('handled_how')}` },
  {
    table: 'disputes',
    where: ofCase,
    set: `${blank('ground')}, ${blankIfAny('answer')}, ${blankIfAny('creditor_answer')}`,
  },
  { table: 'dispute_documents', where: through('dispute_id', 'disputes'), set: blank('name') },
  { table: 'resendings', where: through('document_id', 'documents'), set: blank('reason') },
  { table: 'promise_attestations', where: through('promise_id', 'promises'), set: blank('signed_by') },
  { table: 'promises', where: ofCase, set: blank('author') },
  { table: 'plan_attestations', where: through('plan_id', 'plans'), set: blank('signed_by') },
  { table: 'remissions', where: ofCase, set: `${blank('agreed_by')}, ${blankIfAny('withdrawn_why')}` },
  { table: 'holds', where: ofCase, set: `${blank('reason')}, ${blankIfAny('release_why')}` },
  { table: 'alarms', where: ofCase, set: blank('message', 'remedy') },
  { table: 'approvals', where: through('step_id', 'steps'), set: blankIfAny('reason') },
  { table: 'step_additions', where: through('step_id', 'steps'), set: blank('reason') },
  { table: 'steps', where: ofCase, set: blankIfAny('skipped_why') },
  { table: 'insolvencies', where: ofCase, set: null },
  {
    // Whom else a movement was thought to come from.
    table: 'bank_lines',
    where: `candidates @> jsonb_build_array(jsonb_build_object('caseId', $1::text))`,
    set: `candidates = coalesce((select jsonb_agg(each) from jsonb_array_elements(candidates) each where each ->> 'caseId' <> $1::text), '[]')`,
  },
  { table: 'webhook_deliveries', where: ofCase, set: `payload = '{}', error = null` },
  { table: 'cases', where: 'id = $1', set: `${blank('closed_why')}, public_order = null, court = null` },
]

/** When the accounts have been kept as long as they have to be: what they rest on. */
export const accountRows: Redaction[] = [
  {
    table: 'invoices',
    where: ofCase,
    set: `source = coalesce((select jsonb_object_agg(key, value) from jsonb_each(source)
                             where key in ('number', 'type', 'issued_on', 'due_on', 'currency', 'total', 'seller')), '{}') || '{"lines": []}',
          missing = '[]', doubts = '[]'`,
  },
  { table: 'payments', where: ofCase, set: 'reference = null' },
  { table: 'payment_rejections', where: ofCase, set: blank('reason') },
  { table: 'bank_lines', where: ofCase, set: bankWords },
  { table: 'irrecoverabilities', where: ofCase, set: `${blank('reason')}, exhibits = '[]'` },
  { table: 'extra_steps', where: ofCase, set: blank('label') },
  { table: 'fee_lines', where: ofCase, set: blank('label') },
]

/** A debtor none of whose cases is kept any more. */
export const debtorRows: Redaction[] = [
  { table: 'debtors', where: 'id = $1', set: `identity = '{}', address = null, email = null, phone = null` },
  { table: 'contact_preferences', where: 'debtor_id = $1', set: null },
  { table: 'insolvency_checks', where: 'debtor_id = $1', set: null },
  { table: 'address_marks', where: 'debtor_id = $1', set: null },
]
