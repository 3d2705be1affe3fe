import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { openAgency } from '../scripts/demo/people.ts'
import { useApi } from './api.ts'
import { creditorOf } from './house.ts'

const api = useApi({ today: '2018-01-15' })
let creditorId = ''
beforeAll(async () => {
  await openAgency(api.sql, api.today)
  creditorId = await creditorOf(api, api.today)
})
const sample = (name: string) => readFileSync(fileURLToPath(new URL(`../samples/${name}`, import.meta.url)))
const as = { role: 'creditor' } as const

/** As a creditor does: a place for the file, the file, then the invoice. */
async function submit(file: string) {
  const ask = `mutation { requestUpload(input: { fileName: "${file}" }) { ... on RequestUploadPayload { uploadId url } } }`
  const { uploadId, url } = (await api.ask({ ...as, creditorId }, ask)).body.data.requestUpload
  const put = await api.app.request(url.replace('http://api.test', ''), {
    method: 'PUT',
    body: sample(file) as BodyInit,
  })
  expect(put.status).toBe(201)
  const query = `mutation ($input: SubmitInvoiceInput!) { submitInvoice(input: $input) {
    __typename ... on SubmitInvoicePayload { opened case { number } } ... on Refusal { code message } } }`
  const input = { uploadIds: [uploadId], debtor: { kind: 'BUSINESS' }, idempotencyKey: uploadId }
  return (await api.ask({ ...as, creditorId }, query, { input })).body.data.submitInvoice
}
const principal = async () => {
  const query = '{ cases { nodes { number owed { principal { amount } invoices { number principal { amount } } } } } }'
  return (await api.ask({ ...as, creditorId }, query)).body.data.cases.nodes
}

test('the credit note AV-2017-0005 credits FA-2017-0010 of the same debtor, once', async () => {
  expect(await submit('Facture_FR_EN16931.pdf')).toMatchObject({ opened: true, case: { number: '2018-0001' } })
  expect(await principal()).toMatchObject([{ owed: { principal: { amount: '470.15' } } }])
  expect(await submit('Avoir_FR_type381_BASIC.pdf')).toMatchObject({ opened: false, case: { number: '2018-0001' } })
  const credited = [{ number: 'FA-2017-0010', principal: { amount: '236.68' } }]
  expect(await principal()).toEqual([
    { number: '2018-0001', owed: { principal: { amount: '236.68' }, invoices: credited } },
  ])
  expect(await submit('Avoir_FR_type381_BASIC.pdf')).toMatchObject({ code: 'credit_note_already_recorded' })
  expect(await principal()).toMatchObject([{ owed: { principal: { amount: '236.68' } } }])
})
