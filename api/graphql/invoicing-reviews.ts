import {
  averageDays,
  type Guarantee,
  type InvoicingReview,
  type Lack,
  type Span,
} from '../../procedures/cases/intake/invoicing-review.ts'
import {
  invoicingReview,
  issueInvoicingReview,
  type KeptReview,
  readInvoicingReviews,
} from '../../procedures/cases/intake/invoicing-reviews.ts'
import { builder } from './builder.ts'
import { rowsOf } from '../context.ts'
import { creditorOf, CreditorType } from './creditors.ts'
import { once } from './once.ts'
import { DoubtType, rowId } from './values.ts'

const LackType = builder.objectRef<Lack>('InvoiceLack').implement({
  description: 'A mention that the law of the invoice’s day asks for between professionals, absent from its data.',
  fields: (t) => ({
    mention: t.exposeString('mention', { description: 'Its key in the dated law: penalites, escompte, siren-client…' }),
    label: t.exposeString('label', { description: 'In French, as the letter says it.' }),
    article: t.exposeString('article', { description: 'C. com. L441-9 or CGI, ann. II, art. 242 nonies A.' }),
    invoices: t.exposeStringList('invoices', { description: 'The numbers of the invoices that lack it.' }),
  }),
})

const SpanType = builder.objectRef<Span>('InvoiceSpan').implement({
  description: 'The days between two dates of one invoice, and the last day that the law allows where it is passed.',
  fields: (t) => ({
    number: t.exposeString('number'),
    client: t.exposeString('client'),
    days: t.exposeInt('days'),
    limitOn: t.expose('limitOn', { type: 'Date', nullable: true, description: 'Null while the law is kept.' }),
  }),
})

const GuaranteeType = builder.objectRef<Guarantee>('AdvisedGuarantee').implement({
  description: 'A protection to take, and what in the invoices shows that it is missing.',
  fields: (t) => ({
    measure: t.exposeString('measure'),
    why: t.exposeString('why'),
    article: t.exposeString('article', { nullable: true, description: 'C. civ. 2367, C. com. L624-16…' }),
  }),
})

const ReviewType = builder.objectRef<InvoicingReview>('InvoicingReview').implement({
  description:
    'Revue de la facturation: what the invoices entrusted in a month lack in law, how soon they left, how long they let the client pay, and which guarantees to take.',
  fields: (t) => ({
    examined: t.exposeInt('examined'),
    complete: t.exposeInt('complete', { description: 'Judged whole, and lacking no mention.' }),
    lacks: t.expose('lacks', { type: [LackType], description: 'The most frequent first.' }),
    unread: t.exposeStringList('unread', {
      description: 'Numbers of the invoices whose data hold no lines: their mentions cannot be judged.',
    }),
    notJudged: t.exposeStringList('notJudged', {
      description: 'Invoices to consumers or under another law: these mentions are not asked of them.',
    }),
    daysToInvoice: t.int({
      nullable: true,
      description: 'Average days from delivery or performance to invoice; null where no invoice says.',
      resolve: ({ toInvoice }) => averageDays(toInvoice),
    }),
    lateInvoices: t.field({
      type: [SpanType],
      description: 'Made after the end of the month of the delivery (C. com. L441-9, CGI 289, I, 3).',
      resolve: ({ toInvoice }) => toInvoice.filter(({ limitOn }) => limitOn !== null),
    }),
    daysToPay: t.int({
      nullable: true,
      description: 'Average days from invoice to due date, between businesses.',
      resolve: ({ terms }) => averageDays(terms),
    }),
    overlongTerms: t.field({
      type: [SpanType],
      description: 'Past sixty days and past forty-five days end of month (C. com. L441-10, I).',
      resolve: ({ terms }) => terms.filter(({ limitOn }) => limitOn !== null),
    }),
    termsToStipulate: t.expose('toStipulate', {
      type: [SpanType],
      description: 'Past sixty days, allowed only by a written « fin de mois » clause (C. com. L441-10, I).',
    }),
    guarantees: t.expose('guarantees', { type: [GuaranteeType] }),
    doubts: t.expose('doubts', { type: [DoubtType] }),
  }),
})

const KeptReviewType = builder.objectRef<KeptReview>('KeptInvoicingReview').implement({
  description: 'The review of one month, as it was written to the creditor.',
  fields: (t) => ({
    month: t.expose('month', { type: 'Date', description: 'The first day of the month reviewed.' }),
    examined: t.exposeInt('examined'),
    madeOn: t.expose('madeOn', { type: 'Date' }),
    sha256: t.exposeString('sha256', { nullable: true }),
    url: t.string({
      nullable: true,
      description:
        'The letter’s PDF, with the same token; null where there was nothing to tell, or nobody to write to.',
      resolve: ({ documentId }, _args, ctx) => documentId && `${ctx.office.baseUrl}/documents/${documentId}`,
    }),
  }),
})

builder.objectFields(CreditorType, (t) => ({
  invoicingReviews: t.field({
    type: [KeptReviewType],
    description: 'The newest first.',
    authScopes: { role: ['amicable', 'legal', 'admin', 'creditor'] },
    resolve: ({ id }, _args, ctx) => rowsOf(ctx, readInvoicingReviews, id),
  }),
}))

builder.queryFields((t) => ({
  invoicingReview: t.field({
    type: ReviewType,
    nullable: true,
    description: 'Computed now from the invoices entrusted in that month; kept nowhere. A creditor sees its own.',
    authScopes: { role: ['amicable', 'legal', 'admin', 'creditor'] },
    complexity: 100,
    args: {
      creditorId: t.arg.id({ description: 'The viewer’s own when absent.' }),
      month: t.arg({ type: 'Date', required: true, description: 'Any day of the month.' }),
    },
    resolve: (_root, { creditorId, month }, ctx) =>
      invoicingReview(ctx.sql, creditorOf(ctx, creditorId ? String(creditorId) : null), month),
  }),
}))

builder.relayMutationField(
  'issueInvoicingReview',
  {
    inputFields: (t) => ({
      creditorId: t.id({ required: true }),
      month: t.field({ type: 'Date', required: true, description: 'Any day of a month that is over.' }),
      idempotencyKey: t.string({ required: true }),
    }),
  },
  {
    description:
      'Writes the month’s review to the creditor, once a month (C. com. L441-9 and L441-10). Mandates that foresee it have it written by itself.',
    authScopes: { may: 'issueInvoicingReview' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'issueInvoicingReview', input, async (office, author) => {
        const creditorId = rowId('Creditor', input.creditorId)
        const kept = await issueInvoicingReview(office, ctx.day, { creditorId, month: input.month }, author)
        return { creditorId, month: kept.month.toString() }
      }),
  },
  {
    outputFields: (t) => ({
      creditor: t.field({ type: CreditorType, resolve: ({ creditorId }) => creditorId }),
      review: t.field({
        type: KeptReviewType,
        resolve: async ({ creditorId, month }, _args, ctx) =>
          (await rowsOf(ctx, readInvoicingReviews, creditorId)).find((each) => each.month.toString() === month)!,
      }),
    }),
  },
)
