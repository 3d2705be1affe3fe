import { retryFollowUp } from '../../procedures/mail/follow-up-queue.ts'
import { findCoupon } from '../../procedures/mail/coupons.ts'
import { type Answer, recordReply, type Reply, settleReply } from '../../procedures/cases/exchanges/replies.ts'
import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { rowsOf } from '../context.ts'
import { once } from './once.ts'
import { readCode } from '../pages/verify.ts'
import { noteReading } from '../readings.ts'
import { AddressInput, addressOf, centsOf, MoneyInput, rowId } from './values.ts'

const ReplyKind = builder.enumType('ReplyKind', {
  values: {
    PAID: { value: 'paid', description: 'Says it is paid: to be checked with the creditor.' },
    PROMISE: { value: 'promise', description: 'Became a promise.' },
    INSTALMENTS: { value: 'instalments', description: 'A proposal, and no agreement: see agreeInstalments.' },
    DISPUTE: { value: 'dispute', description: 'Became a dispute.' },
    NOT_ME: { value: 'not_me', description: 'Says not to be the debtor: to be checked with the creditor.' },
    ADDRESS: { value: 'address', description: 'Letters go there from now on.' },
  } as const,
})

const ReplyType = builder.objectRef<Reply>('CouponReply').implement({
  description:
    'What the debtor answered with the code of the reply coupon (coupon-réponse), online or on paper, or the instalments that it proposed by telephone.',
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
    resolve: (found, _args, ctx) => {
      noteReading(ctx, found.id, 'graphql')
      return rowsOf(ctx, replies, found.id)
    },
  }),
}))

async function replies(sql: Sql, ids: string[]): Promise<Map<string, Reply[]>> {
  const rows = await sql<Reply[]>`
    select id, case_id, document_id, kind, summary, replied_on, handled_on, handled_by, handled_how
    from replies where case_id = any(${ids}) order by replied_on, id`
  return Map.groupBy(rows, (row) => row.caseId)
}

builder.relayMutationField(
  'retryFollowUp',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      aboutId: t.id({
        required: true,
        description: 'The dispute, the reply or the promise that was to be written about.',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'What was to be written about a debtor’s word, and was refused (workToday says why), is tried again once its cause is mended. What was written meanwhile is not written twice. Error: nothing_refused.',
    authScopes: { may: 'retryFollowUp' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'retryFollowUp', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const [type = ''] = Buffer.from(input.aboutId, 'base64').toString('utf8').split(':')
        await retryFollowUp(office.sql, ctx.day, { caseId: id, about: rowId(type, input.aboutId) }, author)
        return { caseId: id }
      }),
  },
  answersCase,
)

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
      'A person has seen to a debtor’s reply: what it said was checked, and the case, which waited for that alone, goes on. The payment, plan or answer that follows is an act of its own, recorded before.',
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
  answersCase,
)

const CouponAnswer = builder.inputType('CouponAnswerInput', {
  description: 'What the debtor ticked and wrote on the paper coupon; each kind has its own fields.',
  fields: (t) => ({
    kind: t.field({ type: ReplyKind, required: true }),
    on: t.field({
      type: 'Date',
      description: 'PAID: the day of the payment. PROMISE: the day promised. INSTALMENTS: of the first.',
    }),
    amount: t.field({
      type: MoneyInput,
      description: 'PAID: the sum. INSTALMENTS: each month. DISPUTE: the part contested.',
    }),
    means: t.string({ description: 'PAID and PROMISE: virement, chèque…' }),
    reference: t.string({ description: 'PAID: the reference of the payment.' }),
    text: t.string({ description: 'DISPUTE: the grounds. NOT_ME: what is to be known.' }),
    address: t.field({ type: AddressInput, description: 'ADDRESS.' }),
    email: t.string({ description: 'ADDRESS.' }),
    phone: t.string({ description: 'ADDRESS.' }),
  }),
})

builder.relayMutationField(
  'recordCouponReply',
  {
    inputFields: (t) => ({
      code: t.string({ required: true, description: 'Printed on the coupon: twelve letters and digits.' }),
      answer: t.field({ type: CouponAnswer, required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'A coupon that came back on paper, entered by its code in one call: the same act, with the same bounds, as the debtor’s own answer at /r/:code.',
    authScopes: { may: 'recordCouponReply' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordCouponReply', input, async (office, author) => {
        const code = readCode(input.code)
        const coupon = code && (await findCoupon(office, ctx.day, { code }))
        if (!coupon) {
          throw new DomainError('coupon_not_found', 'Aucune lettre ne porte ce code de coupon.', {
            remedy: 'Relisez-le sur le coupon, ou cherchez le dossier par sa référence (incomingCall).',
          })
        }
        const { currency } = await requireCase(ctx, coupon.caseId, office.sql)
        const given = { channel: 'coupon papier', by: author }
        const answer = answerOf(input.answer, currency)
        const reply = await recordReply(office.sql, office.random, ctx.day, coupon, answer, given)
        return { caseId: coupon.caseId, replyId: reply.id }
      }),
  },
  {
    outputFields: (t) => ({
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
      reply: t.field({
        type: ReplyType,
        resolve: async ({ caseId, replyId }, _args, ctx) =>
          (await rowsOf(ctx, replies, caseId)).find(({ id }) => id === replyId)!,
      }),
    }),
  },
)

/** The answer that the coupon bears; a field that its kind needs is asked for by name. */
function answerOf(given: typeof CouponAnswer.$inferInput, currency: string): Answer {
  const needed = <T>(value: T | null | undefined, field: string): T => {
    if (value != null) return value
    throw new DomainError('answer_incomplete', `La réponse du coupon est incomplète : il manque « ${field} ».`, {
      remedy: 'Complétez-la d’après le coupon ; s’il ne le dit pas, appelez le débiteur.',
      facts: { field },
    })
  }
  const on = (): Day => needed(given.on, 'on')
  const cents = () => centsOf(needed(given.amount, 'amount'), currency)
  const means = () => needed(given.means, 'means')
  const text = () => needed(given.text, 'text')
  switch (given.kind) {
    case 'paid':
      return { kind: 'paid', on: on(), amount: cents(), means: means(), reference: given.reference ?? null }
    case 'promise':
      return { kind: 'promise', on: on(), means: means() }
    case 'instalments':
      return { kind: 'instalments', monthly: cents(), firstOn: on() }
    case 'dispute':
      return { kind: 'dispute', ground: text(), contested: given.amount ? cents() : null }
    case 'not_me':
      return { kind: 'not_me', explanation: text() }
    case 'address':
      return {
        kind: 'address',
        address: addressOf(needed(given.address, 'address')),
        email: given.email ?? null,
        phone: given.phone ?? null,
      }
  }
}
