import type { Day } from '../../../schema/days.ts'
import { DomainError } from '../../../schema/errors.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import { findEntry, lawEntries } from '../../law/values.ts'

const closed = 'fermée'

/** Ways of the ordinary judge and of enforcement that are closed against a public person, on any day (fr/debiteur-public.yaml). */
export const isClosedToPublic = (procedure: string): boolean =>
  lawEntries('debiteur-public').some(({ qualifier, value }) => qualifier === procedure && value === closed)

/** What is left against a public buyer, for a person to choose from with the creditor; marked until it is confirmed. */
export function publicWays(on: Day): string {
  const ways = findEntry('debiteur-public', on, 'voies')
  const left = ways?.value ? ` Restent, au choix du créancier\u00a0: ${ways.value.replaceAll(' ;', '\u00a0;')}.` : ''
  const doubt = ways?.confirmed ? '' : ' Articles à vérifier.'
  return `Débiteur public\u00a0: l’injonction de payer et les saisies ne sont pas ouvertes.${left}${doubt}`
}

export function refuseClosedToPublic(file: Pick<CaseFile, 'debtor'>, procedure: string, on: Day): void {
  const rule = findEntry('debiteur-public', on, procedure)
  if (file.debtor.kind !== 'public' || rule?.value !== closed) return
  throw new DomainError('closed_to_public_debtor', publicWays(on), {
    remedy: 'Choisissez avec le créancier le référé-provision (refere-provision) ou une autre de ces voies.',
    ...(rule.article === undefined ? {} : { article: rule.article }),
    facts: { procedure },
  })
}
