import { type Day, dayFr, latest, parseDay } from '../../../schema/days.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import { findEntry } from '../../law/values.ts'

/** The kinds of public buyer, by the time the law gives them to pay; ids of procedures/law/fr/delai-paiement-public.yaml. */
export const publicBuyers = ['general', 'sante', 'entreprise-publique'] as const
export type PublicBuyer = (typeof publicBuyers)[number]

/** What a public accountant looks a payment up by, in the words of the letters (`engagementPublic`); days YYYY-MM-DD. */
export interface PublicOrder {
  /** Numéro d'engagement juridique (BT-13 of an electronic invoice). */
  numero?: string
  service?: string
  /** Code of the service on Chorus Pro (BT-10). */
  codeService?: string
  /** Number and day of the deposit on Chorus Pro. */
  depot?: string
  dateDepot?: string
  ordonnateur?: string
  comptable?: string
  serviceFait?: string
  /** Days to pay by the contract, where shorter than the law's. */
  delaiJours?: number
  marche?: string
  /** The day the time to pay starts, where it is neither the deposit nor the issue of the invoice. */
  debutDelai?: string
  acheteur?: PublicBuyer
}

/**
 * The last day of a public buyer to pay: so many days from the deposit of the invoice, or from its issue while no deposit
 * is known (CCP R. 2192-10 and following); never before the date that the invoice itself gives. Interest runs from the next.
 */
export function publicDue(
  invoice: { issuedOn: Day; dueOn: Day | null },
  order: PublicOrder | null,
): { dueOn: Day; doubts: Doubt[] } {
  const start = order?.debutDelai ?? order?.dateDepot
  const from = start === undefined ? invoice.issuedOn : latest(invoice.issuedOn, parseDay(start))
  const law =
    order?.delaiJours === undefined ? findEntry('delai-paiement-public', from, order?.acheteur ?? 'general') : null
  const days = order?.delaiJours ?? (law?.value == null ? null : Number(law.value))
  if (days === null) {
    if (invoice.dueOn === null) throw noTerm(from)
    return { dueOn: invoice.dueOn, doubts: [] }
  }
  const end = from.add({ days })
  const doubts: Doubt[] = law?.doubt ? [law.doubt] : []
  if (start === undefined) {
    const message =
      'Acheteur public\u00a0: le délai de paiement est compté depuis l’émission de la facture, faute de date de dépôt\u00a0; à vérifier.'
    doubts.push({ code: 'public_start', message })
  }
  return { dueOn: invoice.dueOn === null ? end : latest(end, invoice.dueOn), doubts }
}

function noTerm(from: Day): DomainError {
  return new DomainError(
    'no_legal_value',
    `Le délai de paiement d’un acheteur public n’est pas connu au ${dayFr(from)}.`,
    {
      remedy: 'Indiquez le délai du contrat (delaiJours) ou la date d’échéance de la facture.',
    },
  )
}
