import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Context as HttpContext } from 'hono'
import { admit, type Antivirus } from '../documents/antivirus.ts'
import type { Sql } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import { newId } from '../schema/random.ts'
import { builder } from './builder.ts'
import { actor, type Context, type House } from './context.ts'
import { once } from './once.ts'
import { rowId } from './values.ts'

/** A file received: what acts take from an upload. */
export interface Received {
  id: string
  fileName: string
  sha256: string
}

const minutes = 15

builder.relayMutationField(
  'requestUpload',
  {
    inputFields: (t) => ({
      fileName: t.string({ required: true }),
      bytes: t.int({
        description: 'The size of the file, when known: no other is then received. Else the largest allowed.',
      }),
    }),
  },
  {
    description:
      'A place to PUT one file, for fifteen minutes. The file is then named by its uploadId in submitInvoice, attachExhibit or recordProcedureEvent.',
    authScopes: { may: 'requestUpload' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'requestUpload', {}, async (office) => {
        const bytes = input.bytes ?? ctx.maxUpload
        if (bytes <= 0 || bytes > ctx.maxUpload) throw tooLarge(ctx.maxUpload)
        const id = newId(office.random)
        const expiresAt = ctx.clock.now().add({ minutes })
        const fileName = input.fileName.replaceAll(/[\p{Cc}/\\]/gu, '_').slice(-200) || 'document'
        await office.sql`
          insert into uploads (id, actor, file_name, max_bytes, exact, expires_at, asked_on)
          values (${id}, ${actor(ctx)}, ${fileName}, ${bytes}, ${input.bytes != null}, ${expiresAt}, ${ctx.day})`
        const expires = Math.floor(expiresAt.epochMilliseconds / 1000)
        return {
          uploadId: id,
          url: `${office.baseUrl}/uploads/${id}?expires=${expires}&signature=${sign(ctx.secret, id, expires)}`,
          maxBytes: bytes,
        }
      }),
  },
  {
    outputFields: (t) => ({
      uploadId: t.exposeID('uploadId'),
      url: t.exposeString('url', { description: 'Signed: whoever has it may PUT this one file, once.' }),
      method: t.string({ resolve: () => 'PUT' }),
      maxBytes: t.exposeInt('maxBytes'),
    }),
  },
)

const sign = (secret: Uint8Array, id: string, expires: number): string =>
  createHmac('sha256', secret).update(`upload\0${id}\0${expires}`).digest('base64url')

function genuine(secret: Uint8Array, id: string, expires: string, signature: string): boolean {
  const expected = Buffer.from(sign(secret, id, Number(expires)))
  const given = Buffer.from(signature)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** `PUT /uploads/:id`: the file goes to disk as it comes, is hashed on the way, and then takes its place in the archive. */
export async function receiveUpload(house: House, c: HttpContext): Promise<Response> {
  const { sql, archive } = house.office
  const id = c.req.param('id') ?? ''
  const expires = c.req.query('expires') ?? ''
  if (!genuine(house.secret, id, expires, c.req.query('signature') ?? '')) {
    throw new DomainError('bad_signature', "Cette adresse d'envoi n'est pas valable.", {
      remedy: 'Demandez-en une autre (requestUpload).',
    })
  }
  const now = house.clock.now()
  const [asked] = await sql<{ fileName: string; maxBytes: bigint; exact: boolean }[]>`
    select file_name, max_bytes, exact from uploads where id = ${id} and sha256 is null and expires_at > ${now}`
  if (!asked) {
    throw new DomainError('upload_gone', "Cette adresse d'envoi a expiré ou a déjà servi.", {
      remedy: 'Demandez-en une autre (requestUpload).',
    })
  }
  const limit = Number(asked.maxBytes)
  if (Number(c.req.header('content-length') ?? 0) > limit) throw tooLarge(limit)
  const body = c.req.raw.body
  if (!body) throw emptyUpload()

  // Beside its final place, so that the rename is atomic; « wx », so that two writers never share a file.
  const temporary = archive.path('0'.repeat(64)).replace(/0{62}$/, `upload-${id}`)
  await mkdir(dirname(temporary), { recursive: true })
  const { sha256, bytes } = await toDisk(body, temporary, limit)
  try {
    if (asked.exact && bytes !== limit) throw cutShort(bytes, limit)
    await admitFile(asked.fileName, temporary, house.office.antivirus)
    const place = archive.path(sha256)
    await mkdir(dirname(place), { recursive: true })
    await rename(temporary, place)
    const kept = await sql`
      update uploads set sha256 = ${sha256}, bytes = ${bytes}, received_on = ${house.clock.today()}
      where id = ${id} and sha256 is null returning id`
    if (kept.length === 0)
      throw new DomainError('upload_gone', 'Ce fichier a déjà été reçu.', {
        remedy: 'Utilisez-le, ou demandez une autre adresse.',
      })
  } finally {
    await rm(temporary, { force: true })
  }
  return c.json({ uploadId: id, sha256, bytes }, 201)
}

/** Looked at where it lies, before it has a place in the archive; only an archive is read whole, for the names in it. */
export async function admitFile(name: string, path: string, antivirus: Antivirus | undefined): Promise<void> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0)
    const head = buffer.subarray(0, bytesRead)
    const directory = head.subarray(0, 2).toString('latin1') === 'PK' ? await readFile(path) : head
    await admit({ name, head, directory }, createReadStream(path, { highWaterMark: 1 << 20 }), antivirus)
  } finally {
    await file.close()
  }
}

async function toDisk(
  body: ReadableStream<Uint8Array>,
  path: string,
  limit: number,
): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256')
  const file = await open(path, 'wx', 0o640).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    throw new DomainError('upload_busy', 'Ce fichier est déjà en cours de réception.', {
      remedy: 'Attendez la fin du premier envoi.',
      cause: error,
    })
  })
  let bytes = 0
  try {
    for await (const chunk of body) {
      bytes += chunk.byteLength
      if (bytes > limit) throw tooLarge(limit)
      hash.update(chunk)
      await file.writeFile(chunk)
    }
    if (bytes === 0) throw emptyUpload()
    await file.sync()
  } catch (error) {
    await file.close()
    await rm(path, { force: true })
    throw error
  }
  await file.close()
  return { sha256: hash.digest('hex'), bytes }
}

/** A file that this very actor has sent; another's does not exist. */
export async function receivedUpload(ctx: Context, sql: Sql, uploadId: string): Promise<Received> {
  const [found] = await sql<Received[]>`
    select id, file_name, sha256 from uploads
    where id = ${rowId('Upload', uploadId)} and actor = ${actor(ctx)} and sha256 is not null`
  if (found) return found
  throw new DomainError('upload_not_found', "Ce fichier n'a pas été reçu, ou n'a pas été envoyé par vous.", {
    remedy: 'Envoyez-le d’abord à l’adresse donnée par requestUpload.',
  })
}

const tooLarge = (limit: number): DomainError =>
  new DomainError('file_too_large', `Le fichier dépasse ${Math.floor(limit / 1_048_576) || 1} Mo.`, {
    remedy: 'Réduisez-le, ou coupez-le en plusieurs pièces.',
    facts: { maxBytes: limit },
  })

const cutShort = (bytes: number, announced: number): DomainError =>
  new DomainError('size_mismatch', `Le fichier reçu fait ${bytes} octets, et non ${announced} comme annoncé.`, {
    remedy: 'Envoyez-le de nouveau, entier, à la même adresse.',
    facts: { bytes, announced },
  })

const emptyUpload = (): DomainError =>
  new DomainError('empty_file', 'Le fichier est vide.', {
    remedy: 'Envoyez le contenu du fichier dans le corps de la requête.',
  })
