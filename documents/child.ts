import type { ChildProcess } from 'node:child_process'

/** Keeps this program alive while a child works for it, and lets it end when none does. */
export function hold(child: ChildProcess, busy: boolean): void {
  if (busy) {
    child.ref()
    child.channel?.ref()
  } else {
    child.unref()
    child.channel?.unref()
  }
}
