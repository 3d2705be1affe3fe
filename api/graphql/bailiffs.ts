import { type Bailiff, createBailiff } from '../../procedures/judicial/packs/handover.ts'
import { DomainError } from '../../schema/errors.ts'
import { builder } from './builder.ts'
import { forgetting, inOrder, nodeId } from '../nodes.ts'
import { once } from './once.ts'

export const BailiffType = builder.loadableNode('Bailiff', {
  description: 'Commissaire de justice (huissier de justice before 1 July 2022).',
  id: { resolve: (bailiff: Bailiff) => bailiff.id, parse: nodeId },
  authScopes: { role: ['legal', 'admin', 'amicable', 'bailiff'] },
  load: (ids: string[], ctx) =>
    inOrder<Bailiff>(
      ids,
      ctx.sql`
    select id, name, identity from bailiffs
    where id = any(${ids}) and (${ctx.viewer?.role !== 'bailiff'} or id = ${ctx.viewer?.bailiffId ?? null})`,
    ),
  fields: (t) => ({
    name: t.exposeString('name'),
    identity: t.expose('identity', { type: 'JSON' }),
  }),
})
forgetting(BailiffType)

builder.queryFields((t) => ({
  bailiffs: t.field({
    type: [BailiffType],
    nullable: true,
    authScopes: { role: ['legal', 'admin', 'amicable'] },
    resolve: (_root, _args, ctx) =>
      ctx.sql<Bailiff[]>`select id, name, identity from bailiffs order by name collate "fr-x-icu" limit 500`,
  }),
}))

builder.relayMutationField(
  'createBailiff',
  {
    inputFields: (t) => ({
      name: t.string({ required: true, description: 'The office’s name.' }),
      identity: t.field({ type: 'JSON', description: 'Address, e-mail, telephone as the mission letter prints them.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    authScopes: { may: 'createBailiff' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'createBailiff', input, async (office) => {
        const { name, identity } = input
        if (name.trim() === '' || (identity != null && (typeof identity !== 'object' || Array.isArray(identity)))) {
          throw new DomainError('bad_bailiff', 'Une étude a un nom, et son identité est un objet JSON.', {
            remedy: 'Indiquez au moins le nom de l’étude.',
          })
        }
        const bailiff = await createBailiff(office.sql, office.random, {
          name,
          identity: (identity ?? {}) as Record<string, unknown>,
        })
        return { bailiffId: bailiff.id }
      }),
  },
  { outputFields: (t) => ({ bailiff: t.field({ type: BailiffType, resolve: ({ bailiffId }) => bailiffId }) }) },
)
