import { beforeAll, expect, test } from 'vitest'
import { drain } from '../procedures/jobs/work.ts'
import { useApi } from './api.ts'
import { fileOf, invoice, liveUntil, openCase } from './house.ts'
import { browser } from './pages.ts'

const api = useApi()
let caseId = ''
let number = ''
let creditorId = ''

beforeAll(async () => {
  const invoices = [invoice({ number: 'F-1', issued_on: '2026-08-01', due_on: '2026-08-31' })]
  caseId = await openCase(api, { on: '2026-08-20', invoices, mandate: { scenario: 'abonnement' } })
  ;[{ number, creditorId } = { number, creditorId }] = await api.sql<{ number: string; creditorId: string }[]>`
    select number, creditor_id from cases where id = ${caseId}`
  await liveUntil(api, '2026-08-20', '2026-09-29')
}, 120_000)

const phone = { role: 'phone' } as const
const act = async (name: string, input: object, viewer: Parameters<typeof api.ask>[0] = phone) => {
  const type = `${name[0]!.toUpperCase()}${name.slice(1)}`
  const fields = 'case { promises { state attestedBy } plans { id attestedOn attestedBy acceptance { letter } } }'
  const { body } = await api.ask(
    viewer,
    `mutation ($input: ${type}Input!) { ${name}(input: $input) { ... on ${type}Payload { ${fields} } ... on Refusal { code } } }`,
    { input: { caseId, ...input } },
  )
  return body.data?.[name] ?? body
}
/** A signed paper, sent by whoever records it. */
async function upload(): Promise<string> {
  const { body } = await api.ask(
    phone,
    'mutation { requestUpload(input: { fileName: "signe.pdf" }) { ... on RequestUploadPayload { uploadId url } } }',
  )
  const { uploadId, url } = body.data.requestUpload
  await api.app.request(url, { method: 'PUT', body: 'signé', duplex: 'half' } as RequestInit)
  return uploadId
}
const limitationOn = async () => (await fileOf(api, caseId)).case.limitationOn.toString()

const seen = async () => {
  const { body } = await api.ask(phone, '{ workToday(kinds: [VISIT]) { cell on case { number } document { letter } } }')
  return body.data.workToday
}

test('a visit ordered stands in the work of the phone cell and on the board; recorded, in the creditor’s own log', async () => {
  expect(await seen()).toEqual([
    { cell: 'PHONE', on: '2026-09-18', case: { number }, document: { letter: 'visite-ordre-de-mission' } },
  ])
  const staff = browser(api)
  const board = await staff.go(`/bureau/entrer?jeton=${await api.token(phone)}`)
  expect(board.text).toContain('Visites à faire')

  const visit = { agent: 'Rivo', place: 'Lyon', person: 'le gérant', outcome: 'COMMITMENT', summary: 'Il paiera.' }
  const said = { amount: { amount: '400.00' }, dueOn: '2026-10-10' }
  const half = { ...visit, commitment: { ...said, signedBy: 'Jean Pont' } }
  expect(await act('recordVisit', half)).toEqual({ code: 'signature_incomplete' })
  const signed = { ...visit, commitment: { ...said, signedBy: 'Jean Pont', uploadId: await upload() } }
  expect((await act('recordVisit', signed)).case.promises).toEqual([{ state: 'ATTESTED', attestedBy: 'Jean Pont' }])
  expect(await limitationOn()).toBe('2031-09-30')
  expect(await seen()).toEqual([])

  const desk = browser(api)
  await desk.go(`/portail/entrer?jeton=${await api.token({ role: 'creditor', creditorId })}`)
  expect((await desk.go(`/portail/dossiers/${number}`)).text).toContain('Visite sur place, le gérant : Il paiera.')
})

test('a plan agreed leaves with its act, and the phone cell records what comes back signed', async () => {
  const agreed = { means: 'virement', instalments: [{ dueOn: '2026-10-15', amount: { amount: '100.00' } }] }
  const done = await act('agreeInstalments', agreed, { role: 'amicable' })
  expect(done.case.plans).toMatchObject([{ acceptance: null, attestedOn: null }])
  await drain(api.office, api.url)
  const sign = async (more: object) =>
    act('attestPlan', {
      planId: done.case.plans[0].id,
      attestedOn: '2026-09-30',
      signedBy: 'Jean Pont',
      means: 'FORM',
      ...more,
    })
  expect(await sign({ attestedOn: '2026-10-01' })).toEqual({ code: 'plan_not_signed' })
  expect((await sign({ uploadId: await upload() })).case.plans).toMatchObject([
    { acceptance: { letter: 'engagement-acceptation-echeancier' }, attestedOn: '2026-09-30', attestedBy: 'Jean Pont' },
  ])
  expect(await sign({})).toEqual({ code: 'already_attested' })
})
