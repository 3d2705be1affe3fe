import { describe, expect, test } from 'vitest'
import { doPlan } from '../procedures/amicable/plans.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { drain } from '../procedures/jobs/work.ts'
import { queueFollowUp } from '../procedures/mail/follow-up-queue.ts'
import { workToday } from '../procedures/work-today.ts'
import { rejectPayment } from '../procedures/money/payments.ts'
import { dueInstalments } from '../procedures/cases/exchanges/plans.ts'
import { agreeInstalments, attestPlan, type PlanRule } from '../procedures/cases/exchanges/promises.ts'
import { amount } from '../schema/money.ts'
import { insolvency, pay } from './debtor.ts'
import {
  day,
  done,
  fileOf,
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

/** A case whose first letter has gone, and a plan agreed on 15 June 2026: three times 300 € on the first of the month. */
async function agreed(
  rule: Partial<PlanRule> = {},
  kind: 'business' | 'consumer' = 'business',
): Promise<{ caseId: string; planId: string }> {
  const caseId = await openCase(house, {
    on: '2026-06-02',
    kind,
    invoices: [invoice({ number: 'FA-10', issued_on: '2026-04-30', due_on: '2026-06-01' })],
  })
  await liveUntil(house, '2026-06-02', '2026-06-12')
  const planId = await agreeInstalments(
    house.sql,
    house.office.random,
    day('2026-06-15'),
    {
      caseId,
      means: 'virement',
      rule,
      instalments: ['2026-07-01', '2026-08-03', '2026-09-01'].map((on) => ({ dueOn: day(on), amount: 30_000n })),
    },
    'test',
  )
  return { caseId, planId }
}
const plan = async (caseId: string) => (await fileOf(house, caseId)).plans.at(-1)!
const written = async (caseId: string) =>
  toDebtor(await fileOf(house, caseId))
    .filter(({ letter }) => letter.startsWith('engagement-'))
    .map(({ letter, writtenOn, channel }) => `${letter} ${writtenOn} ${channel}`)
const states = async (caseId: string, on: string) =>
  dueInstalments(await fileOf(house, caseId), day(on)).map(({ state, unpaid, paidOn }) => [
    state,
    amount(unpaid),
    paidOn?.toString() ?? null,
  ])

describe('instalments on a day', () => {
  test('are kept, late, missed or still due, as payments fill them in their order', async () => {
    const { caseId } = await agreed()
    expect(await states(caseId, '2026-07-01')).toEqual([
      ['due', '300.00', null],
      ['due', '300.00', null],
      ['due', '300.00', null],
    ])
    expect(await states(caseId, '2026-07-02')).toEqual([
      ['missed', '300.00', null],
      ['due', '300.00', null],
      ['due', '300.00', null],
    ])
    await pay(house, caseId, '2026-07-01', '300.00')
    await pay(house, caseId, '2026-08-10', '450.00')
    expect(await states(caseId, '2026-08-05')).toEqual([
      ['kept', '0.00', '2026-07-01'],
      ['missed', '300.00', null],
      ['due', '300.00', null],
    ])
    expect(await states(caseId, '2026-08-10')).toEqual([
      ['kept', '0.00', '2026-07-01'],
      ['late', '0.00', '2026-08-10'],
      ['due', '150.00', null],
    ])
  })

  test('are missed again when the payment comes back', async () => {
    const { caseId } = await agreed()
    const { id } = await pay(house, caseId, '2026-07-01', '300.00')
    await rejectPayment(
      house.office,
      day('2026-07-06'),
      { paymentId: id, rejectedOn: day('2026-07-06'), reason: 'provision insuffisante' },
      'test',
    )
    expect((await states(caseId, '2026-07-05'))[0]).toEqual(['kept', '0.00', '2026-07-01'])
    expect((await states(caseId, '2026-07-06'))[0]).toEqual(['missed', '300.00', null])
  })
})

describe('a plan', () => {
  test('that is kept has one reminder before each instalment, nothing else, and ends kept', async () => {
    const { caseId } = await agreed()
    for (const [from, until, on] of [
      ['2026-06-15', '2026-06-30', '2026-07-01'],
      ['2026-07-01', '2026-08-02', '2026-08-03'],
      ['2026-08-03', '2026-08-31', '2026-09-01'],
    ] as const) {
      await liveUntil(house, from, until)
      await pay(house, caseId, on, '300.00')
    }
    await liveUntil(house, '2026-09-01', '2026-09-05')
    expect(await written(caseId)).toEqual([
      'engagement-rappel-echeance 2026-06-26 email',
      'engagement-rappel-echeance 2026-07-29 email',
      'engagement-rappel-echeance 2026-08-27 email',
    ])
    expect(await plan(caseId)).toMatchObject({ brokenOn: null, keptOn: day('2026-09-03') })
    const events = await house.sql`select 1 from events where case_id = ${caseId} and kind = 'instalments_kept'`
    expect(events).toHaveLength(1)
  })

  test('with a missed instalment is given notice once, then broken once it has run, and the case goes on after the delay', async () => {
    const { caseId } = await agreed()
    await liveUntil(house, '2026-06-15', '2026-07-13')
    expect(await written(caseId)).toEqual([
      'engagement-rappel-echeance 2026-06-26 email',
      'engagement-echeance-manquee 2026-07-03 lettre',
      'engagement-plan-rompu 2026-07-13 lrar',
    ])
    const file = await fileOf(house, caseId)
    expect(file.plans[0]).toMatchObject({ brokenOn: day('2026-07-13') })
    expect(file.plans[0]!.instalments[0]).toMatchObject({
      noticedOn: day('2026-07-03'),
      noticeUntil: day('2026-07-11'),
    })
    expect(liveHolds(file)).toEqual([])
    expect(done(file)).toEqual(['cordiale 2026-06-02', 'appel 2026-06-10'])
    // The letter lets the balance be paid until the 21st.
    expect(
      planned(file)
        .filter((step) => !step.includes('prevenir'))[0]!
        .slice(-10) > '2026-07-21',
    ).toBe(true)
    const text = await textOf(await house.office.archive.get(toDebtor(file).at(-1)!.sha256))
    for (const words of [
      "L'échéance n° 1 de votre plan, attendue le 1er juillet 2026",
      `Notre lettre ${toDebtor(file).at(-2)!.reference} du 3 juillet 2026`,
      '21 juillet 2026',
    ])
      expect(text).toContain(words)
  })

  test('made good within the notice goes on', async () => {
    const { caseId } = await agreed()
    await liveUntil(house, '2026-06-15', '2026-07-10')
    await pay(house, caseId, '2026-07-10', '300.00')
    await liveUntil(house, '2026-07-11', '2026-07-28')
    expect((await written(caseId)).at(-1)).toContain('echeance-manquee')
    expect(await plan(caseId)).toMatchObject({ brokenOn: null })
    expect((await states(caseId, '2026-07-28'))[0]![0]).toBe('late')
    await liveUntil(house, '2026-07-29', '2026-07-29')
    expect((await written(caseId)).at(-1)).toBe('engagement-rappel-echeance 2026-07-29 email')
  })

  test('lives by its own rule: a consumer has fifteen days, and what was agreed comes before', async () => {
    const consumer = await agreed({}, 'consumer')
    expect(await plan(consumer.caseId)).toMatchObject({ remindDays: 5, noticeDays: 2, graceDays: 15 })
    const { caseId } = { caseId: consumer.caseId }
    await agreeInstalments(
      house.sql,
      house.office.random,
      day('2026-06-16'),
      {
        caseId,
        means: 'virement',
        rule: { graceDays: 3, noticeDays: 1, remindDays: 0 },
        instalments: [{ dueOn: day('2026-07-01'), amount: 30_000n }],
      },
      'test',
    )
    await liveUntil(house, '2026-06-16', '2026-07-06')
    expect(await written(caseId)).toEqual([
      'engagement-echeance-manquee 2026-07-02 lettre',
      'engagement-plan-rompu 2026-07-06 lrar',
    ])
    const all = (await fileOf(house, caseId)).plans
    expect(all.map(({ brokenOn }) => brokenOn?.toString())).toEqual(['2026-06-16', '2026-07-06'])
  })

  test('refuses a rule that leaves no day to pay', async () => {
    await expect(agreed({ graceDays: 0 })).rejects.toMatchObject({ code: 'bad_plan' })
    expect(await house.sql`select 1 from plans`).toHaveLength(0)
  })

  test('ticked twice, and its job done twice at the same moment, writes one letter', async () => {
    const { caseId, planId } = await agreed()
    expect(await tick(house.sql, day('2026-07-03'))).toBe(1)
    expect(await tick(house.sql, day('2026-07-03'))).toBe(0)
    await Promise.all([1, 2].map(() => doPlan(house.office, planId, day('2026-07-03'))))
    await liveOn(house, '2026-07-03')
    expect(await written(caseId)).toEqual(['engagement-echeance-manquee 2026-07-03 lettre'])
  })

  test('left alone for weeks gives its notice first and never reminds of a day that has passed', async () => {
    const { caseId } = await agreed()
    await liveOn(house, '2026-08-20')
    expect(await written(caseId)).toEqual(['engagement-echeance-manquee 2026-08-20 lettre'])
  })

  test('says nothing more to an insolvent debtor', async () => {
    const { caseId } = await agreed()
    await insolvency(house, caseId, '2026-06-20', '2026-06-18', { nature: 'redressement judiciaire' })
    await liveUntil(house, '2026-06-20', '2026-07-20')
    expect(await written(caseId)).toEqual([])
  })

  test('that cannot be written about holds the case and says why', async () => {
    const { caseId } = await agreed()
    await house.sql`update debtors set email = null, address = null`
    await liveOn(house, '2026-07-03')
    expect(
      liveHolds(await fileOf(house, caseId))
        .map(({ cause }) => cause)
        .toSorted(),
    ).toEqual(['decision', 'echeancier'])
    expect(await tick(house.sql, day('2026-07-04'))).toBe(0)
  })
})

describe('a plan told to the debtor', () => {
  const told = async (kind: 'business' | 'consumer' = 'business') => {
    const made = await agreed({}, kind)
    await queueFollowUp(house.sql, day('2026-06-15'), { plan: made.planId })
    await drain(house.office, house.url)
    return made
  }
  const limitationOn = async (caseId: string) => (await fileOf(house, caseId)).case.limitationOn.toString()
  const sign = (
    { caseId, planId }: { caseId: string; planId: string },
    on: string,
    more: { attestedOn?: string; original?: string } = {},
  ) => {
    const { attestedOn = on, original = null } = more
    const signed = { attestedOn: day(attestedOn), signedBy: 'M. Pont', means: 'formulaire', original } as const
    return attestPlan(house.sql, day(on), { caseId, planId, ...signed }, 'test')
  }

  test.each([
    ['business', 'engagement-accord-echeancier-pro'],
    ['consumer', 'engagement-accord-echeancier-particulier'],
  ] as const)('has its acceptance in writing with the act to sign, once: %s', async (kind, act) => {
    const { caseId, planId } = await told(kind)
    await queueFollowUp(house.sql, day('2026-06-16'), { plan: planId })
    await drain(house.office, house.url)
    const letters = toDebtor(await fileOf(house, caseId)).filter(({ letter }) => letter.startsWith('engagement-'))
    expect(letters).toMatchObject([
      { letter: 'engagement-acceptation-echeancier', channel: 'email', attachedTo: null },
      { letter: act, channel: 'acte-prive', attachedTo: letters[0]!.id, editable: expect.any(String) },
    ])
    const text = await textOf(await house.office.archive.get(letters[1]!.sha256))
    for (const words of ['1er juillet 2026', '3 août 2026', '300,00 €']) expect(text).toContain(words)
    expect(await plan(caseId)).toMatchObject({ documentId: letters[0]!.id, attestedOn: null })
  })

  test('is written about no more once it was broken', async () => {
    const { caseId, planId } = await agreed()
    await house.sql`update plans set broken_on = '2026-06-15' where id = ${planId}`
    await queueFollowUp(house.sql, day('2026-06-15'), { plan: planId })
    await drain(house.office, house.url)
    expect(await written(caseId)).toEqual([])
  })

  test('acknowledges the debt on the day the debtor signed it, and not before: C. civ. 2240', async () => {
    const made = await agreed()
    const before = await limitationOn(made.caseId)
    await expect(sign(made, '2026-06-18')).rejects.toMatchObject({ code: 'plan_not_signed', article: 'C. civ. 1366' })
    await queueFollowUp(house.sql, day('2026-06-16'), { plan: made.planId })
    await drain(house.office, house.url)
    expect(await limitationOn(made.caseId)).toBe(before)
    await expect(sign(made, '2026-06-20', { attestedOn: '2026-06-21' })).rejects.toMatchObject({
      code: 'plan_not_signed',
    })
    await expect(sign(made, '2026-06-20', { attestedOn: '2026-06-15' })).rejects.toMatchObject({
      code: 'plan_not_signed',
    })
    await sign(made, '2026-06-20', { attestedOn: '2026-06-18' })
    expect(await plan(made.caseId)).toMatchObject({ attestedOn: day('2026-06-18'), attestedBy: 'M. Pont' })
    expect(before).toBe('2031-06-01')
    expect(await limitationOn(made.caseId)).toBe('2031-06-18')
    await expect(sign(made, '2026-06-22')).rejects.toMatchObject({ code: 'already_attested' })
  })

  test('signed before it was told, as at a visit, is proved by the act itself', async () => {
    const made = await agreed()
    await sign(made, '2026-06-18', { attestedOn: '2026-06-12', original: 'b'.repeat(64) })
    expect(await limitationOn(made.caseId)).toBe('2031-06-12')
  })

  test('is in the work of the day while its act has not come back, until it is signed or paid on', async () => {
    const made = await told()
    const awaited = async (on: string) =>
      (await workToday(house.sql, day(on), { kinds: ['attestation'], seesDeadlines: false })).map(({ what }) => what)
    expect(await awaited('2026-06-19')).toEqual([])
    expect(await awaited('2026-06-20')).toEqual(['échéancier'])
    await pay(house, made.caseId, '2026-07-01', '300.00')
    expect(await awaited('2026-07-02')).toEqual([])
  })
})
