import { readFileSync } from 'node:fs'
import { familyOf } from './bench-processes.ts'

/** Seconds of processor, user and system, that this program and everything it started have used up to now. */
export interface Cpu {
  /** This process: the driver of a bench, or the program with its clockwork. */
  program: number
  /** The Typst processes. */
  compositors: number
  /** PostgreSQL: the server and its backends, those that have ended too. */
  database: number
}

/** Linux alone tells it finely enough; elsewhere undefined. A Typst process that ended since takes its share with it. */
export function cpuNow(): Cpu | undefined {
  if (process.platform !== 'linux') return undefined
  const { user, system } = process.cpuUsage()
  const cpu: Cpu = { program: (user + system) / 1e6, compositors: 0, database: 0 }
  for (const { pid, name } of familyOf(process.pid)) {
    if (pid === process.pid) continue
    if (/postgres/.test(name)) cpu.database += secondsOf(pid, 4)
    else if (/node/i.test(name)) cpu.compositors += secondsOf(pid, 2)
  }
  return cpu
}

export const cpuSince = (before: Cpu, after: Cpu): Cpu => ({
  program: after.program - before.program,
  compositors: after.compositors - before.compositors,
  database: after.database - before.database,
})

// proc_pid_stat(5): utime and stime, then those of its children that have ended; the kernel counts in hundredths.
function secondsOf(pid: number, fields: 2 | 4): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const ticks = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return ticks.slice(11, 11 + fields).reduce((sum, each) => sum + Number(each), 0) / 100
  } catch {
    return 0
  }
}
