import type { Currency } from '../schema/money.ts'

// The words of schema/facts.schema.json that code speaks of; letters may cite every other key of the schema too.

/** In the place of a coupon's code, where a letter is shown to somebody else than its debtor. */
export const maskedCode = '•••• •••• ••••'

export interface Address {
  lignes: string[]
  codePostal: string
  ville: string
  pays?: string
}

export interface Person {
  civilite?: string
  prenom?: string
  nom: string
  qualite?: string
  formeJuridique?: string
  siren?: string
  siret?: string
  adresse?: Address
  email?: string
  telephone?: string
  representant?: { civilite?: string; nom: string; qualite?: string }
}

export interface Invoice {
  numero: string
  emission: string
  echeance: string
  /** All taxes included, « 671.15 ». */
  montant: string
  /** Paid already when it was issued. */
  acompte?: string
  /** Unpaid today. */
  solde: string
  devise: Currency
  commande?: string
  objet?: string
}

export interface Totals {
  principal: string
  interets: string
  indemnite: string
  penalite?: string
  frais?: string
  total: string
  regle?: string
  interetParJour?: string
  arreteAu: string
  devise: Currency
  /** Of a statement of account. */
  numero?: number
  tauxTexte?: string
  doutes?: string[]
  segments?: {
    facture: string
    du: string
    au: string
    jours: number
    base: string
    taux: string
    montant: string
    motif?: string
  }[]
  imputations?: {
    date: string
    montant: string
    interets?: string
    principal?: string
    indemnite?: string
    penalite?: string
    frais?: string
  }[]
}

export interface Facts {
  date: string
  creancier: Person & { adresse: Address; iban?: string; bic?: string; rcs?: string; capital?: string }
  debiteur?: Person & { type: 'professionnel' | 'consommateur' | 'public'; service?: string }
  agence: {
    nom: string
    formeJuridique?: string
    capital?: string
    rcs?: string
    siren?: string
    adresse: Address
    telephone: string
    /** Kept from a discreet letter where it says the trade; every case has it. */
    email?: string
    site?: string
    horaires: string
    gestionnaire: { nom: string; telephone: string; email?: string; qualite?: string }
    assurance?: { assureur: string; police: string }
    compteDedie?: { banque: string; iban?: string }
    declaration?: { date: string; parquet: string }
    dpo?: { email: string }
  }
  references: {
    dossier: string
    lettre: string
    /** The creditor's order or file. */
    creancier?: string
    /** What a payment is to name. */
    paiement?: string
    code?: string
    coupon?: string
    adresseReponse?: string
    adresseVerification?: string
    /** The letter that did not arrive and is written again. */
    renouvelle?: { lettre: string; date: string }
  }
  factures?: Invoice[]
  totaux?: Totals
  droit?: Record<string, unknown>
  devise?: { code?: string }
  lienPaiement?: string
  echeancier?: { lignes: { rang: number; date: string; montant: string; etat?: string }[]; mode?: string }
  piecesJointes?: {
    /** The exhibit itself, which no letter prints: what is enclosed is what is listed. */
    id?: string
    numero: number | string
    type: string
    reference?: string
    date?: string
    pages?: number
    prouve?: string
  }[]
  numeroRecommande?: string
  [key: string]: unknown
}
