import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'
import type { Hono } from 'hono'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openOidc } from '../api/oidc.ts'
import { createApp } from '../api/server.ts'
import { openSignIn } from '../api/sign-in.ts'
import { createBailiff } from '../procedures/judicial/packs/handover.ts'
import { secret, useApi } from './api.ts'
import { noticed } from './pages.ts'

const api = useApi()
const audience = 'https://courtois.example/api'
let server: Server
let issuer = ''
let app: Hono
let creditorId = ''

/** A real provider on loopback: whoever names an account is signed in, with the claims that the account has. */
beforeAll(async () => {
  ;({ creditorId } = await noticed(api))
  const { id: bailiffId } = await createBailiff(api.sql, api.office.random, { name: 'SELARL Brun', identity: {} })
  server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const accounts: Record<string, object> = {
    ines: { role: ['amicable'], name: 'Inès Roux' },
    creancier: { role: 'creditor', name: 'Delorme', creditor: creditorId },
    etude: { role: 'bailiff', name: 'Me Brun', bailiff: bailiffId },
    personne: { name: 'Personne' },
  }
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'pages',
        client_secret: 'pages-secret',
        redirect_uris: ['bureau', 'portail', 'etude'].map((space) => `http://api.test/${space}/retour`),
        response_types: ['code'],
      },
    ],
    claims: { openid: ['sub', 'role', 'creditor', 'bailiff'], profile: ['name'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts[id] }) }),
    cookies: { keys: ['only for tests'] },
  })
  const answer = provider.callback()
  server.on('request', (request, response) => void answer(request, response))
  const settings = { issuer, audience, clientId: 'pages', clientSecret: 'pages-secret' }
  app = createApp({
    office: api.office,
    sql: api.sql,
    clock: { today: () => api.today, now: () => Temporal.Now.instant() },
    secret,
    identity: openOidc(settings),
    signIn: openSignIn(settings),
    log: (error) => api.errors.push(error),
  }).app
}, 120_000)
afterAll(() => void server.close())

/** A browser between the house and the provider: each its own cookies, forms filled in, redirections followed by hand. */
let jar: Map<string, Map<string, string>>
beforeEach(() => {
  jar = new Map()
})
async function go(address: string, init: RequestInit = {}): Promise<Response> {
  const url = new URL(address, 'http://api.test')
  const cookies = jar.get(url.host) ?? new Map<string, string>()
  jar.set(url.host, cookies)
  const headers = new Headers(init.headers)
  headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
  const request = { ...init, headers, redirect: 'manual' } as const
  const response =
    url.host === 'api.test' ? await app.request(url.pathname + url.search, request) : await fetch(url, request)
  for (const line of response.headers.getSetCookie()) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
    if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) cookies.delete(name!)
    else cookies.set(name!, value!)
  }
  return response
}
/** From the button to where the provider sends back. */
async function signedIn(space: string, account: string): Promise<string> {
  let at = (await go(`/${space}/connexion`)).headers.get('location')!
  for (let hops = 0; hops < 12; hops++) {
    if (new URL(at).host === 'api.test') return at
    const response = await go(at)
    const to = response.headers.get('location')
    if (to) {
      at = new URL(to, at).href
      continue
    }
    const html = await response.text()
    const action = new URL(/action="([^"]+)"/.exec(html)![1]!, at)
    const prompt = /name="prompt" value="([^"]+)"/.exec(html)![1]!
    const body = new URLSearchParams({ prompt, ...(prompt === 'login' ? { login: account, password: 'x' } : {}) })
    at = new URL((await go(action.href, { method: 'POST', body })).headers.get('location')!, at).href
  }
  throw new Error('the provider never sent back')
}

test('a person of the agency enters by the provider’s own page, with the role that it gives', async () => {
  expect(await (await go('/bureau')).text()).toContain('href="/bureau/connexion"')
  const back = await signedIn('bureau', 'ines')
  const page = await go(back)
  // The session is of this site alone: the page goes on by itself, for a redirection would not carry it.
  expect([page.status, page.headers.get('refresh'), (await page.text()).includes('url=/bureau')]).toEqual([
    200,
    null,
    true,
  ])
  const board = await (await go('/bureau')).text()
  expect(board).toContain('Inès Roux, cellule amiable')
  expect(jar.get('api.test')!.has('courtois-connexion')).toBe(false)
})

test('a creditor enters its own space', async () => {
  await go(await signedIn('portail', 'creancier'))
  expect(await (await go('/portail')).text()).toContain('Papeterie Rhône-Alpes')
})

test('an office of bailiffs enters its own space', async () => {
  expect(await (await go('/etude')).text()).toContain('href="/etude/connexion"')
  await go(await signedIn('etude', 'etude'))
  expect(await (await go('/etude')).text()).toContain('Me Brun')
})

test('whoever has no role here, or that of another door, enters nothing', async () => {
  for (const account of ['personne', 'creancier']) {
    jar = new Map()
    const page = await go(await signedIn('bureau', account))
    expect([account, page.status]).toEqual([account, account === 'personne' ? 401 : 403])
    expect((await go('/bureau')).status).toBe(401)
  }
})

test('an answer that this browser did not ask for, or a second time, or with another code, is refused', async () => {
  const back = await signedIn('bureau', 'ines')
  const mine = jar
  jar = new Map()
  expect((await go(back)).status).toBe(401)
  jar = mine
  const forged = new URL(back)
  forged.searchParams.set('state', 'autre')
  expect((await go(forged.href)).status).toBe(401)
  // What was kept for the answer serves once, whatever came of it.
  expect((await go(back)).status).toBe(401)
  expect((await go('/bureau')).status).toBe(401)
  expect(api.errors).toEqual([])
})
