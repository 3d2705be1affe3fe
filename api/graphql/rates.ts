import type { HandRate } from '../../procedures/cases/cases.ts'
import { recordRate } from '../../procedures/money/hand-rates.ts'
import { parseDay } from '../../schema/days.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { once } from './once.ts'

const HandRateType = builder.objectRef<HandRate>('HandRate').implement({
  description: 'A late-payment rate entered by hand, where the law of the case gives none: always to be checked.',
  fields: (t) => ({
    from: t.field({ type: 'Date', resolve: ({ from }) => parseDay(from) }),
    percent: t.exposeString('percent', { description: 'Per cent a year.' }),
    source: t.exposeString('source'),
  }),
})

builder.objectFields(CaseType, (t) => ({ rates: t.expose('rates', { type: [HandRateType] }) }))

builder.relayMutationField(
  'recordRate',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      from: t.field({ type: 'Date', required: true }),
      percent: t.string({ required: true, description: 'Per cent a year, « 12 » or « 12.5 ».' }),
      source: t.string({ required: true, description: 'The clause, text or counsel it comes from.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Enters the late-payment rate of a Malagasy case, from a day on; a French case has that of its law or mandate.',
    authScopes: { may: 'recordRate' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordRate', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const { from, percent, source } = input
        await recordRate(office.sql, ctx.day, { caseId: id, from, percent, source }, author)
        return { caseId: id }
      }),
  },
  answersCase,
)
