import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { roles, type Viewer } from '../api/auth.ts'
import { schema } from '../api/graphql/schema.ts'
import { openTwoCases, useApi } from './api.ts'

// Every door with every role. What may be tried by whom stands in one table that people read: golden/access.txt.
const api = useApi()
const nobody = '00000000-0000-4000-8000-000000000009'
const mine = { creditorId: '', caseId: '' }
const theirs = { creditorId: '', caseId: '' }

beforeAll(async () => {
  const [first, second] = await openTwoCases(api, api.today.toString())
  Object.assign(mine, first)
  Object.assign(theirs, second)
})

const viewerOf = (role: (typeof roles)[number]): Partial<Viewer> => ({
  role,
  name: 'Essai',
  creditorId: role === 'creditor' ? mine.creditorId : null,
  bailiffId: role === 'bailiff' ? nobody : null,
})

/** The least that the schema accepts; ids are `id`, so that a foreign one can be tried. */
function sample(type: GraphQLInputType, id: (name: string) => string, name = ''): unknown {
  if (isNonNullType(type)) return sample(type.ofType, id, name)
  if (isListType(type)) return getNamedType(type).name === 'ID' ? [id(name)] : []
  if (isEnumType(type)) return type.getValues()[0]!.name
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields())
    const wanted = fields.filter((field) => isRequiredInputField(field) || /^(case|creditor)Id$/.test(field.name))
    return Object.fromEntries(wanted.map((field) => [field.name, sample(field.type, id, field.name)]))
  }
  if (type.name === 'ID') return id(name)
  return type.name === 'Date' ? '2026-09-30' : type.name === 'Boolean' ? true : type.name === 'Int' ? 1 : '1.00'
}

const operation = (kind: 'query' | 'mutation', field: GraphQLField<unknown, unknown>): string => {
  const wanted = field.args.filter((arg) => kind === 'mutation' || isRequiredArgument(arg))
  const declared = wanted.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(', ')
  const passed = wanted.map((arg) => `${arg.name}: $${arg.name}`).join(', ')
  const leaf = isLeafType(getNamedType(field.type))
  const asked = kind === 'mutation' ? '{ __typename ... on Refusal { code } }' : leaf ? '' : '{ __typename }'
  return `${kind}${declared ? `(${declared})` : ''} { act: ${field.name}${passed ? `(${passed})` : ''} ${asked} }`
}

async function outcome(
  viewer: Partial<Viewer>,
  kind: 'query' | 'mutation',
  field: GraphQLField<unknown, unknown>,
  id: (name: string) => string,
): Promise<string> {
  const variables = Object.fromEntries(field.args.map((arg) => [arg.name, sample(arg.type, id, arg.name)]))
  const { body } = await api.ask(viewer, operation(kind, field), variables)
  const act = body.data?.act
  return body.errors?.[0]?.extensions?.code ?? (act?.__typename === 'Refusal' ? act.code : 'open')
}

const closed = (code: string): boolean => code === 'forbidden' || code === 'unauthenticated'

test('every query and mutation opens to the roles of the table, and to no other', async () => {
  const width = 34
  const lines = [`${''.padEnd(width)}${roles.map((role) => role.padEnd(10)).join('')}`.trimEnd()]
  for (const [kind, type] of [
    ['query', schema.getQueryType()!],
    ['mutation', schema.getMutationType()!],
  ] as const) {
    lines.push('', `${kind}:`)
    for (const field of Object.values(type.getFields()).toSorted((a, b) => a.name.localeCompare(b.name))) {
      const marks: string[] = []
      for (const role of roles) {
        const code = await outcome(viewerOf(role), kind, field, () => nobody)
        marks.push((closed(code) ? '·' : 'x').padEnd(10))
      }
      lines.push(`${field.name.padEnd(width)}${marks.join('')}`.trimEnd())
    }
  }
  expect(api.errors).toEqual([])
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('./golden/access.txt')
}, 120_000)

describe('another’s case', () => {
  const idOf = (name: string): string =>
    name === 'creditorId' ? theirs.creditorId : name === 'caseId' ? theirs.caseId : nobody

  test('is nobody’s to a creditor, whatever the act', async () => {
    const acts = Object.values(schema.getMutationType()!.getFields()).filter((field) => {
      const input = field.args[0] && getNamedType(field.args[0].type)
      return isInputObjectType(input) && ('caseId' in input.getFields() || 'creditorId' in input.getFields())
    })
    expect(acts.length).toBeGreaterThan(15)
    const before = await api.sql`select count(*)::int as events from events`
    for (const field of acts) {
      const code = await outcome(viewerOf('creditor'), 'mutation', field, idOf)
      expect([field.name, code]).toEqual([
        field.name,
        expect.stringMatching(/^(forbidden|\w+_not_found|bad_\w+|nothing_\w+|unknown_\w+)$/),
      ])
    }
    expect(await api.sql`select count(*)::int as events from events`).toEqual(before)
  })

  test('shows none of its fields to a creditor or a bailiff through its id', async () => {
    const global = Buffer.from(`Case:${theirs.caseId}`).toString('base64')
    for (const role of ['creditor', 'bailiff', 'editor'] as const) {
      const { body } = await api.ask(
        viewerOf(role),
        `{ node(id: "${global}") { ... on Case { number debtor { name } } } }`,
      )
      expect(JSON.stringify(body)).not.toContain('Delmas')
      expect(body.errors).toHaveLength(1)
    }
  })
})
