import { invoiceFromJson, type InvoiceJson } from '../../../documents/invoices/einvoice.ts'
import type { Facts } from '../../../documents/facts.ts'
import { before, type Day, monthFr } from '../../../schema/days.ts'
import { json, type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import type { Office } from '../../office.ts'
import { writeLetter } from '../../mail/correspondence.ts'
import { reachOf } from '../../mail/reach.ts'
import { letterFor } from '../../mail/situation-letters.ts'
import type { DebtorKind } from '../debtors.ts'
import { readCase } from '../file/file.ts'
import { averageDays, type Examined, type InvoicingReview, reviewInvoicing, type Span } from './invoicing-review.ts'
import { type Author, record } from '../journal.ts'
import { lockCase } from '../lock.ts'

/** A month's review as it was written to the creditor; `documentId` is null where the month brought no invoice. */
export interface KeptReview {
  creditorId: string
  /** The first day of the month reviewed. */
  month: Day
  examined: number
  madeOn: Day
  documentId: string | null
  sha256: string | null
}

/** The review of what a creditor entrusted in a month, computed now and kept nowhere. */
export async function invoicingReview(sql: Sql, creditorId: string, month: Day): Promise<InvoicingReview> {
  return reviewInvoicing(await entrusted(sql, creditorId, firstOf(month)))
}

interface EntrustedRow {
  client: string
  debtor: DebtorKind
  zone: string
  dueOn: Day
  source: InvoiceJson
}

async function entrusted(sql: Sql, creditorId: string, month: Day): Promise<Examined[]> {
  const rows = await sql<EntrustedRow[]>`
    select d.name as client, d.kind as debtor, c.zone, i.due_on, i.source
    from cases c join debtors d on d.id = c.debtor_id join invoices i on i.case_id = c.id
    where c.creditor_id = ${creditorId} and i.recorded_on >= ${month} and i.recorded_on < ${month.add({ months: 1 })}
    order by i.issued_on, i.number`
  return rows.map(({ source, ...row }) => ({ ...row, read: invoiceFromJson(source) }))
}

const firstOf = (day: Day): Day => day.with({ day: 1 })

/**
 * Writes to the creditor the review of one month, once: another call finds the first. A month without any invoice is kept as
 * seen, without a letter. DomainErrors: `month_not_over`, `review_already_made`.
 */
export async function issueInvoicingReview(
  office: Office,
  onDay: Day,
  input: { creditorId: string; month: Day },
  author: Author,
): Promise<KeptReview> {
  const { creditorId } = input
  const month = firstOf(input.month)
  if (!before(month.add({ months: 1 }).subtract({ days: 1 }), onDay)) {
    throw new DomainError('month_not_over', `Le mois de ${monthFr(month)} n’est pas terminé.`, {
      remedy: 'La revue de la facturation porte sur un mois écoulé : attendez sa fin.',
    })
  }
  return transaction(office.sql, async (sql) => {
    // A lock of the month alone: the creditor's invoices come in while its letter is made.
    await sql`select pg_advisory_xact_lock(hashtextextended(${`review:${creditorId}:${month}`}, 0))`
    const [known] = await sql`select 1 from invoicing_reviews where creditor_id = ${creditorId} and month = ${month}`
    if (known) {
      throw new DomainError('review_already_made', `La revue de ${monthFr(month)} a déjà été faite.`, {
        remedy: 'Consultez-la dans l’espace du créancier, parmi les revues de la facturation.',
      })
    }
    const review = await invoicingReview(sql, creditorId, month)
    const written = review.examined > 0 ? await tell(office, sql, onDay, { creditorId, month, review }, author) : null
    await sql`
      insert into invoicing_reviews (creditor_id, month, examined, findings, document_id, made_on, made_by)
      values (${creditorId}, ${month}, ${review.examined}, ${json(sql, reviewFacts(review, month))}, ${written?.id ?? null}, ${onDay}, ${author})`
    await record(sql, onDay, {
      caseId: null,
      kind: 'invoicing_reviewed',
      detail: { creditor: creditorId, month: month.toString(), examined: review.examined },
      author,
    })
    const { examined } = review
    return {
      creditorId,
      month,
      examined,
      madeOn: onDay,
      documentId: written?.id ?? null,
      sha256: written?.sha256 ?? null,
    }
  })
}

/** The advice letter is kept with the creditor's last case of the month: a letter has a case, and this one has no debtor. */
async function tell(
  office: Office,
  sql: Sql,
  onDay: Day,
  { creditorId, month, review }: { creditorId: string; month: Day; review: InvoicingReview },
  author: Author,
) {
  const [lead] = await sql<{ id: string }[]>`
    select c.id from cases c join invoices i on i.case_id = c.id
    where c.creditor_id = ${creditorId} and i.recorded_on >= ${month} and i.recorded_on < ${month.add({ months: 1 })}
    order by c.zone = 'madagascar', c.opened_on desc, c.number desc limit 1`
  await lockCase(sql, lead!.id)
  const file = await readCase(sql, lead!.id)
  const channel = reachOf(file, 'creancier')
  if (channel === null) return null
  return writeLetter(office, sql, onDay, file, {
    letter: letterFor(file, 'invoicing-review'),
    channel,
    recipient: 'creancier',
    facts: { statistiques: { revue: reviewFacts(review, month) } } as Partial<Facts>,
    author,
  })
}

/** The findings in the words of schema/facts.schema.json. Long lists are cut, and say so: the creditor's space has them whole. */
export function reviewFacts(review: InvoicingReview, month: Day) {
  const late = review.toInvoice.filter(({ limitOn }) => limitOn !== null)
  const over = review.terms.filter(({ limitOn }) => limitOn !== null)
  const line = ({ number, client, days, limitOn }: Span) => ({
    facture: number,
    client,
    jours: days,
    ...(limitOn ? { limite: limitOn.toString() } : {}),
  })
  return {
    mois: monthFr(month),
    examinees: review.examined,
    completes: review.complete,
    mentions: review.lacks.map(({ label, article, invoices }) => ({
      libelle: label,
      article,
      nombre: invoices.length,
      factures: listed(invoices),
    })),
    ...(review.unread.length > 0 ? { nonLues: listed(review.unread) } : {}),
    ...(review.notJudged.length > 0 ? { nonJugees: listed(review.notJudged) } : {}),
    ...optionalDays('delaiFacturation', review.toInvoice),
    ...optionalDays('delaiAccorde', review.terms),
    tardives: late.slice(0, shown).map(line),
    tardivesAutres: Math.max(0, late.length - shown),
    horsLimite: over.slice(0, shown).map(line),
    horsLimiteAutres: Math.max(0, over.length - shown),
    aStipuler: listed(review.toStipulate.map(({ number }) => number)),
    garanties: review.guarantees.slice(0, shown).map(({ measure, why, article }) => ({
      mesure: measure,
      motif: why,
      ...(article ? { article } : {}),
    })),
    reserves: review.doubts.map(({ message }) => message),
  }
}

const shown = 12
const listed = (numbers: string[]): string =>
  numbers.length > shown + 1
    ? `${numbers.slice(0, shown).join(', ')} et ${numbers.length - shown} autres`
    : numbers.join(', ')

function optionalDays<Name extends string>(name: Name, spans: Span[]): Partial<Record<Name, number>> {
  const days = averageDays(spans)
  return (days === null ? {} : { [name]: days }) as Partial<Record<Name, number>>
}

/** The reviews of those creditors, the newest first. */
export async function readInvoicingReviews(sql: Sql, creditorIds: string[]): Promise<Map<string, KeptReview[]>> {
  const rows = await sql<KeptReview[]>`
    select r.creditor_id, r.month, r.examined, r.made_on, r.document_id, d.sha256
    from invoicing_reviews r left join documents d on d.id = r.document_id
    where r.creditor_id = any(${creditorIds}) order by r.month desc`
  return Map.groupBy(rows, (row) => row.creditorId)
}

/**
 * Queues the reviews that are due by that day, for creditors whose agreement foresees them: each month that is over, from the one
 * in which the agreement was recorded here, however long ago it was signed. The month of the creditor is the key of its job.
 * Answers how many.
 */
export async function tickReviews(sql: Sql, upTo: Day): Promise<number> {
  const [row] = await sql<[{ planned: number }]>`
    with recorded as (
      select detail ->> 'creditor' as creditor, max(on_day) as on_day
      from events where case_id is null and kind = 'mandate_recorded' group by 1
    ), due as (
      select m.creditor_id, month::date
      from mandates m join recorded on recorded.creditor = m.creditor_id::text,
           generate_series(date_trunc('month', recorded.on_day), date_trunc('month', ${upTo}::date) - interval '1 month', interval '1 month') as month
      where m.reviews_invoicing and m.ended_on is null
        and not exists (select from invoicing_reviews r where r.creditor_id = m.creditor_id and r.month = month::date)
    )
    select count(graphile_worker.add_job('review', json_build_object('creditor', creditor_id, 'month', month, 'day', ${upTo}::date, 'version', 1),
                                         job_key => 'review:' || creditor_id || ':' || month, max_attempts => 12))::int as planned
    from due`
  return row.planned
}

/** The job of one month; made already, or by another worker, is well. */
export async function doReview(office: Office, job: { creditor: string; month: Day }, onDay: Day): Promise<void> {
  try {
    await issueInvoicingReview(office, onDay, { creditorId: job.creditor, month: job.month }, 'system')
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'review_already_made') throw error
  }
}
