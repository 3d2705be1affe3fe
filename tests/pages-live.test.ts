import { beforeAll, expect, test } from 'vitest'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { useApi } from './api.ts'
import { browser, noticed } from './pages.ts'

const api = useApi()
let own: Awaited<ReturnType<typeof noticed>>
let other: Awaited<ReturnType<typeof noticed>>
let path = ''

beforeAll(async () => {
  own = await noticed(api, { number: 'F-1', name: 'Garage du Pont' })
  other = await noticed(api, { number: 'F-2', name: 'Librairie Saint-Nizier' })
  const [found] = await api.sql<{ number: string }[]>`select number from cases where id = ${own.caseId}`
  path = `/portail/dossiers/${found!.number}`
}, 120_000)

async function signedIn(creditorId: string) {
  const guest = browser(api)
  const home = await guest.go(`/portail/entrer?jeton=${await api.token({ role: 'creditor', name: 'R', creditorId })}`)
  return { ...guest, home }
}

/** What the stream says, one message after the other; null at its end. */
async function listening(cookies: Map<string, string>): Promise<() => Promise<number | null>> {
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const response = await api.app.request(`${path}/suite`, { headers: { cookie } })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream'])
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  return async () => {
    const { done, value } = await reader.read()
    return done ? null : Number(/^data: (\d+)\n\n$/.exec(value)![1])
  }
}

const called = async (caseId: string) => {
  const call = { caseId, calledAt: null, direction: 'incoming' as const, person: null, outcome: 'message' }
  await recordCall(api.sql, api.office.random, api.today, { ...call, summary: 'A rappelé.' }, 'phone:Essai')
}
const markOf = (html: string): number => Number(/data-mark="(\d+)"/.exec(html)![1])

test('a case is followed from what its page shows, and what happens to another is not heard', async () => {
  const { cookies, go } = await signedIn(own.creditorId)
  const shown = markOf((await go(path)).html)
  const next = await listening(cookies)
  expect(await next()).toBe(shown)
  await called(other.caseId)
  await called(own.caseId)
  const after = (await next())!
  expect(after).toBeGreaterThan(shown)
  expect(markOf((await go(path)).html)).toBe(after)
})

test('nobody follows the case of another, nor without a session', async () => {
  const { go } = await signedIn(other.creditorId)
  expect((await go(`${path}/suite`)).status).toBe(404)
  expect((await browser(api).go(`${path}/suite`)).status).toBe(401)
})

test('who leaves hears nothing more', async () => {
  const { cookies, home, submit } = await signedIn(own.creditorId)
  const next = await listening(cookies)
  await next()
  await submit(home, '/portail/sortir', {})
  await called(own.caseId)
  expect(await next()).toBe(null)
  expect(api.errors).toEqual([])
})
