import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { houseClock } from '../../api/cron.ts'
import { connect } from '../../schema/db.ts'
import { startThrowaway } from '../../schema/embedded.ts'
import { migrate } from '../../schema/migrate.ts'
import { seededRandom } from '../../schema/random.ts'
import { openPortfolio } from '../demo/portfolio.ts'
import { openOffice } from '../office.ts'
import { type Bench, type Figure, median } from './bench.ts'
import { peer } from './bench-peers.ts'
import { ask, type Asked, load, type Load } from './graphql-load.ts'
import { copyCases } from './portfolio-rows.ts'
import { end, startApi } from './timeline-drain.ts'

const rounds = 3
const ms = 5000
const shown = 50
const pageDepth = 5000

/**
 * The first fifty cases with debtor, invoices, total due and next step, over HTTP with a token, beside PostGraphile on the same
 * rows: ours with the rights of each type, the interest, the indemnity and the holds; theirs without any of these, the total
 * being the sum of the invoices less what was paid. First one question over and over while nothing is written; then five
 * hundred pages in turn, so that no answer is there already.
 */
export const bench: Bench = {
  name: 'graphql',
  summary: 'requests a second and p99 of a list of 50 among 20,000 cases (--full: and 1,000,000), beside PostGraphile',
  async run(tell, { full }) {
    const installed = await peer('postgraphile', tell)
    if (!installed) return []
    const dir = mkdtempSync(join(tmpdir(), 'courtois-bench-'))
    const server = await startThrowaway({ name: 'bench-graphql', settings: 'shared_buffers=1GB' })
    const sql = connect(server.url, { max: 4 })
    try {
      await migrate(server.url)
      await sql.unsafe(computedColumns)
      const today = houseClock().today()
      const office = await openOffice({ sql, dataDir: dir, random: seededRandom('bench') })
      const one = { count: 1, dueFrom: today.subtract({ days: 20 }), daysApart: 0 }
      const [first] = await openPortfolio(office, today.subtract({ days: 14 }), one)
      await office.typst.close()
      const figures: Figure[] = []
      let from = 0
      for (const size of full ? [20_000, 1_000_000] : [20_000]) {
        tell(`graphql: ${size - from} cases more`)
        await copyCases(sql, { like: first!.caseId, from, count: size - from, due: 2000, today })
        figures.push(...(await besideEachOther({ url: server.url, dir, size, tell })))
        from = size
      }
      return figures
    } finally {
      await sql.end({ timeout: 5 })
      await server.stop()
      rmSync(dir, { recursive: true, force: true })
    }
  },
}

/** What PostGraphile shows beside the columns, and the index of the order it is asked for, as its users would give them. */
const computedColumns = `
  create index cases_by_opening on cases (opened_on, id);
  create function cases_total_due(c cases) returns bigint stable language sql as $$
    select (select coalesce(sum(payable), 0) from invoices where case_id = c.id)
         - (select coalesce(sum(amount), 0) from credit_notes where case_id = c.id)
         - (select coalesce(sum(amount), 0) from payments where case_id = c.id) $$;
  create function cases_next_step(c cases) returns steps stable language sql as $$
    select s from steps s where case_id = c.id and done_on is null and skipped_on is null order by rank limit 1 $$;`

const ourQuestion = (after: string) => `{
  cases(first: ${shown}${after && `, after: "${after}"`}) {
    edges { node {
      id number state debtor { name kind } invoices { number dueOn payable { amount currency } }
      totalDue { amount currency } nextStep { key plannedOn channel } } }
    pageInfo { hasNextPage endCursor } } }`

const theirQuestion = (after: string) => `{
  allCases(first: ${shown}, orderBy: [OPENED_ON_DESC]${after && `, after: "${after}"`}) {
    edges { node {
      id number closedOn debtorByDebtorId { name kind }
      invoicesByCaseId(orderBy: NUMBER_ASC) { nodes { number dueOn payable currency } }
      totalDue currency nextStep { key plannedOn channel } } }
    pageInfo { hasNextPage endCursor } } }`

interface Ground {
  url: string
  dir: string
  size: number
  tell(line: string): void
}

async function besideEachOther(ground: Ground): Promise<Figure[]> {
  const [api, theirs] = await Promise.all([startApi(ground), startPostGraphile(ground.url)])
  try {
    const us: Asked = { url: api.url, headers: { authorization: `Bearer ${api.token}` } }
    const them: Asked = { url: theirs.url, headers: {} }
    return [
      ...(await measured(ground, 'one question again and again', [us, [ourQuestion('')]], [them, [theirQuestion('')]])),
      ...(await measured(
        ground,
        'a page not asked before',
        [us, (await ourCursors(us)).map(ourQuestion)],
        [them, (await theirCursors(them)).map(theirQuestion)],
      )),
    ]
  } finally {
    await Promise.all([end(api.child), end(theirs.child)])
  }
}

type Side = [asked: Asked, questions: string[]]

async function measured({ size, tell }: Ground, what: string, ours: Side, theirs: Side): Promise<Figure[]> {
  const both: [us: Load, them: Load][] = []
  for (let round = 1; round <= rounds; round++) {
    tell(`graphql: ${size} cases, ${what}, round ${round} of ${rounds}, by us, then by PostGraphile`)
    both.push([await load(...ours, shown, ms), await load(...theirs, shown, ms)])
  }
  const middle = (of: (pair: [us: Load, them: Load]) => number) => median(both.map(of))
  const name = `graphql, ${size} cases, ${what}`
  return [
    {
      name,
      value: middle(([us]) => us.perSecond),
      unit: 'requests/s',
      against: `PostGraphile: ${middle(([, them]) => them.perSecond).toFixed(0)}/s, without interest or rights`,
      ratio: middle(([us, them]) => us.perSecond / them.perSecond),
      goal: 1,
    },
    {
      name: `${name}, p99`,
      value: middle(([us]) => us.p99),
      unit: 'ms',
      against: `PostGraphile: ${middle(([, them]) => them.p99).toFixed(1)} ms`,
      ratio: middle(([us, them]) => us.p99 / them.p99),
      goal: 1,
      lessIsBetter: true,
    },
  ]
}

/** The starts of five hundred pages among the first five thousand cases, by each side's own cursors. */
async function ourCursors(us: Asked): Promise<string[]> {
  const cursors: string[] = []
  for (let after = ''; cursors.length < pageDepth; after = `, after: "${cursors.at(-1)}"`) {
    const { cases } = await ask<{ cases: Edges }>(us, `{ cases(first: 100${after}) { edges { cursor } } }`)
    cursors.push(...cases.edges.map(({ cursor }) => cursor))
  }
  return everyTenth(cursors)
}

async function theirCursors(them: Asked): Promise<string[]> {
  const { allCases } = await ask<{ allCases: Edges }>(
    them,
    `{ allCases(first: ${pageDepth}, orderBy: [OPENED_ON_DESC]) { edges { cursor } } }`,
  )
  return everyTenth(allCases.edges.map(({ cursor }) => cursor))
}

interface Edges {
  edges: { cursor: string }[]
}
const everyTenth = (cursors: string[]): string[] => cursors.filter((_cursor, i) => i % 10 === 9)

async function startPostGraphile(url: string): Promise<{ child: ChildProcess; url: string }> {
  const program = fileURLToPath(new URL('./peers/postgraphile.mjs', import.meta.url))
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, DATABASE_URL: url, NODE_ENV: 'production', GRAPHILE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('PostGraphile ended by itself')))
    child.stdout.once('data', (said: Buffer) => resolve({ child, url: said.toString().split('\n')[0]! }))
  })
}
