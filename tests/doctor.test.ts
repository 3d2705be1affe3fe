import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { NotSent } from '../documents/send/tray.ts'
import { loadLibrary } from '../letters/catalogue.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { placeHold } from '../procedures/cases/holds.ts'
import { examine, repair } from '../procedures/doctor/doctor.ts'
import { giveConsent } from '../procedures/judicial/consents/consent.ts'
import { readConsentRequest } from '../procedures/judicial/consents/consent-requests.ts'
import { assembleFilingPack } from '../procedures/judicial/packs/packs.ts'
import { openProcedure } from '../procedures/judicial/procedures.ts'
import { drain } from '../procedures/jobs/work.ts'
import { type Sql, transaction } from '../schema/db.ts'
import { addInvoices, creditorOf, day, done, fileOf, invoice, liveHolds, liveToConsent, useHouse } from './house.ts'

const on = day('2026-07-29')

// The first case has come to its filing pack, the second has its letter of the day in the queue, the third is on hold.
const house = useHouse(async (made) => {
  await liveToConsent(made)
  const [asked] = await made.sql<{ id: string }[]>`select id from consent_requests`
  const request = await readConsentRequest(made.sql, asked!.id)
  await giveConsent(made.sql, day('2026-07-23'), {
    requestId: request.id,
    contentSha256: request.contentSha256,
    signedBy: 'Inès Roche',
    capacity: 'présidente',
    evidence: { canal: 'test' },
  })
  const { id } = await openProcedure(
    made.sql,
    made.office.random,
    day('2026-07-24'),
    { requestId: request.id },
    'legal',
  )
  await assembleFilingPack(
    made.office,
    day('2026-07-28'),
    { procedureId: id, kind: 'requete', reason: 'Pièces jointes au dépôt.' },
    'legal',
  )
  for (const name of ['Deux', 'Trois']) {
    const creditorId = await creditorOf(made, day('2026-07-28'), { name })
    await addInvoices(made, {
      creditorId,
      on: '2026-07-28',
      invoices: [invoice({ number: `F-${name}`, issued_on: '2026-06-20', due_on: '2026-07-20' })],
    })
  }
  const [third] = await made.sql<{ id: string }[]>`select id from cases where number = '2026-0003'`
  await placeHold(
    made.sql,
    made.office.random,
    day('2026-07-28'),
    { caseId: third!.id, cause: 'contestation', reason: 'Livraison discutée', reviewOn: day('2026-08-20') },
    'test',
  )
  await tick(made.sql, on)
})

const codes = async () =>
  (await examine(house.office, on)).map((finding) => `${finding.case ?? 'maison'} ${finding.code}`)
const caseId = async (number: string) =>
  (await house.sql<{ id: string }[]>`select id from cases where number = ${number}`)[0]!.id
/** Writes as nobody may: no trigger, no foreign key. */
const byForce = (act: (sql: Sql) => Promise<unknown>) =>
  transaction(house.sql, async (sql) => {
    await sql`set local session_replication_role = replica`
    await act(sql)
  })
const copyDocument = (sql: Sql, where: string, changes: { step?: boolean; first?: boolean; suffix: string }) => sql`
  insert into documents (id, case_id, step_id, letter, version, channel, recipient, reference, code, first_letter, facts, renderer, sha256, written_on, written_by)
  select gen_random_uuid(), case_id, ${changes.step ? sql`step_id` : sql`null`}, letter, version, 'formulaire', 'operateur', reference || ${changes.suffix},
         code || ${changes.suffix}, ${changes.first ?? false}, facts, renderer, sha256, written_on, written_by
  from documents where letter = ${where} limit 1`

test('an ordinary house has nothing to be told', async () => {
  expect(await codes()).toEqual([])
})

test('a file of any size is looked at as it lies, and never held', async () => {
  const large = join(house.dir, 'large')
  mkdirSync(house.dir, { recursive: true })
  writeFileSync(large, '')
  truncateSync(large, 400 << 20)
  const { sha256, bytes } = await house.office.archive.putFile(large)
  await house.sql`
    insert into uploads (id, actor, file_name, max_bytes, expires_at, asked_on, sha256, bytes, received_on)
    values (gen_random_uuid(), 'creditor', 'a.pdf', ${bytes}, '2026-07-29T00:00:00Z', ${on}, ${sha256}, ${bytes}, ${on})`
  const before = process.resourceUsage().maxRSS
  expect(await codes()).toEqual([])
  expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(200)
  truncateSync(house.office.archive.path(sha256), bytes - 1)
  expect(await codes()).toEqual(['maison archive_damaged'])
  rmSync(house.office.archive.path(sha256))
})

describe('an open case that waits for nothing is named', () => {
  test('when its steps are gone', async () => {
    await house.sql`delete from graphile_worker._private_jobs`
    await house.sql`delete from steps where case_id = ${await caseId('2026-0002')}`
    expect(await codes()).toEqual(['2026-0002 orphan'])
  })

  test('when its hold was taken away and its steps were skipped', async () => {
    await byForce((sql) => sql`delete from holds`)
    await house.sql`update steps set skipped_on = ${on}, skipped_why = 'essai' where case_id = ${await caseId('2026-0003')}`
    expect(await codes()).toEqual(['2026-0003 orphan'])
  })

  test('when its agreement has expired with nothing opened', async () => {
    await byForce((sql) => sql`delete from packs`)
    await byForce((sql) => sql`delete from procedures`)
    expect(await codes()).toEqual([])
    await byForce((sql) => sql`update consent_requests set expires_on = '2026-07-25'`)
    expect(await codes()).toEqual(['2026-0001 orphan'])
  })

  test('when its procedure has had no news for ninety days', async () => {
    await byForce((sql) => sql`update procedures set opened_on = '2026-04-01'`)
    await byForce((sql) => sql`update consents set decided_on = '2026-03-31'`)
    await house.sql`insert into procedure_events (id, procedure_id, step, happened_on, recorded_on, recorded_by) select gen_random_uuid(), id, 'requete', '2026-04-02', '2026-07-28', 'test' from procedures`
    expect(await codes()).toEqual(['2026-0001 orphan_procedure'])
  })
})

describe('each corruption made by hand is named', () => {
  const corruptions: [string, string, (sql: Sql) => Promise<unknown>][] = [
    [
      'a closed case with a step to do',
      '2026-0003 closed_with_steps',
      (sql) => sql`update cases set closed_on = '2026-07-28', closed_why = 'x' where number = '2026-0003'`,
    ],
    [
      'a step that nothing took up',
      '2026-0002 step_overdue',
      async (sql) => {
        await sql`delete from graphile_worker._private_jobs`
        await sql`update steps set queued_for = null, planned_on = '2026-07-20' where queued_for is not null`
      },
    ],
    ['a job that vanished', '2026-0002 step_without_job', (sql) => sql`delete from graphile_worker._private_jobs`],
    [
      'a job out of attempts',
      '2026-0002 dead_job',
      (sql) => sql`update graphile_worker._private_jobs set attempts = max_attempts, last_error = 'Typst est mort'`,
    ],
    [
      'a letter ready that nothing sends',
      '2026-0001 letter_without_job',
      (sql) =>
        sql`update dispatches set state = 'ready' where document_id = (select id from documents where first_letter)`,
    ],
    [
      'a sending never confirmed',
      '2026-0001 sending_unfinished',
      (sql) =>
        sql`update dispatches set state = 'sending' where document_id = (select id from documents where first_letter)`,
    ],
    [
      'a guard taken off the journal',
      'maison guard_missing',
      (sql) => sql`alter table events disable trigger events_are_kept`,
    ],
    ['the unique index of steps dropped', 'maison guard_missing', (sql) => sql`drop index documents_one_a_step`],
    [
      'a guard taken off a later table',
      'maison guard_missing',
      (sql) => sql`drop trigger resendings_are_kept on resendings`,
    ],
    [
      'what a creditor may see no longer bounded',
      'maison guard_missing',
      (sql) => sql`alter table calls disable row level security`,
    ],
    [
      'a letter that left twice',
      '2026-0001 letter_sent_twice',
      async (sql) => {
        await sql`set local session_replication_role = origin`
        await sql`
          insert into events (case_id, on_day, kind, detail, author)
          select case_id, on_day, kind, detail, author from events where kind = 'letter_sent' order by id limit 1`
      },
    ],
    [
      'two written approaches on one day',
      '2026-0001 two_approaches_a_day',
      (sql) => sql`
      update documents set written_on = (select written_on from documents where letter = 'mise-en-demeure-pro' and attached_to is null) where first_letter`,
    ],
    [
      'a letter without its dispatch',
      '2026-0001 letter_without_dispatch',
      (sql) => sql`delete from dispatches where document_id = (select id from documents where first_letter)`,
    ],
    [
      'a letter that the journal does not know',
      '2026-0001 journal_incomplete',
      (sql) => sql`delete from events where kind = 'letter_written' and detail ->> 'firstLetter' = 'true'`,
    ],
    [
      'a step that the journal does not know',
      '2026-0001 journal_incomplete',
      (sql) => sql`delete from events where kind = 'step_done' and detail ->> 'step' = 'cordiale'`,
    ],
    [
      'a consent that the journal does not know',
      '2026-0001 journal_incomplete',
      (sql) => sql`delete from events where kind = 'consent_given'`,
    ],
    [
      'a pack that the journal does not know',
      '2026-0001 journal_incomplete',
      (sql) => sql`delete from events where kind = 'pack_assembled'`,
    ],
    [
      'a hold that the journal does not know',
      '2026-0003 journal_incomplete',
      (sql) => sql`delete from events where kind = 'case_held'`,
    ],
    [
      'a signature over another hash',
      '2026-0001 consent_unbound',
      (sql) => sql`update consents set content_sha256 = repeat('0', 64)`,
    ],
    [
      'a pack that is not the one signed',
      '2026-0001 consent_unbound',
      (sql) => sql`update packs set content_sha256 = repeat('0', 64)`,
    ],
    [
      'a frozen content changed after the signature',
      '2026-0001 consent_unbound',
      (sql) => sql`
      update consent_requests set content = jsonb_set(content, '{0,sha256}', to_jsonb((select sha256 from documents where first_letter)))`,
    ],
    [
      'a payment that did not void the consent',
      '2026-0001 consent_outdated',
      (sql) => sql`
      insert into payments (id, case_id, received_on, amount, means, received_by, recorded_on, recorded_by)
      select gen_random_uuid(), case_id, '2026-07-28', 100, 'virement', 'creditor', '2026-07-28', 'x' from procedures`,
    ],
    [
      'a procedure under a refusal',
      '2026-0001 procedure_without_consent',
      (sql) => sql`update consents set decision = 'refused'`,
    ],
    [
      'a step of no scenario',
      '2026-0003 unknown_step',
      (sql) =>
        sql`update steps set key = 'inventee' where key = 'appel' and case_id = (select id from cases where number = '2026-0003')`,
    ],
  ]
  test.each(corruptions)('%s', async (_what, expected, corrupt) => {
    await byForce(corrupt)
    expect(await codes()).toContain(expected)
    for (const finding of await examine(house.office, on)) {
      expect(finding.message).toMatch(/[.]$/)
      expect(finding.remedy).toMatch(/[.]$/)
    }
  })

  test('a step that wrote its letter twice, and a second first letter', async () => {
    await house.sql`drop index documents_one_a_step`
    await house.sql`drop index documents_one_first_letter`
    await byForce((sql) => copyDocument(sql, 'relance-cordiale-pro', { step: true, first: true, suffix: 'x' }))
    expect(await codes()).toEqual(
      expect.arrayContaining(['2026-0001 step_written_twice', '2026-0001 two_first_letters', 'maison guard_missing']),
    )
  })

  test('a dispatch whose document is gone', async () => {
    await byForce((sql) => sql`delete from documents where first_letter`)
    expect(await codes()).toContain('maison dispatch_without_letter')
  })
})

describe('the archive', () => {
  let letter: { sha256: string; reference: string }
  let kept: Uint8Array
  beforeEach(async () => {
    ;[letter] = (await house.sql`select sha256, reference from documents where first_letter`) as unknown as [
      typeof letter,
    ]
    kept = await house.office.archive.get(letter.sha256)
    return async () => void (await house.office.archive.put(kept))
  })

  test('without a letter is named, and the letter is made again to the same hash', async () => {
    rmSync(house.office.archive.path(letter.sha256))
    const findings = await examine(house.office, on)
    expect(findings).toMatchObject([
      { code: 'archive_missing', case: '2026-0001', message: expect.stringContaining(letter.reference) },
    ])
    expect(await repair(house.office, on, findings)).toMatchObject([
      { repaired: expect.stringContaining('octet pour octet') },
    ])
    expect(await house.office.archive.get(letter.sha256)).toEqual(kept)
    expect(await codes()).toEqual([])
  })

  test('with a letter altered is named and mended; one whose text has changed since is left to the back-up', async () => {
    writeFileSync(house.office.archive.path(letter.sha256), 'autre chose')
    const findings = await examine(house.office, on)
    expect(findings).toMatchObject([{ code: 'archive_damaged', case: '2026-0001' }])
    await byForce((sql) => sql`update documents set version = 'ancienne' where first_letter`)
    expect((await repair(house.office, on, findings))[0]!.repaired).toBeUndefined()
    await byForce(
      (sql) => sql`update documents set facts = jsonb_set(facts, '{date}', '"2026-06-12"') where first_letter`,
    )
    expect((await repair(house.office, on, findings))[0]!.repaired).toBeUndefined()
  })

  test('without a letter whose text and clause have changed since makes it again as it was', async () => {
    const own = mkdtempSync(join(tmpdir(), 'courtois-own-'))
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', own, '-c', 'user.name=É. Ditrice', '-c', 'user.email=e@example.fr', ...args])
    const commit = () => [git('add', '.'), git('commit', '-qm', 'Nos courriers')]
    try {
      // Everything the letter is made of is the agency's: the house's own may stand uncommitted beside these tests.
      const id = 'relance-cordiale-pro'
      const { clauses, letters } = loadLibrary()
      mkdirSync(join(own, 'library/maison'), { recursive: true })
      mkdirSync(join(own, 'clauses'))
      cpSync(new URL('../letters/layout', import.meta.url), join(own, 'layout'), { recursive: true })
      const text = join(own, `library/maison/${id}.md`)
      cpSync(letters.get(id)!.file, text)
      for (const name of letters.get(id)!.clauses) cpSync(clauses.get(name)!.file, join(own, `clauses/${name}.md`))
      git('init', '-q', '-b', 'main')
      commit()
      vi.stubEnv('LETTERS_DIR', own)
      await drain(house.office, house.url)
      const [row] = await house.sql<{ sha256: string; version: string }[]>`
        select d.sha256, d.version from documents d join cases c on c.id = d.case_id
        where c.number = '2026-0002' and d.letter = ${id}`
      const sent = await house.office.archive.get(row!.sha256)
      const salutation = join(own, 'clauses/salutation.md')
      appendFileSync(text, '\nNous restons à votre écoute.\n')
      writeFileSync(salutation, readFileSync(salutation, 'utf8').replace(/\n---\n[^]*$/, '\n---\nBonjour,\n'))
      commit()
      expect(loadLibrary(undefined, { fresh: true }).letters.get(id)!.version).not.toBe(row!.version)
      rmSync(house.office.archive.path(row!.sha256))
      const mended = await repair(house.office, on, await examine(house.office, on))
      expect(mended).toMatchObject([{ code: 'archive_missing', repaired: expect.stringContaining('octet pour octet') }])
      expect(await house.office.archive.get(row!.sha256)).toEqual(sent)
    } finally {
      vi.unstubAllEnvs()
      rmSync(own, { recursive: true, force: true })
    }
  })

  test('without an exhibit, a pack or a signed form is named', async () => {
    const [row] = await house.sql<{ zip: string; pdf: string; exhibit: string }[]>`
      select k.zip, r.pdf, (select pdf from exhibits order by number limit 1) as exhibit from packs k, consent_requests r`
    const bytes = await Promise.all(Object.values(row!).map((hash) => house.office.archive.get(hash)))
    for (const hash of Object.values(row!)) rmSync(house.office.archive.path(hash))
    const found = await codes()
    for (const each of bytes) await house.office.archive.put(each)
    expect(found).toEqual(['2026-0001 archive_missing', '2026-0001 archive_missing', '2026-0001 archive_missing'])
  })
})

describe('repair', () => {
  test('puts a step whose job vanished back to work, and it is done once', async () => {
    await house.sql`delete from graphile_worker._private_jobs`
    const mended = await repair(house.office, on, await examine(house.office, on))
    expect(mended).toMatchObject([{ code: 'step_without_job', repaired: expect.any(String) }])
    await drain(house.office, house.url)
    expect(done(await fileOf(house, await caseId('2026-0002')))).toEqual(['cordiale 2026-07-29'])
    expect(await codes()).toEqual([])
  })

  const mendedNow = async (office = house.office) =>
    (await repair(office, on, await examine(house.office, on))).map(({ code, repaired }) => [
      code,
      repaired !== undefined,
    ])
  /** The day's letter is written, and its channel fails: certain not to have taken it, or silent. */
  async function writeUnsent(failure: Error, repeatable = house.office.post.repeatable): Promise<void> {
    const post = { ...house.office.post, repeatable, send: () => Promise.reject(failure) }
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await drain({ ...house.office, post }, house.url)
    vi.restoreAllMocks()
  }

  test('gives a dead job its attempts back, and sends a letter that was still ready', async () => {
    const exhaust = () => house.sql`update graphile_worker._private_jobs set attempts = max_attempts`
    await exhaust()
    expect(await mendedNow()).toEqual([['dead_job', true]])
    await writeUnsent(new NotSent('fermé', { permanent: false, cause: null }))
    await exhaust()
    expect(await mendedNow()).toEqual([['dead_job', true]])
    await house.sql`delete from graphile_worker._private_jobs`
    expect(await mendedNow()).toEqual([['letter_without_job', true]])
    await drain(house.office, house.url)
    expect(await codes()).toEqual([])
  })

  test('sends a letter again only where twice leaves one', async () => {
    await writeUnsent(new Error('silence'), [])
    expect(await mendedNow({ ...house.office, post: { ...house.office.post, repeatable: [] } })).toEqual([
      ['sending_unfinished', false],
    ])
    expect(await mendedNow()).toEqual([['sending_unfinished', true]])
    await drain(house.office, house.url)
    expect(await codes()).toEqual([])
  })

  test('sends nothing that the journal says is gone, whatever its row says', async () => {
    for (const state of ['ready', 'sending']) {
      await house.sql`update dispatches set state = ${state} where document_id = (select id from documents where first_letter)`
      expect((await mendedNow()).map(([, repaired]) => repaired)).toEqual([false])
    }
  })

  test('voids a consent that a change has made untrue, and says so in the journal', async () => {
    await byForce(
      (sql) => sql`
      insert into payments (id, case_id, received_on, amount, means, received_by, recorded_on, recorded_by)
      select gen_random_uuid(), case_id, '2026-07-28', 100, 'virement', 'creditor', '2026-07-28', 'x' from procedures`,
    )
    await repair(house.office, on, await examine(house.office, on))
    expect(await codes()).toEqual([])
    expect(await house.sql`select cause from consent_ends`).toMatchObject([{ cause: 'changed' }])
    expect(await house.sql`select 1 from events where kind = 'consent_voided'`).toHaveLength(1)
  })

  test('leaves to a person what the rows do not prove', async () => {
    await byForce((sql) => sql`update consents set content_sha256 = repeat('0', 64)`)
    const findings = await examine(house.office, on)
    expect((await repair(house.office, on, findings)).filter((finding) => finding.repaired !== undefined)).toEqual([])
    expect(liveHolds(await fileOf(house, await caseId('2026-0003')))).toHaveLength(1)
  })
})
