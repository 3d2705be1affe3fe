import { after, type Day, dayFr } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { newId, type Random } from '../../../schema/random.ts'
import { isWorkingDay, nextWorkingDay, type Zone } from '../../law/calendar.ts'
import { firstLetterGone } from './contacts.ts'
import { type Author, record } from '../journal.ts'
import type { Visit } from '../file/file.ts'
import { lockOpenCase } from '../lock.ts'
import { queueFollowUp } from '../../mail/follow-up-queue.ts'
import { keepAttestation, recordPromise } from './promises.ts'
import { refuseStandstill } from '../standstill.ts'

/** What the debtor committed itself to: a sum, in cents of the case's currency, and a day. */
export interface Commitment {
  amount: bigint
  dueOn: Day
  means: string
  /** Who signed it on the spot, and the hash of that paper; absent where it was only said. */
  signed?: { by: string; original: string }
}

/**
 * Records a visit to the debtor (« descente sur terrain »), and the commitment that it brought back as a promise: one signed on the
 * spot is attested that day, one that was only said is confirmed in writing. Refused before the first letter (CPCE R124-4), to an
 * insolvent or on a barred claim, on a Sunday or a holiday.
 */
export async function recordVisit(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: Omit<Visit, 'id' | 'stepId' | 'recordedBy'> & { caseId: string; stepKey?: string; commitment?: Commitment },
  author: Author,
): Promise<string> {
  if (after(input.visitedOn, onDay)) {
    throw new DomainError('visit_in_future', 'Une visite ne s’enregistre qu’une fois faite.', {
      remedy: 'Donnez le jour de la visite.',
    })
  }
  if (input.commitment && input.outcome !== 'engagement') {
    throw new DomainError('visit_contradicts', 'Un engagement est joint à une visite qui n’en rapporte pas.', {
      remedy: 'Donnez « engagement » pour issue, ou retirez l’engagement.',
    })
  }
  return transaction(sql, async (tx) => {
    await lockOpenCase(tx, input.caseId)
    if (!(await firstLetterGone(tx, input.caseId, input.visitedOn))) {
      throw new DomainError('visit_before_first_letter', 'Aucune visite avant l’envoi de la première lettre.', {
        remedy: 'Attendez que la première lettre soit partie : ses références et sa date doivent être rappelées.',
        article: 'CPCE R124-4',
      })
    }
    await refuseStandstill(tx, input.visitedOn, input.caseId, 'Aucune visite au débiteur')
    const [{ zone }] = await tx<[{ zone: Zone }]>`select zone from cases where id = ${input.caseId}`
    if (!isWorkingDay(input.visitedOn, zone)) {
      throw new DomainError(
        'visit_on_closed_day',
        `Pas de visite le ${dayFr(input.visitedOn)} : dimanche ou jour férié.`,
        {
          remedy: `Un jour ouvrable, par exemple le ${dayFr(nextWorkingDay(input.visitedOn, zone))}.`,
        },
      )
    }
    const id = newId(random)
    await tx`
      insert into visits (id, case_id, step_id, visited_on, visited_at, agent, place, person, outcome, summary, recorded_by)
      values (${id}, ${input.caseId}, (select id from steps where case_id = ${input.caseId} and key = ${input.stepKey ?? null}),
              ${input.visitedOn}, ${input.visitedAt}, ${input.agent}, ${input.place}, ${input.person}, ${input.outcome},
              ${input.summary}, ${author})`
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'visit_recorded',
      detail: { on: input.visitedOn.toString(), agent: input.agent, outcome: input.outcome, summary: input.summary },
      author,
    })
    if (input.commitment) await keepCommitment(tx, random, onDay, { ...input, commitment: input.commitment }, author)
    return id
  })
}

async function keepCommitment(
  sql: Sql,
  random: Random,
  onDay: Day,
  visit: Pick<Visit, 'visitedOn' | 'person'> & { caseId: string; commitment: Commitment },
  author: Author,
): Promise<void> {
  const { caseId, visitedOn, person, commitment } = visit
  const { amount, dueOn, means, signed } = commitment
  const said = { amount, dueOn, means, author: person ?? signed?.by ?? 'le débiteur', channel: 'visite' }
  const id = await recordPromise(sql, random, onDay, { caseId, promisedOn: visitedOn, ...said }, author)
  if (!signed) return queueFollowUp(sql, onDay, { promise: id })
  const { by: signedBy, original } = signed
  const attestation = { attestedOn: visitedOn, signedBy, means: 'sur-place', original } as const
  await keepAttestation(sql, onDay, { of: 'promise', id, caseId, ...attestation }, author)
}
