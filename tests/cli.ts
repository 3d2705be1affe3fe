import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './root.ts'

export interface Run {
  code: number | null
  out: string
  err: string
}

/** The command line as a person starts it, in a process and a folder of its own. */
export function courtois(args: string[], { cwd, env }: { cwd: string; env?: Record<string, string> }): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, 'scripts/courtois.ts'), ...args], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const run: Run = { code: null, out: '', err: '' }
    child.stdout.on('data', (text: Buffer) => (run.out += text.toString('utf8')))
    child.stderr.on('data', (text: Buffer) => (run.err += text.toString('utf8')))
    child.on('error', reject)
    child.on('close', (code) => resolve({ ...run, code }))
  })
}
