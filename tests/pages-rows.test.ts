import { beforeAll, expect, test, vi } from 'vitest'
import type { Context } from '../api/context.ts'
import { useApi } from './api.ts'
import { browser, noticed } from './pages.ts'

// Every question forgets whose the cases are: what a page still hides, PostgreSQL hides.
vi.mock('../api/context.ts', async (original) => ({
  ...(await original<object>()),
  visible: (ctx: Context) => ctx.sql`true`,
}))

const api = useApi()
let own: Awaited<ReturnType<typeof noticed>>
let other: Awaited<ReturnType<typeof noticed>>

beforeAll(async () => {
  own = await noticed(api, { number: 'F-1', name: 'Garage du Pont' })
  other = await noticed(api, { number: 'F-2', name: 'Librairie Saint-Nizier' })
}, 120_000)

const numberOf = async (caseId: string) =>
  (await api.sql<{ number: string }[]>`select number from cases where id = ${caseId}`)[0]!.number

test('a page that forgot to ask whose a case is shows none of another creditor', async () => {
  expect(own.creditorId).not.toBe(other.creditorId)
  const guest = browser(api)
  const token = await api.token({ role: 'creditor', name: 'Inès Roche', creditorId: own.creditorId })
  const home = await guest.go(`/portail/entrer?jeton=${token}`)
  expect(home.status).toBe(200)
  const list = await guest.go('/portail/dossiers')
  expect(list.text).toContain('Garage du Pont')
  for (const path of [
    '',
    '/dossiers',
    '/dossiers?q=librairie',
    '/documents',
    '/envois',
    '/revue',
    '/annonce',
    '/calendrier',
  ]) {
    const page = await guest.go(`/portail${path}`)
    expect([path, page.status, page.html.includes('Librairie')]).toEqual([path, 200, false])
  }
  const theirs = await numberOf(other.caseId)
  expect((await guest.go(`/portail/dossiers/${theirs}`)).status).toBe(404)
  expect((await guest.go(`/portail/dossiers/${theirs}/contestation`)).status).toBe(404)
  expect((await guest.go(`/portail/courriers/${other.id}`)).status).toBe(404)
  expect((await guest.go(`/portail/dossiers/${await numberOf(own.caseId)}`)).status).toBe(200)
  expect((await guest.go(`/portail/courriers/${own.id}`)).status).toBe(200)
  expect(api.errors).toEqual([])
})

test('the same questions show staff every case: nothing but the reader’s rows was in the way', async () => {
  const guest = browser(api)
  const page = await guest.go(`/bureau/entrer?jeton=${await api.token({ role: 'amicable', name: 'Nour Benali' })}`)
  expect(page.status).toBe(200)
  expect((await guest.go('/bureau?q=librairie')).text).toContain(await numberOf(other.caseId))
})
