import { pendingApprovals, type PendingApproval } from '../../procedures/amicable/approvals.ts'
import { readAgency } from '../../procedures/cases/agency.ts'
import { incomingScript } from '../../procedures/cases/exchanges/call-scripts.ts'
import { type Caller, findCaller } from '../../procedures/cases/exchanges/callers.ts'
import { disputeFiles } from '../../procedures/cases/exchanges/dispute-documents.ts'
import { type Dispute, firstLetter, readCases, type WrittenDocument } from '../../procedures/cases/file/file.ts'
import { standstill } from '../../procedures/cases/standstill.ts'
import { claimableOn } from '../../procedures/money/claimable.ts'
import { progressOn, readConducts } from '../../procedures/judicial/case-progress.ts'
import { type Cell, cellOf, kindsOf, type WorkItem, type WorkKind, workToday } from '../../procedures/work-today.ts'
import { type Day, dayFr, daysBetween, sameDay } from '../../schema/days.ts'
import { may } from '../auth.ts'
import type { Context } from '../context.ts'
import { noteReading } from '../readings.ts'
import { type AwaitingAccount, readAwaitingAccounts } from './staff-accounts.ts'
import { readCode } from './verify.ts'

export interface Named {
  number: string
  debtor: string
  phone: string | null
}

export type OpenDispute = Pick<Dispute, 'id' | 'creditorAnswer' | 'files'>

export interface RefusedLetter {
  about: 'disputes' | 'replies'
  id: string
  message: string
}

export interface BoardDeadline {
  on: Day
  /** Negative once it has passed. */
  daysLeft: number
  what: string
  article: string
  caseId: string
}

export interface FoundCase {
  caseId: string
  matchedBy: Caller['matchedBy']
  number: string
  debtor: string
  creditor: string
  closedOn: Day | null
  /** To be recovered, and apart from it what limitation put out of reach. */
  total: bigint
  barred: bigint
  currency: string
  /** Why nothing may be asked of the debtor; null where it may. */
  stop: string | null
  letter: { reference: string; writtenOn: Day } | null
  script: string | null
  /** What was written to the debtor, coupons and forms with it, the newest first. */
  letters: WrittenDocument[]
}

export interface Board {
  work: WorkItem[]
  deadlines: BoardDeadline[]
  approvals: PendingApproval[]
  cases: Map<string, Named>
  /** Of those cases: the disputes without answer, the replies that nobody has seen to. */
  disputes: Map<string, OpenDispute[]>
  replies: Map<string, { id: string; repliedOn: Day }[]>
  /** Letters that were to follow, and were refused: about which dispute or reply, and why. */
  refused: Map<string, RefusedLetter[]>
  /** The requests of consent that wait for their answer. */
  requests: Map<string, { id: string; procedure: string }[]>
  /** Letters of which nobody knows whether they left. */
  inDoubt: Set<string>
  /** Accounts of creditors that wait for a second person; none for who may not settle them. */
  accounts: AwaitingAccount[]
  open: number
  orphans: number
}

/** How far ahead the board looks, in days. */
const ahead = 60

/** Everything on the board of a day, in a fixed number of statements. */
export async function readBoard(ctx: Context): Promise<Board> {
  const { sql, day } = ctx
  const kinds = Object.keys(cellOf) as WorkKind[]
  const [work, deadlines, approvals, accounts, [open]] = await Promise.all([
    workToday(sql, day, { kinds, seesDeadlines: true }),
    readDeadlines(ctx),
    pendingApprovals(sql, null),
    may(ctx.viewer, 'settleCreditorAccount') ? readAwaitingAccounts(ctx) : [],
    sql<{ count: number }[]>`select count(*)::int as count from cases where closed_on is null`,
  ])
  const ids = [...work, ...deadlines, ...approvals].map(({ caseId }) => caseId)
  const awaiting = work.filter(({ kind }) => kind === 'awaited').map(({ caseId }) => caseId)
  const [named, disputes, replies, refused, requests, doubtful] = await Promise.all([
    sql<(Named & { id: string })[]>`
      select c.id, c.number, d.name as debtor, d.phone from cases c join debtors d on d.id = c.debtor_id where c.id = any(${ids})`,
    sql<(OpenDispute & { caseId: string })[]>`
      select case_id, id, creditor_answer, ${disputeFiles(sql)} as files
      from disputes where case_id = any(${ids}) and resolved_on is null order by raised_on, id`,
    sql<{ caseId: string; id: string; repliedOn: Day }[]>`
      select case_id, id, replied_on from replies where case_id = any(${ids}) and handled_on is null order by replied_on, id`,
    sql<(RefusedLetter & { caseId: string; kind: string })[]>`
      select distinct on (e.case_id, e.detail ->> 'id') e.case_id, e.kind, e.detail ->> 'about' as about, e.detail ->> 'id' as id,
             e.detail ->> 'message' as message
      from events e where e.case_id = any(${ids}) and e.kind in ('follow_up_refused', 'follow_up_retried')
      order by e.case_id, e.detail ->> 'id', e.seq desc`,
    sql<{ caseId: string; id: string; procedure: string }[]>`
      select r.case_id, r.id, r.procedure from consent_requests r
      where r.case_id = any(${awaiting}) and not exists (select from consents d where d.request_id = r.id)
        and not exists (select from consent_ends e where e.request_id = r.id)`,
    sql<{ documentId: string }[]>`
      select document_id from dispatches
      where state = 'sending' and document_id = any(${work.flatMap(({ documentId }) => documentId ?? [])})`,
  ])
  for (const { id } of named) noteReading(ctx, id, 'bureau')
  const cases = new Map(named.map((row) => [row.id, row]))
  const orphans = work.filter(({ kind }) => kind === 'orphan').length
  return {
    work,
    deadlines,
    approvals,
    cases,
    disputes: Map.groupBy(disputes, ({ caseId }) => caseId),
    replies: Map.groupBy(replies, ({ caseId }) => caseId),
    refused: Map.groupBy(
      refused.filter(({ kind }) => kind === 'follow_up_refused'),
      ({ caseId }) => caseId,
    ),
    requests: Map.groupBy(requests, ({ caseId }) => caseId),
    inDoubt: new Set(doubtful.map(({ documentId }) => documentId)),
    accounts,
    open: open!.count,
    orphans,
  }
}

export const ofCell = (work: WorkItem[], cell: Cell): Map<WorkKind, WorkItem[]> => {
  const kinds = new Set(kindsOf(cell))
  return Map.groupBy(
    // Approvals and time limits have a section of their own.
    work.filter(({ kind }) => kinds.has(kind) && kind !== 'approval' && kind !== 'deadline'),
    ({ kind }) => kind,
  )
}

async function readDeadlines({ sql, day }: Context): Promise<BoardDeadline[]> {
  const open = await sql<{ id: string }[]>`
    select p.id from procedures p join cases c on c.id = p.case_id where c.closed_on is null`
  const conducts = await readConducts(
    sql,
    open.map(({ id }) => id),
  )
  return [...conducts.values()]
    .flatMap((conduct) => {
      const { due, late } = progressOn(conduct, day)
      return [...late, ...due].map((limit) => ({
        on: limit.expires,
        daysLeft: daysBetween(day, limit.expires),
        what: `${conduct.procedure.titre}\u00a0: ${limit.title}`,
        article: limit.article,
        caseId: conduct.caseId,
      }))
    })
    .filter(({ daysLeft }) => daysLeft <= ahead)
    .toSorted((a, b) => a.daysLeft - b.daysLeft)
}

/** The cases that a call may be about, each with the script to read. */
export async function readCallers(ctx: Context, said: string): Promise<FoundCase[]> {
  const found = await findCaller({ ...ctx.office, sql: ctx.sql }, said, readCode(said))
  if (found.length === 0) return []
  for (const { caseId } of found) noteReading(ctx, caseId, 'bureau')
  const [files, agency] = await Promise.all([
    readCases(
      ctx.sql,
      found.map(({ caseId }) => caseId),
    ),
    readAgency(ctx.sql),
  ])
  return found.map(({ caseId, matchedBy }) => {
    const file = files.get(caseId)!
    const letter = firstLetter(file)
    const { toRecover, barred, countedOn } = file.case.closedOn
      ? { toRecover: 0n, barred: 0n, countedOn: ctx.day }
      : claimableOn(file, ctx.day)
    return {
      caseId,
      matchedBy,
      number: file.case.number,
      debtor: file.debtor.name,
      creditor: file.creditor.name,
      closedOn: file.case.closedOn,
      total: toRecover,
      barred,
      stop: file.case.closedOn ? null : (standstill(file, ctx.day)?.reason ?? rateAwaited(ctx.day, countedOn)),
      currency: file.case.currency,
      letter: letter && { reference: letter.reference, writtenOn: letter.writtenOn },
      // No script tells a sum that the law on file cannot count.
      script: sameDay(countedOn, ctx.day) ? incomingScript(file, agency, ctx.day) : null,
      letters: file.documents
        .filter(({ recipient, channel }) => recipient === 'debiteur' && channel !== 'appel')
        .toReversed(),
    }
  })
}

/** Said in the place of a script where a rate is awaited. */
const rateAwaited = (day: Day, countedOn: Day): string | null =>
  sameDay(day, countedOn)
    ? null
    : `Le taux applicable après le ${dayFr(countedOn)} n’est pas encore enregistré\u00a0: n’annoncez pas de somme.`
