import { caseParts, type WrittenDocument } from '../../procedures/cases/file/file.ts'
import { settleSending } from '../../procedures/mail/post.ts'
import { revokeCoupon } from '../../procedures/mail/coupons.ts'
import { resendLetter } from '../../procedures/mail/resend.ts'
import { quotedDoubts } from '../../procedures/cases/file/quoted-terms.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { builder } from './builder.ts'
import { answersCase, CaseType } from './cases.ts'
import { type Context, rowsOf, visible } from '../context.ts'
import { forgetting, inOrder, nodeId } from '../nodes.ts'
import { once } from './once.ts'
import { noteReading } from '../readings.ts'
import { DoubtType, rowId } from './values.ts'

interface Making {
  author: string
  renderer: string
}
const makings = async (sql: Sql, ids: string[]): Promise<Map<string, Making[]>> =>
  Map.groupBy(
    await sql<(Making & { id: string })[]>`
      select id, written_by as author, renderer from documents where id = any(${ids})`,
    ({ id }) => id,
  )

interface Printed {
  caseId: string
  facts: unknown
}
const printed = async (sql: Sql, ids: string[]): Promise<Map<string, Printed[]>> =>
  Map.groupBy(
    await sql<(Printed & { id: string })[]>`select id, case_id, facts from documents where id = any(${ids})`,
    ({ id }) => id,
  )

export const DocumentType = builder.loadableNode('Document', {
  description: 'A letter as it was written: its version, its data and its hash are kept, so that it can be made again.',
  id: { resolve: (document: WrittenDocument) => document.id, parse: nodeId },
  authScopes: { role: ['research', 'phone', 'amicable', 'legal', 'admin', 'creditor'] },
  load: async (ids: string[], ctx) => {
    const cases = await ctx.sql<{ caseId: string }[]>`
      select distinct d.case_id from documents d join cases c on c.id = d.case_id where d.id = any(${ids}) and ${visible(ctx)}`
    const found = await caseParts.documents(
      ctx.sql,
      cases.map(({ caseId }) => caseId),
    )
    return inOrder<WrittenDocument>(ids, Promise.resolve([...found.values()].flat()))
  },
  fields: (t) => ({
    reference: t.exposeString('reference', { description: 'As printed: « 2026-0001/3 ».' }),
    letter: t.exposeString('letter', { description: 'Its id in the library.' }),
    version: t.exposeString('version', { description: 'SHA-256 of the letter, its clauses and its layout.' }),
    author: t.string({
      description: 'Who wrote it: a person with its role, or « system » by the timeline.',
      resolve: async ({ id }, _args, ctx) => (await rowsOf(ctx, makings, id))[0]!.author,
    }),
    renderer: t.string({
      description: 'The program that set it, with its version.',
      resolve: async ({ id }, _args, ctx) => (await rowsOf(ctx, makings, id))[0]!.renderer,
    }),
    facts: t.field({
      type: 'JSON',
      nullable: true,
      authScopes: { staff: true },
      complexity: 10,
      description:
        'The data that it prints, by the names of schema/facts.schema.json, without the code of its coupon; empty once purged. For the cells; who reads them is noted.',
      resolve: async ({ id }, _args, ctx) => {
        const [{ caseId, facts }] = (await rowsOf(ctx, printed, id)) as [Printed]
        noteReading(ctx, caseId, 'graphql')
        return facts
      },
    }),
    stepKey: t.exposeString('stepKey', { nullable: true }),
    channel: t.exposeString('channel'),
    recipient: t.exposeString('recipient'),
    isFirstLetter: t.exposeBoolean('firstLetter', { description: 'Carries the mentions of CPCE R124-4.' }),
    writtenOn: t.expose('writtenOn', { type: 'Date' }),
    sentOn: t.expose('sentOn', { type: 'Date', nullable: true }),
    withdrawnWhy: t.exposeString('withdrawnWhy', {
      nullable: true,
      description:
        'Why it never left: its case was paid, suspended or closed, or came to a standstill, before its channel took it. resendLetter writes it again.',
    }),
    registeredNumber: t.exposeString('registeredNumber', { nullable: true }),
    presentedOn: t.expose('presentedOn', {
      type: 'Date',
      nullable: true,
      description: 'First presentation by the post: what a period counts from.',
    }),
    sha256: t.exposeString('sha256'),
    doubts: t.field({
      type: [DoubtType],
      description: 'What it quotes of the law that nobody has confirmed: time limits, articles.',
      resolve: ({ letter, writtenOn }) => quotedDoubts(letter, writtenOn),
    }),
    url: t.string({
      description:
        'The PDF, with the same token. A creditor gets a copy that says so, in which the code of the coupon is masked: `sha256` is that of the letter as sent.',
      resolve: ({ id }, _args, ctx) => `${ctx.office.baseUrl}/documents/${id}`,
    }),
    wordUrl: t.string({
      nullable: true,
      authScopes: { staff: true },
      description: 'The Word file of what a person completes, posts or hands over; null of what leaves by itself.',
      resolve: ({ id, editable }, _args, ctx) =>
        editable === null ? null : `${ctx.office.baseUrl}/documents/${id}?file=docx`,
    }),
  }),
})

forgetting(DocumentType)

builder.objectFields(CaseType, (t) => ({
  documents: t.field({
    type: [DocumentType],
    description: 'The oldest first.',
    resolve: (found, _args, ctx) => rowsOf(ctx, caseParts.documents, found.id),
  }),
}))

export interface FoundDocument {
  id: string
  caseId: string
  sha256: string
  reference: string
  format: string
}

/** One letter of a case that the viewer may see. */
export async function requireDocument(ctx: Context, id: string, sql: Sql = ctx.sql): Promise<FoundDocument> {
  const [found] = await sql<FoundDocument[]>`
    select d.id, d.case_id, d.sha256, d.reference, d.format from documents d join cases c on c.id = d.case_id
    where d.id = ${rowId('Document', id)} and ${visible(ctx)}`
  if (found) return found
  throw new DomainError('document_not_found', "Ce courrier n'existe pas, ou ne vous est pas ouvert.", {
    remedy: 'Vérifiez son identifiant.',
  })
}

builder.relayMutationField(
  'settleSending',
  {
    inputFields: (t) => ({
      documentId: t.id({ required: true }),
      sentOn: t.field({ type: 'Date', description: 'The day it left; absent when it did not, and goes once more.' }),
      reason: t.string({ required: true, description: 'How it is known: the mail server’s log, the debtor’s word.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description: 'What a person found out about a sending in doubt (« à vérifier »): nothing else sends it again.',
    authScopes: { may: 'settleSending' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'settleSending', input, async (office, author) => {
        const { id, caseId } = await requireDocument(ctx, input.documentId, office.sql)
        const found = { documentId: id, sentOn: input.sentOn ?? null, reason: input.reason }
        await settleSending(office.sql, ctx.day, found, author)
        return { caseId }
      }),
  },
  answersCase,
)

builder.relayMutationField(
  'revokeCoupon',
  {
    inputFields: (t) => ({
      documentId: t.id({ required: true, description: 'The letter whose coupon it is.' }),
      reason: t.string({ required: true, description: 'Who may have read the code, and how it is known.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'The code printed on a letter opens its page (/r/:code) no more. A letter that came back loses its code by itself, and every code ends ninety days after its case. Errors: coupon_not_found.',
    authScopes: { may: 'revokeCoupon' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'revokeCoupon', input, async (office, author) => {
        const { id, caseId } = await requireDocument(ctx, input.documentId, office.sql)
        await revokeCoupon(office.sql, ctx.day, { documentId: id, reason: input.reason }, author)
        return { caseId }
      }),
  },
  answersCase,
)

builder.relayMutationField(
  'resendLetter',
  {
    inputFields: (t) => ({
      documentId: t.id({ required: true, description: 'The letter that did not arrive.' }),
      reason: t.string({ required: true, description: 'Why it did not, and where the new address comes from.' }),
      idempotencyKey: t.string(),
    }),
  },
  {
    description:
      'Writes again, to the address validated since, a letter that came back or that its channel refused: another document, which recalls the reference and date of the first. Once for each letter, and never by itself. The first letter of CPCE R124-4 is renewed with all its mentions, and later letters recall the renewed one. Errors: letter_not_failed, same_address, no_address, already_resent, case_held, too_many_approaches.',
    authScopes: { may: 'resendLetter' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'resendLetter', input, async (office, author) => {
        const { id } = await requireDocument(ctx, input.documentId, office.sql)
        const { caseId, id: documentId } = await resendLetter(
          office,
          ctx.day,
          { documentId: id, reason: input.reason },
          author,
        )
        return { caseId, documentId }
      }),
  },
  {
    outputFields: (t) => ({
      case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
      document: t.field({ type: DocumentType, resolve: ({ documentId }) => documentId }),
    }),
  },
)
