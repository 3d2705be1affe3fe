import { after, before, dayFr, type Day, latest, parseDay } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import type { Interruption } from '../../law/limitation.ts'
import { type CaseLimitation, checkedNature } from './claim-limitation.ts'
import { releaseHold } from '../holds.ts'
import {
  type CaseClaim,
  countClaims,
  type CountedClaims,
  type InvoiceClaim,
  keepClaims,
  type Renewal,
  type TitleLimitation,
} from './invoice-limitations.ts'
import { type Author, record } from '../journal.ts'
import { caseGone } from '../lock.ts'

export interface Acknowledgement {
  caseId: string
  on: Day
  cause: string
  article: string
  /** Ids of the invoices that it acknowledges; all of them when absent. */
  invoices?: string[]
}

/**
 * An acknowledgement of the debt starts the claim's own period anew, for the same length (C. civ. 2231, 2240). What courts and
 * bailiffs did counts too: `acknowledged` in judicial/interruptions.ts counts with them.
 */
export async function renewLimitation(sql: Sql, onDay: Day, input: Acknowledgement): Promise<void> {
  const found = await readClaim(sql, input.caseId)
  // A prescription already acquired is not revived by an interruption; only a waiver could (C. civ. 2250).
  if (!found || after(input.on, found.limitationOn)) return
  // A day that a person entered with its source is theirs to move.
  if (isByHand(found)) return
  const { on, cause, article, invoices } = input
  const renewal: Renewal = { on, cause, article, ...(invoices ? { invoices } : {}) }
  const counted = countClaims(found, [...(await renewals(sql, input.caseId)), renewal])
  const isLater = found.invoices.some(({ id, limitationOn }) => after(counted.each.get(id)!.expires, limitationOn))
  // Where acts or a title hold for longer, it is kept all the same: it may start their own period anew.
  if (!isLater && !(await countsInCourt(sql, input.caseId))) return
  if (isLater) await keepClaims(sql, input.caseId, found, notSooner(found, counted))
  const until = latest(counted.whole.expires, found.limitationOn).toString()
  const detail = { until, ...(isLater ? { why: counted.whole.why } : {}), on: on.toString(), cause, article }
  await record(sql, onDay, {
    caseId: input.caseId,
    kind: 'limitation_renewed',
    detail: { ...detail, ...(invoices ? { invoices } : {}) },
    author: 'system',
  })
}

/** Acts and titles, which are not counted here, may hold for longer. */
function notSooner(found: FoundClaim, { each, whole }: CountedClaims): CountedClaims {
  const kept = found.invoices.map(({ id, limitationOn }) => {
    const { expires, isOwed } = each.get(id)!
    return [id, { expires: latest(expires, limitationOn), isOwed }] as const
  })
  const isSooner = before(whole.expires, found.limitationOn)
  const before_ = { expires: found.limitationOn, why: [], doubts: found.limitationDoubts }
  return { each: new Map(kept), whole: isSooner ? before_ : whole }
}

/** Says what the claim is about: its limitation is counted again, with every acknowledgement that there was. */
export async function setClaimNature(
  sql: Sql,
  onDay: Day,
  input: { caseId: string; nature: string },
  author: Author,
): Promise<Day> {
  const nature = checkedNature(input.nature)
  return transaction(sql, async (tx) => {
    const found = await readClaim(tx, input.caseId)
    if (!found) throw caseGone(input.caseId)
    const counted = countClaims({ ...found, nature }, await renewals(tx, input.caseId))
    await tx`update cases set claim_nature = ${nature} where id = ${input.caseId}`
    await settle(tx, onDay, input.caseId, { found, counted }, { nature }, author)
    return counted.whole.expires
  })
}

/** Enters the last day to act by hand, with where it comes from: it stands as it was entered, marked as to be checked. */
export async function recordLimitation(
  sql: Sql,
  onDay: Day,
  input: { caseId: string; expiresOn: Day; source: string },
  author: Author,
): Promise<void> {
  if (input.source.trim() === '') {
    throw new DomainError('source_needed', 'Une date de prescription saisie à la main se justifie.', {
      remedy: 'Indiquez l’article, la décision ou l’avis d’avocat (source).',
    })
  }
  await transaction(sql, async (tx) => {
    const found = await readClaim(tx, input.caseId)
    if (!found) throw caseGone(input.caseId)
    const expires = input.expiresOn
    const message = `Prescription au ${dayFr(expires)}, saisie à la main (${input.source.trim()})\u00a0: à vérifier.`
    const doubts = [{ code: 'limitation_by_hand', message }]
    const each = new Map(found.invoices.map(({ id, isOwed }) => [id, { expires, isOwed }]))
    await settle(
      tx,
      onDay,
      input.caseId,
      { found, counted: { each, whole: { expires, why: [message], doubts } } },
      {},
      author,
    )
  })
}

/**
 * Counts limitation again, invoice by invoice, with what courts and bailiffs did: a claim's own period starts anew at each act that
 * interrupts it, and a title runs for a time of its own (CPCE L111-4), whatever the claim was. A day entered by hand stands; an
 * invoice that came after it has its own. `owed`: see `countClaims`.
 */
export async function recountLimitation(
  sql: Sql,
  onDay: Day,
  input: {
    caseId: string
    interruptions: Interruption[]
    title: TitleLimitation | null
    owed: ReadonlySet<string> | null
  },
  author: Author,
): Promise<void> {
  const found = await readClaim(sql, input.caseId)
  if (!found) return
  // Malagasy law says nothing of what its courts' acts are worth.
  const isHere = found.zone !== 'madagascar'
  const acts = [...(await renewals(sql, input.caseId)), ...(isHere ? input.interruptions : [])]
  const title = isHere ? input.title : null
  const counted = countClaims(found, acts, title, input.owed)
  if (isByHand(found)) return keepByHand(sql, input.caseId, found, counted)
  const isCounted = title !== null || input.interruptions.length > 0 || (await countsInCourt(sql, input.caseId))
  const isNew = found.invoices.some(({ isKnown }) => !isKnown)
  if (!isCounted || isNew) {
    // Nothing but an invoice that came or was paid: its own act says so in the journal.
    await keepClaims(sql, input.caseId, found, counted)
    return release(sql, onDay, input.caseId, counted.whole, author)
  }
  const more = { acts: input.interruptions.length, title: title?.on.toString() ?? null }
  await settle(sql, onDay, input.caseId, { found, counted }, more, author)
}

/** The invoices that were there keep the day that a person entered; those that came since have their own. */
async function keepByHand(sql: Sql, caseId: string, found: FoundClaim, { each }: CountedClaims): Promise<void> {
  const kept = found.invoices.map(({ id, limitationOn, isKnown }) => {
    const { expires, isOwed } = each.get(id)!
    return [id, { expires: isKnown ? limitationOn : expires, isOwed }] as const
  })
  const owed = kept.filter(([, { isOwed }]) => isOwed)
  const expires = (owed.length > 0 ? owed : kept).map(([, one]) => one.expires).reduce(latest, found.anchorOn)
  await keepClaims(sql, caseId, found, {
    each: new Map(kept),
    whole: { expires: kept.length > 0 ? expires : found.limitationOn, why: [], doubts: found.limitationDoubts },
  })
}

/** Whether a title or an act of a procedure ever counted in the limitation of that case. */
async function countsInCourt(sql: Sql, caseId: string): Promise<boolean> {
  const [known] =
    await sql`select 1 from events where case_id = ${caseId} and kind = 'limitation_set' and detail ? 'acts' limit 1`
  return known !== undefined
}

/** The acknowledgements that kept the claim alive until now. */
export async function renewals(sql: Sql, caseId: string): Promise<Renewal[]> {
  const rows = await sql<{ detail: { on: string; cause: string; article: string; invoices?: string[] } }[]>`
    select detail from events where case_id = ${caseId} and kind = 'limitation_renewed' and detail ? 'on' order by seq`
  return rows.map(({ detail: { on, cause, article, invoices } }) => ({
    on: parseDay(on),
    cause,
    article,
    ...(invoices ? { invoices } : {}),
  }))
}

async function settle(
  sql: Sql,
  onDay: Day,
  caseId: string,
  { found, counted }: { found: FoundClaim; counted: CountedClaims },
  more: object,
  author: Author,
): Promise<void> {
  const isChanged = await keepClaims(sql, caseId, found, counted)
  if (!isChanged && 'acts' in more) return
  const { expires, why } = counted.whole
  const days = found.invoices.map(({ id, number }) => [number, counted.each.get(id)!.expires.toString()] as const)
  const several = days.length > 1 ? { invoices: Object.fromEntries(days) } : {}
  const detail = { ...more, until: expires.toString(), why, ...several }
  await record(sql, onDay, { caseId, kind: 'limitation_set', detail, author })
  await release(sql, onDay, caseId, counted.whole, author)
}

/** A case held for prescription goes on where some of it may be claimed after all. */
async function release(sql: Sql, onDay: Day, caseId: string, whole: CaseLimitation, author: Author): Promise<void> {
  if (before(whole.expires, onDay)) return
  const [held] =
    await sql`select 1 from holds where case_id = ${caseId} and cause = 'prescription' and released_on is null`
  if (held) await releaseHold(sql, onDay, { caseId, cause: 'prescription', reason: whole.why[0]! }, author)
}

interface FoundClaim extends CaseClaim {
  limitationDoubts: Doubt[]
  /** `isKnown`: its last day was counted before. */
  invoices: (InvoiceClaim & { isKnown: boolean })[]
}

const isByHand = ({ limitationDoubts }: FoundClaim): boolean =>
  limitationDoubts.some(({ code }) => code === 'limitation_by_hand')

async function readClaim(sql: Sql, caseId: string): Promise<FoundClaim | undefined> {
  const [found] = await sql<Omit<FoundClaim, 'invoices'>[]>`
    select c.zone, d.kind as debtor, c.claim_nature as nature, c.public_order, c.anchor_on, c.limitation_on, c.limitation_doubts
    from cases c join debtors d on d.id = c.debtor_id where c.id = ${caseId} and c.closed_on is null for update of c`
  if (!found) return undefined
  const invoices = await sql<FoundClaim['invoices']>`
    select i.id, i.number, i.issued_on, i.due_on, coalesce(l.expires_on, ${found.limitationOn}) as limitation_on,
           coalesce(l.is_owed, true) as is_owed, l.invoice_id is not null as is_known
    from invoices i left join invoice_limitations l on l.invoice_id = i.id where i.case_id = ${caseId} order by i.due_on, i.number`
  return { ...found, invoices }
}
