import { groupedSiren } from '../../letters/foreign.ts'
import { dayFr, parseDay } from '../../schema/days.ts'
import { type Facts, maskedCode } from '../facts.ts'
import type { FilledLetter } from './fill.ts'
import { postalAddress } from '../send/postal-address.ts'

/** Where the letter is written from. */
export function townOf({ facts, sender }: FilledLetter): string {
  return sender.key === 'creancier' ? facts.creancier.adresse.ville : facts.agence.adresse.ville
}

/** What the window of the envelope shows: the address by NF Z10-011. */
export function envelopeOf({ facts, recipient }: FilledLetter): string[] {
  if (!recipient?.address) return recipient?.lines ?? []
  const { lignes, codePostal, ville, pays = 'FR' } = recipient.address
  const { attention } = recipient
  // A registry's first line is not its bare name.
  const name = recipient.lines[0]!
  const address = { name, attention, lines: lignes, postalCode: codePostal, city: ville, country: pays }
  return postalAddress(address, facts.agence.adresse.pays ?? 'FR').lines
}

/** Telephone and e-mail of whoever writes. */
export function contactLines({ facts, sender }: FilledLetter): string[] {
  const house = sender.key === 'creancier' ? facts.creancier : facts.agence
  return [house.telephone ? `Tél. ${house.telephone}` : '', house.email ?? ''].filter(Boolean)
}

/** An ordinary firm and what it does, nothing official; never on an act, a discreet letter or one of the creditor's own. */
export function taglineOf(filled: FilledLetter): string | null {
  const ours = filled.sender.key === 'agence'
  return ours && !filled.discreet && filled.presentation !== 'acte'
    ? 'Cabinet de recouvrement amiable de créances'
    : null
}

/** What the envelope and the head of the letter say of how it travels. */
export function mentionOf({ channel, facts }: FilledLetter): string | null {
  const number = facts.numeroRecommande ? `\u00a0n°\u00a0${facts.numeroRecommande.replaceAll(' ', '\u00a0')}` : ''
  if (channel === 'lrar') return `Lettre recommandée avec demande d’avis de réception${number}`
  if (channel === 'lre') return `Lettre recommandée électronique${number}`
  return null
}

/** Label and value, in the order of the head of the letter. */
export function referencesOf({ facts, recipient, presentation, discreet }: FilledLetter): [string, string][] {
  const { references, creancier } = facts
  if (discreet)
    return [
      ['Référence', references.dossier],
      ['Courrier', references.lettre],
    ]
  if (presentation === 'acte') return [['Dossier', references.dossier]]
  const forCreditor = recipient?.key === 'creancier'
  const { renouvelle } = references
  return [
    ['Dossier', references.dossier],
    ['Courrier', references.lettre],
    ...(renouvelle
      ? [['Renouvelle', `${renouvelle.lettre} du ${dayFr(parseDay(renouvelle.date))}, non parvenu`] as [string, string]]
      : []),
    ...(forCreditor ? [] : [['Créancier', creancier.nom] as [string, string]]),
    ...(references.creancier
      ? [[forCreditor ? 'Vos références' : 'Commande ou réf.', references.creancier] as [string, string]]
      : []),
  ]
}

/** What an operator has before the eyes when calling. */
export function callFacts({ facts }: FilledLetter): [string, string][] {
  const { debiteur, creancier, references, factures = [] } = facts
  const rows: [string, string | undefined][] = [
    ['À appeler', [debiteur?.prenom, debiteur?.nom].filter(Boolean).join(' ')],
    ['Téléphone', debiteur?.telephone],
    ['Dossier', references.dossier],
    ['Créancier', creancier.nom],
    ['Factures', factures.map((invoice) => invoice.numero).join(', ')],
    ['Jour', dayFr(parseDay(facts.date))],
  ]
  return rows.filter((row): row is [string, string] => Boolean(row[1]))
}

/** The foot of each page: who the agency is, and how to check that the letter is its own. */
export function footerOf(filled: FilledLetter): string[] {
  const { facts, presentation, sender } = filled
  // An act is the parties'; a sheet for a call is read by nobody outside the house.
  if (presentation === 'acte' || presentation === 'appel') return [`Dossier ${facts.references.dossier}`]
  const { code, adresseVerification } = facts.references
  // The page that checks a code says what the letter is.
  const genuine =
    code && !filled.discreet
      ? `Cette lettre est-elle authentique\u00a0? Code ${code}${adresseVerification ? `, à vérifier sur ${adresseVerification}` : ''}`
      : ''
  const copy =
    facts.references.coupon === maskedCode
      ? 'Copie\u00a0: le code de réponse, remis au seul débiteur, y est masqué.'
      : ''
  return [sender.key === 'agence' ? legalLine(facts) : '', genuine, copy].filter(Boolean)
}

/** Who the agency is, as its letters must say: form, capital, register, insurance, declaration (R124-2 CPCE). */
export function legalLine({ agence }: Facts): string {
  const form = [agence.formeJuridique, agence.capital ? `au capital de ${agence.capital}` : '']
    .filter(Boolean)
    .join(' ')
  return [
    [agence.nom, form].filter(Boolean).join(', '),
    agence.rcs ? `RCS ${agence.rcs}` : agence.siren ? `SIREN ${groupedSiren(agence.siren)}` : '',
    agence.assurance ? `assurance ${agence.assurance.assureur}, police ${agence.assurance.police}` : '',
    agence.compteDedie ? `compte dédié aux fonds de tiers ${agence.compteDedie.banque}` : '',
    agence.declaration
      ? `activité déclarée au parquet (${agence.declaration.parquet}, ${dayFr(parseDay(agence.declaration.date))})`
      : '',
  ]
    .filter(Boolean)
    .join(' – ')
}
