import { describe, expect, test } from 'vitest'
import { validateAddress } from '../procedures/mail/addresses.ts'
import type { Address } from '../procedures/cases/agency.ts'
import { recordMandate } from '../procedures/cases/creditors.ts'
import { readExhibits, withdrawExhibit } from '../procedures/cases/exhibits/exhibits.ts'
import { recordRate } from '../procedures/money/hand-rates.ts'
import { recordDeclaration, recordInsolvency } from '../procedures/cases/insolvency/insolvencies.ts'
import { giveConsent, withdrawConsent } from '../procedures/judicial/consents/consent.ts'
import { watchDeadlines } from '../procedures/judicial/deadlines/deadline-alerts.ts'
import { importCourts, recordCourt } from '../procedures/judicial/courts/court-directory.ts'
import { recordProcedureEvent } from '../procedures/judicial/procedures.ts'
import { readProcedureEvents } from '../procedures/judicial/open-procedures.ts'
import { type Sql, transaction } from '../schema/db.ts'
import { pay } from './debtor.ts'
import { consentDesk } from './legal.ts'
import { addInvoices, day, fileOf, invoice, liveToConsent, useHouse } from './house.ts'

// Opened on 11 June 2026 and lived up to the request for the creditor's agreement, of 21 July, good until 20 August.
const house = useHouse(async (made) => void (await liveToConsent(made)))

const { asked, give, open, pack, random, signature } = consentDesk(house, 'consent ends')
const paid = async (on: string) => pay(house, (await asked()).caseId, on, '10.00')
const file = (procedureId: string, on: string) =>
  recordProcedureEvent(house.sql, random, day(on), { procedureId, step: 'requete', happenedOn: day(on) }, 'legal')
const filed = '2026-07-28'

describe('what was asked is void', () => {
  test('as soon as a payment is recorded, before the signature or after it', async () => {
    await paid('2026-07-23')
    await expect(give('2026-07-24')).rejects.toMatchObject({ code: 'consent_void' })
  })

  test('after the signature too: nothing can be opened on it', async () => {
    await give('2026-07-23')
    await paid('2026-07-24')
    await expect(open(filed)).rejects.toMatchObject({ code: 'no_live_consent' })
  })

  test.each([
    ['a new invoice', invoice({ number: 'F-2', issued_on: '2026-05-11', due_on: '2026-06-30' })],
    ['a credit note', invoice({ kind: 'credit_note', number: 'A-1', issued_on: '2026-07-24', total: '10.00' })],
  ])('with %s', async (_, read) => {
    await give('2026-07-23')
    await addInvoices(house, {
      creditorId: (await fileOf(house, (await asked()).caseId)).creditor.id,
      on: '2026-07-24',
      invoices: [read],
    })
    await expect(open(filed)).rejects.toMatchObject({ code: 'no_live_consent' })
  })

  test('when a payment comes at the very moment of the signature, whichever is first', async () => {
    const answer = await signature()
    await Promise.allSettled([giveConsent(house.sql, day('2026-07-23'), answer), paid('2026-07-23')])
    await expect(open(filed)).rejects.toMatchObject({ code: 'no_live_consent' })
  })

  const moved = { lines: ['1 rue de Rome'], postalCode: '13001', city: 'Marseille', country: 'FR' }
  const reach = async (changes: { address?: Address; email?: string }) =>
    validateAddress(
      house.sql,
      day('2026-07-24'),
      { caseId: (await asked()).caseId, address: null, email: null, phone: null, source: 'RNE', ...changes },
      'test',
    )
  const agree = async (penaltyRate: string | null) => {
    const file = await fileOf(house, (await asked()).caseId)
    const terms = { ...file.mandate!, signedOn: day('2026-07-24'), penaltyRate }
    return recordMandate(house.sql, random, day('2026-07-24'), terms, 'test')
  }
  const seat = async () =>
    recordCourt(
      house.sql,
      day('2026-07-24'),
      {
        caseId: (await asked()).caseId,
        name: 'tribunal de Vienne',
        bench: 'président',
        city: 'Vienne',
        source: 'annuaire',
      },
      'test',
    )
  const enterRate = async () => {
    const { caseId } = await asked()
    await house.sql`update cases set zone = 'madagascar'`
    await recordRate(
      house.sql,
      day('2026-07-24'),
      { caseId, percent: '12', from: day('2026-06-10'), source: 'x' },
      'test',
    )
    await house.sql`update cases set zone = 'metropole'`
  }
  const changes: [string, () => Promise<unknown>][] = [
    ['the debtor’s home', () => reach({ address: moved })],
    ['the agreed rate', () => agree('20')],
    ['the court', seat],
    ['a rate entered by hand', enterRate],
  ]

  test.each(changes)('when %s changes after the signature', async (_, change) => {
    await give('2026-07-23')
    await change()
    await expect(open(filed)).rejects.toMatchObject({ code: 'no_live_consent' })
  })

  test.each(changes)('when %s changes between the opening and the filing', async (_, change) => {
    await give('2026-07-23')
    const { id } = await open('2026-07-23')
    await change()
    await expect(pack(id, filed)).rejects.toMatchObject({ code: 'no_live_consent' })
    await expect(file(id, filed)).rejects.toMatchObject({ code: 'no_live_consent' })
  })

  test.each(changes)('but not when %s changes after the filing', async (_, change) => {
    await give('2026-07-23')
    const { id } = await open('2026-07-23')
    await file(id, filed)
    await change()
    expect(await house.sql`select 1 from consent_ends`).toHaveLength(0)
  })

  test('but not by the same address, a new e-mail or a mandate renewed at the same rate', async () => {
    await give('2026-07-23')
    await reach({ address: (await fileOf(house, (await asked()).caseId)).debtor.address! })
    await reach({ email: 'nouveau@client.example' })
    await agree(null)
    await open('2026-07-25')
  })

  test('when the list of courts names another one than the court that was signed', async () => {
    await give('2026-07-23')
    const csv = 'Code INSEE;Commune;TJ;TC\n69123;Lyon;TJ Lyon;TC Vienne\n'
    const list = { file: new TextEncoder().encode(csv), source: 'essai', preview: false }
    await importCourts(house.sql, day('2026-07-24'), list, 'test')
    const signed = (await asked()).statement.court
    await expect(open('2026-07-25')).rejects.toMatchObject({
      code: 'court_changed',
      facts: { signed, now: expect.stringContaining('Vienne') },
    })
    expect(await house.sql`select 1 from procedures`).toHaveLength(0)
  })

  test('once the filing it led to is taken back, though the change came while it stood', async () => {
    await give('2026-07-23')
    const { id } = await open('2026-07-24')
    await file(id, filed)
    await paid('2026-07-29')
    const [filing] = await readProcedureEvents(house.sql, id)
    const never = { procedureId: id, step: 'requete', happenedOn: day(filed), corrects: filing!.id, void: true }
    await recordProcedureEvent(house.sql, random, day('2026-07-30'), never, 'legal')
    await expect(pack(id, '2026-07-30')).rejects.toMatchObject({ code: 'no_live_consent' })
    await expect(file(id, '2026-07-30')).rejects.toMatchObject({ code: 'no_live_consent' })
  })

  test('but a payment after the filing does not undo the filing', async () => {
    await give('2026-07-23')
    const { id } = await open(filed)
    await pack(id, filed)
    await recordProcedureEvent(
      house.sql,
      random,
      day(filed),
      { procedureId: id, step: 'requete', happenedOn: day(filed) },
      'legal',
    )
    await paid('2026-07-29')
    await recordProcedureEvent(
      house.sql,
      random,
      day('2026-08-03'),
      { procedureId: id, step: 'ordonnance', happenedOn: day('2026-08-03') },
      'legal',
    )
  })
})

describe('whoever changes a case takes it first, and locks nothing else while it waits', () => {
  const on = day('2026-07-23')
  test.each([
    [
      'a signature',
      async () => {
        const answer = await signature()
        return () => giveConsent(house.sql, on, answer)
      },
      (sql: Sql) => sql`select 1 from consent_requests for update nowait`,
    ],
    [
      'a withdrawal',
      async () => {
        const { id } = await asked()
        return () => withdrawConsent(house.sql, on, { requestId: id, reason: 'Non.' }, 'x')
      },
      (sql: Sql) => sql`
        insert into consent_ends (request_id, ended_on, cause, reason, ended_by)
        select id, ${on}, 'changed', 'x', 'x' from consent_requests on conflict do nothing`,
    ],
    [
      'an exhibit taken back',
      async () => {
        const [exhibit] = await readExhibits(house.sql, (await asked()).caseId)
        return () => withdrawExhibit(house.sql, on, { exhibitId: exhibit!.id, reason: 'x' }, 'x')
      },
      (sql: Sql) => sql`select 1 from exhibits for update nowait`,
    ],
    [
      'a declaration of the claim',
      async () => {
        const { caseId } = await asked()
        await recordInsolvency(
          house.sql,
          random,
          on,
          { caseId, nature: 'Sauvegarde', openedOn: on, publishedOn: null },
          'x',
        )
        return () => recordDeclaration(house.sql, on, { caseId, declaredOn: on, proof: 'x' }, 'x')
      },
      (sql: Sql) => sql`select 1 from insolvencies for update nowait`,
    ],
    [
      'an event of the procedure',
      async () => {
        await give('2026-07-23')
        const { id } = await open('2026-07-23')
        return () => file(id, filed)
      },
      (sql: Sql) => sql`select 1 from procedures for update nowait`,
    ],
    [
      'the watch of the time limits',
      async () => {
        await give('2026-07-23')
        await open('2026-07-23')
        return () => watchDeadlines(house.sql, on)
      },
      (sql: Sql) => sql`select 1 from procedures for update nowait`,
    ],
  ])('%s', async (_, prepare, takeAlso) => {
    const act = await prepare()
    const { caseId } = await asked()
    let acted: Promise<unknown> | undefined
    let over = false
    await transaction(house.sql, async (sql) => {
      await sql`set local lock_timeout = '300ms'`
      await sql`select 1 from cases where id = ${caseId} for update`
      acted = Promise.allSettled([act()]).finally(() => (over = true))
      const waiting = async () =>
        (
          await house.sql`select 1 from pg_stat_activity where pg_backend_pid() <> pid and cardinality(pg_blocking_pids(pid)) > 0 and datname = current_database()`
        ).length > 0
      while (!over && !(await waiting()));
      expect(over).toBe(false)
      await takeAlso(sql)
    })
    await acted
  })
})
