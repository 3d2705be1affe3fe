/** One figure, measured beside a peer or a floor in the same run: the ratio is what is kept, single timings are noise. */
export interface Figure {
  name: string
  value: number
  unit: string
  /** What stands beside it, in words. */
  against: string
  /** value / the peer's value. */
  ratio: number
  /** The ratio wanted: at least, or at most where less is better. */
  goal: number
  lessIsBetter?: boolean
}

export interface BenchOptions {
  /** The long run, where there is a shorter one. */
  full: boolean
}

/** A file of scripts/bench exports one of these as `bench`; a file whose name has a dash is a part of one. */
export interface Bench {
  name: string
  summary: string
  run(tell: (line: string) => void, options: BenchOptions): Promise<Figure[]>
}

/** Seconds that the work took. */
export async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

/** The middle of several measures, which a slow moment of the machine does not move. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

/** What ninety-nine of a hundred measures stay under. */
export const p99 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? NaN
