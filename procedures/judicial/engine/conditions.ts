import { before, type Day, parseDay } from '../../../schema/days.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import { amountFr, parseAmount } from '../../../schema/money.ts'
import { debtorWord } from '../../amicable/scenario.ts'
import type { PartyIdentity } from '../../cases/creditors.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import { payableOn } from '../../money/ledger.ts'
import { natureOf } from '../../law/legal-form.ts'
import { legalValue } from '../../law/values.ts'
import type { Condition, Procedure } from './procedure.ts'

/**
 * Refuses a procedure that the claim or the parties are outside of on that day, and answers what the creditor must still
 * look at: thresholds and lists of legal forms are dated values. DomainError `over_ceiling`, `between_merchants`.
 */
export function requireConditions(file: CaseFile, procedure: Procedure, onDay: Day): Doubt[] {
  const doubts: Doubt[] = []
  for (const condition of procedure.conditions ?? []) {
    if (condition.depuis !== undefined && before(onDay, parseDay(condition.depuis))) continue
    refuseOverCeiling(file, procedure, condition, onDay)
    if (betweenMerchants(file, procedure, condition, onDay) === 'unknown' || isTold(file, condition, onDay))
      doubts.push({ code: 'condition_to_check', message: `${condition.texte} (${condition.article}.)` })
  }
  return doubts
}

const claimOn = (file: CaseFile, onDay: Day): bigint => {
  const { principal, interest } = payableOn(file, onDay)
  return principal + interest
}

const threshold = (onDay: Day, id: string): bigint => parseAmount(legalValue('seuils', onDay, id).value)

function refuseOverCeiling(file: CaseFile, procedure: Procedure, condition: Condition, onDay: Day): void {
  const { plafond, texte, article } = condition
  if (plafond === undefined || claimOn(file, onDay) <= threshold(onDay, plafond)) return
  throw new DomainError(
    'over_ceiling',
    `${texte} Le dossier ${file.case.number} doit ${amountFr(claimOn(file, onDay))}.`,
    {
      remedy: 'Choisissez une autre voie\u00a0: injonction de payer, référé-provision ou assignation.',
      article,
      facts: { procedure: procedure.id, ceiling: plafond },
    },
  )
}

/** Companies that are commercial by their form are merchants; of another party only a person can tell. */
function betweenMerchants(file: CaseFile, procedure: Procedure, condition: Condition, onDay: Day): 'no' | 'unknown' {
  const { exclut_entre: forms, texte, article } = condition
  if (forms === undefined || file.debtor.kind !== 'business' || file.creditor.kind === 'particulier') return 'no'
  const { creditor: seller, debtor: buyer } = file
  if (!hasForm(seller.identity, forms, onDay) || !hasForm(buyer.identity, forms, onDay)) return 'unknown'
  throw new DomainError(
    'between_merchants',
    `${texte} Leurs formes\u00a0: ${seller.identity.legalForm} et ${buyer.identity.legalForm}.`,
    {
      remedy: 'Choisissez une autre voie\u00a0: injonction de payer, référé-provision ou assignation.',
      article,
      facts: { procedure: procedure.id },
    },
  )
}

/** Whether the party is known to have a form of that list of the law; a form that was only read in a name refuses nothing. */
const hasForm = ({ legalForm }: PartyIdentity, list: string, onDay: Day): boolean =>
  natureOf({ name: '', legalForm }, onDay).list === list

/** The kinds of debtor that it names, and a business that nothing shows to be commercial: it may go before the civil court. */
function concerns({ debtor }: CaseFile, avertit: Warning, onDay: Day): boolean {
  const { debiteur: kinds, hors_formes: forms } = avertit
  if (kinds === undefined || kinds.includes(debtorWord[debtor.kind])) return true
  return forms !== undefined && debtor.kind === 'business' && !hasForm(debtor.identity, forms, onDay)
}
type Warning = NonNullable<Condition['avertit']>

function isTold(file: CaseFile, { avertit }: Condition, onDay: Day): boolean {
  if (!avertit || !concerns(file, avertit, onDay)) return false
  const claim = avertit.en_principal ? payableOn(file, onDay).principal : claimOn(file, onDay)
  return (
    (avertit.sous === undefined || claim < threshold(onDay, avertit.sous)) &&
    (avertit.au_plus === undefined || claim <= threshold(onDay, avertit.au_plus)) &&
    (avertit.au_dela === undefined || claim > threshold(onDay, avertit.au_dela))
  )
}
