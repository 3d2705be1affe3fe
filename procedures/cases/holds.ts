import { type Day, dayFr, daysBetween } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newId, type Random } from '../../schema/random.ts'
import { shiftSteps } from '../amicable/timeline.ts'
import type { Zone } from '../law/calendar.ts'
import { lockOpenCase } from './lock.ts'
import { type Author, record } from './journal.ts'

export type HoldCause =
  | 'paiement-integral'
  | 'contestation'
  | 'promesse'
  | 'echeancier'
  | 'procedure-collective'
  | 'surendettement'
  | 'deces'
  | 'prescription'
  | 'decision'
  | 'remise'

/** Holds of these causes end on their day by themselves, but for those that wait for a person (`forPerson`). */
export const lapsing = ['promesse', 'remise', 'decision'] as const satisfies readonly HoldCause[]

/** Suspends a case and says why, until a day on which a person looks again: no case waits without a date. */
export async function placeHold(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: {
    caseId: string
    cause: HoldCause
    reason: string
    reviewOn: Day
    /** It ends when a person says so, never of itself. */
    forPerson?: boolean
  },
  author: Author,
): Promise<string> {
  if (Temporal.PlainDate.compare(input.reviewOn, onDay) < 0) {
    throw new DomainError('hold_without_end', `La date de réexamen (${dayFr(input.reviewOn)}) est passée.`, {
      remedy: 'Choisissez une date à venir : un dossier suspendu doit avoir une échéance.',
    })
  }
  return transaction(sql, async (tx) => {
    await lockOpenCase(tx, input.caseId)
    const id = newId(random)
    await tx`
      insert into holds (id, case_id, cause, reason, from_on, review_on, for_person, placed_by)
      values (${id}, ${input.caseId}, ${input.cause}, ${input.reason}, ${onDay}, ${input.reviewOn}, ${input.forPerson ?? false}, ${author})`
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'case_held',
      detail: { cause: input.cause, reason: input.reason, reviewOn: input.reviewOn.toString() },
      author,
    })
    return id
  })
}

/** Ends the live holds of that cause; the steps not done move by the days lost, each day counted once whatever held it. */
export async function releaseHold(
  sql: Sql,
  onDay: Day,
  input: {
    caseId: string
    cause: HoldCause
    reason: string
    /** That one alone, of those of its cause. */
    holdId?: string
  },
  author: Author,
): Promise<void> {
  const { holdId = null } = input
  await transaction(sql, async (tx) => {
    await tx`select 1 from cases where id = ${input.caseId} for update`
    const [released] = await tx<{ fromOn: Day }[]>`
      with released as (
        update holds set released_on = ${onDay}, released_by = ${author}, release_why = ${input.reason}
        where case_id = ${input.caseId} and cause = ${input.cause} and released_on is null
          and (${holdId}::uuid is null or id = ${holdId})
        returning from_on)
      select min(from_on) as from_on from released having count(*) > 0`
    if (!released) {
      throw new DomainError('not_held', 'Ce dossier n’est pas suspendu pour cette cause.', {
        remedy: 'Consultez les suspensions en cours du dossier.',
        facts: { cause: input.cause },
      })
    }
    const [other] = await tx<{ fromOn: Day | null }[]>`
      select min(from_on) as from_on from holds where case_id = ${input.caseId} and released_on is null`
    // A hold that remains will count its own days.
    await shiftCase(tx, input.caseId, daysBetween(released.fromOn, other?.fromOn ?? onDay))
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'case_released',
      detail: { cause: input.cause, reason: input.reason },
      author,
    })
  })
}

/** Moves every step not done by so many days, keeping their intervals. */
export async function shiftCase(sql: Sql, caseId: string, days: number): Promise<void> {
  if (days <= 0) return
  const [found] = await sql<{ zone: Zone }[]>`select zone from cases where id = ${caseId}`
  const open = await sql<{ id: string; nominalOn: Day }[]>`
    select id, nominal_on from steps where case_id = ${caseId} and done_on is null and skipped_on is null`
  const moved = shiftSteps(open, days, found!.zone)
  await sql`
    update steps set nominal_on = moved.nominal_on::date, planned_on = moved.planned_on::date
    from jsonb_to_recordset(${sql.json(moved.map((step) => ({ id: step.id, nominal_on: step.nominalOn.toString(), planned_on: step.plannedOn.toString() })))})
      as moved(id uuid, nominal_on text, planned_on text)
    where steps.id = moved.id`
}
