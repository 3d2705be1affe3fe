/** How far long work has come, on one line that is gone when it is done. Only a terminal is told: elsewhere nothing is written. */
interface Progress {
  /** One more is done, or begun. `total`, once it is known, draws a bar. */
  step(total?: number): void
  /** Takes the line away, for other words or at the end; the next step draws it again. */
  end(): void
}

type Screen = Pick<NodeJS.WriteStream, 'isTTY' | 'write'>

const width = 30
// Drawn a hundred times it would cost more than the work.
const pause = 50

/** `what` names in French what is counted: « fichiers ». */
export function progressLine(what: string, total?: number, screen: Screen = process.stderr): Progress {
  if (!screen.isTTY) return { step() {}, end() {} }
  let done = 0
  let drawn = -Infinity
  return {
    step(known = total) {
      done++
      if (performance.now() - drawn < pause) return
      drawn = performance.now()
      screen.write(`\r\x1b[K${told(done, known)} ${what}`)
    },
    end() {
      if (drawn > -Infinity) screen.write('\r\x1b[K')
      drawn = -Infinity
    },
  }
}

/** The line while that work lasts; what is done calls `step`. */
export async function withProgress<T>(what: string, work: (step: Progress['step']) => Promise<T>): Promise<T> {
  const { step, end } = progressLine(what)
  try {
    return await work(step)
  } finally {
    end()
  }
}

function told(done: number, total: number | undefined): string {
  if (total === undefined) return String(done)
  const full = Math.round((Math.min(done, total) / Math.max(total, 1)) * width)
  return `[${'█'.repeat(full)}${' '.repeat(width - full)}] ${done}/${total}`
}
