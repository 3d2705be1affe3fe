import { readYaml } from '../../schema/validate.ts'

interface Numbers {
  numeros: { pays: string; forme: string; indicatif: string }[]
}
const { numeros } = readYaml<Numbers>(new URL('./mobile-numbers.yaml', import.meta.url), 'mobile-numbers')

// An address there may bear its own code of ISO 3166; its numbers are of the French plan.
const overseas = new Set(['BL', 'GF', 'GP', 'MF', 'MQ', 'RE', 'YT'])

/** « 06 12 34 56 78 » → « +33612345678 » (E.164); null for what takes no text message, a landline for instance. */
export function mobileNumber(written: string, country: string): string | null {
  const digits = written.replaceAll(/[\s.()\-\u00a0\u202f/]/g, '').replace(/^00/, '+')
  const home = overseas.has(country) ? 'FR' : country
  for (const { pays, forme, indicatif } of numeros) {
    const national = new RegExp(`^(?:\\+${indicatif}0?|${pays === home ? '0' : '(?!)'})(${forme})$`).exec(digits)?.[1]
    if (national !== undefined) return `+${indicatif}${national}`
  }
  // A number of another country is taken as it is written, its own prefix included.
  const isOurs = numeros.some(({ indicatif }) => digits.startsWith(`+${indicatif}`))
  return /^\+[1-9]\d{7,14}$/.test(digits) && !isOurs ? digits : null
}
