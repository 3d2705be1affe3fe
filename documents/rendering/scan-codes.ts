import { isValidBIC } from 'ibantools'
import encodeQR from 'qr'
import { amount, parseAmount } from '../../schema/money.ts'

/**
 * The payment code of European banks (EPC069-12, version 002), as rows of 0 and 1. Undefined where the standard has
 * no room for the payment: amounts from 0.01 to 999,999,999.99 euros, a code of version 13 at most.
 */
export function epcCode(
  name: string,
  iban: string,
  bic: string | undefined,
  due: string,
  reference: string,
): string[] | undefined {
  const cents = parseAmount(due)
  if (cents < 1n || cents > 99_999_999_999n) return undefined
  const payload = epcPayload(name, iban, bic, due, reference)
  const { rows, version } = drawnCode(payload)
  return version > 13 ? undefined : rows
}

/** Any text as a code to scan: rows of 0 and 1, and the version, which says how large it is. */
export function drawnCode(text: string): { rows: string[]; version: number } {
  // It draws an edge of at least one; who prints it leaves the four that are asked for.
  const drawn = encodeQR(text, 'raw', { ecc: 'medium', encoding: 'byte', border: 1 }).slice(1, -1)
  const rows = drawn.map((row) => row.slice(1, -1).map(Number).join(''))
  return { rows, version: (rows.length - 17) / 4 }
}

/** The text inside the payment code: service tag, version, UTF-8, SCT, BIC, name, IBAN, amount, no purpose, reference. */
export function epcPayload(
  name: string,
  iban: string,
  bic: string | undefined,
  due: string,
  reference: string,
): string {
  const line = (text: string, length: number) => Array.from(text.replace(/\s+/g, ' ').trim()).slice(0, length).join('')
  return [
    'BCD',
    '002',
    '1',
    'SCT',
    bic && isValidBIC(bic) ? bic : '',
    line(name, 70),
    iban,
    `EUR${amount(parseAmount(due))}`,
    '',
    '',
    line(reference, 140),
  ].join('\n')
}
