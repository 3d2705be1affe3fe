import { beforeAll, expect, test } from 'vitest'
import { askApprovals, setApprovalRule } from '../procedures/amicable/approvals.ts'
import { recordDispute } from '../procedures/cases/exchanges/disputes.ts'
import { recordPayment } from '../procedures/money/payments.ts'
import { useApi } from './api.ts'
import { addInvoices, invoice, liveUntil } from './house.ts'
import { browser, formsOf, noticed } from './pages.ts'

const api = useApi()
/** One case at the creditor's door with everything a page may show of it, one whose customer is not told yet. */
const cases = { old: '', fresh: '' }
let letter: Awaited<ReturnType<typeof noticed>>
let creditorId = ''
let requestId = ''

beforeAll(async () => {
  letter = await noticed(api)
  ;({ caseId: cases.old, creditorId } = letter)
  await liveUntil(api, '2026-09-05', '2026-09-29')
  const [request] = await api.sql<{ id: string }[]>`select id from consent_requests where case_id = ${cases.old}`
  requestId = request!.id
  const { sql, office, today } = api
  const paid = { caseId: cases.old, receivedOn: today, amount: 5_000n, means: 'virement', reference: null }
  await recordPayment(office, today, { ...paid, receivedBy: 'agency' }, 'amicable:Essai')
  const dispute = { caseId: cases.old, channel: 'téléphone', ground: 'Rien reçu.', contested: null }
  await recordDispute(sql, office.random, today, { ...dispute, answerBy: today.add({ days: 8 }) }, 'phone:Essai')
  const buyer = {
    name: 'Librairie Saint-Nizier',
    address: { lines: ['5 place Bellecour'], postal_code: '69002', city: 'Lyon', country: 'FR' },
  }
  const invoices = [invoice({ number: 'F-2', issued_on: '2026-09-05', due_on: '2026-10-05', buyer })]
  cases.fresh = await addInvoices(api, { creditorId, on: '2026-09-06', invoices })
  const rule = { approver: 'creditor', waitDays: 5, otherwise: 'attendre' } as const
  await setApprovalRule(sql, office.random, today, creditorId, { stepKeys: [], ...rule }, 'creditor:Essai')
  await askApprovals(sql, today)
}, 180_000)

test.each<[string, (keyof typeof cases)[]]>([
  ['', ['old']],
  ['/dossiers', ['fresh', 'old']],
  ['/accords/REQUEST', ['old']],
  ['/accords/REQUEST/accord.pdf', ['old']],
  ['/envois', ['fresh']],
  ['/annonce', ['fresh']],
  ['/documents', ['old']],
  ['/revue?mois=2026-07', ['old']],
  ['/revue?mois=2026-09', ['fresh']],
  ['/calendrier', []],
])('/portail%s keeps whose data it showed, and to whom, and the log which cases', async (path, shown) => {
  // A reading is kept once a day and a reader: each page has its own.
  const name = `Lectrice de ${path}`
  const guest = browser(api)
  await api.flushReadings()
  const enter = `/portail/entrer?jeton=${await api.token({ role: 'creditor', name, creditorId })}`
  const response = await api.app.request(enter)
  const cookie = response.headers.getSetCookie()[0]!.split(';')[0]!
  expect((await guest.go(`/portail${path.replace('REQUEST', requestId)}`, { headers: { cookie } })).status).toBe(200)
  await api.flushReadings()
  const kept = await api.sql<{ caseId: string; door: string }[]>`
    select case_id, door from case_readings where reader = ${`creditor:${name}`}`
  expect(kept.map(({ caseId }) => caseId).toSorted()).toEqual(shown.map((which) => cases[which]).toSorted())
  expect(new Set(kept.map(({ door }) => door)).size).toBe(Math.min(1, shown.length))
  expect(api.lines.at(-1)!.cases?.toSorted() ?? []).toEqual(kept.map(({ caseId }) => caseId).toSorted())
})

test('the log tells the case of each page, file and act, and none of what opens none', async () => {
  const guest = browser(api)
  const told = async (asked: Promise<{ status: number }>, route: string): Promise<string[] | undefined> => {
    const from = api.lines.length
    await asked
    return api.lines.slice(from).find((line) => line.route === route)!.cases
  }
  const token = await api.token({ role: 'phone' })
  const number = (await api.sql<[{ number: string }]>`select number from cases where id = ${cases.old}`)[0].number
  await guest.go(`/bureau/entrer?jeton=${token}`)
  const found = guest.go(`/bureau?q=${number}`)
  expect(await told(found, '/bureau')).toContain(cases.old)
  const call = { dossier: btoa(`Case:${cases.old}`), issue: 'message', sens: 'incoming', heure: '10:00' }
  const form = { ...formsOf((await found).html).find(({ action }) => action === '/bureau/appel')!.hidden, ...call }
  // The first lacks its summary, and is refused.
  for (const resume of ['', 'Rappellera.'])
    expect(await told(guest.submit(await found, '/bureau/appel', { ...form, resume }), '/bureau/appel')).toContain(
      cases.old,
    )
  const reply = guest.submit(await guest.go(`/r/${letter.coupon}`), '/r', { code: letter.coupon, cp: '69003' })
  expect(await told(reply, '/r/:code')).toEqual([cases.old])
  const open = (path: string) =>
    Promise.resolve(api.app.request(path, { headers: { authorization: `Bearer ${token}` } }))
  expect(await told(open(`/documents/${btoa(`Document:${letter.id}`)}`), '/documents/:id')).toEqual([cases.old])
  expect(await told(open(`/verifier/${letter.code}`), '/verifier/:code')).toEqual([cases.old])
  expect(await told(open('/verifier/AAAA-AAAA-AAAA'), '/verifier/:code')).toBeUndefined()
})

test('who wrote a letter is told to its creditor too, the data that it prints to the cells alone, and that is noted', async () => {
  await api.flushReadings()
  const number = (await api.sql<{ number: string }[]>`select number from cases where id = ${cases.old}`)[0]!.number
  const letters = async (viewer: Parameters<typeof api.ask>[0], more = '') =>
    (await api.ask(viewer, `{ case(number: "${number}") { documents { letter author renderer ${more} } } }`)).body
  const creditor = { role: 'creditor', name: 'Lectrice des lettres', creditorId } as const
  const told = (await letters(creditor)).data.case.documents
  expect(told).toContainEqual({
    letter: 'relance-cordiale-pro',
    author: 'system',
    renderer: expect.stringMatching(/typst/i),
  })
  expect((await letters(creditor, 'facts')).errors?.[0]?.extensions?.code).toBe('forbidden')
  const clerk = { role: 'legal', name: 'Clerc des lettres' } as const
  const [first] = (await letters(clerk, 'facts')).data.case.documents
  expect(first.facts).toMatchObject({ references: { dossier: number }, totaux: { total: expect.any(String) } })
  expect(JSON.stringify((await letters(clerk, 'facts')).data)).not.toContain('"coupon"')
  await api.flushReadings()
  const readers = await api.sql<{ reader: string }[]>`
    select reader from case_readings where case_id = ${cases.old} and door = 'graphql' and reader like '%des lettres'`
  expect(readers.map(({ reader }) => reader)).toEqual(['legal:Clerc des lettres'])
})
