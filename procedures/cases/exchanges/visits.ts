import { after, type Day, dayFr } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { newId, type Random } from '../../../schema/random.ts'
import { isWorkingDay, nextWorkingDay } from '../../law/calendar.ts'
import { contactsLately, firstLetterGone } from './contacts.ts'
import { type Author, record } from '../journal.ts'
import { lockOpenCase } from '../lock.ts'
import { recordPromise } from './promises.ts'
import { refuseStandstill } from '../standstill.ts'

/** How a visit ends, in the words of the report. */
export type VisitOutcome = 'engagement' | 'paiement' | 'contestation' | 'absent' | 'refus' | 'inconnu'

export interface Visit {
  id: string
  visitedOn: Day
  /** HH:MM, local. */
  visitedAt: string | null
  agent: string
  place: string
  person: string | null
  outcome: VisitOutcome
  summary: string
  recordedBy: string
}

/**
 * Records a visit to the debtor (« descente sur terrain »), and the commitment signed on the spot as a promise. Refused
 * before the first letter (CPCE R124-4), to an insolvent or on a barred claim, on a Sunday or a holiday.
 */
export async function recordVisit(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: Omit<Visit, 'id' | 'recordedBy'> & {
    caseId: string
    stepKey?: string
    /** What the debtor signed: a sum, in cents of the case's currency, and a day. */
    commitment?: { amount: bigint; dueOn: Day; means: string }
  },
  author: Author,
): Promise<string> {
  if (after(input.visitedOn, onDay)) {
    throw new DomainError('visit_in_future', 'Une visite ne s’enregistre qu’une fois faite.', {
      remedy: 'Donnez le jour de la visite.',
    })
  }
  if (input.commitment && input.outcome !== 'engagement') {
    throw new DomainError('visit_contradicts', 'Un engagement signé est joint à une visite qui n’en rapporte pas.', {
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
    const { zone } = await contactsLately(tx, input.visitedOn, input.caseId)
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
    if (input.commitment) {
      const { amount, dueOn, means } = input.commitment
      const promise = {
        caseId: input.caseId,
        dueOn,
        amount,
        means,
        author: input.person ?? 'le débiteur',
        channel: 'visite',
      }
      await recordPromise(tx, random, onDay, promise, author)
    }
    return id
  })
}

/** The visits of any number of cases in one statement, oldest first. */
export async function visitsOf(sql: Sql, ids: string[]): Promise<Map<string, (Visit & { caseId: string })[]>> {
  const rows = await sql<(Visit & { caseId: string })[]>`
    select case_id, id, visited_on, visited_at::text, agent, place, person, outcome, summary, recorded_by
    from visits where case_id = any(${ids}) order by visited_on, id`
  return Map.groupBy(rows, ({ caseId }) => caseId)
}
