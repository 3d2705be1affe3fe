import { after, before, type Day, dayFr, latest } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { DomainError, type Doubt } from '../../../schema/errors.ts'
import { type Award, readAward } from '../../law/award.ts'
import { type Conduct, readConducts } from '../case-progress.ts'
import { type GivenTitle, givenTitles } from './given-title.ts'
import { happenings, standingEvents } from '../engine/happenings.ts'
import { loadProcedure, type Procedure, procedureIds } from '../engine/procedure.ts'
import { progress } from '../engine/progress.ts'
import { type ProcedureEvent, stepDeadlines } from '../engine/time-limits.ts'

/** A procedure of the case that may give a title, as the ledger reads it. */
type ProcedureSource = Pick<Conduct, 'caseId' | 'procedure' | 'events' | 'zone' | 'id'> & { openedOn: Day }
/** What may say what is owed: a procedure of the case, or a title obtained elsewhere. */
export type TitleSource = ProcedureSource | GivenTitle

/** The decision that says what is owed on a day. */
export interface Title {
  /** Null for a title obtained elsewhere. */
  procedureId: string | null
  /** The day of the decision. */
  on: Day
  /** « Ordonnance portant injonction de payer ». */
  name: string
  openedOn: Day
  /** What it grants; null where nobody recorded it. */
  award: Award | null
  /** The day on which it became enforceable; null where nobody recorded it and no rule on file gives it. */
  enforceableOn: Day | null
  /** Of that day, where it was derived. */
  doubts: Doubt[]
}

/** The procedures of those cases that give titles, the last opened first, and the titles given by hand. */
export async function readTitleSources(sql: Sql, ids: string[]): Promise<TitleSource[]> {
  const giving = procedureIds().filter((id) => loadProcedure(id).papiers?.titre)
  const [opened, given] = await Promise.all([
    sql<{ id: string; openedOn: Day }[]>`
      select id, opened_on from procedures where case_id = any(${ids}) and procedure = any(${giving}) order by opened_on desc, id`,
    givenTitles(sql, ids),
  ])
  if (opened.length === 0) return given
  const conducts = await readConducts(
    sql,
    opened.map(({ id }) => id),
  )
  return [...opened.map(({ id, openedOn }) => ({ ...conducts.get(id)!, openedOn })), ...given]
}

/**
 * The title that counts on that day: a judgment from its own day, an order for payment once it is served and as long as no
 * opposition is pending. What fell (caducité, non avenu) or was decided for the debtor is none. Of the case's own and one obtained
 * elsewhere, the later whose sums are known.
 */
export function titleOn(sources: TitleSource[], onDay: Day): Title | null {
  if (sources.length === 0) return null
  const own = ownTitle(
    sources.filter((source) => 'procedure' in source),
    onDay,
  )
  const given = sources.find((source) => 'title' in source)?.title
  if (!given || after(given.on, onDay)) return own
  return own?.award && !before(own.on, given.on) ? own : given
}

function ownTitle(sources: ProcedureSource[], onDay: Day): Title | null {
  for (const source of sources) {
    const events = standingEvents(source.events).filter(({ on }) => !after(on, onDay))
    const event = decisionOf(source.procedure, events)
    if (!event) continue
    if (isOrder(source.procedure, event) && !orderCounts(source.procedure, events)) continue
    if (progress(source.procedure, source.events, onDay, { zone: source.zone }).closed?.sanction) continue
    return titleOf(source, event, events)
  }
  return null
}

/** Refuses an award that is not one of a decision, or that cannot be read. DomainError `award_without_title`, `bad_award`… */
export function requireAward(procedure: Procedure, step: string, on: Day, facts: Record<string, unknown>): void {
  if (facts['condamnation'] === undefined) return
  const titles = procedure.papiers?.titre ?? []
  if (!titles.includes(step)) {
    throw new DomainError('award_without_title', 'Une condamnation s’enregistre avec la décision qui la prononce.', {
      remedy:
        titles.length > 0
          ? `Donnez-la avec\u00a0: ${titles.join(', ')}.`
          : `«\u00a0${procedure.titre}\u00a0» ne donne pas de titre.`,
      facts: { step },
    })
  }
  const { rate } = readAward(facts['condamnation'], on)
  if (procedure.pays !== 'MG' || rate.kind === 'legal' || rate.kind === 'contract') return
  throw new DomainError('bad_award', 'Une décision malgache n’alloue pas un taux du droit français.', {
    remedy:
      'Donnez le taux «\u00a0fixe\u00a0» de la décision, ou «\u00a0legal\u00a0» avec le taux malgache saisi (recordRate).',
  })
}

/** The strongest decision among these events, the judgment before the order that it replaces; none where the debtor won. */
export function decisionOf<Event extends Pick<ProcedureEvent, 'step' | 'facts'>>(
  procedure: Procedure,
  events: Event[],
): Event | undefined {
  const found = (procedure.papiers?.titre ?? [])
    .map((step) => events.findLast((event) => event.step === step))
    .find((event) => event !== undefined)
  return found?.facts?.['favorable'] === false ? undefined : found
}

/** An order for payment waits for its own step to be enforced; other decisions are enforced as soon as they are served. */
const isOrder = (procedure: Procedure, event: ProcedureEvent): boolean =>
  event.step === 'ordonnance' && procedure.etapes.some(({ id }) => id === 'execution')

function orderCounts(procedure: Procedure, events: ProcedureEvent[]): boolean {
  const happened = (step: string | undefined) => events.some((event) => event.step === step)
  const served = happened(procedure.papiers?.signifie?.['ordonnance'])
  const { sans = [], sauf = [] } = happenings(procedure).get('execution')!
  return served && (!sans.some(happened) || sauf.some(happened))
}

function titleOf(source: ProcedureSource, event: ProcedureEvent, events: ProcedureEvent[]): Title {
  const { procedure } = source
  const told = event.facts?.['condamnation']
  const award = told === undefined ? null : readAward(told, event.on)
  const derived = award?.enforceableOn || !isOrder(procedure, event) ? null : orderEnforceable(source, events)
  return {
    procedureId: source.id,
    on: event.on,
    name: happenings(procedure).get(event.step)!.titre,
    openedOn: source.openedOn,
    award,
    enforceableOn: award?.enforceableOn ?? derived?.on ?? null,
    doubts: derived?.doubts ?? [],
  }
}

/** CPC 1422: the first day on which the order may be enforced, which its file derives from its service. */
function orderEnforceable(
  { procedure, zone }: ProcedureSource,
  events: ProcedureEvent[],
): { on: Day; doubts: Doubt[] } | null {
  const limit = stepDeadlines(procedure, events, { zone }).find(({ step, opens }) => step === 'execution' && opens)
  if (!limit) return null
  const lifting = happenings(procedure).get('execution')!.sauf ?? []
  const lifted = events.findLast(({ step }) => lifting.includes(step))
  const on = lifted ? latest(limit.opens!, lifted.on) : limit.opens!
  const message = `Le jour où l’ordonnance est devenue exécutoire, le ${dayFr(on)}, est déduit de sa signification (${limit.article}, ${limit.version})\u00a0; les deux mois avant la majoration en courent. À vérifier.`
  return { on, doubts: [{ code: 'enforceable_day_derived', message }] }
}
