import { claimNatures } from '../../procedures/cases/limitation/claim-limitation.ts'
import { recordLimitation, setClaimNature } from '../../procedures/cases/limitation/limitation.ts'
import { recountAfter } from '../../procedures/judicial/titles/interruptions.ts'
import { transaction } from '../../schema/db.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { once } from './once.ts'
import { DoubtType } from './values.ts'

builder.objectFields(CaseType, (t) => ({
  claimNature: t.exposeString('claimNature', {
    nullable: true,
    description: 'What the claim is about, for its limitation; null when nobody said: the shortest period is kept.',
  }),
  limitationDoubts: t.expose('limitationDoubts', {
    type: [DoubtType],
    description: 'What is not certain of limitationOn.',
  }),
}))

builder.relayMutationField(
  'setClaimNature',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      nature: t.string({
        required: true,
        description: `One of ${claimNatures().join(', ')}; « vente » is any sale or service.`,
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Says what the claim is about: its limitation is counted again, and a hold that it lifts ends.',
    authScopes: { may: 'setClaimNature' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'setClaimNature', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        await transaction(office.sql, async (sql) => {
          await setClaimNature(sql, ctx.day, { caseId: id, nature: input.nature }, author)
          await recountAfter(sql, ctx.day, id, author)
        })
        return { caseId: id }
      }),
  },
  answersCase,
)

builder.relayMutationField(
  'recordLimitation',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      expiresOn: t.field({ type: 'Date', required: true, description: 'Last day to act.' }),
      source: t.string({ required: true, description: 'The article, judgment or counsel it comes from.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Enters the last day to act by hand, with its source: where the law is not on file, or an event moved it.',
    authScopes: { may: 'recordLimitation' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordLimitation', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const { expiresOn, source } = input
        await recordLimitation(office.sql, ctx.day, { caseId: id, expiresOn, source }, author)
        return { caseId: id }
      }),
  },
  answersCase,
)
