import { execFile } from 'node:child_process'
import { delimiter, resolve } from 'node:path'
import { DomainError } from '../schema/errors.ts'

// Variables that git reads.
type Environment = Record<string, string>

/** What lets git in the first repository read the objects of the others: nothing is copied, nothing is written. */
export async function borrowing(directories: string[]): Promise<Environment> {
  const others = directories.slice(1)
  if (others.length === 0) return {}
  const stores = await Promise.all(
    others.map(async (directory) =>
      resolve(directory, (await git(directory, ['rev-parse', '--git-path', 'objects'])).trim()),
    ),
  )
  return { GIT_ALTERNATE_OBJECT_DIRECTORIES: stores.join(delimiter) }
}

/** What a git command prints. Refuses with no_history, in git's own words. */
export const git = async (directory: string, args: string[], environment?: Environment): Promise<string> =>
  (await run(directory, args, environment)).toString('utf8')

/** The same, byte for byte. */
export function run(directory: string, args: string[], environment: Environment = {}, input?: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const options = {
      cwd: directory,
      maxBuffer: 1 << 29,
      encoding: 'buffer' as const,
      env: { ...process.env, LC_ALL: 'C.UTF-8', GIT_OPTIONAL_LOCKS: '0', ...environment },
    }
    const child = execFile('git', args, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      reject(
        new DomainError(
          'no_history',
          `L'historique des courriers n'est pas lisible : ${stderr.toString().trim().split('\n')[0] || error.message}.`,
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
