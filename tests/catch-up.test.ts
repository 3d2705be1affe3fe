import { expect, test } from 'vitest'
import { catchUpLines, catchUpReport, watchCatchUp } from '../procedures/amicable/catch-up.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { placeHold, releaseHold } from '../procedures/cases/holds.ts'
import { drain, drainWithOthers, startWorker } from '../procedures/jobs/work.ts'
import { typographyFr } from '../documents/rendering/typography.ts'
import { dayFr } from '../schema/days.ts'
import { day, invoice, liveOn, openCase, useHouse } from './house.ts'

const house = useHouse(async (made) => {
  await openCase(made, {
    on: '2026-06-11',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })],
  })
})
const first = async () =>
  (
    await house.sql<
      { plannedOn: Temporal.PlainDate }[]
    >`select planned_on from steps where done_on is null and skipped_on is null order by rank limit 1`
  )[0]!.plannedOn

test('after an outage the report says which step was late, by how many days, and when the next one comes', async () => {
  const planned = await first()
  const back = planned.add({ days: 5 })
  await tick(house.sql, back)
  expect(await catchUpReport(house.sql, back)).toMatchObject([
    { number: '2026-0001', plannedOn: planned, doneOn: null },
  ])
  await drain(house.office, house.url)
  const late = await catchUpReport(house.sql, back)
  expect(late).toMatchObject([{ number: '2026-0001', step: 'cordiale', plannedOn: planned, doneOn: back, why: null }])
  const [next] = await house.sql<{ key: string; plannedOn: Temporal.PlainDate }[]>`
    select key, planned_on from steps where done_on is null and skipped_on is null order by rank limit 1`
  expect(late).toMatchObject([{ next: next!.key, nextOn: next!.plannedOn }])
  const [summary, detail] = catchUpLines(back, late)
  expect(summary).toMatch(/une étape en retard reprise, de 5 jours au plus\.$/)
  expect(detail).toMatch(/^2026-0001.*cordiale.*5 jours de retard.*La suite.*appel/)
})

test('what an outage left without its day is told as left out, and why', async () => {
  const buyer = {
    name: 'Menuiserie Alba',
    address: { lines: ['1 quai Sud'], postal_code: '69002', city: 'Lyon', country: 'FR' },
  }
  const due = invoice({ number: 'F-2', issued_on: '2026-06-10', due_on: '2026-07-10', buyer })
  const caseId = await openCase(house, { on: '2026-06-12', invoices: [due] })
  const back = day('2026-07-20')
  await liveOn(house, back)
  const late = (await catchUpReport(house.sql, back)).filter((each) => each.caseId === caseId)
  const [left] = late
  expect(left).toMatchObject({ step: 'rappel', doneOn: null, skippedWhy: expect.stringContaining('est passée') })
  expect(late.at(-1)).toMatchObject({ step: 'cordiale', doneOn: back, skippedWhy: null })
  const [, told] = catchUpLines(back, late)
  expect(told).toContain(typographyFr(`prévue le ${dayFr(day('2026-07-02'))}, passée avec 18 jours de retard`))
  expect(told).toContain(`échéance du ${dayFr(day('2026-07-10'))} est passée`)
})

test('a step whose attempts fail says the fault of the last one', async () => {
  const back = (await first()).add({ days: 5 })
  await tick(house.sql, back)
  await house.sql`update graphile_worker._private_jobs set attempts = 1, last_error = 'le courrier ne se rend pas'`
  const late = await catchUpReport(house.sql, back)
  expect(late).toMatchObject([{ doneOn: null, why: expect.stringContaining('le courrier ne se rend pas') }])
})

test('a step done on its day is in no report, and a day without lateness says nothing', async () => {
  const planned = await first()
  await liveOn(house, planned)
  expect(await catchUpReport(house.sql, planned)).toEqual([])
  expect(catchUpLines(day('2026-06-18'), [])).toEqual([])
})

test('a step that a suspension kept past its day is late because of it, and not for want of a tick', async () => {
  const planned = await first()
  const [{ id: caseId }] = await house.sql<[{ id: string }]>`select id from cases`
  const hold = { caseId, cause: 'decision', reason: 'Une pièce manque.' } as const
  await placeHold(
    house.sql,
    house.office.random,
    planned.add({ days: 1 }),
    { ...hold, reviewOn: planned.add({ days: 30 }) },
    'test',
  )
  const back = planned.add({ days: 5 })
  await releaseHold(house.sql, back, { ...hold, reason: 'La pièce est là.' }, 'test')
  await liveOn(house, back)
  const [summary, detail] = catchUpLines(back, await catchUpReport(house.sql, back))
  expect(summary).toMatch(/une étape en retard reprise, de 1 jour au plus\.$/)
  expect(detail).toContain(`Le dossier était suspendu jusqu’au ${dayFr(back)}.`)
})

test('whoever runs again on the same day tells no lateness that was told before', async () => {
  const back = (await first()).add({ days: 5 })
  const run = async () => {
    const takenUp = await watchCatchUp(house.sql, back)
    await liveOn(house, back)
    return (await takenUp()).map(({ step }) => step)
  }
  expect(await run()).toEqual(['cordiale'])
  expect(await run()).toEqual([])
})

test('a day lived beside a worker on another day is over before the next begins, and nothing of it is late', async () => {
  const planned = await first()
  const worker = await startWorker(house.office, house.url, { today: () => planned.subtract({ days: 30 }) })
  try {
    await tick(house.sql, planned)
    await drainWithOthers(house.office, house.url)
    const done = await house.sql`select key from steps where done_on = ${planned}`
    expect(done.map(({ key }) => key)).toEqual(['cordiale'])
    const sent = await house.sql`select 1 from dispatches where state = 'sent' and sent_on = ${planned}`
    expect(sent).toHaveLength(1)
    const next = planned.add({ days: 1 })
    const takenUp = await watchCatchUp(house.sql, next)
    await tick(house.sql, next)
    await drainWithOthers(house.office, house.url)
    expect(await takenUp()).toEqual([])
  } finally {
    await worker.stop()
  }
})
