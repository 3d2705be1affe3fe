import { pendingApprovals, type PendingApproval } from '../../procedures/amicable/approvals.ts'
import { readAgency } from '../../procedures/cases/agency.ts'
import { incomingScript } from '../../procedures/cases/call-scripts.ts'
import { type Caller, findCaller } from '../../procedures/cases/callers.ts'
import { firstLetter, readCases } from '../../procedures/cases/file.ts'
import { payableOn } from '../../procedures/cases/ledger.ts'
import { progressOn, readConducts } from '../../procedures/judicial/case-progress.ts'
import { type Cell, cellOf, kindsOf, type WorkItem, type WorkKind, workToday } from '../../procedures/work-today.ts'
import { type Day, daysBetween } from '../../schema/days.ts'
import type { Context } from '../context.ts'
import { readCode } from './verify.ts'

export interface Named {
  number: string
  debtor: string
  phone: string | null
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
  matchedBy: Caller['matchedBy']
  number: string
  debtor: string
  creditor: string
  closedOn: Day | null
  total: bigint
  currency: string
  letter: { reference: string; writtenOn: Day } | null
  script: string | null
}

export interface Board {
  work: WorkItem[]
  deadlines: BoardDeadline[]
  approvals: PendingApproval[]
  cases: Map<string, Named>
  open: number
  orphans: number
}

/** How far ahead the board looks, in days. */
const ahead = 60

/** Everything on the board of a day, in a fixed number of statements. */
export async function readBoard(ctx: Context): Promise<Board> {
  const { sql, day } = ctx
  const kinds = Object.keys(cellOf) as WorkKind[]
  const [work, deadlines, approvals, [open]] = await Promise.all([
    workToday(sql, day, { kinds, seesDeadlines: true }),
    readDeadlines(ctx),
    pendingApprovals(sql, null),
    sql<{ count: number }[]>`select count(*)::int as count from cases where closed_on is null`,
  ])
  const ids = [...work, ...deadlines, ...approvals].map(({ caseId }) => caseId)
  const named = await sql<(Named & { id: string })[]>`
    select c.id, c.number, d.name as debtor, d.phone from cases c join debtors d on d.id = c.debtor_id where c.id = any(${ids})`
  const cases = new Map(named.map((row) => [row.id, row]))
  const orphans = work.filter(({ kind }) => kind === 'orphan').length
  return { work, deadlines, approvals, cases, open: open!.count, orphans }
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
  const found = await findCaller(ctx.sql, said, readCode(said))
  if (found.length === 0) return []
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
    return {
      matchedBy,
      number: file.case.number,
      debtor: file.debtor.name,
      creditor: file.creditor.name,
      closedOn: file.case.closedOn,
      total: file.case.closedOn ? 0n : payableOn(file, ctx.day).total,
      currency: file.case.currency,
      letter: letter && { reference: letter.reference, writtenOn: letter.writtenOn },
      script: incomingScript(file, agency, ctx.day),
    }
  })
}
