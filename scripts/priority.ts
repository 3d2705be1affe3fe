import { readdirSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Puts this process, and whatever it will start, behind everybody else on its machine. */
export function giveWay(): void {
  for (const thread of threads()) setPriority(thread, 19)
}

/** Linux has a priority for each thread, and the main one speaks for none of those that V8 has begun already. */
function threads(): number[] {
  return process.platform === 'linux' ? readdirSync('/proc/self/task').map(Number) : [0]
}
