import { casePicture } from '../../procedures/judicial/drawings/drawing.ts'
import { deadlinesOn } from '../../procedures/judicial/case-progress.ts'
import { readConsentRequest } from '../../procedures/judicial/consents/consent-requests.ts'
import { happenings } from '../../procedures/judicial/engine/happenings.ts'
import { loadProcedure } from '../../procedures/judicial/engine/procedure.ts'
import type { StepDeadline } from '../../procedures/judicial/engine/time-limits.ts'
import { openProcedure, recordProcedureEvent } from '../../procedures/judicial/procedures.ts'
import type { OpenProcedure, ProcedureEvent } from '../../procedures/judicial/open-procedures.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { builder, type Types } from './builder.ts'
import { CaseType } from './cases.ts'
import { conductOf, progressFor } from './conducts.ts'
import { type Context, rowsOf, visible } from '../context.ts'
import { forgetting, inOrder, nodeId, ofVisibleCase } from '../nodes.ts'
import { once } from './once.ts'
import {
  ClosureType,
  ConditionType,
  CostType,
  costsOf,
  CourtRuleType,
  type DeadlineShape,
  DeadlineType,
  DoneStepType,
  NextStepType,
  OutcomeType,
  PossibleOutcomeType,
  SequelType,
} from './procedure-progress.ts'
import { receivedHash } from '../uploads.ts'
import { DoubtType, rowId } from './values.ts'

type ProcedureRow = OpenProcedure

const columns = (sql: Sql) =>
  sql`p.id, p.case_id, p.procedure, p.consent_id, p.court, p.opened_on from procedures p join cases c on c.id = p.case_id`

const CourtType = builder.objectRef<OpenProcedure['court']>('SeisedCourt').implement({
  description: 'The court that hears the claim.',
  fields: (t) => ({
    name: t.exposeString('nom'),
    bench: t.exposeString('formation', { nullable: true }),
    city: t.exposeString('ville', { description: 'Empty when the seat must be looked up.' }),
  }),
})

type EventRow = ProcedureEvent & { procedureId: string }

const eventColumns = (sql: Sql) =>
  sql`e.id, e.procedure_id, e.step, e.happened_on, e.facts, e.original, e.corrects, e.void, e.recorded_on, e.recorded_by from procedure_events e`

const ProcedureEventType = builder.loadableNode('ProcedureEvent', {
  description:
    'Something that happened in a procedure, on its own day. It is corrected by another event, never rewritten.',
  id: { resolve: (event: EventRow) => event.id, parse: nodeId },
  authScopes: { role: ['amicable', 'legal', 'admin', 'creditor'] },
  load: (ids: string[], ctx) =>
    inOrder<EventRow>(
      ids,
      ctx.sql`select ${eventColumns(ctx.sql)} join procedures p on p.id = e.procedure_id
              where e.id = any(${ids}) and ${ofVisibleCase(ctx, ctx.sql`p.case_id`)}`,
    ),
  fields: (t) => ({
    step: t.exposeString('step'),
    title: t.string({
      resolve: async ({ step, procedureId }, _args, ctx) =>
        happenings((await conductOf(ctx, procedureId)).procedure).get(step)?.titre ?? step,
    }),
    happenedOn: t.expose('happenedOn', { type: 'Date' }),
    recordedOn: t.expose('recordedOn', { type: 'Date' }),
    facts: t.expose('facts', { type: 'JSON' }),
    original: t.exposeString('original', { nullable: true, description: 'SHA-256 of the act or order.' }),
    isVoid: t.exposeBoolean('void', { description: 'It says that the event it corrects never took place.' }),
  }),
})
forgetting(ProcedureEventType)

const limits = (id: string, found: StepDeadline[]): DeadlineShape[] =>
  found.map((limit) => ({ ...limit, procedureId: id }))

export const ProcedureType = builder.loadableNode('Procedure', {
  description: 'A judicial procedure opened under the creditor’s live consent, and where it stands today.',
  id: { resolve: (open: ProcedureRow) => open.id, parse: nodeId },
  authScopes: { role: ['amicable', 'legal', 'admin', 'creditor'] },
  load: (ids: string[], ctx) =>
    inOrder<ProcedureRow>(ids, ctx.sql`select ${columns(ctx.sql)} where p.id = any(${ids}) and ${visible(ctx)}`),
  fields: (t) => ({
    key: t.exposeString('procedure', { description: 'injonction-de-payer…' }),
    title: t.string({ resolve: ({ procedure }) => loadProcedure(procedure).titre }),
    article: t.string({ resolve: ({ procedure }) => loadProcedure(procedure).article }),
    steps: t.stringList({
      description: 'Ids of its steps, in the order of the law.',
      resolve: ({ procedure }) => loadProcedure(procedure).etapes.map(({ id }) => id),
    }),
    court: t.expose('court', { type: CourtType }),
    openedOn: t.expose('openedOn', { type: 'Date' }),
    case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
    who: t.string({
      nullable: true,
      description: 'Who may ask for it.',
      resolve: ({ procedure }) => loadProcedure(procedure).qui ?? null,
    }),
    conditions: t.field({
      type: [ConditionType],
      resolve: ({ procedure }) => loadProcedure(procedure).conditions ?? [],
    }),
    courtRules: t.field({
      type: [CourtRuleType],
      resolve: ({ procedure }) => loadProcedure(procedure).competence ?? [],
    }),
    events: t.field({
      type: [ProcedureEventType],
      args: {
        all: t.arg.boolean({ required: true, defaultValue: false, description: 'Those that were corrected too.' }),
      },
      resolve: async ({ id }, { all }, ctx) => {
        const events = await rowsOf(ctx, procedureEvents, id)
        const corrected = new Set(events.map((event) => event.corrects))
        return all ? events : events.filter((event) => !event.void && !corrected.has(event.id))
      },
    }),
    deadlines: t.field({
      type: [DeadlineType],
      description: 'Every time limit that its events started, met or not.',
      resolve: async ({ id }, _args, ctx) => limits(id, deadlinesOn(await conductOf(ctx, id))),
    }),
    done: t.field({
      type: [DoneStepType],
      description: 'What was done, the oldest first.',
      resolve: async ({ id }, _args, ctx) =>
        (await progressFor(ctx, id)).done.map((step) => ({ ...step, procedureId: id })),
    }),
    due: t.field({
      type: [DeadlineType],
      description: 'Time limits that run, the nearest first.',
      resolve: async ({ id }, _args, ctx) => limits(id, (await progressFor(ctx, id)).due),
    }),
    late: t.field({
      type: [DeadlineType],
      description: 'Ended and not done, without a sanction that ends the path.',
      resolve: async ({ id }, _args, ctx) => limits(id, (await progressFor(ctx, id)).late),
    }),
    lapsed: t.field({
      type: [DeadlineType],
      description: 'What the other side may no longer do (CPC 1416, CPCE R211-11…).',
      resolve: async ({ id }, _args, ctx) => limits(id, (await progressFor(ctx, id)).lapsed),
    }),
    notBefore: t.field({
      type: [DeadlineType],
      description: 'What may not be done yet (CPC 1422, CPCE R211-6…).',
      resolve: async ({ id }, _args, ctx) => limits(id, (await progressFor(ctx, id)).notBefore),
    }),
    next: t.field({ type: [NextStepType], resolve: async ({ id }, _args, ctx) => (await progressFor(ctx, id)).next }),
    closed: t.field({
      type: ClosureType,
      nullable: true,
      resolve: async ({ id }, _args, ctx) => {
        const { closed } = await progressFor(ctx, id)
        return closed ? { ...closed, procedureId: id } : null
      },
    }),
    outcomes: t.field({
      type: [OutcomeType],
      resolve: async ({ id }, _args, ctx) => (await progressFor(ctx, id)).outcomes,
    }),
    possibleOutcomes: t.field({
      type: [PossibleOutcomeType],
      resolve: ({ procedure }) => loadProcedure(procedure).issues ?? [],
    }),
    nextProcedures: t.field({
      type: [SequelType],
      resolve: async ({ id }, _args, ctx) => (await progressFor(ctx, id)).nextProcedures,
    }),
    costs: t.field({
      type: [CostType],
      resolve: async ({ id, procedure, openedOn }, _args, ctx) =>
        costsOf(loadProcedure(procedure), await conductOf(ctx, id), openedOn),
    }),
    doubts: t.field({ type: [DoubtType], resolve: async ({ id }, _args, ctx) => (await progressFor(ctx, id)).doubts }),
    why: t.stringList({
      description: 'Where it stands, in French sentences.',
      resolve: async ({ id }, _args, ctx) => (await progressFor(ctx, id)).why,
    }),
    picture: t.string({
      description: 'The case’s way through it, as an SVG of its own.',
      resolve: async ({ id }, _args, ctx) =>
        casePicture((await conductOf(ctx, id)).procedure, await progressFor(ctx, id)),
    }),
  }),
})
forgetting(ProcedureType)

builder.objectFields(DeadlineType, (t) => ({
  procedure: t.field({
    type: ProcedureType,
    nullable: true,
    description: 'Not for the bailiff.',
    resolve: ({ procedureId }, _args, ctx) => (ctx.viewer?.role === 'bailiff' ? null : procedureId),
  }),
  procedureTitle: t.string({
    resolve: async ({ procedureId }, _args, ctx) => (await conductOf(ctx, procedureId)).procedure.titre,
  }),
  caseNumber: t.string({
    resolve: async ({ procedureId }, _args, ctx) => (await rowsOf(ctx, numbers, procedureId))[0]!.number,
  }),
}))

async function numbers(sql: Sql, ids: string[]): Promise<Map<string, { number: string }[]>> {
  const rows = await sql<{ id: string; number: string }[]>`
    select p.id, c.number from procedures p join cases c on c.id = p.case_id where p.id = any(${ids})`
  return new Map(rows.map((row) => [row.id, [row]]))
}

async function procedureEvents(sql: Sql, ids: string[]): Promise<Map<string, EventRow[]>> {
  const rows = await sql<EventRow[]>`
    select ${eventColumns(sql)} where e.procedure_id = any(${ids}) order by e.happened_on, e.recorded_on, e.id`
  return Map.groupBy(rows, (row) => row.procedureId)
}

async function proceduresOf(sql: Sql, ids: string[]): Promise<Map<string, ProcedureRow[]>> {
  const rows = await sql<
    ProcedureRow[]
  >`select ${columns(sql)} where p.case_id = any(${ids}) order by p.opened_on, p.id`
  return Map.groupBy(rows, (row) => row.caseId)
}

builder.objectFields(CaseType, (t) => ({
  procedures: t.field({ type: [ProcedureType], resolve: (found, _args, ctx) => rowsOf(ctx, proceduresOf, found.id) }),
}))

/** An open procedure of a case that the viewer may see. */
export async function requireProcedure(ctx: Context, id: string, sql: Sql = ctx.sql): Promise<ProcedureRow> {
  const [open] = await sql<
    ProcedureRow[]
  >`select ${columns(sql)} where p.id = ${rowId('Procedure', id)} and ${visible(ctx)}`
  if (open) return open
  throw new DomainError('procedure_not_found', "Cette procédure n'existe pas, ou ne vous est pas ouverte.", {
    remedy: 'Vérifiez son identifiant dans le dossier.',
  })
}

/** Whose time limits the viewer sees: of its cases, or of the procedures whose pack was handed over to it and is open to it. */
const watched = (ctx: Context) =>
  ctx.viewer?.role === 'bailiff'
    ? ctx.sql`p.id in (select k.procedure_id from packs k join hand_overs h on h.pack_id = k.id
                       where h.bailiff_id = ${ctx.viewer.bailiffId} and h.revoked_on is null
                         and (h.expires_on is null or h.expires_on >= ${ctx.day}))`
    : visible(ctx)

builder.queryFields((t) => ({
  procedures: t.field({
    type: [ProcedureType],
    nullable: true,
    description:
      'The two hundred open procedures opened last, the newest first; those of closed cases are left out. The others are on their case.',
    authScopes: { known: true },
    complexity: { field: 1, multiplier: 20 },
    args: { key: t.arg.string({ description: 'injonction-de-payer…' }) },
    resolve: (_root, { key }, ctx) => ctx.sql<ProcedureRow[]>`
      select ${columns(ctx.sql)}
      where ${visible(ctx)} and c.closed_on is null ${key ? ctx.sql`and p.procedure = ${key}` : ctx.sql``}
      order by p.opened_on desc, p.id limit 200`,
  }),
  procedure: t.field({
    type: ProcedureType,
    nullable: true,
    authScopes: { known: true },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, ctx) => requireProcedure(ctx, id),
  }),
  deadlines: t.field({
    type: [DeadlineType],
    nullable: true,
    description:
      'Last days to act of every open procedure, the oldest first: those that run and, with `includePast`, those that ended with nothing done, among them the one that closed a path. A bailiff gets those of the procedures whose packs were handed over to it.',
    authScopes: { known: true },
    complexity: { field: 1, multiplier: 20 },
    args: {
      until: t.arg({ type: 'Date', description: 'In sixty days when absent.' }),
      includePast: t.arg.boolean({ required: true, defaultValue: true }),
    },
    resolve: async (_root, { until, includePast }, ctx) => {
      const last = until ?? ctx.day.add({ days: 60 })
      const open = await ctx.sql<{ id: string }[]>`
        select p.id from procedures p join cases c on c.id = p.case_id where ${watched(ctx)} and c.closed_on is null`
      const found = await Promise.all(
        open.map(async ({ id }) => {
          const { due, late, closed } = await progressFor(ctx, id)
          const past = [...late, ...(closed?.limit ? [closed.limit] : [])]
          return limits(id, includePast ? [...past, ...due] : due)
        }),
      )
      return found
        .flat()
        .filter(({ expires }) => Temporal.PlainDate.compare(expires, last) <= 0)
        .toSorted((a, b) => Temporal.PlainDate.compare(a.expires, b.expires))
    },
  }),
}))

/** What an act answers that leaves nothing to show but its procedure. */
export const answersProcedure = {
  outputFields: (t: PothosSchemaTypes.ObjectFieldBuilder<Types, { procedureId: string }>) => ({
    procedure: t.field({ type: ProcedureType, resolve: ({ procedureId }) => procedureId }),
  }),
}

builder.relayMutationField(
  'openProcedure',
  {
    inputFields: (t) => ({
      requestId: t.id({ required: true, description: 'The consent that was given.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Opens the procedure that the creditor agreed to; the database refuses it without a live consent.',
    authScopes: { may: 'openProcedure' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'openProcedure', input, async (office, author) => {
        const request = await readConsentRequest(office.sql, rowId('ConsentRequest', input.requestId))
        const open = await openProcedure(office.sql, office.random, ctx.day, { requestId: request.id }, author)
        return { procedureId: open.id }
      }),
  },
  answersProcedure,
)

builder.relayMutationField(
  'recordProcedureEvent',
  {
    inputFields: (t) => ({
      procedureId: t.id({ required: true }),
      step: t.string({ required: true, description: 'requete, ordonnance, signification, opposition…' }),
      happenedOn: t.field({ type: 'Date', required: true }),
      facts: t.field({
        type: 'JSON',
        description:
          'What the law asks about it: { "aPersonne": true }; what a decision fixes itself: { "delais": { "instance": "P1M" } }; what it grants: { "condamnation": { "principal": "1200.00", "interets": { "taux": "legal", "depuis": "2026-07-06" }, "capitalisation": { "ordonnee": false }, "article700": "300.00", "depens": "33.47" } } (schema/award.schema.json), from which what is owed is then computed. With several debtors, "codebiteurs": ["Marc Bonnet"] of a decision names those beside the debtor of the case, and "debiteur" of a service or an opposition the one that it concerns: the time of each runs from its own.',
      }),
      corrects: t.id({ description: 'The event that this one replaces: a wrong day, wrong facts.' }),
      void: t.boolean({ description: 'With `corrects`: that event never took place.' }),
      uploadId: t.id({ description: 'The act or order itself.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Records what happened, on its own day even when it is told late, and answers the time limits that follow. Refused out of order, twice, too early, on a closed path, or on a day whose law is not on file.',
    authScopes: { may: 'recordProcedureEvent' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordProcedureEvent', input, async (office, author) => {
        const open = await requireProcedure(ctx, input.procedureId, office.sql)
        const original = await receivedHash(ctx, office.sql, input.uploadId)
        await recordProcedureEvent(
          office.sql,
          office.random,
          ctx.day,
          {
            procedureId: open.id,
            step: input.step,
            happenedOn: input.happenedOn,
            facts: factsOf(input.facts),
            original,
            ...(input.corrects ? { corrects: rowId('ProcedureEvent', input.corrects) } : {}),
            void: input.void === true,
          },
          author,
        )
        return { procedureId: open.id }
      }),
  },
  answersProcedure,
)

function factsOf(value: unknown): Record<string, unknown> {
  if (value == null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new DomainError('bad_facts', 'Les faits sont un objet JSON.', { remedy: 'Par exemple { "aPersonne": true }.' })
}
