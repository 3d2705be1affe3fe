import type { Sql } from '../../../schema/db.ts'
import { unaccented } from '../../../schema/words.ts'
import type { Office } from '../../office.ts'

export type MatchedBy = 'number' | 'letter' | 'code' | 'invoice' | 'phone' | 'name'

export interface Caller {
  caseId: string
  matchedBy: MatchedBy
}

const most = 20

/**
 * Whose call it is: by the number of a case, the reference or code of a letter, the number of an invoice, the phone or the name,
 * whole or begun, in one statement and by indexes; `code` is what was said, read as a code. The surest match first, open cases
 * before closed ones.
 */
export async function findCaller(
  { sql, vault }: Pick<Office, 'sql' | 'vault'>,
  said: string,
  code: string | null = null,
): Promise<Caller[]> {
  const text = said
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, 100)
  if (text.length < 2) return []
  const digits = text.replace(/\D/g, '')
  const phone = digits.length >= 9 && /^[+\d\s().-]+$/.test(text) ? digits.slice(-9) : null
  const words = nameQuery(text)
  return sql<Caller[]>`
    with matches as (
      select id as case_id, 'number' as matched_by, 1 as rank from cases where number = ${text}
      union all
      select case_id, case when reference = ${text} then 'letter' else 'code' end, 2
      from documents where reference = ${text} or code = ${code}
      union all
      select d.case_id, 'code', 2 from coupons k join documents d on d.id = k.document_id
      where k.mark = ${code === null ? null : vault.mark(code)}
      union all
      select case_id, 'invoice', 3 from invoices where lower(number) = ${text.toLowerCase()}
      union all
      select c.id, 'phone', 4 from debtors d join cases c on c.debtor_id = d.id
      where d.phone is not null and last_digits(d.phone) = ${phone}
      union all
      (select c.id, 'name', 5 from debtors d join cases c on c.debtor_id = d.id
       where ${words} <> '' and plain_words(d.name) @@ nullif(${words}, '')::tsquery limit 200)
    ), best as (
      select distinct on (case_id) case_id, matched_by, rank from matches order by case_id, rank
    )
    select b.case_id, b.matched_by from best b join cases c on c.id = b.case_id
    order by b.rank, (c.closed_on is not null), c.opened_on desc, c.number desc limit ${most}`
}

export interface Found {
  caseIds: string[]
  /** Whose every case is meant. */
  creditorIds: string[]
}

/** As many debtors as a search names before it wants another word. */
const mostFound = 1000

/**
 * What a search means: a case's or an invoice's number, words of a debtor's name, whole or begun, or of a creditor's; by indexes,
 * one statement. `ofCreditor` leaves out the debtors and invoices of others.
 */
export async function searchCases(sql: Sql, text: string, ofCreditor: string | null): Promise<Found> {
  const words = nameQuery(text)
  const own = ofCreditor === null ? sql`true` : sql`c.creditor_id = ${ofCreditor}`
  const [found] = await sql<[Found]>`
    select array(
             select c.id from cases c where c.number = ${text.trim()} and ${own}
             union select c.id from invoices i join cases c on c.id = i.case_id where lower(i.number) = ${text.trim().toLowerCase()} and ${own}
             union (select c.id from debtors d join cases c on c.debtor_id = d.id
                    where ${words} <> '' and plain_words(d.name) @@ nullif(${words}, '')::tsquery
                      and ${ofCreditor === null ? sql`true` : sql`d.creditor_id = ${ofCreditor}`} limit ${mostFound})) as case_ids,
           array(select p.id from creditors p
                 where ${words} <> '' and plain_words(p.name) @@ nullif(${words}, '')::tsquery
                   and ${ofCreditor === null ? sql`true` : sql`p.id = ${ofCreditor}`} limit ${mostFound}) as creditor_ids`
  return found
}

/** « Éts Dupont & fils » → « 'ets':* & 'dupont':* & 'fils':* », as plain_words() has names in the index. */
export function nameQuery(text: string): string {
  const plain = unaccented(text).toLowerCase()
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => `'${word}':*`).join(' & ')
}
