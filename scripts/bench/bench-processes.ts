import { execFileSync } from 'node:child_process'

/** One process of this machine, as `ps` tells it. */
export interface ProcessRow {
  pid: number
  parent: number
  /** Resident megabytes. */
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
  return rows.filter((row) => family.has(row.pid))
}
