import {
  type CalendarFeed,
  createCalendarFeed,
  readCalendarFeeds,
  revokeCalendarFeed,
} from '../procedures/judicial/calendar-feeds.ts'
import { builder } from './builder.ts'
import { forgetting, inOrder, nodeId } from './nodes.ts'
import { once } from './once.ts'
import { rowId } from './values.ts'

const CalendarFeedType = builder.loadableNode('CalendarFeed', {
  description:
    'A calendar that a program follows by its address: deadlines of every case for the legal cell, those of its own cases for a creditor.',
  id: { resolve: (feed: CalendarFeed) => feed.id, parse: nodeId },
  authScopes: { may: 'createCalendarFeed' },
  load: (ids: string[], { sql, viewer }) =>
    inOrder<CalendarFeed>(
      ids,
      readCalendarFeeds(sql, viewer?.creditorId ?? null).then((own) => own.filter(({ id }) => ids.includes(id))),
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
    description: 'The calendars of the legal cell, or those of the creditor who asks.',
    authScopes: { may: 'createCalendarFeed' },
    resolve: (_root, _args, { sql, viewer }) => readCalendarFeeds(sql, viewer?.creditorId ?? null),
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
    resolve: (_root, { input }, ctx) =>
      once(ctx, 'createCalendarFeed', {}, async (office, author) => {
        const creditorId = ctx.viewer?.creditorId ?? null
        const role = creditorId === null ? 'legal' : 'creditor'
        const made = await createCalendarFeed(
          office.sql,
          office.random,
          ctx.day,
          { role, creditorId, label: input.label },
          author,
        )
        return { feed: made.feed, url: `${office.baseUrl}/calendrier/${made.token}.ics` }
      }),
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
          { id: rowId('CalendarFeed', input.feedId), creditorId: ctx.viewer?.creditorId ?? null },
          author,
        ),
      })),
  },
  { outputFields: (t) => ({ feed: t.field({ type: CalendarFeedType, resolve: ({ feed }) => feed }) }) },
)
