import type { Context as HttpContext } from 'hono'
import ical, { ICalAlarmType, ICalCalendarMethod, ICalEventTransparency } from 'ical-generator'
import { feedDays, openCalendarFeed } from '../procedures/judicial/deadlines/calendar-feeds.ts'
import type { FeedDay } from '../procedures/judicial/deadlines/court-calendar.ts'
import { DomainError } from '../schema/errors.ts'
import type { House } from './context.ts'

// All-day events begin at midnight: an alarm « fifteen days before » rings at nine in the morning of that day.
const nine = 9 * 3600
const day = 24 * 3600

/**
 * `GET /calendrier/<token>.ics`: what a calendar program reads every so often (RFC 5545). The address is the key: unknown and
 * revoked are one answer, and nobody is told to keep a copy.
 */
export async function sendCalendar(house: House, c: HttpContext): Promise<Response> {
  const token = /^([\w-]{43})\.ics$/.exec(c.req.param('file') ?? '')?.[1]
  const feed = token === undefined ? null : await openCalendarFeed(house.office.sql, token)
  if (!feed) {
    throw new DomainError('not_found', 'Ce calendrier n’existe pas, ou a été fermé.', {
      remedy: 'Demandez une nouvelle adresse à qui vous l’a donnée.',
    })
  }
  const days = await feedDays(house.office.sql, feed, house.clock.today())
  c.header('content-type', 'text/calendar; charset=utf-8')
  c.header('cache-control', 'private, no-cache')
  c.header('content-disposition', 'inline; filename="courtois.ics"')
  return c.body(calendarText(feed.label, days, house.clock.now()))
}

/** The feed as iCalendar text, folded and escaped. `now` is when it was made (DTSTAMP). */
export function calendarText(label: string, days: FeedDay[], now: Temporal.Instant): string {
  const calendar = ical({
    name: `Courtois – ${label}`,
    prodId: { company: 'Courtois', product: 'Courtois', language: 'FR' },
    method: ICalCalendarMethod.PUBLISH,
    ttl: 4 * 3600,
  })
  for (const { uid, on, title, description, marks } of days) {
    const event = calendar.createEvent({
      id: `${uid}@courtois`,
      stamp: now,
      start: on,
      end: on.add({ days: 1 }),
      allDay: true,
      summary: title,
      description: description.join('\n'),
      transparency: ICalEventTransparency.TRANSPARENT,
    })
    for (const mark of marks) {
      event.createAlarm({ type: ICalAlarmType.display, trigger: mark * day - nine, description: title })
    }
  }
  return calendar.toString()
}
