import { GraphQLError } from 'graphql'
import { DomainError, errorCode } from '../schema/errors.ts'
import { inputFault } from './graphql/input-faults.ts'
import { countRefusal } from './metrics.ts'

/** Where whole errors go: a bug is masked for the client and kept here with its cause. */
export type Log = (error: unknown) => void

/** The one place where an error becomes GraphQL: a DomainError says itself, anything else is a bug. */
export function maskError(error: unknown, message: string, log: Log): Error {
  const cause = causeOf(error)
  const place =
    error instanceof GraphQLError
      ? { nodes: error.nodes, source: error.source, positions: error.positions, path: error.path }
      : {}
  if (cause instanceof DomainError) {
    countRefusal(cause)
    const { code, remedy, article, facts } = cause
    return new GraphQLError(cause.message, {
      ...place,
      extensions: {
        code,
        remedy,
        ...(article ? { article } : {}),
        facts,
        ...(code === 'query_too_long' ? { http: { status: 400 } } : {}),
      },
    })
  }
  // Raised by graphql itself, or by a rule of ours: already meant for the client.
  if (cause instanceof GraphQLError) return inputFault(error instanceof GraphQLError ? error : cause)
  log(error)
  return new GraphQLError(message, { ...place, extensions: { code: 'internal_error', unexpected: true } })
}

function causeOf(error: unknown): unknown {
  let cause = error
  while (cause instanceof GraphQLError && cause.originalError) cause = cause.originalError
  return isUnstorable(cause) ? unstorable(cause) : cause
}

/** PostgreSQL's text holds every character but NUL. */
const isUnstorable = (error: unknown): boolean => ['22021', '22P05'].includes(errorCode(error) ?? '')
const unstorable = (cause: unknown): DomainError =>
  new DomainError('bad_text', 'Un texte contient un caractère nul, qui ne peut être gardé.', {
    remedy: 'Retirez les caractères invisibles du texte.',
    cause,
  })

const statuses: Record<string, number> = {
  bad_token: 401,
  sign_in_failed: 401,
  identity_unreachable: 503,
  unauthenticated: 401,
  forbidden: 403,
  bad_signature: 403,
  not_found: 404,
  pack_not_found: 404,
  document_not_found: 404,
  batch_not_found: 404,
  exhibit_not_found: 404,
  dispute_not_found: 404,
  coupon_not_found: 404,
  upload_busy: 409,
  upload_gone: 410,
  purged: 410,
  consent_link_over: 410,
  file_too_large: 413,
  antivirus_silent: 503,
  antivirus_limit: 413,
  body_too_large: 413,
  length_unknown: 411,
  too_many_attempts: 429,
  foreign_form: 403,
  case_not_found: 404,
  consent_not_found: 404,
  upload_not_found: 404,
}

/** The same for plain HTTP routes. */
export function httpError(thrown: unknown, log: Log): { status: number; body: object } {
  const error = causeOf(thrown)
  if (error instanceof DomainError) {
    countRefusal(error)
    const { code, message, remedy, article } = error
    return {
      status: statuses[code] ?? 400,
      body: { errors: [{ message, extensions: { code, remedy, ...(article ? { article } : {}) } }] },
    }
  }
  log(error)
  return {
    status: 500,
    body: { errors: [{ message: 'Une erreur inattendue est survenue.', extensions: { code: 'internal_error' } }] },
  }
}
