import { before, type Day, dayFr, latest, sameDay } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError, errorCode } from '../../schema/errors.ts'
import { newId, type Random } from '../../schema/random.ts'
import { suspension } from '../amicable/suspension.ts'
import { type CaseFile, readCase } from '../cases/file/file.ts'
import { isBarredInvoice } from '../cases/limitation/invoice-limitations.ts'
import { type Author, record } from '../cases/journal.ts'
import { lockCase } from '../cases/lock.ts'
import { standingNotices } from '../cases/notices/notices.ts'
import { refuseActing, refuseFiling } from '../cases/standstill.ts'
import { deadline, parseDuration } from '../law/deadline.ts'
import { atBench, courtOf, filingStep, signedKind } from './packs/dossiers.ts'
import { requireAward } from './titles/awards.ts'
import { deadlinesOn, readConducts, withoutHome } from './case-progress.ts'
import { eventsFor, requireDebtor } from './engine/codebtors.ts'
import { endUnfiledConsents } from './consents/consent-ends.ts'
import { watchDeadlines } from './deadlines/deadline-alerts.ts'
import { happenings, isImposed } from './engine/happenings.ts'
import type { GivenFacts } from './packs/paper-facts.ts'
import { recountAfter } from './titles/interruptions.ts'
import { type OpenProcedure, readProcedure } from './open-procedures.ts'
import { requirePossible } from './engine/possible.ts'
import { loadProcedure, type Procedure } from './engine/procedure.ts'
import type { ProcedureEvent as EngineEvent, StepDeadline } from './engine/time-limits.ts'
import { liftedBy, seizureToLift, toldToSeizure } from './titles/seizures.ts'
import { refuseOtherCourt, requireSignedCourt } from './courts/signed-court.ts'
import { requireFactValues } from './engine/step-limits.ts'

/** Opens a judicial procedure under the creditor's live consent; the database refuses it without one. */
export async function openProcedure(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { requestId: string },
  author: Author,
): Promise<OpenProcedure> {
  return underConsent(async () =>
    transaction(sql, async (tx) => {
      const [request] = await tx<{ caseId: string; procedure: string; signed: string; facts: GivenFacts }[]>`
        select case_id, procedure, statement ->> 'court' as signed, facts from consent_requests where id = ${input.requestId}`
      if (!request) throw noConsent("Il n'y a pas de demande d'accord à ce numéro.")
      const id = newId(random)
      await tx`select 1 from cases where id = ${request.caseId} for update`
      const file = await readCase(tx, request.caseId)
      const procedure = loadProcedure(request.procedure)
      requireNotSuspended(file, onDay, procedure)
      await requireLiveConsent(tx, input.requestId, onDay)
      const court = await courtOf(tx, file, onDay)
      refuseOtherCourt(procedure, court, request.signed)
      // What was seized when the creditor agreed may be released since.
      await seizureToLift(tx, file, procedure, onDay, request.facts)
      const opened = await tx`
        insert into procedures (id, case_id, procedure, consent_id, court, opened_on, opened_by)
        values (${id}, ${request.caseId}, ${request.procedure}, ${input.requestId}, ${json(tx, atBench(court, procedure.dossiers![signedKind(procedure)]!))}, ${onDay}, ${author})
        on conflict (consent_id) do nothing returning id`
      if (opened.length === 0) {
        throw new DomainError('procedure_already_open', 'Une procédure est déjà ouverte sur cet accord.', {
          remedy: 'Continuez celle du dossier ; une autre demande un nouvel accord.',
        })
      }
      await record(tx, onDay, {
        caseId: request.caseId,
        kind: 'procedure_opened',
        detail: { procedure: request.procedure, id },
        author,
      })
      return readProcedure(tx, id)
    }),
  )
}

/**
 * Records what happened in the procedure (filed, order made, served, opposed…) on its own day, and returns the time limits
 * that follow. Filing waits for the period of the last letter; our own acts need a live consent. `corrects` is the id of an
 * event that this one replaces or, with `void`, that never took place. Refusals: see `requirePossible`.
 */
export async function recordProcedureEvent(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: {
    procedureId: string
    step: string
    happenedOn: Day
    facts?: Record<string, unknown>
    original?: string | null
    corrects?: string
    void?: boolean
  },
  author: Author,
): Promise<StepDeadline[]> {
  return underConsent(async () =>
    transaction(sql, async (tx) => {
      const open = await readProcedure(tx, input.procedureId)
      // Two records at once would each find the other's place free.
      await lockCase(tx, open.caseId)
      await tx`select 1 from procedures where id = ${open.id} for update`
      const conduct = (await readConducts(tx, [open.id])).get(open.id)!
      const { procedure, zone } = conduct
      const corrected = conduct.everyEvent.find(({ id }) => id === input.corrects)
      const concerned = corrected?.facts?.['debiteur']
      const facts: Record<string, unknown> = {
        ...(concerned === undefined ? {} : { debiteur: concerned }),
        ...input.facts,
      }
      const isOther = facts['debiteur'] !== undefined
      const event: EngineEvent = {
        id: newId(random),
        step: input.step,
        on: input.happenedOn,
        facts: { ...(isOther ? withoutHome(conduct.circumstances) : conduct.circumstances), ...facts },
        ...(input.corrects === undefined ? {} : { corrects: input.corrects }),
        void: input.void === true,
      }
      requireDebtor(procedure, event, corrected)
      const events = eventsFor(procedure, conduct.everyEvent, isOther ? String(facts['debiteur']) : null)
      requireFactValues(procedure, input.facts ?? {})
      if (!event.void) requireAward(procedure, input.step, input.happenedOn, input.facts ?? {})
      requirePossible(procedure, events, event, onDay, { zone })
      if (input.step === filingStep(procedure) && !event.void) await requireFileable(tx, procedure, open, event)
      const imposed = isImposed(happenings(procedure).get(input.step)!)
      if (!imposed && !event.void) await refuseActing(tx, open.caseId, input.happenedOn, procedure.papiers?.malgre)
      const corrects = event.corrects ?? placeOf(events, event)
      await tx`
        insert into procedure_events (id, procedure_id, step, happened_on, facts, original, corrects, void, imposed, recorded_on, recorded_by)
        values (${event.id!}, ${open.id}, ${input.step}, ${input.happenedOn}, ${json(tx, facts)}, ${input.original ?? null},
                ${corrects ?? null}, ${event.void!}, ${imposed}, ${onDay}, ${author})`
      await endOutdatedConsents(tx, onDay, procedure, open.caseId, { ...event, facts: input.facts ?? {} }, author)
      await record(tx, onDay, {
        caseId: open.caseId,
        kind: event.void ? 'procedure_event_voided' : input.corrects ? 'procedure_event_corrected' : 'procedure_event',
        detail: { procedure: open.procedure, step: input.step, happenedOn: input.happenedOn.toString() },
        author,
      })
      await liftSeizure(tx, random, onDay, open, event, author)
      await recountAfter(tx, onDay, open.caseId, author)
      await watchDeadlines(tx, onDay, [open.id])
      return deadlinesOf(tx, open)
    }),
  )
}

/** Filing waits for the period of the last letter, and finds the case, the court and the sums that the creditor signed for. */
async function requireFileable(sql: Sql, procedure: Procedure, open: OpenProcedure, { on, corrects }: EngineEvent) {
  const file = await readCase(sql, open.caseId)
  refuseFiling(file, on, procedure.papiers?.malgre)
  await refuseLapsed(sql, file, open, on)
  if (needsNotice(procedure)) requirePeriodRun(file, on)
  if (!corrects) await requireSignedCourt(sql, file, procedure, open, on)
}

/** Consents given on what the event has changed: a filing that was taken back, the sums of a title. */
async function endOutdatedConsents(
  sql: Sql,
  onDay: Day,
  procedure: Procedure,
  caseId: string,
  event: EngineEvent,
  author: Author,
): Promise<void> {
  // While it was held to be filed, what changed in the case ended nothing.
  if (event.void && event.step === filingStep(procedure)) {
    const reason = 'Le dépôt a été retiré : l’accord est à demander de nouveau.'
    await endUnfiledConsents(sql, onDay, caseId, reason, author, { only: procedure.id })
  }
  const isAward = event.facts?.['condamnation'] !== undefined
  if (isAward || (event.corrects && procedure.papiers?.titre?.includes(event.step))) {
    const reason = 'Les sommes qu’alloue le titre ont été enregistrées ou corrigées depuis la demande d’accord.'
    await endUnfiledConsents(sql, onDay, caseId, reason, author)
  }
}

/** What the creditor agreed to sue for was reckoned with an invoice that can no longer be claimed. DomainError `invoice_lapsed`. */
async function refuseLapsed(sql: Sql, file: CaseFile, { consentId }: OpenProcedure, on: Day): Promise<void> {
  const [asked] = await sql<{ on: Day }[]>`select requested_on as on from consent_requests where id = ${consentId}`
  const lapsed = file.invoices.filter(
    (invoice) => isBarredInvoice(file, invoice, on) && asked && !before(invoice.limitationOn, asked.on),
  )
  if (lapsed.length === 0) return
  const numbers = lapsed.map(({ number }) => number)
  throw new DomainError('invoice_lapsed', `Prescrite depuis l’accord du créancier\u00a0: ${numbers.join(', ')}.`, {
    remedy: 'Redemandez l’accord\u00a0: la somme à demander n’est plus la même.',
    article: 'C. civ. 2219',
    facts: { invoices: numbers },
  })
}

/** What lifts a seizure is told in the seizure's own procedure as well, on the same day; so is its correction or withdrawal. */
async function liftSeizure(
  tx: Sql,
  random: Random,
  onDay: Day,
  open: OpenProcedure,
  event: EngineEvent,
  author: Author,
): Promise<void> {
  const told = event.corrects
    ? await toldToSeizure(tx, open.caseId, { ...event, corrects: event.corrects })
    : await firstTold(tx, onDay, open, event)
  if (!told) return
  await recordProcedureEvent(
    tx,
    random,
    onDay,
    { happenedOn: event.on, ...told, facts: { leveePar: event.id } },
    author,
  )
}

async function firstTold(tx: Sql, onDay: Day, open: OpenProcedure, event: EngineEvent) {
  const [request] = await tx<{ facts: GivenFacts }[]>`select facts from consent_requests where id = ${open.consentId}`
  const file = await readCase(tx, open.caseId)
  return liftedBy(tx, file, loadProcedure(open.procedure), event.step, onDay, request?.facts ?? {})
}

/**
 * The row that a new record follows: what was withdrawn and did take place after all follows its withdrawal. A day whose first
 * record was corrected to another keeps that record. DomainError `day_taken`.
 */
function placeOf(events: EngineEvent[], event: EngineEvent): string | undefined {
  const next = ({ id }: EngineEvent) => events.find((other) => other.corrects === id)
  const isSame = (other: EngineEvent) => other.step === event.step && sameDay(other.on, event.on)
  let last = events.find((other) => isSame(other) && other.corrects === undefined)
  while (last && next(last)) last = next(last)
  if (!last) return events.find((other) => isSame(other) && other.void && !next(other))?.id
  if (last.void) return last.id
  throw new DomainError(
    'day_taken',
    `Un premier enregistrement du ${dayFr(event.on)} a été corrigé au ${dayFr(last.on)}\u00a0: cet acte-ci ne s’en distingue pas.`,
    {
      remedy: 'Annulez d’abord l’enregistrement corrigé (void), puis enregistrez les deux actes, chacun à son jour.',
      facts: { step: event.step, id: last.id },
    },
  )
}

/** The time limits of an open procedure, each with its derivation and the version of the law that applied. */
export async function deadlinesOf(sql: Sql, open: { id: string }): Promise<StepDeadline[]> {
  return deadlinesOn((await readConducts(sql, [open.id])).get(open.id)!)
}

/**
 * First day on which a filing may follow the last formal notice: its period has run from its first presentation, and the
 * date it named has passed. The house keeps its word either way.
 */
export function earliestFiling(file: CaseFile): { on: Day; why: string[] } {
  const last = standingNotices(file).at(-1)
  if (!last) {
    throw new DomainError('no_formal_notice', 'Aucune mise en demeure n’a été envoyée dans ce dossier.', {
      remedy: 'Envoyez la mise en demeure et attendez le délai qu’elle donne.',
      article: 'C. civ. 1344',
    })
  }
  if (!last.presentedOn || (last.delayDays === null && last.sender === 'agence')) {
    throw new DomainError(
      'presentation_unknown',
      `La première présentation de la lettre ${last.reference} n'est pas enregistrée.`,
      {
        remedy: 'Enregistrez le suivi postal de cette lettre recommandée (numéro, date de première présentation).',
        facts: { reference: last.reference },
      },
    )
  }
  // Of what another sent without saying how long it gave, the day itself is left to pay.
  const period =
    last.delayDays === null
      ? { expires: last.presentedOn, why: [] }
      : deadline({ from: last.presentedOn, duration: parseDuration(`${last.delayDays}d`), zone: file.case.zone })
  const until = latest(period.expires, last.answerBy ?? period.expires)
  return {
    on: until.add({ days: 1 }),
    why: [...period.why, `La lettre laissait répondre jusqu'au ${dayFr(last.answerBy ?? period.expires)}.`],
  }
}

/** A procedure whose file must hold the formal notice waits for the period that it gave. */
export const needsNotice = (procedure: Procedure): boolean =>
  procedure.dossiers?.[procedure.papiers?.signe ?? '']?.pieces.some(
    (piece) => piece.type === 'mise-en-demeure' && piece.requis === 'oui',
  ) ?? false

export function requirePeriodRun(file: CaseFile, onDay: Day): void {
  const { on, why } = earliestFiling(file)
  if (Temporal.PlainDate.compare(onDay, on) >= 0) return
  throw new DomainError(
    'period_not_run',
    `Rien ne peut être déposé avant le ${dayFr(on)} : le délai de la dernière lettre court encore.`,
    {
      remedy: `Attendez le ${dayFr(on)}.`,
      facts: { earliest: on.toString(), why },
    },
  )
}

/** Nothing new goes to court for a case that waits: insolvency (but to declare the claim), prescription, a dispute, all paid. */
export function requireNotSuspended(file: CaseFile, onDay: Day, procedure?: Procedure): void {
  const why = suspension(file, onDay)
  if (!why || procedure?.papiers?.malgre?.includes(why.cause)) return
  throw new DomainError('case_suspended', `Le dossier est suspendu : ${why.reason}`, {
    remedy: 'Levez la suspension avec son motif, si la loi le permet, avant d’agir en justice.',
    facts: { cause: why.cause, reviewOn: why.reviewOn.toString() },
  })
}

function noConsent(message: string): DomainError {
  return new DomainError('no_live_consent', message, {
    remedy: "Demandez l'accord du créancier (requestConsent) et attendez sa signature.",
    article: 'CPCE R124-3',
  })
}

/** An agreement in force on that day, for what leaves the house without a row that the database guards. */
export async function requireLiveConsent(sql: Sql, consentId: string, onDay: Day): Promise<void> {
  const [{ live }] = await sql<[{ live: boolean }]>`select live_consent(${consentId}, ${onDay}) as live`
  if (!live) throw noConsent(lostConsent)
}

const lostConsent =
  "Le créancier n'a pas donné son accord pour cette procédure, l'a retiré, ou le dossier a changé depuis."

/** The refusal comes from the database; here it gets its sentence. */
export async function underConsent<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (errorCode(error) === 'CT001') throw noConsent(lostConsent)
    throw error
  }
}
