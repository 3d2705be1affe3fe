import { createHmac, timingSafeEqual } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Context as HttpContext } from 'hono'
import { admit, type Antivirus } from '../documents/antivirus.ts'
import { type StoredFile, writeHashed } from '../documents/archive.ts'
import { type Sql, transaction } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import { newId } from '../schema/random.ts'
import { plainFileName } from '../schema/words.ts'
import { builder } from './graphql/builder.ts'
import { actor, type Context, type House } from './context.ts'
import { once } from './graphql/once.ts'
import { rowId } from './graphql/values.ts'

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
        const fileName = plainFileName(input.fileName, 'document')
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

  const receiving = receivedBy.get(house) ?? new Set()
  receivedBy.set(house, receiving)
  if (receiving.has(id)) {
    throw new DomainError('upload_busy', 'Ce fichier est déjà en cours de réception.', {
      remedy: 'Attendez la fin du premier envoi.',
    })
  }
  receiving.add(id)
  try {
    return await archive.drafting(async (folder) => {
      const file = await toDisk(body, join(folder, 'upload'), limit)
      if (asked.exact && file.bytes !== limit) throw cutShort(file.bytes, limit)
      await admitFile(asked.fileName, file.path, house.office.antivirus)
      await keep(house, id, file)
      return c.json({ uploadId: id, sha256: file.sha256, bytes: file.bytes }, 201)
    })
  } finally {
    receiving.delete(id)
  }
}

// One file at a time by one address. Another process may take the same one meanwhile: who ends first is kept.
const receivedBy = new WeakMap<House, Set<string>>()

/** The row first: of two, the second finds it taken, and its file never has a place. */
async function keep({ office, clock }: House, id: string, file: StoredFile): Promise<void> {
  await transaction(office.sql, async (sql) => {
    const kept = await sql`
      update uploads set sha256 = ${file.sha256}, bytes = ${file.bytes}, received_on = ${clock.today()}
      where id = ${id} and sha256 is null returning id`
    if (kept.length === 0)
      throw new DomainError('upload_gone', 'Ce fichier a déjà été reçu.', {
        remedy: 'Utilisez-le, ou demandez une autre adresse.',
      })
    await office.archive.adopt(file)
  })
}

/** Looked at where it lies, before it has a place in the archive; only an archive is read whole, for the names in it. */
export async function admitFile(name: string, path: string, antivirus: Antivirus | undefined): Promise<void> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0)
    const head = buffer.subarray(0, bytesRead)
    const directory = head.subarray(0, 2).toString('latin1') === 'PK' ? await readFile(path) : head
    await admit({ name, head, directory }, partsOf(path), antivirus)
  } finally {
    await file.close()
  }
}

/** Opened only once somebody reads it: a stream that nobody does stays open, and its file on the disk, with the program. */
async function* partsOf(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: 1 << 20 })
}

async function toDisk(body: ReadableStream<Uint8Array>, path: string, limit: number): Promise<StoredFile> {
  let left = limit
  const measured = async function* () {
    for await (const chunk of body) {
      left -= chunk.byteLength
      if (left < 0) throw tooLarge(limit)
      yield chunk
    }
  }
  const file = await writeHashed(Readable.from(measured(), { objectMode: false }), path)
  if (file.bytes === 0) throw emptyUpload()
  return file
}

/** A file that this very actor has sent; another's does not exist, nor one that was purged. In a transaction no purge takes it meanwhile. */
export async function receivedUpload(ctx: Context, sql: Sql, uploadId: string): Promise<Received> {
  const [found] = await sql<Received[]>`
    select id, file_name, sha256 from uploads
    where id = ${rowId('Upload', uploadId)} and actor = ${actor(ctx)} and sha256 is not null and purged_on is null for share`
  if (found) return found
  throw new DomainError('upload_not_found', "Ce fichier n'a pas été reçu, ou n'a pas été envoyé par vous.", {
    remedy: 'Envoyez-le d’abord à l’adresse donnée par requestUpload.',
  })
}

/** The hash of what went along with an act, where anything did. */
export const receivedHash = async (
  ctx: Context,
  sql: Sql,
  uploadId: string | null | undefined,
): Promise<string | null> => (uploadId ? (await receivedUpload(ctx, sql, uploadId)).sha256 : null)

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
