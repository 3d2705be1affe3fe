import type { Day } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { amount } from '../../schema/money.ts'
import { newId, type Random } from '../../schema/random.ts'
import { lockOpenCase } from './lock.ts'
import { readCase } from './file.ts'
import { placeHold } from './holds.ts'
import { type Author, record } from './journal.ts'
import { owedOn } from './ledger.ts'
import { renewLimitation } from './limitation.ts'

export interface PaymentInput {
  caseId: string
  receivedOn: Day
  /** Cents of the case's currency. */
  amount: bigint
  means: string
  reference: string | null
  receivedBy: 'creditor' | 'agency'
  /** The invoice the debtor chose to pay (C. civ. 1342-10). */
  invoiceNumber?: string
}

/**
 * Records a payment. It is imputed on interest first (C. civ. 1343-1), acknowledges the debt (C. civ. 2240), voids a
 * consent not yet filed, and suspends the case when nothing is left to pay.
 */
export async function recordPayment(sql: Sql, random: Random, onDay: Day, input: PaymentInput, author: Author): Promise<{ id: string; left: bigint }> {
  if (input.amount <= 0n) {
    throw new DomainError('bad_payment', `Un paiement doit être positif (reçu : ${amount(input.amount)}).`, {
      remedy: 'Pour annuler un paiement, enregistrez un rejet avec son motif.',
    })
  }
  if (Temporal.PlainDate.compare(input.receivedOn, onDay) > 0) {
    throw new DomainError('payment_in_future', "Un paiement ne peut être enregistré avant d'être reçu.", {
      remedy: 'Enregistrez une promesse si le débiteur annonce un paiement.',
    })
  }
  return transaction(sql, async (tx) => {
    const id = newId(random)
    await lockOpenCase(tx, input.caseId)
    const [invoice] = input.invoiceNumber
      ? await tx<{ id: string }[]>`select id from invoices where case_id = ${input.caseId} and number = ${input.invoiceNumber}`
      : []
    if (input.invoiceNumber && !invoice) {
      throw new DomainError('unknown_invoice', `La facture ${input.invoiceNumber} n'est pas dans ce dossier.`, {
        remedy: 'Laissez le numéro vide pour imputer selon la loi, ou corrigez-le.',
      })
    }
    await tx`
      insert into payments (id, case_id, invoice_id, received_on, amount, means, reference, received_by, recorded_on, recorded_by)
      values (${id}, ${input.caseId}, ${invoice?.id ?? null}, ${input.receivedOn}, ${input.amount}, ${input.means},
              ${input.reference}, ${input.receivedBy}, ${onDay}, ${author})`
    await renewLimitation(tx, onDay, { caseId: input.caseId, on: input.receivedOn, cause: 'paiement partiel', article: 'C. civ. 2240' })
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'payment_recorded',
      detail: { amount: amount(input.amount), receivedOn: input.receivedOn.toString(), means: input.means },
      author,
    })
    const file = await readCase(tx, input.caseId)
    const left = owedOn(file, onDay).total
    if (left <= 0n) {
      await placeHold(tx, random, onDay, {
        caseId: input.caseId,
        cause: 'paiement-integral',
        reason: 'Tout est payé : le dossier est à clore après vérification.',
        reviewOn: onDay.add({ days: 7 }),
      }, 'system')
    }
    return { id, left }
  })
}
