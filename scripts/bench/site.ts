import { execFile } from 'node:child_process'
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Bench, type Figure, median, seconds } from './bench.ts'
import { peer } from './bench-peers.ts'
import { readyPages, writeCallingProject, writeProject } from './site-project.ts'

const rounds = 3
const day = '2026-03-03'
const program = fileURLToPath(new URL('./site-pages.ts', import.meta.url))

/**
 * The pages of the site of the letters, from the start of a program to the last file: first with their contents ready,
 * set in their frame and written; then made from nothing, by the same functions on both sides. Neither PDF nor index.
 */
export const bench: Bench = {
  name: 'site',
  summary: 'seconds to write the site of the letters, beside Eleventy on the same pages',
  async run(tell) {
    const eleventy = await peer('@11ty/eleventy', tell)
    if (!eleventy) return []
    const folder = mkdtempSync(join(tmpdir(), 'courtois-eleventy-'))
    const at = (name: string) => join(folder, name)
    try {
      tell('site: making the pages once')
      await node([program, 'whole', at('ours'), day])
      const pages = readyPages(at('ours'))
      writeFileSync(at('pages.json'), JSON.stringify(pages))
      writeProject(at('frame'), pages)
      writeCallingProject(at('whole'), pages, day)
      const byEleventy = (input: string, ...more: string[]) =>
        node(
          [join(eleventy, 'cmd.cjs'), '--quiet', `--input=${at(input)}`, `--output=${at(`${input}-out`)}`, ...more],
          at(input),
        )
      const beside = async (what: string, ours: () => Promise<void>, input: string, more: string[], goal: number) => {
        const measured: [ours: number, theirs: number][] = []
        for (let round = 1; round <= rounds; round++) {
          tell(`site: ${what}, round ${round} of ${rounds}, by us, then by Eleventy`)
          rmSync(at(`${input}-out`), { recursive: true, force: true })
          measured.push([await seconds(ours), await seconds(() => byEleventy(input, ...more))])
        }
        const made = globSync('**/*.html', { cwd: at(`${input}-out`) }).length
        if (made !== pages.length) throw new Error(`Eleventy wrote ${made} pages of ${pages.length}`)
        return figureOf(`site, ${pages.length} pages ${what}`, measured, goal)
      }
      return [
        await beside(
          'from ready contents',
          () => node([program, 'frame', at('framed'), at('pages.json')]),
          'frame',
          [],
          0.65,
        ),
        await beside(
          'from nothing',
          () => node([program, 'whole', at('ours'), day]),
          'whole',
          ['--formats=11ty.js'],
          1,
        ),
      ]
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

function figureOf(name: string, measured: [ours: number, theirs: number][], goal: number): Figure {
  return {
    name,
    value: median(measured.map(([ours]) => ours)),
    unit: 's',
    against: `Eleventy, the same pages: ${median(measured.map(([, theirs]) => theirs)).toFixed(2)} s`,
    ratio: median(measured.map(([ours, theirs]) => ours / theirs)),
    goal,
    lessIsBetter: true,
  }
}

async function node(args: string[], cwd?: string): Promise<void> {
  await promisify(execFile)(process.execPath, args, cwd === undefined ? {} : { cwd })
}
