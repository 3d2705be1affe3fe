// Deep, for the whole package reads the numbers of eighty countries.
import * as fr from 'stdnum/lib/cjs/fr/index.js'
import { needsPostalCode } from '../send/postal-address.ts'
import type { Party, ReadInvoice } from './einvoice.ts'
import { line } from './einvoice-values.ts'

export interface RawParty {
  name: string | null
  legalForm: string | null
  ids: { scheme: string | null; value: string }[]
  vat: string | null
  lines: string[]
  postalCode: string | null
  city: string | null
  country: string | null
  contact: { name: string | null; phone: string | null; email: string | null }
}

export type Missing = ReadInvoice['missing'][number]
export type AddDoubt = (code: string, message: string) => void

export const whose = { seller: 'du vendeur', buyer: 'de l’acheteur' }

/** One side of the invoice; its numbers are checked against their keys. */
export function party(raw: RawParty, side: 'seller' | 'buyer', missing: Missing[], doubt: AddDoubt): Party {
  const of = whose[side]
  const country = line(raw.country)?.toUpperCase() ?? null
  const ids = raw.ids.map(({ scheme, value }) => ({ scheme, digits: value.replace(/[\s.]/g, '') }))
  // 0002 is the Sirene register and 0009 the SIRET in ISO 6523; many files name no scheme.
  const french = ids.filter(
    ({ scheme }) => scheme === '0002' || scheme === '0009' || (scheme === null && country === 'FR'),
  )
  const siret = french.find(({ digits }) => /^\d{14}$/.test(digits))?.digits ?? null
  const siren = french.find(({ digits }) => /^\d{9}$/.test(digits))?.digits ?? siret?.slice(0, 9) ?? null
  const broken = french.find(
    ({ scheme, digits }) => scheme !== null && digits !== '' && !/^(\d{9}|\d{14})$/.test(digits),
  )
  if (broken)
    doubt(
      'siret_format',
      `L’identifiant «\u00a0${broken.digits.slice(0, 30)}\u00a0» ${of} n’est ni un SIREN ni un SIRET.`,
    )
  if (siret !== null && !fr.siret.validate(siret).isValid)
    doubt('siret_key', `Le SIRET ${siret} ${of} ne passe pas le contrôle de sa clé.`)
  else if (siren !== null && !fr.siren.validate(siren).isValid)
    doubt('siren_key', `Le SIREN ${siren} ${of} ne passe pas le contrôle de sa clé.`)
  if (siret !== null && siren !== null && !siret.startsWith(siren)) {
    doubt('siren_mismatch', `Le SIREN ${siren} et le SIRET ${siret} ${of} ne se correspondent pas.`)
  }
  const vat = line(raw.vat)?.replaceAll(' ', '').toUpperCase() ?? null
  if (vat?.startsWith('FR')) {
    const vatSiren = /^FR[0-9A-HJ-NP-Z]{2}(\d{9})$/.exec(vat)?.[1]
    if (vatSiren === undefined)
      doubt('vat_format', `Le numéro de TVA ${vat} ${of} n’a pas la forme d’un numéro français.`)
    // The key of the SIREN in it is told above, as the SIREN's.
    else if (fr.siren.validate(vatSiren).isValid && !fr.tva.validate(vat).isValid)
      doubt('vat_key', `Le numéro de TVA ${vat} ${of} ne passe pas le contrôle de sa clé.`)
    if (vatSiren !== undefined && siren !== null && vatSiren !== siren) {
      doubt('vat_siren_mismatch', `Le numéro de TVA ${vat} ${of} est celui d’un autre SIREN que ${siren}.`)
    }
  }
  const legalForm = line(raw.legalForm)
  const contact = {
    ...optional('name', line(raw.contact.name)),
    ...optional('phone', line(raw.contact.phone)),
    ...optional('email', line(raw.contact.email)),
  }
  return {
    name: line(raw.name, 300)!,
    ...optional('legalForm', legalForm),
    siret,
    siren,
    vat,
    address: address(raw, side, country, missing),
    contact: Object.keys(contact).length > 0 ? contact : null,
  }
}

export function optional<K extends string>(key: K, value: string | null): { [key in K]?: string } {
  return (value === null ? {} : { [key]: value }) as { [key in K]?: string }
}

function address(
  raw: RawParty,
  side: 'seller' | 'buyer',
  country: string | null,
  missing: Missing[],
): Party['address'] {
  const lines = raw.lines.flatMap((text) => line(text) ?? [])
  const postalCode = line(raw.postalCode)
  const city = line(raw.city)
  const hasCode = postalCode || !needsPostalCode(country ?? 'FR')
  const parts = [lines.length ? '' : 'rue', hasCode ? '' : 'code postal', city ? '' : 'ville', country ? '' : 'pays']
  const lacking = parts.filter(Boolean)
  const none = lines.length === 0 && postalCode === null && city === null
  if (lacking.length > 0) {
    missing.push({
      field: `${side}.address`,
      message: none
        ? `L’adresse ${whose[side]} manque${country ? ` (seul le pays, ${country}, est indiqué)` : ''}.`
        : `L’adresse ${whose[side]} est incomplète (${lacking.join(', ')}).`,
      remedy:
        side === 'buyer'
          ? 'Demandez au créancier l’adresse de livraison ou de facturation, ou cherchez celle du siège au registre.'
          : 'Reprenez l’adresse du mandat du créancier.',
    })
  }
  return none ? null : { lines, postalCode, city, country: country ?? '' }
}
