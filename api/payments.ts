import { caseParts, type Payment } from '../procedures/cases/file.ts'
import { recordPayment } from '../procedures/cases/payments.ts'
import { amount, parseAmount } from '../schema/money.ts'
import { builder } from './builder.ts'
import { CaseType, requireCase } from './cases.ts'
import { rowsOf } from './context.ts'
import { once } from './once.ts'
import { centsOf, Money, MoneyInput } from './values.ts'

const PaymentType = builder.objectRef<Payment & { currency: string }>('Payment').implement({
  fields: (t) => ({
    receivedOn: t.expose('receivedOn', { type: 'Date' }),
    amount: t.field({ type: Money, resolve: ({ amount: cents, currency }) => ({ cents, currency }) }),
    means: t.exposeString('means'),
    reference: t.exposeString('reference', { nullable: true }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  payments: t.field({
    type: [PaymentType],
    resolve: async ({ id, currency }, _args, ctx) =>
      (await rowsOf(ctx, caseParts.payments, id)).map((row) => ({ ...row, currency })),
  }),
}))

const ReceivedBy = builder.enumType('ReceivedBy', {
  values: {
    CREDITOR: { value: 'creditor' },
    AGENCY: { value: 'agency', description: 'On the dedicated account (CPCE R124-2).' },
  } as const,
})

builder.relayMutationField(
  'recordPayment',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      receivedOn: t.field({ type: 'Date', required: true }),
      amount: t.field({ type: MoneyInput, required: true }),
      means: t.string({ required: true, description: 'virement, chèque, carte, espèces…' }),
      reference: t.string(),
      receivedBy: t.field({ type: ReceivedBy, required: true, defaultValue: 'creditor' }),
      invoiceNumber: t.string({ description: 'The invoice the debtor chose to pay (C. civ. 1342-10).' }),
      idempotencyKey: t.string({ required: true }),
    }),
  },
  {
    description:
      'Records a payment: interest first (C. civ. 1343-1); it acknowledges the debt (C. civ. 2240) and voids a consent not yet filed.',
    authScopes: { may: 'recordPayment' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordPayment', input, async (office, author) => {
        const found = await requireCase(ctx, input.caseId, office.sql)
        const done = await recordPayment(
          office,
          ctx.day,
          {
            caseId: found.id,
            receivedOn: input.receivedOn,
            amount: centsOf(input.amount, found.currency),
            means: input.means,
            reference: input.reference ?? null,
            // What the agency received, the agency says.
            receivedBy: ctx.viewer?.role === 'creditor' ? 'creditor' : input.receivedBy,
            ...(input.invoiceNumber ? { invoiceNumber: input.invoiceNumber } : {}),
          },
          author,
        )
        return { caseId: found.id, left: amount(done.left), currency: found.currency }
      }),
  },
  {
    outputFields: (t) => ({
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
      left: t.field({
        type: Money,
        description: 'What is still owed.',
        resolve: ({ left, currency }) => ({ cents: parseAmount(left), currency }),
      }),
    }),
  },
)
