import { describe, expect, test } from 'vitest'
import { drain } from '../procedures/jobs/work.ts'
import { agreeInstalments } from '../procedures/cases/exchanges/promises.ts'
import { readConsentRequest } from '../procedures/judicial/consents/consent-requests.ts'
import { owedOn } from '../procedures/money/ledger.ts'
import { rejectPayment } from '../procedures/money/payments.ts'
import { standingOf } from '../procedures/money/remission.ts'
import { recordRemission, type RemissionInput, withdrawRemission } from '../procedures/money/remissions.ts'
import { amount, parseAmount } from '../schema/money.ts'
import { insolvency, pay } from './debtor.ts'
import {
  addInvoices,
  day,
  done,
  fileOf,
  invoice,
  liveHolds,
  liveToConsent,
  liveUntil,
  openCase,
  textOf,
  toDebtor,
  useHouse,
} from './house.ts'

const house = useHouse()

/** A case of 1,000 € due on 1 June 2026, whose first letter has gone by the 15th. */
async function opened(): Promise<string> {
  const caseId = await openCase(house, {
    on: '2026-06-02',
    invoices: [invoice({ number: 'FA-10', issued_on: '2026-04-30', due_on: '2026-06-01', total: '1000.00' })],
  })
  await liveUntil(house, '2026-06-02', '2026-06-12')
  return caseId
}

/** The creditor gives up what goes beyond the principal if it is there by the end of the month. */
const remit = async (caseId: string, more: Partial<RemissionInput> = {}, on = '2026-06-15') => {
  const id = await recordRemission(
    house.sql,
    house.office.random,
    day(on),
    {
      caseId,
      amount: parseAmount('1000.00'),
      payBy: day('2026-06-30'),
      agreedOn: day('2026-06-15'),
      agreedBy: 'Mme Dupont',
      ...more,
    },
    'legal:Inès',
  )
  await drain(house.office, house.url)
  return id
}

const sums = async (caseId: string, on: string) => {
  const { principal, interest, indemnity, total, remitted } = owedOn(await fileOf(house, caseId), day(on))
  return [principal, interest, indemnity, total, remitted].map(amount)
}
const state = async (caseId: string, on: string) => {
  const file = await fileOf(house, caseId)
  return standingOf(file.remissions[0]!, file, day(on)).state
}
const wordsOf = async (caseId: string, letter: string) => {
  const found = (await fileOf(house, caseId)).documents.findLast((each) => each.letter === letter)!
  return textOf(await house.office.archive.get(found.sha256))
}

describe('a remission', () => {
  test('is told to the debtor with its sum, its day and who agreed, and the case waits until the bank has told of its last day', async () => {
    const caseId = await opened()
    const before = done(await fileOf(house, caseId))
    await remit(caseId)
    const letter = await wordsOf(caseId, 'engagement-remise-accessoires')
    const [, , , total] = await sums(caseId, '2026-06-15')
    const given = (parseAmount(total!) - 100_000n).toString().replace(/(..)$/, ',$1')
    expect(letter).toContain('1 000,00 €')
    expect(letter).toContain(`Abandonné : ${given} € (pénalités de retard et indemnité forfaitaire)`)
    expect(letter).toContain('30 juin 2026')
    expect(letter).toContain('signé par Mme Dupont')
    await liveUntil(house, '2026-06-16', '2026-07-04')
    expect(done(await fileOf(house, caseId))).toEqual(before)
    expect(liveHolds(await fileOf(house, caseId))).toMatchObject([{ cause: 'remise', reviewOn: day('2026-07-05') }])
    await liveUntil(house, '2026-07-05', '2026-07-20')
    expect(liveHolds(await fileOf(house, caseId))).toEqual([])
    expect(done(await fileOf(house, caseId)).length).toBeGreaterThan(before.length)
  })

  test('paid in time leaves nothing to pay: the payment goes to the principal, and the rest is given up', async () => {
    const caseId = await opened()
    await remit(caseId)
    const [principal, interest, indemnity, total] = await sums(caseId, '2026-06-15')
    expect([principal, indemnity]).toEqual(['1000.00', '40.00'])
    await pay(house, caseId, '2026-06-30', '1000.00', { receivedBy: 'agency' })
    expect(await state(caseId, '2026-06-29')).toBe('pending')
    const given = amount(parseAmount(interest!) + 4_000n)
    expect(await sums(caseId, '2026-06-30')).toEqual(['0.00', '0.00', '0.00', '0.00', given])
    expect(await sums(caseId, '2027-06-30')).toEqual(['0.00', '0.00', '0.00', '0.00', given])
    const { imputations } = owedOn(await fileOf(house, caseId), day('2026-06-30'))
    expect(imputations).toMatchObject([{ toPrincipal: 100_000n, toInterest: 0n, toIndemnity: 0n, excess: 0n }])
    expect(amount(parseAmount(total!) - 100_000n)).toBe(given)
    expect(liveHolds(await fileOf(house, caseId)).map(({ cause }) => cause)).toContain('paiement-integral')
    const shown = given.replace('.', ',')
    expect(await wordsOf(caseId, 'cloture-quittance-totale')).toContain(
      `Le surplus, soit ${shown} €, vous est remis par l'accord du 15 juin 2026`,
    )
    expect(await wordsOf(caseId, 'creancier-encaissement-total')).toContain(`La remise de ${shown} €`)
  })

  test('paid in two parts in time is met by the second; the receipt of the first asks for nothing', async () => {
    const caseId = await opened()
    await remit(caseId)
    await pay(house, caseId, '2026-06-20', '400.00', { receivedBy: 'agency' })
    expect(await state(caseId, '2026-06-20')).toBe('pending')
    expect(toDebtor(await fileOf(house, caseId)).at(-1)).toMatchObject({ letter: 'cloture-quittance-paiement' })
    await pay(house, caseId, '2026-06-25', '600.00', { receivedBy: 'agency' })
    expect(await state(caseId, '2026-06-25')).toBe('met')
    expect((await sums(caseId, '2026-06-25'))[3]).toBe('0.00')
  })

  test('paid a day late, or a cent short, gives nothing up: what came in counts as any payment does', async () => {
    const late = await opened()
    await remit(late)
    await pay(house, late, '2026-07-01', '1000.00')
    const { imputations, total, remitted } = owedOn(await fileOf(house, late), day('2026-07-01'))
    expect([await state(late, '2026-07-01'), remitted]).toEqual(['lapsed', 0n])
    expect(imputations[0]!.toInterest).toBeGreaterThan(0n)
    expect(total).toBeGreaterThan(4_000n)

    const short = await opened()
    await remit(short)
    await pay(house, short, '2026-06-30', '999.99')
    expect(await state(short, '2026-06-30')).toBe('pending')
    expect(await state(short, '2026-07-01')).toBe('lapsed')
    expect((await sums(short, '2026-07-01'))[4]).toBe('0.00')
  })

  test('is lost when the payment comes back unpaid: everything is owed again', async () => {
    const caseId = await opened()
    await remit(caseId)
    const { id } = await pay(house, caseId, '2026-06-29', '1000.00', { means: 'chèque' })
    expect((await sums(caseId, '2026-07-06'))[3]).toBe('0.00')
    const back = { paymentId: id, rejectedOn: day('2026-07-06'), reason: 'sans provision' }
    await rejectPayment(house.office, day('2026-07-06'), back, 'legal:Inès')
    expect(await state(caseId, '2026-07-06')).toBe('lapsed')
    const [principal, , indemnity, , remitted] = await sums(caseId, '2026-07-06')
    expect([principal, indemnity, remitted]).toEqual(['1000.00', '40.00', '0.00'])
    expect(liveHolds(await fileOf(house, caseId)).map(({ cause }) => cause)).not.toContain('paiement-integral')
  })

  test('of a part of the principal is another letter, and leaves other invoices of later days owed', async () => {
    const caseId = await opened()
    await remit(caseId, { amount: parseAmount('700.00') })
    expect(await wordsOf(caseId, 'engagement-solde-forfaitaire')).toContain('un versement unique de 700,00 €')
    const { creditor } = await fileOf(house, caseId)
    await addInvoices(house, {
      creditorId: creditor.id,
      on: '2026-06-20',
      invoices: [invoice({ number: 'FA-11', issued_on: '2026-06-19', due_on: '2026-07-19', total: '200.00' })],
    })
    await pay(house, caseId, '2026-06-25', '700.00')
    const { principalByInvoice, total } = owedOn(await fileOf(house, caseId), day('2026-06-26'))
    expect([principalByInvoice['FA-10'], principalByInvoice['FA-11'], total]).toEqual([0n, 20_000n, 20_000n])
    // What pays the later invoice by the debtor's choice is no part of the sum agreed.
    const other = await opened()
    await remit(other, { amount: parseAmount('700.00') })
    await addInvoices(house, {
      creditorId: (await fileOf(house, other)).creditor.id,
      on: '2026-06-20',
      invoices: [invoice({ number: 'FA-12', issued_on: '2026-06-19', due_on: '2026-07-19', total: '700.00' })],
    })
    await pay(house, other, '2026-06-25', '700.00', { invoiceNumber: 'FA-12' })
    expect(await state(other, '2026-06-30')).toBe('pending')
  })

  test('is refused where it would give nothing up, beside another or a plan, at a standstill, or without agreement', async () => {
    const caseId = await opened()
    await expect(remit(caseId, { amount: parseAmount('1200.00') })).rejects.toMatchObject({
      code: 'remission_without_object',
    })
    for (const wrong of [
      { amount: 0n },
      { payBy: day('2026-06-14') },
      { agreedOn: day('2026-06-16') },
      { agreedBy: ' ' },
    ])
      await expect(remit(caseId, wrong)).rejects.toMatchObject({ code: 'bad_remission' })
    await remit(caseId)
    await expect(remit(caseId, { amount: parseAmount('900.00') })).rejects.toMatchObject({ code: 'remission_pending' })

    const planned = await opened()
    const instalments = [{ dueOn: day('2026-07-15'), amount: 50_000n }]
    const plan = { caseId: planned, means: 'virement', instalments }
    await agreeInstalments(house.sql, house.office.random, day('2026-06-15'), plan, 'test')
    await expect(remit(planned)).rejects.toMatchObject({ code: 'remission_and_plan' })

    const paid = await opened()
    await pay(house, paid, '2026-06-15', '500.00')
    await expect(remit(paid, { amount: parseAmount('500.00') })).rejects.toMatchObject({
      code: 'remission_and_payment',
    })
    const since = { amount: parseAmount('500.00'), agreedOn: day('2026-06-16') }
    await remit(paid, since, '2026-06-16')
    expect(await state(paid, '2026-06-16')).toBe('pending')

    const insolvent = await opened()
    await insolvency(house, insolvent, '2026-06-14', '2026-06-13')
    await expect(remit(insolvent)).rejects.toMatchObject({ message: expect.stringContaining('Aucune remise') })
    expect((await fileOf(house, insolvent)).remissions).toEqual([])
  })

  test('entered wrongly is withdrawn with its reason, and the case goes on; one that was met is the debtor’s', async () => {
    const caseId = await opened()
    const id = await remit(caseId)
    const asked = { remissionId: id, reason: 'Somme mal recopiée.' }
    await withdrawRemission(house.sql, day('2026-06-17'), asked, 'legal:Inès')
    expect((await fileOf(house, caseId)).remissions).toEqual([])
    expect(liveHolds(await fileOf(house, caseId))).toEqual([])
    await pay(house, caseId, '2026-06-20', '1000.00')
    expect((await sums(caseId, '2026-06-20'))[4]).toBe('0.00')
    await expect(withdrawRemission(house.sql, day('2026-06-17'), asked, 'legal:Inès')).rejects.toMatchObject({
      code: 'remission_not_found',
    })

    const met = await opened()
    const kept = { remissionId: await remit(met), reason: 'Le créancier a changé d’avis.' }
    await pay(house, met, '2026-06-20', '1000.00')
    await expect(withdrawRemission(house.sql, day('2026-06-21'), kept, 'legal:Inès')).rejects.toMatchObject({
      code: 'remission_met',
    })
  })

  test('ends what the creditor was asked to sign, and nothing is filed while it waits', async () => {
    const caseId = await liveToConsent(house)
    const [row] = await house.sql<{ id: string }[]>`select id from consent_requests where case_id = ${caseId}`
    expect(await readConsentRequest(house.sql, row!.id)).toBeTruthy()
    const at = { agreedOn: day('2026-07-22'), payBy: day('2026-08-10'), amount: parseAmount('10.00') }
    await remit(caseId, at, '2026-07-22')
    const [ended] = await house.sql<{ reason: string }[]>`select reason from consent_ends where request_id = ${row!.id}`
    expect(ended!.reason).toContain('remise convenue')
  })
})
