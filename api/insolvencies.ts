import { caseParts, type CaseFile } from '../procedures/cases/file.ts'
import { recordInsolvency } from '../procedures/cases/insolvencies.ts'
import { builder } from './builder.ts'
import { CaseType, requireCase } from './cases.ts'
import { rowsOf } from './context.ts'
import { once } from './once.ts'

const InsolvencyType = builder.objectRef<CaseFile['insolvencies'][number]>('Insolvency').implement({
  description: 'Procédure collective: interest stops on its opening day (C. com. L622-28).',
  fields: (t) => ({
    nature: t.exposeString('nature'),
    openedOn: t.expose('openedOn', { type: 'Date' }),
    publishedOn: t.expose('publishedOn', {
      type: 'Date',
      nullable: true,
      description: 'In the BODACC: claims are declared from that day.',
    }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  insolvencies: t.field({
    type: [InsolvencyType],
    resolve: (found, _args, ctx) => rowsOf(ctx, caseParts.insolvencies, found.id),
  }),
}))

builder.relayMutationField(
  'recordInsolvency',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      nature: t.string({ required: true, description: 'sauvegarde, redressement judiciaire, liquidation judiciaire.' }),
      openedOn: t.field({ type: 'Date', required: true }),
      publishedOn: t.field({ type: 'Date' }),
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
        const { nature, openedOn, publishedOn } = input
        await recordInsolvency(
          office.sql,
          office.random,
          ctx.day,
          { caseId: id, nature, openedOn, publishedOn: publishedOn ?? null },
          author,
        )
        return { caseId: id }
      }),
  },
  { outputFields: (t) => ({ case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }) }) },
)
