import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { crc32, deflateSync } from 'node:zlib'
import { nativeTypst, type TypstEngine } from '../../documents/typst.ts'
import { type Random, seededRandom } from '../../schema/random.ts'
import { type Bench, type Figure, median, seconds } from './bench.ts'

/** Court packs: time beside a bare merge by qpdf, growth with pages and exhibits, memory of all processes, verification. */
export const bench: Bench = {
  name: 'pack',
  summary:
    'a pack of 300 pages beside a bare qpdf merge; 1,000 and 3,000 pages; 28 and 120 exhibits; memory; verify MB/s',
  async run(tell, { full }) {
    const folder = mkdtempSync(join(tmpdir(), 'courtois-bench-pack-'))
    const engine = nativeTypst()
    try {
      const heavy = await documents(engine, folder, 'heavy', 30, 10, 600)
      const figures = [...(await besideQpdf(folder, heavy, tell))]
      // Lighter pages, as a word processor makes them: the number of pages is what grows.
      const light = await documents(engine, folder, 'light', 100, 10, 60)
      const measured: [pages: number, run: Run][] = []
      for (const pages of full ? [300, 1000, 3000] : [300, 1000]) {
        const run = await runPack(
          folder,
          Array.from({ length: pages / 10 }, (_, i) => light[i % light.length]!),
        )
        tell(`pack: ${pages} light pages in ${told(run)}`)
        measured.push([pages, run])
      }
      const [first, ...others] = measured as [[number, Run], ...[number, Run][]]
      for (const [pages, run] of others) {
        const each = (run.assemble - run.seal) / pages / ((first[1].assemble - first[1].seal) / first[0])
        figures.push({
          name: `${pages} pages, time a page`,
          value: run.assemble - run.seal,
          unit: 's',
          against: `300 pages in ${(first[1].assemble - first[1].seal).toFixed(2)} s`,
          ratio: each,
          goal: 1.2,
          lessIsBetter: true,
        })
      }
      for (const count of [28, 120]) {
        const run = await runPack(
          folder,
          Array.from({ length: count }, (_, i) => light[i % light.length]!),
        )
        tell(`pack: ${count} exhibits of 10 pages in ${told(run)}`)
      }
      if (full) {
        const scan = await documents(engine, folder, 'scan', 1, 250, 1000)
        const run = await runPack(folder, scan).catch((error: unknown) => {
          tell(`pack: one scan of 250 MB: ${String(error).slice(0, 200)}`)
          return null
        })
        if (run) tell(`pack: one scan of ${Math.round(run.input / 1e6)} MB in ${told(run)}`)
      }
      return figures
    } finally {
      await engine.close()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

async function besideQpdf(folder: string, files: string[], tell: (line: string) => void): Promise<Figure[]> {
  const runs = [await runPack(folder, files), await runPack(folder, files), await runPack(folder, files)]
  const run = runs.toSorted((a, b) => a.assemble - b.assemble)[1]!
  tell(`pack: 300 heavy pages (${Math.round(run.input / 1e6)} MB in) in ${told(run)}`)
  const without = run.assemble - run.seal
  const figures: Figure[] = [
    {
      name: 'memory of a pack of 300 pages, all processes',
      value: run.memory / 1e6,
      unit: 'MB',
      against: '500 MB',
      ratio: run.memory / 500e6,
      goal: 1,
      lessIsBetter: true,
    },
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
  const merge = median(
    await times(3, () =>
      seconds(async () => {
        const { status } = spawnSync('qpdf', ['--empty', '--pages', ...files, '--', merged])
        if (status !== 0) throw new Error('qpdf did not merge')
      }),
    ),
  )
  return [
    {
      name: 'pack of 300 pages, seal apart',
      value: without,
      unit: 's',
      against: `bare qpdf merge in ${merge.toFixed(2)} s`,
      ratio: without / merge,
      goal: 1.6,
      lessIsBetter: true,
    },
    ...figures,
  ]
}

async function times<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let i = 0; i < count; i++) results.push(await work())
  return results
}

interface Run {
  /** Seconds. */
  normalise: number
  assemble: number
  seal: number
  verify: number
  /** Bytes of ZIP and PDF, and of what came in. */
  bytes: number
  input: number
  /** Peak of the process and of those it started, bytes. */
  memory: number
}

const told = (run: Run): string =>
  `${(run.assemble - run.seal).toFixed(2)} s and ${run.seal.toFixed(2)} s of seal, after ${run.normalise.toFixed(2)} s of checking the exhibits; ${Math.round(run.memory / 1e6)} MB at the most`

async function runPack(folder: string, files: string[]): Promise<Run> {
  const program = fileURLToPath(new URL('./pack-run.ts', import.meta.url))
  let memory = 0
  const output = await new Promise<string>((done, failed) => {
    const child = execFile(process.execPath, ['--no-warnings', program, folder, ...files], (error, stdout, stderr) => {
      clearInterval(watch)
      if (error) failed(new Error(stderr.split('\n').find((line) => /Error/.test(line)) ?? error.message))
      else done(stdout)
    })
    const watch = setInterval(() => (memory = Math.max(memory, memoryOf(child.pid!))), 20)
  })
  const run = JSON.parse(output) as Record<'normalise' | 'assemble' | 'seal' | 'verify' | 'bytes', number>
  const input = files.reduce((sum, file) => sum + readFileSync(file).length, 0)
  const { normalise, assemble, seal, verify, bytes } = run
  return {
    normalise: normalise / 1e3,
    assemble: assemble / 1e3,
    seal: seal / 1e3,
    verify: verify / 1e3,
    bytes,
    input,
    memory,
  }
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
    '#for n in range(data.pages) { page[Page #(n + 1) #lorem(120) #image("/" + str(calc.rem(n, 10)) + ".png", width: 8cm)] }',
  ].join('\n')
  const files: string[] = []
  for (let i = 0; i < count; i++) {
    const pictures = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`/${n}.png`, noise(random, side)]))
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
