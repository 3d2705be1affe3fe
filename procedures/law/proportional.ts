import type { Day } from '../../schema/days.ts'
import { divideHalfUp, parseAmount } from '../../schema/money.ts'
import { parsePercent } from './claim.ts'
import { findEntry, type LegalCost, legalCost } from './values.ts'

// The bounds of the bands, in euros, as the names of their dated values have them.
const tariffs = {
  debiteur: { fixed: 44n, bands: ['0-125', '125-610', '610-1525', 'plus-1525'] },
  creancier: { fixed: 188n, bands: ['0-125', '125-610', '610-1525', '1525-52400', 'plus-52400'] },
} as const

/**
 * The proportional duty on a sum recovered, before VAT: a fixed sum under a bound, else a percentage of each band, up to a
 * ceiling (C. com. A. 444-31 for the debtor, A. 444-32 for the creditor). Null where a figure of the day is missing.
 */
export function proportionalDuty(recovered: bigint, on: Day, borneBy: keyof typeof tariffs): LegalCost {
  const { fixed, bands } = tariffs[borneBy]
  const flat = legalCost('droits-proportionnels', on, `${borneBy}-fixe-jusqu-a-${fixed}`)
  if (recovered <= fixed * 100n) return flat
  let cents = 0n
  for (const band of bands) {
    const rate = findEntry('droits-proportionnels', on, `${borneBy}-${band}`)
    if (rate?.value == null) return { ...flat, cents: null }
    const [from, to] = band.startsWith('plus-') ? [band.slice('plus-'.length), null] : band.split('-')
    const [low, high] = [BigInt(from!) * 100n, to == null ? recovered : BigInt(to) * 100n]
    const inside = (recovered < high ? recovered : high) - low
    if (inside > 0n) cents += divideHalfUp(inside * parsePercent(rate.value), 100_000_000n)
  }
  const ceiling = findEntry('droits-proportionnels', on, `${borneBy}-plafond`)?.value
  if (ceiling == null) return { ...flat, cents: null }
  const most = parseAmount(ceiling)
  return { ...flat, cents: cents > most ? most : cents }
}
