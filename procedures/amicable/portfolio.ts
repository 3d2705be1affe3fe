import { loadLibrary } from '../../letters/catalogue.ts'
import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import type { Zone } from '../law/calendar.ts'
import type { Closure } from '../cases/creditor-closures.ts'
import type { DebtorKind } from '../cases/debtors.ts'
import type { Wish } from '../cases/exchanges/contact-preferences.ts'
import { promiseStanding } from '../cases/exchanges/promise-standing.ts'
import { lapsing } from '../cases/holds.ts'
import { emailKey } from '../mail/returned.ts'
import type { Otherwise } from './approvals.ts'
import type { Timeline } from './change.ts'
import type { Reach } from './channel.ts'
import type { ScenarioStep } from './scenario.ts'

/** One open case as a simulation needs it: its timeline and what it waits for. No names, no sums, no papers. */
export interface PortfolioCase {
  number: string
  scenario: string
  timeline: Timeline
  limitationOn: Day
  /** The first of its invoices' own that is still to come. */
  nextLimitationOn: Day
  /** Days to come on which its creditor is closed. */
  closures: readonly Closure[]
  /** Rules of the steps that a person added. */
  rules: ReadonlyMap<string, ScenarioStep>
  /** The day a hold ends by itself; null when it waits for a person, undefined when there is none. */
  releaseOn: Day | null | undefined
  /** The last day that a letter already sent lets the debtor answer. */
  answerBy: Day | null
  /** What the debtor wishes, by channel, and whether an e-mail would reach it. */
  reach: Reach
  /** What its creditor, or the cell for it, asked to see before it leaves. */
  approvals: Approvals | null
  /** The day of its latest promise, unless it was paid or a plan took its place: nobody pays in a simulation, and after that day it is broken. */
  promisedFor: Day | null
  /** Everything is paid, or an insolvency is open: nothing more is sent. */
  isStopped: boolean
  /** Before a court, or with an agreement asked for until that day. */
  inCourt: boolean
  consentUntil: Day | null
}

/** `asked`: the step that was put to its approver already, with the day by which the answer is wanted; null once it came. */
export interface Approvals {
  stepKeys: ReadonlySet<string>
  waitDays: number
  otherwise: Otherwise
  asked: { key: string; answerBy: Day | null } | null
}

type StepRow = [
  id: string,
  key: string,
  rank: number,
  channel: string,
  nominal: number,
  planned: number,
  done: number | null,
  skipped: number | null,
  why: string | null,
  rule: ScenarioStep | null,
]
interface Row {
  id: string
  number: string
  scenario: string
  zone: Zone
  kind: DebtorKind
  anchor: number
  opened: number
  limitation: number
  nextLimitation: number | null
  closures: [from: number, until: number, reason: string][] | null
  issued: number | null
  sendsInvoices: boolean
  steps: StepRow[]
  letters: string[] | null
  hasFirst: boolean
  answerBy: number | null
  heldSince: number | null
  reviewOn: number | null
  forPerson: boolean
  promise: [promised: number, due: number, amount: number, payments: [received: number, amount: number][] | null] | null
  isStopped: boolean
  inCourt: boolean
  consentUntil: number | null
  wishes: [channel: string, wish: Wish][] | null
  email: string | null
  returned: string[]
  approvals:
    | [keys: string[], waitDays: number, otherwise: Otherwise, asked: string | null, answerBy: number | null]
    | null
}

// Small enough that a server flying it still answers others between two pages.
const batch = 500

/** Every open case, read once and in pages, so that memory holds what is simulated and no more. Of one creditor, or of all. */
export async function* readPortfolio(
  sql: Sql,
  onDay: Day,
  creditorId: string | null = null,
): AsyncGenerator<PortfolioCase[]> {
  let last = '00000000-0000-0000-0000-000000000000'
  for (;;) {
    const rows = await page(sql, onDay, creditorId, last)
    if (rows.length > 0) yield rows.map((row) => caseOf(row, onDay))
    if (rows.length < batch) return
    last = rows.at(-1)!.id
  }
}

// Days travel as whole numbers: a hundred thousand cases have a million of them, and few different ones.
function page(sql: Sql, onDay: Day, creditorId: string | null, last: string): Promise<Row[]> {
  const days = (column: string) => sql`(${sql(column)} - date '1970-01-01')`
  return sql<Row[]>`
    with page as (
      select c.* from cases c
      where c.closed_on is null and c.id > ${last} and (${creditorId}::uuid is null or c.creditor_id = ${creditorId})
      order by c.id limit ${batch})
    select c.id, c.number, c.scenario, c.zone, d.kind, ${days('c.anchor_on')} as anchor, ${days('c.opened_on')} as opened, ${days('c.limitation_on')} as limitation,
           i.issued, i.next_limitation, coalesce(m.sends_invoices, false) as sends_invoices, coalesce(s.steps, '[]') as steps, l.letters, coalesce(l.has_first, false) as has_first, l.answer_by,
           h.held_since, h.review_on, coalesce(h.for_person, false) as for_person,
           (select json_build_array(${days('p.promised_on')}, ${days('p.due_on')}, p.amount,
                    (select json_agg(json_build_array(${days('r.received_on')}, r.amount)) from payments r
                     where r.case_id = c.id and r.received_on >= p.promised_on
                       and not exists (select from payment_rejections x where x.payment_id = r.id and x.rejected_on <= ${onDay})))
            from promises p
            where p.case_id = c.id and not exists (select from plans q where q.case_id = c.id and q.agreed_on >= p.promised_on)
            order by p.promised_on desc, p.id desc limit 1) as promise,
           (coalesce(i.payable, 0) <= coalesce(k.paid, 0)
            or exists (select from insolvencies n where n.case_id = c.id)) as is_stopped,
           exists (select from procedures p where p.case_id = c.id) as in_court,
           (select json_agg(json_build_array(${days('x.closed_from')}, ${days('x.closed_until')}, x.reason) order by x.closed_from, x.id)
            from creditor_closures x
            where x.creditor_id = c.creditor_id and x.withdrawn_on is null and x.closed_until >= ${onDay}) as closures,
           (select max(${days('r.expires_on')}) from consent_requests r left join consents a on a.request_id = r.id
            where r.case_id = c.id and r.expires_on >= ${onDay} and coalesce(a.decision, 'given') = 'given'
              and not exists (select from consent_ends e where e.request_id = r.id)) as consent_until,
           d.email, array(select k.value from address_marks k where k.debtor_id = d.id and k.channel = 'email') as returned,
           (select json_agg(json_build_array(w.channel, w.wish))
            from (select distinct on (channel) channel, wish from contact_preferences
                  where debtor_id = d.id order by channel, rank desc) w) as wishes,
           (select json_build_array(r.step_keys, r.wait_days, r.otherwise, p.key, case when p.decision is null then ${days('p.answer_by')} end)
            from approval_rules r left join lateral (
              select s.key, a.answer_by, a.decision from steps s join approvals a on a.step_id = s.id
              where s.case_id = c.id and s.done_on is null and s.skipped_on is null order by s.rank limit 1) p on true
            where r.creditor_id = c.creditor_id and r.ended_on is null) as approvals
    from page c
    join debtors d on d.id = c.debtor_id
    left join mandates m on m.creditor_id = c.creditor_id and m.ended_on is null
    left join lateral (
      select min(${days('v.issued_on')}) as issued, sum(v.payable) as payable,
             min(${days('n.expires_on')}) filter (where n.is_owed and n.expires_on >= ${onDay}) as next_limitation
      from invoices v left join invoice_limitations n on n.invoice_id = v.id where v.case_id = c.id) i on true
    left join lateral (select coalesce((select sum(p.amount) from payments p where p.case_id = c.id and not exists (select from payment_rejections x where x.payment_id = p.id)), 0)
                            + coalesce((select sum(n.amount) from credit_notes n where n.case_id = c.id), 0) as paid) k on true
    left join lateral (
      select json_agg(json_build_array(s.id, s.key, s.rank, s.channel, ${days('s.nominal_on')}, ${days('s.planned_on')}, ${days('s.done_on')},
                                       ${days('s.skipped_on')}, s.skipped_why, a.rule) order by s.rank) as steps
      from steps s left join step_additions a on a.step_id = s.id where s.case_id = c.id) s on true
    left join lateral (
      select array_agg(distinct w.letter) filter (where w.recipient = 'debiteur' and w.channel <> 'visite') as letters, bool_or(w.first_letter) as has_first,
             max((w.facts -> 'dateLimite' ->> 'date')::date - date '1970-01-01') filter (where w.recipient = 'debiteur') as answer_by
      from documents w where w.case_id = c.id and w.step_id is not null and w.attached_to is null) l on true
    left join lateral (
      select min(${days('o.from_on')}) as held_since, max(${days('o.review_on')}) as review_on, bool_or(o.cause <> all(${lapsing}) or o.for_person) as for_person
      from holds o where o.case_id = c.id and o.released_on is null) h on true
    order by c.id`
}

const known = new Map<number, Day>()
const epoch = Temporal.PlainDate.from('1970-01-01')

function dayAt(number: number): Day
function dayAt(number: number | null): Day | null
function dayAt(number: number | null): Day | null {
  if (number === null) return null
  let day = known.get(number)
  if (!day) known.set(number, (day = epoch.add({ days: number })))
  return day
}

function unpaidPromise([promised, due, amount, payments]: NonNullable<Row['promise']>, onDay: Day): Day | null {
  const promise = { promisedOn: dayAt(promised), dueOn: dayAt(due), amount: BigInt(amount) }
  const received = (payments ?? []).map(([on, sum]) => ({
    receivedOn: dayAt(on),
    amount: BigInt(sum),
    rejectedOn: null,
  }))
  return promiseStanding(promise, { payments: received }, onDay).paid < promise.amount ? promise.dueOn : null
}

function approvalsOf([keys, waitDays, otherwise, key, answerBy]: NonNullable<Row['approvals']>): Approvals {
  const asked = key === null ? null : { key, answerBy: dayAt(answerBy) }
  return { stepKeys: new Set(keys), waitDays, otherwise, asked }
}

function caseOf(row: Row, onDay: Day): PortfolioCase {
  const library = loadLibrary().letters
  const anchorOn = dayAt(row.anchor)
  return {
    number: row.number,
    scenario: row.scenario,
    limitationOn: dayAt(row.limitation),
    nextLimitationOn: dayAt(row.nextLimitation ?? row.limitation),
    closures: (row.closures ?? []).map(([from, until, reason]) => ({
      closedFrom: dayAt(from),
      closedUntil: dayAt(until),
      reason,
    })),
    rules: new Map(row.steps.flatMap((step) => (step[9] === null ? [] : [[step[1], step[9]] as const]))),
    releaseOn: row.heldSince === null ? undefined : row.forPerson ? null : dayAt(row.reviewOn),
    answerBy: dayAt(row.answerBy),
    promisedFor: row.promise && unpaidPromise(row.promise, onDay),
    isStopped: row.isStopped,
    inCourt: row.inCourt,
    reach: {
      kind: row.kind,
      wishes: new Map(row.wishes),
      hasEmail: row.email !== null && !row.returned.includes(emailKey(row.email)),
    },
    approvals: row.approvals && approvalsOf(row.approvals),
    consentUntil: dayAt(row.consentUntil),
    timeline: {
      anchorOn,
      issuedOn: dayAt(row.issued) ?? anchorOn,
      openedOn: dayAt(row.opened),
      debtor: row.kind,
      sendsInvoices: row.sendsInvoices,
      zone: row.zone,
      added: new Set(row.steps.flatMap((step) => (step[9] === null ? [] : [step[1]]))),
      hasFirstLetter: row.hasFirst,
      tone: Math.max(0, ...(row.letters ?? []).map((letter) => library.get(letter)?.ton ?? 0)),
      heldSince: dayAt(row.heldSince),
      steps: row.steps.map(([id, key, rank, channel, nominal, planned, done, skipped, skippedWhy]) => ({
        id,
        key,
        rank,
        channel,
        nominalOn: dayAt(nominal),
        plannedOn: dayAt(planned),
        doneOn: dayAt(done),
        skippedOn: dayAt(skipped),
        skippedWhy,
      })),
    },
  }
}
