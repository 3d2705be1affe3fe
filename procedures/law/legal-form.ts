import type { Day } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { plainWords } from '../../schema/words.ts'
import { findEntry, type LawEntry } from './values.ts'

/** What a party is for the rules of competence: a merchant or artisan, a civil person, or a company of a liberal profession. */
export type PartyNature = 'commercial' | 'civil' | 'liberal' | 'unknown'

export interface ReadForm {
  nature: PartyNature
  /** The dated list that names the form; null where none does. */
  list: FormList | null
  /** Where the form was only read in the name, or stands in a list that is not confirmed. */
  doubts: Doubt[]
}

const lists = {
  'formes-commerciales': 'commercial',
  'formes-artisanales': 'commercial',
  'formes-civiles': 'civil',
  'formes-liberales': 'liberal',
} as const
export type FormList = keyof typeof lists

/**
 * What the legal form says of a party on that day: its usual initials (« S.A.R.L. »), its words, or its INSEE category (« 6540 »).
 * Without any, the name is read (« SCI Les Oliviers »), and said to have been. An entrepreneur individuel may be either.
 */
export function natureOf(party: { name: string; legalForm?: string | null | undefined }, on: Day): ReadForm {
  const told = party.legalForm?.trim() ?? ''
  if (told !== '') return found(matching(told, on), [])
  const name = inName(party.name, on)
  if (!name) return unknown
  const message = `Forme juridique de ${party.name} lue dans sa dénomination (${name.form})\u00a0: à vérifier par son extrait Kbis ou son avis de situation de l’INSEE.`
  return found(name, [{ code: 'legal_form_from_name', message }])
}

interface Match {
  list: FormList
  form: string
  entry: LawEntry
}
const unknown: ReadForm = { nature: 'unknown', list: null, doubts: [] }

const found = (match: Match | null, doubts: Doubt[]): ReadForm =>
  match
    ? { nature: lists[match.list], list: match.list, doubts: [...doubts, ...unconfirmed(match)] }
    : { ...unknown, doubts }

// The whole list would say nothing to the reader: its rule does.
function unconfirmed({ form, entry }: Match): Doubt[] {
  if (entry.confirmed) return []
  const message = `${entry.title} (${form}, ${entry.article ?? entry.source})\u00a0: compétence à vérifier. ${entry.note ?? ''}`
  return [{ code: 'unconfirmed_value', message: message.trim() }]
}

/** The longest form of all lists that the text is, or begins with. */
function matching(text: string, on: Day): Match | null {
  const words = plainForm(text)
  const isCode = /^\d{4}$/.test(words)
  const fits = (form: string) =>
    isCode ? /^\d+$/.test(form) && words.startsWith(form) : words === form || words.startsWith(`${form} `)
  return formsOn(on).find(({ form }) => fits(form)) ?? null
}

/** In a name, only what begins it, or its last word where these are initials of three letters at least. */
function inName(name: string, on: Day): Match | null {
  const last = plainForm(name).split(' ').at(-1)!
  const initials = last.length >= 3 && last.length <= 7 ? formsOn(on).find(({ form }) => form === last) : undefined
  const first = matching(name, on)
  return initials ?? (first && first.form.length >= 3 && !/^\d/.test(first.form) ? first : null)
}

/** « S.A.R.L. d’avocats » → « sarl d avocats ». */
const plainForm = (text: string): string =>
  plainWords(text).replace(/\b[a-z](?: [a-z]\b){1,5}/g, (letters) => letters.replaceAll(' ', ''))

const known = new Map<LawEntry, Match[]>()

function formsOn(on: Day): Match[] {
  return (Object.keys(lists) as FormList[])
    .flatMap((list) => {
      const entry = findEntry(list, on)
      return entry?.value ? formsOf(list, entry) : []
    })
    .toSorted((a, b) => b.form.length - a.form.length)
}

function formsOf(list: FormList, entry: LawEntry): Match[] {
  let forms = known.get(entry)
  if (!forms) {
    forms = entry.value!.split(', ').map((form) => ({ list, form: plainWords(form), entry }))
    known.set(entry, forms)
  }
  return forms
}

interface Party {
  name: string
  legalForm?: string | null | undefined
}

/**
 * Whether a claim on that business goes to the commercial court, and what is to be looked at: merchants, artisans and commercial
 * companies alone are sued there (C. com. L721-3), never where one of the two is a company of a liberal profession (L721-5).
 */
export function commercialClaim(
  creditor: Party & { isNaturalPerson?: boolean },
  debtor: Party,
  on: Day,
): { commercial: boolean; article: string | null; doubts: Doubt[] } {
  const [asks, owes] = [natureOf(creditor, on), natureOf(debtor, on)]
  const liberal = [asks, owes].find(({ nature }) => nature === 'liberal')
  if (liberal) return { commercial: false, article: 'CPC 1406, C. com. L. 721-5', doubts: liberal.doubts }
  if (owes.nature === 'civil') return { commercial: false, article: null, doubts: owes.doubts }
  if (owes.nature === 'unknown') return { commercial: true, article: null, doubts: [formToLookUp(debtor)] }
  const mixed = creditor.isNaturalPerson === true || asks.nature === 'civil'
  return { commercial: true, article: null, doubts: [...owes.doubts, ...(mixed ? [choice] : [])] }
}

const formToLookUp = ({ name, legalForm }: Party): Doubt => ({
  code: 'legal_form_unknown',
  message: `${legalForm ? `La forme juridique de ${name} («\u00a0${legalForm}\u00a0») ne dit pas s’il est commerçant` : `La forme juridique de ${name} n’est pas connue`}\u00a0: la juridiction commerciale, supposée ici, ne connaît que des commerçants, des artisans et des sociétés commerciales (C. com. L. 721-3)\u00a0; une société civile, une association, une profession libérale ou un exploitant agricole relève de la juridiction civile. À relever avant le dépôt (extrait Kbis, ou catégorie juridique de l’avis de situation de l’INSEE) et à inscrire au dossier.`,
})

const choice: Doubt = {
  code: 'court_to_choose',
  message:
    'Le créancier n’est pas commerçant\u00a0: il peut aussi porter sa demande devant la juridiction civile (acte mixte, C. com. L. 721-3)\u00a0; le tribunal de commerce est retenu ici.',
}
