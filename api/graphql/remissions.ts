import { caseParts, invoiceLines } from '../../procedures/cases/file/file.ts'
import { type Remission, type RemissionState, standingOf } from '../../procedures/money/remission.ts'
import { recordRemission, withdrawRemission } from '../../procedures/money/remissions.ts'
import type { Day } from '../../schema/days.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { rowsOf } from '../context.ts'
import { DocumentType } from './documents.ts'
import { once } from './once.ts'
import { centsOf, Money, MoneyInput, rowId } from './values.ts'

const RemissionStateType = builder.enumType('RemissionState', {
  values: {
    PENDING: { value: 'pending', description: 'To be paid yet.' },
    MET: { value: 'met', description: 'Paid in time: the rest is given up for good.' },
    LAPSED: { value: 'lapsed', description: 'Its day has passed: everything stays owed.' },
  } as const,
})

type Shown = Remission & { currency: string; state: RemissionState; paid: bigint; metOn: Day | null }

const RemissionType = builder.objectRef<Shown>('Remission').implement({
  description:
    'Remise de dette (C. civ. 1350): what the creditor gives up if so much is received by a day. The case waits until the payments of that day are known.',
  fields: (t) => ({
    id: t.exposeID('id'),
    state: t.field({ type: RemissionStateType, resolve: ({ state }) => state }),
    amount: t.field({
      type: Money,
      description: 'To be paid, in place of all that is owed of the invoices issued up to `agreedOn`.',
      resolve: ({ amount, currency }) => ({ cents: amount, currency }),
    }),
    payBy: t.expose('payBy', { type: 'Date', description: 'Received that day at the latest.' }),
    paid: t.field({
      type: Money,
      description: 'Received towards it from `agreedOn` to `payBy`.',
      resolve: ({ paid, currency }) => ({ cents: paid, currency }),
    }),
    metOn: t.expose('metOn', { type: 'Date', nullable: true }),
    agreedOn: t.expose('agreedOn', { type: 'Date', description: 'The creditor’s agreement in writing.' }),
    agreedBy: t.exposeString('agreedBy', { description: 'Who signed for the creditor.' }),
    letter: t.field({
      type: DocumentType,
      nullable: true,
      description: 'What told the debtor; null while it is not written.',
      resolve: ({ documentId }) => documentId,
    }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  remissions: t.field({
    type: [RemissionType],
    description: 'Those that were not withdrawn, oldest first.',
    resolve: async ({ id, currency }, _args, ctx): Promise<Shown[]> => {
      const remissions = await rowsOf(ctx, caseParts.remissions, id)
      if (remissions.length === 0) return []
      const [invoices, payments] = await Promise.all([
        rowsOf(ctx, invoiceLines, id),
        rowsOf(ctx, caseParts.payments, id),
      ])
      return remissions.map((each) => ({ ...each, currency, ...standingOf(each, { invoices, payments }, ctx.day) }))
    },
  }),
}))

builder.relayMutationField(
  'recordRemission',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      amount: t.field({ type: MoneyInput, required: true, description: 'What the debtor is to pay for everything.' }),
      payBy: t.field({ type: 'Date', required: true, description: 'Received that day at the latest.' }),
      agreedOn: t.field({ type: 'Date', required: true, description: 'The creditor’s agreement in writing.' }),
      agreedBy: t.string({ required: true, description: 'Who signed it.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'The creditor gives up what goes beyond a sum, if it is received by a day (remise de dette, C. civ. 1350): the debtor is told in writing and the case waits. Paid in time, nothing more is owed; otherwise everything is.',
    authScopes: { may: 'recordRemission' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordRemission', input, async ({ sql, random }, author) => {
        const { id: caseId, currency } = await requireCase(ctx, input.caseId, sql)
        const { payBy, agreedOn, agreedBy } = input
        const agreed = { caseId, amount: centsOf(input.amount, currency), payBy, agreedOn, agreedBy }
        return { caseId, remissionId: await recordRemission(sql, random, ctx.day, agreed, author) }
      }),
  },
  {
    outputFields: (t) => ({
      remissionId: t.exposeID('remissionId'),
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
    }),
  },
)

builder.relayMutationField(
  'withdrawRemission',
  {
    inputFields: (t) => ({
      remissionId: t.id({ required: true }),
      reason: t.string({ required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Takes back a remission entered wrongly, before it is met. One that the debtor was told of binds until its day (C. civ. 1116): with the debtor’s agreement, or told to the debtor as an error.',
    authScopes: { may: 'withdrawRemission' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'withdrawRemission', input, async ({ sql }, author) =>
        withdrawRemission(
          sql,
          ctx.day,
          { remissionId: rowId('Remission', input.remissionId), reason: input.reason },
          author,
        ),
      ),
  },
  answersCase,
)
