import { DomainError } from './errors.ts'

/** Money is integer cents with a currency (ISO 4217), never a float. */
export type Currency = 'EUR' | 'MGA'
const currencies: readonly string[] = ['EUR', 'MGA']

export function parseCurrency(text: string): Currency {
  if (currencies.includes(text)) return text as Currency
  throw new DomainError('unknown_currency', `La devise « ${text} » n'est pas prise en charge.`, {
    remedy: `Indiquez une des devises suivantes : ${currencies.join(', ')}.`,
    facts: { currency: text },
  })
}

/** « 470.15 » → 47015n. Refuses commas, exponents, more than two decimals and anything that is not a plain amount. */
export function parseAmount(text: string): bigint {
  const match = /^(-?)(\d{1,13})(?:\.(\d{1,2})0*)?$/.exec(text.trim())
  if (!match) {
    throw new DomainError('bad_amount', `« ${text.slice(0, 40)} » n'est pas un montant lisible.`, {
      remedy: 'Écrivez un montant en chiffres avec un point décimal et deux décimales au plus, par exemple 470.15.',
      facts: { amount: text.slice(0, 40) },
    })
  }
  const [, sign, whole, decimals = ''] = match
  const cents = BigInt(whole!) * 100n + BigInt(decimals.padEnd(2, '0'))
  return sign ? -cents : cents
}

/** 47015n → « 470.15 », the form of JSON, GraphQL and files. */
export function amount(cents: bigint): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0')
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** 47015n → « 470,15 € » with French no-break spaces, the form a person reads; an ariary has no cents in use: « 470 Ar ». */
export function amountFr(cents: bigint, currency: Currency = 'EUR'): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0')
  const decimals = digits.slice(-2)
  let grouped = digits.slice(-5, -2)
  for (let end = digits.length - 5; end > 0; end -= 3) {
    grouped = `${digits.slice(Math.max(0, end - 3), end)}\u202f${grouped}`
  }
  if (cents < 0n) grouped = `-${grouped}`
  const figures = currency === 'MGA' && decimals === '00' ? grouped : `${grouped},${decimals}`
  return `${figures}\u00a0${currency === 'EUR' ? '€' : 'Ar'}`
}

/** Half-up division of integers, away from zero on a tie: the one rounding of the house. */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n
  const n = numerator < 0n ? -numerator : numerator
  const d = denominator < 0n ? -denominator : denominator
  const quotient = (2n * n + d) / (2n * d)
  return negative ? -quotient : quotient
}

export function sum(values: Iterable<bigint>): bigint {
  let total = 0n
  for (const value of values) total += value
  return total
}
