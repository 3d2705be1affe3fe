import { after, type Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { sum } from '../../schema/money.ts'
import { type CaseFile, formalNotices, readCases } from '../cases/file/file.ts'
import type { FeeBasis, FeeCase, FeeMandate, FeePayment } from './fees.ts'
import { owedOn } from './ledger.ts'
import { standingPayments } from './standing-payments.ts'

/** All that the fees of a creditor are reckoned from, as it is known now. DomainError `no_fee_terms`. */
export async function readFeeBasis(sql: Sql, creditorId: string, until: Day, currency: string): Promise<FeeBasis> {
  const mandates = await sql<FeeMandate[]>`
    select signed_on, ended_on, fee_terms as terms from mandates
    where creditor_id = ${creditorId} and fee_terms is not null order by signed_on, id`
  if (mandates.length === 0) {
    throw new DomainError('no_fee_terms', 'La convention de ce créancier ne porte pas de barème d’honoraires.', {
      remedy: 'Enregistrez une convention avec ses honoraires (recordMandate, feeTerms).',
      article: 'CPCE R124-3',
    })
  }
  const files = await filesOf(sql, creditorId, currency)
  const extraSteps = await sql<FeeBasis['extraSteps']>`
    select x.id, x.case_id, x.label, x.price, x.done_on from extra_steps x join cases c on c.id = x.case_id
    where c.creditor_id = ${creditorId} and c.currency = ${currency} order by x.done_on, x.id`
  const charged = await sql<{ subject: string }[]>`
    select subject from fee_lines where creditor_id = ${creditorId} and kind <> 'reversal'`
  const rejected = await sql<FeeBasis['rejected']>`
    select l.subject, l.case_id, l.label, r.rejected_on, l.amount
    from fee_lines l join fee_statements s on s.id = l.statement_id join payment_rejections r on r.payment_id::text = l.subject
    where l.creditor_id = ${creditorId} and s.currency = ${currency} and l.kind in ('before_notice', 'success')
      and not exists (select from fee_lines back where back.creditor_id = l.creditor_id and back.subject = l.subject and back.kind = 'reversal')
    order by r.rejected_on, l.subject`
  return {
    until,
    currency,
    mandates,
    cases: files.map(feeCase),
    payments: files.flatMap((file) => earnedPayments(file, until)),
    entrusted: files.flatMap(({ case: { openedOn }, invoices }) =>
      invoices.map(({ payable }) => ({ on: openedOn, amount: payable })),
    ),
    extraSteps,
    rejected,
    charged: new Set(charged.map(({ subject }) => subject)),
  }
}

/** The creditor's cases in that currency, by number. */
async function filesOf(sql: Sql, creditorId: string, currency: string): Promise<CaseFile[]> {
  const rows = await sql<{ id: string }[]>`
    select id from cases where creditor_id = ${creditorId} and currency = ${currency}`
  const files = await readCases(
    sql,
    rows.map(({ id }) => id),
  )
  return [...files.values()].toSorted((a, b) => (a.case.number < b.case.number ? -1 : 1))
}

function feeCase(file: CaseFile): FeeCase {
  const { id, number, openedOn } = file.case
  return {
    id,
    number,
    openedOn,
    debtor: file.debtor.name,
    kind: file.debtor.kind,
    amount: sum(file.invoices.map(({ payable }) => payable)),
    noticeOn: formalNotices(file)[0]?.writtenOn ?? null,
  }
}

/** What was received up to that day and stands, without what exceeded the debt. */
function earnedPayments(file: CaseFile, until: Day): FeePayment[] {
  const standing = standingPayments(file, until).filter(({ receivedOn }) => !after(receivedOn, until))
  if (standing.length === 0) return []
  // The ledger takes payments by day of receipt, and so does this list.
  const { imputations } = owedOn(file, until)
  return standing.map(({ id, receivedOn, amount }, i) => ({
    id,
    caseId: file.case.id,
    receivedOn,
    amount: amount - (imputations[i]?.excess ?? 0n),
  }))
}
