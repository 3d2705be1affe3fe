import { type Day, parseDay } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import type { Random } from '../../schema/random.ts'
import { recordAgency, recordAgencyProof } from '../../procedures/cases/agency.ts'
import type { Creditor } from '../../procedures/cases/creditors.ts'
import type { InvoiceJson } from '../../documents/invoices/einvoice.ts'

/** The invented agency of the demo. Its facts of CPCE R124-2 are recorded on the day the story needs them. */
export async function openAgency(sql: Sql, day: Day): Promise<void> {
  const author = 'Claire Vasseur'
  await recordAgency(
    sql,
    day,
    {
      name: 'Cabinet Vasseur Recouvrement',
      legalForm: 'SAS',
      capital: '60 000 €',
      rcs: 'Lyon 552 100 554',
      siren: '552100554',
      address: { lines: ['18 quai Tilsitt'], postalCode: '69002', city: 'Lyon', country: 'FR' },
      phone: '04 78 00 00 18',
      email: 'contact@vasseur-recouvrement.example',
      site: 'vasseur-recouvrement.example',
      hours: 'du lundi au vendredi, de 9 h à 18 h',
      manager: { name: 'Nadia Ferrand', phone: '04 78 00 00 21', email: 'n.ferrand@vasseur-recouvrement.example' },
      dpo: { email: 'donnees@vasseur-recouvrement.example' },
    },
    author,
  )
  const proof = { datedOn: day, validUntil: day.add({ years: 1 }) }
  await recordAgencyProof(
    sql,
    day,
    { kind: 'assurance', reference: 'RCP 4 412 908', detail: { assureur: 'Mutuelle des Cabinets' }, ...proof },
    author,
  )
  await recordAgencyProof(
    sql,
    day,
    {
      kind: 'compte',
      reference: 'Compte de tiers n° 2',
      detail: { banque: 'Banque rhodanienne' },
      ...proof,
      validUntil: null,
    },
    author,
  )
  await recordAgencyProof(
    sql,
    day,
    {
      kind: 'declaration',
      reference: 'Récépissé du parquet de Lyon',
      detail: { parquet: 'Lyon' },
      ...proof,
      validUntil: null,
    },
    author,
  )
}

export const mandateTerms = {
  claimNature: 'vente',
  basis: 'Factures impayées confiées au cabinet, avec le détail du principal, des intérêts et des accessoires.',
  guarantee: 'Responsabilité civile professionnelle du cabinet, dans les limites de sa police.',
  remuneration:
    'À la charge exclusive du créancier : 2 % avant la première mise en demeure, 12 % des sommes recouvrées ensuite, rien en cas d’échec.',
  payingOver: 'Les débiteurs paient le créancier ; toute somme reçue par le cabinet est reversée dans le mois.',
}

const papeterieContact = { name: 'Inès Roche', email: 'compta@papeterie-ra.example', phone: '04 78 00 00 62' }
/** A creditor for cases by the dozen: as its invoices name it, and as it is recorded. */
export const papeterie = {
  seller: {
    name: 'Papeterie Rhône-Alpes',
    legal_form: 'SAS',
    siret: '55208131766522',
    siren: '552081317',
    address: { lines: ['40 cours Gambetta'], postal_code: '69007', city: 'Lyon', country: 'FR' },
    contact: papeterieContact,
  } satisfies InvoiceJson['seller'],
  creditor: {
    name: 'Papeterie Rhône-Alpes',
    kind: 'autres',
    identity: {
      legalForm: 'SAS',
      siret: '55208131766522',
      siren: '552081317',
      address: { lines: ['40 cours Gambetta'], postalCode: '69007', city: 'Lyon', country: 'FR' },
      contact: papeterieContact,
      representative: { name: 'Inès Roche', quality: 'présidente' },
    },
    iban: 'FR1420041010050500013M02606',
    bic: 'PSSTFRPPLYO',
  } satisfies Omit<Creditor, 'id'>,
}

/** A consumer's invoice as a joiner types it: sent by the agency, disputed, then paid in part. */
export const consumerInvoice: InvoiceJson = {
  number: 'MD-2026-0147',
  issued_on: '2026-04-30',
  due_on: '2026-06-01',
  currency: 'EUR',
  total: '1842.50',
  net: '1675.00',
  tax: '167.50',
  prepaid: '0.00',
  payable: '1842.50',
  seller: {
    name: 'Menuiserie Delorme',
    legal_form: 'SARL',
    siret: '73282932000074',
    siren: '732829320',
    vat: 'FR44732829320',
    address: { lines: ['7 rue des Ateliers'], postal_code: '69100', city: 'Villeurbanne', country: 'FR' },
    contact: { name: 'Paul Delorme', phone: '04 78 00 00 47', email: 'compta@menuiserie-delorme.example' },
  },
  buyer: {
    name: 'Hélène Lefèvre',
    address: { lines: ['112 rue Garibaldi', 'Appartement 31'], postal_code: '69006', city: 'Lyon', country: 'FR' },
    contact: { phone: '06 00 00 00 31', email: 'helene.lefevre@courriel.example' },
  },
  iban: 'FR7630006000011234567890189',
  bic: 'AGRIFRPP',
  payment_reference: 'MD-2026-0147',
  order_reference: 'Devis 2026-031',
  delivered_on: '2026-04-28',
  payment_terms: 'Paiement par virement le 1er juin 2026 au plus tard.',
  lines: [
    {
      description: 'Porte-fenêtre en chêne, double vitrage, posée',
      quantity: '1',
      unit: 'C62',
      unit_price: '1295.00',
      amount: '1295.00',
      vat_rate: '10.00',
    },
    {
      description: 'Dépose de l’ancienne menuiserie et évacuation',
      quantity: '1',
      unit: 'C62',
      unit_price: '380.00',
      amount: '380.00',
      vat_rate: '10.00',
    },
  ],
  vat: [{ rate: '10.00', basis: '1675.00', tax: '167.50', category: 'S' }],
}

/** A number as the post prints it on a registered letter. */
export function registeredNumber(random: Random): string {
  const digits = [...random.bytes(11)].map((byte) => byte % 10).join('')
  return `1A ${digits.slice(0, 3)} ${digits.slice(3, 6)} ${digits.slice(6, 10)} ${digits.slice(10)}`
}

export const day = (text: string): Day => parseDay(text)
