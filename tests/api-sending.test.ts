import { beforeAll, expect, test } from 'vitest'
import { openPortfolio } from '../scripts/demo/portfolio.ts'
import { useApi } from './api.ts'
import { liveOn } from './house.ts'

const api = useApi()
let documentId = ''
beforeAll(async () => {
  await openPortfolio(api.office, api.today, { count: 1, dueFrom: api.today.subtract({ days: 20 }), daysApart: 3 })
  await liveOn(api, api.today)
  const [doubtful] = await api.sql<{ documentId: string }[]>`
    update dispatches set state = 'sending', sent_on = null, proof = null
    where document_id = (select min(document_id::text)::uuid from dispatches) returning document_id`
  documentId = doubtful!.documentId
})

test('a sending in doubt is in the work of the day until a person says what became of it', async () => {
  const work = async () =>
    (await api.ask({}, '{ workToday(kinds: [DISPATCH_TO_CHECK]) { kind what case { number } } }')).body.data.workToday
  expect(await work()).toMatchObject([{ kind: 'DISPATCH_TO_CHECK', case: { number: '2026-0001' } }])
  const settle = `mutation { settleSending(input: { documentId: "${btoa(`Document:${documentId}`)}", sentOn: "${api.today}", reason: "lu" }) {
    __typename ... on Refusal { code } } }`
  expect((await api.ask({}, settle)).body.data.settleSending.__typename).toBe('SettleSendingPayload')
  expect(await work()).toEqual([])
  expect((await api.ask({}, settle)).body.data.settleSending).toMatchObject({ code: 'sending_not_in_doubt' })
})
