import { readFileSync } from 'node:fs'
import { readInvoice } from '../../documents/invoices/einvoice.ts'
import { closeCase } from '../../procedures/cases/cases.ts'
import { recordDispute } from '../../procedures/cases/exchanges/disputes.ts'
import { recordPayment } from '../../procedures/money/payments.ts'
import { recordPromise } from '../../procedures/cases/exchanges/promises.ts'
import type { Office } from '../../procedures/office.ts'
import type { Day } from '../../schema/days.ts'
import { connect } from '../../schema/db.ts'
import { openPortfolio } from './portfolio.ts'
import { consumerWhoStops } from './consumer.ts'
import { unpaidInvoice } from './story.ts'

const invoice = new URL('../../samples/Facture_FR_EN16931.pdf', import.meta.url)

/**
 * Fills an empty database with the demo's two stories and a small portfolio due around `today`. A filling that was cut
 * short is taken up from the beginning, so that nothing stands half-told; a database with other cases is left alone.
 */
export async function fillDemo(
  office: Office,
  databaseUrl: string,
  today: Day,
  tell: (line: string) => void,
  ownerUrl = databaseUrl,
): Promise<void> {
  const { sql } = office
  const [state] = await sql<{ begun: boolean; finished: boolean; used: boolean }[]>`
    select exists (select from events where kind = 'demo_begun') as begun, exists (select from events where kind = 'demo_filled') as finished,
           exists (select from cases) as used`
  if (state!.finished || (state!.used && !state!.begun)) return
  // Before anything is written: an installation may lack the samples.
  const original = new Uint8Array(readFileSync(invoice))
  if (state!.begun) await clear(ownerUrl)
  await sql`insert into events (on_day, kind, author) values (${today}, 'demo_begun', 'demo')`
  const world = { office, databaseUrl, tell }
  const told = await unpaidInvoice(world, await readInvoice(original), original, 'business')
  await consumerWhoStops(world)
  // A story of 2018 ends with its request: left open, it would be an orphan of today.
  await closeCase(sql, today, { caseId: told.caseId, reason: 'Démonstration arrêtée à la requête de 2018.' }, 'demo')
  const opened = await openPortfolio(office, today, { count: 24, dueFrom: today.subtract({ days: 62 }), daysApart: 3 })
  for (const [i, { caseId, total }] of opened.entries()) await event(office, today, caseId, i, total)
  await sql`insert into events (on_day, kind, author) values (${today}, 'demo_filled', 'demo')`
}

// The owner alone may empty what is kept.
async function clear(ownerUrl: string): Promise<void> {
  const sql = connect(ownerUrl, { max: 1 })
  try {
    const tables = await sql<{ name: string }[]>`
      select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'migration'`
    await sql`truncate ${sql(tables.map((table) => table.name))} restart identity cascade`
    await sql`select graphile_worker.complete_jobs(array(select id from graphile_worker.jobs))`
  } finally {
    await sql.end()
  }
}

// A few things happen to them, so that every state of a case can be looked at.
async function event(office: Office, today: Day, caseId: string, i: number, total: bigint): Promise<void> {
  const { sql, random } = office
  if (i % 8 === 3)
    await recordDispute(
      sql,
      random,
      today,
      {
        caseId,
        channel: 'courriel',
        ground: 'deux articles manquants à la livraison',
        contested: total / 4n,
        answerBy: today.add({ days: 5 }),
      },
      'demo',
    )
  if (i % 8 === 5)
    await recordPromise(
      sql,
      random,
      today,
      {
        caseId,
        dueOn: today.add({ days: 4 }),
        amount: total,
        means: 'virement',
        author: 'la comptabilité',
        channel: 'téléphone',
      },
      'demo',
    )
  if (i % 8 === 6)
    await recordPayment(
      office,
      today,
      { caseId, receivedOn: today, amount: total / 2n, means: 'virement', reference: null, receivedBy: 'creditor' },
      'demo',
    )
}
