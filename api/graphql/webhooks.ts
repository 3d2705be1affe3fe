import {
  createWebhook,
  deliveriesOf,
  endWebhook,
  readWebhooks,
  resumeWebhook,
  type WebhookDelivery,
  type WebhookEndpoint,
  type WebhookType,
  webhookTypes,
} from '../../procedures/webhooks.ts'
import { DomainError } from '../../schema/errors.ts'
import { builder } from './builder.ts'
import { CaseType } from './cases.ts'
import { type Context, rowsOf } from '../context.ts'
import { forgetting, inOrder, nodeId } from '../nodes.ts'
import { once } from './once.ts'
import { rowId } from './values.ts'

const WebhookEvent = builder.enumType('WebhookEvent', {
  description:
    'What a creditor’s own system may be told of; `type` of the message is the same in lower case: « case.opened ».',
  values: Object.fromEntries(
    webhookTypes.map((type) => [type.replace('.', '_').toUpperCase(), { value: type }]),
  ) as Record<string, { value: WebhookType }>,
})
const WebhookState = builder.enumType('WebhookState', {
  values: {
    WAITING: { value: 'waiting', description: 'To be tried, or tried again.' },
    DELIVERED: { value: 'delivered', description: 'Answered by a status from 200 to 299.' },
    FAILED: { value: 'failed', description: 'Given up after fourteen attempts; resumeWebhook tries again.' },
  } as const,
})

const WebhookDeliveryType = builder.objectRef<WebhookDelivery>('WebhookDelivery').implement({
  description: 'One message to one address.',
  fields: (t) => ({
    messageId: t.exposeString('id', { description: 'Its webhook-id: the same at each attempt.' }),
    type: t.exposeString('type'),
    case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
    state: t.field({ type: WebhookState, resolve: ({ state }) => state }),
    attempts: t.exposeInt('attempts'),
    status: t.exposeInt('status', { nullable: true, description: 'HTTP status of the last attempt.' }),
    error: t.exposeString('error', { nullable: true }),
    triedAt: t.string({
      nullable: true,
      description: 'Instant of the last attempt, ISO 8601 in UTC.',
      resolve: ({ triedAt }) => triedAt?.toString({ smallestUnit: 'second' }) ?? null,
    }),
  }),
})

const WebhookType_ = builder.loadableNode('Webhook', {
  description:
    'An address of a creditor’s own system, told of what happens in its cases by signed messages (Standard Webhooks): ids and states, no name, no sum.',
  id: { resolve: (endpoint: WebhookEndpoint) => endpoint.id, parse: nodeId },
  authScopes: { may: 'createWebhook' },
  load: (ids: string[], { sql, viewer }) =>
    inOrder<WebhookEndpoint>(
      ids,
      readWebhooks(sql, viewer?.creditorId ?? null).then((own) => own.filter(({ id }) => ids.includes(id))),
    ),
  fields: (t) => ({
    url: t.exposeString('url'),
    events: t.field({ type: [WebhookEvent], description: 'Empty: all.', resolve: ({ events }) => events }),
    createdOn: t.expose('createdOn', { type: 'Date' }),
    createdBy: t.exposeString('createdBy'),
    failures: t.exposeInt('failures', {
      description: 'Attempts failed since the last that succeeded; at twenty it is left alone.',
    }),
    disabledOn: t.expose('disabledOn', { type: 'Date', nullable: true }),
    disabledWhy: t.exposeString('disabledWhy', { nullable: true }),
    endedOn: t.expose('endedOn', { type: 'Date', nullable: true }),
    deliveries: t.field({
      type: [WebhookDeliveryType],
      description: 'The last hundred messages, the newest first.',
      resolve: ({ id }, _args, ctx) => rowsOf(ctx, deliveriesOf, id),
    }),
  }),
})

forgetting(WebhookType_)

const ownCreditor = (ctx: Context): string | null => ctx.viewer?.creditorId ?? null

builder.queryFields((t) => ({
  webhooks: t.field({
    type: [WebhookType_],
    nullable: true,
    description: 'The addresses that are told of events: a creditor’s own, or all of them; the oldest first.',
    authScopes: { may: 'createWebhook' },
    resolve: (_root, _args, ctx) => readWebhooks(ctx.sql, ownCreditor(ctx)),
  }),
}))

builder.relayMutationField(
  'createWebhook',
  {
    inputFields: (t) => ({
      creditorId: t.id({ description: 'Of whom; a creditor registers its own.' }),
      url: t.string({
        required: true,
        description: 'https:// and of the public internet; no redirection is followed.',
      }),
      events: t.field({ type: [WebhookEvent], description: 'All when absent or empty.' }),
    }),
  },
  {
    description:
      'Registers an address of a creditor’s own system. Its secret is shown this once; it checks the webhook-signature of each message.',
    authScopes: { may: 'createWebhook' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'createWebhook', {}, async (office, author) => {
        const creditorId = creditorOfInput(ctx, input.creditorId)
        const asked = { creditorId, url: input.url, events: input.events ?? [] }
        return createWebhook(office, ctx.day, asked, author)
      }),
  },
  {
    outputFields: (t) => ({
      webhook: t.field({ type: WebhookType_, resolve: ({ endpoint }) => endpoint }),
      secret: t.string({ description: '« whsec_… », shown this once.', resolve: ({ secret }) => secret }),
    }),
  },
)

function creditorOfInput(ctx: Context, given: string | null | undefined): string {
  const own = ownCreditor(ctx)
  const named = given ? rowId('Creditor', given) : own
  if (named !== null && (own === null || named === own)) return named
  throw new DomainError('creditor_not_found', "Ce créancier n'existe pas, ou ne vous est pas ouvert.", {
    remedy: 'Donnez l’identifiant d’un créancier (creditorId).',
  })
}

for (const [name, act, description] of [
  ['endWebhook', endWebhook, 'Nothing more is sent to this address.'],
  [
    'resumeWebhook',
    resumeWebhook,
    'An address that was left alone is told again, and of what it missed, under the same message ids.',
  ],
] as const)
  builder.relayMutationField(
    name,
    { inputFields: (t) => ({ webhookId: t.id({ required: true }) }) },
    {
      description,
      authScopes: { may: name },
      errors: {},
      resolve: (_root, { input }, ctx) =>
        once(ctx, name, {}, async (office, author) => {
          const id = rowId('Webhook', input.webhookId)
          await act(office.sql, ctx.day, { id, creditorId: ownCreditor(ctx) }, author)
          return { id }
        }),
    },
    { outputFields: (t) => ({ webhook: t.field({ type: WebhookType_, resolve: ({ id }) => id }) }) },
  )
