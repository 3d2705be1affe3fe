import { beforeAll, expect, test } from 'vitest'
import { openPortfolio } from '../scripts/demo/portfolio.ts'
import { useApi } from './api.ts'

const api = useApi()
let caseId = ''

beforeAll(async () => {
  const dueFrom = api.today.subtract({ days: 60 })
  const [first] = await openPortfolio(api.office, api.today, { count: 1, dueFrom, daysApart: 3 })
  caseId = first!.caseId
})

async function upload(): Promise<string> {
  const { body } = await api.ask(
    { role: 'amicable' },
    'mutation { requestUpload(input: { fileName: "mise-en-demeure.txt" }) { ... on RequestUploadPayload { uploadId url } } }',
  )
  const { uploadId, url } = body.data.requestUpload
  await api.app.request(url, { method: 'PUT', body: 'Mise en demeure de payer.', duplex: 'half' } as RequestInit)
  return uploadId
}

const notices = async () => {
  const { body } = await api.ask(
    { role: 'legal' },
    '{ cases(first: 1) { edges { node { formalNotices { key reference sender form presentedOn procedure outcomes { key } doubts { code } why picture } } } } }',
  )
  expect(body.errors).toBeUndefined()
  return body.data.cases.edges[0].node.formalNotices
}

test('a formal notice of the creditor is recorded with its letter, seen as a procedure, corrected and taken back', async () => {
  const written = api.today.subtract({ days: 20 })
  const presented = api.today.subtract({ days: 18 })
  const { body } = await api.ask(
    { role: 'amicable' },
    `mutation ($file: ID!) { recordOutsideNotice(input: { caseId: "${btoa(`Case:${caseId}`)}", uploadId: $file, reference: "1A 222", sender: CREANCIER, form: LRAR, writtenOn: "${written}", presentedOn: "${presented}", delayDays: 8 }) { __typename ... on Refusal { code message } } }`,
    { file: await upload() },
  )
  expect(body.data.recordOutsideNotice).toEqual({ __typename: 'RecordOutsideNoticePayload' })
  const [notice, ...others] = await notices()
  expect(others).toEqual([])
  expect(notice).toMatchObject({
    reference: '1A 222',
    sender: 'CREANCIER',
    form: 'LRAR',
    presentedOn: presented.toString(),
    procedure: 'mise-en-demeure',
  })
  expect(notice.outcomes.map(({ key }: { key: string }) => key)).toContain('vaine')
  expect(notice.doubts.map(({ code }: { code: string }) => code)).toContain('unconfirmed_deadline')
  expect(notice.picture).toContain('<svg')
  const correct = (key: string, more: string) =>
    api.ask(
      { role: 'legal' },
      `mutation { correctOutsideNotice(input: { key: "${key}", ${more} }) { __typename ... on Refusal { code } } }`,
    )
  const late = await correct(notice.key, `presentedOn: "${api.today.subtract({ days: 2 })}"`)
  expect(late.body.data.correctOutsideNotice).toEqual({ __typename: 'CorrectOutsideNoticePayload' })
  const [moved] = await notices()
  // Eight days from the day before yesterday are not over.
  expect(moved.outcomes.map(({ key }: { key: string }) => key)).toEqual(['demeure'])
  expect((await correct('nothing', 'void: true')).body.data.correctOutsideNotice).toMatchObject({
    code: 'notice_not_found',
  })
  const back = `presentedOn: null, delayDays: null, outcome: UNKNOWN_ADDRESS, outcomeOn: "${presented}"`
  expect((await correct(moved.key, back)).body.data.correctOutsideNotice).toEqual({
    __typename: 'CorrectOutsideNoticePayload',
  })
  const [returned] = await notices()
  // Nobody received it after all: a day that was told is taken back.
  expect(returned.presentedOn).toBeNull()
  expect(returned.outcomes.map(({ key }: { key: string }) => key)).toContain('inconnu')
  await correct(returned.key, 'void: true')
  expect(await notices()).toEqual([])
})
