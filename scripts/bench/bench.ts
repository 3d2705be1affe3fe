/** One figure, measured beside a peer or a floor in the same run: the ratio is what is kept, single timings are noise. */
export interface Figure {
  name: string
  value: number
  unit: string
  /** What stands beside it, in words. */
  against: string
  /** value / the peer's value. */
  ratio: number
  /** The ratio wanted, at least. */
  goal: number
}

/** A file of scripts/bench exports one of these as `bench`. */
export interface Bench {
  name: string
  summary: string
  run(tell: (line: string) => void): Promise<Figure[]>
}

/** Seconds that the work took. */
export async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}
