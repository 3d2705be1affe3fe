import { type Day, dayFr, daysBetween, latest } from '../../schema/days.ts'
import { loadLibrary } from '../../letters/catalogue.ts'
import { contactBy, contactsLately, isDemand, nextContactDay } from '../cases/exchanges/contacts.ts'
import { closuresAhead, closureWait } from '../cases/creditor-closures.ts'
import { placeHold, shiftCase } from '../cases/holds.ts'
import { type CaseFile, lettersToDebtor } from '../cases/file/file.ts'
import { nextLimitation } from '../cases/limitation/invoice-limitations.ts'
import { record } from '../cases/journal.ts'
import { giveBack, type Turn } from './turn.ts'

/** The last day that a letter already written gives the debtor to answer: of a step, written again, or a demand that a person ordered. */
export function answerAwaited(file: Pick<CaseFile, 'documents'>): Day | null {
  const { letters } = loadLibrary()
  const asks = (id: string) => letters.has(id) && isDemand(letters.get(id)!)
  return lettersToDebtor(file)
    .filter(({ stepId, resendOf, letter }) => stepId !== null || resendOf !== null || asks(letter))
    .flatMap(({ answerBy }) => answerBy ?? [])
    .reduce<Day | null>((last, day) => (last === null ? day : latest(last, day)), null)
}

/** A letter never overtakes the time that the one before it gave to answer: the step and those after it wait. */
export async function waitForAnswer(turn: Turn): Promise<boolean> {
  const until = answerAwaited(turn.file)
  if (until === null || Temporal.PlainDate.compare(until, turn.onDay) < 0) return false
  const why = `La lettre précédente laisse répondre jusqu'au ${dayFr(until)}.`
  await postpone(turn, until.add({ days: 1 }), why)
  return true
}

/** Too many approaches in a week, or a call on a closed day: the step and those after it move, and are never lost. */
export async function waitForTurn(turn: Turn): Promise<boolean> {
  const { file, rule, onDay } = turn
  const { on, why } = nextContactDay(contactsLately(file, onDay), contactBy(rule.canal!), onDay)
  if (why === null) return false
  await postpone(turn, on, why)
  return true
}

/** Nobody at the creditor's could answer, and payments would cross: until when the step waits, and why; null when it does not. */
export function creditorAway(
  { onDay, file, step, rule }: Turn,
  comesBefore: boolean,
): { until: Day; why: string } | null {
  if (rule.action) return null
  const { nominalOn } = step
  const last = file.steps.findLast(({ doneOn, skippedOn }) => doneOn === null && skippedOn === null)
  return closureWait(closuresAhead(file, onDay), onDay, {
    zone: file.case.zone,
    nominalOn,
    lastOn: comesBefore ? nominalOn : last!.nominalOn,
    limitationOn: nextLimitation(file, onDay),
  })
}

/** The step waits for its creditor, `alone` or with those after it; whoever let the time to approve it pass is asked again then. */
export async function waitForCreditor(turn: Turn, away: { until: Day; why: string }, alone: boolean): Promise<void> {
  await turn.sql`delete from approvals where step_id = ${turn.step.id} and decision = 'delai'`
  await postpone(turn, away.until, away.why, { alone })
}

/** The step and those after it move, or that one `alone`. */
async function postpone(
  { sql, onDay, file, step }: Turn,
  until: Day,
  why: string,
  { alone = false } = {},
): Promise<void> {
  await giveBack(sql, step.id)
  if (alone) await sql`update steps set nominal_on = ${until}, planned_on = ${until} where id = ${step.id}`
  else await shiftCase(sql, file.case.id, daysBetween(step.nominalOn, until))
  await record(sql, onDay, {
    caseId: file.case.id,
    kind: 'step_postponed',
    detail: { step: step.key, why },
    author: 'system',
  })
}

/** The amicable phase has said what it had to say: the case waits for a person, and comes back until one has decided. */
export async function putBefore({ office, sql, onDay, file, step, rule }: Turn, ways = ''): Promise<void> {
  await giveBack(sql, step.id)
  const hold = {
    caseId: file.case.id,
    cause: 'decision',
    reason: `Le parcours amiable est au bout : décidez de la suite avec le créancier (étape « ${step.key} »).${ways && ` ${ways}`}`,
    reviewOn: onDay.add({ days: rule.validite ?? 15 }),
  } as const
  await placeHold(sql, office.random, onDay, hold, 'system')
}
