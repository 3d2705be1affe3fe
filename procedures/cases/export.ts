import type { Sql } from '../../schema/db.ts'
import { caseGone } from './lock.ts'

/** Every row of a case as the database holds it, in one JSON document: days as YYYY-MM-DD, amounts as integer cents. */
export async function exportCase(sql: Sql, caseId: string): Promise<Record<string, unknown>> {
  const [row] = await sql<{ export: Record<string, unknown> }[]>`
    select json_build_object(
      'format', 'courtois-case/1',
      'case', to_json(c),
      'creditor', (select to_json(k) from creditors k where k.id = c.creditor_id),
      'mandates', (select coalesce(json_agg(m order by m.signed_on, m.id), '[]') from mandates m where m.creditor_id = c.creditor_id),
      'debtor', (select to_json(d) from debtors d where d.id = c.debtor_id),
      'invoices', (select coalesce(json_agg(i order by i.due_on, i.number), '[]') from invoices i where i.case_id = c.id),
      'credit_notes', (select coalesce(json_agg(n order by n.issued_on, n.number), '[]') from credit_notes n where n.case_id = c.id),
      'payments', (select coalesce(json_agg(p order by p.received_on, p.id), '[]') from payments p where p.case_id = c.id),
      'payment_rejections', (select coalesce(json_agg(x order by x.rejected_on, x.payment_id), '[]') from payment_rejections x where x.case_id = c.id),
      'pay_overs', (select coalesce(json_agg(json_build_object('payment_id', l.payment_id, 'paid_on', o.paid_on, 'reference', o.reference) order by o.paid_on, l.payment_id), '[]')
                    from pay_over_lines l join pay_overs o on o.id = l.pay_over_id join payments p on p.id = l.payment_id where p.case_id = c.id),
      'statements', (select coalesce(json_agg(x order by x.number), '[]') from statements x where x.case_id = c.id),
      'extra_steps', (select coalesce(json_agg(x order by x.done_on, x.id), '[]') from extra_steps x where x.case_id = c.id),
      'irrecoverability', (select to_json(x) from irrecoverabilities x where x.case_id = c.id),
      'holds', (select coalesce(json_agg(h order by h.from_on, h.id), '[]') from holds h where h.case_id = c.id),
      'disputes', (select coalesce(json_agg(x order by x.raised_on, x.id), '[]') from disputes x where x.case_id = c.id),
      'promises', (select coalesce(json_agg(x order by x.promised_on, x.id), '[]') from promises x where x.case_id = c.id),
      'plans', (select coalesce(json_agg(x order by x.agreed_on, x.id), '[]') from plans x where x.case_id = c.id),
      'instalments', (select coalesce(json_agg(x order by x.plan_id, x.rank), '[]') from instalments x join plans on plans.id = x.plan_id where plans.case_id = c.id),
      'replies', (select coalesce(json_agg(x order by x.replied_on, x.id), '[]') from replies x where x.case_id = c.id),
      'insolvencies', (select coalesce(json_agg(x order by x.opened_on, x.id), '[]') from insolvencies x where x.case_id = c.id),
      'calls', (select coalesce(json_agg(x order by x.called_on, x.id), '[]') from calls x where x.case_id = c.id),
      'steps', (select coalesce(json_agg(s order by s.rank), '[]') from steps s where s.case_id = c.id),
      'documents', (select coalesce(json_agg(d order by d.written_on, length(d.reference), d.reference), '[]') from documents d where d.case_id = c.id),
      'dispatches', (select coalesce(json_agg(o order by o.document_id), '[]') from dispatches o join documents d on d.id = o.document_id where d.case_id = c.id),
      'exhibits', (select coalesce(json_agg(e order by e.number, e.id), '[]') from exhibits e where e.case_id = c.id),
      'consent_requests', (select coalesce(json_agg(r order by r.requested_on, r.id), '[]') from consent_requests r where r.case_id = c.id),
      'consents', (select coalesce(json_agg(s order by s.decided_on), '[]') from consents s join consent_requests r on r.id = s.request_id where r.case_id = c.id),
      'consent_ends', (select coalesce(json_agg(e order by e.ended_on), '[]') from consent_ends e join consent_requests r on r.id = e.request_id where r.case_id = c.id),
      'procedures', (select coalesce(json_agg(p order by p.opened_on, p.id), '[]') from procedures p where p.case_id = c.id),
      'procedure_events', (select coalesce(json_agg(v order by v.happened_on, v.id), '[]') from procedure_events v join procedures p on p.id = v.procedure_id where p.case_id = c.id),
      'packs', (select coalesce(json_agg(k order by k.assembled_on, k.id), '[]') from packs k join procedures p on p.id = k.procedure_id where p.case_id = c.id),
      'events', (select coalesce(json_agg(v order by v.id), '[]') from events v where v.case_id = c.id)
    ) as export
    from cases c where c.id = ${caseId}`
  if (!row) throw caseGone(caseId)
  return row.export
}
