import {
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { roles } from '../api/auth.ts'
import { schema } from '../api/graphql/schema.ts'
import { openTwoCases, useApi } from './api.ts'

const api = useApi()
const global = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64')
const mine = { creditorId: '', caseId: '', debtorId: '' }
const theirs = { ...mine }

beforeAll(async () => {
  const [first, second] = await openTwoCases(api, '2026-09-02')
  Object.assign(mine, first)
  Object.assign(theirs, second)
  for (const who of [mine, theirs]) {
    const [found] = await api.sql<{ debtorId: string }[]>`select debtor_id from cases where id = ${who.caseId}`
    who.debtorId = found!.debtorId
  }
})

const queries = {
  cases: '{ cases { edges { node { number } } } }',
  case: '{ case(number: "2026-0001") { number } }',
  node: () => `{ node(id: "${global('Case', mine.caseId)}") { id ... on Case { number } } }`,
  creditors: '{ creditors { name } }',
  letters: '{ letters(first: 1) { edges { node { key } } } }',
  scenarios: '{ scenarios { id } }',
  workToday: '{ workToday { what } }',
  procedures: '{ procedures { id } }',
  deadlines: '{ deadlines { title } }',
  packs: '{ packs { id } }',
  bailiffs: '{ bailiffs { name } }',
  courts: '{ courts(postalCode: "69003", city: "Lyon") { name } }',
} as const

describe('without a token', () => {
  test.each(Object.keys(queries))('%s tells nothing', async (name) => {
    const query = queries[name as keyof typeof queries]
    const { body } = await api.ask(null, typeof query === 'function' ? query() : query)
    expect(Object.values(body.data)).toEqual([null])
    expect(body.errors?.[0]?.extensions?.code).toBe('unauthenticated')
  })

  test('no mutation is left open, to nobody and to the editors of letters', async () => {
    const fields = Object.values(schema.getMutationType()!.getFields())
    expect(fields.length).toBeGreaterThan(20)
    for (const field of fields) {
      const input = sample(field.args[0]!.type)
      const mutation = `mutation ($input: ${String(field.args[0]!.type)}) { act: ${field.name}(input: $input) { __typename ... on Refusal { code } } }`
      const nobody = await api.ask(null, mutation, { input })
      expect([field.name, nobody.body.data?.act]).toEqual([
        field.name,
        { __typename: 'Refusal', code: 'unauthenticated' },
      ])
      const editor = await api.ask({ role: 'editor' }, mutation, { input })
      expect([field.name, editor.body.data?.act]).toEqual([field.name, { __typename: 'Refusal', code: 'forbidden' }])
    }
    expect(api.errors).toEqual([])
  })

  test('nobody follows the journal', async () => {
    const { body } = await api.ask(null, 'subscription { caseEvents { kind } }')
    expect(body.errors?.[0]?.extensions?.code).toBe('unauthenticated')
  })
})

/** The least that the schema accepts. */
function sample(type: GraphQLInputType): unknown {
  if (isNonNullType(type)) return sample(type.ofType)
  if (isListType(type)) return []
  if (isEnumType(type)) return type.getValues()[0]!.name
  if (isInputObjectType(type)) {
    return Object.fromEntries(
      Object.values(type.getFields()).flatMap((field) =>
        isRequiredInputField(field) ? [[field.name, sample(field.type)]] : [],
      ),
    )
  }
  return type.name === 'Date' ? '2026-09-30' : type.name === 'Boolean' ? true : type.name === 'Int' ? 1 : '1.00'
}

describe('a creditor', () => {
  const creditor = () => ({ role: 'creditor', name: 'Inès Roche', creditorId: mine.creditorId }) as const

  test('sees its own cases in lists, whatever it asks for', async () => {
    for (const args of [
      '',
      '(state: OPEN)',
      '(text: "Delmas")',
      `(creditorId: "${theirs.creditorId}")`,
      '(first: 100)',
    ]) {
      const { body } = await api.ask(
        creditor(),
        `{ cases${args} { totalCount edges { node { number creditor { name } } } } }`,
      )
      const isOwn = args === '' || args.startsWith('(state') || args.startsWith('(first')
      expect(body.data.cases.totalCount).toBe(isOwn ? 1 : 0)
      expect(
        body.data.cases.edges.map(({ node }: { node: { creditor: { name: string } } }) => node.creditor.name),
      ).toEqual(isOwn ? ['Créancier A-1'] : [])
    }
    expect((await api.ask(creditor(), '{ creditors { name } }')).body.data.creditors).toEqual([
      { name: 'Créancier A-1' },
    ])
  })

  test('is found by words of its name, whole or begun, and by nobody else’s', async () => {
    const named = async (viewer: Parameters<typeof api.ask>[0], text: string) =>
      (
        await api.ask(viewer, 'query ($text: String) { creditors(text: $text) { name } }', { text })
      ).body.data.creditors.map(({ name }: { name: string }) => name)
    expect(await named({ role: 'legal' }, 'CREANC a')).toEqual(['Créancier A-1'])
    expect(await named({ role: 'legal' }, '')).toHaveLength(2)
    expect(await named({ role: 'legal' }, 'personne')).toEqual([])
    expect(await named(creditor(), 'créancier')).toEqual(['Créancier A-1'])
  })

  test('finds nothing of another, by number, by id or by node, in the words used for what does not exist', async () => {
    const nobody = '00000000-0000-4000-8000-00000000dead'
    const asked = (id: string) => [
      `{ case(id: "${global('Case', id)}") { number } }`,
      `{ case(id: "${id}") { number } }`,
      `{ node(id: "${global('Case', id)}") { id } }`,
    ]
    const foreign = await Promise.all(asked(theirs.caseId).map((query) => api.ask(creditor(), query)))
    const absent = await Promise.all(asked(nobody).map((query) => api.ask(creditor(), query)))
    for (const [i, { body }] of foreign.entries()) {
      expect(Object.values(body.data)).toEqual([null])
      expect(body.errors?.[0]?.message).toBe(absent[i]!.body.errors?.[0]?.message)
    }
    for (const id of [
      global('Creditor', theirs.creditorId),
      global('Debtor', theirs.debtorId),
      global('Case', "' or 1=1 --"),
      'Q2FzZQ==',
    ]) {
      expect((await api.ask(creditor(), `{ node(id: "${id}") { id } }`)).body.data?.node ?? null).toBeNull()
    }
    const own = await api.ask(
      creditor(),
      `{ node(id: "${global('Debtor', mine.debtorId)}") { ... on Debtor { name } } }`,
    )
    expect(own.body.data.node).toEqual({ name: 'Garage du Pont' })
  })

  test('cannot act on the case of another, nor as another', async () => {
    const refused = async (mutation: string, input: object) => {
      const name = /\w+/.exec(mutation)![0]
      const type = `${name[0]!.toUpperCase()}${name.slice(1)}Input!`
      const { body } = await api.ask(
        creditor(),
        `mutation ($input: ${type}) { ${name}(input: $input) { __typename ... on Refusal { code } } }`,
        { input },
      )
      return body.data[name]
    }
    const payment = {
      caseId: theirs.caseId,
      receivedOn: '2026-09-20',
      amount: { amount: '1.00' },
      means: 'virement',
      idempotencyKey: 'k',
    }
    expect(await refused('recordPayment', payment)).toEqual({ __typename: 'Refusal', code: 'case_not_found' })
    expect(
      await refused('submitInvoice', {
        creditorId: theirs.creditorId,
        debtor: { kind: 'BUSINESS' },
        idempotencyKey: 'k2',
      }),
    ).toEqual({ __typename: 'Refusal', code: 'creditor_not_found' })
    expect(await refused('holdCase', { caseId: mine.caseId, reason: 'x', reviewOn: '2026-10-01' })).toEqual({
      __typename: 'Refusal',
      code: 'forbidden',
    })
    expect(await api.sql`select 1 from payments`).toHaveLength(0)
  })
})

describe('each role', () => {
  const sees: Record<string, readonly string[]> = {
    cases: ['research', 'phone', 'amicable', 'legal', 'admin', 'creditor'],
    workToday: ['research', 'phone', 'amicable', 'legal', 'admin'],
    letters: roles,
    bailiffs: ['amicable', 'legal', 'admin'],
    packs: ['amicable', 'legal', 'admin', 'creditor', 'bailiff'],
  }

  test.each(roles)('%s sees what is its own, and no more', async (role) => {
    const viewer = {
      role,
      name: 'x',
      creditorId: role === 'creditor' ? mine.creditorId : null,
      bailiffId: role === 'bailiff' ? mine.caseId : null,
    }
    for (const [name, allowed] of Object.entries(sees)) {
      const { body } = await api.ask(viewer, queries[name as 'cases'])
      const value = body.data?.[name]
      const rows = Array.isArray(value) ? value : value?.edges
      if (name === 'cases' || name === 'letters')
        expect([name, (rows ?? []).length > 0]).toEqual([name, allowed.includes(role)])
      else expect([name, value !== null]).toEqual([name, allowed.includes(role)])
    }
  })

  test('a bailiff and an editor find no case by its id', async () => {
    for (const role of ['bailiff', 'editor'] as const) {
      const { body } = await api.ask(
        { role, bailiffId: mine.caseId },
        `{ node(id: "${global('Case', mine.caseId)}") { id } }`,
      )
      expect(body.data.node).toBeNull()
    }
  })
})
