import { describe, expect, test } from 'vitest'
import { isBarredInvoice } from '../procedures/cases/limitation/invoice-limitations.ts'
import { recordLimitation } from '../procedures/cases/limitation/limitation.ts'
import { standstill } from '../procedures/cases/standstill.ts'
import { claimableOn } from '../procedures/money/claimable.ts'
import { owedOn, payableOn } from '../procedures/money/ledger.ts'
import { recordPayment, rejectPayment } from '../procedures/money/payments.ts'
import { recountAfter } from '../procedures/judicial/titles/interruptions.ts'
import { noticeCourses } from '../procedures/judicial/notice-course.ts'
import { sendDocument } from '../procedures/mail/post.ts'
import { workToday } from '../procedures/work-today.ts'
import { addInvoices, creditorOf, day, fileOf, invoice, liveHolds, liveUntil, openCase, useHouse } from './house.ts'
import { insolvency } from './debtor.ts'
import { legalCell } from './legal.ts'
import { openAgency } from '../scripts/demo/people.ts'

const house = useHouse()

const old = invoice({ number: 'F-1', issued_on: '2021-05-11', due_on: '2021-06-10' })
const recent = invoice({ number: 'F-2', issued_on: '2025-12-15', due_on: '2026-01-15' })
/** Two sales to a business: five years from 10 June 2021, and from 15 January 2026 (C. com. L110-4). */
const twoSales = (on = '2026-05-04') =>
  openCase(house, { on, invoices: [old, recent], mandate: { claimNature: 'vente' } })
const ends = async (caseId: string) => {
  const { case: found, invoices } = await fileOf(house, caseId)
  return [...invoices.map(({ number, limitationOn }) => `${number} ${limitationOn}`), `dossier ${found.limitationOn}`]
}
const pays = (caseId: string, receivedOn: string, amount: bigint, invoiceNumber?: string) =>
  recordPayment(
    house.office,
    day(receivedOn),
    {
      caseId,
      receivedOn: day(receivedOn),
      amount,
      means: 'virement',
      reference: null,
      receivedBy: 'creditor',
      ...(invoiceNumber ? { invoiceNumber } : {}),
    },
    'test',
  )

describe('a case with several invoices', () => {
  test('has the last day of each, from its own due date; the case itself lasts as long as one of them', async () => {
    expect(await ends(await twoSales())).toEqual(['F-1 2026-06-10', 'F-2 2031-01-15', 'dossier 2031-01-15'])
  })

  test('claims both on the last day of the first, and the second alone on the next', async () => {
    const file = await fileOf(house, await twoSales())
    const last = owedOn(file, day('2026-06-10'))
    expect(last.principal).toBe(200000n)
    const barred = last.invoices.find(({ number }) => number === 'F-1')!
    const next = owedOn(file, day('2026-06-20'))
    // F-2: 1,000.00 € for the 156 days from 16 January to 20 June 2026 at 12.15 % (BCE 2.15 + 10), and 40 €.
    expect([next.principal, next.interest, next.indemnity, next.total]).toEqual([100000n, 5193n, 4000n, 109193n])
    // One more day: 1,000.00 × 12.15 % ÷ 365.
    expect(next.perDay).toBe(33n)
    expect(next.unpaidByInvoice).toEqual({ 'F-1': 0n, 'F-2': 109193n })
    // What fell away stays as it was on its last day, and is told apart.
    expect(next.barred.map(({ number, unpaid }) => [number, unpaid])).toEqual([['F-1', barred.unpaid]])
    expect(claimableOn(file, day('2026-06-20'))).toMatchObject({
      isBarred: false,
      toRecover: 109193n,
      barred: barred.unpaid,
    })
    expect(standstill(file, day('2026-06-20'))).toBeNull()
  })

  test('is written to for the second alone: the first is in no letter', async () => {
    const caseId = await twoSales('2026-06-12')
    await liveUntil(house, '2026-06-12', '2026-06-30')
    const letters = await house.sql<{ numbers: string[]; total: string }[]>`
      select array(select f ->> 'numero' from jsonb_array_elements(facts -> 'factures') f) as numbers, facts #>> '{totaux,total}' as total
      from documents where case_id = ${caseId} and recipient = 'debiteur' and jsonb_typeof(facts -> 'factures') = 'array'`
    expect(letters.length).toBeGreaterThan(0)
    expect(new Set(letters.flatMap(({ numbers }) => numbers))).toEqual(new Set(['F-2']))
  })

  test('shows the first to the legal cell while it may still be saved, by its number', async () => {
    await twoSales()
    const near = (
      await workToday(house.sql, day('2026-05-10'), { kinds: ['limitation'], seesDeadlines: false })
    ).filter(({ kind }) => kind === 'limitation')
    expect(near.map(({ onDay, what }) => `${onDay} ${what}`)).toEqual(['2026-06-10 prescription de F-1'])
  })
})

describe('a payment', () => {
  test('that names the recent invoice acknowledges it, and not the old one', async () => {
    const caseId = await twoSales()
    await pays(caseId, '2026-06-01', 20000n, 'F-2')
    expect(await ends(caseId)).toEqual(['F-1 2026-06-10', 'F-2 2031-06-01', 'dossier 2031-06-01'])
  })

  test('that names none goes to the oldest, and acknowledges that one', async () => {
    const caseId = await twoSales()
    await pays(caseId, '2026-06-01', 20000n)
    expect(await ends(caseId)).toEqual(['F-1 2031-06-01', 'F-2 2031-01-15', 'dossier 2031-06-01'])
  })

  test('made once the first is barred pays the second, unless the debtor names the first', async () => {
    const caseId = await twoSales()
    await pays(caseId, '2026-06-20', 9193n)
    expect(payableOn(await fileOf(house, caseId), day('2026-06-20')).total).toBe(100000n)
    const before = claimableOn(await fileOf(house, caseId), day('2026-06-20')).barred
    await pays(caseId, '2026-06-20', 10000n, 'F-1')
    const after = claimableOn(await fileOf(house, caseId), day('2026-06-20'))
    expect([after.toRecover, before - after.barred]).toEqual([100000n, 10000n])
    // Nothing of it revives what is barred (C. civ. 2250).
    expect(await ends(caseId)).toEqual(['F-1 2026-06-10', 'F-2 2031-06-20', 'dossier 2031-06-20'])
  })

  test('of all that may be claimed leaves a barred case, and not one that is paid', async () => {
    const caseId = await twoSales()
    const { id } = await pays(caseId, '2026-06-20', 109193n, 'F-2')
    const file = await fileOf(house, caseId)
    expect(liveHolds(file).map(({ cause }) => cause)).toEqual([])
    expect(file.case.limitationOn.toString()).toBe('2026-06-10')
    expect(standstill(file, day('2026-06-20'))).toMatchObject({ cause: 'prescription' })
    // Once it comes back unpaid, the second invoice is claimed again.
    const came = { paymentId: id, rejectedOn: day('2026-06-25'), reason: 'provision insuffisante' }
    await rejectPayment(house.office, day('2026-06-25'), came, 'test')
    expect(standstill(await fileOf(house, caseId), day('2026-06-25'))).toBeNull()
  })
})

test('what was paid once the first was barred stays on the second, however often the case is counted again', async () => {
  const caseId = await twoSales()
  await pays(caseId, '2026-06-20', 109193n)
  const account = async () => {
    const { total, barred, imputations } = owedOn(await fileOf(house, caseId), day('2026-06-20'))
    return {
      total,
      barred: barred.map(({ number }) => number),
      paid: imputations[0]!.parts.map((part) => part.invoice),
    }
  }
  const paid = { total: 0n, barred: ['F-1'], paid: ['F-2'] }
  expect(await account()).toEqual(paid)
  await recountAfter(house.sql, day('2026-06-22'), caseId, 'test')
  expect(await account()).toEqual(paid)
  expect(standstill(await fileOf(house, caseId), day('2026-06-22'))).toMatchObject({ cause: 'prescription' })
})

test('of a case barred whole, what the debtor pays of the first invoice all the same lowers what is told as barred', async () => {
  const caseId = await twoSales()
  await pays(caseId, '2026-06-20', 10000n, 'F-1')
  const file = await fileOf(house, caseId)
  const [first, second] = file.invoices
  const barred = { ...file, invoices: [first!, { ...second!, limitationOn: day('2026-06-15') }] }
  const told = (amount: bigint) =>
    claimableOn(
      {
        ...barred,
        case: { ...file.case, limitationOn: day('2026-06-15') },
        payments: [{ ...file.payments[0]!, amount }],
      },
      day('2026-06-25'),
    ).barred
  // More than the 1,091 € of the second: what is over is of the first.
  expect(told(10000n) - told(150000n)).toBe(140000n)
})

describe('insolvency proceedings', () => {
  const asked = async (openedOn: string) => {
    const caseId = await twoSales()
    await insolvency(house, caseId, '2026-06-20', openedOn)
    const file = await fileOf(house, caseId)
    const left = file.invoices.filter((each) => !isBarredInvoice(file, each, day('2026-06-20')))
    return { principal: owedOn(file, day('2026-06-20')).principal, proved: left.map(({ number }) => number) }
  }

  test('keep an invoice that could be claimed as they opened: it is declared', async () => {
    expect(await asked('2026-06-01')).toEqual({ principal: 200000n, proved: ['F-1', 'F-2'] })
  })

  test('bring nothing back of one that was barred before', async () => {
    expect(await asked('2026-06-15')).toEqual({ principal: 100000n, proved: ['F-2'] })
  })
})

test('a day entered by hand stands for the invoices that were there; one that joins later has its own', async () => {
  await openAgency(house.sql, day('2026-05-04'))
  const creditorId = await creditorOf(house, day('2026-05-04'), { claimNature: 'vente' })
  const caseId = await addInvoices(house, { creditorId, on: '2026-05-04', invoices: [old] })
  const entered = { caseId, expiresOn: day('2027-01-31'), source: 'reconnaissance du 31 janvier 2022, pièce 4' }
  await recordLimitation(house.sql, day('2026-05-05'), entered, 'legal')
  await addInvoices(house, { creditorId, on: '2026-05-06', invoices: [recent] })
  expect(await ends(caseId)).toEqual(['F-1 2027-01-31', 'F-2 2031-01-15', 'dossier 2031-01-15'])
  expect((await fileOf(house, caseId)).case.limitationDoubts).toMatchObject([{ code: 'limitation_by_hand' }])
})

describe('an invoice whose last day passes', () => {
  test('after a letter was written withdraws that letter, which asks for it', async () => {
    const caseId = await twoSales('2026-06-10')
    await liveUntil(house, '2026-06-10', '2026-06-10')
    const [letter] = await house.sql<
      { id: string }[]
    >`select id from documents where case_id = ${caseId} and first_letter`
    const sentAgain = async (on: string) => {
      await house.sql`update dispatches set state = 'ready', sent_on = null, proof = null where document_id = ${letter!.id}`
      await sendDocument(house.office, letter!.id, day(on))
      const [dispatch] = await house.sql<{ state: string; why: string | null }[]>`
        select state, proof ->> 'motif' as why from dispatches where document_id = ${letter!.id}`
      return dispatch
    }
    expect(await sentAgain('2026-06-10')).toEqual({ state: 'sent', why: null })
    expect(await sentAgain('2026-06-11')).toEqual({
      state: 'withdrawn',
      why: expect.stringMatching(/F-1 s’est prescrite/),
    })
  })

  test('leaves the formal notice in force for the other that it demanded', async () => {
    const caseId = await twoSales()
    await liveUntil(house, '2026-05-04', '2026-05-25')
    const [course] = noticeCourses(await fileOf(house, caseId), day('2026-06-20'))
    expect(course!.progress.closed).toBeNull()
    expect(course!.progress.outcomes.map(({ id }) => id)).not.toContain('prescription')
  })

  test('after the creditor agreed to sue for it stops the filing, until it agrees to what is left', async () => {
    const legal = legalCell(house, 'prescription')
    const caseId = await twoSales()
    await liveUntil(house, '2026-05-04', '2026-05-25')
    const opened = await legal.open('injonction-de-payer', {}, '2026-06-09')
    await expect(legal.happens(opened.id, 'requete', '2026-06-12')).rejects.toMatchObject({
      code: 'invoice_lapsed',
      facts: { invoices: ['F-1'] },
    })
    const again = await legal.open('injonction-de-payer', {}, '2026-06-12')
    await legal.happens(again.id, 'requete', '2026-06-12')
    const [asked] = await house.sql<{ principal: string; doubts: string[] }[]>`
      select statement ->> 'principal' as principal, statement -> 'doubts' as doubts
      from consent_requests where case_id = ${caseId} order by requested_on desc limit 1`
    expect(asked!.principal).toBe('1000.00')
    expect(asked!.doubts).toContain('Prescrit, et hors de la somme à demander (C. civ. 2219)\u00a0: F-1.')
    // The order grants the second alone: ten years of a title revive nothing of the first (CPCE L111-4).
    await legal.happens(again.id, 'ordonnance', '2026-07-06')
    expect(await ends(caseId)).toEqual(['F-1 2026-06-10', 'F-2 2036-07-06', 'dossier 2036-07-06'])
  })
})
