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
  /** null while its job is at work. */
  doneOn: Day | null
  /** What the journal says of its wait, or the suspension that ended after its day; null when nothing stood in the way: nobody ticked. */
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

/** After an outage: the steps done, or taken up, on that day and planned before it. A suspension moves its case: it is no lateness. */
export async function catchUpReport(sql: Sql, onDay: Day): Promise<LateStep[]> {
  const rows = await sql<(LateStep & { heldUntil: Day | null })[]>`
    select c.id as case_id, c.number, s.key as step, s.planned_on, s.done_on, n.key as next, n.planned_on as next_on,
           (select e.detail ->> 'why' from events e
            where e.case_id = s.case_id and e.kind = 'step_postponed' and e.detail ->> 'step' = s.key
            order by e.seq desc limit 1) as why,
           (select max(h.released_on) from holds h
            where h.case_id = s.case_id and h.released_on > s.planned_on and h.released_on <= ${onDay}) as held_until
    from steps s join cases c on c.id = s.case_id
    left join lateral (select key, planned_on from steps n
                       where n.case_id = s.case_id and n.rank > s.rank and n.done_on is null and n.skipped_on is null
                       order by n.rank limit 1) n on true
    where s.skipped_on is null
      and (s.done_on = ${onDay} and s.done_on > s.planned_on
           or s.done_on is null and s.planned_on < ${onDay} and s.queued_for = ${onDay})
    order by s.planned_on, c.number, s.rank`
  return rows.map(({ heldUntil, ...late }) => ({
    ...late,
    why: late.why ?? (heldUntil && typographyFr(`Le dossier était suspendu jusqu’au ${dayFr(heldUntil)}.`)),
  }))
}

/** The first line alone says how much; the next ones say it case by case. */
export function catchUpLines(onDay: Day, late: LateStep[]): string[] {
  if (late.length === 0) return []
  const longest = Math.max(...late.map(({ plannedOn }) => daysBetween(plannedOn, onDay)))
  const count = late.length === 1 ? 'une étape en retard reprise' : `${late.length} étapes en retard reprises`
  return [
    `Rattrapage du ${dayFr(onDay)} : ${count}, de ${days(longest)} au plus.`,
    ...late.map(
      ({ number, step, plannedOn, doneOn, why, next, nextOn }) =>
        `${number} : « ${step} », prévue le ${dayFr(plannedOn)}, ${doneOn ? 'faite' : 'mise au travail'} avec ${days(daysBetween(plannedOn, onDay))} de retard. ` +
        `${why ?? 'Rien ne l’a mise au travail entre-temps.'}` +
        (next && nextOn && doneOn ? ` La suite, « ${next} », vient le ${dayFr(nextOn)}.` : ''),
    ),
  ].map(typographyFr)
}

const days = (n: number): string => counted(n, 'jour')
