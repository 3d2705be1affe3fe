import { readdirSync } from 'node:fs'
import { DomainError } from '../../schema/errors.ts'
import { parseYaml, readYaml, validate } from '../../schema/validate.ts'
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

const here = new URL('./', import.meta.url)
const loaded = new Map<string, Scenario>()

export function scenarioIds(): string[] {
  return readdirSync(here)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -5))
    .sort()
}

export function loadScenario(id: string): Scenario {
  const known = loaded.get(id)
  if (known) return known
  if (!scenarioIds().includes(id)) {
    throw new DomainError('unknown_scenario', `Il n'existe pas de scénario « ${id} ».`, {
      remedy: `Choisissez parmi : ${scenarioIds().join(', ')}.`,
    })
  }
  const scenario = readScenario(new URL(`${id}.yaml`, here))
  loaded.set(id, scenario)
  return scenario
}

/** A scenario from any file, by the schema and by the rules of its letters. DomainError `invalid_file`, `invalid_scenario`. */
export function readScenario(path: string | URL): Scenario {
  const scenario = readYaml<Scenario>(path, 'scenario')
  refuseUnfit(scenario)
  return scenario
}

/** The same from a text that somebody is still writing. */
export function parseScenario(text: string): Scenario {
  const scenario = validate<Scenario>('scenario', parseYaml(text.slice(0, 100_000), 'scénario'), 'scénario')
  refuseUnfit(scenario)
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
