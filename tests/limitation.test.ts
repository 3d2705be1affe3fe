import { describe, expect, test } from 'vitest'
import { submitInvoice } from '../procedures/cases/intake/submissions.ts'
import { claimLimitation } from '../procedures/cases/limitation/claim-limitation.ts'
import { recordLimitation, setClaimNature } from '../procedures/cases/limitation/limitation.ts'
import { recordPayment } from '../procedures/money/payments.ts'
import { barredDoubts, standstill } from '../procedures/cases/standstill.ts'
import { releaseHold } from '../procedures/cases/holds.ts'
import { workToday } from '../procedures/work-today.ts'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { agreeInstalments, attestPlan } from '../procedures/cases/exchanges/promises.ts'
import { requestConsent } from '../procedures/judicial/consents/consent-requests.ts'
import type { Zone } from '../procedures/law/calendar.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { creditorOf, day, done, fileOf, invoice, liveHolds, liveOn, liveUntil, openCase, useHouse } from './house.ts'

const house = useHouse()

/** A case whose invoice fell due on 10 June 2025, opened on that day, of the nature that is said. */
async function opened(on: string, nature: string | null, more: { mandate?: string; zone?: Zone } = {}) {
  await openAgency(house.sql, day(on))
  const creditorId = await creditorOf(house, day(on), { claimNature: more.mandate ?? null })
  const read = invoice({ number: 'F-1', issued_on: '2025-05-11', due_on: '2025-06-10' })
  const submission = {
    creditorId,
    invoices: [{ read, original: null }],
    debtor: { kind: 'business' as const },
    ...(nature === null ? {} : { nature }),
    ...(more.zone ? { zone: more.zone } : {}),
  }
  return (await submitInvoice(house.sql, house.office.random, day(on), submission, 'test')).case
}

describe('the limitation of a claim', () => {
  const due = day('2025-06-10')
  test.each([
    ['a sale to a business', 'vente', 'business', '2030-06-10'],
    ['a sale to a consumer', 'vente', 'consumer', '2027-06-10'],
    ['a sale to a public buyer', 'vente', 'public', '2029-06-10'],
    ['a carriage', 'transport', 'business', '2026-06-10'],
    ['a dwelling’s rent', 'loyer_habitation', 'consumer', '2028-06-10'],
  ] as const)('of %s is that of its nature', (_what, nature, debtor, expires) => {
    expect(claimLimitation({ zone: 'metropole', debtor, nature, due }).expires.toString()).toBe(expires)
  })

  test.each(['business', 'consumer', 'public'] as const)(
    'of an unknown nature is the shortest that an invoice may have, and says so: %s',
    (debtor) => {
      const { expires, doubts } = claimLimitation({ zone: 'metropole', debtor, nature: null, due })
      expect(expires.toString()).toBe('2026-06-10')
      expect(doubts[0]).toMatchObject({
        code: 'unknown_nature',
        message: expect.stringMatching(/1\san \(C\. com\. L\. 133-6\)/),
      })
    },
  )

  test('comes from the mandate where the submission does not say, and an unknown word is refused', async () => {
    expect((await opened('2025-07-01', null, { mandate: 'vente' })).limitationOn.toString()).toBe('2030-06-10')
    await expect(creditorOf(house, day('2025-07-01'), { claimNature: 'gaming' })).rejects.toMatchObject({
      code: 'unknown_nature',
    })
  })
})

describe('a debtor who pays for years', () => {
  test('is never time-barred while each payment comes within two years of the one before', async () => {
    const invoices = [invoice({ number: 'C-1', issued_on: '2021-12-01', due_on: '2022-01-01', total: '9000.00' })]
    const caseId = await openCase(house, { on: '2022-01-10', kind: 'consumer', invoices })
    await setClaimNature(house.sql, day('2022-01-10'), { caseId, nature: 'vente' }, 'test')
    let on = day('2022-02-05')
    for (; on.year < 2026; on = on.add({ months: 1 })) {
      await recordPayment(
        house.office,
        on,
        { caseId, receivedOn: on, amount: 1_000n, means: 'virement', reference: null, receivedBy: 'creditor' },
        'test',
      )
    }
    expect((await fileOf(house, caseId)).case.limitationOn.toString()).toBe('2027-12-05')
    const again = await setClaimNature(house.sql, day('2026-01-01'), { caseId, nature: 'vente' }, 'test')
    expect(again.toString()).toBe('2027-12-05')
    expect(standstill(await fileOf(house, caseId), day('2026-01-01'))).toBeNull()
  }, 60_000)

  test('is time-barred once two years pass in silence, whatever is paid after', () => {
    const interruptions = ['2023-06-01', '2025-07-01'].map((on) => ({ on: day(on), cause: 'paiement', article: 'x' }))
    const claim = { zone: 'metropole', debtor: 'consumer', nature: 'vente', due: day('2022-01-01') } as const
    expect(claimLimitation({ ...claim, interruptions }).expires.toString()).toBe('2025-06-01')
  })
})

describe('a claim of unknown nature, past its shortest period', () => {
  test('is neither written to, called, planned nor put to court, and goes on once its nature is said', async () => {
    const { id: caseId } = await opened('2026-06-15', null)
    await liveUntil(house, '2026-06-15', '2026-06-30')
    const held = await fileOf(house, caseId)
    expect(held.documents).toEqual([])
    expect(liveHolds(held)).toMatchObject([
      { cause: 'prescription', reason: expect.stringContaining('Indiquez la nature') },
    ])
    const on = day('2026-06-30')
    const { sql, office } = house
    await sql`update cases set zone = 'madagascar'` // no first letter is waited for there: the limitation alone refuses
    const call = { caseId, calledAt: null, direction: 'outgoing', person: null, outcome: 'x', summary: 'x' } as const
    await expect(recordCall(sql, office.random, on, call, 'test')).rejects.toMatchObject({ code: 'case_at_standstill' })
    await sql`update cases set zone = 'metropole'`
    const plan = { caseId, means: 'virement', instalments: [{ dueOn: day('2026-07-20'), amount: 100n }] }
    await expect(agreeInstalments(sql, office.random, on, plan, 'test')).rejects.toMatchObject({
      code: 'case_at_standstill',
    })
    const consent = { procedure: 'injonction-de-payer', ceiling: 0n, expiresOn: day('2026-08-01'), author: 'test' }
    for (const file of [held, { ...held, holds: [] }]) {
      await expect(requestConsent(office, sql, on, { ...consent, file })).rejects.toMatchObject({
        code: 'case_suspended',
        facts: { cause: 'prescription' },
      })
    }
    expect((await setClaimNature(sql, on, { caseId, nature: 'vente' }, 'test')).toString()).toBe('2030-06-10')
    await liveOn(house, '2026-07-01')
    const file = await fileOf(house, caseId)
    expect(liveHolds(file)).toEqual([])
    expect(file.case).toMatchObject({ claimNature: 'vente', limitationDoubts: [] })
    expect(done(file).map((line) => line.split(' ')[0])).toEqual(['cordiale'])
  })

  test('may be given its last day by hand, with a source, which shows as a doubt and stands', async () => {
    const { id: caseId } = await opened('2026-06-15', null)
    const record = (source: string) =>
      recordLimitation(house.sql, day('2026-06-20'), { caseId, expiresOn: day('2028-01-31'), source }, 'test')
    await expect(record('')).rejects.toMatchObject({ code: 'source_needed' })
    await record('avis de Me Blanc')
    const { case: found } = await fileOf(house, caseId)
    expect(found.limitationOn.toString()).toBe('2028-01-31')
    expect(found.limitationDoubts).toEqual([
      expect.objectContaining({ code: 'limitation_by_hand', message: expect.stringContaining('Me Blanc') }),
    ])
  })
})

test('an acknowledgement is kept when the nature is said afterwards', async () => {
  const { id: caseId } = await opened('2025-07-01', null)
  const on = day('2025-08-01')
  const plan = { caseId, means: 'virement', instalments: [{ dueOn: day('2025-09-01'), amount: 100_000n }] }
  const planId = await agreeInstalments(house.sql, house.office.random, on, plan, 'test')
  expect((await fileOf(house, caseId)).case.limitationOn.toString()).toBe('2026-06-10')
  const signed = { attestedOn: on, signedBy: 'M. Pont', means: 'formulaire', original: 'a'.repeat(64) } as const
  await attestPlan(house.sql, on, { caseId, planId, ...signed }, 'test')
  expect((await fileOf(house, caseId)).case.limitationOn.toString()).toBe('2026-08-01')
  await setClaimNature(house.sql, day('2025-08-02'), { caseId, nature: 'vente' }, 'test')
  expect((await fileOf(house, caseId)).case.limitationOn.toString()).toBe('2030-08-01')
})

test('an invoice dated in the future opens and joins nothing', async () => {
  const { creditorId } = await opened('2025-07-01', 'vente')
  const read = invoice({ number: 'F-2', issued_on: '2025-07-02', due_on: '2025-08-02' })
  const submission = { creditorId, invoices: [{ read, original: null }], debtor: { kind: 'business' as const } }
  await expect(
    submitInvoice(house.sql, house.office.random, day('2025-07-01'), submission, 'test'),
  ).rejects.toMatchObject({ code: 'invoice_in_future' })
  await submitInvoice(house.sql, house.office.random, day('2025-07-02'), submission, 'test')
})

test('a seller without SIREN under another creditor’s name is a doubt; the creditor’s own name is none', async () => {
  const { creditorId } = await opened('2025-07-01', 'vente')
  const sold = async (number: string, name: string) => {
    const seller = { name, address: { lines: ['1 rue du Port'], postal_code: '69002', city: 'Lyon', country: 'FR' } }
    const read = invoice({ number, issued_on: '2025-06-20', due_on: '2025-07-20', seller })
    const submission = { creditorId, invoices: [{ read, original: null }], debtor: { kind: 'business' as const } }
    const { doubts } = await submitInvoice(house.sql, house.office.random, day('2025-07-01'), submission, 'test')
    return doubts.filter(({ code }) => code === 'other_seller').map(({ message }) => message)
  }
  expect(await sold('F-2', 'Imprimerie Roussel')).toEqual([
    'La facture F-2 est de Imprimerie Roussel, sans SIREN, et non de Papeterie Rhône-Alpes.',
  ])
  expect(await sold('F-3', 'PAPETERIE RHONE ALPES')).toEqual([])
})

describe('a case that must wait is told at the moment of submitting', () => {
  test('when its claim is already barred: the doubt is answered and the hold placed, before any tick', async () => {
    await openAgency(house.sql, day('2025-07-01'))
    const creditorId = await creditorOf(house, day('2025-07-01'), { claimNature: 'vente' })
    const read = invoice({ number: 'F-9', issued_on: '2019-05-11', due_on: '2019-06-10' })
    const submission = { creditorId, invoices: [{ read, original: null }], debtor: { kind: 'business' as const } }
    const { case: found, doubts } = await submitInvoice(
      house.sql,
      house.office.random,
      day('2025-07-01'),
      submission,
      'test',
    )
    expect(doubts).toContainEqual(expect.objectContaining({ code: 'time_barred' }))
    expect(liveHolds(await fileOf(house, found.id))).toMatchObject([{ cause: 'prescription' }])
  })

  test('when another seller made the invoice: nothing is sent, on any day, until a person says whose claim it is', async () => {
    await openAgency(house.sql, day('2025-07-01'))
    const creditorId = await creditorOf(house, day('2025-07-01'), { claimNature: 'vente' })
    const seller = { name: 'Imprimerie Roussel', siren: '732829320' }
    const read = invoice({ number: 'F-8', issued_on: '2025-05-11', due_on: '2025-06-10', seller })
    const submission = { creditorId, invoices: [{ read, original: null }], debtor: { kind: 'business' as const } }
    const { case: found } = await submitInvoice(house.sql, house.office.random, day('2025-07-01'), submission, 'test')
    const work = await workToday(house.sql, day('2025-07-01'), { kinds: ['hold'], seesDeadlines: false })
    expect(work).toMatchObject([{ caseId: found.id, what: expect.stringContaining('Imprimerie Roussel') }])
    await liveUntil(house, '2025-07-01', '2025-07-15')
    const held = await fileOf(house, found.id)
    expect(held.documents).toEqual([])
    expect(liveHolds(held)).toMatchObject([{ cause: 'decision', reason: expect.stringContaining('affacturage') }])
    const release = { caseId: found.id, cause: 'decision', reason: 'Cession du 2 juin 2025, vue' } as const
    await releaseHold(house.sql, day('2025-07-15'), release, 'test')
    await liveOn(house, '2025-07-16')
    expect(liveHolds(await fileOf(house, found.id))).toEqual([])
    expect(done(await fileOf(house, found.id)).length).toBeGreaterThan(0)

    // The answer is kept: the factor's next invoice of that seller, under another writing of its name, asks nothing again.
    const more = async (number: string, from: typeof seller) => {
      const next = invoice({ number, issued_on: '2025-06-11', due_on: '2025-07-10', seller: from })
      const invoices = [{ read: next, original: null }]
      const { doubts } = await submitInvoice(
        house.sql,
        house.office.random,
        day('2025-07-17'),
        { ...submission, invoices },
        'test',
      )
      expect(doubts.map(({ code }) => code)).toContain('other_seller')
      return liveHolds(await fileOf(house, found.id)).map(({ reason }) => reason)
    }
    expect(await more('F-10', { ...seller, name: 'IMPRIMERIE ROUSSEL SAS' })).toEqual([])
    expect(await more('F-11', { name: 'Reliure Perrin', siren: '552100554' })).toEqual([
      expect.stringContaining('Reliure Perrin'),
    ])
  })
})

test('an invoice is read with the prescription of its day, and of a consumer where that is shorter', () => {
  const read = invoice({ number: 'F-7', issued_on: '2022-05-11', due_on: '2022-06-10' })
  const said = (on: string, nature: string | null) => barredDoubts(read, nature, day(on)).map(({ message }) => message)
  expect(said('2024-06-10', 'vente')).toEqual([])
  expect(said('2024-06-11', 'vente')).toEqual([expect.stringMatching(/^Si le débiteur est un particulier/)])
  expect(said('2027-06-11', 'vente')).toEqual([expect.stringMatching(/^Créance prescrite/)])
  expect(said('2023-06-11', null)).toEqual([expect.stringContaining('Nature de la créance non dite')])
})
