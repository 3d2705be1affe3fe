import { readdirSync } from 'node:fs'
import { before, parseDay, type Day } from '../../../schema/days.ts'
import { DomainError } from '../../../schema/errors.ts'
import { readYaml } from '../../../schema/validate.ts'

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
  conditions?: Condition[]
  /**
   * `signe`: the pack that the creditor agrees to; `titre`: the events that give a title to enforce, the strongest first, and
   * `signifie` the event that serves each; `malgre`: what stops a case, but not this procedure.
   */
  papiers?: {
    signe: string
    titre?: string[]
    /** The title lasts as long as the claim; ten years when absent. */
    prescription_du_titre?: 'creance'
    signifie?: Record<string, string>
    malgre?: string[]
  }
  /** Nobody opens it, and the creditor signs nothing: its events are read from the letters of the case (notice-course.ts). */
  tiree_de?: 'courriers'
  /** Of a seizure: the event that seizes, and those after which it holds nothing any more. */
  saisie?: { acte: string; fin: string[]; biens?: 'oui' }
  etapes: Step[]
  dossiers?: Record<string, Dossier>
  frais?: Cost[]
  /** How it may end, and what may follow. */
  issues?: Outcome[]
}

export interface Condition {
  id: string
  texte: string
  article: string
  confirme: 'oui' | 'non'
  /** First day on which it holds. */
  depuis?: string
  /** A value of seuils.yaml that the claim, interest included, may not exceed. */
  plafond?: string
  /** A dated list of legal forms: refused where both parties have one of them; doubtful where a form is not known. */
  exclut_entre?: string
  /** Told to the creditor, who decides: the claim, or its principal alone, is under, at most, or over a value of seuils.yaml. */
  avertit?: {
    sous?: string
    au_plus?: string
    au_dela?: string
    en_principal?: 'oui'
    debiteur?: string[]
    /** A dated list of legal forms: told of a business that is not known to have one of them, too. */
    hors_formes?: string
  }
  /** What the case must hold already. */
  exige?: 'saisie'
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
  /** It concerns one debtor at a time: with several, the time of each runs from its own. */
  chaque_debiteur?: 'oui'
  /** Cause of prescription-causes.yaml: the act starts limitation anew. */
  interrompt?: string
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
  /** What is to be told of the act done after the end: who judges it, and what it stops meanwhile. */
  tardif?: string
  /** Past it, what was done before still interrupts limitation; by default what lapsed interrupted nothing. */
  interruption?: 'demeure'
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
  suites?: { procedure: string; pourquoi: string; article: string; confirme?: 'oui' | 'non' }[]
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
  /** Who hears it where it is not the president of the court. */
  juge?: 'fond' | 'execution'
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
  /** A letter of the library, or one for each kind of court. */
  lettre: string | { commerce: string; judiciaire: string; administratif?: string }
  /** Its letter where the measure that it is about seized goods. */
  lettre_biens?: string
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

const folders = ['fr', 'mg'].map((country) => new URL(`../${country}/`, import.meta.url))
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
