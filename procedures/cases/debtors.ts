import type { Day } from '../../schema/days.ts'
import { json, type Sql } from '../../schema/db.ts'
import { newId, type Random } from '../../schema/random.ts'
import type { Address } from './agency.ts'
import type { PartyIdentity } from './creditors.ts'

export type DebtorKind = 'business' | 'consumer' | 'public'

export interface Debtor {
  id: string
  name: string
  kind: DebtorKind
  identity: PartyIdentity & { civility?: string; birth?: { on: string; place: string } }
  address: Address | null
  email: string | null
  phone: string | null
  /** Where something came back from, as compared (`address_marks`); absent where it was not read. */
  returned?: string[]
}

/**
 * This creditor's debtor with this SIRET, or with this name at this postcode; a new row when nobody is known. Each creditor
 * has its own: the phone or the e-mail that one gave is not for another to read.
 */
export async function findOrCreateDebtor(
  sql: Sql,
  random: Random,
  onDay: Day,
  creditorId: string,
  input: Omit<Debtor, 'id'>,
): Promise<Debtor> {
  const siret = input.identity.siret ?? null
  // Two files sent at the same moment wait for each other here, so that one debtor does not become two.
  const key = siret ?? `${input.name.toLowerCase()} ${input.address?.postalCode ?? ''}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${`debtor:${creditorId}:${input.kind}:${key}`}, 0))`
  const [known] = await sql<Debtor[]>`
    select id, name, kind, identity, address, email, phone from debtors
    where creditor_id = ${creditorId} and kind = ${input.kind}
      and ((${siret}::text is not null and identity ->> 'siret' = ${siret})
        or (${siret}::text is null and lower(name) = lower(${input.name})
            and address ->> 'postalCode' is not distinct from ${input.address?.postalCode ?? null}))
    order by created_on limit 1`
  if (known) return known
  const debtor = { ...input, id: newId(random) }
  await sql`
    insert into debtors (id, creditor_id, name, kind, identity, address, email, phone, created_on)
    values (${debtor.id}, ${creditorId}, ${debtor.name}, ${debtor.kind}, ${json(sql, debtor.identity)},
            ${debtor.address === null ? null : json(sql, debtor.address)}, ${debtor.email}, ${debtor.phone}, ${onDay})`
  return debtor
}
