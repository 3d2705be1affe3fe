import { after, type Day, dayFr } from '../../schema/days.ts'
import { type Fragment, rehearse, type Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { record } from '../cases/journal.ts'
import { paidBy } from '../cases/personal-data/personal-data-rows.ts'
import { legalValue } from '../law/values.ts'
import { accountPapers, namedFiles } from './named-files.ts'
import type { Office } from '../office.ts'
import { accountRows, bankWords, caseRows, debtorRows, proofOnly, type Redaction } from './purge-rows.ts'

/** What data are kept for, each for a time of its own (procedures/law/fr/conservation.yaml). */
export type Retention = 'dossier' | 'titre' | 'comptes' | 'consultations' | 'depots'

export interface Purged {
  /** Numbers of the cases whose data went, accounts aside; then of those whose accounts went. */
  cases: string[]
  accounts: string[]
  /** Debtors of whom accounts alone are left; then those whose name went as well. */
  debtors: number
  names: number
  /** Rows changed or taken away, by table. */
  rows: Record<string, number>
  /** Debtors whose e-mail address and telephone went, their cases being closed, because they asked for it. */
  contacts: number
  /** Files of the archive that no kept row names any more; letters left in the out-tray. */
  files: number
  tray: number
}

interface Due {
  id: string
  number: string
  debtorId: string
}

/** Runs as the owner of the tables. `until` is the day that the times are counted to, today or before. */
export interface PurgeOrder {
  until: Day
  /** False: all is done and undone, and what is told is what would happen. */
  keep: boolean
  /** These debtors alone, and none of what hangs on no case. */
  debtors?: string[]
  /** Told at each case: there may be thousands. */
  seen?: () => void
}

/** What a purge of the rows leaves to do outside the database. */
interface RowsPurged {
  told: Purged
  files: string[]
  letters: { reference: string; writtenOn: Day; sentOn: Day }[]
}

/**
 * Drops what has been kept long enough, or was granted to be erased (`erasure.ts`), and keeps what proves: hashes, numbers, sums,
 * days, the chain of the journal. Rows first; then the files that only purged rows name, found again from the rows, so that a
 * purge cut short is taken up by the next.
 */
export async function purge(office: Office, onDay: Day, order: PurgeOrder, author: string): Promise<Purged> {
  refuseFuture(order.until, onDay)
  const purged = await rehearse(office.sql, order.keep, (sql) => purgeRows(sql, onDay, order, author))
  return dropFiles(office, purged, order.keep)
}

/** Belongs in a transaction of its caller, who drops the files once it is kept. */
export async function purgeRows(sql: Sql, onDay: Day, order: PurgeOrder, author: string): Promise<RowsPurged> {
  const told: Purged = { cases: [], accounts: [], debtors: 0, names: 0, contacts: 0, rows: {}, files: 0, tray: 0 }
  const work = { onDay, told, author }
  const due = await locked(sql, () => dueCases(sql, order))
  for (const found of due) {
    order.seen?.()
    await purgeCase(sql, work, found)
  }
  for (const found of await locked(sql, () => dueAccounts(sql, order))) {
    order.seen?.()
    await purgeAccounts(sql, work, found)
  }
  await purgeContacts(sql, work, order)
  await purgeStrayLines(sql, work, order)
  if (!order.debtors) await purgeLists(sql, onDay, order.until, told)
  return { told, files: await deadFiles(sql), letters: await lettersOf(sql, due) }
}

/** Takes the files away, or only counts them. */
export async function dropFiles(office: Office, { told, files, letters }: RowsPurged, keep: boolean): Promise<Purged> {
  for (const hash of files) {
    if (keep ? await office.archive.remove(hash) : await office.archive.has(hash)) told.files++
  }
  for (const letter of letters) told.tray += (await office.post.forget?.(letter, keep)) ?? 0
  return told
}

function refuseFuture(until: Day, today: Day): void {
  if (!after(until, today)) return
  throw new DomainError(
    'purge_too_early',
    `Le ${dayFr(until)} n’est pas encore venu\u00a0: rien n’est purgé d’avance.`,
    {
      remedy: 'Donnez la date du jour, ou une date passée.',
    },
  )
}

const months = (kind: Retention, on: Day): number => Number(legalValue('conservation', on, kind).value)
/** What is done about the data themselves is no act of the case, and is never purged. */
const ours = ['personal_data_purged', 'personal_data_given', 'personal_data_erased']

/**
 * What the program does meanwhile in one of these cases, or for one of these debtors, is waited for and then seen, or waits
 * for the purge: each row of a case holds its case, each case its debtor, until its transaction ends.
 */
async function locked(sql: Sql, due: () => Promise<Due[]>): Promise<Due[]> {
  const found = await due()
  const ids = found.map(({ id }) => id)
  await sql`select 1 from cases where id = any(${ids}) order by id for update`
  await sql`select 1 from debtors where id = any(${found.map(({ debtorId }) => debtorId)}) order by id for update`
  return (await due()).filter(({ id }) => ids.includes(id))
}

/** The closed cases, of these debtors or of all, each with the days until which its data are kept. `for_us` is the first of both. */
export const closedCases = (sql: Sql, until: Day, debtors: string[] | undefined): Fragment => sql`
  select c.*,
         (last_on + make_interval(months => case when before_court then ${months('titre', until)}::int else ${months('dossier', until)}::int end))::date as for_us,
         (make_date(extract(year from last_on)::int, 12, 31) + make_interval(months => ${months('comptes', until)}::int))::date as for_accounts
  from (
    select c.id, c.number, c.debtor_id, c.closed_on, c.purged_on, c.accounts_purged_on,
           exists (select from procedures p where p.case_id = c.id) as before_court,
           -- A case lives on in what still happens to it, purged or not: a return of the bailiff, funds paid over after its end.
           greatest(c.closed_on, (select max(e.on_day) from events e where e.case_id = c.id and not e.kind = any(${ours}))) as last_on
    from cases c where c.closed_on is not null ${debtors ? sql`and c.debtor_id = any(${debtors})` : sql``}) c`

const dueCases = async (sql: Sql, { until, debtors }: PurgeOrder): Promise<Due[]> => sql<Due[]>`
  select id, number, debtor_id from (${closedCases(sql, until, debtors)}) c
  where (purged_on is null or purged_on <= last_on) and (for_us <= ${until}::date or ${waived(sql, until)})
  order by number`

const dueAccounts = async (sql: Sql, { until, debtors }: PurgeOrder): Promise<Due[]> => sql<Due[]>`
  select id, number, debtor_id from (${closedCases(sql, until, debtors)}) c
  where purged_on > last_on and (accounts_purged_on is null or accounts_purged_on <= last_on) and for_accounts <= ${until}::date
  order by number`

/** The house gave up keeping it for its own defence; never where a court was asked, and nothing of the day itself. */
export const waived = (sql: Sql, until: Day): Fragment => sql`
  (not before_court and exists (select from erasures r where r.debtor_id = c.debtor_id and r.waiver is not null
                                and c.last_on < r.asked_on and r.asked_on <= ${until}::date))`

/** Debtors who asked for it, of whom no case is open and who gave nothing new since, and whose e-mail or telephone is still there, as given or as their invoice said. */
export const reachable = (sql: Sql, until: Day): Fragment => sql`
  select d.id from debtors d
  where (d.email is not null or d.phone is not null or d.identity -> 'contact' ?| array['email', 'phone'])
    and exists (select from erasures r where r.debtor_id = d.id and r.asked_on <= ${until}::date
                and not exists (select from cases c where c.debtor_id = d.id and (c.closed_on is null or c.opened_on > r.asked_on)))`

interface Work {
  onDay: Day
  told: Purged
  author: string
}

async function purgeCase(sql: Sql, { onDay, told, author }: Work, { id, number, debtorId }: Due): Promise<void> {
  const papers = { table: 'documents', where: `case_id = $1 and id not in ${accountPapers}`, set: `facts = '{}'` }
  const [last] = await sql<{ seq: number }[]>`select max(seq) as seq from events where case_id = ${id}`
  await pastGuards(sql, async () => {
    await redact(sql, [papers, ...caseRows], id, told)
    const proof = sql.unsafe(proofOnly('detail'))
    const { count } = await sql`
      update events set detail = ${proof}, purged_on = ${onDay} where case_id = ${id} and detail <> ${proof} and not kind = any(${ours})`
    add(told, 'events', count)
    await sql`update cases set purged_on = ${onDay} where id = ${id}`
    const [kept] = await sql`select 1 from cases where debtor_id = ${debtorId} and purged_on is null limit 1`
    if (kept) return
    await redact(sql, debtorRows, debtorId, told)
    told.debtors++
  })
  const detail = { kind: 'dossier', upTo: last!.seq }
  await record(sql, onDay, { caseId: id, kind: 'personal_data_purged', detail, author })
  told.cases.push(number)
}

async function purgeAccounts(sql: Sql, { onDay, told, author }: Work, { id, number, debtorId }: Due): Promise<void> {
  await pastGuards(sql, async () => {
    await redact(sql, [{ table: 'documents', where: 'case_id = $1', set: `facts = '{}'` }, ...accountRows], id, told)
    await sql`update cases set accounts_purged_on = ${onDay} where id = ${id}`
    const [kept] = await sql`select 1 from cases where debtor_id = ${debtorId} and accounts_purged_on is null limit 1`
    if (kept) return
    await sql`update debtors set name = 'Personne purgée' where id = ${debtorId}`
    told.names++
  })
  await record(sql, onDay, { caseId: id, kind: 'personal_data_purged', detail: { kind: 'comptes' }, author })
  told.accounts.push(number)
}

/** What served to call and to write quickly serves nothing any more, and proves nothing. */
async function purgeContacts(sql: Sql, { told }: Work, { until, debtors }: PurgeOrder): Promise<void> {
  const due = async (): Promise<string[]> => {
    const found = await sql<
      { id: string }[]
    >`${reachable(sql, until)} ${debtors ? sql`and d.id = any(${debtors})` : sql``}`
    return found.map(({ id }) => id)
  }
  // A case that is being opened for one of them is waited for, and then seen.
  await sql`select 1 from debtors where id = any(${await due()}) order by id for update`
  const { count } = await sql`
    update debtors set email = null, phone = null, identity = identity #- '{contact,email}' #- '{contact,phone}'
    where id = any(${await due()})`
  told.contacts += count
}

/**
 * Movements of the bank by somebody who asked to be erased, of no case: kept no longer than it takes a person to say so
 * (`waiting`), since they are no paper of any account of ours.
 */
export const strayLines = (sql: Sql, until: Day, { waiting = false, debtors }: Stray = {}): Fragment => sql`
  select distinct on (b.id) b.id, r.debtor_id from bank_lines b
  join erasures r on b.recorded_on <= r.asked_on and r.asked_on <= ${until}::date
  join debtors d on d.id = r.debtor_id
  where b.case_id is null and (b.settled_on is null) = ${waiting} and b.text <> 'purgé' and ${sql.unsafe(paidBy('b', 'd'))}
    ${debtors ? sql`and d.id = any(${debtors})` : sql``}
  order by b.id`

interface Stray {
  waiting?: boolean
  /** Of these alone. */
  debtors?: string[] | undefined
}

async function purgeStrayLines(sql: Sql, { told }: Work, { until, debtors }: PurgeOrder): Promise<void> {
  const { count } = await sql`
    update bank_lines set ${sql.unsafe(bankWords)}
    where id in (select id from (${strayLines(sql, until, { debtors })}) x)`
  add(told, 'bank_lines', count)
}

/** What hangs on no case: files that nobody used, links of entry that are over, who read what, keys of repeated requests, movements of the bank left unmatched. */
async function purgeLists(sql: Sql, onDay: Day, until: Day, told: Purged): Promise<void> {
  const old = (column: string, kind: Retention) =>
    sql`${sql(column)} + make_interval(months => ${months(kind, until)}::int) <= ${until}::date`
  await pastGuards(sql, async () => {
    const uploads = await sql`
      update uploads set file_name = 'purgé', purged_on = ${onDay} where purged_on is null and ${old('asked_on', 'depots')}`
    add(told, 'uploads', uploads.count)
    add(
      told,
      'idempotency_keys',
      (await sql`delete from idempotency_keys where used_on is null or ${old('used_on', 'depots')}`).count,
    )
    add(told, 'entry_links', (await sql`delete from entry_links where ${old('expires_at', 'depots')}`).count)
    add(told, 'case_readings', (await sql`delete from case_readings where ${old('on_day', 'consultations')}`).count)
    add(
      told,
      'bank_lines',
      (await sql`delete from bank_lines where case_id is null and ${old('booked_on', 'comptes')}`).count,
    )
    add(
      told,
      'invoicing_reviews',
      (
        await sql`
      update invoicing_reviews set findings = '[]' where findings <> '[]' and ${old('month', 'comptes')}`
      ).count,
    )
  })
}

async function redact(sql: Sql, rows: Redaction[], id: string, told: Purged): Promise<void> {
  for (const { table, where, set } of rows) {
    const text = set === null ? `delete from ${table} where ${where}` : `update ${table} set ${set} where ${where}`
    add(told, table, (await sql.unsafe(text, [id])).count)
  }
}

function add(told: Purged, table: string, count: number): void {
  if (count > 0) told.rows[table] = (told.rows[table] ?? 0) + count
}

/** The owner alone goes past the triggers that keep what was written, and for these statements alone. */
async function pastGuards(sql: Sql, act: () => Promise<void>): Promise<void> {
  try {
    await sql`set local session_replication_role = replica`
  } catch (cause) {
    throw new DomainError('purge_refused', 'Ce compte de la base ne peut pas purger ce qui est conservé.', {
      remedy:
        'Lancez la purge avec DATABASE_OWNER_URL, un compte qui a le droit « set on parameter session_replication_role ».',
      cause,
    })
  }
  await act()
  await sql`set local session_replication_role = origin`
}

/** Hashes named by purged rows and by no other: their bytes have to be gone. */
export async function deadFiles(sql: Sql): Promise<string[]> {
  const rows = await sql<{ sha256: string }[]>`
    select sha256 from ${namedFiles(sql)} n where sha256 is not null group by sha256 having bool_and(gone_on is not null)`
  return rows.map((row) => row.sha256)
}

const lettersOf = async (sql: Sql, cases: Due[]): Promise<RowsPurged['letters']> => sql<RowsPurged['letters']>`
  select d.reference, d.written_on, o.sent_on from dispatches o join documents d on d.id = o.document_id
  where d.case_id = any(${cases.map(({ id }) => id)}) and o.sent_on is not null`
