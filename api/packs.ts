import { type Bailiff, createBailiff, handOver } from '../procedures/judicial/handover.ts'
import { assembleFilingPack, type Pack } from '../procedures/judicial/packs.ts'
import type { Day } from '../schema/days.ts'
import type { Fragment, Sql } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import { builder } from './builder.ts'
import { type Context, rowsOf, visible } from './context.ts'
import { forgetting, inOrder, nodeId } from './nodes.ts'
import { once } from './once.ts'
import { ProcedureType, requireProcedure } from './procedures.ts'
import { rowId } from './values.ts'

type PackRow = Pack & { manifest: unknown; reason: string | null; caseNumber: string }

const columns = (sql: Sql) => sql`
  k.id, k.procedure_id, k.kind, k.version, k.content_sha256, k.pdf, k.zip, k.manifest, k.reason, k.assembled_on, c.number as case_number
  from packs k join procedures p on p.id = k.procedure_id join cases c on c.id = p.case_id`

/** A bailiff sees what was handed over to it and not taken back; the others what their cases hold. */
function visiblePack(ctx: Context): Fragment {
  if (ctx.viewer?.role !== 'bailiff') return visible(ctx)
  return ctx.sql`exists (select from hand_overs h where h.pack_id = k.id and h.bailiff_id = ${ctx.viewer.bailiffId} and h.revoked_on is null)`
}

const readers = ['legal', 'admin', 'amicable', 'creditor', 'bailiff'] as const

const BailiffType = builder.loadableNode('Bailiff', {
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

interface HandOver {
  packId: string
  bailiffId: string
  handedOn: Day
  revokedOn: Day | null
  downloads: number
}

const HandOverType = builder.objectRef<HandOver>('HandOver').implement({
  description: 'Remise: who may download the pack, and how often they did.',
  authScopes: { role: ['legal', 'admin', 'amicable'] },
  fields: (t) => ({
    bailiff: t.field({ type: BailiffType, resolve: ({ bailiffId }) => bailiffId }),
    handedOn: t.expose('handedOn', { type: 'Date' }),
    revokedOn: t.expose('revokedOn', { type: 'Date', nullable: true }),
    downloads: t.exposeInt('downloads'),
  }),
})

async function handOvers(sql: Sql, ids: string[]): Promise<Map<string, HandOver[]>> {
  const rows = await sql<HandOver[]>`
    select h.pack_id, h.bailiff_id, h.handed_on, h.revoked_on,
           (select count(*)::int from downloads d where d.hand_over_id = h.id) as downloads
    from hand_overs h where h.pack_id = any(${ids}) order by h.handed_on, h.id`
  return Map.groupBy(rows, (row) => row.packId)
}

const PackType = builder.loadableNode('Pack', {
  description:
    'Dossier de dépôt or de signification: one file with its outline, the same by file, and a manifest. Never changed, only superseded.',
  id: { resolve: (pack: PackRow) => pack.id, parse: nodeId },
  authScopes: { role: [...readers] },
  load: (ids: string[], ctx) =>
    inOrder<PackRow>(ids, ctx.sql`select ${columns(ctx.sql)} where k.id = any(${ids}) and ${visiblePack(ctx)}`),
  fields: (t) => ({
    kind: t.exposeString('kind', { description: 'The step it serves: requete, signification.' }),
    version: t.exposeInt('version'),
    caseNumber: t.exposeString('caseNumber'),
    contentSha256: t.exposeString('contentSha256'),
    pdfSha256: t.exposeString('pdf'),
    zipSha256: t.exposeString('zip'),
    manifest: t.expose('manifest', { type: 'JSON' }),
    assembledOn: t.expose('assembledOn', { type: 'Date' }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why it was assembled although something was missing.',
    }),
    url: t.string({
      description: 'For the bailiff, with its token; `?file=pdf` for the merged file.',
      resolve: ({ id }, _args, ctx) => `${ctx.office.baseUrl}/packs/${id}`,
    }),
    procedure: t.field({
      type: ProcedureType,
      nullable: true,
      description: 'Not for the bailiff.',
      resolve: ({ procedureId }, _args, ctx) => (ctx.viewer?.role === 'bailiff' ? null : procedureId),
    }),
    handOvers: t.field({
      type: [HandOverType],
      nullable: true,
      resolve: ({ id }, _args, ctx) =>
        ctx.viewer?.role === 'bailiff' || ctx.viewer?.role === 'creditor' ? null : rowsOf(ctx, handOvers, id),
    }),
  }),
})
forgetting(PackType)

async function packsOf(sql: Sql, ids: string[]): Promise<Map<string, PackRow[]>> {
  const rows = await sql<
    PackRow[]
  >`select ${columns(sql)} where k.procedure_id = any(${ids}) order by k.assembled_on, k.kind, k.version`
  return Map.groupBy(rows, (row) => row.procedureId)
}

builder.objectFields(ProcedureType, (t) => ({
  packs: t.field({ type: [PackType], resolve: ({ id }, _args, ctx) => rowsOf(ctx, packsOf, id) }),
}))

builder.queryFields((t) => ({
  packs: t.field({
    type: [PackType],
    nullable: true,
    description: 'The newest first; a bailiff gets those handed over to it.',
    authScopes: { role: [...readers] },
    complexity: { field: 1, multiplier: 20 },
    resolve: (_root, _args, ctx) => ctx.sql<PackRow[]>`
      select ${columns(ctx.sql)} where ${visiblePack(ctx)} order by k.assembled_on desc, k.id limit 100`,
  }),
  bailiffs: t.field({
    type: [BailiffType],
    nullable: true,
    authScopes: { role: ['legal', 'admin', 'amicable'] },
    resolve: (_root, _args, ctx) =>
      ctx.sql<Bailiff[]>`select id, name, identity from bailiffs order by name collate "fr-x-icu" limit 500`,
  }),
}))

const PackKind = builder.enumType('PackKind', {
  values: {
    REQUETE: { value: 'requete', description: 'For the court, as signed.' },
    SIGNIFICATION: { value: 'signification', description: 'For the bailiff, once the order is recorded.' },
  } as const,
})

builder.relayMutationField(
  'assembleFilingPack',
  {
    inputFields: (t) => ({
      procedureId: t.id({ required: true }),
      kind: t.field({ type: PackKind, required: true, defaultValue: 'requete' }),
      reason: t.string({ description: 'Goes on although something is missing; printed in the manifest.' }),
      bailiffId: t.id({ description: 'Who will serve, for a pack of service.' }),
      idempotencyKey: t.string({ required: true }),
    }),
  },
  {
    description: 'Assembles the pack; what is missing is named before anything is filed.',
    authScopes: { may: 'assembleFilingPack' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'assembleFilingPack', input, async (office, author) => {
        const open = await requireProcedure(ctx, input.procedureId, office.sql)
        const pack = await assembleFilingPack(
          office,
          ctx.day,
          {
            procedureId: open.id,
            kind: input.kind,
            ...(input.reason ? { reason: input.reason } : {}),
            ...(input.bailiffId ? { bailiffId: rowId('Bailiff', input.bailiffId) } : {}),
          },
          author,
        )
        return { packId: pack.id }
      }),
  },
  { outputFields: (t) => ({ pack: t.field({ type: PackType, resolve: ({ packId }) => packId }) }) },
)

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

builder.relayMutationField(
  'handOver',
  {
    inputFields: (t) => ({
      packId: t.id({ required: true }),
      bailiffId: t.id({ required: true }),
      idempotencyKey: t.string({ required: true }),
    }),
  },
  {
    description: 'Hands one pack to one bailiff, who may then download it with a token of its own.',
    authScopes: { may: 'handOver' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'handOver', input, async (office, author) => {
        const packId = rowId('Pack', input.packId)
        await handOver(
          office.sql,
          office.random,
          ctx.day,
          { packId, bailiffId: rowId('Bailiff', input.bailiffId) },
          author,
        )
        return { packId }
      }),
  },
  { outputFields: (t) => ({ pack: t.field({ type: PackType, resolve: ({ packId }) => packId }) }) },
)
