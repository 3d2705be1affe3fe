import { percentText } from '../../procedures/law/claim.ts'
import type { Owed } from '../../procedures/law/interest.ts'
import { ledgerFile } from '../../procedures/money/ledger-files.ts'
import { owedOn } from '../../procedures/money/ledger.ts'
import { claimableOn, isBarredOn } from '../../procedures/money/claimable.ts'
import type { Case } from '../../procedures/cases/cases.ts'
import { standstill } from '../../procedures/cases/standstill.ts'
import type { Day } from '../../schema/days.ts'
import { sum } from '../../schema/money.ts'
import { type Soon, whenThere } from '../../schema/soon.ts'
import { builder } from './builder.ts'
import { type Context, rowsOf } from '../context.ts'
import { type Amount, DoubtType, Money } from './values.ts'

/** What a case owes on a day; only the parts that the ledger reads are fetched, once for all the cases of a list. */
export async function owedOf(ctx: Context, found: Case, onDay: Day): Promise<Owed & { currency: string }> {
  const file = await ledgerOf(ctx, found)
  const owed = owedOn(file, onDay)
  const stop = standstill(file, onDay)
  const barred = stop?.cause === 'prescription' ? [{ code: 'time_barred', message: stop.reason }] : []
  return { ...owed, doubts: [...barred, ...owed.doubts], currency: found.currency }
}

/** What is to be recovered today and, where limitation has put the claim out of reach, what it was. */
export const recoverableOf = (ctx: Context, found: Case): Soon<{ due: bigint; barred: bigint | null }> =>
  whenThere(ledgerOf(ctx, found), (file) => {
    if (isBarredOn(file, ctx.day)) return { due: 0n, barred: claimableOn(file, ctx.day).barred }
    const { total, barred } = owedOn(file, ctx.day)
    return { due: total, barred: barred.length > 0 ? sum(barred.map(({ unpaid }) => unpaid)) : null }
  })

const ledgerOf = (ctx: Context, found: Case) => ledgerFile(found, (read, caseId) => rowsOf(ctx, read, caseId))

const money = (cents: bigint, { currency }: { currency: string }): Amount => ({ cents, currency })
/** The rows of a list with the currency that their sums are in. */
const inCurrency = <Row>(rows: Row[], { currency }: { currency: string }) => rows.map((row) => ({ ...row, currency }))

const Segment = builder.objectRef<Owed['segments'][number] & { currency: string }>('InterestSegment').implement({
  description:
    'Interest of one invoice over consecutive days at one rate on one base, both ends counted; rounded half-up.',
  fields: (t) => ({
    invoice: t.exposeString('invoice'),
    from: t.expose('from', { type: 'Date' }),
    to: t.expose('to', { type: 'Date' }),
    days: t.exposeInt('days'),
    base: t.field({ type: Money, resolve: (row) => money(row.base, row) }),
    percent: t.string({ description: 'Per cent a year.', resolve: (row) => percentText(row.percent) }),
    amount: t.field({ type: Money, resolve: (row) => money(row.amount, row) }),
    why: t.exposeString('why', { description: 'The rate and its source, in French.' }),
  }),
})

const Imputation = builder.objectRef<Owed['imputations'][number] & { currency: string }>('Imputation').implement({
  description: 'Where one payment went: interest before principal (imputation des paiements, C. civ. 1343-1).',
  fields: (t) => ({
    date: t.expose('date', { type: 'Date' }),
    amount: t.field({ type: Money, resolve: (row) => money(row.amount, row) }),
    toInterest: t.field({ type: Money, resolve: (row) => money(row.toInterest, row) }),
    toPrincipal: t.field({ type: Money, resolve: (row) => money(row.toPrincipal, row) }),
    toIndemnity: t.field({ type: Money, resolve: (row) => money(row.toIndemnity, row) }),
    toPenalty: t.field({
      type: Money,
      description: 'Clause pénale (C. civ. 1231-5), after everything else that is due.',
      resolve: (row) => money(row.toPenalty, row),
    }),
    toCosts: t.field({
      type: Money,
      description: 'Article 700 and dépens that a title grants, last of all.',
      resolve: (row) => money(row.toCosts, row),
    }),
    excess: t.field({
      type: Money,
      description: 'More than was owed, to be given back.',
      resolve: (row) => money(row.excess, row),
    }),
  }),
})

const OwedInvoice = builder.objectRef<Owed['invoices'][number] & { currency: string }>('OwedInvoice').implement({
  fields: (t) => ({
    number: t.exposeString('number'),
    due: t.expose('due', { type: 'Date' }),
    amount: t.field({ type: Money, resolve: (row) => money(row.amount, row) }),
    principal: t.field({ type: Money, resolve: (row) => money(row.principal, row) }),
    interest: t.field({ type: Money, resolve: (row) => money(row.interest, row) }),
    indemnity: t.field({ type: Money, resolve: (row) => money(row.indemnity, row) }),
    penalty: t.field({ type: Money, resolve: (row) => money(row.penalty, row) }),
    costs: t.field({
      type: Money,
      description: 'Article 700 and dépens, on the line of what a title grants beside the principal.',
      resolve: (row) => money(row.costs, row),
    }),
    unpaid: t.field({ type: Money, resolve: (row) => money(row.unpaid, row) }),
  }),
})

export const OwedType = builder.objectRef<Owed & { currency: string }>('Owed').implement({
  description:
    'What is owed at the end of a day (décompte), with the reckoning. From the day of a title whose sums were recorded, it is what the title grants (CPCE L111-2), the legal rate raised by five points two months after it became enforceable (C. mon. fin. L313-3).',
  fields: (t) => ({
    asOf: t.expose('asOf', { type: 'Date' }),
    principal: t.field({ type: Money, resolve: (owed) => money(owed.principal, owed) }),
    interest: t.field({
      type: Money,
      description: 'Intérêts de retard (C. com. L441-10; C. civ. 1231-6).',
      resolve: (owed) => money(owed.interest, owed),
    }),
    indemnity: t.field({
      type: Money,
      description: 'Indemnité forfaitaire: 40 € an invoice between businesses (C. com. D441-5).',
      resolve: (owed) => money(owed.indemnity, owed),
    }),
    penalty: t.field({
      type: Money,
      description: 'Clause pénale, once due (C. civ. 1231-5); the judge may reduce it.',
      resolve: (owed) => money(owed.penalty, owed),
    }),
    costs: t.field({
      type: Money,
      description: 'Article 700 and dépens that a title grants (CPC 696 and 700); zero without a title.',
      resolve: (owed) => money(owed.costs, owed),
    }),
    total: t.field({ type: Money, resolve: (owed) => money(owed.total, owed) }),
    perDay: t.field({
      type: Money,
      description: 'Interest of one more day.',
      resolve: (owed) => money(owed.perDay, owed),
    }),
    overpaid: t.field({ type: Money, resolve: (owed) => money(owed.overpaid, owed) }),
    remitted: t.field({
      type: Money,
      description: 'What a remise de dette took off, once its sum was paid in time (C. civ. 1350).',
      resolve: (owed) => money(owed.remitted, owed),
    }),
    segments: t.field({ type: [Segment], resolve: (owed) => inCurrency(owed.segments, owed) }),
    imputations: t.field({ type: [Imputation], resolve: (owed) => inCurrency(owed.imputations, owed) }),
    invoices: t.field({ type: [OwedInvoice], resolve: (owed) => inCurrency(owed.invoices, owed) }),
    doubts: t.expose('doubts', { type: [DoubtType] }),
  }),
})
