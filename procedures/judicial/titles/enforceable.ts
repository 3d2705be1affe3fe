import { after, before, type Day, dayFr, parseDay } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import type { CaseFile } from '../../cases/file/file.ts'
import { renewals } from '../../cases/limitation/limitation.ts'
import type { Interruption } from '../../law/limitation.ts'
import { readConducts } from '../case-progress.ts'
import { happenings, standingEvents } from '../engine/happenings.ts'
import { interruptionsOf } from './interruptions.ts'
import type { GivenFacts } from '../packs/paper-facts.ts'
import type { Procedure } from '../engine/procedure.ts'
import { progress } from '../engine/progress.ts'
import type { ProcedureEvent } from '../engine/time-limits.ts'
import { natureRuns, runsTenYears, titleEnd } from './title-limitation.ts'
import { type Obtained, titlesOf } from './titles.ts'

/**
 * Nothing is enforced without a title, nor on one that fell, is not served, may still be opposed, has run out, or is older than the debt. Of a
 * title from elsewhere, given by hand, only its dates can be judged: the rest is its giver's word. Answers what is to be
 * checked. DomainError `not_enforceable`, `title_expired`, `title_before_debt`, `title_dates`.
 */
export async function requireEnforceable(
  sql: Sql,
  file: CaseFile,
  procedure: Procedure,
  onDay: Day,
  given: GivenFacts = {},
  kind: string = procedure.papiers?.signe ?? '',
): Promise<Doubt[]> {
  const pieces = procedure.dossiers?.[kind]?.pieces ?? []
  if (!pieces.some((piece) => piece.type === 'titre' && piece.requis === 'oui')) return []
  const own = await titlesOf(sql, file.case.id, onDay)
  const told = titleTold(given)
  const isMalagasy = file.case.zone === 'madagascar'
  // A saisie-arrêt may rest on the leave of a Malagasy judge alone.
  if (!told && own.length === 0 && !isMalagasy) {
    throw new DomainError('not_enforceable', 'Aucun titre exécutoire\u00a0: rien ne peut être exécuté.', {
      remedy:
        'Obtenez un titre, ou enregistrez la décision dans sa procédure\u00a0; pour un titre obtenu ailleurs, donnez-le avec sa date (facts.titre).',
      article: 'CPCE L111-2',
    })
  }
  const [meant] = told ? own.filter((title) => isMeant(title, told)) : own
  const doubts = meant ? await requireStanding(sql, meant, onDay) : []
  const dates = meant && told === undefined ? datesOf(meant) : told && datesGiven(told)
  if (!dates || isMalagasy) return doubts
  const lasts = meant ? (runsTenYears(meant.procedure) ? 'dix-ans' : 'creance') : natureRuns(told?.['nature'], dates.on)
  const judged = [...doubts, ...lastingDoubts(dates.on, lasts), ...judgeDates(file, dates, onDay)]
  if (lasts === 'creance') return judged
  const acts = [...(await renewals(sql, file.case.id)), ...(await interruptionsOf(sql, file.case.id, onDay))]
  return [...judged, ...judgeAge(dates, acts, onDay)]
}

/** A title that is no court's lasts as long as the claim; so does, by caution, one whose nature says nothing. */
function lastingDoubts(on: Day, lasts: ReturnType<typeof natureRuns>): Doubt[] {
  if (lasts === 'dix-ans') return []
  const message =
    lasts === 'creance'
      ? `Le titre du ${dayFr(on)} n’est pas de ceux qui s’exécutent pendant dix ans (CPCE L111-3, 1° à 3°, et L111-4)\u00a0: il vaut tant que la créance n’est pas prescrite.`
      : `La nature du titre du ${dayFr(on)} ne dit pas s’il s’exécute pendant dix ans (CPCE L111-3, 1° à 3°, et L111-4)\u00a0: par précaution, la prescription de la créance est retenue. Indiquez-la (facts.titre.nature)\u00a0: jugement, ordonnance, acte notarié…`
  return [{ code: 'title_limitation_of_claim', message }]
}

/** What a person says of the title that is enforced; without its date, the case's own is meant. */
function titleTold(given: GivenFacts): Record<string, unknown> | undefined {
  const told = given['titre'] as Record<string, unknown> | undefined
  return typeof told?.['date'] === 'string' ? told : undefined
}

/** The case's own, by its day or, where a day was mistyped, by its number. */
const isMeant = ({ on, facts }: Obtained, told: Record<string, unknown>): boolean =>
  on.toString() === told['date'] || (typeof facts['numero'] === 'string' && facts['numero'] === told['numero'])

/** Of the case's own titles: what its procedure says of it on that day. */
async function requireStanding(sql: Sql, title: Obtained, onDay: Day): Promise<Doubt[]> {
  const { procedure, events, zone } = (await readConducts(sql, [title.open.id])).get(title.open.id)!
  const { closed, next, done, on } = progress(procedure, events, onDay, { zone })
  const refuse = (message: string, remedy: string, article: string): never => {
    throw new DomainError('not_enforceable', message, { remedy, article, facts: { procedure: title.open.id } })
  }
  if (closed?.sanction) {
    refuse(
      `${procedure.titre}\u00a0: ${closed.sanction} depuis le ${dayFr(closed.on)}\u00a0; il n'y a plus de titre à exécuter.`,
      'Reprenez une procédure pour obtenir un nouveau titre.',
      closed.article,
    )
  }
  const step = procedure.etapes.find((each) => each.id === 'execution')
  if (!step || title.step !== 'ordonnance') {
    const service = procedure.papiers?.signifie?.[title.step]
    if (service === undefined || title.served) return []
    return refuse(
      `${happenings(procedure).get(service)!.titre}\u00a0: rien n’est enregistré. Un titre s’exécute après avoir été notifié.`,
      'Faites signifier le titre, puis enregistrez l’acte.',
      'CPC 503',
    )
  }
  const allowed = next.find((each) => each.step === 'execution')
  const isAllowed = allowed && (!allowed.from || !after(allowed.from, on))
  if (isAllowed || done.some((act) => act.step === 'execution')) return stillOpposable(standingEvents(events))
  const opposition = done.find((act) => act.step === 'opposition')
  return refuse(
    opposition
      ? opposition.late
        ? `Une opposition est formée contre l’ordonnance le ${dayFr(opposition.on)}, après la fin du délai (${dayFr(opposition.late.expires)})\u00a0: le tribunal dira si elle est recevable.`
        : "Une opposition est formée contre l'ordonnance\u00a0: elle en suspend l'exécution."
      : allowed?.from
        ? `Rien ne peut être exécuté avant le ${dayFr(allowed.from)}\u00a0: le délai d'opposition court encore.`
        : "L'ordonnance ne peut pas encore être exécutée\u00a0: sa signification n'est pas enregistrée.",
    allowed?.from
      ? `Attendez le ${dayFr(allowed.from)}, sans avis d'opposition du greffe.`
      : 'Attendez le jugement, ou enregistrez la signification, ou le rejet de l’opposition.',
    step!.article,
  )
}

/** Served otherwise than in person, an order may be opposed a month after the first act that touches the debtor or its goods. */
function stillOpposable(events: ProcedureEvent[]): Doubt[] {
  const served = events.findLast(({ step }) => step === 'signification')
  if (served?.facts?.['aPersonne'] !== false) return []
  if (events.some(({ step }) => step === 'premier-acte-a-personne')) return []
  const message =
    'L’ordonnance n’a pas été signifiée à personne\u00a0: la première mesure ouvre au débiteur un mois pour former opposition (CPC 1416, al. 2). Enregistrez-la à son jour dans l’injonction de payer (premier-acte-a-personne).'
  return [{ code: 'opposition_may_come', message }]
}

interface TitleDates {
  on: Day
  servedOn: Day | null
  /** Its last day, where a person says that something interrupted its limitation elsewhere. */
  until: Day | null
}

const datesOf = ({ on, served }: Obtained): TitleDates => ({ on, servedOn: served?.on ?? null, until: null })

function datesGiven(told: Record<string, unknown>): TitleDates | undefined {
  const day = (key: string) => (typeof told[key] === 'string' ? parseDay(told[key], `titre.${key}`) : null)
  const on = day('date')
  return on ? { on, servedOn: day('signification'), until: day('prescription') } : undefined
}

function judgeDates(file: CaseFile, { on, servedOn }: TitleDates, onDay: Day): Doubt[] {
  if (after(on, onDay) || (servedOn && (before(servedOn, on) || after(servedOn, onDay)))) {
    throw new DomainError(
      'title_dates',
      'Les dates du titre ne se suivent pas\u00a0: décision, signification, ce jour.',
      {
        remedy: 'Relisez le titre et son acte de signification, puis corrigez leurs dates (facts.titre).',
        facts: { title: on.toString(), served: servedOn?.toString() ?? null },
      },
    )
  }
  const later = file.invoices.filter((invoice) => after(invoice.issuedOn, on)).map(({ number }) => number)
  if (later.length > 0 && later.length === file.invoices.length) {
    throw new DomainError(
      'title_before_debt',
      `Le titre du ${dayFr(on)} est antérieur à toutes les factures du dossier\u00a0: il ne peut les constater.`,
      {
        remedy: 'Vérifiez la date et le numéro du titre, ou demandez un titre pour cette créance.',
        article: 'CPCE L111-2',
        facts: { title: on.toString(), invoices: later },
      },
    )
  }
  if (later.length === 0) return []
  const message = `Le titre du ${dayFr(on)} est antérieur à une partie des factures (${later.join(', ')})\u00a0: elles sont à retirer du décompte, sauf si le titre les prévoit (CPCE L111-2).`
  return [{ code: 'title_before_debt', message }]
}

/**
 * Ten years (CPCE L111-4), started anew by each act of enforcement and each acknowledgement; what happened elsewhere is taken at its
 * giver's word.
 */
function judgeAge({ on, until }: TitleDates, acts: Interruption[], onDay: Day): Doubt[] {
  const reckoned = titleEnd({ on, until: null }, acts)
  if (!after(onDay, reckoned.expires)) return reckoned.doubts
  const told = titleEnd({ on, until }, acts)
  if (!after(onDay, told.expires)) return [...reckoned.doubts, ...told.doubts]
  throw new DomainError(
    'title_expired',
    `Le titre du ${dayFr(on)} est prescrit depuis le ${dayFr(reckoned.expires)}.`,
    {
      remedy:
        'Si un acte a interrompu ou suspendu la prescription, donnez le dernier jour qui en résulte (facts.titre.prescription) et joignez l’acte.',
      article: 'CPCE L111-4',
      facts: { expires: reckoned.expires.toString(), why: reckoned.why },
    },
  )
}
