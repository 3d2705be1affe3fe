import { after, type Day, dayFr } from '../../../schema/days.ts'
import type { Sql } from '../../../schema/db.ts'
import { type Conduct, progressOn, readConducts } from '../case-progress.ts'
import { happenings, standingEvents } from '../engine/happenings.ts'
import type { StepDeadline } from '../engine/time-limits.ts'

/** One whole day of a calendar. */
export interface FeedDay {
  /** The same for the same thing, whatever day it moves to. */
  uid: string
  on: Day
  title: string
  description: string[]
  /** Days before it on which to warn. */
  marks: number[]
}

/** How far ahead the house’s own calendar shows the end of a limitation: a case has years, and theirs are by the thousand. A rule of the house, in days. */
const limitationAhead = 365

/**
 * Of the open cases of one creditor, or of all: time limits that run, days from which an act is allowed, hearings, last days of
 * prescription. What is read grows with what is shown, and not with the cases.
 */
export async function courtDays(sql: Sql, creditorId: string | null, onDay: Day): Promise<FeedDay[]> {
  const theirs = creditorId === null ? sql`` : sql`and c.creditor_id = ${creditorId}`
  const near = creditorId === null ? sql`and l.expires_on <= ${onDay.add({ days: limitationAhead })}` : sql``
  const [before, ending] = await Promise.all([
    sql<CaseOfFeed[]>`
      select c.number, d.name as debtor, k.name as creditor, array_agg(p.id order by p.opened_on, p.id) as procedures
      from procedures p join cases c on c.id = p.case_id and c.closed_on is null ${theirs}
      join debtors d on d.id = c.debtor_id join creditors k on k.id = c.creditor_id
      group by c.id, d.id, k.id`,
    sql<EndOfTime[]>`
      select c.id, c.number, l.expires_on as limitation_on, d.name as debtor, k.name as creditor, '{}'::uuid[] as procedures,
             string_agg(i.number, ', ' order by i.number) as invoices, l.expires_on = c.limitation_on as is_last
      from invoice_limitations l join invoices i on i.id = l.invoice_id join cases c on c.id = i.case_id
      join debtors d on d.id = c.debtor_id join creditors k on k.id = c.creditor_id
      where c.closed_on is null and l.is_owed and l.expires_on >= ${onDay} ${near} ${theirs}
      group by c.id, d.id, k.id, l.expires_on order by c.number, l.expires_on`,
  ])
  return [...(await ofProcedures(sql, before, onDay)), ...ending.map(prescription)]
}

/** Of the procedures whose packs an office holds: the same, and until when each pack is open to it. Nothing else of their cases. */
export async function officeDays(sql: Sql, bailiffId: string, onDay: Day): Promise<FeedDay[]> {
  const handed = await sql<(CaseOfFeed & { handOver: string; expiresOn: Day | null })[]>`
    select h.id as hand_over, h.expires_on, array[p.id] as procedures, c.number, d.name as debtor, k.name as creditor
    from hand_overs h join packs q on q.id = h.pack_id join procedures p on p.id = q.procedure_id
    join cases c on c.id = p.case_id join debtors d on d.id = c.debtor_id join creditors k on k.id = c.creditor_id
    where h.bailiff_id = ${bailiffId} and h.revoked_on is null and c.closed_on is null
      and (h.expires_on is null or h.expires_on >= ${onDay})
    order by h.handed_on, h.id`
  const each = new Map(handed.map((one) => [one.procedures[0]!, one]))
  return [...(await ofProcedures(sql, [...each.values()], onDay)), ...handed.flatMap(endOfAccess)]
}

interface CaseOfFeed {
  number: string
  debtor: string
  creditor: string
  procedures: string[]
}

async function ofProcedures(sql: Sql, cases: CaseOfFeed[], onDay: Day): Promise<FeedDay[]> {
  const ids = cases.flatMap(({ procedures }) => procedures)
  const conducts = await readConducts(sql, ids)
  return cases.flatMap((each) => each.procedures.flatMap((id) => daysInCourt(conducts.get(id)!, each, onDay)))
}

function endOfAccess(handed: CaseOfFeed & { handOver: string; expiresOn: Day | null }): FeedDay[] {
  const { handOver, expiresOn, creditor, debtor, number } = handed
  if (!expiresOn) return []
  const last = `Dernier jour où le dossier de pièces vous est ouvert\u00a0: ${dayFr(expiresOn)}.`
  return [
    {
      uid: `remise-${handOver}`,
      on: expiresOn,
      title: `Fin de l’accès aux pièces – ${debtor} (${number})`,
      description: [`${creditor} contre ${debtor}, dossier ${number}`, last],
      marks: [3],
    },
  ]
}

function daysInCourt(conduct: Conduct, { number, debtor, creditor }: CaseOfFeed, onDay: Day): FeedDay[] {
  const { procedure, id } = conduct
  const { due, notBefore } = progressOn(conduct, onDay)
  const about = `${creditor} contre ${debtor}, dossier ${number}, ${procedure.titre}`
  const titled = (what: string) => `${what} – ${debtor} (${number})`
  const doubt = (doubts: { message: string }[]) => doubts.map(({ message }) => `À vérifier\u00a0: ${message}`)
  return [
    ...due.map((limit) => ({
      uid: `delai-${id}-${limit.step}-${plainId(limit)}`,
      on: limit.expires,
      title: titled(
        limit.effect === 'bars' || limit.effect === 'ends' ? `Fin du délai\u00a0: ${limit.title}` : limit.title,
      ),
      description: [
        about,
        `${limit.title}\u00a0: au plus tard le ${dayFr(limit.expires)} (${limit.article}), par ${limit.by}.`,
        ...limit.why,
        ...doubt(limit.doubts),
      ],
      marks: limit.effect === 'bars' || limit.effect === 'ends' ? [] : procedure.alertes,
    })),
    ...notBefore.map((limit) => ({
      uid: `des-${id}-${limit.step}-${plainId(limit)}`,
      on: limit.opens!,
      title: titled(
        `Possible\u00a0: ${happenings(procedure).get(limit.step)?.titre ?? limit.title}${limit.codebtor === undefined ? '' : ` (${limit.codebtor})`}`,
      ),
      description: [about, ...limit.why, ...doubt(limit.doubts)],
      marks: [],
    })),
    ...hearings(conduct, onDay).map(({ step, on }) => ({
      uid: `jour-${id}-${step}-${on.toString()}`,
      on,
      title: titled(happenings(procedure).get(step)?.titre ?? step),
      description: [about],
      marks: procedure.alertes,
    })),
  ]
}

/** A codebtor’s name is part of the id of its time limits, and no part of an address. */
const plainId = ({ id }: StepDeadline): string => id.replaceAll(/[^\p{L}\p{N}-]+/gu, '-')

/** Days fixed in advance: a hearing, a sale. */
function hearings({ procedure, events }: Conduct, onDay: Day): { step: string; on: Day }[] {
  return standingEvents(events).filter(
    (event) => happenings(procedure).get(event.step)?.a_venir === 'oui' && !after(onDay, event.on),
  )
}

/** The last day of some invoices of a case: each has its own. */
interface EndOfTime extends CaseOfFeed {
  id: string
  limitationOn: Day
  invoices: string
  /** Nothing of the case lasts longer. */
  isLast: boolean
}

function prescription({ id, number, limitationOn, debtor, creditor, invoices, isLast }: EndOfTime): FeedDay {
  return {
    uid: `prescription-${id}${isLast ? '' : `-${limitationOn}`}`,
    on: limitationOn,
    title: `Prescription – ${debtor} (${number})`,
    description: [
      `${creditor} contre ${debtor}, dossier ${number}`,
      `Dernier jour pour agir\u00a0: ${dayFr(limitationOn)}, pour ${invoices}.`,
    ],
    marks: [],
  }
}
