import { fill } from '../../documents/rendering/fill.ts'
import { pdfJob } from '../../documents/rendering/pdf.ts'
import { jemalloc } from '../../documents/typst/allocator.ts'
import { nativeTypst, type TypstEngine, type TypstJob, wasmTypst } from '../../documents/typst/typst.ts'
import { letterOf, loadLibrary } from '../../letters/catalogue.ts'
import type { Channel } from '../../letters/letter.ts'
import { tick } from '../../procedures/amicable/tick.ts'
import { withCode } from '../../procedures/mail/coupons.ts'
import { instantOf } from '../../procedures/office.ts'
import { startWorker } from '../../procedures/jobs/work.ts'
import { type Figure, median, p99, seconds } from './bench.ts'
import { type Cpu, cpuNow, cpuSince } from './letters-cpu.ts'
import type { Ground } from './letters.ts'

// Many and short: a machine that slows for a minute slows both sides of each.
const rounds = 10
/** Cases before the first round, of two letters each. */
const warming = 500

/**
 * Letters through the whole pipeline (claim, facts, render, hash, archive, commit, out-tray); then the same letters compiled with
 * nothing around them, turn by turn, by two processes of Typst as npm brings it and by the two that the pipeline runs; then by the
 * WASM engine.
 */
export async function speedFigures(ground: Ground, cases: number, tell: (line: string) => void): Promise<Figure[]> {
  const plain = nativeTypst({ plain: true })
  try {
    return await speedBeside(plain, ground, cases, tell)
  } finally {
    await plain.close()
  }
}

async function speedBeside(
  plain: TypstEngine,
  ground: Ground,
  cases: number,
  tell: (line: string) => void,
): Promise<Figure[]> {
  const { office } = ground
  const measured: Round[] = []
  // A worker lives for weeks: what V8 spends on compiling it, for its first thousand letters, is no part of one.
  tell(`letters: ${2 * warming} of them that are not counted`)
  await ground.open(warming)
  await throughPipeline(ground)
  const known = new Set<string>()
  let jobs = await lettersBut(ground, known)
  await compileAll(plain, jobs, 2)
  for (let round = 1; round <= rounds; round++) {
    await ground.open(cases)
    tell(`letters: round ${round} of ${rounds}, through the whole pipeline, then by Typst alone`)
    const before = cpuNow()
    const { spent, p99 } = await throughPipeline(ground)
    const cpu = since(before)
    jobs = await lettersBut(ground, known)
    measured.push({
      whole: { letters: jobs.length, perSecond: jobs.length / spent, p99, cpu },
      bare: await compileAll(plain, jobs, 2),
      ours: await compileAll(office.typst, jobs, 2),
    })
  }
  const middle = (of: (round: Round) => number) => median(measured.map(of))
  const some = jobs.slice(0, 60).map((job) => ({ ...job, pdf: { ...job.pdf, standard: 'none' as const } }))
  tell(`letters: ${some.length} of them by one process, native then WASM`)
  const native = await compileAll(office.typst, some, 1)
  const engine = wasmTypst()
  try {
    await engine.compile(some[0]!)
    const wasm = await compileAll(engine, some, 1)
    return [
      ...(measured.every((round) => round.whole.cpu && round.bare.cpu && round.ours.cpu) ? [perCore(measured)] : []),
      {
        name: 'letters, by the clock',
        value: middle(({ whole }) => whole.perSecond),
        unit: 'letters/s',
        against: `bare Typst, same letters: ${middle(({ bare }) => bare.perSecond).toFixed(1)}/s`,
        ratio: middle(({ whole, bare }) => whole.perSecond / bare.perSecond),
        goal: 0.85,
      },
      {
        name: 'letters, p99 of one, four at a time',
        value: middle(({ whole }) => whole.p99),
        unit: 'ms',
        against: `bare Typst, two at a time: ${middle(({ bare }) => bare.p99).toFixed(1)} ms`,
        ratio: middle(({ whole, bare }) => whole.p99 / bare.p99),
        goal: 4,
        lessIsBetter: true,
      },
      {
        name: 'letters, WASM engine',
        value: wasm.perSecond,
        unit: 'letters/s',
        against: `one native process: ${native.perSecond.toFixed(1)}/s`,
        ratio: wasm.perSecond / native.perSecond,
        goal: 0.6,
      },
    ]
  } finally {
    await engine.close()
  }
}

/**
 * What a letter costs in processor, over all rounds, which a busy machine moves little: on one side the whole program, its Typst
 * processes and every process of PostgreSQL, from the first job to the end of the last; on the other the Typst processes and what
 * hands them their jobs.
 */
function perCore(measured: Round[]): Figure {
  const letters = measured.reduce((sum, { whole }) => sum + whole.letters, 0)
  const each = (side: keyof Round, part: keyof Cpu) =>
    measured.reduce((sum, round) => sum + round[side].cpu![part], 0) / letters
  const [program, compositors, database] = [
    each('whole', 'program'),
    each('whole', 'compositors'),
    each('whole', 'database'),
  ]
  const whole = program + compositors + database
  const alone = (side: 'bare' | 'ours'): number => each(side, 'program') + each(side, 'compositors')
  const shown = (seconds: number): string => (1000 * seconds).toFixed(1)
  return {
    name: 'letters, per second of processor',
    value: 1 / whole,
    unit: 'letters/s',
    against:
      `bare Typst, same letters, its processes and their driver: ${(1 / alone('bare')).toFixed(1)}/s; a letter takes ` +
      `${shown(program)} ms of the program, ${shown(compositors)} of Typst, ${shown(database)} of PostgreSQL; beside the ` +
      `pipeline’s own Typst processes alone (${jemalloc() ? 'under jemalloc' : 'jemalloc is not installed'}): ` +
      (alone('ours') / whole).toFixed(2),
    ratio: alone('bare') / whole,
    goal: 0.85,
  }
}

interface Round {
  whole: Pace
  /** Typst as npm brings it. */
  bare: Pace
  /** Typst as the pipeline runs it. */
  ours: Pace
}

const since = (before: Cpu | undefined): Cpu | undefined => {
  const after = cpuNow()
  return before && after && cpuSince(before, after)
}

/** Does every step that is due, four at a time; `watch` is called while it lasts. */
export async function throughPipeline(
  { office, sql, url, today }: Ground,
  watch: () => Promise<void> = async () => {},
): Promise<{ spent: number; p99: number }> {
  await tick(sql, today)
  const started = new Map<string, number>()
  const took: number[] = []
  const begun = performance.now()
  let ended = begun
  const runner = await startWorker(office, url, { concurrency: 4 })
  runner.events.on('job:start', ({ job }) => started.set(String(job.id), performance.now()))
  runner.events.on('job:success', ({ job }) => {
    ended = performance.now()
    const start = started.get(String(job.id))
    if (job.task_identifier === 'step' && start !== undefined) took.push(ended - start)
  })
  for (let waits = true, turn = 1; waits; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    await watch()
    // Seldom enough that looking costs nothing; the time ends with the last job, not with the look.
    if (turn % 10 > 0) continue
    const [row] = await sql<[{ waits: boolean }]>`select exists (select from graphile_worker.jobs) as waits`
    waits = row.waits
  }
  await runner.stop()
  return { spent: (ended - begun) / 1000, p99: p99(took) }
}

async function lettersBut({ office, sql, today }: Ground, known: Set<string>): Promise<TypstJob[]> {
  const library = loadLibrary()
  const rows = await sql<
    { id: string; letter: string; channel: Channel; facts: unknown }[]
  >`select id, letter, channel, facts from documents order by id`
  const fresh = rows.filter(({ id }) => !known.has(id))
  for (const { id } of fresh) known.add(id)
  const jobs: TypstJob[] = []
  for (const { id, letter, channel, facts } of fresh) {
    const whole = await withCode(office, id, facts)
    jobs.push(pdfJob(fill(library, letterOf(library, letter), whole, channel), instantOf(today), library.layout))
  }
  return jobs
}

interface Pace {
  letters: number
  perSecond: number
  cpu: Cpu | undefined
  p99: number
}

async function compileAll(engine: TypstEngine, jobs: TypstJob[], atOnce: number): Promise<Pace> {
  const waiting = [...jobs]
  const took: number[] = []
  const one = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const compiling = job
      took.push(1000 * (await seconds(async () => void (await engine.compile(compiling)))))
    }
  }
  const before = cpuNow()
  const spent = await seconds(async () => void (await Promise.all(Array.from({ length: atOnce }, one))))
  return { letters: jobs.length, perSecond: jobs.length / spent, p99: p99(took), cpu: since(before) }
}
