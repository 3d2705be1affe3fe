import { cpSync, existsSync, mkdirSync, readdirSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { signToken } from '../api/auth.ts'
import { examples } from '../api/graphql/examples.ts'
import { createApp } from '../api/server.ts'
import { openArchive } from '../documents/archive.ts'
import { verifyFile } from '../documents/proof/verify.ts'
import { importBankLines } from '../procedures/money/bank-lines.ts'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { closeCase } from '../procedures/cases/cases.ts'
import { recordContactPreference } from '../procedures/cases/exchanges/contact-preferences.ts'
import { findOrCreateDebtor } from '../procedures/cases/debtors.ts'
import { keepDisputeDocuments } from '../procedures/cases/exchanges/dispute-documents.ts'
import { recordDispute } from '../procedures/cases/exchanges/disputes.ts'
import { attachExhibit } from '../procedures/cases/exhibits/exhibits.ts'
import { exportCase, filesOf, importCase } from '../procedures/cases/file/export.ts'
import { dataOf } from '../procedures/cases/personal-data/personal-data-rows.ts'
import { namedFiles } from '../procedures/retention/named-files.ts'
import { recordCheck, recordInsolvency } from '../procedures/cases/insolvency/insolvencies.ts'
import { recordPayment } from '../procedures/money/payments.ts'
import { recordPromise } from '../procedures/cases/exchanges/promises.ts'
import { issueStatement } from '../procedures/money/statements.ts'
import { recordVisit } from '../procedures/cases/exchanges/visits.ts'
import { examine, repair } from '../procedures/doctor/doctor.ts'
import { giveConsent } from '../procedures/judicial/consents/consent.ts'
import { readConsentRequest } from '../procedures/judicial/consents/consent-requests.ts'
import { assembleFilingPack } from '../procedures/judicial/packs/packs.ts'
import { openProcedure } from '../procedures/judicial/procedures.ts'
import { purge, type Purged, type PurgeOrder } from '../procedures/retention/purge.ts'
import { accountRows, caseRows, debtorRows } from '../procedures/retention/purge-rows.ts'
import { makePostBatch } from '../procedures/mail/post-batch.ts'
import type { Sql } from '../schema/db.ts'
import { secret } from './api.ts'
import { addInvoices, creditorOf, day, invoice, liveUntil, openCase, useHouse } from './house.ts'

// A consumer with a story of every kind, and another of the same creditor who shares a file with her and whose case stays open.
const name = 'Zéphyrine Quatrebarbes'
const marks = [
  'Quatrebarbes',
  'impasse des Lilas',
  'zephyrine@',
  '0611223344',
  '06 11 22 33 44',
  'FR7610057190010123456789',
]
const closedOn = '2026-07-31'
const shared = new TextEncoder().encode('Conditions générales, les mêmes pour tous les clients.')
const buyer = {
  name,
  address: { lines: ['17 impasse des Lilas'], postal_code: '69003', city: 'Lyon', country: 'FR' },
  contact: { email: 'zephyrine@quatrebarbes.example', phone: '06 11 22 33 44' },
}

let prepared = ''
const house = useHouse(async (made) => {
  prepared = made.dir
  const { sql, office } = made
  const caseId = await openCase(made, {
    on: '2026-06-11',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10', buyer })],
    mandate: { receivesFunds: true },
  })
  await liveUntil(made, '2026-06-11', '2026-07-22')
  await goToCourt(caseId)
  const on = day('2026-07-29')
  const transfer = {
    account: null,
    bookedOn: on,
    amount: 5_000n,
    currency: 'EUR',
    payer: name,
    payerIban: 'FR7610057190010123456789',
    text: `Dossier 2026-0001, ${name}`,
    bankReference: null,
    doubts: [],
  }
  await importBankLines(
    office,
    on,
    { lines: [transfer as never, { ...transfer, text: name } as never], receivedBy: 'agency', creditorId: null },
    true,
    'test',
  )
  const debtorId = (await sql<{ id: string }[]>`select debtor_id as id from cases`)[0]!.id
  await makePostBatch(office, on, 'test')
  const pages = { kind: 'cgv', reference: `CGV de ${name}`, datedOn: on, proves: `ce que ${name} a accepté` } as const
  await attachExhibit(office, sql, on, { caseId, ...pages, bytes: shared, fileName: 'quatrebarbes.txt' }, 'test')
  const said = `${name}, 17 impasse des Lilas`
  await recordCall(
    sql,
    office.random,
    on,
    { caseId, calledAt: null, direction: 'incoming', person: name, outcome: 'joint', summary: said },
    'phone',
  )
  await recordVisit(
    sql,
    office.random,
    on,
    {
      caseId,
      visitedOn: on,
      visitedAt: null,
      agent: 'Luc',
      place: '17 impasse des Lilas',
      person: name,
      outcome: 'refus',
      summary: said,
    },
    'test',
  )
  await recordPromise(
    sql,
    office.random,
    on,
    { caseId, dueOn: on, amount: 1000n, means: 'virement', author: name, channel: 'téléphone' },
    'phone',
  )
  const disputed = await recordDispute(
    sql,
    office.random,
    on,
    { caseId, channel: 'courrier', ground: said, contested: null, answerBy: on },
    'test',
  )
  const brought = new TextEncoder().encode(`Constat de ${name}`)
  const enclosed = { sha256: await office.archive.put(brought), mediaType: 'text/plain', bytes: brought.length }
  await sql.begin((tx) =>
    keepDisputeDocuments(
      tx,
      office.random,
      on,
      { caseId, disputeId: disputed },
      [{ ...enclosed, name: `${name}.txt` }],
      'debtor',
    ),
  )
  await sql`
    insert into resendings (document_id, of_id, reason, asked_on, asked_by)
    select max(id::text)::uuid, min(id::text)::uuid, ${said}, ${on}, 'test' from documents where case_id = ${caseId}`
  await recordContactPreference(
    sql,
    office.random,
    on,
    { caseId, channel: 'appel', wish: 'refuse', reason: said },
    'test',
  )
  await recordCheck(sql, on, { debtorId, checkedOn: on, source: 'BODACC', found: false }, 'test')
  await recordPayment(
    office,
    on,
    { caseId, receivedOn: on, amount: 1_000n, means: 'virement', reference: name, receivedBy: 'agency' },
    'test',
  )
  await issueStatement(office, on, { caseId }, 'test')
  await recordInsolvency(
    sql,
    office.random,
    on,
    { caseId, nature: 'liquidation', openedOn: on, publishedOn: null, representative: `Me X pour ${name}` },
    'test',
  )
  await closeCase(sql, day(closedOn), { caseId, reason: `Créance abandonnée, ${said}` }, 'test')

  const creditorId = await creditorOf(made, on, { name: 'Deux' })
  const other = await addInvoices(made, {
    creditorId,
    on: '2026-07-29',
    invoices: [invoice({ number: 'F-2', issued_on: '2026-06-20', due_on: '2026-07-20' })],
  })
  await attachExhibit(
    office,
    sql,
    on,
    { caseId: other, ...pages, reference: 'CGV', proves: 'les conditions', bytes: shared, fileName: 'cgv.txt' },
    'test',
  )

  async function goToCourt(of: string): Promise<void> {
    const [asked] = await sql<{ id: string }[]>`select id from consent_requests where case_id = ${of}`
    const request = await readConsentRequest(sql, asked!.id)
    const signature = {
      requestId: request.id,
      contentSha256: request.contentSha256,
      signedBy: 'Inès Roche',
      capacity: 'présidente',
      evidence: {},
    }
    await giveConsent(sql, day('2026-07-23'), signature)
    const { id } = await openProcedure(sql, office.random, day('2026-07-24'), { requestId: request.id }, 'legal')
    await assembleFilingPack(
      office,
      day('2026-07-28'),
      { procedureId: id, kind: 'requete', reason: `Pièces de ${name} jointes.` },
      'legal',
    )
  }
})

// An archive and an out-tray of its own: what a purge takes away is gone for this test alone.
let kept: string
beforeEach(() => {
  kept = join(house.dir, 'archive')
  mkdirSync(house.dir, { recursive: true })
  cpSync(dirname(dirname(house.office.archive.path('0'.repeat(64)))), kept, { recursive: true })
  age()
  cpSync(join(prepared, 'out'), join(house.dir, 'out'), { recursive: true })
  Object.assign(house.office, { archive: openArchive(kept) })
})

/** Years go by in the archive as they do in the days of these tests. */
function age(): void {
  for (const entry of readdirSync(kept, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), 0, 0)
}
const purged = (on: string, order: Partial<PurgeOrder> = {}) =>
  purge(house.office, day(on), { until: day(on), keep: true, ...order }, 'purge')
/** Tables in which one of the marks of a person is still to be read. */
async function whereRead(): Promise<string[]> {
  const tables = await house.sql<
    { name: string }[]
  >`select tablename as name from pg_tables where schemaname in ('public') order by 1`
  const found: string[] = []
  for (const { name: table } of tables) {
    const [row] = await house.sql<{ n: bigint }[]>`
      select count(*) as n from ${house.sql(table)} t where exists (select from unnest(${marks}::text[]) mark where position(lower(mark) in lower(to_jsonb(t)::text)) > 0)`
    if (row!.n > 0n) found.push(table)
  }
  return found
}
const files = () => readdirSync(kept, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length
const whole = async () => {
  const tables = await house.sql<
    { name: string }[]
  >`select tablename as name from pg_tables where schemaname = 'public' order by 1`
  const all: Record<string, unknown> = {}
  for (const { name: table } of tables)
    all[table] =
      await house.sql`select md5(string_agg(to_jsonb(t)::text, '' order by to_jsonb(t)::text)) as sum from ${house.sql(table)} t`
  return all
}
const exported = async () => {
  const [found] = await house.sql<{ id: string }[]>`select id from cases where number = '2026-0001'`
  return exportCase(house.sql, found!.id)
}

describe('what was kept long enough', () => {
  test('is first shown, and nothing is changed', async () => {
    const before = [await whole(), files()]
    const told = await purged('2036-07-31', { keep: false })
    expect(told).toMatchObject({ cases: ['2026-0001'], accounts: [], debtors: 1, names: 0 })
    expect(told.files).toBeGreaterThan(15)
    expect(told.tray).toBeGreaterThan(3)
    expect(told.rows).toMatchObject({
      calls: 1,
      visits: 1,
      disputes: 1,
      dispute_documents: 1,
      resendings: 1,
      packs: 1,
      consents: 1,
    })
    expect([await whole(), files()]).toEqual(before)
    const done = await purged('2036-07-31')
    expect(done).toEqual(told)
  })

  test('waits for its day: ten years where a procedure was opened, and never before today', async () => {
    expect((await purged('2036-07-30', { keep: false })).cases).toEqual([])
    await expect(purged('2036-07-30', { until: day('2036-07-31') })).rejects.toMatchObject({ code: 'purge_too_early' })
    expect((await purged('2036-07-31', { keep: false })).cases).toEqual(['2026-0001'])
  })

  test('leaves accounts and the name alone, until they too are ten years past their year', async () => {
    await purged('2036-07-31')
    expect(await whereRead()).toEqual(['bank_lines', 'debtors', 'documents', 'invoices', 'payments'])
    const accounts = await purged('2036-12-31')
    expect(accounts).toMatchObject({ cases: [], accounts: ['2026-0001'], names: 1 })
    expect(await whereRead()).toEqual([])
    const [line] = await house.sql`select amount, payer, case_id is not null as matched from bank_lines`
    expect(line).toEqual({ amount: 5_000n, payer: null, matched: true })
  })

  test('leaves no file of that person, and every file that another case names', async () => {
    const before = files()
    const first = await purged('2036-07-31')
    const second = await purged('2036-12-31')
    expect(files()).toBe(before - first.files - second.files)
    const [common] = await house.sql<{ original: string }[]>`select original from exhibits where reference = 'CGV'`
    expect(existsSync(house.office.archive.path(common!.original))).toBe(true)
    const [enclosed] = await house.sql<{ sha256: string }[]>`select sha256 from dispute_documents`
    expect(existsSync(house.office.archive.path(enclosed!.sha256))).toBe(false)
    const out = join(house.dir, 'out')
    const left = existsSync(out)
      ? readdirSync(out, { recursive: true }).filter((each) => String(each).includes('2026-0001'))
      : []
    expect(left).toEqual([])
  })

  test('leaves the proof: hashes, sums, the journal’s chain, and a doctor with nothing to say', async () => {
    const before = await house.sql`select reference, sha256, code, written_on from documents order by reference`
    const chain =
      await house.sql`select seq, prev, hash from events where case_id = (select id from cases where number = '2026-0001') order by seq`
    await purged('2036-07-31')
    await purged('2036-12-31')
    expect(await house.sql`select reference, sha256, code, written_on from documents order by reference`).toEqual(
      before,
    )
    const after =
      await house.sql`select seq, prev, hash from events where case_id = (select id from cases where number = '2026-0001') order by seq`
    expect(after.slice(0, chain.length)).toEqual([...chain])
    const findings = await examine(house.office, day('2036-12-31'))
    // The other case has waited for ten years in this test, and the doctor says so.
    expect(findings.filter(({ case: number }) => number !== '2026-0002')).toEqual([])
    const made = Buffer.from(JSON.stringify(await exported(), null, 2))
    const { ok, sentence } = await verifyFile(made)
    expect(ok).toBe(true)
    expect(sentence.replaceAll('\u00a0', ' ')).toContain('purgées le 31 juillet 2036')
  })
})

test('the doors still answer about a purged case, and say when a paper went', async () => {
  const clock = { today: () => day('2036-12-31'), now: () => Temporal.Instant.from('2036-12-31T09:00:00Z') }
  const errors: unknown[] = []
  const { app, close } = createApp({
    office: house.office,
    sql: house.sql,
    clock,
    secret,
    log: (error) => errors.push(error),
  })
  const viewer = { role: 'legal', name: 'Essai', creditorId: null, bailiffId: null } as const
  const headers = {
    authorization: `Bearer ${await signToken(secret, viewer, clock.now())}`,
    'content-type': 'application/json',
  }
  await purged('2036-07-31')
  await purged('2036-12-31')
  for (const { name: operation, query } of examples().filter(({ name: each }) => each.startsWith('03'))) {
    const asked = query
      .replace('owed {', 'owed(on: "2026-07-31") {')
      .replace('    id\n', '    id\n    purgedOn\n    readings { on reader door }\n')
    const response = await app.request('/graphql', {
      method: 'POST',
      headers,
      body: JSON.stringify({ query: asked, variables: { number: '2026-0001' } }),
    })
    const { data, errors: refused } = (await response.json()) as {
      data: { case: { purgedOn: string; debtor: { name: string } } }
      errors?: unknown
    }
    expect(refused, operation).toBeUndefined()
    expect(data.case).toMatchObject({ purgedOn: '2036-07-31', debtor: { name: 'Personne purgée' } })
  }
  const [letter] = await house.sql<
    { id: string; sha256: string }[]
  >`select id, sha256 from documents where reference = '2026-0001/1'`
  const gone = await app.request(`/documents/${letter!.id}`, { headers })
  expect(gone.status).toBe(410)
  expect(await gone.text()).toContain(letter!.sha256)
  const [pack] = await house.sql<{ id: string }[]>`select id from packs`
  expect((await app.request(`/packs/${pack!.id}`, { headers })).status).toBe(410)
  await close()
  expect(errors).toEqual([])
})

describe('a journal that was purged', () => {
  test('betrays a line changed, taken away, or emptied without a purge', async () => {
    await purged('2036-07-31')
    const made = (await exported()) as Awaited<ReturnType<typeof exported>> & { events: Record<string, unknown>[] }
    const verified = async (change: (events: Record<string, unknown>[]) => void) => {
      const copy = structuredClone(made)
      change(copy.events)
      return (await verifyFile(Buffer.from(JSON.stringify(copy)))).ok
    }
    const emptied = made.events.findIndex((line) => line['purged_on'] !== null)
    expect(emptied).toBeGreaterThanOrEqual(0)
    expect(await verified(() => {})).toBe(true)
    expect(await verified((events) => void (events[emptied]!['hash'] = 'f'.repeat(64)))).toBe(false)
    expect(await verified((events) => void events.splice(emptied, 1))).toBe(false)
    expect(
      await verified((events) => void Object.assign(events.at(-1)!, { purged_on: '2036-07-31', text: null })),
    ).toBe(false)
  })

  test('in the database: the doctor finds the line that no purge emptied', async () => {
    await house.sql.begin(async (sql) => {
      await sql`set local session_replication_role = replica`
      await sql`update events set detail = '{}', purged_on = '2026-08-01' where kind = 'call_recorded'`
    })
    const findings = await examine(house.office, day(closedOn))
    expect(findings.map(({ code }) => code)).toContain('journal_broken')
  })

  test('is not imported: what is left proves, and is no case any more', async () => {
    await purged('2036-07-31')
    const made = await exported()
    await expect(importCase(house.sql, made)).rejects.toMatchObject({ code: 'case_purged' })
  })
})

const attachAct = (sql: Sql, on: string) =>
  attachExhibit(
    house.office,
    sql,
    day(on),
    {
      caseId: purgedCase,
      kind: 'cgv',
      reference: `Acte reçu le ${on}`,
      datedOn: day(on),
      proves: 'la mainlevée',
      bytes: new TextEncoder().encode(`Mainlevée du ${on}`),
      fileName: 'acte.txt',
    },
    'legal',
  )
let purgedCase = ''
beforeEach(async () => {
  purgedCase = (await house.sql<{ id: string }[]>`select id from cases where number = '2026-0001'`)[0]!.id
})

test('what happens in a purged case later is kept for its own time, and then goes as well', async () => {
  await purged('2036-07-31')
  await attachAct(house.sql, '2036-09-01')
  age()
  const left = async () => {
    const rows = await house.sql<{ hash: string }[]>`
      select unnest(array[original, pdf]) as hash from exhibits where added_on = '2036-09-01'`
    return Promise.all(rows.map(({ hash }) => house.office.archive.has(hash)))
  }
  const doctor = async (on: string) =>
    (await examine(house.office, day(on))).filter(({ case: number }) => number !== '2026-0002')
  expect([await doctor('2036-09-01'), await left()]).toEqual([[], [true, true]])
  expect(await purged('2046-08-31')).toMatchObject({ cases: [], accounts: [] })
  expect(await left()).toEqual([true, true])
  expect(await purged('2046-09-01')).toMatchObject({ cases: ['2026-0001'], accounts: [] })
  expect([await doctor('2046-09-01'), await left()]).toEqual([[], [false, false]])
  const { ok, sentence } = await verifyFile(Buffer.from(JSON.stringify(await exported())))
  expect([ok, sentence.replaceAll('\u00a0', ' ')]).toEqual([
    true,
    expect.stringContaining('purgées le 1er septembre 2046'),
  ])
})

describe('beside the program at work', () => {
  /** The purge while an act is not yet committed: it waits for it, and only then says what is due. */
  async function purgedDuring(on: string, act: (sql: Sql) => Promise<unknown>): Promise<Purged> {
    let purge: Promise<Purged> | undefined
    await house.sql.begin(async (sql) => {
      await act(sql)
      purge = purged(on)
      const waiting = async () =>
        (await house.sql`select from pg_locks where not granted and pid <> pg_backend_pid()`).length
      await expect.poll(waiting, { timeout: 20_000 }).toBeGreaterThan(0)
    })
    return purge!
  }

  test('an act that has begun keeps its case from a purge of the same moment', async () => {
    const told = await purgedDuring('2036-07-31', (sql) => attachAct(sql, '2036-07-31'))
    expect(told.cases).toEqual([])
    expect((await examine(house.office, day('2036-07-31'))).map(({ code }) => code)).not.toContain('journal_broken')
    expect(await whereRead()).toContain('visits')
  })

  test('a debtor who is about to have a new case keeps name and address', async () => {
    const told = await purgedDuring('2036-07-31', async (sql) => {
      const [old] = await sql<{ creditorId: string; debtorId: string; kind: 'consumer' }[]>`
        select c.creditor_id, c.debtor_id, d.kind from cases c join debtors d on d.id = c.debtor_id where c.id = ${purgedCase}`
      const { address, contact } = buyer
      const [line] = address.lines
      const found = await findOrCreateDebtor(sql, house.office.random, day('2036-07-31'), old!.creditorId, {
        name,
        kind: old!.kind,
        identity: {},
        address: { lines: [line!], postalCode: address.postal_code, city: address.city, country: address.country },
        email: contact.email,
        phone: contact.phone,
      })
      expect(found.id).toBe(old!.debtorId)
      await sql`
        insert into cases select (jsonb_populate_record(c, jsonb_build_object(
          'id', gen_random_uuid(), 'number', '2036-0001', 'closed_on', null, 'closed_why', null))).* from cases c where c.id = ${purgedCase}`
    })
    expect(told).toMatchObject({ cases: ['2026-0001'], debtors: 0 })
    const [debtor] = await house.sql`select address ->> 'city' as city from debtors where name = ${name}`
    expect(debtor).toEqual({ city: 'Lyon' })
  })
})

test('a purge cut short before its files were taken away is seen by the doctor, and finished', async () => {
  const archive = { ...house.office.archive, remove: () => Promise.reject(new Error('cut')) }
  const cut = purge({ ...house.office, archive }, day('2036-07-31'), { until: day('2036-07-31'), keep: true }, 'purge')
  await expect(cut).rejects.toThrow('cut')
  const found = (await examine(house.office, day('2036-07-31'))).filter(({ code }) => code === 'purge_unfinished')
  expect(found.length).toBeGreaterThan(15)
  const mended = await repair(house.office, day('2036-07-31'), found)
  expect(mended.every(({ repaired }) => repaired?.includes('ôté'))).toBe(true)
  expect((await examine(house.office, day('2036-07-31'))).filter(({ code }) => code === 'purge_unfinished')).toEqual([])
})

test('files that nobody used go after a month, others of the same bytes stay', async () => {
  const [common] = await house.sql<{ original: string }[]>`select original from exhibits where reference = 'CGV'`
  const alone = await house.office.archive.put(new TextEncoder().encode('déposé, jamais utilisé'))
  age()
  for (const [id, hash] of [
    ['0199a000-0000-7000-8000-000000000001', alone],
    ['0199a000-0000-7000-8000-000000000002', common!.original],
  ] as const) {
    await house.sql`
      insert into uploads (id, actor, file_name, max_bytes, expires_at, asked_on, sha256, bytes, received_on)
      values (${id}, 'creditor', 'a.pdf', 100, '2026-08-01T00:00:00Z', '2026-08-01', ${hash}, 10, '2026-08-01')`
  }
  expect((await purged('2026-08-31')).rows['uploads']).toBeUndefined()
  expect((await purged('2026-09-01')).rows['uploads']).toBe(2)
  expect([await house.office.archive.has(alone), await house.office.archive.has(common!.original)]).toEqual([
    false,
    true,
  ])
})

test('the files of a case are one list for its export, its purge and its archive; the person gets all but the house’s own', async () => {
  const [found] = await house.sql<{ id: string; debtorId: string }[]>`
    select id, debtor_id from cases where number = '2026-0001'`
  const named = await house.sql<{ sha256: string; what: string }[]>`
    select distinct sha256, what from ${namedFiles(house.sql)} n where sha256 is not null and case_id = ${found!.id}`
  const hashes = [...new Set(named.map(({ sha256 }) => sha256))].toSorted()
  expect(filesOf(await exported())).toEqual(hashes)
  const [person] = await dataOf(house.sql, [found!.debtorId])
  const given = new Set(person!.files.map((file) => file.sha256))
  // Of a letter that the person is given, its creditor's copy is the same words without the code.
  const ours =
    /^(Le fichier Word|Le courriel|La copie pour le créancier|L’original de la pièce|La demande d’accord|Le contenu signé|L’original de «|La preuve de l’accord|L’horodatage|Le dossier)/
  const kept = named.filter(({ sha256 }) => !given.has(sha256))
  expect(kept.filter(({ what }) => !ours.test(what))).toEqual([])
  expect([...given].filter((hash) => !hashes.includes(hash))).toEqual([])
})

test('every table has its rule: what a purge leaves of it, or why there is nobody in it', async () => {
  const ruled = new Set([...caseRows, ...accountRows, ...debtorRows].map(({ table }) => table))
  const byName = [
    'documents',
    'events',
    'cases',
    'uploads',
    'case_readings',
    'invoicing_reviews',
    'idempotency_keys',
    'entry_links',
  ]
  // The house, its creditors, its bailiffs, its courts; sums, days and hashes; keyed hashes of visitors (attempts); what the house
  // answered to whoever asked to be erased, which names nobody (erasures).
  const nobody = [
    'agency',
    'agency_proofs',
    'approval_rules',
    'attempts',
    'bailiffs',
    'calendar_feeds',
    'case_numbers',
    'court_places',
    'creditor_closures',
    'creditor_corrections',
    'creditors',
    'credit_notes',
    'downloads',
    'ended_sessions',
    'erasures',
    'fee_numbers',
    'fee_statements',
    'hand_over_accesses',
    'hand_overs',
    'house_key',
    'instalments',
    'invoice_limitations',
    'mandates',
    'migration',
    'outside_notices',
    'pack_timestamps',
    'pay_over_lines',
    'pay_overs',
    'penalty_clauses',
    'plans',
    'post_batches',
    'postal_events',
    'procedures',
    'promise_confirmations',
    'statements',
    'webhook_endpoints',
  ]
  const tables = await house.sql<
    { name: string }[]
  >`select tablename as name from pg_tables where schemaname = 'public' order by 1`
  expect(
    tables
      .map((table) => table.name)
      .filter((each) => !ruled.has(each) && !byName.includes(each) && !nobody.includes(each)),
  ).toEqual([])
})
