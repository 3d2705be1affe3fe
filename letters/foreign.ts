import { parseDay } from '../schema/days.ts'
import { parseAmount } from '../schema/money.ts'

const months: Record<string, string> = {
  allemand: 'Januar Februar März April Mai Juni Juli August September Oktober November Dezember',
  espagnol: 'enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre',
  italien: 'gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre',
  néerlandais: 'januari februari maart april mei juni juli augustus september oktober november december',
  anglais: 'January February March April May June July August September October November December',
}

/** « 2026-12-01 » as its readers write it: « 1. Dezember 2026 »; English for a language that is not one of ours. */
export function dateIn(language: string, day: string): string {
  const { day: number, month, year } = parseDay(day)
  const name = (months[language] ?? months['anglais'])!.split(' ')[month - 1]!
  if (language === 'allemand') return `${number}.\u00a0${name}\u00a0${year}`
  if (language === 'espagnol') return `${number}\u00a0de ${name} de\u00a0${year}`
  return `${language === 'italien' && number === 1 ? '1º' : number}\u00a0${name}\u00a0${year}`
}

/** « 1513.91 » euros as its readers write it: « 1.513,91 € », « EUR 1,513.91 » in English. */
export function eurosIn(language: string, value: string): string {
  const cents = parseAmount(value)
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0')
  const english = !(language in months) || language === 'anglais'
  const [group, point] = english ? [',', '.'] : ['.', ',']
  const whole = digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, group)
  const figures = `${cents < 0n ? '-' : ''}${whole}${point}${digits.slice(-2)}`
  if (english) return `EUR\u00a0${figures}`
  return language === 'néerlandais' ? `€\u00a0${figures}` : `${figures}\u00a0€`
}

/** « 55210055400013 » as it is read: « 552 100 554 00013 »; a number that is neither SIREN nor SIRET as it is. */
export const groupedSiren = (siren: string): string =>
  siren.replace(/^(\d{3})(\d{3})(\d{3})(\d{5})?$/, (_, ...parts: string[]) =>
    parts.slice(0, parts[3] ? 4 : 3).join('\u00a0'),
  )

/** « FR7630006000011234567890189 » as it is read and typed, by fours. */
export const groupedIban = (iban: string): string => iban.replace(/\s/g, '').replace(/(.{4})(?=.)/g, '$1\u00a0')
