import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openArchive } from '../documents/archive.ts'
import { verifyFile } from '../documents/proof/verify.ts'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { closeCase } from '../procedures/cases/cases.ts'
import { exportCase } from '../procedures/cases/file/export.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { erase, type ErasureRequest } from '../procedures/retention/erasure.ts'
import { giveConsent } from '../procedures/judicial/consents/consent.ts'
import { readConsentRequest } from '../procedures/judicial/consents/consent-requests.ts'
import { openProcedure } from '../procedures/judicial/procedures.ts'
import { importBankLines, settleBankLine } from '../procedures/money/bank-lines.ts'
import { purge } from '../procedures/retention/purge.ts'
import { type Client, connect } from '../schema/db.ts'
import { restoreBackup, writeBackup } from '../scripts/backup.ts'
import { dropDatabase } from './database.ts'
import { addInvoices, day, invoice, liveUntil, openCase, useHouse } from './house.ts'

const contact = { email: 'zephyrine@quatrebarbes.example', phone: '06 11 22 33 44' }
const bill = (number: string, name: string) => {
  const address = { lines: ['17 impasse des Lilas'], postal_code: '69003', city: 'Lyon', country: 'FR' }
  return invoice({ number, issued_on: '2026-05-11', due_on: '2026-06-10', buyer: { name, address, contact } })
}
const closedOn = day('2026-07-31')
const asked = day('2026-08-03')

// Three people who owe: one before a court and closed, one closed, one open.
const ids = { court: '', closed: '', open: '' }
const house = useHouse(async (made) => {
  const { sql, office } = made
  const court = await openCase(made, { on: '2026-06-11', invoices: [bill('F-1', 'Quatrebarbes, jugée')] })
  const [{ creditorId }] = await sql<[{ creditorId: string }]>`select creditor_id from cases`
  const open = (number: string, name: string) =>
    addInvoices(made, { creditorId, on: '2026-06-11', invoices: [bill(number, name)] })
  const closed = await open('F-2', 'Quatrebarbes, close')
  await open('F-3', 'Quatrebarbes, ouverte')
  await liveUntil(made, '2026-06-11', '2026-07-22')
  const [request] = await sql<{ id: string }[]>`select id from consent_requests where case_id = ${court}`
  const { id: requestId, contentSha256 } = await readConsentRequest(sql, request!.id)
  const signature = { requestId, contentSha256, signedBy: 'Inès Roche', capacity: 'présidente', evidence: {} }
  await giveConsent(sql, day('2026-07-23'), signature)
  await openProcedure(sql, office.random, day('2026-07-24'), { requestId }, 'legal')
  const call = {
    caseId: closed,
    calledAt: null,
    direction: 'incoming',
    person: 'Quatrebarbes',
    outcome: 'joint',
  } as const
  await recordCall(sql, office.random, day('2026-07-28'), { ...call, summary: 'Ce n’est pas elle' }, 'phone')
  for (const caseId of [court, closed]) await closeCase(sql, closedOn, { caseId, reason: 'Créance abandonnée' }, 'test')
  const debtors = await sql<{ id: string; name: string }[]>`select id, name from debtors`
  for (const { id, name } of debtors)
    ids[name.endsWith('jugée') ? 'court' : name.endsWith('close') ? 'closed' : 'open'] = id
})

// An archive of each test's own, whose files were put there long ago.
let kept: string
beforeEach(() => {
  kept = join(house.dir, 'data', 'archive')
  mkdirSync(dirname(kept), { recursive: true })
  cpSync(dirname(dirname(house.office.archive.path('0'.repeat(64)))), kept, { recursive: true })
  for (const entry of readdirSync(kept, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) utimesSync(join(entry.parentPath, entry.name), 0, 0)
  Object.assign(house.office, { archive: openArchive(kept) })
})

const erased = (who: keyof typeof ids, more: Partial<ErasureRequest> = {}, on = asked) =>
  erase(house.office, on, { debtorIds: [ids[who]], waiver: null, keep: true, ...more }, 'legal:Inès')
const debtor = async (who: keyof typeof ids, sql: Client = house.sql) =>
  (await sql`select name, email, phone, address is not null as addressed from debtors where id = ${ids[who]}`)[0]
const codes = async (on = asked) => (await examine(house.office, on)).map(({ code }) => code).toSorted()
const inFull = { name: expect.stringContaining('Quatrebarbes'), ...contact, addressed: true }
/** Every row of the database but those of graphile-worker, in one word. */
const whole = async () => {
  const tables = await house.sql<
    { name: string }[]
  >`select tablename as name from pg_tables where schemaname = 'public' order by 1`
  const sums: unknown[] = []
  for (const { name } of tables)
    sums.push(
      await house.sql`select ${name} as name, md5(string_agg(to_jsonb(t)::text, '' order by to_jsonb(t)::text)) as sum from ${house.sql(name)} t`,
    )
  return sums
}

describe('a person who asks to be erased', () => {
  test('and whose case is open: nothing goes, and the reason is told', async () => {
    const { cases, purged } = await erased('open', { waiver: 'le demande' })
    expect(cases).toMatchObject([
      { closedOn: null, erased: false, kept: [{ what: 'ouvert', until: null, article: 'RGPD, art. 17-3 e' }] },
    ])
    expect(purged).toMatchObject({ cases: [], contacts: 0, files: 0 })
    expect(await debtor('open')).toEqual(inFull)
    expect(await codes()).toEqual([])
  })

  test('and whose case is closed: e-mail and telephone go, the rest is kept until its day, each with its reason', async () => {
    const before = await whole()
    const shown = await erased('closed', { keep: false })
    expect(await whole()).toEqual(before)
    const done = await erased('closed')
    expect(done).toEqual(shown)
    const { cases, purged } = done
    expect(purged).toMatchObject({ cases: [], contacts: 1, files: 0 })
    expect(cases).toMatchObject([
      {
        erased: false,
        kept: [
          {
            what: 'dossier',
            until: day('2031-07-31'),
            doubtful: true,
            article: expect.stringMatching(/^RGPD, art. 17-3 e/),
          },
          {
            what: 'comptes',
            until: day('2036-12-31'),
            doubtful: false,
            article: 'RGPD, art. 17-3 b ; C. com. L123-22',
          },
        ],
      },
    ])
    expect(await debtor('closed')).toEqual({ ...inFull, email: null, phone: null })
    // Their invoice said both, and the row has kept what it said.
    const [{ row }] = await house.sql<
      [{ row: string }]
    >`select to_jsonb(d)::text as row from debtors d where id = ${ids.closed}`
    for (const each of Object.values(contact)) expect(row).not.toContain(each)
    expect(await codes()).toEqual([])
  })

  test('and for whom the house gives up its defence: all goes but accounts and name, and every proof holds', async () => {
    const letters = await house.sql<{ sha256: string }[]>`
      select d.sha256 from documents d join cases c on c.id = d.case_id where c.debtor_id = ${ids.closed}`
    const { cases, purged } = await erased('closed', { waiver: 'erreur de personne' })
    expect(purged.files).toBeGreaterThan(3)
    expect(cases).toMatchObject([{ erased: true, accountsErased: false, kept: [{ what: 'comptes' }] }])
    expect(await debtor('closed')).toEqual({ ...inFull, email: null, phone: null, addressed: false })
    expect(await house.sql`select distinct summary from calls`).toEqual([{ summary: 'purgé' }])
    const left = await Promise.all(letters.map(({ sha256 }) => house.office.archive.has(sha256)))
    expect(new Set(left)).toEqual(new Set([false]))
    expect(await codes()).toEqual([])
    const [found] = await house.sql<{ id: string }[]>`select id from cases where debtor_id = ${ids.closed}`
    const { ok } = await verifyFile(Buffer.from(JSON.stringify(await exportCase(house.sql, found!.id))))
    expect(ok).toBe(true)
    const said = await house.sql`select waiver, decided_by from erasures`
    expect(said).toEqual([{ waiver: 'erreur de personne', decidedBy: 'legal:Inès' }])
  })

  test('and who paid what nobody matched: her words go once a person said that it pays no case, and no guess names her', async () => {
    const line = {
      row: 1,
      account: null,
      bookedOn: day('2026-07-20'),
      amount: 4_200n,
      currency: 'EUR',
      payer: 'QUATREBARBES, CLOSE',
      payerIban: 'FR7630006000011234567890189',
      text: 'Loyer du 17 impasse des Lilas',
      bankReference: null,
      doubts: [],
    }
    const lines = [
      line,
      { ...line, row: 2 },
      { ...line, row: 3, payer: 'Quelqu’un', payerIban: null, amount: 100_000n },
    ]
    const given = { lines, receivedBy: 'agency', creditorId: null } as const
    const [first, second] = await importBankLines(house.office, asked, given, true, 'test')
    const [closed] = await house.sql<{ id: string }[]>`select id from cases where debtor_id = ${ids.closed}`
    // As if she had been thought of while her case was open.
    await house.sql`
      update bank_lines set candidates = candidates || jsonb_build_array(jsonb_build_object('caseId', ${closed!.id}::text, 'debtor', 'Quatrebarbes'))
      where amount = 100000`
    const aside = (lineId: string) =>
      settleBankLine(house.office, asked, { lineId, caseId: null, invoiceNumber: null, reason: 'Le loyer' }, 'test')
    await aside(first!.id!)
    const { bankLines } = await erased('closed', { waiver: 'erreur de personne' })
    expect(bankLines).toBe(1)
    // Another creditor's debtor of that name, who asks as well, is told the same.
    await house.sql`update debtors set name = (select name from debtors where id = ${ids.closed}) where id = ${ids.open}`
    const both = [await erased('open'), await erased('closed', { waiver: 'erreur de personne', keep: false })]
    expect(both.map((each) => each.bankLines)).toEqual([1, 1])
    const said = async () =>
      house.sql`select payer, payer_iban, text, settled_why, amount from bank_lines where amount = 4200 order by settled_on nulls last, payer nulls first`
    const gone = { payer: null, payerIban: null, text: 'purgé', settledWhy: 'purgé', amount: 4_200n }
    expect(await said()).toEqual([gone, expect.objectContaining({ payer: 'QUATREBARBES, CLOSE', settledWhy: null })])
    const [other] = await house.sql<{ candidates: { caseId: string }[]; payer: string }[]>`
      select candidates, payer from bank_lines where amount = 100000`
    expect(other!.payer).toBe('Quelqu’un')
    expect(other!.candidates.map(({ caseId }) => caseId)).not.toContain(closed!.id)
    expect(await codes()).toEqual([])
    // The other one waits for a person, and goes with the purge after it.
    await aside(second!.id!)
    expect(await codes()).toEqual(['erasure_undone'])
    await purge(house.office, asked, { until: asked, keep: true }, 'purge')
    expect(await said()).toEqual([gone, gone])
    expect(await codes()).toEqual([])
  })

  test('and whose case went before a court: no waiver takes it, ten years are told', async () => {
    const { cases } = await erased('court', { waiver: 'erreur de personne' })
    expect(cases).toMatchObject([
      { erased: false, kept: [{ what: 'titre', until: day('2036-07-31'), doubtful: true }, { what: 'comptes' }] },
    ])
    expect(await debtor('court')).toMatchObject({ email: null, addressed: true })
    expect(await codes()).toEqual([])
  })

  test('on the very day of an act is told to ask tomorrow, and is then erased', async () => {
    const early = await erased('closed', { waiver: 'erreur' }, closedOn)
    expect(early.cases[0]!.kept[0]!.why.replaceAll('\u00a0', ' ')).toContain('à partir de demain')
    const { cases } = await erased('closed', { waiver: 'erreur' }, closedOn.add({ days: 1 }))
    expect(cases[0]!.erased).toBe(true)
  })

  test('while the case is open is remembered: the doctor says it once the case is closed, and the next purge does it', async () => {
    await erased('open')
    const [{ id: caseId }] = await house.sql<[{ id: string }]>`select id from cases where debtor_id = ${ids.open}`
    await closeCase(house.sql, day('2026-08-10'), { caseId, reason: 'Soldée' }, 'test')
    expect(await codes(day('2026-08-11'))).toEqual(['erasure_undone'])
    const on = day('2026-08-11')
    expect(await purge(house.office, on, { until: on, keep: true }, 'purge')).toMatchObject({ cases: [], contacts: 1 })
    expect(await debtor('open')).toEqual({ ...inFull, email: null, phone: null })
    expect(await codes(on)).toEqual([])
  })

  test('must be one of the house’s, and a waiver says why', async () => {
    const stranger = { debtorIds: ['00000000-0000-4000-8000-000000000009'] }
    await expect(erased('closed', stranger)).rejects.toMatchObject({ code: 'person_not_found' })
    await expect(erased('closed', { waiver: ' ' })).rejects.toMatchObject({ code: 'no_waiver' })
    expect(await house.sql`select 1 from erasures`).toEqual([])
  })
})

describe('a backup older than a purge', () => {
  const taken = Temporal.Instant.from('2026-08-02T03:00:00Z')
  const dataDir = () => dirname(kept)
  const backup = (folder: string, at = taken) =>
    writeBackup({ sql: house.sql, dataDir: dataDir() }, join(house.dir, folder), at)

  /** The house as an older backup brings it back, in a database and a folder of its own. */
  async function restored(
    from: string,
    register: string | undefined,
    act: (sql: Client, told: number) => Promise<void>,
  ) {
    const url = new URL(house.url)
    url.pathname += '_restored'
    await house.sql`create database ${house.sql(url.pathname.slice(1))}`
    const sql = connect(url.href, { max: 4 })
    try {
      const told = await restoreBackup(from, { url: url.href, dataDir: join(house.dir, 'fresh'), register })
      Object.assign(house.office, { sql, archive: openArchive(join(house.dir, 'fresh', 'archive')) })
      await act(sql, told)
    } finally {
      await sql.end({ timeout: 5 })
      await dropDatabase(house.sql, url.pathname.slice(1))
    }
  }
  const again = (on = asked) => purge(house.office, on, { until: on, keep: true }, 'purge')

  test('brings back what was erased: the register of the newer folder tells it, and the next purge does it again', async () => {
    const { folder } = await backup('old')
    await erased('closed', { waiver: 'erreur de personne' })
    await backup('new', taken.add({ hours: 48 }))
    const register = join(house.dir, 'new', 'effacements.json')
    expect(readFileSync(register, 'utf8')).not.toMatch(/Quatrebarbes|zephyrine|06 11/)
    await restored(folder, register, async (sql, told) => {
      expect(told).toBe(1)
      expect(await debtor('closed', sql)).toEqual(inFull)
      expect(await codes()).toEqual(['erasure_undone', 'erasure_undone'])
      expect((await again()).cases).toHaveLength(1)
      expect(await debtor('closed', sql)).toMatchObject({ email: null, addressed: false })
      expect(await codes()).toEqual([])
    })
  })

  test('of the same folder is told by the register beside it, and a later backup forgets nothing of it', async () => {
    const { folder } = await backup('one')
    await erased('closed')
    await backup('one', taken.add({ hours: 24 }))
    await restored(folder, undefined, async (_sql, told) => {
      expect(told).toBe(1)
      expect(await again()).toMatchObject({ cases: [], contacts: 1 })
    })
  })

  test('brings back what its time had taken: the same purge, run again, takes it again', async () => {
    const { folder } = await backup('old')
    const then = day('2031-07-31')
    const first = await again(then)
    expect(first.cases).toHaveLength(1)
    await restored(folder, undefined, async () => {
      // The out-tray of the tests is no part of the backup.
      expect(await again(then)).toEqual({ ...first, tray: expect.any(Number) })
    })
  })

  test('is refused with a register that is none, before anything is written', async () => {
    const { folder } = await backup('old')
    const spoilt = restored(folder, join(folder, 'manifest.json'), async () => {})
    await expect(spoilt).rejects.toMatchObject({ code: 'bad_register' })
    await erased('closed')
    const { folder: later } = await backup('later')
    const register = join(dirname(later), 'effacements.json')
    // What the database would refuse once everything else is restored.
    writeFileSync(register, readFileSync(register, 'utf8').replace(asked.toString(), '2026-02-31'))
    const impossible = restored(folder, register, async () => {})
    await expect(impossible).rejects.toMatchObject({ code: 'bad_register' })
    expect(readdirSync(house.dir)).not.toContain('fresh')
  })
})

test('by the command line: shown first, in words, each time of keeping with its article and whether it is confirmed', async () => {
  const env = { ...process.env, DATABASE_URL: house.url, DATABASE_OWNER_URL: house.url, DATA_DIR: dirname(kept) }
  const said = (...args: string[]) => {
    const { stdout, stderr } = spawnSync(process.execPath, ['scripts/courtois.ts', 'purge', ...args], {
      env,
      encoding: 'utf8',
    })
    return `${stdout}${stderr}`.replaceAll('\u00a0', ' ')
  }
  const general = said()
  expect(general).toContain('Durée, dossier clos : 60 mois (RGPD, art. 5-1 e ; C. civ. 2224 ; non confirmée')
  expect(general).toContain('Durée, pièces comptables et nom : 120 mois (C. com. L123-22)')
  const ofHer = said('--debtor', 'quatrebarbes, CLOSE')
  expect(ofHer).toContain('clos le 31 juillet 2026')
  expect(ofHer).toContain('gardé : le dossier jusqu’au 31 juillet 2031 (durée non confirmée)')
  expect(ofHer).toContain('Rien n’a été changé')
  expect(said('--waive', 'motif')).toContain('--waive et --all vont avec --debtor')
  expect(said('--debtor', '2026-0002', '--waive', 'erreur de personne', '--yes')).toContain('sauvegardez maintenant')
  expect(await debtor('closed')).toMatchObject({ email: null, addressed: false })
})
