import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { owed, printOwed, readClaim } from '../procedures/law/interest.ts'
import { DomainError } from '../schema/errors.ts'
import { amount, sum } from '../schema/money.ts'
import { parseYaml } from '../schema/validate.ts'

interface Printed {
  principal: string
  interest: string
  indemnity: string
  penalty?: string
  total: string
  per_day: string
  remitted?: string
  segments: { invoice: string; from: string; to: string; days: number; percent: string; amount: string; why: string }[]
  imputations: Record<string, string>[]
  doubts: string[]
}
interface Case {
  id: string
  about: string
  claim: Record<string, unknown>
  expect: Partial<Omit<Printed, 'segments'>> & {
    segments?: string[]
    days?: number[]
    percents?: string[]
    no_penalty?: true
  }
}
const file = new URL('./cases/interest.yaml', import.meta.url)
const cases = parseYaml(readFileSync(file, 'utf8'), 'interest.yaml') as Case[]
const compute = (claim: unknown) => printOwed(owed(readClaim(claim))) as Printed

const simple = (more: Record<string, unknown> = {}) => ({
  as_of: '2026-01-01',
  debtor: 'business',
  rate: { kind: 'contract', percent: '10' },
  invoices: [{ number: 'F', amount: '10000.00', due: '2025-01-01' }],
  ...more,
})

describe('what is owed', () => {
  test.each(cases)('$id: $about', ({ claim, expect: wanted }) => {
    const found = compute(claim)
    const { segments, days, percents, doubts, no_penalty: none, ...plain } = wanted
    expect(found).toMatchObject(plain)
    if (none) expect(found.penalty).toBeUndefined()
    if (segments) expect(found.segments.map((segment) => segment.amount)).toEqual(segments)
    if (days) expect(found.segments.map((segment) => segment.days)).toEqual(days)
    if (percents) expect(found.segments.map((segment) => segment.percent)).toEqual(percents)
    for (const word of doubts ?? []) expect(found.doubts.join(' ')).toContain(word)
  })

  test('says in its doubts that an agreed rate is under three times the legal rate, and follows it all the same', () => {
    const found = compute(simple())
    expect(found.segments[0]!.percent).toBe('10')
    expect(found.doubts.join(' ')).toContain('trois fois le taux de l’intérêt légal')
    expect(compute(simple({ rate: { kind: 'contract', percent: '15' } })).doubts).toEqual([])
  })

  test('carries the doubt of a rate that nobody confirmed', () => {
    const claim = simple({ as_of: '2026-09-01', rate: { kind: 'l441-10' } })
    expect(compute(claim).doubts.join(' ')).toContain('2,40 ou 2,15')
  })

  test('asks for no rate after the day everything was paid', () => {
    const claim = simple({
      as_of: '2030-01-01',
      rate: { kind: 'l441-10' },
      payments: [{ date: '2025-03-01', amount: '20000.00' }],
    })
    expect(compute(claim)).toMatchObject({ total: '0.00', overpaid: amount(2_000_000n - 1_000_000n - 21_256n) })
    expect(() => compute({ ...claim, payments: [] })).toThrow(/taux-bce.*1er\u00a0janvier\u00a02027/)
  })

  test('shares a payment pro rata between invoices due the same day', () => {
    const invoices = [
      { number: 'A', amount: '100.00', due: '2025-06-01' },
      { number: 'B', amount: '200.00', due: '2025-06-01' },
    ]
    const found = owed(
      readClaim(simple({ as_of: '2025-06-01', invoices, payments: [{ date: '2025-06-01', amount: '100.00' }] })),
    )
    expect(found.principalByInvoice).toEqual({ A: 6666n, B: 13334n })
  })

  test('pays interest and principal before the fixed indemnity, and counts what is left over', () => {
    const found = owed(
      readClaim(
        simple({ as_of: '2025-07-01', indemnity: true, payments: [{ date: '2025-07-01', amount: '10600.00' }] }),
      ),
    )
    expect(found.imputations[0]).toMatchObject({
      toInterest: 49589n,
      toPrincipal: 1_000_000n,
      toIndemnity: 4000n,
      excess: 6411n,
    })
    expect(found).toMatchObject({ total: 0n, overpaid: 6411n, perDay: 0n })
  })

  test('ignores a payment made after the day asked about, and says so', () => {
    const found = compute(simple({ payments: [{ date: '2026-02-01', amount: '4000.00' }] }))
    expect(found.total).toBe('11000.00')
    expect(found.doubts.join(' ')).toContain('postérieur')
  })

  test('owes no indemnity on an invoice that insolvency forbade to pay on its due date', () => {
    const invoices = [
      { number: 'A', amount: '100.00', due: '2025-03-01' },
      { number: 'B', amount: '100.00', due: '2025-08-01' },
    ]
    expect(compute(simple({ invoices, stopped_on: '2025-07-01', indemnity: true }))).toMatchObject({
      indemnity: '40.00',
    })
  })

  test.each([
    ['a negative amount', { invoices: [{ number: 'F', amount: '-1.00', due: '2025-01-01' }] }],
    ['three decimals', { invoices: [{ number: 'F', amount: '1.001', due: '2025-01-01' }] }],
    ['a number instead of an amount', { invoices: [{ number: 'F', amount: 100, due: '2025-01-01' }] }],
    ['a day that does not exist', { invoices: [{ number: 'F', amount: '1.00', due: '2025-02-30' }] }],
    ['a century of interest', { invoices: [{ number: 'F', amount: '1.00', due: '0001-01-01' }] }],
    ['an unknown rate', { rate: { kind: 'usury' } }],
    ['a rate over 1000 %', { rate: { kind: 'contract', percent: '1000.1' } }],
    ['a contract without a rate', { rate: { kind: 'contract' } }],
    ['a percentage for the rate of the law', { rate: { kind: 'l441-10', percent: '10' } }],
    ['a majoration of an agreed rate', { rate: { kind: 'contract', percent: '10', enforceable_on: '2025-01-01' } }],
    ['an unknown debtor', { debtor: 'friend' }],
    ['an unknown field', { as_off: '2026-01-01' }],
    ['a payment of an unknown invoice', { payments: [{ date: '2025-07-01', amount: '1.00', invoice: 'G' }] }],
    [
      'two invoices of one number',
      { invoices: [1, 2].map(() => ({ number: 'F', amount: '1.00', due: '2025-01-01' })) },
    ],
    ['a day before any agreed rate', { rate: { kind: 'contract', steps: [{ from: '2025-06-01', percent: '10' }] } }],
  ])('refuses %s', (_what, more) => {
    expect(() => compute(simple(more))).toThrow(DomainError)
  })

  const cents = fc.bigInt({ min: 1n, max: 10_000_000n })
  const dayFrom2015 = fc
    .integer({ min: 0, max: 4000 })
    .map((n) => Temporal.PlainDate.from('2015-01-01').add({ days: n }))

  test('does not depend on the day one stops to count, but for a cent a segment', () => {
    fc.assert(
      fc.property(
        cents,
        dayFrom2015,
        fc.integer({ min: 1, max: 900 }),
        fc.integer({ min: 1, max: 900 }),
        (base, due, first, more) => {
          const claim = readClaim(
            simple({
              invoices: [{ number: 'F', amount: amount(base), due: due.toString() }],
              rate: { kind: 'l441-10' },
            }),
          )
          const [cut, end] = [due.add({ days: first }), due.add({ days: first + more })]
          if (Temporal.PlainDate.compare(end, '2026-12-31') > 0) return
          const whole = owed({ ...claim, asOf: end })
          const left = owed({ ...claim, asOf: cut })
          const right = owed({ ...claim, asOf: end, invoices: [{ number: 'F', amount: base, due: cut }] })
          const gap = whole.interest - left.interest - right.interest
          const segments = BigInt(whole.segments.length + left.segments.length + right.segments.length)
          expect((gap < 0n ? -gap : gap) <= segments).toBe(true)
          expect(sum(whole.segments.map((segment) => segment.amount))).toBe(whole.interest)
          expect(sum(whole.segments.map((segment) => BigInt(segment.days)))).toBe(BigInt(first + more))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('keeps every cent of every payment, and never owes less than nothing', () => {
    const movement = fc.record({
      amount: cents,
      days: fc.integer({ min: -100, max: 700 }),
      invoice: fc.option(fc.constantFrom('A', 'B', 'C')),
    })
    const invoices = fc.tuple(cents, cents, cents, fc.boolean())
    fc.assert(
      fc.property(
        invoices,
        fc.array(movement, { maxLength: 12 }),
        fc.boolean(),
        fc.boolean(),
        fc.integer({ min: 0, max: 600 }),
        ([a, b, c, sameDay], payments, first, capitalise, notice) => {
          const claim = simple({
            as_of: '2026-06-30',
            capitalise,
            indemnity: true,
            penalty: { percent: '10', source: 'CGV' },
            notices: [Temporal.PlainDate.from('2024-08-01').add({ days: notice }).toString()],
            imputation: first ? 'interest_first' : 'principal_first',
            invoices: [
              { number: 'A', amount: amount(a), due: '2024-08-01' },
              { number: 'B', amount: amount(b), due: sameDay ? '2024-08-01' : '2025-01-31' },
              { number: 'C', amount: amount(c), due: '2025-09-30' },
            ],
            payments: payments.map(({ amount: paid, days, invoice }) => ({
              amount: amount(paid),
              date: Temporal.PlainDate.from('2024-08-01').add({ days }).toString(),
              ...(invoice === null ? {} : { invoice }),
            })),
          })
          const found = owed(readClaim(claim))
          for (const { amount: paid, toInterest, toPrincipal, toIndemnity, toPenalty, excess } of found.imputations) {
            expect(toInterest + toPrincipal + toIndemnity + toPenalty + excess).toBe(paid)
          }
          const accrued = sum(found.segments.map((segment) => segment.amount))
          expect(found.interest).toBe(accrued - sum(found.imputations.map((one) => one.toInterest)))
          expect(found.principal).toBe(a + b + c - sum(found.imputations.map((one) => one.toPrincipal)))
          for (const invoice of found.invoices) {
            const parts = [invoice.principal, invoice.interest, invoice.indemnity, invoice.penalty]
            expect(parts.filter((part) => part < 0n)).toEqual([])
          }
          expect(found.total).toBe(sum(found.invoices.map((invoice) => invoice.unpaid)))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('counts a hundred thousand payments on a thousand invoices over thirty years', () => {
    const invoices = Array.from({ length: 1000 }, (_, i) => ({
      number: `F${i}`,
      amount: '1000000.00',
      due: Temporal.PlainDate.from('1995-01-01')
        .add({ days: i * 10 })
        .toString(),
    }))
    const payments = Array.from({ length: 100_000 }, (_, i) => ({
      amount: '1.00',
      date: Temporal.PlainDate.from('1995-01-01')
        .add({ days: i % 11_000 })
        .toString(),
    }))
    const found = owed(
      readClaim(simple({ invoices, payments, rate: { kind: 'contract', percent: '2.5' }, capitalise: true })),
    )
    expect(found.imputations).toHaveLength(100_000)
    expect(sum(found.segments.map((segment) => segment.amount))).toBe(
      found.interest + sum(found.imputations.map((one) => one.toInterest)),
    )
  })
})
