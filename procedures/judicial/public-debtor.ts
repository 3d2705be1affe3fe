import { DomainError } from '../../schema/errors.ts'
import type { CaseFile } from '../cases/file.ts'

/** Ways of the ordinary judge and of enforcement, closed against a public person: its goods may not be seized (CGPPP L2311-1). */
const closed = new Set([
  'injonction-de-payer',
  'injonction-europeenne',
  'petites-creances',
  'creances-incontestees',
  'saisie-conservatoire-creances',
  'saisie-conservatoire-biens',
  'saisie-attribution',
  'saisie-vente',
  'saisie-remunerations',
])

export const isClosedToPublic = (procedure: string): boolean => closed.has(procedure)

/** What is left against a public buyer, for a person to choose from with the creditor; not read by a lawyer yet. */
export const publicWays =
  'Débiteur public\u00a0: l’injonction de payer et les saisies ne sont pas ouvertes. Restent, au choix du créancier\u00a0: ' +
  'le médiateur des entreprises\u00a0; le référé-provision devant le tribunal administratif (CJA R. 541-1)\u00a0; l’inscription ou le ' +
  'mandatement d’office de la dépense (CGCT L. 1612-15 et L. 1612-16)\u00a0; après condamnation, le paiement forcé de la loi n° 80-539 ' +
  '(CJA L. 911-9). Articles à vérifier.'

export function refuseClosedToPublic(file: Pick<CaseFile, 'debtor'>, procedure: string): void {
  if (file.debtor.kind !== 'public' || !isClosedToPublic(procedure)) return
  throw new DomainError('closed_to_public_debtor', publicWays, {
    remedy: 'Choisissez avec le créancier le référé-provision (refere-provision) ou une autre de ces voies.',
    article: 'CJA R. 541-1, CGPPP L. 2311-1',
    facts: { procedure },
  })
}
