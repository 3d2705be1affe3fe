import type { Day } from '../../../schema/days.ts'
import { type Sql, transaction } from '../../../schema/db.ts'
import { DomainError } from '../../../schema/errors.ts'
import { newId, newToken, type Random, tokenHash } from '../../../schema/random.ts'
import { amicableDays, phoneDays } from '../../amicable/cell-calendar.ts'
import { type Author, record } from '../../cases/journal.ts'
import { courtDays, type FeedDay, officeDays } from './court-calendar.ts'

/**
 * Whose calendar it is: a cell’s own, whoever follows it; one creditor’s; one office of commissaires de justice’s. The two ids are
 * null but for theirs.
 */
export interface FeedOwner {
  role: 'legal' | 'amicable' | 'phone' | 'creditor' | 'bailiff'
  creditorId: string | null
  bailiffId: string | null
}

/** A calendar that a program follows by its address. */
export interface CalendarFeed extends FeedOwner {
  id: string
  label: string
  createdOn: Day
  createdBy: Author
  revokedOn: Day | null
}

const columns = (sql: Sql) => sql`id, role, creditor_id, bailiff_id, label, created_on, created_by, revoked_on`
const ownedBy = (sql: Sql, { role, creditorId, bailiffId }: FeedOwner) =>
  sql`role = ${role} and creditor_id is not distinct from ${creditorId} and bailiff_id is not distinct from ${bailiffId}`

/** Makes a feed; its token is given once, and only its hash is kept. DomainErrors `no_label`, `owner_not_found`. */
export async function createCalendarFeed(
  sql: Sql,
  random: Random,
  onDay: Day,
  input: { owner: FeedOwner; label: string },
  author: Author,
): Promise<{ feed: CalendarFeed; token: string }> {
  const label = input.label.trim().slice(0, 80)
  if (label === '') {
    throw new DomainError('no_label', 'Ce calendrier n’a pas de nom.', {
      remedy: 'Dites qui le suivra, par exemple «\u00a0agenda de Mme Roux\u00a0».',
    })
  }
  const token = newToken(random)
  const { role, creditorId, bailiffId } = input.owner
  return transaction(sql, async (tx) => {
    const [feed] = await tx<CalendarFeed[]>`
      insert into calendar_feeds (id, token_sha256, role, creditor_id, bailiff_id, label, created_on, created_by)
      select ${newId(random)}, ${tokenHash(token)}, ${role}, ${creditorId}, ${bailiffId}, ${label}, ${onDay}, ${author}
      where (${creditorId}::uuid is null or exists (select from creditors where id = ${creditorId}))
        and (${bailiffId}::uuid is null or exists (select from bailiffs where id = ${bailiffId}))
      returning ${columns(tx)}`
    if (!feed) {
      throw new DomainError(
        'owner_not_found',
        'Ce compte n’est celui d’aucun créancier ni d’aucune étude enregistrés.',
        {
          remedy: 'Demandez à l’agence de l’enregistrer, puis connectez-vous de nouveau.',
        },
      )
    }
    await record(tx, onDay, { caseId: null, kind: 'calendar_feed_created', detail: { feed: feed.id, label }, author })
    return { feed, token }
  })
}

/** Ends a feed: its address answers as one that never was. DomainError `feed_not_found`. */
export async function revokeCalendarFeed(
  sql: Sql,
  onDay: Day,
  input: { id: string; owner: FeedOwner },
  author: Author,
): Promise<CalendarFeed> {
  return transaction(sql, async (tx) => {
    const [feed] = await tx<CalendarFeed[]>`
      update calendar_feeds set revoked_on = coalesce(revoked_on, ${onDay}), revoked_by = coalesce(revoked_by, ${author})
      where id = ${input.id} and ${ownedBy(tx, input.owner)}
      returning ${columns(tx)}`
    if (!feed) {
      throw new DomainError('feed_not_found', 'Ce calendrier n’existe pas, ou n’est pas le vôtre.', {
        remedy: 'Reprenez son identifiant dans la liste (calendarFeeds).',
      })
    }
    await record(tx, onDay, { caseId: null, kind: 'calendar_feed_revoked', detail: { feed: feed.id }, author })
    return feed
  })
}

export async function readCalendarFeeds(sql: Sql, owner: FeedOwner): Promise<CalendarFeed[]> {
  return sql<CalendarFeed[]>`
    select ${columns(sql)} from calendar_feeds where ${ownedBy(sql, owner)} order by created_on, id`
}

/** The feed behind a token; null for one that is unknown or revoked. */
export async function openCalendarFeed(sql: Sql, token: string): Promise<CalendarFeed | null> {
  const [feed] = await sql<CalendarFeed[]>`
    select ${columns(sql)} from calendar_feeds where token_sha256 = ${tokenHash(token)} and revoked_on is null`
  return feed ?? null
}

/** What a feed shows on a day, the first day first. */
export async function feedDays(sql: Sql, feed: FeedOwner, onDay: Day): Promise<FeedDay[]> {
  const found = await daysFor(sql, feed, onDay)
  return found.toSorted((a, b) => Temporal.PlainDate.compare(a.on, b.on) || (a.uid < b.uid ? -1 : 1))
}

async function daysFor(sql: Sql, { role, creditorId, bailiffId }: FeedOwner, onDay: Day): Promise<FeedDay[]> {
  if (role === 'amicable') return amicableDays(sql, onDay)
  if (role === 'phone') return phoneDays(sql, onDay)
  return role === 'bailiff' ? officeDays(sql, bailiffId!, onDay) : courtDays(sql, creditorId, onDay)
}
