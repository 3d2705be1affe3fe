import { DomainError, type Doubt } from '../../schema/errors.ts'
import { amount, parseAmount } from '../../schema/money.ts'
import { isUuid } from '../../schema/words.ts'
import { builder } from './builder.ts'

/** Cents and their currency. */
export interface Amount {
  cents: bigint
  currency: string
}

export const Money = builder.objectRef<Amount>('Money').implement({
  fields: (t) => ({
    amount: t.string({ description: 'Two decimals: "123.45".', resolve: ({ cents }) => amount(cents) }),
    currency: t.exposeString('currency', { description: 'ISO 4217.' }),
  }),
})

export const MoneyInput = builder.inputType('MoneyInput', {
  fields: (t) => ({
    amount: t.string({ required: true, description: 'A point and two decimals at most: "123.45".' }),
    currency: t.string({ required: true, defaultValue: 'EUR' }),
  }),
})

/** The cents of an amount given in the currency of the case: a cent at least, unless nothing is an answer too. */
export function centsOf(input: { amount: string; currency: string }, currency = 'EUR', least = 1n): bigint {
  if (input.currency !== currency) {
    throw new DomainError(
      'currency_mismatch',
      `Le montant est en ${input.currency.slice(0, 10)}, le dossier en ${currency}.`,
      {
        remedy: `Donnez le montant en ${currency}.`,
      },
    )
  }
  const cents = parseAmount(input.amount)
  if (cents >= least) return cents
  throw new DomainError('bad_amount', `Le montant ${amount(cents)} n'est pas permis ici.`, {
    remedy: 'Donnez un montant positif.',
  })
}

export const DoubtType = builder.objectRef<Doubt>('Doubt').implement({
  description: 'What is uncertain, to be seen wherever the figure or the fact is shown.',
  fields: (t) => ({ code: t.exposeString('code'), message: t.exposeString('message') }),
})

export interface AddressShape {
  lines: string[]
  postalCode: string | null
  city: string | null
  country: string
}
export const AddressType = builder.objectRef<AddressShape>('Address').implement({
  fields: (t) => ({
    lines: t.exposeStringList('lines'),
    postalCode: t.exposeString('postalCode', { nullable: true }),
    city: t.exposeString('city', { nullable: true }),
    country: t.exposeString('country'),
  }),
})
export const AddressInput = builder.inputType('AddressInput', {
  fields: (t) => ({
    lines: t.stringList({ required: true }),
    postalCode: t.string(),
    city: t.string(),
    country: t.string({ required: true, defaultValue: 'FR' }),
  }),
})
export const addressOf = (input: {
  lines: string[]
  postalCode?: string | null
  city?: string | null
  country: string
}): AddressShape => ({
  lines: input.lines,
  postalCode: input.postalCode ?? null,
  city: input.city ?? null,
  country: input.country,
})

/** The row behind an id of that type; a bare UUID, as logs and the command line show it, is understood too. */
export function rowId(type: string, id: string): string {
  if (isUuid(id)) return id
  const [name, row = ''] = Buffer.from(id, 'base64').toString('utf8').split(':')
  if (name === type && isUuid(row)) return row
  throw new DomainError('bad_id', `« ${id.slice(0, 60)} » n'est pas un identifiant de ${type}.`, {
    remedy: 'Reprenez un identifiant (id) donné par l’API.',
  })
}

/** Facts for papers, given as JSON: an object, of which the letters' schema then judges each key. */
export function factsOf(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new DomainError('bad_facts', 'Les faits se donnent en un objet JSON.', {
    remedy: 'Par exemple { "comptes": [{ "etablissement": "Banque du Rhône" }] }.',
  })
}
