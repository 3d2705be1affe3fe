import { caseParts } from '../../procedures/cases/file/file.ts'
import {
  endPenaltyClause,
  penaltyColumns,
  type PenaltyTerms,
  recordPenaltyClause,
} from '../../procedures/money/penalties.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { parseCurrency } from '../../schema/money.ts'
import { builder } from './builder.ts'
import { CaseType, requireCase } from './cases.ts'
import { type Context, rowsOf } from '../context.ts'
import { answersCreditor, CreditorType } from './creditors.ts'
import { DebtorKind } from './debtors.ts'
import { nodeId } from '../nodes.ts'
import { once } from './once.ts'
import { centsOf, Money, MoneyInput, rowId } from './values.ts'

const PenaltyCovers = builder.enumType('PenaltyCovers', {
  description: 'What a clause pénale repairs: it decides whether it is added to interest and indemnity.',
  values: {
    NON_PERFORMANCE: { value: 'inexecution', description: 'Non-performance at large: counted.' },
    LATENESS: { value: 'retard', description: 'Lateness alone: not counted beside late interest.' },
    COLLECTION: { value: 'recouvrement', description: 'Collection costs: not counted (CPCE L111-8).' },
  } as const,
})

const PenaltyClauseType = builder.objectRef<PenaltyTerms>('PenaltyClause').implement({
  description: 'Clause pénale (C. civ. 1231-5): the creditor’s terms for a kind of debtor, or that of one invoice.',
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => id }),
    debtorKind: t.expose('debtorKind', { type: DebtorKind, nullable: true, description: 'Null: of one invoice.' }),
    issuedFrom: t.expose('issuedFrom', {
      type: 'Date',
      nullable: true,
      description: 'Binds invoices issued from that day on.',
    }),
    percent: t.exposeString('percent', {
      nullable: true,
      description: 'Per cent of the principal unpaid when it becomes due.',
    }),
    amount: t.field({
      type: Money,
      nullable: true,
      description: 'A fixed sum an invoice; counted in the cases of its currency, a doubt in the others.',
      resolve: ({ amount, currency }) => (amount === null ? null : { cents: amount, currency: currency! }),
    }),
    covers: t.expose('covers', { type: PenaltyCovers }),
    delayDays: t.exposeInt('delayDays', { description: 'Days that the clause leaves after the formal notice.' }),
    definitiveOn: t.expose('definitiveOn', {
      type: 'Date',
      nullable: true,
      description: 'Inexécution définitive: no formal notice is needed (C. civ. 1231-5, al. 5).',
    }),
    wording: t.exposeString('wording'),
    source: t.exposeString('source'),
    recordedOn: t.expose('recordedOn', { type: 'Date' }),
  }),
})

async function clausesOf(sql: Sql, ids: string[]): Promise<Map<string, PenaltyTerms[]>> {
  const rows = await sql<PenaltyTerms[]>`
    select ${penaltyColumns(sql)} from penalty_clauses p
    where p.creditor_id = any(${ids}) and p.invoice_id is null and p.ended_on is null order by p.recorded_on, p.id`
  return Map.groupBy(rows, (row) => row.creditorId)
}

builder.objectFields(CreditorType, (t) => ({
  penaltyClauses: t.field({
    type: [PenaltyClauseType],
    description: 'Those of its terms; an invoice’s own are on its case.',
    resolve: ({ id }, _args, ctx) => rowsOf(ctx, clausesOf, id),
  }),
}))
builder.objectFields(CaseType, (t) => ({
  penaltyClauses: t.field({
    type: [PenaltyClauseType],
    resolve: ({ id }, _args, ctx) => rowsOf(ctx, caseParts.penaltyClauses, id),
  }),
}))

builder.relayMutationField(
  'recordPenaltyClause',
  {
    inputFields: (t) => ({
      creditorId: t.id({ description: 'For the creditor’s terms.' }),
      caseId: t.id({ description: 'For one invoice, with invoiceNumber.' }),
      invoiceNumber: t.string(),
      debtorKind: t.field({ type: DebtorKind, description: 'Whom the terms bind: BUSINESS unless said otherwise.' }),
      issuedFrom: t.field({
        type: 'Date',
        description: 'The terms bind invoices issued from that day on; older ones stay under the terms before.',
      }),
      percent: t.string({ description: 'Per cent of the unpaid principal, « 10 »; or amount.' }),
      amount: t.field({
        type: MoneyInput,
        description: 'A fixed sum an invoice, for the cases of its currency; or percent.',
      }),
      covers: t.field({ type: PenaltyCovers, required: true, defaultValue: 'inexecution' }),
      delayDays: t.int({ required: true, defaultValue: 0, description: '0 to 365, after the formal notice.' }),
      definitiveOn: t.field({ type: 'Date' }),
      wording: t.string({ required: true, description: 'The clause, word for word.' }),
      source: t.string({
        required: true,
        description: 'Where it stands: « art. 8 des conditions générales de vente ».',
      }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Enters a contractual penalty (clause pénale, C. civ. 1231-5): a line of its own in what is owed, due after a formal notice.',
    authScopes: { may: 'recordPenaltyClause' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordPenaltyClause', input, async (office, author) => {
        const { amount, delayDays } = input
        if (delayDays < 0 || delayDays > 365) throw badDelay(delayDays)
        const terms = {
          percent: input.percent ?? null,
          covers: input.covers,
          delayDays,
          definitiveOn: input.definitiveOn ?? null,
          wording: input.wording,
          source: input.source,
        }
        const bound = await boundTo(ctx, office.sql, input)
        // The creditor’s terms are in the currency that they say; an invoice’s, in that of its case.
        const currency = amount ? parseCurrency(bound.currency ?? amount.currency) : null
        const cents = amount ? centsOf(amount, currency!) : null
        await recordPenaltyClause(
          office.sql,
          office.random,
          ctx.day,
          { ...terms, ...bound.to, issuedFrom: input.issuedFrom ?? null, amount: cents, currency },
          author,
        )
        return { creditorId: bound.to.creditorId }
      }),
  },
  answersCreditor,
)

builder.relayMutationField(
  'endPenaltyClause',
  {
    inputFields: (t) => ({
      penaltyClauseId: t.id({ required: true }),
      reason: t.string({ required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'The clause counts no more: entered wrongly, given up, or held unfair.',
    authScopes: { may: 'endPenaltyClause' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'endPenaltyClause', input, async (office, author) => {
        const { penaltyClauseId: id, reason } = input
        const { creditorId } = await endPenaltyClause(office.sql, ctx.day, { id: nodeId(id), reason }, author)
        return { creditorId }
      }),
  },
  answersCreditor,
)

interface Bound {
  creditorId?: string | null
  caseId?: string | null
  invoiceNumber?: string | null
  debtorKind?: PenaltyTerms['debtorKind']
}

/** The creditor's terms, or the invoice of a case: the one or the other. */
async function boundTo(ctx: Context, sql: Sql, input: Bound) {
  const { creditorId, caseId, invoiceNumber } = input
  if (creditorId != null && caseId == null && invoiceNumber == null) {
    const id = rowId('Creditor', creditorId)
    const [known] = await sql`select id from creditors where id = ${id}`
    if (known)
      return { currency: null, to: { creditorId: id, invoiceId: null, debtorKind: input.debtorKind ?? 'business' } }
  } else if (creditorId == null && caseId != null && invoiceNumber != null) {
    const found = await requireCase(ctx, caseId, sql)
    const [invoice] = await sql<{ id: string }[]>`
      select id from invoices where case_id = ${found.id} and number = ${invoiceNumber}`
    if (invoice) {
      return { currency: found.currency, to: { creditorId: found.creditorId, invoiceId: invoice.id, debtorKind: null } }
    }
  }
  throw new DomainError(
    'penalty_of_what',
    'La clause pénale doit viser un créancier connu, ou une facture d’un dossier.',
    {
      remedy: 'Donnez creditorId (ses conditions), ou caseId et invoiceNumber (une facture).',
    },
  )
}

const badDelay = (days: number) =>
  new DomainError('bad_delay', `Un délai de ${days} jours n'est pas possible.`, {
    remedy: 'Donnez de 0 à 365 jours après la mise en demeure.',
  })
