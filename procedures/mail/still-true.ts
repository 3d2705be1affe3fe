import { loadLibrary } from '../../letters/catalogue.ts'
import { type Day, dayFr } from '../../schema/days.ts'
import type { Fragment, Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { readCase } from '../cases/file/file.ts'
import { asksPayment, refuseStandstill } from '../cases/standstill.ts'
import { owedOn } from '../money/ledger.ts'

export interface Pending {
  caseId: string
  letter: string
  recipient: string
  reference: string
}

export interface Since {
  closedOn: Day | null
  /** Of a hold placed after the letter was written, and not ended. */
  heldFor: string | null
  mayStand: boolean
  mayBePaid: boolean
  /** Number of an invoice whose limitation ended since. */
  lapsed: string | null
}

/**
 * Why a letter that was written asks for nothing any more: its case was closed, suspended or paid since, or is at a standstill; null
 * where it may leave. What answers the debtor, or gives a receipt, always may. The caller holds the case.
 */
export async function noLongerTrue(sql: Sql, onDay: Day, letter: Pending & Since): Promise<string | null> {
  if (!asks(letter)) return null
  const { caseId, closedOn, heldFor, mayStand, mayBePaid, lapsed } = letter
  if (closedOn) return closed(closedOn)
  if (heldFor !== null) return held(heldFor)
  const stopped = mayStand ? await standstillOf(sql, onDay, caseId) : null
  if (stopped !== null) return stopped
  if (lapsed !== null)
    return `La facture ${lapsed} s’est prescrite depuis que la lettre fut écrite\u00a0: elle n’est plus réclamée.`
  if (!mayBePaid) return null
  return owedOn(await readCase(sql, caseId), onDay).total <= 0n ? 'Tout est payé\u00a0: rien n’est plus demandé.' : null
}

/** Whether a letter asks the debtor for its money: what its case has become is no reason to keep another back. */
export const asks = ({ recipient, letter }: Pick<Pending, 'recipient' | 'letter'>): boolean =>
  recipient === 'debiteur' && asksPayment(loadLibrary(), letter)

/** What may have changed for a case `c` since the line `w` of its journal, at which a letter of it was written. */
export const sinceColumns = (sql: Sql, onDay: Day): Fragment => sql`
  c.closed_on,
  (select h.reason from holds h
   where h.case_id = c.id and h.released_on is null and exists (
     select from events e
     where e.case_id = c.id and e.seq > w.seq and e.kind = 'case_held' and e.detail ->> 'cause' = h.cause and e.detail ->> 'reason' = h.reason)
   order by h.from_on, h.id limit 1) as held_for,
  c.limitation_on < ${onDay} or exists (select from insolvencies n where n.case_id = c.id) as may_stand,
  (select min(i.number) from invoices i join invoice_limitations l on l.invoice_id = i.id
   where i.case_id = c.id and l.is_owed and l.expires_on < ${onDay}
     and l.expires_on >= (select e.on_day from events e where e.case_id = c.id and e.seq = w.seq)) as lapsed,
  exists (select from events e
          where e.case_id = c.id and e.seq > w.seq and e.kind in ('payment_recorded', 'credit_note_recorded')) as may_be_paid`

/** That line: the first where the journal has none. */
export const writtenAt = (sql: Sql, caseId: Fragment, reference: Fragment): Fragment => sql`
  select coalesce(max(seq), 0) as seq from events
  where case_id = ${caseId} and kind = 'letter_written' and detail ->> 'reference' = ${reference}`

const closed = (on: Day): string => `Le dossier est clos depuis le ${dayFr(on)}\u00a0: rien n’est plus demandé.`
const held = (reason: string): string => `Le dossier est suspendu\u00a0: ${reason}`

async function standstillOf(sql: Sql, onDay: Day, caseId: string): Promise<string | null> {
  try {
    await refuseStandstill(sql, onDay, caseId, 'Elle ne part pas')
    return null
  } catch (error) {
    if (error instanceof DomainError) return error.message
    throw error
  }
}

/**
 * Of a letter `d` that was withdrawn: its case goes on, and nothing took its place since. Until then the case waits for the same
 * reason, and nobody has anything to do about it.
 */
export const leftUnsaid = (sql: Sql): Fragment => sql`
  exists (select from cases c where c.id = d.case_id and c.closed_on is null)
  and not exists (select from holds h where h.case_id = d.case_id and h.released_on is null)
  and not exists (select from documents later where later.case_id = d.case_id and later.recipient = d.recipient and later.attached_to is null
                                               and (length(later.reference), later.reference) > (length(d.reference), d.reference))`
