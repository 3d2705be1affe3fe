import type { Changes } from '../../documents/packs/manifest.ts'
import { assembleFilingPack, type Pack } from '../../procedures/judicial/packs/packs.ts'
import { loadProcedure, procedureIds } from '../../procedures/judicial/engine/procedure.ts'
import type { Day } from '../../schema/days.ts'
import type { Fragment, Sql } from '../../schema/db.ts'
import { BailiffType } from './bailiffs.ts'
import { builder } from './builder.ts'
import { type Context, rowsOf, visible } from '../context.ts'
import { DocumentType } from './documents.ts'
import { forgetting, inOrder, nodeId } from '../nodes.ts'
import { once } from './once.ts'
import { ProcedureType, requireProcedure } from './procedures.ts'
import { factsOf, rowId } from './values.ts'

interface Stamp {
  authority: string
  stampedAt: Temporal.Instant
  trusted: boolean
}
type PackRow = Pack & {
  manifest: unknown
  changes: Changes | null
  caseJson: string | null
  reason: string | null
  caseNumber: string
  stamp: { authority: string; stamped_at: string; trusted: boolean } | null
}

const columns = (sql: Sql) => sql`
  k.id, k.procedure_id, k.kind, k.version, k.content_sha256, k.pdf, k.zip, k.manifest, k.changes, k.case_json, k.reason, k.assembled_on,
  c.number as case_number,
  (select json_build_object('authority', s.authority, 'stamped_at', s.stamped_at, 'trusted', s.trusted)
   from pack_timestamps s where s.pack_id = k.id) as stamp
  from packs k join procedures p on p.id = k.procedure_id join cases c on c.id = p.case_id`

/** A bailiff sees what was handed over to it and not taken back; the others what their cases hold. */
function visiblePack(ctx: Context): Fragment {
  if (ctx.viewer?.role !== 'bailiff') return visible(ctx)
  return ctx.sql`exists (select from hand_overs h where h.pack_id = k.id and h.bailiff_id = ${ctx.viewer.bailiffId} and h.revoked_on is null and (h.expires_on is null or h.expires_on >= ${ctx.day}))`
}

const readers = ['legal', 'admin', 'amicable', 'creditor', 'bailiff'] as const

interface HandOver {
  packId: string
  bailiffId: string
  handedOn: Day
  expiresOn: Day | null
  revokedOn: Day | null
  downloads: number
  receivedOn: Day | null
  receivedBy: string | null
  verified: boolean | null
  receiptId: string | null
}

const HandOverType = builder.objectRef<HandOver>('HandOver').implement({
  description: 'Remise: who may download the pack, and how often they did.',
  authScopes: { role: ['legal', 'admin', 'amicable'] },
  fields: (t) => ({
    bailiff: t.field({ type: BailiffType, resolve: ({ bailiffId }) => bailiffId }),
    handedOn: t.expose('handedOn', { type: 'Date' }),
    revokedOn: t.expose('revokedOn', { type: 'Date', nullable: true }),
    expiresOn: t.expose('expiresOn', { type: 'Date', nullable: true }),
    downloads: t.exposeInt('downloads'),
    receivedOn: t.expose('receivedOn', { type: 'Date', nullable: true, description: 'Reçu: the day it was given.' }),
    receivedBy: t.exposeString('receivedBy', { nullable: true }),
    verified: t.exposeBoolean('verified', {
      nullable: true,
      description: 'The office gave the hash of the ZIP it holds, and it is the pack’s.',
    }),
    receipt: t.field({
      type: DocumentType,
      nullable: true,
      description: 'The receipt as a sealed PDF: version, hashes, accesses (C. civ. 1366).',
      resolve: ({ receiptId }) => receiptId,
    }),
  }),
})

const ChangedFileType = builder.objectRef<Changes['added'][number]>('PackChange').implement({
  fields: (t) => ({
    number: t.string({ nullable: true, description: 'Of an exhibit.', resolve: ({ number }) => number ?? null }),
    title: t.exposeString('title'),
    sha256: t.exposeString('sha256'),
    was: t.string({ nullable: true, description: 'SHA-256 of what was replaced.', resolve: ({ was }) => was ?? null }),
  }),
})

const ChangesType = builder.objectRef<Changes>('PackChanges').implement({
  description: 'What a version changes in the one before it, exhibits by number and hash.',
  fields: (t) => ({
    since: t.exposeInt('since'),
    added: t.field({ type: [ChangedFileType], resolve: ({ added }) => added }),
    removed: t.field({ type: [ChangedFileType], resolve: ({ removed }) => removed }),
    replaced: t.field({ type: [ChangedFileType], resolve: ({ replaced }) => replaced }),
  }),
})

const StampType = builder.objectRef<Stamp>('PackTimestamp').implement({
  description: 'Horodatage RFC 3161 of the ZIP, by the authority’s clock.',
  fields: (t) => ({
    authority: t.exposeString('authority'),
    stampedAt: t.string({ resolve: ({ stampedAt }) => stampedAt.toString() }),
    trusted: t.exposeBoolean('trusted', { description: 'Its certificate leads to the one that the house was given.' }),
  }),
})

async function handOvers(sql: Sql, ids: string[]): Promise<Map<string, HandOver[]>> {
  const rows = await sql<HandOver[]>`
    select h.pack_id, h.bailiff_id, h.handed_on, h.expires_on, h.revoked_on, r.received_on, r.received_by, r.document_id as receipt_id,
           case when r.hand_over_id is not null then r.zip_sha256 is not null end as verified,
           (select count(*)::int from downloads d where d.hand_over_id = h.id) as downloads
    from hand_overs h left join hand_over_receipts r on r.hand_over_id = h.id where h.pack_id = any(${ids}) order by h.handed_on, h.id`
  return Map.groupBy(rows, (row) => row.packId)
}

export const PackType = builder.loadableNode('Pack', {
  description:
    'Dossier de dépôt or de signification: one file with its outline, the same by file, and a manifest. Never changed, only superseded.',
  id: { resolve: (pack: PackRow) => pack.id, parse: nodeId },
  authScopes: { role: [...readers] },
  load: (ids: string[], ctx) =>
    inOrder<PackRow>(ids, ctx.sql`select ${columns(ctx.sql)} where k.id = any(${ids}) and ${visiblePack(ctx)}`),
  fields: (t) => ({
    kind: t.exposeString('kind', { description: 'A pack of the procedure’s file: requete, signification, mission…' }),
    version: t.exposeInt('version'),
    caseNumber: t.exposeString('caseNumber'),
    contentSha256: t.exposeString('contentSha256'),
    pdfSha256: t.exposeString('pdf'),
    zipSha256: t.exposeString('zip'),
    manifest: t.expose('manifest', { type: 'JSON' }),
    changes: t.field({
      type: ChangesType,
      nullable: true,
      description: 'Null for a first version.',
      resolve: ({ changes }) => changes,
    }),
    timestamp: t.field({
      type: StampType,
      nullable: true,
      description: 'Null while it is awaited: no clock of the house stands for it.',
      resolve: ({ stamp }) =>
        stamp && {
          authority: stamp.authority,
          trusted: stamp.trusted,
          stampedAt: Temporal.Instant.from(stamp.stamped_at),
        },
    }),
    assembledOn: t.expose('assembledOn', { type: 'Date' }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'Why it was assembled although something was missing.',
    }),
    url: t.string({
      description:
        'For the bailiff, with its token; `?file=pdf` for the merged file, `?file=recu` for the office’s own receipt.',
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
    description:
      'The hundred newest, the last first; a bailiff gets those handed over to it. Older ones are on their procedure.',
    authScopes: { role: [...readers] },
    complexity: { field: 1, multiplier: 20 },
    resolve: (_root, _args, ctx) => ctx.sql<PackRow[]>`
      select ${columns(ctx.sql)} where ${visiblePack(ctx)} order by k.assembled_on desc, k.id limit 100`,
  }),
}))

const kinds = [...new Set(procedureIds().flatMap((id) => Object.keys(loadProcedure(id).dossiers ?? {})))].sort()

const PackKind = builder.enumType('PackKind', {
  description: 'A pack of a procedure’s file; `procedure(id) { … }` says which of them a procedure has.',
  values: Object.fromEntries(kinds.map((kind) => [kind.toUpperCase().replaceAll('-', '_'), { value: kind }])) as Record<
    string,
    { value: string }
  >,
})

builder.relayMutationField(
  'assembleFilingPack',
  {
    inputFields: (t) => ({
      procedureId: t.id({ required: true }),
      kind: t.field({ type: PackKind, description: 'The one that the creditor signed, when absent.' }),
      facts: t.field({
        type: 'JSON',
        description: 'Facts for its papers that the case does not hold (schema/facts.schema.json): titre, tiersSaisi…',
      }),
      reason: t.string({ description: 'Goes on although something is missing; printed in the manifest.' }),
      bailiffId: t.id({ description: 'The office that a mission is addressed to.' }),
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
            ...(input.kind ? { kind: input.kind } : {}),
            ...(input.facts ? { facts: factsOf(input.facts) } : {}),
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
