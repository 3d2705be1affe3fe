import {
  loadScenario,
  requireFollowed,
  type Scenario,
  scenarioIds,
  type ScenarioStep,
} from '../../procedures/amicable/scenario.ts'
import { proceduresOf } from '../../procedures/amicable/scenario-check.ts'
import { caseParts, type Step } from '../../procedures/cases/file/file.ts'
import type { CourtDay } from '../../procedures/judicial/deadlines/court-days.ts'
import { before } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { whenThere } from '../../schema/soon.ts'
import { builder } from './builder.ts'
import { CaseType } from './cases.ts'
import { nextDayInCourt } from './conducts.ts'
import { type Context, rowsOf } from '../context.ts'

const StepState = builder.enumType('StepState', {
  values: {
    PLANNED: { value: 'PLANNED' },
    LISTED: {
      value: 'LISTED',
      description: 'A call that is among the calls to make, and that nobody has made yet.',
    },
    DONE: { value: 'DONE' },
    SKIPPED: { value: 'SKIPPED' },
  } as const,
})

/** A step of the timeline; or, once it is done, the next day that a procedure of the case has. */
type StepShape = Omit<Step, 'added'> & { caseId?: string; courtDay?: CourtDay }

const StepType = builder.objectRef<StepShape>('Step').implement({
  description: 'One step of the amicable timeline of a case, or the next day that one of its procedures has.',
  fields: (t) => ({
    key: t.exposeString('key', { description: 'The step’s id in its scenario.' }),
    rank: t.exposeInt('rank'),
    channel: t.exposeString('channel', { description: 'lettre, lrar, email, sms, appel or action.' }),
    state: t.field({
      type: StepState,
      resolve: async (step, _args, ctx) =>
        step.doneOn ? ((await isStillToCall(ctx, step)) ? 'LISTED' : 'DONE') : step.skippedOn ? 'SKIPPED' : 'PLANNED',
    }),
    nominalOn: t.expose('nominalOn', { type: 'Date', description: 'The day of the scenario.' }),
    plannedOn: t.expose('plannedOn', {
      type: 'Date',
      description: 'That day, or the next one that is neither a Sunday nor a holiday.',
    }),
    doneOn: t.expose('doneOn', {
      type: 'Date',
      nullable: true,
      description: 'Of a call, the day it joined the calls to make; Case.calls holds those made.',
    }),
    skippedOn: t.expose('skippedOn', { type: 'Date', nullable: true }),
    skippedWhy: t.exposeString('skippedWhy', { nullable: true }),
    title: t.string({
      nullable: true,
      description: 'Of a day in court: what is to be done, with its article.',
      resolve: ({ courtDay }) => (courtDay ? `${courtDay.title} (${courtDay.article})` : null),
    }),
    daysLeft: t.int({
      nullable: true,
      description: 'Of a time limit that runs in court: days to its last one.',
      resolve: ({ courtDay }) => courtDay?.daysLeft ?? null,
    }),
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
    procedure: t.string({
      nullable: true,
      description: 'What the creditor is asked to sign for; a kind of debtor it is not open to is put before a person.',
      resolve: (step) => proceduresOf(step)[0] ?? null,
    }),
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
  scenario: t.field({
    type: ScenarioType,
    nullable: true,
    description:
      'Null, with the error `scenario_gone`, where the agency has taken its file away: the steps are still there.',
    resolve: (found) => requireFollowed(found.scenario),
  }),
  steps: t.field({
    type: [StepType],
    description: 'The timeline, in order.',
    resolve: async (found, _args, ctx) =>
      (await rowsOf(ctx, caseParts.steps, found.id)).map((step) => ({ ...step, caseId: found.id })),
  }),
  nextStep: t.field({
    type: StepType,
    nullable: true,
    description:
      'The earliest step neither done nor skipped; a case on hold has one too, which waits. In court, the next last day to act, or the first on which an act is allowed: its channel is « procedure ».',
    extensions: { reads: [{ read: nextSteps }] },
    resolve: (found, _args, ctx) =>
      whenThere<StepShape[], StepShape | null>(
        rowsOf(ctx, nextSteps, found.id),
        ([step]) => step ?? nextDayInCourt(ctx, found.id).then(inCourt),
      ),
  }),
}))

/** A listed call is done once somebody called, for it or since it was listed. */
async function isStillToCall(ctx: Context, { id, caseId, channel, doneOn }: StepShape): Promise<boolean> {
  if (channel !== 'appel' || caseId === undefined) return false
  const calls = await rowsOf(ctx, caseParts.calls, caseId)
  return !calls.some((call) => call.stepId === id || !before(call.calledOn, doneOn!))
}

/** The one step of a list of cases that a line of it shows, without the twenty others. */
async function nextSteps(sql: Sql, ids: string[]): Promise<Map<string, StepShape[]>> {
  const rows = await sql<(StepShape & { caseId: string })[]>`
    select s.case_id, s.id, key, rank, channel, nominal_on, planned_on, done_on, skipped_on, skipped_why
    from unnest(${ids}::uuid[]) as asked (id) cross join lateral (
      select * from steps where case_id = asked.id and done_on is null and skipped_on is null order by rank limit 1) s`
  return new Map(rows.map((row) => [row.caseId, [row]]))
}

function inCourt(courtDay: CourtDay | null): StepShape | null {
  if (!courtDay) return null
  const { procedure, step, on } = courtDay
  const key = `${procedure}.${step}`
  const nothing = { doneOn: null, skippedOn: null, skippedWhy: null }
  return { id: key, key, rank: 0, channel: 'procedure', nominalOn: on, plannedOn: on, ...nothing, courtDay }
}

builder.queryFields((t) => ({
  scenarios: t.field({
    type: [ScenarioType],
    nullable: true,
    authScopes: { known: true },
    description: 'Those that ship, and the agency’s own (SCENARIOS_DIR), by id.',
    resolve: () => scenarioIds().map(loadScenario),
  }),
}))
