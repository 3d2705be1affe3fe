import { after, type Day, dayFr, daysBetween } from '../../schema/days.ts'
import { json, type Sql } from '../../schema/db.ts'
import { readAgency, refuseUnready } from '../cases/agency.ts'
import { wishesOf } from '../cases/exchanges/contact-preferences.ts'
import { requireMandate } from '../cases/creditors.ts'
import { type CaseFile, readCase, type Step } from '../cases/file/file.ts'
import { placeHold, shiftCase } from '../cases/holds.ts'
import { record } from '../cases/journal.ts'
import { isReturned } from '../mail/returned.ts'
import { publicWays } from '../judicial/courts/public-debtor.ts'
import type { Office } from '../office.ts'
import { wishedChannel } from './channel.ts'
import { heldOnRefusal } from './refusal.ts'
import { forDebtor, requireFollowed, type Scenario, type ScenarioStep, scenarioStep } from './scenario.ts'
import { offsetOf } from './scenario-check.ts'
import { approach, askAgreement, tellCreditorFirst } from './step-acts.ts'
import { creditorAway, putBefore, waitForAnswer, waitForCreditor, waitForTurn } from './step-waits.ts'
import { suspension } from './suspension.ts'
import { giveBack, type Turn } from './turn.ts'

export type StepOutcome = 'done' | 'held' | 'already'

/**
 * Does one step of the timeline, once: the case is locked, looked at again on that day, and letter, out-tray and step
 * are recorded in one transaction. A refusal of the law or of the file does not fail in silence: it holds the case and
 * says why.
 */
export async function doStep(office: Office, stepId: string, onDay: Day): Promise<StepOutcome> {
  return heldOnRefusal(
    office,
    onDay,
    (sql) => attempt(office, sql, stepId, onDay),
    async (sql) => {
      const claimed = await claim(sql, stepId)
      if (claimed !== null) await giveBack(sql, stepId)
      return claimed?.file.case.id ?? null
    },
  )
}

/** Locks the case of a step and reads it; null when the step is done, left out or gone, or its case closed. */
async function claim(sql: Sql, stepId: string): Promise<{ file: CaseFile; step: Step } | null> {
  // The case is locked first, here as in every act on it: no two of them ever wait for each other. What is read next, in
  // its own statements, is as whoever held the lock left it.
  const [found] = await sql<{ id: string }[]>`
    select id from cases where id = (select case_id from steps where id = ${stepId}) for update`
  if (!found) return null
  const file = await readCase(sql, found.id)
  const step = file.steps.find(({ id }) => id === stepId)
  if (!step || step.doneOn || step.skippedOn || file.case.closedOn) return null
  return { file, step }
}

async function attempt(office: Office, sql: Sql, stepId: string, onDay: Day): Promise<StepOutcome> {
  const [claimed, agency] = await Promise.all([claim(sql, stepId), readAgency(sql)])
  if (claimed === null) return 'already'
  const { file, step } = claimed
  const why = suspension(file, onDay)
  if (why) {
    const isRecorded = file.holds.some((hold) => hold.releasedOn === null)
    if (!isRecorded) await placeHold(sql, office.random, onDay, { caseId: file.case.id, ...why }, 'system')
    await giveBack(sql, stepId)
    return 'held'
  }
  // A job left from before the case was put off: the tick will queue the step again on its new day.
  if (after(step.plannedOn, onDay)) {
    await giveBack(sql, stepId)
    return 'already'
  }
  const scenario = requireFollowed(file.case.scenario)
  const rule = step.added ?? scenarioStep(scenario, step.key)
  const turn: Turn = { office, sql, onDay, file, step, rule, agency }
  const comesBefore = precedesFirstLetter(scenario, rule)
  if (comesBefore && after(onDay, file.case.anchorOn)) {
    const why = `L'échéance du ${dayFr(file.case.anchorOn)} est passée : la première lettre d'abord.`
    return passOver(turn, why)
  }
  refuseUnready(agency, onDay)
  if (!file.mandate || after(file.mandate.signedOn, onDay)) await requireMandate(sql, file.creditor.id, onDay)
  const hasNoWay = rule.action === 'demander-accord' && forDebtor(rule.procedure, file.debtor.kind) === null
  if (rule.action === 'decider' || hasNoWay) {
    await putBefore(turn, file.debtor.kind === 'public' ? publicWays(onDay) : '')
    return 'held'
  }
  const tells = step.key.endsWith('.prevenir')
  const writes = rule.lettre && rule.canal !== 'appel' && rule.canal !== 'visite' && !tells
  if (writes && (await waitForAnswer(turn))) return 'held'
  const away = creditorAway(turn, comesBefore)
  if (away && comesBefore && after(away.until, file.case.anchorOn)) return passOver(turn, away.why)
  if (away) {
    // What precedes the due date hangs on it alone.
    await waitForCreditor(turn, away, comesBefore)
    return 'held'
  }
  let wait = 0
  if (tells) wait = await tellCreditorFirst(turn)
  else if (rule.action) await askAgreement(turn)
  else {
    const hasEmail = file.debtor.email !== null && !isReturned(file.debtor, 'email')
    const canal = wishedChannel({ kind: file.debtor.kind, wishes: wishesOf(file), hasEmail }, rule)
    if (canal === null) return passOver(turn, `Le débiteur refuse d'être joint par ce canal (${rule.canal}).`)
    const wished = { ...turn, rule: { ...rule, canal } }
    if (await waitForTurn(wished)) return 'held'
    await approach(wished)
  }
  const detail = { step: step.key, planned: step.plannedOn.toString() }
  await sql`
    with done as (update steps set done_on = ${onDay} where id = ${stepId} returning case_id)
    insert into events (case_id, on_day, kind, detail, author)
    select case_id, ${onDay}, 'step_done', ${json(sql, detail)}, 'system' from done`
  // What precedes the due date hangs on it alone; from the first letter on, intervals are kept.
  if (!comesBefore) await shiftCase(sql, file.case.id, daysBetween(step.plannedOn, onDay) + wait)
  return 'done'
}

/** In a law that knows no first letter, what comes before the due date. */
function precedesFirstLetter({ etapes }: Scenario, rule: ScenarioStep): boolean {
  if (!etapes.includes(rule)) return false
  const first = etapes.findIndex((step) => step.premiere_lettre)
  return first === -1 ? offsetOf(rule) < 0 : etapes.indexOf(rule) < first
}

/** A step that may no longer be done is left out with its reason, and the next one due takes its day. */
async function passOver({ office, sql, onDay, file, step }: Turn, why: string): Promise<StepOutcome> {
  await sql`update steps set skipped_on = ${onDay}, skipped_why = ${why} where id = ${step.id}`
  await record(sql, onDay, {
    caseId: file.case.id,
    kind: 'step_skipped',
    detail: { step: step.key, why },
    author: 'system',
  })
  const next = file.steps.find((each) => each.rank > step.rank && each.doneOn === null && each.skippedOn === null)
  return next && !after(next.plannedOn, onDay) ? attempt(office, sql, next.id, onDay) : 'already'
}
