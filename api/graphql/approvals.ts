import {
  approveSteps,
  type PendingApproval,
  pendingApprovals,
  setApprovalRule,
} from '../../procedures/amicable/approvals.ts'
import { builder } from './builder.ts'
import { CaseType } from './cases.ts'
import type { Context } from '../context.ts'
import { answersCreditor, creditorOf } from './creditors.ts'
import { once } from './once.ts'
import { rowId } from './values.ts'

const Approver = builder.enumType('Approver', {
  values: {
    CREDITOR: { value: 'creditor' },
    AMICABLE: { value: 'amicable', description: 'The amicable cell.' },
  } as const,
})
const Otherwise = builder.enumType('ApprovalOtherwise', {
  description: 'What becomes of a step that nobody answered for in time.',
  values: {
    SEND: { value: 'envoyer', description: 'It is done.' },
    WAIT: { value: 'attendre', description: 'It goes on waiting, in the work of the day.' },
  } as const,
})

const PendingApprovalType = builder.objectRef<PendingApproval>('PendingApproval').implement({
  description: 'A step that waits for a yes or a no.',
  fields: (t) => ({
    stepId: t.exposeID('stepId'),
    stepKey: t.exposeString('stepKey'),
    channel: t.exposeString('channel'),
    plannedOn: t.expose('plannedOn', { type: 'Date' }),
    askedOn: t.expose('askedOn', { type: 'Date' }),
    answerBy: t.expose('answerBy', { type: 'Date' }),
    approver: t.field({ type: Approver, resolve: ({ approver }) => approver }),
    otherwise: t.field({ type: Otherwise, resolve: ({ otherwise }) => otherwise }),
    case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
  }),
})

const ownCreditor = (ctx: Context): string | null => (ctx.viewer?.role === 'creditor' ? ctx.viewer.creditorId : null)

builder.queryFields((t) => ({
  pendingApprovals: t.field({
    type: [PendingApprovalType],
    nullable: true,
    description: 'The morning’s list: the five hundred steps put to the viewer whose answer is due soonest.',
    authScopes: { may: 'approveSteps' },
    complexity: { field: 1, multiplier: 20 },
    resolve: (_root, _args, ctx) => pendingApprovals(ctx.sql, ownCreditor(ctx)),
  }),
}))

builder.relayMutationField(
  'approveSteps',
  {
    inputFields: (t) => ({
      stepIds: t.idList({ required: true }),
      approved: t.boolean({ required: true, defaultValue: true }),
      reason: t.string({ description: 'Needed to refuse.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Says yes or no to steps of the morning’s list. A step refused is left out, with its reason.',
    authScopes: { may: 'approveSteps' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'approveSteps', input, async (office, author) => {
        const { stepIds, approved, reason } = input
        const answer = {
          stepIds: stepIds.map((id) => rowId('Step', id)),
          approved,
          reason: reason ?? null,
          creditorId: ownCreditor(ctx),
        }
        return { caseIds: await approveSteps(office.sql, office.random, ctx.day, answer, author) }
      }),
  },
  { outputFields: (t) => ({ cases: t.field({ type: [CaseType], resolve: ({ caseIds }) => caseIds as string[] }) }) },
)

builder.relayMutationField(
  'setApprovalRule',
  {
    inputFields: (t) => ({
      creditorId: t.id({ description: 'A creditor sets its own and may leave it out.' }),
      stepKeys: t.stringList({ description: 'Which steps; every approach of the debtor when empty.' }),
      approver: t.field({ type: Approver, required: true, defaultValue: 'creditor' }),
      waitDays: t.int({ required: true, defaultValue: 1, description: 'Days to answer, 0 to 30.' }),
      otherwise: t.field({ type: Otherwise, required: true, defaultValue: 'envoyer' }),
      ended: t.boolean({
        required: true,
        defaultValue: false,
        description: 'Ends the rule: steps leave by themselves again.',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Which steps a creditor, or the amicable cell for it, approves before they are done. It takes the place of the former rule.',
    authScopes: { may: 'setApprovalRule' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'setApprovalRule', input, async (office, author) => {
        const creditorId = creditorOf(ctx, input.creditorId)
        const { stepKeys, approver, waitDays, otherwise } = input
        const rule = input.ended ? null : { stepKeys: stepKeys ?? [], approver, waitDays, otherwise }
        await setApprovalRule(office.sql, office.random, ctx.day, creditorId, rule, author)
        return { creditorId }
      }),
  },
  answersCreditor,
)
