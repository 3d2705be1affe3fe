import { exhibitCitations } from '../../procedures/cases/exhibits/exhibit-citations.ts'
import { attachPostalProof, type PostalProof } from '../../procedures/cases/exhibits/exhibit-proofs.ts'
import {
  attachExhibit,
  type Exhibit,
  exhibitColumns,
  type ExhibitKind,
  exhibitKinds,
  exhibitNumber,
  inBordereauOrder,
  withdrawExhibit,
} from '../../procedures/cases/exhibits/exhibits.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { type Context, rowsOf } from '../context.ts'
import { DocumentType, requireDocument } from './documents.ts'
import { forgetting, inOrder, nodeId, ofVisibleCase } from '../nodes.ts'
import { once } from './once.ts'
import { receivedUpload } from '../uploads.ts'
import { DoubtType, rowId } from './values.ts'

type ExhibitRow = Exhibit & { caseId: string }

const kinds = Object.keys(exhibitKinds) as ExhibitKind[]

const ExhibitKindType = builder.enumType('ExhibitKind', {
  description: 'In the conventional order of a bordereau de pièces.',
  values: Object.fromEntries(
    kinds.map((kind) => [kind.toUpperCase().replaceAll('-', '_'), { value: kind, description: exhibitKinds[kind] }]),
  ) as Record<string, { value: ExhibitKind; description: string }>,
})

const CitationType = builder
  .objectRef<{ paper: string; page: number }>('ExhibitCitation')
  .implement({ fields: (t) => ({ paper: t.exposeString('paper'), page: t.exposeInt('page') }) })

const ExhibitType = builder.loadableNode('Exhibit', {
  description: 'Pièce: the original as it came, and the static PDF that enters packs.',
  id: { resolve: (exhibit: ExhibitRow) => exhibit.id, parse: nodeId },
  authScopes: { role: ['research', 'phone', 'amicable', 'legal', 'admin', 'creditor'] },
  load: (ids: string[], ctx) =>
    inOrder<ExhibitRow>(
      ids,
      ctx.sql`
    select case_id, ${exhibitColumns(ctx.sql)} from exhibits
    where id = any(${ids}) and ${ofVisibleCase(ctx, ctx.sql`exhibits.case_id`)}`,
    ),
  fields: (t) => ({
    number: t.exposeInt('number', { nullable: true, description: 'Given once, never reused.' }),
    label: t.string({
      nullable: true,
      description: 'As stamped: « 7 », or « 7-1 » for what goes with it.',
      resolve: (exhibit) => exhibitNumber(exhibit) || null,
    }),
    kind: t.field({ type: ExhibitKindType, resolve: ({ kind }) => kind }),
    reference: t.exposeString('reference'),
    datedOn: t.expose('datedOn', { type: 'Date', nullable: true }),
    proves: t.exposeString('proves', { description: 'What it proves, in French, as the court will read it.' }),
    originalName: t.exposeString('originalName'),
    mediaType: t.exposeString('mediaType', { description: 'What the original is, by its content.' }),
    sha256: t.exposeString('original'),
    pages: t.exposeInt('pages'),
    flags: t.expose('flags', {
      type: [DoubtType],
      description: 'What had to be changed, and what a person should look at.',
    }),
    letter: t.field({
      type: DocumentType,
      nullable: true,
      description: 'The letter that it is, or whose posting it proves.',
      resolve: ({ documentId }) => documentId,
    }),
    citedIn: t.field({
      type: [CitationType],
      description: 'Where the application and the statement last put to the creditor’s agreement cite it.',
      complexity: 20,
      resolve: async (exhibit, _args, ctx) => {
        const number = exhibitNumber(exhibit)
        return (await rowsOf(ctx, citationsReader(ctx), exhibit.caseId)).filter((one) => one.number === number)
      },
    }),
    url: t.string({
      description: 'The PDF, with the same token; `?file=original` for the file as it came.',
      resolve: ({ id }, _args, ctx) => `${ctx.office.baseUrl}/exhibits/${id}`,
    }),
  }),
})
forgetting(ExhibitType)

builder.objectFields(CaseType, (t) => ({
  exhibits: t.field({ type: [ExhibitType], resolve: (found, _args, ctx) => rowsOf(ctx, exhibits, found.id) }),
}))

async function exhibits(sql: Sql, ids: string[]): Promise<Map<string, ExhibitRow[]>> {
  const rows = await sql<ExhibitRow[]>`
    select case_id, ${exhibitColumns(sql)} from exhibits where case_id = any(${ids}) and withdrawn_on is null ${inBordereauOrder(sql)}`
  return Map.groupBy(rows, (row) => row.caseId)
}

type Citations = (sql: Sql, ids: string[]) => Promise<Map<string, Awaited<ReturnType<typeof exhibitCitations>>>>
const readers = new WeakMap<Context, Citations>()

/** One reader a request, so that its papers are opened once for all the exhibits asked for. */
function citationsReader(ctx: Context): Citations {
  let reader = readers.get(ctx)
  if (!reader) {
    reader = async (sql, ids) =>
      new Map(
        await Promise.all(ids.map(async (id) => [id, await exhibitCitations(ctx.office.archive, sql, id)] as const)),
      )
    readers.set(ctx, reader)
  }
  return reader
}

/** An exhibit of a case that the viewer may see, withdrawn or not. */
export async function requireExhibit(ctx: Context, id: string, sql: Sql = ctx.sql): Promise<ExhibitRow> {
  const [found] = await sql<ExhibitRow[]>`
    select case_id, ${exhibitColumns(sql)} from exhibits
    where id = ${rowId('Exhibit', id)} and ${ofVisibleCase(ctx, sql`exhibits.case_id`)}`
  if (found) return found
  throw new DomainError('exhibit_not_found', "Cette pièce n'existe pas, ou ne vous est pas ouverte.", {
    remedy: 'Vérifiez son identifiant.',
  })
}

builder.relayMutationField(
  'attachExhibit',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      uploadId: t.id({
        required: true,
        description:
          'Sent to requestUpload: PDF, JPEG, PNG, TIFF, DOCX or ODT (where LibreOffice is), e-mail (.eml, .msg), invoice as data (CII, UBL, JSON), plain text.',
      }),
      kind: t.field({ type: ExhibitKindType, required: true }),
      reference: t.string({ required: true }),
      datedOn: t.field({ type: 'Date' }),
      proves: t.string({ required: true }),
      password: t.string({ description: 'The owner’s, of a protected PDF. It is used and not kept.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Adds an exhibit to a case; what is joined to an e-mail follows under its number.',
    authScopes: { may: 'attachExhibit' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'attachExhibit', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const { sha256, fileName } = await receivedUpload(ctx, office.sql, input.uploadId)
        const exhibitId = await attachExhibit(
          office,
          office.sql,
          ctx.day,
          {
            caseId: id,
            kind: input.kind as ExhibitKind,
            reference: input.reference,
            datedOn: input.datedOn ?? null,
            proves: input.proves,
            bytes: await office.archive.stored(sha256),
            fileName,
            ...(input.password ? { password: input.password } : {}),
          },
          author,
        )
        return { caseId: id, exhibitId }
      }),
  },
  {
    outputFields: (t) => ({
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
      exhibit: t.field({ type: ExhibitType, resolve: ({ exhibitId }) => exhibitId }),
    }),
  },
)

const PostalProofType = builder.enumType('PostalProof', {
  values: {
    DEPOSIT: { value: 'depot', description: 'Preuve de dépôt.' },
    PRESENTATION: { value: 'presentation', description: 'Avis de première présentation, ou le suivi qui la date.' },
    RECEIPT: { value: 'reception', description: 'Avis de réception, ou pli rendu avec son motif.' },
  } as const,
})

builder.relayMutationField(
  'attachPostalProof',
  {
    inputFields: (t) => ({
      documentId: t.id({ required: true, description: 'The registered letter.' }),
      uploadId: t.id({ required: true }),
      proof: t.field({ type: PostalProofType, required: true }),
      datedOn: t.field({ type: 'Date', required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'What the post gave for a registered letter; in the pack it follows that letter (« Pièce n° 6-1 »).',
    authScopes: { may: 'attachPostalProof' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'attachPostalProof', input, async (office, author) => {
        const { id, caseId } = await requireDocument(ctx, input.documentId, office.sql)
        const { sha256, fileName } = await receivedUpload(ctx, office.sql, input.uploadId)
        const bytes = await office.archive.get(sha256)
        const proof = input.proof as PostalProof
        const given = { documentId: id, proof, datedOn: input.datedOn, bytes, fileName }
        return { caseId, exhibitId: await attachPostalProof(office, office.sql, ctx.day, given, author) }
      }),
  },
  {
    outputFields: (t) => ({
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
      exhibit: t.field({ type: ExhibitType, resolve: ({ exhibitId }) => exhibitId }),
    }),
  },
)

builder.relayMutationField(
  'withdrawExhibit',
  {
    inputFields: (t) => ({
      exhibitId: t.id({ required: true }),
      reason: t.string({ required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Takes an exhibit back, with those under its number; the numbers are never given again.',
    authScopes: { may: 'withdrawExhibit' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'withdrawExhibit', input, async (office, author) => {
        const { id: exhibitId } = await requireExhibit(ctx, input.exhibitId, office.sql)
        return withdrawExhibit(office.sql, ctx.day, { exhibitId, reason: input.reason }, author)
      }),
  },
  answersCase,
)
