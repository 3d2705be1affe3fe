import { readdirSync } from 'node:fs'
import { before, dayFr, parseDay, type Day } from '../../schema/days.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { readYaml } from '../../schema/validate.ts'
import type { Zone } from '../law/calendar.ts'
import { type Counting, deadline, parseDuration, type Deadline } from '../law/deadline.ts'

/** A procedure as lawyers wrote it: keys are those of its YAML file (schema/procedure.schema.json). */
export interface Procedure {
  id: string
  titre: string
  pays: 'FR' | 'MG' | 'EU'
  article: string
  statut: 'publie' | 'projet'
  presentation?: string
  conditions?: { id: string; texte: string; article: string; confirme: 'oui' | 'non' }[]
  /** Letters of the library that make its papers. */
  papiers?: {
    requete: { professionnel: string; consommateur?: string; public?: string }
    decompte: string
    bordereau: string
    signification: string
  }
  etapes: Step[]
  dossiers?: Record<string, { titre: string; destinataire: string; pieces: Exhibit[] }>
  frais?: Cost[]
}

export interface Step {
  id: string
  titre: string
  par: string
  article: string
  note?: string
  /** Further events that this step records, beside its own. */
  evenements?: string[]
  delais?: TimeLimit[]
  dossier?: string
  frais?: string[]
}

export interface TimeLimit {
  id: string
  titre: string
  nature: 'au_plus_tard' | 'pas_avant'
  a_compter_de?: string
  apres_delai?: string
  /** Null where the order itself fixes the time: it is then entered by hand. */
  duree: string | null
  compte?: 'jours_ouvrables' | 'a_rebours' | 'jour_meme_ou_ouvrable_suivant'
  pour?: Record<string, string | boolean>
  si?: Record<string, string | boolean>
  distance?: 'oui'
  article: string
  sanction?: string
  version: string
  source: string
  verifie_le: string
  confirme: 'oui' | 'non'
}

export interface Exhibit {
  type: string
  titre: string
  requis: 'oui' | 'utile' | 'selon'
  selon?: string
  quoi: string
  aupres_de: string
  depuis?: string
  jusqu_au?: string
}

export interface Cost {
  id: string
  titre: string
  /** Id of a dated value of procedures/law/fr, and its qualifier. */
  valeur: string
  pour?: string
  si?: Record<string, string | boolean>
  avance_par: string
  charge_finale: string
  article: string
  confirme: 'oui' | 'non'
}

/** Something that happened: a step done (`ordonnance`, `signification`…) or one of its further events. */
export interface ProcedureEvent {
  step: string
  on: Day
  /** `juridiction`: commerce | judiciaire; `aPersonne`: served in person; `demeure`: metropole | outre-mer | etranger. */
  facts?: Record<string, unknown>
}

export interface StepDeadline extends Deadline {
  step: string
  /** Id of the time limit within the step: the first of a step is its main one. */
  id: string
  title: string
  /** `not_after`: the last day to act is `expires`. `not_before`: nothing may be done until `opens`. */
  kind: 'not_after' | 'not_before'
  trigger: string
  /** The first day on which the act is allowed, the day after `expires`; null for `not_after`. */
  opens: Day | null
  article: string
  sanction: string | null
  source: string
  confirmed: boolean
  /** The version of the law that applied, in words. */
  version: string
  doubts: Doubt[]
}

const countings: Record<NonNullable<TimeLimit['compte']>, Counting> = {
  jours_ouvrables: 'working_days',
  a_rebours: 'backwards',
  jour_meme_ou_ouvrable_suivant: 'same_or_next_working_day',
}

const folders = ['fr', 'mg'].map((country) => new URL(`./${country}/`, import.meta.url))
const loaded = new Map<string, Procedure>()

/** Ids of every procedure on file, in alphabetical order. */
export function procedureIds(): string[] {
  return [...files().keys()].sort()
}

/** Reads and checks a procedure. DomainError `unknown_procedure`, `invalid_file`. */
export function loadProcedure(id: string): Procedure {
  let procedure = loaded.get(id)
  if (procedure) return procedure
  const file = files().get(id)
  if (!file) {
    throw new DomainError('unknown_procedure', `La procédure « ${id.slice(0, 60)} » n'existe pas.`, {
      remedy: `Procédures connues : ${procedureIds().join(', ')}.`,
      facts: { id: id.slice(0, 60) },
    })
  }
  procedure = readYaml<Procedure>(file, 'procedure')
  loaded.set(id, procedure)
  return procedure
}

/** DomainError `unknown_step` when the procedure has no such step. */
export function findStep(procedure: Procedure, id: string): Step {
  const step = procedure.etapes.find((candidate) => candidate.id === id)
  if (step) return step
  throw new DomainError('unknown_step', `« ${procedure.titre} » n'a pas d'étape « ${id.slice(0, 60)} ».`, {
    remedy: `Étapes : ${procedure.etapes.map((candidate) => candidate.id).join(', ')}.`,
    facts: { procedure: procedure.id, step: id.slice(0, 60) },
  })
}

/** The exhibits a pack must hold on a day, in the order of the bordereau. */
export function exhibitsOf(procedure: Procedure, pack: string, on: Day): Exhibit[] {
  const found = procedure.dossiers?.[pack]
  if (!found) {
    throw new DomainError('unknown_pack', `« ${procedure.titre} » n'a pas de dossier « ${pack.slice(0, 60)} ».`, {
      remedy: `Dossiers : ${Object.keys(procedure.dossiers ?? {}).join(', ') || 'aucun'}.`,
      facts: { procedure: procedure.id, pack: pack.slice(0, 60) },
    })
  }
  return found.pieces.filter(
    (piece) =>
      !(piece.depuis !== undefined && before(on, parseDay(piece.depuis))) &&
      !(piece.jusqu_au !== undefined && before(parseDay(piece.jusqu_au), on)),
  )
}

/**
 * Every time limit started by these events, in the order of the procedure. The version of the law is chosen on the
 * event that the law names (the date of the order), which must then be among the events; failing that the date of the
 * trigger stands for it, and a doubt says so. The last event of a name counts.
 */
export function stepDeadlines(
  procedure: Procedure,
  events: ProcedureEvent[],
  options: { zone?: Zone } = {},
): StepDeadline[] {
  const happened = new Map(events.map((event) => [event.step, event]))
  const known: Record<string, unknown> = Object.assign({}, ...events.map((event) => event.facts ?? {}))
  const found: StepDeadline[] = []
  for (const step of procedure.etapes) {
    for (const limit of step.delais ?? []) {
      const trigger = triggerOf(limit, happened, found)
      // Fixed by the order itself: there is nothing to compute until someone has entered it.
      if (!trigger || limit.duree === null) continue
      const { applies, doubts } = applicable(limit, trigger, happened, known)
      if (applies) found.push(stepDeadlineOf(step, limit, trigger, known, options.zone, doubts))
    }
  }
  return found
}

/** `PROCEDURE.STEP` from the day of its trigger: the main time limit of the step. DomainError `no_deadline`. */
export function stepDeadline(name: string, from: Day, zone?: Zone, events: ProcedureEvent[] = []): StepDeadline {
  const [id = '', stepId = '', ...rest] = name.split('.')
  const procedure = loadProcedure(id)
  const step = findStep(procedure, [stepId, ...rest].join('.'))
  const main = step.delais?.[0]
  if (main?.a_compter_de !== undefined) {
    // The command names no fact: a limit that depends on one is given as if it were so, and says it in `version`.
    const trigger: ProcedureEvent = {
      step: main.a_compter_de,
      on: from,
      facts: { ...main.si, ...events.find((event) => event.step === main.a_compter_de)?.facts },
    }
    const others = events.filter((event) => event.step !== trigger.step)
    const found = stepDeadlines(procedure, [...others, trigger], zone === undefined ? {} : { zone }).find(
      (limit) => limit.step === step.id,
    )
    if (found) return found
  }
  throw new DomainError('no_deadline', `L'étape « ${step.titre} » n'a pas de délai fixé par la loi.`, {
    remedy: `Étapes avec un délai : ${procedure.etapes
      .filter((other) => other.delais)
      .map((other) => `${id}.${other.id}`)
      .join(', ')}.`,
    facts: { procedure: id, step: step.id },
    article: step.article,
  })
}

function stepDeadlineOf(
  step: Step,
  limit: TimeLimit,
  trigger: ProcedureEvent,
  known: Record<string, unknown>,
  zone: Zone | undefined,
  found: Doubt[],
): StepDeadline {
  const legal = limit.duree === 'P0D' ? { years: 0, months: 0, days: 0 } : parseDuration(limit.duree!)
  const extra = limit.distance === 'oui' ? distance(trigger.facts?.demeure ?? known.demeure) : 0
  const duration = { ...legal, months: legal.months + extra }
  const computed = deadline({
    from: trigger.on,
    duration,
    ...(zone === undefined ? {} : { zone }),
    ...(limit.compte === undefined ? {} : { counting: countings[limit.compte] }),
  })
  const notBefore = limit.nature === 'pas_avant'
  const opens = notBefore ? computed.expires.add({ days: 1 }) : null
  const doubts = [...found]
  if (limit.confirme === 'non') {
    doubts.push({
      code: 'unconfirmed_deadline',
      message: `${limit.titre} (${limit.article})\u00a0: délai à vérifier (${limit.source}).`,
    })
  }
  return {
    ...computed,
    step: step.id,
    id: limit.id,
    title: limit.titre,
    kind: notBefore ? 'not_before' : 'not_after',
    trigger: trigger.step,
    opens,
    article: limit.article,
    sanction: limit.sanction ?? null,
    source: limit.source,
    confirmed: limit.confirme === 'oui',
    version: limit.version,
    why: [
      `${limit.version.charAt(0).toUpperCase()}${limit.version.slice(1)} (${limit.article}).`,
      ...(extra > 0
        ? [
            `Le délai est augmenté de ${extra} mois à raison de la distance (articles 643 et 645 du code de procédure civile).`,
          ]
        : []),
      ...computed.why,
      ...(opens ? [`L’exécution est possible à partir du ${dayFr(opens)}.`] : []),
      ...(limit.sanction === undefined ? [] : [`Passé ce délai\u00a0: ${limit.sanction}.`]),
    ],
    doubts,
  }
}

function triggerOf(
  limit: TimeLimit,
  happened: Map<string, ProcedureEvent>,
  found: StepDeadline[],
): ProcedureEvent | null {
  if (limit.a_compter_de !== undefined) return happened.get(limit.a_compter_de) ?? null
  const previous = found.find((earlier) => earlier.id === limit.apres_delai)
  return previous ? { step: previous.id, on: previous.expires } : null
}

/**
 * Facts must hold (an unknown one leaves a doubt, not a gap), and `ordonnance_avant: 2026-09-01` and the like are judged
 * on the day of the event so named.
 */
function applicable(
  limit: TimeLimit,
  trigger: ProcedureEvent,
  happened: Map<string, ProcedureEvent>,
  known: Record<string, unknown>,
) {
  const doubts: Doubt[] = []
  for (const [key, wanted] of Object.entries(limit.si ?? {})) {
    const fact = trigger.facts?.[key] ?? known[key]
    if (fact === undefined) {
      doubts.push({
        code: 'fact_to_check',
        message: `${limit.titre}\u00a0: valable dans le cas «\u00a0${limit.version}\u00a0», à vérifier.`,
      })
    } else if (fact !== wanted) return { applies: false, doubts }
  }
  for (const [key, value] of Object.entries(limit.pour ?? {})) {
    const [, event = '', side] = /^(.+)_(avant|depuis)$/.exec(key) ?? []
    const named = happened.get(event)
    if (!named) {
      const message = `La date de l’étape «\u00a0${event}\u00a0» n’est pas donnée\u00a0: la version de la loi est choisie d’après le ${dayFr(trigger.on)}.`
      doubts.push({ code: 'version_to_check', message })
    }
    const isBefore = before(named?.on ?? trigger.on, parseDay(String(value)))
    if (isBefore !== (side === 'avant')) return { applies: false, doubts }
  }
  return { applies: true, doubts }
}

/** CPC 643: one month more overseas, two abroad, when the court sits in metropolitan France. */
function distance(residence: unknown): number {
  return residence === 'etranger' ? 2 : residence === 'outre-mer' ? 1 : 0
}

function files(): Map<string, URL> {
  const found = new Map<string, URL>()
  for (const folder of folders) {
    for (const file of list(folder))
      if (file.endsWith('.yaml')) found.set(file.slice(0, -'.yaml'.length), new URL(file, folder))
  }
  return found
}

function list(folder: URL): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // A country without procedures has no folder.
    return []
  }
}
