import { caseParts, type Plan, type Promise_ } from '../../procedures/cases/file/file.ts'
import { type DueInstalment, fillInstalments } from '../../procedures/cases/exchanges/plans.ts'
import { promiseStanding } from '../../procedures/cases/exchanges/promise-standing.ts'
import {
  agreeInstalments,
  type Attestation,
  attestPlan,
  attestPromise,
  recordPromise,
} from '../../procedures/cases/exchanges/promises.ts'
import { queueFollowUp } from '../../procedures/mail/follow-up-queue.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { type Context, rowsOf } from '../context.ts'
import { DocumentType } from './documents.ts'
import { once } from './once.ts'
import { receivedHash } from '../uploads.ts'
import { centsOf, Money, MoneyInput, rowId } from './values.ts'

const PromiseState = builder.enumType('PromiseState', {
  values: {
    PROMISED: { value: 'promised', description: 'Said, by phone or otherwise.' },
    CONFIRMED: { value: 'confirmed', description: 'Confirmed to the debtor in writing, by a form to sign and return.' },
    ATTESTED: {
      value: 'attested',
      description: 'Signed by the debtor: an acknowledgement of the debt (C. civ. 2240).',
    },
  } as const,
})

const PromiseOutcomeType = builder.enumType('PromiseOutcome', {
  values: {
    KEPT: { value: 'kept', description: 'Received in full by its day.' },
    LATE: { value: 'late', description: 'Received in full after it.' },
    PARTLY: { value: 'partly', description: 'A part was received, and its day has passed.' },
    MISSED: { value: 'missed', description: 'Nothing was received, and its day has passed.' },
  } as const,
})

type ShownPromise = Promise_ & { caseId: string; currency: string }

const standingOf = async (promise: ShownPromise, ctx: Context) =>
  promiseStanding(promise, { payments: await rowsOf(ctx, caseParts.payments, promise.caseId) }, ctx.day)

const PromiseType = builder.objectRef<ShownPromise>('PaymentPromise').implement({
  description: 'Promesse de paiement: the case waits until the day after it.',
  fields: (t) => ({
    id: t.exposeID('id'),
    state: t.field({
      type: PromiseState,
      resolve: ({ attestedOn, confirmedOn }) => (attestedOn ? 'attested' : confirmedOn ? 'confirmed' : 'promised'),
    }),
    confirmation: t.field({
      type: DocumentType,
      nullable: true,
      description: 'The form that went out to be signed and returned.',
      resolve: ({ confirmationId }) => confirmationId,
    }),
    attestedOn: t.expose('attestedOn', { type: 'Date', nullable: true, description: 'The day the debtor signed.' }),
    attestedBy: t.exposeString('attestedBy', { nullable: true, description: 'Who signed, as written.' }),
    promisedOn: t.expose('promisedOn', { type: 'Date' }),
    dueOn: t.expose('dueOn', { type: 'Date' }),
    amount: t.field({ type: Money, resolve: ({ amount, currency }) => ({ cents: amount, currency }) }),
    means: t.exposeString('means'),
    author: t.exposeString('author'),
    channel: t.exposeString('channel'),
    outcome: t.field({
      type: PromiseOutcomeType,
      nullable: true,
      description: 'What payments received since it was made have made of it; absent while it is due.',
      resolve: async (promise, _args, ctx) => (await standingOf(promise, ctx)).outcome,
    }),
    paid: t.field({
      type: Money,
      description: 'Of the sum promised, what was received.',
      resolve: async (promise, _args, ctx) => ({
        cents: (await standingOf(promise, ctx)).paid,
        currency: promise.currency,
      }),
    }),
  }),
})

const InstalmentState = builder.enumType('InstalmentState', {
  values: {
    KEPT: { value: 'kept', description: 'Paid by its day.' },
    LATE: { value: 'late', description: 'Paid after it.' },
    MISSED: { value: 'missed', description: 'Its day has passed.' },
    DUE: { value: 'due', description: 'Still to come.' },
  } as const,
})

const InstalmentType = builder.objectRef<DueInstalment & { currency: string }>('Instalment').implement({
  fields: (t) => ({
    rank: t.exposeInt('rank'),
    dueOn: t.expose('dueOn', { type: 'Date' }),
    amount: t.field({ type: Money, resolve: ({ amount, currency }) => ({ cents: amount, currency }) }),
    state: t.expose('state', { type: InstalmentState }),
    unpaid: t.field({ type: Money, resolve: ({ unpaid, currency }) => ({ cents: unpaid, currency }) }),
    paidOn: t.expose('paidOn', { type: 'Date', nullable: true }),
    remindedOn: t.expose('remindedOn', { type: 'Date', nullable: true }),
    noticedOn: t.expose('noticedOn', { type: 'Date', nullable: true }),
    noticeUntil: t.expose('noticeUntil', {
      type: 'Date',
      nullable: true,
      description: 'The plan is broken the day after, if it is still unpaid.',
    }),
  }),
})

const PlanType = builder.objectRef<Plan & { caseId: string; currency: string }>('InstalmentPlan').implement({
  description:
    'Échéancier: told to the debtor with an act to sign, which once signed acknowledges the debt (C. civ. 2240).',
  fields: (t) => ({
    id: t.exposeID('id'),
    acceptance: t.field({
      type: DocumentType,
      nullable: true,
      description: 'The letter that told the debtor, with the act to be signed and returned.',
      resolve: ({ documentId }) => documentId,
    }),
    attestedOn: t.expose('attestedOn', { type: 'Date', nullable: true, description: 'The day the debtor signed.' }),
    attestedBy: t.exposeString('attestedBy', { nullable: true, description: 'Who signed, as written.' }),
    agreedOn: t.expose('agreedOn', { type: 'Date' }),
    means: t.exposeString('means'),
    brokenOn: t.expose('brokenOn', { type: 'Date', nullable: true }),
    keptOn: t.expose('keptOn', { type: 'Date', nullable: true }),
    remindDays: t.exposeInt('remindDays'),
    noticeDays: t.exposeInt('noticeDays'),
    graceDays: t.exposeInt('graceDays'),
    instalments: t.field({
      type: [InstalmentType],
      resolve: async ({ currency, ...plan }, _args, ctx) => {
        const payments = await rowsOf(ctx, caseParts.payments, plan.caseId)
        return fillInstalments(plan, { payments }, ctx.day).map((line) => ({ ...line, currency }))
      },
    }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  promises: t.field({
    type: [PromiseType],
    resolve: async ({ id, currency }, _args, ctx) =>
      (await rowsOf(ctx, caseParts.promises, id)).map((row) => ({ ...row, caseId: id, currency })),
  }),
  plans: t.field({
    type: [PlanType],
    resolve: async ({ id, currency }, _args, ctx) =>
      (await rowsOf(ctx, caseParts.plans, id)).map((row) => ({ ...row, currency })),
  }),
}))

builder.relayMutationField(
  'recordPromise',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      dueOn: t.field({ type: 'Date', required: true }),
      amount: t.field({ type: MoneyInput, required: true }),
      means: t.string({ required: true }),
      author: t.string({ required: true, description: 'Who promised.' }),
      channel: t.string({ required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'The debtor promises a sum for a day: the case waits until the day after it, and a form leaves to be signed and returned (C. civ. 1366).',
    authScopes: { may: 'recordPromise' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordPromise', input, async (office, author) => {
        const found = await requireCase(ctx, input.caseId, office.sql)
        const promise = {
          caseId: found.id,
          dueOn: input.dueOn,
          amount: centsOf(input.amount, found.currency),
          means: input.means,
          author: input.author,
          channel: input.channel,
        }
        const promiseId = await transaction(office.sql, async (sql) => {
          const id = await recordPromise(sql, office.random, ctx.day, promise, author)
          await queueFollowUp(sql, ctx.day, { promise: id })
          return id
        })
        return { caseId: found.id, promiseId }
      }),
  },
  {
    outputFields: (t) => ({
      promiseId: t.exposeID('promiseId'),
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
    }),
  },
)

const AttestationMeans = builder.enumType('AttestationMeans', {
  values: {
    FORM: { value: 'formulaire', description: 'The form came back signed.' },
    EMAIL: {
      value: 'courriel',
      description: 'An answer to the e-mail, which has the force of writing (C. civ. 1366).',
    },
  } as const,
})

builder.relayMutationField(
  'attestPromise',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      promiseId: t.id({ required: true }),
      attestedOn: t.field({ type: 'Date', required: true, description: 'The day on the signature.' }),
      signedBy: t.string({ required: true, description: 'Who signed, as written.' }),
      means: t.field({ type: AttestationMeans, required: true }),
      uploadId: t.id({ description: 'The signed form as it came back (requestUpload).' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'The debtor signed a promise confirmed in writing: it acknowledges the debt, and prescription starts anew (C. civ. 2240).',
    authScopes: { may: 'attestPromise' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'attestPromise', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const promiseId = rowId('PaymentPromise', input.promiseId)
        const signed = await attestationOf(ctx, office.sql, input)
        await attestPromise(office.sql, ctx.day, { caseId: id, promiseId, ...signed }, author)
        return { caseId: id }
      }),
  },
  answersCase,
)

builder.relayMutationField(
  'attestPlan',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      planId: t.id({ required: true }),
      attestedOn: t.field({ type: 'Date', required: true, description: 'The day on the signature.' }),
      signedBy: t.string({ required: true, description: 'Who signed, as written.' }),
      means: t.field({ type: AttestationMeans, required: true }),
      uploadId: t.id({
        description: 'The signed act as it came back (requestUpload); required where the plan was not told in writing.',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'The debtor signed the act of a plan of instalments: it acknowledges the debt, and prescription starts anew (C. civ. 2240).',
    authScopes: { may: 'attestPlan' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'attestPlan', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const planId = rowId('InstalmentPlan', input.planId)
        const signed = await attestationOf(ctx, office.sql, input)
        await attestPlan(office.sql, ctx.day, { caseId: id, planId, ...signed }, author)
        return { caseId: id }
      }),
  },
  answersCase,
)

/** What was signed, with the hash of its file where one was sent. */
async function attestationOf(
  ctx: Context,
  sql: Sql,
  input: Omit<Attestation, 'original'> & { uploadId?: string | null | undefined },
): Promise<Attestation> {
  const { attestedOn, signedBy, means, uploadId } = input
  return { attestedOn, signedBy, means, original: await receivedHash(ctx, sql, uploadId) }
}

const InstalmentInput = builder.inputType('InstalmentInput', {
  fields: (t) => ({
    dueOn: t.field({ type: 'Date', required: true }),
    amount: t.field({ type: MoneyInput, required: true }),
  }),
})

builder.relayMutationField(
  'agreeInstalments',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      means: t.string({ required: true }),
      instalments: t.field({ type: [InstalmentInput], required: true }),
      remindDays: t.int({ description: 'Reminded so many days before an instalment; 5 when absent.' }),
      noticeDays: t.int({ description: 'Written to so many days after a missed one; 2 when absent.' }),
      graceDays: t.int({
        description: 'Broken when so many days more have run; 15 for a consumer, 8 for others when absent.',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Agrees a plan of instalments: the case waits while it is kept, and its acceptance leaves with an act to be signed and returned (C. civ. 2240, attestPlan).',
    authScopes: { may: 'agreeInstalments' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'agreeInstalments', input, async (office, author) => {
        const found = await requireCase(ctx, input.caseId, office.sql)
        const plan = {
          caseId: found.id,
          means: input.means,
          instalments: input.instalments.map((line) => ({
            dueOn: line.dueOn,
            amount: centsOf(line.amount, found.currency),
          })),
          rule: {
            ...(input.remindDays == null ? {} : { remindDays: input.remindDays }),
            ...(input.noticeDays == null ? {} : { noticeDays: input.noticeDays }),
            ...(input.graceDays == null ? {} : { graceDays: input.graceDays }),
          },
        }
        await transaction(office.sql, async (sql) => {
          const id = await agreeInstalments(sql, office.random, ctx.day, plan, author)
          await queueFollowUp(sql, ctx.day, { plan: id })
        })
        return { caseId: found.id }
      }),
  },
  answersCase,
)
