import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { issueFeeStatement, readFeeStatements, recordExtraStep } from '../procedures/money/fee-statements.ts'
import { type FeeBasis, feeLines, type FeeTerms, readFeeTerms, share } from '../procedures/money/fees.ts'
import { formalNotices } from '../procedures/cases/file/file.ts'
import { rejectPayment } from '../procedures/money/payments.ts'
import { amount, sum } from '../schema/money.ts'
import { pay } from './debtor.ts'
import { day, fileOf, invoice, liveUntil, openCase, textOf, useHouse } from './house.ts'

const terms: FeeTerms = {
  beforeNotice: [
    { percent: '0.5', minInvoices: 3, minTurnover: '5000.00' },
    { percent: '1.25', maxAmount: '2000.00', nature: ['business'] },
    { percent: '3' },
  ],
  success: [{ percent: '18', nature: ['consumer'] }, { percent: '12' }],
  subscription: { monthly: '90.00' },
  extraSteps: [{ code: 'visite', label: 'Visite sur place', price: '80.00' }],
  paymentDays: 30,
}

/** A case of 1,000.00 € opened on 1 May 2026, with its notice on 25 May. */
const basis = (changes: Partial<FeeBasis> = {}): FeeBasis => ({
  until: day('2026-06-30'),
  currency: 'EUR',
  mandates: [
    {
      signedOn: day('2026-04-15'),
      endedOn: null,
      terms: { beforeNotice: terms.beforeNotice!, success: terms.success! },
    },
  ],
  cases: [
    {
      id: 'c',
      number: '2026-0001',
      debtor: 'Garage',
      kind: 'business',
      amount: 100_000n,
      openedOn: day('2026-05-01'),
      noticeOn: day('2026-05-25'),
    },
  ],
  payments: [],
  entrusted: [{ on: day('2026-05-01'), amount: 100_000n }],
  extraSteps: [],
  rejected: [],
  charged: new Set(),
  ...changes,
})
const paid = (on: string, cents = 100_000n, id = on) => ({ id, caseId: 'c', receivedOn: day(on), amount: cents })
const lines = (changes: Partial<FeeBasis>) =>
  feeLines(basis(changes)).map(({ kind, percent, amount: cents }) => [kind, percent, amount(cents)])
const other = (changes: object) => [{ ...basis().cases[0]!, ...changes }]

describe('fees', () => {
  test('are a small share before the first notice, and the share of success from its very day', () => {
    expect(lines({ payments: [paid('2026-05-24'), paid('2026-05-25')] })).toEqual([
      ['before_notice', '1.25', '12.50'],
      ['success', '12', '120.00'],
    ])
  })

  test('follow the first band whose conditions all hold: number, turnover, amount, nature', () => {
    const before = { payments: [paid('2026-05-10')] }
    expect(lines({ ...before, cases: other({ amount: 200_001n }) })[0]![1]).toBe('3')
    expect(lines({ ...before, cases: other({ kind: 'consumer' }) })[0]![1]).toBe('3')
    const three = [1, 2, 3].map(() => ({ on: day('2026-05-01'), amount: 200_000n }))
    expect(lines({ ...before, entrusted: three })[0]![1]).toBe('0.5')
    expect(lines({ ...before, entrusted: three.map((each) => ({ ...each, amount: 100_000n })) })[0]![1]).toBe('1.25')
    expect(lines({ ...before, entrusted: three.map((each) => ({ ...each, on: day('2025-05-10') })) })[0]![1]).toBe(
      '1.25',
    )
    expect(lines({ payments: [paid('2026-05-26')], cases: other({ kind: 'consumer' }) })[0]).toEqual([
      'success',
      '18',
      '180.00',
    ])
  })

  test('are nothing on failure, before the case came, after the day asked for, or outside a mandate', () => {
    expect(lines({})).toEqual([])
    expect(lines({ payments: [paid('2026-04-30'), paid('2026-07-01')] })).toEqual([])
    expect(
      lines({ payments: [paid('2026-05-26')], mandates: [{ ...basis().mandates[0]!, endedOn: day('2026-05-26') }] }),
    ).toEqual([])
  })

  test('charge each month begun under the mandate, once', () => {
    const mandates = [
      { signedOn: day('2026-04-15'), endedOn: day('2026-06-01'), terms: { subscription: { monthly: '90.00' } } },
    ]
    expect(
      feeLines(basis({ mandates })).map(({ subject, label, onDay }) => [subject, label, onDay.toString()]),
    ).toEqual([
      ['2026-04', 'Abonnement, avril\u00a02026', '2026-04-15'],
      ['2026-05', 'Abonnement, mai\u00a02026', '2026-05-01'],
    ])
    expect(feeLines(basis({ mandates, charged: new Set(['2026-04', '2026-05']) }))).toEqual([])
  })

  test('give back what was charged on a payment that came back', () => {
    const rejected = [
      {
        subject: 'p',
        caseId: 'c',
        label: 'Honoraires de résultat, dossier 2026-0001',
        rejectedOn: day('2026-06-10'),
        amount: 12_000n,
      },
    ]
    expect(lines({ rejected })).toEqual([['reversal', null, '-120.00']])
  })

  test('are half-up to the cent and never exceed their base, whatever the sum', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 12n }), fc.integer({ min: 0, max: 10_000 }), (cents, hundredths) => {
        const percent = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`
        const fee = share(cents, percent)
        expect(fee).toBe((cents * BigInt(hundredths) * 2n + 10_000n) / 20_000n)
        expect(fee <= cents).toBe(true)
      }),
    )
  })
})

describe('terms', () => {
  test.each([
    ['nothing', {}],
    ['a share above 3 % before the notice', { beforeNotice: [{ percent: '3.5' }] }],
    ['a share under 0.5 % before the notice', { beforeNotice: [{ percent: '0.4' }] }],
    ['a number for a text', { success: [{ percent: 12 }] }],
    ['an unknown condition', { success: [{ percent: '12', weather: 'fine' }] }],
    ['a free subscription', { subscription: { monthly: '0.00' } }],
    ['a debtor who pays', { debtorPays: true, success: [{ percent: '12' }] }],
  ])('with %s are refused', (_name, json) => {
    expect(() => readFeeTerms(json)).toThrow(expect.objectContaining({ code: 'invalid_file' }))
  })

  test('whose scale leaves payments without a rate are refused', () => {
    expect(() => readFeeTerms({ success: [{ percent: '12', minAmount: '100.00' }] })).toThrow(
      expect.objectContaining({ code: 'open_fee_bands' }),
    )
  })
})

describe('a statement of fees', () => {
  const house = useHouse()
  const opened = (feeTerms: unknown = terms) =>
    openCase(house, {
      on: '2026-06-02',
      invoices: [invoice({ number: 'FA-10', issued_on: '2026-04-30', due_on: '2026-06-01' })],
      mandate: { feeTerms },
    })
  const issue = async (caseId: string, on: string, until = on) =>
    issueFeeStatement(
      house.office,
      day(on),
      { creditorId: (await fileOf(house, caseId)).creditor.id, until: day(until) },
      'test',
    )
  const statements = async (caseId: string) => {
    const { id } = (await fileOf(house, caseId)).creditor
    return (await readFeeStatements(house.sql, [id])).get(id) ?? []
  }

  test('bears its lines, VAT and number, goes to the creditor, and charges nothing twice', async () => {
    const caseId = await opened()
    await pay(house, caseId, '2026-06-05', '400.00')
    await liveUntil(house, '2026-06-05', '2026-06-30')
    await recordExtraStep(
      house.sql,
      house.office.random,
      day('2026-06-10'),
      { caseId, code: 'visite', agreedBy: 'Inès Roche' },
      'test',
    )
    const file = await fileOf(house, caseId)
    const notice = formalNotices(file)[0]!.writtenOn
    await pay(house, caseId, notice.add({ days: 1 }).toString(), '200.00')
    const { number } = await issue(caseId, '2026-06-30')
    expect(number).toBe('H-2026-0001')
    const [statement] = await statements(caseId)
    expect(statement!.lines.map(({ kind, amount: cents }) => [kind, amount(cents)])).toEqual([
      ['subscription', '90.00'],
      ['before_notice', '5.00'],
      ['extra_step', '80.00'],
      ['success', '24.00'],
    ])
    expect([statement!.net, statement!.vat, statement!.gross].map(amount)).toEqual(['199.00', '39.80', '238.80'])
    expect(statement!.doubts).toEqual([expect.objectContaining({ code: 'unconfirmed_value' })])
    const after = await fileOf(house, caseId)
    expect(after.documents.at(-1)).toMatchObject({
      letter: 'creancier-facture-honoraires',
      recipient: 'creancier',
      channel: 'email',
    })
    const text = await textOf(await house.office.archive.get(statement!.sha256))
    for (const words of [
      'H-2026-0001',
      '238,80 €',
      'Abonnement, juin 2026',
      'Visite sur place',
      '30 juillet 2026',
      'à votre seule charge',
    ])
      expect(text).toContain(words)
    await expect(issue(caseId, '2026-06-30')).rejects.toMatchObject({ code: 'nothing_to_bill' })
    await issue(caseId, '2026-07-01')
    expect(
      (await statements(caseId)).map(({ number: each, lines: its }) => [each, its.map(({ kind }) => kind)]),
    ).toEqual([
      ['H-2026-0001', statement!.lines.map(({ kind }) => kind)],
      ['H-2026-0002', ['subscription']],
    ])
  })

  test('is never for a debtor: no paper to one bears a fee, and what it owes is the same', async () => {
    const caseId = await opened()
    await pay(house, caseId, '2026-06-05', '400.00')
    await issue(caseId, '2026-06-30')
    const file = await fileOf(house, caseId)
    expect(
      file.documents
        .filter(({ letter }) => letter === 'creancier-facture-honoraires')
        .map(({ recipient }) => recipient),
    ).toEqual(['creancier'])
    const rows = await house.sql<
      { facts: { totaux: { frais?: string } } }[]
    >`select facts from documents where recipient <> 'creancier'`
    for (const { facts } of rows) expect(facts.totaux.frais).toBeUndefined()
  })

  test('takes back the fee of a payment that came back, from the next one', async () => {
    const caseId = await opened({ ...terms, extraSteps: terms.extraSteps })
    const { id } = await pay(house, caseId, '2026-06-05', '400.00')
    await issue(caseId, '2026-06-10')
    await rejectPayment(
      house.office,
      day('2026-06-20'),
      { paymentId: id, rejectedOn: day('2026-06-20'), reason: 'provision insuffisante' },
      'test',
    )
    await issue(caseId, '2026-07-01')
    const [, next] = await statements(caseId)
    expect(next!.lines.map(({ kind, amount: cents }) => [kind, amount(cents)])).toEqual([
      ['reversal', '-5.00'],
      ['subscription', '90.00'],
    ])
    expect(amount(next!.net)).toBe('85.00')
    expect(sum(next!.lines.map((line) => line.amount))).toBe(next!.net)
  })

  test('issued twice at the same moment is issued once', async () => {
    const caseId = await opened()
    const both = await Promise.allSettled([issue(caseId, '2026-06-30'), issue(caseId, '2026-06-30')])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    await expect(house.sql`update fee_statements set net = 1, gross = 1, vat = 0`).rejects.toMatchObject({
      code: 'CT002',
    })
  })

  test('is without VAT where the mandate says why, and says it', async () => {
    const caseId = await opened({ ...terms, vat: { percent: '0', reason: 'Autoliquidation, article 283-2 du CGI.' } })
    await issue(caseId, '2026-06-30')
    const [statement] = await statements(caseId)
    expect([statement!.vat, statement!.gross].map(amount)).toEqual(['0.00', '90.00'])
    expect(await textOf(await house.office.archive.get(statement!.sha256))).toContain(
      'Autoliquidation, article 283-2 du CGI.',
    )
  })

  test('needs terms in the mandate, a day that has come, and a step that the mandate prices', async () => {
    const caseId = await opened(null)
    await expect(issue(caseId, '2026-06-30')).rejects.toMatchObject({ code: 'no_fee_terms', article: 'CPCE R124-3' })
    await expect(issue(caseId, '2026-06-30', '2026-07-01')).rejects.toMatchObject({ code: 'fees_in_future' })
    await expect(
      recordExtraStep(
        house.sql,
        house.office.random,
        day('2026-06-30'),
        { caseId, code: 'visite', agreedBy: 'Inès' },
        'test',
      ),
    ).rejects.toMatchObject({ code: 'step_not_priced' })
  })
})
