import type { Currency } from '../../schema/money.ts'

const small = [
  'zéro',
  'un',
  'deux',
  'trois',
  'quatre',
  'cinq',
  'six',
  'sept',
  'huit',
  'neuf',
  'dix',
  'onze',
  'douze',
  'treize',
  'quatorze',
  'quinze',
  'seize',
  'dix-sept',
  'dix-huit',
  'dix-neuf',
]
const tens = [
  '',
  '',
  'vingt',
  'trente',
  'quarante',
  'cinquante',
  'soixante',
  'soixante',
  'quatre-vingt',
  'quatre-vingt',
]

function underHundred(n: number): string {
  if (n < 20) return small[n]!
  const ten = Math.floor(n / 10)
  const unit = ten === 7 || ten === 9 ? (n % 10) + 10 : n % 10
  if (unit === 0) return ten === 8 ? 'quatre-vingts' : tens[ten]!
  const joint = (unit === 1 || unit === 11) && ten < 8 ? ' et ' : '-'
  return `${tens[ten]}${joint}${small[unit]}`
}

function underThousand(n: number): string {
  const hundreds = Math.floor(n / 100)
  const rest = n % 100
  if (hundreds === 0) return underHundred(rest)
  const head = hundreds === 1 ? 'cent' : `${small[hundreds]} cent`
  if (rest === 0) return hundreds === 1 ? head : `${head}s`
  return `${head} ${underHundred(rest)}`
}

const scales: [bigint, string][] = [
  [1_000_000_000_000n, 'billion'],
  [1_000_000_000n, 'milliard'],
  [1_000_000n, 'million'],
]

/** A whole number in French words, traditional spelling: 471 → « quatre cent soixante et onze ». */
export function wordsFr(n: bigint): string {
  if (n < 0n) return `moins ${wordsFr(-n)}`
  const words: string[] = []
  let rest = n
  for (const [size, name] of scales) {
    const count = rest / size
    if (count > 0n) words.push(`${wordsFr(count)} ${name}${count > 1n ? 's' : ''}`)
    rest %= size
  }
  const thousands = rest / 1000n
  // « quatre-vingts » and « cents » lose their s before mille, which is a numeral, and keep it before million, a noun.
  if (thousands === 1n) words.push('mille')
  else if (thousands > 1n) words.push(`${underThousand(Number(thousands)).replace(/(cent|vingt)s$/, '$1')} mille`)
  if (rest % 1000n > 0n || n === 0n) words.push(underThousand(Number(rest % 1000n)))
  return words.join(' ')
}

/** Cents in words: 47015n → « quatre cent soixante-dix euros et quinze centimes ». */
export function amountInWords(cents: bigint, currency: Currency = 'EUR'): string {
  if (cents < 0n) return `moins ${amountInWords(-cents, currency)}`
  const units = cents / 100n
  const rest = cents % 100n
  const unit = currency === 'EUR' ? 'euro' : 'ariary'
  const plural = units > 1n && currency === 'EUR' ? 's' : ''
  // « un million d'euros », « deux millions trois cents euros »
  const link = units >= 1_000_000n && units % 1_000_000n === 0n ? ' d’' : ' '
  const whole = `${wordsFr(units)}${link}${unit}${plural}`
  if (rest === 0n) return whole
  const part = `${wordsFr(rest)} centime${rest > 1n ? 's' : ''}`
  return units === 0n ? `${part} d’${unit}` : `${whole} et ${part}`
}

/** A number of days in words: 8 → « huit jours ». */
export function daysInWords(days: number): string {
  return `${wordsFr(BigInt(days))}\u00a0jour${days > 1 ? 's' : ''}`
}
