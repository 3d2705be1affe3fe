import { describe, expect, test } from 'vitest'
import { closeCase } from '../procedures/cases/cases.ts'
import { payOver, readFunds } from '../procedures/money/funds.ts'
import { owedOn } from '../procedures/money/ledger.ts'
import { type PaymentInput, recordEncashment, rejectPayment } from '../procedures/money/payments.ts'
import { agreeInstalments } from '../procedures/cases/exchanges/promises.ts'
import { amount } from '../schema/money.ts'
import { insolvency, pay } from './debtor.ts'
import { addInvoices, day, fileOf, invoice, liveHolds, liveUntil, openCase, textOf, useHouse } from './house.ts'

const house = useHouse()
const bill = (changes = {}) =>
  invoice({ number: 'FA-10', issued_on: '2026-04-30', due_on: '2026-06-01', total: '1000.00', ...changes })
const opened = () => openCase(house, { on: '2026-06-02', invoices: [bill()], mandate: { receivesFunds: true } })
const paid = (caseId: string, on: string, sum: string, more: Partial<PaymentInput> = {}) =>
  pay(house, caseId, on, sum, { reference: 'VIR 7', receivedBy: 'agency', ...more })
const letters = async (caseId: string) =>
  (await fileOf(house, caseId)).documents.map(({ letter, channel, recipient }) => [letter, channel, recipient])
const lastOf = async (caseId: string, recipient: string) => {
  const letter = (await fileOf(house, caseId)).documents.findLast((each) => each.recipient === recipient)!
  return textOf(await house.office.archive.get(letter.sha256))
}
const creditorOfCase = async (caseId: string) => (await fileOf(house, caseId)).creditor.id
const total = async (caseId: string, on: string) => amount(owedOn(await fileOf(house, caseId), day(on)).total)

describe('what the agency receives', () => {
  test('is receipted, told to the creditor and due to it within a month, in the act that records it', async () => {
    const caseId = await opened()
    await liveUntil(house, '2026-06-02', '2026-06-10')
    const { id, left } = await paid(caseId, '2026-06-11', '400.00')
    expect((await letters(caseId)).slice(-2)).toEqual([
      ['cloture-recu-paiement-partiel', 'email', 'debiteur'],
      ['creancier-acompte-recu', 'email', 'creancier'],
    ])
    const file = await fileOf(house, caseId)
    expect(file.payments).toEqual([
      expect.objectContaining({ id, encashedOn: day('2026-06-11'), payOverBy: day('2026-07-11') }),
    ])
    const receipt = await lastOf(caseId, 'debiteur')
    for (const words of [
      '400,00 €',
      'quatre cents euros',
      '11 juin 2026',
      'FA-10',
      file.documents.find((each) => each.firstLetter)!.reference,
    ])
      expect(receipt).toContain(words)
    const word = await lastOf(caseId, 'creancier')
    for (const words of ['400,00 €', amount(left!).replace('.', ','), "dans le mois de l'encaissement effectif"])
      expect(word).toContain(words)
    const [row] = await house.sql<{ receiptId: string }[]>`select receipt_id from payments where id = ${id}`
    expect(row!.receiptId).toBe(file.documents.at(-2)!.id)
  })

  test('before the first letter, has a receipt that asks for nothing and does not count as that letter', async () => {
    const caseId = await opened()
    await paid(caseId, '2026-06-02', '100.00')
    expect((await letters(caseId))[0]).toEqual(['cloture-quittance-paiement', 'email', 'debiteur'])
    const text = await lastOf(caseId, 'debiteur')
    for (const words of ['100,00 €', 'cent euros', 'FA-10', "n'appelle aucune réponse"]) expect(text).toContain(words)
    for (const words of ['IBAN', 'Merci de régler']) expect(text).not.toContain(words)
    await liveUntil(house, '2026-06-02', '2026-06-10')
    expect((await fileOf(house, caseId)).documents.find((each) => each.firstLetter)).toMatchObject({
      letter: expect.stringContaining('relance'),
    })
  })

  test('from an insolvent debtor, asks for nothing either', async () => {
    const caseId = await opened()
    await liveUntil(house, '2026-06-02', '2026-06-10')
    await insolvency(house, caseId, '2026-06-12', '2026-06-11', { nature: 'redressement judiciaire' })
    await paid(caseId, '2026-06-12', '50.00')
    expect((await letters(caseId)).at(-2)![0]).toBe('cloture-quittance-paiement')
  })

  test('in full, has a receipt for the balance, and the creditor learns that all is paid', async () => {
    const caseId = await opened()
    await liveUntil(house, '2026-06-02', '2026-06-10')
    const { left } = await paid(caseId, '2026-06-11', await total(caseId, '2026-06-11'))
    expect(left).toBe(0n)
    expect((await letters(caseId)).slice(-2).map(([letter]) => letter)).toEqual([
      'cloture-quittance-totale',
      'creancier-encaissement-total',
    ])
    expect(await lastOf(caseId, 'debiteur')).toContain("plus aucune somme n'est due")
  })

  test('from a plan the creditor knows is not news to it; what goes beyond the next instalment is', async () => {
    const caseId = await opened()
    await liveUntil(house, '2026-06-02', '2026-06-10')
    await agreeInstalments(
      house.sql,
      house.office.random,
      day('2026-06-15'),
      {
        caseId,
        means: 'virement',
        instalments: ['2026-07-01', '2026-08-01', '2026-09-01'].map((on) => ({ dueOn: day(on), amount: 30_000n })),
      },
      'test',
    )
    await paid(caseId, '2026-06-30', '300.00')
    expect((await letters(caseId)).at(-1)).toEqual(['cloture-recu-paiement-partiel', 'email', 'debiteur'])
    expect(await lastOf(caseId, 'debiteur')).toContain('Prochaine échéance : le 1er août 2026, 300,00 €')
    await paid(caseId, '2026-07-03', '400.00')
    expect((await letters(caseId)).at(-1)).toEqual(['creancier-acompte-recu', 'email', 'creancier'])
  })

  test('has its receipt kept in the case where the debtor has no address at all', async () => {
    const caseId = await opened()
    await house.sql`update debtors set email = null, address = null`
    await paid(caseId, '2026-06-03', '100.00')
    expect((await letters(caseId))[0]).toEqual(['cloture-quittance-paiement', 'acte-prive', 'debiteur'])
  })

  test('what the creditor received writes nothing: it gives its own receipt', async () => {
    const caseId = await opened()
    await paid(caseId, '2026-06-03', '100.00', { receivedBy: 'creditor' })
    expect(await letters(caseId)).toEqual([])
    expect((await fileOf(house, caseId)).payments[0]).toMatchObject({ encashedOn: null, payOverBy: null })
  })
})

test('a payment is kept where the law has no rate yet to count the balance with: the case waits, and says what is to do', async () => {
  const caseId = await opened()
  // Long after the last rate on file.
  const { id, left } = await paid(caseId, '2040-01-04', '400.00')
  expect(left).toBeNull()
  const file = await fileOf(house, caseId)
  expect(file.payments).toEqual([expect.objectContaining({ id, amount: 40_000n, receivedOn: day('2040-01-04') })])
  expect(await house.sql`select 1 from events where case_id = ${caseId} and kind = 'payment_recorded'`).toHaveLength(1)
  expect(liveHolds(file)).toEqual([
    expect.objectContaining({ cause: 'decision', reason: expect.stringMatching(/400,00.*R\. 124-6/) }),
  ])
  expect(file.documents).toEqual([])
})

describe('paying over', () => {
  test('takes every sum encashed for the creditor, whatever the case, once, in one slip', async () => {
    const first = await opened()
    const creditorId = await creditorOfCase(first)
    const second = await addInvoices(house, {
      creditorId,
      on: '2026-06-02',
      invoices: [
        bill({
          number: 'FA-20',
          buyer: {
            name: 'Boulangerie Nord',
            address: { lines: ['1 place Nord'], postal_code: '59000', city: 'Lille', country: 'FR' },
            contact: { email: 'nord@client.example' },
          },
        }),
      ],
    })
    await paid(first, '2026-06-11', '400.00')
    await paid(second, '2026-06-12', '250.50')
    await closeCase(house.sql, day('2026-06-20'), { caseId: second, reason: 'accord du créancier' }, 'test')
    const done = await payOver(
      house.office,
      day('2026-06-30'),
      { creditorId, paidOn: day('2026-06-30'), reference: 'REV-1' },
      'test',
    )
    expect([amount(done.amount), done.caseIds.length]).toEqual(['650.50', 2])
    const slip = await lastOf(first, 'creancier')
    for (const words of ['650,50 €', '400,00 €', '250,50 €', 'Boulangerie Nord', 'REV-1', "Rien n'a été déduit"])
      expect(slip).toContain(words)
    expect(await readFunds(house.sql, creditorId, day('2026-06-30'))).toEqual([])
    await expect(
      payOver(house.office, day('2026-06-30'), { creditorId, paidOn: day('2026-06-30'), reference: 'REV-2' }, 'test'),
    ).rejects.toMatchObject({ code: 'nothing_to_pay_over', article: 'CPCE R124-6' })
    expect(await house.sql`select 1 from events where kind = 'funds_paid_over'`).toHaveLength(2)
  })

  test('done twice at the same moment pays once', async () => {
    const caseId = await opened()
    const creditorId = await creditorOfCase(caseId)
    await paid(caseId, '2026-06-11', '400.00')
    const both = await Promise.allSettled(
      ['A', 'B'].map((reference) =>
        payOver(house.office, day('2026-06-12'), { creditorId, paidOn: day('2026-06-12'), reference }, 'test'),
      ),
    )
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await house.sql`select 1 from pay_overs`).toHaveLength(1)
  })

  test('leaves a cheque out until the bank has credited it, and the month runs from that day', async () => {
    const caseId = await opened()
    const creditorId = await creditorOfCase(caseId)
    const { id } = await paid(caseId, '2026-06-11', '400.00', { means: 'chèque' })
    expect((await fileOf(house, caseId)).payments[0]).toMatchObject({ encashedOn: null, payOverBy: day('2026-07-11') })
    expect(await lastOf(caseId, 'debiteur')).toContain("Un chèque ne libère qu'une fois encaissé")
    await expect(
      payOver(house.office, day('2026-06-12'), { creditorId, paidOn: day('2026-06-12'), reference: 'R' }, 'test'),
    ).rejects.toMatchObject({ code: 'nothing_to_pay_over' })
    await expect(
      recordEncashment(house.sql, day('2026-06-19'), { paymentId: id, encashedOn: day('2026-06-10') }, 'test'),
    ).rejects.toMatchObject({ code: 'bad_encashment' })
    await recordEncashment(house.sql, day('2026-06-19'), { paymentId: id, encashedOn: day('2026-06-18') }, 'test')
    expect((await fileOf(house, caseId)).payments[0]).toMatchObject({
      encashedOn: day('2026-06-18'),
      payOverBy: day('2026-07-18'),
    })
    await payOver(house.office, day('2026-06-20'), { creditorId, paidOn: day('2026-06-20'), reference: 'R' }, 'test')
    await expect(house.sql`update pay_overs set amount = 1`).rejects.toMatchObject({ code: 'CT002' })
  })

  test('ends on the last day of a shorter month', async () => {
    const caseId = await openCase(house, {
      on: '2026-01-02',
      invoices: [invoice({ number: 'FA-1', issued_on: '2025-11-30', due_on: '2025-12-31' })],
    })
    await paid(caseId, '2026-01-31', '10.00')
    expect((await fileOf(house, caseId)).payments[0]).toMatchObject({ payOverBy: day('2026-02-28') })
  })
})

describe('a payment that comes back', () => {
  test('stays with its reason, counts until that day, and then has paid nothing: interest never stopped', async () => {
    const caseId = await opened()
    const without = await total(caseId, '2026-06-25')
    const { id } = await paid(caseId, '2026-06-11', '400.00', { means: 'chèque' })
    const before = await total(caseId, '2026-06-19')
    const { left } = await rejectPayment(
      house.office,
      day('2026-06-25'),
      { paymentId: id, rejectedOn: day('2026-06-20'), reason: 'défaut de provision' },
      'banque',
    )
    expect(left === null ? null : amount(left)).toBe(without)
    expect(await total(caseId, '2026-06-19')).toBe(before)
    expect((await fileOf(house, caseId)).payments).toEqual([
      expect.objectContaining({ id, rejectedOn: day('2026-06-20'), rejectedWhy: 'défaut de provision' }),
    ])
    expect(await readFunds(house.sql, await creditorOfCase(caseId), day('2026-06-30'))).toEqual([])
    await expect(
      rejectPayment(
        house.office,
        day('2026-06-26'),
        { paymentId: id, rejectedOn: day('2026-06-26'), reason: 'encore' },
        'banque',
      ),
    ).rejects.toMatchObject({ code: 'already_rejected' })
    await expect(house.sql`delete from payment_rejections`).rejects.toMatchObject({ code: 'CT002' })
  })

  test('sets going again the case that waited because all was paid', async () => {
    const caseId = await opened()
    const { id } = await paid(caseId, '2026-06-11', await total(caseId, '2026-06-11'), { receivedBy: 'creditor' })
    expect(liveHolds(await fileOf(house, caseId)).map(({ cause }) => cause)).toEqual(['paiement-integral'])
    await rejectPayment(
      house.office,
      day('2026-06-15'),
      { paymentId: id, rejectedOn: day('2026-06-15'), reason: 'prélèvement contesté' },
      'test',
    )
    expect(liveHolds(await fileOf(house, caseId))).toEqual([])
  })

  test.each([
    ['without a reason', '2026-06-12', '  '],
    ['before it was received', '2026-06-10', 'sans provision'],
    ['on a day to come', '2026-06-13', 'sans provision'],
  ])('is refused %s', async (_name, rejectedOn, reason) => {
    const caseId = await opened()
    const { id } = await paid(caseId, '2026-06-11', '10.00', { receivedBy: 'creditor' })
    await expect(
      rejectPayment(house.office, day('2026-06-12'), { paymentId: id, rejectedOn: day(rejectedOn), reason }, 'test'),
    ).rejects.toMatchObject({ code: 'bad_rejection' })
  })
})
