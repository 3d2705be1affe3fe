#!/usr/bin/env node
// Runs the command line under the Node that the project carries, whatever Node started it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = (path) => fileURLToPath(new URL(path, import.meta.url))
const carried = here(process.platform === 'win32' ? '../node_modules/.bin/node.cmd' : '../node_modules/.bin/node')
const node = existsSync(carried) ? carried : process.execPath
if (node === process.execPath && !('Temporal' in globalThis)) {
  console.error(`Node 26, que npm apporte, n’est pas là (ici Node ${process.versions.node}).\nLancez « npm ci ».`)
  process.exit(2)
}
const argv = process.argv.slice(2)
// Half of what V8 would let young objects take: the memory of a night of letters is counted in all processes. The API has it all: what
// its requests are at work on would be copied twice as often, and a page cost a tenth more. A worker collects its garbage itself: a
// thread woken for it takes a processor from a letter.
const young = argv[0] === 'serve' ? 32 : 16
const flags = [`--max-semi-space-size=${young}`, ...(argv[0] === 'work' ? ['--single-threaded-gc'] : [])]
const command = [...flags, here('./courtois.ts'), ...argv]
const throughNpm = process.env.npm_lifecycle_event !== undefined
// In our place, where Node can: one process the less, and signals go straight to it. npm's shell wants somebody who watches it.
if (process.execve && process.platform !== 'win32' && !throughNpm) process.execve(node, [node, ...command], process.env)
const child = spawn(node, command, { stdio: 'inherit', shell: process.platform === 'win32' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
// npm sends a signal to its shell alone, which dies of it without a word to us.
if (throughNpm) {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    child.kill('SIGTERM')
  }, 250).unref()
}
child.on('exit', (code, signal) => {
  // Our own handler would swallow the signal: without it, the caller sees that the work was cut short.
  if (signal) {
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  } else process.exitCode = code ?? 1
})
