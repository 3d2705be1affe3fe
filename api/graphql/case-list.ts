import { resolveCursorConnection, type ResolveCursorConnectionArgs } from '@pothos/plugin-relay'
import { type Found, searchCases } from '../../procedures/cases/exchanges/callers.ts'
import { casesAtWork, type Cell, kindsOf } from '../../procedures/work-today.ts'
import { type Day, isDay } from '../../schema/days.ts'
import type { Fragment, Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { parseAmount, parseCurrency } from '../../schema/money.ts'
import { isLegal, isStaff } from '../auth.ts'
import { builder } from './builder.ts'
import { type CaseRow, CaseState, CaseType, columns } from './cases.ts'
import { foresee } from './foresight.ts'
import { type Context, forbidden, visible } from '../context.ts'
import { rowId } from './values.ts'
import { CellType } from './work.ts'

const CaseOrder = builder.enumType('CaseOrder', {
  description: 'Of cases that are equal, the one with the lower number comes as the smaller.',
  values: {
    OPENED: { value: 'opened', description: 'The newest first.' },
    NEXT_DATE: { value: 'next', description: 'Open cases, by the day of their next step; last, those that have none.' },
    AMOUNT: { value: 'amount', description: 'Open cases of one currency (`currency`), the largest balance first.' },
    DAYS_LATE: { value: 'late', description: 'Open cases, the longest overdue first (anchorOn).' },
  } as const,
})
type Order = 'opened' | 'next' | 'amount' | 'late'

/** A case without a next step stands behind every day. */
const isDayOrNever = (text: string): boolean => text === 'infinity' || isDay(text)

/** What a list is ordered by, and how it stands in a cursor; each has its indexes (0021_case_lists.sql). */
const orders: Record<
  Order,
  { key(sql: Sql): Fragment; of(found: CaseRow): string; isDown: boolean; isKey(text: string): boolean }
> = {
  opened: {
    key: (sql) => sql`c.opened_on`,
    of: (found) => found.openedOn.toString(),
    isDown: true,
    isKey: isDayOrNever,
  },
  next: {
    key: (sql) => sql`c.next_on`,
    of: (found) => found.nextOn?.toString() ?? 'infinity',
    isDown: false,
    isKey: isDayOrNever,
  },
  amount: {
    key: (sql) => sql`c.balance`,
    of: (found) => found.balance.toString(),
    isDown: true,
    isKey: (text) => /^\d{1,18}$/.test(text),
  },
  late: {
    key: (sql) => sql`c.anchor_on`,
    of: (found) => found.anchorOn.toString(),
    isDown: false,
    isKey: isDayOrNever,
  },
}

builder.queryFields((t) => ({
  cases: t.connection(
    {
      type: CaseType,
      nullable: true,
      description:
        'Cases by page, in a stable order: a cursor stands for its place, whatever comes before it meanwhile.',
      authScopes: { known: true },
      complexity: ({ first, last }) => ({ field: 1, multiplier: first ?? last ?? 20 }),
      args: {
        order: t.arg({ type: CaseOrder, required: true, defaultValue: 'opened' }),
        reverse: t.arg.boolean({ required: true, defaultValue: false, description: 'The other way round.' }),
        state: t.arg({ type: CaseState }),
        creditorId: t.arg.id(),
        debtorId: t.arg.id(),
        nextFrom: t.arg({ type: 'Date', description: 'Open cases whose next step is on that day or later.' }),
        nextUntil: t.arg({ type: 'Date', description: 'Open cases whose next step is on that day or earlier.' }),
        amountFrom: t.arg.string({
          description: 'Open cases of one currency whose balance is so much or more: "1000.00".',
        }),
        amountUntil: t.arg.string({ description: 'Open cases of one currency whose balance is so much or less.' }),
        currency: t.arg.string({
          description:
            'Cases in that currency alone (ISO 4217). Sums of two currencies are not compared: with the order AMOUNT, amountFrom or amountUntil it is EUR when absent.',
        }),
        cell: t.arg({
          type: CellType,
          description: 'Cases on which that cell has work today (workToday); for the cells.',
        }),
        text: t.arg.string({
          description:
            'The case’s number, an invoice’s, or words of the debtor’s or the creditor’s name, whole or begun; of a thousand debtors at most.',
        }),
      },
      resolve: async (_root, args, ctx, info) => {
        // A fragment that an async function answered would be run.
        const meant = args.text ? await searchCases(ctx.sql, args.text, ctx.viewer?.creditorId ?? null) : null
        const where = filter(ctx, args, meant)
        const order = orders[args.order]
        const key = order.key(ctx.sql)
        return resolveCursorConnection(
          { args, toCursor: (found: CaseRow) => cursorOf(args.order, found), defaultSize: 20, maxSize: 100 },
          async (page: ResolveCursorConnectionArgs): Promise<CaseRow[]> => {
            const { sql } = ctx
            const down = order.isDown !== (args.reverse !== page.inverted)
            const way = down ? sql`desc` : sql`asc`
            const place = (text: string | null | undefined, isAfter: boolean) => {
              if (!text) return sql``
              // Fragments never become text: each of the two comparisons is written out.
              const beyond = down === (isAfter !== page.inverted) ? sql`<` : sql`>`
              return sql`and (${key}, length(c.number), c.number) ${beyond} ${placeOf(ctx, args.order, text)}`
            }
            const asked = ctx.lists<CaseRow[]>`
              select ${columns(ctx)} from cases c
              where ${where} ${place(page.after, true)} ${place(page.before, false)}
              order by ${key} ${way}, length(c.number) ${way}, c.number ${way} limit ${page.limit}`
            const found = await (ctx.lists === sql ? asked : ctx.queue.follow(asked))
            await foresee(ctx, info, 'Case', found)
            return found
          },
        ).then((connection) => ({ ...connection, where }))
      },
    },
    {
      fields: (c) => ({
        totalCount: c.int({
          complexity: 5,
          description: `Counted up to ${most}: that figure means so many or more.`,
          resolve: async (connection, _args, ctx) => {
            const { where } = connection as unknown as { where: Fragment }
            const [row] = await ctx.sql<{ count: bigint }[]>`
              select count(*) from (select from cases c where ${where} limit ${most}) as counted`
            return Number(row!.count)
          },
        }),
      }),
    },
  ),
}))

/** A list longer than that is read by filters, not by pages. */
const most = 10_000

interface Filter {
  order: Order
  state?: 'open' | 'held' | 'closed' | null
  creditorId?: string | null
  debtorId?: string | null
  nextFrom?: Day | null
  nextUntil?: Day | null
  amountFrom?: string | null
  amountUntil?: string | null
  currency?: string | null
  cell?: Cell | null
}

function filter(ctx: Context, asked: Filter, meant: Found | null): Fragment {
  const { sql } = ctx
  const { state, creditorId, debtorId, nextFrom, nextUntil, amountFrom, amountUntil, cell } = asked
  const compares = asked.order === 'amount' || amountFrom != null || amountUntil != null
  const currency = asked.currency ?? (compares ? 'EUR' : null)
  const ofOpenOnes =
    asked.order !== 'opened' || [nextFrom, nextUntil, amountFrom, amountUntil].some((one) => one != null)
  if (ofOpenOnes && state === 'closed') throw openOnly()
  const conditions = [
    visible(ctx),
    ...(ofOpenOnes || state === 'open' || state === 'held' ? [sql`c.closed_on is null`] : []),
    ...(state === 'closed' ? [sql`c.closed_on is not null`] : []),
    ...(state === 'held' ? [sql`c.id in (select h.case_id from holds h where h.released_on is null)`] : []),
    ...(creditorId ? [sql`c.creditor_id = ${rowId('Creditor', creditorId)}`] : []),
    ...(debtorId ? [sql`c.debtor_id = ${rowId('Debtor', debtorId)}`] : []),
    ...(nextFrom ? [sql`c.next_on >= ${nextFrom}::date and c.next_on < 'infinity'`] : []),
    ...(nextUntil ? [sql`c.next_on <= ${nextUntil}::date`] : []),
    ...(currency === null ? [] : [sql`c.currency = ${parseCurrency(currency)}`]),
    ...(amountFrom ? [sql`c.balance >= ${parseAmount(amountFrom)}`] : []),
    ...(amountUntil ? [sql`c.balance <= ${parseAmount(amountUntil)}`] : []),
    // Found first, and its few cases then by their ids: walked in its order, the list would be looked through for each of them.
    ...(cell ? [sql`c.id = any(array(${atWork(ctx, cell)}))`] : []),
    ...(meant ? [among(sql, meant)] : []),
  ]
  return conditions.reduce((all, one) => sql`${all} and ${one}`)
}

function atWork(ctx: Context, cell: Cell): Fragment {
  if (!isStaff(ctx.viewer)) throw forbidden(ctx.viewer!.role)
  return casesAtWork(ctx.sql, ctx.day, { kinds: kindsOf(cell), seesDeadlines: isLegal(ctx.viewer) })
}

/** What a text means was looked up first: a list that is short is then found by its cases, a long one by its order. */
function among(sql: Sql, { caseIds, creditorIds }: Found): Fragment {
  const cases = sql`c.id = any(${caseIds}::uuid[])`
  return creditorIds.length === 0 ? cases : sql`(${cases} or c.creditor_id = any(${creditorIds}::uuid[]))`
}

const cursorOf = (order: Order, found: CaseRow): string =>
  Buffer.from(`${order} ${orders[order].of(found)} ${found.number}`).toString('base64url')

function placeOf({ sql }: Context, order: Order, cursor: string): Fragment {
  const [of, key = '', ...rest] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ')
  const number = rest.join(' ')
  if (of !== order || !orders[order].isKey(key) || number === '' || number.includes('\0')) throw badCursor()
  const typed = order === 'amount' ? sql`${key}::bigint` : sql`${key}::date`
  return sql`(${typed}, length(${number}::text), ${number}::text)`
}

const badCursor = (): DomainError =>
  new DomainError('bad_cursor', 'Ce curseur n’est pas de cette liste, ou pas de cet ordre.', {
    remedy: 'Reprenez un curseur (endCursor) de la même liste, ou recommencez-la sans curseur.',
  })

const openOnly = (): DomainError =>
  new DomainError('open_cases_only', 'Le solde, la prochaine date et le retard sont ceux des dossiers ouverts.', {
    remedy: 'Demandez les dossiers clos dans l’ordre de leur ouverture (order: OPENED), sans ces filtres.',
  })
