import { readingsOf, type Reading } from '../../procedures/cases/personal-data/readings.ts'
import type { Day } from '../../schema/days.ts'
import type { Sql } from '../../schema/db.ts'
import { builder } from './builder.ts'
import { CaseType } from './cases.ts'
import { rowsOf } from '../context.ts'

const ReadingType = builder.objectRef<Reading>('CaseReading').implement({
  description: 'Somebody read the personal data of a case; once a day and a door (RGPD, article 32).',
  fields: (t) => ({
    on: t.expose('onDay', { type: 'Date' }),
    reader: t.exposeString('reader', { description: 'Role and name.' }),
    door: t.exposeString('door', { description: 'graphql, document, piece, bureau or portail.' }),
  }),
})

async function purgedOn(sql: Sql, ids: string[]): Promise<Map<string, { purgedOn: Day }[]>> {
  const rows = await sql<{ id: string; purgedOn: Day }[]>`
    select id, purged_on from cases where id = any(${ids}) and purged_on is not null`
  return new Map(rows.map((row) => [row.id, [row]]))
}

builder.objectFields(CaseType, (t) => ({
  purgedOn: t.field({
    type: 'Date',
    nullable: true,
    description:
      'When addresses, letters, exhibits and notes were dropped, their time being over (RGPD, article 5); hashes and sums stay.',
    resolve: async (found, _args, ctx) => (await rowsOf(ctx, purgedOn, found.id))[0]?.purgedOn ?? null,
  }),
  readings: t.field({
    type: [ReadingType],
    authScopes: { role: ['legal', 'admin'] },
    description: 'Who read its personal data, the newest first; kept for a year.',
    resolve: (found, _args, ctx) => rowsOf(ctx, readingsOf, found.id),
  }),
}))
