import { findHandOver } from '../../procedures/judicial/packs/handover.ts'
import {
  answersTo,
  type BailiffReturn,
  readReturnsOf,
  recordBailiffReturn,
} from '../../procedures/judicial/packs/returns.ts'
import type { BailiffAnswer } from '../../procedures/judicial/engine/procedure.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { type Currency, parseCurrency } from '../../schema/money.ts'
import { builder } from './builder.ts'
import { rowsOf } from '../context.ts'
import { once } from './once.ts'
import { PackType } from './packs.ts'
import { receivedUpload } from '../uploads.ts'
import { centsOf, DoubtType, Money, MoneyInput, rowId } from './values.ts'

const AnswerType = builder.objectRef<BailiffAnswer>('BailiffAnswer').implement({
  description: 'What the office may answer to a pack, and the step of the procedure that it records.',
  fields: (t) => ({
    nature: t.exposeString('nature'),
    title: t.exposeString('titre'),
    step: t.string({ nullable: true, resolve: ({ etape }) => etape ?? null }),
  }),
})

const ReturnType = builder.objectRef<BailiffReturn>('BailiffReturn').implement({
  description: 'Retour du commissaire de justice: an act done, refused, a debtor gone, sums found.',
  fields: (t) => ({
    nature: t.exposeString('nature'),
    title: t.exposeString('title'),
    step: t.exposeString('step', { nullable: true }),
    happenedOn: t.expose('happenedOn', { type: 'Date' }),
    recordedOn: t.expose('recordedOn', { type: 'Date' }),
    debtor: t.exposeString('debtor', {
      nullable: true,
      description: 'The codebtor that it concerns alone; null for the debtor of the case.',
    }),
    inPerson: t.exposeBoolean('inPerson', { nullable: true }),
    found: t.field({
      type: Money,
      nullable: true,
      description: 'Seized, or declared by the third party.',
      resolve: ({ found, currency }) => (found === null ? null : { cents: found, currency: parseCurrency(currency) }),
    }),
    note: t.exposeString('note', { nullable: true }),
    hasAct: t.boolean({ resolve: ({ exhibitId }) => exhibitId !== null }),
    doubts: t.expose('doubts', { type: [DoubtType] }),
  }),
})

async function procedureNames(sql: Sql, ids: string[]): Promise<Map<string, string[]>> {
  const rows = await sql<{ id: string; procedure: string }[]>`
    select id, procedure from procedures where id = any(${ids})`
  return new Map(rows.map(({ id, procedure }) => [id, [procedure]]))
}

interface PackReturn {
  packId: string
  bailiffId: string
  answer: BailiffReturn
}

async function returnsOf(sql: Sql, ids: string[]): Promise<Map<string, PackReturn[]>> {
  const given = await sql<{ id: string; packId: string; bailiffId: string }[]>`
    select id, pack_id, bailiff_id from hand_overs where pack_id = any(${ids}) order by handed_on, id`
  const answers = await readReturnsOf(
    sql,
    given.map(({ id }) => id),
  )
  const rows = given.flatMap(({ id, packId, bailiffId }) =>
    (answers.get(id) ?? []).map((answer) => ({ packId, bailiffId, answer })),
  )
  return Map.groupBy(rows, ({ packId }) => packId)
}

builder.objectFields(PackType, (t) => ({
  answers: t.field({
    type: [AnswerType],
    resolve: async ({ procedureId, kind }, _args, ctx) => {
      const [procedure] = await rowsOf(ctx, procedureNames, procedureId)
      return answersTo({ procedure: procedure!, kind })
    },
  }),
  returns: t.field({
    type: [ReturnType],
    description: 'A bailiff sees its own.',
    resolve: async ({ id }, _args, ctx) => {
      const all = await rowsOf(ctx, returnsOf, id)
      const own = ctx.viewer?.role === 'bailiff' ? ctx.viewer.bailiffId : null
      return all.filter(({ bailiffId }) => own === null || bailiffId === own).map(({ answer }) => answer)
    },
  }),
}))

builder.relayMutationField(
  'recordBailiffReturn',
  {
    inputFields: (t) => ({
      packId: t.id({ required: true }),
      bailiffId: t.id({ description: 'Whose answer it is, where the legal cell records it.' }),
      nature: t.string({ required: true, description: 'One of the pack’s `answers`: signification, saisie, parti…' }),
      happenedOn: t.field({ type: 'Date', required: true }),
      debtor: t.string({
        description:
          'The codebtor that it concerns, as the decision names it (codebiteurs); the debtor of the case when absent.',
      }),
      inPerson: t.boolean({ description: 'Of a service: handed to the debtor in person.' }),
      found: t.field({
        type: MoneyInput,
        description: 'Seized, or declared by the third party; zero when nothing was found.',
      }),
      note: t.string(),
      uploadId: t.id({ description: 'The act, sent to requestUpload; it becomes an exhibit.' }),
      idempotencyKey: t.string({ required: true }),
    }),
  },
  {
    description:
      'Records what the bailiff answered: the step on its own day, which starts or ends time limits at once, the act among the exhibits, the creditor told.',
    authScopes: { may: 'recordBailiffReturn' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'recordBailiffReturn', input, async (office, author) => {
        const packId = rowId('Pack', input.packId)
        const bailiffId =
          ctx.viewer?.role === 'bailiff'
            ? ctx.viewer.bailiffId
            : input.bailiffId
              ? rowId('Bailiff', input.bailiffId)
              : null
        if (!bailiffId) {
          throw new DomainError('bailiff_not_named', 'Il faut dire quelle étude a répondu.', {
            remedy: 'Donnez bailiffId.',
          })
        }
        const found = await findHandOver(office.sql, { packId, bailiffId, onDay: ctx.day })
        const upload = input.uploadId ? await receivedUpload(ctx, office.sql, input.uploadId) : null
        await recordBailiffReturn(
          office,
          ctx.day,
          found,
          {
            nature: input.nature,
            happenedOn: input.happenedOn,
            ...(input.debtor?.trim() ? { debtor: input.debtor.trim() } : {}),
            ...(input.inPerson == null ? {} : { inPerson: input.inPerson }),
            ...(input.found ? { found: centsOf(input.found, await currencyOf(office.sql, found.caseId), 0n) } : {}),
            ...(input.note ? { note: input.note } : {}),
            ...(upload ? { act: { bytes: await office.archive.get(upload.sha256), fileName: upload.fileName } } : {}),
          },
          author,
        )
        return { packId }
      }),
  },
  { outputFields: (t) => ({ pack: t.field({ type: PackType, resolve: ({ packId }) => packId }) }) },
)

async function currencyOf(sql: Sql, caseId: string): Promise<Currency> {
  const [found] = await sql<{ currency: string }[]>`select currency from cases where id = ${caseId}`
  return parseCurrency(found!.currency)
}
