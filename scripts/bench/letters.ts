import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fill } from '../../documents/fill.ts'
import { pdfJob } from '../../documents/letter-pdf.ts'
import type { TypstJob } from '../../documents/typst.ts'
import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import type { Channel } from '../../letters/letter.ts'
import { tick } from '../../procedures/amicable/tick.ts'
import { instantOf, type Office } from '../../procedures/office.ts'
import { startWorker } from '../../procedures/work.ts'
import { parseDay } from '../../schema/days.ts'
import { type Client, connect } from '../../schema/db.ts'
import { startThrowaway } from '../../schema/embedded.ts'
import { migrate } from '../../schema/migrate.ts'
import { seededRandom } from '../../schema/random.ts'
import { openPortfolio } from '../demo/portfolio.ts'
import { openOffice } from '../office.ts'
import { type Bench, seconds } from './bench.ts'

const cases = 120
const today = parseDay('2026-03-03')

/**
 * First letters of overdue cases through the real pipeline (claim, facts, render, hash, archive, commit, out-tray), then the same
 * letters compiled by the same two Typst processes with nothing around them.
 */
export const bench: Bench = {
  name: 'letters',
  summary: 'letters per second through the real pipeline, beside bare Typst on the same letters',
  async run(tell) {
    const dir = mkdtempSync(join(tmpdir(), 'courtois-bench-'))
    const database = await startThrowaway()
    try {
      await migrate(database.url)
      const sql = connect(database.url, { max: 8 })
      const office = await openOffice({ sql, dataDir: dir, random: seededRandom('bench') })
      try {
        tell(`${cases} dossiers…`)
        await openPortfolio(office, today, { count: cases, dueFrom: today.subtract({ days: 20 }), daysApart: 0 })
        await warm(office)
        await tick(sql, today)
        tell('par la chaîne entière…')
        const whole = await seconds(() => work(office, sql, database.url))
        const jobs = await sameLetters(sql)
        tell('par Typst seul…')
        const bare = await seconds(async () => void (await Promise.all(jobs.map((job) => office.typst.compile(job)))))
        const value = jobs.length / whole
        return [
          {
            name: 'letters',
            value,
            unit: 'letters/s',
            against: `bare Typst, same letters: ${(jobs.length / bare).toFixed(1)}/s`,
            ratio: bare / whole,
            goal: 0.7,
          },
        ]
      } finally {
        await office.typst.close()
        await sql.end()
      }
    } finally {
      await database.stop()
      rmSync(dir, { recursive: true, force: true })
    }
  },
}

// Fonts and processes are there before either clock starts.
async function warm(office: Office): Promise<void> {
  const job: TypstJob = {
    template: 'warm.typ',
    sources: { 'warm.typ': '#set text(font: "Source Serif 4")\nwarm' },
    data: {},
    pdf: { timestamp: instantOf(today) },
  }
  await Promise.all([office.typst.compile(job), office.typst.compile(job)])
}

async function work(office: Office, sql: Client, url: string): Promise<void> {
  const runner = await startWorker(office, url, { concurrency: 4 })
  for (let left = cases; left > 0;) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    const [row] = await sql<{ left: number }[]>`select count(*)::int as left from graphile_worker.jobs`
    left = row!.left
  }
  await runner.stop()
}

async function sameLetters(sql: Client): Promise<TypstJob[]> {
  const library = loadLibrary()
  const rows = await sql<
    { letter: string; channel: Channel; facts: unknown }[]
  >`select letter, channel, facts from documents order by reference`
  return rows.map(({ letter, channel, facts }) =>
    pdfJob(fill(library, letterOf(library, letter), facts, channel), instantOf(today), library.layout),
  )
}
