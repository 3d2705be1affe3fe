import { createHash } from 'node:crypto'
import { after, type Day, dayFr } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { DomainError } from '../../schema/errors.ts'
import { newId, type Random } from '../../schema/random.ts'
import { type Author, record } from '../cases/journal.ts'
import { type Conduct, progressOn, readConducts } from './case-progress.ts'
import { happenings } from './happenings.ts'
import type { StepDeadline } from './time-limits.ts'

/** A calendar that a program follows: the deadlines of every case for the legal cell, those of its own cases for a creditor. */
export interface CalendarFeed {
  id: string
  role: 'legal' | 'creditor'
  creditorId: string | null
  label: string
  createdOn: Day
  createdBy: Author
  revokedOn: Day | null
}

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

const columns = (sql: Sql) => sql`id, role, creditor_id, label, created_on, created_by, revoked_on`

/** Makes a feed; its token is given once, and only its hash is kept. */
export async function createCalendarFeed(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { role: CalendarFeed['role']; creditorId: string | null; label: string },
  author: Author,
): Promise<{ feed: CalendarFeed; token: string }> {
  const label = input.label.trim().slice(0, 80)
  if (label === '') {
    throw new DomainError('no_label', 'Ce calendrier n’a pas de nom.', {
      remedy: 'Dites qui le suivra, par exemple «\u00a0agenda de Mme Roux\u00a0».',
    })
  }
  const token = Buffer.from(random.bytes(32)).toString('base64url')
  const [feed] = await sql<[CalendarFeed]>`
    insert into calendar_feeds (id, token_sha256, role, creditor_id, label, created_on, created_by)
    values (${newId(random)}, ${hashOf(token)}, ${input.role}, ${input.creditorId}, ${label}, ${onDay}, ${author})
    returning ${columns(sql)}`
  await record(sql, onDay, { caseId: null, kind: 'calendar_feed_created', detail: { feed: feed.id, label }, author })
  return { feed, token }
}

/** Ends a feed: its address answers as one that never was. DomainError `feed_not_found`. */
export async function revokeCalendarFeed(
  sql: Sql,
  onDay: Day,
  input: { id: string; creditorId: string | null },
  author: Author,
): Promise<CalendarFeed> {
  const [feed] = await sql<CalendarFeed[]>`
    update calendar_feeds set revoked_on = coalesce(revoked_on, ${onDay}), revoked_by = coalesce(revoked_by, ${author})
    where id = ${input.id} and creditor_id is not distinct from ${input.creditorId}
    returning ${columns(sql)}`
  if (!feed) {
    throw new DomainError('feed_not_found', 'Ce calendrier n’existe pas, ou n’est pas le vôtre.', {
      remedy: 'Reprenez son identifiant dans la liste (calendarFeeds).',
    })
  }
  await record(sql, onDay, { caseId: null, kind: 'calendar_feed_revoked', detail: { feed: feed.id }, author })
  return feed
}

export async function readCalendarFeeds(sql: Sql, creditorId: string | null): Promise<CalendarFeed[]> {
  return sql<CalendarFeed[]>`
    select ${columns(sql)} from calendar_feeds
    where creditor_id is not distinct from ${creditorId} order by created_on, id`
}

/** The feed behind a token; null for one that is unknown or revoked. */
export async function openCalendarFeed(sql: Sql, token: string): Promise<CalendarFeed | null> {
  const [feed] = await sql<CalendarFeed[]>`
    select ${columns(sql)} from calendar_feeds where token_sha256 = ${hashOf(token)} and revoked_on is null`
  return feed ?? null
}

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** What a feed shows on a day: time limits that run, days from which an act is allowed, hearings, last days of prescription. */
export async function feedDays(sql: Sql, feed: CalendarFeed, onDay: Day): Promise<FeedDay[]> {
  const cases = await sql<CaseOfFeed[]>`
    select c.id, c.number, c.limitation_on, d.name as debtor, k.name as creditor,
           array(select p.id from procedures p where p.case_id = c.id) as procedures
    from cases c join debtors d on d.id = c.debtor_id join creditors k on k.id = c.creditor_id
    where c.closed_on is null and (${feed.creditorId}::uuid is null or c.creditor_id = ${feed.creditorId})
    order by c.number`
  const conducts = await readConducts(
    sql,
    cases.flatMap(({ procedures }) => procedures),
  )
  const found = cases.flatMap((each) => [
    ...each.procedures.flatMap((id) => daysInCourt(conducts.get(id)!, each, onDay)),
    ...prescription(each, onDay),
  ])
  return found.toSorted((a, b) => Temporal.PlainDate.compare(a.on, b.on) || (a.uid < b.uid ? -1 : 1))
}

interface CaseOfFeed {
  id: string
  number: string
  limitationOn: Day
  debtor: string
  creditor: string
  procedures: string[]
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
  const corrected = new Set(events.flatMap((event) => event.corrects ?? []))
  return events.filter(
    (event) =>
      event.void !== true &&
      !corrected.has(event.id ?? '') &&
      happenings(procedure).get(event.step)?.a_venir === 'oui' &&
      !after(onDay, event.on),
  )
}

function prescription({ id, number, limitationOn, debtor, creditor }: CaseOfFeed, onDay: Day): FeedDay[] {
  if (after(onDay, limitationOn)) return []
  return [
    {
      uid: `prescription-${id}`,
      on: limitationOn,
      title: `Prescription – ${debtor} (${number})`,
      description: [
        `${creditor} contre ${debtor}, dossier ${number}`,
        `Dernier jour pour agir\u00a0: ${dayFr(limitationOn)}.`,
      ],
      marks: [],
    },
  ]
}
