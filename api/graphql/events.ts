import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { builder } from './builder.ts'
import { CaseType, requireCase } from './cases.ts'
import { rowsOf, visible } from '../context.ts'
import { readAnew } from './once.ts'
import { noteReading } from '../readings.ts'

interface JournalLine {
  id: bigint
  caseId: string
  onDay: Day
  kind: string
  detail: unknown
  author: string
}

const EventType = builder.objectRef<JournalLine>('CaseEvent').implement({
  description: 'A line of the append-only journal.',
  authScopes: { role: ['research', 'phone', 'amicable', 'legal', 'admin', 'creditor'] },
  fields: (t) => ({
    id: t.id({ resolve: ({ id }) => id.toString() }),
    onDay: t.expose('onDay', { type: 'Date' }),
    kind: t.exposeString('kind', { description: 'letter_written, payment_recorded, consent_given…' }),
    detail: t.expose('detail', { type: 'JSON', nullable: true }),
    author: t.exposeString('author'),
    case: t.field({ type: CaseType, resolve: ({ caseId }) => caseId }),
  }),
})

async function journal(sql: Sql, ids: string[]): Promise<Map<string, JournalLine[]>> {
  const rows = await sql<JournalLine[]>`
    select id, case_id, on_day, kind, detail, author from events where case_id = any(${ids}) order by id desc`
  return Map.groupBy(rows, (row) => row.caseId)
}

builder.objectFields(CaseType, (t) => ({
  events: t.field({
    type: [EventType],
    description: 'The newest first.',
    args: { first: t.arg.int({ required: true, defaultValue: 50 }) },
    complexity: ({ first }) => ({ field: 1, multiplier: Math.min(Math.max(first, 1), 500) / 10 }),
    resolve: async (found, { first }, ctx) => {
      noteReading(ctx, found.id, 'graphql')
      return (await rowsOf(ctx, journal, found.id)).slice(0, Math.min(Math.max(first, 0), 500))
    },
  }),
}))

builder.subscriptionFields((t) => ({
  caseEvents: t.field({
    type: EventType,
    description: 'Every new line of the journal of a case, or of all the cases the viewer may see, as it is written.',
    authScopes: { role: ['research', 'phone', 'amicable', 'legal', 'admin', 'creditor'] },
    args: { caseId: t.arg.id() },
    subscribe: async (_root, { caseId }, ctx) => {
      const wanted = caseId ? (await requireCase(ctx, caseId)).id : null
      return ctx.events.follow(async (announced) => {
        if (announced.caseId === null || (wanted !== null && announced.caseId !== wanted)) return null
        // One subscription lives for hours: each line is answered from the rows, and on the day, of its own moment.
        ctx.day = ctx.clock.today()
        readAnew(ctx)
        const [line] = await ctx.sql<JournalLine[]>`
          select e.id, e.case_id, e.on_day, e.kind, e.detail, e.author
          from events e join cases c on c.id = e.case_id
          where e.id = ${BigInt(announced.id)} and ${visible(ctx)}`
        return line ?? null
      })
    },
    resolve: (line: JournalLine) => line,
  }),
}))
