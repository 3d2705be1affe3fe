import { PDF } from '@libpdf/core'
import { beforeAll, expect, test } from 'vitest'
import { openPortfolio } from '../scripts/demo/portfolio.ts'
import { useApi } from './api.ts'
import { liveOn } from './house.ts'

const api = useApi()
// Cases due long enough ago: their first letter leaves today.
beforeAll(async () => {
  await openPortfolio(api.office, api.today, { count: 2, dueFrom: api.today.subtract({ days: 20 }), daysApart: 3 })
  await liveOn(api, api.today)
})

test('the letters of the day are taken as one file, by those who post and nobody else', async () => {
  const make = `mutation { makePostBatch(input: { idempotencyKey: "lot" }) {
    ... on MakePostBatchPayload { waiting left { reference } batch { number letters pages sheets sha256 url } }
    ... on Refusal { code } } }`
  const { batch, left, waiting } = (await api.ask({ role: 'phone' }, make)).body.data.makePostBatch
  expect({ left, waiting }).toEqual({ left: [], waiting: 0 })
  expect(batch).toMatchObject({ number: '2026-09-30-1', url: 'http://api.test/courrier/2026-09-30-1' })
  // The same request again is answered with the same batch; a new one finds nothing.
  expect((await api.ask({ role: 'phone' }, make)).body.data.makePostBatch.batch).toEqual(batch)
  const next = (await api.ask({ role: 'phone' }, make.replace('"lot"', '"autre"'))).body.data.makePostBatch
  expect(next).toEqual({ waiting: 0, left: [], batch: null })

  const get = async (role: 'phone' | 'creditor', number = batch.number) => {
    const creditorId = role === 'creditor' ? '00000000-0000-4000-8000-000000000009' : null
    const headers = { authorization: `Bearer ${await api.token({ role, creditorId })}` }
    return api.app.request(`/courrier/${number}`, { headers })
  }
  const file = await get('phone')
  expect(file.status).toBe(200)
  expect((await PDF.load(new Uint8Array(await file.arrayBuffer()))).getPageCount()).toBeGreaterThan(batch.pages)
  expect((await get('creditor')).status).toBe(403)
  expect((await get('phone', '2026-09-30-9')).status).toBe(404)
  expect((await api.app.request(`/courrier/${batch.number}`)).status).toBe(401)
  expect((await api.ask({ role: 'phone' }, '{ postBatches { number } }')).body.data.postBatches).toHaveLength(1)
})

test('the follow-up of a registered letter is told state by state, each with what it means', async () => {
  // A letter of the day, by registered post instead: documents are kept as written, so it is a copy of one that says so.
  const [sent] = await api.sql<{ documentId: string }[]>`
    select document_id from dispatches where channel = 'lettre' and state = 'sent' order by document_id limit 1`
  const [registered] = await api.sql<{ id: string }[]>`
    insert into documents select (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid(), 'channel', 'lrar',
      'reference', d.reference || 'R', 'code', 'RRRR-RRRR-RRRR', 'step_id', null, 'first_letter', false))).*
    from documents d where d.id = ${sent!.documentId} returning id`
  await api.sql`
    insert into dispatches (document_id, channel, address, state, sent_on, proof)
    select ${registered!.id}, 'lrar', address, 'sent', sent_on, proof from dispatches where document_id = ${sent!.documentId}`
  const say = (state: string, on = api.today.toString()) =>
    api.ask(
      { role: 'research' },
      `mutation { recordPostalState(input: { documentId: "${btoa(`Document:${registered!.id}`)}", state: ${state}, on: "${on}", registeredNumber: "1A 1" }) {
        ... on RecordPostalStatePayload { document { registeredNumber presentedOn outcome
          postalEvents { state on meaning { text article doubts { code } } } } }
        ... on Refusal { code } } }`,
    )
  await say('DEPOSITED')
  expect((await say('UNCLAIMED')).body.data.recordPostalState).toEqual({ code: 'still_waiting' })
  const { document } = (await say('REFUSED')).body.data.recordPostalState
  expect(document).toMatchObject({ registeredNumber: '1A 1', presentedOn: '2026-09-30', outcome: 'REFUSED' })
  expect(document.postalEvents.map(({ state }: { state: string }) => state)).toEqual(['DEPOSITED', 'REFUSED'])
  expect(document.postalEvents[1].meaning).toMatchObject({
    text: expect.stringContaining('mise en demeure'),
    article: expect.stringContaining('1344'),
    doubts: [{ code: 'unconfirmed_value' }],
  })
})
