import { loadLibrary } from '../../letters/catalogue.ts'
import type { Day } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Random } from '../../schema/random.ts'
import { type CaseFile, firstLetter, lettersToDebtor, readCase } from '../cases/file/file.ts'
import { type Author, record } from '../cases/journal.ts'
import { lockOpenCase } from '../cases/lock.ts'
import { type Adjustment, addStep, holdStep, nothingLeft, ruleAdded, skipStep } from './adjust.ts'
import {
  droppedWhy,
  type Move,
  movesOf,
  refuseUnsuited,
  type Standing,
  type Timeline,
  underScenario,
} from './change.ts'
import { loadScenario, requireFollowed, type ScenarioStep } from './scenario.ts'
import { insertSteps } from './step-rows.ts'

export interface Choice {
  caseId: string
  scenario: string
  reason: string
  /** The debtor's next cases open under it too, before the mandate's. */
  forDebtor?: boolean
  /** Shows what would move, and keeps nothing. */
  dryRun?: boolean
}

/**
 * Gives a case another scenario. What was done is never disturbed; every other step is shown with the day it leaves and
 * the day it takes. DomainError `scenario_unsuited`, `scenario_unchanged`, `nothing_left`.
 */
export async function chooseScenario(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: Choice,
  author: Author,
): Promise<Move[]> {
  const scenario = loadScenario(input.scenario)
  requireReason(input.reason)
  return transaction(sql, async (tx) => {
    await lockOpenCase(tx, input.caseId)
    const file = await readCase(tx, input.caseId)
    const timeline = timelineOf(file)
    refuseUnsuited(scenario, timeline)
    const isNew = file.case.scenario !== scenario.id
    if (!isNew && !input.forDebtor) {
      throw new DomainError(
        'scenario_unchanged',
        `Le dossier ${file.case.number} suit déjà le scénario « ${scenario.id} ».`,
        { remedy: 'Choisissez-en un autre, ou ajustez une étape (adjustStep).' },
      )
    }
    const standing = isNew ? underScenario(scenario, timeline, onDay) : []
    if (isNew && !standing.some((step) => step.skippedWhy === null)) throw nothingLeft(file.case.number)
    const moves = isNew ? movesOf(timeline, standing, scenario) : []
    if (!input.dryRun) {
      if (input.forDebtor) await tx`update debtors set scenario = ${scenario.id} where id = ${file.debtor.id}`
      if (isNew) {
        await tx`update cases set scenario = ${scenario.id} where id = ${file.case.id}`
        await keep(tx, random, onDay, file.case.id, standing, droppedWhy(scenario))
      }
      const { reason, forDebtor = false } = input
      const detail = { from: file.case.scenario, to: scenario.id, reason, forDebtor, moves: moves.map(plain) }
      await record(tx, onDay, { caseId: file.case.id, kind: 'scenario_chosen', detail, author })
    }
    return moves
  })
}

/** Adds, skips or holds back one step of one case, with a reason, under the rules that scenarios keep. */
export async function adjustStep(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: Adjustment,
  author: Author,
): Promise<Move[]> {
  requireReason(input.reason)
  return transaction(sql, async (tx) => {
    await lockOpenCase(tx, input.caseId)
    const file = await readCase(tx, input.caseId)
    const timeline = timelineOf(file)
    const open = file.steps.filter((step) => step.doneOn === null && step.skippedOn === null)
    const standing =
      input.change === 'add'
        ? addStep(timeline, file, rulesOf(file), onDay, input, open)
        : input.change === 'skip'
          ? skipStep(timeline, file, rulesOf(file), input, open)
          : holdStep(file, onDay, input, open)
    const moves = movesOf({ ...timeline, steps: open }, standing, requireFollowed(file.case.scenario)).filter(
      (move) => move.change !== 'kept',
    )
    if (!input.dryRun) {
      await keep(tx, random, onDay, file.case.id, standing, null)
      if (input.change === 'add') {
        await tx`
          insert into step_additions (step_id, rule, reason, added_on, added_by)
          select id, ${json(tx, ruleAdded(input, file))}, ${input.reason}, ${onDay}, ${author} from steps where case_id = ${file.case.id} and key = ${input.stepKey}`
      }
      const kind = { add: 'step_added', skip: 'step_skipped', hold: 'step_held' }[input.change]
      await record(tx, onDay, {
        caseId: file.case.id,
        kind,
        detail: { step: input.stepKey, reason: input.reason, moves: moves.map(plain) },
        author,
      })
    }
    return moves
  })
}

/** The rules of its steps: the scenario's, and those of the persons who added one. */
const rulesOf = (file: CaseFile): Map<string, ScenarioStep> =>
  new Map([
    ...requireFollowed(file.case.scenario).etapes.map((step) => [step.id, step] as const),
    ...file.steps.flatMap(({ key, added }) => (added ? [[key, added] as const] : [])),
  ])

function timelineOf(file: CaseFile): Timeline {
  const library = loadLibrary().letters
  const letters = lettersToDebtor(file).filter(({ stepId, channel }) => stepId !== null && channel !== 'visite')
  const held = file.holds
    .filter((hold) => hold.releasedOn === null)
    .map((hold) => hold.fromOn)
    .toSorted(Temporal.PlainDate.compare)
  return {
    anchorOn: file.case.anchorOn,
    issuedOn: file.invoices[0]?.issuedOn ?? file.case.anchorOn,
    openedOn: file.case.openedOn,
    debtor: file.debtor.kind,
    sendsInvoices: file.mandate?.sendsInvoices ?? false,
    zone: file.case.zone,
    steps: file.steps,
    added: new Set(file.steps.flatMap(({ key, added }) => (added ? [key] : []))),
    hasFirstLetter: firstLetter(file) !== null,
    tone: Math.max(0, ...letters.map((document) => library.get(document.letter)?.ton ?? 0)),
    heldSince: held[0] ?? null,
  }
}

/** Writes the steps as they will stand: one statement for the rows there are, one for the new, one for those left out. */
async function keep(
  sql: Sql,
  random: Random,
  onDay: Day,
  caseId: string,
  standing: Standing[],
  dropped: string | null,
): Promise<void> {
  const rows = standing
    .filter((step) => step.id !== null)
    .map((step) => ({
      id: step.id,
      rank: step.rank,
      channel: step.channel,
      nominal_on: step.nominalOn.toString(),
      planned_on: step.plannedOn.toString(),
      skipped_why: step.skippedWhy,
    }))
  if (dropped !== null) {
    await sql`
      update steps set skipped_on = ${onDay}, skipped_why = ${dropped}, queued_for = null
      where case_id = ${caseId} and done_on is null and skipped_on is null and id <> all(${rows.map((row) => row.id!)}::uuid[])`
  }
  await sql`
    update steps set rank = s.rank, channel = s.channel, nominal_on = s.nominal_on::date, planned_on = s.planned_on::date, queued_for = null,
      skipped_on = case when s.skipped_why is null then null else coalesce(steps.skipped_on, ${onDay}::date) end, skipped_why = s.skipped_why
    from jsonb_to_recordset(${json(sql, rows)}) as s(id uuid, rank int, channel text, nominal_on text, planned_on text, skipped_why text)
    where steps.id = s.id and steps.done_on is null`
  const fresh = standing.filter((step) => step.id === null)
  if (fresh.length > 0) await insertSteps(sql, random, onDay, caseId, fresh)
}

function requireReason(reason: string): void {
  if (reason.trim() !== '') return
  throw new DomainError('reason_needed', 'Un changement de scénario ou d’étape se motive.', {
    remedy: 'Écrivez en une phrase pourquoi (reason).',
  })
}

const plain = ({ from, to, ...move }: Move) => ({ ...move, from: from?.toString() ?? null, to: to?.toString() ?? null })
