import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Hono } from 'hono'
import { signToken } from '../api/auth.ts'
import { oidcSettings, openOidc } from '../api/oidc.ts'
import { createApp } from '../api/server.ts'
import { secret, useApi } from './api.ts'

const api = useApi()
const audience = 'https://courtois.example/api'
let server: Server
let issuer = ''
let app: Hono

/** The provider dates its tokens by its own clock: whoever reads them must live at the same time. */
const theirClock = () => Temporal.Now.instant()

/** A real provider on loopback: machines ask it for access tokens, each with the role that it gives them. */
beforeAll(async () => {
  server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = (client_id: string) => ({
    client_id,
    client_secret: `${client_id}-secret`,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  })
  const provider = new Provider(issuer, {
    clients: [client('legal'), client('creditor'), client('nobody'), client('other')],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => ({
          scope: '',
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 3600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: (_ctx, token) => {
      const who = 'clientId' in token ? token.clientId : ''
      if (who === 'legal') return { roles: ['staff', 'legal'], name: 'Inès Roux' }
      if (who === 'creditor') return { roles: ['creditor'], name: 'Delorme' }
      return { name: 'Personne' }
    },
  })
  const answer = provider.callback()
  server.on('request', (request, response) => void answer(request, response))
  const made = createApp({
    office: api.office,
    sql: api.sql,
    clock: { today: () => api.today, now: theirClock },
    secret,
    identity: openOidc({ issuer, audience, roleClaim: 'roles' }),
    log: () => {},
  })
  app = made.app
})
afterAll(() => void server.close())

async function tokenOf(client: string, resource = audience): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${client}:${client}-secret`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}

const ask = async (token: string) => {
  const response = await app.request('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: '{ viewer { role name } }' }),
  })
  return { status: response.status, text: await response.text() }
}

describe('a token of an OpenID Connect provider', () => {
  test('opens the house with the role that the provider gave', async () => {
    const { status, text } = await ask(await tokenOf('legal'))
    expect(status).toBe(200)
    expect(JSON.parse(text).data.viewer).toEqual({ role: 'LEGAL', name: 'Inès Roux' })
  })

  test.each([
    ['without a role known here', () => tokenOf('nobody')],
    ['of a creditor without its creditor', () => tokenOf('creditor')],
    ['for another service', () => tokenOf('legal', 'https://autre.example/')],
    ['forged at its end', async () => `${(await tokenOf('legal')).slice(0, -8)}AAAAAAAA`],
    ['that is no token', async () => 'bonjour'],
    [
      'signed with nothing',
      async () =>
        `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"role":"admin"}').toString('base64url')}.`,
    ],
  ])('%s is refused', async (_what, make) => {
    const { status, text } = await ask(await make())
    expect(status).toBe(401)
    expect(text).toContain('bad_token')
  })

  test('leaves the tokens of the house in use', async () => {
    const viewer = { role: 'editor', name: 'Essai', creditorId: null, bailiffId: null } as const
    const { status, text } = await ask(await signToken(secret, viewer, theirClock()))
    expect(status).toBe(200)
    expect(JSON.parse(text).data.viewer.role).toBe('EDITOR')
  })
})

describe('the settings', () => {
  test('want an audience, and https outside this machine', () => {
    expect(oidcSettings({})).toBeNull()
    expect(() => oidcSettings({ OIDC_ISSUER: 'https://id.example' })).toThrow(
      expect.objectContaining({ code: 'oidc_incomplete' }),
    )
    expect(() => openOidc({ issuer: 'http://id.example', audience })).toThrow(
      expect.objectContaining({ code: 'oidc_unsafe' }),
    )
  })

  test('of a provider that does not answer say so, and are asked again later', async () => {
    const identity = openOidc({ issuer: 'http://127.0.0.1:9', audience })
    await expect(identity(await tokenOf('legal'), theirClock())).rejects.toMatchObject({ code: 'identity_unreachable' })
  })

  test('of a provider whose keys cannot be had say so too, and call no token bad', async () => {
    const keys = { answers: 'no' }
    const half = createServer((request, response) => {
      const issuer = `http://127.0.0.1:${(half.address() as AddressInfo).port}`
      if (request.url === '/keys' && keys.answers === 'no') return void response.writeHead(500).end()
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(request.url === '/keys' ? { keys: [] } : { issuer, jwks_uri: `${issuer}/keys` }))
    })
    await new Promise<void>((done) => void half.listen(0, '127.0.0.1', done))
    try {
      const issuer = `http://127.0.0.1:${(half.address() as AddressInfo).port}`
      const token = await tokenOf('legal')
      const asked = openOidc({ issuer, audience })(token, theirClock())
      await expect(asked).rejects.toMatchObject({ code: 'identity_unreachable' })
      keys.answers = 'yes'
      const unknown = openOidc({ issuer, audience })(token, theirClock())
      await expect(unknown).rejects.toMatchObject({ code: 'bad_token' })
    } finally {
      await new Promise((done) => half.close(done))
    }
  })
})
