import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { requestConsent } from '../procedures/judicial/consents/consent-requests.ts'
import { withdrawConsent } from '../procedures/judicial/consents/consent.ts'
import { sealedConsentPage } from '../procedures/judicial/consents/consent-page.ts'
import { readConsentRequest } from '../procedures/judicial/consents/consent-requests.ts'
import { now, useApi } from './api.ts'
import { fileOf, liveUntil, textOf } from './house.ts'
import { browser, noticed, type Shown } from './pages.ts'

// A request of consent, answered by the person whom a link was made for.
const api = useApi()
let letter: Awaited<ReturnType<typeof noticed>>
let requestId: string
let number: string

const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64')
const asCreditor = () => ({ role: 'creditor', name: 'Inès Roche', creditorId: letter.creditorId }) as const

const create = async (who: Parameters<typeof api.ask>[0] = asCreditor(), name = 'Paul Roche') => {
  const { body } = await api.ask(
    who,
    `mutation { act: createConsentLink(input: { requestId: "${global('ConsentRequest', requestId)}", name: "${name}" }) {
       __typename ... on CreateConsentLinkPayload { url link { id name expiresAt usedAt } } ... on Refusal { code } } }`,
  )
  return body.data.act
}
const pathOf = ({ url }: { url: string }) => new URL(url).pathname + new URL(url).search
const open = async (made: { url: string }) => {
  const guest = browser(api)
  const asked = await guest.go(pathOf(made))
  return { guest, page: await guest.submit(asked, '/accord/entrer', {}) }
}
const ask = async () => {
  const file = await fileOf(api, letter.caseId)
  const order = { file, procedure: 'injonction-de-payer', ceiling: 25_000n, expiresOn: api.today.add({ days: 3 }) }
  return (await requestConsent(api.office, api.sql, api.today, { ...order, author: 'legal:Essai' })).id
}
const yes = { decision: 'given', lu: 'oui', qualite: 'directeur financier' }

beforeAll(async () => {
  letter = await noticed(api)
  await liveUntil(api, '2026-09-05', '2026-09-29')
  const [row] = await api.sql<{ number: string }[]>`select number from cases where id = ${letter.caseId}`
  ;({ number } = row!)
  requestId = await ask()
}, 180_000)
beforeEach(async () => {
  await api.sql`delete from attempts`
})

describe('a link of consent', () => {
  test('opens one request, as the creditor’s space shows it, and no other page of the creditor', async () => {
    const { guest, page } = await open(await create())
    expect([page.path, page.status]).toEqual(['/accord', 200])
    expect(page.text).toContain('Signataire : Paul Roche')
    for (const shown of ['Plafond de frais 250,00 €', 'Lire le document à signer', `Dossier ${number}`])
      expect(page.text).toContain(shown)
    for (const file of ['accord.pdf', 'pieces/1'])
      expect((await guest.go(`/accord/${file}`)).html.startsWith('%PDF-')).toBe(true)
    expect((await guest.go('/accord/pieces/999')).status).toBe(404)
    const addresses = [...page.html.matchAll(/(?:href|action)="(\/[^"]*)"/g)].map(([, path]) => path!)
    expect(addresses.filter((path) => !/^\/(accord|pages)(\/|$)/.test(path))).toEqual([])
    // Its cookie under the name of the space's own opens nothing there.
    const cookie = `courtois-portail=${guest.cookies.get('courtois-accord')}`
    for (const path of ['', '/dossiers', `/dossiers/${number}`, `/accords/${requestId}`, '/documents', '/factures'])
      for (const headers of [{}, { cookie }] as Record<string, string>[])
        expect([path, (await guest.go(`/portail${path}`, { headers })).status]).toEqual([path, 401])
    expect((await guest.go(`/portail/courriers/${letter.id}`, { headers: { cookie } })).status).toBe(401)
    const body = new URLSearchParams({ signataire: 'Autre' })
    expect((await guest.go('/accord/liens', { method: 'POST', body })).status).toBe(404)
  })

  test('shows the formal notice without the code that answers in the debtor’s place', async () => {
    const { guest, page } = await open(await create())
    const cookie = `courtois-accord=${guest.cookies.get('courtois-accord')}`
    const pieces = page.html.match(/\/accord\/pieces\/\d+/g)!
    const texts = await Promise.all(
      pieces.map(async (path) => {
        const response = await api.app.request(path, { headers: { cookie } })
        return (await textOf(new Uint8Array(await response.arrayBuffer()))).replaceAll(/\s/g, '')
      }),
    )
    expect(texts.filter((text) => text.includes(letter.coupon))).toEqual([])
    expect(texts.filter((text) => text.includes('yestmasqué')).length).toBeGreaterThan(0)
  })

  test('opens no space, and a link of a space opens no request', async () => {
    const made = await create()
    for (const space of ['portail', 'etude', 'bureau']) {
      const guest = browser(api)
      const asked = await guest.go(pathOf(made).replace('/accord/', `/${space}/`))
      expect([space, (await guest.submit(asked, `/${space}/entrer`, {})).status]).toEqual([space, 403])
    }
    const token = await api.token(asCreditor())
    expect((await browser(api).go(`/accord/entrer?jeton=${token}`)).status).toBe(403)
    expect((await open(made)).page.status).toBe(200)
  })

  test('lasts as long as its request at most, opens once, and is kept by its hash', async () => {
    const made = await create()
    expect(made.link).toMatchObject({ name: 'Paul Roche', usedAt: null })
    // The end of the request's last day in Paris, three days on.
    expect(made.link.expiresAt).toBe('2026-10-03T22:00:00Z')
    await open(made)
    expect((await browser(api).go(pathOf(made))).text).toContain('Ce lien a déjà servi')
    const token = new URL(made.url).searchParams.get('jeton')
    const kept = await api.sql`
      select 1 from entry_links l where row_to_json(l)::text like ${`%${token}%`}
      union all select 1 from events e where e.detail::text like ${`%${token}%`}`
    expect(kept).toEqual([])
  })

  test('is guessed at thirty times, and then not even looked at', async () => {
    const made = await create()
    for (let i = 0; i < 30; i++) expect((await browser(api).go('/accord/entrer?jeton=guess')).status).toBe(401)
    expect((await browser(api).go(pathOf(made))).status).toBe(429)
  })

  test('taken back by the creditor, closes what it opened; another creditor can neither make, see nor take it back', async () => {
    const made = await create()
    const { guest } = await open(made)
    const stranger = { role: 'creditor', name: 'X', creditorId: '00000000-0000-4000-8000-000000000009' } as const
    expect(await create(stranger)).toMatchObject({ code: 'consent_not_found' })
    expect(await create({ role: 'legal' })).toMatchObject({ code: 'forbidden' })
    const revoke = async (who: Parameters<typeof api.ask>[0]) =>
      (
        await api.ask(
          who,
          `mutation { act: revokeConsentLink(input: { linkId: "${made.link.id}" }) { __typename ... on Refusal { code } } }`,
        )
      ).body.data.act
    expect(await revoke(stranger)).toMatchObject({ code: 'entry_link_not_found' })
    expect((await guest.go('/accord')).status).toBe(200)
    expect(await revoke(asCreditor())).toMatchObject({ __typename: 'RevokeConsentLinkPayload' })
    expect([(await guest.go('/accord')).status, (await browser(api).go(pathOf(made))).status]).toEqual([401, 410])
    const { body } = await api.ask(
      asCreditor(),
      `{ node(id: "${global('ConsentRequest', requestId)}") { ... on ConsentRequest { links { id revokedAt } } } }`,
    )
    expect(body.data.node.links).toContainEqual({ id: made.link.id, revokedAt: now.toString() })
  })

  test('is over with its time, or with its request', async () => {
    const made = await create()
    const { guest } = await open(made)
    await api.sql`update entry_links set expires_at = ${now} where revoked_at is null`
    const late = await guest.go('/accord')
    expect([late.status, late.text.includes('son délai est passé')]).toEqual([410, true])
    const [before, unopened] = [await open(await create()), await create()]
    await withdrawConsent(api.sql, api.today, { requestId, reason: 'Un accord est trouvé.' }, 'creditor:Essai')
    expect((await before.guest.go('/accord')).text).toContain("Cette demande d'accord n'est plus valable")
    expect((await open(unopened)).page.status).toBe(410)
    expect(await create()).toMatchObject({ code: 'consent_void' })
    requestId = await ask()
  })
})

describe('the answer', () => {
  test('is signed by the person of the link, whatever else is typed, and its proof names the link', async () => {
    const made = await create()
    const { guest, page } = await open(made)
    const other = await open(await create(asCreditor(), 'Anne Roche'))
    expect((await guest.submit(page, '/accord', { ...yes, lu: 'non' })).text).toContain("Vous n'avez pas confirmé")
    expect((await guest.submit(page, '/accord', { ...yes, jeton: 'x' })).status).toBe(403)
    const withdrawn = await guest.submit(page, '/accord', { decision: 'withdrawn', motif: 'x', qualite: 'y' })
    expect(withdrawn.status).toBe(422)
    const signed = await guest.submit(page, '/accord', { ...yes, nom: 'Le Pape' })
    expect(signed.text).toContain('Accord donné le 30 septembre 2026 par Paul Roche, directeur financier.')
    const linkId = Buffer.from(made.link.id, 'base64').toString().split(':')[1] ?? made.link.id
    const proof = JSON.parse((await guest.go('/accord/preuve.json')).html) as Record<string, unknown>
    expect(proof).toMatchObject({
      signedBy: 'Paul Roche',
      evidence: { authenticated: 'creditor:Paul Roche', means: 'lien d’accord', link: linkId },
    })
    const request = await readConsentRequest(api.sql, requestId)
    const said = (await textOf((await sealedConsentPage(api.office, request))!)).replaceAll(/\s/g, '')
    for (const words of ['PaulRoche,directeurfinancier', "liend'accord", linkId]) expect(said).toContain(words)
    expect((await guest.go('/accord')).text).toContain('Pour revenir sur cet accord, adressez-vous à')
    const late = await other.guest.go('/accord')
    expect([late.status, late.text]).toEqual([410, expect.stringContaining('a déjà reçu sa réponse')])
    expect(await create()).toMatchObject({ code: 'consent_already_decided' })
  })
})

describe('where a link is made', () => {
  const formOf = (page: Shown, action: string) => page.html.includes(`action="${action}"`)

  test('the creditor makes it on the page of its request, and takes it back there', async () => {
    requestId = await ask()
    const desk = browser(api)
    await desk.go(`/portail/entrer?jeton=${await api.token(asCreditor())}`)
    const at = `/portail/accords/${requestId}`
    const made = await desk.submit(await desk.go(at), `${at}/liens`, { signataire: 'Paul Roche' })
    const [, url] = /id="adresse" readonly value="([^"]+)"/.exec(made.html)!
    expect((await open({ url: url! })).page.text).toContain('Signataire : Paul Roche')
    const listed = await desk.go(at)
    expect(listed.html).not.toContain('jeton=')
    expect(listed.text).toContain("Lien de Paul Roche, ouvert, jusqu'au 3 octobre 2026")
    const after = await desk.submit(listed, `${at}/liens`, {})
    expect(after.text).not.toContain('Lien de Paul Roche')
  })

  test('the agency’s administrator makes it on the board, where an answer is awaited; a cell does not', async () => {
    const staff = async (role: 'admin' | 'legal') => {
      const guest = browser(api)
      const page = await guest.go(`/bureau/entrer?jeton=${await api.token({ role, name: 'Nour Benali' })}`)
      return { guest, page }
    }
    const { guest, page } = await staff('admin')
    const made = await guest.submit(page, '/bureau/liens', { signataire: 'Paul Roche' })
    const [, url] = /id="adresse" readonly value="([^"]+)"/.exec(made.html)!
    expect((await open({ url: url! })).page.status).toBe(200)
    const cell = await staff('legal')
    expect([formOf(cell.page, '/bureau/liens'), formOf(page, '/bureau/liens')]).toEqual([false, true])
    expect(api.errors).toEqual([])
  })
})
