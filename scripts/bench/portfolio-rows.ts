import type { Client } from '../../schema/db.ts'

/** What a portfolio made of one case's likenesses is to hold. */
export interface Copies {
  /** A case that came through the front door, whose first step is due: every other is its copy. */
  like: string
  /** Copies are numbered from here, so that a second call adds to the first. */
  from: number
  count: number
  /** So many of them have that step due today, as it has; the others' next step comes within sixty days. */
  due: number
  today: Temporal.PlainDate
}

const uuid = (kind: string) => `md5(${kind} || n)::uuid`

/** Opens cases by the hundred thousand: debtor, case, invoice and steps, as the front door would have written them. */
export async function copyCases(sql: Client, { like, from, count, due, today }: Copies): Promise<void> {
  const numbers = sql`generate_series(${from}::int, ${from + count - 1}::int) as n`
  const id = (kind: string) => sql.unsafe(uuid(`'${kind}'`))
  // Among all, as in a house: side by side they would share the pages that they are read from.
  const stride = due === 0 ? 1 : Math.floor(count / due)
  const isDue = sql`((n - ${from}::int) % ${stride}::int = 0 and n < ${from + due * stride}::int)`
  // Zero for those that are due; the rest lie ahead, spread evenly.
  const later = sql`case when ${isDue} then 0 else 1 + n % 60 end`
  await sql`
    insert into debtors (id, creditor_id, name, kind, identity, address, email, phone, created_on)
    select ${id('debtor')}, d.creditor_id, d.name || ' ' || n, d.kind, d.identity, d.address, d.email, d.phone, d.created_on
    from ${numbers}, debtors d join cases c on c.debtor_id = d.id where c.id = ${like}`
  await sql`
    insert into cases (id, number, creditor_id, debtor_id, scenario, currency, zone, anchor_on, limitation_on, opened_on, opened_by,
                       claim_nature, limitation_doubts)
    select ${id('case')}, 'B-' || n, creditor_id, ${id('debtor')}, scenario, currency, zone, anchor_on + ${later},
           limitation_on + ${later}, opened_on - (n % 300), opened_by, claim_nature, limitation_doubts
    from ${numbers}, cases where id = ${like}`
  await sql`
    insert into invoices (id, case_id, number, issued_on, due_on, total, prepaid, payable, currency, source, missing, doubts, recorded_on, recorded_by)
    select ${id('invoice')}, ${id('case')}, number || '-' || n, issued_on + ${later}, due_on + ${later}, total, prepaid, payable,
           currency, source, missing, doubts, recorded_on, recorded_by
    from ${numbers}, invoices where case_id = ${like}`
  await sql`
    insert into invoice_limitations (invoice_id, expires_on)
    select ${id('invoice')}, limitation_on from ${numbers} join cases c on c.id = ${id('case')}`
  await sql`
    with each as (
      select n, key, rank, channel, nominal_on + ${later} as nominal_on, planned_on + ${later} as planned_on,
             skipped_on, skipped_why, ${isDue} as due
      from ${numbers}, steps where case_id = ${like}),
    moved as (
      -- What would fall on today falls on tomorrow, but for those that are due.
      select *, planned_on + (not due and planned_on = ${today})::int as on_day from each)
    insert into steps (id, case_id, key, rank, channel, nominal_on, planned_on, done_on, skipped_on, skipped_why)
    select md5('step' || n || key)::uuid, ${id('case')}, key, rank, channel, nominal_on, on_day,
           case when not due and skipped_on is null and on_day < ${today} then on_day end, skipped_on, skipped_why
    from moved`
  await sql`analyze`
}
