import { after, before, dayFr, type Day, latest, parseDay, sameDay } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import type { Zone } from '../law/calendar.ts'
import { addDuration, durationFr, parseDuration } from '../law/deadline.ts'
import { type Interruption, limitation, limitationKinds } from '../law/limitation.ts'
import { findEntry, legalValue } from '../law/values.ts'
import type { DebtorKind } from './debtors.ts'
import { releaseHold } from './holds.ts'
import { type Author, record } from './journal.ts'
import { caseGone } from './lock.ts'

/** What a claim is about, for its limitation; « vente » is any sale or service, and depends on who owes. */
export const claimNatures = (): string[] => ['vente', ...limitationKinds()]

/** Kinds that an invoice may be of, when nobody says: the shortest of them is kept. */
const ofAnInvoice = ['conso', 'commercial', 'public', 'transport', 'maritime', 'telecom', 'loyer_habitation']

interface Claim {
  zone: Zone
  debtor: DebtorKind
  nature: string | null
  due: Day
  /** The acknowledgements of the debt, in any order: each counts only if the one before it kept the claim alive. */
  interruptions?: Interruption[]
}
export interface CaseLimitation {
  expires: Day
  why: string[]
  doubts: Doubt[]
}

/**
 * The last day to act on a claim. An unknown nature takes the shortest period that an invoice may have, and says so; under
 * Malagasy law, which is not on file, a time of caution runs until a person enters the day with its source.
 */
export function claimLimitation(claim: Claim): CaseLimitation {
  if (claim.zone === 'madagascar') return caution(claim)
  const { nature, due } = claim
  const of = (kind: string) => limitation({ kind, due, interruptions: claim.interruptions ?? [] })
  if (nature !== null) {
    const { expires, why, doubts } = of(nature === 'vente' ? saleKind[claim.debtor] : nature)
    return { expires, why, doubts }
  }
  const [shortest] = ofAnInvoice
    .filter((kind) => findEntry('prescription', due, kind)?.value != null)
    .map(of)
    .toSorted((a, b) => Temporal.PlainDate.compare(a.expires, b.expires))
  if (!shortest) return of(saleKind[claim.debtor])
  const message =
    `Nature de la créance non dite\u00a0: la prescription la plus courte est retenue, ${durationFr(shortest.duration)} ` +
    `(${shortest.article}), jusqu’au ${dayFr(shortest.expires)}. Indiquez la nature (setClaimNature) si elle en a une plus longue.`
  return {
    expires: shortest.expires,
    why: [message, ...shortest.why],
    doubts: [{ code: 'unknown_nature', message }, ...shortest.doubts],
  }
}

const saleKind = { business: 'commercial', consumer: 'conso', public: 'public' } as const

function caution({ due, interruptions = [] }: Claim): CaseLimitation {
  const time = legalValue('mg-prescription', due, 'precaution')
  const length = parseDuration(time.value)
  const expires = interruptions
    .map(({ on }) => on)
    .toSorted((a, b) => Temporal.PlainDate.compare(a, b))
    .reduce((end, on) => (before(end, on) ? end : latest(end, addDuration(on, length))), addDuration(due, length))
  const message =
    `Prescription malgache non renseignée\u00a0: par précaution, la créance n’est plus réclamée après le ${dayFr(expires)}. ` +
    'La date exacte reste à saisir, avec sa source.'
  return { expires, why: [message], doubts: [{ code: 'limitation_unknown', message }] }
}

/** DomainError `unknown_nature` for a word that is none of the natures. */
export function checkedNature(nature: string | null | undefined): string | null {
  if (nature == null || nature === '') return null
  if (claimNatures().includes(nature)) return nature
  throw new DomainError('unknown_nature', `La nature de créance « ${nature.slice(0, 40)} » n’est pas connue.`, {
    remedy: `Indiquez une des natures suivantes\u00a0: ${claimNatures().join(', ')}.`,
  })
}

export interface Acknowledgement {
  caseId: string
  on: Day
  cause: string
  article: string
}

/**
 * An acknowledgement of the debt starts the claim's own period anew, for the same length (C. civ. 2231, 2240). What courts and
 * bailiffs did counts too: `acknowledged` in judicial/interruptions.ts counts with them.
 */
export async function renewLimitation(sql: Sql, onDay: Day, input: Acknowledgement): Promise<void> {
  const found = await readClaim(sql, input.caseId)
  // A prescription already acquired is not revived by an interruption; only a waiver could (C. civ. 2250).
  if (!found || Temporal.PlainDate.compare(input.on, found.limitationOn) > 0) return
  // A day that a person entered with its source is theirs to move.
  if (found.limitationDoubts.some((doubt) => doubt.code === 'limitation_by_hand')) return
  const { on, cause, article } = input
  const interruptions = [...(await renewals(sql, input.caseId)), { on, cause, article }]
  const { expires, why, doubts } = claimLimitation({ ...found, due: found.anchorOn, interruptions })
  const isLater = after(expires, found.limitationOn)
  // Where acts or a title hold for longer, it is kept all the same: it may start their own period anew.
  if (!isLater && !(await countsInCourt(sql, input.caseId))) return
  if (isLater) await keep(sql, input.caseId, expires, doubts)
  const until = latest(expires, found.limitationOn).toString()
  await record(sql, onDay, {
    caseId: input.caseId,
    kind: 'limitation_renewed',
    detail: { until, ...(isLater ? { why } : {}), on: on.toString(), cause, article },
    author: 'system',
  })
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
    const interruptions = await renewals(tx, input.caseId)
    const { expires, why, doubts } = claimLimitation({ ...found, nature, due: found.anchorOn, interruptions })
    await tx`update cases set claim_nature = ${nature} where id = ${input.caseId}`
    await settle(tx, onDay, input.caseId, { expires, why, doubts }, { nature }, author)
    return expires
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
    if (!(await readClaim(tx, input.caseId))) throw caseGone(input.caseId)
    const message = `Prescription au ${dayFr(input.expiresOn)}, saisie à la main (${input.source.trim()})\u00a0: à vérifier.`
    const doubts = [{ code: 'limitation_by_hand', message }]
    await settle(tx, onDay, input.caseId, { expires: input.expiresOn, why: [message], doubts }, {}, author)
  })
}

/**
 * Counts limitation again with what courts and bailiffs did: the claim's own period starts anew at each act that interrupts it,
 * and a title runs for a time of its own (CPCE L111-4), whatever the claim was. A day entered by hand stands.
 */
export async function recountLimitation(
  sql: Sql,
  onDay: Day,
  input: { caseId: string; interruptions: Interruption[]; title: (CaseLimitation & { on: Day }) | null },
  author: Author,
): Promise<void> {
  const found = await readClaim(sql, input.caseId)
  if (!found || found.zone === 'madagascar') return
  if (found.limitationDoubts.some((doubt) => doubt.code === 'limitation_by_hand')) return
  const isNothing = input.title === null && input.interruptions.length === 0
  if (isNothing && !(await countsInCourt(sql, input.caseId))) return
  const interruptions = [...(await renewals(sql, input.caseId)), ...input.interruptions]
  const claim = claimLimitation({ ...found, due: found.anchorOn, interruptions })
  const { title } = input
  const { expires, why, doubts } = title && after(title.expires, claim.expires) ? title : claim
  if (sameDay(expires, found.limitationOn)) return
  const more = { acts: input.interruptions.length, title: title?.on.toString() ?? null }
  await settle(sql, onDay, input.caseId, { expires, why, doubts }, more, author)
}

/** Whether a title or an act of a procedure ever counted in the limitation of that case. */
async function countsInCourt(sql: Sql, caseId: string): Promise<boolean> {
  const [known] =
    await sql`select 1 from events where case_id = ${caseId} and kind = 'limitation_set' and detail ? 'acts' limit 1`
  return known !== undefined
}

/** The acknowledgements that kept the claim alive until now. */
export async function renewals(sql: Sql, caseId: string): Promise<Interruption[]> {
  const rows = await sql<{ detail: { on: string; cause: string; article: string } }[]>`
    select detail from events where case_id = ${caseId} and kind = 'limitation_renewed' and detail ? 'on' order by seq`
  return rows.map(({ detail: { on, cause, article } }) => ({ on: parseDay(on), cause, article }))
}

async function settle(
  sql: Sql,
  onDay: Day,
  caseId: string,
  { expires, why, doubts }: CaseLimitation,
  more: object,
  author: Author,
): Promise<void> {
  await keep(sql, caseId, expires, doubts)
  await record(sql, onDay, {
    caseId,
    kind: 'limitation_set',
    detail: { ...more, until: expires.toString(), why },
    author,
  })
  const [held] =
    await sql`select 1 from holds where case_id = ${caseId} and cause = 'prescription' and released_on is null`
  if (held && !before(expires, onDay))
    await releaseHold(sql, onDay, { caseId, cause: 'prescription', reason: why[0]! }, author)
}

async function keep(sql: Sql, caseId: string, expires: Day, doubts: Doubt[]): Promise<void> {
  await sql`update cases set limitation_on = ${expires}, limitation_doubts = ${json(sql, doubts)} where id = ${caseId}`
}

async function readClaim(sql: Sql, caseId: string) {
  const [found] = await sql<
    {
      zone: Zone
      debtor: DebtorKind
      nature: string | null
      anchorOn: Day
      limitationOn: Day
      limitationDoubts: Doubt[]
    }[]
  >`
    select c.zone, d.kind as debtor, c.claim_nature as nature, c.anchor_on, c.limitation_on, c.limitation_doubts
    from cases c join debtors d on d.id = c.debtor_id where c.id = ${caseId} and c.closed_on is null for update of c`
  return found
}
