import { expect, test } from 'vitest'
import { lookForOrphans } from '../api/cron.ts'
import { watchOrphans } from '../procedures/alarms.ts'
import { releaseHold } from '../procedures/cases/holds.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { day, fileOf, liveOn, openCase, ordinary, useHouse } from './house.ts'

const house = useHouse()
const opened = () =>
  openCase(house, {
    on: '2026-06-11',
    invoices: [ordinary()],
  })
const alarms = () =>
  house.sql<{ code: string; settledOn: string | null }[]>`
    select code, settled_on::text from alarms order by found_on, code`

test('a case with a next act alarms nobody', async () => {
  await opened()
  await liveOn(house, '2026-06-11')
  expect(await watchOrphans(house.sql, day('2026-06-12'))).toEqual([])
})

test('a case that waits for nothing alarms once, until something carries it on again', async () => {
  const caseId = await opened()
  await house.sql`update steps set skipped_on = '2026-06-12', skipped_why = 'essai'`
  const [alarm, ...others] = await watchOrphans(house.sql, day('2026-06-12'))
  expect(alarm).toMatchObject({ caseId, code: 'orphan', message: expect.stringContaining('n’attend plus rien') })
  expect(others).toEqual([])
  expect(await watchOrphans(house.sql, day('2026-06-13'))).toEqual([])
  await house.sql`update steps set skipped_on = null, skipped_why = null where key = 'judiciaire'`
  expect(await watchOrphans(house.sql, day('2026-06-13'))).toEqual([])
  expect(await alarms()).toEqual([{ code: 'orphan', settledOn: '2026-06-13' }])
  // Found again on a later night, it is a new alarm.
  await house.sql`update steps set skipped_on = '2026-06-14', skipped_why = 'essai'`
  expect(await watchOrphans(house.sql, day('2026-06-14'))).toHaveLength(1)
})

test('a hold whose day nobody looked at is no end: it alarms after two weeks, and a review settles it', async () => {
  const caseId = await opened()
  await house.sql`
    insert into holds (id, case_id, cause, reason, from_on, review_on, placed_by)
    values (gen_random_uuid(), ${caseId}, 'contestation', 'essai', '2026-06-11', '2026-06-20', 'test')`
  expect(await watchOrphans(house.sql, day('2026-07-04'))).toEqual([])
  const [alarm] = await watchOrphans(house.sql, day('2026-07-05'))
  expect(alarm).toMatchObject({ caseId, code: 'hold_overdue', message: expect.stringContaining('contestation') })
  expect((await examine(house.office, day('2026-07-05'))).map(({ code }) => code)).toContain('hold_overdue')
  await releaseHold(house.sql, day('2026-07-06'), { caseId, cause: 'contestation', reason: 'répondu' }, 'test')
  expect((await fileOf(house, caseId)).holds).toHaveLength(1)
  await liveOn(house, '2026-07-06')
  expect(await watchOrphans(house.sql, day('2026-07-06'))).toEqual([])
  expect(await alarms()).toEqual([{ code: 'hold_overdue', settledOn: '2026-07-06' }])
})

test('the nightly look says in the log what it found, and nothing when it found nothing new', async () => {
  const caseId = await opened()
  await house.sql`update steps set skipped_on = '2026-06-12', skipped_why = 'essai'`
  const said: unknown[] = []
  const clock = { today: () => day('2026-06-12'), now: () => Temporal.Instant.from('2026-06-12T03:20:00Z') }
  await lookForOrphans(house.sql, clock, (error) => said.push(error))
  await lookForOrphans(house.sql, clock, (error) => said.push(error))
  expect(said).toEqual([expect.objectContaining({ message: expect.stringContaining(`${caseId} orphan`) })])
})
