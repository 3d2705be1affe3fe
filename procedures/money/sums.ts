import { amount, parseAmount } from '../../schema/money.ts'
import type { Owed } from '../law/interest.ts'

/** What is owed, line by line, as a file or a frozen statement writes it: « 470.15 ». */
export interface Sums {
  principal: string
  interest: string
  indemnity: string
  /** Contractual penalty; absent where there is none. */
  penalty?: string
  /** Article 700 and dépens that a title grants; absent where there is none. */
  costs?: string
  total: string
}
type Line = keyof Sums

export const sumsOf = (owed: Pick<Owed, Line>): Sums => ({
  principal: amount(owed.principal),
  interest: amount(owed.interest),
  indemnity: amount(owed.indemnity),
  ...(owed.penalty > 0n ? { penalty: amount(owed.penalty) } : {}),
  ...(owed.costs > 0n ? { costs: amount(owed.costs) } : {}),
  total: amount(owed.total),
})

/** The lines of a sum, read back; zero where it has no such line. */
export const partsOf = (sums: Omit<Sums, 'total'>): Pick<Owed, Exclude<Line, 'total'>> => ({
  principal: parseAmount(sums.principal),
  interest: parseAmount(sums.interest),
  indemnity: parseAmount(sums.indemnity),
  penalty: parseAmount(sums.penalty ?? '0.00'),
  costs: parseAmount(sums.costs ?? '0.00'),
})

export const centsOf = (sums: Sums): Pick<Owed, Line> => ({ ...partsOf(sums), total: parseAmount(sums.total) })
