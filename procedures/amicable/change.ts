import { loadLibrary } from '../../letters/catalogue.ts'
import { after, before, type Day, dayFr, daysBetween, latest } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { nextWorkingDay } from '../law/calendar.ts'
import type { Step } from '../cases/file/file.ts'
import {
  debtorWord,
  followedScenario,
  forDebtor,
  loadScenario,
  type Scenario,
  scenarioIds,
  type ScenarioStep,
} from './scenario.ts'
import { type Opening, type PlannedStep, planTimeline } from './timeline.ts'

/** What a change does to one step: `from` and `to` are the days it was and will be done on. */
export interface Move {
  key: string
  change: 'kept' | 'moved' | 'added' | 'skipped'
  from: Day | null
  to: Day | null
  why: string | null
}

/** A step of the timeline as it will stand; `id` is null for one that has no row yet. */
export interface Standing extends PlannedStep {
  id: string | null
}

/** The rows of a case that a change of scenario reads. */
export interface Timeline extends Opening {
  steps: readonly Pick<Step, 'id' | 'doneOn' | 'skippedOn' | keyof PlannedStep>[]
  /** Keys of steps that a person added: a scenario neither moves nor drops them. */
  added: ReadonlySet<string>
  /** The letter of CPCE R124-4 has been written. */
  hasFirstLetter: boolean
  /** The firmest tone the debtor has been written in, 0 before any letter. */
  tone: number
  /** The day the case stopped, when it is on hold: its release will add the days lost since. */
  heldSince: Day | null
}

/** How what a person decided to skip begins: no scenario brings it back. */
export const byPerson = 'Passée par décision : '
const written = new Set<string | undefined>(['lettre', 'lrar', 'email', 'sms'])

/**
 * The timeline of a case under another scenario. Steps done stay as they are; of the others, what the debtor has already
 * gone past is left out with its reason, and the rest keeps its intervals from the last thing done. Pure.
 */
export function underScenario(scenario: Scenario, timeline: Timeline, onDay: Day): Standing[] {
  const asOf = timeline.heldSince ?? onDay
  const rows = new Map(timeline.steps.map((step) => [step.key, step]))
  const done = timeline.steps.filter((step) => step.doneOn !== null)
  const lastDone = done.reduce<Day | null>(
    (day, step) => (day === null ? step.doneOn : latest(day, step.doneOn!)),
    null,
  )
  const isPast = pastOf(scenario, timeline, asOf, new Set(done.map((step) => step.key)))
  const plan = planTimeline(scenario, timeline).filter((planned) => rows.get(planned.key)?.doneOn == null)
  const judged = plan.map((planned) => ({
    ...planned,
    skippedWhy: personal(rows.get(planned.key)) ?? isPast(planned) ?? planned.skippedWhy,
  }))
  const shift = shiftFor(
    scenario,
    judged.find((planned) => planned.skippedWhy === null),
    timeline,
    asOf,
    lastDone,
  )
  let rank = Math.max(-1, ...done.map((step) => step.rank))
  const kept = timeline.steps.filter(
    (step) => timeline.added.has(step.key) && step.doneOn === null && step.skippedOn === null,
  )
  const moved = judged.map((planned) => {
    const nominalOn = planned.skippedWhy === null ? planned.nominalOn.add({ days: shift }) : planned.nominalOn
    return {
      ...planned,
      nominalOn,
      plannedOn: nextWorkingDay(nominalOn, timeline.zone),
      id: rows.get(planned.key)?.id ?? null,
    }
  })
  return [...moved, ...kept.map((step) => ({ ...step, skippedWhy: null }))]
    .toSorted((a, b) => Temporal.PlainDate.compare(a.nominalOn, b.nominalOn))
    .map(({ id, key, channel, nominalOn, plannedOn, skippedWhy }) => ({
      id,
      key,
      rank: ++rank,
      channel,
      nominalOn,
      plannedOn,
      skippedWhy,
    }))
}

/** What the change shows before it is kept: every step not done, before and after. */
export function movesOf(timeline: Timeline, standing: Standing[], scenario: Scenario): Move[] {
  const open = timeline.steps.filter((step) => step.doneOn === null && step.skippedOn === null)
  const now = new Map(open.map((step) => [step.key, step]))
  const next = new Set(standing.map((step) => step.key))
  const moves = standing.flatMap((step): Move[] => {
    const from = now.get(step.key)?.plannedOn ?? null
    if (step.skippedWhy !== null)
      return from === null ? [] : [{ key: step.key, change: 'skipped', from, to: null, why: step.skippedWhy }]
    const change = from === null ? 'added' : from.equals(step.plannedOn) ? 'kept' : 'moved'
    return [{ key: step.key, change, from, to: step.plannedOn, why: null }]
  })
  const dropped = open.filter((step) => !next.has(step.key))
  return [
    ...moves,
    ...dropped.map((step): Move => ({
      key: step.key,
      change: 'skipped',
      from: step.plannedOn,
      to: null,
      why: droppedWhy(scenario),
    })),
  ]
}

export const droppedWhy = ({ id }: Scenario): string => `Le scénario « ${id} » n'a pas cette étape.`

/** Refuses a scenario that is not for this debtor or not of this law. */
export function refuseUnsuited(scenario: Scenario, opening: Pick<Opening, 'debtor' | 'zone'>): void {
  const why = whyUnsuited(scenario, opening)
  if (why === null) return
  throw new DomainError('scenario_unsuited', why, {
    remedy: 'Choisissez un scénario fait pour ce débiteur (query scenarios).',
  })
}

/** Why a scenario is not for this debtor, or not of this law; null where it is. */
export function whyUnsuited(scenario: Scenario, { debtor, zone }: Pick<Opening, 'debtor' | 'zone'>): string | null {
  if (scenario.debiteurs && !scenario.debiteurs.includes(debtorWord[debtor]))
    return `Le scénario « ${scenario.id} » n'est pas fait pour un débiteur ${debtorWord[debtor]}.`
  if ((scenario.droit === 'MG') !== (zone === 'madagascar'))
    return `Le scénario « ${scenario.id} » écrit selon le droit ${scenario.droit ?? 'FR'}, et le dossier n'en relève pas.`
  return null
}

/**
 * The scenario that a case opens under: the one asked for; else the debtor's, else the mandate's, where it is for such a
 * debtor; else the standard one, or the first that is. DomainErrors `scenario_unsuited`, `unknown_scenario`.
 */
export function scenarioFor(
  chosen: { asked?: string | undefined; debtor: string | null; mandate: string },
  opening: Pick<Opening, 'debtor' | 'zone'>,
): Scenario {
  if (chosen.asked !== undefined) {
    const asked = loadScenario(chosen.asked)
    refuseUnsuited(asked, opening)
    return asked
  }
  const ofDebtor = chosen.debtor === null ? null : followedScenario(chosen.debtor)
  const ofMandate = loadScenario(chosen.mandate)
  const found = [ofDebtor, ofMandate, loadScenario('standard'), ...scenarioIds().map(loadScenario)].find(
    (scenario) => scenario && whyUnsuited(scenario, opening) === null,
  )
  if (found) return found
  throw new DomainError('scenario_unsuited', `${whyUnsuited(ofMandate, opening)!} Aucun autre ne l'est.`, {
    remedy: 'Écrivez-en un pour ces débiteurs (SCENARIOS_DIR) et nommez-le au mandat.',
  })
}

function personal(row: Timeline['steps'][number] | undefined): string | null {
  return row?.skippedWhy?.startsWith(byPerson) ? row.skippedWhy : null
}

/** Why a step of the new scenario is behind the case already; null for one that is still ahead. */
function pastOf(
  { etapes }: Scenario,
  timeline: Timeline,
  asOf: Day,
  done: Set<string>,
): (planned: { key: string; nominalOn: Day }) => string | null {
  const first = etapes.findIndex((step) => step.premiere_lettre)
  const reached = etapes.findLastIndex((step) => done.has(step.id))
  return ({ key, nominalOn }) => {
    const index = etapes.findIndex((step) => step.id === key.replace(/\.prevenir$/, ''))
    const rule = etapes[index]!
    if (index < reached || (index === reached && key !== rule.id))
      return `Le dossier est déjà plus loin (« ${etapes[reached]!.id} » est faite).`
    if (rule.premiere_lettre && timeline.hasFirstLetter) return 'La première lettre est déjà partie.'
    if (index < first && (timeline.hasFirstLetter || after(asOf, timeline.anchorOn)))
      return `L'échéance du ${dayFr(timeline.anchorOn)} est passée.`
    if (before(nominalOn, asOf) && !after(nominalOn, timeline.anchorOn)) return `Le ${dayFr(nominalOn)} est passé.`
    const tone = toneOf(rule, timeline.debtor)
    if (written.has(rule.canal) && tone < timeline.tone)
      return `Le débiteur a déjà été écrit plus fermement (ton ${timeline.tone}).`
    return null
  }
}

/** Days that what remains must move: never before today, nor closer to what was last done than the scenario leaves. */
function shiftFor(
  { etapes }: Scenario,
  next: { key: string; nominalOn: Day } | undefined,
  timeline: Timeline,
  asOf: Day,
  lastDone: Day | null,
): number {
  if (!next || !after(next.nominalOn, timeline.anchorOn)) return 0
  const index = etapes.findIndex((step) => step.id === next.key.replace(/\.prevenir$/, ''))
  const [rule, previous] = [etapes[index]!, etapes[index - 1]]
  const told = timeline.steps.find((step) => step.key === `${rule.id}.prevenir`)?.doneOn
  // The creditor has been told of this very letter: it leaves when it was said.
  if (told && rule.prevenir)
    return Math.max(0, daysBetween(next.nominalOn, latest(asOf, told.add({ days: rule.prevenir.avance }))))
  const gap =
    previous && previous.jour !== 'emission'
      ? Number(rule.jour.slice(1)) - Number(previous.jour.slice(1)) - (next.key === rule.id ? 0 : rule.prevenir!.avance)
      : 1
  const afterLast =
    lastDone === null || !after(lastDone, timeline.anchorOn) ? asOf : lastDone.add({ days: Math.max(1, gap) })
  return Math.max(0, daysBetween(next.nominalOn, latest(asOf, afterLast)))
}

const tones = new Map<string, number>()

function toneOf(rule: ScenarioStep, debtor: Opening['debtor']): number {
  const id = forDebtor(rule.lettre, debtor)
  if (id === null) return 0
  let tone = tones.get(id)
  if (tone === undefined) tones.set(id, (tone = loadLibrary().letters.get(id)?.ton ?? 0))
  return tone
}
