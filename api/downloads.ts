import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import type { Context as HttpContext } from 'hono'
import { extensionOf } from '../procedures/cases/exhibits/exhibit-gather.ts'
import { record } from '../procedures/cases/journal.ts'
import { creditorCopy } from '../procedures/mail/creditor-copies.ts'
import { findHandOver, type HandedOver, keepAccess } from '../procedures/judicial/packs/handover.ts'
import { readReceipt } from '../procedures/judicial/packs/receipt.ts'
import type { Office } from '../procedures/office.ts'
import { type Day, dayFr } from '../schema/days.ts'
import { DomainError } from '../schema/errors.ts'
import { aboutCase } from '../schema/trace.ts'
import { isStaff, type Role } from './auth.ts'
import { author, type Context, forbidden, unauthenticated, visible } from './context.ts'
import { type FoundDocument, requireDocument } from './graphql/documents.ts'
import { requireExhibit } from './graphql/exhibits.ts'
import { notFound } from './nodes.ts'
import { noteReading } from './readings.ts'
import { rowId } from './graphql/values.ts'

/**
 * `GET /packs/:id`, whole or by ranges; `?file=pdf` for the merged file, `?file=recu` for its own receipt. A bailiff gets what was handed over to it, the
 * legal cell and the creditor the packs of their own cases. Each start is kept, and of a bailiff each range.
 */
export async function sendPack(ctx: Context, c: HttpContext): Promise<Response> {
  const { viewer } = ctx
  if (!viewer) throw unauthenticated()
  const asked = c.req.query('file') ?? 'zip'
  const packId = rowId('Pack', c.req.param('id') ?? '')
  const bailiffId = viewer.role === 'bailiff' ? viewer.bailiffId : null
  if (bailiffId === null && !packReaders.includes(viewer.role)) throw forbidden(viewer.role)
  const handed = bailiffId ? await findHandOver(ctx.sql, { packId, bailiffId, onDay: ctx.day }) : null
  if (handed && asked === 'recu') return sendReceipt(ctx, c, handed)
  const found = handed ?? (await ownPack(ctx, packId))
  if (asked !== 'zip' && asked !== 'pdf') throw noSuchFile()
  aboutCase(found.caseId)
  await refusePurged(ctx, found.caseId, found.zip)
  const file = asked
  const response = await sendFile(c, {
    path: ctx.office.archive.path(found[file]),
    etag: found[file],
    type: file === 'pdf' ? 'application/pdf' : 'application/zip',
    name: `pack-${found.caseNumber}-${found.kind}-v${found.version}.${file}`,
  })
  const sent = sentPart(c, response)
  if (sent === null) return response
  if (handed) {
    await keepAccess(ctx.sql, ctx.office.random, { day: ctx.day, at: ctx.clock.now() }, handed, file, sent)
  } else if (sent.first === 0) {
    const detail = { pack: packId, file }
    await record(ctx.sql, ctx.day, { caseId: found.caseId, kind: 'pack_downloaded', detail, author: author(ctx) })
  }
  return response
}

const noSuchFile = (): DomainError =>
  new DomainError('not_found', 'Ce dossier n’a pas de fichier de ce nom.', {
    remedy:
      'Demandez zip ou pdf. Le reçu se télécharge par l’étude qui l’a donné\u00a0; HandOver.receipt le montre à la cellule.',
  })

async function sendReceipt(ctx: Context, c: HttpContext, handed: HandedOver): Promise<Response> {
  const receipt = await readReceipt(ctx.sql, handed.id)
  if (!receipt?.sha256) {
    throw new DomainError('not_found', 'Aucun reçu n’a été donné pour ce dossier.', {
      remedy: 'Donnez d’abord le reçu (acknowledgePack).',
    })
  }
  const response = await sendFile(c, {
    path: ctx.office.archive.path(receipt.sha256),
    etag: receipt.sha256,
    type: 'application/pdf',
    name: `recu-${handed.caseNumber}-${handed.kind}-v${handed.version}.pdf`,
  })
  const sent = sentPart(c, response)
  const on = { day: ctx.day, at: ctx.clock.now() }
  if (sent) await keepAccess(ctx.sql, ctx.office.random, on, handed, 'receipt', sent)
  return response
}

/** Those whose GraphQL shows packs: who reads the address may follow it. */
const packReaders: readonly Role[] = ['legal', 'admin', 'amicable', 'creditor']

/** The bytes that leave, from the first to the last; null where only headers do. */
export function sentPart(c: HttpContext, response: Response): { first: number; last: number } | null {
  if (c.req.method !== 'GET' || (response.status !== 200 && response.status !== 206)) return null
  const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(response.headers.get('content-range') ?? '') ?? []
  if (first !== undefined) return { first: Number(first), last: Number(last) }
  return { first: 0, last: Number(response.headers.get('content-length')) - 1 }
}

interface OwnPack {
  pdf: string
  zip: string
  kind: string
  version: number
  caseId: string
  caseNumber: string
}

async function ownPack(ctx: Context, packId: string): Promise<OwnPack> {
  const [found] = await ctx.sql<OwnPack[]>`
    select k.pdf, k.zip, k.kind, k.version, c.id as case_id, c.number as case_number
    from packs k join procedures p on p.id = k.procedure_id join cases c on c.id = p.case_id
    where k.id = ${packId} and ${visible(ctx)}`
  if (found) return found
  throw new DomainError('pack_not_found', "Ce dossier de pièces n'existe pas, ou ne vous est pas ouvert.", {
    remedy: 'Vérifiez son identifiant.',
  })
}

/** `GET /exhibits/:id`: an exhibit as it enters a pack; `?file=original` as it came. */
export async function sendExhibit(ctx: Context, c: HttpContext): Promise<Response> {
  if (!ctx.viewer) throw unauthenticated()
  const found = await requireExhibit(ctx, c.req.param('id') ?? '')
  await refusePurged(ctx, found.caseId, found.pdf)
  noteReading(ctx, found.caseId, 'piece')
  const isOriginal = c.req.query('file') === 'original'
  const name = (
    isOriginal ? found.originalName : found.originalName.replace(/(\.[a-z0-9]{1,5})?$/i, '.pdf')
  ).replaceAll(/[^\w.-]+/g, '_')
  const hash = isOriginal ? found.original : found.pdf
  // Whatever the original is, a browser saves it and runs nothing of it.
  const type = isOriginal ? 'application/octet-stream' : 'application/pdf'
  return sendFile(c, { path: ctx.office.archive.path(hash), etag: hash, type, name })
}

/** `GET /contestations/:id`: what a debtor sent along with its dispute, as it came. */
export async function sendDisputeFile(ctx: Context, c: HttpContext): Promise<Response> {
  if (!ctx.viewer) throw unauthenticated()
  const id = rowId('DisputeFile', c.req.param('id') ?? '')
  const [found] = await ctx.sql<{ sha256: string; name: string; caseId: string }[]>`
    select f.sha256, f.name, x.case_id
    from dispute_documents f join disputes x on x.id = f.dispute_id join cases c on c.id = x.case_id
    where f.id = ${id} and ${visible(ctx)}`
  if (!found) throw notFound()
  await refusePurged(ctx, found.caseId, found.sha256)
  noteReading(ctx, found.caseId, 'piece')
  // A stranger's file: a browser saves it and runs nothing of it.
  const name = found.name.replaceAll(/[^\w.-]+/g, '_')
  const path = ctx.office.archive.path(found.sha256)
  return sendFile(c, { path, etag: found.sha256, type: 'application/octet-stream', name })
}

/** `GET /portail/dossiers/:number/originaux/:sha256`: an invoice or a credit note as its creditor sent it, to be saved. */
export async function sendOriginal(ctx: Context, c: HttpContext): Promise<Response> {
  if (!ctx.viewer) throw unauthenticated()
  const sha256 = c.req.param('sha256') ?? ''
  const [found] = await ctx.sql<{ caseId: string; name: string }[]>`
    select c.id as case_id, o.name
    from cases c
    cross join lateral (select 'facture-' || number as name from invoices where case_id = c.id and original = ${sha256}
                        union all
                        select 'avoir-' || number from credit_notes where case_id = c.id and original = ${sha256} limit 1) o
    where c.number = ${(c.req.param('number') ?? '').slice(0, 40)} and ${visible(ctx)}`
  if (!found) throw notFound()
  await refusePurged(ctx, found.caseId, sha256)
  noteReading(ctx, found.caseId, 'piece')
  const name = `${found.name}.${extensionOf(await ctx.office.archive.get(sha256))}`.replaceAll(/[^\w.-]+/g, '_')
  const path = ctx.office.archive.path(sha256)
  return sendFile(c, { path, etag: sha256, type: 'application/octet-stream', name })
}

/** `GET /documents/:id`: a letter of a case that the viewer may see, as PDF; a text message as text; `?file=docx` for its Word file. */
export async function sendLetterPdf(ctx: Context, c: HttpContext): Promise<Response> {
  if (c.req.query('file') === 'docx') return sendLetterWord(ctx, c)
  return sendOpened(ctx.office, await openLetter(ctx, c), c)
}

/** What a person of the cells completes, posts or hands over. */
async function sendLetterWord(ctx: Context, c: HttpContext): Promise<Response> {
  const { id, caseId, reference } = await openLetter(ctx, c)
  if (!isStaff(ctx.viewer)) throw forbidden(ctx.viewer!.role)
  const [row] = await ctx.sql<{ editable: string | null }[]>`select editable from documents where id = ${id}`
  if (!row?.editable) throw noSuchFile()
  await refusePurged(ctx, caseId, row.editable)
  return sendFile(c, {
    path: ctx.office.archive.path(row.editable),
    etag: row.editable,
    type: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    name: `${reference.replaceAll('/', '-')}.docx`,
  })
}

/** The same, shown by the browser instead of saved. */
export async function showLetterPdf(ctx: Context, c: HttpContext): Promise<Response> {
  return inline(await sendLetterPdf(ctx, c))
}

/** A letter that this viewer may have; a creditor has its own copy, without the coupon's code. */
export interface OpenedLetter extends FoundDocument {
  isCopied: boolean
}

export async function openLetter(ctx: Context, c: HttpContext): Promise<OpenedLetter> {
  if (!ctx.viewer) throw unauthenticated()
  const document = await requireDocument(ctx, c.req.param('id') ?? '')
  await refusePurged(ctx, document.caseId, document.sha256)
  noteReading(ctx, document.caseId, 'document')
  return { ...document, isCopied: ctx.viewer.role === 'creditor' }
}

/** `office`: the house's own, for a copy asked for the first time is made now. */
export async function sendOpened(office: Office, document: OpenedLetter, c: HttpContext): Promise<Response> {
  const copy = document.isCopied ? await creditorCopy(office, document.id) : null
  const hash = copy ?? document.sha256
  return sendFile(c, {
    path: office.archive.path(hash),
    etag: hash,
    type: document.format === 'txt' ? 'text/plain; charset=utf-8' : 'application/pdf',
    name: `${document.reference.replaceAll('/', '-')}${copy ? '-copie' : ''}.${document.format}`,
  })
}

export function inline(response: Response): Response {
  const name = response.headers.get('content-disposition')
  if (name) response.headers.set('content-disposition', name.replace(/^attachment/, 'inline'))
  return response
}

/** Whose time is over is gone, and said so with its hash: the paper that somebody else kept can still be checked against it. */
async function refusePurged(ctx: Context, caseId: string, hash: string): Promise<void> {
  const [found] = await ctx.sql<{ purgedOn: Day | null }[]>`select purged_on from cases where id = ${caseId}`
  if (!found?.purgedOn || (await ctx.office.archive.has(hash))) return
  throw new DomainError(
    'purged',
    `Ce document a été purgé le ${dayFr(found.purgedOn)}, sa durée de conservation passée.`,
    {
      remedy: `Il en reste l’empreinte SHA-256\u00a0: ${hash}.`,
      facts: { sha256: hash },
    },
  )
}

export interface Sent {
  path: string
  etag: string
  type: string
  name: string
}

/** A file of the archive, streamed from disk. One range at a time; an unknown `If-Range` gets the whole. */
export async function sendFile(c: HttpContext, file: Sent): Promise<Response> {
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
