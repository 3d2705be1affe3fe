import { recordLegalForm } from '../../procedures/cases/debtors.ts'
import { findPlace, recordCourt } from '../../procedures/judicial/courts/court-directory.ts'
import { competentCourt, type Court } from '../../procedures/law/court.ts'
import { builder } from './builder.ts'
import { answersCase, requireCase } from './cases.ts'
import { DebtorKind } from './debtors.ts'
import { once } from './once.ts'
import { DoubtType } from './values.ts'

const CourtType = builder.objectRef<Court>('Court').implement({
  description: 'Juridiction: an unknown place gives a court without a town and a doubt, never an invention.',
  fields: (t) => ({
    name: t.exposeString('nom'),
    bench: t.exposeString('formation'),
    city: t.exposeString('ville'),
    article: t.exposeString('article'),
    doubts: t.expose('doubts', { type: [DoubtType] }),
  }),
})

builder.queryFields((t) => ({
  courts: t.field({
    type: [CourtType],
    nullable: true,
    description: 'The court of an order for payment: that of the place where the debtor lives or sits (CPC 1406).',
    authScopes: { known: true },
    args: {
      postalCode: t.arg.string({ required: true }),
      city: t.arg.string({ required: true }),
      debtor: t.arg({ type: DebtorKind, required: true, defaultValue: 'business' }),
      commercial: t.arg.boolean({
        description: 'Both sides are merchants (C. com. L721-3); so for a business when absent.',
      }),
      on: t.arg({ type: 'Date' }),
    },
    resolve: async (_root, { postalCode, city, debtor, commercial, on }, ctx) => [
      competentCourt({
        debtor,
        commercial: commercial ?? debtor === 'business',
        postalCode,
        city,
        on: on ?? ctx.day,
        imported: await findPlace(ctx.sql, postalCode, city),
      }),
    ],
  }),
}))

builder.relayMutationField(
  'recordCourt',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      name: t.string({ required: true, description: 'tribunal de commerce de Vienne.' }),
      bench: t.string({
        description:
          'As every act is to address it. Without one, each act says to whom of that court it goes: its president, all of it, or the juge de l’exécution.',
      }),
      city: t.string({ required: true }),
      source: t.string({ required: true, description: 'Where its competence was read.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Enters the court of a case by hand, where no list tells it; a consent asked for before ends.',
    authScopes: { may: 'recordCourt' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordCourt', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const { name, bench = null, city, source } = input
        await recordCourt(office.sql, ctx.day, { caseId: id, name, bench, city, source }, author)
        return { caseId: id }
      }),
  },
  answersCase,
)

builder.relayMutationField(
  'recordLegalForm',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      legalForm: t.string({
        required: true,
        description: 'SCI, SARL, association, artisan…, or the INSEE category of four figures (6540).',
      }),
      source: t.string({ required: true, description: 'Where it was read: extrait Kbis, avis de situation INSEE…' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Records the legal form of a case’s debtor, which says whether the commercial or the civil court hears the claim (C. com. L721-3, L721-5); a consent asked for before ends.',
    authScopes: { may: 'recordLegalForm' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordLegalForm', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        await recordLegalForm(
          office.sql,
          ctx.day,
          { caseId: id, legalForm: input.legalForm, source: input.source },
          author,
        )
        return { caseId: id }
      }),
  },
  answersCase,
)
