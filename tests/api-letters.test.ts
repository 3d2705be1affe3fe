import { beforeAll, expect, test } from 'vitest'
import type { Viewer } from '../api/auth.ts'
import { openTwoCases, useApi } from './api.ts'

const api = useApi({ today: '2026-09-30' })
let creditorId = ''
let caseId = ''
let otherCreditor = ''

beforeAll(async () => {
  const [own, other] = await openTwoCases(api, '2026-09-01')
  ;({ creditorId, caseId } = own!)
  otherCreditor = other!.creditorId
})

const mutation = `mutation ($input: WriteLetterInput!) { writeLetter(input: $input) { __typename
  ... on WriteLetterPayload { document { id letter recipient channel } missing { key meaning act } pdf text }
  ... on Refusal { code message remedy facts } } }`
const terms = {
  letter: 'creancier-relance-pieces-ouverture',
  channel: 'email',
  facts: {
    dateLimite: { date: '2026-10-15' },
  },
}
const write = async (viewer: Partial<Viewer>, input: object) => {
  const { body } = await api.ask(viewer, mutation, { input: { caseId, ...terms, ...input } })
  const { pdf, ...answer } = body.data?.writeLetter ?? {}
  return {
    ...answer,
    isPdf: pdf ? Buffer.from(pdf, 'base64').subarray(0, 5).toString() === '%PDF-' : null,
    refused: body.errors?.[0]?.extensions?.code,
  }
}
const count = async () => {
  const [row] = await api.sql<[{ count: bigint }]>`
    select count(*) from documents d join dispatches o on o.document_id = d.id where letter = ${terms.letter}`
  return Number(row.count)
}

test('a letter to the creditor is shown first, and then sent once under one key', async () => {
  const shown = await write({ role: 'amicable' }, { dryRun: true, idempotencyKey: 'pieces' })
  expect(shown).toMatchObject({ document: null, missing: [], text: null })
  expect(shown.isPdf).toBe(true)
  expect(await count()).toBe(0)
  expect(await api.sql`select 1 from idempotency_keys`).toEqual([])
  const sent = await write({ role: 'amicable' }, { idempotencyKey: 'pieces' })
  expect(sent.document).toMatchObject({ letter: terms.letter, recipient: 'creancier', channel: 'email' })
  const again = await write({ role: 'amicable' }, { idempotencyKey: 'pieces' })
  expect(again.document.id).toBe(sent.document.id)
  expect(await count()).toBe(1)
})

test('what a letter lacks is told by name, with what it means', async () => {
  const { missing, isPdf } = await write({ role: 'amicable' }, { facts: null, dryRun: true })
  expect(isPdf).toBeNull()
  expect(missing).toContainEqual({
    key: 'dateLimite',
    meaning: 'date butoir calculée et texte qui la fonde',
    act: null,
  })
  expect(await write({ role: 'amicable' }, { facts: null })).toMatchObject({ code: 'facts_missing' })
  expect(await write({ role: 'amicable' }, { facts: { inconnu: 1 } })).toMatchObject({ code: 'bad_facts' })
})

test('nobody but the managers of the case writes, and to courts nobody but the legal cell', async () => {
  for (const viewer of [
    { role: 'creditor', creditorId },
    { role: 'creditor', creditorId: otherCreditor },
    { role: 'phone' },
    { role: 'research' },
    { role: 'editor' },
  ] as const)
    expect(await write(viewer, {})).toMatchObject({ code: 'forbidden' })
  const toClerk = { letter: 'injonction-relance-greffe', channel: 'lettre', facts: null }
  expect(await write({ role: 'amicable' }, toClerk)).toMatchObject({ code: 'forbidden' })
  expect(await write({ role: 'legal' }, toClerk)).toMatchObject({ code: 'consent_missing' })
  expect(await count()).toBe(1)
  expect(api.errors).toEqual([])
})

test('the letters of a case are found by a word or by whom they go to, with what stands in their way', async () => {
  const ask = async (viewer: Partial<Viewer>, args: string) =>
    (
      await api.ask(
        viewer,
        `{ case(id: "${caseId}") { writableLetters(${args}) { edges { node { letter { key } standing { refusal { code } missing { key } } } } } } }`,
      )
    ).body
  const found = async (role: Viewer['role'], args: string) =>
    (await ask({ role }, args)).data.case.writableLetters.edges.map(
      ({ node }: { node: { letter: { key: string } } }) => node.letter.key,
    )
  const { edges } = (await ask({ role: 'amicable' }, 'search: "ouverture", recipient: "creancier"')).data.case
    .writableLetters
  expect(edges).toContainEqual({
    node: { letter: { key: terms.letter }, standing: { refusal: null, missing: [{ key: 'dateLimite' }] } },
  })
  const refused = await ask({ role: 'legal' }, 'search: "injonction-relance-greffe"')
  expect(refused.errors).toBeUndefined()
  expect(refused.data.case.writableLetters.edges[0].node.standing.refusal).toEqual({ code: 'consent_missing' })
  expect(await found('amicable', 'search: "script-objection"')).toEqual([])
  expect(await found('amicable', 'search: "injonction-relance-greffe"')).toEqual([])
  expect(await found('legal', 'search: "injonction-relance-greffe"')).toEqual(['injonction-relance-greffe'])
  expect((await ask({ role: 'creditor', creditorId }, 'first: 1')).errors?.[0]?.extensions?.code).toBe('forbidden')
})
