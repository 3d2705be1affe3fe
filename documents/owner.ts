import { hostname } from 'node:os'

// A process number means something on its own machine only, and containers may share a folder.
const markOf = (pid: number | string): string => `${pid}@${hostname()}`

/** Whose a temporary folder is, to be told from what a killed process left behind. */
export const ownMark = markOf(process.pid)

/** True for the mark of a process of this machine that is no more; nothing can be said of another machine's. */
export function isGone(mark: string): boolean {
  const [pid] = mark.split('@')
  return mark === markOf(pid!) && /^[1-9]\d*$/.test(pid!) && !alive(Number(pid))
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
