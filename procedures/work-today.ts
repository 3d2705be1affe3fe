import type { Day } from '../schema/days.ts'
import type { Fragment, Sql } from '../schema/db.ts'
import { isWorkingDay } from './law/calendar.ts'
import { lookUpDays } from './cases/insolvency/insolvency-watch.ts'
import { legalValue } from './law/values.ts'
import { leftUnsaid } from './mail/still-true.ts'

export type Cell = 'research' | 'phone' | 'amicable' | 'legal'
export type WorkKind = keyof typeof cellOf

/** What waits for a person, and whose it is. */
export interface WorkItem {
  kind: WorkKind
  caseId: string
  /** Since when, or by when. */
  onDay: Day
  what: string
  /** The letter, or the script of a call, that it is about. */
  documentId: string | null
}

/** Each kind of work, and the cell that does it. */
export const cellOf = {
  address: 'research',
  lookup: 'research',
  returned: 'research',
  call: 'phone',
  callback: 'phone',
  visit: 'phone',
  reply: 'amicable',
  approval: 'amicable',
  promise: 'amicable',
  attestation: 'amicable',
  dispute: 'amicable',
  hold: 'amicable',
  presentation: 'amicable',
  dispatch: 'amicable',
  resend: 'amicable',
  payover: 'amicable',
  webhook: 'amicable',
  deadline: 'legal',
  awaited: 'legal',
  consent: 'legal',
  refused: 'legal',
  pack: 'legal',
  return: 'legal',
  limitation: 'legal',
  declaration: 'legal',
  orphan: 'legal',
} as const satisfies Record<string, Cell>

export const kindsOf = (cell: Cell): WorkKind[] =>
  (Object.keys(cellOf) as WorkKind[]).filter((kind) => cellOf[kind] === cell)

/** How long a returned act stays in the work of the legal cell, in days. */
const returnDays = 14

/**
 * What waits for a person on that day, the oldest first. Only the kinds asked for are looked for; time limits before a court are
 * shown to whoever `seesDeadlines`.
 */
export async function workToday(
  sql: Sql,
  day: Day,
  asked: { kinds: readonly WorkKind[]; seesDeadlines: boolean; caseId?: string },
): Promise<WorkItem[]> {
  const union = workOf(sql, day, asked)
  if (!union) return []
  return sql<WorkItem[]>`
    with work (kind, case_id, on_day, what, document_id) as (${union})
    select w.kind, w.case_id, w.on_day, w.what, w.document_id
    from work w join cases c on c.id = w.case_id and (c.closed_on is null or w.kind = 'payover')
    where ${asked.caseId ? sql`w.case_id = ${asked.caseId}` : sql`true`}
    order by w.on_day, c.number, w.kind limit 500`
}

/** The cases that those kinds of work are on, as a condition's list. */
export const casesAtWork = (
  sql: Sql,
  day: Day,
  asked: { kinds: readonly WorkKind[]; seesDeadlines: boolean },
): Fragment => {
  const union = workOf(sql, day, asked)
  return union
    ? sql`select w.case_id from (${union}) as w (kind, case_id, on_day, what, document_id)`
    : sql`select null::uuid where false`
}

function workOf(sql: Sql, day: Day, asked: { kinds: readonly WorkKind[]; seesDeadlines: boolean }): Fragment | null {
  const wanted = asked.kinds.filter((kind) => kind !== 'deadline' || asked.seesDeadlines)
  return [...new Set(wanted)]
    .map((kind) => sources[kind](sql, day))
    .reduce<Fragment | null>((all, one) => (all === null ? one : sql`${all} union all ${one}`), null)
}

/** How long the post keeps a registered letter, and what it takes to come back. */
const keptDays = (on: Day): number => Number(legalValue('recommande-garde', on, 'lrar').value) + 3

type Source = (sql: Sql, day: Day) => Fragment

/** Calls that the house allows itself in a week; a case past it waits, and comes back by itself. */
const callCap = (debtor: string, on: Day): number => Number(legalValue('contacts', on, `appels-${debtor}`).value)

const mayCall: Source = (sql, day) => sql`
  ${isWorkingDay(day)}
  and (select count(*) from calls k where k.case_id = d.case_id and k.direction = 'outgoing' and k.called_on > ${day}::date - 7)
      < (select case b.kind when 'business' then ${callCap('professionnel', day)}::int when 'public' then ${callCap('public', day)}::int else ${callCap('consommateur', day)}::int end
         from cases c join debtors b on b.id = c.debtor_id where c.id = d.case_id)`

/** Why what was to be written about it could not be; as a part of « what ». */
const unwritten = (sql: Sql, caseId: Fragment, id: Fragment): Fragment => sql`
  coalesce((select ' (courrier non envoyé\u00a0: ' || (e.detail ->> 'message') || ')' from events e
            where e.case_id = ${caseId} and e.kind in ('follow_up_refused', 'follow_up_retried') and e.detail ->> 'id' = ${id}::text
            order by e.seq desc limit 1), '')`

const sources: Record<WorkKind, Source> = {
  address: (sql) => sql`
    select 'address', c.id, c.opened_on, b.name, null::uuid
    from debtors b join cases c on c.debtor_id = b.id and c.closed_on is null
    where (b.address is null or coalesce(b.address ->> 'city', '') = '' or jsonb_array_length(b.address -> 'lines') = 0)`,
  // A formal notice leaves within three days, and the registers were not looked up of late.
  lookup: (sql, day) => sql`
    select 'lookup', s.case_id, s.planned_on, b.name, null::uuid
    from steps s
    -- Looked up row by row: joined, the planner reads every case to find the few whose notice leaves.
    cross join lateral (select c.debtor_id, d.name from cases c join debtors d on d.id = c.debtor_id
                        where c.id = s.case_id and c.closed_on is null limit 1) b
    where s.channel = 'lrar' and s.done_on is null and s.skipped_on is null and s.planned_on <= ${day}::date + 3
      and not exists (select from insolvencies n where n.case_id = s.case_id)
      and not exists (select from holds h where h.case_id = s.case_id and h.released_on is null)
      and not exists (select from insolvency_checks k where k.debtor_id = b.debtor_id
                      and k.checked_on >= s.planned_on - ${lookUpDays(day, 'mise-en-demeure')}::int)`,
  returned: (sql) => sql`
    select 'returned', c.id, m.marked_on, m.reason || ' : ' || m.value, m.document_id
    from address_marks m join cases c on c.debtor_id = m.debtor_id and c.closed_on is null
    where m.found_on is null`,
  // A step done on another channel than a call has left by itself; a call leaves a script, and waits for its record. The latest
  // stands for those before it, and none is made to somebody who is before a court since.
  call: (sql, day) => sql`
    select 'call', d.case_id, d.written_on,
           (select b.name || coalesce(' : ' || b.phone, ' : téléphone à trouver') from cases c join debtors b on b.id = c.debtor_id where c.id = d.case_id), d.id
    from documents d
    where d.channel = 'appel' and d.written_on <= ${day}
      and not exists (select from calls k where k.case_id = d.case_id and (k.step_id = d.step_id or k.called_on >= d.written_on))
      and not exists (select from holds h where h.case_id = d.case_id and h.released_on is null)
      and not exists (select from procedures p where p.case_id = d.case_id and p.opened_on >= d.written_on)
      and not exists (select from documents later where later.case_id = d.case_id and later.channel = 'appel'
                                                   and later.written_on between d.written_on + 1 and ${day})
      and ${mayCall(sql, day)}`,
  callback: (sql, day) => sql`
    select 'callback', d.case_id, d.called_on, coalesce(d.person || ' : ', '') || d.summary, null::uuid
    from calls d
    where d.outcome = 'a-rappeler' and d.called_on <= ${day}
      and not exists (select from calls later where later.case_id = d.case_id and later.id <> d.id
                      and (later.called_on, coalesce(later.called_at, '00:00')) > (d.called_on, coalesce(d.called_at, '00:00')))
      and ${mayCall(sql, day)}`,
  // Its step writes the order of mission, as a call's its script. Past a court, or once another is ordered, none is made of it.
  visit: (sql, day) => sql`
    select 'visit', s.case_id, s.done_on,
           (select b.name || ' : ' || concat_ws(', ', (select string_agg(line, ', ') from jsonb_array_elements_text(b.address -> 'lines') line),
                                                trim(concat_ws(' ', b.address ->> 'postalCode', b.address ->> 'city')))
            from cases c join debtors b on b.id = c.debtor_id where c.id = s.case_id),
           (select d.id from documents d where d.step_id = s.id and d.attached_to is null order by d.written_on, d.id limit 1)
    from steps s
    where ${isWorkingDay(day)} and s.channel = 'visite' and s.done_on <= ${day}
      and not exists (select from visits v where v.case_id = s.case_id and (v.step_id = s.id or v.visited_on >= s.done_on))
      and not exists (select from holds h where h.case_id = s.case_id and h.released_on is null)
      and not exists (select from procedures p where p.case_id = s.case_id and p.opened_on >= s.done_on)
      and not exists (select from steps later where later.case_id = s.case_id and later.channel = 'visite'
                                               and later.done_on between s.done_on + 1 and ${day})`,
  reply: (sql) => sql`
    select 'reply', r.case_id, r.replied_on, r.summary || ${unwritten(sql, sql`r.case_id`, sql`r.id`)}, r.document_id
    from replies r
    where r.handled_on is null and not exists (select from disputes x where x.id = r.act_id and x.resolved_on is not null)`,
  approval: (sql) => sql`
    select 'approval', s.case_id, a.answer_by, s.key, null::uuid
    from approvals a join steps s on s.id = a.step_id and s.done_on is null and s.skipped_on is null
    where a.decision is null`,
  promise: (sql, day) => sql`
    select 'promise', p.case_id, p.due_on, p.author || ' : ' || p.means, null::uuid
    from promises p
    where p.due_on between ${day}::date - 7 and ${day}
      and not exists (select from payments r where r.case_id = p.case_id and r.received_on >= p.promised_on)`,
  attestation: (sql, day) => sql`
    select 'attestation', p.case_id, f.confirmed_on, p.author, f.document_id
    from promise_confirmations f join promises p on p.id = f.promise_id
    where p.due_on >= ${day} and f.confirmed_on <= ${day}::date - 5
      and not exists (select from promise_attestations a where a.promise_id = p.id)
    union all
    -- A payment acknowledges the debt as well as the act would.
    select 'attestation', p.case_id, d.written_on, 'échéancier', d.id
    from plans p join documents d on d.id = p.document_id
    where p.broken_on is null and p.kept_on is null and d.written_on <= ${day}::date - 5
      and not exists (select from plan_attestations a where a.plan_id = p.id)
      and not exists (select from payments r where r.case_id = p.case_id and r.received_on >= p.agreed_on)`,
  dispute: (sql, day) => sql`
    select 'dispute', x.case_id, coalesce(x.answer_by, x.raised_on),
           x.ground || case when x.creditor_answered_on is null then '' else ' (le créancier a répondu)' end
             || ${unwritten(sql, sql`x.case_id`, sql`x.id`)}, x.asked_id
    from disputes x
    where x.resolved_on is null
       -- An answer that could not be written is owed all the same.
       or x.outcome in ('maintained', 'credited') and x.resolved_on > ${day}::date - 60
          and exists (select from events e where e.case_id = x.case_id and e.kind = 'follow_up_refused' and e.detail ->> 'id' = x.id::text
                      and e.on_day >= x.resolved_on)
          and not exists (select from events e where e.case_id = x.case_id and e.kind = 'dispute_answer_written'
                          and e.detail ->> 'dispute' = x.id::text)`,
  hold: (sql, day) => sql`
    select 'hold', h.case_id, h.review_on, h.reason, null::uuid
    from holds h where h.released_on is null and h.review_on <= ${day}`,
  presentation: (sql, day) => sql`
    select 'presentation', d.case_id, coalesce(o.presented_on, o.sent_on), d.reference, d.id
    from dispatches o join documents d on d.id = o.document_id
    where o.channel in ('lrar', 'lre') and o.state = 'sent' and o.outcome is null
      and (o.presented_on is null and o.sent_on < ${day}::date - 3 or o.presented_on < ${day}::date - ${keptDays(day)}::int)`,
  dispatch: (sql) => sql`
    select 'dispatch', d.case_id, d.written_on, d.reference || ' (' || o.channel || ')', d.id
    from dispatches o join documents d on d.id = o.document_id
    where (o.outcome = 'bounced' and not exists (select from address_marks m where m.document_id = d.id)
           and not exists (select from documents later where later.case_id = d.case_id and later.recipient = d.recipient
                                                        and later.attached_to is null and later.written_on > o.outcome_on))
       or (o.state = 'failed' and not exists (select from address_marks m where m.document_id = d.id and m.found_on is not null))
       or (o.state = 'sending' and not exists (select from graphile_worker.jobs j where j.key = 'send:' || d.id))`,
  // Another address was found for what came back, and nothing went there since; or it was withdrawn before it left, and the case
  // goes on: a person decides whether it goes again.
  resend: (sql) => sql`
    select 'resend', d.case_id, m.found_on, d.reference || ' (' || o.channel || ')', d.id
    from address_marks m join documents d on d.id = m.document_id join dispatches o on o.document_id = d.id
    where m.found_on is not null and d.recipient = 'debiteur'
      and not exists (select from resendings n where n.of_id = d.id)
      and not exists (select from documents later where later.case_id = d.case_id and later.recipient = 'debiteur'
                                                   and later.attached_to is null and later.written_on >= m.found_on)
    union all
    select 'resend', d.case_id, d.written_on, d.reference || ' (' || o.channel || ')', d.id
    from dispatches o join documents d on d.id = o.document_id
    where o.state = 'withdrawn' and ${leftUnsaid(sql)}`,
  // Shown with the last case that it was not told of; the rest of an address may hold a key.
  webhook: (sql) => sql`
    select 'webhook', x.case_id, w.disabled_on, split_part(w.url, '/', 3) || ' : ' || w.disabled_why, null::uuid
    from webhook_endpoints w
    cross join lateral (select d.case_id from webhook_deliveries d join cases c on c.id = d.case_id and c.closed_on is null
                        where d.endpoint_id = w.id and d.state <> 'delivered' order by d.rank desc limit 1) x
    where w.disabled_on is not null and w.ended_on is null`,
  payover: (sql, day) => sql`
    select 'payover', p.case_id, p.pay_over_by, coalesce(p.reference, p.means), null::uuid
    from payments p
    where p.received_by = 'agency' and p.pay_over_by <= ${day}::date + 7
      and not exists (select from payment_rejections r where r.payment_id = p.id)
      and not exists (select from pay_over_lines l where l.payment_id = p.id)`,
  deadline: (sql) => sql`
    select 'deadline', p.case_id, a.expires_on, a.what, null::uuid
    from deadline_alerts a join procedures p on p.id = a.procedure_id
    where a.over_on is null
      and not exists (select from procedures later where later.case_id = p.case_id and later.opened_on >= a.given_on
                                                     and later.id <> p.id and a.kind = 'closed')`,
  awaited: (sql, day) => sql`
    select 'awaited', r.case_id, r.expires_on, r.procedure, null::uuid
    from consent_requests r
    where r.expires_on >= ${day} and not exists (select from consents d where d.request_id = r.id)
      and not exists (select from consent_ends e where e.request_id = r.id)`,
  consent: (sql, day) => sql`
    select 'consent', r.case_id, d.decided_on, r.procedure, null::uuid
    from consents d join consent_requests r on r.id = d.request_id
    where live_consent(r.id, ${day}) and not exists (select from procedures p where p.consent_id = r.id)`,
  // The creditor said no, and nothing came of it since: another way, an end, or another request is for a person to choose.
  refused: (sql) => sql`
    select 'refused', r.case_id, d.decided_on, r.procedure, null::uuid
    from consents d join consent_requests r on r.id = d.request_id
    where d.decision = 'refused'
      and not exists (select from consent_requests later where later.case_id = r.case_id and later.id <> r.id and later.requested_on >= d.decided_on)
      and not exists (select from procedures p where p.case_id = r.case_id and p.opened_on >= d.decided_on)
      and not exists (select from holds h where h.case_id = r.case_id and h.released_on is null)
      and not exists (select from steps s where s.case_id = r.case_id and s.done_on is null and s.skipped_on is null)`,
  // Assembled, and neither handed over, nor filed, nor followed by a later version.
  pack: (sql) => sql`
    select 'pack', p.case_id, k.assembled_on, k.kind || ' (version ' || k.version || ')', null::uuid
    from packs k join procedures p on p.id = k.procedure_id
    where not exists (select from hand_overs o where o.pack_id = k.id)
      and not exists (select from packs next where next.procedure_id = k.procedure_id and next.kind = k.kind and next.version > k.version)
      and not exists (select from procedure_events e where e.procedure_id = k.procedure_id and e.happened_on >= k.assembled_on)`,
  return: (sql, day) => sql`
    select 'return', p.case_id, r.recorded_on, r.nature || coalesce(' : ' || r.note, ''), null::uuid
    from bailiff_returns r join procedures p on p.id = r.procedure_id
    where r.recorded_on between ${day}::date - ${returnDays}::int and ${day}`,
  limitation: (sql, day) => sql`
    select 'limitation', c.id, min(l.expires_on),
      case when exists (select from invoices o join invoice_limitations m on m.invoice_id = o.id
                        where o.case_id = c.id and m.is_owed and m.expires_on > max(l.expires_on))
           then 'prescription de ' || string_agg(i.number, ', ' order by l.expires_on, i.number) else 'prescription' end, null::uuid
    from invoice_limitations l join invoices i on i.id = l.invoice_id join cases c on c.id = i.case_id
    where c.closed_on is null and l.is_owed and l.expires_on between ${day} and ${day}::date + 90 group by c.id`,
  declaration: (sql) => sql`
    select 'declaration', n.case_id, coalesce(n.declare_by, n.opened_on),
      n.nature || case when n.declare_by is null then ' : publication au BODACC à chercher' else ' : créance à déclarer' end, null::uuid
    from insolvencies n join cases z on z.id = n.case_id and z.zone <> 'madagascar'
    where n.kind = 'procedure-collective' and n.declared_on is null`,
  orphan: (sql) => sql`
    select 'orphan', a.case_id, a.found_on, a.message, null::uuid from alarms a where a.settled_on is null`,
}
