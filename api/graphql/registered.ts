import {
  meaningOf,
  type PostalEvent,
  postalEventsOf,
  type PostalMeaning,
  recordPostalState,
  recordPresentation,
} from '../../procedures/mail/registered.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType } from './cases.ts'
import { rowsOf } from '../context.ts'
import { DocumentType, requireDocument } from './documents.ts'
import { once } from './once.ts'
import { DoubtType } from './values.ts'

const ended = {
  DELIVERED: { value: 'delivered' },
  UNCLAIMED: { value: 'unclaimed', description: 'Présenté, non réclamé.' },
  REFUSED: { value: 'refused' },
  UNKNOWN_ADDRESS: {
    value: 'unknown_address',
    description:
      'Destinataire inconnu à l’adresse. The address is marked and never used again; the research cell finds another.',
  },
} as const
export const PostEnd = builder.enumType('PostEnd', { description: 'How a registered letter ended.', values: ended })
const PostOutcome = builder.enumType('PostOutcome', {
  values: {
    ...ended,
    BOUNCED: { value: 'bounced', description: 'An e-mail that came back: nobody received it.' },
  } as const,
})
const PostalStateType = builder.enumType('PostalState', {
  description: 'What the post, or the provider of an electronic one, says of a registered letter.',
  values: {
    DEPOSITED: { value: 'deposited', description: 'Déposée.' },
    PRESENTED: { value: 'presented', description: 'First presentation: what the period of the letter counts from.' },
    ...ended,
  } as const,
})

const PostalMeaningType = builder.objectRef<PostalMeaning>('PostalMeaning').implement({
  description: 'What a state of a registered letter means in law for the next step.',
  fields: (t) => ({
    text: t.exposeString('text', { description: 'In French.' }),
    article: t.exposeString('article', { nullable: true }),
    doubts: t.expose('doubts', { type: [DoubtType] }),
  }),
})
const PostalEventType = builder.objectRef<PostalEvent>('PostalEvent').implement({
  description: 'One state of a registered letter, on its own day however late it was told.',
  fields: (t) => ({
    state: t.field({ type: PostalStateType, resolve: ({ state }) => state }),
    on: t.expose('happenedOn', { type: 'Date' }),
    recordedOn: t.expose('recordedOn', { type: 'Date' }),
    recordedBy: t.exposeString('recordedBy'),
    meaning: t.field({ type: PostalMeaningType, resolve: meaningOf }),
  }),
})

builder.objectFields(DocumentType, (t) => ({
  outcome: t.field({ type: PostOutcome, nullable: true, resolve: ({ outcome }) => outcome as 'delivered' | null }),
  postalEvents: t.field({
    type: [PostalEventType],
    description:
      'The follow-up of a registered letter, in the order in which it was told; the last end is the one that counts.',
    resolve: ({ id }, _args, ctx) => rowsOf(ctx, postalEventsOf, id),
  }),
}))

builder.relayMutationField(
  'recordPostalState',
  {
    inputFields: (t) => ({
      documentId: t.id({ required: true }),
      state: t.field({ type: PostalStateType, required: true }),
      on: t.field({ type: 'Date', required: true, description: 'The day the post names.' }),
      registeredNumber: t.string({ description: 'When it becomes known; kept otherwise.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Records one state of a registered letter. Its proof is attached by attachPostalProof. UNCLAIMED is refused before the fifteen days of waiting have run.',
    authScopes: { may: 'recordPostalState' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordPostalState', input, async (office, author) => {
        const { id, caseId } = await requireDocument(ctx, input.documentId, office.sql)
        const { state, on, registeredNumber = null } = input
        await recordPostalState(
          office.sql,
          office.random,
          ctx.day,
          { documentId: id, state, on, registeredNumber },
          author,
        )
        return { caseId, documentId: id }
      }),
  },
  {
    outputFields: (t) => ({
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
      document: t.field({ type: DocumentType, resolve: ({ documentId }) => documentId }),
    }),
  },
)

builder.relayMutationField(
  'recordPresentation',
  {
    inputFields: (t) => ({
      documentId: t.id({ required: true }),
      registeredNumber: t.string({ required: true }),
      presentedOn: t.field({ type: 'Date', required: true }),
      outcome: t.field({ type: PostEnd, required: true }),
      outcomeOn: t.field({ type: 'Date', description: 'The day of first presentation when absent.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'The whole follow-up of a registered letter told at once: its number, first presentation and end.',
    authScopes: { may: 'recordPresentation' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordPresentation', input, async (office, author) => {
        const { id, caseId } = await requireDocument(ctx, input.documentId, office.sql)
        await recordPresentation(
          office.sql,
          office.random,
          ctx.day,
          {
            documentId: id,
            registeredNumber: input.registeredNumber,
            presentedOn: input.presentedOn,
            outcome: input.outcome,
            outcomeOn: input.outcomeOn ?? input.presentedOn,
          },
          author,
        )
        return { caseId }
      }),
  },
  answersCase,
)
