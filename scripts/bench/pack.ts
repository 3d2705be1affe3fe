import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32, deflateSync } from 'node:zlib'
import { nativeTypst, type TypstEngine } from '../../documents/typst/typst.ts'
import { type Random, seededRandom } from '../../schema/random.ts'
import { type Bench, type Figure, median } from './bench.ts'

/** Court packs: time beside a bare merge by qpdf, growth with pages and exhibits, memory of all processes, verification. */
export const bench: Bench = {
  name: 'pack',
  summary:
    'a pack of 300 pages beside a bare qpdf merge; 1,000 and 3,000 pages; 28 and 120 exhibits; a scan of 250 MB; memory; verify MB/s',
  async run(tell, { full }) {
    const folder = mkdtempSync(join(tmpdir(), 'courtois-bench-pack-'))
    const engine = nativeTypst({ timeLimit: 120_000 })
    try {
      const heavy = await documents(engine, folder, 'heavy', 30, 10, 600)
      const figures = besideQpdf(heavy, await runPack(folder, heavy), folder, tell)
      // Lighter pages, as a word processor makes them: the number of pages is what grows.
      const light = await documents(engine, folder, 'light', 100, 10, 60)
      const lightPack = (count: number): Promise<Run> =>
        runPack(
          folder,
          Array.from({ length: count }, (_, i) => light[i % light.length]!),
        )
      const base = await lightPack(30)
      for (const count of [28, 120, ...(full ? [100, 300] : [100])]) {
        const run = await lightPack(count)
        tell(`pack: ${count} exhibits, ${count * 10} light pages: ${told(run)}`)
        if (count >= 100 && count !== 120) figures.push(growth(count * 10, run, base))
      }
      if (full) {
        const [scan] = await documents(engine, folder, 'scan', 1, 250, 1000)
        const run = await runPack(folder, [scan!])
        tell(`pack: one scan of ${Math.round(run.input / 1e6)} MB: ${told(run)}`)
        figures.push(memoryOfPack('a scan of 250 MB', run))
      }
      return figures
    } finally {
      await engine.close()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

function besideQpdf(files: string[], run: Run, folder: string, tell: (line: string) => void): Figure[] {
  tell(`pack: 300 heavy pages (${Math.round(run.input / 1e6)} MB in): ${told(run)}`)
  const figures: Figure[] = [
    memoryOfPack('300 pages', run),
    {
      name: 'verification of ZIP and PDF',
      value: run.bytes / 1e6 / run.verify,
      unit: 'MB/s',
      against: '100 MB/s',
      ratio: run.bytes / 1e8 / run.verify,
      goal: 1,
    },
  ]
  if (spawnSync('qpdf', ['--version']).error) {
    tell('pack: qpdf is not installed; the merge it would stand beside is left out')
    return figures
  }
  const merged = join(folder, 'merged.pdf')
  const merges = Array.from({ length: 5 }, () => {
    const start = performance.now()
    const { status } = spawnSync('qpdf', ['--empty', '--pages', ...files, '--', merged])
    if (status !== 0) throw new Error('qpdf did not merge')
    return (performance.now() - start) / 1e3
  })
  const merge = median(merges)
  return [
    {
      name: 'pack of 300 pages, the seal too',
      value: run.assemble,
      unit: 's',
      against: `bare qpdf merge in ${merge.toFixed(2)} s`,
      ratio: run.assemble / merge,
      goal: 1.6,
      lessIsBetter: true,
    },
    ...figures,
  ]
}

const memoryOfPack = (what: string, run: Run): Figure => ({
  name: `memory of a pack of ${what}, all processes`,
  value: run.memory.assemble / 1e6,
  unit: 'MB',
  against: '500 MB',
  ratio: run.memory.assemble / 500e6,
  goal: 1,
  lessIsBetter: true,
})

const growth = (pages: number, run: Run, base: Run): Figure => ({
  name: `${pages} pages, time a page`,
  value: run.assemble,
  unit: 's',
  against: `300 pages in ${base.assemble.toFixed(2)} s`,
  ratio: run.assemble / pages / (base.assemble / 300),
  goal: 1.2,
  lessIsBetter: true,
})

interface Run {
  /** Seconds; of a program that has made one pack already, but for `first`. */
  intake: number
  first: number
  assemble: number
  verify: number
  /** Seconds of processor of one assembly, all processes. */
  processor: number
  /** Bytes of ZIP and PDF, and of what came in. */
  bytes: number
  input: number
  /** Peak of the process and of those it started, bytes. */
  memory: Record<'intake' | 'assemble' | 'verify', number>
}

const told = (run: Run): string =>
  `${run.assemble.toFixed(2)} s (${run.processor.toFixed(2)} s of processor; ${run.first.toFixed(2)} s the first time) and ${Math.round(run.memory.assemble / 1e6)} MB, after ${run.intake.toFixed(2)} s and ${Math.round(run.memory.intake / 1e6)} MB of taking the exhibits in; verified in ${run.verify.toFixed(2)} s and ${Math.round(run.memory.verify / 1e6)} MB`

interface Timed {
  ms: number
  cpu: number
}

async function runPack(folder: string, files: string[]): Promise<Run> {
  const home = mkdtempSync(join(folder, 'run-'))
  try {
    const intake = await runStep<Timed>('intake', home, files)
    const made = await runStep<{ first: Timed; runs: Timed[]; bytes: number }>('assemble', home)
    const checked = await runStep<Timed>('verify', home)
    return {
      intake: intake.ms / 1e3,
      first: made.first.ms / 1e3,
      assemble: median(made.runs.map(({ ms }) => ms)) / 1e3,
      processor: median(made.runs.map(({ cpu }) => cpu)) / 1e3,
      verify: checked.ms / 1e3,
      bytes: made.bytes,
      input: files.reduce((sum, file) => sum + statSync(file).size, 0),
      memory: { intake: intake.memory, assemble: made.memory, verify: checked.memory },
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

async function runStep<T>(step: string, home: string, files: string[] = []): Promise<T & { memory: number }> {
  const program = fileURLToPath(new URL('./pack-run.ts', import.meta.url))
  let memory = 0
  const output = await new Promise<string>((done, failed) => {
    // As the program itself is started.
    const args = ['--no-warnings', '--max-semi-space-size=16', program, step, home, ...files]
    const child = execFile(process.execPath, args, (error, stdout, stderr) => {
      clearInterval(watch)
      if (error) failed(new Error(stderr.split('\n').find((line) => /Error/.test(line)) ?? error.message))
      else done(stdout)
    })
    const watch = setInterval(() => (memory = Math.max(memory, memoryOf(child.pid!))), 10)
  })
  return { ...(JSON.parse(output) as T), memory }
}

/** Resident memory of a process and its children, bytes; 0 where /proc does not tell. */
function memoryOf(pid: number): number {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    )
    return pages * 4096 + children.reduce((sum, child) => sum + memoryOf(child), 0)
  } catch {
    return 0
  }
}

/** So many PDFs of so many pages, each page with a text and a picture of noise, that no compression shrinks. */
async function documents(
  engine: TypstEngine,
  folder: string,
  name: string,
  count: number,
  pages: number,
  side: number,
): Promise<string[]> {
  const random = seededRandom(`bench ${name}`)
  const source = [
    '#set document(date: auto)',
    '#let data = json(bytes(sys.inputs.at("data")))',
    '#for n in range(data.pages) { page[Page #(n + 1) #lorem(120) #image("/" + str(n) + ".png", width: 8cm)] }',
  ].join('\n')
  const files: string[] = []
  for (let i = 0; i < count; i++) {
    const pictures = Object.fromEntries(Array.from({ length: pages }, (_, n) => [`/${n}.png`, noise(random, side)]))
    const pdf = await engine.compile({
      template: 'bench.typ',
      sources: { 'bench.typ': source },
      data: { pages },
      files: pictures,
      pdf: { timestamp: Temporal.Instant.from('2026-03-02T09:30:00Z'), standard: 'none', tagged: false },
    })
    const file = join(folder, `${name}-${i}.pdf`)
    writeFileSync(file, pdf)
    files.push(file)
  }
  return files
}

/** A grey square of noise, as PNG. */
function noise(random: Random, side: number): Uint8Array {
  const rows = random.bytes(side * (side + 1))
  for (let y = 0; y < side; y++) rows[y * (side + 1)] = 0
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data])
    const framed = Buffer.alloc(body.length + 8)
    framed.writeUInt32BE(data.length, 0)
    body.copy(framed, 4)
    framed.writeUInt32BE(crc32(body), body.length + 4)
    return framed
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(side, 0)
  head.writeUInt32BE(side, 4)
  head.set([8, 0], 8)
  const signature = Buffer.from('89504e470d0a1a0a', 'hex')
  return Buffer.concat([
    signature,
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows, { level: 0 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
