import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { examples } from '../api/examples.ts'
import type { Viewer } from '../api/auth.ts'
import { stepDeadline } from '../procedures/judicial/procedure.ts'
import type { Day } from '../schema/days.ts'
import { consumerWhoStops } from '../scripts/demo/consumer.ts'
import { useApi } from './api.ts'

const api = useApi({ today: '2026-10-05' })
const stranger = '00000000-0000-4000-8000-000000000001'
const told = { caseId: '', procedureId: '', bailiffId: '', packId: '', zip: '', creditorId: '' }

beforeAll(async () => {
  Object.assign(told, await consumerWhoStops({ office: api.office, databaseUrl: api.url, tell: () => {} }))
  const [pack] = await api.sql<{ packId: string; zip: string; creditorId: string }[]>`
    select k.id as pack_id, k.zip, c.creditor_id from packs k join hand_overs h on h.pack_id = k.id
    join procedures p on p.id = k.procedure_id join cases c on c.id = p.case_id where c.id = ${told.caseId}`
  Object.assign(told, pack)
}, 240_000)

const bailiff = (): Viewer => ({ role: 'bailiff', name: 'Étude Brun', creditorId: null, bailiffId: told.bailiffId })
const get = async (
  path: string,
  viewer: Partial<Viewer> | null,
  headers: Record<string, string> = {},
  method = 'GET',
) =>
  api.app.request(path, {
    method,
    headers: { ...(viewer ? { authorization: `Bearer ${await api.token(viewer)}` } : {}), ...headers },
  })
const downloads = async () => (await api.sql`select 1 from downloads`).length

describe('the bailiff’s download', () => {
  test('gives the very bytes of the archive, and is kept', async () => {
    const response = await get(`/packs/${told.packId}`, bailiff())
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(response.headers.get('content-type')).toBe('application/zip')
    expect(response.headers.get('content-disposition')).toMatch(
      /^attachment; filename="pack-2026-0001-signification-v1\.zip"$/,
    )
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(told.zip)
    expect(await downloads()).toBe(1)
    const pdf = await get(`/packs/${told.packId}?file=pdf`, bailiff())
    expect(
      Buffer.from(await pdf.arrayBuffer())
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-')
    expect(await downloads()).toBe(2)
  })

  test('comes by ranges that join into the whole, counted once', async () => {
    const before = await downloads()
    const head = await get(`/packs/${told.packId}`, bailiff(), {}, 'HEAD')
    const size = Number(head.headers.get('content-length'))
    const parts: Buffer[] = []
    const step = Math.ceil(size / 3)
    for (let start = 0; start < size; start += step) {
      const part = await get(`/packs/${told.packId}`, bailiff(), {
        range: `bytes=${start}-${start + step - 1}`,
        'if-range': head.headers.get('etag')!,
      })
      expect(part.status).toBe(206)
      expect(part.headers.get('content-range')).toBe(`bytes ${start}-${Math.min(start + step, size) - 1}/${size}`)
      parts.push(Buffer.from(await part.arrayBuffer()))
    }
    expect(createHash('sha256').update(Buffer.concat(parts)).digest('hex')).toBe(told.zip)
    const tail = await get(`/packs/${told.packId}`, bailiff(), { range: 'bytes=-10' })
    expect(Buffer.from(await tail.arrayBuffer())).toEqual(Buffer.concat(parts).subarray(-10))
    expect((await get(`/packs/${told.packId}`, bailiff(), { range: `bytes=${size}-` })).status).toBe(416)
    expect((await get(`/packs/${told.packId}`, bailiff(), { range: 'bytes=0-4', 'if-range': '"other"' })).status).toBe(
      200,
    )
    expect((await get(`/packs/${told.packId}`, bailiff(), { 'if-none-match': head.headers.get('etag')! })).status).toBe(
      304,
    )
    expect(await downloads()).toBe(before + 2)
  })

  test('is for that bailiff alone, and ends when the hand-over is taken back', async () => {
    expect((await get(`/packs/${told.packId}`, null)).status).toBe(401)
    expect((await get(`/packs/${told.packId}`, { ...bailiff(), bailiffId: stranger })).status).toBe(404)
    expect((await get(`/packs/${stranger}`, bailiff())).status).toBe(404)
    expect((await get('/packs/..%2f..%2fsecret', bailiff())).status).toBe(400)
    expect((await get(`/packs/${told.packId}`, { role: 'creditor', creditorId: told.creditorId })).status).toBe(403)
    await api.sql`update hand_overs set revoked_on = ${api.today}`
    expect((await get(`/packs/${told.packId}`, bailiff())).status).toBe(404)
    expect((await api.ask(bailiff(), '{ packs { id } }')).body.data.packs).toEqual([])
    await api.sql`update hand_overs set revoked_on = null`
  })

  test('is found by the bailiff through GraphQL, without the case behind it', async () => {
    const { body } = await api.ask(
      bailiff(),
      '{ packs { kind version caseNumber zipSha256 url procedure { id } handOvers { downloads } } }',
    )
    expect(body.data.packs).toEqual([
      {
        kind: 'signification',
        version: 1,
        caseNumber: '2026-0001',
        zipSha256: told.zip,
        url: `http://api.test/packs/${told.packId}`,
        procedure: null,
        handOvers: null,
      },
    ])
    const legal = await api.ask({ role: 'legal' }, '{ packs { kind handOvers { bailiff { name } downloads } } }')
    expect(
      legal.body.data.packs.find((pack: { kind: string }) => pack.kind === 'signification').handOvers[0].bailiff.name,
    ).toContain('Brun')
  })
})

test('a letter is read by its creditor and not by another', async () => {
  const { body } = await api.ask(
    { role: 'creditor', creditorId: told.creditorId },
    '{ case(number: "2026-0001") { documents { url sha256 } } }',
  )
  const { url, sha256 } = body.data.case.documents[0]
  const letter = await get(url, { role: 'creditor', creditorId: told.creditorId })
  expect(
    createHash('sha256')
      .update(Buffer.from(await letter.arrayBuffer()))
      .digest('hex'),
  ).toBe(sha256)
  expect((await get(url, { role: 'creditor', creditorId: stranger })).status).toBe(404)
  expect((await get(url, bailiff())).status).toBe(404)
  expect((await get(url, null)).status).toBe(401)
})

test('the time limits of the order come with their reasoning, article and version of the law', async () => {
  const [order] = await api.sql<{ on: Day }[]>`select happened_on as on from procedure_events where step = 'ordonnance'`
  const { body } = await api.ask(
    { role: 'legal' },
    '{ deadlines(until: "2027-03-31") { step expires article version sanction why procedure { case { number } } } }',
  )
  expect(body.data.deadlines).toContainEqual(
    expect.objectContaining({
      step: 'signification',
      expires: stepDeadline('injonction-de-payer.signification', order!.on).expires.toString(),
      article: 'CPC 1411',
      sanction: 'ordonnance non avenue',
      version: expect.stringContaining('trois mois'),
      procedure: { case: { number: '2026-0001' } },
    }),
  )
})

describe('the creditor’s consent', () => {
  const sign = (hash: string) =>
    `mutation ($id: ID!) { giveConsent(input: { requestId: $id, contentSha256: "${hash}", signedBy: "Paul Delorme", capacity: "gérant" }) { __typename ... on Refusal { code } } }`

  test('cannot be given by the agency, nor by another creditor, nor twice', async () => {
    const { body } = await api.ask(
      { role: 'creditor', creditorId: told.creditorId },
      '{ case(number: "2026-0001") { consents { id contentSha256 decision isLive statement { total { amount } } } } }',
    )
    const [consent] = body.data.case.consents
    expect(consent).toMatchObject({ decision: 'GIVEN', isLive: true })
    const asked = async (viewer: Partial<Viewer>) =>
      (await api.ask(viewer, sign(consent.contentSha256), { id: consent.id })).body.data.giveConsent.code
    expect(await asked({ role: 'legal' })).toBe('forbidden')
    expect(await asked({ role: 'creditor', creditorId: stranger })).toBe('consent_not_found')
    expect(await asked({ role: 'creditor', creditorId: told.creditorId })).toBe('consent_already_decided')
  })
})

describe('the ready-made operations', () => {
  const variables: Record<string, () => object> = {
    '03-un-dossier': () => ({ number: '2026-0001' }),
    '07-envoyer-une-facture': () => {
      const example = JSON.parse(examples().find(({ name }) => name === '07-envoyer-une-facture')!.variables!) as {
        input: object
      }
      return { input: { ...example.input, creditorId: told.creditorId } }
    },
    '08-enregistrer-un-paiement': () => ({
      input: {
        caseId: told.caseId,
        receivedOn: '2026-10-01',
        amount: { amount: '10.00' },
        means: 'virement',
        idempotencyKey: 'x',
      },
    }),
    '09-demander-un-accord': () => ({
      input: { caseId: told.caseId, ceiling: { amount: '250.00' }, idempotencyKey: 'y' },
    }),
  }

  test.each(
    examples()
      .filter(({ query }) => !query.includes('subscription'))
      .map(({ name, query }) => [name, query]),
  )('%s runs', async (name, query) => {
    const { status, body } = await api.ask({}, query!, variables[name!]?.())
    expect({ status, errors: body.errors }).toEqual({ status: 200, errors: undefined })
    const act = Object.values(body.data)[0] as { __typename?: string; code?: string } | null
    expect(act).not.toBeNull()
    // A request is already before the court in this case: the ready-made demand is refused, and says so.
    if (name === '09-demander-un-accord') expect(act).toMatchObject({ __typename: 'Refusal', code: 'already_filed' })
    else expect(act?.__typename ?? '').not.toBe('Refusal')
    expect(api.errors).toEqual([])
  })
})
