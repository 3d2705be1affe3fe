import { readdirSync } from 'node:fs'
import { before, dayFr, parseDay, type Day } from '../../schema/days.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { readYaml } from '../../schema/validate.ts'
import { happenings, knownFacts, standingEvents } from './happenings.ts'
import type { Zone } from '../law/calendar.ts'
import { type Counting, deadline, parseDuration, type Deadline } from '../law/deadline.ts'
import { type Distance, distance } from '../law/distance.ts'

/** A procedure as lawyers wrote it: keys are those of its YAML file (schema/procedure.schema.json). */
export interface Procedure {
  id: string
  titre: string
  pays: 'FR' | 'MG' | 'EU'
  article: string
  statut: 'publie' | 'projet'
  presentation?: string
  /** First day whose law this file tells: what happened earlier fell under texts that are not on file. */
  depuis: string
  depuis_source: string
  /** How many days before the end of a time limit the legal cell is told. */
  alertes: number[]
  /** Whose residence lengthens its time limits: the debtor's unless it says the creditor's. */
  demeure_de?: 'creancier'
  qui?: string
  competence?: CourtRule[]
  /** `plafond`: a value of seuils.yaml that the claim, interest included, may not exceed. */
  conditions?: { id: string; plafond?: string; texte: string; article: string; confirme: 'oui' | 'non' }[]
  /**
   * `signe`: the pack that the creditor agrees to; `titre`: the events that give a title to enforce, the strongest first;
   * `malgre`: what stops a case, but not this procedure.
   */
  papiers?: { signe: string; titre?: string[]; malgre?: string[] }
  etapes: Step[]
  dossiers?: Record<string, Dossier>
  frais?: Cost[]
  /** How it may end, and what may follow. */
  issues?: Outcome[]
}

/** What must be true: a value, or one of several. */
export type Facts = Record<string, string | boolean | string[]>

/** What may happen, and when: a step, or one of its further events. Ids name other steps and events of the procedure. */
export interface Happening {
  id: string
  titre: string
  par?: string
  article?: string
  /** All of these must have happened; one at least of `apres_un_de`; none of `sans`. */
  apres?: string[]
  apres_un_de?: string[]
  sans?: string[]
  /** Events after which `sans` no longer rules it out. */
  sauf?: string[]
  /** Ids of time limits during which it is not offered. */
  attend?: string[]
  repetable?: 'oui'
  /** Its day is fixed in advance (a hearing): it may be recorded before it comes. */
  a_venir?: 'oui'
  /** What its mere happening says: goods seized at a third party's are `chezUnTiers`. */
  faits?: Record<string, string | boolean>
  /** Recorded even without the creditor's live consent, as the acts of court and debtor are. */
  sans_accord?: 'oui'
}

export interface Step extends Happening {
  par: string
  article: string
  note?: string
  /** Further events that this step records, beside its own. */
  evenements?: Happening[]
  delais?: TimeLimit[]
  dossier?: string
  frais?: string[]
  /** Letters of the library that go with the step. */
  courriers?: string[]
}

export interface TimeLimit {
  id: string
  titre: string
  nature: 'au_plus_tard' | 'pas_avant'
  a_compter_de?: string
  apres_delai?: string
  /** Null where the order itself fixes the time: it is then entered by hand. */
  duree: string | null
  compte?: 'jours_ouvrables' | 'a_rebours' | 'jour_meme_ou_ouvrable_suivant' | 'prescription'
  pour?: Facts
  si?: Facts
  distance?: 'oui'
  article: string
  sanction?: string
  /**
   * What the end of the period does when nothing was done: `clot` ends the path (caducité, non avenu), `purge` takes
   * from the other side what it could do (opposition), `echoit` is a period in which nobody must act. Without it, the
   * act is late and nothing more.
   */
  effet?: 'clot' | 'purge' | 'echoit'
  /** Events that meet it; by default the one that bears its id, else its step. */
  accompli_par?: string[]
  /** Events that show that it was met, though nobody recorded the act. */
  presume_par?: string[]
  /** Events after which it no longer runs. */
  sans?: string[]
  /** A step that may lift the sanction, and the event that does lift it. */
  recours?: { etape: string; evenement: string }
  version: string
  source: string
  verifie_le: string
  confirme: 'oui' | 'non'
}

/** A way the procedure ends or turns; all the conditions given must hold. */
export interface Outcome {
  id: string
  titre: string
  nature: 'succes' | 'echec' | 'suspension'
  article: string
  /** One of these events. */
  quand?: string[]
  /** The end of one of these time limits with nothing done. */
  passe?: string[]
  /** The day on which this time limit lets act. */
  ouvert?: string
  sans?: string[]
  si?: Facts
  clot?: 'oui'
  suites?: { procedure: string; pourquoi: string; article: string }[]
}

/** Which court: the first line whose conditions hold. */
export interface CourtRule {
  quand?: Facts
  juridiction: string
  lieu: string
  article: string
  note?: string
  confirme: 'oui' | 'non'
}

/** A pack: what is written for it, what others made that joins it, the exhibits it needs, and what the bailiff answers. */
export interface Dossier {
  titre: string
  destinataire: string
  papiers?: Paper[]
  actes?: string[]
  reprend?: string
  /** Only exhibits of the kinds listed join: a bailiff who seizes needs the title, not the invoices. */
  pieces_seules?: 'oui'
  retours?: BailiffAnswer[]
  pieces: Exhibit[]
}

export interface Paper {
  nature: 'requete' | 'declaration' | 'projet' | 'mission' | 'decompte' | 'bordereau'
  titre: string
  /** A letter of the library, or one for each kind of debtor. */
  lettre: string | { professionnel: string; consommateur?: string; public?: string }
}

export interface BailiffAnswer {
  nature: string
  titre: string
  etape?: string
  lettre?: string
  lettre_sans_fonds?: string
}

export interface Exhibit {
  type: string
  titre: string
  requis: 'oui' | 'utile' | 'selon'
  selon?: string
  quoi: string
  aupres_de: string
  /** Fact of the letters that stands for the document: the bank's name, the employer. */
  fait?: string
  depuis?: string
  jusqu_au?: string
}

export interface Cost {
  id: string
  titre: string
  /** Id of a dated value of procedures/law/fr, and its qualifier; without one, `note` says what is known. */
  valeur?: string
  note?: string
  pour?: string
  si?: Facts
  avance_par: string
  charge_finale: string
  article: string
  confirme: 'oui' | 'non'
}

/** Something that happened: a step done (`ordonnance`, `signification`…) or one of its further events. */
export interface ProcedureEvent {
  id?: string
  step: string
  on: Day
  /**
   * `juridiction`: commerce | judiciaire; `aPersonne`: served in person; `demeure`: metropole | outre-mer | etranger or a French zone; `remisA`: the same, where the
   * act was handed to the person himself (CPC 647);
   * `delais`: for each time limit that the order itself fixes, its length (« P1M ») or its last day.
   */
  facts?: Record<string, unknown>
  /** Id of the earlier event that this one replaces; with `void`, that event never took place. */
  corrects?: string
  void?: boolean
}

export interface StepDeadline extends Deadline {
  step: string
  /** Id of the time limit within the step: the first of a step is its main one. */
  id: string
  title: string
  /** `not_after`: the last day to act is `expires`. `not_before`: nothing may be done until `opens`. */
  kind: 'not_after' | 'not_before'
  trigger: string
  /** Who must act. */
  by: string
  effect: 'closes' | 'bars' | 'ends' | 'late'
  /** The events that meet it. */
  metBy: string[]
  presumedBy: string[]
  without: string[]
  recourse: { etape: string; evenement: string } | null
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

const countings: Record<Exclude<NonNullable<TimeLimit['compte']>, 'prescription'>, Counting> = {
  jours_ouvrables: 'working_days',
  a_rebours: 'backwards',
  jour_meme_ou_ouvrable_suivant: 'same_or_next_working_day',
}

const effects = { clot: 'closes', purge: 'bars', echoit: 'ends' } as const

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
  const standing = standingEvents(events)
  const happened = new Map(standing.map((event) => [event.step, event]))
  const known = knownFacts(procedure, standing)
  const ids = [...happenings(procedure).keys()]
  const found: StepDeadline[] = []
  for (const step of procedure.etapes) {
    for (const limit of step.delais ?? []) {
      const trigger = triggerOf(limit, happened, found)
      // Fixed by the order itself: there is nothing to compute until someone has entered it.
      if (!trigger || (limit.duree === null && fixedByOrder(limit, trigger, known) === null)) continue
      const { applies, doubts } = applicable(limit, trigger, happened, known)
      if (applies) found.push(stepDeadlineOf(step, limit, trigger, known, options.zone, doubts, ids))
    }
  }
  return found
}

function stepDeadlineOf(
  step: Step,
  limit: TimeLimit,
  trigger: ProcedureEvent,
  known: Record<string, unknown>,
  zone: Zone | undefined,
  found: Doubt[],
  ids: string[],
): StepDeadline {
  const far = limit.distance === 'oui' ? distanceOf(trigger, known, zone) : nothingAdded
  const length = limit.duree ?? fixedByOrder(limit, trigger, known)!
  const computed = isoDay.test(length) ? dayOfOrder(trigger.on, parseDay(length)) : counted(length)
  // What starts a period does not meet it.
  const own = ids.includes(limit.id) ? limit.id : step.id
  const notBefore = limit.nature === 'pas_avant'
  const opens = notBefore ? computed.expires.add({ days: 1 }) : null
  const doubts = [...found, ...far.doubts, ...computed.doubts]
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
    by: step.par,
    effect: limit.effet === undefined ? 'late' : effects[limit.effet],
    metBy: limit.accompli_par ?? (own === trigger.step ? [] : [own]),
    presumedBy: limit.presume_par ?? [],
    without: limit.sans ?? [],
    recourse: limit.recours ?? null,
    trigger: trigger.step,
    opens,
    article: limit.article,
    sanction: limit.sanction ?? null,
    source: limit.source,
    confirmed: limit.confirme === 'oui',
    version: limit.version,
    why: [
      `${limit.version.charAt(0).toUpperCase()}${limit.version.slice(1)} (${limit.article}).`,
      ...far.why,
      ...computed.why,
      ...(opens ? [`L’acte est possible à partir du ${dayFr(opens)}.`] : []),
      ...(limit.sanction === undefined ? [] : [`Passé ce délai\u00a0: ${limit.sanction}.`]),
    ],
    doubts,
  }

  function counted(text: string): Deadline {
    const legal = text === 'P0D' ? { years: 0, months: 0, days: 0 } : parseDuration(text)
    return deadline({
      from: trigger.on,
      duration: { ...legal, months: legal.months + (far.added?.months ?? 0) },
      ...(zone === undefined ? {} : { zone }),
      ...(limit.compte === undefined
        ? {}
        : limit.compte === 'prescription'
          ? { rule: 'prescription' as const }
          : { counting: countings[limit.compte] }),
    })
  }
}

const isoDay = /^\d{4}-\d{2}-\d{2}$/

/** What the order says of a time limit that the law leaves to it: a length (« P1M ») or a last day; null when not entered. */
function fixedByOrder(limit: TimeLimit, trigger: ProcedureEvent, known: Record<string, unknown>): string | null {
  const entered = (trigger.facts?.delais ?? known.delais) as Record<string, unknown> | undefined
  const value = entered?.[limit.id]
  return typeof value === 'string' ? value : null
}

function dayOfOrder(from: Day, last: Day): Deadline {
  return {
    from,
    raw: last,
    expires: last,
    why: [`La décision fixe elle-même le dernier jour, le ${dayFr(last)}.`],
    doubts: [],
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
    } else if (!holds(fact, wanted)) return { applies: false, doubts }
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

/** Whether a fact is the value wanted, or one of them. */
export const holds = (fact: unknown, wanted: Facts[string]): boolean =>
  Array.isArray(wanted) ? wanted.includes(String(fact)) : fact === wanted

const nothingAdded: Distance = { added: null, why: [], doubts: [] }

/** CPC 643 to 647: the court sits in the zone of the case; `remisA` is where an act was handed to the person himself. */
function distanceOf(trigger: ProcedureEvent, known: Record<string, unknown>, zone: Zone = 'metropole'): Distance {
  const fact = (name: string) => trigger.facts?.[name] ?? known[name]
  return distance({
    court: zone,
    residence: fact('demeure'),
    ...(fact('aPersonne') === true && fact('remisA') !== undefined ? { servedAt: fact('remisA') } : {}),
    on: trigger.on,
  })
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
