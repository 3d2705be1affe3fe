import { describe, expect, test } from 'vitest'
import { signToken } from '../api/auth.ts'
import { sha256 } from '../documents/archive.ts'
import { verifyFile } from '../documents/proof/verify.ts'
import { createBailiff, handOver, revokeHandOver } from '../procedures/judicial/packs/handover.ts'
import { secret } from './api.ts'
import { today, useHandOver } from './handed-over.ts'
import { day, textOf } from './house.ts'

const { at, get, house, page, post, random, serving } = useHandOver('handover')
const accesses = () =>
  house.sql<
    { what: string; firstByte: bigint | null }[]
  >`select what, first_byte from hand_over_accesses order by at, id`

describe('the link of a hand-over', () => {
  test('opens the pack, its last day first, and keeps only its hash', async () => {
    const { status, text } = await page()
    expect(status).toBe(200)
    expect(text).toContain('10 décembre 2026') // three months from an order made since 1 September 2026
    expect(text).toContain('CPC 1411')
    const [row] = await house.sql<{ tokenSha256: string }[]>`select token_sha256 from hand_overs`
    expect(row!.tokenSha256).toBe(sha256(Buffer.from(at.link.split('/').at(-1)!)))
    expect(JSON.stringify(await house.sql`select detail from events`)).not.toContain(at.link.split('/').at(-1)!)
  })

  test('opens nothing once expired, taken back, replaced or invented', async () => {
    const other = await handOver(
      house.sql,
      random,
      day(today),
      { packId: at.pack.id, bailiffId: at.bailiffId, expiresOn: day('2026-09-20') },
      'legal',
    )
    expect((await get(at.link)).status).toBe(404)
    const next = `/etude/lien/${other.token}`
    expect((await get(next)).status).toBe(200)
    at.today = day('2026-09-21')
    expect((await get(next)).status).toBe(404)
    at.today = day(today)
    await revokeHandOver(
      house.sql,
      day(today),
      { packId: at.pack.id, bailiffId: at.bailiffId, reason: 'Autre étude choisie.' },
      'legal',
    )
    expect((await get(`${next}/pack.zip`)).status).toBe(404)
    expect((await get('/etude/lien/invente')).status).toBe(404)
    await expect(
      handOver(
        house.sql,
        random,
        day(today),
        { packId: at.pack.id, bailiffId: at.bailiffId, expiresOn: day('2026-09-14') },
        'legal',
      ),
    ).rejects.toMatchObject({ code: 'expiry_in_past' })
  })

  test('sends ZIP, PDF and data, whole or by pieces that join, and logs each', async () => {
    const whole = new Uint8Array(await (await get(`${at.link}/pack.zip`)).arrayBuffer())
    expect(sha256(whole)).toBe(at.pack.zip)
    const first = await get(`${at.link}/pack.pdf`, { range: 'bytes=0-9999' })
    const rest = await get(`${at.link}/pack.pdf`, { range: 'bytes=10000-' })
    expect([first.status, rest.status]).toEqual([206, 206])
    const joined = Buffer.concat([Buffer.from(await first.arrayBuffer()), Buffer.from(await rest.arrayBuffer())])
    expect(sha256(joined)).toBe(at.pack.pdf)
    const told = (await (await get(`${at.link}/case.json`)).json()) as {
      pack: { zip_sha256: string }
      procedure: { deadlines: { last_day: string }[] }
    }
    expect(told.pack.zip_sha256).toBe(at.pack.zip)
    expect(told.procedure.deadlines.map((limit) => limit.last_day)).toContain('2026-12-10')
    expect((await get(`${at.link}/pack.tsr`)).status).toBe(404)
    expect((await accesses()).map(({ what }) => what).sort()).toEqual(['case', 'pdf', 'pdf', 'zip'])
    // A cut download and its rest are one download.
    const [downloads] = await house.sql<{ count: number }[]>`select count(*)::int as count from downloads`
    expect(downloads!.count).toBe(2)
  })

  test('takes a receipt once everything was fetched, and its hash only when it is the right one', async () => {
    expect((await post('/recu', { nom: 'Me Brun' })).text).toContain('n’a pas encore été téléchargé en entier')
    await get(`${at.link}/pack.zip`)
    const wrong = await post('/recu', { nom: 'Me Brun', empreinte: 'ab'.repeat(32) })
    expect([wrong.status, wrong.text.includes('n’est pas celle du dossier remis')]).toEqual([422, true])
    expect((await post('/recu', { nom: 'Me Brun', empreinte: at.pack.zip.toUpperCase() })).status).toBe(303)
    expect((await page()).text).toContain('par Me Brun, empreinte vérifiée')
    const [event] = await house.sql`select detail from events where kind = 'pack_received'`
    expect(event).toMatchObject({ detail: { verified: true } })
  })

  test('gives the receipt back as a sealed PDF that says version, hashes and accesses, to the office and to the house', async () => {
    expect((await get(`${at.link}/recu.pdf`)).status).toBe(404)
    await get(`${at.link}/pack.zip`)
    await post('/recu', { nom: 'Me Brun', empreinte: at.pack.zip, reserves: 'pièce n° 2 pâle' })
    expect((await page()).text).toContain('Le reçu scellé (PDF)')
    const response = await get(`${at.link}/recu.pdf`)
    expect(response.headers.get('content-disposition')).toContain('-recu.pdf')
    const bytes = new Uint8Array(await response.arrayBuffer())
    expect(await verifyFile(bytes)).toMatchObject({ ok: true, kind: 'pdf' })
    const text = await textOf(bytes)
    for (const hash of [at.pack.zip, at.pack.pdf]) expect(text.replaceAll(/\s/g, '')).toContain(hash)
    expect(text).toContain('version 1')
    expect(text).toContain('pièce n° 2 pâle')
    expect(text).toContain('Le dossier complet (ZIP) 15 septembre 2026 à 11 h 00')
    const [kept] = await house.sql<{ sha256: string; caseId: string }[]>`
      select d.sha256, d.case_id from hand_over_receipts r join documents d on d.id = r.document_id`
    expect(sha256(bytes)).toBe(kept!.sha256)
    // A second receipt is the first.
    expect((await post('/recu', { nom: 'Un autre' })).status).toBe(303)
    expect((await page()).text).not.toContain('Un autre')
    expect(await house.sql`select 1 from documents where letter = 'commissaire-recu-dossier'`).toHaveLength(1)
  })

  test('is recognised at the public door by any of its hashes, which says nothing of the case', async () => {
    for (const hash of [at.pack.zip, at.pack.pdf, at.pack.contentSha256.toUpperCase()]) {
      const { status, text } = await page(`/verifier/${hash}`)
      expect(status).toBe(200)
      expect(text).toContain('Ce dossier vient bien de nous')
      expect(text).toContain('Dossier de procédure, version 1')
      expect(text).toContain('Notre exemplaire est intact')
      expect(text).not.toMatch(/Garage|Papeterie|€/)
    }
    expect((await page(`/verifier/${'0'.repeat(64)}`)).status).toBe(404)
  })

  test('is not posted to from elsewhere', async () => {
    const body = new FormData()
    body.set('nature', 'parti')
    expect((await at.app.request(`${at.link}/retour`, { method: 'POST', body })).status).toBeGreaterThanOrEqual(400)
    expect(await house.sql`select 1 from bailiff_returns`).toHaveLength(0)
  })

  test('tells what a new version changes since the one that was downloaded', async () => {
    await get(`${at.link}/pack.zip`)
    const second = await serving('2026-09-16')
    expect(second.version).toBe(2)
    at.today = day('2026-09-16')
    const { token } = await handOver(
      house.sql,
      random,
      at.today,
      { packId: second.id, bailiffId: at.bailiffId },
      'legal',
    )
    const { text } = await page(`/etude/lien/${token}`)
    expect(text).toContain('Depuis la version 1, que vous avez téléchargée')
    // The mission and the statement are of another day; application, order and exhibits are the same.
    expect(text).toContain('Remplacé : Mission de signifier l’ordonnance')
    expect(text).not.toContain('Remplacé : Ordonnance')
    expect(text).not.toMatch(/Remplacé : pièce/)
  })
})

test('an office sees in its session every pack handed over to it, and no other’s', async () => {
  const other = await createBailiff(house.sql, random, { name: 'Étude voisine', identity: {} })
  const enter = async (id: string) => {
    const token = await signToken(
      secret,
      { role: 'bailiff', name: 'Me Brun', creditorId: null, bailiffId: id },
      Temporal.Instant.from(`${today}T08:00:00Z`),
    )
    const entered = await at.app.request(`/etude/entrer?jeton=${token}`)
    return entered.headers.get('set-cookie')!.split(';')[0]!
  }
  const mine = await (await get('/etude', { cookie: await enter(at.bailiffId) })).text()
  expect(mine).toContain(`/etude/dossiers/${at.pack.id}`)
  expect(mine).toContain('Demande de signification de l’ordonnance, version 1')
  expect((await get(`/etude/dossiers/${at.pack.id}`, { cookie: await enter(at.bailiffId) })).status).toBe(200)
  const theirs = await enter(other.id)
  expect(await (await get('/etude', { cookie: theirs })).text()).not.toContain(at.pack.id)
  expect((await get(`/etude/dossiers/${at.pack.id}`, { cookie: theirs })).status).toBe(404)
  expect((await get('/etude')).status).toBe(401)
})

test('a link to the session of an office, followed from another site, asks before it signs anyone in', async () => {
  const viewer = { role: 'bailiff', name: 'Me Brun', creditorId: null, bailiffId: at.bailiffId } as const
  const token = await signToken(secret, viewer, Temporal.Instant.from(`${today}T08:00:00Z`))
  const asked = await get(`/etude/entrer?jeton=${token}`, { 'sec-fetch-site': 'cross-site' })
  expect([asked.status, asked.headers.getSetCookie().some((line) => line.startsWith('courtois-etude='))]).toEqual([
    200,
    false,
  ])
  expect(await asked.text()).toContain('Confirmez pour y entrer')
})

describe('in GraphQL', () => {
  const ask = async (
    viewer: { role: 'legal' | 'bailiff' | 'creditor'; bailiffId?: string; creditorId?: string },
    query: string,
    variables: object,
  ) => {
    const token = await signToken(
      secret,
      { name: 'Essai', creditorId: null, bailiffId: null, ...viewer },
      Temporal.Instant.from(`${today}T08:00:00Z`),
    )
    const response = await at.app.request('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    })
    // oxlint-disable-next-line typescript/no-explicit-any -- the shape is the query's
    return (await response.json()) as { data?: any; errors?: { message: string }[] }
  }
  const gid = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64')

  test('a hand-over gives its link once, and the office answers by its own token', async () => {
    const input = { packId: gid('Pack', at.pack.id), bailiffId: gid('Bailiff', at.bailiffId), idempotencyKey: 'h1' }
    const mutation = `mutation ($input: HandOverInput!) { handOver(input: $input) { ... on HandOverPayload { link pack { version changes { since } timestamp { authority } answers { nature } } } ... on Refusal { code } } }`
    const first = await ask({ role: 'legal' }, mutation, { input })
    expect(first.errors).toBeUndefined()
    const { link: given, pack: told } = first.data.handOver
    expect(told).toMatchObject({
      version: 1,
      changes: null,
      timestamp: null,
      answers: [{ nature: 'signification' }, { nature: 'refus' }, { nature: 'parti' }],
    })
    expect((await get(new URL(given as string).pathname)).status).toBe(200)
    expect((await ask({ role: 'legal' }, mutation, { input })).data.handOver.link).toBeNull()

    const office = { role: 'bailiff', bailiffId: at.bailiffId } as const
    const receipt = `mutation ($input: AcknowledgePackInput!) { acknowledgePack(input: $input) { __typename ... on Refusal { code } } }`
    const wrong = await ask(office, receipt, {
      input: { packId: input.packId, zipSha256: 'ab', receivedBy: 'Me Brun' },
    })
    expect(wrong.data.acknowledgePack).toMatchObject({ code: 'hash_mismatch' })
    const right = await ask(office, receipt, {
      input: { packId: input.packId, zipSha256: at.pack.zip, receivedBy: 'Me Brun' },
    })
    expect(right.data.acknowledgePack.__typename).toBe('AcknowledgePackPayload')
    const seen = await ask(
      { role: 'legal' },
      `query ($id: ID!) { node(id: $id) { ... on Pack { handOvers { verified receipt { letter url } } } } }`,
      { id: input.packId },
    )
    expect(seen.data.node.handOvers).toMatchObject([
      { verified: true, receipt: { letter: 'commissaire-recu-dossier', url: expect.stringMatching(/^https?:/) } },
    ])
    const token = await signToken(
      secret,
      { name: 'Essai', creditorId: null, ...office },
      Temporal.Instant.from(`${today}T08:00:00Z`),
    )
    const paper = await get(`/packs/${input.packId}?file=recu`, { authorization: `Bearer ${token}` })
    expect(await verifyFile(new Uint8Array(await paper.arrayBuffer()))).toMatchObject({ ok: true })

    const answer = `mutation ($input: RecordBailiffReturnInput!) { recordBailiffReturn(input: $input) { ... on RecordBailiffReturnPayload { pack { returns { nature title happenedOn hasAct doubts { code } } } } ... on Refusal { code } } }`
    const refused = { packId: input.packId, nature: 'refus', happenedOn: '2026-09-14', idempotencyKey: 'r1' }
    const done = await ask(office, answer, { input: refused })
    expect(done.data.recordBailiffReturn.pack.returns).toEqual([
      {
        nature: 'refus',
        title: 'Copie refusée par le destinataire',
        happenedOn: '2026-09-14',
        hasAct: false,
        doubts: [{ code: 'return_before_pack' }],
      },
    ])
    const other = await createBailiff(house.sql, random, { name: 'Étude voisine', identity: {} })
    const theirs = await ask({ role: 'bailiff', bailiffId: other.id }, answer, {
      input: { ...refused, idempotencyKey: 'r2' },
    })
    expect(theirs.data.recordBailiffReturn).toMatchObject({ code: 'pack_not_found' })
  })

  test('a pack taken back is gone for the office at once', async () => {
    const taken = `mutation ($input: RevokeHandOverInput!) { revokeHandOver(input: $input) { __typename } }`
    await ask({ role: 'legal' }, taken, {
      input: { packId: gid('Pack', at.pack.id), bailiffId: gid('Bailiff', at.bailiffId), reason: 'Autre étude.' },
    })
    const seen = await ask({ role: 'bailiff', bailiffId: at.bailiffId }, `{ packs { id } }`, {})
    expect(seen.data.packs).toEqual([])
    expect((await get(at.link)).status).toBe(404)
  })
})
