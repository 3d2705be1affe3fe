import { caseParts } from '../../procedures/cases/file/file.ts'
import { lookUpDoubts, nextWatched } from '../../procedures/cases/insolvency/insolvency-watch.ts'
import { importInsolvencies, type InsolvencyImport } from '../../procedures/cases/insolvency/insolvency-import.ts'
import {
  type Insolvency,
  recordCheck,
  recordDeclaration,
  recordInsolvency,
} from '../../procedures/cases/insolvency/insolvencies.ts'
import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { rowsOf } from '../context.ts'
import { DebtorType } from './debtors.ts'
import { once } from './once.ts'
import { receivedUpload } from '../uploads.ts'
import { DoubtType } from './values.ts'

const InsolvencyKind = builder.enumType('InsolvencyKind', {
  description: 'What stops every approach and every action.',
  values: {
    PROCEEDINGS: {
      value: 'procedure-collective',
      description: 'Sauvegarde, redressement ou liquidation judiciaire (C. com. L622-21).',
    },
    OVER_INDEBTEDNESS: { value: 'surendettement', description: 'Recevabilité d’un dossier de surendettement.' },
    DEATH: { value: 'deces', description: 'Décès du débiteur.' },
  } as const,
})

const InsolvencyType = builder.objectRef<Insolvency>('Insolvency').implement({
  description: 'Procédure collective, surendettement ou décès: nothing goes on but the declaration of the claim.',
  fields: (t) => ({
    kind: t.expose('kind', { type: InsolvencyKind }),
    nature: t.exposeString('nature'),
    openedOn: t.expose('openedOn', { type: 'Date', description: 'Interest stops on it (C. com. L622-28).' }),
    publishedOn: t.expose('publishedOn', {
      type: 'Date',
      nullable: true,
      description: 'In the BODACC: claims are declared from that day.',
    }),
    representative: t.exposeString('representative', { nullable: true }),
    source: t.exposeString('source'),
    checkedOn: t.expose('checkedOn', { type: 'Date', description: 'The last day it was looked up.' }),
    declareBy: t.expose('declareBy', {
      type: 'Date',
      nullable: true,
      description: 'Last day to declare the claim: two months from publication, four from abroad (C. com. R622-24).',
    }),
    declaredOn: t.expose('declaredOn', { type: 'Date', nullable: true }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  insolvencies: t.field({
    type: [InsolvencyType],
    resolve: (found, _args, ctx) => rowsOf(ctx, caseParts.insolvencies, found.id),
  }),
  doubts: t.field({
    type: [DoubtType],
    description:
      'What a person must still make sure of before the next act: the look-up of the debtor in the registers, too old or never made.',
    resolve: async (found, _args, ctx) => {
      const [insolvencies, insolvencyChecks, documents, steps] = await Promise.all([
        rowsOf(ctx, caseParts.insolvencies, found.id),
        rowsOf(ctx, caseParts.insolvencyChecks, found.id),
        rowsOf(ctx, caseParts.documents, found.id),
        rowsOf(ctx, caseParts.steps, found.id),
      ])
      if (found.closedOn) return []
      const act = nextWatched({ documents, steps })
      return lookUpDoubts({ case: found, insolvencies, insolvencyChecks }, ctx.day, act)
    },
  }),
}))

async function lastChecks(sql: Sql, ids: string[]): Promise<Map<string, Day[]>> {
  const rows = await sql<{ id: string; day: Day }[]>`
    select debtor_id as id, max(checked_on) as day from insolvency_checks where debtor_id = any(${ids}) group by debtor_id`
  return new Map(rows.map(({ id, day }) => [id, [day]]))
}

builder.objectFields(DebtorType, (t) => ({
  insolvencyCheckedOn: t.field({
    type: 'Date',
    nullable: true,
    description: 'The last day this debtor was looked up in the registers, found or not; null when never.',
    resolve: async ({ id }, _args, ctx) => (await rowsOf(ctx, lastChecks, id))[0] ?? null,
  }),
}))

builder.relayMutationField(
  'recordInsolvency',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      kind: t.field({ type: InsolvencyKind, required: true, defaultValue: 'procedure-collective' }),
      nature: t.string({ required: true, description: 'sauvegarde, redressement judiciaire, liquidation judiciaire…' }),
      openedOn: t.field({ type: 'Date', required: true, description: 'Of the judgment, the admission or the death.' }),
      publishedOn: t.field({ type: 'Date' }),
      representative: t.string({ description: 'Mandataire, liquidateur, commission, notaire.' }),
      source: t.string({ description: 'Where it was read.' }),
      checkedOn: t.field({ type: 'Date', description: 'When it was looked up; today when absent.' }),
      abroad: t.boolean({
        required: true,
        defaultValue: false,
        description: 'The creditor lives outside metropolitan France: two months more to declare (C. com. R622-24).',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Suspends the case: no individual claim goes on (C. com. L622-21).',
    authScopes: { may: 'recordInsolvency' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordInsolvency', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const { kind, nature, openedOn, publishedOn, representative, source, checkedOn, abroad } = input
        await recordInsolvency(
          office.sql,
          office.random,
          ctx.day,
          {
            caseId: id,
            kind,
            nature,
            openedOn,
            publishedOn: publishedOn ?? null,
            representative: representative ?? null,
            abroad,
            ...(source ? { source } : {}),
            ...(checkedOn ? { checkedOn } : {}),
          },
          author,
        )
        return { caseId: id }
      }),
  },
  answersCase,
)

builder.relayMutationField(
  'recordInsolvencyCheck',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      checkedOn: t.field({ type: 'Date', required: true }),
      source: t.string({ required: true, description: 'BODACC, registre du surendettement, registre des décès…' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'The debtor was looked up on that day and nothing was found.',
    authScopes: { may: 'recordInsolvency' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordInsolvency', input, async (office, author) => {
        const { id, debtorId } = await requireCase(ctx, input.caseId, office.sql)
        const { checkedOn, source } = input
        await recordCheck(office.sql, ctx.day, { debtorId, checkedOn, source, found: false }, author)
        return { caseId: id }
      }),
  },
  answersCase,
)

builder.relayMutationField(
  'recordClaimDeclaration',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      declaredOn: t.field({ type: 'Date', required: true, description: 'The day of dispatch.' }),
      proof: t.string({ required: true, description: 'Registered letter, portal receipt…' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'The claim was declared in the insolvency proceedings (C. com. L622-24).',
    authScopes: { may: 'recordClaimDeclaration' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordClaimDeclaration', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const { declaredOn, proof } = input
        await recordDeclaration(office.sql, ctx.day, { caseId: id, declaredOn, proof }, author)
        return { caseId: id }
      }),
  },
  answersCase,
)

const ImportedRow = builder.objectRef<InsolvencyImport['recorded'][number]>('ImportedInsolvency').implement({
  fields: (t) => ({
    row: t.exposeInt('row', { description: 'As a spreadsheet numbers it.' }),
    caseNumber: t.exposeString('case'),
    debtor: t.exposeString('debtor'),
    what: t.exposeString('what'),
  }),
})
const RowMessage = builder.objectRef<InsolvencyImport['errors'][number]>('RowMessage').implement({
  fields: (t) => ({ row: t.exposeInt('row'), message: t.exposeString('message') }),
})

builder.relayMutationField(
  'importInsolvencies',
  {
    inputFields: (t) => ({
      uploadId: t.id({ required: true, description: 'A CSV file sent to requestUpload.' }),
      source: t.string({ required: true, description: 'Where the file comes from: BODACC, prestataire…' }),
      preview: t.boolean({ required: true, defaultValue: false, description: 'Answers the same and keeps nothing.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Reads a file of insolvencies, over-indebtedness and deaths, a debtor a row. A bad row stops no other; the same file again changes nothing.',
    authScopes: { may: 'importInsolvencies' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'importInsolvencies', input, async (office, author) => {
        const { sha256 } = await receivedUpload(ctx, office.sql, input.uploadId)
        const file = await office.archive.get(sha256)
        const { source, preview } = input
        return {
          report: await importInsolvencies(office.sql, office.random, ctx.day, { file, source, preview }, author),
        }
      }),
  },
  {
    outputFields: (t) => ({
      rows: t.int({ resolve: ({ report }) => report.rows }),
      recognisedColumns: t.stringList({ resolve: ({ report }) => report.recognised }),
      ignoredColumns: t.stringList({ resolve: ({ report }) => report.ignored }),
      recorded: t.field({ type: [ImportedRow], resolve: ({ report }) => report.recorded }),
      checked: t.int({ description: 'Debtors looked up and not found.', resolve: ({ report }) => report.checked }),
      known: t.int({ description: 'What was known already.', resolve: ({ report }) => report.known }),
      unmatched: t.field({ type: [RowMessage], resolve: ({ report }) => report.unmatched }),
      errors: t.field({ type: [RowMessage], resolve: ({ report }) => report.errors }),
    }),
  },
)
