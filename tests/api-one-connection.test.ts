import { decodeGlobalID } from '@pothos/plugin-relay'
import { isObjectType } from 'graphql'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { signToken, type Viewer } from '../api/auth.ts'
import { schema } from '../api/graphql/schema.ts'
import { type App, createApp } from '../api/server.ts'
import { type Client, connect } from '../schema/db.ts'
import { type Answer, now, openTwoCases, secret, useApi } from './api.ts'

const api = useApi()
const asCreditor = { role: 'creditor', name: 'Inès Roche', creditorId: '' }
const ours = { caseId: '', debtorId: '' }
let lists: Client
let opened: App
/** What went by the connection of lists, and all that went by the others. */
const byLists: string[] = []

beforeAll(async () => {
  const [first] = await openTwoCases(api, '2026-09-02')
  asCreditor.creditorId = first!.creditorId
  const [row] = await api.sql<{ debtorId: string }[]>`select debtor_id from cases where id = ${first!.caseId}`
  Object.assign(ours, { caseId: first!.caseId, debtorId: row!.debtorId })
  lists = connect(api.url, { max: 1, onquery: (text) => byLists.push(text) })
  const clock = { today: () => api.today, now: () => now }
  opened = createApp({ office: api.office, sql: api.sql, lists, clock, secret, log: (error) => api.errors.push(error) })
})
beforeEach(() => {
  byLists.length = 0
  api.statements()
})
afterAll(async () => {
  await opened.close()
  await lists.end({ timeout: 5 })
})

async function ask(viewer: object, query: string): Promise<Answer['body']> {
  const token = await signToken(secret, { creditorId: null, bailiffId: null, name: 'Essai', ...viewer } as Viewer, now)
  const response = await opened.app.request('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  })
  return (await response.json()) as Answer['body']
}

const line = 'number debtor { name email } creditor { name } totalDue { amount } nextStep { key }'
const numbers = ({ data }: Answer['body']): string[] =>
  data.cases.nodes.map(({ number }: { number: string }) => number).toSorted()

describe('where lists have a connection of their own', () => {
  test('those of the cells go by it, and show every case', async () => {
    expect(numbers(await ask({ role: 'legal' }, `{ cases { nodes { ${line} } } }`))).toEqual(['2026-0001', '2026-0002'])
    expect(byLists.filter((text) => text.includes('order by c.opened_on'))).toHaveLength(1)
    expect(api.statements().filter((text) => text.includes('order by c.opened_on'))).toEqual([])
  })

  test('those of a creditor go by its own transaction, and show its own cases alone', async () => {
    const body = await ask(asCreditor, `{ cases { totalCount nodes { ${line} } } }`)
    expect(body.errors).toBeUndefined()
    expect([numbers(body), body.data.cases.totalCount]).toEqual([['2026-0001'], 1])
    expect(byLists).toEqual([])
    const sent = api.statements()
    const [begun, listed] = [/courtois_viewer|set_config/, /order by c\.opened_on/].map((words) =>
      sent.findIndex((text) => words.test(text)),
    )
    expect(begun).toBeGreaterThan(-1)
    expect(listed).toBeGreaterThan(begun!)
  })

  test('those that a creditor and a cell ask at one moment are each answered by its own', async () => {
    const asked = Array.from({ length: 40 }, async (_, i) =>
      numbers(await ask(i % 2 ? asCreditor : { role: 'legal' }, `{ cases(first: ${10 + i}) { nodes { ${line} } } }`)),
    )
    for (const [i, found] of (await Promise.all(asked)).entries())
      expect(found).toEqual(i % 2 ? ['2026-0001'] : ['2026-0001', '2026-0002'])
  })

  test('they show what an act has just written', async () => {
    const input = `{ caseId: "${ours.caseId}", email: "neuf@example.org", source: "débiteur lui-même" }`
    const act = `mutation { validateAddress(input: ${input}) { __typename ... on ValidateAddressPayload { case { debtor { name email } } } } }`
    for (const email of ['un@example.org', 'deux@example.org']) {
      const { data } = await ask({ role: 'admin' }, act.replace('neuf@example.org', email))
      expect(data.validateAddress.case.debtor).toEqual({ name: 'Garage du Pont', email })
      const list = await ask({ role: 'legal' }, '{ cases { nodes { number debtor { email } } } }')
      expect(list.data.cases.nodes).toContainEqual({ number: '2026-0001', debtor: { email } })
    }
  })

  test('one that waits for a lock holds up those behind it for a moment, and no others', async () => {
    const held: { numbers?: string[] } = {}
    const asked: Promise<string[]>[] = []
    await api.sql.begin(async (tx) => {
      await tx`lock table replies in access exclusive mode`
      asked.push(
        ask({ role: 'legal' }, '{ cases(cell: AMICABLE) { nodes { number } } }').then(
          (body) => (held.numbers = numbers(body)),
        ),
      )
      let answered: string[] | undefined
      while (!answered) {
        const other = ask({ role: 'legal' }, '{ cases { nodes { number anchorOn } } }').then(numbers)
        asked.push(other)
        answered = await Promise.race([other, tx`select pg_sleep(0.05)`.then(() => undefined)])
      }
      expect([answered.length, held.numbers]).toEqual([2, undefined])
    })
    const [ofCell, ...others] = await Promise.all(asked)
    expect(ofCell).toEqual(held.numbers)
    for (const found of others) expect(found).toHaveLength(2)
    byLists.length = 0
    await ask({ role: 'legal' }, '{ cases { nodes { number zone } } }')
    expect(byLists).not.toEqual([])
  })

  test('a list that is refused leaves the connection to the next', async () => {
    const refused = await ask({ role: 'legal' }, '{ cases(after: "rien") { nodes { number } } }')
    expect(refused.errors?.[0]?.extensions?.code).toBe('bad_cursor')
    expect(numbers(await ask({ role: 'legal' }, '{ cases { nodes { number } } }'))).toHaveLength(2)
  })
})

describe('the id of a node', () => {
  const nodes = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && type.getInterfaces().some(({ name }) => name === 'Node'),
  )

  test.each(nodes.map(({ name }) => name))('of type %s names its type and its row, and is there at once', (name) => {
    const type = schema.getType(name)
    if (!isObjectType(type)) throw new TypeError(name)
    const id = '0b5e1f8e-7a52-4c55-9f0c-2d6f0c1f7a11'
    const given: unknown = type.getFields()['id']!.resolve!({ id }, {}, {} as never, {} as never)
    expect(decodeGlobalID(given as string)).toEqual({ typename: name, id })
  })

  test('finds that row again, whatever list it came from', async () => {
    const { data } = await ask(
      { role: 'legal' },
      '{ cases { nodes { id debtor { id } creditor { id } } } letters(first: 2) { nodes { id } } }',
    )
    const rows = [...data.cases.nodes, ...data.letters.nodes]
    const ids: string[] = rows.flatMap((row: Record<string, { id: string } | string>) =>
      Object.values(row).map((each) => (typeof each === 'string' ? each : each.id)),
    )
    expect(ids).toHaveLength(2 * 3 + 2)
    for (const id of ids) {
      const found = await ask({ role: 'legal' }, `{ node(id: "${id}") { __typename id } }`)
      expect(found.data.node).toEqual({ __typename: decodeGlobalID(id).typename, id })
    }
  })
})
