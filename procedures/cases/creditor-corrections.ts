import { electronicFormatIBAN, isValidIBAN } from 'ibantools'
import { canonicalJson } from '../../documents/archive.ts'
import type { Day } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newId, type Random } from '../../schema/random.ts'
import { type CreditorChange, isReachedOtherwise, tellCreditorOfChange } from '../mail/creditor-change-letters.ts'
import type { Office } from '../office.ts'
import type { Address } from './agency.ts'
import { type Creditor, endConsentsOf, type PartyIdentity } from './creditors.ts'
import { type Author, personOf, record } from './journal.ts'

/** What is absent stays as it was; null takes away what was there. */
export interface CreditorChanges {
  name?: string | null | undefined
  kind?: Creditor['kind'] | null | undefined
  iban?: string | null | undefined
  bic?: string | null | undefined
  siren?: string | null | undefined
  siret?: string | null | undefined
  vat?: string | null | undefined
  legalForm?: string | null | undefined
  rcs?: string | null | undefined
  capital?: string | null | undefined
  address?: Address | null | undefined
  contact?: Changed<NonNullable<PartyIdentity['contact']>> | undefined
  representative?: Changed<NonNullable<PartyIdentity['representative']>> | undefined
  mediator?: Changed<NonNullable<PartyIdentity['mediator']>> | undefined
}
type Changed<T> = { [key in keyof T]?: string | null | undefined }
type Fields = Record<string, unknown>

export interface CreditorCorrection {
  id: string
  creditorId: string
  /** What changed, and nothing else. */
  before: Fields
  after: Fields
  reason: string
  recordedOn: Day
  recordedBy: Author
  /** Null: an account that waits for a second person. */
  decidedOn: Day | null
  decidedBy: Author | null
  isTaken: boolean | null
  checkedHow: string | null
}

const columns = (sql: Sql) =>
  sql`id, creditor_id, before, after, reason, recorded_on, recorded_by, decided_on, decided_by, is_taken, checked_how`

/**
 * Corrects who a creditor is and how it is reached, from now on: what was written keeps what it said. Another account (IBAN, BIC) waits
 * for a second person (`settleCreditorAccount`). Of either the creditor is told where it was reached before. DomainErrors
 * `reason_missing`, `creditor_not_found`, `creditor_without_name`, `nothing_corrected`, `bad_iban`, `account_awaiting`.
 */
export async function correctCreditor(
  office: Office,
  onDay: Day,
  input: { creditorId: string; reason: string; changes: CreditorChanges },
  author: Author,
): Promise<void> {
  const { creditorId } = input
  const reason = required(input.reason, 'Dites pourquoi ce créancier est corrigé.')
  await transaction(office.sql, async (tx) => {
    const was = await lockCreditor(tx, creditorId)
    const will = corrected(was, input.changes)
    const { iban, bic, ...fields } = differences(was, will)
    const account: Differences = { ...(iban && { iban }), ...(bic && { bic }) }
    if (isNothing(fields) && isNothing(account)) {
      throw new DomainError('nothing_corrected', 'Rien ne change pour ce créancier.', {
        remedy: 'Donnez ce qui est à corriger, autrement qu’il n’est enregistré.',
      })
    }
    const keep = (changes: Differences, isDecided: boolean) =>
      keepCorrection(tx, office.random, onDay, { creditorId, changes, reason, isDecided }, author)
    const asked = { askedOn: onDay, askedBy: author, reason, ...reachChange(was, will) }
    const tell = (change: CreditorChange) => tellCreditorOfChange({ ...office, sql: tx }, onDay, was, change, author)
    if (!isNothing(fields)) {
      const { name, kind, identity } = will
      await tx`update creditors set name = ${name}, kind = ${kind}, identity = ${json(tx, identity)} where id = ${creditorId}`
      const correction = await keep(fields, true)
      // Whom the agency calls stands on no paper for a court.
      const changed = 'L’identité du créancier a été corrigée depuis la demande d’accord.'
      if (Object.keys(fields).some((key) => key !== 'contact'))
        await endConsentsOf(tx, onDay, creditorId, changed, author)
      // The letter about the account tells of both.
      const told = asked.reach && isNothing(account) ? await tell(asked) : {}
      const detail = { creditor: creditorId, correction, fields: Object.keys(fields), reason, ...told }
      await record(tx, onDay, { caseId: null, kind: 'creditor_corrected', detail, author })
    }
    if (!isNothing(account)) {
      await refuseAccount(tx, creditorId, account['iban']?.after)
      const correction = await keep(account, false)
      const told = await tell({ ...asked, account: { before: side(account, 'before'), after: side(account, 'after') } })
      const detail = { creditor: creditorId, correction, reason, ...told }
      await record(tx, onDay, { caseId: null, kind: 'creditor_account_proposed', detail, author })
    }
  })
}

/**
 * A second person, who asked the creditor by a way known before the demand, says that the account is its own or is not; whoever
 * proposed it may only take it back. The creditor is told either way. DomainErrors `account_not_awaiting`, `second_person_needed`,
 * `reason_missing`.
 */
export async function settleCreditorAccount(
  office: Office,
  onDay: Day,
  input: { correctionId: string; isTaken: boolean; checkedHow: string },
  author: Author,
): Promise<string> {
  const checkedHow = required(input.checkedHow, 'Dites comment le compte a été vérifié, ou pourquoi il est refusé.')
  return transaction(office.sql, async (tx) => {
    const [found] = await tx<CreditorCorrection[]>`
      select ${columns(tx)} from creditor_corrections where id = ${input.correctionId} and decided_on is null for update`
    if (!found) {
      throw new DomainError(
        'account_not_awaiting',
        'Ce changement de compte n’existe pas, ou n’attend plus personne.',
        {
          remedy: 'Reprenez son identifiant dans la liste (creditorAccountsAwaiting).',
        },
      )
    }
    if (input.isTaken && isProposer(found, author)) {
      throw new DomainError('second_person_needed', 'Qui propose un compte ne le confirme pas.', {
        remedy:
          'Faites rappeler le créancier par une autre personne, à un numéro connu avant la demande, et qu’elle confirme.',
      })
    }
    const { creditorId, id: correction } = found
    const was = await lockCreditor(tx, creditorId)
    await tx`
      update creditor_corrections set decided_on = ${onDay}, decided_by = ${author}, is_taken = ${input.isTaken}, checked_how = ${checkedHow}
      where id = ${correction}`
    if (input.isTaken) await takeAccount(tx, onDay, was, found, author)
    const told = await tellCreditorOfChange(
      { ...office, sql: tx },
      onDay,
      was,
      {
        askedOn: found.recordedOn,
        askedBy: found.recordedBy,
        reason: found.reason,
        account: found,
        decision: { on: onDay, by: author, isTaken: input.isTaken, checkedHow },
      },
      author,
    )
    await record(tx, onDay, {
      caseId: null,
      kind: input.isTaken ? 'creditor_account_changed' : 'creditor_account_refused',
      detail: { creditor: creditorId, correction, how: checkedHow, ...told },
      author,
    })
    return creditorId
  })
}

async function takeAccount(
  sql: Sql,
  onDay: Day,
  was: Creditor,
  { creditorId, after }: CreditorCorrection,
  author: Author,
): Promise<void> {
  const { iban, bic } = { ...was, ...after } as Pick<Creditor, 'iban' | 'bic'>
  await sql`update creditors set iban = ${iban}, bic = ${bic} where id = ${creditorId}`
  await endConsentsOf(sql, onDay, creditorId, 'Le compte du créancier a changé depuis la demande d’accord.', author)
}

/** Every correction of these creditors, the first one first. */
export async function correctionsOf(sql: Sql, creditorIds: string[]): Promise<Map<string, CreditorCorrection[]>> {
  const rows = await sql<CreditorCorrection[]>`
    select ${columns(sql)} from creditor_corrections where creditor_id = any(${creditorIds}) order by rank`
  return Map.groupBy(rows, ({ creditorId }) => creditorId)
}

/** Accounts that wait for a second person, the oldest first. */
export const accountsAwaiting = (sql: Sql): Promise<CreditorCorrection[]> => sql<CreditorCorrection[]>`
  select ${columns(sql)} from creditor_corrections where decided_on is null order by rank limit 500`

async function lockCreditor(sql: Sql, id: string): Promise<Creditor> {
  const [found] = await sql<Creditor[]>`
    select id, name, kind, identity, iban, bic from creditors where id = ${id} for no key update`
  if (found) return found
  throw new DomainError('creditor_not_found', "Ce créancier n'existe pas.", {
    remedy: 'Reprenez son identifiant dans la liste (query creditors).',
  })
}

async function keepCorrection(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { creditorId: string; changes: Differences; reason: string; isDecided: boolean },
  author: Author,
): Promise<string> {
  const { creditorId, changes, reason, isDecided } = input
  const id = newId(random)
  await sql`
    insert into creditor_corrections (id, creditor_id, before, after, reason, recorded_on, recorded_by, decided_on, decided_by, is_taken)
    values (${id}, ${creditorId}, ${json(sql, side(changes, 'before'))}, ${json(sql, side(changes, 'after'))}, ${reason}, ${onDay}, ${author},
            ${isDecided ? onDay : null}, ${isDecided ? author : null}, ${isDecided ? true : null})`
  return id
}

async function refuseAccount(sql: Sql, creditorId: string, iban: unknown): Promise<void> {
  if (typeof iban === 'string' && !isValidIBAN(iban)) {
    throw new DomainError('bad_iban', 'Cet IBAN ne passe pas le contrôle de sa clé.', {
      remedy: 'Faites-le redire au créancier, à un numéro connu avant sa demande.',
    })
  }
  const [awaiting] =
    await sql`select 1 from creditor_corrections where creditor_id = ${creditorId} and decided_on is null`
  if (!awaiting) return
  throw new DomainError('account_awaiting', 'Un autre compte de ce créancier attend déjà d’être confirmé.', {
    remedy: 'Confirmez-le ou refusez-le d’abord (settleCreditorAccount).',
  })
}

/** The creditor as it will be. DomainError `creditor_without_name`. */
function corrected(was: Creditor, changes: CreditorChanges): Omit<Creditor, 'id'> {
  const { name = was.name, kind, iban, bic, contact, representative, mediator, ...own } = changes
  if (!name?.trim()) {
    throw new DomainError('creditor_without_name', 'Un créancier doit avoir un nom.', {
      remedy: 'Indiquez sa dénomination.',
    })
  }
  const { identity } = was
  const siren = own.siren ?? own.siret?.replace(/\s/g, '').slice(0, 9)
  const account = iban === undefined ? was.iban : iban && (electronicFormatIBAN(iban) ?? iban)
  // A bank's BIC is not that of another bank.
  const otherBic = sameIban(was.iban, account) ? was.bic : null
  return {
    name,
    kind: kind ?? was.kind,
    iban: sameIban(was.iban, account) ? was.iban : account,
    bic: bic === undefined ? otherBic : bic,
    identity: {
      ...identity,
      ...given({ ...own, ...(siren ? { siren } : {}) }),
      ...(contact && { contact: merged(identity.contact, contact) }),
      ...(representative && { representative: merged(identity.representative, representative, { quality: '' }) }),
      ...(mediator && { mediator: merged(identity.mediator, mediator, { details: '' }) }),
    } as PartyIdentity,
  }
}

const reachChange = (was: Creditor, will: Omit<Creditor, 'id'>): Pick<CreditorChange, 'reach'> =>
  isReachedOtherwise(was.identity, will.identity) ? { reach: { before: was.identity, after: will.identity } } : {}

const sameIban = (one: string | null, other: string | null): boolean =>
  (one && electronicFormatIBAN(one)) === (other && electronicFormatIBAN(other))

const given = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

/** What is said of a person or a service, with what changes; undefined once nothing is, or once it has no name though it must have one. */
function merged(was: object | null | undefined, changes: object, least?: Fields): Fields | undefined {
  const all = { ...least, ...was, ...given(changes as Fields) }
  const kept = Object.fromEntries(
    Object.entries(all).flatMap(([key, value]) => (value ? [[key, value]] : least && key in least ? [[key, '']] : [])),
  )
  return Object.keys(kept).length > 0 && (!least || kept['name']) ? kept : undefined
}

type Differences = Record<string, { before: unknown; after: unknown }>

const side = (changes: Differences, which: 'before' | 'after'): Fields =>
  Object.fromEntries(Object.entries(changes).map(([key, each]) => [key, each[which]]))

const isNothing = (changes: Differences): boolean => Object.keys(changes).length === 0

function differences(was: Creditor, will: Omit<Creditor, 'id'>): Differences {
  const flat = ({ name, kind, iban, bic, identity }: Omit<Creditor, 'id'>): Fields => ({
    ...identity,
    name,
    kind,
    iban,
    bic,
  })
  const [before, after] = [flat(was), flat(will)]
  const keys = Object.keys({ ...before, ...after }).filter((key) => said(before[key]) !== said(after[key]))
  return Object.fromEntries(keys.map((key) => [key, { before: before[key] ?? null, after: after[key] ?? null }]))
}

const said = (value: unknown): string => canonicalJson(value ?? null)

/** Whether that person asked for the change, in whichever role: somebody else has to confirm it. */
export const isProposer = ({ recordedBy }: Pick<CreditorCorrection, 'recordedBy'>, author: Author): boolean =>
  personOf(author) === personOf(recordedBy)

function required(text: string, message: string): string {
  if (text.trim() !== '') return text.trim()
  throw new DomainError('reason_missing', message, {
    remedy: 'Écrivez-le en une phrase, avec qui l’a demandé ou confirmé.',
  })
}
