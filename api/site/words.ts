import type { Channel, Letter, Recipient } from '../../letters/letter.ts'
import { typographyFr } from '../../documents/rendering/typography.ts'
import { unaccented } from '../../schema/words.ts'

// What the short words of heads and of the law's files say in full, for readers who do not write them.

export const tones = ['courtois', 'cordial', 'neutre', 'insistant', 'ferme', 'comminatoire', 'judiciaire'] as const

const families: Record<string, string> = {
  'envoi-facture': 'Envoi de la facture',
  'avant-echeance': 'Avant l’échéance',
  'relance-cordiale': 'Relance cordiale',
  appels: 'Appels',
  visites: 'Visites',
  'relance-ferme': 'Relance ferme',
  'mise-en-demeure': 'Mise en demeure',
  'dernier-avis': 'Dernier avis',
  engagements: 'Engagements de paiement',
  contestations: 'Contestations',
  recherche: 'Recherche du débiteur',
  'incidents-paiement': 'Incidents de paiement',
  'garants-et-tiers': 'Garants et tiers',
  'procedures-collectives': 'Procédures collectives',
  creancier: 'Relation avec le créancier',
  'injonction-de-payer': 'Injonction de payer',
  'saisie-bancaire': 'Saisie bancaire',
  'saisie-conservatoire-biens': 'Saisie conservatoire de biens',
  'petites-creances-refere-assignation': 'Petites créances, référé, assignation',
  cloture: 'Clôture du dossier',
  madagascar: 'Madagascar',
  international: 'International',
  'rgpd-et-conformite': 'Données personnelles et conformité',
  'commissaires-de-justice': 'Commissaires de justice',
}

const steps: Record<string, string> = {
  'envoi-facture': 'Envoi de la facture',
  'avant-echeance': 'Avant l’échéance',
  'mise-en-demeure': 'Mise en demeure',
  'relation-creancier': 'Relation avec le créancier',
  'procedure-collective': 'Procédure collective',
  negociation: 'Négociation',
  execution: 'Exécution',
  judiciaire: 'Judiciaire',
  cloture: 'Clôture',
}

export const channels: Record<Channel, string> = {
  lettre: 'Lettre simple',
  lrar: 'Lettre recommandée',
  lre: 'Recommandé électronique',
  email: 'Courriel',
  sms: 'SMS',
  'script-telephone': 'Appel téléphonique',
  visite: 'Visite',
  formulaire: 'Formulaire',
  'acte-prive': 'Acte sous signature privée',
}

export const recipients: Record<Recipient, string> = {
  debiteur: 'Débiteur, quel qu’il soit',
  'debiteur-professionnel': 'Débiteur professionnel',
  'debiteur-consommateur': 'Débiteur consommateur',
  'debiteur-public': 'Acheteur public',
  caution: 'Caution',
  codebiteur: 'Codébiteur',
  heritier: 'Héritier',
  tiers: 'Tiers',
  creancier: 'Créancier',
  'commissaire-de-justice': 'Commissaire de justice',
  greffe: 'Greffe',
  juge: 'Juge',
  'mandataire-judiciaire': 'Mandataire judiciaire',
  administration: 'Administration',
  operateur: 'Opérateur du cabinet',
}

export const laws: Record<Letter['droit'], string> = {
  FR: 'Droit français',
  MG: 'Droit malgache',
  EU: 'Droit européen',
}

export const familyWord = (id: string): string => families[id] ?? sentence(id)
export const stepWord = (id: string): string => steps[id] ?? sentence(id)
export const toneWord = (tone: number): string => tones[tone - 1] ?? String(tone)

/** « premier-acte-a-personne » → « Premier acte a personne », for a name that has no words of its own. */
export function sentence(id: string): string {
  const words = id.replaceAll('-', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** « J+24 » → « 24 jours après l’échéance ». */
export function momentWords(moment: string): string {
  if (moment === 'emission') return 'le jour de l’émission'
  const days = Number(moment.slice(1))
  if (!Number.isInteger(days)) return moment
  if (days === 0) return 'le jour de l’échéance'
  return `${Math.abs(days)} jour${Math.abs(days) > 1 ? 's' : ''} ${days < 0 ? 'avant' : 'après'} l’échéance`
}

export const firstLetterWords: Record<Letter['premiere_lettre'], string> = {
  jamais: 'Jamais la première lettre : elle rappelle celle qui l’a précédée, s’il y a lieu.',
  possible: 'Peut être la première lettre au débiteur : elle porte alors les mentions de l’article R. 124-4.',
  toujours: 'Toujours la première lettre au débiteur : elle porte les mentions de l’article R. 124-4.',
}

export const suspensions: Record<string, string> = {
  'paiement-integral': 'paiement intégral',
  contestation: 'contestation',
  promesse: 'promesse de paiement',
  'procedure-collective': 'procédure collective',
  surendettement: 'surendettement',
  deces: 'décès du débiteur',
  prescription: 'prescription',
}

/** A number with its noun: « 1 courrier », « 12 courriers ». */
export const count = (n: number, one: string, many = `${one}s`): string => `${n}\u00a0${n > 1 ? many : one}`

/** What an editor typed, with French spaces and apostrophes. */
export const said = (text: string): string => typographyFr(text)

/** « penalites » for « Pénalités »: how words are compared without accents or case. */
export const folded = (text: string): string =>
  unaccented(text).replaceAll('œ', 'oe').replaceAll('’', "'").toLowerCase()
