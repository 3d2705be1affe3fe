import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type GraphQLInputType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredInputField,
} from 'graphql'
import { beforeAll, describe, expect, test } from 'vitest'
import { openOidc } from '../api/oidc.ts'
import { schema } from '../api/graphql/schema.ts'
import { day } from './house.ts'
import { openPortfolio } from '../scripts/demo/portfolio.ts'
import { useApi } from './api.ts'
import { naughty } from './fixtures/naughty.ts'

const api = useApi()
const ids: Record<string, string> = {}
beforeAll(async () => {
  const [opened] = await openPortfolio(api.office, api.today, { count: 1, dueFrom: day('2026-08-20'), daysApart: 3 })
  const [row] = await api.sql<{ creditor: string; debtor: string; step: string }[]>`
    select c.creditor_id as creditor, c.debtor_id as debtor, (select id from steps where case_id = c.id order by rank limit 1) as step
    from cases c where c.id = ${opened!.caseId}`
  Object.assign(ids, {
    caseId: globalId('Case', opened!.caseId),
    creditorId: globalId('Creditor', row!.creditor),
    stepId: globalId('Step', row!.step),
  })
})
const globalId = (type: string, id: string): string => Buffer.from(`${type}:${id}`).toString('base64')

/** A value of that type with the same words in each of its texts; ids lead to what is there, where something is. */
function valueOf(type: GraphQLInputType, name: string, text: string): unknown {
  if (isNonNullType(type)) return valueOf(type.ofType, name, text)
  if (isListType(type)) return [valueOf(type.ofType, name, text)]
  if (isEnumType(type)) return type.getValues()[0]!.name
  if (isInputObjectType(type))
    return Object.fromEntries(
      Object.values(type.getFields())
        .filter((field) => isRequiredInputField(field) || field.name !== 'idempotencyKey')
        .map((field) => [field.name, valueOf(field.type, field.name, text)]),
    )
  const scalars: Record<string, unknown> = {
    Int: 1,
    Float: 1,
    Boolean: true,
    Date: '2026-09-30',
    JSON: { text },
    ID: ids[name] ?? text,
  }
  return type.name in scalars ? scalars[type.name] : text
}

describe('whatever is typed into an act', () => {
  // A closed case refuses most of them: it is closed last.
  const acts = Object.values(schema.getMutationType()!.getFields()).toSorted(
    (a, b) => Number(a.name === 'closeCase') - Number(b.name === 'closeCase'),
  )
  // A few of each kind: each act meets some of them, and all of them meet some act.
  const chosen = (rank: number): string[] => naughty.filter((_text, i) => i % 11 === rank % 11)

  test.each(acts.map((act, rank) => [act.name, rank] as const))(
    '%s refuses or does it, and never breaks',
    async (name, rank) => {
      const act = schema.getMutationType()!.getFields()[name]!
      const [input] = act.args
      api.errors.length = 0
      for (const text of chosen(rank)) {
        const variables = { input: valueOf(input!.type, 'input', text) }
        const { status, body } = await api.ask(
          { role: 'admin' },
          `mutation ($input: ${String(input!.type)}) { ${name}(input: $input) { __typename } }`,
          variables,
        )
        expect(status, `${name} ${JSON.stringify(text)}`).toBeLessThan(500)
        expect(
          body.errors?.map((error) => error.extensions?.code) ?? [],
          `${name} ${JSON.stringify(text)}`,
        ).not.toContain('internal_error')
      }
      expect(api.errors).toEqual([])
    },
  )

  test('and what was kept is there as it was typed, in no other table than its own', async () => {
    const [found] =
      await api.sql`select to_regclass('cases') is not null as cases, (select count(*)::int from cases) as count`
    expect(found).toMatchObject({ cases: true })
  })
})

describe('whatever is asked of a question', () => {
  test.each(Object.values(schema.getQueryType()!.getFields()).map(({ name }) => name))(
    '%s answers or refuses',
    async (name) => {
      const field = schema.getQueryType()!.getFields()[name]!
      if (field.args.length === 0) return
      api.errors.length = 0
      for (const text of naughty.filter((_text, i) => i % 7 === name.length % 7)) {
        const given = field.args.map((arg) => [arg, valueOf(arg.type, arg.name, text)] as const)
        const declared = given.map(([arg]) => `$${arg.name}: ${String(arg.type)}`).join(', ')
        const passed = given.map(([arg]) => `${arg.name}: $${arg.name}`).join(', ')
        const variables = Object.fromEntries(given.map(([arg, value]) => [arg.name, value]))
        const { status, body } = await api.ask(
          { role: 'admin' },
          `query (${declared}) { ${name}(${passed}) { __typename } }`,
          variables,
        )
        expect(status, `${name} ${JSON.stringify(text)}`).toBeLessThan(500)
        expect(body.errors?.map((error) => error.extensions?.code) ?? []).not.toContain('internal_error')
      }
      expect(api.errors).toEqual([])
    },
  )
})

describe('a path that leads elsewhere', () => {
  const ways = [
    '../../../../etc/passwd',
    '..%2f..%2f..%2fetc%2fpasswd',
    '%2e%2e/%2e%2e/etc/passwd',
    '....//....//etc/passwd',
    '..\\..\\etc\\passwd',
    '%00',
    '%ff',
    '%',
    'a%0d%0aSet-Cookie:x=1',
    'Q2FzZTo=',
    '__proto__',
    'x'.repeat(4_000),
  ]
  const doors = [
    '/documents/',
    '/exhibits/',
    '/packs/',
    '/contestations/',
    '/courrier/',
    '/uploads/',
    '/calendrier/',
    '/bibliotheque/',
    '/verifier/',
    '/r/',
    '/etude/lien/',
    '/portail/dossiers/',
    '/bureau/courriers/',
  ]

  test.each(doors)('%s… gives no file, no header of others and no fault', async (door) => {
    const authorization = `Bearer ${await api.token({ role: 'admin' })}`
    api.errors.length = 0
    for (const way of ways) {
      const response = await api.app.request(
        new Request(new URL(`http://api.test${door}${way}`), { headers: { authorization }, redirect: 'manual' }),
      )
      expect(response.status, `${door}${way.slice(0, 40)}`).toBeLessThan(500)
      expect(response.headers.get('set-cookie') ?? '').not.toContain('x=1')
      expect(await response.text()).not.toContain('root:')
    }
    expect(api.errors).toEqual([])
  })
})

describe('an identity provider’s settings', () => {
  test.each([
    'http://169.254.169.254',
    'http://10.0.0.1/oidc',
    'http://localhost@evil.example',
    'http://127.0.0.1.evil.example',
    'http://[::ffff:127.0.0.1]',
    'file:///etc/passwd',
    'ftp://example.org',
    'data:text/plain,x',
    '',
    'localhost',
  ])('an issuer at « %s » is refused', (issuer) =>
    expect(() => openOidc({ issuer, audience: 'courtois' })).toThrow(expect.objectContaining({ code: 'oidc_unsafe' })),
  )

  test.each([
    [
      'keys in the clear elsewhere',
      (at: string) => JSON.stringify({ issuer: at, jwks_uri: 'http://169.254.169.254/keys' }),
    ],
    ['keys in a file', (at: string) => JSON.stringify({ issuer: at, jwks_uri: 'file:///etc/passwd' })],
    [
      'another issuer’s description',
      () => JSON.stringify({ issuer: 'https://evil.example', jwks_uri: 'https://evil.example/keys' }),
    ],
    ['no JSON', () => '<html>'],
    ['a redirection', null],
  ])('a provider that answers with %s opens nothing', async (_what, body) => {
    let asked = 0
    const server = createServer((_request, response) => {
      asked++
      if (body) response.end(body(`http://127.0.0.1:${(server.address() as AddressInfo).port}`))
      else response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    try {
      const provider = openOidc({
        issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        audience: 'courtois',
      })
      const reading = provider('eyJhbGciOiJSUzI1NiJ9.e30.AA', Temporal.Instant.from('2026-09-30T09:00:00Z'))
      await expect(reading).rejects.toMatchObject({ code: 'identity_unreachable' })
      expect(asked).toBe(1)
    } finally {
      await new Promise((closed) => server.close(closed))
    }
  })
})
