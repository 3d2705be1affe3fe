import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const folder = fileURLToPath(new URL('./peers/', import.meta.url))

/** The folder of a peer from npm, installed the first time with all the others; none, and why is told, where it cannot be. */
export async function peer(name: string, tell: (line: string) => void): Promise<string | undefined> {
  const found = join(folder, 'node_modules', name)
  if (existsSync(found)) return found
  tell(`installing ${name} and the other peers in scripts/bench/peers`)
  try {
    await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder })
  } catch (error) {
    tell(`${name} is left out: npm did not install it (${(error as Error).message.split('\n')[0]})`)
    return undefined
  }
  return found
}
