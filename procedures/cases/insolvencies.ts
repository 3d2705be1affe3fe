import { type Day, dayFr } from '../../schema/days.ts'
import { type Sql, transaction } from '../../schema/db.ts'
import { newId, type Random } from '../../schema/random.ts'
import { placeHold } from './holds.ts'
import { type Author, record } from './journal.ts'

/**
 * Records insolvency proceedings (procédure collective) against the debtor: interest stops on the opening day
 * (C. com. L622-28) and no individual approach or claim goes on (L622-21).
 */
export async function recordInsolvency(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { caseId: string; nature: string; openedOn: Day; publishedOn: Day | null },
  author: Author,
): Promise<string> {
  return transaction(sql, async (tx) => {
    const id = newId(random)
    await tx`
      insert into insolvencies (id, case_id, nature, opened_on, published_on, recorded_on, recorded_by)
      values (${id}, ${input.caseId}, ${input.nature}, ${input.openedOn}, ${input.publishedOn}, ${onDay}, ${author})`
    // What was put to the creditor no longer stands: only the declaration of the claim is left.
    await tx`
      insert into consent_ends (request_id, ended_on, cause, reason, ended_by)
      select id, ${onDay}, 'changed', 'Une procédure collective est ouverte : il reste à déclarer la créance.', ${author}
      from consent_requests where case_id = ${input.caseId}
      on conflict do nothing`
    await record(tx, onDay, {
      caseId: input.caseId,
      kind: 'insolvency_recorded',
      detail: {
        nature: input.nature,
        openedOn: input.openedOn.toString(),
        publishedOn: input.publishedOn?.toString() ?? null,
      },
      author,
    })
    await placeHold(
      tx,
      random,
      onDay,
      {
        caseId: input.caseId,
        cause: 'procedure-collective',
        reason: `${input.nature} ouverte le ${dayFr(input.openedOn)} : déclarer la créance, aucune poursuite individuelle (C. com. L622-21).`,
        reviewOn: onDay.add({ days: 7 }),
      },
      author,
    )
    return id
  })
}
