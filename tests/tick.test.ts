import { describe, expect, test } from 'vitest'
import { dayAt } from '../api/cron.ts'
import { nativeTypst } from '../documents/typst/typst.ts'
import { doStep } from '../procedures/amicable/steps.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { releaseHold } from '../procedures/cases/holds.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { drain } from '../procedures/jobs/work.ts'
import { connect } from '../schema/db.ts'
import { seededRandom } from '../schema/random.ts'
import { promise } from './debtor.ts'
import {
  day,
  done,
  fileOf,
  liveHolds,
  liveOn,
  invoice,
  liveUntil,
  openCase,
  openOrdinary,
  ordinary,
  planned,
  toDebtor,
  useHouse,
} from './house.ts'

const house = useHouse()

describe('the tick', () => {
  test('run twice, plans nothing the second time, before the work and after it', async () => {
    const caseId = await openOrdinary(house)
    expect(await tick(house.sql, day('2026-06-11'))).toBe(1)
    expect(await tick(house.sql, day('2026-06-11'))).toBe(0)
    await drain(house.office, house.url)
    expect(await house.sql`select from graphile_worker.jobs`).toHaveLength(0)
    expect(await tick(house.sql, day('2026-06-11'))).toBe(0)
    await drain(house.office, house.url)
    expect(toDebtor(await fileOf(house, caseId)).filter((letter) => letter.attachedTo === null)).toHaveLength(1)
  })

  test('run at once on several connections, plans each step once', async () => {
    await openOrdinary(house)
    const others = [1, 2, 3].map(() => connect(house.url, { max: 1 }))
    const planned = await Promise.all([house.sql, ...others].map((sql) => tick(sql, day('2026-06-11'))))
    expect(planned.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 1])
    await Promise.all(others.map((sql) => sql.end()))
  })

  test('run at once on several connections when a promise lapses, releases it once and fails nowhere', async () => {
    const caseId = await openOrdinary(house)
    await liveOn(house, '2026-06-11')
    await promise(house, caseId, '2026-06-12', '2026-06-15')
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
    const caseId = await openOrdinary(house)
    for (let i = 0; i < 3; i++) await liveOn(house, '2026-08-20')
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-08-20'])
    for (let i = 0; i < 3; i++) await liveOn(house, '2026-08-28')
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-08-20', 'appel 2026-08-28'])
  })

  test('a job of the day before that was left behind does nothing once the case has been put off', async () => {
    const caseId = await openOrdinary(house)
    await liveOn(house, '2026-06-11')
    await tick(house.sql, day('2026-06-19')) // the call of J+8 after the first letter is queued, and nobody works
    await promise(house, caseId, '2026-06-19', '2026-06-29')
    await releaseHold(house.sql, day('2026-06-25'), { caseId, cause: 'promesse', reason: 'Promesse retirée.' }, 'test')
    await drain(house.office, house.url)
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-06-11'])
    await liveUntil(house, '2026-06-25', '2026-06-25')
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-06-11', 'appel 2026-06-25'])
  })

  test('when the engine fails, the step is tried again: the case is not held for it', async () => {
    const caseId = await openOrdinary(house)
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
    const caseId = await openOrdinary(house)
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

describe('a clock that is set back an hour', () => {
  test.each([
    ['to winter time', '2026-10-12', '2026-10-25T00:00:00Z', '2026-10-25T01:00:00Z'],
    ['to summer time', '2026-03-16', '2026-03-29T00:00:00Z', '2026-03-29T01:00:00Z'],
  ])('or goes over %s, does nothing twice and loses nothing', async (_what, opened, before, after) => {
    const { sql, office, url } = house
    const offset = (at: string) => Temporal.Instant.from(at).toZonedDateTimeISO('Europe/Paris').offset
    expect(offset(before)).not.toBe(offset(after))
    const on = day(opened)
    const bill = { issued_on: on.subtract({ days: 31 }).toString(), due_on: on.subtract({ days: 1 }).toString() }
    const caseId = await openCase(house, { on: opened, invoices: [invoice({ number: 'F-1', ...bill })] })
    const chance = seededRandom(opened)
    const oneIn = (sides: number) => chance.bytes(1)[0]! % sides === 0
    const ticks = async (at: Temporal.Instant) => {
      await tick(sql, dayAt(at))
      if (oneIn(3)) await drain(office, url)
    }
    const evening = on.toZonedDateTime({ timeZone: 'Europe/Paris', plainTime: '22:00' }).toInstant()
    const days = 18
    for (let hour = 0; hour < 24 * days; hour++) {
      if (hour % 24 > 7) continue
      const at = evening.add({ hours: hour })
      await ticks(at)
      if (!oneIn(3)) continue
      // Set back by hand: what was queued is an hour ahead of the clock, until that hour has passed.
      await sql`update graphile_worker._private_jobs set run_at = run_at + interval '1 hour'`
      await ticks(at.subtract({ hours: 1 }))
      await sql`update graphile_worker._private_jobs set run_at = run_at - interval '1 hour'`
    }
    const last = dayAt(evening.add({ hours: 24 * days }))
    await liveOn(house, last.toString())
    const file = await fileOf(house, caseId)
    expect(done(file).map((each) => each.split(' ')[0])).toEqual(['cordiale', 'appel', 'demeure.prevenir', 'demeure'])
    const told = await sql<
      { step: string }[]
    >`select detail ->> 'step' as step from events where kind = 'step_done' order by id`
    expect(told.map(({ step }) => step)).toEqual(['cordiale', 'appel', 'demeure.prevenir', 'demeure'])
    const letters = toDebtor(file).filter(({ attachedTo }) => attachedTo === null)
    expect(letters.map(({ stepKey }) => stepKey)).toEqual(['cordiale', 'demeure'])
    expect(await examine(office, last)).toEqual([])
  })
})
