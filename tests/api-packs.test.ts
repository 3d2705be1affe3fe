import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { examples } from '../api/graphql/examples.ts'
import type { Viewer } from '../api/auth.ts'
import { stepLimits } from '../procedures/judicial/engine/step-limits.ts'
import type { Day } from '../schema/days.ts'
import { consumerWhoStops } from '../scripts/demo/consumer.ts'
import { useApi } from './api.ts'

const api = useApi({ today: '2026-10-05' })
const stranger = '00000000-0000-4000-8000-000000000001'
const told = { caseId: '', procedureId: '', bailiffId: '', packId: '', zip: '', creditorId: '' }

beforeAll(async () => {
  Object.assign(told, await consumerWhoStops({ office: api.office, databaseUrl: api.url, tell: () => {} }))
  const [pack] = await api.sql<{ packId: string; zip: string; creditorId: string }[]>`
    select k.id as pack_id, k.zip, c.creditor_id from packs k join hand_overs h on h.pack_id = k.id
    join procedures p on p.id = k.procedure_id join cases c on c.id = p.case_id where c.id = ${told.caseId}`
  Object.assign(told, pack)
}, 240_000)

const bailiff = (): Viewer => ({ role: 'bailiff', name: 'Étude Brun', creditorId: null, bailiffId: told.bailiffId })
const get = async (
  path: string,
  viewer: Partial<Viewer> | null,
  headers: Record<string, string> = {},
  method = 'GET',
) =>
  api.app.request(path, {
    method,
    headers: { ...(viewer ? { authorization: `Bearer ${await api.token(viewer)}` } : {}), ...headers },
  })
const downloads = async () => (await api.sql`select 1 from downloads`).length

test('what may be answered and what was is read for every pack at once', async () => {
  const counted = async (query: string, variables?: object) => {
    api.statements()
    const { body } = await api.ask({ role: 'legal' }, query, variables)
    expect(body.errors).toBeUndefined()
    return { data: body.data, statements: api.statements().length }
  }
  const fields = 'answers { nature } returns { nature } handOvers { verified receipt { letter } }'
  const all = await counted(`{ packs { id ${fields} } }`)
  expect(all.data.packs.length).toBeGreaterThan(1)
  const one = await counted(`query ($id: ID!) { node(id: $id) { ... on Pack { id ${fields} } } }`, {
    id: all.data.packs[0].id,
  })
  expect(all.statements).toBe(one.statements)
})

describe('the bailiff’s download', () => {
  test('gives the very bytes of the archive, and is kept', async () => {
    const response = await get(`/packs/${told.packId}`, bailiff())
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(response.headers.get('content-type')).toBe('application/zip')
    expect(response.headers.get('content-disposition')).toMatch(
      /^attachment; filename="pack-2026-0001-signification-v1\.zip"$/,
    )
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(told.zip)
    expect(await downloads()).toBe(1)
    const pdf = await get(`/packs/${told.packId}?file=pdf`, bailiff())
    expect(
      Buffer.from(await pdf.arrayBuffer())
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-')
    expect(await downloads()).toBe(2)
  })

  test('comes by ranges that join into the whole, counted once', async () => {
    const before = await downloads()
    const head = await get(`/packs/${told.packId}`, bailiff(), {}, 'HEAD')
    const size = Number(head.headers.get('content-length'))
    const parts: Buffer[] = []
    const step = Math.ceil(size / 3)
    for (let start = 0; start < size; start += step) {
      const part = await get(`/packs/${told.packId}`, bailiff(), {
        range: `bytes=${start}-${start + step - 1}`,
        'if-range': head.headers.get('etag')!,
      })
      expect(part.status).toBe(206)
      expect(part.headers.get('content-range')).toBe(`bytes ${start}-${Math.min(start + step, size) - 1}/${size}`)
      parts.push(Buffer.from(await part.arrayBuffer()))
    }
    expect(createHash('sha256').update(Buffer.concat(parts)).digest('hex')).toBe(told.zip)
    const tail = await get(`/packs/${told.packId}`, bailiff(), { range: 'bytes=-10' })
    expect(Buffer.from(await tail.arrayBuffer())).toEqual(Buffer.concat(parts).subarray(-10))
    expect((await get(`/packs/${told.packId}`, bailiff(), { range: `bytes=${size}-` })).status).toBe(416)
    expect((await get(`/packs/${told.packId}`, bailiff(), { range: 'bytes=0-4', 'if-range': '"other"' })).status).toBe(
      200,
    )
    expect((await get(`/packs/${told.packId}`, bailiff(), { 'if-none-match': head.headers.get('etag')! })).status).toBe(
      304,
    )
    expect(await downloads()).toBe(before + 2)
  })

  test('comes with the time limits of its procedure, for that office and no other', async () => {
    const question =
      '{ deadlines(until: "2030-01-01") { caseNumber procedureTitle title expires article procedure { id } } }'
    const seen = (await api.ask(bailiff(), question)).body
    expect(seen.errors).toBeUndefined()
    const legal = (await api.ask({ role: 'legal' }, question)).body.data.deadlines as { expires: string }[]
    expect(seen.data.deadlines.length).toBeGreaterThan(0)
    expect(seen.data.deadlines.map(({ expires }: { expires: string }) => expires)).toEqual(
      legal.map(({ expires }) => expires),
    )
    expect(seen.data.deadlines[0]).toMatchObject({ caseNumber: '2026-0001', procedure: null })
    expect((await api.ask({ ...bailiff(), bailiffId: stranger }, question)).body.data.deadlines).toEqual([])
  })

  test('is for that bailiff alone, and ends when the hand-over is taken back', async () => {
    for (const accept of ['text/html,application/xhtml+xml', '*/*']) {
      const refused = await get(`/packs/${told.packId}`, null, { accept })
      expect([refused.status, (await refused.text()).includes('<h1>Ce lien ne s’ouvre pas sans accès')]).toEqual([
        401,
        accept !== '*/*',
      ])
    }
    expect((await get(`/packs/${told.packId}`, { ...bailiff(), bailiffId: stranger })).status).toBe(404)
    expect((await get(`/packs/${stranger}`, bailiff())).status).toBe(404)
    expect((await get('/packs/..%2f..%2fsecret', bailiff())).status).toBe(400)
    await api.sql`update hand_overs set revoked_on = ${api.today}`
    expect((await get(`/packs/${told.packId}`, bailiff())).status).toBe(404)
    expect((await api.ask(bailiff(), '{ packs { id } }')).body.data.packs).toEqual([])
    expect((await api.ask(bailiff(), '{ deadlines { title } }')).body.data.deadlines).toEqual([])
    await api.sql`update hand_overs set revoked_on = null`
  })

  test('ends with the hand-over, whole or by ranges, and every range is kept', async () => {
    const ranges = () => api.sql`select first_byte, last_byte from hand_over_accesses where first_byte > 0`
    const before = await ranges()
    expect((await get(`/packs/${told.packId}`, bailiff(), { range: 'bytes=1-9' })).status).toBe(206)
    expect((await ranges()).length).toBe(before.length + 1)
    await api.sql`update hand_overs set expires_on = ${api.today}::date - 1`
    for (const range of ['bytes=0-', 'bytes=1-'])
      expect((await get(`/packs/${told.packId}`, bailiff(), { range })).status).toBe(404)
    expect((await get(`/packs/${told.packId}`, bailiff(), {}, 'HEAD')).status).toBe(404)
    expect((await ranges()).length).toBe(before.length + 1)
    await api.sql`update hand_overs set expires_on = null`
  })

  test('is found by the bailiff through GraphQL, without the case behind it', async () => {
    const { body } = await api.ask(
      bailiff(),
      '{ packs { kind version caseNumber zipSha256 url procedure { id } handOvers { downloads } } }',
    )
    expect(body.data.packs).toEqual([
      {
        kind: 'signification',
        version: 1,
        caseNumber: '2026-0001',
        zipSha256: told.zip,
        url: `http://api.test/packs/${told.packId}`,
        procedure: null,
        handOvers: null,
      },
    ])
    const legal = await api.ask({ role: 'legal' }, '{ packs { kind handOvers { bailiff { name } downloads } } }')
    expect(
      legal.body.data.packs.find((pack: { kind: string }) => pack.kind === 'signification').handOvers[0].bailiff.name,
    ).toContain('Brun')
  })
})

describe('the download of others', () => {
  const hashOf = async (response: Response) =>
    createHash('sha256')
      .update(Buffer.from(await response.arrayBuffer()))
      .digest('hex')

  test('is for the legal cell and for the creditor of the case, who find the address in GraphQL, and is journaled', async () => {
    for (const viewer of [
      { role: 'legal' },
      { role: 'admin' },
      { role: 'creditor', creditorId: told.creditorId },
    ] as const) {
      const { body } = await api.ask(viewer, '{ packs { kind url zipSha256 } }')
      const pack = body.data.packs.find(({ kind }: { kind: string }) => kind === 'signification')
      expect(await hashOf(await get(pack.url, viewer))).toBe(told.zip)
      expect((await get(`${pack.url}?file=pdf`, viewer)).headers.get('content-type')).toBe('application/pdf')
      for (const other of ['recu', 'tout']) expect((await get(`${pack.url}?file=${other}`, viewer)).status).toBe(404)
    }
    const fetched = await api.sql<{ author: string }[]>`
      select distinct author from events where kind = 'pack_downloaded' and author not like 'commissaire:%'`
    expect(fetched.map(({ author }) => author).toSorted()).toEqual(['admin:Essai', 'creditor:Essai', 'legal:Essai'])
  })

  test('is not for another creditor, nor for the cells that are shown no pack', async () => {
    expect((await get(`/packs/${told.packId}`, { role: 'creditor', creditorId: stranger })).status).toBe(404)
    expect((await get(`/packs/${told.packId}`, { role: 'phone' })).status).toBe(403)
    expect((await get(`/packs/${stranger}`, { role: 'legal' })).status).toBe(404)
  })
})

describe('exhibits and letters', () => {
  const creditor = () => ({ role: 'creditor', creditorId: told.creditorId }) as const
  const ofCase = async (viewer: Partial<Viewer>, fields: string) =>
    (await api.ask(viewer, `{ case(number: "2026-0001") { ${fields} } }`)).body.data.case
  const upload = async (bytes: BodyInit, fileName: string): Promise<string> => {
    const { body } = await api.ask(
      { role: 'legal' },
      `mutation { requestUpload(input: { fileName: "${fileName}" }) { ... on RequestUploadPayload { uploadId url } } }`,
    )
    const { uploadId, url } = body.data.requestUpload
    expect((await api.app.request(url, { method: 'PUT', body: bytes })).status).toBe(201)
    return uploadId
  }

  test('have ids that node finds for those who may see the case, and for nobody else', async () => {
    const { documents, exhibits } = await ofCase(creditor(), 'documents { id reference } exhibits { id label }')
    for (const { id } of [documents[0], exhibits[0]]) {
      const query = `{ node(id: "${id}") { __typename id } }`
      const { body } = await api.ask(creditor(), query)
      expect(body.data.node).toEqual({ __typename: id === documents[0].id ? 'Document' : 'Exhibit', id })
      const refused = await api.ask({ role: 'creditor', creditorId: stranger }, query)
      expect(refused.body.errors![0]!.extensions!.code).toBe('not_found')
    }
    const proofs = exhibits.filter(({ label }: { label: string | null }) => label?.includes('-'))
    expect(proofs.length).toBeGreaterThanOrEqual(4)
  })

  test('say where the application cites each exhibit, and give it and its original', async () => {
    const { exhibits } = await ofCase({ role: 'legal' }, 'exhibits { label kind sha256 url citedIn { paper page } }')
    const invoice = exhibits.find(({ kind }: { kind: string }) => kind === 'FACTURE')
    expect(invoice.citedIn.map(({ paper }: { paper: string }) => paper)).toContain('Requête')
    const original = await get(`${invoice.url}?file=original`, { role: 'legal' })
    expect(original.headers.get('content-type')).toBe('application/octet-stream')
    expect(
      createHash('sha256')
        .update(Buffer.from(await original.arrayBuffer()))
        .digest('hex'),
    ).toBe(invoice.sha256)
    expect((await get(invoice.url, creditor())).headers.get('content-type')).toBe('application/pdf')
    expect((await get(invoice.url, { role: 'creditor', creditorId: stranger })).status).toBe(404)
    expect((await get(invoice.url, bailiff())).status).toBe(404)
  })

  test('take a proof of the post and an e-mail, and give an exhibit back', async () => {
    const { documents } = await ofCase({ role: 'legal' }, 'documents { id channel }')
    const letter = documents.find(({ channel }: { channel: string }) => channel === 'lrar').id
    const proof = await api.ask(
      { role: 'legal' },
      `mutation ($letter: ID!, $file: ID!) { attachPostalProof(input: { documentId: $letter, uploadId: $file, proof: PRESENTATION, datedOn: "2026-10-02" }) { __typename ... on Refusal { message } ... on AttachPostalProofPayload { exhibit { kind label letter { id } } } } }`,
      { letter, file: await upload('Première présentation le 2 octobre 2026.', 'suivi.txt') },
    )
    expect(proof.body.data.attachPostalProof.exhibit).toEqual({
      kind: 'PREUVE_PRESENTATION',
      label: null,
      letter: { id: letter },
    })
    const mail =
      'From: a@b.example\nTo: c@d.example\nSubject: Réponse\nDate: Fri, 02 Oct 2026 10:00:00 +0200\n\nBonjour.\n'
    const attached = await api.ask(
      { role: 'legal' },
      `mutation ($case: ID!, $file: ID!) { attachExhibit(input: { caseId: $case, uploadId: $file, kind: ECHANGE, reference: "courriel", proves: "la réponse" }) { ... on Refusal { message } ... on AttachExhibitPayload { exhibit { id mediaType pages } } } }`,
      { case: told.caseId, file: await upload(mail, 'reponse.eml') },
    )
    const { id, ...exhibit } = attached.body.data.attachExhibit.exhibit
    expect(exhibit).toEqual({ mediaType: 'message/rfc822', pages: 1 })
    const withdraw = `mutation ($id: ID!) { withdrawExhibit(input: { exhibitId: $id, reason: "jointe par erreur" }) { __typename ... on Refusal { code } ... on WithdrawExhibitPayload { case { exhibits { id } } } } }`
    expect((await api.ask({ role: 'phone' }, withdraw, { id })).body.data.withdrawExhibit.code).toBe('forbidden')
    const left = (await api.ask({ role: 'legal' }, withdraw, { id })).body.data.withdrawExhibit.case.exhibits
    expect(left.map((one: { id: string }) => one.id)).not.toContain(id)
    expect((await api.ask({ role: 'legal' }, withdraw, { id })).body.data.withdrawExhibit.code).toBe(
      'exhibit_not_found',
    )
  })
})

test('a letter is read by its creditor and not by another', async () => {
  const { body } = await api.ask(
    { role: 'creditor', creditorId: told.creditorId },
    '{ case(number: "2026-0001") { documents { url sha256 } } }',
  )
  const { url, sha256 } = body.data.case.documents[0]
  const letter = await get(url, { role: 'creditor', creditorId: told.creditorId })
  expect(
    createHash('sha256')
      .update(Buffer.from(await letter.arrayBuffer()))
      .digest('hex'),
  ).toBe(sha256)
  expect((await get(url, { role: 'creditor', creditorId: stranger })).status).toBe(404)
  expect((await get(url, bailiff())).status).toBe(404)
  expect((await get(url, null)).status).toBe(401)
})

test('the time limits of the order come with their reasoning, article and version of the law', async () => {
  const [order] = await api.sql<{ on: Day }[]>`select happened_on as on from procedure_events where step = 'ordonnance'`
  const { body } = await api.ask(
    { role: 'legal' },
    '{ deadlines(until: "2027-03-31") { step expires article version sanction why procedure { case { number } } } }',
  )
  expect(body.data.deadlines).toContainEqual(
    expect.objectContaining({
      step: 'signification',
      expires: stepLimits('injonction-de-payer.signification', order!.on).limits[0]!.expires.toString(),
      article: 'CPC 1411',
      sanction: 'ordonnance non avenue',
      version: expect.stringContaining('trois mois'),
      procedure: { case: { number: '2026-0001' } },
    }),
  )
})

describe('the creditor’s consent', () => {
  const sign = (hash: string) =>
    `mutation ($id: ID!) { giveConsent(input: { requestId: $id, contentSha256: "${hash}", signedBy: "Paul Delorme", capacity: "gérant" }) { __typename ... on Refusal { code } } }`

  test('cannot be given by the agency, nor by another creditor, nor twice', async () => {
    const { body } = await api.ask(
      { role: 'creditor', creditorId: told.creditorId },
      '{ case(number: "2026-0001") { consents { id contentSha256 decision isLive statement { total { amount } } } } }',
    )
    const [consent] = body.data.case.consents
    expect(consent).toMatchObject({ decision: 'GIVEN', isLive: true })
    const asked = async (viewer: Partial<Viewer>) =>
      (await api.ask(viewer, sign(consent.contentSha256), { id: consent.id })).body.data.giveConsent.code
    expect(await asked({ role: 'legal' })).toBe('forbidden')
    expect(await asked({ role: 'creditor', creditorId: stranger })).toBe('consent_not_found')
    expect(await asked({ role: 'creditor', creditorId: told.creditorId })).toBe('consent_already_decided')
  })
})

describe('the ready-made operations', () => {
  /** The variables as they are shipped, with their ids filled in. */
  const filled = (name: string, ids: object = {}): object => {
    const { input } = JSON.parse(examples().find((each) => each.name === name)!.variables!) as { input: object }
    return { input: { ...input, ...ids } }
  }
  const variables: Record<string, () => object> = {
    '03-un-dossier': () => ({ number: '2026-0001' }),
    '07-envoyer-une-facture': () => filled('07-envoyer-une-facture', { creditorId: told.creditorId }),
    '08-enregistrer-un-paiement': () => ({
      input: {
        caseId: told.caseId,
        receivedOn: '2026-10-01',
        amount: { amount: '10.00' },
        means: 'virement',
        idempotencyKey: 'x',
      },
    }),
    '09-demander-un-accord': () => ({
      input: { caseId: told.caseId, ceiling: { amount: '250.00' }, idempotencyKey: 'y' },
    }),
    '12-ouvrir-un-creancier': () => filled('12-ouvrir-un-creancier'),
    '13-enregistrer-la-convention': () =>
      filled('13-enregistrer-la-convention', { creditorId: told.creditorId, signedOn: '2026-10-01' }),
    '14-ouvrir-la-procedure': () => filled('14-ouvrir-la-procedure', { requestId: told.packId }),
    '15-inscrire-un-acte': () => filled('15-inscrire-un-acte', { procedureId: told.procedureId }),
    '16-enregistrer-une-etude': () => filled('16-enregistrer-une-etude'),
    '17-assembler-un-dossier': () =>
      filled('17-assembler-un-dossier', { procedureId: told.procedureId, bailiffId: told.bailiffId }),
    '18-remettre-le-dossier': () =>
      filled('18-remettre-le-dossier', { packId: told.packId, bailiffId: told.bailiffId }),
    '19-envoyer-un-fichier': () => filled('19-envoyer-un-fichier'),
  }
  // Already before the court, no agreement of that id, a day that has not come: refused, each by its name.
  const refusals: Record<string, string> = {
    '09-demander-un-accord': 'already_filed',
    '14-ouvrir-la-procedure': 'consent_not_found',
    '15-inscrire-un-acte': 'event_in_future',
  }

  test.each(
    examples()
      .filter(({ query }) => !query.includes('subscription'))
      .map(({ name, query }) => [name, query]),
  )('%s runs', async (name, query) => {
    const { status, body } = await api.ask({}, query!, variables[name!]?.())
    expect({ status, errors: body.errors }).toEqual({ status: 200, errors: undefined })
    const act = Object.values(body.data)[0] as { __typename?: string; code?: string } | null
    expect(act).not.toBeNull()
    const code = refusals[name!]
    if (code) expect(act).toMatchObject({ __typename: 'Refusal', code })
    else expect([act?.__typename === 'Refusal', act?.code]).toEqual([false, undefined])
    expect(api.errors).toEqual([])
  })
})
