import type { Day } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { amountFr, parseAmount } from '../../schema/money.ts'
import type { CaseFile } from '../cases/file.ts'
import { payableOn } from '../cases/ledger.ts'
import { legalValue } from '../law/values.ts'
import type { Procedure } from './procedure.ts'

/** Refuses a procedure whose ceiling the claim, interest included, exceeds on that day; the ceiling is a dated value. */
export function refuseOverCeiling(file: CaseFile, procedure: Procedure, onDay: Day): void {
  for (const { plafond, texte, article } of procedure.conditions ?? []) {
    if (plafond === undefined) continue
    const { principal, interest } = payableOn(file, onDay)
    const most = parseAmount(legalValue('seuils', onDay, plafond).value)
    if (principal + interest <= most) continue
    throw new DomainError(
      'over_ceiling',
      `${texte} Le dossier ${file.case.number} doit ${amountFr(principal + interest)}.`,
      {
        remedy: 'Choisissez une autre voie : injonction de payer, référé-provision ou assignation.',
        article,
        facts: { procedure: procedure.id, ceiling: plafond },
      },
    )
  }
}
