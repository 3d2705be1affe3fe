/**
 * The one error a person is meant to read. `code` is stable and for machines; `message` says what is wrong in French
 * or in the language of the caller's tool; `remedy` says what to do next; `article` names the rule where a rule refuses.
 * Anything that is not a DomainError is a bug: masked for the client, logged whole.
 */
export class DomainError extends Error {
  readonly code: string
  readonly remedy: string
  readonly facts: Record<string, unknown>
  readonly article: string | undefined

  constructor(
    code: string,
    message: string,
    options: { remedy: string; facts?: Record<string, unknown>; article?: string; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'DomainError'
    this.code = code
    this.remedy = options.remedy
    this.facts = options.facts ?? {}
    this.article = options.article
  }
}

/** The code that PostgreSQL, Node or we ourselves gave an error; undefined where it has none. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error ? String(error.code) : undefined

/** What is uncertain and must be seen wherever the figure or the fact is shown. */
export interface Doubt {
  code: string
  message: string
}
