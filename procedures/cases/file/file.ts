import type { Fragment, Sql } from '../../../schema/db.ts'
import { aboutCase } from '../../../schema/trace.ts'
import { readTitleSources, type TitleSource } from '../../judicial/titles/awards.ts'
import { type Case, caseColumns } from '../cases.ts'
import type { Closure } from '../creditor-closures.ts'
import type { Creditor, Mandate } from '../creditors.ts'
import type { Debtor } from '../debtors.ts'
import { type ContactPreference, preferencesOf } from '../exchanges/contact-preferences.ts'
import { disputeFiles } from '../exchanges/dispute-documents.ts'
import type { Insolvency } from '../insolvency/insolvencies.ts'
import { isRare, rareParts } from './file-parts.ts'
import type {
  Call,
  CreditNote,
  Dispute,
  Hold,
  InsolvencyCheck,
  Invoice,
  OutsideNotice,
  Payment,
  Plan,
  Promise_,
  Step,
  Visit,
  WrittenDocument,
} from './file-rows.ts'
import { caseGone } from '../lock.ts'
import { penaltyColumns, type PenaltyTerms } from '../../money/penalties.ts'
import type { Remission } from '../../money/remission.ts'

export type {
  Call,
  CreditNote,
  Dispute,
  Invoice,
  Payment,
  Plan,
  PlanLine,
  Promise_,
  Step,
  Visit,
  VisitOutcome,
  WrittenDocument,
} from './file-rows.ts'

/** All that is known of one case on reading it: what letters, statements, gates and packs are made from. */
export interface CaseFile {
  case: Case
  creditor: Creditor
  mandate: Mandate | null
  /** Days on which its creditor is closed, those taken back left out. */
  closures: Closure[]
  debtor: Debtor
  /** How the debtor wishes to be reached: its last word on each channel. */
  preferences: ContactPreference[]
  invoices: Invoice[]
  creditNotes: CreditNote[]
  payments: Payment[]
  /** Those that were not withdrawn. */
  remissions: Remission[]
  penaltyClauses: PenaltyTerms[]
  holds: Hold[]
  steps: Step[]
  documents: WrittenDocument[]
  /** Formal notices that the house did not send. */
  outsideNotices: OutsideNotice[]
  disputes: Dispute[]
  promises: Promise_[]
  plans: Plan[]
  calls: Call[]
  visits: Visit[]
  insolvencies: Insolvency[]
  /** When the debtor was looked up in the registers, found or not. */
  insolvencyChecks: InsolvencyCheck[]
  /** The procedures that may have given a title, with their events; the last opened first. */
  titles: TitleSource[]
}

/** Reads a whole case in a few statements, sent together. Oldest first everywhere. */
export async function readCase(sql: Sql, caseId: string): Promise<CaseFile> {
  aboutCase(caseId)
  const file = (await readCases(sql, [caseId])).get(caseId)
  if (!file) throw caseGone(caseId)
  return file
}

/** The same for any number of cases, in the same few statements. Cases that do not exist are left out. */
export async function readCases(sql: Sql, ids: string[]): Promise<Map<string, CaseFile>> {
  const partsOf = (names: readonly PartName[]) =>
    Promise.all(names.map(async (name) => [name, await caseParts[name](sql, ids)] as const))
  const [cases, held, always] = await Promise.all([
    sql<Case[]>`select ${caseColumns(sql)} from cases where id = any(${ids})`,
    rareParts(sql, ids),
    partsOf(partNames.filter((name) => !isRare(name))),
  ])
  const read = new Map<PartName, Map<string, unknown[]>>([...always, ...(await partsOf(held))])
  return new Map(
    cases.map((found) => {
      const part = <Name extends PartName>(name: Name) => read.get(name)?.get(found.id) as PartRow<Name>[] | undefined
      const [creditor] = part('creditor')!
      const [debtor] = part('debtor')!
      const file: CaseFile = {
        case: found,
        creditor: creditor!,
        mandate: part('mandate')?.[0] ?? null,
        closures: part('closures') ?? [],
        debtor: debtor!,
        preferences: part('preferences') ?? [],
        invoices: part('invoices') ?? [],
        creditNotes: part('creditNotes') ?? [],
        payments: part('payments') ?? [],
        remissions: part('remissions') ?? [],
        penaltyClauses: part('penaltyClauses') ?? [],
        holds: part('holds') ?? [],
        steps: part('steps') ?? [],
        documents: part('documents') ?? [],
        outsideNotices: part('outsideNotices') ?? [],
        disputes: part('disputes') ?? [],
        promises: part('promises') ?? [],
        plans: part('plans') ?? [],
        calls: part('calls') ?? [],
        visits: part('visits') ?? [],
        insolvencies: part('insolvencies') ?? [],
        insolvencyChecks: part('insolvencyChecks') ?? [],
        titles: part('titles') ?? [],
      }
      return [found.id, file]
    }),
  )
}

/** The invoices of cases without what was read of each, which is most of its row: what ledgers and lists want. */
export const invoiceLines = async (sql: Sql, ids: string[]): Promise<Map<string, Omit<Invoice, 'source'>[]>> =>
  byCase(await sql<Of<Omit<Invoice, 'source'>>[]>`select ${invoiceColumns(sql)} ${invoicesOf(sql, ids)}`)

const invoiceColumns = (sql: Sql) => sql`
  i.case_id, i.id, i.number, i.issued_on, i.due_on, i.total, i.prepaid, i.payable, i.currency, i.doubts, i.original,
  coalesce(l.expires_on, (select limitation_on from cases c where c.id = i.case_id)) as limitation_on,
  coalesce(l.is_owed, true) as is_owed`
const invoicesOf = (sql: Sql, ids: string[]) => sql`
  from invoices i left join invoice_limitations l on l.invoice_id = i.id
  where i.case_id = any(${ids}) order by i.due_on, i.number`

/** What a document, as `d`, says of itself by its facts. */
export const documentSays = (sql: Sql): Fragment => sql`
  (d.facts ->> 'delaiJours')::int as delay_days, (d.facts -> 'dateLimite' ->> 'date')::date as answer_by,
  case when d.letter ~ '^(madagascar-)?contestation-' then (d.facts #>> '{contestation,date}') || ' ' || (d.facts #>> '{contestation,motif}') end as of_dispute`

export type PartName = keyof typeof caseParts
export type PartRow<Name extends PartName> =
  Awaited<ReturnType<(typeof caseParts)[Name]>> extends Map<string, (infer Row)[]> ? Row : never

/** Each part of a case file alone: one statement for any number of cases, its rows by case id, oldest first. */
export const caseParts = {
  creditor: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<Creditor>[]>`
    select c.id as case_id, p.id, p.name, p.kind, p.identity, p.iban, p.bic
    from cases c join creditors p on p.id = c.creditor_id where c.id = any(${ids})`,
    ),
  mandate: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<Mandate>[]>`
    select c.id as case_id, m.id, m.creditor_id, m.signed_on, m.basis, m.guarantee, m.remuneration, m.paying_over,
           m.receives_funds, m.sends_invoices, m.scenario, m.penalty_rate::text, m.capitalisation, m.max_instalments
    from cases c join mandates m on m.creditor_id = c.creditor_id and m.ended_on is null where c.id = any(${ids})`,
    ),
  closures: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<Closure>[]>`
    select c.id as case_id, x.closed_from, x.closed_until, x.reason
    from cases c join creditor_closures x on x.creditor_id = c.creditor_id
    where c.id = any(${ids}) and x.withdrawn_on is null order by x.closed_from, x.id`,
    ),
  debtor: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<Debtor>[]>`
    select c.id as case_id, d.id, d.name, d.kind, d.identity, d.address, d.email, d.phone,
           array(select m.channel || ' ' || m.value from address_marks m where m.debtor_id = d.id) as returned
    from cases c join debtors d on d.id = c.debtor_id where c.id = any(${ids})`,
    ),
  preferences: preferencesOf,
  invoices: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<Invoice>[]>`
    select ${invoiceColumns(sql)}, i.source ${invoicesOf(sql, ids)}`,
    ),
  creditNotes: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<CreditNote>[]>`
    select case_id, number, invoice_id, issued_on, amount, original
    from credit_notes where case_id = any(${ids}) order by issued_on, number`,
    ),
  payments: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<Payment>[]>`
    select p.case_id, p.id, p.invoice_id, p.received_on, p.amount, p.means, p.reference, p.received_by, p.encashed_on, p.pay_over_by,
           r.rejected_on, r.reason as rejected_why
    from payments p left join payment_rejections r on r.payment_id = p.id
    where p.case_id = any(${ids}) order by p.received_on, p.recorded_on, p.id`,
    ),
  remissions: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<Remission>[]>`
    select case_id, id, amount, pay_by, agreed_on, agreed_by, document_id, recorded_on
    from remissions where case_id = any(${ids}) and withdrawn_on is null order by agreed_on, recorded_on, id`,
    ),
  penaltyClauses: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<PenaltyTerms>[]>`
    select c.id as case_id, ${penaltyColumns(sql)}
    from cases c join penalty_clauses p on p.creditor_id = c.creditor_id and p.ended_on is null
      and (p.invoice_id is null or exists (select from invoices i where i.id = p.invoice_id and i.case_id = c.id))
    where c.id = any(${ids}) order by p.recorded_on, p.id`,
    ),
  holds: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<Hold>[]>`
    select case_id, id, cause, reason, from_on, review_on, placed_by, released_on, release_why
    from holds where case_id = any(${ids}) order by from_on, id`,
    ),
  steps: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<Step>[]>`
    select s.case_id, s.id, s.key, s.rank, s.channel, s.nominal_on, s.planned_on, s.done_on, s.skipped_on, s.skipped_why, a.rule as added
    from steps s left join step_additions a on a.step_id = s.id where s.case_id = any(${ids}) order by s.rank`,
    ),
  documents: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<WrittenDocument>[]>`
    select d.case_id, d.id, d.step_id, s.key as step_key, d.letter, d.version, d.channel, d.recipient, d.reference, d.code,
           d.first_letter, d.format, d.sha256, d.editable, d.written_on, d.attached_to,
           o.sent_on, o.registered_number, o.presented_on, o.outcome, o.outcome_on, ${documentSays(sql)}, n.of_id as resend_of, case when o.state = 'withdrawn' then o.proof ->> 'motif' end as withdrawn_why
    from documents d left join dispatches o on o.document_id = d.id left join steps s on s.id = d.step_id left join resendings n on n.document_id = d.id
    where d.case_id = any(${ids}) order by d.written_on, length(d.reference), d.reference`,
    ),
  outsideNotices: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<OutsideNotice>[]>`
    select n.case_id, n.id, n.exhibit_id, e.reference, n.sender, n.form, n.written_on, n.presented_on, n.outcome, n.outcome_on, n.delay_days
    from outside_notices n join exhibits e on e.id = n.exhibit_id
    where n.case_id = any(${ids}) and not n.void and not exists (select from outside_notices x where x.corrects = n.id)
    order by n.written_on, n.id`,
    ),
  disputes: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<Dispute>[]>`
    select case_id, id, raised_on, channel, ground, contested, resolved_on, outcome, answer, answer_by, asked_id,
           creditor_answered_on, creditor_answer, ${disputeFiles(sql)} as files
    from disputes where case_id = any(${ids}) order by raised_on, id`,
    ),
  promises: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<Promise_>[]>`
    select p.case_id, p.id, p.promised_on, p.due_on, p.amount, p.means, p.author, p.channel,
           f.document_id as confirmation_id, f.confirmed_on, a.attested_on, a.signed_by as attested_by
    from promises p left join promise_confirmations f on f.promise_id = p.id left join promise_attestations a on a.promise_id = p.id
    where p.case_id = any(${ids}) order by p.promised_on, p.id`,
    ),
  plans: readPlans,
  calls: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<Call>[]>`
    select case_id, id, step_id, called_on, called_at::text, direction, person, outcome, summary, recorded_by
    from calls where case_id = any(${ids}) order by called_on, id`,
    ),
  visits: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<Visit>[]>`
    select case_id, id, step_id, visited_on, visited_at::text, agent, place, person, outcome, summary, recorded_by
    from visits where case_id = any(${ids}) order by visited_on, id`,
    ),
  insolvencies: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<CaseFile['insolvencies'][number]>[]>`
    select case_id, id, kind, nature, opened_on, published_on, representative, source, checked_on, abroad, declare_by, declared_on
    from insolvencies where case_id = any(${ids}) order by opened_on`,
    ),
  insolvencyChecks: async (sql: Sql, ids: string[]) =>
    byCase(
      await sql<Of<InsolvencyCheck>[]>`
    select c.id as case_id, k.checked_on, k.source, k.found
    from cases c join insolvency_checks k on k.debtor_id = c.debtor_id where c.id = any(${ids}) order by k.checked_on, k.source`,
    ),
  titles: async (sql: Sql, ids: string[]) => byCase(await readTitleSources(sql, ids)),
}
const partNames = Object.keys(caseParts) as PartName[]

type Of<Row> = Row & { caseId: string }

async function readPlans(sql: Sql, ids: string[]): Promise<Map<string, Of<Plan>[]>> {
  const [plans, lines] = await Promise.all([
    sql<Of<Omit<Plan, 'instalments'>>[]>`
      select p.case_id, p.id, p.agreed_on, p.means, p.document_id, a.attested_on, a.signed_by as attested_by, p.broken_on, p.kept_on,
             p.remind_days, p.notice_days, p.grace_days
      from plans p left join plan_attestations a on a.plan_id = p.id where p.case_id = any(${ids}) order by p.agreed_on, p.broken_on is null, p.id`,
    sql<({ planId: string } & Plan['instalments'][number])[]>`
      select i.plan_id, i.rank, i.due_on, i.amount, i.reminded_on, i.noticed_on, i.notice_until from instalments i join plans p on p.id = i.plan_id
      where p.case_id = any(${ids}) order by i.rank`,
  ])
  const ofPlan = Map.groupBy(lines, (line) => line.planId)
  return byCase(plans.map((plan) => ({ ...plan, instalments: ofPlan.get(plan.id) ?? [] })))
}

function byCase<Row extends { caseId: string }>(rows: Row[]): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => row.caseId)
}

/**
 * The letter of CPCE R124-4, once written; the one that renewed it where it came back, for that is what the debtor has. Null where it
 * was withdrawn before it left: it cannot be recalled.
 */
export function firstLetter(file: CaseFile): WrittenDocument | null {
  const last = lastFirstLetter(file)
  return last?.withdrawnWhy == null ? last : null
}

/** The same, withdrawn or not: a case has one, and renews it. */
export function lastFirstLetter(file: CaseFile): WrittenDocument | null {
  let letter = file.documents.find((document) => document.firstLetter) ?? null
  for (let next = letter; next; next = file.documents.find(({ resendOf }) => resendOf === letter!.id) ?? null)
    letter = next
  return letter
}

/** What was written to the debtor, oldest first: without what was joined to it, and what was withdrawn before it left. */
export const lettersToDebtor = ({ documents }: Pick<CaseFile, 'documents'>): WrittenDocument[] =>
  documents.filter(
    ({ attachedTo, recipient, withdrawnWhy }) =>
      recipient === 'debiteur' && attachedTo === null && withdrawnWhy === null,
  )

/** The formal notices of the house, oldest first; those that others sent stand beside them in `allNotices`. */
export const formalNotices = (file: Pick<CaseFile, 'documents'>): WrittenDocument[] =>
  lettersToDebtor(file).filter(({ channel }) => channel === 'lrar' || channel === 'lre')
