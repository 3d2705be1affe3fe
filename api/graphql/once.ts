import { canonicalJson, sha256 } from '../../documents/archive.ts'
import type { Office } from '../../procedures/office.ts'
import { json, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Act } from '../auth.ts'
import { actor, author, type Context } from '../context.ts'
import { checkTexts } from './texts.ts'

/** What an act leaves to be shown: ids and texts, so that a repeated request is answered with the same. */
export type Outcome = Record<string, string | number | boolean | null | object>

/**
 * Runs an act, in one transaction. With an idempotency key it runs once for that actor: act and key are that transaction, a
 * repeat gets the first answer, and the same key on another request is refused. A refusal leaves no key behind.
 */
export async function once<T extends Outcome>(
  ctx: Context,
  act: Act,
  input: { idempotencyKey?: string | null },
  run: (office: Office, author: string) => Promise<T>,
): Promise<T> {
  checkTexts(input)
  const by = author(ctx)
  const owner = actor(ctx)
  readAnew(ctx)
  const { idempotencyKey: key, ...request } = input
  if (!key) return transaction(ctx.sql, (sql) => run({ ...ctx.office, sql }, by))
  const fingerprint = sha256(canonicalJson({ act, request }))
  return transaction(ctx.sql, async (sql) => {
    const [fresh] = await sql`
      insert into idempotency_keys (actor, key, act, request, result, used_on) values (${owner}, ${key}, ${act}, ${fingerprint}, '{}', ${ctx.day})
      on conflict do nothing returning key`
    if (!fresh) {
      const [known] = await sql<{ request: string; result: T }[]>`
        select request, result from idempotency_keys where actor = ${owner} and key = ${key}`
      if (known?.request === fingerprint) return known.result
      throw new DomainError('idempotency_conflict', 'Cette clé a déjà servi pour une autre demande.', {
        remedy: 'Donnez une clé nouvelle à chaque demande nouvelle.',
      })
    }
    const result = await run({ ...ctx.office, sql }, by)
    await sql`update idempotency_keys set result = ${json(sql, result)} where actor = ${owner} and key = ${key}`
    return result
  })
}

/** Rows read before an act, or before an event, are not those after it. */
export function readAnew(ctx: Context): void {
  ctx.loaders.clear()
  ctx.foreseen.clear()
  for (const forget of forgetters) forget(ctx)
}

/** What clears the rows that nodes have kept for this request. */
export const forgetters: ((ctx: Context) => void)[] = []
