import type { Facts } from '../../documents/facts.ts'
import { type Day, parseDay } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import type { Doubt } from '../../schema/errors.ts'
import { amount, parseAmount } from '../../schema/money.ts'
import { newId } from '../../schema/random.ts'
import { parsePercent, percentText } from '../law/claim.ts'
import type { Owed } from '../law/interest.ts'
import type { Office } from '../office.ts'
import { titleFacts } from '../judicial/titles/titles.ts'
import { writeLetter } from '../mail/correspondence.ts'
import { letterFor } from '../mail/situation-letters.ts'
import { totals } from '../cases/file/facts.ts'
import { readCase } from '../cases/file/file.ts'
import { type Author, record } from '../cases/journal.ts'
import { isMalagasy, payableOn, titleOf } from './ledger.ts'
import { caseGone } from '../cases/lock.ts'
import { partsOf } from './sums.ts'

/** A statement of account (décompte) as it was issued: what happens afterwards never changes it. */
export interface Statement {
  id: string
  caseId: string
  /** 1, 2, 3… in its case. */
  number: number
  asOf: Day
  currency: string
  owed: Owed
  documentId: string
  reference: string
  sha256: string
  issuedBy: string
}

interface Row extends Omit<Statement, 'owed'> {
  principal: bigint
  interest: bigint
  indemnity: bigint
  penalty: bigint
  total: bigint
  perDay: bigint
  remitted: bigint
  /** Null in the statements of before it was kept: credit notes of more than was left are not in it. */
  overpaid: bigint | null
  segments: (Record<'invoice' | 'from' | 'to' | 'base' | 'percent' | 'amount' | 'why', string> & { days: number })[]
  imputations: (Record<'date' | 'amount' | 'interest' | 'principal' | 'indemnity' | 'excess', string> & {
    penalty?: string
    costs?: string
    parts: (Record<'invoice' | 'interest' | 'principal' | 'indemnity', string> & { penalty?: string; costs?: string })[]
  })[]
  /** « penalty » and « costs » are not there in a statement of before there were any. */
  invoices: (Record<'number' | 'due' | 'amount' | 'principal' | 'interest' | 'indemnity' | 'unpaid', string> & {
    penalty?: string
    costs?: string
  })[]
  doubts: Doubt[]
}

/**
 * Issues the statement of the case at the end of that day: a numbered document and a row with segments, imputations,
 * doubts and the interest of a further day. The ones before it stay; a closed case may still be stated.
 */
export async function issueStatement(
  office: Office,
  onDay: Day,
  input: { caseId: string },
  author: Author,
): Promise<Statement> {
  return transaction(office.sql, async (sql) => {
    const [found] = await sql`select 1 from cases where id = ${input.caseId} for update`
    if (!found) throw caseGone(input.caseId)
    const file = await readCase(sql, input.caseId)
    const owed = payableOn(file, onDay)
    const [last] = await sql<
      { number: number | null }[]
    >`select max(number) as number from statements where case_id = ${input.caseId}`
    const number = (last?.number ?? 0) + 1
    const underTitle = !isMalagasy(file) && titleOf(file, onDay)?.award != null
    const written = await writeLetter(office, sql, onDay, file, {
      ...(underTitle
        ? { letter: 'decompte-titre-executoire', recipient: 'commissaire-de-justice' as const }
        : {
            letter: letterFor(file, 'statement'),
            recipient: 'greffe' as const,
          }),
      channel: 'acte-prive',
      facts: {
        ...(underTitle ? await titleFacts(sql, input.caseId, onDay) : {}),
        totaux: { ...totals(file, owed, onDay), numero: number },
      } as Partial<Facts>,
      author,
    })
    const id = newId(office.random)
    await sql`
      insert into statements (id, case_id, number, as_of, currency, principal, interest, indemnity, penalty, total, per_day, remitted, overpaid,
                              segments, imputations, invoices, doubts, document_id, issued_by)
      values (${id}, ${input.caseId}, ${number}, ${onDay}, ${file.case.currency}, ${owed.principal}, ${owed.interest},
              ${owed.indemnity}, ${owed.penalty}, ${owed.total}, ${owed.perDay}, ${owed.remitted}, ${owed.overpaid}, ${json(sql, freezeSegments(owed))}, ${json(sql, freezeImputations(owed))},
              ${json(sql, freezeInvoices(owed))}, ${json(sql, owed.doubts)}, ${written.id}, ${author})`
    await record(sql, onDay, {
      caseId: input.caseId,
      kind: 'statement_issued',
      detail: {
        number,
        reference: written.reference,
        total: amount(owed.total),
        perDay: amount(owed.perDay),
        sha256: written.sha256,
      },
      author,
    })
    return (await readStatements(sql, [input.caseId])).get(input.caseId)!.at(-1)!
  })
}

/** The statements of those cases, by case, the oldest first. */
export async function readStatements(sql: Sql, caseIds: string[]): Promise<Map<string, Statement[]>> {
  const rows = await sql<Row[]>`
    select s.id, s.case_id, s.number, s.as_of, s.currency, s.principal, s.interest, s.indemnity, s.penalty, s.total, s.per_day, s.remitted, s.overpaid, s.segments,
           s.imputations, s.invoices, s.doubts, s.document_id, d.reference, d.sha256, s.issued_by
    from statements s join documents d on d.id = s.document_id
    where s.case_id = any(${caseIds}) order by s.number`
  return Map.groupBy(rows.map(thaw), (row) => row.caseId)
}

const freezeSegments = ({ segments }: Owed) =>
  segments.map((row) => ({
    invoice: row.invoice,
    from: row.from.toString(),
    to: row.to.toString(),
    days: row.days,
    base: amount(row.base),
    percent: percentText(row.percent),
    amount: amount(row.amount),
    why: row.why,
  }))

const freezeImputations = ({ imputations }: Owed) =>
  imputations.map((row) => ({
    date: row.date.toString(),
    amount: amount(row.amount),
    ...toShares(row),
    excess: amount(row.excess),
    parts: row.parts.map((part) => ({ invoice: part.invoice, ...toShares(part) })),
  }))

const freezeInvoices = ({ invoices }: Owed) =>
  invoices.map((row) => ({
    number: row.number,
    due: row.due.toString(),
    amount: amount(row.amount),
    principal: amount(row.principal),
    interest: amount(row.interest),
    indemnity: amount(row.indemnity),
    penalty: amount(row.penalty),
    costs: amount(row.costs),
    unpaid: amount(row.unpaid),
  }))

const toShares = (row: Record<'toInterest' | 'toPrincipal' | 'toIndemnity' | 'toPenalty' | 'toCosts', bigint>) => ({
  interest: amount(row.toInterest),
  principal: amount(row.toPrincipal),
  indemnity: amount(row.toIndemnity),
  penalty: amount(row.toPenalty),
  costs: amount(row.toCosts),
})
const fromShares = (
  row: Record<'interest' | 'principal' | 'indemnity', string> & { penalty?: string; costs?: string },
) => ({
  toInterest: parseAmount(row.interest),
  toPrincipal: parseAmount(row.principal),
  toIndemnity: parseAmount(row.indemnity),
  toPenalty: parseAmount(row.penalty ?? '0.00'),
  toCosts: parseAmount(row.costs ?? '0.00'),
})

function thaw({
  principal,
  interest,
  indemnity,
  penalty,
  total,
  perDay,
  remitted,
  overpaid,
  segments,
  imputations,
  invoices,
  doubts,
  ...row
}: Row): Statement {
  const lines = invoices.map((line) => ({
    number: line.number,
    due: parseDay(line.due),
    amount: parseAmount(line.amount),
    ...partsOf(line),
    unpaid: parseAmount(line.unpaid),
  }))
  const paid = imputations.map((line) => ({
    date: parseDay(line.date),
    amount: parseAmount(line.amount),
    ...fromShares(line),
    excess: parseAmount(line.excess),
    parts: line.parts.map((part) => ({ invoice: part.invoice, ...fromShares(part) })),
  }))
  return {
    ...row,
    owed: {
      asOf: row.asOf,
      principal,
      interest,
      indemnity,
      penalty,
      // No column of its own: it is what the other sums leave of the total.
      costs: total - principal - interest - indemnity - penalty,
      total,
      perDay,
      remitted,
      overpaid: overpaid ?? paid.reduce((excess, line) => excess + line.excess, 0n),
      segments: segments.map((line) => ({
        invoice: line.invoice,
        from: parseDay(line.from),
        to: parseDay(line.to),
        days: line.days,
        base: parseAmount(line.base),
        percent: parsePercent(line.percent),
        amount: parseAmount(line.amount),
        why: line.why,
      })),
      imputations: paid,
      invoices: lines,
      // A statement says what is claimed, and nothing of what no longer may be.
      barred: [],
      principalByInvoice: Object.fromEntries(lines.map((line) => [line.number, line.principal])),
      unpaidByInvoice: Object.fromEntries(lines.map((line) => [line.number, line.unpaid])),
      doubts,
    },
  }
}
