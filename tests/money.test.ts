import { describe, expect, test } from 'vitest'
import { owedOn, payableOn } from '../procedures/money/ledger.ts'
import { agreeInstalments } from '../procedures/cases/exchanges/promises.ts'
import { amount, parseAmount } from '../schema/money.ts'
import { insolvency, pay } from './debtor.ts'
import {
  addInvoices,
  day,
  done,
  fileOf,
  invoice,
  liveHolds,
  liveUntil,
  openCase,
  textOf,
  toDebtor,
  useHouse,
} from './house.ts'

const house = useHouse()

// Due on 13 December 2017: 18 days of that year bear interest after it, then a new semester begins.
const moulin = (total = '470.15') => invoice({ number: 'FA-10', issued_on: '2017-11-13', due_on: '2017-12-13', total })
const opened = (more: Partial<Parameters<typeof openCase>[1]> = {}) =>
  openCase(house, { on: '2017-12-14', invoices: [moulin()], ...more })
const owes = async (caseId: string, on: string) => {
  const owed = owedOn(await fileOf(house, caseId), day(on))
  return {
    principal: amount(owed.principal),
    interest: amount(owed.interest),
    indemnity: amount(owed.indemnity),
    total: amount(owed.total),
  }
}
const segments = async (caseId: string, on: string) =>
  owedOn(await fileOf(house, caseId), day(on)).segments.map((segment) => [
    segment.from.toString(),
    segment.to.toString(),
    segment.days,
    amount(segment.base),
    amount(segment.amount),
  ])

describe('a business owes', () => {
  test('the rate of the ECB plus ten where nothing is agreed: 18 days and 31 days at 10 %, and 40 €', async () => {
    const caseId = await opened({ invoices: [moulin('10000.00')] })
    expect(await segments(caseId, '2018-01-31')).toEqual([
      ['2017-12-14', '2017-12-31', 18, '10000.00', '49.32'],
      ['2018-01-01', '2018-01-31', 31, '10000.00', '84.93'],
    ])
    expect(await owes(caseId, '2018-01-31')).toEqual({
      principal: '10000.00',
      interest: '134.25',
      indemnity: '40.00',
      total: '10174.25',
    })
  })

  test('three times the legal rate where the contract says less: 2.70 % then 2.67 %', async () => {
    const caseId = await opened({ invoices: [moulin('10000.00')], mandate: { penaltyRate: '1' } })
    expect(await segments(caseId, '2018-01-31')).toEqual([
      ['2017-12-14', '2017-12-31', 18, '10000.00', '13.32'],
      ['2018-01-01', '2018-01-31', 31, '10000.00', '22.68'],
    ])
    expect(await owes(caseId, '2018-01-31')).toEqual({
      principal: '10000.00',
      interest: '36.00',
      indemnity: '40.00',
      total: '10076.00',
    })
  })

  test('the agreed rate where it is higher, in one piece across the new year', async () => {
    const caseId = await opened({ invoices: [moulin('10000.00')], mandate: { penaltyRate: '15' } })
    expect(await segments(caseId, '2018-01-31')).toEqual([['2017-12-14', '2018-01-31', 49, '10000.00', '201.37']])
  })

  test('nothing but the principal on the due date itself, one day and 40 € on the next', async () => {
    const caseId = await openCase(house, { on: '2017-11-13', invoices: [moulin()] })
    expect(await owes(caseId, '2017-12-13')).toEqual({
      principal: '470.15',
      interest: '0.00',
      indemnity: '0.00',
      total: '470.15',
    })
    expect(await owes(caseId, '2017-12-14')).toEqual({
      principal: '470.15',
      interest: '0.13',
      indemnity: '40.00',
      total: '510.28',
    })
  })

  test('40 € for each invoice paid late, and none for one that is not', async () => {
    const caseId = await openCase(house, {
      on: '2017-12-14',
      invoices: [
        moulin('100.00'),
        invoice({ number: 'FA-11', issued_on: '2017-11-20', due_on: '2017-12-20', total: '100.00' }),
        invoice({ number: 'FA-12', issued_on: '2017-12-01', due_on: '2018-03-01', total: '100.00' }),
      ],
    })
    expect((await owes(caseId, '2017-12-20')).indemnity).toBe('40.00')
    expect((await owes(caseId, '2017-12-21')).indemnity).toBe('80.00')
    expect((await owes(caseId, '2018-03-01')).indemnity).toBe('80.00')
    expect((await owes(caseId, '2018-03-02')).indemnity).toBe('120.00')
  })

  test('a part payment goes to interest first: 3.61 € of it, and 196.39 € to the principal', async () => {
    const caseId = await opened()
    expect((await pay(house, caseId, '2018-01-10', '200.00')).left).toBe(31_376n)
    expect(await segments(caseId, '2018-01-31')).toEqual([
      ['2017-12-14', '2017-12-31', 18, '470.15', '2.32'],
      ['2018-01-01', '2018-01-10', 10, '470.15', '1.29'],
      ['2018-01-11', '2018-01-31', 21, '273.76', '1.58'],
    ])
    expect(await owes(caseId, '2018-01-31')).toEqual({
      principal: '273.76',
      interest: '1.58',
      indemnity: '40.00',
      total: '315.34',
    })
  })

  test('a payment goes to the invoice the debtor names, else to the oldest', async () => {
    const two = [
      moulin('100.00'),
      invoice({ number: 'FA-11', issued_on: '2017-11-20', due_on: '2017-12-20', total: '100.00' }),
    ]
    const caseId = await opened({ invoices: two })
    await pay(house, caseId, '2018-01-10', '50.00', { invoiceNumber: 'FA-11' })
    const named = owedOn(await fileOf(house, caseId), day('2018-01-10')).principalByInvoice
    expect(named['FA-10']).toBe(10_000n)
    expect(named['FA-11']! < 10_000n).toBe(true)
    await pay(house, caseId, '2018-01-11', '50.00')
    expect(owedOn(await fileOf(house, caseId), day('2018-01-11')).principalByInvoice['FA-10']! < 10_000n).toBe(true)
    await expect(pay(house, caseId, '2018-01-12', '10.00', { invoiceNumber: 'FA-99' })).rejects.toMatchObject({
      code: 'unknown_invoice',
    })
  })

  test('a credit note goes to the principal alone, and interest runs on the rest from its day', async () => {
    const caseId = await opened()
    const { case: found } = await fileOf(house, caseId)
    await addInvoices(house, {
      creditorId: found.creditorId,
      on: '2018-01-10',
      invoices: [
        invoice({
          kind: 'credit_note',
          number: 'AV-1',
          issued_on: '2018-01-10',
          total: '100.00',
          preceding_invoice: 'FA-10',
        }),
      ],
    })
    expect(await owes(caseId, '2018-01-31')).toEqual({
      principal: '370.15',
      interest: '5.74',
      indemnity: '40.00',
      total: '415.89',
    })
  })

  test('no interest after the opening of insolvency proceedings', async () => {
    const caseId = await opened()
    await insolvency(house, caseId, '2018-01-15', '2018-01-10', { nature: 'Redressement judiciaire' })
    expect(await owes(caseId, '2018-06-30')).toEqual({
      principal: '470.15',
      interest: '3.61',
      indemnity: '40.00',
      total: '513.76',
    })
  })

  test('nothing more once all is paid to the cent; what is paid too much is shown, not lost', async () => {
    const caseId = await opened()
    const { total } = await owes(caseId, '2018-01-10')
    expect((await pay(house, caseId, '2018-01-10', total)).left).toBe(0n)
    expect(await owes(caseId, '2018-12-31')).toEqual({
      principal: '0.00',
      interest: '0.00',
      indemnity: '0.00',
      total: '0.00',
    })
    await pay(house, caseId, '2018-01-11', '10.00')
    const owed = owedOn(await fileOf(house, caseId), day('2018-01-11'))
    expect(owed.overpaid).toBe(1_000n)
    expect(owed.doubts.map((doubt) => doubt.code)).toContain('overpaid')
  })

  test('a payment of nothing, a negative one and one of tomorrow are refused', async () => {
    const caseId = await opened()
    for (const sum of [0n, -100n]) {
      await expect(pay(house, caseId, '2018-01-10', amount(sum))).rejects.toMatchObject({ code: 'bad_payment' })
    }
    await expect(pay(house, caseId, '2018-01-10', '0.01', { receivedOn: day('2018-01-11') })).rejects.toMatchObject({
      code: 'payment_in_future',
    })
    expect((await fileOf(house, caseId)).payments).toEqual([])
  })
})

describe('a consumer owes', () => {
  // Opened on the day after the due date: the formal notice, sixteen days later, is of Saturday 30 December 2017.
  const consumer = (kind: 'autres' | 'particulier' = 'autres') =>
    opened({ invoices: [moulin('1000.00')], kind: 'consumer', mandate: { kind, penaltyRate: '15' } })

  test('no interest before the formal notice, whatever the contract says, and never 40 €', async () => {
    const caseId = await consumer()
    await liveUntil(house, '2017-12-14', '2017-12-29')
    expect(await owes(caseId, '2017-12-29')).toEqual({
      principal: '1000.00',
      interest: '0.00',
      indemnity: '0.00',
      total: '1000.00',
    })
  })

  test.each([
    ['autres', '0.24', '1000.24'], // 1,000 × 0.89 % × 10 / 365
    ['particulier', '1.02', '1001.02'], // 1,000 × 3.73 % × 10 / 365
  ] as const)(
    'the legal rate of a creditor « %s » from the first presentation of the notice',
    async (kind, tenDays, total) => {
      const caseId = await consumer(kind)
      await liveUntil(house, '2017-12-14', '2018-01-03', { post: 3 })
      const notice = toDebtor(await fileOf(house, caseId)).find((letter) => letter.channel === 'lrar')!
      expect(notice).toMatchObject({ writtenOn: day('2017-12-30'), presentedOn: day('2018-01-02') })
      expect((await owes(caseId, '2018-01-02')).interest).toBe('0.00')
      expect(await owes(caseId, '2018-01-12')).toEqual({
        principal: '1000.00',
        interest: tenDays,
        indemnity: '0.00',
        total,
      })
      expect(await segments(caseId, '2018-01-12')).toEqual([['2018-01-03', '2018-01-12', 10, '1000.00', tenDays]])
    },
  )
})

describe('a public buyer owes', () => {
  test('the rate of the ECB plus eight, fixed when the delay began, and 40 €', async () => {
    const caseId = await opened({ invoices: [moulin('1000.00')], kind: 'public' })
    expect(await segments(caseId, '2018-01-31')).toEqual([['2017-12-14', '2018-01-31', 49, '1000.00', '10.74']])
    expect((await owes(caseId, '2018-01-31')).indemnity).toBe('40.00')
  })
})

describe('what letters say of money', () => {
  test('is what the ledger says on their day, to the cent, and the parts add up', async () => {
    const caseId = await opened({ invoices: [moulin('10000.00')] })
    await pay(house, caseId, '2017-12-20', '1234.56')
    await liveUntil(house, '2017-12-14', '2018-01-15')
    const rows = await house.sql<
      {
        letter: string
        writtenOn: Temporal.PlainDate
        totals: {
          principal: string
          interets: string
          indemnite: string
          total: string
          segments: { montant: string }[]
          imputations: { montant: string; interets: string; principal: string }[]
        }
      }[]
    >`
      select letter, written_on, facts -> 'totaux' as totals from documents where case_id = ${caseId}`
    expect(rows.length).toBeGreaterThan(5)
    for (const { letter, writtenOn, totals } of rows) {
      const { principal, interest, indemnity, total } = await owes(caseId, writtenOn.toString())
      if (writtenOn.toString() < '2017-12-20') continue
      expect(
        { principal: totals.principal, interest: totals.interets, indemnity: totals.indemnite, total: totals.total },
        `${letter}`,
      ).toEqual({ principal, interest, indemnity, total })
      expect(parseAmount(totals.principal) + parseAmount(totals.interets) + parseAmount(totals.indemnite)).toBe(
        parseAmount(totals.total),
      )
    }
    const notice = toDebtor(await fileOf(house, caseId)).find((letter) => letter.channel === 'lrar')!
    const { total } = await owes(caseId, notice.writtenOn.toString())
    const [euros, cents] = total.split('.')
    expect(await textOf(await house.office.archive.get(notice.sha256))).toContain(
      `${euros!.replace(/\B(?=(\d{3})+$)/g, ' ')},${cents} €`,
    )
  })

  test('does not ask for an invoice that is not due yet', async () => {
    const caseId = await opened({
      invoices: [
        moulin('1000.00'),
        invoice({ number: 'FA-99', issued_on: '2017-12-01', due_on: '2018-06-30', total: '5000.00' }),
      ],
    })
    await liveUntil(house, '2017-12-14', '2017-12-30')
    const notice = toDebtor(await fileOf(house, caseId)).find((letter) => letter.channel === 'lrar')!
    const [row] = await house.sql<
      { totals: { principal: string } }[]
    >`select facts -> 'totaux' as totals from documents where id = ${notice.id}`
    expect(row!.totals.principal).toBe('1000.00')
    const text = await textOf(await house.office.archive.get(notice.sha256))
    for (const words of ['FA-99', '5 000,00 €', 'À échoir, non comprise dans le total']) expect(text).toContain(words)
  })
})

test('a plan of instalments needs days in order and sums that are positive', async () => {
  const caseId = await opened()
  const agree = (...lines: [string, bigint][]) =>
    agreeInstalments(
      house.sql,
      house.office.random,
      day('2017-12-15'),
      { caseId, means: 'virement', instalments: lines.map(([on, sum]) => ({ dueOn: day(on), amount: sum })) },
      'test',
    )
  await expect(agree()).rejects.toMatchObject({ code: 'bad_plan' })
  await expect(agree(['2018-02-01', 100n], ['2018-01-01', 100n])).rejects.toMatchObject({ code: 'bad_plan' })
  await expect(agree(['2018-02-01', 0n])).rejects.toMatchObject({ code: 'bad_plan' })
  await expect(agree(['2018-02-01', 100n], ['2018-03-01', -100n])).rejects.toMatchObject({ code: 'bad_plan' })
  expect((await fileOf(house, caseId)).plans).toEqual([])
  await agree(['2018-02-01', 100n], ['2018-03-01', 100n])
})

test('once what is due is paid, a case with an invoice to come waits for its day, and then goes on', async () => {
  const later = invoice({ number: 'FA-99', issued_on: '2017-12-01', due_on: '2018-01-31', total: '5000.00' })
  const caseId = await opened({ invoices: [moulin('1000.00'), later] })
  await liveUntil(house, '2017-12-14', '2017-12-14')
  const due = payableOn(await fileOf(house, caseId), day('2017-12-15')).total
  expect(amount(due)).toBe('1040.55')
  await pay(house, caseId, '2017-12-15', '1040.55')
  await liveUntil(house, '2017-12-15', '2018-01-31')
  expect(liveHolds(await fileOf(house, caseId))).toEqual([
    expect.objectContaining({
      cause: 'decision',
      reason: expect.stringMatching(/FA-99.*31.janvier.2018/),
      reviewOn: day('2018-02-01'),
    }),
  ])
  expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2017-12-14'])
  await liveUntil(house, '2018-02-01', '2018-02-02')
  expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2017-12-14', 'appel 2018-02-01'])
})
