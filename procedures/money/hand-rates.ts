import { type Day, dayFr } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { endUnfiledConsents } from '../judicial/consents/consent-ends.ts'
import { parsePercent, percentText } from '../law/claim.ts'
import type { HandRate } from '../cases/cases.ts'
import { type Author, record } from '../cases/journal.ts'
import { caseGone } from '../cases/lock.ts'

/**
 * Enters a late-payment rate where the law of the case gives none (Madagascar), from a day on and with its source; it is
 * marked as to be checked wherever it counts. What the creditor was asked to sign no longer holds.
 */
export async function recordRate(
  sql: Sql,
  onDay: Day,
  input: { caseId: string; from: Day; percent: string; source: string },
  author: Author,
): Promise<HandRate[]> {
  const rate = {
    from: input.from.toString(),
    percent: percentText(parsePercent(input.percent)),
    source: input.source.trim(),
  }
  if (rate.source === '') {
    throw new DomainError('source_needed', 'Un taux saisi à la main se justifie.', {
      remedy: 'Indiquez la clause du contrat, le texte ou l’avis d’avocat (source).',
    })
  }
  return transaction(sql, async (tx) => {
    const [found] = await tx<{ zone: string; rates: HandRate[] }[]>`
      select zone, rates from cases where id = ${input.caseId} and closed_on is null for update`
    if (!found) throw caseGone(input.caseId)
    if (found.zone !== 'madagascar') {
      throw new DomainError('rate_of_the_law', 'Le taux d’un dossier français vient de la loi ou de la convention.', {
        remedy: 'Corrigez le taux convenu dans la convention du créancier (recordMandate).',
        article: 'C. com. L. 441-10',
      })
    }
    const rates = [...found.rates.filter(({ from }) => from !== rate.from), rate].toSorted((a, b) =>
      a.from < b.from ? -1 : 1,
    )
    await tx`update cases set rates = ${json(tx, rates)} where id = ${input.caseId}`
    const changed = `Le taux des intérêts a changé depuis la demande d’accord (${dayFr(input.from)}).`
    await endUnfiledConsents(tx, onDay, input.caseId, changed, author)
    await record(tx, onDay, { caseId: input.caseId, kind: 'rate_recorded', detail: rate, author })
    return rates
  })
}
