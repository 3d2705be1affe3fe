import { connect, type Sql, transaction } from './db.ts'
import { DomainError, errorCode } from './errors.ts'
import { lock } from './migrate.ts'

/** The role that the program runs under: it reads and adds, and rewrites nothing of what is kept. */
export interface ApplicationRole {
  name: string
  /** Set when the role is made here; one that is there keeps its own. */
  password?: string | undefined
}

// Rows that are followed by a few facts of their own, and are otherwise kept as they were written.
const mayChange: Record<string, string[]> = {
  penalty_clauses: ['ended_on', 'ended_why'],
  creditor_closures: ['withdrawn_on', 'withdrawn_by'],
  creditor_corrections: ['decided_on', 'decided_by', 'is_taken', 'checked_how'],
  payments: ['encashed_on', 'pay_over_by', 'receipt_id', 'receipt_tried_on'],
  invoices: ['original'],
  exhibits: ['flags', 'number', 'sub', 'parent_id', 'withdrawn_on', 'withdrawn_by', 'withdrawn_why'],
  procedures: ['watched_on', 'next_on'],
  dispatches: ['state', 'sent_on', 'proof', 'registered_number', 'presented_on', 'outcome', 'outcome_on'],
  hand_overs: ['handed_on', 'handed_by', 'revoked_on', 'token_sha256', 'expires_on'],
}

/**
 * Makes the application's role where it is missing, and gives it what the program needs and no more: no table of its own, so
 * no trigger to disable; where a trigger keeps the rows of a table (before every update and delete), only adding. Run by the
 * owner after each migration, so that new tables follow the same rule.
 */
export async function grantApplication(ownerUrl: string, role: ApplicationRole): Promise<void> {
  const sql = connect(ownerUrl, { max: 1 })
  try {
    await sql`select pg_advisory_lock(${lock})`
    await makeRole(sql, role)
    await transaction(sql, (tx) => grant(tx, role.name))
  } finally {
    await sql.end()
  }
}

async function makeRole(sql: Sql, { name, password }: ApplicationRole): Promise<void> {
  const [found] = await sql`select 1 from pg_roles where rolname = ${name}`
  if (found) return
  const [made] = await sql<{ text: string; ask: string }[]>`
    select format('create role %I login', ${name}::text) || coalesce(format(' password %L', ${password ?? null}::text), '') as text,
           format('create role %I login password ''…''', ${name}::text) as ask`
  try {
    await sql.unsafe(made!.text).simple()
  } catch (cause) {
    const code = errorCode(cause)
    // Another database of the same server has just made it.
    if (code === '42710' || code === '23505') return
    throw refused(`Le rôle « ${name} » n’existe pas, et ce compte ne peut pas le créer.`, {
      ask: made!.ask,
      cause,
    })
  }
}

/** One account for everything, which need be no superuser: it too reads in the place of creditors and bailiffs. */
export async function lendReaderToOwner(ownerUrl: string): Promise<void> {
  const sql = connect(ownerUrl, { max: 1 })
  try {
    await lendReader(sql, (await roleOf(sql)).name)
  } finally {
    await sql.end()
  }
}

/** Lets a role take the place of courtois_viewer; asked of the server once only, so that the right to grant may be taken back. */
async function lendReader(sql: Sql, role: string): Promise<void> {
  // Since PostgreSQL 16 whoever made a role is a member that may not yet take its place.
  const [found] = await sql<{ lent: boolean; ask: string }[]>`
    select pg_has_role(${role}, 'courtois_viewer', case when current_setting('server_version_num')::int < 160000 then 'member' else 'set' end) as lent,
           format('grant courtois_viewer to %I', ${role}::text) as ask`
  if (found!.lent) return
  try {
    await sql`grant courtois_viewer to ${sql(role)}`
  } catch (cause) {
    if (errorCode(cause) !== '42501') throw cause
    throw refused(
      `Le rôle « ${role} » doit pouvoir lire à la place des créanciers, et ce compte ne peut l’y autoriser.`,
      { ask: found!.ask, cause },
    )
  }
}

function refused(message: string, { ask, cause }: { ask: string; cause: unknown }): DomainError {
  return new DomainError('role_refused', message, {
    remedy: `Faites exécuter « ${ask} » par un administrateur, puis « courtois migrate ».`,
    cause,
  })
}

async function grant(sql: Sql, role: string): Promise<void> {
  const to = sql(role)
  const [database] = await sql<{ name: string }[]>`select current_database() as name`
  await sql`revoke create on schema public from public, ${to}`
  await sql`grant connect on database ${sql(database!.name)} to ${to}`
  await sql`grant usage on schema public, graphile_worker to ${to}`
  await sql`revoke all on all tables in schema public, graphile_worker from ${to}`
  await sql`grant select, insert on all tables in schema public to ${to}`
  await sql`grant usage, select on all sequences in schema public, graphile_worker to ${to}`
  await sql`revoke insert on migration from ${to}`
  for (const { name, kept } of await tablesOf(sql)) {
    if (name in mayChange) await sql`grant update (${sql(mayChange[name]!)}) on ${sql(name)} to ${to}`
    else if (!kept) await sql`grant update, delete on ${sql(name)} to ${to}`
  }
  await grantRows(sql, role)
  await grantJobs(sql, role)
}

/** Every row is the house's; who reads for a creditor or a bailiff takes the reader's role (0017_row_security.sql). */
async function grantRows(sql: Sql, role: string): Promise<void> {
  const to = sql(role)
  await lendReader(sql, role)
  const ruled = await sql<{ name: string }[]>`
    select tablename as name from pg_policies p where schemaname = 'public' and policyname = 'viewer'
      and not exists (select from pg_policies h
                      where h.schemaname = p.schemaname and h.tablename = p.tablename and h.policyname = ${role})`
  for (const { name } of ruled)
    await sql`create policy ${to} on ${sql(name)} for all to ${to} using (true) with check (true)`
}

/** graphile-worker locks its tables to everybody but their owner by row-level security. */
async function grantJobs(sql: Sql, role: string): Promise<void> {
  const to = sql(role)
  await sql`grant select, insert, update, delete on all tables in schema graphile_worker to ${to}`
  await sql`revoke insert, update, delete on graphile_worker.migrations from ${to}`
  const closed = await sql<{ name: string }[]>`
    select k.relname as name from pg_class k
    where k.relnamespace = 'graphile_worker'::regnamespace and k.relrowsecurity
      and not exists (select from pg_policy p where p.polrelid = k.oid and p.polname = ${role})`
  for (const { name } of closed)
    await sql`create policy ${to} on graphile_worker.${sql(name)} for all to ${to} using (true) with check (true)`
}

/** The tables of the house, and whether a trigger keeps their rows: before each update and each delete, whatever they change. */
async function tablesOf(sql: Sql): Promise<{ name: string; kept: boolean }[]> {
  return sql`
    select k.relname as name,
           exists (select from pg_trigger t
                   where t.tgrelid = k.oid and not t.tgisinternal and t.tgqual is null and t.tgattr = ''::int2vector
                     and t.tgtype & 26 = 26) as kept   -- 2 before, 8 delete, 16 update
    from pg_class k
    where k.relnamespace = 'public'::regnamespace and k.relkind in ('r', 'p') and k.relname <> 'migration'
    order by 1`
}

/** Under which role the program speaks, and what it could do to what is kept. */
export async function roleOf(sql: Sql): Promise<{ name: string; superuser: boolean; owner: boolean }> {
  const [found] = await sql<{ name: string; superuser: boolean; owner: boolean }[]>`
    select current_user::text as name, r.rolsuper as superuser,
           coalesce((select pg_has_role(current_user, k.relowner, 'USAGE') from pg_class k where k.oid = to_regclass('public.events')), false) as owner
    from pg_roles r where r.rolname = current_user`
  return found!
}
