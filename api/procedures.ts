import { loadProcedure, type StepDeadline, stepDeadlines } from '../procedures/judicial/procedure.ts'
import {
  type OpenProcedure,
  openProcedure,
  type ProcedureEvent,
  recordProcedureEvent,
} from '../procedures/judicial/procedures.ts'
import { readConsentRequest } from '../procedures/judicial/consent.ts'
import type { Zone } from '../procedures/law/calendar.ts'
import type { Sql } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import { builder } from './builder.ts'
import { CaseType } from './cases.ts'
import { type Context, rowsOf, visible } from './context.ts'
import { forgetting, inOrder, nodeId } from './nodes.ts'
import { once } from './once.ts'
import { receivedUpload } from './uploads.ts'
import { DoubtType, rowId } from './values.ts'

type ProcedureRow = OpenProcedure & { zone: Zone }

const columns = (sql: Sql) =>
  sql`p.id, p.case_id, p.procedure, p.consent_id, p.court, p.opened_on, c.zone from procedures p join cases c on c.id = p.case_id`

const CourtType = builder.objectRef<OpenProcedure['court']>('SeisedCourt').implement({
  description: 'The court that hears the claim.',
  fields: (t) => ({
    name: t.exposeString('nom'),
    bench: t.exposeString('formation', { nullable: true }),
    city: t.exposeString('ville', { description: 'Empty when the seat must be looked up.' }),
  }),
})

const DeadlineKind = builder.enumType('DeadlineKind', {
  values: {
    NOT_AFTER: { value: 'not_after', description: '`expires` is the last day to act.' },
    NOT_BEFORE: { value: 'not_before', description: 'Nothing may be done until `opens`.' },
  } as const,
})

const DeadlineType = builder.objectRef<StepDeadline & { procedureRow: ProcedureRow }>('ProcedureDeadline').implement({
  description: 'A time limit of an open procedure, with its derivation and the version of the law that applied.',
  fields: (t) => ({
    step: t.exposeString('step'),
    title: t.exposeString('title'),
    kind: t.field({ type: DeadlineKind, resolve: ({ kind }) => kind }),
    trigger: t.exposeString('trigger', { description: 'The event that it counts from.' }),
    from: t.expose('from', { type: 'Date' }),
    raw: t.expose('raw', { type: 'Date', description: 'By counting alone.' }),
    expires: t.expose('expires', { type: 'Date', description: 'Extended to the next business day (CPC 642).' }),
    opens: t.expose('opens', { type: 'Date', nullable: true }),
    why: t.exposeStringList('why', { description: 'The reasoning, in French sentences.' }),
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

const ProcedureEventType = builder.objectRef<ProcedureEvent>('ProcedureEvent').implement({
  description: 'Something that happened in a procedure, on its own day.',
  fields: (t) => ({
    step: t.exposeString('step'),
    happenedOn: t.expose('happenedOn', { type: 'Date' }),
    facts: t.expose('facts', { type: 'JSON' }),
    original: t.exposeString('original', { nullable: true, description: 'SHA-256 of the act or order.' }),
  }),
})

export const ProcedureType = builder.loadableNode('Procedure', {
  description: 'A judicial procedure opened under the creditor’s live consent.',
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
    events: t.field({ type: [ProcedureEventType], resolve: ({ id }, _args, ctx) => rowsOf(ctx, procedureEvents, id) }),
    deadlines: t.field({ type: [DeadlineType], resolve: (open, _args, ctx) => deadlinesOf(ctx, open) }),
  }),
})
forgetting(ProcedureType)

builder.objectFields(DeadlineType, (t) => ({
  procedure: t.field({ type: ProcedureType, resolve: ({ procedureRow }) => procedureRow }),
}))

async function procedureEvents(sql: Sql, ids: string[]): Promise<Map<string, ProcedureEvent[]>> {
  const rows = await sql<(ProcedureEvent & { procedureId: string })[]>`
    select procedure_id, step, happened_on, facts, original from procedure_events
    where procedure_id = any(${ids}) order by happened_on, recorded_on, id`
  return Map.groupBy(rows, (row) => row.procedureId)
}

async function deadlinesOf(ctx: Context, open: ProcedureRow) {
  const events = (await rowsOf(ctx, procedureEvents, open.id)).map(({ step, happenedOn, facts }) => ({
    step,
    on: happenedOn,
    facts,
  }))
  return stepDeadlines(loadProcedure(open.procedure), events, { zone: open.zone }).map((limit) => ({
    ...limit,
    procedureRow: open,
  }))
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

builder.queryFields((t) => ({
  procedures: t.field({
    type: [ProcedureType],
    nullable: true,
    description: 'Open procedures, the newest first; those of closed cases are left out.',
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
    description: 'Last days to act of every open procedure, the nearest first. A step already done is left out.',
    authScopes: { known: true },
    complexity: { field: 1, multiplier: 20 },
    args: {
      until: t.arg({ type: 'Date', description: 'In sixty days when absent.' }),
      includePast: t.arg.boolean({ required: true, defaultValue: true }),
    },
    resolve: async (_root, { until, includePast }, ctx) => {
      const last = until ?? ctx.day.add({ days: 60 })
      const open = await ctx.sql<
        ProcedureRow[]
      >`select ${columns(ctx.sql)} where ${visible(ctx)} and c.closed_on is null`
      const limits = await Promise.all(
        open.map(async (row) => {
          const done = new Set((await rowsOf(ctx, procedureEvents, row.id)).map(({ step }) => step))
          return (await deadlinesOf(ctx, row)).filter((limit) => limit.kind === 'not_after' && !done.has(limit.step))
        }),
      )
      return limits
        .flat()
        .filter(
          ({ expires }) =>
            Temporal.PlainDate.compare(expires, last) <= 0 &&
            (includePast || Temporal.PlainDate.compare(expires, ctx.day) >= 0),
        )
        .toSorted((a, b) => Temporal.PlainDate.compare(a.expires, b.expires))
    },
  }),
}))

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
  { outputFields: (t) => ({ procedure: t.field({ type: ProcedureType, resolve: ({ procedureId }) => procedureId }) }) },
)

builder.relayMutationField(
  'recordProcedureEvent',
  {
    inputFields: (t) => ({
      procedureId: t.id({ required: true }),
      step: t.string({ required: true, description: 'requete, ordonnance, signification, opposition…' }),
      happenedOn: t.field({ type: 'Date', required: true }),
      facts: t.field({ type: 'JSON', description: 'What the law asks about it: { "aPersonne": true }.' }),
      uploadId: t.id({ description: 'The act or order itself.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Records what happened, and answers the time limits that follow.',
    authScopes: { may: 'recordProcedureEvent' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordProcedureEvent', input, async (office, author) => {
        const open = await requireProcedure(ctx, input.procedureId, office.sql)
        const original = input.uploadId ? (await receivedUpload(ctx, office.sql, input.uploadId)).sha256 : null
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
          },
          author,
        )
        return { procedureId: open.id }
      }),
  },
  { outputFields: (t) => ({ procedure: t.field({ type: ProcedureType, resolve: ({ procedureId }) => procedureId }) }) },
)

function factsOf(value: unknown): Record<string, unknown> {
  if (value == null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new DomainError('bad_facts', 'Les faits sont un objet JSON.', { remedy: 'Par exemple { "aPersonne": true }.' })
}
