import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openOidc } from '../api/oidc.ts'
import { openSignIn } from '../api/sign-in.ts'

const audience = 'https://courtois.example/api'
const now = Temporal.Instant.from('2026-09-30T08:00:00Z')
const settings = () => ({ issuer: provider.base, audience, clientId: 'courtois', clientSecret: 'secret' })

interface Listening {
  server: Server
  base: string
  asked: string[]
}
async function listening(answer: RequestListener): Promise<Listening> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

let provider: Listening
/** A service of the house that only this machine reaches, which nobody outside may make it ask. */
let inside: Listening
let keys: CryptoKeyPair
let jwk: JWK
let answers: Record<string, { location: string } | object> = {}

beforeAll(async () => {
  keys = await generateKeyPair('ES256')
  jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }
  inside = await listening((_request, response) => response.end(JSON.stringify({ keys: [jwk] })))
  provider = await listening((request, response) => {
    const answer = answers[request.url ?? '']
    if (answer && 'location' in answer) response.writeHead(302, { location: String(answer.location) }).end()
    else
      response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(answer ?? {}))
  })
})
afterAll(() => {
  provider.server.close()
  inside.server.close()
})
beforeEach(() => {
  inside.asked.length = 0
  provider.asked.length = 0
})

const description = (changes: object = {}) => ({
  issuer: provider.base,
  authorization_endpoint: `${provider.base}/auth`,
  token_endpoint: `${provider.base}/token`,
  jwks_uri: `${provider.base}/jwks`,
  response_types_supported: ['code'],
  ...changes,
})
const described = '/.well-known/openid-configuration'

const token = (header: object = {}) =>
  new SignJWT({ role: 'admin', name: 'Inconnu' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header })
    .setIssuer(provider.base)
    .setAudience(audience)
    .setSubject('x')
    .setIssuedAt(now.epochMilliseconds / 1000)
    .setExpirationTime(now.epochMilliseconds / 1000 + 3600)
    .sign(keys.privateKey)

describe('an identity provider, or a token, that points elsewhere', () => {
  test('is believed where it points nowhere: the token of a key it publishes opens', async () => {
    answers = { [described]: description(), '/jwks': { keys: [jwk] } }
    expect(await openOidc(settings())(await token(), now)).toMatchObject({ role: 'admin' })
  })

  test.each(['jku', 'x5u'])('a token cannot name the address of its own key (%s)', async (name) => {
    answers = { [described]: description(), '/jwks': { keys: [] } }
    const reading = openOidc(settings())(await token({ [name]: `${inside.base}/keys` }), now)
    await expect(reading).rejects.toMatchObject({ code: 'bad_token' })
    expect(inside.asked).toEqual([])
  })

  test('its description is not followed elsewhere', async () => {
    answers = { [described]: { location: `${inside.base}/latest/meta-data` } }
    const reading = openOidc(settings())(await token(), now)
    await expect(reading).rejects.toMatchObject({ code: 'identity_unreachable' })
    const signing = openSignIn(settings())!.begin('https://courtois.example/bureau/retour')
    await expect(signing).rejects.toMatchObject({ code: 'identity_unreachable' })
    expect(inside.asked).toEqual([])
  })

  test('nor are its keys', async () => {
    answers = { [described]: description(), '/jwks': { location: `${inside.base}/keys` } }
    const reading = openOidc(settings())(await token(), now)
    await expect(reading).rejects.toMatchObject({ code: 'identity_unreachable' })
    expect(inside.asked).toEqual([])
  })

  test.each(['authorization_endpoint', 'token_endpoint', 'userinfo_endpoint', 'jwks_uri'])(
    'a %s in the clear on another machine is asked nothing',
    async (name) => {
      answers = { [described]: description({ [name]: 'http://169.254.169.254/latest' }), '/jwks': { keys: [jwk] } }
      const signing = openSignIn(settings())!.begin('https://courtois.example/bureau/retour')
      await expect(signing).rejects.toMatchObject({ code: 'identity_unreachable' })
      if (name !== 'jwks_uri') return
      const reading = openOidc(settings())(await token(), now)
      await expect(reading).rejects.toMatchObject({ code: 'identity_unreachable' })
    },
  )

  test('a description of another issuer is not believed', async () => {
    answers = { [described]: description({ issuer: 'https://id.example' }), '/jwks': { keys: [jwk] } }
    const reading = openOidc(settings())(await token(), now)
    await expect(reading).rejects.toMatchObject({ code: 'identity_unreachable' })
  })
})
