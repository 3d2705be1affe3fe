/** One command of the `courtois` line: a file in scripts/commands exports one of these as `command`. */
export interface Command {
  name: string
  /** One line, shown in the list of commands. */
  summary: string
  /** What `--help` prints: usage, options, examples. */
  help: string
  /** Returns the exit code; 0 when it returns nothing. Throws UsageError (exit 2) or DomainError (exit 1). */
  run(argv: string[]): Promise<number | void>
}

/** The command was not understood: exit 2, with a pointer to `--help`. */
export class UsageError extends Error {}
