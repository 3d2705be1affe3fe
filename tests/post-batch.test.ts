import { PDF } from '@libpdf/core'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../documents/archive.ts'
import { closeCase } from '../procedures/cases/cases.ts'
import { placeHold, releaseHold } from '../procedures/cases/holds.ts'
import { recordInsolvency } from '../procedures/cases/insolvency/insolvencies.ts'
import { makePostBatch, remakePostBatch, staleAfter } from '../procedures/mail/post-batch.ts'
import { before, type Day, dayFr } from '../schema/days.ts'
import { transaction } from '../schema/db.ts'
import { pay } from './debtor.ts'
import { addInvoices, creditorOf, day, invoice, liveUntil, openCase, textOf, useHouse } from './house.ts'

const buyers = {
  plain: { lines: ['3 rue de la Gare'], postal_code: '69003', city: 'Lyon', country: 'FR' },
  abroad: { lines: ['Via dell’Industria, 12'], postal_code: '10121', city: 'Torino', country: 'IT' },
}
const due = { issued_on: '2026-05-11', due_on: '2026-06-10' }
// Two debtors, one abroad, up to the first registered letter of each.
const house = useHouse(async (made) => {
  await openCase(made, {
    on: '2026-06-11',
    invoices: [invoice({ number: 'F-1', ...due, buyer: { name: 'Garage du Pont', address: buyers.plain } })],
  })
  const creditorId = await creditorOf(made, day('2026-06-11'), { name: 'Deuxième créancier' })
  const buyer = { name: 'Officina Rossi', address: buyers.abroad }
  await addInvoices(made, { creditorId, on: '2026-06-11', invoices: [invoice({ number: 'F-2', ...due, buyer })] })
  await liveUntil(made, '2026-06-11', '2026-07-22', { post: null })
})
const on = day('2026-07-22')
/** A batch of all that waits, however long. */
const make = (most = 300) => makePostBatch(house.office, on, 'courrier', { most, late: true })

describe('the batch of the letters to post', () => {
  const waiting = () => house.sql<{ reference: string; channel: string }[]>`
    select d.reference, o.channel from dispatches o join documents d on d.id = o.document_id
    where o.channel in ('lettre', 'lrar') and o.state = 'sent' and o.presented_on is null order by d.reference`

  test('takes each letter once, registered ones first, and counts pages and sheets', async () => {
    const letters = await waiting()
    expect(letters.map(({ channel }) => channel)).toContain('lrar')
    const { batch, left } = await make()
    expect(left).toEqual([])
    expect(batch).toMatchObject({ number: '2026-07-22-1', letters: letters.length })

    const bytes = await house.office.archive.get(batch!.sha256)
    const text = await textOf(bytes)
    for (const { reference } of letters) expect(text).toContain(reference)
    expect(text.indexOf('RECOMMANDÉ AVEC AVIS DE RÉCEPTION')).toBeLessThan(text.indexOf('LETTRE SIMPLE'))
    expect(text).toContain('69003 LYON')
    expect(text).toMatch(/10121 TORINO ITALIE/)

    const rows = await house.sql<{ pages: number; sheets: number; papers: { sha256: string }[] }[]>`
      select pages, sheets, papers from post_batch_letters order by rank`
    for (const { pages, sheets, papers } of rows) {
      const counts = []
      for (const { sha256: hash } of papers)
        counts.push((await PDF.load(await house.office.archive.get(hash))).getPageCount())
      expect(pages).toBe(counts.reduce((sum, one) => sum + one, 0))
      expect(sheets).toBe(counts.reduce((sum, one) => sum + Math.ceil(one / 2), 0))
    }
    // On both sides: a cover, then a sheet of separation a letter, then its sheets; the back of the last may stay out.
    const printed = (await PDF.load(bytes)).getPageCount()
    const sides = 2 * (1 + batch!.letters + batch!.sheets)
    expect([sides, sides - 1]).toContain(printed)

    expect(await make()).toEqual({ batch: null, left: [], waiting: 0 })
    const told = await house.sql`select 1 from events where kind = 'letter_printed'`
    expect(told).toHaveLength(letters.length)
  })

  test('made again gives the same bytes', async () => {
    const { batch } = await make()
    expect(sha256(await remakePostBatch(house.office, batch!.number))).toBe(batch!.sha256)
    const unknown = remakePostBatch(house.office, '2026-07-22-9')
    await expect(unknown).rejects.toMatchObject({ code: 'batch_not_found' })
  })

  test('two runs at once share the letters, and none is in both', async () => {
    const runs = await Promise.all([1, 2].map(() => make(1)))
    expect(runs.map(({ batch }) => batch!.number).toSorted()).toEqual(['2026-07-22-1', '2026-07-22-2'])
    const taken = await house.sql<{ documentId: string }[]>`select document_id from post_batch_letters`
    expect(new Set(taken.map(({ documentId }) => documentId)).size).toBe(2)
  })

  test('a letter whose address the post would not find is left out and named, and leaves the others alone', async () => {
    const [bad] = await house.sql<{ documentId: string }[]>`
      update dispatches set address = jsonb_set(address, '{postalCode}', '"6900"')
      where document_id = (select document_id from dispatches where channel = 'lrar' and address ->> 'country' = 'FR' limit 1)
      returning document_id`
    const total = (await waiting()).length
    const { batch, left } = await make()
    expect(left).toEqual([{ reference: expect.any(String), why: expect.stringContaining('code postal') }])
    expect(batch!.letters).toBe(total - 1)
    const [taken] = await house.sql`select 1 from post_batch_letters where document_id = ${bad!.documentId}`
    expect(taken).toBeUndefined()
    expect((await make()).left).toHaveLength(1)
  })

  test('a letter that waited longer than its delays allow is named first, and goes once a person says so', async () => {
    const sent = await house.sql<{ reference: string; sentOn: Day }[]>`
      select d.reference, o.sent_on from dispatches o join documents d on d.id = o.document_id
      where o.channel in ('lettre', 'lrar') and o.state = 'sent' order by o.sent_on`
    const last = sent.at(-1)!.sentOn
    const old = sent.filter(({ sentOn }) => before(sentOn, last.subtract({ days: staleAfter })))
    expect(old.length).toBeGreaterThan(0)
    const { batch, left } = await makePostBatch(house.office, last, 'courrier')
    expect(left.map(({ reference }) => reference).toSorted()).toEqual(old.map(({ reference }) => reference).toSorted())
    expect(left[0]!.why).toMatch(/^Datée du \d.*2026, elle attend depuis \d+ jours/)
    expect(batch!.letters).toBe(sent.length - old.length)
    expect((await makePostBatch(house.office, last, 'courrier', { late: true })).batch!.letters).toBe(old.length)
  })

  test('what a closed case asked for is not posted: it is named once, and its journal says so', async () => {
    const [{ caseId }] = await house.sql<[{ caseId: string }]>`select id as case_id from cases order by number limit 1`
    const of = await house.sql<{ reference: string }[]>`
      select d.reference from dispatches o join documents d on d.id = o.document_id
      where d.case_id = ${caseId} and o.channel in ('lettre', 'lrar') and d.recipient = 'debiteur' order by d.reference`
    const total = (await waiting()).length
    await closeCase(house.sql, on, { caseId, reason: 'Payé au créancier.' }, 'test')
    const { batch, left } = await make()
    expect(of.length).toBeGreaterThan(0)
    expect(left.map(({ reference }) => reference).toSorted()).toEqual(of.map(({ reference }) => reference))
    expect(new Set(left.map(({ why }) => why))).toEqual(
      new Set([`Le dossier est clos depuis le ${dayFr(on)}\u00a0: rien n’est plus demandé.`]),
    )
    expect(batch!.letters).toBe(total - of.length)
    const told = await house.sql`select 1 from events where case_id = ${caseId} and kind = 'letter_withheld'`
    expect(told).toHaveLength(of.length)
    expect(await make()).toEqual({ batch: null, left: [], waiting: 0 })
  })

  test.each([
    ['paiement-integral', 'Tout est payé : le dossier est à clore après vérification.'],
    ['contestation', 'Le débiteur conteste la livraison.'],
    ['decision', 'Réponse au coupon : le destinataire dit ne pas être le débiteur.'],
  ] as const)('a demand written before %s was known waits, and goes once nothing holds it', async (cause, reason) => {
    const [{ caseId }] = await house.sql<[{ caseId: string }]>`select id as case_id from cases order by number limit 1`
    const mine = async () => house.sql`
      select 1 from post_batch_letters b join documents d on d.id = b.document_id where d.case_id = ${caseId} and d.recipient = 'debiteur'`
    const { random } = house.office
    await placeHold(house.sql, random, on, { caseId, cause, reason, reviewOn: on.add({ days: 7 }) }, 'test')
    const { left } = await make()
    expect(left.length).toBeGreaterThan(0)
    for (const { why } of left) expect(why).toBe(`Le dossier est suspendu\u00a0: ${reason}`)
    expect(await mine()).toEqual([])
    await releaseHold(house.sql, on, { caseId, cause, reason: 'Erreur de saisie.' }, 'test')
    expect((await make()).left).toEqual([])
    expect(await mine()).toHaveLength(left.length)
  })

  test('a demand for payment written before the debtor’s insolvency was known stays in the house', async () => {
    const [{ caseId }] = await house.sql<[{ caseId: string }]>`select id as case_id from cases order by number limit 1`
    const facts = { caseId, nature: 'Liquidation judiciaire', openedOn: day('2026-07-20'), publishedOn: null }
    await recordInsolvency(house.sql, house.office.random, on, facts, 'test')
    const { left } = await make()
    expect(left.length).toBeGreaterThan(0)
    for (const { why } of left) expect(why).toMatch(/Liquidation judiciaire.*C\. com\. L622-21/)
    const taken = await house.sql`
      select 1 from post_batch_letters b join documents d on d.id = b.document_id where d.case_id = ${caseId} and d.recipient = 'debiteur'`
    expect(taken).toEqual([])
    // It is named again: a person has something to do about it.
    expect((await make()).left).toEqual(left)
  })

  test('a payment that is being recorded while the batch is made comes before it', async () => {
    const [{ caseId }] = await house.sql<[{ caseId: string }]>`select id as case_id from cases order by number limit 1`
    let batch!: ReturnType<typeof make>
    await transaction(house.sql, async (sql) => {
      await pay({ ...house, office: { ...house.office, sql } }, caseId, on.toString(), '5000.00')
      batch = make()
      // Until the batch waits for this very case.
      for (let waits = 0n; waits === 0n;) {
        const [row] = await house.sql<[{ waits: bigint }]>`
          select count(*) as waits from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`
        waits = row.waits
      }
    })
    const { left } = await batch
    expect(left.length).toBeGreaterThan(0)
    for (const { why } of left) expect(why).toContain('Tout est payé')
    const demands = await house.sql`
      select 1 from post_batch_letters b join documents d on d.id = b.document_id where d.case_id = ${caseId} and d.recipient = 'debiteur'`
    expect(demands).toEqual([])
  })

  /** What happens while the pages of the batch are made. */
  const meanwhile = (act: () => Promise<unknown>): typeof house.office => {
    const { typst } = house.office
    let isFirst = true
    const compile: typeof typst.compile = async (job) => {
      if (isFirst) await act()
      isFirst = false
      return typst.compile(job)
    }
    return { ...house.office, typst: { ...typst, compile } }
  }

  test('nobody waits for a case while the pages are made', async () => {
    let free: readonly unknown[] = []
    const office = meanwhile(async () => {
      free = await house.sql`select id from cases for update skip locked`
    })
    const { batch } = await makePostBatch(office, on, 'courrier', { late: true })
    expect(batch!.letters).toBe((await house.sql`select 1 from post_batch_letters`).length)
    expect(free).toHaveLength(2)
  })

  test('a letter that lost its reason while the pages are made is in no page of it', async () => {
    const [{ caseId }] = await house.sql<[{ caseId: string }]>`select id as case_id from cases order by number limit 1`
    const total = (await waiting()).length
    const office = meanwhile(() => closeCase(house.sql, on, { caseId, reason: 'Payé au créancier.' }, 'test'))
    const { batch, left } = await makePostBatch(office, on, 'courrier', { late: true })
    expect(left.length).toBeGreaterThan(0)
    for (const { why } of left) expect(why).toContain('Le dossier est clos')
    expect(batch!.letters).toBe(total - left.length)
    const text = await textOf(await house.office.archive.get(batch!.sha256))
    for (const { reference } of left) expect(text).not.toContain(reference)
    expect(sha256(await remakePostBatch(house.office, batch!.number))).toBe(batch!.sha256)
    const told = await house.sql`select 1 from events where case_id = ${caseId} and kind = 'letter_withheld'`
    expect(told).toHaveLength(left.length)
  })

  test('what was taken is kept by the database', async () => {
    await make()
    const undone = house.sql`delete from post_batch_letters`.then(() => {})
    await expect(undone).rejects.toMatchObject({ code: 'CT002' })
  })
})
