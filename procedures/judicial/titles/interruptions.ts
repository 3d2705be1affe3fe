import type { Day } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import type { Author } from '../../cases/journal.ts'
import {
  type Acknowledgement,
  recountLimitation,
  renewals,
  renewLimitation,
} from '../../cases/limitation/limitation.ts'
import type { Interruption } from '../../law/limitation.ts'
import { isAwaited } from '../../money/claimable.ts'
import { owedOn } from '../../money/ledger.ts'
import { readCases } from '../../cases/file/file.ts'
import { type Conduct, progressOn, readConducts } from '../case-progress.ts'
import { happenings, standingEvents } from '../engine/happenings.ts'
import type { StepDeadline } from '../engine/time-limits.ts'
import { runsTenYears, signedTitles, titleEnd } from './title-limitation.ts'
import { titlesOf } from './titles.ts'

/**
 * Acts recorded in the procedures of a case that start limitation anew, as their files say. What lapsed interrupted nothing,
 * nor does a claim that was rejected or withdrawn; one that is pending interrupts until it is judged (C. civ. 2242 and 2243).
 */
export async function interruptionsOf(sql: Sql, caseId: string, onDay: Day): Promise<Interruption[]> {
  const opened = await sql<{ id: string }[]>`select id from procedures where case_id = ${caseId}`
  const conducts = await readConducts(
    sql,
    opened.map(({ id }) => id),
  )
  return [...conducts.values()].flatMap((conduct) => interruptionsIn(conduct, onDay))
}

/** What a court was asked: of nothing once the claim is rejected, withdrawn, or the order non avenue (C. civ. 2243, CPC 1419). */
const ofCourt = new Set(['demande-en-justice', 'signification-ordonnance'])

function interruptionsIn(conduct: Conduct, onDay: Day): Interruption[] {
  const { closed, outcomes } = progressOn(conduct, onDay)
  if (closed?.limit && !keepsInterruption(conduct, closed.limit)) return []
  const failed = outcomes.some(({ kind }) => kind === 'echec')
  const rules = happenings(conduct.procedure)
  const standing = standingEvents(conduct.events)
  const judged = standing.find(({ step }) => conduct.procedure.papiers?.titre?.includes(step))
  return standing.flatMap(({ step, on }) => {
    const cause = rules.get(step)?.interrompt
    if (cause === undefined || (ofCourt.has(cause) && failed)) return []
    return [{ on, cause, ...(cause === 'demande-en-justice' ? { until: judged?.on ?? onDay } : {}) }]
  })
}

/** A commandment that is too old to be acted upon did interrupt (CPCE R221-5): nothing in it lapsed. */
function keepsInterruption({ procedure }: Conduct, { step, id }: StepDeadline): boolean {
  const written = procedure.etapes.find((each) => each.id === step)?.delais ?? []
  return written.some((limit) => limit.id === id && limit.interruption === 'demeure')
}

/** Counts the limitation of a case again after something was recorded, corrected or lapsed in one of its procedures. */
export async function recountAfter(sql: Sql, onDay: Day, caseId: string, author: Author): Promise<void> {
  const titles = await signedTitles(sql, caseId, onDay)
  for (const obtained of await titlesOf(sql, caseId, onDay)) {
    const conduct = (await readConducts(sql, [obtained.open.id])).get(obtained.open.id)!
    const hasLapsed = progressOn(conduct, onDay).closed?.limit !== undefined
    if (!hasLapsed && runsTenYears(conduct.procedure))
      titles.push({ on: obtained.on, until: null, askedOn: obtained.open.openedOn })
  }
  const interruptions = await interruptionsOf(sql, caseId, onDay)
  const known = [...(await renewals(sql, caseId)), ...interruptions]
  const ends = titles.map((title) => ({ ...title, ...titleEnd(title, known) }))
  const [title = null] = ends.toSorted((a, b) => Temporal.PlainDate.compare(b.expires, a.expires))
  const owed = await owedInvoices(sql, onDay, caseId)
  await recountLimitation(sql, onDay, { caseId, interruptions, title, owed }, author)
}

/** Those of which something is still owed; null where the law has no rate yet to count with. */
async function owedInvoices(sql: Sql, onDay: Day, caseId: string): Promise<ReadonlySet<string> | null> {
  const file = (await readCases(sql, [caseId])).get(caseId)
  if (!file) return null
  try {
    const { invoices, barred } = owedOn(file, onDay)
    const left = new Set([...invoices, ...barred].flatMap(({ number, unpaid }) => (unpaid > 0n ? [number] : [])))
    return new Set(file.invoices.flatMap(({ id, number }) => (left.has(number) ? [id] : [])))
  } catch (error) {
    if (isAwaited(error)) return null
    throw error
  }
}

/** The debtor acknowledged what it owes (C. civ. 2240): the claim's period starts anew, and that of a title or of an act with it. */
export async function acknowledged(sql: Sql, onDay: Day, input: Acknowledgement): Promise<void> {
  await renewLimitation(sql, onDay, input)
  await recountAfter(sql, onDay, input.caseId, 'system')
}
