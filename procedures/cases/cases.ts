import type { ReadInvoice } from '../../documents/invoices/einvoice.ts'
import type { Day } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { type Doubt } from '../../schema/errors.ts'
import { newId, type Random } from '../../schema/random.ts'
import { scenarioFor } from '../amicable/change.ts'
import { insertSteps } from '../amicable/step-rows.ts'
import { planTimeline } from '../amicable/timeline.ts'
import type { Zone } from '../law/calendar.ts'
import { type Mandate } from './creditors.ts'
import { type Debtor } from './debtors.ts'
import { type Author, record } from './journal.ts'
import { checkedNature, claimLimitation } from './limitation/claim-limitation.ts'
import { caseGone } from './lock.ts'
import { type PublicOrder } from './public-buyers/public-term.ts'

export interface Case {
  id: string
  number: string
  creditorId: string
  debtorId: string
  scenario: string
  currency: string
  zone: Zone
  /** J: the oldest unpaid due date. */
  anchorOn: Day
  /** Last day to act before prescription. */
  limitationOn: Day
  /** What is not certain of that day: an unknown nature, a day entered by hand. */
  limitationDoubts: Doubt[]
  /** What the claim is about, for its limitation; null when nobody said. */
  claimNature: string | null
  /** Late-payment rates entered by hand, oldest first, where the law of the case gives none. */
  rates: HandRate[]
  /** The court entered by hand, where no list tells it. */
  court: HandCourt | null
  /** What a public buyer looks a payment up by. */
  publicOrder: PublicOrder | null
  openedOn: Day
  closedOn: Day | null
  closedWhy: string | null
}

/** As letters name a court, with where it was read. */
export interface HandCourt {
  nom: string
  formation: string
  ville: string
  source: string
  /** Whether a person typed the bench; of older rows, what it says tells. */
  isBenchTyped?: boolean
}

/** As it is kept: a day YYYY-MM-DD, percent a year as a decimal text, and where it was read. */
export interface HandRate {
  from: string
  percent: string
  source: string
}

export const caseColumns = (sql: Sql) => sql`
  id, number, creditor_id, debtor_id, scenario, currency, zone, anchor_on, limitation_on, limitation_doubts, claim_nature, rates,
  public_order, court, opened_on, closed_on, closed_why`

/** What a case is opened with, beside its invoices and its debtor. */
export interface NewCase {
  creditorId: string
  /** The debtor's when absent, else the mandate's. */
  scenario?: string
  zone?: Zone
  /** One of claimNatures(); the mandate's when absent. */
  nature?: string
  /** Of a public buyer. */
  order?: PublicOrder
}

/** The open case of a creditor against a debtor, locked. */
export async function openCaseOf(sql: Sql, creditorId: string, debtorId: string): Promise<Case | undefined> {
  const [row] = await sql<Case[]>`
    select ${caseColumns(sql)} from cases
    where creditor_id = ${creditorId} and debtor_id = ${debtorId} and closed_on is null
    for update`
  return row
}

/** Lays down a case with its number, its limitation and its whole timeline. */
export async function openCase(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: NewCase,
  invoices: { read: ReadInvoice; dueOn: Day }[],
  debtor: Debtor,
  mandate: Pick<Mandate, 'sendsInvoices' | 'scenario' | 'claimNature'>,
  author: Author,
): Promise<Case> {
  const [first] = invoices.toSorted((a, b) => Temporal.PlainDate.compare(a.dueOn, b.dueOn))
  const { read: oldest, dueOn: anchorOn } = first!
  const zone = input.zone ?? 'metropole'
  const [chosen] = await sql<[{ scenario: string | null }]>`select scenario from debtors where id = ${debtor.id}`
  const scenario = scenarioFor(
    { asked: input.scenario, debtor: chosen.scenario, mandate: mandate.scenario },
    { debtor: debtor.kind, zone },
  )
  const nature = checkedNature(input.nature ?? mandate.claimNature)
  const limits = claimLimitation({ zone, debtor: debtor.kind, nature, due: anchorOn })
  const [row] = await sql<Case[]>`
    with numbered as (
      insert into case_numbers (year, last) values (${onDay.year}, 1)
      on conflict (year) do update set last = case_numbers.last + 1
      returning year, last)
    insert into cases (id, number, creditor_id, debtor_id, scenario, currency, zone, anchor_on, limitation_on,
                       limitation_doubts, claim_nature, public_order, opened_on, opened_by)
    select ${newId(random)}, year || '-' || lpad(last::text, 4, '0'), ${input.creditorId}, ${debtor.id}, ${scenario.id},
           ${oldest.currency}, ${zone}, ${anchorOn}::date, ${limits.expires}::date,
           ${json(sql, limits.doubts)}::jsonb, ${nature}::text, ${input.order ? json(sql, input.order) : null}::jsonb, ${onDay}::date, ${author}
    from numbered
    returning ${caseColumns(sql)}`
  const opened = row!
  const steps = planTimeline(scenario, {
    anchorOn,
    issuedOn: oldest.issuedOn,
    openedOn: onDay,
    debtor: debtor.kind,
    sendsInvoices: mandate.sendsInvoices,
    zone,
  })
  await insertSteps(sql, random, onDay, opened.id, steps)
  await record(sql, onDay, {
    caseId: opened.id,
    kind: 'case_opened',
    detail: { number: opened.number, anchor: anchorOn.toString(), scenario: scenario.id, limitation: limits.why },
    author,
  })
  return opened
}

/** Closes a case with its reason: paid, irrecoverable, refused by the creditor… Steps not done are skipped. */
export async function closeCase(
  sql: Sql,
  onDay: Day,
  input: { caseId: string; reason: string },
  author: Author,
): Promise<void> {
  await transaction(sql, async (tx) => {
    const closed = await tx`
      update cases set closed_on = ${onDay}, closed_why = ${input.reason}
      where id = ${input.caseId} and closed_on is null returning id`
    if (closed.length === 0) throw caseGone(input.caseId)
    await tx`
      update steps set skipped_on = ${onDay}, skipped_why = ${`Dossier clos : ${input.reason}`}, queued_for = null
      where case_id = ${input.caseId} and done_on is null and skipped_on is null`
    await record(tx, onDay, { caseId: input.caseId, kind: 'case_closed', detail: { reason: input.reason }, author })
  })
}
