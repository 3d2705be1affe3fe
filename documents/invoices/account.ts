import { countries } from '../../schema/countries.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { amount } from '../../schema/money.ts'
import { plainWords } from '../../schema/words.ts'
import { invoiceFromJson, type InvoiceJson, type ReadInvoice } from './einvoice.ts'
import { type TableRow } from './table.ts'
import { typedCents, typedDay } from './typed-values.ts'

/** What a column of a statement of account (relevé de compte client) may say. */
export const accountFields = {
  number: 'Numéro de facture',
  nature: 'Nature (facture, avoir, règlement)',
  issuedOn: 'Date de facture',
  dueOn: 'Échéance',
  total: 'Montant TTC',
  paid: 'Déjà réglé',
  balance: 'Reste dû',
  currency: 'Devise',
  debtor: 'Nom du débiteur',
  kind: 'Type de débiteur',
  siren: 'SIREN',
  siret: 'SIRET',
  vat: 'Numéro de TVA',
  street: 'Adresse',
  street2: 'Complément d’adresse',
  postalCode: 'Code postal',
  city: 'Ville',
  country: 'Pays',
  email: 'Courriel',
  phone: 'Téléphone',
  order: 'Commande',
  description: 'Objet',
} as const
export type AccountField = keyof typeof accountFields

/** Titles as firms write them, without accents, case or marks. */
const titles: Record<AccountField, RegExp> = {
  number:
    /^((n|no|num|numero)?( de| d)? ?(la )?(facture|piece|document)|reference facture|ref facture|invoice( no| number)?|numero|n)$/,
  nature: /^(type( de)?( piece| document)?|nature|libelle piece)$/,
  issuedOn: /^(date( de| d)?( la)?( facture| piece| emission| facturation)?|emise? le|emission|invoice date)$/,
  dueOn: /^(date( d)? ?echeance|echeance( le)?|a payer (le|avant le)|due date)$/,
  total: /^(montant|montant (total )?ttc|total( ttc)?|ttc|debit|montant (de la )?(facture|piece)|amount)$/,
  paid: /^(deja )?(regle|paye|verse|acompte|acomptes|encaisse|credit|montant regle|montant paye)$/,
  balance: /^(reste (du|a payer|a regler)|solde( du)?|restant du|montant (du|restant|impaye)|impaye|encours|balance)$/,
  currency: /^(devise|monnaie|currency)$/,
  debtor:
    /^(client|debiteur|nom( du)?( client| debiteur)?|raison sociale|societe|tiers|customer|intitule( client| compte)?)$/,
  kind: /^(type( de)? (debiteur|client)|professionnel ou particulier)$/,
  siren: /^((n|no|numero)? ?siren)$/,
  siret: /^((n|no|numero)? ?siret)$/,
  vat: /^((n|no|numero)?( de)? ?tva( intracommunautaire)?|vat)$/,
  street: /^(adresse( 1)?|rue|voie|adresse postale|address)$/,
  street2: /^(adresse 2|complement( d)?( ?adresse)?)$/,
  postalCode: /^(code postal|cp|postal code|zip)$/,
  city: /^(ville|commune|localite|city)$/,
  country: /^(pays|code pays|country)$/,
  email: /^(e ?mail|courriel|mail|adresse (e ?)?mail|adresse courriel)$/,
  phone: /^(tel|telephone|mobile|portable|phone)$/,
  order: /^((n|no|numero|ref|reference)?( de| d)? ?(bon de )?commande|votre reference)$/,
  description: /^(objet|libelle|designation|description|intitule)$/,
}

export interface AccountColumn {
  /** As the file writes it. */
  title: string
  /** Null when nothing is known by that title: the column is left aside, and shown. */
  field: AccountField | null
  sample: string
}

export type AccountKind = 'business' | 'consumer' | 'public'

/** One line of the account: an invoice or a credit note, or why it is none. */
export type AccountLine = { row: number; number: string | null; debtor: string | null } & (
  | { invoice: ReadInvoice; kind: AccountKind | null }
  | { skipped: string }
  | { fault: DomainError }
)

export interface Account {
  columns: AccountColumn[]
  lines: AccountLine[]
}

/**
 * Understands the rows of a statement of account. Titles are recognised, or named by `columns`; a row with a fault keeps
 * its number and blocks no other. DomainError `columns_unknown` when no row of titles is found.
 */
export function readAccount(
  rows: TableRow[],
  options: { seller: string; currency?: string; columns?: { title: string; field: AccountField | null }[] },
): Account {
  const given = new Map((options.columns ?? []).map(({ title, field }) => [plainWords(title), field]))
  const fieldOf = (title: string): AccountField | null => {
    const name = plainWords(title)
    const known = given.get(name)
    if (known !== undefined) return known
    return (Object.keys(titles) as AccountField[]).find((field) => titles[field].test(name)) ?? null
  }
  const at = headingOf(rows, fieldOf)
  const heading = rows[at]!
  const body = rows.slice(at + 1)
  const taken = new Set<AccountField>()
  const columns = heading.cells.map((title, i): AccountColumn => {
    const found = fieldOf(title)
    // The first column of a meaning is the one; a second « Date » would silently replace it.
    const field = found === null || taken.has(found) ? null : found
    if (field) taken.add(field)
    return { title, field, sample: body.find((row) => row.cells[i])?.cells[i] ?? '' }
  })
  return { columns, lines: body.map((row) => lineOf(row, columns, options)) }
}

function headingOf(rows: TableRow[], fieldOf: (title: string) => AccountField | null): number {
  const known = rows.slice(0, 20).map(({ cells }) => new Set(cells.map(fieldOf)))
  const at = known.findIndex(
    (fields) => fields.has('number') && (fields.has('total') || fields.has('balance')) && fields.has('debtor'),
  )
  if (at !== -1) return at
  throw new DomainError(
    'columns_unknown',
    'Aucune ligne de titres reconnue : il faut au moins le numéro de facture, le débiteur et un montant.',
    {
      remedy:
        'Nommez les colonnes (par exemple « N° facture », « Client », « Montant TTC », « Échéance »), ou dites lesquelles elles sont.',
      facts: { titles: rows[0]?.cells.slice(0, 30) ?? [] },
    },
  )
}

type Cells = Partial<Record<AccountField, string>>

function lineOf(
  { number: row, cells }: TableRow,
  columns: AccountColumn[],
  options: { seller: string; currency?: string },
): AccountLine {
  const said: Cells = {}
  for (const [i, { field }] of columns.entries()) if (field && cells[i]) said[field] = cells[i]
  const line = { row, number: said.number ?? null, debtor: said.debtor ?? null }
  try {
    if (/^(total|sous[ -]?total|report)/i.test(cells.find((cell) => cell !== '') ?? '') && !said.debtor)
      return { ...line, skipped: 'Ligne de total.' }
    if (/r[eè]glement|virement|paiement|ch[eè]que/i.test(said.nature ?? ''))
      return { ...line, skipped: 'Règlement : il s’enregistre comme paiement.' }
    const isCreditNote = /avoir|credit/i.test(said.nature ?? '')
    const sums = sumsOf(said)
    if (!isCreditNote && sums.owed <= 0n)
      return { ...line, skipped: sums.owed === 0n ? 'Soldée.' : 'Solde créditeur : à rapprocher d’une facture.' }
    return { ...line, invoice: invoiceOf(said, sums, isCreditNote, options), kind: kindOf(said.kind) }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { ...line, fault: error }
  }
}

interface Sums {
  total: bigint
  prepaid: bigint
  owed: bigint
  doubts: Doubt[]
}

/** Total, paid and balance must agree; where one is absent the two others give it. */
function sumsOf(said: Cells): Sums {
  const cents = (field: 'total' | 'paid' | 'balance') => (said[field] === undefined ? null : typedCents(said[field]))
  const [total, paid, balance] = [cents('total'), cents('paid'), cents('balance')]
  if (total === null && balance === null) {
    throw new DomainError('amount_missing', 'La ligne n’a ni montant ni reste dû.', {
      remedy: 'Complétez le montant de la facture.',
    })
  }
  const owed = balance ?? total! - (paid ?? 0n)
  const whole = total ?? owed + (paid ?? 0n)
  const doubts: Doubt[] = []
  if (total !== null && paid !== null && balance !== null && total - paid !== balance) {
    doubts.push({
      code: 'sums_disagree',
      message: `Le montant ${amount(total)} moins le réglé ${amount(paid)} ne fait pas le reste dû ${amount(balance)} : le reste dû est retenu.`,
    })
  }
  return { total: whole, prepaid: whole - owed, owed, doubts }
}

function invoiceOf(
  said: Cells,
  { total, prepaid, doubts }: Sums,
  isCreditNote: boolean,
  options: { seller: string; currency?: string },
): ReadInvoice {
  const sign = isCreditNote && total < 0n ? -1n : 1n
  const json: InvoiceJson = {
    kind: isCreditNote ? 'credit_note' : 'invoice',
    number: needed(said.number, 'le numéro de facture'),
    issued_on: typedDay(needed(said.issuedOn, 'la date de facture'), 'date').toString(),
    due_on: said.dueOn === undefined ? null : typedDay(said.dueOn, 'échéance').toString(),
    currency: (said.currency ?? options.currency ?? 'EUR').replace('€', 'EUR').toUpperCase(),
    total: amount(sign * total),
    prepaid: prepaid === 0n || isCreditNote ? null : amount(prepaid),
    seller: { name: options.seller },
    buyer: {
      name: needed(said.debtor, 'le nom du débiteur'),
      siren: said.siren?.replace(/\s/g, '') ?? null,
      siret: said.siret?.replace(/\s/g, '') ?? null,
      vat: said.vat?.replace(/\s/g, '') ?? null,
      address: addressOf(said),
      contact: said.email || said.phone ? { email: said.email ?? null, phone: said.phone ?? null } : null,
    },
    order_reference: said.order ?? null,
    ...(said.description ? { notes: [said.description] } : {}),
  }
  const read = invoiceFromJson(json)
  read.doubts.push(...doubts)
  if (isShort(said.postalCode, said.country)) {
    const message = `Le code postal ${said.postalCode} n’a que quatre chiffres\u00a0: il est lu 0${said.postalCode}.`
    read.doubts.push({ code: 'short_postal_code', message })
  }
  return read
}

function addressOf({ street, street2, postalCode, city, country }: Cells) {
  if (!street && !city) return null
  return {
    lines: [street, street2].filter((each) => each !== undefined),
    postal_code: isShort(postalCode, country) ? `0${postalCode}` : (postalCode ?? null),
    city: city ?? null,
    country: isFrance(country) ? 'FR' : /^[A-Z]{2}$/i.test(country!) ? country!.toUpperCase() : countryCode(country!),
  }
}

/** A spreadsheet takes the leading zero of 01000 away; whoever typed four digits may also have missed another. */
const isShort = (postalCode: string | undefined, country: string | undefined): boolean =>
  /^\d{4}$/.test(postalCode ?? '') && isFrance(country)

const isFrance = (country: string | undefined): boolean => !country || /^(fr|fra|france)$/i.test(country.trim())

function countryCode(name: string): string {
  const wanted = plainWords(name)
  const found = /^madagascar$/.test(wanted) ? 'MG' : byName().get(wanted)
  if (found) return found
  throw new DomainError('unknown_country', `Le pays « ${name.slice(0, 40)} » n’est pas reconnu.`, {
    remedy: 'Écrivez son code à deux lettres (BE, CH, DE…).',
  })
}

let names: Map<string, string> | undefined
const byName = (): Map<string, string> =>
  (names ??= new Map([...countries()].map(([code, name]) => [plainWords(name), code])))

function kindOf(text: string | undefined): AccountKind | null {
  if (!text) return null
  const word = plainWords(text)
  if (/^(professionnel|pro|entreprise|societe|b2b|commercant)/.test(word)) return 'business'
  if (/^(consommateur|particulier|b2c|prive)/.test(word)) return 'consumer'
  if (/^(public|collectivite|administration|mairie|etat)/.test(word)) return 'public'
  throw new DomainError('unknown_debtor_kind', `« ${text.slice(0, 40)} » n’est pas un type de débiteur.`, {
    remedy: 'Écrivez professionnel, particulier ou public.',
  })
}

function needed(text: string | undefined, what: string): string {
  if (text) return text
  throw new DomainError('cell_missing', `La ligne ne dit pas ${what}.`, { remedy: 'Complétez la cellule vide.' })
}
