import { issueStatement, readStatements, type Statement } from '../../procedures/money/statements.ts'
import { builder } from './builder.ts'
import { CaseType, requireCase } from './cases.ts'
import { rowsOf } from '../context.ts'
import { once } from './once.ts'
import { OwedType } from './owed.ts'

const StatementType = builder.objectRef<Statement>('Statement').implement({
  description: 'Décompte: numbered, dated, and never changed once issued; a new one is a new document.',
  fields: (t) => ({
    number: t.exposeInt('number', { description: '1, 2, 3… in its case.' }),
    asOf: t.expose('asOf', { type: 'Date' }),
    owed: t.field({
      type: OwedType,
      description: 'As it was reckoned that day.',
      resolve: ({ owed, currency }) => ({ ...owed, currency }),
    }),
    reference: t.exposeString('reference'),
    sha256: t.exposeString('sha256'),
    url: t.string({
      description: 'The PDF, with the same token.',
      resolve: ({ documentId }, _args, ctx) => `${ctx.office.baseUrl}/documents/${documentId}`,
    }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  statements: t.field({
    type: [StatementType],
    description: 'The oldest first.',
    resolve: (found, _args, ctx) => rowsOf(ctx, readStatements, found.id),
  }),
}))

builder.relayMutationField(
  'issueStatement',
  { inputFields: (t) => ({ caseId: t.id({ required: true }), idempotencyKey: t.string() }) },
  {
    description: 'Issues the statement of account of today (décompte), frozen as it is.',
    authScopes: { may: 'issueStatement' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'issueStatement', input, async (office, author) => {
        const found = await requireCase(ctx, input.caseId, office.sql)
        const { number } = await issueStatement(office, ctx.day, { caseId: found.id }, author)
        return { caseId: found.id, number }
      }),
  },
  {
    outputFields: (t) => ({
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
      statement: t.field({
        type: StatementType,
        resolve: async ({ caseId, number }, _args, ctx) =>
          (await rowsOf(ctx, readStatements, caseId)).find((each) => each.number === number)!,
      }),
    }),
  },
)
