import type { Day } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newId, type Random } from '../../schema/random.ts'
import { endUnfiledConsents } from '../judicial/consents/consent-ends.ts'
import type { Address } from './agency.ts'
import type { PartyIdentity } from './creditors.ts'
import { type Author, record } from './journal.ts'
import { lockOpenCase } from './lock.ts'

export type DebtorKind = 'business' | 'consumer' | 'public'

export interface Debtor {
  id: string
  name: string
  kind: DebtorKind
  identity: PartyIdentity & { civility?: string; birth?: { on: string; place: string } }
  address: Address | null
  email: string | null
  phone: string | null
  /** Where something came back from, as compared (`address_marks`); absent where it was not read. */
  returned?: string[]
}

/** What a line of a list shows of a debtor, and a ledger asks. */
export type DebtorLine = Pick<Debtor, 'id' | 'name' | 'kind'>

/** By their own ids; the rest of the row, which is most of it, is read where it is asked for. */
export async function debtorLines(sql: Sql, ids: string[]): Promise<Map<string, DebtorLine[]>> {
  const rows = await sql<DebtorLine[]>`select id, name, kind from debtors where id = any(${ids})`
  return new Map(rows.map((row) => [row.id, [row]]))
}

/** Debtors by their own ids, without what came back from them. */
export async function debtorsById(sql: Sql, ids: string[]): Promise<Map<string, Debtor[]>> {
  const rows = await sql<Debtor[]>`
    select id, name, kind, identity, address, email, phone from debtors where id = any(${ids})`
  return new Map(rows.map((row) => [row.id, [row]]))
}

/**
 * This creditor's debtor with this SIRET, or with this name at this postcode; a new row when nobody is known. Each creditor
 * has its own: the phone or the e-mail that one gave is not for another to read. No purge takes it before the case is there.
 */
export async function findOrCreateDebtor(
  sql: Sql,
  random: Random,
  onDay: Day,
  creditorId: string,
  input: Omit<Debtor, 'id'>,
): Promise<Debtor> {
  const siret = input.identity.siret ?? null
  // Two files sent at the same moment wait for each other here, so that one debtor does not become two.
  const key = siret ?? `${input.name.toLowerCase()} ${input.address?.postalCode ?? ''}`
  await sql`select pg_advisory_xact_lock(hashtextextended(${`debtor:${creditorId}:${input.kind}:${key}`}, 0))`
  const [known] = await sql<Debtor[]>`
    select id, name, kind, identity, address, email, phone from debtors
    where creditor_id = ${creditorId} and kind = ${input.kind}
      and ((${siret}::text is not null and identity ->> 'siret' = ${siret})
        or (${siret}::text is null and lower(name) = lower(${input.name})
            and address ->> 'postalCode' is not distinct from ${input.address?.postalCode ?? null}))
    order by created_on limit 1 for key share`
  if (known) return known.identity.legalForm ? known : withForm(sql, known, input.identity.legalForm)
  const debtor = { ...input, id: newId(random) }
  await sql`
    insert into debtors (id, creditor_id, name, kind, identity, address, email, phone, created_on)
    values (${debtor.id}, ${creditorId}, ${debtor.name}, ${debtor.kind}, ${json(sql, debtor.identity)},
            ${debtor.address === null ? null : json(sql, debtor.address)}, ${debtor.email}, ${debtor.phone}, ${onDay})`
  return debtor
}

/** An earlier invoice did not give the legal form of its buyer; this one does. */
async function withForm(sql: Sql, known: Debtor, legalForm: string | undefined): Promise<Debtor> {
  if (!legalForm) return known
  const identity = { ...known.identity, legalForm }
  await sql`update debtors set identity = ${json(sql, identity)} where id = ${known.id}`
  return { ...known, identity }
}

/**
 * The legal form of a case's debtor (« SCI », « SARL », or its INSEE category, « 6540 »), with where it was read: it says which court
 * hears the claim. What the creditor agreed to before that is to be asked for again. DomainError `bad_legal_form`.
 */
export async function recordLegalForm(
  sql: Sql,
  onDay: Day,
  input: { caseId: string; legalForm: string; source: string },
  author: Author,
): Promise<void> {
  const [legalForm, source] = [input.legalForm.trim(), input.source.trim()]
  if (legalForm === '' || legalForm.length > 100 || source === '') {
    throw new DomainError('bad_legal_form', 'Une forme juridique s’enregistre avec l’endroit où elle a été lue.', {
      remedy: 'Donnez le sigle, la forme ou la catégorie juridique de l’INSEE (cent caractères au plus), et la source.',
    })
  }
  await transaction(sql, async (tx) => {
    await lockOpenCase(tx, input.caseId)
    // A debtor has one open case (cases_one_open): this one.
    const changed = await tx`
      update debtors d set identity = identity || ${json(tx, { legalForm })} from cases c
      where c.id = ${input.caseId} and d.id = c.debtor_id and d.identity ->> 'legalForm' is distinct from ${legalForm} returning d.id`
    if (changed.length > 0) {
      const reason = 'La forme juridique du débiteur a changé depuis la demande d’accord.'
      await endUnfiledConsents(tx, onDay, input.caseId, reason, author)
    }
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'legal_form_recorded',
      detail: { legalForm, source },
      author,
    })
  })
}
