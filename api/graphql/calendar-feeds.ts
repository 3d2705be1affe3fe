import {
  type CalendarFeed,
  createCalendarFeed,
  type FeedOwner,
  readCalendarFeeds,
  revokeCalendarFeed,
} from '../../procedures/judicial/deadlines/calendar-feeds.ts'
import type { Viewer } from '../auth.ts'
import { builder } from './builder.ts'
import { forgetting, inOrder, nodeId } from '../nodes.ts'
import { once } from './once.ts'
import { rowId } from './values.ts'

/** Administrators follow the calendar of the legal cell; whoever follows none may not ask for one. */
function ownerOf(viewer: Viewer | null): FeedOwner {
  const role = viewer?.role
  const isCell = role === 'amicable' || role === 'phone'
  return {
    role: isCell || role === 'creditor' || role === 'bailiff' ? role : 'legal',
    creditorId: viewer?.creditorId ?? null,
    bailiffId: viewer?.bailiffId ?? null,
  }
}

const CalendarFeedType = builder.loadableNode('CalendarFeed', {
  description:
    'A calendar that a program follows by its address: deadlines of every case for the legal cell, of its own cases for a creditor, of the procedures handed over to it for a bailiff; promises, approvals, disputes and holds for the amicable cell; calls for the phone cell.',
  id: { resolve: (feed: CalendarFeed) => feed.id, parse: nodeId },
  authScopes: { may: 'createCalendarFeed' },
  load: (ids: string[], { sql, viewer }) =>
    inOrder<CalendarFeed>(
      ids,
      readCalendarFeeds(sql, ownerOf(viewer)).then((own) => own.filter(({ id }) => ids.includes(id))),
    ),
  fields: (t) => ({
    label: t.exposeString('label'),
    createdOn: t.expose('createdOn', { type: 'Date' }),
    createdBy: t.exposeString('createdBy'),
    revokedOn: t.expose('revokedOn', { type: 'Date', nullable: true }),
  }),
})

forgetting(CalendarFeedType)

builder.queryFields((t) => ({
  calendarFeeds: t.field({
    type: [CalendarFeedType],
    nullable: true,
    description: 'The calendars of the cell, of the creditor or of the office that asks.',
    authScopes: { may: 'createCalendarFeed' },
    resolve: (_root, _args, { sql, viewer }) => readCalendarFeeds(sql, ownerOf(viewer)),
  }),
}))

builder.relayMutationField(
  'createCalendarFeed',
  {
    inputFields: (t) => ({
      label: t.string({ required: true, description: 'Who will follow it.' }),
    }),
  },
  {
    description: 'Makes a calendar to follow. Its address is shown once: whoever has it reads it, until it is revoked.',
    authScopes: { may: 'createCalendarFeed' },
    errors: {},
    resolve: (_root, { input }, ctx) => {
      // Without a key, for what is answered to a key is kept, and its address is not.
      const asked = { idempotencyKey: null, label: input.label }
      return once(ctx, 'createCalendarFeed', asked, async (office, author) => {
        const order = { owner: ownerOf(ctx.viewer), label: input.label }
        const made = await createCalendarFeed(office.sql, office.random, ctx.day, order, author)
        return { feed: made.feed, url: `${office.baseUrl}/calendrier/${made.token}.ics` }
      })
    },
  },
  {
    outputFields: (t) => ({
      feed: t.field({ type: CalendarFeedType, resolve: ({ feed }) => feed }),
      url: t.string({ description: 'Its whole address, shown this once.', resolve: ({ url }) => url }),
    }),
  },
)

builder.relayMutationField(
  'revokeCalendarFeed',
  { inputFields: (t) => ({ feedId: t.id({ required: true }) }) },
  {
    description: 'Ends a calendar: its address answers as one that never was.',
    authScopes: { may: 'revokeCalendarFeed' },
    errors: {},
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'revokeCalendarFeed', {}, async (office, author) => ({
        feed: await revokeCalendarFeed(
          office.sql,
          ctx.day,
          { id: rowId('CalendarFeed', input.feedId), owner: ownerOf(ctx.viewer) },
          author,
        ),
      })),
  },
  { outputFields: (t) => ({ feed: t.field({ type: CalendarFeedType, resolve: ({ feed }) => feed }) }) },
)
