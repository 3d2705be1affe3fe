import type { Day } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { amountFr, divideHalfUp } from '../../schema/money.ts'
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
  const base = legalCost('signification-injonction-payer', on)
  const transmission = legalCost('signification-deplacement', on)
  const band = claim <= 12_800n ? 'jusqu-a-128' : claim <= 128_000n ? 'jusqu-a-1280' : 'au-dela'
  const coefficient = findEntry('signification-coefficient', on, band)
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
      `Émolument\u00a0: ${amountFr(base.cents)} × ${coefficient.value.replace('.', ',')} = ${amountFr(fee)} (C. com. A. 444-11 et A. 444-46).`,
      `Transmission\u00a0: ${amountFr(transmission.cents)} (C. com. A. 444-48).`,
      `TVA à ${vat.value}\u00a0%\u00a0: ${amountFr(tax)}.`,
    ],
    doubts,
  }
}
