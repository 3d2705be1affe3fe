import { type Day, dayFr } from '../../schema/days.ts'
import type { CaseFile } from '../cases/file.ts'
import type { HoldCause } from '../cases/holds.ts'
import { owedOn, payableOn } from '../cases/ledger.ts'

export interface Suspension {
  cause: HoldCause
  reason: string
  reviewOn: Day
}

/** Why a case may not be approached on that day; null when nothing stands in the way. */
export function suspension(file: CaseFile, onDay: Day): Suspension | null {
  const live = file.holds.find((hold) => hold.releasedOn === null)
  if (live) return { cause: live.cause as HoldCause, reason: live.reason, reviewOn: live.reviewOn }
  const [insolvency] = file.insolvencies
  if (insolvency) {
    return {
      cause: 'procedure-collective',
      reason: `Procédure collective ouverte le ${dayFr(insolvency.openedOn)} : aucune poursuite individuelle (C. com. L622-21).`,
      reviewOn: onDay.add({ days: 30 }),
    }
  }
  // The last day itself may still be used; the day after, a demand would present a barred debt as due.
  if (Temporal.PlainDate.compare(onDay, file.case.limitationOn) > 0) {
    return {
      cause: 'prescription',
      reason: `Créance prescrite depuis le ${dayFr(file.case.limitationOn)} : elle n'est plus réclamée.`,
      reviewOn: onDay.add({ days: 30 }),
    }
  }
  if (owedOn(file, onDay).total <= 0n) {
    return {
      cause: 'paiement-integral',
      reason: 'Tout est payé : le dossier est à clore.',
      reviewOn: onDay.add({ days: 7 }),
    }
  }
  if (payableOn(file, onDay).total <= 0n) {
    const next = file.invoices.find((invoice) => Temporal.PlainDate.compare(invoice.dueOn, onDay) >= 0)!
    return {
      cause: 'decision',
      reason: `Ce qui est échu est payé ; la facture ${next.number} ne l'est pas avant le ${dayFr(next.dueOn)}.`,
      reviewOn: next.dueOn.add({ days: 1 }),
    }
  }
  return null
}
