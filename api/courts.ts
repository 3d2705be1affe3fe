import { competentCourt, type Court } from '../procedures/law/court.ts'
import { builder } from './builder.ts'
import { DebtorKind } from './debtors.ts'
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
    resolve: (_root, { postalCode, city, debtor, commercial, on }, ctx) => [
      competentCourt({ debtor, commercial: commercial ?? debtor === 'business', postalCode, city, on: on ?? ctx.day }),
    ],
  }),
}))
