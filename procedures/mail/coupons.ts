import type { Facts } from '../../documents/facts.ts'
import type { Day } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { unaccented } from '../../schema/words.ts'
import type { Vault } from '../../schema/vault.ts'
import type { Office } from '../office.ts'
import { type Author, record } from '../cases/journal.ts'
import { opened, requireOwnSecret } from '../sealed.ts'

/** The code printed on the coupon of a letter: found by its keyed hash, and sealed so that the letter can be made again. */
export async function keepCoupon(sql: Sql, vault: Vault, documentId: string, code: string): Promise<void> {
  const kept = () => sql`
    insert into coupons (document_id, mark, sealed)
    select ${documentId}::uuid, ${vault.mark(code)}, ${vault.seal(code, documentId)} from house_key where id = ${vault.id()}`
  if ((await kept()).count === 1) return
  // The first seal of the house, or another house's secret.
  await requireOwnSecret(sql, vault)
  await kept()
}

/** The facts as the row keeps them. */
export function withoutCode(facts: Facts): Facts {
  const { coupon: _, ...references } = facts.references
  return { ...facts, references }
}

/** The facts as the letter was made of them. */
export async function withCode(office: Sealed, documentId: string, facts: unknown): Promise<unknown> {
  const coupon = await codeOf(office, documentId)
  if (coupon === null) return facts
  const { references, ...others } = facts as Facts
  return { ...others, references: { ...references, coupon } }
}

type Sealed = Pick<Office, 'sql' | 'vault'>

/** The code of that letter's coupon, where it has one. */
export async function codeOf({ sql, vault }: Sealed, documentId: string): Promise<string | null> {
  const [kept] = await sql<{ sealed: string }[]>`
    select sealed from coupons where document_id = ${documentId} and sealed is not null`
  return kept ? opened(vault, kept.sealed, documentId) : null
}

/** A letter that went to the wrong person, or was shown to one: its code opens nothing any more, with those of what was joined to it. */
export async function revokeCoupon(
  sql: Sql,
  onDay: Day,
  { documentId, reason }: { documentId: string; reason: string },
  author: Author,
): Promise<void> {
  await transaction(sql, async (tx) => {
    const revoked = await tx`
      update coupons k set revoked_on = ${onDay} from documents d
      where d.id = k.document_id and (d.id = ${documentId} or d.attached_to = ${documentId}) and k.revoked_on is null returning d.id`
    const [letter] = await tx<{ caseId: string; reference: string }[]>`
      select case_id, reference from documents where id = ${documentId}`
    if (revoked.length === 0 || !letter) {
      throw new DomainError('coupon_not_found', 'Cette lettre n’a pas de code de coupon qui serve encore.', {
        remedy: 'Relisez la liste des courriers du dossier.',
      })
    }
    const { caseId, reference } = letter
    await record(tx, onDay, { caseId, kind: 'coupon_revoked', detail: { letter: reference, reason }, author })
  })
}

/** The letter whose coupon bears that code. */
export interface Coupon {
  documentId: string
  caseId: string
  reference: string
  writtenOn: Day
  /** Of the address on that letter. */
  postalCode: string | null
  city: string | null
}

/** Days after the end of its case during which a code still says that nothing is asked any more. */
const couponDays = 90

/** The letter of a code that may still be used: not one that came back or never left, was revoked, or whose case ended long ago. */
export async function findCoupon(
  { sql, vault }: Pick<Office, 'sql' | 'vault'>,
  onDay: Day,
  by: { code: string } | { documentId: string },
): Promise<Coupon | undefined> {
  const [found] = await sql<Coupon[]>`
    select d.id as document_id, d.case_id, d.reference, d.written_on,
           d.facts #>> '{debiteur,adresse,codePostal}' as postal_code, d.facts #>> '{debiteur,adresse,ville}' as city
    from coupons k join documents d on d.id = k.document_id join cases c on c.id = d.case_id
    left join dispatches o on o.document_id = d.id
    where d.attached_to is null and k.revoked_on is null and (c.closed_on is null or c.closed_on > ${onDay}::date - ${couponDays}::int)
      and o.state is distinct from 'withdrawn' and coalesce(o.outcome, '') not in ('unknown_address', 'bounced')
      and ${'code' in by ? sql`k.mark = ${vault.mark(by.code)}` : sql`d.id = ${by.documentId}`}`
  return found
}

/** Whether this is what the reader of the letter knows besides its code: the postcode of its address, or the town of one without. */
export function isKnownPlace({ postalCode, city }: Coupon, typed: string): boolean {
  const plain = (text: string) =>
    unaccented(text)
      .toUpperCase()
      .replaceAll(/[^\p{L}\p{N}]/gu, '')
  const place = plain(postalCode ?? '') || plain(city ?? '')
  return place !== '' && place === plain(typed)
}
