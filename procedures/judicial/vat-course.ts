import { after, type Day } from '../../schema/days.ts'
import type { CaseFile } from '../cases/file/file.ts'
import { legalValue } from '../law/values.ts'
import { isMalagasy } from '../money/ledger.ts'
import { loadProcedure, type Procedure } from './engine/procedure.ts'
import { type Progress, progress } from './engine/progress.ts'
import type { ProcedureEvent } from './engine/time-limits.ts'

/** Letters that rectify the invoices of a sale that was never paid (CGI 272, 1). */
const rectifying = new Set(['cloture-duplicata-facture-impayee', 'cloture-etat-recapitulatif-impayes'])
const certificate = 'cloture-certificat-irrecouvrabilite'

/**
 * Where a creditor stands with the VAT of a claim that will not be paid, read from the judgments and letters of the case; null while
 * nothing says that it is lost, and in Madagascar, whose tax law is not on file.
 */
export function vatCourse(file: CaseFile, onDay: Day): { procedure: Procedure; progress: Progress } | null {
  if (isMalagasy(file)) return null
  const events = vatEvents(file).filter(({ on }) => !after(on, onDay))
  if (events.length === 0) return null
  const procedure = loadProcedure('irrecouvrabilite')
  return { procedure, progress: progress(procedure, events, onDay, { zone: file.case.zone }) }
}

function vatEvents(file: CaseFile): ProcedureEvent[] {
  const liquidation = file.insolvencies.find(({ nature }) => /liquidation judiciaire/i.test(nature))
  const first = (is: (letter: string) => boolean) =>
    file.documents.find(({ letter, withdrawnWhy }) => withdrawnWhy === null && is(letter))?.writtenOn
  const certified = first((letter) => letter === certificate)
  const rectified = first((letter) => rectifying.has(letter))
  const lost = liquidation ? null : (certified ?? null)
  const start = liquidation?.openedOn ?? lost
  if (!start) return []
  const came = file.payments.find(({ receivedOn, rejectedOn }) => rejectedOn === null && after(receivedOn, start))
  return [
    ...(liquidation ? [{ step: 'liquidation', on: liquidation.openedOn, facts: lastDay(liquidation.openedOn) }] : []),
    // The certificate says that what was tried was in vain, on its own day.
    ...(lost ? [{ step: 'poursuites-vaines', on: lost, facts: lastDay(lost) }] : []),
    ...(certified ? [{ step: 'certificat', on: certified }] : []),
    ...(rectified ? [{ step: 'rectification', on: rectified }] : []),
    ...(came ? [{ step: 'paiement', on: came.receivedOn }] : []),
  ]
}

/** The end of so many years after that of the loss. */
function lastDay(on: Day): Record<string, unknown> {
  const years = Number(legalValue('tva-recuperation', on).value)
  return { delais: { imputation: `${on.year + years}-12-31` } }
}
