import {
  certifyIrrecoverable,
  type Irrecoverability,
  readIrrecoverabilities,
} from '../../procedures/money/irrecoverability.ts'
import { type CaseFile, readCases } from '../../procedures/cases/file/file.ts'
import { casePicture } from '../../procedures/judicial/drawings/drawing.ts'
import { vatCourse } from '../../procedures/judicial/vat-course.ts'
import type { Sql } from '../../schema/db.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType, requireCase } from './cases.ts'
import { rowsOf } from '../context.ts'
import { once } from './once.ts'
import { NextStepType } from './procedure-progress.ts'
import { centsOf, DoubtType, Money, MoneyInput } from './values.ts'

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

const VatRecoveryType = builder.objectRef<NonNullable<ReturnType<typeof vatCourse>>>('VatRecovery').implement({
  description:
    'Where the creditor stands with the VAT of a claim that will not be paid (CGI 272-1), read from judgments and letters.',
  fields: (t) => ({
    next: t.field({ type: [NextStepType], resolve: ({ progress }) => progress.next }),
    why: t.stringList({ description: 'In French sentences.', resolve: ({ progress }) => progress.why }),
    doubts: t.field({ type: [DoubtType], resolve: ({ progress }) => progress.doubts }),
    picture: t.string({
      description: 'An SVG of its own.',
      resolve: ({ procedure, progress }) => casePicture(procedure, progress),
    }),
  }),
})

const wholeFiles = async (sql: Sql, ids: string[]): Promise<Map<string, CaseFile[]>> =>
  new Map([...(await readCases(sql, ids))].map(([id, file]) => [id, [file]]))

builder.objectFields(CaseType, (t) => ({
  vatRecovery: t.field({
    type: VatRecoveryType,
    nullable: true,
    description: 'Null while nothing says that the claim is lost.',
    authScopes: { role: ['amicable', 'legal', 'admin', 'creditor'] },
    complexity: 10,
    resolve: async ({ id }, _args, ctx) => {
      const [file] = await rowsOf(ctx, wholeFiles, id)
      return file ? vatCourse(file, ctx.day) : null
    },
  }),
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
  answersCase,
)
