import { answerDispute, recordDispute, resolveDispute } from '../../procedures/cases/exchanges/disputes.ts'
import type { DisputeFile } from '../../procedures/cases/exchanges/dispute-documents.ts'
import { caseParts, type Dispute } from '../../procedures/cases/file/file.ts'
import { queueFollowUp } from '../../procedures/mail/follow-up-queue.ts'
import { transaction } from '../../schema/db.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { rowsOf } from '../context.ts'
import { once } from './once.ts'
import { centsOf, Money, MoneyInput, rowId } from './values.ts'

const DisputeOutcome = builder.enumType('DisputeOutcome', {
  values: {
    MAINTAINED: { value: 'maintained', description: 'The claim is maintained, with reasons.' },
    CREDITED: { value: 'credited', description: 'The creditor grants a credit note (avoir).' },
    DROPPED: { value: 'dropped', description: 'The debtor gives it up.' },
  } as const,
})

const DisputeFileType = builder.objectRef<DisputeFile>('DisputeFile').implement({
  description: 'What the debtor sent along with its dispute, as it came: no exhibit of the creditor’s.',
  fields: (t) => ({
    id: t.exposeID('id'),
    name: t.exposeString('name', { description: 'As the debtor named it.' }),
    mediaType: t.exposeString('mediaType', { description: 'By its content, whatever its name says.' }),
    bytes: t.exposeInt('bytes'),
    sha256: t.exposeString('sha256'),
    url: t.string({
      description: 'The file, with the same token; always saved, never shown by the browser.',
      resolve: ({ id }, _args, ctx) => `${ctx.office.baseUrl}/contestations/${id}`,
    }),
  }),
})

const DisputeType = builder.objectRef<Dispute & { currency: string }>('Dispute').implement({
  description: 'Contestation: the case is suspended while it is open.',
  fields: (t) => ({
    id: t.exposeID('id'),
    raisedOn: t.expose('raisedOn', { type: 'Date' }),
    channel: t.exposeString('channel'),
    ground: t.exposeString('ground'),
    contested: t.field({
      type: Money,
      nullable: true,
      resolve: ({ contested, currency }) => (contested === null ? null : { cents: contested, currency }),
    }),
    resolvedOn: t.expose('resolvedOn', { type: 'Date', nullable: true }),
    outcome: t.field({
      type: DisputeOutcome,
      nullable: true,
      resolve: ({ outcome }) => outcome as 'maintained' | null,
    }),
    answer: t.exposeString('answer', { nullable: true }),
    answerBy: t.expose('answerBy', {
      type: 'Date',
      nullable: true,
      description: 'The day by which the debtor is to have an answer.',
    }),
    creditorAnsweredOn: t.expose('creditorAnsweredOn', { type: 'Date', nullable: true }),
    creditorAnswer: t.exposeString('creditorAnswer', {
      nullable: true,
      description: 'What the creditor answered to the dispute; its documents are exhibits.',
    }),
    files: t.field({ type: [DisputeFileType], resolve: ({ files }) => files }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  disputes: t.field({
    type: [DisputeType],
    resolve: async ({ id, currency }, _args, ctx) =>
      (await rowsOf(ctx, caseParts.disputes, id)).map((row) => ({ ...row, currency })),
  }),
}))

builder.relayMutationField(
  'recordDispute',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      channel: t.string({ required: true, description: 'How it reached us: appel, lettre, coupon, email…' }),
      ground: t.string({ required: true }),
      contested: t.field({ type: MoneyInput }),
      answerBy: t.field({ type: 'Date', required: true, description: 'The day on which the case is looked at again.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'The debtor disputes: the case is suspended at once; the debtor has it acknowledged, and the creditor is asked for its documents.',
    authScopes: { may: 'recordDispute' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordDispute', input, async (office, author) => {
        const found = await requireCase(ctx, input.caseId, office.sql)
        const dispute = {
          caseId: found.id,
          channel: input.channel,
          ground: input.ground,
          contested: input.contested ? centsOf(input.contested, found.currency) : null,
          answerBy: input.answerBy,
        }
        const disputeId = await transaction(office.sql, async (sql) => {
          const id = await recordDispute(sql, office.random, ctx.day, dispute, author)
          await queueFollowUp(sql, ctx.day, { dispute: id })
          return id
        })
        return { caseId: found.id, disputeId }
      }),
  },
  {
    outputFields: (t) => ({
      disputeId: t.exposeID('disputeId'),
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
    }),
  },
)

builder.relayMutationField(
  'answerDispute',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      disputeId: t.id({ required: true }),
      answer: t.string({ required: true, description: 'Whether the facts are right, and what is offered.' }),
      exhibitIds: t.idList({
        description:
          'Exhibits of the case (attachExhibit) that support it: copies go to the debtor along with the agency’s own answer.',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'The creditor answers its debtor’s dispute, once, and names the exhibits that support it. The agency’s own answer to the debtor is resolveDispute.',
    authScopes: { may: 'answerDispute' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'answerDispute', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const disputeId = rowId('Dispute', input.disputeId)
        const exhibitIds = (input.exhibitIds ?? []).map((each) => rowId('Exhibit', each))
        const given = { caseId: id, disputeId, answer: input.answer, documents: [], exhibitIds }
        await answerDispute(office, ctx.day, given, author)
        return { caseId: id }
      }),
  },
  answersCase,
)

builder.relayMutationField(
  'resolveDispute',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      disputeId: t.id({ required: true }),
      outcome: t.field({ type: DisputeOutcome, required: true }),
      answer: t.string({ required: true, description: 'The reasons, as the debtor will read them.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Answers a dispute: the case goes on where it stopped.',
    authScopes: { may: 'resolveDispute' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'resolveDispute', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const disputeId = rowId('Dispute', input.disputeId)
        await resolveDispute(
          office.sql,
          ctx.day,
          { caseId: id, disputeId, outcome: input.outcome, answer: input.answer },
          author,
        )
        return { caseId: id }
      }),
  },
  answersCase,
)
