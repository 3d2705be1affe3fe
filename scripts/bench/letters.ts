import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Office } from '../../procedures/office.ts'
import { parseDay } from '../../schema/days.ts'
import { type Client, connect } from '../../schema/db.ts'
import { startThrowaway } from '../../schema/embedded.ts'
import { migrate } from '../../schema/migrate.ts'
import { seededRandom } from '../../schema/random.ts'
import { openPortfolio } from '../demo/portfolio.ts'
import { openOffice } from '../office.ts'
import type { Bench, Figure } from './bench.ts'
import { memoryFigures } from './letters-memory.ts'
import { speedFigures } from './letters-speed.ts'

/** What the letters' benches stand on: a database with overdue cases, an office, the day. */
export interface Ground {
  office: Office
  sql: Client
  url: string
  today: Temporal.PlainDate
  /** Opens so many more cases, overdue today. */
  open(cases: number): Promise<void>
}

const today = parseDay('2026-03-03')
const few = 90
const run = { short: 500, full: 5000 }

/** First letters of overdue cases through the real pipeline, and beside it whatever else could have made them. */
export const bench: Bench = {
  name: 'letters',
  summary:
    'letters a second of processor and of the clock, and their p99, beside bare Typst, the WASM engine, Chromium and LibreOffice; memory',
  async run(tell, { full }) {
    // Memory first: what the others leave behind is not the pipeline's. Each case writes to its debtor and its creditor.
    return [
      ...(await onGround(async (ground) => {
        const cases = full ? run.full : run.short
        tell(`letters: opening ${cases} cases`)
        await ground.open(cases)
        return memoryFigures(ground, tell)
      })),
      ...(await onGround((ground) => speedFigures(ground, few, tell))),
      // Its browser driver weighs, and is no part of what was measured before.
      ...(await (await import('./letters-today.ts')).todayFigures(tell)),
    ]
  },
}

async function onGround(work: (ground: Ground) => Promise<Figure[]>): Promise<Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'courtois-bench-'))
  const database = await startThrowaway({ name: 'bench-letters' })
  try {
    await migrate(database.url)
    const sql = connect(database.url, { max: 8 })
    const office = await openOffice({ sql, dataDir: dir, random: seededRandom('bench') })
    const open = async (count: number) => {
      await openPortfolio(office, today, { count, dueFrom: today.subtract({ days: 20 }), daysApart: 0 })
      // As a server that lives does by itself; a throw-away one would keep the plans it made for empty tables.
      await sql`analyze`
    }
    try {
      return await work({ office, sql, url: database.url, today, open })
    } finally {
      await office.typst.close()
      await sql.end()
    }
  } finally {
    await database.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
