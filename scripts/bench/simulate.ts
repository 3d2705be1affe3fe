import { readPortfolio } from '../../procedures/amicable/portfolio.ts'
import { loadScenario } from '../../procedures/amicable/scenario.ts'
import { simulate } from '../../procedures/amicable/simulate.ts'
import { parseDay } from '../../schema/days.ts'
import { type Client, connect } from '../../schema/db.ts'
import { startThrowaway } from '../../schema/embedded.ts'
import { migrate } from '../../schema/migrate.ts'
import { type Bench, seconds } from './bench.ts'

const today = parseDay('2026-06-27')
const few = 10_000
const many = 100_000

/** A scenario flown for ninety days over ten thousand cases, then over a hundred thousand, from the rows to the last figure. */
export const bench: Bench = {
  name: 'simulate',
  summary: 'cases a second through the flight simulator at 100,000 cases, beside 10,000',
  async run(tell) {
    const server = await startThrowaway({ name: 'bench-simulate' })
    const sql = connect(server.url, { max: 2 })
    try {
      await migrate(server.url)
      const scenario = loadScenario('abonnement')
      const fly = () => seconds(async () => void (await simulate(readPortfolio(sql, today), scenario, today, 90)))
      await fill(sql, 0, few)
      await fly()
      const small = few / (await fly())
      tell(`${few} cases: ${Math.round(small)} a second`)
      await fill(sql, few, many)
      const large = many / (await fly())
      tell(`${many} cases: ${Math.round(large)} a second; ${Math.round(process.memoryUsage.rss() / 1e6)} MB`)
      return [
        {
          name: `simulate ${many} cases`,
          value: large,
          unit: 'cases/s',
          against: `${few} cases at ${Math.round(small)} cases/s`,
          ratio: large / small,
          goal: 0.8,
        },
      ]
    } finally {
      await sql.end({ timeout: 5 })
      await server.stop()
    }
  },
}

// Due over a year around today, as their steps of the standard scenario would stand.
async function fill(sql: Client, from: number, to: number): Promise<void> {
  const uuid = (column: string) => sql.unsafe(`lpad(to_hex(${column}), 32, '0')::uuid`)
  if (from === 0)
    await sql`insert into creditors (id, name, identity, created_on) values (${'0'.repeat(32)}, 'Banc', '{}', ${today})`
  const numbers = sql`generate_series(${from + 1}::int, ${to}::int) as n`
  await sql`insert into debtors (id, creditor_id, name, kind, identity, created_on) select ${uuid('n')}, ${'0'.repeat(32)}::uuid, 'D' || n, 'business', '{}', ${today} from ${numbers}`
  await sql`
    insert into cases (id, number, creditor_id, debtor_id, scenario, currency, anchor_on, limitation_on, opened_on, opened_by)
    select ${uuid('n')}, 'B-' || n, ${'0'.repeat(32)}::uuid, ${uuid('n')}, 'standard', 'EUR', ${today}::date - 40 + n % 365, ${today}::date + 1500, ${today}::date - 80, 'bench' from ${numbers}`
  await sql`
    insert into invoices (id, case_id, number, issued_on, due_on, total, payable, currency, source, recorded_on, recorded_by)
    select ${uuid('n')}, ${uuid('n')}, 'F-' || n, ${today}::date - 75 + n % 365, ${today}::date - 40 + n % 365, 100000, 100000, 'EUR', '{}', ${today}, 'bench' from ${numbers}`
  const steps = loadScenario('standard')
    .etapes.filter((step) => step.jour !== 'emission')
    .map((step, rank) => ({ key: step.id, rank, channel: step.canal ?? 'action', days: Number(step.jour.slice(1)) }))
  await sql`
    insert into steps (id, case_id, key, rank, channel, nominal_on, planned_on, done_on)
    select ${uuid('n * 16 + s.rank')}, ${uuid('n')}, s.key, s.rank, s.channel, ${today}::date - 40 + n % 365 + s.days, ${today}::date - 40 + n % 365 + s.days,
           case when n % 365 + s.days < 40 then ${today}::date - 40 + n % 365 + s.days end
    from ${numbers}, jsonb_to_recordset(${sql.json(steps)}) as s(key text, rank int, channel text, days int)`
  await sql`analyze`
}
