import { readFileSync } from 'node:fs'
import { DomainError } from '../schema/errors.ts'

/** One command of the `courtois` line: a file in scripts/commands exports one of these as `command`. */
export interface Command {
  name: string
  /** One line in French, shown in the list of commands. */
  summary: string
  /** What `--help` prints, in French: usage, options, examples; a hundred characters a line. Its typography is given as it is printed. */
  help: string
  /** Returns the exit code; 0 when it returns nothing. Throws UsageError (exit 2) or DomainError (exit 1). */
  run(argv: string[]): Promise<number | void>
}

/** The command was not understood: exit 2, with a pointer to `--help`. Its message is the end of « courtois NOM : … ». */
export class UsageError extends Error {}

/** The bytes of a file that the command line names; « - » is the standard input. DomainError `no_such_file`. */
export function readNamed(path: string): Buffer {
  try {
    return readFileSync(path === '-' ? 0 : path)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

export const unreadable = (path: string, cause?: unknown): DomainError =>
  new DomainError('no_such_file', `Le fichier «\u00a0${path}\u00a0» ne peut être lu.`, {
    remedy: 'Vérifiez son chemin.',
    facts: { file: path },
    cause,
  })

/** Words with commas between them, in lines of a hundred characters that begin under the first. */
export function listed(words: readonly string[], indent: number): string {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && indent + last.length + word.length + 3 <= 100)
      lines[lines.length - 1] = `${last}, ${word}`
    else lines.push(word)
  }
  return lines.join(`,\n${' '.repeat(indent)}`)
}

/** No-break spaces where French wants them, but for what is set tight: that is code to be copied. */
export const spacedFr = (text: string): string => text.replace(/ (?=[:;!?»])/g, '\u00a0').replace(/« /g, '«\u00a0')

/** Says of a file what was written, so that nobody has to go and look. */
export function sayWritten(file: string, bytes: number, json = false): void {
  console.log(json ? JSON.stringify({ file, bytes }) : `${file}\u00a0: ${size(bytes)}`)
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes}\u00a0octets`
  if (bytes < 1_000_000) return `${Math.ceil(bytes / 1000)}\u00a0ko`
  return `${(bytes / 1e6).toLocaleString('fr-FR', { maximumFractionDigits: 1 })}\u00a0Mo`
}
