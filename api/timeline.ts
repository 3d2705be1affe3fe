import { loadScenario, type Scenario, scenarioIds, type ScenarioStep } from '../procedures/amicable/scenario.ts'
import { caseParts, type Step } from '../procedures/cases/file.ts'
import { builder } from './builder.ts'
import { CaseType } from './cases.ts'
import { rowsOf } from './context.ts'

const StepState = builder.enumType('StepState', { values: ['PLANNED', 'DONE', 'SKIPPED'] as const })

const StepType = builder.objectRef<Step>('Step').implement({
  description: 'One step of the amicable timeline of a case.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'The step’s id in its scenario.' }),
    rank: t.exposeInt('rank'),
    channel: t.exposeString('channel', { description: 'lettre, lrar, email, sms, appel or action.' }),
    state: t.field({
      type: StepState,
      resolve: (step) => (step.doneOn ? 'DONE' : step.skippedOn ? 'SKIPPED' : 'PLANNED'),
    }),
    nominalOn: t.expose('nominalOn', { type: 'Date', description: 'The day of the scenario.' }),
    plannedOn: t.expose('plannedOn', {
      type: 'Date',
      description: 'That day, or the next one that is neither a Sunday nor a holiday.',
    }),
    doneOn: t.expose('doneOn', { type: 'Date', nullable: true }),
    skippedOn: t.expose('skippedOn', { type: 'Date', nullable: true }),
    skippedWhy: t.exposeString('skippedWhy', { nullable: true }),
  }),
})

const ScenarioStepType = builder.objectRef<ScenarioStep>('ScenarioStep').implement({
  fields: (t) => ({
    id: t.exposeString('id'),
    day: t.exposeString('jour', { description: '« J+24 », J being the due date; or « emission ».' }),
    channel: t.exposeString('canal', { nullable: true }),
    letters: t.stringList({
      description: 'Ids of the letters, by kind of debtor.',
      resolve: ({ lettre }) =>
        lettre === undefined ? [] : typeof lettre === 'string' ? [lettre] : [...new Set(Object.values(lettre))],
    }),
    action: t.exposeString('action', { nullable: true }),
    procedure: t.exposeString('procedure', { nullable: true }),
  }),
})

const ScenarioType = builder.objectRef<Scenario>('Scenario').implement({
  description: 'Scénario: the steps and their days, from the due date on.',
  fields: (t) => ({
    id: t.exposeString('id'),
    title: t.exposeString('titre'),
    steps: t.expose('etapes', { type: [ScenarioStepType] }),
    suspendedBy: t.exposeStringList('suspendre'),
  }),
})

builder.objectFields(CaseType, (t) => ({
  scenario: t.field({ type: ScenarioType, resolve: (found) => loadScenario(found.scenario) }),
  steps: t.field({
    type: [StepType],
    description: 'The timeline, in order.',
    resolve: (found, _args, ctx) => rowsOf(ctx, caseParts.steps, found.id),
  }),
  nextStep: t.field({
    type: StepType,
    nullable: true,
    description: 'The earliest step neither done nor skipped; a case on hold has one too, which waits.',
    resolve: async (found, _args, ctx) =>
      (await rowsOf(ctx, caseParts.steps, found.id)).find((step) => !step.doneOn && !step.skippedOn) ?? null,
  }),
}))

builder.queryFields((t) => ({
  scenarios: t.field({
    type: [ScenarioType],
    nullable: true,
    authScopes: { known: true },
    resolve: () => scenarioIds().map(loadScenario),
  }),
}))
