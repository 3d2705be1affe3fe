import {
  cancelOutlay,
  type Outlay,
  readCeilings,
  readOutlays,
  recordOutlay,
} from '../../procedures/judicial/outlays.ts'
import type { Currency } from '../../schema/money.ts'
import { sum } from '../../schema/money.ts'
import { type Context, rowsOf } from '../context.ts'
import { receivedHash } from '../uploads.ts'
import { builder } from './builder.ts'
import { once } from './once.ts'
import { answersProcedure, ProcedureType, requireProcedure } from './procedures.ts'
import { centsOf, Money, MoneyInput, rowId } from './values.ts'

const OutlayType = builder.objectRef<Outlay & { currency: Currency }>('Outlay').implement({
  description: 'Débours: what was spent in a procedure, VAT included.',
  fields: (t) => ({
    id: t.exposeID('id'),
    spentOn: t.expose('spentOn', { type: 'Date' }),
    amount: t.field({ type: Money, resolve: ({ amount, currency }) => ({ cents: amount, currency }) }),
    label: t.exposeString('label'),
    original: t.exposeString('original', { nullable: true, description: 'SHA-256 of the bill.' }),
    overCeiling: t.exposeString('overWhy', {
      nullable: true,
      description: 'Why it was spent beyond the ceiling that the creditor had accepted.',
    }),
  }),
})

async function ceilingOf(ctx: Context, id: string) {
  const [ceiling] = await rowsOf(ctx, readCeilings, id)
  return ceiling!
}

builder.objectFields(ProcedureType, (t) => ({
  ceiling: t.field({
    type: Money,
    description: 'Plafond de frais: the most that the creditor accepted when it signed.',
    resolve: ({ id }, _args, ctx) => ceilingOf(ctx, id),
  }),
  outlays: t.field({
    type: [OutlayType],
    resolve: async ({ id }, _args, ctx) => {
      const [outlays, { currency }] = await Promise.all([rowsOf(ctx, readOutlays, id), ceilingOf(ctx, id)])
      return outlays.map((each) => ({ ...each, currency }))
    },
  }),
  spent: t.field({
    type: Money,
    description: 'The sum of `outlays`.',
    resolve: async ({ id }, _args, ctx) => {
      const [outlays, { currency }] = await Promise.all([rowsOf(ctx, readOutlays, id), ceilingOf(ctx, id)])
      return { cents: sum(outlays.map(({ amount }) => amount)), currency }
    },
  }),
}))

builder.relayMutationField(
  'recordOutlay',
  {
    inputFields: (t) => ({
      procedureId: t.id({ required: true }),
      spentOn: t.field({ type: 'Date', required: true }),
      amount: t.field({ type: MoneyInput, required: true, description: 'VAT included.' }),
      label: t.string({ required: true, description: 'Fee of the court, service, seizure…' }),
      uploadId: t.id({ description: 'The bill (requestUpload).' }),
      overCeiling: t.string({ description: 'Why it goes beyond the ceiling that the creditor accepted.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Records what was spent in a procedure (débours). Beyond the ceiling that the creditor signed it is refused until somebody says why; the creditor sees it either way.',
    authScopes: { may: 'recordOutlay' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordOutlay', input, async ({ sql, random }, author) => {
        const { id: procedureId } = await requireProcedure(ctx, input.procedureId, sql)
        const [ceiling] = (await readCeilings(sql, [procedureId])).get(procedureId)!
        const original = await receivedHash(ctx, sql, input.uploadId)
        const { spentOn, label, overCeiling: overWhy = null } = input
        const outlay = {
          procedureId,
          spentOn,
          amount: centsOf(input.amount, ceiling!.currency),
          label,
          original,
          overWhy,
        }
        await recordOutlay(sql, random, ctx.day, outlay, author)
        return { procedureId }
      }),
  },
  answersProcedure,
)

builder.relayMutationField(
  'cancelOutlay',
  {
    inputFields: (t) => ({
      outlayId: t.id({ required: true }),
      reason: t.string({ required: true }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Takes back an outlay entered wrongly.',
    authScopes: { may: 'cancelOutlay' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'cancelOutlay', input, ({ sql }, author) =>
        cancelOutlay(sql, ctx.day, { outlayId: rowId('Outlay', input.outlayId), reason: input.reason }, author),
      ),
  },
  answersProcedure,
)
