import { beforeAll, describe, expect, test } from 'vitest'
import { openEntry, readEntry } from '../api/pages/entry.ts'
import { createApp } from '../api/server.ts'
import { createBailiff } from '../procedures/judicial/packs/handover.ts'
import { now, secret, useApi } from './api.ts'
import { browser, noticed, type Shown } from './pages.ts'

const api = useApi()
let creditorId = ''
beforeAll(async () => {
  ;({ creditorId } = await noticed(api))
}, 120_000)

const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64')
const asManager = { role: 'admin', name: 'Nour Benali' } as const

/** A link as a manager of the agency makes it: its id, and the path that its person opens. */
async function invite(input: string): Promise<{ id: string; path: string }> {
  const { body } = await api.ask(
    asManager,
    `mutation { act: createEntryLink(input: { ${input} }) { __typename ... on CreateEntryLinkPayload { url link { id role name usedAt } } ... on Refusal { code } } }`,
  )
  expect(body.data.act).toMatchObject({ __typename: 'CreateEntryLinkPayload', link: { usedAt: null } })
  const url = new URL(body.data.act.url)
  return { id: body.data.act.link.id, path: url.pathname + url.search }
}
const forCreditor = () => invite(`creditorId: "${global('Creditor', creditorId)}", name: "Inès Roche"`)
const revoke = async (id: string) => {
  const { body } = await api.ask(
    asManager,
    `mutation { act: revokeEntryLink(input: { linkId: "${id}" }) { __typename ... on RevokeEntryLinkPayload { link { revokedAt } } ... on Refusal { code } } }`,
  )
  return body.data.act
}
const press = (guest: ReturnType<typeof browser>, page: Shown) => guest.submit(page, `${page.path.split('?')[0]}`, {})

describe('a link into the pages', () => {
  test('opens at a press of its button, once, and leaves nothing in the address', async () => {
    const { path } = await forCreditor()
    const guest = browser(api)
    const asked = await guest.go(path)
    expect(asked.text).toContain('Confirmez pour y entrer')
    const inside = await press(guest, asked)
    expect([inside.path, inside.status]).toEqual(['/portail', 200])
    expect(inside.text).toContain('Vos dossiers au 30 septembre 2026')
  })

  test('is not spent by who only looks at it on its way: a mail filter, a preview', async () => {
    const { path } = await forCreditor()
    for (const site of [undefined, 'none', 'cross-site'])
      await browser(api).go(path, site ? { headers: { 'sec-fetch-site': site } } : {})
    const guest = browser(api)
    expect((await press(guest, await guest.go(path))).text).toContain('Vos dossiers')
  })

  test('tells another browser that it has served, and lets the one that it opened go on', async () => {
    const { path } = await forCreditor()
    const guest = browser(api)
    await press(guest, await guest.go(path))
    const stranger = browser(api)
    const page = await stranger.go(path)
    expect([page.status, [...stranger.cookies.keys()]]).toEqual([410, []])
    expect(page.text).toContain('Ce lien a déjà servi')
    expect(page.text).toMatch(/demandez un autre lien à .+@/)
    expect(page.html).not.toMatch(/Garage|Papeterie/)
    expect((await guest.go(path)).text).toContain('Vos dossiers')
  })

  test('opens for one of two browsers that press at the same moment', async () => {
    const { path } = await forCreditor()
    const guests = [browser(api), browser(api)]
    const asked = await Promise.all(guests.map((guest) => guest.go(path)))
    const entered = await Promise.all(guests.map((guest, i) => press(guest, asked[i]!)))
    expect(entered.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 410])
  })

  test('is over after a day', async () => {
    const { path } = await forCreditor()
    const guest = browser(api)
    const asked = await guest.go(path)
    await api.sql`update entry_links set expires_at = ${now} where used_at is null`
    const page = await press(guest, asked)
    expect([page.status, page.text.includes("Ce lien n'est plus valable")]).toEqual([410, true])
  })

  test('taken back, opens nothing, and what it opened is closed', async () => {
    const unopened = await forCreditor()
    expect(await revoke(unopened.id)).toMatchObject({ link: { revokedAt: now.toString() } })
    expect((await browser(api).go(unopened.path)).text).toContain('Ce lien a été retiré')
    const opened = await forCreditor()
    const guest = browser(api)
    await press(guest, await guest.go(opened.path))
    await revoke(opened.id)
    expect((await guest.go('/portail')).status).toBe(401)
    expect(await revoke(opened.id)).toMatchObject({ code: 'entry_link_not_found' })
  })

  test('taken back at the very moment it is opened, leaves no session behind', async () => {
    const { path, id } = await forCreditor()
    const entry = await readEntry(api.sql, new URLSearchParams(path.split('?')[1]).get('jeton')!, now)
    expect(await openEntry(api.sql, entry!.id, 'SESSION-TO-BE', now)).toBe(true)
    await revoke(id)
    expect(await api.sql`select id from ended_sessions where id = 'SESSION-TO-BE'`).toHaveLength(1)
  })

  test('opens its own space and no other', async () => {
    const { id } = await createBailiff(api.sql, api.office.random, { name: 'SELARL Brun', identity: {} })
    const { path } = await invite(`bailiffId: "${global('Bailiff', id)}", name: "Me Brun"`)
    const guest = browser(api)
    const wrong = await guest.go(path.replace('/etude/', '/portail/'))
    expect((await press(guest, wrong)).status).toBe(403)
    expect((await press(guest, await guest.go(path))).text).toContain('Me Brun')
  })

  test('keeps only the hash of its secret, and no token of the API is one', async () => {
    const { path } = await forCreditor()
    const token = new URLSearchParams(path.split('?')[1]).get('jeton')!
    const [kept] = await api.sql<{ found: boolean }[]>`
      select exists (select from entry_links l where row_to_json(l)::text like ${`%${token}%`}) as found`
    expect(kept).toEqual({ found: false })
    const response = await api.app.request('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: '{"query":"{ viewer { name } }"}',
    })
    expect(response.status).toBe(401)
    expect((await browser(api).go(`/portail/entrer?jeton=${token.slice(0, -1)}`)).status).toBe(401)
  })
})

test('a link is for a person of one creditor or one office', async () => {
  for (const input of [
    'name: "x"',
    `name: " ", creditorId: "${creditorId}"`,
    `name: "x", creditorId: "${creditorId}", bailiffId: "${creditorId}"`,
  ]) {
    const { body } = await api.ask(
      asManager,
      `mutation { act: createEntryLink(input: { ${input} }) { ... on Refusal { code } } }`,
    )
    expect([input, body.data.act]).toEqual([input, { code: 'entry_for_nobody' }])
  }
})

test('a development token opens a space once as well, and in production never', async () => {
  const token = await api.token({ role: 'creditor', name: 'Inès Roche', creditorId })
  const guest = browser(api)
  expect((await guest.go(`/portail/entrer?jeton=${token}`)).text).toContain('Vos dossiers')
  expect((await guest.go(`/portail/entrer?jeton=${token}`)).text).toContain('Vos dossiers')
  expect((await browser(api).go(`/portail/entrer?jeton=${token}`)).status).toBe(410)

  const { app, close } = createApp({
    office: api.office,
    sql: api.sql,
    clock: { today: () => api.today, now: () => now },
    secret,
    production: true,
  })
  const other = await api.token({ role: 'creditor', name: 'Inès Roche', creditorId })
  expect((await app.request(`/portail/entrer?jeton=${other}`)).status).toBe(401)
  await close()
  expect(api.errors).toEqual([])
})
