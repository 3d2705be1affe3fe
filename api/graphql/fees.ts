import {
  type FeeStatement,
  issueFeeStatement,
  readFeeStatements,
  recordExtraStep,
} from '../../procedures/money/fee-statements.ts'
import { builder } from './builder.ts'
import { answersCase, requireCase } from './cases.ts'
import { type Context, rowsOf } from '../context.ts'
import { CreditorType } from './creditors.ts'
import { notFound } from '../nodes.ts'
import { once } from './once.ts'
import { DoubtType, Money, rowId } from './values.ts'

const FeeKind = builder.enumType('FeeKind', {
  values: {
    BEFORE_NOTICE: { value: 'before_notice', description: 'Paid before the first formal notice: 0.5 to 3 %.' },
    SUCCESS: { value: 'success', description: 'Paid after it; nothing on failure.' },
    SUBSCRIPTION: { value: 'subscription' },
    EXTRA_STEP: {
      value: 'extra_step',
      description: 'Priced apart by the mandate, done with the creditor’s agreement.',
    },
    REVERSAL: { value: 'reversal', description: 'Given back: the payment was rejected.' },
  } as const,
})

const FeeLineType = builder.objectRef<FeeStatement['lines'][number] & { currency: string }>('FeeLine').implement({
  fields: (t) => ({
    kind: t.expose('kind', { type: FeeKind }),
    label: t.exposeString('label'),
    on: t.expose('onDay', { type: 'Date' }),
    base: t.field({
      type: Money,
      nullable: true,
      resolve: ({ base, currency }) => (base === null ? null : { cents: base, currency }),
    }),
    percent: t.exposeString('percent', { nullable: true }),
    amount: t.field({ type: Money, resolve: ({ amount, currency }) => ({ cents: amount, currency }) }),
  }),
})

const FeeStatementType = builder.objectRef<FeeStatement>('FeeStatement').implement({
  description: 'Relevé d’honoraires: what the creditor owes the agency (CPCE R124-3 3°). Never a debtor’s debt.',
  fields: (t) => ({
    number: t.exposeString('number'),
    issuedOn: t.expose('issuedOn', { type: 'Date' }),
    until: t.expose('untilOn', { type: 'Date' }),
    net: t.field({ type: Money, resolve: ({ net, currency }) => ({ cents: net, currency }) }),
    vatPercent: t.exposeString('vatPercent'),
    vat: t.field({ type: Money, resolve: ({ vat, currency }) => ({ cents: vat, currency }) }),
    gross: t.field({ type: Money, resolve: ({ gross, currency }) => ({ cents: gross, currency }) }),
    lines: t.field({
      type: [FeeLineType],
      resolve: ({ lines, currency }) => lines.map((line) => ({ ...line, currency })),
    }),
    doubts: t.expose('doubts', { type: [DoubtType] }),
    sha256: t.exposeString('sha256'),
    url: t.string({
      description: 'The PDF, with the same token.',
      resolve: ({ documentId }, _args, ctx) => `${ctx.office.baseUrl}/documents/${documentId}`,
    }),
  }),
})

builder.objectFields(CreditorType, (t) => ({
  feeStatements: t.field({
    type: [FeeStatementType],
    description: 'The oldest first.',
    resolve: ({ id }, _args, ctx) => rowsOf(ctx, readFeeStatements, id),
  }),
}))

/** A creditor reads its own; the cells read everyone's. */
function requireOwn(ctx: Context, id: string): string {
  const creditorId = rowId('Creditor', id)
  if (ctx.viewer?.role === 'creditor' && ctx.viewer.creditorId !== creditorId) throw notFound()
  return creditorId
}

builder.queryFields((t) => ({
  feeStatements: t.field({
    type: [FeeStatementType],
    nullable: true,
    description: 'Of one creditor, the oldest first.',
    authScopes: { role: ['amicable', 'legal', 'admin', 'creditor'] },
    args: { creditorId: t.arg.id({ required: true }) },
    resolve: (_root, { creditorId }, ctx) => rowsOf(ctx, readFeeStatements, requireOwn(ctx, String(creditorId))),
  }),
}))

builder.relayMutationField(
  'recordExtraStep',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      code: t.string({ required: true, description: 'As the mandate’s terms name it.' }),
      agreedBy: t.string({ required: true, description: 'Who agreed for the creditor.' }),
      idempotencyKey: t.string({ required: true }),
    }),
  },
  {
    description: 'A step priced apart by the mandate: charged with the next statement.',
    authScopes: { may: 'recordExtraStep' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordExtraStep', input, async (office, author) => {
        const found = await requireCase(ctx, input.caseId, office.sql)
        const { code, agreedBy } = input
        await recordExtraStep(office.sql, office.random, ctx.day, { caseId: found.id, code, agreedBy }, author)
        return { caseId: found.id }
      }),
  },
  answersCase,
)

builder.relayMutationField(
  'issueFeeStatement',
  {
    inputFields: (t) => ({
      creditorId: t.id({ required: true }),
      until: t.field({ type: 'Date', description: 'Today when absent.' }),
      currency: t.string({ required: true, defaultValue: 'EUR' }),
      idempotencyKey: t.string({ required: true }),
    }),
  },
  {
    description:
      'Issues to the creditor what its mandate makes it owe up to a day, with VAT; nothing is charged twice.',
    authScopes: { may: 'issueFeeStatement' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'issueFeeStatement', input, async (office, author) => {
        const creditorId = rowId('Creditor', input.creditorId)
        const { number } = await issueFeeStatement(
          office,
          ctx.day,
          { creditorId, until: input.until ?? ctx.day, currency: input.currency },
          author,
        )
        return { creditorId, number }
      }),
  },
  {
    outputFields: (t) => ({
      creditor: t.field({ type: CreditorType, resolve: ({ creditorId }) => creditorId }),
      feeStatement: t.field({
        type: FeeStatementType,
        resolve: async ({ creditorId, number }, _args, ctx) =>
          (await rowsOf(ctx, readFeeStatements, creditorId)).find((each) => each.number === number)!,
      }),
    }),
  },
)
