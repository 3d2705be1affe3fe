import { type Sql, transaction } from '../schema/db.ts'
import { DomainError } from '../schema/errors.ts'
import type { Vault } from '../schema/vault.ts'

const batch = 1000
const fromBefore = 'whsec\\_%'

/**
 * In the transaction that seals something, once it is written: a program started with another secret would print codes that nobody
 * could open. The first to seal says which secret is the house's.
 */
export async function requireOwnSecret(sql: Sql, vault: Vault): Promise<void> {
  const id = vault.id()
  const [, [known]] = await Promise.all([
    sql`insert into house_key (id) values (${id}) on conflict do nothing`.execute(),
    sql<{ id: string }[]>`select id from house_key`.execute(),
  ])
  if (known?.id !== id) throw otherSecret()
}

/** What was sealed for that row. */
export function opened(vault: Vault, sealed: string, about: string): string {
  const text = vault.open(sealed, about)
  if (text === null) throw otherSecret()
  return text
}

const otherSecret = (): DomainError =>
  new DomainError('other_secret', 'COURTOIS_SECRET n’est pas le secret de cette base.', {
    remedy:
      'Redonnez celui avec lequel elle a été tenue\u00a0; pour en changer, «\u00a0courtois secret --renew\u00a0», ou «\u00a0--forget\u00a0» s’il est perdu.',
  })

/** Before anything else: the secret is this house's own, and what was kept in clear before there were seals gets its seal. */
export async function openHouse(sql: Sql, vault: Vault): Promise<void> {
  await transaction(sql, (tx) => requireOwnSecret(tx, vault))
  for (let full = true; full;) {
    full = await transaction(sql, async (tx) => {
      const coupons = await tx<{ id: string; clear: string }[]>`
        select document_id as id, clear from coupons where clear is not null order by 1 limit ${batch} for update`
      const hooks = await tx<{ id: string; clear: string }[]>`
        select id, secret as clear from webhook_endpoints where secret like ${fromBefore} order by 1 for update`
      await putCoupons(tx, vault, coupons)
      await putHooks(tx, vault, hooks)
      return coupons.length === batch
    })
  }
}

/** Everything sealed with one secret is sealed with another, at once; answers how many coupons and addresses. */
export async function renewSecret(sql: Sql, before: Vault, vault: Vault): Promise<number> {
  return transaction(sql, async (tx) => {
    // Whoever still seals with the old one waits here, and is then refused.
    await tx`lock table coupons, webhook_endpoints in share row exclusive mode`
    const [known] = await tx<{ id: string }[]>`select id from house_key for update`
    if (!known || known.id === vault.id()) return 0
    if (known.id !== before.id()) throw otherSecret()
    const clear = ({ id, sealed }: { id: string; sealed: string }) => ({ id, clear: opened(before, sealed, id) })
    let done = 0
    for (let last: string | null = null, full = true; full;) {
      const coupons: { id: string; sealed: string }[] = await tx`
        select document_id as id, sealed from coupons
        where sealed is not null and (${last}::uuid is null or document_id > ${last}) order by 1 limit ${batch}`
      await putCoupons(tx, vault, coupons.map(clear))
      done += coupons.length
      last = coupons.at(-1)?.id ?? null
      full = coupons.length === batch
    }
    const hooks = await tx<
      { id: string; sealed: string }[]
    >`select id, secret as sealed from webhook_endpoints where secret <> ''`
    await putHooks(tx, vault, hooks.map(clear))
    await tx`update house_key set id = ${vault.id()}`
    return done + hooks.length
  })
}

/** The secret is lost: codes printed until now open nothing any more, and creditors' systems have to be registered again. */
export async function forgetSecret(sql: Sql, vault: Vault): Promise<{ coupons: number; webhooks: string[] }> {
  return transaction(sql, async (tx) => {
    const [known] = await tx<{ id: string }[]>`select id from house_key for update`
    if (known?.id === vault.id()) {
      throw new DomainError('secret_known', 'Ce secret est celui de la base\u00a0: il n’est pas perdu.', {
        remedy: 'Pour en changer, «\u00a0courtois secret --renew\u00a0» garde les codes déjà imprimés.',
      })
    }
    const { count } = await tx`update coupons set mark = null, sealed = null where sealed is not null`
    const webhooks = await tx<{ id: string }[]>`
      select id from webhook_endpoints where ended_on is null order by created_on, id`
    await tx`update webhook_endpoints set secret = ''`
    await tx`delete from house_key`
    return { coupons: count, webhooks: webhooks.map(({ id }) => id) }
  })
}

async function putCoupons(sql: Sql, vault: Vault, rows: { id: string; clear: string }[]): Promise<void> {
  if (rows.length === 0) return
  const ids = rows.map(({ id }) => id)
  const marks = rows.map(({ clear }) => vault.mark(clear))
  const sealed = rows.map(({ id, clear }) => vault.seal(clear, id))
  await sql`
    update coupons k set mark = n.mark, sealed = n.sealed, clear = null
    from unnest(${ids}::uuid[], ${marks}::text[], ${sealed}::text[]) as n(id, mark, sealed) where k.document_id = n.id`
}

async function putHooks(sql: Sql, vault: Vault, rows: { id: string; clear: string }[]): Promise<void> {
  for (const { id, clear } of rows)
    await sql`update webhook_endpoints set secret = ${vault.seal(clear, id)} where id = ${id}`
}
