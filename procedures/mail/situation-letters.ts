import { DomainError } from '../../schema/errors.ts'
import type { CaseFile } from '../cases/file/file.ts'
import { isMalagasy } from '../money/ledger.ts'

/** What the house writes by itself in each situation, by the law of the case; null where no letter is written under that law. */
const letters = {
  'dispute-received': { FR: 'contestation-accuse-reception', MG: 'madagascar-contestation-recue' },
  'dispute-answered': { FR: 'contestation-reponse-motivee', MG: 'madagascar-contestation-reponse' },
  promise: { FR: 'engagement-promesse-attestee', MG: 'madagascar-promesse-ecrite' },
  'proposal-received': { FR: 'engagement-proposition-recue', MG: 'madagascar-proposition-recue' },
  'plan-accepted': { FR: 'engagement-acceptation-echeancier', MG: 'madagascar-calendrier-accepte' },
  'business-plan': { FR: 'engagement-accord-echeancier-pro', MG: 'madagascar-engagement-calendrier' },
  'consumer-plan': { FR: 'engagement-accord-echeancier-particulier', MG: 'madagascar-engagement-calendrier' },
  'plan-broken': { FR: 'engagement-plan-rompu', MG: 'madagascar-mise-en-demeure' },
  'extras-remitted': { FR: 'engagement-remise-accessoires', MG: 'madagascar-remise' },
  'part-remitted': { FR: 'engagement-solde-forfaitaire', MG: 'madagascar-remise' },
  'payment-announced': { FR: 'contestation-paiement-annonce', MG: null },
  'wrong-person': { FR: 'contestation-personne-a-verifier', MG: null },
  'address-given': { FR: 'recherche-adresse-enregistree', MG: null },
  'call-received': { FR: 'script-appel-entrant-debiteur', MG: 'madagascar-appel-entrant' },
  'dispute-call-received': { FR: 'script-appel-entrant-contestation', MG: 'madagascar-recueil-contestation' },
  'invoicing-review': { FR: 'creancier-audit-facturation', MG: 'madagascar-revue-facturation' },
  'consent-form': { FR: 'creancier-consentement-formulaire', MG: 'madagascar-accord-creancier' },
  statement: { FR: 'injonction-decompte-creance', MG: 'madagascar-decompte-creance' },
} as const satisfies Record<string, { FR: string; MG: string | null }>

type Situation = keyof typeof letters

/** Those of these situations, under every law that has them. */
export const lettersFor = (...situations: Situation[]): string[] =>
  situations.flatMap((situation) => Object.values(letters[situation]).filter((letter) => letter !== null))

/** DomainError `no_letter_of_this_law`, so that whoever follows the case reads that nothing was written, and why. */
export function letterFor(file: Pick<CaseFile, 'case'>, situation: Situation): string {
  const { FR, MG } = letters[situation]
  const letter = isMalagasy(file) ? MG : FR
  if (letter !== null) return letter
  throw new DomainError(
    'no_letter_of_this_law',
    `«\u00a0${FR}\u00a0» est du droit français\u00a0: la bibliothèque n’a pas encore ce courrier pour un dossier malgache, et rien n’a été écrit.`,
    {
      remedy: 'Répondez au débiteur par un courrier à vous, ou ajoutez celui qui manque à la bibliothèque (droit MG).',
      facts: { situation, law: 'MG' },
    },
  )
}
