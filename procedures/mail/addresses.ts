import { needsPostalCode, postalAddress } from '../../documents/send/postal-address.ts'
import type { Day } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { endUnfiledConsents } from '../judicial/consents/consent-ends.ts'
import type { Address } from '../cases/agency.ts'
import { lockOpenCase } from '../cases/lock.ts'
import { type Author, record } from '../cases/journal.ts'
import { queueRefused } from './follow-up-queue.ts'
import { refuseReturned, settleMarks } from './returned.ts'

/** Refuses an address that the post of its country could not serve. */
export function refuseUnfit(address: Address): void {
  const { fault } = postalAddress({ name: '', ...address }, address.country)
  if (fault === null) return
  throw new DomainError('address_unfit', `Cette adresse ne peut être servie par la poste\u00a0: ${fault}.`, {
    remedy: 'Relisez-la sur une lettre, un annuaire ou un registre, puis corrigez-la.',
  })
}

/**
 * The research cell validates where the debtor is reached: letters go there from now on, and a case held for want of an
 * address is tried again at the next tick. What is not given stays as it was.
 */
export async function validateAddress(
  sql: Sql,
  onDay: Day,
  input: { caseId: string; address: Address | null; email: string | null; phone: string | null; source: string },
  author: Author,
): Promise<void> {
  if (
    input.address &&
    (input.address.lines.every((line) => line.trim() === '') ||
      !input.address.city?.trim() ||
      (needsPostalCode(input.address.country) && !input.address.postalCode?.trim()))
  ) {
    throw new DomainError(
      'address_incomplete',
      'Une adresse postale a une rue, une ville et le code postal de son pays.',
      {
        remedy: 'Complétez l’adresse, ou validez seulement le courriel ou le téléphone.',
      },
    )
  }
  if (input.address) refuseUnfit(input.address)
  if (!input.address && !input.email && !input.phone) {
    throw new DomainError('nothing_validated', 'Aucune coordonnée n’est donnée.', {
      remedy: 'Donnez une adresse, un courriel ou un téléphone.',
    })
  }
  await transaction(sql, async (tx) => {
    await lockOpenCase(tx, input.caseId)
    await refuseReturned(tx, input.caseId, input)
    const [moved] = await tx`
      select 1 from debtors d join cases c on c.debtor_id = d.id
      where c.id = ${input.caseId} and ${input.address !== null}
        and d.address is distinct from ${input.address === null ? null : json(tx, input.address)}::jsonb`
    // The court is that of the debtor's home (CPC 1406), and the address stands in what was signed.
    if (moved) {
      const changed = 'L’adresse du débiteur a changé depuis la demande d’accord.'
      await endUnfiledConsents(tx, onDay, input.caseId, changed, author)
    }
    await tx`
      update debtors d
      set address = coalesce(${input.address === null ? null : json(tx, input.address)}, d.address),
          email = coalesce(${input.email}, d.email), phone = coalesce(${input.phone}, d.phone)
      from cases c where c.id = ${input.caseId} and d.id = c.debtor_id`
    await tx`
      update holds set review_on = ${onDay}
      where case_id = ${input.caseId} and cause = 'decision' and placed_by = 'system' and released_on is null and review_on > ${onDay}`
    await settleMarks(tx, onDay, input.caseId, [
      ...(input.address ? (['postal'] as const) : []),
      ...(input.email ? (['email'] as const) : []),
    ])
    await queueRefused(tx, onDay, input.caseId, { code: 'no_address' })
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'address_validated',
      detail: {
        source: input.source,
        postal: input.address !== null,
        email: input.email !== null,
        phone: input.phone !== null,
      },
      author,
    })
  })
}
