import { attachExhibit, type Exhibit, type ExhibitKind, exhibitKinds } from '../procedures/cases/exhibits.ts'
import type { Sql } from '../schema/db.ts'
import { builder } from './builder.ts'
import { CaseType, requireCase } from './cases.ts'
import { rowsOf } from './context.ts'
import { once } from './once.ts'
import { receivedUpload } from './uploads.ts'
import { DoubtType } from './values.ts'

const kinds = Object.keys(exhibitKinds) as ExhibitKind[]

const ExhibitKindType = builder.enumType('ExhibitKind', {
  description: 'In the conventional order of a bordereau de pièces.',
  values: Object.fromEntries(
    kinds.map((kind) => [kind.toUpperCase().replaceAll('-', '_'), { value: kind, description: exhibitKinds[kind] }]),
  ) as Record<string, { value: ExhibitKind; description: string }>,
})

const ExhibitType = builder.objectRef<Exhibit>('Exhibit').implement({
  description: 'Pièce: the original as it came, and the static PDF that enters packs.',
  fields: (t) => ({
    id: t.exposeID('id'),
    number: t.exposeInt('number', { nullable: true, description: 'Given once, never reused.' }),
    kind: t.field({ type: ExhibitKindType, resolve: ({ kind }) => kind }),
    reference: t.exposeString('reference'),
    datedOn: t.expose('datedOn', { type: 'Date', nullable: true }),
    proves: t.exposeString('proves', { description: 'What it proves, in French, as the court will read it.' }),
    originalName: t.exposeString('originalName'),
    sha256: t.exposeString('original'),
    pages: t.exposeInt('pages'),
    flags: t.expose('flags', {
      type: [DoubtType],
      description: 'What had to be changed, and what a person should look at.',
    }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  exhibits: t.field({ type: [ExhibitType], resolve: (found, _args, ctx) => rowsOf(ctx, exhibits, found.id) }),
}))

async function exhibits(sql: Sql, ids: string[]): Promise<Map<string, Exhibit[]>> {
  const rows = await sql<(Exhibit & { caseId: string })[]>`
    select case_id, id, number, kind, reference, dated_on, proves, original, original_name, pdf, pages, flags, document_id
    from exhibits where case_id = any(${ids}) and withdrawn_on is null
    order by number nulls last, added_on, dated_on, reference`
  return Map.groupBy(rows, (row) => row.caseId)
}

builder.relayMutationField(
  'attachExhibit',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      uploadId: t.id({ required: true, description: 'PDF, JPEG, PNG or plain text, sent to requestUpload.' }),
      kind: t.field({ type: ExhibitKindType, required: true }),
      reference: t.string({ required: true }),
      datedOn: t.field({ type: 'Date' }),
      proves: t.string({ required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Adds an exhibit to a case.',
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
            bytes: await office.archive.get(sha256),
            fileName,
          },
          author,
        )
        return { caseId: id, exhibitId }
      }),
  },
  {
    outputFields: (t) => ({
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
      exhibit: t.field({
        type: ExhibitType,
        resolve: async ({ caseId, exhibitId }, _args, ctx) =>
          (await rowsOf(ctx, exhibits, caseId)).find(({ id }) => id === exhibitId)!,
      }),
    }),
  },
)
