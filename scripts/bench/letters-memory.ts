import type { Figure } from './bench.ts'
import type { Ground } from './letters.ts'
import { throughPipeline } from './letters-speed.ts'
import { familyOf } from './bench-processes.ts'

const limit = 600

/** What the program and its compositors hold while letters go by, and whether it grows; PostgreSQL is told beside. */
export async function memoryFigures(ground: Ground, tell: (line: string) => void): Promise<Figure[]> {
  const samples: Memory[] = []
  let last = 0
  tell('letters: the memory of every process while they go by')
  await throughPipeline(ground, async () => {
    if (performance.now() - last < 250) return
    last = performance.now()
    samples.push(memoryNow())
  })
  const most = (part: Memory[], of: (memory: Memory) => number) => Math.max(...part.map(of))
  const ours = ({ program, compositors }: Memory) => program + compositors
  const quarter = Math.max(1, Math.floor(samples.length / 4))
  const peak = most(samples, ours)
  // The first quarter warms up: the second is where it should have settled.
  const early = most(samples.slice(quarter, 2 * quarter), ours)
  const late = most(samples.slice(-quarter), ours)
  const [written] = await ground.sql<{ letters: number }[]>`select count(*)::int as letters from documents`
  const name = `letters, memory over ${written!.letters}`
  const [program, compositors, database] = (['program', 'compositors', 'database'] as const).map((key) =>
    Math.round(most(samples, (memory) => memory[key])),
  )
  return [
    {
      name,
      value: peak,
      unit: 'MB',
      against: `${limit} MB for the program (${program} at its peak) and its Typst processes (${compositors}); PostgreSQL beside them: ${database}`,
      ratio: peak / limit,
      goal: 1,
      lessIsBetter: true,
    },
    {
      name: `${name}, growth`,
      value: late,
      unit: 'MB in the last quarter',
      against: `${Math.round(early)} MB in the second quarter`,
      ratio: late / early,
      goal: 1.1,
      lessIsBetter: true,
    },
  ]
}

/** Megabytes. */
interface Memory {
  program: number
  compositors: number
  database: number
}

function memoryNow(): Memory {
  const memory: Memory = { program: 0, compositors: 0, database: 0 }
  for (const { pid, megabytes, name } of familyOf(process.pid)) {
    if (pid === process.pid) memory.program += megabytes
    else if (/postgres/.test(name)) memory.database += megabytes
    else if (/node/i.test(name)) memory.compositors += megabytes
  }
  return memory
}
