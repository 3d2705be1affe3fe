import type { Address } from '../../procedures/cases/agency.ts'
import { needsPostalCode } from '../../documents/send/postal-address.ts'
import { refuseUnfit } from '../../procedures/mail/addresses.ts'
import { countries } from '../../schema/countries.ts'
import { DomainError } from '../../schema/errors.ts'
import { h, type Html, raw } from './page.ts'
import { linesOf, requiredText, textOf, type Typed } from './typed.ts'

/** An address as it was typed, refused where no post would find it; `of`: « du débiteur », where somebody else types it. */
export function typedAddress(typed: Typed, of = ''): Address {
  const lines = linesOf(requiredText(typed, 'rue', `l’adresse${of}`, 300))
  const country = countryOf(typed)
  const code = needsPostalCode(country) ? requiredText(typed, 'cp', `le code postal${of}`, 12) : textOf(typed, 'cp', 12)
  const city = requiredText(typed, 'ville', `la ville${of}`, 100)
  const address = { lines, postalCode: code || null, city, country }
  refuseUnfit(address)
  return address
}

function countryOf(typed: Typed): string {
  const code = textOf(typed, 'pays', 2).toUpperCase() || 'FR'
  if (countries().has(code)) return code
  throw new DomainError('unknown_country', `Le pays «\u00a0${code}\u00a0» n’est pas reconnu.`, {
    remedy: 'Donnez son code à deux lettres\u00a0: FR, BE, CH, DE…',
  })
}

// La Réunion, Mayotte and the others have codes of their own, and are served as France, by their postcode.
const overseas = new Set(['BL', 'GF', 'GP', 'MF', 'MQ', 'NC', 'PF', 'PM', 'RE', 'TF', 'WF', 'YT'])

export const countryField = (id: string, selected = 'FR'): Html =>
  h`<p><label for="${id}">Pays</label><select id="${id}" name="pays" autocomplete="country">${[...countries()]
    .filter(([code]) => !overseas.has(code))
    .map(
      ([code, name]) => h`<option value="${code}"${code === selected ? raw(' selected') : ''}>${name}</option>`,
    )}</select></p>`
