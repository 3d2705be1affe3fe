import type { Library } from './catalogue.ts'
import { proseOf, type Prose } from './check-prose.ts'
import type { Letter, Section } from './letter.ts'

/** The rules, in the order of letters/GUIDE.md, which says what each wants and how to mend a fault. */
export const rules = [
  'en-tete',
  'identifiant',
  'suite-inconnue',
  'suite-autre',
  'canal-sans-texte',
  'corps-vide',
  'syntaxe',
  'exemple',
  'donnee-inconnue',
  'donnee-inutilisee',
  'fait-inconnu',
  'fait-non-declare',
  'clause-inconnue',
  'bloc-inconnu',
  'html',
  'typst',
  'lien',
  'premiere-lettre',
  'rappel-premiere-lettre',
  'l111-8',
  'acte-imite',
  'mot-judiciaire',
  'frais',
  'consommateur',
  'menace',
  'tiers',
  'valeur-en-dur',
  'article-sans-base',
  'renvoi-incertain',
  'case-vide',
  'politesse',
  'doublon',
  'objet-trop-long',
  'sms-trop-long',
  'phrase-longue',
  'ton',
  'typographie',
  'anglicisme',
  'vocabulaire',
  'elision',
  'accord',
] as const
export type Rule = (typeof rules)[number]

/** One fault of a letter or clause file, on the line an editor sees. */
export interface Fault {
  file: string
  line: number
  rule: Rule
  message: string
}

export type Add = (line: number, rule: Rule, message: string) => void

export type Part = 'titre' | 'objet' | 'corps' | 'sms' | 'appel'

/** A letter under check: its texts, where its keys stand, and where faults go. */
export interface Subject {
  letter: Letter
  library: Library
  parts: { name: Part; section: Section; prose: () => Prose }[]
  lineOf: (key: string) => number
  add: Add
}

export function subjectOf(letter: Letter, library: Library, add: Add): Subject {
  const rows = letter.source.split(/\r?\n/)
  const parts = [
    partOf('objet', { text: letter.objet, line: letter.objetLine }, library),
    partOf('corps', letter.body, library),
  ]
  if (letter.sms) parts.push(partOf('sms', letter.sms, library))
  if (letter.appel) parts.push(partOf('appel', letter.appel, library))
  return {
    letter,
    library,
    parts,
    lineOf: (key) => Math.max(1, rows.findIndex((row) => row.startsWith(`${key}:`)) + 1),
    add,
  }
}

/** One text of a letter, and its own words, read when they are asked for. */
export function partOf(name: Part, section: Section, library: Library): Subject['parts'][number] {
  let prose: Prose | undefined
  return { name, section, prose: () => (prose ??= proseOf(section, library)) }
}

const debtors = ['debiteur', 'debiteur-consommateur', 'debiteur-professionnel', 'debiteur-public']
const liable = [...debtors, 'caution', 'codebiteur', 'heritier']

/** Written to the debtor: R124-4 speaks of no one else. */
export const toDebtor = ({ destinataire }: Letter): boolean => debtors.includes(destinataire)

const kinds: Partial<Record<Letter['destinataire'], string[]>> = {
  debiteur: ['professionnel', 'consommateur', 'public'],
  'debiteur-professionnel': ['professionnel'],
  'debiteur-consommateur': ['consommateur'],
  'debiteur-public': ['public'],
}

/** The kinds of debtor a letter is written for; none when it goes to someone else. */
export const kindsReached = ({ destinataire }: Letter): string[] => kinds[destinataire] ?? []

/** Written to someone who is asked to pay: the debtor, those bound with the debtor, the heirs. */
export const toPayer = ({ destinataire }: Letter): boolean => liable.includes(destinataire)

/** The text of an SMS: its own section, or the body of a letter that is nothing else. */
export function isSms({ letter }: Subject, part: Part): boolean {
  return part === 'sms' || (part === 'corps' && letter.canaux.every((channel) => channel === 'sms'))
}

const judicial = [
  'injonction-de-payer',
  'saisie-bancaire',
  'saisie-conservatoire-biens',
  'petites-creances-refere-assignation',
  'commissaires-de-justice',
  'procedures-collectives',
]
const titles =
  'titre titreCreance ordonnance decision signification opposition mesure mainlevee requete audience depens consentement procedureCollective surendettement plan'.split(
    ' ',
  )

/** A court has spoken, a measure is under way or the creditor's consent is recorded: justice may be named as a fact. */
export function afterTitle({ famille, donnees }: Letter): boolean {
  return judicial.includes(famille) || donnees.some((key) => titles.includes(key))
}

/** Sent before the debt is due: no recovery yet. */
export function beforeDue({ famille, moment }: Letter): boolean {
  return famille === 'envoi-facture' || famille === 'avant-echeance' || /^J(-\d+)?$/.test(moment ?? '')
}
