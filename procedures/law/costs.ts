import type { Day } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { amountFr, divideHalfUp, parseAmount } from '../../schema/money.ts'
import { parsePercent } from './claim.ts'
import { findEntry, legalCost } from './values.ts'

/** What serving an order for payment should cost, in cents TTC; null when a figure is missing. */
export interface ServiceCost {
  cents: bigint | null
  why: string[]
  doubts: Doubt[]
}

/**
 * Service of the order for a claim of so many cents: base fee (A. 444-11) × coefficient of the claim (A. 444-46),
 * plus transmission (A. 444-48), plus VAT. Every figure keeps its own doubt.
 */
export function serviceCost(claim: bigint, on: Day): ServiceCost {
  const base = legalCost('emoluments-actes', on, 'signification-injonction-payer')
  const transmission = legalCost('emoluments-actes', on, 'transmission')
  const coefficient = findEntry('signification-coefficient', on, bandOf(claim, on))
  const vat = findEntry('tva', on)
  const doubts = [base.doubt, transmission.doubt, coefficient?.doubt, vat?.doubt].filter((doubt) => doubt != null)
  if (base.cents === null || transmission.cents === null || coefficient?.value == null || vat?.value == null) {
    return { cents: null, why: ['Tarif de la signification à demander au commissaire de justice.'], doubts }
  }
  const fee = divideHalfUp(base.cents * parsePercent(coefficient.value), 1_000_000n)
  const net = fee + transmission.cents
  const tax = divideHalfUp(net * parsePercent(vat.value), 100_000_000n)
  return {
    cents: net + tax,
    why: [
      `Émolument\u00a0: ${amountFr(base.cents)} × ${coefficient.value.replace('.', ',')} = ${amountFr(fee)} (${base.article} et ${coefficient.article}).`,
      `Transmission\u00a0: ${amountFr(transmission.cents)} (${transmission.article}).`,
      `TVA à ${vat.value}\u00a0%\u00a0: ${amountFr(tax)}.`,
    ],
    doubts,
  }
}

/** Which of the three coefficients the claim has; the bounds are dated like the rest. */
function bandOf(claim: bigint, on: Day): 'petite' | 'moyenne' | 'grande' {
  for (const band of ['petite', 'moyenne'] as const) {
    const bound = findEntry('seuils', on, `coefficient-${band}`)?.value
    if (bound != null && claim <= parseAmount(bound)) return band
  }
  return 'grande'
}
