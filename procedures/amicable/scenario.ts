import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DomainError } from '../../schema/errors.ts'
import { parseYaml, validate } from '../../schema/validate.ts'
import type { DebtorKind } from '../cases/debtors.ts'
import { refuseUnfit } from './scenario-check.ts'

/** The French word of each kind of debtor, as editors write it in letters and scenarios. */
export const debtorWord = { business: 'professionnel', consumer: 'consommateur', public: 'public' } as const
type ByDebtor<T> = { professionnel: T; consommateur: T; public?: T }

/** A step as its file says it: a letter by a channel, or the request for the creditor's agreement. */
export interface ScenarioStep {
  id: string
  jour: string
  /** `lre` is never written in a scenario: a registered letter goes so where the debtor prefers it. */
  canal?: 'lettre' | 'lrar' | 'lre' | 'email' | 'sms' | 'appel' | 'visite'
  lettre?: string | ByDebtor<string>
  /** Sent in its place where the debtor made a promise, which it quotes. */
  si_promesse?: string | ByDebtor<string>
  premiere_lettre?: true
  delai?: ByDebtor<number>
  /** Days between posting and first presentation, for the date printed in a registered letter. */
  marge_postale?: number
  joindre?: (string | ByDebtor<string>)[]
  prevenir?: { lettre: string; avance: number }
  /** `decider`: the file is put before a person, who says what follows. */
  action?: 'demander-accord' | 'decider'
  /** Of `demander-accord`; a kind of debtor without one is put before a person. */
  procedure?: string | Partial<ByDebtor<string>>
  /** Ceiling of the costs put to the creditor, « 250.00 ». */
  plafond_frais?: string
  /** Days the creditor has to sign, or the person to decide. */
  validite?: number
}

export interface Scenario {
  id: string
  titre: string
  /** The law its letters speak; `FR` when absent. */
  droit?: 'FR' | 'MG'
  /** The kinds of debtor it is for; all when absent. */
  debiteurs?: ('professionnel' | 'consommateur' | 'public')[]
  etapes: ScenarioStep[]
  suspendre: string[]
}

const here = fileURLToPath(new URL('.', import.meta.url))
const listed = new Map<string, Map<string, string>>()
const loaded = new Map<string, Scenario>()

/**
 * The file of each scenario: those of this folder, then the agency's own (SCENARIOS_DIR), which extend ours or take the place of those
 * of the same name. Listed once: what changes there is seen at the next start. DomainError `no_scenarios`.
 */
function scenarioFiles(own = process.env['SCENARIOS_DIR'] ?? ''): Map<string, string> {
  let files = listed.get(own)
  if (!files) {
    files = new Map([here, ...(own === '' ? [] : [resolve(own)])].flatMap(filesIn))
    listed.set(own, files)
  }
  return files
}

function filesIn(folder: string): [string, string][] {
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.yaml')) : []
  if (names.length > 0) return names.map((name) => [name.slice(0, -'.yaml'.length), join(folder, name)])
  throw new DomainError('no_scenarios', `Le dossier ${folder} ne contient aucun scénario.`, {
    remedy: 'SCENARIOS_DIR nomme un dossier où se trouvent des fichiers .yaml, un par scénario.',
    facts: { directory: folder },
  })
}

export const scenarioIds = (): string[] => [...scenarioFiles().keys()].sort()

/** Reads the agency's own scenarios, so that one that breaks a rule is refused at the start and not in the middle of a case. */
export function checkOwnScenarios(): void {
  if (process.env['SCENARIOS_DIR']) for (const id of scenarioIds()) loadScenario(id)
}

/** DomainErrors `unknown_scenario`, and those of `readScenario`. */
export function loadScenario(id: string): Scenario {
  const path = scenarioFiles().get(id)
  if (path === undefined) {
    throw new DomainError('unknown_scenario', `Il n'existe pas de scénario « ${id.slice(0, 60)} ».`, {
      remedy: `Choisissez parmi : ${scenarioIds().join(', ')}.`,
    })
  }
  let scenario = loaded.get(path)
  if (!scenario) {
    scenario = readScenario(path)
    if (scenario.id !== id) {
      throw new DomainError('invalid_scenario', `${path} : ce fichier porte le scénario « ${scenario.id} ».`, {
        remedy: `Nommez-le ${scenario.id}.yaml, ou corrigez son id.`,
      })
    }
    loaded.set(path, scenario)
  }
  return scenario
}

/** The scenario that a case follows; null where its file is no longer there: the steps laid down are rows, and stay. */
export const followedScenario = (id: string): Scenario | null => (scenarioFiles().has(id) ? loadScenario(id) : null)

/** The same for what cannot do without it. DomainError `scenario_gone`. */
export function requireFollowed(id: string): Scenario {
  const scenario = followedScenario(id)
  if (scenario) return scenario
  throw new DomainError('scenario_gone', `Le fichier du scénario « ${id} », que suit ce dossier, n'est plus là.`, {
    remedy: 'Remettez-le (SCENARIOS_DIR), ou choisissez un autre scénario pour ce dossier (chooseScenario).',
    facts: { scenario: id },
  })
}

/** A scenario from any file, by the schema and by the rules of its letters. DomainErrors `invalid_yaml`, `invalid_file`, `invalid_scenario`. */
export const readScenario = (path: string): Scenario => scenarioOf(readFileSync(path, 'utf8'), path)

/** The same from a text that somebody is still writing. */
export const parseScenario = (text: string): Scenario => scenarioOf(text.slice(0, 100_000), 'scénario')

function scenarioOf(text: string, what: string): Scenario {
  const scenario = validate<Scenario>('scenario', parseYaml(text, what), what)
  refuseUnfit(scenario, text, what)
  return scenario
}

export function scenarioStep(scenario: Scenario, key: string): ScenarioStep {
  const id = key.replace(/\.prevenir$/, '')
  const step = scenario.etapes.find((candidate) => candidate.id === id)
  if (step) return step
  throw new DomainError('unknown_step', `Le scénario « ${scenario.id} » n'a pas d'étape « ${id} ».`, {
    remedy: `Ses étapes sont : ${scenario.etapes.map((each) => each.id).join(', ')}.`,
  })
}

/** The value for this kind of debtor; null where the scenario has none (a public buyer gets no reply coupon). */
export function forDebtor<T extends string | number>(
  value: T | Partial<ByDebtor<T>> | undefined,
  kind: DebtorKind,
): T | null {
  if (value === undefined) return null
  if (typeof value !== 'object') return value
  return value[debtorWord[kind]] ?? null
}
