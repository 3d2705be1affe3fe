import type { Context as HttpContext } from 'hono'
import {
  findPostBatch,
  listPostBatches,
  makePostBatch,
  type PostBatch,
  staleAfter,
} from '../../procedures/mail/post-batch.ts'
import { DomainError } from '../../schema/errors.ts'
import { may } from '../auth.ts'
import { builder } from './builder.ts'
import { type Context, forbidden, unauthenticated } from '../context.ts'
import { sendFile } from '../downloads.ts'
import { once } from './once.ts'

const PostBatchType = builder.objectRef<PostBatch>('PostBatch').implement({
  description: 'Letters to print, fold and post together, as one PDF. A letter is in one batch, once.',
  fields: (t) => ({
    number: t.exposeString('number', { description: 'As printed: « 2026-06-12-1 ».' }),
    madeOn: t.expose('madeOn', { type: 'Date' }),
    madeBy: t.exposeString('madeBy'),
    letters: t.exposeInt('letters'),
    pages: t.exposeInt('pages', { description: 'Printed pages to post, separators not counted.' }),
    sheets: t.exposeInt('sheets', { description: 'Sheets to post, printed on both sides, separators not counted.' }),
    sha256: t.exposeString('sha256'),
    url: t.string({
      description: 'The PDF, with the same token.',
      resolve: ({ number }, _args, ctx) => `${ctx.office.baseUrl}/courrier/${number}`,
    }),
  }),
})

const LeftOutType = builder.objectRef<{ reference: string; why: string }>('LetterLeftOut').implement({
  description: 'A letter that waits in the out-tray and that no batch takes as it is.',
  fields: (t) => ({ reference: t.exposeString('reference'), why: t.exposeString('why') }),
})

builder.queryFields((t) => ({
  postBatches: t.field({
    type: [PostBatchType],
    nullable: true,
    description: 'The batches of letters made to be posted, the newest first, fifty at most.',
    authScopes: { may: 'makePostBatch' },
    complexity: { field: 1, multiplier: 20 },
    resolve: (_root, _args, { sql }) => listPostBatches(sql),
  }),
}))

builder.relayMutationField(
  'makePostBatch',
  {
    inputFields: (t) => ({
      idempotencyKey: t.string(),
      includeLate: t.boolean({
        description: `Takes letters dated more than ${staleAfter} days ago too, once a person has read them again; false when absent.`,
      }),
    }),
  },
  {
    description:
      'Takes the letters of the out-tray that no batch has taken, at most 300, registered ones first, and makes one PDF to print on both sides, each letter behind a separator with its address by NF Z10-011. A demand for payment of a case that is closed or at a standstill, and a letter that waited too long, are left out and named.',
    authScopes: { may: 'makePostBatch' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'makePostBatch', input, async (office, author) => {
        const { batch, left, waiting } = await makePostBatch(office, ctx.day, author, {
          late: input.includeLate ?? false,
        })
        return { number: batch?.number ?? null, left, waiting }
      }),
  },
  {
    outputFields: (t) => ({
      batch: t.field({
        type: PostBatchType,
        nullable: true,
        description: 'Null when no letter waited.',
        resolve: ({ number }, _args, { sql }) => (number === null ? null : findPostBatch(sql, number)),
      }),
      left: t.field({ type: [LeftOutType], resolve: ({ left }) => left }),
      waiting: t.exposeInt('waiting', { description: 'Letters for the next batch.' }),
    }),
  },
)

/** `GET /courrier/:number`: a batch to print. */
export async function sendPostBatch(ctx: Context, c: HttpContext): Promise<Response> {
  if (!ctx.viewer) throw unauthenticated()
  if (!may(ctx.viewer, 'makePostBatch')) throw forbidden(ctx.viewer.role)
  const found = await findPostBatch(ctx.sql, c.req.param('number') ?? '')
  if (!found) {
    throw new DomainError('batch_not_found', 'Ce lot de courrier n’existe pas.', { remedy: 'Vérifiez son numéro.' })
  }
  const { sha256, number } = found
  const name = `courrier-${number}.pdf`
  return sendFile(c, { path: ctx.office.archive.path(sha256), etag: sha256, type: 'application/pdf', name })
}
