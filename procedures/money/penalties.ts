import { after, type Day, dayFr } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { amountFr, amount as amountText, type Currency } from '../../schema/money.ts'
import { newId, type Random } from '../../schema/random.ts'
import { endUnfiledConsents } from '../judicial/consents/consent-ends.ts'
import { parsePercent, type PenaltyClause, penaltySum, percentText } from '../law/claim.ts'
import type { Debtor } from '../cases/debtors.ts'
import { type Author, record } from '../cases/journal.ts'
import { caseGone } from '../cases/lock.ts'

/** A contractual penalty as it was entered: of a creditor's terms for one kind of debtor, or of one invoice. */
export interface PenaltyTerms {
  id: string
  creditorId: string
  /** The invoice that it is the penalty of; null for the creditor's terms. */
  invoiceId: string | null
  debtorKind: Debtor['kind'] | null
  /** The terms bind the invoices issued from that day on; null for all. */
  issuedFrom: Day | null
  /** Per cent of the principal unpaid when it becomes due, as decimal text; or `amount`, cents an invoice. */
  percent: string | null
  amount: bigint | null
  /** Of the fixed sum; it is counted in the cases of that currency. Null for a percentage. */
  currency: Currency | null
  covers: PenaltyClause['covers']
  delayDays: number
  definitiveOn: Day | null
  wording: string
  source: string
  recordedOn: Day
}

export type PenaltyInput = Omit<PenaltyTerms, 'id' | 'recordedOn'>

/** The columns of a `PenaltyTerms`, of the table under that alias. */
export const penaltyColumns = (sql: Sql) => sql`
  p.id, p.creditor_id, p.invoice_id, p.debtor_kind, p.issued_from, trim_scale(p.percent)::text as percent, p.amount, p.currency, p.covers,
  p.delay_days, p.definitive_on, p.wording, p.source, p.recorded_on`

/** Enters a clause; it takes the place of the one that binds from the same day on, and ends what creditors were asked to sign without it. */
export async function recordPenaltyClause(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: PenaltyInput,
  author: Author,
): Promise<string> {
  const sum = penaltySum(input.percent, input.amount === null ? null : amountText(input.amount))
  const percent = sum.percent === undefined ? null : percentText(sum.percent)
  const [wording, source] = [input.wording.trim(), input.source.trim()]
  if (wording === '' || source === '') {
    throw new DomainError('clause_needed', 'Une clause pénale se prouve par son texte.', {
      remedy:
        'Recopiez la clause (wording) et dites où elle se trouve (source) : contrat, conditions générales, article.',
      article: 'C. civ. 1231-5',
    })
  }
  const id = newId(random)
  await transaction(sql, async (tx) => {
    // Two clauses entered at once follow one another.
    await tx`select 1 from creditors where id = ${input.creditorId} for no key update`
    await tx`
      update penalty_clauses set ended_on = ${onDay}, ended_why = 'remplacée'
      where ended_on is null and creditor_id = ${input.creditorId}
        and invoice_id is not distinct from ${input.invoiceId} and debtor_kind is not distinct from ${input.debtorKind}
        and (invoice_id is not null or issued_from is not distinct from ${input.issuedFrom})`
    await tx`
      insert into penalty_clauses (id, creditor_id, invoice_id, debtor_kind, issued_from, percent, amount, currency, covers,
                                   delay_days, definitive_on, wording, source, recorded_on, recorded_by)
      values (${id}, ${input.creditorId}, ${input.invoiceId}, ${input.debtorKind}, ${input.issuedFrom}, ${percent}, ${input.amount},
              ${input.currency}, ${input.covers}, ${input.delayDays}, ${input.definitiveOn}, ${wording}, ${source}, ${onDay}, ${author})`
    await tell(tx, onDay, input, 'penalty_recorded', { clause: id, source }, author)
  })
  return id
}

/** The clause no longer counts from that day on: entered wrongly, given up, or held unfair. */
export async function endPenaltyClause(
  sql: Sql,
  onDay: Day,
  input: { id: string; reason: string },
  author: Author,
): Promise<PenaltyTerms> {
  return transaction(sql, async (tx) => {
    const [ended] = await tx<PenaltyTerms[]>`
      update penalty_clauses p set ended_on = ${onDay}, ended_why = ${input.reason}
      where p.id = ${input.id} and p.ended_on is null returning ${penaltyColumns(tx)}`
    if (!ended) {
      throw new DomainError('penalty_not_found', "Cette clause pénale n'existe pas ou n'est plus comptée.", {
        remedy: 'Relisez les clauses du créancier (penaltyClauses).',
      })
    }
    await tell(tx, onDay, ended, 'penalty_ended', { clause: ended.id, reason: input.reason }, author)
    return ended
  })
}

/** The journal of the case, or of the creditor; sums already put to a creditor for signature were others. */
async function tell(
  sql: Sql,
  onDay: Day,
  clause: Pick<PenaltyTerms, 'creditorId' | 'invoiceId' | 'debtorKind'>,
  kind: 'penalty_recorded' | 'penalty_ended',
  detail: Record<string, string>,
  author: Author,
): Promise<void> {
  const cases = await sql<{ id: string }[]>`
    select c.id from cases c join debtors d on d.id = c.debtor_id
    where c.creditor_id = ${clause.creditorId}
      and (d.kind = ${clause.debtorKind} or exists (select from invoices i where i.case_id = c.id and i.id = ${clause.invoiceId}))
    order by c.id for update of c`
  if (clause.invoiceId !== null && cases.length === 0) throw caseGone(clause.invoiceId)
  const reason = `La clause pénale a changé depuis la demande d’accord (${dayFr(onDay)}).`
  const ids = cases.map(({ id }) => id)
  await endUnfiledConsents(sql, onDay, ids, reason, author)
  await record(sql, onDay, {
    caseId: clause.invoiceId === null ? null : cases[0]!.id,
    kind,
    detail: { creditor: clause.creditorId, ...detail },
    author,
  })
}

/** The clause of an invoice: its own, or the latest of the creditor's terms for that kind of debtor that reach its issue. */
export function clauseOf(
  clauses: PenaltyTerms[],
  debtor: Debtor['kind'],
  invoice: { id: string; issuedOn: Day },
): PenaltyTerms | undefined {
  if (clauses.length === 0) return undefined
  const own = clauses.find(({ invoiceId }) => invoiceId === invoice.id)
  if (own) return own
  return clauses
    .filter(({ debtorKind }) => debtorKind === debtor)
    .filter(({ issuedFrom }) => issuedFrom === null || !after(issuedFrom, invoice.issuedOn))
    .toSorted((a, b) => firstDay(b).localeCompare(firstDay(a)))[0]
}

/** ISO days sort as text; terms for all invoices come before any dated ones. */
const firstDay = ({ issuedFrom }: PenaltyTerms): string => issuedFrom?.toString() ?? ''

/** A fixed sum is one of its own currency: the same figure in another would be another debt. */
export const isCountable = (clause: PenaltyTerms, currency: string): boolean =>
  clause.amount === null || clause.currency === currency

/** What is not counted for its currency is said: the creditor expects it. */
export function otherCurrencyDoubt(clause: PenaltyTerms, currency: string): Doubt {
  const fixed = amountFr(clause.amount!, clause.currency!)
  return {
    code: 'penalty_other_currency',
    message: `Clause pénale non comptée (${clause.source})\u00a0: elle est de ${fixed} par facture, et le dossier est en ${currency}.`,
  }
}

/** The clause as the reckoning reads it. */
export function penaltyOf(clause: PenaltyTerms): PenaltyClause {
  return {
    ...(clause.percent === null ? { amount: clause.amount! } : { percent: parsePercent(clause.percent) }),
    covers: clause.covers,
    delayDays: clause.delayDays,
    ...(clause.definitiveOn === null ? {} : { definitiveOn: clause.definitiveOn }),
    source: clause.source,
  }
}

/** The clause as letters quote it, where all the invoices of the case have one and the same and it may be relied on. */
export function clauseFacts(
  clauses: PenaltyTerms[],
  debtor: Debtor['kind'],
  invoices: { id: string; issuedOn: Day }[],
  currency: string,
): { texte: string; taux?: string; montant?: string; article: string } | undefined {
  const [first, ...others] = invoices.map((invoice) => clauseOf(clauses, debtor, invoice))
  if (!first || first.covers !== 'inexecution' || others.some((clause) => clause !== first)) return undefined
  if (!isCountable(first, currency)) return undefined
  return {
    texte: first.wording,
    ...(first.percent === null
      ? { montant: amountText(first.amount!) }
      : { taux: percentText(parsePercent(first.percent)) }),
    article: first.source,
  }
}
