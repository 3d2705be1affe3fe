import { auditServer } from 'graphql-http'
import { getIntrospectionQuery } from 'graphql'
import { describe, expect, test } from 'vitest'
import { signToken } from '../api/auth.ts'
import { transaction } from '../schema/db.ts'
import { now, secret, useApi } from './api.ts'

const api = useApi()

const post = (body: BodyInit, headers: Record<string, string> = {}) =>
  api.app.request('/graphql', { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })
const query = async (text: string) => post(JSON.stringify({ query: text }))
const codeOf = async (response: Response) =>
  ((await response.json()) as { errors: { extensions: { code: string } }[] }).errors[0]!.extensions.code
const alive = async () => expect((await query('{ __typename }')).status).toBe(200)

describe('GraphQL over HTTP', () => {
  test('every audit of the specification passes', async () => {
    const results = await auditServer({
      url: 'http://api.test/graphql',
      fetchFn: (url: string, init: RequestInit) => api.app.request(url, init),
    })
    expect(results.flatMap((result) => (result.status === 'ok' ? [] : [`${result.name}: ${result.reason}`]))).toEqual(
      [],
    )
    expect(results.length).toBeGreaterThanOrEqual(61)
  })

  test('without a token __typename, viewer and the schema answer, and nothing else', async () => {
    const { status, body } = await api.ask(null, `{ __typename viewer { name } __schema { queryType { name } } }`)
    expect({ status, body }).toEqual({
      status: 200,
      body: { data: { __typename: 'Query', viewer: null, __schema: { queryType: { name: 'Query' } } } },
    })
  })

  test('a forged, expired or unreadable token is refused, not ignored', async () => {
    const viewer = { role: 'admin', name: 'x', creditorId: null, bailiffId: null } as const
    const forged = await signToken(new TextEncoder().encode('another secret of at least thirty-two bytes'), viewer, now)
    const old = await signToken(secret, viewer, now.subtract({ hours: 24 * 40 }))
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"role":"admin","name":"x","exp":9999999999}').toString('base64url')}.`
    for (const authorization of [
      `Bearer ${forged}`,
      `Bearer ${old}`,
      `Bearer ${none}`,
      'Bearer nonsense',
      'Basic YTpi',
    ]) {
      const response = await post('{"query":"{ viewer { name } }"}', { authorization })
      expect(response.status).toBe(401)
      expect(await codeOf(response)).toBe('bad_token')
    }
  })

  test('answers carry headers that let nothing run, frame or sniff', async () => {
    const { headers } = await query('{ __typename }')
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('access-control-allow-origin')).toBeNull()
  })

  test('GraphiQL is served whole, with the examples and nothing from elsewhere', async () => {
    const response = await api.app.request('/graphql', { headers: { accept: 'text/html' } })
    const page = await response.text()
    expect(response.headers.get('content-type')).toContain('text/html')
    expect(page).toContain('QuiSuisJe')
    expect(page).not.toMatch(/<(?:script|link)[^>]+(?:src|href)="https?:/)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'")
  })

  test('health answers without the database, ready with it', async () => {
    expect(await (await api.app.request('/health')).json()).toEqual({ ok: true })
    expect(await (await api.app.request('/ready')).json()).toEqual({ ready: true, today: '2026-09-30', orphans: 0 })
    expect((await api.app.request('/nowhere')).status).toBe(404)
  })

  test('ready says no while the database says nothing, and yes once it speaks again', async () => {
    await transaction(api.sql, async (tx) => {
      await tx`lock table alarms in access exclusive mode`
      const response = await api.app.request('/ready')
      expect([response.status, await response.json()]).toEqual([503, { ready: false, today: '2026-09-30' }])
    })
    expect((await api.app.request('/ready')).status).toBe(200)
  })
})

describe('hostile queries get a proper status, and the server lives', () => {
  test('ten thousand aliases', async () => {
    const response = await query(
      `{ ${Array.from({ length: 10_000 }, (_, i) => `a${i}:__typename`).join(' ')} }`.slice(0, 99_000) + ' }',
    )
    expect(response.status).toBe(400)
    expect(await codeOf(response)).toBe('query_too_long')
    await alive()
  })

  test('sixteen aliases, even through fragments', async () => {
    const fields = Array.from({ length: 8 }, (_, i) => `a${i}: name`).join(' ')
    const response = await query(`{ x: viewer { ...A } y: viewer { ...A } } fragment A on Viewer { ${fields} }`)
    expect(response.status).toBe(400)
    expect(await codeOf(response)).toBe('too_many_aliases')
  })

  test('fifty megabytes, announced or not', async () => {
    const big = new Uint8Array(50 << 20).fill(32)
    for (const body of [big, new Blob([big]).stream()]) {
      const response = await api.app.request('/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        duplex: 'half',
      } as RequestInit)
      expect(response.status).toBe(413)
      expect(await codeOf(response)).toBe('body_too_large')
    }
    await alive()
  })

  test('a deep nest, a loop of fragments, a doubling of fragments', async () => {
    const deep = await query(
      `{ cases { edges { node { ${'procedures { case { '.repeat(6)} number ${'} }'.repeat(6)} } } } }`,
    )
    expect(deep.status).toBe(400)
    expect(await codeOf(deep)).toBe('query_too_deep')
    const loop = await post(
      JSON.stringify({ query: '{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }' }),
      { accept: 'application/graphql-response+json' },
    )
    expect(loop.status).toBe(400)
    const doubling = Array.from(
      { length: 40 },
      (_, i) => `fragment F${i} on Viewer { ...F${i + 1} ...F${i + 1} }`,
    ).join(' ')
    const doubled = await query(`{ viewer { ...F0 } } ${doubling} fragment F40 on Viewer { a: name }`)
    expect(doubled.status).toBe(400)
    await alive()
  })

  test('a batch, a multipart form, a mutation by GET', async () => {
    expect((await post('[{"query":"{ __typename }"},{"query":"{ __typename }"}]')).status).toBe(400)
    const form = new FormData()
    form.set('operations', '{"query":"{ __typename }"}')
    expect((await api.app.request('/graphql', { method: 'POST', body: form })).status).toBe(415)
    const get = await api.app.request(`/graphql?query=${encodeURIComponent('mutation { __typename }')}`, {
      headers: { accept: 'application/json' },
    })
    expect(get.status).toBe(405)
    await alive()
  })

  test('too much at once is refused before any statement', async () => {
    api.statements()
    const { status, body } = await api.ask(
      {},
      `{ cases(first: 100) { edges { node { invoices { doubts { message } } documents { id } steps { key } events(first: 500) { case { owed { segments { why } } } } } } } }`,
    )
    expect(status).toBe(400)
    expect(body.errors?.[0]?.extensions?.code).toBe('query_too_complex')
    expect(api.statements()).toEqual([])
  })

  test('a misspelt field gets no suggestion', async () => {
    expect(JSON.stringify((await api.ask({}, '{ casse { id } }')).body)).not.toMatch(/did you mean|cases/i)
    const { body } = await api.ask({}, 'query ($s: CaseState) { cases(state: $s) { totalCount } }', { s: 'OPPEN' })
    expect(JSON.stringify(body)).not.toMatch(/did you mean/i)
  })
})

describe('in production', () => {
  const live = useApi({ production: true })

  test('the schema and GraphiQL are hidden, with a token too', async () => {
    const { body } = await live.ask({}, getIntrospectionQuery())
    expect(body.data).toBeUndefined()
    const page = await live.app.request('/graphql', { headers: { accept: 'text/html' } })
    expect(page.headers.get('content-type') ?? '').not.toContain('text/html')
  })
})
