import { recordCall } from '../../procedures/cases/exchanges/calls.ts'
import { type Call, caseParts } from '../../procedures/cases/file/file.ts'
import { DomainError } from '../../schema/errors.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { rowsOf } from '../context.ts'
import { once } from './once.ts'
import { noteReading } from '../readings.ts'
import { centsOf, MoneyInput } from './values.ts'

const CallDirection = builder.enumType('CallDirection', {
  values: { OUTGOING: { value: 'outgoing' }, INCOMING: { value: 'incoming' } } as const,
})

const CallType = builder.objectRef<Call>('Call').implement({
  fields: (t) => ({
    calledOn: t.expose('calledOn', { type: 'Date' }),
    calledAt: t.exposeString('calledAt', {
      nullable: true,
      description: 'HH:MM:SS by the clock of the house (Europe/Paris).',
    }),
    direction: t.field({ type: CallDirection, resolve: ({ direction }) => direction as 'outgoing' }),
    person: t.exposeString('person', { nullable: true }),
    outcome: t.exposeString('outcome'),
    summary: t.exposeString('summary'),
    recordedBy: t.exposeString('recordedBy'),
  }),
})

builder.objectFields(CaseType, (t) => ({
  calls: t.field({
    type: [CallType],
    resolve: (found, _args, ctx) => {
      noteReading(ctx, found.id, 'graphql')
      return rowsOf(ctx, caseParts.calls, found.id)
    },
  }),
}))

const Proposal = builder.inputType('InstalmentsProposalInput', {
  description: 'So much a month from that day, as the debtor proposed it by telephone.',
  fields: (t) => ({
    monthly: t.field({ type: MoneyInput, required: true }),
    firstOn: t.field({ type: 'Date', required: true, description: 'The day of the first payment.' }),
  }),
})

builder.relayMutationField(
  'recordCall',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      calledAt: t.string({
        description:
          'HH:MM by the clock of the house (Europe/Paris); judged by the debtor’s, where it lives. Without it the day alone is judged: neither Sunday nor holiday.',
      }),
      direction: t.field({ type: CallDirection, required: true, defaultValue: 'outgoing' }),
      person: t.string({ description: 'Who answered.' }),
      outcome: t.string({ required: true, description: 'promesse, contestation, sans-reponse, a-rappeler…' }),
      summary: t.string({ required: true }),
      stepKey: t.string({ description: 'The step of the timeline it answers: appel, dernier-appel…' }),
      proposes: t.field({
        type: Proposal,
        description:
          'It becomes a reply as by the coupon, within the same bounds: the debtor has it confirmed, the creditor is asked, and the case waits for settleReply.',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Records a call. Refused before the first letter (CPCE R124-4).',
    authScopes: { may: 'recordCall' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordCall', input, async (office, author) => {
        const { id, currency } = await requireCase(ctx, input.caseId, office.sql)
        const { proposes } = input
        await recordCall(
          office.sql,
          office.random,
          ctx.day,
          {
            caseId: id,
            calledAt: timeOf(input.calledAt),
            direction: input.direction,
            person: input.person ?? null,
            outcome: input.outcome,
            summary: input.summary,
            ...(input.stepKey ? { stepKey: input.stepKey } : {}),
            ...(proposes
              ? {
                  told: {
                    kind: 'instalments',
                    monthly: centsOf(proposes.monthly, currency),
                    firstOn: proposes.firstOn,
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

export function timeOf(text: string | null | undefined): string | null {
  if (text == null || /^([01]\d|2[0-3]):[0-5]\d$/.test(text)) return text ?? null
  throw new DomainError('bad_time', `« ${text.slice(0, 20)} » n'est pas une heure.`, {
    remedy: 'Écrivez HH:MM, par exemple 14:30.',
  })
}
