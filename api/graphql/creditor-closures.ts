import {
  closuresOf,
  type CreditorClosure,
  recordCreditorClosure,
  withdrawCreditorClosure,
} from '../../procedures/cases/creditor-closures.ts'
import { builder } from './builder.ts'
import { rowsOf } from '../context.ts'
import { answersCreditor, creditorOf, CreditorType } from './creditors.ts'
import { once } from './once.ts'
import { nodeId } from '../nodes.ts'

const CreditorClosureType = builder.objectRef<CreditorClosure>('CreditorClosure').implement({
  description:
    'Jours de fermeture: days on which nobody at the creditor’s answers. The timeline approaches none of its debtors then; each step waits for the first working day after, with its intervals. Time limits of the law do not move, and no step waits past limitation.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'What withdrawCreditorClosure wants.' }),
    from: t.expose('closedFrom', { type: 'Date', description: 'The first day closed.' }),
    until: t.expose('closedUntil', { type: 'Date', description: 'The last day closed.' }),
    reason: t.exposeString('reason', { description: 'In the creditor’s own words.' }),
    recordedOn: t.expose('recordedOn', { type: 'Date' }),
    recordedBy: t.exposeString('recordedBy'),
    withdrawnOn: t.expose('withdrawnOn', {
      type: 'Date',
      nullable: true,
      description: 'Taken back: from that day on the creditor is open.',
    }),
  }),
})

builder.objectFields(CreditorType, (t) => ({
  closures: t.field({
    type: [CreditorClosureType],
    description: 'Days on which it is closed, those past or taken back too; the first ones first.',
    resolve: ({ id }, _args, ctx) => rowsOf(ctx, closuresOf, id),
  }),
}))

builder.relayMutationField(
  'recordCreditorClosure',
  {
    inputFields: (t) => ({
      creditorId: t.id({ description: 'Of whom; a creditor records its own and may leave it out.' }),
      from: t.field({ type: 'Date', required: true, description: 'The first day closed: today or later.' }),
      until: t.field({ type: 'Date', required: true, description: 'The last day closed; 60 days in all at most.' }),
      reason: t.string({ required: true, description: '« congés annuels »' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Records days on which the creditor is closed: the timeline waits for the first working day after. Refused with `closure_backwards`, `closure_past`, `closure_too_long` or `reason_missing`.',
    authScopes: { may: 'recordCreditorClosure' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordCreditorClosure', input, async (office, author) => {
        const creditorId = creditorOf(ctx, input.creditorId)
        const closure = { creditorId, closedFrom: input.from, closedUntil: input.until, reason: input.reason }
        await recordCreditorClosure(office.sql, office.random, ctx.day, closure, author)
        return { creditorId }
      }),
  },
  answersCreditor,
)

builder.relayMutationField(
  'withdrawCreditorClosure',
  { inputFields: (t) => ({ closureId: t.id({ required: true }), idempotencyKey: t.string() }) },
  {
    description:
      'Takes a closure back: the creditor is open from today on. Steps that have waited keep the day they were moved to.',
    authScopes: { may: 'withdrawCreditorClosure' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'withdrawCreditorClosure', input, async (office, author) => {
        const closure = { id: nodeId(input.closureId), creditorId: ctx.viewer?.creditorId ?? null }
        return { creditorId: await withdrawCreditorClosure(office.sql, ctx.day, closure, author) }
      }),
  },
  answersCreditor,
)
