import type { CaseFile } from '../cases/file/file.ts'
import { isMalagasy } from '../money/ledger.ts'

/** What the house writes by itself in each situation, by the law of the case: both laws have a letter for each. */
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
  'payment-announced': { FR: 'contestation-paiement-annonce', MG: 'madagascar-paiement-annonce' },
  'wrong-person': { FR: 'contestation-personne-a-verifier', MG: 'madagascar-personne-a-verifier' },
  'address-given': { FR: 'recherche-adresse-enregistree', MG: 'madagascar-adresse-enregistree' },
  'paid-in-full': { FR: 'cloture-quittance-totale', MG: 'madagascar-recu-paiement' },
  'paid-in-part': { FR: 'cloture-recu-paiement-partiel', MG: 'madagascar-recu-paiement' },
  'payment-received': { FR: 'cloture-quittance-paiement', MG: 'madagascar-recu-paiement' },
  'call-received': { FR: 'script-appel-entrant-debiteur', MG: 'madagascar-appel-entrant' },
  'dispute-call-received': { FR: 'script-appel-entrant-contestation', MG: 'madagascar-recueil-contestation' },
  'invoicing-review': { FR: 'creancier-audit-facturation', MG: 'madagascar-revue-facturation' },
  'consent-form': { FR: 'creancier-consentement-formulaire', MG: 'madagascar-accord-creancier' },
  statement: { FR: 'injonction-decompte-creance', MG: 'madagascar-decompte-creance' },
} as const satisfies Record<string, { FR: string; MG: string }>

type Situation = keyof typeof letters

/** Those of these situations, under every law. */
export const lettersFor = (...situations: Situation[]): string[] =>
  situations.flatMap((situation) => Object.values(letters[situation]))

export const letterFor = (file: Pick<CaseFile, 'case'>, situation: Situation): string =>
  letters[situation][isMalagasy(file) ? 'MG' : 'FR']
