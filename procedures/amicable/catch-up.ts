import { typographyFr } from '../../documents/rendering/typography.ts'
import { type Day, dayFr, daysBetween } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { counted } from '../../schema/words.ts'

/** A step taken up on a day later than the planned one, and what it moves. */
export interface LateStep {
  caseId: string
  number: string
  step: string
  plannedOn: Day
  /** null while its job is at work, and where it was left out. */
  doneOn: Day | null
  /** Why it was left out; null where it was not. */
  skippedWhy: string | null
  /** The agreement or the suspension that it waited for, or the fault of its last attempt; null when nothing of these stood in its way. */
  why: string | null
  next: string | null
  nextOn: Day | null
}

/**
 * Notes what that day has taken up already, and answers the question what it takes up after that: whoever runs again, or beside
 * another, tells its own lateness and no one else's.
 */
export async function watchCatchUp(sql: Sql, onDay: Day): Promise<() => Promise<LateStep[]>> {
  const nameOf = ({ number, step }: LateStep): string => `${number} ${step}`
  const before = new Set((await catchUpReport(sql, onDay)).map(nameOf))
  return async () => (await catchUpReport(sql, onDay)).filter((late) => !before.has(nameOf(late)))
}

interface Lateness {
  askedOn: Day | null
  decidedOn: Day | null
  decision: 'approuve' | 'delai' | null
  lastError: string | null
  heldUntil: Day | null
}

/**
 * After an outage: the steps done, taken up, or left out because their day had passed, on that day and planned before it. A
 * suspension moves its case: it is no lateness.
 */
export async function catchUpReport(sql: Sql, onDay: Day): Promise<LateStep[]> {
  const rows = await sql<(Omit<LateStep, 'why'> & Lateness)[]>`
    with late as (
      select * from steps where done_on = ${onDay} and done_on > planned_on and skipped_on is null
      union all
      select * from steps where planned_on < ${onDay} and done_on is null and skipped_on is null and queued_for = ${onDay}
      union all
      -- By its own job: what a person left out, or is left of a closed case, was never taken up.
      select * from steps where skipped_on = ${onDay} and skipped_on > planned_on and queued_for = ${onDay})
    select c.id as case_id, c.number, s.key as step, s.planned_on, s.done_on, s.skipped_why, n.key as next, n.planned_on as next_on,
           a.asked_on, a.decided_on, a.decision,
           (select left(j.last_error, 200) from graphile_worker.jobs j where s.done_on is null and j.key = 'step:' || s.id) as last_error,
           (select max(h.released_on) from holds h
            where h.case_id = s.case_id and h.released_on > s.planned_on and h.released_on <= ${onDay}) as held_until
    from late s join cases c on c.id = s.case_id
    left join approvals a on a.step_id = s.id and a.decided_on > s.planned_on and a.decision in ('approuve', 'delai')
    left join lateral (select key, planned_on from steps n
                       where n.case_id = s.case_id and n.rank > s.rank and n.done_on is null and n.skipped_on is null
                       order by n.rank limit 1) n on true
    order by s.planned_on, c.number, s.rank`
  return rows.map(({ askedOn, decidedOn, decision, lastError, heldUntil, ...late }) => ({
    ...late,
    why: whyLate({ askedOn, decidedOn, decision, lastError, heldUntil }),
  }))
}

function whyLate({ askedOn, decidedOn, decision, lastError, heldUntil }: Lateness): string | null {
  if (decision === 'approuve')
    return typographyFr(`L’accord demandé le ${dayFr(askedOn!)} a été donné le ${dayFr(decidedOn!)}.`)
  if (decision === 'delai')
    return typographyFr(`L’accord demandé le ${dayFr(askedOn!)} n’est pas venu : la règle est alors d’envoyer.`)
  if (heldUntil) return typographyFr(`Le dossier était suspendu jusqu’au ${dayFr(heldUntil)}.`)
  return lastError && typographyFr(`Ses essais ont échoué : ${lastError}`)
}

/** The first line alone says how much; the next ones say it case by case. */
export function catchUpLines(onDay: Day, late: LateStep[]): string[] {
  if (late.length === 0) return []
  const longest = Math.max(...late.map(({ plannedOn }) => daysBetween(plannedOn, onDay)))
  const count = late.length === 1 ? 'une étape en retard reprise' : `${late.length} étapes en retard reprises`
  return [
    `Rattrapage du ${dayFr(onDay)} : ${count}, de ${days(longest)} au plus.`,
    ...late.map(
      ({ number, step, plannedOn, doneOn, skippedWhy, why, next, nextOn }) =>
        `${number} : « ${step} », prévue le ${dayFr(plannedOn)}, ${doneOn ? 'faite' : skippedWhy ? 'passée' : 'mise au travail'} avec ${days(daysBetween(plannedOn, onDay))} de retard. ` +
        (skippedWhy ? `${skippedWhy} ` : '') +
        (why ?? 'Ni suspension ni accord ne la retenait : rien ne tournait, ou ses essais ont échoué.') +
        (next && nextOn && doneOn ? ` La suite, « ${next} », vient le ${dayFr(nextOn)}.` : ''),
    ),
  ].map(typographyFr)
}

const days = (n: number): string => counted(n, 'jour')
