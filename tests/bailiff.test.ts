import type { Hono } from 'hono'
import { beforeEach, describe, expect, test } from 'vitest'
import { createApp } from '../api/server.ts'
import { signToken } from '../api/auth.ts'
import { sha256 } from '../documents/archive.ts'
import { verifyFile } from '../documents/proof/verify.ts'
import { closeCase } from '../procedures/cases/cases.ts'
import { readExhibits } from '../procedures/cases/exhibits.ts'
import { giveConsent } from '../procedures/judicial/consent.ts'
import { requestConsent } from '../procedures/judicial/consent-requests.ts'
import { createBailiff, handOver, revokeHandOver } from '../procedures/judicial/handover.ts'
import { assembleFilingPack, type Pack } from '../procedures/judicial/packs.ts'
import { earliestFiling, openProcedure, recordProcedureEvent } from '../procedures/judicial/procedures.ts'
import { readProcedureEvents } from '../procedures/judicial/open-procedures.ts'
import { seededRandom } from '../schema/random.ts'
import { act as written } from './fixtures/pack-sample.ts'
import { day, fileOf, liveToConsent, textOf, useHouse } from './house.ts'

const random = seededRandom('bailiff')
const orderOn = '2026-09-10'
const today = '2026-09-15'
const secret = new TextEncoder().encode('a secret for tests only, of no use elsewhere')

const house = useHouse(async (made) => {
  const caseId = await liveToConsent(made)
  const [request] = await made.sql<{ id: string; contentSha256: string }[]>`
    select id, content_sha256 from consent_requests where case_id = ${caseId}`
  await giveConsent(made.sql, day('2026-07-23'), {
    requestId: request!.id,
    contentSha256: request!.contentSha256,
    signedBy: 'Inès Roche',
    capacity: 'présidente',
    evidence: {},
  })
  const open = await openProcedure(made.sql, random, day('2026-07-24'), { requestId: request!.id }, 'legal')
  const filed = earliestFiling(await fileOf(made, caseId)).on
  const happens = (step: string, on: string, original: string | null, facts = {}) =>
    recordProcedureEvent(
      made.sql,
      random,
      day(on),
      { procedureId: open.id, step, happenedOn: day(on), facts, original },
      'legal',
    )
  await happens('requete', filed.toString(), null)
  const order = await written(made.office.typst, ['Ordonnance portant injonction de payer n° 26/118'])
  await happens('ordonnance', orderOn, await made.office.archive.put(order), { numero: '26/118', montant: '1000.00' })
})

let app: Hono
let pack: Pack
let bailiffId: string
let link: string
let procedureId: string
let clockDay = day(today)

beforeEach(async () => {
  clockDay = day(today)
  const clock = { today: () => clockDay, now: () => Temporal.Instant.from(`${clockDay.toString()}T09:00:00Z`) }
  app = createApp({ office: house.office, sql: house.sql, clock, secret, log: () => {} }).app
  procedureId = (await house.sql<{ id: string }[]>`select id from procedures`)[0]!.id
  bailiffId = (
    await createBailiff(house.sql, random, {
      name: 'SELARL Brun & Associés',
      identity: {
        adresse: { lignes: ['5 place Bellecour'], codePostal: '69002', ville: 'Lyon', pays: 'FR' },
        email: 'etude@brun.example',
      },
    })
  ).id
  pack = await serving()
  const { token } = await handOver(house.sql, random, day(today), { packId: pack.id, bailiffId }, 'legal')
  link = `/etude/lien/${token}`
})

const serving = (on = today) =>
  assembleFilingPack(
    house.office,
    day(on),
    { procedureId, kind: 'signification', bailiffId, reason: 'Reste à joindre.' },
    'legal',
  )
const get = (path: string, headers: Record<string, string> = {}) => app.request(path, { headers })
const page = async (path = link) => {
  const response = await get(path)
  return {
    status: response.status,
    text: (await response.text()).replaceAll(/[\u00a0\u202f]/g, ' '),
    cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '',
  }
}
async function post(path: string, fields: Record<string, string | File>) {
  const { text, cookie } = await page()
  const body = new FormData()
  body.set('jeton', /name="jeton" value="([^"]+)"/.exec(text)![1]!)
  for (const [name, value] of Object.entries(fields)) body.set(name, value)
  const response = await app.request(`${link}${path}`, { method: 'POST', body, headers: { cookie } })
  return { status: response.status, text: await response.text() }
}
const accesses = () =>
  house.sql<
    { what: string; firstByte: bigint | null }[]
  >`select what, first_byte from hand_over_accesses order by at, id`
const act = async (text = 'Acte de signification de l’ordonnance') =>
  new File([(await written(house.office.typst, [text])) as Uint8Array<ArrayBuffer>], 'acte.pdf', {
    type: 'application/pdf',
  })

describe('the link of a hand-over', () => {
  test('opens the pack, its last day first, and keeps only its hash', async () => {
    const { status, text } = await page()
    expect(status).toBe(200)
    expect(text).toContain('10 décembre 2026') // three months from an order made since 1 September 2026
    expect(text).toContain('CPC 1411')
    const [row] = await house.sql<{ tokenSha256: string }[]>`select token_sha256 from hand_overs`
    expect(row!.tokenSha256).toBe(sha256(Buffer.from(link.split('/').at(-1)!)))
    expect(JSON.stringify(await house.sql`select detail from events`)).not.toContain(link.split('/').at(-1)!)
  })

  test('opens nothing once expired, taken back, replaced or invented', async () => {
    const other = await handOver(
      house.sql,
      random,
      day(today),
      { packId: pack.id, bailiffId, expiresOn: day('2026-09-20') },
      'legal',
    )
    expect((await get(link)).status).toBe(404)
    const next = `/etude/lien/${other.token}`
    expect((await get(next)).status).toBe(200)
    clockDay = day('2026-09-21')
    expect((await get(next)).status).toBe(404)
    clockDay = day(today)
    await revokeHandOver(house.sql, day(today), { packId: pack.id, bailiffId, reason: 'Autre étude choisie.' }, 'legal')
    expect((await get(`${next}/pack.zip`)).status).toBe(404)
    expect((await get('/etude/lien/invente')).status).toBe(404)
    await expect(
      handOver(house.sql, random, day(today), { packId: pack.id, bailiffId, expiresOn: day('2026-09-14') }, 'legal'),
    ).rejects.toMatchObject({ code: 'expiry_in_past' })
  })

  test('sends ZIP, PDF and data, whole or by pieces that join, and logs each', async () => {
    const whole = new Uint8Array(await (await get(`${link}/pack.zip`)).arrayBuffer())
    expect(sha256(whole)).toBe(pack.zip)
    const first = await get(`${link}/pack.pdf`, { range: 'bytes=0-9999' })
    const rest = await get(`${link}/pack.pdf`, { range: 'bytes=10000-' })
    expect([first.status, rest.status]).toEqual([206, 206])
    const joined = Buffer.concat([Buffer.from(await first.arrayBuffer()), Buffer.from(await rest.arrayBuffer())])
    expect(sha256(joined)).toBe(pack.pdf)
    const told = (await (await get(`${link}/case.json`)).json()) as {
      pack: { zip_sha256: string }
      procedure: { deadlines: { last_day: string }[] }
    }
    expect(told.pack.zip_sha256).toBe(pack.zip)
    expect(told.procedure.deadlines.map((limit) => limit.last_day)).toContain('2026-12-10')
    expect((await get(`${link}/pack.tsr`)).status).toBe(404)
    expect((await accesses()).map(({ what }) => what).sort()).toEqual(['case', 'pdf', 'pdf', 'zip'])
    // A cut download and its rest are one download.
    const [downloads] = await house.sql<{ count: number }[]>`select count(*)::int as count from downloads`
    expect(downloads!.count).toBe(2)
  })

  test('takes a receipt once everything was fetched, and its hash only when it is the right one', async () => {
    expect((await post('/recu', { nom: 'Me Brun' })).text).toContain('n’a pas encore été téléchargé en entier')
    await get(`${link}/pack.zip`)
    const wrong = await post('/recu', { nom: 'Me Brun', empreinte: 'ab'.repeat(32) })
    expect([wrong.status, wrong.text.includes('n’est pas celle du dossier remis')]).toEqual([422, true])
    expect((await post('/recu', { nom: 'Me Brun', empreinte: pack.zip.toUpperCase() })).status).toBe(303)
    expect((await page()).text).toContain('par Me Brun, empreinte vérifiée')
    const [event] = await house.sql`select detail from events where kind = 'pack_received'`
    expect(event).toMatchObject({ detail: { verified: true } })
  })

  test('gives the receipt back as a sealed PDF that says version, hashes and accesses, to the office and to the house', async () => {
    expect((await get(`${link}/recu.pdf`)).status).toBe(404)
    await get(`${link}/pack.zip`)
    await post('/recu', { nom: 'Me Brun', empreinte: pack.zip, reserves: 'pièce n° 2 pâle' })
    expect((await page()).text).toContain('Le reçu scellé (PDF)')
    const response = await get(`${link}/recu.pdf`)
    expect(response.headers.get('content-disposition')).toContain('-recu.pdf')
    const bytes = new Uint8Array(await response.arrayBuffer())
    expect(await verifyFile(bytes)).toMatchObject({ ok: true, kind: 'pdf' })
    const text = await textOf(bytes)
    for (const hash of [pack.zip, pack.pdf]) expect(text.replaceAll(/\s/g, '')).toContain(hash)
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
    for (const hash of [pack.zip, pack.pdf, pack.contentSha256.toUpperCase()]) {
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
    expect((await app.request(`${link}/retour`, { method: 'POST', body })).status).toBeGreaterThanOrEqual(400)
    expect(await house.sql`select 1 from bailiff_returns`).toHaveLength(0)
  })

  test('tells what a new version changes since the one that was downloaded', async () => {
    await get(`${link}/pack.zip`)
    const second = await serving('2026-09-16')
    expect(second.version).toBe(2)
    clockDay = day('2026-09-16')
    const { token } = await handOver(house.sql, random, clockDay, { packId: second.id, bailiffId }, 'legal')
    const { text } = await page(`/etude/lien/${token}`)
    expect(text).toContain('Depuis la version 1, que vous avez téléchargée')
    // The mission and the statement are of another day; application, order and exhibits are the same.
    expect(text).toContain('Remplacé : Mission de signifier l’ordonnance')
    expect(text).not.toContain('Remplacé : Ordonnance')
    expect(text).not.toMatch(/Remplacé : pièce/)
  })
})

describe('what the office answers', () => {
  test('a service records the step, opens the time limits, joins the act, tells the creditor', async () => {
    const done = await post('/retour', {
      nature: 'signification',
      date: '2026-09-14',
      remise: 'personne',
      note: 'Remis au gérant.',
      acte: await act(),
    })
    expect(done.status).toBe(303)
    const event = (await readProcedureEvents(house.sql, procedureId)).at(-1)!
    expect(event).toMatchObject({ step: 'signification', facts: { aPersonne: true, etude: 'SELARL Brun & Associés' } })
    const { text } = await page()
    expect(text).toContain('14 octobre 2026') // opposition: one month from a service in person
    expect(text).toContain('Signifiée (à personne, acte joint, Remis au gérant.)')
    const caseId = (await house.sql<{ id: string }[]>`select id from cases`)[0]!.id
    const exhibits = await readExhibits(house.sql, caseId)
    expect(exhibits.find((exhibit) => exhibit.kind === 'signification')).toMatchObject({ datedOn: day('2026-09-14') })
    const told = (await fileOf(house, caseId)).documents.at(-1)!
    expect(told).toMatchObject({ letter: 'creancier-retour-commissaire', recipient: 'creancier' })
    expect(await house.sql`select 1 from events where kind = 'bailiff_returned'`).toHaveLength(1)
  })

  test.each<[string, Record<string, string>, string]>([
    ['without the act', { nature: 'signification', date: '2026-09-14', remise: 'personne' }, 'se prouve par l’acte'],
    ['of a day to come', { nature: 'refus', date: '2026-09-16' }, 'est à venir'],
    ['of a day before the procedure', { nature: 'refus', date: '2026-07-23' }, 'antérieur à la procédure'],
    ['of an unreadable day', { nature: 'refus', date: '31/02/2026' }, 'n’est pas une date'],
    ['of another nature', { nature: 'sommes', date: '2026-09-14' }, 'n’attend pas de réponse'],
  ])('one %s is refused, and nothing is kept', async (_, fields, why) => {
    const { status, text } = await post('/retour', fields)
    expect(status).toBe(422)
    expect(text.replaceAll('&#39;', '’').replaceAll("'", '’')).toContain(why)
    expect(await house.sql`select 1 from bailiff_returns`).toHaveLength(0)
    expect((await readProcedureEvents(house.sql, procedureId)).map((event) => event.step)).toEqual([
      'requete',
      'ordonnance',
    ])
  })

  test('a service that does not say to whom is refused: the time of opposition depends on it', async () => {
    const { status, text } = await post('/retour', { nature: 'signification', date: '2026-09-14', acte: await act() })
    expect([status, text.includes('à la personne même')]).toEqual([422, true])
  })

  test('the same answer given twice is one', async () => {
    const fields = { nature: 'refus', date: '2026-09-14' }
    expect((await post('/retour', fields)).status).toBe(303)
    expect((await post('/retour', fields)).text).toContain('déjà reçu')
  })

  test('debtors bound together and served on one day are answered one by one, each with its own time limits', async () => {
    const [order] = (await readProcedureEvents(house.sql, procedureId)).filter(({ step }) => step === 'ordonnance')
    await recordProcedureEvent(
      house.sql,
      random,
      day(today),
      {
        procedureId,
        step: 'ordonnance',
        happenedOn: day(orderOn),
        facts: { ...order!.facts, codebiteurs: ['Marc Bonnet'] },
        original: order!.original,
        corrects: order!.id,
      },
      'legal',
    )
    const { text } = await page()
    expect(text).toContain('<option value="Marc Bonnet">Marc Bonnet, codébiteur</option>')
    const served = { nature: 'signification', date: '2026-09-14' }
    expect((await post('/retour', { ...served, remise: 'personne', acte: await act() })).status).toBe(303)
    const his = { ...served, remise: 'autrement', debiteur: 'marc BONNET' }
    expect((await post('/retour', { ...his, acte: await act('Signification à Marc Bonnet') })).status).toBe(303)
    const events = (await readProcedureEvents(house.sql, procedureId)).filter(({ step }) => step === 'signification')
    expect(events.map(({ facts }) => [facts['debiteur'], facts['aPersonne']])).toEqual(
      expect.arrayContaining([
        [undefined, true],
        ['Marc Bonnet', false],
      ]),
    )
    const shown = (await page()).text
    expect(shown).toContain('Signifiée (à personne, acte joint)')
    expect(shown).toContain('Signifiée (Marc Bonnet, non à personne, acte joint)')
    const again = await post('/retour', { ...his, acte: await act('Signification à Marc Bonnet') })
    expect([again.status, again.text.includes('déjà')]).toEqual([422, true])
    const other = await post('/retour', { ...his, debiteur: 'Paul Ferrand', acte: await act() })
    expect([other.status, other.text.includes('Marc Bonnet')]).toEqual([422, true])
    const [told] = await house.sql<{ detail: object }[]>`
      select detail from events where kind = 'bailiff_returned' order by seq desc limit 1`
    expect(told!.detail).toMatchObject({ debtor: 'Marc Bonnet', title: 'Signifiée (Marc Bonnet)' })
  })

  test('a debtor who has gone is searched for: the case waits, and a person sees it the same day', async () => {
    await post('/retour', { nature: 'parti', date: '2026-09-14' })
    const [hold] = await house.sql`select cause, reason, review_on from holds where released_on is null`
    expect(hold).toMatchObject({ cause: 'decision', reviewOn: day(today) })
    expect((hold as { reason: string }).reason).toContain('Adresse à rechercher')
  })

  test('a debtor found gone once the case is closed is kept as it was said, and nothing waits for it', async () => {
    const [{ id: caseId }] = await house.sql<[{ id: string }]>`select id from cases`
    await closeCase(house.sql, day(today), { caseId, reason: 'irrécouvrable' }, 'legal')
    const minutes = await act('Procès-verbal de recherches infructueuses')
    expect((await post('/retour', { nature: 'parti', date: '2026-09-14', acte: minutes })).status).toBe(303)
    const kept = await house.sql`
      select r.nature, x.kind, x.dated_on from bailiff_returns r join exhibits x on x.id = r.exhibit_id`
    expect(kept).toEqual([{ nature: 'parti', kind: 'proces-verbal', datedOn: day('2026-09-14') }])
    expect(await house.sql`select 1 from events where kind = 'bailiff_returned'`).toHaveLength(1)
    expect(await house.sql`select 1 from holds where released_on is null`).toHaveLength(0)
    expect((await fileOf(house, caseId)).documents.at(-1)).toMatchObject({ recipient: 'creancier' })
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
    const entered = await app.request(`/etude/entrer?jeton=${token}`)
    return entered.headers.get('set-cookie')!.split(';')[0]!
  }
  const mine = await (await get('/etude', { cookie: await enter(bailiffId) })).text()
  expect(mine).toContain(`/etude/dossiers/${pack.id}`)
  expect(mine).toContain('Demande de signification de l’ordonnance, version 1')
  expect((await get(`/etude/dossiers/${pack.id}`, { cookie: await enter(bailiffId) })).status).toBe(200)
  const theirs = await enter(other.id)
  expect(await (await get('/etude', { cookie: theirs })).text()).not.toContain(pack.id)
  expect((await get(`/etude/dossiers/${pack.id}`, { cookie: theirs })).status).toBe(404)
  expect((await get('/etude')).status).toBe(401)
})

test('a link to the session of an office, followed from another site, asks before it signs anyone in', async () => {
  const viewer = { role: 'bailiff', name: 'Me Brun', creditorId: null, bailiffId } as const
  const token = await signToken(secret, viewer, Temporal.Instant.from(`${today}T08:00:00Z`))
  const asked = await get(`/etude/entrer?jeton=${token}`, { 'sec-fetch-site': 'cross-site' })
  expect([asked.status, asked.headers.getSetCookie().some((line) => line.startsWith('courtois-etude='))]).toEqual([
    200,
    false,
  ])
  expect(await asked.text()).toContain('Confirmez pour y entrer')
})

describe('enforcing what was served', () => {
  const seize = async (on: string) =>
    requestConsent(house.office, house.sql, day(on), {
      file: await fileOf(house, (await house.sql<{ id: string }[]>`select id from cases`)[0]!.id),
      procedure: 'saisie-attribution',
      ceiling: 30_000n,
      expiresOn: day(on).add({ days: 20 }),
      facts: { comptes: [{ etablissement: 'Banque du Rhône' }] },
      bailiffId,
      author: 'test',
    })
  const served = async () =>
    post('/retour', { nature: 'signification', date: '2026-09-14', remise: 'personne', acte: await act() })

  test('waits for the service, then for the time that the law leaves to the debtor', async () => {
    await expect(seize(today)).rejects.toMatchObject({ code: 'not_enforceable' })
    await served()
    // Orders made since 1 September 2026: two months from the service, CPC 1422.
    await expect(seize('2026-11-14')).rejects.toMatchObject({
      code: 'not_enforceable',
      message: expect.stringContaining('2026'),
    })
    const request = await seize('2026-11-17')
    expect(request.packKind).toBe('mission')
  })

  test('is refused while an opposition is pending', async () => {
    await served()
    await recordProcedureEvent(
      house.sql,
      random,
      day('2026-10-01'),
      { procedureId, step: 'opposition', happenedOn: day('2026-10-01') },
      'legal',
    )
    await expect(seize('2026-12-01')).rejects.toMatchObject({
      code: 'not_enforceable',
      message: expect.stringContaining('opposition'),
    })
  })

  test('is not asked with a day that has passed', async () => {
    await served()
    const file = await fileOf(house, (await house.sql<{ id: string }[]>`select id from cases`)[0]!.id)
    await expect(
      requestConsent(house.office, house.sql, day('2026-11-17'), {
        file,
        procedure: 'saisie-attribution',
        ceiling: 0n,
        expiresOn: day('2026-11-16'),
        author: 'test',
      }),
    ).rejects.toMatchObject({ code: 'expiry_in_past' })
  })
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
    const response = await app.request('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    })
    // oxlint-disable-next-line typescript/no-explicit-any -- the shape is the query's
    return (await response.json()) as { data?: any; errors?: { message: string }[] }
  }
  const gid = (type: string, id: string) => Buffer.from(`${type}:${id}`).toString('base64')

  test('a hand-over gives its link once, and the office answers by its own token', async () => {
    const input = { packId: gid('Pack', pack.id), bailiffId: gid('Bailiff', bailiffId), idempotencyKey: 'h1' }
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

    const office = { role: 'bailiff', bailiffId } as const
    const receipt = `mutation ($input: AcknowledgePackInput!) { acknowledgePack(input: $input) { __typename ... on Refusal { code } } }`
    const wrong = await ask(office, receipt, {
      input: { packId: input.packId, zipSha256: 'ab', receivedBy: 'Me Brun' },
    })
    expect(wrong.data.acknowledgePack).toMatchObject({ code: 'hash_mismatch' })
    const right = await ask(office, receipt, {
      input: { packId: input.packId, zipSha256: pack.zip, receivedBy: 'Me Brun' },
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
      input: { packId: gid('Pack', pack.id), bailiffId: gid('Bailiff', bailiffId), reason: 'Autre étude.' },
    })
    const seen = await ask({ role: 'bailiff', bailiffId }, `{ packs { id } }`, {})
    expect(seen.data.packs).toEqual([])
    expect((await get(link)).status).toBe(404)
  })
})
