import { type Day, dayFr, latest } from '../../schema/days.ts'
import { json, type Sql, transaction } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newId, type Random } from '../../schema/random.ts'
import { suspension } from '../amicable/suspension.ts'
import type { DebtorKind } from '../cases/debtors.ts'
import { type CaseFile, formalNotices, readCase } from '../cases/file.ts'
import { type Author, record } from '../cases/journal.ts'
import { deadline, parseDuration } from '../law/deadline.ts'
import type { Zone } from '../law/calendar.ts'
import type { Court } from '../law/court.ts'
import { courtOf } from './papers.ts'
import { loadProcedure, type StepDeadline, stepDeadlines } from './procedure.ts'

export interface OpenProcedure {
  id: string
  caseId: string
  procedure: string
  consentId: string
  court: Court
  openedOn: Day
}

export interface ProcedureEvent {
  step: string
  happenedOn: Day
  facts: Record<string, unknown>
  original: string | null
}

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
      const [request] = await tx<{ caseId: string; procedure: string }[]>`
        select case_id, procedure from consent_requests where id = ${input.requestId}`
      if (!request) throw noConsent("Il n'y a pas de demande d'accord à ce numéro.")
      const id = newId(random)
      await tx`select 1 from cases where id = ${request.caseId} for update`
      const file = await readCase(tx, request.caseId)
      requireNotSuspended(file, onDay)
      const opened = await tx`
        insert into procedures (id, case_id, procedure, consent_id, court, opened_on, opened_by)
        values (${id}, ${request.caseId}, ${request.procedure}, ${input.requestId}, ${json(tx, courtOf(file, onDay))}, ${onDay}, ${author})
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

export async function readProcedure(sql: Sql, procedureId: string): Promise<OpenProcedure> {
  const [row] = await sql<OpenProcedure[]>`
    select id, case_id, procedure, consent_id, court, opened_on from procedures where id = ${procedureId}`
  if (row) return row
  throw new DomainError('procedure_not_found', "Cette procédure n'existe pas.", {
    remedy: 'Vérifiez son identifiant dans le dossier.',
  })
}

export async function readProcedureEvents(sql: Sql, procedureId: string): Promise<ProcedureEvent[]> {
  return sql<ProcedureEvent[]>`
    select step, happened_on, facts, original from procedure_events where procedure_id = ${procedureId} order by happened_on, recorded_on, id`
}

/**
 * Records what happened in the procedure (filed, order made, served, opposed…) on its own day, and returns the time limits
 * that follow. Filing waits for the period of the last letter; every step needs a live consent.
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
  },
  author: Author,
): Promise<StepDeadline[]> {
  return underConsent(async () =>
    transaction(sql, async (tx) => {
      const open = await readProcedure(tx, input.procedureId)
      const procedure = loadProcedure(open.procedure)
      const known = procedure.etapes.flatMap((step) => [step.id, ...(step.evenements ?? [])])
      if (!known.includes(input.step)) {
        throw new DomainError(
          'unknown_step',
          `La procédure « ${procedure.titre} » n'a pas d'étape « ${input.step} ».`,
          {
            remedy: `Ses étapes sont : ${known.join(', ')}.`,
          },
        )
      }
      if (Temporal.PlainDate.compare(input.happenedOn, onDay) > 0) {
        throw new DomainError('event_in_future', `Le ${dayFr(input.happenedOn)} est à venir.`, {
          remedy: 'Enregistrez l’événement quand il a eu lieu.',
        })
      }
      if (input.step === 'requete') requirePeriodRun(await readCase(tx, open.caseId), input.happenedOn)
      requireOpen(await deadlinesOf(tx, open), input)
      const recorded = await tx`
        insert into procedure_events (id, procedure_id, step, happened_on, facts, original, recorded_on, recorded_by)
        values (${newId(random)}, ${open.id}, ${input.step}, ${input.happenedOn}, ${json(tx, input.facts ?? {})}, ${input.original ?? null}, ${onDay}, ${author})
        on conflict (procedure_id, step, happened_on) do nothing returning id`
      if (recorded.length === 0) {
        throw new DomainError(
          'event_already_recorded',
          `L'étape « ${input.step} » du ${dayFr(input.happenedOn)} est déjà enregistrée.`,
          {
            remedy: 'Rien à faire, si c’est bien le même événement.',
          },
        )
      }
      await record(tx, onDay, {
        caseId: open.caseId,
        kind: 'procedure_event',
        detail: { procedure: open.procedure, step: input.step, happenedOn: input.happenedOn.toString() },
        author,
      })
      return deadlinesOf(tx, open)
    }),
  )
}

/** The time limits of an open procedure, each with its derivation and the version of the law that applied. */
export async function deadlinesOf(sql: Sql, open: OpenProcedure): Promise<StepDeadline[]> {
  const [found] = await sql<{ zone: Zone; kind: DebtorKind }[]>`
    select c.zone, d.kind from cases c join debtors d on d.id = c.debtor_id where c.id = ${open.caseId}`
  const juridiction = found!.kind === 'business' ? 'commerce' : 'judiciaire'
  const events = await readProcedureEvents(sql, open.id)
  return stepDeadlines(
    loadProcedure(open.procedure),
    events.map((event) => ({ step: event.step, on: event.happenedOn, facts: { juridiction, ...event.facts } })),
    { zone: found!.zone },
  )
}

/**
 * First day on which a filing may follow the last formal notice: its period has run from its first presentation, and the
 * date it named has passed. The house keeps its word either way.
 */
export function earliestFiling(file: CaseFile): { on: Day; why: string[] } {
  const last = formalNotices(file).at(-1)
  if (!last) {
    throw new DomainError('no_formal_notice', 'Aucune mise en demeure n’a été envoyée dans ce dossier.', {
      remedy: 'Envoyez la mise en demeure et attendez le délai qu’elle donne.',
      article: 'C. civ. 1344',
    })
  }
  if (!last.presentedOn || last.delayDays === null) {
    throw new DomainError(
      'presentation_unknown',
      `La première présentation de la lettre ${last.reference} n'est pas enregistrée.`,
      {
        remedy: 'Enregistrez le suivi postal de cette lettre recommandée (numéro, date de première présentation).',
        facts: { reference: last.reference },
      },
    )
  }
  const period = deadline({
    from: last.presentedOn,
    duration: parseDuration(`${last.delayDays}d`),
    zone: file.case.zone,
  })
  const until = latest(period.expires, last.answerBy ?? period.expires)
  return {
    on: until.add({ days: 1 }),
    why: [...period.why, `La lettre laissait répondre jusqu'au ${dayFr(last.answerBy ?? period.expires)}.`],
  }
}

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

/** An act that the law allows only after a day is not done, nor recorded as done, before it. */
function requireOpen(limits: StepDeadline[], input: { step: string; happenedOn: Day }): void {
  const limit = limits.find(
    (each) => each.step === input.step && each.opens && Temporal.PlainDate.compare(input.happenedOn, each.opens) < 0,
  )
  if (!limit) return
  throw new DomainError('step_too_early', `« ${limit.title} » : pas avant le ${dayFr(limit.opens!)}.`, {
    remedy: `Attendez le ${dayFr(limit.opens!)}.`,
    facts: { earliest: limit.opens!.toString(), why: limit.why },
    article: limit.article,
  })
}

/** Nothing new goes to court for a case that waits: insolvency, prescription, a dispute, a promise, all paid. */
export function requireNotSuspended(file: CaseFile, onDay: Day): void {
  const why = suspension(file, onDay)
  if (!why) return
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

/** The refusal comes from the database; here it gets its sentence. */
export async function underConsent<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'CT001') {
      throw noConsent(
        "Le créancier n'a pas donné son accord pour cette procédure, l'a retiré, ou le dossier a changé depuis.",
      )
    }
    throw error
  }
}
