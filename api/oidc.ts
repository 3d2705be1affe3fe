import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
} from 'jose'
import { DomainError } from '../schema/errors.ts'
import { badToken, type Viewer, viewerOf } from './auth.ts'

/** Reads a bearer token of somebody else's; refuses with `bad_token`, or `identity_unreachable` when nobody answers. */
export type IdentityProvider = (token: string, now: Temporal.Instant) => Promise<Viewer>

export interface OidcSettings {
  /** As the provider writes it, letter for letter: https, or http on this machine alone. */
  issuer: string
  /** What the provider calls this API: a token for another service is refused. */
  audience: string
  /** The client registered for the pages, and its secret; without them nobody signs in by the provider's page. */
  clientId?: string
  clientSecret?: string
  /** The claim that names the role; `role` when absent. A list holds the first role known here. */
  roleClaim?: string
}

/** OIDC_ISSUER and OIDC_AUDIENCE (and OIDC_ROLE_CLAIM); null where there is no provider. */
export function oidcSettings(env: NodeJS.ProcessEnv = process.env): OidcSettings | null {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_ROLE_CLAIM: roleClaim } = env
  if (!issuer) return null
  if (!audience) {
    throw new DomainError('oidc_incomplete', 'OIDC_ISSUER est donné sans OIDC_AUDIENCE.', {
      remedy: 'Donnez le nom que le fournisseur d’identité connaît à cette API : sans lui, tout jeton passerait.',
    })
  }
  const { OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = env
  return {
    issuer,
    audience,
    ...(roleClaim ? { roleClaim } : {}),
    ...(clientId && clientSecret ? { clientId, clientSecret } : {}),
  }
}

// Symmetric ones are not among them: a public key must never be taken for a shared secret.
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']

/** An OpenID Connect provider, found by its own description; its keys are fetched when first needed and kept by jose. */
export function openOidc({ issuer, audience, roleClaim = 'role' }: OidcSettings): IdentityProvider {
  requireSafe(issuer)
  let keys: Promise<JWTVerifyGetKey> | undefined
  return async (token, now) => {
    keys ??= discover(issuer)
    let found: JWTVerifyGetKey
    try {
      found = await keys
    } catch (error) {
      // The next token asks again.
      keys = undefined
      throw error
    }
    try {
      const { payload } = await jwtVerify(token, found, {
        issuer,
        audience,
        algorithms,
        requiredClaims: ['exp', 'sub'],
        currentDate: new Date(now.epochMilliseconds),
      })
      return viewerOf(knownClaims(payload, roleClaim))
    } catch (cause) {
      throw isKeysMissing(cause) ? unreachable(cause) : badToken(cause)
    }
  }
}

const ofKeys = ['ERR_JOSE_GENERIC', errors.JWKSTimeout.code, errors.JWKSInvalid.code]

/** The keys could not be fetched: the token may well be good, and its bearer has nothing to mend. */
const isKeysMissing = (cause: unknown): boolean =>
  cause instanceof errors.JOSEError
    ? ofKeys.includes(cause.code)
    : cause instanceof TypeError && cause.message === 'fetch failed'

/** A token of the house is signed with its own secret; every other belongs to the provider. */
export function isOwnToken(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg === 'HS256'
  } catch (cause) {
    throw badToken(cause)
  }
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  try {
    const response = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
      redirect: 'error',
      signal: AbortSignal.timeout(5_000),
    })
    const description = (await response.json()) as { issuer?: string; jwks_uri?: string }
    if (!response.ok || description.issuer !== issuer || !description.jwks_uri) throw new Error('not this issuer')
    requireSafe(description.jwks_uri)
    return createRemoteJWKSet(new URL(description.jwks_uri))
  } catch (cause) {
    throw unreachable(cause)
  }
}

export const unreachable = (cause: unknown): DomainError =>
  new DomainError('identity_unreachable', 'Le fournisseur d’identité ne répond pas comme attendu.', {
    remedy: 'Réessayez\u00a0; si cela dure, l’administrateur vérifie OIDC_ISSUER.',
    cause,
  })

export function requireSafe(address: string): void {
  const { protocol, hostname } = URL.parse(address) ?? {}
  if (protocol === 'https:' || (protocol === 'http:' && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname ?? '')))
    return
  throw new DomainError('oidc_unsafe', 'L’adresse du fournisseur d’identité doit être en https.', {
    remedy: 'Corrigez OIDC_ISSUER.',
    facts: { address },
  })
}

/** The claims as tokens of the house write them. */
export function knownClaims(payload: JWTPayload, roleClaim: string): Record<string, unknown> {
  const role = payload[roleClaim]
  return {
    ...payload,
    role: Array.isArray(role) ? role : [role],
    name: payload['name'] ?? payload['preferred_username'] ?? payload.sub,
  }
}
