import { caseParts, type Payment } from '../../procedures/cases/file/file.ts'
import { encashedBy, fundsByCreditor, payOver } from '../../procedures/money/funds.ts'
import { recordEncashment, recordPayment, refuseUnlikely, rejectPayment } from '../../procedures/money/payments.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { amount, parseAmount } from '../../schema/money.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { CreditorType } from './creditors.ts'
import { type Context, rowsOf, visible } from '../context.ts'
import { once } from './once.ts'
import { centsOf, Money, MoneyInput, rowId } from './values.ts'

const ReceivedBy = builder.enumType('ReceivedBy', {
  values: {
    CREDITOR: { value: 'creditor' },
    AGENCY: { value: 'agency', description: 'On the dedicated account (CPCE R124-2).' },
  } as const,
})

const PaymentType = builder.objectRef<Payment & { currency: string }>('Payment').implement({
  fields: (t) => ({
    id: t.exposeID('id'),
    receivedOn: t.expose('receivedOn', { type: 'Date' }),
    amount: t.field({ type: Money, resolve: ({ amount: cents, currency }) => ({ cents, currency }) }),
    means: t.exposeString('means'),
    reference: t.exposeString('reference', { nullable: true }),
    receivedBy: t.expose('receivedBy', { type: ReceivedBy }),
    encashedOn: t.expose('encashedOn', {
      type: 'Date',
      nullable: true,
      description: 'Encaissement effectif; null for a cheque whose fate is not known.',
    }),
    payOverBy: t.expose('payOverBy', {
      type: 'Date',
      nullable: true,
      description: 'Last day to pay over what the agency received (CPCE R124-6).',
    }),
    rejectedOn: t.expose('rejectedOn', {
      type: 'Date',
      nullable: true,
      description: 'From then on it has paid nothing.',
    }),
    rejectedWhy: t.exposeString('rejectedWhy', { nullable: true }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  payments: t.field({
    type: [PaymentType],
    resolve: async ({ id, currency }, _args, ctx) =>
      (await rowsOf(ctx, caseParts.payments, id)).map((row) => ({ ...row, currency })),
  }),
}))

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
      encashedOn: t.field({
        type: 'Date',
        description:
          'When the bank credited the agency; the day received when absent, unless it is a cheque or a bill.',
      }),
      confirmed: t.boolean({
        description:
          'Says that the payment is right though it is more than is owed, or dated before the oldest invoice; refused without (payment_to_confirm).',
      }),
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
        const said = {
          caseId: found.id,
          receivedOn: input.receivedOn,
          amount: centsOf(input.amount, found.currency),
        }
        if (!input.confirmed) await refuseUnlikely(office.sql, ctx.day, said)
        const done = await recordPayment(
          office,
          ctx.day,
          {
            ...said,
            means: input.means,
            reference: input.reference ?? null,
            // What the agency received, the agency says.
            receivedBy: ctx.viewer?.role === 'creditor' ? 'creditor' : input.receivedBy,
            ...(input.encashedOn ? { encashedOn: input.encashedOn } : {}),
            ...(input.invoiceNumber ? { invoiceNumber: input.invoiceNumber } : {}),
          },
          author,
        )
        return { caseId: found.id, left: done.left === null ? null : amount(done.left), currency: found.currency }
      }),
  },
  {
    outputFields: (t) => ({
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
      left: t.field({
        type: Money,
        nullable: true,
        description: 'What is still owed; null where the law has no rate yet to count it with: the case then waits.',
        resolve: ({ left, currency }) => (left === null ? null : { cents: parseAmount(left), currency }),
      }),
    }),
  },
)

/** The payment, if its case is the viewer's to see. */
async function requirePayment(ctx: Context, id: string, sql: Sql): Promise<string> {
  const paymentId = rowId('Payment', id)
  const [found] = await sql`
    select 1 from payments p join cases c on c.id = p.case_id where p.id = ${paymentId} and ${visible(ctx)}`
  if (found) return paymentId
  throw new DomainError('payment_not_found', "Ce paiement n'existe pas, ou ne vous est pas ouvert.", {
    remedy: 'Consultez les paiements du dossier.',
  })
}

builder.relayMutationField(
  'recordEncashment',
  {
    inputFields: (t) => ({
      paymentId: t.id({ required: true }),
      encashedOn: t.field({ type: 'Date', required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'The bank has definitively credited a cheque: the month to pay it over begins (CPCE R124-6).',
    authScopes: { may: 'payOver' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'payOver', input, async (office, author) => {
        const paymentId = await requirePayment(ctx, input.paymentId, office.sql)
        return recordEncashment(office.sql, ctx.day, { paymentId, encashedOn: input.encashedOn }, author)
      }),
  },
  answersCase,
)

builder.relayMutationField(
  'rejectPayment',
  {
    inputFields: (t) => ({
      paymentId: t.id({ required: true }),
      rejectedOn: t.field({ type: 'Date', required: true }),
      reason: t.string({ required: true, description: 'chèque sans provision, compte clos, prélèvement contesté…' }),
      idempotencyKey: t.string({ required: true }),
    }),
  },
  {
    description: 'A cheque or a direct debit that comes back: the payment is kept, and has paid nothing.',
    authScopes: { may: 'rejectPayment' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'rejectPayment', input, async (office, author) => {
        const paymentId = await requirePayment(ctx, input.paymentId, office.sql)
        const { rejectedOn, reason } = input
        const done = await rejectPayment(office, ctx.day, { paymentId, rejectedOn, reason }, author)
        return { caseId: done.caseId }
      }),
  },
  answersCase,
)

builder.objectFields(CreditorType, (t) => ({
  fundsHeld: t.field({
    type: [Money],
    description: 'What the agency has encashed for it and not yet paid over, by currency.',
    resolve: async ({ id }, _args, ctx) => {
      const funds = encashedBy(await rowsOf(ctx, fundsByCreditor, id), ctx.day)
      const held = Map.groupBy(funds, (line) => line.currency)
      return [...held].map(([currency, lines]) => ({
        currency,
        cents: lines.reduce((all, line) => all + line.amount, 0n),
      }))
    },
  }),
}))

builder.relayMutationField(
  'payOver',
  {
    inputFields: (t) => ({
      creditorId: t.id({ required: true }),
      paidOn: t.field({ type: 'Date', required: true }),
      reference: t.string({ required: true, description: 'Of the transfer.' }),
      currency: t.string({ required: true, defaultValue: 'EUR' }),
      idempotencyKey: t.string({ required: true }),
    }),
  },
  {
    description: 'Pays a creditor everything encashed for it, with its slip, and nothing withheld (CPCE R124-6).',
    authScopes: { may: 'payOver' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'payOver', input, async (office, author) => {
        const { paidOn, reference, currency } = input
        const creditorId = rowId('Creditor', input.creditorId)
        const done = await payOver(office, ctx.day, { creditorId, paidOn, reference, currency }, author)
        return { creditorId, paid: amount(done.amount), currency: done.currency, caseIds: done.caseIds }
      }),
  },
  {
    outputFields: (t) => ({
      creditor: t.field({ type: CreditorType, resolve: ({ creditorId }) => creditorId }),
      paid: t.field({ type: Money, resolve: ({ paid, currency }) => ({ cents: parseAmount(paid), currency }) }),
      cases: t.field({ type: [CaseType], resolve: ({ caseIds }) => caseIds }),
    }),
  },
)
