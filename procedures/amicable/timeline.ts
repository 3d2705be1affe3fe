import { after, before, daysBetween, latest, type Day } from '../../schema/days.ts'
import { nextWorkingDay, type Zone } from '../law/calendar.ts'
import type { DebtorKind } from '../cases/debtors.ts'
import { forDebtor, type Scenario, type ScenarioStep } from './scenario.ts'

export interface PlannedStep {
  key: string
  rank: number
  channel: string
  /** The day the scenario says. */
  nominalOn: Day
  /** That day, or the next one that is neither a Sunday nor a holiday. */
  plannedOn: Day
  skippedWhy: string | null
}

export interface Opening {
  anchorOn: Day
  issuedOn: Day
  openedOn: Day
  debtor: DebtorKind
  /** Whether the mandate has the agency send the invoices themselves. */
  sendsInvoices: boolean
  zone: Zone
}

/**
 * The whole timeline of a case on the day it opens. The past is never replayed: what should have gone before is
 * skipped with its reason, the first letter goes the same day, and later steps keep their intervals from it.
 */
export function planTimeline(scenario: Scenario, opening: Opening): PlannedStep[] {
  const first = scenario.etapes.find((step) => step.premiere_lettre)
  const firstOn = first ? dayOf(first, opening) : opening.anchorOn
  // Opened after the due date, the first letter goes the same day, be it before its own; opened by then, it waits for it.
  const late = after(opening.openedOn, opening.anchorOn) ? daysBetween(firstOn, opening.openedOn) : 0
  const rows: { key: string; channel: string; nominalOn: Day; skippedWhy: string | null }[] = []
  for (const step of scenario.etapes) {
    const wanted = dayOf(step, opening)
    const isEarly = before(wanted, firstOn)
    const nominalOn = isEarly ? wanted : wanted.add({ days: late })
    const skippedWhy = (isEarly ? skipEarly(step, wanted, opening) : null) ?? skipUnwritten(step, opening.debtor)
    if (step.prevenir) {
      const noticeOn = nominalOn.subtract({ days: step.prevenir.avance })
      rows.push({
        key: `${step.id}.prevenir`,
        channel: 'email',
        nominalOn: latest(noticeOn, opening.openedOn),
        skippedWhy,
      })
    }
    rows.push({ key: step.id, channel: step.canal ?? 'action', nominalOn, skippedWhy })
  }
  return rows.map((row, rank) => ({ ...row, rank, plannedOn: nextWorkingDay(row.nominalOn, opening.zone) }))
}

/** The undone steps after `days` days lost (a hold, a late step): intervals are kept, closed days skipped anew. */
export function shiftSteps<T extends { nominalOn: Day }>(
  steps: T[],
  days: number,
  zone: Zone,
): (T & { nominalOn: Day; plannedOn: Day })[] {
  return steps.map((step) => {
    const nominalOn = step.nominalOn.add({ days })
    return { ...step, nominalOn, plannedOn: nextWorkingDay(nominalOn, zone) }
  })
}

function dayOf(step: ScenarioStep, opening: Opening): Day {
  return step.jour === 'emission' ? opening.issuedOn : opening.anchorOn.add({ days: Number(step.jour.slice(1)) })
}

function skipEarly(step: ScenarioStep, wanted: Day, opening: Opening): string | null {
  if (step.jour === 'emission' && !opening.sendsInvoices) return 'Facture déjà envoyée par le créancier.'
  if (after(opening.openedOn, wanted)) {
    return `Le dossier a été ouvert après cette étape (${step.jour === 'emission' ? 'envoi de la facture' : step.jour}) : le passé n'est pas rejoué.`
  }
  return null
}

function skipUnwritten(step: ScenarioStep, debtor: DebtorKind): string | null {
  if (step.lettre === undefined || forDebtor(step.lettre, debtor) !== null) return null
  return 'Le scénario ne prévoit pas cette étape pour ce type de débiteur.'
}
