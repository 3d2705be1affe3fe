import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { webhooks } from '../documents/send/webhook.ts'
import { closeCase } from '../procedures/cases/cases.ts'
import {
  createWebhook,
  deliveriesOf,
  endWebhook,
  readWebhooks,
  resumeWebhook,
  type WebhookType,
} from '../procedures/webhooks.ts'
import { drain } from '../procedures/jobs/work.ts'
import { workToday } from '../procedures/work-today.ts'
import { transaction } from '../schema/db.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { useApi } from './api.ts'
import { addInvoices, creditorOf, day, invoice, liveOn, useHouse } from './house.ts'

interface Received {
  headers: IncomingHttpHeaders
  body: string
}
const received: Received[] = []
let answers: number[] = []
let server: Server
let host = ''
beforeAll(async () => {
  server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(parts).toString() })
      response.writeHead(answers.shift() ?? 204, { location: `http://${host}/elsewhere` }).end()
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise<void>((done) => void server.close(() => done())))

const hooks = () => webhooks({ clock: () => Temporal.Now.instant(), allow: [host] })
const on = day('2026-06-11')
let creditorId = ''
const house = useHouse(async (made) => {
  await openAgency(made.sql, on)
  creditorId = await creditorOf(made, on)
})
beforeEach(() => {
  received.length = 0
  answers = []
  house.office.hooks = hooks()
})
const register = (events: WebhookType[] = [], path = 'hook') =>
  createWebhook(house.office, on, { creditorId, url: `http://${host}/${path}`, events }, 'creditor:Essai')
const openCase = (number: string, name = 'Garage du Pont') => {
  const buyer = { name, address: { lines: ['3 rue de la Gare'], postal_code: '69003', city: 'Lyon', country: 'FR' } }
  const invoices = [invoice({ number, issued_on: '2026-05-11', due_on: '2026-06-10', buyer })]
  return addInvoices(house, { creditorId, on: '2026-06-11', invoices })
}
/** The jobs that wait come round at once. */
async function comeRound(): Promise<void> {
  await house.sql`update graphile_worker._private_jobs set run_at = now() where locked_at is null`
  await drain(house.office, house.url)
}
const logOf = async (id: string) => (await deliveriesOf(house.sql, [id])).get(id) ?? []
const endpointOf = async (id: string) => (await readWebhooks(house.sql, creditorId)).find((one) => one.id === id)!
const bodies = () => received.map(({ body }) => JSON.parse(body) as { type: string; data: Record<string, unknown> })
const verified = (secret: string, { headers, body }: Received) =>
  new Webhook(secret).verify(body, headers as Record<string, string>)

describe('a creditor’s own system', () => {
  test('is told of what happens in its cases, signed, by ids and states alone', async () => {
    const { endpoint, secret } = await register()
    const caseId = await openCase('F-1')
    await liveOn(house, on)
    await comeRound()
    const told = received.map((one) => verified(secret, one))
    expect(told[0]).toEqual({
      type: 'case.opened',
      on: '2026-06-11',
      data: { case: '2026-0001', caseId: btoa(`Case:${caseId}`), event: 1 },
    })
    expect(bodies().map(({ type }) => type)).toContain('letter.sent')
    expect(received.map(({ body }) => body).join()).not.toMatch(/Garage|client\.example|rue de la Gare|1000|1 000/)
    expect(() => verified(secret, { ...received[0]!, body: `${received[0]!.body} ` })).toThrow('signature')
    expect((await logOf(endpoint.id)).at(-1)).toMatchObject({
      type: 'case.opened',
      state: 'delivered',
      status: 204,
      attempts: 1,
      caseId,
    })
  })

  test('is told again, under the same id, until it answers; no redirection is followed', async () => {
    const { endpoint } = await register()
    answers = [500, 302, 200]
    await openCase('F-1')
    for (let round = 0; round < 4; round++) await comeRound()
    expect(received).toHaveLength(3)
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    expect(await logOf(endpoint.id)).toMatchObject([{ state: 'delivered', attempts: 3, status: 200 }])
    expect((await endpointOf(endpoint.id)).failures).toBe(0)
  })

  test('that is not there is tried fourteen times, and no dead job is left behind', async () => {
    const { endpoint } = await register()
    await openCase('F-1')
    house.office.hooks = webhooks({ clock: () => Temporal.Now.instant() })
    for (let round = 0; round < 15; round++) await comeRound()
    expect(await logOf(endpoint.id)).toMatchObject([{ state: 'failed', attempts: 14, status: null }])
    expect(await house.sql`select 1 from graphile_worker.jobs where task_identifier = 'webhook'`).toHaveLength(0)
  })

  test('that never answers is left alone after twenty attempts, somebody is told, and mended it learns what it missed', async () => {
    const { endpoint } = await register()
    await house.sql`update webhook_endpoints set failures = 18`
    answers = [503, 503]
    await openCase('F-1')
    await openCase('F-2', 'Imprimerie Delmas')
    await comeRound()
    expect(await endpointOf(endpoint.id)).toMatchObject({ failures: 20, disabledOn: on, disabledWhy: 'HTTP 503' })
    await openCase('F-3', 'Fleurs de Bron')
    await comeRound()
    expect(received).toHaveLength(2)
    const work = () => workToday(house.sql, on, { kinds: ['webhook'], seesDeadlines: false })
    expect(await work()).toMatchObject([{ kind: 'webhook', what: `${host} : HTTP 503` }])

    await resumeWebhook(house.sql, on, { id: endpoint.id, creditorId }, 'creditor:Essai')
    await comeRound()
    expect(
      new Set(
        bodies()
          .slice(2)
          .map(({ data }) => data['case']),
      ),
    ).toEqual(new Set(['2026-0001', '2026-0002', '2026-0003']))
    expect(await work()).toEqual([])
  })

  test('hears only the events it asked for, nothing once it is ended, and nothing of what was undone', async () => {
    const { endpoint } = await register(['case.closed'])
    const caseId = await openCase('F-1')
    const undone = transaction(house.sql, async (sql) => {
      await closeCase(sql, on, { caseId, reason: 'payé' }, 'test')
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    await comeRound()
    expect(received).toEqual([])
    await closeCase(house.sql, on, { caseId, reason: 'payé' }, 'test')
    await endWebhook(house.sql, on, { id: endpoint.id, creditorId }, 'creditor:Essai')
    await comeRound()
    expect(received).toEqual([])
    expect(await logOf(endpoint.id)).toMatchObject([{ type: 'case.closed', state: 'failed', attempts: 0 }])
  })

  test('of another creditor hears nothing of these cases, and five addresses are the most', async () => {
    const other = await creditorOf(house, on, { name: 'Autre créancier' })
    await createWebhook(house.office, on, { creditorId: other, url: `http://${host}/`, events: [] }, 'test')
    await openCase('F-1')
    await comeRound()
    expect(received).toEqual([])
    for (let i = 0; i < 5; i++) await register([], String(i))
    const sixth = register([], '6')
    await expect(sixth).rejects.toMatchObject({ code: 'too_many_webhooks' })
  })
})

describe('the door of webhooks', () => {
  const api = useApi()
  const ids = { mine: '', theirs: '' }
  beforeAll(async () => {
    api.office.hooks = hooks()
    await openAgency(api.sql, api.today)
    ids.mine = await creditorOf(api, api.today)
    ids.theirs = await creditorOf(api, api.today, { name: 'Autre' })
  })
  const as = (who: keyof typeof ids, query: string) => api.ask({ role: 'creditor', creditorId: ids[who] }, query)
  const create = (more = '') => `mutation { createWebhook(input: { url: "http://${host}/hook" ${more} }) {
    ... on CreateWebhookPayload { secret webhook { id events } } ... on Refusal { code } } }`

  test('shows the secret once, and nothing to another creditor', async () => {
    const { secret, webhook } = (await as('mine', create('events: [CASE_OPENED, PAYMENT_RECORDED]'))).body.data
      .createWebhook
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(webhook.events).toEqual(['CASE_OPENED', 'PAYMENT_RECORDED'])
    const listed = '{ webhooks { id url events failures disabledOn endedOn deliveries { messageId state } } }'
    const own = (await as('mine', listed)).body.data.webhooks
    expect(own.map(({ id }: { id: string }) => id)).toContain(webhook.id)
    expect(JSON.stringify(own)).not.toContain(secret.slice(6))

    expect((await as('theirs', listed)).body.data.webhooks).toEqual([])
    expect((await as('theirs', `{ node(id: "${webhook.id}") { id } }`)).body.data?.node ?? null).toBeNull()
    for (const act of ['endWebhook', 'resumeWebhook']) {
      const tried = `mutation { ${act}(input: { webhookId: "${webhook.id}" }) { ... on Refusal { code } } }`
      expect((await as('theirs', tried)).body.data[act]).toEqual({ code: 'webhook_not_found' })
    }
    const foreign = create(`creditorId: "${btoa(`Creditor:${ids.mine}`)}"`)
    expect((await as('theirs', foreign)).body.data.createWebhook).toEqual({ code: 'creditor_not_found' })
  })

  test('refuses an address inside', async () => {
    const inside = create().replace(`http://${host}/hook`, 'https://169.254.169.254/latest/meta-data')
    expect((await as('mine', inside)).body.data.createWebhook).toEqual({ code: 'webhook_url' })
  })
})
