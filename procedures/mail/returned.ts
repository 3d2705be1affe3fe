import { postalKey } from '../../documents/send/postal-address.ts'
import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newId, type Random } from '../../schema/random.ts'
import type { Address } from '../cases/agency.ts'
import type { Debtor } from '../cases/debtors.ts'
import { placeHold } from '../cases/holds.ts'
import { type Author, record } from '../cases/journal.ts'

export type MarkedChannel = 'postal' | 'email'

interface Marked {
  caseId: string
  debtorId: string
  channel: MarkedChannel
  documentId: string
  reason: string
}

/**
 * Marks the address that a letter came back from: nothing is sent there again for that debtor. Its cases wait, with the
 * research cell, until another address is validated.
 */
export async function markReturned(
  sql: Sql,
  random: Random,
  onDay: Day,
  { caseId, debtorId, channel, documentId, reason }: Marked,
  author: Author,
): Promise<void> {
  const [sent] = await sql<{ address: Address & { email?: string } }[]>`
    select address from dispatches where document_id = ${documentId}`
  const value = channel === 'email' ? emailKey(sent!.address.email ?? '') : postalKey(sent!.address)
  const isUsed = await isStillUsed(sql, debtorId, channel, value)
  // Where the debtor has another address by now, nobody has one to find.
  const [fresh] = await sql`
    insert into address_marks (id, debtor_id, channel, value, reason, document_id, marked_on, marked_by, found_on)
    values (${newId(random)}, ${debtorId}, ${channel}, ${value}, ${reason}, ${documentId}, ${onDay}, ${author},
            ${isUsed ? null : onDay})
    on conflict do nothing returning id`
  if (!fresh) return
  await record(sql, onDay, { caseId, kind: 'address_returned', detail: { channel, reason }, author })
  const [open] = await sql`
    select 1 from cases c where c.id = ${caseId} and c.closed_on is null
      and not exists (select from holds h where h.case_id = c.id and h.released_on is null and h.cause = 'decision')`
  if (!open || !isUsed) return
  const what = channel === 'email' ? 'une adresse électronique' : 'une adresse postale'
  const hold = {
    caseId,
    cause: 'decision',
    reason: `${reason} La cellule de recherche cherche ${what} (validateAddress).`,
    reviewOn: onDay.add({ days: 15 }),
  } as const
  await placeHold(sql, random, onDay, hold, 'system')
}

async function isStillUsed(sql: Sql, debtorId: string, channel: MarkedChannel, value: string): Promise<boolean> {
  const [debtor] = await sql<Pick<Debtor, 'address' | 'email'>[]>`
    select address, email from debtors where id = ${debtorId}`
  if (channel === 'email') return debtor?.email != null && emailKey(debtor.email) === value
  return debtor?.address != null && postalKey(debtor.address) === value
}

/** True when something came back from where this debtor would be written to. */
export function isReturned(debtor: Debtor, channel: MarkedChannel): boolean {
  const returned = debtor.returned ?? []
  if (channel === 'email') return debtor.email !== null && returned.includes(`email ${emailKey(debtor.email)}`)
  return debtor.address !== null && returned.includes(`postal ${postalKey(debtor.address)}`)
}

/** An address that sent something back is no address found: refused, before anything is written. */
export async function refuseReturned(
  sql: Sql,
  caseId: string,
  given: { address: Address | null; email: string | null },
): Promise<void> {
  const values = [
    ...(given.address ? [`postal ${postalKey(given.address)}`] : []),
    ...(given.email ? [`email ${emailKey(given.email)}`] : []),
  ]
  const [marked] = await sql<{ reason: string }[]>`
    select m.reason from address_marks m join cases c on c.debtor_id = m.debtor_id
    where c.id = ${caseId} and m.channel || ' ' || m.value = any(${values}) limit 1`
  if (!marked) return
  throw new DomainError('address_returned', `Cette adresse a déjà renvoyé un courrier. ${marked.reason}`, {
    remedy: 'Cherchez une autre adresse\u00a0: celle-ci n’est plus utilisée pour ce débiteur.',
  })
}

/** Another address was validated: the research cell is done with that channel. */
export async function settleMarks(sql: Sql, onDay: Day, caseId: string, channels: MarkedChannel[]): Promise<void> {
  await sql`
    update address_marks m set found_on = ${onDay}
    from cases c where c.id = ${caseId} and m.debtor_id = c.debtor_id and m.found_on is null and m.channel = any(${channels})`
}

export const emailKey = (email: string): string => email.trim().toLowerCase()
