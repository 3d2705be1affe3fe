import type { Day } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newId, type Random } from '../../schema/random.ts'
import { type Author, record } from '../cases/journal.ts'
import { adjustStep } from './choose.ts'

export type Approver = 'creditor' | 'amicable'
/** What becomes of a step that nobody answered for in time: it is done, or goes on waiting in the list. */
export type Otherwise = 'envoyer' | 'attendre'

export interface ApprovalRule {
  id: string
  creditorId: string
  /** Empty: every step that approaches the debtor. */
  stepKeys: string[]
  approver: Approver
  waitDays: number
  otherwise: Otherwise
  setOn: Day
}

/** A step that waits for a yes or a no, with the letter it would send. */
export interface PendingApproval {
  stepId: string
  caseId: string
  stepKey: string
  channel: string
  plannedOn: Day
  askedOn: Day
  answerBy: Day
  approver: Approver
  otherwise: Otherwise
}

/** Sets what a creditor, or the amicable cell for it, wants to see before it leaves. One rule a creditor; null ends it. */
export async function setApprovalRule(
  sql: Sql,
  random: Random,
  onDay: Day,
  creditorId: string,
  rule: Pick<ApprovalRule, 'stepKeys' | 'approver' | 'waitDays' | 'otherwise'> | null,
  author: Author,
): Promise<void> {
  if (rule && (!Number.isInteger(rule.waitDays) || rule.waitDays < 0 || rule.waitDays > 30)) {
    throw new DomainError('bad_approval_rule', 'On attend une réponse de 0 à 30 jours.', {
      remedy: 'Corrigez le nombre de jours.',
    })
  }
  await transaction(sql, async (tx) => {
    const [known] = await tx`select 1 from creditors where id = ${creditorId} for no key update`
    if (!known) {
      throw new DomainError('creditor_not_found', 'Ce créancier n’existe pas.', { remedy: 'Vérifiez son identifiant.' })
    }
    await tx`update approval_rules set ended_on = ${onDay} where creditor_id = ${creditorId} and ended_on is null`
    // What was asked under the former rule is free, or asked again by the next tick under the new one.
    await tx`
      delete from approvals a using approval_rules r
      where r.id = a.rule_id and r.creditor_id = ${creditorId} and a.decision is null`
    if (rule) {
      await tx`
        insert into approval_rules (id, creditor_id, step_keys, approver, wait_days, otherwise, set_on, set_by)
        values (${newId(random)}, ${creditorId}, ${rule.stepKeys}, ${rule.approver}, ${rule.waitDays}, ${rule.otherwise}, ${onDay}, ${author})`
    }
    const detail = { creditor: creditorId, ...(rule ?? { ended: true }) }
    await record(tx, onDay, { caseId: null, kind: 'approval_rule_set', detail, author })
  })
}

/**
 * The morning's list: a step due up to that day, under a live rule, is put to its approver once. What nobody answered for
 * in time follows the rule: done all the same, or waiting in the list until somebody does. Safe to run twice.
 */
export async function askApprovals(sql: Sql, upTo: Day): Promise<void> {
  await sql`
    insert into approvals (step_id, rule_id, asked_on, answer_by)
    select s.id, r.id, ${upTo}, ${upTo}::date + r.wait_days
    from steps s
    join cases c on c.id = s.case_id and c.closed_on is null
    join approval_rules r on r.creditor_id = c.creditor_id and r.ended_on is null
    where s.planned_on <= ${upTo} and s.done_on is null and s.skipped_on is null
      and s.channel in ('lettre', 'lrar', 'email', 'sms', 'appel', 'visite')
      -- What the creditor itself is told approaches no debtor.
      and s.key not like '%.prevenir'
      and (cardinality(r.step_keys) = 0 or s.key = any(r.step_keys))
      and not exists (select from steps earlier where earlier.case_id = s.case_id and earlier.rank < s.rank
                        and earlier.done_on is null and earlier.skipped_on is null)
      and not exists (select from holds h where h.case_id = s.case_id and h.released_on is null)
    on conflict do nothing`
  await sql`
    update approvals a set decision = 'delai', decided_on = ${upTo}, decided_by = 'system',
      reason = 'Sans réponse au ' || to_char(a.answer_by, 'DD/MM/YYYY') || ' : la règle est d’envoyer.'
    from approval_rules r where r.id = a.rule_id and r.otherwise = 'envoyer' and a.decision is null and a.answer_by < ${upTo}`
}

/** Approves or refuses steps that were put to the viewer. Refused, a step is left out with its reason and the rest goes on. */
export async function approveSteps(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { stepIds: string[]; approved: boolean; reason: string | null; creditorId: string | null },
  author: Author,
): Promise<string[]> {
  if (!input.approved && !input.reason?.trim()) {
    throw new DomainError('reason_missing', 'Un refus dit pourquoi : la suite du dossier en dépend.', {
      remedy: 'Écrivez le motif en une phrase.',
    })
  }
  return transaction(sql, async (tx) => {
    const cases: string[] = []
    // In one order of cases, whatever order they come in: two answers never wait for each other.
    const known = await tx<{ id: string }[]>`
      select s.id from steps s join cases c on c.id = s.case_id where s.id::text = any(${input.stepIds})
      order by c.id, s.rank for update of c`
    const ids = new Set(known.map(({ id }) => id))
    for (const stepId of [...ids, ...input.stepIds.filter((id) => !ids.has(id))]) {
      const [found] = await tx<{ caseId: string; key: string; approver: Approver }[]>`
        select s.case_id, s.key, r.approver
        from approvals a join steps s on s.id = a.step_id join cases c on c.id = s.case_id join approval_rules r on r.id = a.rule_id
        where a.step_id::text = ${stepId} and a.decision is null and s.done_on is null and s.skipped_on is null
          and (${input.creditorId}::uuid is null or (c.creditor_id = ${input.creditorId} and r.approver = 'creditor'))`
      if (!found) {
        throw new DomainError('nothing_to_approve', 'Cette étape n’attend pas votre accord.', {
          remedy: 'Consultez la liste des étapes à approuver (pendingApprovals).',
          facts: { stepId },
        })
      }
      const { caseId, key } = found
      const decision = input.approved ? 'approuve' : 'refuse'
      const answered = await tx`
        update approvals set decision = ${decision}, decided_on = ${onDay}, decided_by = ${author}, reason = ${input.reason}
        where step_id = ${stepId} and decision is null returning step_id`
      if (answered.length === 0) continue
      await record(tx, onDay, {
        caseId,
        kind: input.approved ? 'step_approved' : 'step_refused',
        detail: { step: key, reason: input.reason },
        author,
      })
      if (!input.approved)
        await adjustStep(tx, random, onDay, { caseId, change: 'skip', stepKey: key, reason: input.reason! }, author)
      cases.push(caseId)
    }
    return cases
  })
}

/** Steps that wait for a yes or a no, the soonest answer first. */
export function pendingApprovals(sql: Sql, creditorId: string | null): Promise<PendingApproval[]> {
  return sql<PendingApproval[]>`
    select s.id as step_id, s.case_id, s.key as step_key, s.channel, s.planned_on, a.asked_on, a.answer_by, r.approver, r.otherwise
    from approvals a join steps s on s.id = a.step_id and s.done_on is null and s.skipped_on is null
    join cases c on c.id = s.case_id and c.closed_on is null
    join approval_rules r on r.id = a.rule_id
    where a.decision is null and (${creditorId}::uuid is null or (c.creditor_id = ${creditorId} and r.approver = 'creditor'))
    order by a.answer_by, s.planned_on, s.id limit 500`
}

/** The rule in force for a creditor; null when its steps leave by themselves. */
export async function ruleOf(sql: Sql, creditorId: string): Promise<ApprovalRule | null> {
  const [rule] = await sql<ApprovalRule[]>`
    select id, creditor_id, step_keys, approver, wait_days, otherwise, set_on
    from approval_rules where creditor_id = ${creditorId} and ended_on is null`
  return rule ?? null
}
