import { type Day, dayFr } from '../../schema/days.ts'
import type { CaseFile } from '../cases/file/file.ts'
import type { HoldCause } from '../cases/holds.ts'
import { dueOn, owedOn, payableOn } from '../money/ledger.ts'
import { standstill } from '../cases/standstill.ts'

export interface Suspension {
  cause: HoldCause
  reason: string
  reviewOn: Day
}

/** Why a case may not be approached on that day; null when nothing stands in the way. */
export function suspension(file: CaseFile, onDay: Day): Suspension | null {
  const live = file.holds.find((hold) => hold.releasedOn === null)
  if (live) return { cause: live.cause as HoldCause, reason: live.reason, reviewOn: live.reviewOn }
  const stop = standstill(file, onDay)
  if (stop) return { ...stop, reviewOn: onDay.add({ days: 30 }) }
  if (owedOn(file, onDay).total <= 0n) {
    return {
      cause: 'paiement-integral',
      reason: 'Tout est payé : le dossier est à clore.',
      reviewOn: onDay.add({ days: 7 }),
    }
  }
  if (payableOn(file, onDay).total <= 0n) {
    const [next] = file.invoices
      .map((invoice) => ({ number: invoice.number, dueOn: dueOn(file, invoice) }))
      .filter((invoice) => Temporal.PlainDate.compare(invoice.dueOn, onDay) >= 0)
      .toSorted((a, b) => Temporal.PlainDate.compare(a.dueOn, b.dueOn))
    return {
      cause: 'decision',
      reason: `Ce qui est échu est payé ; la facture ${next!.number} ne l'est pas avant le ${dayFr(next!.dueOn)}.`,
      reviewOn: next!.dueOn.add({ days: 1 }),
    }
  }
  return null
}
