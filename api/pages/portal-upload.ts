import { admitBytes } from '../../documents/antivirus.ts'
import { DomainError } from '../../schema/errors.ts'
import { plainFileName } from '../../schema/words.ts'
import { newId } from '../../schema/random.ts'
import type { Sql } from '../../schema/db.ts'
import { actor, type Context } from '../context.ts'
import { toCreditor, withoutNames } from '../remedies.ts'
import type { FormFile } from './form-files.ts'
import { h, type Html, said } from './page.ts'
import type { Desk } from './portal-desk.ts'

/** Reads a dropped file before keeping it: what cannot be believed leaves nothing behind. Answers the id of the upload. */
export async function keepUpload(
  { ctx }: Desk,
  file: unknown,
  check: (bytes: Uint8Array, fileName: string) => Promise<unknown>,
): Promise<string> {
  if (!(file instanceof File) || file.size === 0) {
    throw new DomainError('empty_file', 'Aucun fichier n’est joint, ou il est vide.', {
      remedy: 'Choisissez le fichier, puis envoyez.',
    })
  }
  const bytes = new Uint8Array(await file.arrayBuffer())
  const fileName = plainFileName(file.name, 'fichier')
  await admitBytes(fileName, bytes, ctx.office.antivirus)
  await check(bytes, fileName)
  const sha256 = await ctx.office.archive.put(bytes)
  return recordUpload(ctx, ctx.sql, { name: fileName, sha256, bytes: bytes.length })
}

/** A file of a form that waits for the act that takes it: the same row as one received by the API. */
export async function recordUpload(
  ctx: Context,
  sql: Sql,
  { name, sha256, bytes }: Pick<FormFile, 'name' | 'sha256' | 'bytes'>,
): Promise<string> {
  const id = newId(ctx.office.random)
  await sql`
    insert into uploads (id, actor, file_name, max_bytes, expires_at, asked_on, sha256, bytes, received_on)
    values (${id}, ${actor(ctx)}, ${name}, ${bytes}, ${ctx.clock.now()}, ${ctx.day}, ${sha256}, ${bytes}, ${ctx.day})`
  return id
}

/** What was refused, in the page where it was asked. */
export const refusal = (error: DomainError | undefined): Html =>
  error
    ? h`<div class="alert" role="alert"><p><strong>${said(error.message)}</strong></p><p>${said(withoutNames(toCreditor(error.remedy)))}</p></div>`
    : h``
