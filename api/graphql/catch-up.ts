import { catchUpReport, type LateStep } from '../../procedures/amicable/catch-up.ts'
import { daysBetween } from '../../schema/days.ts'
import { builder } from './builder.ts'
import { CaseType } from './cases.ts'

type Late = LateStep & { on: LateStep['plannedOn'] }

const LateStepType = builder.objectRef<Late>('LateStep').implement({
  description: 'A step that was taken up on a day later than the planned one, why, and what comes next.',
  fields: (t) => ({
    case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
    step: t.exposeString('step', { description: 'The step’s id in its scenario.' }),
    plannedOn: t.expose('plannedOn', { type: 'Date' }),
    doneOn: t.expose('doneOn', {
      type: 'Date',
      nullable: true,
      description: 'Null while its job is at work, and where it was left out.',
    }),
    skippedWhy: t.exposeString('skippedWhy', {
      nullable: true,
      description: 'Why it was left out, its day having passed; null where it was not.',
    }),
    daysLate: t.int({
      description: 'Days from the planned one to the one on which it was taken up.',
      resolve: ({ plannedOn, on }) => daysBetween(plannedOn, on),
    }),
    why: t.exposeString('why', {
      nullable: true,
      description:
        'The agreement or the suspension that it waited for, or the fault of its last attempt; null when nothing of these stood in its way: the house did not run, or earlier attempts failed.',
    }),
    next: t.exposeString('next', { nullable: true, description: 'The step that follows, by its id.' }),
    nextOn: t.expose('nextOn', { type: 'Date', nullable: true }),
  }),
})

builder.queryFields((t) => ({
  catchUp: t.field({
    type: [LateStepType],
    nullable: true,
    description:
      'After an outage: the steps that a day took up and that were planned before it, the oldest first. A suspension moves its case: what it held back is not late.',
    authScopes: { staff: true },
    complexity: { field: 5, multiplier: 20 },
    args: { on: t.arg({ type: 'Date', description: 'Today when absent.' }) },
    resolve: async (_root, { on }, { sql, day }) =>
      (await catchUpReport(sql, on ?? day)).map((late) => ({ ...late, on: on ?? day })),
  }),
}))
