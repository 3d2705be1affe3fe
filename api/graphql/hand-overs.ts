import { findHandOver, handOver, revokeHandOver } from '../../procedures/judicial/packs/handover.ts'
import { acknowledgePack } from '../../procedures/judicial/packs/receipt.ts'
import { builder } from './builder.ts'
import type { Context } from '../context.ts'
import { once } from './once.ts'
import { PackType } from './packs.ts'
import { rowId } from './values.ts'

builder.relayMutationField(
  'handOver',
  {
    inputFields: (t) => ({
      packId: t.id({ required: true }),
      bailiffId: t.id({ required: true }),
      expiresOn: t.field({ type: 'Date', description: 'Sixty days from today when absent.' }),
      idempotencyKey: t.string({ required: true }),
    }),
  },
  {
    description:
      'Hands one version of a pack to one bailiff’s office, by a link that expires and may be taken back. Done again, it gives a new link and ends the old one.',
    authScopes: { may: 'handOver' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'handOver', input, async (office, author) => {
        const packId = rowId('Pack', input.packId)
        const { token } = await handOver(
          office.sql,
          office.random,
          ctx.day,
          {
            packId,
            bailiffId: rowId('Bailiff', input.bailiffId),
            ...(input.expiresOn ? { expiresOn: input.expiresOn } : {}),
          },
          author,
        )
        // What is kept for a repeated request must not open the pack: it would be a token kept in clear.
        shown.set(ctx, `${ctx.office.baseUrl}/etude/lien/${token}`)
        return { packId }
      }),
  },
  {
    outputFields: (t) => ({
      pack: t.field({ type: PackType, resolve: ({ packId }) => packId }),
      link: t.string({
        nullable: true,
        description: 'For the office, shown this once: only its hash is kept. Null where the request is a repeat.',
        resolve: (_result, _args, ctx) => shown.get(ctx) ?? null,
      }),
    }),
  },
)

builder.relayMutationField(
  'revokeHandOver',
  {
    inputFields: (t) => ({
      packId: t.id({ required: true }),
      bailiffId: t.id({ required: true }),
      reason: t.string({ required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Takes a pack back: its link and its downloads stop at once.',
    authScopes: { may: 'revokeHandOver' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'revokeHandOver', input, async (office, author) => {
        const packId = rowId('Pack', input.packId)
        const bailiffId = rowId('Bailiff', input.bailiffId)
        await revokeHandOver(office.sql, ctx.day, { packId, bailiffId, reason: input.reason }, author)
        return { packId }
      }),
  },
  { outputFields: (t) => ({ pack: t.field({ type: PackType, resolve: ({ packId }) => packId }) }) },
)

builder.relayMutationField(
  'acknowledgePack',
  {
    inputFields: (t) => ({
      packId: t.id({ required: true }),
      zipSha256: t.string({ required: true, description: 'SHA-256 of the ZIP, as the office computed it.' }),
      receivedBy: t.string({ required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Receipt of the office: it holds the pack, and verified it.',
    authScopes: { may: 'acknowledgePack' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'acknowledgePack', input, async (office) => {
        const packId = rowId('Pack', input.packId)
        const found = await findHandOver(office.sql, { packId, bailiffId: ctx.viewer!.bailiffId!, onDay: ctx.day })
        await acknowledgePack(office, ctx.day, found, { receivedBy: input.receivedBy, zipSha256: input.zipSha256 })
        return { packId }
      }),
  },
  { outputFields: (t) => ({ pack: t.field({ type: PackType, resolve: ({ packId }) => packId }) }) },
)

const shown = new WeakMap<Context, string>()
