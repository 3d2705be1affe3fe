import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** One process of this machine, as `ps` tells it. */
export interface ProcessRow {
  pid: number
  parent: number
  /** Megabytes it holds. What it shares with others (code, PostgreSQL's buffers) is divided among them where Linux tells; else resident. */
  megabytes: number
  name: string
}

/** A process and everything it started, as they stand now. */
export function familyOf(pid: number): ProcessRow[] {
  const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,rss=,comm='], { encoding: 'utf8' })
  const rows = table
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .map(([each, parent, kilobytes, name = '']) => {
      return { pid: Number(each), parent: Number(parent), megabytes: Number(kilobytes) / 1000, name }
    })
  const family = new Set([pid])
  for (let size = 0; size < family.size;) {
    size = family.size
    for (const row of rows) if (family.has(row.parent)) family.add(row.pid)
  }
  return rows
    .filter((row) => family.has(row.pid))
    .map((row) => ({ ...row, megabytes: shareOf(row.pid) ?? row.megabytes }))
}

// Three processes run the same program and two PostgreSQL's buffers: added up as resident, each page counts as often as it is seen.
function shareOf(pid: number): number | undefined {
  try {
    const kilobytes = /^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1000
  } catch {
    return undefined
  }
}
