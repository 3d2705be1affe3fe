import type { ReadInvoice } from '../../documents/invoices/einvoice.ts'
import type { Library } from '../../letters/catalogue.ts'
import { kindOf } from '../../letters/letter.ts'
import { after, type Day, dayFr } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { asking } from './exchanges/contacts.ts'
import type { CaseFile } from './file/file.ts'
import { claimLimitation } from './limitation/claim-limitation.ts'
import { type Insolvency, type InsolvencyKind, whyStopped } from './insolvency/insolvencies.ts'

export interface Standstill {
  cause: InsolvencyKind | 'prescription'
  reason: string
}

/** What no release of a hold can lift: insolvency, over-indebtedness, death, prescription. Null when nothing of the kind. */
export function standstill(file: Pick<CaseFile, 'case' | 'insolvencies'>, onDay: Day): Standstill | null {
  const insolvency = file.insolvencies.find(({ openedOn }) => !after(openedOn, onDay))
  if (insolvency) return { cause: insolvency.kind, reason: whyStopped(insolvency, file.case.zone) }
  const { limitationOn, limitationDoubts } = file.case
  // The last day itself may still be used; the day after, a demand would present a barred debt as due.
  return after(onDay, limitationOn)
    ? { cause: 'prescription', reason: whyBarred(limitationOn, limitationDoubts) }
    : null
}

/** Said of an invoice as it is read, before anything is kept: whether its claim is barred, were its buyer of that nature. */
export function barredDoubts(
  { kind, dueOn }: Pick<ReadInvoice, 'kind' | 'dueOn'>,
  nature: string | null,
  onDay: Day,
): Doubt[] {
  if (kind === 'credit_note' || dueOn === null) return []
  for (const debtor of ['business', 'consumer'] as const) {
    const { expires, doubts } = claimLimitation({ zone: 'metropole', debtor, nature, due: dueOn })
    if (!after(onDay, expires)) continue
    const reason = whyBarred(expires, doubts)
    const message = debtor === 'business' ? reason : `Si le débiteur est un particulier\u00a0: ${reason}`
    return [{ code: 'time_barred', message }]
  }
  return []
}

/**
 * The same asked of the database, for an act that need not read the whole case: refused with the reason. A promise or a plan
 * on a barred claim could be read as its acknowledgement (C. civ. 2240), and an insolvent may not pay (C. com. L622-7).
 */
export async function refuseStandstill(sql: Sql, onDay: Day, caseId: string, what: string): Promise<void> {
  const [found] = await sql<
    { zone: string; limitationOn: Day; limitationDoubts: Doubt[]; insolvency: string | null }[]
  >`
    select zone, limitation_on, limitation_doubts,
      (select id from insolvencies n where n.case_id = c.id and n.opened_on <= ${onDay} order by opened_on limit 1) as insolvency
    from cases c where id = ${caseId}`
  if (!found) return
  if (found.insolvency !== null) {
    const [fact] = await sql<Insolvency[]>`
      select kind, nature, opened_on, declare_by, declared_on from insolvencies where id = ${found.insolvency}`
    throw stopped(what, whyStopped(fact!, found.zone), fact!.kind)
  }
  if (after(onDay, found.limitationOn))
    throw stopped(what, whyBarred(found.limitationOn, found.limitationDoubts), 'prescription')
}

/** Whether that letter asks for payment; one that the library no longer has is taken to. */
export function asksPayment({ letters }: Library, id: string): boolean {
  const letter = letters.get(id)
  return letter === undefined || asks(kindOf(letter))
}

const asks = (kind: string): boolean => asking.has(kind) || kind === 'engagements'

/** A letter that asks for payment never leaves for a case at a standstill, whoever orders it; an answer or a receipt may. */
export function refuseAsking(file: Pick<CaseFile, 'case' | 'insolvencies'>, onDay: Day, kind: string): void {
  if (asks(kind)) refuseDemanding(file, onDay, 'Aucune demande de paiement au débiteur')
}

/** The same of what asks for payment otherwise than by a letter. */
export function refuseDemanding(file: Pick<CaseFile, 'case' | 'insolvencies'>, onDay: Day, what: string): void {
  const stop = standstill(file, onDay)
  if (stop) throw stopped(what, stop.reason, stop.cause)
}

/** Nothing is filed against an insolvent or on a barred claim, but what `despite` allows: the declaration of the claim. */
export function refuseFiling(
  file: Pick<CaseFile, 'case' | 'insolvencies'>,
  onDay: Day,
  despite: readonly string[] = [],
): void {
  const stop = standstill(file, onDay)
  if (stop && !despite.includes(stop.cause)) throw stopped('Rien n’est déposé', stop.reason, stop.cause)
}

/** Once an insolvency is recorded, no act of ours goes on in a procedure already filed; what happened before may be told. */
export async function refuseActing(
  sql: Sql,
  caseId: string,
  happenedOn: Day,
  despite: readonly string[] = [],
): Promise<void> {
  const [fact] = await sql<(Insolvency & { zone: string })[]>`
    select n.kind, n.nature, n.opened_on, n.declare_by, n.declared_on, c.zone
    from insolvencies n join cases c on c.id = n.case_id
    where n.case_id = ${caseId} and n.recorded_on <= ${happenedOn} and n.kind <> all(${[...despite]}::text[])
    order by n.opened_on limit 1`
  if (fact) throw stopped('Aucun acte à la demande du créancier', whyStopped(fact, fact.zone), fact.kind)
}

function stopped(what: string, reason: string, cause: Standstill['cause']): DomainError {
  return new DomainError('case_at_standstill', `${what}\u00a0: ${reason}`, {
    remedy:
      cause === 'prescription'
        ? 'Si la nature de la créance ou une interruption change cette date, enregistrez-la (setClaimNature, recordLimitation).'
        : 'Confiez la suite à la cellule juridique.',
    facts: { cause },
  })
}

function whyBarred(on: Day, doubts: Doubt[]): string {
  const doubt = doubts.find(({ code }) => code === 'unknown_nature' || code === 'limitation_unknown')
  return doubt
    ? `Délai de précaution dépassé depuis le ${dayFr(on)}\u00a0: la créance n’est plus réclamée. ${doubt.message}`
    : `Créance prescrite depuis le ${dayFr(on)}\u00a0: elle n’est plus réclamée.`
}
