import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../api/server.ts'
import { printedSchema } from '../api/graphql/schema.ts'
import { openPortfolio } from '../scripts/demo/portfolio.ts'
import { now, secret, useApi } from './api.ts'

const api = useApi({ maxUpload: 200_000 })
let creditorId = ''
let caseIds: string[] = []

beforeAll(async () => {
  const opened = await openPortfolio(api.office, api.today, {
    count: 50,
    dueFrom: api.today.subtract({ days: 200 }),
    daysApart: 3,
  })
  caseIds = opened.map(({ caseId }) => caseId)
  const [creditor] = await api.sql<{ id: string }[]>`select id from creditors`
  creditorId = creditor!.id
})

const list = (first: number) =>
  `{ cases(first: ${first}) { edges { node { number state debtor { name } creditor { name } invoices { number payable { amount } } totalDue { amount currency } nextStep { key plannedOn } } } } }`

test('fifty cases with debtor, invoices, total due and next step take as many statements as five', async () => {
  const count = async (first: number) => {
    api.statements()
    const { body } = await api.ask({}, list(first))
    expect(body.errors).toBeUndefined()
    expect(body.data.cases.edges).toHaveLength(first)
    return api.statements().length
  }
  await count(1)
  const [five, fifty] = [await count(5), await count(50)]
  expect(fifty).toBe(five)
  expect(fifty).toBeLessThanOrEqual(12)
})

test('the total of a list is the total of the case, with its reckoning', async () => {
  const { body } = await api.ask(
    {},
    '{ cases(first: 1) { edges { node { totalDue { amount currency } owed { total { amount } principal { amount } interest { amount } indemnity { amount } segments { days percent why } } } } } }',
  )
  const { totalDue, owed } = body.data.cases.edges[0].node
  expect(totalDue.amount).toBe(owed.total.amount)
  const cents = (text: string) => Number(text.replace('.', ''))
  expect(cents(owed.principal.amount) + cents(owed.interest.amount) + cents(owed.indemnity.amount)).toBe(
    cents(owed.total.amount),
  )
})

test('pages follow one another without a gap or a repeat', async () => {
  const seen: string[] = []
  let after: string | null = null
  do {
    const { body } = await api.ask(
      {},
      'query ($after: String) { cases(first: 20, after: $after) { edges { node { number } } pageInfo { hasNextPage endCursor } } }',
      { after },
    )
    seen.push(...body.data.cases.edges.map(({ node }: { node: { number: string } }) => node.number))
    after = body.data.cases.pageInfo.hasNextPage ? body.data.cases.pageInfo.endCursor : null
  } while (after !== null)
  expect(new Set(seen).size).toBe(50)
  expect(seen).toHaveLength(50)
  const { status } = await api.ask({}, '{ cases(first: 5, after: "nonsense") { edges { node { number } } } }')
  expect(status).toBe(200)
  expect(api.errors).toEqual([])
})

describe('a payment', () => {
  const pay = `mutation ($input: RecordPaymentInput!) { recordPayment(input: $input) { __typename
    ... on RecordPaymentPayload { left { amount } case { payments { amount { amount } } } } ... on Refusal { code remedy article } } }`
  const input = (changes: object = {}) => ({
    caseId: caseIds[0],
    receivedOn: '2026-09-20',
    amount: { amount: '100.00' },
    means: 'virement',
    idempotencyKey: 'v-1',
    ...changes,
  })

  test('sent twice with one key is recorded once, and answered the same', async () => {
    const first = await api.ask({ role: 'amicable' }, pay, { input: input() })
    const again = await api.ask({ role: 'amicable' }, pay, { input: input() })
    expect(first.body.data.recordPayment.case.payments).toEqual([{ amount: { amount: '100.00' } }])
    expect(again.body).toEqual(first.body)
    const both = await Promise.all(
      [1, 2, 3, 4, 5, 6].map(() =>
        api.ask({ role: 'amicable' }, pay, { input: input({ idempotencyKey: 'v-2', amount: { amount: '7.00' } }) }),
      ),
    )
    expect(new Set(both.map(({ body }) => JSON.stringify(body.data.recordPayment.left))).size).toBe(1)
    expect(await api.sql`select 1 from payments where case_id = ${caseIds[0]!}`).toHaveLength(2)
  })

  test('with the same key and another amount is refused', async () => {
    const { body } = await api.ask({ role: 'amicable' }, pay, { input: input({ amount: { amount: '200.00' } }) })
    expect(body.data.recordPayment).toMatchObject({ __typename: 'Refusal', code: 'idempotency_conflict' })
  })

  test('refused leaves no key behind, and says what to do', async () => {
    const wrong = await api.ask({ role: 'amicable' }, pay, {
      input: input({ idempotencyKey: 'v-3', receivedOn: '2026-12-01' }),
    })
    expect(wrong.body.data.recordPayment).toMatchObject({
      __typename: 'Refusal',
      code: 'payment_in_future',
      remedy: expect.stringContaining('promesse'),
    })
    const right = await api.ask({ role: 'amicable' }, pay, {
      input: input({ idempotencyKey: 'v-3', amount: { amount: '1.00' } }),
    })
    expect(right.body.data.recordPayment.__typename).toBe('RecordPaymentPayload')
  })

  test.each(['12,50', '1e3', '-5.00', '0.001', '', '99999999999999999'])('of « %s » is not money', async (amount) => {
    const { body } = await api.ask({ role: 'amicable' }, pay, {
      input: input({ idempotencyKey: `bad-${amount}`, amount: { amount } }),
    })
    expect(body.data.recordPayment.__typename).toBe('Refusal')
  })

  test('in another currency is refused', async () => {
    const { body } = await api.ask({ role: 'amicable' }, pay, {
      input: input({ idempotencyKey: 'mga', amount: { amount: '5.00', currency: 'MGA' } }),
    })
    expect(body.data.recordPayment.code).toBe('currency_mismatch')
  })
})

test('a call before the first letter is refused with its article', async () => {
  const { body } = await api.ask(
    { role: 'phone' },
    `mutation { recordCall(input: { caseId: "${caseIds[1]}", outcome: "promesse", summary: "paiera" }) { ... on Refusal { code article } } }`,
  )
  expect(body.data.recordCall).toEqual({ code: 'call_before_first_letter', article: 'CPCE R124-4' })
})

test('a promise of nothing, or of less, is refused in words', async () => {
  for (const sum of ['0.00', '-5.00']) {
    const { body } = await api.ask(
      { role: 'phone' },
      `mutation { recordPromise(input: { caseId: "${caseIds[4]}", dueOn: "2026-10-05", amount: { amount: "${sum}" }, means: "virement", author: "x", channel: "appel" }) { ... on Refusal { code } } }`,
    )
    expect(body.data.recordPromise).toEqual({ code: 'bad_amount' })
  }
  expect(api.errors).toEqual([])
})

test('a case held, released and closed shows each state', async () => {
  const id = caseIds[2]
  const run = async (name: string, input: string) => {
    const fields = {
      holdCase: 'case { state holds { cause reviewOn } }',
      releaseCase: 'case { state }',
      closeCase: 'case { state closedWhy nextStep { key } }',
    }[name]
    const { body } = await api.ask(
      { role: 'amicable' },
      `mutation { act: ${name}(input: { caseId: "${id}", ${input} }) { ... on Refusal { code } ... on ${name[0]!.toUpperCase()}${name.slice(1)}Payload { ${fields} } } }`,
    )
    return body.data.act
  }
  expect(await run('holdCase', 'reason: "le créancier réfléchit", reviewOn: "2026-10-05"')).toEqual({
    case: { state: 'HELD', holds: [{ cause: 'DECISION', reviewOn: '2026-10-05' }] },
  })
  expect(await run('releaseCase', 'reason: "il a répondu"')).toEqual({ case: { state: 'OPEN' } })
  expect(await run('releaseCase', 'reason: "encore"')).toEqual({ code: 'not_held' })
  expect(await run('closeCase', 'reason: "payé"')).toEqual({
    case: { state: 'CLOSED', closedWhy: 'payé', nextStep: null },
  })
})

test('one invoice typed in opens a case, and what it lacks is asked for', async () => {
  const submit = `mutation ($input: SubmitInvoiceInput!) { submitInvoice(input: $input) { __typename
    ... on SubmitInvoicePayload { opened case { number debtor { name } invoices { number } steps { key } } missing { field } } ... on Refusal { code message } } }`
  const buyer = {
    name: '#panic("x") *b* <b>@ref',
    address: { lines: ['1 rue du Port'], postalCode: '69001', city: 'Lyon' },
  }
  const typed = { number: 'T-1', issuedOn: '2026-08-01', dueOn: '2026-08-31', total: '120.00', buyer }
  const input = { creditorId, debtor: { kind: 'BUSINESS' }, invoices: [typed], idempotencyKey: 'T-1' }
  const { body } = await api.ask({ role: 'amicable' }, submit, { input })
  expect(body.data.submitInvoice).toMatchObject({
    opened: true,
    case: { debtor: { name: '#panic("x") *b* <b>@ref' }, invoices: [{ number: 'T-1' }] },
  })
  const second = await api.ask({ role: 'amicable' }, submit, {
    input: { ...input, invoices: [{ ...typed, number: 'T-2' }], idempotencyKey: 'T-2' },
  })
  expect(second.body.data.submitInvoice).toMatchObject({
    opened: false,
    case: { invoices: [{ number: 'T-1' }, { number: 'T-2' }] },
  })
  const undated = await api.ask({ role: 'amicable' }, submit, {
    input: { ...input, invoices: [{ ...typed, number: 'T-3', dueOn: null }], idempotencyKey: 'T-3' },
  })
  expect(undated.body.data.submitInvoice).toMatchObject({ __typename: 'Refusal', code: 'due_date_missing' })
})

test('a creditor made, under a mandate, submits for itself and nothing more', async () => {
  const made = await api.ask(
    { role: 'amicable' },
    `mutation { createCreditor(input: { name: "Menuiserie Ardent", siret: "73282932000074",
    address: { lines: ["7 rue des Ateliers"], postalCode: "69100", city: "Villeurbanne" }, email: "compta@ardent.example", representativeName: "Léa Ardent", representativeQuality: "gérante" }) {
    ... on Refusal { code message } ... on CreateCreditorPayload { creditor { id siret mandate { basis } } } } }`,
  )
  const { id, siret, mandate } = made.body.data.createCreditor.creditor
  expect({ siret, mandate }).toEqual({ siret: '73282932000074', mandate: null })
  const own = {
    role: 'creditor',
    name: 'Léa Ardent',
    creditorId: Buffer.from(id, 'base64').toString().split(':')[1]!,
  } as const
  const submit = `mutation { submitInvoice(input: { debtor: { kind: CONSUMER, civility: "Madame" }, idempotencyKey: "own-1", invoices: [{ number: "M-1", issuedOn: "2026-08-01", dueOn: "2026-08-31",
    total: "120.00", buyer: { name: "Zoé Martin", address: { lines: ["1 rue du Port"], postalCode: "69001", city: "Lyon" } } }] }) { ... on Refusal { code article } ... on SubmitInvoicePayload { case { creditor { name } debtor { kind } } } } }`
  expect((await api.ask(own, submit)).body.data.submitInvoice).toEqual({ code: 'no_mandate', article: 'CPCE R124-3' })
  const mandated = await api.ask(
    { role: 'legal' },
    `mutation { recordMandate(input: { creditorId: "${id}", signedOn: "2026-09-01", basis: "factures", guarantee: "police", remuneration: "12 %", payingOver: "au créancier" }) { ... on Refusal { code } ... on RecordMandatePayload { creditor { mandate { scenario } } } } }`,
  )
  expect(mandated.body.data.recordMandate).toEqual({ creditor: { mandate: { scenario: 'standard' } } })
  expect((await api.ask(own, submit)).body.data.submitInvoice).toEqual({
    case: { creditor: { name: 'Menuiserie Ardent' }, debtor: { kind: 'CONSUMER' } },
  })
})

interface Refused {
  errors: { extensions: { code: string } }[]
}

describe('an upload', () => {
  const pdf = readFileSync(new URL('../samples/Facture_FR_EN16931.pdf', import.meta.url))
  const request = async (role: 'amicable' | 'legal' = 'amicable') => {
    const { body } = await api.ask(
      { role },
      'mutation { requestUpload(input: { fileName: "facture.pdf" }) { __typename ... on RequestUploadPayload { uploadId url method maxBytes } } }',
    )
    return body.data.requestUpload as { uploadId: string; url: string; maxBytes: number }
  }
  const put = (url: string, body: BodyInit) =>
    api.app.request(url, { method: 'PUT', body, duplex: 'half' } as RequestInit)
  const attach = (uploadId: string, role: 'amicable' | 'legal' = 'amicable') =>
    api.ask(
      { role },
      `mutation ($id: ID!) { attachExhibit(input: { caseId: "${caseIds[3]}", uploadId: $id, kind: BON_DE_LIVRAISON, reference: "BL-7", proves: "la livraison" }) { __typename ... on Refusal { code } ... on AttachExhibitPayload { exhibit { kind reference pages sha256 originalName } } } }`,
      { id: uploadId },
    )

  test('goes to the archive under its hash, then becomes an exhibit or an invoice', async () => {
    const { uploadId, url } = await request()
    const response = await put(url, pdf)
    const sha256 = createHash('sha256').update(pdf).digest('hex')
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 201,
      body: { uploadId, sha256, bytes: pdf.length },
    })
    expect(Buffer.from(await api.office.archive.get(sha256)).equals(pdf)).toBe(true)
    const { body } = await attach(uploadId)
    expect(body.data.attachExhibit.exhibit).toEqual({
      kind: 'BON_DE_LIVRAISON',
      reference: 'BL-7',
      pages: 1,
      sha256,
      originalName: 'facture.pdf',
    })
    const submitted = await api.ask(
      { role: 'amicable' },
      `mutation { submitInvoice(input: { creditorId: "${creditorId}", uploadIds: ["${uploadId}"], debtor: { kind: BUSINESS }, idempotencyKey: "u" }) { ... on Refusal { code message } ... on SubmitInvoicePayload { opened case { invoices { number original } } } } }`,
    )
    expect(submitted.body.data.submitInvoice).toMatchObject({
      opened: true,
      case: { invoices: [{ original: sha256 }] },
    })
  })

  test('is taken once, from its own address, by its own actor', async () => {
    const { uploadId, url } = await request()
    expect((await put(url.replace(/signature=.{5}/, 'signature=AAAAA'), pdf)).status).toBe(403)
    expect((await put(url.replace(/expires=\d+/, 'expires=99999999999'), pdf)).status).toBe(403)
    expect((await attach(uploadId)).body.data.attachExhibit.code).toBe('upload_not_found')
    expect((await put(url, pdf)).status).toBe(201)
    expect((await put(url, 'something else')).status).toBe(410)
    expect((await attach(uploadId, 'legal')).body.data.attachExhibit.code).toBe('upload_not_found')
  })

  test('of another size than was announced is not taken for whole', async () => {
    const { body } = await api.ask(
      { role: 'amicable' },
      'mutation { requestUpload(input: { fileName: "a.txt", bytes: 12 }) { ... on RequestUploadPayload { url maxBytes } } }',
    )
    const { url, maxBytes } = body.data.requestUpload
    expect(maxBytes).toBe(12)
    const cut = await put(url, 'un deux')
    expect({ status: cut.status, code: ((await cut.json()) as Refused).errors[0]!.extensions.code }).toEqual({
      status: 400,
      code: 'size_mismatch',
    })
    expect((await put(url, 'un deux trois')).status).toBe(413)
    expect((await put(url, 'un deux tro.')).status).toBe(201)
  })

  test('begun by a process that died of it can be sent again to another, and is kept once', async () => {
    const { url } = await request()
    const other = createApp({
      office: api.office,
      sql: api.sql,
      clock: { today: () => api.today, now: () => now },
      secret,
    })
    const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    // Nothing is read ahead: the first pull is the server's own.
    const slow = new ReadableStream<Uint8Array>(
      {
        async pull(body) {
          begun.resolve()
          await ended.promise
          body.enqueue(Buffer.from('le premier envoi'))
          body.close()
        },
      },
      { highWaterMark: 0 },
    )
    const first = put(url, slow)
    await begun.promise
    expect((await put(url, 'le deuxième envoi')).status).toBe(409)
    const second = await other.app.request(url, { method: 'PUT', body: 'le second envoi' })
    expect(second.status).toBe(201)
    ended.resolve()
    expect((await first).status).toBe(410)
    const kept = ['le premier envoi', 'le second envoi'].map((words) =>
      createHash('sha256').update(words).digest('hex'),
    )
    expect(await Promise.all(kept.map((hash) => api.office.archive.has(hash)))).toEqual([false, true])
    const left = readdirSync(join(api.dir, 'archive'), { recursive: true }).map(String)
    expect(left.filter((name) => /draft|upload/.test(name))).toEqual([])
    await other.close()
  })

  test('that was purged is no upload any more', async () => {
    const { uploadId, url } = await request()
    expect((await put(url, 'à purger')).status).toBe(201)
    await api.sql`update uploads set purged_on = asked_on where sha256 = ${createHash('sha256').update('à purger').digest('hex')}`
    expect((await attach(uploadId)).body.data.attachExhibit.code).toBe('upload_not_found')
  })

  test('too large is cut off, announced or not, and leaves nothing', async () => {
    const { url, maxBytes } = await request()
    const big = new Uint8Array(maxBytes + 1)
    expect((await put(url, big)).status).toBe(413)
    expect((await put(url, new Blob([big]).stream())).status).toBe(413)
    expect((await put(url, new Uint8Array())).status).toBe(400)
    expect((await put(url, 'small enough')).status).toBe(201)
  })
})

test('the journal is followed live, by those whose case it is', async () => {
  const subscribe = async (creditor: string) => {
    const response = await api.app.request('/graphql', {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${await api.token({ role: 'creditor', name: 'C', creditorId: creditor })}`,
      },
      body: JSON.stringify({ query: 'subscription { caseEvents { kind case { number } } }' }),
    })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    return response.body!.getReader()
  }
  const readers = { own: await subscribe(creditorId), other: await subscribe('00000000-0000-4000-8000-000000000001') }
  let heard = ''
  let leaked = ''
  const listen = async (reader: ReadableStreamDefaultReader<Uint8Array>, hear: (text: string) => void) => {
    for (let part = await reader.read(); !part.done; part = await reader.read())
      hear(new TextDecoder().decode(part.value))
  }
  void listen(readers.other, (text) => (leaked += text)).catch(() => {})
  const arrived = new Promise<void>((resolve) => {
    void listen(readers.own, (text) => {
      heard += text
      if (heard.includes('case_held')) resolve()
    }).catch(() => {})
  })
  // The listener may not be ready yet: hold another case until it is heard.
  const hold = (id: string) =>
    api.ask(
      { role: 'amicable' },
      `mutation { holdCase(input: { caseId: "${id}", reason: "x", reviewOn: "2026-10-05" }) { __typename } }`,
    )
  for (let i = 10; i < 40 && !heard.includes('case_held'); i++) await hold(caseIds[i]!)
  await arrived
  expect(heard).toMatch(/"caseEvents":\{"kind":"case_held","case":\{"number":"2026-\d{4}"\}\}/)
  expect(leaked).not.toContain('case_held')
  await readers.own.cancel()
  await readers.other.cancel()
})

test('schema/schema.graphql is the schema', () => {
  expect(readFileSync(new URL('../schema/schema.graphql', import.meta.url), 'utf8')).toBe(printedSchema())
})
