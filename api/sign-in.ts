import * as oidc from 'openid-client'
import { DomainError } from '../schema/errors.ts'
import { type Viewer, viewerOf } from './auth.ts'
import { knownClaims, type OidcSettings, requireSafe, unreachable } from './oidc.ts'

/** What a sign-in that has begun keeps in the browser until it comes back. */
export interface PendingSignIn {
  state: string
  nonce: string
  verifier: string
}

/** Signs people in by the provider's own page: authorization code with PKCE, state and nonce (RFC 9700). */
export interface SignIn {
  begin(redirectUri: string): Promise<{ url: string; pending: PendingSignIn }>
  /** Whom the provider names; DomainError `sign_in_failed` for an answer that was not asked for, or says no. */
  finish(callback: URL, pending: PendingSignIn): Promise<Viewer>
}

/** Null where no client is registered with the provider: people then enter by the link that they are given. */
export function openSignIn({ issuer, roleClaim = 'role', clientId, clientSecret }: OidcSettings): SignIn | null {
  if (!clientId || !clientSecret) return null
  requireSafe(issuer)
  let found: Promise<oidc.Configuration> | undefined
  const configuration = async (): Promise<oidc.Configuration> => {
    found ??= discover(issuer, clientId, clientSecret)
    try {
      return await found
    } catch (error) {
      // The next person asks again.
      found = undefined
      throw error
    }
  }
  return {
    async begin(redirectUri) {
      const config = await configuration()
      const pending = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() }
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid profile',
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: 'S256',
      })
      return { url: url.href, pending }
    },
    async finish(callback, { state, nonce, verifier }) {
      const config = await configuration()
      try {
        const tokens = await oidc.authorizationCodeGrant(config, callback, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        })
        const claims = tokens.claims()!
        const said = roleClaim in claims ? claims : await oidc.fetchUserInfo(config, tokens.access_token, claims.sub)
        return viewerOf(knownClaims(said, roleClaim))
      } catch (cause) {
        throw refused(cause)
      }
    },
  }
}

async function discover(issuer: string, clientId: string, clientSecret: string): Promise<oidc.Configuration> {
  // In the clear on this machine alone: requireSafe has refused everything else.
  const execute = issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : []
  try {
    const found = await oidc.discovery(new URL(issuer), clientId, clientSecret, undefined, { execute, timeout: 5 })
    // What the description names is asked by this machine, with the client's secret.
    const { authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri } = found.serverMetadata()
    for (const each of [authorization_endpoint, token_endpoint, userinfo_endpoint, jwks_uri])
      if (each !== undefined) requireSafe(each)
    return found
  } catch (cause) {
    throw unreachable(cause)
  }
}

export const refused = (cause?: unknown): DomainError =>
  new DomainError('sign_in_failed', 'La connexion n’a pas abouti.', {
    remedy:
      'Recommencez\u00a0; si cela dure, votre compte n’a peut-être pas de rôle ici\u00a0: demandez à l’administrateur.',
    cause,
  })
