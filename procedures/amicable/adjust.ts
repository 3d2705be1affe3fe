import { after, before, type Day, dayFr, daysBetween } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import type { CaseFile, Step } from '../cases/file/file.ts'
import { nextWorkingDay } from '../law/calendar.ts'
import { byPerson, type Standing, type Timeline } from './change.ts'
import { debtorWord, requireFollowed, type ScenarioStep } from './scenario.ts'
import { type ScenarioFault, scenarioFaults } from './scenario-check.ts'
import { shiftSteps } from './timeline.ts'

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

/** The steps to come, without that one and the notice before it. DomainErrors: `step_not_open`, `first_letter_needed`, `nothing_left`, `step_refused`. */
export function skipStep(
  { hasFirstLetter, anchorOn }: Timeline,
  file: CaseFile,
  rules: Map<string, ScenarioStep>,
  input: Adjustment,
  open: Step[],
): Standing[] {
  const step = openStep(open, input.stepKey)
  const rule = requireFollowed(file.case.scenario).etapes.find((each) => each.id === step.key)
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
  const own = ownSteps(file, rules)
  const without = own.filter(({ id }) => id !== step.key)
  // One step less brings no other closer in tone or in days: it is the end alone that may be missing.
  const ends = newFaults(file, own, without).filter((fault) => fault.rule === 'suite')
  refuseFaults(
    ends.map(({ message }) => message),
    'Laissez-la, retenez-la jusqu’à un autre jour (hold), ou fermez le dossier avec son motif.',
  )
  return open.map((each) => ({ ...each, skippedWhy: gone.has(each.key) ? byPerson + input.reason : null }))
}

/** That step on another day, and those behind it by as much later. DomainErrors: `step_not_open`, `hold_without_end`, `after_limitation`. */
export function holdStep(file: CaseFile, onDay: Day, input: Adjustment, open: Step[]): Standing[] {
  const step = openStep(open, input.stepKey)
  const { on } = input
  if (!on || !after(on, step.plannedOn) || before(on, onDay)) {
    throw new DomainError(
      'hold_without_end',
      `« ${step.key} » est prévue le ${dayFr(step.plannedOn)} : indiquez un jour plus tard.`,
      { remedy: 'Donnez la date jusqu’à laquelle la retenir (on).' },
    )
  }
  refuseAfterLimitation(file, on)
  const notice = open.find((each) => each.key === `${step.key}.prevenir`)
  const from = notice?.rank ?? step.rank
  const later = shiftSteps(
    open.filter((each) => each.rank >= from),
    daysBetween(step.nominalOn, on),
    file.case.zone,
  )
  // What follows is held back with it; what came too late already is no fault of this.
  const overtaken = later.find(
    ({ plannedOn, key }) =>
      after(plannedOn, file.case.limitationOn) &&
      !after(open.find((each) => each.key === key)!.plannedOn, file.case.limitationOn),
  )
  if (overtaken) refuseAfterLimitation(file, overtaken.plannedOn, overtaken.key)
  return [...open.filter((each) => each.rank < from), ...later].map((each) => ({ ...each, skippedWhy: null }))
}

/** The rule of a step that a person adds, as a scenario would write it. */
export function ruleAdded({ stepKey, letter, channel, delay, on }: Adjustment, file: CaseFile): ScenarioStep {
  const offset = daysBetween(file.case.anchorOn, on!)
  return {
    id: stepKey,
    jour: `J${offset < 0 ? '' : '+'}${offset}`,
    canal: channel!,
    lettre: letter!,
    ...(delay === undefined ? {} : { delai: { professionnel: delay, consommateur: delay, public: delay } }),
  }
}

/** The steps to come with one more in its place. DomainErrors: `bad_step`, `step_in_past`, `after_limitation`, `step_refused`. */
export function addStep(
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
  refuseAfterLimitation(file, on)
  const rule = ruleAdded(input, file)
  refuseFaults(
    faultsAdded(timeline, file, rules, rule),
    'Choisissez un autre courrier, un autre canal ou un autre jour.',
  )
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

/** What the step would break in the case's own timeline, done and to come. */
function faultsAdded(
  timeline: Timeline,
  file: CaseFile,
  rules: Map<string, ScenarioStep>,
  rule: ScenarioStep,
): string[] {
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
  const own = ownSteps(file, rules)
  const etapes = [...own, rule].toSorted((a, b) => Number(a.jour.slice(1)) - Number(b.jour.slice(1)))
  // Whoever comes after must not fall below it: the next letter is looked at too.
  const about = new Set([rule.id, etapes[etapes.indexOf(rule) + 1]?.id])
  return newFaults(file, own, etapes)
    .filter((fault) => about.has(fault.step ?? undefined) && fault.rule !== 'premiere-lettre')
    .map((fault) => fault.message)
}

/** The timeline of the case as a scenario would write it: each step on the day it was done, or will be. */
function ownSteps(file: CaseFile, rules: Map<string, ScenarioStep>): ScenarioStep[] {
  const day = (step: Step) => daysBetween(file.case.anchorOn, step.doneOn ?? step.nominalOn)
  return file.steps
    .filter((step) => step.skippedOn === null && rules.has(step.key))
    .map((step) => ({ ...rules.get(step.key)!, jour: `J${day(step) < 0 ? '' : '+'}${day(step)}` }))
}

/** The rules of every scenario that a case kept before a change and would break after it. */
function newFaults(file: CaseFile, before: ScenarioStep[], after: ScenarioStep[]): ScenarioFault[] {
  const faultsOf = (etapes: ScenarioStep[]) =>
    scenarioFaults({ ...requireFollowed(file.case.scenario), debiteurs: [debtorWord[file.debtor.kind]], etapes })
  const known = new Set(faultsOf(before).map(({ message }) => message))
  return faultsOf(after).filter(({ message }) => !known.has(message))
}

function refuseFaults(faults: string[], remedy: string): void {
  if (faults.length > 0) throw new DomainError('step_refused', faults.join(' '), { remedy, facts: { faults } })
}

function refuseAfterLimitation({ case: { limitationOn } }: CaseFile, on: Day, key?: string): void {
  if (!after(on, limitationOn)) return
  const late = key === undefined ? '' : `« ${key} » viendrait le ${dayFr(on)} : `
  throw new DomainError('after_limitation', `${late}la créance sera prescrite après le ${dayFr(limitationOn)}.`, {
    remedy: 'Choisissez un jour avant la prescription.',
  })
}

function openStep(open: Step[], key: string): Step {
  const step = open.find((each) => each.key === key)
  if (step) return step
  throw new DomainError('step_not_open', `L'étape « ${key.slice(0, 60)} » n'est pas à faire dans ce dossier.`, {
    remedy: `Étapes à faire : ${open.map((each) => each.key).join(', ') || 'aucune'}.`,
  })
}

export function nothingLeft(number: string): DomainError {
  return new DomainError('nothing_left', `Le dossier ${number} n'attendrait plus rien.`, {
    remedy: 'Demandez l’accord du créancier, suspendez le dossier avec une date, ou fermez-le avec son motif.',
  })
}
