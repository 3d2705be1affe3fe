import { type Visit, type VisitOutcome, recordVisit, visitsOf } from '../../procedures/cases/exchanges/visits.ts'
import { builder } from './builder.ts'
import { timeOf } from './calls.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { rowsOf } from '../context.ts'
import { once } from './once.ts'
import { noteReading } from '../readings.ts'
import { centsOf, MoneyInput } from './values.ts'

const VisitOutcomeType = builder.enumType('VisitOutcome', {
  values: {
    COMMITMENT: { value: 'engagement', description: 'A commitment was signed.' },
    PAID: { value: 'paiement' },
    DISPUTED: { value: 'contestation' },
    ABSENT: { value: 'absent' },
    REFUSED: { value: 'refus' },
    UNKNOWN_THERE: { value: 'inconnu', description: 'Nobody of that name at the address.' },
  } as const,
})

const VisitType = builder.objectRef<Visit>('Visit').implement({
  description: 'Visite au débiteur, « descente sur terrain ».',
  fields: (t) => ({
    visitedOn: t.expose('visitedOn', { type: 'Date' }),
    visitedAt: t.exposeString('visitedAt', { nullable: true }),
    agent: t.exposeString('agent'),
    place: t.exposeString('place'),
    person: t.exposeString('person', { nullable: true }),
    outcome: t.field({ type: VisitOutcomeType, resolve: ({ outcome }): VisitOutcome => outcome }),
    summary: t.exposeString('summary'),
    recordedBy: t.exposeString('recordedBy'),
  }),
})

builder.objectFields(CaseType, (t) => ({
  visits: t.field({
    type: [VisitType],
    resolve: (found, _args, ctx) => {
      noteReading(ctx, found.id, 'graphql')
      return rowsOf(ctx, visitsOf, found.id)
    },
  }),
}))

const CommitmentInput = builder.inputType('CommitmentInput', {
  description: 'What the debtor signed on the spot; the signed paper itself is attached with attachExhibit.',
  fields: (t) => ({
    amount: t.field({ type: MoneyInput, required: true }),
    dueOn: t.field({ type: 'Date', required: true }),
    means: t.string({ required: true, defaultValue: 'virement' }),
  }),
})

builder.relayMutationField(
  'recordVisit',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      visitedOn: t.field({ type: 'Date', description: 'Today when absent.' }),
      visitedAt: t.string({ description: 'HH:MM.' }),
      agent: t.string({ required: true }),
      place: t.string({ required: true }),
      person: t.string({ description: 'Who was met.' }),
      outcome: t.field({ type: VisitOutcomeType, required: true }),
      summary: t.string({ required: true }),
      stepKey: t.string({ description: 'The step of the timeline it carries out.' }),
      commitment: t.field({ type: CommitmentInput }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Records a visit, and a signed commitment as a promise that suspends the case. Refused before the first letter (CPCE R124-4).',
    authScopes: { may: 'recordVisit' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordVisit', input, async (office, author) => {
        const { id, currency } = await requireCase(ctx, input.caseId, office.sql)
        const { commitment } = input
        await recordVisit(
          office.sql,
          office.random,
          ctx.day,
          {
            caseId: id,
            visitedOn: input.visitedOn ?? ctx.day,
            visitedAt: timeOf(input.visitedAt),
            agent: input.agent,
            place: input.place,
            person: input.person ?? null,
            outcome: input.outcome,
            summary: input.summary,
            ...(input.stepKey ? { stepKey: input.stepKey } : {}),
            ...(commitment
              ? {
                  commitment: {
                    amount: centsOf(commitment.amount, currency),
                    dueOn: commitment.dueOn,
                    means: commitment.means,
                  },
                }
              : {}),
          },
          author,
        )
        return { caseId: id }
      }),
  },
  answersCase,
)
