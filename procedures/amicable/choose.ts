import { loadLibrary } from '../../letters/catalogue.ts'
import { after, before, type Day, dayFr, daysBetween } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import type { Random } from '../../schema/random.ts'
import { type CaseFile, firstLetter, readCase, type Step } from '../cases/file/file.ts'
import { type Author, record } from '../cases/journal.ts'
import { lockOpenCase } from '../cases/lock.ts'
import { nextWorkingDay } from '../law/calendar.ts'
import {
  byPerson,
  droppedWhy,
  type Move,
  movesOf,
  refuseUnsuited,
  type Standing,
  type Timeline,
  underScenario,
} from './change.ts'
import { debtorWord, loadScenario, type Scenario, type ScenarioStep } from './scenario.ts'
import { scenarioFaults } from './scenario-check.ts'
import { insertSteps } from './step-rows.ts'
import { shiftSteps } from './timeline.ts'

export interface Choice {
  caseId: string
  scenario: string
  reason: string
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
    const timeline = await timelineOf(tx, file)
    refuseUnsuited(scenario, timeline)
    if (file.case.scenario === scenario.id) {
      throw new DomainError(
        'scenario_unchanged',
        `Le dossier ${file.case.number} suit déjà le scénario « ${scenario.id} ».`,
        { remedy: 'Choisissez-en un autre, ou ajustez une étape (adjustStep).' },
      )
    }
    const standing = underScenario(scenario, timeline, onDay)
    if (!standing.some((step) => step.skippedWhy === null)) throw nothingLeft(file.case.number)
    const moves = movesOf(timeline, standing, scenario)
    if (!input.dryRun) {
      await tx`update cases set scenario = ${scenario.id} where id = ${file.case.id}`
      await keep(tx, random, onDay, file.case.id, standing, droppedWhy(scenario))
      const detail = { from: file.case.scenario, to: scenario.id, reason: input.reason, moves: moves.map(plain) }
      await record(tx, onDay, { caseId: file.case.id, kind: 'scenario_chosen', detail, author })
    }
    return moves
  })
}

export interface Adjustment {
  caseId: string
  change: 'add' | 'skip' | 'hold'
  /** The step to skip or hold; the name of the one to add. */
  stepKey: string
  reason: string
  /** The day to do it on: of the step added, or of the step held back. */
  on?: Day
  /** For a step added. */
  letter?: string
  channel?: NonNullable<ScenarioStep['canal']>
  /** Days given to answer, for a letter added. */
  delay?: number
  dryRun?: boolean
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
    const timeline = await timelineOf(tx, file)
    const open = file.steps.filter((step) => step.doneOn === null && step.skippedOn === null)
    const standing =
      input.change === 'add'
        ? addStep(timeline, file, await rulesOf(tx, file), onDay, input, open)
        : input.change === 'skip'
          ? skipStep(timeline, file, input, open)
          : holdStep(file, onDay, input, open)
    const moves = movesOf({ ...timeline, steps: open }, standing, loadScenario(file.case.scenario)).filter(
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

/** The rule of a step: the scenario's, or that of the person who added it. */
export async function ruleAddedFor(sql: Sql, stepId: string): Promise<ScenarioStep | null> {
  const [row] = await sql<{ rule: ScenarioStep }[]>`select rule from step_additions where step_id = ${stepId}`
  return row?.rule ?? null
}

async function rulesOf(sql: Sql, file: CaseFile): Promise<Map<string, ScenarioStep>> {
  const rows = await sql<{ key: string; rule: ScenarioStep }[]>`
    select s.key, a.rule from step_additions a join steps s on s.id = a.step_id where s.case_id = ${file.case.id}`
  return new Map([
    ...loadScenario(file.case.scenario).etapes.map((step) => [step.id, step] as const),
    ...rows.map((row) => [row.key, row.rule] as const),
  ])
}

async function timelineOf(sql: Sql, file: CaseFile): Promise<Timeline> {
  const added = await sql<
    { key: string }[]
  >`select s.key from step_additions a join steps s on s.id = a.step_id where s.case_id = ${file.case.id}`
  const library = loadLibrary().letters
  const letters = file.documents.filter(
    (document) =>
      document.recipient === 'debiteur' &&
      document.attachedTo === null &&
      document.stepId !== null &&
      document.channel !== 'visite',
  )
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
    added: new Set(added.map((row) => row.key)),
    hasFirstLetter: firstLetter(file) !== null,
    tone: Math.max(0, ...letters.map((document) => library.get(document.letter)?.ton ?? 0)),
    heldSince: held[0] ?? null,
  }
}

function skipStep({ hasFirstLetter, anchorOn }: Timeline, file: CaseFile, input: Adjustment, open: Step[]): Standing[] {
  const step = openStep(open, input.stepKey)
  const rule = loadScenario(file.case.scenario).etapes.find((each) => each.id === step.key)
  if (rule?.premiere_lettre && !hasFirstLetter) {
    throw new DomainError(
      'first_letter_needed',
      `« ${step.key} » porte les mentions de la première lettre : rien ne peut la précéder après le ${dayFr(anchorOn)}.`,
      {
        remedy: 'Retenez-la jusqu’à un autre jour (hold), ou suspendez le dossier.',
        article: 'CPCE R124-4',
      },
    )
  }
  const gone = new Set([step.key, `${step.key}.prevenir`])
  if (open.every((each) => gone.has(each.key))) throw nothingLeft(file.case.number)
  return open.map((each) => ({ ...each, skippedWhy: gone.has(each.key) ? byPerson + input.reason : null }))
}

function holdStep(file: CaseFile, onDay: Day, input: Adjustment, open: Step[]): Standing[] {
  const step = openStep(open, input.stepKey)
  const { on } = input
  if (!on || !after(on, step.plannedOn) || before(on, onDay)) {
    throw new DomainError(
      'hold_without_end',
      `« ${step.key} » est prévue le ${dayFr(step.plannedOn)} : indiquez un jour plus tard.`,
      { remedy: 'Donnez la date jusqu’à laquelle la retenir (on).' },
    )
  }
  if (after(on, file.case.limitationOn)) {
    throw new DomainError('after_limitation', `La créance sera prescrite après le ${dayFr(file.case.limitationOn)}.`, {
      remedy: 'Choisissez un jour avant la prescription.',
    })
  }
  const notice = open.find((each) => each.key === `${step.key}.prevenir`)
  const from = notice?.rank ?? step.rank
  const later = shiftSteps(
    open.filter((each) => each.rank >= from),
    daysBetween(step.nominalOn, on),
    file.case.zone,
  )
  return [...open.filter((each) => each.rank < from), ...later].map((each) => ({ ...each, skippedWhy: null }))
}

function ruleAdded({ stepKey, letter, channel, delay, on }: Adjustment, file: CaseFile): ScenarioStep {
  const offset = daysBetween(file.case.anchorOn, on!)
  return {
    id: stepKey,
    jour: `J${offset < 0 ? '' : '+'}${offset}`,
    canal: channel!,
    lettre: letter!,
    ...(delay === undefined ? {} : { delai: { professionnel: delay, consommateur: delay, public: delay } }),
  }
}

function addStep(
  timeline: Timeline,
  file: CaseFile,
  rules: Map<string, ScenarioStep>,
  onDay: Day,
  input: Adjustment,
  open: Step[],
): Standing[] {
  const { stepKey: key, on, letter, channel } = input
  if (
    !on ||
    !letter ||
    !channel ||
    !/^[a-z0-9-]+$/.test(key) ||
    file.steps.some((step) => step.key === key) ||
    rules.has(key)
  ) {
    throw new DomainError(
      'bad_step',
      'Une étape ajoutée a un nom à elle (minuscules, chiffres, tirets), un jour, un canal et un courrier.',
      { remedy: 'Complétez stepKey, on, channel et letter ; le nom ne doit pas déjà servir.' },
    )
  }
  if (before(on, onDay))
    throw new DomainError('step_in_past', `Le ${dayFr(on)} est passé.`, { remedy: 'Choisissez un jour à venir.' })
  const rule = ruleAdded(input, file)
  const faults = faultsOf(timeline, file, rules, rule)
  if (faults.length > 0)
    throw new DomainError('step_refused', faults.join(' '), {
      remedy: 'Choisissez un autre courrier, un autre canal ou un autre jour.',
      facts: { faults },
    })
  const added = {
    id: null,
    key,
    rank: 0,
    channel,
    nominalOn: on,
    plannedOn: nextWorkingDay(on, timeline.zone),
    skippedWhy: null,
  }
  const ranks = Math.max(-1, ...file.steps.filter((step) => step.doneOn !== null).map((step) => step.rank))
  return [...open.map((each): Standing => ({ ...each, skippedWhy: null })), added]
    .toSorted((a, b) => Temporal.PlainDate.compare(a.nominalOn, b.nominalOn))
    .map((step, i) => ({ ...step, rank: ranks + 1 + i }))
}

/** The case's own timeline, done and to come, with the step in its place, held against the rules of every scenario. */
function faultsOf(timeline: Timeline, file: CaseFile, rules: Map<string, ScenarioStep>, rule: ScenarioStep): string[] {
  if (
    !timeline.hasFirstLetter &&
    file.case.zone !== 'madagascar' &&
    rule.jour.startsWith('J+') &&
    rule.jour !== 'J+0'
  ) {
    const first = file.steps.find((step) => rules.get(step.key)?.premiere_lettre)
    if (first && Number(rule.jour.slice(1)) <= daysBetween(file.case.anchorOn, first.nominalOn))
      return [`« ${rule.id} » s'adresserait au débiteur avant la première lettre.`]
  }
  const base: Scenario = loadScenario(file.case.scenario)
  const day = (step: Step) => daysBetween(file.case.anchorOn, step.doneOn ?? step.nominalOn)
  const own = file.steps
    .filter((step) => step.skippedOn === null && rules.has(step.key))
    .map((step) => ({ ...rules.get(step.key)!, jour: `J${day(step) < 0 ? '' : '+'}${day(step)}` }))
  const etapes = [...own, rule].toSorted((a, b) => Number(a.jour.slice(1)) - Number(b.jour.slice(1)))
  const i = etapes.indexOf(rule)
  // Whoever comes after must not fall below it: the next letter is looked at too.
  const about = new Set([rule.id, etapes[i + 1]?.id])
  const before_ = scenarioFaults({ ...base, debiteurs: [debtorWord[file.debtor.kind]], etapes: own }).map(
    (fault) => fault.message,
  )
  return scenarioFaults({ ...base, debiteurs: [debtorWord[file.debtor.kind]], etapes })
    .filter(
      (fault) =>
        about.has(fault.step ?? undefined) && !before_.includes(fault.message) && fault.rule !== 'premiere-lettre',
    )
    .map((fault) => fault.message)
}

function openStep(open: Step[], key: string): Step {
  const step = open.find((each) => each.key === key)
  if (step) return step
  throw new DomainError('step_not_open', `L'étape « ${key.slice(0, 60)} » n'est pas à faire dans ce dossier.`, {
    remedy: `Étapes à faire : ${open.map((each) => each.key).join(', ') || 'aucune'}.`,
  })
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

function nothingLeft(number: string): DomainError {
  return new DomainError('nothing_left', `Le dossier ${number} n'attendrait plus rien.`, {
    remedy: 'Demandez l’accord du créancier, suspendez le dossier avec une date, ou fermez-le avec son motif.',
  })
}

const plain = ({ from, to, ...move }: Move) => ({ ...move, from: from?.toString() ?? null, to: to?.toString() ?? null })
