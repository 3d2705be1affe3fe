import type { Doubt } from '../../schema/errors.ts'
import { readYaml } from '../../schema/validate.ts'
import { unaccented } from '../../schema/words.ts'

export interface AddressToPost {
  name: string
  /** The person or service inside, under the name. */
  attention?: string | undefined
  lines: readonly string[]
  postalCode: string | null
  city: string | null
  /** ISO 3166-1, two letters. */
  country: string
}

export interface PostalAddress {
  /** As on the envelope, from the name down. */
  lines: string[]
  /** What a person should look at; the letter may leave all the same. */
  doubts: Doubt[]
  /** Why the post would not find it; null when it would. */
  fault: string | null
}

interface Norm {
  norme: string
  lignes: number
  lignes_etranger: number
  caracteres: number
  codes_postaux: Record<string, string>
  abreviations: Record<string, string>
  civilites: Record<string, string>
}
const norm = readYaml<Norm>(new URL('./nf-z10-011.yaml', import.meta.url), 'postal-norm')
const countries = new Intl.DisplayNames('fr', { type: 'region' })

/**
 * An address as NF Z10-011 wants it: at most six lines (seven abroad) of 38 characters, from the name to the town; street and
 * town in capitals without accent or punctuation, the country last where it is not that of the sender. Nothing is cut:
 * a line too long is abbreviated, then carried over to the next, and what still does not fit is told.
 */
export function postalAddress(address: AddressToPost, from: string): PostalAddress {
  const abroad = address.country !== from
  const place = [...address.lines.map(capitals), capitals(`${address.postalCode ?? ''} ${address.city ?? ''}`)]
  const country = abroad ? [capitals(countries.of(address.country) ?? address.country)] : []
  const lines = [
    ...[address.name, titled(address.attention ?? '')]
      .flatMap((line) => carriedOver(line.replace(/\s+/g, ' ').trim()))
      .filter((line) => line !== ''),
    ...place.filter((line) => line !== '').flatMap((line) => carriedOver(abbreviated(line))),
    ...country,
  ]
  return { lines, doubts: [...doubtsOf(lines, abroad), ...withoutCode(address)], fault: faultOf(address) }
}

const withoutCode = ({ postalCode, country }: AddressToPost): Doubt[] =>
  postalCode?.trim() || needsPostalCode(country)
    ? []
    : [
        {
          code: 'postal_code_none',
          message: 'L’adresse n’a pas de code postal\u00a0: vérifiez que ce pays n’en a pas.',
        },
      ]

/** Two writings of one address come to the same text. */
export const postalKey = (address: Omit<AddressToPost, 'name'>): string =>
  [...address.lines, address.postalCode ?? '', address.city ?? '', address.country]
    .map((line) => capitals(line).replaceAll(' ', ''))
    .filter((line) => line !== '')
    .join(' ')

/** « 12 bis, rue de l’Hôtel-de-Ville » → « 12 BIS RUE DE L HOTEL DE VILLE ». */
function capitals(text: string): string {
  return unaccented(text.replaceAll(/[œŒ]/g, 'oe').replaceAll(/[æÆ]/g, 'ae'))
    .toUpperCase()
    .replaceAll(/[^\p{L}\p{N}/]+/gu, ' ')
    .trim()
}

/** « À l’attention de Madame … » gives way by its civility alone: a name is written as its owner writes it. */
function titled(line: string): string {
  if (line.length <= norm.caracteres) return line
  return Object.entries(norm.civilites).reduce(
    (shorter, [long, short]) => shorter.replace(new RegExp(`(?<=^|\\s)${long}(?=\\s\\p{Lu})`, 'u'), short),
    line,
  )
}

function abbreviated(line: string): string {
  let shorter = line
  for (const [long, short] of Object.entries(norm.abreviations)) {
    if (shorter.length <= norm.caracteres) break
    shorter = shorter.replace(new RegExp(`(?<=^|\\s)${long}(?=\\s|$)`), short)
  }
  return shorter
}

/** A line too long goes on in the next, between two words; a single word too long stays whole. */
function carriedOver(line: string): string[] {
  const rows: string[] = []
  for (const word of line.split(' ')) {
    const last = rows.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= norm.caracteres)
      rows[rows.length - 1] = `${last} ${word}`
    else rows.push(word)
  }
  return rows
}

function doubtsOf(lines: readonly string[], abroad: boolean): Doubt[] {
  const most = abroad ? norm.lignes_etranger : norm.lignes
  const long = lines.filter((line) => line.length > norm.caracteres)
  return [
    ...(lines.length > most
      ? [
          {
            code: 'postal_lines',
            message: `L’adresse a ${lines.length} lignes, et la norme ${norm.norme} en admet ${most}.`,
          },
        ]
      : []),
    ...long.map((line) => ({
      code: 'postal_length',
      message: `«\u00a0${line}\u00a0» dépasse les ${norm.caracteres} caractères de la norme ${norm.norme}.`,
    })),
  ]
}

/** Whether nobody is found there without one. Elsewhere a code is kept as it is given: many countries have none. */
export const needsPostalCode = (country: string): boolean => country in norm.codes_postaux

function faultOf({ lines, postalCode, city, country }: AddressToPost): string | null {
  if (!city || capitals(city) === '') return 'la ville manque'
  const shape = norm.codes_postaux[country]
  if (shape !== undefined && !new RegExp(shape).test((postalCode ?? '').replaceAll(' ', '')))
    return postalCode ? `«\u00a0${postalCode}\u00a0» n’est pas un code postal de ce pays` : 'le code postal manque'
  // « Mairie, 69001 Lyon » is found; a town alone is not.
  return lines.some((line) => capitals(line) !== '') ? null : 'la rue ou le lieu-dit manque'
}
