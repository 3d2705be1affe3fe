import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DomainError } from '../schema/errors.ts'

/** Whether a folder stands in a Git repository, its own or one above it. */
export function inRepository(directory: string): boolean {
  for (let at = resolve(directory); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true
    if (at === dirname(at)) return false
  }
}

/** What a git command prints. Refuses with no_history, in git's own words. */
export const git = async (directory: string, args: string[]): Promise<string> =>
  (await run(directory, args)).toString('utf8')

/** The same, byte for byte. */
export function run(directory: string, args: string[], input?: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = {
      cwd: directory,
      maxBuffer: 1 << 29,
      encoding: 'buffer' as const,
      env: { ...process.env, LC_ALL: 'C.UTF-8', GIT_OPTIONAL_LOCKS: '0' },
    }
    const child = execFile('git', args, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      reject(
        new DomainError(
          'no_history',
          `L’historique des courriers n’est pas lisible : ${stderr.toString().trim().split('\n')[0] || error.message}.`,
          {
            remedy: 'Il faut git et le dépôt complet ; vérifiez aussi le nom du commit.',
            facts: { command: args[0] },
            cause: error,
          },
        ),
      )
    })
    // A git that ends before reading says why on its standard error, not here.
    child.stdin?.on('error', () => {})
    if (input === undefined) child.stdin?.destroy()
    else child.stdin?.end(input)
  })
}

/** The bytes of blobs, by their hash, from one git process. */
export async function readBlobs(directory: string, blobs: Iterable<string>): Promise<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>()
  const wanted = [...new Set(blobs)]
  if (wanted.length === 0) return found
  const output = await run(directory, ['cat-file', '--batch'], `${wanted.join('\n')}\n`)
  for (let at = 0; at < output.length;) {
    const end = output.indexOf(10, at)
    const [name = '', , size = '0'] = output.toString('latin1', at, end).split(' ')
    found.set(name, output.subarray(end + 1, end + 1 + Number(size)))
    at = end + 2 + Number(size)
  }
  return found
}

/** Refuses a shallow clone: its first version would be a lie. */
export async function refuseShallow(directory: string): Promise<void> {
  if ((await git(directory, ['rev-parse', '--is-shallow-repository'])).trim() === 'false') return
  throw new DomainError('no_history', 'Le dépôt Git est superficiel : ses premières versions manquent.', {
    remedy: 'Complétez-le : git fetch --unshallow.',
    facts: { directory },
  })
}
