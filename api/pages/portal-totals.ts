import { type Case, caseColumns } from '../../procedures/cases/cases.ts'
import { caseParts } from '../../procedures/cases/file/file.ts'
import { claimableOn } from '../../procedures/money/claimable.ts'
import type { LedgerFile } from '../../procedures/money/ledger.ts'
import type { Office } from '../../procedures/office.ts'
import { before, type Day, daysBetween } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { sum } from '../../schema/money.ts'
import { type Context, visible } from '../context.ts'

/** Sums by currency: what is in euros is never added to what is in ariary. */
export type Sums = Record<string, bigint>

/** Unpaid principal by age: not due yet, then 1–30, 31–60, 61–90 days late, and more. */
export const ages = ['À échoir', 'De 1 à 30 jours', 'De 31 à 60 jours', 'De 61 à 90 jours', 'Plus de 90 jours']

export interface Totals {
  open: number
  /** The day; an earlier one where a rate is awaited. */
  countedOn: Day
  /** What may be claimed; what limitation put out of reach is counted apart. */
  owed: Sums
  barred: Sums
  recovered: Sums
  promised: Sums
  disputed: Sums
  promises: number
  disputes: number
  barredCases: number
  /** By age, in the currency of most cases. */
  ageing: bigint[]
  currency: string
  /** Days from the issue of an invoice to its payment, weighted by sums, for each of the last months that had one. */
  daysToPay: { month: string; days: number }[]
}

const kept = new WeakMap<Office['archive'], Map<string, { key: string; totals: Totals }>>()
const most = 1000

/**
 * The totals of a creditor's cases on the day. Interest is reckoned case by case, which thousands of cases make slow: what was found
 * is kept in this process as long as the day and the journal of these cases stand; the key is read anew each time.
 */
export async function readTotals(ctx: Context): Promise<Totals> {
  const { archive } = ctx.office
  const ofHouse = kept.get(archive) ?? new Map<string, { key: string; totals: Totals }>()
  kept.set(archive, ofHouse)
  const creditorId = ctx.viewer!.creditorId!
  const key = await stateOf(ctx)
  const known = ofHouse.get(creditorId)
  if (known?.key === key) return known.totals
  const totals = await countAll(ctx)
  ofHouse.delete(creditorId)
  ofHouse.set(creditorId, { key, totals })
  if (ofHouse.size > most) ofHouse.delete(ofHouse.keys().next().value!)
  return totals
}

/** Nothing is done without a line of the journal, of its case or of the house. */
async function stateOf(ctx: Context): Promise<string> {
  const { sql, day } = ctx
  const [row] = await sql<{ ofCases: bigint | null; ofHouse: number | null }[]>`
    select (select max(last.id) from cases c, lateral (select e.id from events e where e.case_id = c.id order by e.id desc limit 1) as last
            where ${visible(ctx)}) as of_cases,
           (select max(seq) from events where case_id is null) as of_house`
  return `${day.toString()} ${row!.ofCases} ${row!.ofHouse}`
}

async function countAll(ctx: Context): Promise<Totals> {
  const { sql } = ctx
  const [ids, recovered, promised, disputed, daysToPay] = await Promise.all([
    sql<{ id: string }[]>`select c.id from cases c where ${visible(ctx)} and c.closed_on is null order by c.id`,
    sql<Row[]>`
      select c.currency, sum(p.amount)::bigint as cents, 0 as count from payments p join cases c on c.id = p.case_id
      where ${visible(ctx)} and not exists (select from payment_rejections r where r.payment_id = p.id) group by c.currency`,
    sql<Row[]>`
      select c.currency, sum(last.amount)::bigint as cents, count(*)::int as count
      from cases c, lateral (select p.amount from promises p where p.case_id = c.id order by p.promised_on desc, p.id desc limit 1) as last
      where ${visible(ctx)} and c.closed_on is null
        and exists (select from holds h where h.case_id = c.id and h.released_on is null and h.cause = 'promesse')
      group by c.currency`,
    sql<{ id: string; contested: bigint | null }[]>`
      select c.id, case when bool_or(x.contested is null) then null else sum(x.contested)::bigint end as contested
      from disputes x join cases c on c.id = x.case_id
      where ${visible(ctx)} and c.closed_on is null and x.resolved_on is null group by c.id`,
    readDaysToPay(ctx),
  ])
  const totals: Totals = {
    open: ids.length,
    countedOn: ctx.day,
    owed: {},
    barred: {},
    barredCases: 0,
    recovered: sumsOf(recovered),
    promised: sumsOf(promised),
    disputed: {},
    promises: promised.reduce((n, { count }) => n + count, 0),
    disputes: disputed.length,
    ageing: ages.map(() => 0n),
    currency: 'EUR',
    daysToPay,
  }
  const contested = new Map(disputed.map(({ id, contested: part }) => [id, part]))
  const byCurrency = new Map<string, bigint[]>()
  // A portfolio of any size, without holding all of it at once.
  for (let i = 0; i < ids.length; i += 1000) {
    const some = ids.slice(i, i + 1000).map(({ id }) => id)
    for (const file of await readLedgers(sql, some)) count(totals, byCurrency, contested, file, ctx)
  }
  const [main] = [...byCurrency].toSorted(([, a], [, b]) => (sum(b) > sum(a) ? 1 : -1))
  return main ? { ...totals, currency: main[0], ageing: main[1] } : totals
}

interface Row {
  currency: string
  cents: bigint
  count: number
}
const sumsOf = (rows: Row[]): Sums => Object.fromEntries(rows.map(({ currency, cents }) => [currency, cents]))

/** What the ledger reads of those cases, and nothing else. */
async function readLedgers(sql: Sql, ids: string[]): Promise<LedgerFile[]> {
  const noticed = sql<{ id: string }[]>`
    select distinct case_id as id from documents where case_id = any(${ids}) and channel in ('lrar', 'lre') and recipient = 'debiteur'`
  const [
    cases,
    creditors,
    mandates,
    debtors,
    invoices,
    creditNotes,
    payments,
    remissions,
    clauses,
    insolvencies,
    titles,
    documents,
    outsideNotices,
  ] = await Promise.all([
    sql<Case[]>`select ${caseColumns(sql)} from cases where id = any(${ids})`,
    caseParts.creditor(sql, ids.slice(0, 1)),
    caseParts.mandate(sql, ids.slice(0, 1)),
    caseParts.debtor(sql, ids),
    caseParts.invoices(sql, ids),
    caseParts.creditNotes(sql, ids),
    caseParts.payments(sql, ids),
    caseParts.remissions(sql, ids),
    caseParts.penaltyClauses(sql, ids),
    caseParts.insolvencies(sql, ids),
    caseParts.titles(sql, ids),
    noticed.then((rows) =>
      caseParts.documents(
        sql,
        rows.map(({ id }) => id),
      ),
    ),
    caseParts.outsideNotices(sql, ids),
  ])
  // One creditor, one agreement: the viewer's own.
  const creditor = creditors.get(ids[0]!)![0]!
  const mandate = mandates.get(ids[0]!)?.[0] ?? null
  return cases.map((found) => ({
    case: found,
    creditor,
    mandate,
    debtor: debtors.get(found.id)![0]!,
    invoices: invoices.get(found.id) ?? [],
    creditNotes: creditNotes.get(found.id) ?? [],
    payments: payments.get(found.id) ?? [],
    remissions: remissions.get(found.id) ?? [],
    penaltyClauses: clauses.get(found.id) ?? [],
    documents: documents.get(found.id) ?? [],
    outsideNotices: outsideNotices.get(found.id) ?? [],
    insolvencies: insolvencies.get(found.id) ?? [],
    titles: titles.get(found.id) ?? [],
  }))
}

function count(
  totals: Totals,
  byCurrency: Map<string, bigint[]>,
  contested: Map<string, bigint | null>,
  file: LedgerFile,
  { day }: Context,
): void {
  const { id, currency } = file.case
  const add = (sums: Sums, cents: bigint) => void (sums[currency] = (sums[currency] ?? 0n) + cents)
  const { owed, countedOn, isBarred, toRecover, barred } = claimableOn(file, day)
  if (contested.has(id)) add(totals.disputed, contested.get(id) ?? owed.principal)
  if (isBarred) {
    totals.barredCases += 1
    return add(totals.barred, barred)
  }
  add(totals.owed, toRecover)
  if (before(countedOn, totals.countedOn)) totals.countedOn = countedOn
  const buckets = byCurrency.get(currency) ?? ages.map(() => 0n)
  byCurrency.set(currency, buckets)
  for (const invoice of owed.invoices) {
    const late = daysBetween(invoice.due, day)
    buckets[late <= 0 ? 0 : Math.min(4, Math.ceil(late / 30))]! += invoice.principal
  }
}

/** The last twelve months; a payment that names no invoice is of the oldest of its case. */
async function readDaysToPay(ctx: Context): Promise<Totals['daysToPay']> {
  const { sql, day } = ctx
  return sql<Totals['daysToPay']>`
    select to_char(p.received_on, 'YYYY-MM') as month, round(sum(p.amount * (p.received_on - i.issued_on)) / sum(p.amount))::int as days
    from payments p join cases c on c.id = p.case_id,
         lateral (select n.issued_on from invoices n where n.case_id = c.id and (p.invoice_id is null or n.id = p.invoice_id)
                  order by n.due_on, n.number limit 1) as i
    where ${visible(ctx)} and p.received_on > ${day.subtract({ months: 12 })} and p.received_on <= ${day} and p.received_on >= i.issued_on
      and not exists (select from payment_rejections r where r.payment_id = p.id)
    group by 1 order by 1`
}
