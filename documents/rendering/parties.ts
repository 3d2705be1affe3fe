import type { Letter, Recipient } from '../../letters/letter.ts'
import { DomainError } from '../../schema/errors.ts'
import { addressLines } from './blocks.ts'
import type { Address, Facts, Person } from '../facts.ts'
import { printable } from '../typst/glyphs.ts'

export interface Party {
  /** Where the facts hold it: « debiteur », « notaire ». */
  key: string
  /** Whether a postal address is known. */
  located: boolean
  /** Name, person, street, town, as they were given. */
  lines: string[]
  address?: Address
  /** The person or service inside. */
  attention?: string
  name: string
  email?: string
  telephone?: string
}

// Which facts name the addressee of each kind of letter; the first that is there is taken.
const keys: Record<Recipient, readonly string[]> = {
  debiteur: ['debiteur'],
  'debiteur-consommateur': ['debiteur'],
  'debiteur-professionnel': ['debiteur'],
  'debiteur-public': ['debiteur'],
  caution: ['caution'],
  codebiteur: ['codebiteurs'],
  heritier: ['heritiers'],
  creancier: ['creancier'],
  'commissaire-de-justice': ['commissaire'],
  greffe: ['tribunal'],
  juge: ['tribunal'],
  'mandataire-judiciaire': ['procedureCollective', 'plan'],
  administration: ['autorite', 'surendettement', 'tribunal'],
  operateur: ['agence'],
  tiers: [],
}

// Facts of a third party's letter that are somebody; the others are something about the case.
const thirdParties = new Set(
  `tiers notaire avocatCreancier avocatDebiteur tiersSaisi assurance assuranceCredit maitreOuvrage correspondant expert
  employeur cession garantie mediation conciliateur succession location registre`.split(/\s+/),
)

/**
 * Whom the letter goes to: the facts of its « adresse_a », else those its « destinataire » means; for a third party,
 * the first of its « donnees » that has a name. Refuses with missing_fact when nobody is found.
 */
export function recipientOf(letter: Letter, facts: Facts): Party {
  const candidates = letter.adresse_a
    ? [letter.adresse_a]
    : [...keys[letter.destinataire], ...(letter.destinataire === 'tiers' ? letter.donnees : [])]
  for (const key of candidates) {
    const party = partyOf(key, facts[key])
    if (party)
      return letter.destinataire === 'greffe'
        ? { ...party, lines: [`Greffe du ${party.name}`, ...party.lines.slice(1)] }
        : party
  }
  const somebody = (candidate: string) => letter.destinataire !== 'tiers' || thirdParties.has(candidate)
  const whole = letter.adresse_a ?? candidates.find(somebody) ?? 'tiers'
  // Known, and without a name: the part that lacks is what a person has to give.
  const key = facts[whole] === undefined ? whole : `${whole}.${(partsOf[whole] ?? partsOf['']!).name}`
  throw new DomainError(
    'missing_fact',
    `Le destinataire du courrier « ${letter.id} » est inconnu : il manque « ${key} ».`,
    {
      remedy: `Ajoutez « ${key} », avec son nom et son adresse, aux faits du courrier.`,
      facts: { key, letter: letter.id, line: 1 },
    },
  )
}

const partsOf: Record<string, { name: string; address: string }> = {
  '': { name: 'nom', address: 'adresse' },
  commissaire: { name: 'etude', address: 'adresse' },
  procedureCollective: { name: 'mandataire', address: 'mandataireAdresse' },
  plan: { name: 'commissaire', address: 'adresse' },
}

/** The fact by which a party that is known gets its postal address. */
export const addressKeyOf = ({ key }: Party): string => `${key}.${(partsOf[key] ?? partsOf['']!).address}`

/** Who writes: the agency, or the creditor in letters that go out in its own name. */
export function senderOf(letter: Letter, facts: Facts): Party {
  const from: Person & { adresse: Address } = letter.expediteur === 'creancier' ? facts.creancier : facts.agence
  const { representant: _representant, ...house } = from
  const key = letter.expediteur ?? 'agence'
  const party = partyOf(key, house)
  if (party) return party
  throw new DomainError('missing_fact', `L’expéditeur du courrier «\u00a0${letter.id}\u00a0» n’a pas de nom lisible.`, {
    remedy: `Donnez « ${key}.nom », en lettres qui se voient.`,
    facts: { key: `${key}.nom`, letter: letter.id, line: 1 },
  })
}

type Loose = Partial<Person> & Record<string, unknown>

function partyOf(key: string, value: unknown): Party | undefined {
  const person = (Array.isArray(value) ? value[0] : value) as Loose | undefined
  if (typeof person !== 'object' || person === null) return undefined
  const name = nameOf(key, person)
  if (!name) return undefined
  const address = (person.adresse ?? person.siege ?? person.mandataireAdresse) as Address | undefined
  const attention = person.representant?.nom
    ? `À l’attention de ${[person.representant.civilite, person.representant.nom].filter(Boolean).join(' ')}`
    : typeof person.service === 'string' && person.service !== name
      ? person.service
      : undefined
  const lines = [name, ...(attention ? [attention] : []), ...(address ? addressLines(address) : [])]
  return {
    key,
    located: address !== undefined,
    name,
    lines,
    ...(address ? { address } : {}),
    ...(attention ? { attention } : {}),
    ...(person.email ? { email: person.email } : {}),
    ...(person.telephone ? { telephone: person.telephone } : {}),
  }
}

// Whoever is called « Maître » on an envelope too.
const masters = new Set(['avocatCreancier', 'avocatDebiteur', 'notaire'])

function nameOf(key: string, person: Loose): string | undefined {
  const own =
    person.nom ?? person.etude ?? person.denomination ?? person.exploitant ?? person.assureur ?? person.mandataire
  const overseer = key === 'plan' ? person.commissaire : undefined
  const other = overseer ?? person.organisme ?? person.commission ?? person.service ?? person.cessionnaire
  const name = (own ?? other) as string | undefined
  // A name that nobody can see is none.
  if (!name || printable(name).trim() === '') return undefined
  // « Madame, Monsieur » is a salutation for a household, not a name on an envelope.
  const title = masters.has(key)
    ? /^(ma[iî]tre|me|scp|sel|cabinet|étude|office)/i.test(name)
      ? undefined
      : 'Maître'
    : person.civilite === 'Madame' || person.civilite === 'Monsieur'
      ? person.civilite
      : undefined
  return key === 'agence' || person.formeJuridique ? name : [title, person.prenom, name].filter(Boolean).join(' ')
}
