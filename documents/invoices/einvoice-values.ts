// How a string of an invoice becomes a day, an amount, a number or a text, or is refused.
import { parseDay, type Day } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { divideHalfUp, parseAmount } from '../../schema/money.ts'

// A thousand billion: an invoice above that is a mistake of units or an attack on the arithmetic.
const absurd = 10n ** 12n * 100n

// A calendar date may be sound and still be a slip of the keyboard.
export function day(text: string, what: string): Day {
  const value = parseDay(text.trim(), what)
  if (value.year >= 1950 && value.year < 2200) return value
  throw new DomainError('bad_date', `L’année ${value.year} n’est pas celle d’une facture (${what}).`, {
    remedy: 'Vérifiez la date sur la facture.',
    facts: { [what]: text },
  })
}

export function cents(text: string, what: string): bigint {
  if (/^-?\d{14,}/.test(text.trim())) throw tooMuch(text, what)
  const value = parseAmount(text)
  if (value > absurd || value < -absurd) throw tooMuch(text, what)
  return value
}

function tooMuch(text: string, what: string): DomainError {
  return new DomainError('absurd_amount', `Le montant ${text.trim().slice(0, 30)} dépasse mille milliards.`, {
    remedy: 'Vérifiez le montant sur la facture.',
    facts: { [what]: text.slice(0, 30) },
  })
}

// Lines alone may carry more than two decimals: files do, though EN 16931 does not allow it.
export function lineCents(text: string): { value: bigint; rounded: boolean } {
  if (!/^-?\d{1,13}\.\d{3,12}$/.test(text.trim()) || /\.\d\d0+$/.test(text.trim()))
    return { value: cents(text, 'lines'), rounded: false }
  const exact = decimal(text.trim()) as Decimal
  return { value: divideHalfUp(exact.digits * 100n, 10n ** BigInt(exact.scale)), rounded: true }
}

export interface Decimal {
  digits: bigint
  scale: number
}

export function decimal(text: string): Decimal | 'other' {
  const match = /^(-?)(\d{1,15})(?:\.(\d{1,12}))?$/.exec(text.trim())
  if (!match) return 'other'
  const [, sign, whole, decimals = ''] = match
  const digits = BigInt(whole! + decimals)
  return { digits: sign ? -digits : digits, scale: decimals.length }
}

export function number(text: string): string {
  const trimmed = text.trim()
  if (decimal(trimmed) === 'other') parseAmount('?' + trimmed)
  return trimmed
}

export const percent = (text: string | null): string | null => (text === null ? null : number(text))

// A price for ten or a thousand becomes the price of one, when that is exact; for twelve it stays unknown.
export function shift(price: string, base: Decimal): string | null {
  const whole = /^1(0*)$/.exec((base.digits / 10n ** BigInt(base.scale)).toString())
  if (!whole || base.digits % 10n ** BigInt(base.scale) !== 0n) return null
  if (whole[1] === '') return price
  const { digits, scale } = decimal(price) as Decimal
  const places = scale + whole[1]!.length
  const text = (digits < 0n ? -digits : digits).toString().padStart(places + 1, '0')
  return `${digits < 0n ? '-' : ''}${text.slice(0, -places)}.${text.slice(-places)}`
}

// Within a cent, or within what rounding the printed price to its last decimal can explain.
export function agrees(quantity: string, unitPrice: string, value: bigint): boolean {
  const q = decimal(quantity) as Decimal
  const p = decimal(unitPrice) as Decimal
  const expected = divideHalfUp(q.digits * p.digits * 100_000n, 10n ** BigInt(q.scale + p.scale))
  const gap = expected - value * 1000n
  const many = q.digits < 0n ? -q.digits : q.digits
  const slack = divideHalfUp(many * 50_000n, 10n ** BigInt(q.scale + Math.max(p.scale, 2)))
  const allowed = slack > 1000n ? slack : 1000n
  return gap <= allowed && gap >= -allowed
}

const controls =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g

/** Whether something in it cannot be seen, and is dropped on reading: a NUL, a mark that turns the reading direction. */
export const hasControls = (text: string): boolean => text.trim().search(controls) !== -1

/** A text of one line: controls and marks that turn the reading direction dropped, blanks joined; null when nothing is left. */
export function line(text: string | null, max = 1000): string | null {
  return (
    block(text, max)?.replace(/[\s\u00a0]+/g, (blank) => (blank === '\u00a0' || blank === '\u202f' ? blank : ' ')) ??
    null
  )
}

/** A text of several lines, cleaned likewise. */
export function block(text: string | null, max = 10_000): string | null {
  if (text === null) return null
  const clean = text.toWellFormed().replace(/\r\n?/g, '\n').replace(controls, '').trim()
  if (clean.length > max) {
    throw new DomainError(
      'text_too_long',
      `Un texte de la facture dépasse ${max} caractères («\u00a0${clean.slice(0, 40)}…\u00a0»).`,
      {
        remedy: 'Demandez une facture dont les annexes sont des pièces jointes.',
        facts: { length: clean.length },
      },
    )
  }
  return clean === '' ? null : clean
}
