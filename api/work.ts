import type { Day } from '../schema/days.ts'
import type { Viewer } from './auth.ts'
import { builder } from './builder.ts'
import { isWorkingDay } from '../procedures/law/calendar.ts'
import { legalValue } from '../procedures/law/values.ts'
import { CaseType } from './cases.ts'

const WorkKind = builder.enumType('WorkKind', {
  values: {
    CALL: {
      value: 'call',
      description: 'A call of the timeline, whose script is written and which nobody has recorded.',
    },
    REPLY: {
      value: 'reply',
      description: 'A debtor answered by the coupon: a payment to check, instalments proposed, a dispute, an address.',
    },
    TO_APPROVE: {
      value: 'approval',
      description: 'A step that the amicable cell, or the creditor, asked to see first.',
    },
    PROMISE_DUE: { value: 'promise', description: 'A promised payment falls due.' },
    HOLD_TO_REVIEW: { value: 'hold', description: 'A suspension has come to its day.' },
    PRESENTATION_UNKNOWN: {
      value: 'presentation',
      description: 'A registered letter whose follow-up is not recorded: its period cannot be counted.',
    },
    DISPATCH_TO_CHECK: {
      value: 'dispatch',
      description:
        'À vérifier: a letter whose sending broke off, and nobody knows whether it left, or that its address refused.',
    },
    CONSENT_TO_FOLLOW: { value: 'consent', description: 'Given, and no procedure opened yet.' },
    PAY_OVER: {
      value: 'payover',
      description: 'Funds encashed for a creditor whose month ends within a week, or has ended (CPCE R124-6).',
    },
    DECLARATION_DUE: {
      value: 'declaration',
      description:
        'Insolvency proceedings in which the claim is not declared: the last day (C. com. L622-24), or a publication to find.',
    },
    ORPHAN: {
      value: 'orphan',
      description: 'An open case that nothing carries on any more, found by the nightly look.',
    },
    DEADLINE: {
      value: 'deadline',
      description:
        'For the legal cell: a time limit of a procedure is near, was missed, or closed the path. Each is told once, at the marks of its file (15, 7, 3 and 1 days).',
    },
    LIMITATION_NEAR: { value: 'limitation', description: 'Prescription within ninety days.' },
  } as const,
})

interface WorkItem {
  kind:
    | 'call'
    | 'reply'
    | 'approval'
    | 'promise'
    | 'hold'
    | 'presentation'
    | 'dispatch'
    | 'consent'
    | 'payover'
    | 'limitation'
    | 'declaration'
    | 'orphan'
    | 'deadline'
  caseId: string
  onDay: Day
  what: string
}

const WorkItemType = builder.objectRef<WorkItem>('WorkItem').implement({
  fields: (t) => ({
    kind: t.expose('kind', { type: WorkKind }),
    on: t.expose('onDay', { type: 'Date', description: 'Since when, or by when.' }),
    what: t.exposeString('what'),
    case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
  }),
})

builder.queryFields((t) => ({
  workToday: t.field({
    type: [WorkItemType],
    nullable: true,
    description: 'What waits for a person today, the oldest first.',
    authScopes: { staff: true },
    complexity: { field: 1, multiplier: 20 },
    args: { kinds: t.arg({ type: [WorkKind] }) },
    // A step done on another channel than a call has left by itself; a call leaves a script, and waits for its record.
    resolve: (_root, { kinds }, { sql, day, viewer }) => sql<WorkItem[]>`
      with work as (
        select 'call' as kind, d.case_id, d.written_on as on_day, coalesce(s.key, d.letter) as what
        from documents d left join steps s on s.id = d.step_id
        where d.channel = 'appel' and d.written_on <= ${day}
          and not exists (select from calls k where k.case_id = d.case_id and (k.step_id = d.step_id or k.called_on >= d.written_on))
          and not exists (select from holds h where h.case_id = d.case_id and h.released_on is null)
          and ${isWorkingDay(day)}
          and (select count(*) from calls k where k.case_id = d.case_id and k.direction = 'outgoing' and k.called_on > ${day}::date - 7)
              < (select case b.kind when 'business' then ${callCap('professionnel', day)}::int when 'public' then ${callCap('public', day)}::int else ${callCap('consommateur', day)}::int end
                 from cases c join debtors b on b.id = c.debtor_id where c.id = d.case_id)
        union all
        select 'reply', r.case_id, r.replied_on, r.summary
        from replies r
        where r.handled_on is null
          and not exists (select from disputes x where x.id = r.act_id and x.resolved_on is not null)
        union all
        select 'approval', s.case_id, a.answer_by, s.key
        from approvals a join steps s on s.id = a.step_id and s.done_on is null and s.skipped_on is null
        where a.decision is null
        union all
        select 'promise', p.case_id, p.due_on, p.author || ' : ' || p.means
        from promises p
        where p.due_on between ${day}::date - 7 and ${day}
          and not exists (select from payments r where r.case_id = p.case_id and r.received_on >= p.promised_on)
        union all
        select 'hold', h.case_id, h.review_on, h.reason from holds h where h.released_on is null and h.review_on <= ${day}
        union all
        select 'presentation', d.case_id, o.sent_on, d.reference
        from dispatches o join documents d on d.id = o.document_id
        where o.channel = 'lrar' and o.sent_on < ${day}::date - 3 and o.presented_on is null
        union all
        select 'dispatch', d.case_id, d.written_on, d.reference || ' (' || o.channel || ')'
        from dispatches o join documents d on d.id = o.document_id
        where o.state = 'failed'
           or (o.state = 'sending' and not exists (select from graphile_worker.jobs j where j.key = 'send:' || d.id))
        union all
        select 'consent', r.case_id, d.decided_on, r.procedure
        from consents d join consent_requests r on r.id = d.request_id
        where live_consent(r.id, ${day}) and not exists (select from procedures p where p.consent_id = r.id)
        union all
        select 'payover', p.case_id, p.pay_over_by, coalesce(p.reference, p.means)
        from payments p
        where p.received_by = 'agency' and p.pay_over_by <= ${day}::date + 7
          and not exists (select from payment_rejections r where r.payment_id = p.id)
          and not exists (select from pay_over_lines l where l.payment_id = p.id)
        union all
        select 'declaration', n.case_id, coalesce(n.declare_by, n.opened_on),
          n.nature || case when n.declare_by is null then ' : publication au BODACC à chercher' else ' : créance à déclarer' end
        from insolvencies n join cases z on z.id = n.case_id and z.zone <> 'madagascar'
        where n.kind = 'procedure-collective' and n.declared_on is null
        union all
        select 'orphan', a.case_id, a.found_on, a.message from alarms a where a.settled_on is null
        union all
        select 'deadline', p.case_id, a.expires_on, a.what
        from deadline_alerts a join procedures p on p.id = a.procedure_id
        where a.over_on is null and ${isLegal(viewer)}
          and not exists (select from procedures later where later.case_id = p.case_id and later.opened_on >= a.given_on
                                                         and later.id <> p.id and a.kind = 'closed')
        union all
        select 'limitation', c.id, c.limitation_on, 'prescription' from cases c where c.limitation_on between ${day} and ${day}::date + 90
      )
      select w.kind, w.case_id, w.on_day, w.what
      from work w join cases c on c.id = w.case_id and (c.closed_on is null or w.kind = 'payover')
      where ${kinds ? sql`w.kind = any(${kinds})` : sql`true`}
      order by w.on_day, c.number, w.kind limit 500`,
  }),
}))

/** Calls that the house allows itself in a week; a case past it waits, and comes back by itself. */
const callCap = (debtor: string, on: Day): number => Number(legalValue('contacts', on, `appels-${debtor}`).value)

/** Time limits before a court are the legal cell's own work. */
const isLegal = (viewer: Viewer | null): boolean => viewer?.role === 'legal' || viewer?.role === 'admin'
