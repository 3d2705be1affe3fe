import { adjustStep, chooseScenario } from '../../procedures/amicable/choose.ts'
import { loadPicture } from '../../procedures/amicable/load-picture.ts'
import { readPortfolio } from '../../procedures/amicable/portfolio.ts'
import { loadScenario, parseScenario } from '../../procedures/amicable/scenario.ts'
import { type Load, simulate, type Simulation } from '../../procedures/amicable/simulate.ts'
import { parseDay } from '../../schema/days.ts'
import { builder } from './builder.ts'
import { CaseType, requireCase } from './cases.ts'
import { once } from './once.ts'
import { type Amount, Money } from './values.ts'

/** A move as it is kept for a repeated request: days as texts. */
interface ShownMove {
  key: string
  change: 'kept' | 'moved' | 'added' | 'skipped'
  from: string | null
  to: string | null
  why: string | null
}

const StepChange = builder.enumType('StepChange', {
  values: {
    KEPT: { value: 'kept' },
    MOVED: { value: 'moved' },
    ADDED: { value: 'added' },
    SKIPPED: { value: 'skipped' },
  } as const,
})

const StepMoveType = builder.objectRef<ShownMove>('StepMove').implement({
  description: 'What a change does to one step that is not done.',
  fields: (t) => ({
    key: t.exposeString('key'),
    change: t.expose('change', { type: StepChange }),
    from: t.field({
      type: 'Date',
      nullable: true,
      description: 'The day it was planned for.',
      resolve: ({ from }) => (from === null ? null : parseDay(from)),
    }),
    to: t.field({
      type: 'Date',
      nullable: true,
      description: 'The day it will be done.',
      resolve: ({ to }) => (to === null ? null : parseDay(to)),
    }),
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
  values: {
    LETTRE: { value: 'lettre' },
    LRAR: { value: 'lrar' },
    EMAIL: { value: 'email' },
    SMS: { value: 'sms' },
    APPEL: { value: 'appel' },
    VISITE: { value: 'visite' },
  } as const,
})

const shown = (moves: Awaited<ReturnType<typeof chooseScenario>>): ShownMove[] =>
  moves.map(({ from, to, ...move }) => ({ ...move, from: from?.toString() ?? null, to: to?.toString() ?? null }))

builder.relayMutationField(
  'chooseScenario',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      scenario: t.string({
        required: true,
        description:
          'standard, abonnement, abonnement-mg, acheteur-public, or one of the agency’s own (query scenarios).',
      }),
      reason: t.string({ required: true }),
      forDebtor: t.boolean({
        required: true,
        defaultValue: false,
        description: 'The debtor’s next cases open under it too, before the mandate’s.',
      }),
      dryRun: t.boolean({
        required: true,
        defaultValue: false,
        description: 'Shows what would move, and keeps nothing.',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Gives a case another scenario. Steps done are never disturbed; every other one is shown with its old day and its new one.',
    authScopes: { may: 'chooseScenario' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'chooseScenario', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        const { scenario, reason, forDebtor, dryRun } = input
        const moves = await chooseScenario(
          office.sql,
          office.random,
          ctx.day,
          { caseId: id, scenario, reason, forDebtor, dryRun },
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

builder.relayMutationField(
  'adjustStep',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      change: t.field({ type: StepAdjustment, required: true }),
      stepKey: t.string({
        required: true,
        description: 'The step to skip or hold; a name of its own for the one to add.',
      }),
      reason: t.string({ required: true }),
      on: t.field({ type: 'Date', description: 'The day of the step added, or until which it is held.' }),
      channel: t.field({ type: StepChannel, description: 'Of the step added.' }),
      letter: t.string({ description: 'Id in the library, for the step added.' }),
      delayDays: t.int({ description: 'Days that the letter added gives to answer.' }),
      dryRun: t.boolean({
        required: true,
        defaultValue: false,
        description: 'Shows what would move, and keeps nothing.',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Adds, skips or holds back one step of one case, under the rules that scenarios keep (first letter first, tone never falls).',
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
          {
            caseId: id,
            change,
            stepKey,
            reason,
            dryRun,
            ...(on ? { on } : {}),
            ...(channel ? { channel } : {}),
            ...(letter ? { letter } : {}),
            ...(delayDays == null ? {} : { delay: delayDays }),
          },
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

const LoadType = builder.objectRef<Load & { currency: string }>('SimulatedLoad').implement({
  description: 'How many approaches of each kind, and their cost by the price list of the house.',
  fields: (t) => ({
    letters: t.int({ resolve: ({ lettre }) => lettre }),
    registered: t.int({ resolve: ({ lrar }) => lrar }),
    emails: t.int({ resolve: ({ email }) => email }),
    sms: t.exposeInt('sms'),
    calls: t.int({ resolve: ({ appel }) => appel }),
    visits: t.int({ resolve: ({ visite }) => visite }),
    requests: t.int({
      description: 'Agreements asked of creditors, decisions put before a person.',
      resolve: ({ action }) => action,
    }),
    cost: t.field({ type: Money, resolve: ({ cost, currency }): Amount => ({ cents: cost, currency }) }),
  }),
})

const SimulatedDay = builder
  .objectRef<{ line: Simulation['byDay'][number]; currency: string }>('SimulatedDay')
  .implement({
    fields: (t) => ({
      day: t.field({ type: 'Date', resolve: ({ line }) => line.day }),
      simulated: t.field({ type: LoadType, resolve: ({ line, currency }) => ({ ...line.simulated, currency }) }),
      today: t.field({
        type: LoadType,
        description: 'Under the scenarios the cases have now.',
        resolve: ({ line, currency }) => ({ ...line.today, currency }),
      }),
    }),
  })

const SimulatedText = builder.objectRef<Simulation['texts'][number]>('SimulatedText').implement({
  fields: (t) => ({
    letter: t.exposeString('letter'),
    simulated: t.exposeInt('simulated'),
    today: t.exposeInt('today'),
    cases: t.exposeInt('cases', { description: 'Cases that would have more or fewer of it than today.' }),
  }),
})

const SimulatedOrphan = builder.objectRef<Simulation['orphans']['first'][number]>('SimulatedOrphan').implement({
  fields: (t) => ({
    caseNumber: t.exposeString('case'),
    on: t.expose('on', { type: 'Date' }),
    why: t.exposeString('why'),
  }),
})

const SimulationType = builder.objectRef<Simulation>('Simulation').implement({
  description:
    'A scenario flown over the open cases on a virtual clock: nobody pays or answers in it, and nothing was written or sent.',
  fields: (t) => ({
    scenario: t.exposeString('scenario'),
    from: t.expose('from', { type: 'Date' }),
    until: t.expose('until', { type: 'Date' }),
    openCases: t.int({ resolve: ({ cases }) => cases.open }),
    movedCases: t.int({
      description: 'Given the scenario; the others keep their own.',
      resolve: ({ cases }) => cases.moved,
    }),
    unreadCases: t.int({
      description:
        'With a step to do that their own scenario no longer says, its file gone or changed: it waits for a person. Today’s counts are without it.',
      resolve: ({ cases }) => cases.unread,
    }),
    waitingCases: t.int({
      description: 'On hold for a person, paid, or insolvent: nothing is sent.',
      resolve: ({ cases }) => cases.waiting,
    }),
    byDay: t.field({
      type: [SimulatedDay],
      complexity: 1,
      resolve: ({ byDay, currency }) => byDay.map((line) => ({ line, currency })),
    }),
    total: t.field({ type: LoadType, resolve: ({ totals, currency }) => ({ ...totals.simulated, currency }) }),
    totalToday: t.field({ type: LoadType, resolve: ({ totals, currency }) => ({ ...totals.today, currency }) }),
    deadlinesMet: t.int({
      description: 'Cases whose last step comes before prescription.',
      resolve: ({ deadlines }) => deadlines.met,
    }),
    deadlinesMissed: t.int({ resolve: ({ deadlines }) => deadlines.missed }),
    late: t.stringList({
      description: 'Numbers of the cases that prescription would overtake, the first hundred.',
      resolve: ({ deadlines }) => deadlines.late,
    }),
    orphanCount: t.int({
      description: 'Cases that would be left with nothing to wait for.',
      resolve: ({ orphans }) => orphans.count,
    }),
    orphanCountToday: t.int({ resolve: ({ orphans }) => orphans.today }),
    orphans: t.field({
      type: [SimulatedOrphan],
      description: 'The first hundred.',
      resolve: ({ orphans }) => orphans.first,
    }),
    texts: t.field({
      type: [SimulatedText],
      description: 'Letters and scripts sent more often, or less, than under today’s scenarios.',
      resolve: ({ texts }) => texts,
    }),
    picture: t.string({ description: 'The load by day, as SVG.', resolve: loadPicture }),
  }),
})

builder.queryFields((t) => ({
  simulateScenario: t.field({
    type: SimulationType,
    nullable: true,
    description: 'Runs a scenario over the open cases without sending. A creditor flies over its own.',
    authScopes: { role: ['amicable', 'legal', 'admin', 'creditor'] },
    // One flight reads the whole portfolio: a query may ask for two, to compare them, not for ten.
    complexity: { field: 6000, multiplier: 1 },
    args: {
      scenario: t.arg.string({ description: 'The id of a scenario.' }),
      yaml: t.arg.string({ description: 'Or the text of one, as its file would say it.' }),
      days: t.arg.int({ required: true, defaultValue: 90 }),
      from: t.arg({ type: 'Date' }),
    },
    resolve: (_root, { scenario, yaml, days, from }, { sql, day, viewer }) => {
      const flown = yaml == null ? loadScenario(scenario ?? 'standard') : parseScenario(yaml)
      return simulate(
        readPortfolio(sql, from ?? day, viewer?.role === 'creditor' ? viewer.creditorId : null),
        flown,
        from ?? day,
        days,
      )
    },
  }),
}))
