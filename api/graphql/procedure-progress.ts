import type { Conduct } from '../../procedures/judicial/case-progress.ts'
import type { Cost, CourtRule, Outcome, Procedure } from '../../procedures/judicial/engine/procedure.ts'
import { holds, type StepDeadline } from '../../procedures/judicial/engine/time-limits.ts'
import type { ReachedOutcome, Sequel } from '../../procedures/judicial/engine/outcomes.ts'
import type { Closure, NextStep, Progress } from '../../procedures/judicial/engine/progress.ts'
import { legalCost } from '../../procedures/law/values.ts'
import type { Day } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { builder } from './builder.ts'
import { type Amount, DoubtType, Money } from './values.ts'

const DeadlineKind = builder.enumType('DeadlineKind', {
  values: {
    NOT_AFTER: { value: 'not_after', description: '`expires` is the last day to act.' },
    NOT_BEFORE: { value: 'not_before', description: 'Nothing may be done until `opens`.' },
  } as const,
})

const DeadlineEffect = builder.enumType('DeadlineEffect', {
  description: 'What the end of the period does when nothing was done.',
  values: {
    CLOSES: { value: 'closes', description: 'Ends the path: caducité, non avenu (CPC 1411, CPCE R511-7…).' },
    BARS: { value: 'bars', description: 'The other side may no longer do it: opposition, contestation (CPC 1416…).' },
    ENDS: { value: 'ends', description: 'The period simply ends: nobody had to act (CPCE L162-1).' },
    LATE: { value: 'late', description: 'The act is late, and nothing more.' },
  } as const,
})

export interface DeadlineShape extends StepDeadline {
  procedureId: string
  daysLeft?: number
}

export const DeadlineType = builder.objectRef<DeadlineShape>('ProcedureDeadline').implement({
  description: 'A time limit of an open procedure, with its derivation and the version of the law that applied.',
  fields: (t) => ({
    step: t.exposeString('step'),
    key: t.exposeString('id', { description: 'Which of the step’s time limits it is.' }),
    title: t.exposeString('title'),
    kind: t.field({ type: DeadlineKind, resolve: ({ kind }) => kind }),
    effect: t.field({ type: DeadlineEffect, resolve: ({ effect }) => effect }),
    by: t.exposeString('by', { description: 'Who must act.' }),
    trigger: t.exposeString('trigger', { description: 'The event that it counts from.' }),
    from: t.expose('from', { type: 'Date' }),
    raw: t.expose('raw', { type: 'Date', description: 'By counting alone (CPC 641).' }),
    expires: t.expose('expires', { type: 'Date', description: 'Extended to the next business day (CPC 642).' }),
    opens: t.expose('opens', { type: 'Date', nullable: true }),
    daysLeft: t.int({
      nullable: true,
      description: 'Days from today to the last one, of a period that runs; null once it has ended.',
      resolve: (limit, _args, ctx) => {
        const left = ctx.day.until(limit.expires, { largestUnit: 'day' }).days
        return limit.kind === 'not_after' && left >= 0 ? left : null
      },
    }),
    why: t.exposeStringList('why', { description: 'The reasoning, in French sentences with their articles.' }),
    article: t.exposeString('article'),
    version: t.exposeString('version', { description: 'The version of the law that applied, in words.' }),
    sanction: t.exposeString('sanction', { nullable: true }),
    source: t.exposeString('source'),
    isConfirmed: t.exposeBoolean('confirmed', { description: 'Whether a lawyer confirmed this value.' }),
    doubts: t.expose('doubts', { type: [DoubtType] }),
    isPast: t.boolean({
      resolve: ({ kind, expires }, _args, ctx) =>
        kind === 'not_after' && Temporal.PlainDate.compare(expires, ctx.day) < 0,
    }),
  }),
})

type Done = Progress['done'][number] & { procedureId: string }
export const DoneStepType = builder.objectRef<Done>('DoneStep').implement({
  description: 'What was done, on its own day.',
  fields: (t) => ({
    step: t.exposeString('step'),
    title: t.exposeString('title'),
    by: t.exposeString('by'),
    on: t.expose('on', { type: 'Date' }),
    article: t.exposeString('article'),
    missed: t.field({
      type: DeadlineType,
      nullable: true,
      description: 'The time limit that this act came after.',
      resolve: ({ late, procedureId }) => (late ? { ...late, procedureId } : null),
    }),
  }),
})

export const NextStepType = builder.objectRef<NextStep>('NextProcedureStep').implement({
  description: 'What may come next. Enforcement is not offered while opposition is open, nor after it (CPC 1422).',
  fields: (t) => ({
    step: t.exposeString('step'),
    title: t.exposeString('title'),
    by: t.exposeString('by'),
    article: t.exposeString('article'),
    from: t.field({
      type: 'Date',
      nullable: true,
      description: 'Its first day, when that is still to come.',
      resolve: ({ from }) => from ?? null,
    }),
    until: t.field({
      type: 'Date',
      nullable: true,
      description: 'Its last day.',
      resolve: ({ until }) => until ?? null,
    }),
  }),
})

export const ClosureType = builder.objectRef<Closure & { procedureId: string }>('ProcedureClosure').implement({
  description: 'What ended the path: a time limit and its sanction, or an outcome.',
  fields: (t) => ({
    on: t.expose('on', { type: 'Date', description: 'The first day on which it was over.' }),
    step: t.exposeString('step'),
    title: t.exposeString('title'),
    sanction: t.exposeString('sanction', { nullable: true, description: 'caducité, non avenue…' }),
    article: t.exposeString('article'),
    deadline: t.field({
      type: DeadlineType,
      nullable: true,
      resolve: ({ limit, procedureId }) => (limit ? { ...limit, procedureId } : null),
    }),
    recourse: t.exposeString('recourse', {
      nullable: true,
      description: 'The step that may still lift the sanction (C. com. L622-26).',
    }),
  }),
})

export const SequelType = builder.objectRef<Sequel>('NextProcedure').implement({
  description: 'A procedure that an outcome opens: order, service, seizure.',
  fields: (t) => ({
    key: t.exposeString('procedure'),
    title: t.exposeString('title'),
    why: t.exposeString('why'),
    article: t.exposeString('article'),
    isConfirmed: t.exposeBoolean('isConfirmed', { description: 'Whether a text that was read says so.' }),
  }),
})

const OutcomeKind = builder.enumType('OutcomeKind', {
  values: {
    SUCCESS: { value: 'succes' },
    FAILURE: { value: 'echec' },
    SUSPENSION: { value: 'suspension' },
  } as const,
})

export const OutcomeType = builder.objectRef<ReachedOutcome>('ReachedOutcome').implement({
  description: 'A way the procedure has turned by today.',
  fields: (t) => ({
    key: t.exposeString('id'),
    title: t.exposeString('title'),
    kind: t.field({ type: OutcomeKind, resolve: ({ kind }) => kind }),
    on: t.expose('on', { type: 'Date' }),
    article: t.exposeString('article'),
    endsPath: t.exposeBoolean('ends'),
  }),
})

export const PossibleOutcomeType = builder.objectRef<Outcome>('PossibleOutcome').implement({
  description: 'A way the procedure may end or turn, as its file tells it.',
  fields: (t) => ({
    key: t.exposeString('id'),
    title: t.exposeString('titre'),
    kind: t.field({ type: OutcomeKind, resolve: ({ nature }) => nature }),
    article: t.exposeString('article'),
    endsPath: t.boolean({ resolve: ({ clot }) => clot === 'oui' }),
    next: t.stringList({
      description: 'Keys of the procedures that may follow.',
      resolve: ({ suites }) => (suites ?? []).map(({ procedure }) => procedure),
    }),
  }),
})

export const ConditionType = builder
  .objectRef<NonNullable<Procedure['conditions']>[number]>('ProcedureCondition')
  .implement({
    description: 'What must hold for the procedure to be open.',
    fields: (t) => ({
      key: t.exposeString('id'),
      text: t.exposeString('texte'),
      article: t.exposeString('article'),
      isConfirmed: t.boolean({ resolve: ({ confirme }) => confirme === 'oui' }),
    }),
  })

export const CourtRuleType = builder.objectRef<CourtRule>('CourtRule').implement({
  description: 'Before whom: the first rule that holds.',
  fields: (t) => ({
    when: t.field({
      type: 'JSON',
      description:
        'Debtor, nature of the claim, seat: { "commercial": true, "siege": "tae" }. Empty for the last rule.',
      resolve: ({ quand }) => quand ?? {},
    }),
    court: t.exposeString('juridiction'),
    place: t.exposeString('lieu'),
    article: t.exposeString('article', { description: 'CPC 1406, C. com. L721-3, CPCE R511-2…' }),
    note: t.string({ nullable: true, resolve: ({ note }) => note ?? null }),
    isConfirmed: t.boolean({ resolve: ({ confirme }) => confirme === 'oui' }),
  }),
})

interface CostShape {
  cost: Cost
  amount: Amount | null
  doubts: Doubt[]
}
export const CostType = builder.objectRef<CostShape>('ProcedureCost').implement({
  description: 'A cost of the procedure: who advances it, who bears it in the end.',
  fields: (t) => ({
    title: t.string({ resolve: ({ cost }) => cost.titre }),
    amount: t.expose('amount', {
      type: Money,
      nullable: true,
      description: 'On the day the procedure was opened; null while the tariff is to be found.',
    }),
    note: t.string({ nullable: true, resolve: ({ cost }) => cost.note ?? null }),
    advancedBy: t.string({ resolve: ({ cost }) => cost.avance_par }),
    borneBy: t.string({ resolve: ({ cost }) => cost.charge_finale }),
    article: t.string({ resolve: ({ cost }) => cost.article }),
    isConfirmed: t.boolean({ resolve: ({ cost }) => cost.confirme === 'oui' }),
    doubts: t.expose('doubts', { type: [DoubtType] }),
  }),
})

/** The costs of a procedure before this court, in the tariff of the day. */
export function costsOf(procedure: Procedure, conduct: Conduct, on: Day): CostShape[] {
  const facts = conduct.circumstances
  return (procedure.frais ?? [])
    .filter((cost) => Object.entries(cost.si ?? {}).every(([key, wanted]) => holds(facts[key], wanted)))
    .map((cost) => {
      if (cost.valeur === undefined) return { cost, amount: null, doubts: [] }
      const { cents, doubt } = legalCost(cost.valeur, on, cost.pour)
      return { cost, amount: cents === null ? null : { cents, currency: 'EUR' }, doubts: doubt ? [doubt] : [] }
    })
}
