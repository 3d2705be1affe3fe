import { type Case, caseColumns, closeCase } from '../../procedures/cases/cases.ts'
import { caseGone } from '../../procedures/cases/lock.ts'
import { placeHold, releaseHold } from '../../procedures/cases/holds.ts'
import { caseParts } from '../../procedures/cases/file/file.ts'
import { ledgerReaders } from '../../procedures/money/ledger-files.ts'
import { whenThere } from '../../schema/soon.ts'
import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { aboutCase } from '../../schema/trace.ts'
import { builder, type Types } from './builder.ts'
import { type Context, rowsOf, visible } from '../context.ts'
import { once } from './once.ts'
import { forgetting, inOrder, nodeId } from '../nodes.ts'
import { OwedType, owedOf, recoverableOf } from './owed.ts'
import { Money, rowId } from './values.ts'

export type CaseRow = Case & { isHeld: boolean; nextOn: Day | null; balance: bigint }

export const columns = (ctx: Context) => ctx.sql`
  ${caseColumns(ctx.sql)}, nullif(next_on, 'infinity') as next_on, balance, exists (select from holds h where h.case_id = c.id and h.released_on is null) as is_held`

export const CaseState = builder.enumType('CaseState', {
  values: {
    OPEN: { value: 'open', description: 'Not closed. As a filter, cases on hold are among them.' },
    HELD: { value: 'held', description: 'Open, and waiting for a reason and until a day.' },
    CLOSED: { value: 'closed' },
  } as const,
})

export const HoldCause = builder.enumType('HoldCause', {
  description: 'Why a case waits.',
  values: {
    PAID: { value: 'paiement-integral' },
    DISPUTED: { value: 'contestation' },
    PROMISED: { value: 'promesse' },
    INSTALMENTS: { value: 'echeancier' },
    REMISSION: { value: 'remise', description: 'A remise de dette waits for its payment (`remissions`).' },
    INSOLVENCY: { value: 'procedure-collective', description: 'Procédure collective (C. com. L622-21).' },
    OVER_INDEBTEDNESS: { value: 'surendettement', description: 'Surendettement d’un particulier.' },
    DEATH: { value: 'deces', description: 'Décès du débiteur.' },
    TIME_BARRED: { value: 'prescription' },
    DECISION: { value: 'decision', description: 'A person decided, or an act was refused and a person must look.' },
  } as const,
})

export const CaseType = builder.loadableNode('Case', {
  description: 'Dossier: what one debtor owes one creditor, and all that was done about it.',
  id: { resolve: (found: CaseRow) => found.id, parse: nodeId },
  authScopes: { role: ['research', 'phone', 'amicable', 'legal', 'admin', 'creditor'] },
  load: (ids: string[], ctx) =>
    inOrder<CaseRow>(ids, ctx.sql`select ${columns(ctx)} from cases c where id = any(${ids}) and ${visible(ctx)}`),
  fields: (t) => ({
    number: t.exposeString('number'),
    state: t.field({
      type: CaseState,
      resolve: (found) => (found.closedOn ? 'closed' : found.isHeld ? 'held' : 'open'),
    }),
    currency: t.exposeString('currency'),
    zone: t.exposeString('zone', { description: 'Whose calendar of public holidays applies.' }),
    anchorOn: t.expose('anchorOn', { type: 'Date', description: 'J: the oldest unpaid due date.' }),
    limitationOn: t.expose('limitationOn', {
      type: 'Date',
      description:
        'Last day to act (prescription: C. com. L110-4, C. conso. L218-2) on the invoice still owed that lasts longest; each has its own, `invoices.limitationOn`.',
    }),
    openedOn: t.expose('openedOn', { type: 'Date' }),
    closedOn: t.expose('closedOn', { type: 'Date', nullable: true }),
    closedWhy: t.exposeString('closedWhy', { nullable: true }),
    nextOn: t.field({
      type: 'Date',
      nullable: true,
      description:
        'The day of the next step, of the timeline or else of a procedure as it was looked at last night; `nextStep` says which.',
      resolve: ({ nextOn }) => nextOn,
    }),
    balance: t.field({
      type: Money,
      description: 'Invoices less credit notes and payments, without interest or indemnity; `totalDue` has them.',
      resolve: ({ balance, currency }) => ({ cents: balance, currency }),
    }),
    totalDue: t.field({
      type: Money,
      nullable: true,
      description:
        'What is to be recovered today: nothing of a claim that is time-barred, which `timeBarred` tells. `owed` has the reckoning.',
      complexity: 3,
      extensions: { reads: ledgerReaders },
      resolve: (found, _args, ctx) =>
        whenThere(recoverableOf(ctx, found), ({ due }) => ({ cents: due, currency: found.currency })),
    }),
    timeBarred: t.field({
      type: Money,
      nullable: true,
      description:
        'What limitation (prescription) has put out of reach, of the whole case or of some of its invoices: owed on their last day, less what was paid since. A fact, which no demand may state; null where all may be pursued.',
      complexity: 3,
      extensions: { reads: ledgerReaders },
      resolve: (found, _args, ctx) =>
        whenThere(recoverableOf(ctx, found), ({ barred }) =>
          barred === null ? null : { cents: barred, currency: found.currency },
        ),
    }),
    owed: t.field({
      type: OwedType,
      nullable: true,
      args: { on: t.arg({ type: 'Date', description: 'Today when absent.' }) },
      resolve: (found, { on }, ctx) => owedOf(ctx, found, on ?? ctx.day),
    }),
  }),
})
forgetting(CaseType)

/** The case, if the viewer may see it; the same refusal whether it does not exist or is another's. */
export async function requireCase(ctx: Context, id: string, sql: Sql = ctx.sql): Promise<CaseRow> {
  const caseId = rowId('Case', id)
  const [found] = await sql<CaseRow[]>`select ${columns(ctx)} from cases c where id = ${caseId} and ${visible(ctx)}`
  if (!found) throw caseGone(caseId)
  aboutCase(found.id)
  return found
}

builder.queryFields((t) => ({
  case: t.field({
    type: CaseType,
    nullable: true,
    args: { id: t.arg.id(), number: t.arg.string({ description: '« 2026-0001 », as letters print it.' }) },
    authScopes: { known: true },
    resolve: async (_root, { id, number }, ctx) => {
      if (id) return requireCase(ctx, id)
      const [found] = await ctx.sql<CaseRow[]>`
        select ${columns(ctx)} from cases c where number = ${number ?? null} and ${visible(ctx)}`
      if (!found) throw caseGone(number ?? '')
      aboutCase(found.id)
      return found
    },
  }),
}))

const Hold = builder.objectRef<Awaited<ReturnType<typeof holdsOf>>[number]>('Hold').implement({
  description: 'A reasoned suspension, with the day on which a person looks again.',
  fields: (t) => ({
    cause: t.field({ type: HoldCause, resolve: (hold) => hold.cause as 'decision' }),
    reason: t.exposeString('reason'),
    fromOn: t.expose('fromOn', { type: 'Date' }),
    reviewOn: t.expose('reviewOn', { type: 'Date' }),
    placedBy: t.exposeString('placedBy'),
    releasedOn: t.expose('releasedOn', { type: 'Date', nullable: true }),
    releaseWhy: t.exposeString('releaseWhy', { nullable: true }),
  }),
})

const holdsOf = (ctx: Context, caseId: string) => rowsOf(ctx, caseParts.holds, caseId)

builder.objectFields(CaseType, (t) => ({
  holds: t.field({ type: [Hold], resolve: (found, _args, ctx) => holdsOf(ctx, found.id) }),
}))

/** What an act answers that leaves nothing to show but its case. */
export const answersCase = {
  outputFields: (t: PothosSchemaTypes.ObjectFieldBuilder<Types, { caseId: string }>) => ({
    case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
  }),
}

builder.relayMutationField(
  'holdCase',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      cause: t.field({ type: HoldCause, required: true, defaultValue: 'decision' }),
      reason: t.string({ required: true }),
      reviewOn: t.field({
        type: 'Date',
        required: true,
        description: 'No case waits without a day on which a person looks again.',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Suspends a case for a reason, until a day.',
    authScopes: { may: 'holdCase' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'holdCase', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        await placeHold(
          office.sql,
          office.random,
          ctx.day,
          { caseId: id, cause: input.cause, reason: input.reason, reviewOn: input.reviewOn },
          author,
        )
        return { caseId: id }
      }),
  },
  answersCase,
)

builder.relayMutationField(
  'releaseCase',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      cause: t.field({ type: HoldCause, required: true, defaultValue: 'decision' }),
      reason: t.string({ required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Ends the suspensions of a cause: the steps not done move by the days lost.',
    authScopes: { may: 'releaseCase' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'releaseCase', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        await releaseHold(office.sql, ctx.day, { caseId: id, cause: input.cause, reason: input.reason }, author)
        return { caseId: id }
      }),
  },
  answersCase,
)

builder.relayMutationField(
  'closeCase',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      reason: t.string({ required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Closes a case with its reason; steps not done are skipped.',
    authScopes: { may: 'closeCase' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'closeCase', input, async (office, author) => {
        const { id } = await requireCase(ctx, input.caseId, office.sql)
        await closeCase(office.sql, ctx.day, { caseId: id, reason: input.reason }, author)
        return { caseId: id }
      }),
  },
  answersCase,
)
