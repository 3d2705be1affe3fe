import { getNamedType, type GraphQLField, isLeafType, isObjectType, isRequiredArgument } from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { examples } from '../api/graphql/examples.ts'
import { schema } from '../api/graphql/schema.ts'
import { consumerWhoStops } from '../scripts/demo/consumer.ts'
import { useApi } from './api.ts'
import { copyWhole } from './copies.ts'

const api = useApi({ today: '2026-10-05' })
const ids = { caseId: '', procedureId: '', bailiffId: '', packId: '', creditorId: '', requestId: '' }
/** What the first two copies of that case call their rows; the second is asked about among ten others. */
const copies: Map<string, string>[] = []
const reading = examples().filter(({ query }) => /^query/m.test(query))
const acts = examples().filter(({ query }) => /^mutation/m.test(query))
const before = new Map<string, Cost>()

interface Cost {
  statements: number
  answer: string
}

/** One case that went all the way to the bailiff, with what each operation costs beside two of its likes; then beside twelve. */
beforeAll(async () => {
  Object.assign(ids, await consumerWhoStops({ office: api.office, databaseUrl: api.url, tell: () => {} }))
  const [row] = await api.sql<{ packId: string; creditorId: string; requestId: string }[]>`
    select k.id as pack_id, c.creditor_id, p.consent_id as request_id
    from packs k join procedures p on p.id = k.procedure_id join cases c on c.id = p.case_id limit 1`
  Object.assign(ids, row)
  // Something for the work of the day.
  const call = `mutation { recordCall(input: { caseId: "${ids.caseId}", outcome: "a-rappeler", summary: "Occupé" }) { __typename } }`
  await api.ask({}, call)
  copies.push(...(await copyWhole(api.sql, ids.caseId, 0, 2)))
  // The first question of a connection asks for the types of the database.
  await api.ask({}, reading[0]!.query)
  for (const { name } of [...acts, ...reading]) before.set(name, await costOf(name, 0))
  await copyWhole(api.sql, ids.caseId, 2, 10)
}, 240_000)

/** As it is shipped, with the ids of that copy filled in, days that have passed, and whatever time limit there is. */
function asked(name: string, n: number): { query: string; variables: object } {
  const { query, variables } = examples().find((each) => each.name === name)!
  const shipped = (variables ?? '{}').replace('Menuiserie Ardent', `Menuiserie ${n}`)
  const { input, ...rest } = JSON.parse(shipped) as { input?: Record<string, unknown> }
  const known: Record<string, string> = {
    ...Object.fromEntries(Object.entries(ids).map(([key, id]) => [key, copies[n]!.get(id) ?? id])),
    idempotencyKey: `${name} ${n}`,
    receivedOn: '2026-10-01',
    happenedOn: '2026-10-01',
  }
  return {
    query: query.replace(/^  deadlines \{/m, '  deadlines(until: "2030-01-01") {'),
    variables: input
      ? { input: Object.fromEntries(Object.entries(input).map(([key, value]) => [key, known[key] ?? value])) }
      : { ...rest, number: `2026-0001-${n}` },
  }
}

/** Statements on the rows: not those of what is kept or noted beside. */
async function costOf(name: string, n: number): Promise<Cost> {
  const { query, variables } = asked(name, n)
  api.statements()
  const { body } = await api.ask({ role: 'admin' }, query, variables)
  expect(body.errors).toBeUndefined()
  const statements = api.statements().filter((text) => !/pg_current_snapshot|case_readings/.test(text)).length
  return { statements, answer: JSON.stringify(body.data) }
}

describe('among ten more cases that went as far', () => {
  test.each([...reading, ...acts].map(({ name }) => name))('%s takes as many statements as before', async (name) => {
    const { statements, answer } = await costOf(name, 1)
    expect(statements, answer.slice(0, 300)).toBe(before.get(name)!.statements)
  })

  test.each(['02-dossiers', '04-travail-du-jour', '05-delais'])('%s answers with more rows', async (name) => {
    const { answer } = await costOf(name, 1)
    expect(answer.length).toBeGreaterThan(2 * before.get(name)!.answer.length)
  })
})

const fieldsOf = (type: string): GraphQLField<unknown, unknown>[] => {
  const found = schema.getType(type)
  const fields = isObjectType(found) ? Object.values(found.getFields()) : []
  return fields.filter(({ args }) => !args.some(isRequiredArgument))
}

/** A field with all the leaves below it. */
function whole({ name, type }: GraphQLField<unknown, unknown>): string {
  const inner = getNamedType(type)
  if (isLeafType(inner)) return name
  const leaves = fieldsOf(inner.name).filter((each) => isLeafType(getNamedType(each.type)))
  return `${name} { __typename ${leaves.map((each) => each.name).join(' ')} }`
}

describe('a list of twelve cases takes as many statements as one of six', () => {
  const among = async (first: number, selection: string): Promise<Cost> => {
    api.statements()
    const { body } = await api.ask({ role: 'legal' }, `{ cases(first: ${first}) { nodes { number ${selection} } } }`)
    expect(body.errors).toBeUndefined()
    const statements = api.statements().filter((text) => !/pg_current_snapshot|case_readings/.test(text)).length
    return { statements, answer: JSON.stringify(body.data) }
  }

  // What may be written in a case, or said in it by telephone, is read from its whole file: it is asked of one, and its complexity says so.
  const ofOne = new Set(['writableLetters', 'callScripts'])
  const fields = fieldsOf('Case').filter(({ name }) => !ofOne.has(name))
  test.each(fields.map((field) => [whole(field)]))('with %s', async (selection) => {
    const [six, twelve] = [await among(6, selection), await among(12, selection)]
    expect(twelve.statements).toBe(six.statements)
    expect(twelve.answer.length).toBeGreaterThan(six.answer.length)
  })

  test.each(['debtor', 'creditor'])(
    'with each field of their %s, whether or not a line of a list shows it',
    async (of) => {
      const type = of === 'debtor' ? 'Debtor' : 'Creditor'
      for (const field of fieldsOf(type)) {
        const selection = `${of} { ${whole(field)} }`
        const [six, twelve] = [await among(6, selection), await among(12, selection)]
        expect([field.name, twelve.statements]).toEqual([field.name, six.statements])
      }
    },
  )

  test('of a debtor reads what a line of a list does not show by one statement more, however much of it', async () => {
    const { statements } = await among(12, 'debtor { name kind }')
    expect((await among(12, 'debtor { name email }')).statements).toBe(statements + 1)
    const all = await among(
      12,
      'debtor { name email phone siren siret civility legalForm address { postalCode city } }',
    )
    expect(all.statements).toBe(statements + 1)
    await api.sql`update debtors set email = id || '@example.org'`
    const { body } = await api.ask({ role: 'legal' }, '{ cases(first: 12) { nodes { debtor { id email } } } }')
    expect(body.data.cases.nodes).toHaveLength(12)
    for (const { debtor } of body.data.cases.nodes)
      expect(`Debtor:${debtor.email}`).toBe(`${Buffer.from(debtor.id, 'base64').toString()}@example.org`)
  })
})
