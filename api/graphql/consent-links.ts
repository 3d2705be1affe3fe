import type { Sql } from '../../schema/db.ts'
import { builder } from './builder.ts'
import { ConsentType } from './consents.ts'
import { rowsOf } from '../context.ts'
import { EntryLinkType, type KnownLink, linkColumns, linksOf } from './entry-links.ts'
import { once } from './once.ts'
import { consentLinkDays, createConsentLink } from '../pages/consent-links.ts'
import { entryAddress, revokeEntryLink } from '../pages/entry.ts'
import { rowId } from './values.ts'

builder.objectFields(ConsentType, (t) => ({
  links: t.field({
    type: [EntryLinkType],
    nullable: true,
    description: 'Links made for one person each to answer this request alone (/accord), the newest first.',
    authScopes: { may: 'createConsentLink' },
    resolve: ({ id }, _args, ctx) => rowsOf(ctx, linksOfRequests, id),
  }),
}))

async function linksOfRequests(sql: Sql, ids: string[]): Promise<Map<string, KnownLink[]>> {
  const rows = await sql<(KnownLink & { consentRequestId: string })[]>`
    select consent_request_id, ${linkColumns(sql)} from entry_links where consent_request_id = any(${ids}) order by created_at desc, id`
  return Map.groupBy(rows, (row) => row.consentRequestId)
}

builder.relayMutationField(
  'createConsentLink',
  {
    inputFields: (t) => ({
      requestId: t.id({ required: true }),
      name: t.string({ required: true, description: 'Who will answer, and sign under that name.' }),
    }),
  },
  {
    description: `Makes a link by which one person reads one request of consent with its files, and signs or refuses it; it opens nothing else of the creditor’s. It opens in one browser, serves ${consentLinkDays} days at most and never after the request’s own last day, its answer or its end; its address is shown this once. The proof of the answer names it. Refused once the request is answered, void or over (\`consent_already_decided\`, \`consent_void\`, \`consent_expired\`).`,
    authScopes: { may: 'createConsentLink' },
    errors: {},
    resolve: (_root, { input }, ctx) => {
      // Without a key, for what is answered to a key is kept, and its address is not.
      const asked = { idempotencyKey: null, requestId: input.requestId, name: input.name }
      return once(ctx, 'createConsentLink', asked, async (office, author) => {
        const on = { day: ctx.day, at: ctx.clock.now() }
        const requestId = rowId('ConsentRequest', input.requestId)
        const order = { requestId, creditorId: ctx.viewer?.creditorId ?? null, name: input.name }
        const { id, token } = await createConsentLink(office.sql, office.random, on, order, author)
        return { linkId: id, requestId, url: entryAddress(office.baseUrl, 'accord', token) }
      })
    },
  },
  {
    outputFields: (t) => ({
      link: t.field({
        type: EntryLinkType,
        resolve: async ({ linkId }, _args, { sql }) => (await linksOf(sql, linkId))[0]!,
      }),
      request: t.field({ type: ConsentType, resolve: ({ requestId }) => requestId }),
      url: t.string({ description: 'Its whole address, shown this once.', resolve: ({ url }) => url }),
    }),
  },
)

builder.relayMutationField(
  'revokeConsentLink',
  { inputFields: (t) => ({ linkId: t.id({ required: true }), idempotencyKey: t.string() }) },
  {
    description: 'Takes such a link back, opened or not; what was signed by it stays signed.',
    authScopes: { may: 'revokeConsentLink' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'revokeConsentLink', input, async (office, author) => {
        const linkId = rowId('EntryLink', input.linkId)
        const on = { day: ctx.day, at: ctx.clock.now() }
        const consentOf = { creditorId: ctx.viewer?.creditorId ?? null }
        await revokeEntryLink(office.sql, on, { id: linkId, consentOf }, author)
        return { linkId }
      }),
  },
  {
    outputFields: (t) => ({
      link: t.field({
        type: EntryLinkType,
        resolve: async ({ linkId }, _args, { sql }) => (await linksOf(sql, linkId))[0]!,
      }),
    }),
  },
)
