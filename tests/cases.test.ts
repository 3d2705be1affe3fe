import { readFileSync } from 'node:fs'
import PizZip from 'pizzip'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../documents/archive.ts'
import { readInvoice } from '../documents/invoices/einvoice.ts'
import { renderLetter, type LetterFormat } from '../documents/rendering/render.ts'
import { sealPdf } from '../documents/proof/seal.ts'
import { nativeTypst } from '../documents/typst/typst.ts'
import { letterOf, loadLibrary } from '../letters/catalogue.ts'
import { doStep } from '../procedures/amicable/steps.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { validateAddress } from '../procedures/mail/addresses.ts'
import { recordAgencyProof } from '../procedures/cases/agency.ts'
import { recordCall } from '../procedures/cases/calls.ts'
import { submitInvoice } from '../procedures/cases/submissions.ts'
import { recordMandate } from '../procedures/cases/creditors.ts'
import { recordDispute, resolveDispute } from '../procedures/cases/disputes.ts'
import { releaseHold } from '../procedures/cases/holds.ts'
import { recordInsolvency } from '../procedures/cases/insolvencies.ts'
import { owedOn } from '../procedures/money/ledger.ts'
import { recordPayment } from '../procedures/money/payments.ts'
import { recordPromise } from '../procedures/cases/promises.ts'
import { instantOf } from '../procedures/office.ts'
import { drain } from '../procedures/work.ts'
import { connect } from '../schema/db.ts'
import { mandateTerms, openAgency } from '../scripts/demo/people.ts'
import {
  addInvoices,
  creditorOf,
  day,
  done,
  fileOf,
  type House,
  invoice,
  liveHolds,
  liveOn,
  liveUntil,
  openCase,
  planned,
  textOf,
  toDebtor,
  useHouse,
} from './house.ts'

const house = useHouse()

// Due on Wednesday 10 June 2026; J+8 is Thursday the 18th, J+16 Friday the 26th, J+24 Saturday 4 July.
const ordinary = () => invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })
const opened = (more: Partial<Parameters<typeof openCase>[1]> = {}) =>
  openCase(house, { on: '2026-06-11', invoices: [ordinary()], ...more })
const submit = (creditorId: string, on: string, invoices = [ordinary()]) =>
  addInvoices(house, { creditorId, on, invoices })
const count = async (table: string, { sql }: House = house) =>
  Number((await sql`select count(*) from ${sql(table)}`)[0]!['count'])

describe('nothing is done', () => {
  test('before the written mandate (CPCE R124-3)', async () => {
    await openAgency(house.sql, day('2026-06-11'))
    const creditorId = await creditorOf(house, day('2026-06-12'))
    await expect(submit(creditorId, '2026-06-11')).rejects.toMatchObject({ code: 'no_mandate', article: 'CPCE R124-3' })
    expect(await count('cases')).toBe(0)
    expect(await count('debtors')).toBe(0)
    await submit(creditorId, '2026-06-12')
  })

  test.each(['basis', 'guarantee', 'remuneration', 'payingOver'] as const)(
    'under a mandate that does not state its %s',
    async (clause) => {
      await openAgency(house.sql, day('2026-06-11'))
      await expect(creditorOf(house, day('2026-06-11'), { [clause]: ' ' })).rejects.toMatchObject({
        code: 'mandate_incomplete',
        facts: { missing: [clause] },
      })
    },
  )

  test('before insurance, dedicated account and declaration are there, each named (CPCE R124-2)', async () => {
    const on = day('2026-06-11')
    await openAgency(house.sql, on)
    const creditorId = await creditorOf(house, on)
    for (const kind of ['assurance', 'compte', 'declaration']) {
      const [kept] =
        await house.sql`delete from agency_proofs where kind = ${kind} returning kind, reference, detail, dated_on, valid_until`
      await expect(submit(creditorId, '2026-06-11')).rejects.toMatchObject({
        code: 'agency_not_ready',
        article: 'CPCE R124-2',
        facts: { missing: [kind] },
      })
      await recordAgencyProof(house.sql, on, kept as unknown as Parameters<typeof recordAgencyProof>[2], 'test')
    }
    await submit(creditorId, '2026-06-11')
  })

  test('the day after the insurance ended, nor before it began', async () => {
    await openAgency(house.sql, day('2025-06-11'))
    const creditorId = await creditorOf(house, day('2025-06-01'))
    await expect(submit(creditorId, '2026-06-12')).rejects.toMatchObject({
      code: 'agency_not_ready',
      facts: { missing: ['assurance'] },
    })
    await expect(submit(creditorId, '2025-06-10')).rejects.toMatchObject({ code: 'agency_not_ready' })
    await submit(creditorId, '2026-06-11')
  })

  test('by the clockwork either, once the insurance has ended; renewed, the case goes on', async () => {
    const caseId = await opened()
    await house.sql`update agency_proofs set valid_until = '2026-06-15' where kind = 'assurance'`
    await liveUntil(house, '2026-06-11', '2026-06-22')
    expect(liveHolds(await fileOf(house, caseId))).toEqual([
      expect.objectContaining({ cause: 'decision', reason: expect.stringContaining("l'assurance") }),
    ])
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-06-11'])
    await house.sql`update agency_proofs set valid_until = '2027-06-20' where kind = 'assurance'`
    await liveUntil(house, '2026-06-23', '2026-06-26')
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-06-11', 'appel 2026-06-25'])
  })

  test('by the clockwork either, once the mandate has ended', async () => {
    const caseId = await opened()
    await house.sql`update mandates set ended_on = '2026-06-15'`
    await liveUntil(house, '2026-06-11', '2026-06-20')
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual(['cordiale 2026-06-11'])
    expect(liveHolds(file)).toEqual([expect.objectContaining({ reason: expect.stringContaining('convention') })])
  })
})

describe('the invoices of a case', () => {
  test('anchor it on the oldest due date', async () => {
    const caseId = await openCase(house, {
      on: '2026-06-25',
      invoices: [
        invoice({ number: 'F-2', issued_on: '2026-05-20', due_on: '2026-06-20' }),
        invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' }),
        invoice({ number: 'F-3', issued_on: '2026-05-30', due_on: '2026-06-30' }),
      ],
    })
    const file = await fileOf(house, caseId)
    expect(file.case.anchorOn.toString()).toBe('2026-06-10')
    expect(file.case.limitationOn.toString()).toBe('2031-06-10')
  })

  test('join at the present step, and the next letter lists them all', async () => {
    const caseId = await opened()
    await liveUntil(house, '2026-06-11', '2026-06-24')
    const before = await fileOf(house, caseId)
    const again = await submit(before.case.creditorId, '2026-06-25', [
      invoice({ number: 'F-2', issued_on: '2026-05-20', due_on: '2026-06-19', total: '250.00' }),
    ])
    expect(again).toBe(caseId)
    expect(planned(await fileOf(house, caseId))).toEqual(planned(before))
    await liveUntil(house, '2026-06-25', '2026-06-27')
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual([
      'cordiale 2026-06-11',
      'appel 2026-06-19',
      'demeure.prevenir 2026-06-22',
      'demeure 2026-06-27',
    ])
    const notice = await textOf(
      await house.office.archive.get(toDebtor(file).find((letter) => letter.letter === 'mise-en-demeure-pro')!.sha256),
    )
    expect(notice).toContain('F-1')
    expect(notice).toContain('F-2')
    expect(notice).toContain('250,00 €')
  })

  test('that fell due earlier move the anchor and the prescription to themselves', async () => {
    const caseId = await openCase(house, { on: '2026-06-01', invoices: [ordinary()] })
    const { case: found } = await fileOf(house, caseId)
    await submit(found.creditorId, '2026-06-01', [
      invoice({ number: 'F-0', issued_on: '2026-03-01', due_on: '2026-04-01' }),
    ])
    const file = await fileOf(house, caseId)
    expect(file.case.anchorOn.toString()).toBe('2026-04-01')
    expect(file.case.limitationOn.toString()).toBe('2031-04-01')
  })

  test('that are already overdue are not spoken of before the first letter', async () => {
    const caseId = await openCase(house, { on: '2026-05-20', invoices: [ordinary()] })
    const { case: found } = await fileOf(house, caseId)
    await submit(found.creditorId, '2026-05-22', [
      invoice({ number: 'F-0', issued_on: '2026-03-01', due_on: '2026-04-01' }),
    ])
    await liveUntil(house, '2026-05-22', '2026-06-20')
    expect(toDebtor(await fileOf(house, caseId))[0]).toMatchObject({
      letter: 'relance-cordiale-pro',
      firstLetter: true,
    })
  })

  test('are refused the second time, alone or among others, and nothing is left of the attempt', async () => {
    const caseId = await opened()
    const { case: found } = await fileOf(house, caseId)
    const fresh = invoice({ number: 'F-9', issued_on: '2026-05-20', due_on: '2026-06-20' })
    for (const invoices of [[ordinary()], [fresh, ordinary()], [fresh, fresh]]) {
      await expect(submit(found.creditorId, '2026-06-12', invoices)).rejects.toMatchObject({
        code: 'invoice_already_recorded',
      })
    }
    expect((await fileOf(house, caseId)).invoices.map((each) => each.number)).toEqual(['F-1'])
  })

  test('in another currency do not join', async () => {
    const caseId = await opened()
    const { case: found } = await fileOf(house, caseId)
    const ariary = invoice({ number: 'F-2', issued_on: '2026-05-20', due_on: '2026-06-20', currency: 'MGA' })
    await expect(submit(found.creditorId, '2026-06-12', [ariary])).rejects.toMatchObject({ code: 'other_currency' })
    await expect(
      addInvoices(house, {
        creditorId: await creditorOf(house, day('2026-06-12')),
        on: '2026-06-12',
        invoices: [ordinary(), ariary],
      }),
    ).rejects.toMatchObject({ code: 'other_currency' })
  })

  test('are reduced by a credit note, once', async () => {
    const caseId = await opened()
    const { case: found } = await fileOf(house, caseId)
    const note = invoice({
      kind: 'credit_note',
      number: 'A-1',
      issued_on: '2026-06-12',
      total: '300.00',
      preceding_invoice: 'F-1',
    })
    expect(await submit(found.creditorId, '2026-06-12', [note])).toBe(caseId)
    await expect(submit(found.creditorId, '2026-06-13', [note])).rejects.toMatchObject({
      code: 'credit_note_already_recorded',
    })
    expect(owedOn(await fileOf(house, caseId), day('2026-06-13')).principal).toBe(70_000n)
  })

  test('a credit note without a case is refused and names the remedy', async () => {
    await openAgency(house.sql, day('2026-06-11'))
    const creditorId = await creditorOf(house, day('2026-06-11'))
    const note = invoice({ kind: 'credit_note', number: 'A-1', issued_on: '2026-06-11', total: '300.00' })
    await expect(submit(creditorId, '2026-06-11', [note])).rejects.toMatchObject({ code: 'credit_note_without_case' })
    expect(await count('debtors')).toBe(0)
  })

  test('are asked for their due date when they have none, and taken with the one given', async () => {
    const minimum = new Uint8Array(readFileSync(new URL('./fixtures/invoices/Facture_FR_MINIMUM.pdf', import.meta.url)))
    const read = await readInvoice(minimum)
    expect(read.dueOn).toBeNull()
    await openAgency(house.sql, day('2017-11-13'))
    const creditorId = await creditorOf(house, day('2017-11-13'))
    const input = { creditorId, invoices: [{ read, original: null }], debtor: { kind: 'business' as const } }
    const send = (more: object) =>
      submitInvoice(house.sql, house.office.random, day('2017-11-13'), { ...input, ...more }, 'test')
    await expect(send({})).rejects.toMatchObject({ code: 'due_date_missing', article: 'C. com. L441-9' })
    await expect(send({ dueOn: day('2017-11-12') })).rejects.toMatchObject({ code: 'due_before_issue' })
    expect(await count('cases')).toBe(0)
    expect((await send({ dueOn: day('2017-12-13') })).case.anchorOn.toString()).toBe('2017-12-13')
  })

  test('that come at the same moment open one case for one creditor and one debtor', async () => {
    await openAgency(house.sql, day('2026-06-11'))
    const creditorId = await creditorOf(house, day('2026-06-11'))
    const ids = await Promise.all(
      [1, 2, 3, 4].map((i) =>
        submit(creditorId, '2026-06-11', [
          invoice({ number: `F-${i}`, issued_on: '2026-05-11', due_on: '2026-06-10' }),
        ]),
      ),
    )
    expect(new Set(ids).size).toBe(1)
    expect(await count('debtors')).toBe(1)
    expect((await fileOf(house, ids[0]!)).invoices).toHaveLength(4)
  })
})

describe('the tick', () => {
  test('run twice, plans nothing the second time, before the work and after it', async () => {
    const caseId = await opened()
    expect(await tick(house.sql, day('2026-06-11'))).toBe(1)
    expect(await tick(house.sql, day('2026-06-11'))).toBe(0)
    await drain(house.office, house.url)
    expect(await count('graphile_worker.jobs')).toBe(0)
    expect(await tick(house.sql, day('2026-06-11'))).toBe(0)
    await drain(house.office, house.url)
    expect(toDebtor(await fileOf(house, caseId)).filter((letter) => letter.attachedTo === null)).toHaveLength(1)
  })

  test('run at once on several connections, plans each step once', async () => {
    await opened()
    const others = [1, 2, 3].map(() => connect(house.url, { max: 1 }))
    const planned = await Promise.all([house.sql, ...others].map((sql) => tick(sql, day('2026-06-11'))))
    expect(planned.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 1])
    await Promise.all(others.map((sql) => sql.end()))
  })

  test('run at once on several connections when a promise lapses, releases it once and fails nowhere', async () => {
    const caseId = await opened()
    await liveOn(house, '2026-06-11')
    await recordPromise(
      house.sql,
      house.office.random,
      day('2026-06-12'),
      {
        caseId,
        dueOn: day('2026-06-15'),
        amount: 100_000n,
        means: 'virement',
        author: 'M. Pont',
        channel: 'téléphone',
      },
      'test',
    )
    const others = [1, 2, 3].map(() => connect(house.url, { max: 1 }))
    await Promise.all([house.sql, ...others].map((sql) => tick(sql, day('2026-06-16'))))
    await Promise.all(others.map((sql) => sql.end()))
    const file = await fileOf(house, caseId)
    expect(file.holds).toEqual([expect.objectContaining({ cause: 'promesse', releasedOn: day('2026-06-16') })])
    // Four days lost, from the 12th to the 16th: J+16 of this late case was the 19th.
    expect(planned(file)[0]).toBe('appel 2026-06-23')
  })

  test('after days missed, does each due step once, one a day, and keeps the intervals', async () => {
    const caseId = await openCase(house, { on: '2026-05-25', invoices: [ordinary()] })
    // Nobody ticks from 25 May to 1 July: the reminder of 2 June and the first letter of 18 June are both late.
    await liveUntil(house, '2026-07-01', '2026-07-31')
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual([
      'cordiale 2026-07-01',
      'appel 2026-07-09',
      'demeure.prevenir 2026-07-13',
      'demeure 2026-07-17',
      'dernier-appel 2026-07-25',
    ])
    expect(file.steps.find((step) => step.key === 'rappel')).toMatchObject({
      doneOn: null,
      skippedWhy: expect.stringContaining('échéance'),
    })
    const days = toDebtor(file)
      .filter((letter) => letter.attachedTo === null)
      .map((letter) => letter.writtenOn.toString())
    expect(new Set(days).size).toBe(days.length)
  })

  test('late for the reminder but before the due date, still sends it and leaves J+8 where it is', async () => {
    const caseId = await openCase(house, { on: '2026-05-25', invoices: [ordinary()] })
    await liveUntil(house, '2026-06-08', '2026-06-18')
    expect(done(await fileOf(house, caseId))).toEqual(['rappel 2026-06-08', 'cordiale 2026-06-18'])
  })

  test('never sends two degrees of firmness on one day, however often it runs', async () => {
    const caseId = await opened()
    for (let i = 0; i < 3; i++) await liveOn(house, '2026-08-20')
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-08-20'])
    for (let i = 0; i < 3; i++) await liveOn(house, '2026-08-28')
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-08-20', 'appel 2026-08-28'])
  })

  test('a job of the day before that was left behind does nothing once the case has been put off', async () => {
    const caseId = await opened()
    await liveOn(house, '2026-06-11')
    await tick(house.sql, day('2026-06-19')) // the call of J+8 after the first letter is queued, and nobody works
    await recordPromise(
      house.sql,
      house.office.random,
      day('2026-06-19'),
      {
        caseId,
        dueOn: day('2026-06-29'),
        amount: 100_000n,
        means: 'virement',
        author: 'M. Pont',
        channel: 'téléphone',
      },
      'test',
    )
    await releaseHold(house.sql, day('2026-06-25'), { caseId, cause: 'promesse', reason: 'Promesse retirée.' }, 'test')
    await drain(house.office, house.url)
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-06-11'])
    await liveUntil(house, '2026-06-25', '2026-06-25')
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-06-11', 'appel 2026-06-25'])
  })

  test('when the engine fails, the step is tried again: the case is not held for it', async () => {
    const caseId = await opened()
    const [step] = (await fileOf(house, caseId)).steps.filter((each) => each.key === 'cordiale')
    const slow = nativeTypst({ timeLimit: 1 })
    await expect(doStep({ ...house.office, typst: slow }, step!.id, day('2026-06-11'))).rejects.toMatchObject({
      code: 'typst_timeout',
    })
    await slow.close()
    await expect(doStep({ ...house.office, typst: slow }, step!.id, day('2026-06-11'))).rejects.toMatchObject({
      code: 'typst_closed',
    })
    expect(liveHolds(await fileOf(house, caseId))).toEqual([])
    expect(await doStep(house.office, step!.id, day('2026-06-11'))).toBe('done')
    expect(await doStep(house.office, step!.id, day('2026-06-11'))).toBe('already')
  })

  test('a step that three workers do at one moment is done once: who waited for the case reads what the first one left', async () => {
    const caseId = await opened()
    const [step] = (await fileOf(house, caseId)).steps.filter((each) => each.key === 'cordiale')
    const outcomes = await Promise.all([1, 2, 3].map(() => doStep(house.office, step!.id, day('2026-06-11'))))
    expect(outcomes.toSorted()).toEqual(['already', 'already', 'done'])
    const { documents } = await fileOf(house, caseId)
    expect(documents.filter(({ attachedTo }) => attachedTo === null).map(({ stepKey }) => stepKey)).toEqual([
      'cordiale',
    ])
    expect(documents.map(({ reference }) => reference.split('/')[1])).toEqual(documents.map((_, i) => String(i + 1)))
  })
})

describe('a case is suspended, says why, and resumes', () => {
  const stopped = async (caseId: string, until: string) => {
    const before = done(await fileOf(house, caseId))
    await liveUntil(house, '2026-06-12', until)
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual(before)
    return liveHolds(file)
  }

  test('when all is paid', async () => {
    const caseId = await opened()
    await liveOn(house, '2026-06-11')
    const owed = owedOn(await fileOf(house, caseId), day('2026-06-12')).total
    const paid = await recordPayment(
      house.office,
      day('2026-06-12'),
      {
        caseId,
        receivedOn: day('2026-06-12'),
        amount: owed,
        means: 'virement',
        reference: null,
        receivedBy: 'creditor',
      },
      'test',
    )
    expect(paid.left).toBe(0n)
    expect(await stopped(caseId, '2026-07-31')).toEqual([
      expect.objectContaining({ cause: 'paiement-integral', reason: expect.stringContaining('Tout est payé') }),
    ])
  })

  test('when a part is paid it is not, and the next letter asks for the rest', async () => {
    const caseId = await opened()
    await liveOn(house, '2026-06-11')
    await recordPayment(
      house.office,
      day('2026-06-12'),
      {
        caseId,
        receivedOn: day('2026-06-12'),
        amount: 60_000n,
        means: 'virement',
        reference: null,
        receivedBy: 'creditor',
      },
      'test',
    )
    await liveUntil(house, '2026-06-12', '2026-06-27')
    const file = await fileOf(house, caseId)
    const notice = await textOf(
      await house.office.archive.get(toDebtor(file).find((letter) => letter.channel === 'lrar')!.sha256),
    )
    expect(notice).toContain('600,00 €')
    expect(notice).toContain('400,')
  })

  test('a paid case goes on when a new invoice joins it', async () => {
    const caseId = await opened()
    await liveOn(house, '2026-06-11')
    const { case: found } = await fileOf(house, caseId)
    await recordPayment(
      house.office,
      day('2026-06-12'),
      {
        caseId,
        receivedOn: day('2026-06-12'),
        amount: 104_000n + 100n,
        means: 'virement',
        reference: null,
        receivedBy: 'creditor',
      },
      'test',
    )
    await submit(found.creditorId, '2026-06-15', [
      invoice({ number: 'F-2', issued_on: '2026-05-11', due_on: '2026-06-12' }),
    ])
    expect(liveHolds(await fileOf(house, caseId))).toEqual([])
    await liveUntil(house, '2026-06-15', '2026-06-22')
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-06-11', 'appel 2026-06-22'])
  })

  test('when the debtor disputes, until the answer; the steps then keep their intervals', async () => {
    const caseId = await opened()
    await liveOn(house, '2026-06-11')
    const disputeId = await recordDispute(
      house.sql,
      house.office.random,
      day('2026-06-12'),
      { caseId, channel: 'courriel', ground: 'article manquant', contested: null, answerBy: day('2026-06-22') },
      'test',
    )
    expect(await stopped(caseId, '2026-06-30')).toEqual([
      expect.objectContaining({ cause: 'contestation', reason: expect.stringContaining('article manquant') }),
    ])
    await resolveDispute(
      house.sql,
      day('2026-07-02'),
      { caseId, disputeId, outcome: 'maintained', answer: 'Bon de livraison signé.' },
      'test',
    )
    expect(planned(await fileOf(house, caseId))).toEqual([
      'appel 2026-07-09',
      'demeure.prevenir 2026-07-13',
      'demeure 2026-07-17',
      'dernier-appel 2026-07-25',
      'dernier-avis 2026-08-03',
      'judiciaire 2026-08-10',
    ])
  })

  test('when the debtor promises, until the day after the promise', async () => {
    const caseId = await opened()
    await liveOn(house, '2026-06-11')
    await recordPromise(
      house.sql,
      house.office.random,
      day('2026-06-18'),
      {
        caseId,
        dueOn: day('2026-06-25'),
        amount: 100_000n,
        means: 'virement',
        author: 'M. Pont',
        channel: 'téléphone',
      },
      'test',
    )
    expect(await stopped(caseId, '2026-06-25')).toEqual([
      expect.objectContaining({ cause: 'promesse', reason: expect.stringMatching(/1.000,00.€ pour le 25.juin.2026/) }),
    ])
    await liveUntil(house, '2026-06-26', '2026-06-29')
    const file = await fileOf(house, caseId)
    expect(file.holds[0]).toMatchObject({ releasedOn: day('2026-06-26'), releaseWhy: 'Le jour promis est passé.' })
    // Eight days lost from the 18th to the 26th: the call of the 19th comes on Saturday the 27th.
    expect(done(file)).toEqual(['cordiale 2026-06-11', 'appel 2026-06-27'])
  })

  test('by two causes at once, loses every day of the one or the other', async () => {
    const caseId = await opened()
    await liveOn(house, '2026-06-11')
    await recordPromise(
      house.sql,
      house.office.random,
      day('2026-06-12'),
      {
        caseId,
        dueOn: day('2026-06-17'),
        amount: 100_000n,
        means: 'virement',
        author: 'M. Pont',
        channel: 'téléphone',
      },
      'test',
    )
    const disputeId = await recordDispute(
      house.sql,
      house.office.random,
      day('2026-06-15'),
      { caseId, channel: 'courriel', ground: 'article manquant', contested: null, answerBy: day('2026-06-22') },
      'test',
    )
    await liveUntil(house, '2026-06-12', '2026-06-22')
    await resolveDispute(
      house.sql,
      day('2026-06-22'),
      { caseId, disputeId, outcome: 'dropped', answer: 'Retirée.' },
      'test',
    )
    // Ten days lost, from the 12th to the 22nd: the call of the 19th comes on the 29th.
    expect(planned(await fileOf(house, caseId))[0]).toBe('appel 2026-06-29')
  })

  test('when the claim is time-barred: the last day may still be used, the next may not', async () => {
    // Two years for a consumer: due 10 June 2024, the last day is 10 June 2026.
    const old = (number: string) => invoice({ number, issued_on: '2024-05-10', due_on: '2024-06-10' })
    const lastDay = await openCase(house, {
      on: '2026-06-10',
      invoices: [old('F-1')],
      kind: 'consumer',
      debtor: { name: 'Anne Petit' },
    })
    const { case: found } = await fileOf(house, lastDay)
    expect(found.limitationOn.toString()).toBe('2026-06-10')
    await liveOn(house, '2026-06-10')
    const tooLate = await addInvoices(house, {
      creditorId: found.creditorId,
      on: '2026-06-11',
      invoices: [old('F-2')],
      kind: 'consumer',
      debtor: { name: 'Jean Petit' },
    })
    await liveUntil(house, '2026-06-11', '2026-06-30')
    expect(done(await fileOf(house, lastDay))).toEqual(['cordiale 2026-06-10'])
    const barred = await fileOf(house, tooLate)
    expect(barred.documents).toEqual([])
    expect(liveHolds(barred)).toEqual([
      expect.objectContaining({ cause: 'prescription', reason: expect.stringContaining('prescrite') }),
    ])
  })

  test('when insolvency proceedings open, even where somebody releases the hold', async () => {
    const caseId = await opened()
    await liveOn(house, '2026-06-11')
    await recordInsolvency(
      house.sql,
      house.office.random,
      day('2026-06-12'),
      { caseId, nature: 'Liquidation judiciaire', openedOn: day('2026-06-09'), publishedOn: null },
      'test',
    )
    expect(await stopped(caseId, '2026-07-31')).toEqual([
      expect.objectContaining({ cause: 'procedure-collective', reason: expect.stringContaining('L622-21') }),
    ])
    await releaseHold(
      house.sql,
      day('2026-08-01'),
      { caseId, cause: 'procedure-collective', reason: 'Par erreur.' },
      'test',
    )
    await liveUntil(house, '2026-08-01', '2026-09-30')
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual(['cordiale 2026-06-11'])
    expect(liveHolds(file)).toEqual([
      expect.objectContaining({ cause: 'procedure-collective', reason: expect.stringContaining('L622-21') }),
    ])
  })

  test('when the debtor has no address: the reason names it, and an address lets it go on', async () => {
    const buyer = { name: 'Garage du Pont', address: null }
    const caseId = await opened({
      invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10', buyer })],
    })
    await liveUntil(house, '2026-06-11', '2026-06-15')
    const held = await fileOf(house, caseId)
    expect(held.documents).toEqual([])
    expect(liveHolds(held)).toEqual([
      expect.objectContaining({ cause: 'decision', reason: expect.stringContaining("pas d'adresse") }),
    ])
    const found = { caseId, email: null, phone: null, source: 'annuaire' }
    await expect(
      validateAddress(
        house.sql,
        day('2026-06-16'),
        { ...found, address: { lines: [' '], postalCode: '69003', city: 'Lyon', country: 'FR' } },
        'test',
      ),
    ).rejects.toMatchObject({ code: 'address_incomplete' })
    await validateAddress(
      house.sql,
      day('2026-06-16'),
      { ...found, address: { lines: ['3 rue de la Gare'], postalCode: '69003', city: 'Lyon', country: 'FR' } },
      'test',
    )
    await liveUntil(house, '2026-06-16', '2026-06-16')
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual(['cordiale 2026-06-16'])
    expect(toDebtor(file)[0]).toMatchObject({ letter: 'relance-cordiale-pro', firstLetter: true })
  })
})

describe('a call', () => {
  const call = (caseId: string, on: string, direction: 'outgoing' | 'incoming' = 'outgoing') =>
    recordCall(
      house.sql,
      house.office.random,
      day(on),
      { caseId, calledAt: '10:20', direction, person: null, outcome: 'no_commitment', summary: 'joint' },
      'test',
    )

  test('to the debtor is refused before the first letter, and is on file after it', async () => {
    const caseId = await openCase(house, { on: '2026-05-25', invoices: [ordinary()] })
    await liveUntil(house, '2026-05-25', '2026-06-17')
    expect(done(await fileOf(house, caseId))).toEqual(['rappel 2026-06-02'])
    await expect(call(caseId, '2026-06-17')).rejects.toMatchObject({
      code: 'call_before_first_letter',
      article: 'CPCE R124-4',
    })
    await call(caseId, '2026-06-17', 'incoming')
    await liveOn(house, '2026-06-18')
    await expect(call(caseId, '2026-06-17')).rejects.toMatchObject({ code: 'call_before_first_letter' })
    await call(caseId, '2026-06-19')
    expect((await fileOf(house, caseId)).calls).toHaveLength(2)
  })

  test('is not made on a Sunday nor on a holiday', async () => {
    const caseId = await opened()
    await liveOn(house, '2026-06-11')
    await expect(call(caseId, '2026-06-14')).rejects.toMatchObject({ code: 'call_on_closed_day' })
    await expect(call(caseId, '2026-07-14')).rejects.toMatchObject({ code: 'call_on_closed_day' })
  })
})

describe('each document', () => {
  test('is one row with its version, data and renderer, and the archived bytes hash to it', async () => {
    const caseId = await opened()
    await liveUntil(house, '2026-06-11', '2026-06-29')
    const rows = await house.sql<
      {
        letter: string
        version: string
        facts: { date: string; references: { lettre: string; code?: string } }
        renderer: string
        sha256: string
        reference: string
        writtenOn: Temporal.PlainDate
        code: string
      }[]
    >`
      select letter, version, facts, renderer, sha256, reference, written_on, code from documents where case_id = ${caseId} order by length(reference), reference`
    expect(rows.length).toBeGreaterThanOrEqual(7)
    expect(rows.map((row) => row.reference)).toEqual(rows.map((_, i) => `2026-0001/${i + 1}`))
    for (const row of rows) {
      expect(sha256(await house.office.archive.get(row.sha256))).toBe(row.sha256)
      expect(row.version).toMatch(/^[0-9a-f]{40,64}$/)
      expect(row.facts.date).toBe(row.writtenOn.toString())
      expect(row.renderer).toMatch(/^typst \d/)
    }
    expect(new Set(rows.map((row) => row.code)).size).toBe(rows.length)
  })

  test('can be made again from its row, byte for byte', async () => {
    const caseId = await opened()
    await liveOn(house, '2026-06-11')
    const [row] = await house.sql<{ letter: string; facts: unknown; sha256: string; writtenOn: Temporal.PlainDate }[]>`
      select letter, facts, sha256, written_on from documents where case_id = ${caseId} and first_letter`
    const again = await renderLetter({
      letter: letterOf(loadLibrary(), row!.letter),
      facts: row!.facts,
      channel: 'lettre',
      format: 'pdf',
      at: instantOf(row!.writtenOn),
      engine: house.office.typst,
    })
    expect(sha256(await sealPdf(again.bytes, { at: instantOf(row!.writtenOn), key: house.office.seal }))).toBe(
      row!.sha256,
    )
  })

  test('prints a hostile name as itself, on paper, in Word, in a browser and as text', async () => {
    const name = '#panic("x") *b* $x$ <b>@ref'
    const buyer = {
      name,
      address: { lines: [`1 rue ${name}`], postal_code: '69003', city: 'Lyon', country: 'FR' },
      contact: { email: 'x@client.example' },
    }
    const caseId = await opened({
      mandate: { name: `${name} SARL` },
      invoices: [
        invoice({
          number: '#1 *F* $1$ <i>@x',
          issued_on: '2026-05-11',
          due_on: '2026-06-10',
          buyer,
          order_reference: '{{ agence.nom }}',
        }),
      ],
    })
    await liveUntil(house, '2026-06-11', '2026-06-27')
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual([
      'cordiale 2026-06-11',
      'appel 2026-06-19',
      'demeure.prevenir 2026-06-22',
      'demeure 2026-06-27',
    ])
    for (const document of toDebtor(file)) {
      const text = await textOf(await house.office.archive.get(document.sha256))
      expect(text, `${document.letter}`).toContain(name)
    }
    const first = toDebtor(file)[0]!
    const [row] = await house.sql<{ facts: unknown }[]>`select facts from documents where id = ${first.id}`
    const render = async (format: LetterFormat) =>
      (
        await renderLetter({
          letter: letterOf(loadLibrary(), first.letter),
          facts: row!.facts,
          channel: 'lettre',
          format,
          at: instantOf(first.writtenOn),
          engine: house.office.typst,
        })
      ).bytes
    const text = Buffer.from(await render('txt')).toString('utf8')
    expect(text).toContain(name)
    expect(text).toContain('{{ agence.nom }}')
    const html = Buffer.from(await render('html')).toString('utf8')
    expect(html.replaceAll('&quot;', '"')).toContain('#panic("x") *b* $x$ &lt;b&gt;@ref SARL')
    expect(html).toContain('#1 *F* $1$ &lt;i&gt;@x')
    expect(html).not.toMatch(/<[bi]>@/)
    const word = new PizZip(await render('docx')).file('word/document.xml')!.asText()
    expect(word.replace(/<[^>]+>/g, '')).toMatch(/#panic\((&quot;|")x(&quot;|")\) \*b\* \$x\$ &lt;b(&gt;|>)@ref/)
  })
})

test('a new mandate takes the place of the one before, and its terms are those of the letters from then on', async () => {
  const caseId = await opened({ mandate: { penaltyRate: '12' } })
  const { case: found } = await fileOf(house, caseId)
  await recordMandate(
    house.sql,
    house.office.random,
    day('2026-06-12'),
    {
      creditorId: found.creditorId,
      signedOn: day('2026-06-12'),
      ...mandateTerms,
      receivesFunds: false,
      sendsInvoices: false,
      scenario: 'standard',
      penaltyRate: '15',
    },
    'test',
  )
  expect((await fileOf(house, caseId)).mandate).toMatchObject({ penaltyRate: '15.000000' })
})
