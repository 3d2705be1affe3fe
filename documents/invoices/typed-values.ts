// How what a person typed in a spreadsheet becomes a day or an amount, or is refused: never guessed.
import { parseDay, type Day } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { divideHalfUp, parseAmount } from '../../schema/money.ts'

/** « 31/12/2026 », « 31.12.26 », « 2026-12-31 » → a day; the French order, day first. DomainError `bad_date`. */
export function typedDay(text: string, what: string): Day {
  const trimmed = text.trim().replace(/[T ]\d{2}:\d{2}(:\d{2})?.*$/, '')
  const french = /^(\d{1,2})[/. -](\d{1,2})[/. -](\d{4}|\d{2})$/.exec(trimmed)
  const [, day = '', month = '', year = ''] = french ?? []
  const written = french
    ? `${year.length === 2 ? `20${year}` : year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
    : trimmed
  try {
    return parseDay(written, what)
  } catch (cause) {
    throw new DomainError(
      'bad_date',
      `«\u00a0${text.trim().slice(0, 40)}\u00a0» n’est pas une date du calendrier (${what}).`,
      {
        remedy: 'Écrivez-la comme 22/11/2026, le jour d’abord.',
        facts: { [what]: text.slice(0, 40) },
        cause,
      },
    )
  }
}

/** « 1 234,56 € », « (120,00) », « 1.234,56 » → cents. A lone « 1,234 » could be two sums: DomainError `ambiguous_amount`. */
export function typedCents(text: string): bigint {
  const bare = text.replace(/[\s\u00a0\u202f']/g, '').replace(/€|EUR|Ar|MGA/gi, '')
  const negative = /^\(.*\)$/.test(bare) || bare.startsWith('-') || bare.endsWith('-')
  const digits = bare.replace(/[()+-]/g, '')
  const mark = Math.max(digits.lastIndexOf(','), digits.lastIndexOf('.'))
  const whole = mark === -1 ? digits : digits.slice(0, mark)
  const decimals = mark === -1 ? '' : digits.slice(mark + 1)
  if (!/^\d[\d.,]*$/.test(digits) || !/^\d*$/.test(decimals)) throw unreadable(text)
  const groups = /[.,]/.test(whole)
  if (decimals.length === 3 && !groups && whole !== '0') {
    throw new DomainError('ambiguous_amount', `« ${text.trim().slice(0, 40)} » se lit de deux façons.`, {
      remedy: 'Écrivez deux décimales (1234,00 ou 1,23).',
      facts: { amount: text.slice(0, 40) },
    })
  }
  const integer = decimals.length === 3 && groups ? whole + decimals : whole
  const fraction = decimals.length === 3 && groups ? '' : decimals
  const cents = centsOf(integer.replace(/[.,]/g, '') || '0', fraction, text)
  return negative ? -cents : cents
}

// A workbook keeps 1234.56 as 1234.5599999999999: what rounds to the cent within a millionth is that cent.
function centsOf(whole: string, fraction: string, text: string): bigint {
  if (fraction.length <= 2) return parseAmount(fraction ? `${whole}.${fraction}` : whole)
  const exact = BigInt(whole + fraction)
  const unit = 10n ** BigInt(fraction.length - 2)
  const cents = divideHalfUp(exact, unit)
  const gap = exact - cents * unit
  if ((gap < 0n ? -gap : gap) * 10_000n > unit) throw unreadable(text)
  return cents
}

const unreadable = (text: string): DomainError =>
  new DomainError('bad_amount', `«\u00a0${text.trim().slice(0, 40)}\u00a0» n’est pas un montant lisible.`, {
    remedy: 'Écrivez-le en chiffres, avec deux décimales au plus, par exemple 1\u202f234,56.',
    facts: { amount: text.slice(0, 40) },
  })
