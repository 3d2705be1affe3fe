import {
  certifyIrrecoverable,
  type Irrecoverability,
  readIrrecoverabilities,
} from '../procedures/money/irrecoverability.ts'
import { builder } from './builder.ts'
import { CaseType, requireCase } from './cases.ts'
import { rowsOf } from './context.ts'
import { once } from './once.ts'
import { centsOf, Money, MoneyInput } from './values.ts'

const IrrecoverabilityType = builder.objectRef<Irrecoverability & { currency: string }>('Irrecoverability').implement({
  description: 'Certificat d’irrécouvrabilité: a piece of evidence for the recovery of VAT (CGI 272-1), free.',
  fields: (t) => ({
    certifiedOn: t.expose('certifiedOn', { type: 'Date' }),
    reason: t.exposeString('reason'),
    exhibits: t.exposeStringList('exhibits'),
    unpaid: t.field({ type: Money, resolve: ({ unpaid, currency }) => ({ cents: unpaid, currency }) }),
    sha256: t.exposeString('sha256'),
    url: t.string({
      description: 'The PDF, with the same token.',
      resolve: ({ documentId }, _args, ctx) => `${ctx.office.baseUrl}/documents/${documentId}`,
    }),
  }),
})

builder.objectFields(CaseType, (t) => ({
  irrecoverability: t.field({
    type: IrrecoverabilityType,
    nullable: true,
    resolve: async ({ id, currency }, _args, ctx) => {
      const [found] = await rowsOf(ctx, readIrrecoverabilities, id)
      return found ? { ...found, currency } : null
    },
  }),
}))

builder.relayMutationField(
  'certifyIrrecoverable',
  {
    inputFields: (t) => ({
      caseId: t.id({ required: true }),
      reason: t.string({ required: true, description: 'Liquidation sans actif, débiteur disparu, poursuites vaines…' }),
      exhibits: t.stringList({ required: true, defaultValue: [], description: 'What shows it, in words.' }),
      net: t.field({ type: MoneyInput, description: 'Of all the invoices, where they do not say.' }),
      vat: t.field({ type: MoneyInput }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'Certifies that what is left will not be paid; refused while a step may still bring a payment.',
    authScopes: { may: 'certifyIrrecoverable' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'certifyIrrecoverable', input, async (office, author) => {
        const found = await requireCase(ctx, input.caseId, office.sql)
        const { reason, exhibits, net, vat } = input
        await certifyIrrecoverable(
          office,
          ctx.day,
          {
            caseId: found.id,
            reason,
            exhibits,
            ...(net && vat
              ? { vat: { net: centsOf(net, found.currency), tax: centsOf(vat, found.currency, 0n) } }
              : {}),
          },
          author,
        )
        return { caseId: found.id }
      }),
  },
  { outputFields: (t) => ({ case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }) }) },
)
