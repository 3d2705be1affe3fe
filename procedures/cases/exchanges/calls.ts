import type { Day } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { newId, type Random } from '../../../schema/random.ts'
import { contactsLately, firstLetterGone, refuseCall } from './contacts.ts'
import { debtorClocks } from './debtor-clock.ts'
import { disputeDays, recordDispute } from './disputes.ts'
import { readCase } from '../file/file.ts'
import { type Author, record } from '../journal.ts'
import { queueFollowUp } from '../../mail/follow-up-queue.ts'
import { lockCase, lockOpenCase } from '../lock.ts'
import { recordPromise } from './promises.ts'
import { recordReply } from './replies.ts'
import { refuseStandstill } from '../standstill.ts'

/** What the debtor said on the phone, where it is an act of its own. */
export type Told =
  | { kind: 'promise'; dueOn: Day; amount: bigint; means: string }
  | { kind: 'dispute'; ground: string; contested: bigint | null }
  | { kind: 'instalments'; monthly: bigint; firstOn: Day }

/**
 * Records a call with the debtor. Refused before the first letter (CPCE R124-4: its reference and date must be recalled),
 * to an insolvent or on a barred claim, on Sundays and holidays, out of hours where the debtor lives and once too many in a week
 * (rules of the house). What was told is kept with it or not at all, and confirmed in writing.
 */
export async function recordCall(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: {
    caseId: string
    /** HH:MM by the clock of the house, which is that of Paris. */
    calledAt: string | null
    direction: 'outgoing' | 'incoming'
    person: string | null
    outcome: string
    summary: string
    stepKey?: string
    told?: Told
  },
  author: Author,
): Promise<string> {
  return transaction(sql, async (tx) => {
    // Two calls at once would each find room in the week for one more. Somebody who calls about a closed case did call.
    await (input.direction === 'outgoing' ? lockOpenCase : lockCase)(tx, input.caseId)
    if (input.direction === 'outgoing') {
      if (!(await firstLetterGone(tx, input.caseId, onDay))) throw beforeFirstLetter()
      await refuseStandstill(tx, onDay, input.caseId, 'Aucun appel au débiteur')
      const [clock] = (await debtorClocks(tx, [input.caseId])).get(input.caseId)!
      refuseCall(contactsLately(await readCase(tx, input.caseId), onDay), clock!, onDay, input.calledAt)
    }
    const id = newId(random)
    await tx`
      insert into calls (id, case_id, step_id, called_on, called_at, direction, person, outcome, summary, recorded_by)
      values (${id}, ${input.caseId}, (select id from steps where case_id = ${input.caseId} and key = ${input.stepKey ?? null}),
              ${onDay}, ${input.calledAt}, ${input.direction}, ${input.person}, ${input.outcome}, ${input.summary}, ${author})`
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'call_recorded',
      detail: { outcome: input.outcome, summary: input.summary },
      author,
    })
    if (input.told) await keepTold(tx, random, onDay, input, input.told, author)
    return id
  })
}

export const beforeFirstLetter = (): DomainError =>
  new DomainError('call_before_first_letter', "Aucun appel n'est permis avant l'envoi de la première lettre.", {
    remedy: 'Attendez que la première lettre soit partie : ses références et sa date doivent être rappelées.',
    article: 'CPCE R124-4',
  })

async function keepTold(
  sql: Sql,
  random: Random,
  onDay: Day,
  { caseId, person }: { caseId: string; person: string | null },
  told: Told,
  author: Author,
): Promise<void> {
  const channel = 'appel'
  if (told.kind === 'dispute') {
    const { ground, contested } = told
    const answerBy = onDay.add({ days: disputeDays })
    const id = await recordDispute(sql, random, onDay, { caseId, channel, ground, contested, answerBy }, author)
    await queueFollowUp(sql, onDay, { dispute: id })
    return
  }
  if (told.kind === 'instalments') {
    await recordReply(sql, random, onDay, { caseId, documentId: null, reference: null }, told, { channel, by: author })
    return
  }
  const [debtor] = await sql<{ name: string }[]>`
    select d.name from cases c join debtors d on d.id = c.debtor_id where c.id = ${caseId}`
  const { dueOn, amount, means } = told
  const promise = { caseId, dueOn, amount, means, author: person ?? debtor!.name, channel }
  const id = await recordPromise(sql, random, onDay, promise, author)
  await queueFollowUp(sql, onDay, { promise: id })
}
