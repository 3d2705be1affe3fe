import { loadLibrary } from '../../letters/catalogue.ts'
import type { Channel, Letter, Recipient } from '../../letters/letter.ts'
import { DomainError } from '../../schema/errors.ts'
import { yamlLines } from '../../schema/validate.ts'
import { loadProcedure, procedureIds } from '../judicial/engine/procedure.ts'
import { isClosedToPublic } from '../judicial/courts/public-debtor.ts'
import type { Scenario, ScenarioStep } from './scenario.ts'

/** What is wrong in a scenario, and where. */
export interface ScenarioFault {
  step: string | null
  rule: string
  message: string
}

type Kind = 'professionnel' | 'consommateur' | 'public'
const kinds: readonly Kind[] = ['professionnel', 'consommateur', 'public']
const recipients: Record<Kind, Recipient[]> = {
  professionnel: ['debiteur', 'debiteur-professionnel'],
  consommateur: ['debiteur', 'debiteur-consommateur'],
  public: ['debiteur', 'debiteur-public'],
}
/** Approaches to the debtor by word or by post; a visit has an order for the agent, whose tone nobody hears. */
const heard = new Set<string | undefined>(['lettre', 'lrar', 'email', 'sms', 'appel'])
const written = new Set<string | undefined>(['lettre', 'lrar', 'email'])

/**
 * The rules that every scenario keeps, whoever wrote it: its letters exist and suit channel, debtor and law; after J the
 * letter of CPCE R124-4 comes first; days go forward, one approach a day; the tone never falls; the end is an act.
 */
export function scenarioFaults(scenario: Scenario): ScenarioFault[] {
  return [
    ...idFaults(scenario),
    ...dayFaults(scenario),
    ...firstLetterFaults(scenario),
    ...scenario.etapes.flatMap((step) => letterFaults(scenario, step)),
    ...kindsOf(scenario).flatMap((kind) => toneFaults(scenario, kind)),
    ...endFaults(scenario),
  ]
}

/** `text` is what the scenario was read from, and `what` its name: each fault is told with its line. DomainError `invalid_scenario`. */
export function refuseUnfit(scenario: Scenario, text: string, what: string): void {
  const found = scenarioFaults(scenario)
  if (found.length === 0) return
  const lineOf = yamlLines(text)
  const faults = found.map((fault) => {
    const i = scenario.etapes.findIndex(({ id }) => id === fault.step)
    return { ...fault, line: (i === -1 ? null : lineOf(['etapes', i])) ?? null }
  })
  const told = faults
    .slice(0, 6)
    .map(({ line, message }) => (line === null ? message : `ligne ${line}, ${message}`))
    .join(' ')
  throw new DomainError('invalid_scenario', `${what} : ${told}`, {
    remedy: 'Corrigez le fichier du scénario ; la liste des courriers : courtois letters list.',
    facts: { scenario: scenario.id, faults },
  })
}

const kindsOf = ({ debiteurs }: Scenario): readonly Kind[] => debiteurs ?? kinds

/** Days from J; the issue of the invoice comes before everything. */
export function offsetOf(step: Pick<ScenarioStep, 'jour'>): number {
  return step.jour === 'emission' ? Number.NEGATIVE_INFINITY : Number(step.jour.slice(1))
}

function idFaults({ etapes }: Scenario): ScenarioFault[] {
  return etapes
    .filter((step, i) => etapes.findIndex((each) => each.id === step.id) !== i)
    .map(({ id }) => ({ step: id, rule: 'etape-unique', message: `Deux étapes s'appellent « ${id} ».` }))
}

function dayFaults({ etapes }: Scenario): ScenarioFault[] {
  return etapes.flatMap((step, i): ScenarioFault[] => {
    const previous = etapes[i - 1]
    if (!previous) return []
    const gap = offsetOf(step) - offsetOf(previous)
    if (!(gap > 0))
      return [
        {
          step: step.id,
          rule: 'jours',
          message: `« ${step.id} » (${step.jour}) ne vient pas après « ${previous.id} » (${previous.jour}) : une seule démarche par jour, dans l'ordre.`,
        },
      ]
    if (step.prevenir && step.prevenir.avance >= gap) {
      return [
        {
          step: step.id,
          rule: 'prevenir',
          message: `« ${step.id} » prévient le créancier ${step.prevenir.avance} jours avant, quand « ${previous.id} » n'est pas encore faite.`,
        },
      ]
    }
    return []
  })
}

/** After the due date nothing reaches the debtor before the letter that carries the mentions of CPCE R124-4. */
function firstLetterFaults({ etapes, droit = 'FR' }: Scenario): ScenarioFault[] {
  if (droit !== 'FR') return []
  const firsts = etapes.filter((step) => step.premiere_lettre)
  const [first] = firsts
  const rule = 'premiere-lettre'
  if (!first || firsts.length > 1)
    return [
      { step: firsts[1]?.id ?? null, rule, message: 'Un scénario a une première lettre (R124-4 CPCE), et une seule.' },
    ]
  const faults: ScenarioFault[] = []
  if (!written.has(first.canal))
    faults.push({
      step: first.id,
      rule,
      message: `La première lettre « ${first.id} » est un écrit : lettre, lrar ou email.`,
    })
  if (offsetOf(first) <= 0)
    faults.push({ step: first.id, rule, message: `La première lettre « ${first.id} » vient après l'échéance.` })
  for (const step of etapes.slice(0, etapes.indexOf(first))) {
    if (offsetOf(step) > 0)
      faults.push({
        step: step.id,
        rule,
        message: `« ${step.id} » (${step.jour}) s'adresse au débiteur avant la première lettre.`,
      })
  }
  return faults
}

type Add = (rule: string, message: string) => void

function letterFaults(scenario: Scenario, step: ScenarioStep): ScenarioFault[] {
  const faults: ScenarioFault[] = []
  const add: Add = (rule, message) =>
    void (faults.some((fault) => fault.message === message) || faults.push({ step: step.id, rule, message }))
  const look = (id: string | null, use: (letter: Letter) => void): void => {
    if (id === null) return
    const letter = loadLibrary().letters.get(id)
    if (!letter) return add('courrier', `« ${step.id} » : le courrier « ${id} » n'est pas dans la bibliothèque.`)
    const droit = scenario.droit ?? 'FR'
    // A courteous text that rests on no law may cross the sea.
    if (letter.droit !== droit && letter.droit !== 'EU' && letter.bases.length > 0)
      add('droit', `« ${step.id} » : « ${id} » est du droit ${letter.droit}.`)
    use(letter)
  }
  for (const kind of kindsOf(scenario)) {
    for (const value of [step.lettre, step.si_promesse])
      look(idFor(value, kind), (letter) => checkApproach(step, kind, letter, add))
    for (const joined of step.joindre ?? []) look(idFor(joined, kind), (letter) => checkJoined(step, letter, add))
    look(idFor(step.si_promesse, kind), ({ id, donnees }) => {
      if (!donnees.includes('promesse')) add('promesse', `« ${step.id} » : « ${id} » ne cite pas la promesse.`)
    })
  }
  look(step.prevenir?.lettre ?? null, ({ id, destinataire, canaux }) => {
    if (destinataire !== 'creancier' || !canaux.includes('email'))
      add('prevenir', `« ${step.id} » : « ${id} » n'est pas un courriel au créancier.`)
  })
  return faults
}

/** A letter that goes to the debtor, or the script of whoever calls or visits him. */
function checkApproach(step: ScenarioStep, kind: Kind, letter: Letter, add: Add): void {
  const { id, canaux, destinataire, premiere_lettre: first } = letter
  if (!channelsOf(step).some((channel) => canaux.includes(channel)))
    add('canal', `« ${step.id} » : « ${id} » n'a pas de texte pour « ${step.canal} ».`)
  const isSpoken = step.canal === 'appel' || step.canal === 'visite'
  const readers: Recipient[] = step.canal === 'appel' ? [] : recipients[kind]
  if (![...(isSpoken ? ['operateur'] : []), ...readers].includes(destinataire))
    add('destinataire', `« ${step.id} » : « ${id} » s'adresse à « ${destinataire} », et non à un débiteur ${kind}.`)
  if (step.premiere_lettre && first === 'jamais')
    add('premiere-lettre', `« ${step.id} » : « ${id} » ne porte pas les mentions de la première lettre.`)
  if (!step.premiere_lettre && first === 'toujours')
    add('premiere-lettre', `« ${step.id} » : « ${id} » ne sert qu'à ouvrir.`)
}

/** A paper that goes along with the letter, or that the visitor carries. */
function checkJoined(step: ScenarioStep, { id, canaux }: Letter, add: Add): void {
  const fits =
    step.canal === 'visite' ? channelsOf(step) : [step.canal === 'lrar' ? 'formulaire' : (step.canal as Channel)]
  if (!fits.some((channel) => canaux.includes(channel)))
    add('canal', `« ${step.id} » : « ${id} » ne peut être joint à un envoi par « ${step.canal} ».`)
}

/** The channels of a letter that a step's channel can use. */
function channelsOf({ canal }: ScenarioStep): Channel[] {
  if (canal === 'appel') return ['script-telephone']
  if (canal === 'visite') return ['visite', 'acte-prive', 'formulaire']
  return canal ? [canal] : []
}

function idFor(value: ScenarioStep['lettre'], kind: Kind): string | null {
  return value === undefined ? null : typeof value === 'string' ? value : (value[kind] ?? null)
}

/** From one letter to the next, and from one call to the next, the tone holds or rises; a voice is softer than a notice. */
function toneFaults({ etapes }: Scenario, kind: Kind): ScenarioFault[] {
  const faults: ScenarioFault[] = []
  const reached = { spoken: { tone: 0, by: '' }, written: { tone: 0, by: '' } }
  for (const step of etapes) {
    const tones = [idFor(step.lettre, kind), idFor(step.si_promesse, kind)].flatMap((id) =>
      id === null ? [] : (loadLibrary().letters.get(id)?.ton ?? []),
    )
    if (!heard.has(step.canal) || tones.length === 0) continue
    const before = reached[step.canal === 'appel' ? 'spoken' : 'written']
    if (Math.min(...tones) < before.tone) {
      faults.push({
        step: step.id,
        rule: 'ton',
        message: `« ${step.id} » (${kind}) parle plus doucement (ton ${Math.min(...tones)}) que « ${before.by} » avant elle (ton ${before.tone}).`,
      })
    }
    if (Math.max(...tones) > before.tone) Object.assign(before, { tone: Math.max(...tones), by: step.id })
  }
  return faults
}

/** No case is left at the end of its letters with nothing to wait for. */
function endFaults(scenario: Scenario): ScenarioFault[] {
  const last = scenario.etapes.at(-1)!
  if (!last.action)
    return [
      {
        step: last.id,
        rule: 'suite',
        message: `Le scénario finit par « ${last.id} » : après elle, le dossier n'attendrait plus rien.`,
      },
    ]
  if (last.action !== 'demander-accord') return []
  const fault = (message: string): ScenarioFault => ({ step: last.id, rule: 'procedure', message })
  return proceduresOf(last).flatMap((id) => {
    if (!procedureIds().includes(id)) return fault(`« ${last.id} » : la procédure « ${id} » n'existe pas.`)
    const { pays, papiers, statut } = loadProcedure(id)
    if (pays !== 'EU' && pays !== (scenario.droit ?? 'FR'))
      return fault(`« ${last.id} » : « ${id} » est du droit ${pays}.`)
    if (statut === 'projet') return fault(`« ${last.id} » : « ${id} » n'est pas encore ouverte.`)
    if (!papiers) return fault(`« ${last.id} » : « ${id} » n'a pas encore de modèles de requête.`)
    const sues = kindsOf(scenario).filter((kind) => idFor(last.procedure as ScenarioStep['lettre'], kind) === id)
    return isClosedToPublic(id) && sues.includes('public')
      ? fault(`« ${last.id} » : « ${id} » n'est pas ouverte contre un acheteur public.`)
      : []
  })
}

/** The procedures that a last step may lead to, whoever owes. */
export const proceduresOf = ({ procedure }: ScenarioStep): string[] =>
  procedure === undefined ? [] : typeof procedure === 'string' ? [procedure] : [...new Set(Object.values(procedure))]
