import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as WebStream } from 'node:stream/web'
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import type { Context as HttpContext } from 'hono'
import type { Antivirus } from '../../documents/antivirus.ts'
import { type StoredFile, writeHashed } from '../../documents/archive.ts'
import { kindOf } from '../../documents/exhibits/kind.ts'
import { DomainError } from '../../schema/errors.ts'
import { plainFileName } from '../../schema/words.ts'
import { admitFile } from '../uploads.ts'
import type { Typed } from './typed.ts'

/** A file of a form, in the folder lent for it: nothing of it is kept before somebody adopts it. */
export interface FormFile extends StoredFile {
  name: string
}

export interface FormLimits {
  files: number
  /** Of each file. */
  fileBytes: number
}

export interface Form {
  typed: Typed
  files: FormFile[]
  /** Why a file cannot be taken. */
  refused: DomainError | null
}

const fieldBytes = 20_000

/**
 * Reads a posted form as it comes: fields in memory, files to disk, hashed on the way; nothing past the limits is read. What is
 * wrong with a file is told beside the fields, so that nothing typed is lost.
 */
export async function receiveForm(c: HttpContext, folder: string, limits: FormLimits): Promise<Form> {
  const { body } = c.req.raw
  const contentType = c.req.header('content-type') ?? ''
  if (!body || !/^(multipart\/form-data|application\/x-www-form-urlencoded)\b/i.test(contentType)) throw unreadable()
  const typed: Typed = {}
  const streams: BusboyFileStream[] = []
  const writing: Promise<FormFile>[] = []
  const form = reader(contentType, limits)
  form.on('field', (name, value) => {
    typed[name] = value
  })
  form.on('file', (_field, stream, name) => {
    const file = toDisk(stream, join(folder, `file-${writing.length}`), plainFileName(name, 'document', 120))
    // Told once the whole form is read, with the rest.
    file.catch(() => {})
    streams.push(stream)
    writing.push(file)
  })
  await pipeline(Readable.fromWeb(body as WebStream), form).catch(async (cause: unknown) => {
    // A file cut short is told nothing by its parser: it would stay open, and on the disk, as long as the program runs.
    for (const stream of streams) stream.destroy()
    await Promise.allSettled(writing)
    throw cause instanceof DomainError ? cause : unreadable(cause)
  })
  const written = await Promise.allSettled(writing)
  let refused: DomainError | null = null
  const files: FormFile[] = []
  for (const each of written) {
    if (each.status === 'fulfilled') files.push(each.value)
    else if (each.reason instanceof DomainError) refused = each.reason
    else throw each.reason
  }
  const filled = files.filter(({ bytes }) => bytes > 0)
  if (filled.length > limits.files) refused = tooMany(limits.files)
  return { typed, files: filled, refused }
}

function reader(contentType: string, { files, fileBytes }: FormLimits): BusboyInstance {
  // One more than allowed, so that too many are told and not silently dropped.
  const limits = { files: files + 1, fileSize: fileBytes, fields: 40, fieldSize: fieldBytes, headerPairs: 40 }
  try {
    return new Busboy({ headers: { 'content-type': contentType }, limits })
  } catch (cause) {
    throw unreadable(cause)
  }
}

async function toDisk(stream: BusboyFileStream, path: string, name: string): Promise<FormFile> {
  const file = await writeHashed(stream, path)
  if (stream.truncated) throw tooLarge(name, file.bytes)
  return { ...file, name }
}

/** What people send to show something: a scan, a photograph, a letter, a message. */
const shown = new Set([
  'application/pdf',
  'image/jpeg',
  'image/png',
  'image/tiff',
  'message/rfc822',
  'application/vnd.ms-outlook',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/vnd.oasis.opendocument.text',
  'text/plain',
])

/** What a file is by its content, once it has been let in; refused where no person could look at it as a document. */
export async function admitDocument(file: FormFile, antivirus: Antivirus | undefined): Promise<string> {
  await admitFile(file.name, file.path, antivirus)
  const kind = kindOf(await readFile(file.path), file.name)
  if (shown.has(kind)) return kind
  throw new DomainError('exhibit_kind', `«\u00a0${file.name}\u00a0» n’est pas un document qui se lit.`, {
    remedy: 'Joignez un PDF, une photographie (JPEG ou PNG), un courriel ou un texte.',
    facts: { kind },
  })
}

const tooLarge = (name: string, bytes: number): DomainError =>
  new DomainError('file_too_large', `«\u00a0${name}\u00a0» dépasse ${Math.floor(bytes / 1_000_000)}\u00a0Mo.`, {
    remedy: 'Numérisez-le ou photographiez-le moins finement, ou envoyez-le-nous par la poste.',
    facts: { bytes },
  })

const tooMany = (most: number): DomainError =>
  new DomainError('too_many_files', `Le formulaire prend ${most} fichiers au plus.`, {
    remedy: 'Réunissez plusieurs pages en un seul PDF, ou envoyez le reste par courriel ou par la poste.',
    facts: { most },
  })

const unreadable = (cause?: unknown): DomainError =>
  new DomainError('bad_form', 'Ce formulaire n’a pas pu être lu jusqu’au bout.', {
    remedy: 'Vérifiez votre connexion, puis recommencez\u00a0; rien n’a été enregistré.',
    cause,
  })
