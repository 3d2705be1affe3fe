import {
  type ContactPreference,
  preferencesOf,
  recordContactPreference,
} from '../../procedures/cases/exchanges/contact-preferences.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { rowsOf } from '../context.ts'
import { once } from './once.ts'

const ContactChannel = builder.enumType('ContactChannel', {
  values: {
    POST: { value: 'lettre' },
    ELECTRONIC_REGISTERED: {
      value: 'lre',
      description:
        'The electronic registered letter: accepting or preferring it is the consent that a person who is no professional must have given first (C. postes L100).',
    },
    EMAIL: { value: 'email' },
    SMS: { value: 'sms' },
    CALL: { value: 'appel' },
    VISIT: { value: 'visite' },
  } as const,
})
const ContactWish = builder.enumType('ContactWish', {
  values: {
    ACCEPTED: { value: 'accepte' },
    PREFERRED: {
      value: 'prefere',
      description:
        'By e-mail: a simple letter of the timeline then goes so. By electronic registered letter: the registered ones do.',
    },
    REFUSED: {
      value: 'refuse',
      description: 'Not used again by the timeline. The post cannot be refused (CPCE R124-4).',
    },
  } as const,
})

const ContactPreferenceType = builder.objectRef<ContactPreference>('ContactPreference').implement({
  description: 'How the debtor wishes to be reached: the last word on each channel.',
  fields: (t) => ({
    channel: t.field({ type: ContactChannel, resolve: ({ channel }) => channel }),
    wish: t.field({ type: ContactWish, resolve: ({ wish }) => wish }),
    reason: t.exposeString('reason'),
    recordedOn: t.expose('recordedOn', { type: 'Date' }),
    recordedBy: t.exposeString('recordedBy'),
  }),
})

builder.objectFields(CaseType, (t) => ({
  contactPreferences: t.field({
    type: [ContactPreferenceType],
    resolve: (found, _args, ctx) => rowsOf(ctx, preferencesOf, found.id),
  }),
}))

builder.relayMutationField(
  'recordContactPreference',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      channel: t.field({ type: ContactChannel, required: true }),
      wish: t.field({ type: ContactWish, required: true }),
      reason: t.string({ required: true, description: 'Where the debtor said it: a call, a letter, the coupon.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Records how a debtor wishes, or refuses, to be reached; for all its cases with this creditor.',
    authScopes: { may: 'recordContactPreference' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordContactPreference', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const { channel, wish, reason } = input
        await recordContactPreference(office.sql, office.random, ctx.day, { caseId: id, channel, wish, reason }, author)
        return { caseId: id }
      }),
  },
  answersCase,
)
