import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { Context as HttpContext } from 'hono'
import { findHandOver, openHandOver } from '../procedures/judicial/handover.ts'
import { DomainError } from '../schema/errors.ts'
import { type Context, forbidden, unauthenticated } from './context.ts'
import { requireDocument } from './documents.ts'
import { rowId } from './values.ts'

/** `GET /packs/:id`: the bailiff's own download, whole or by ranges; `?file=pdf` for the merged file. Each start is kept. */
export async function sendPack(ctx: Context, c: HttpContext): Promise<Response> {
  const { viewer } = ctx
  if (!viewer) throw unauthenticated()
  if (viewer.role !== 'bailiff' || !viewer.bailiffId) throw forbidden(viewer.role)
  const kind = c.req.query('file') === 'pdf' ? 'pdf' : 'zip'
  const input = { packId: rowId('Pack', c.req.param('id') ?? ''), bailiffId: viewer.bailiffId, file: kind } as const
  const found = await findHandOver(ctx.sql, input)
  const response = await sendFile(c, {
    path: ctx.office.archive.path(found[kind]),
    etag: found[kind],
    type: kind === 'pdf' ? 'application/pdf' : 'application/zip',
    name: `pack-${found.caseNumber}-${found.kind}-v${found.version}.${kind}`,
  })
  // The rest of a download that was cut, or a look at its size, is not another download.
  const starts = response.status === 200 || response.headers.get('content-range')?.startsWith('bytes 0-')
  if (c.req.method === 'GET' && starts) await openHandOver(ctx.sql, ctx.office.random, ctx.day, input)
  return response
}

/** `GET /documents/:id`: the PDF of a letter of a case that the viewer may see. */
export async function sendLetterPdf(ctx: Context, c: HttpContext): Promise<Response> {
  if (!ctx.viewer) throw unauthenticated()
  const document = await requireDocument(ctx, c.req.param('id') ?? '')
  return sendFile(c, {
    path: ctx.office.archive.path(document.sha256),
    etag: document.sha256,
    type: 'application/pdf',
    name: `${document.reference.replaceAll('/', '-')}.pdf`,
  })
}

interface Sent {
  path: string
  etag: string
  type: string
  name: string
}

/** A file of the archive, streamed from disk. One range at a time; an unknown `If-Range` gets the whole. */
async function sendFile(c: HttpContext, file: Sent): Promise<Response> {
  const { size } = await stat(file.path).catch((cause: unknown) => {
    throw new DomainError('not_archived', "Ce document n'est pas dans les archives.", {
      remedy: 'Prévenez l’agence.',
      cause,
    })
  })
  const etag = `"${file.etag}"`
  const headers: Record<string, string> = {
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'content-disposition': `attachment; filename="${file.name}"`,
    'content-type': file.type,
    etag,
  }
  if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers)
  const ifRange = c.req.header('if-range')
  const range = ifRange === undefined || ifRange === etag ? rangeOf(c.req.header('range'), size) : undefined
  if (range === null) return c.body(null, 416, { ...headers, 'content-range': `bytes */${size}` })
  const { start, end } = range ?? { start: 0, end: size - 1 }
  headers['content-length'] = String(end - start + 1)
  if (range) headers['content-range'] = `bytes ${start}-${end}/${size}`
  const status = range ? 206 : 200
  if (c.req.method === 'HEAD') return c.body(null, status, headers)
  return c.body(Readable.toWeb(createReadStream(file.path, { start, end })) as ReadableStream, status, headers)
}

/** undefined: no usable range, send the whole; null: a range that the file does not have. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | null | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, from = '', to = ''] = match
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1)
  return start <= end && start < size ? { start, end } : null
}
