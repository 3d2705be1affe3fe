import { admitBytes } from '../../documents/antivirus.ts'
import { DomainError } from '../../schema/errors.ts'
import { plainFileName } from '../../schema/words.ts'
import { newId } from '../../schema/random.ts'
import { actor } from '../context.ts'
import { toCreditor } from '../remedies.ts'
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
  const id = newId(ctx.office.random)
  const sha256 = await ctx.office.archive.put(bytes)
  await ctx.sql`
    insert into uploads (id, actor, file_name, max_bytes, expires_at, asked_on, sha256, bytes, received_on)
    values (${id}, ${actor(ctx)}, ${fileName}, ${bytes.length}, ${ctx.clock.now()}, ${ctx.day}, ${sha256}, ${bytes.length}, ${ctx.day})`
  return id
}

/** What was refused, in the page where it was asked. */
export const refusal = (error: DomainError | undefined): Html =>
  error
    ? h`<div class="alert" role="alert"><p><strong>${said(error.message)}</strong></p><p>${said(toCreditor(error.remedy))}</p></div>`
    : h``
