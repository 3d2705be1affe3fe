import { type Reply, settleReply } from '../procedures/cases/replies.ts'
import type { Sql } from '../schema/db.ts'
import { builder } from './builder.ts'
import { CaseType, requireCase } from './cases.ts'
import { rowsOf } from './context.ts'
import { once } from './once.ts'
import { rowId } from './values.ts'

const ReplyKind = builder.enumType('ReplyKind', {
  values: {
    PAID: { value: 'paid', description: 'Says it is paid: to be checked with the creditor.' },
    PROMISE: { value: 'promise', description: 'Became a promise.' },
    INSTALMENTS: { value: 'instalments', description: 'A proposal, and no agreement: see agreeInstalments.' },
    DISPUTE: { value: 'dispute', description: 'Became a dispute.' },
    ADDRESS: { value: 'address', description: 'Letters go there from now on.' },
  } as const,
})

const ReplyType = builder.objectRef<Reply>('CouponReply').implement({
  description: 'What the debtor answered online with the code of the reply coupon (coupon-réponse).',
  fields: (t) => ({
    id: t.exposeID('id'),
    kind: t.expose('kind', { type: ReplyKind }),
    summary: t.exposeString('summary', { description: 'In French, as confirmed to the debtor.' }),
    repliedOn: t.expose('repliedOn', { type: 'Date' }),
    handledOn: t.expose('handledOn', { type: 'Date', nullable: true }),
    handledBy: t.exposeString('handledBy', { nullable: true }),
    handledHow: t.exposeString('handledHow', { nullable: true }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  replies: t.field({
    type: [ReplyType],
    description: 'The oldest first.',
    resolve: (found, _args, ctx) => rowsOf(ctx, replies, found.id),
  }),
}))

async function replies(sql: Sql, ids: string[]): Promise<Map<string, Reply[]>> {
  const rows = await sql<Reply[]>`
    select id, case_id, document_id, kind, summary, replied_on, handled_on, handled_by, handled_how
    from replies where case_id = any(${ids}) order by replied_on, id`
  return Map.groupBy(rows, (row) => row.caseId)
}

builder.relayMutationField(
  'settleReply',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      replyId: t.id({ required: true }),
      how: t.string({ required: true, description: 'What was done about it.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'A person has seen to a debtor’s reply. The payment, plan or answer that follows is an act of its own; a wait ends on its day or by releaseCase.',
    authScopes: { may: 'settleReply' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'settleReply', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        await settleReply(
          office.sql,
          ctx.day,
          { caseId: id, replyId: rowId('CouponReply', input.replyId), how: input.how },
          author,
        )
        return { caseId: id }
      }),
  },
  { outputFields: (t) => ({ case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }) }) },
)
