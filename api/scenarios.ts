import { adjustStep, chooseScenario } from '../procedures/amicable/choose.ts'
import { parseDay } from '../schema/days.ts'
import { builder } from './builder.ts'
import { CaseType, requireCase } from './cases.ts'
import { once } from './once.ts'

/** A move as it is kept for a repeated request: days as texts. */
interface ShownMove {
  key: string
  change: 'kept' | 'moved' | 'added' | 'skipped'
  from: string | null
  to: string | null
  why: string | null
}

const StepChange = builder.enumType('StepChange', {
  values: { KEPT: { value: 'kept' }, MOVED: { value: 'moved' }, ADDED: { value: 'added' }, SKIPPED: { value: 'skipped' } } as const,
})

const StepMoveType = builder.objectRef<ShownMove>('StepMove').implement({
  description: 'What a change does to one step that is not done.',
  fields: (t) => ({
    key: t.exposeString('key'),
    change: t.expose('change', { type: StepChange }),
    from: t.field({ type: 'Date', nullable: true, description: 'The day it was planned for.', resolve: ({ from }) => (from === null ? null : parseDay(from)) }),
    to: t.field({ type: 'Date', nullable: true, description: 'The day it will be done.', resolve: ({ to }) => (to === null ? null : parseDay(to)) }),
    why: t.exposeString('why', { nullable: true, description: 'Why it is left out.' }),
  }),
})

const StepAdjustment = builder.enumType('StepAdjustment', {
  values: {
    ADD: { value: 'add', description: 'A letter or a call more, on a day.' },
    SKIP: { value: 'skip', description: 'Left out of this case.' },
    HOLD: { value: 'hold', description: 'Held back until a day; those after it keep their intervals.' },
  } as const,
})

const StepChannel = builder.enumType('StepChannel', {
  values: { LETTRE: { value: 'lettre' }, LRAR: { value: 'lrar' }, EMAIL: { value: 'email' }, SMS: { value: 'sms' }, APPEL: { value: 'appel' }, VISITE: { value: 'visite' } } as const,
})

const shown = (moves: Awaited<ReturnType<typeof chooseScenario>>): ShownMove[] =>
  moves.map(({ from, to, ...move }) => ({ ...move, from: from?.toString() ?? null, to: to?.toString() ?? null }))

builder.relayMutationField(
  'chooseScenario',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      scenario: t.string({ required: true, description: 'standard, abonnement, abonnement-mg, acheteur-public…' }),
      reason: t.string({ required: true }),
      dryRun: t.boolean({ required: true, defaultValue: false, description: 'Shows what would move, and keeps nothing.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Gives a case another scenario. Steps done are never disturbed; every other one is shown with its old day and its new one.',
    authScopes: { may: 'chooseScenario' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'chooseScenario', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const { scenario, reason, dryRun } = input
        const moves = await chooseScenario(office.sql, office.random, ctx.day, { caseId: id, scenario, reason, dryRun }, author)
        return { caseId: id, dryRun, moves: shown(moves) }
      }),
  },
  {
    outputFields: (t) => ({
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
      dryRun: t.exposeBoolean('dryRun'),
      moves: t.field({ type: [StepMoveType], resolve: ({ moves }) => moves }),
    }),
  },
)

builder.relayMutationField(
  'adjustStep',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      change: t.field({ type: StepAdjustment, required: true }),
      stepKey: t.string({ required: true, description: 'The step to skip or hold; a name of its own for the one to add.' }),
      reason: t.string({ required: true }),
      on: t.field({ type: 'Date', description: 'The day of the step added, or until which it is held.' }),
      channel: t.field({ type: StepChannel, description: 'Of the step added.' }),
      letter: t.string({ description: 'Id in the library, for the step added.' }),
      delayDays: t.int({ description: 'Days that the letter added gives to answer.' }),
      dryRun: t.boolean({ required: true, defaultValue: false, description: 'Shows what would move, and keeps nothing.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Adds, skips or holds back one step of one case, under the rules that scenarios keep (first letter first, tone never falls).',
    authScopes: { may: 'adjustStep' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'adjustStep', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const { change, stepKey, reason, dryRun, on, channel, letter, delayDays } = input
        const moves = await adjustStep(
          office.sql,
          office.random,
          ctx.day,
          { caseId: id, change, stepKey, reason, dryRun, ...(on ? { on } : {}), ...(channel ? { channel } : {}), ...(letter ? { letter } : {}), ...(delayDays == null ? {} : { delay: delayDays }) },
          author,
        )
        return { caseId: id, dryRun, moves: shown(moves) }
      }),
  },
  {
    outputFields: (t) => ({
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
      dryRun: t.exposeBoolean('dryRun'),
      moves: t.field({ type: [StepMoveType], resolve: ({ moves }) => moves }),
    }),
  },
)
