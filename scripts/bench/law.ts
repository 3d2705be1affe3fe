import { loadProcedure, type Procedure } from '../../procedures/judicial/engine/procedure.ts'
import { type ProcedureEvent, stepDeadlines } from '../../procedures/judicial/engine/time-limits.ts'
import { type Claim, owed } from '../../procedures/law/interest.ts'
import { parseDay } from '../../schema/days.ts'
import { type Bench, type Figure, median } from './bench.ts'

const few = 10_000
const many = 100_000
const wanted = 20_000
const batch = 1000

/** The two questions asked of the law all day long, on one core: which time limits run, and what is owed. */
export const bench: Bench = {
  name: 'law',
  summary: 'time limits of 100,000 cases and what 100,000 ledgers owe, a second on one core, beside 10,000',
  run: async (tell) => [
    ...(await measure('time limits', 'cases/s', tell, aCase, ([procedure, events]) => {
      if (stepDeadlines(procedure, events).length === 0) throw new Error('a case without a time limit measures nothing')
    })),
    ...(await measure('owed, ledgers of 10 movements', 'ledgers/s', tell, aLedger, (claim) => {
      if (owed(claim).total < 0n) throw new Error('a ledger cannot owe less than nothing')
    })),
  ],
}

async function measure<T>(
  name: string,
  unit: string,
  tell: (line: string) => void,
  make: (number: number) => T,
  work: (one: T) => void,
): Promise<Figure[]> {
  await pace(few, make, work)
  const small = await pace(few, make, work)
  const large = await pace(many, make, work)
  const figure = { name: `${name}, ${many}`, value: large.mean, unit }
  tell(`${name}: ${Math.round(process.memoryUsage.rss() / 1e6)} MB at ${many}`)
  return [
    { ...figure, against: `${wanted} a second`, ratio: large.mean / wanted, goal: 1 },
    {
      ...figure,
      name: `${name}, growth`,
      value: large.usual,
      against: `${few} at ${Math.round(small.usual)} a second`,
      ratio: large.usual / small.usual,
      goal: 0.9,
    },
  ]
}

/**
 * A second: over the whole run, and in the usual batch, which a slow moment of the machine does not move. Made by batches
 * with the clock stopped: the law is measured, not the making of examples.
 */
async function pace<T>(
  count: number,
  make: (number: number) => T,
  work: (one: T) => void,
): Promise<{ mean: number; usual: number }> {
  const spent: number[] = []
  for (let first = 0; first < count; first += batch) {
    const made = Array.from({ length: batch }, (_, i) => make(first + i))
    const start = threadTime()
    for (const one of made) work(one)
    spent.push(threadTime() - start)
    await new Promise(setImmediate)
  }
  return { mean: count / spent.reduce((a, b) => a + b), usual: batch / median(spent) }
}

/** Seconds of this thread's own time: busy neighbours do not count. */
function threadTime(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1e6
}

const origin = parseDay('2024-01-01')
const after = (days: number) => origin.add({ days })

// An order served and opposed, an account attached, a conservatory seizure, a declaration of claim: in turn, all year.
function aCase(n: number): [Procedure, ProcedureEvent[]] {
  const day = n % 1200
  const on = (step: string, days: number, facts: Record<string, unknown> = {}): ProcedureEvent => ({
    step,
    on: after(day + days),
    facts: { juridiction: 'commerce', ...facts },
  })
  const lives: [string, ProcedureEvent[]][] = [
    [
      'injonction-de-payer',
      [on('requete', 0), on('ordonnance', 20), on('signification', 50, { aPersonne: n % 3 > 0 }), on('opposition', 70)],
    ],
    ['saisie-attribution', [on('acte', 0), on('denonciation', 6)]],
    [
      'saisie-conservatoire-creances',
      [on('ordonnance', 0), on('execution', 30), on('denonciation', 36), on('titre', 50)],
    ],
    ['declaration-creance', [on('publication', 0, { demeure: 'metropole' })]],
  ]
  const [id, events] = lives[n % lives.length]!
  return [loadProcedure(id), events]
}

// Three invoices, six payments and a credit note over two years, between merchants, at the late rate of the law.
function aLedger(n: number): Claim {
  return {
    asOf: parseDay('2026-06-30'),
    debtor: 'business',
    creditor: 'autres',
    rate: { kind: 'l441-10' },
    floor: 'none',
    dayCount: 'act365',
    dayRule: 'start_excluded',
    imputation: 'interest_first',
    capitalise: false,
    indemnity: true,
    invoices: [0, 1, 2].map((i) => ({
      number: `F-${n}-${i}`,
      amount: 100_000n + BigInt((n * 7 + i * 31) % 900_000),
      due: after(((n * 11) % 365) + 30 * i),
    })),
    payments: [0, 1, 2, 3, 4, 5].map((i) => ({
      date: after(((n * 5) % 300) + 100 * i),
      amount: BigInt(10_000 + (n % 17_000)),
    })),
    creditNotes: [{ date: after(400 + (n % 100)), amount: BigInt(n % 5000) }],
  }
}
