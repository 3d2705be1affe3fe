import { beforeEach, expect, test } from 'vitest'
import { gatherReadings, type Readings } from '../api/readings.ts'
import type { Sql } from '../schema/db.ts'
import { day, openCase, ordinary, useHouse } from './house.ts'

let caseId = ''
const house = useHouse(async (made) => {
  await openCase(made, { on: '2026-06-11', invoices: [ordinary()] })
})
let faults: unknown[] = []
beforeEach(async () => {
  faults = []
  caseId = (await house.sql<{ id: string }[]>`select id from cases`)[0]!.id
})

const read = (readings: Readings, on: string, reader = 'phone:Luc') =>
  readings.note({ caseId, onDay: day(on), reader, door: 'graphql' })
const kept = async () =>
  (
    await house.sql<
      { line: string }[]
    >`select on_day || ' ' || reader as line from case_readings order by on_day, reader`
  ).map(({ line }) => line)

test('who reads before and after midnight has read on both days', async () => {
  const readings = gatherReadings(house.sql, (error) => faults.push(error))
  read(readings, '2026-09-30')
  read(readings, '2026-10-01')
  await readings.flush()
  expect(await kept()).toEqual(['2026-09-30 phone:Luc', '2026-10-01 phone:Luc'])
  expect(faults).toEqual([])
})

test('a question that began before midnight and ends after another of the new day is kept too, each once', async () => {
  const readings = gatherReadings(house.sql, (error) => faults.push(error))
  for (const on of ['2026-10-01', '2026-09-30', '2026-10-01', '2026-09-30']) read(readings, on)
  await readings.flush()
  for (const on of ['2026-10-01', '2026-09-30']) read(readings, on, 'legal:Inès')
  read(readings, '2026-09-30')
  await readings.flush()
  expect(await kept()).toEqual([
    '2026-09-30 legal:Inès',
    '2026-09-30 phone:Luc',
    '2026-10-01 legal:Inès',
    '2026-10-01 phone:Luc',
  ])
  expect(faults).toEqual([])
})

test('what could not be written is written when it is read again', async () => {
  let isAway = true
  const sql = new Proxy(house.sql, {
    apply(target, self, args: unknown[]) {
      if (isAway) throw new Error('the database is away')
      return Reflect.apply(target as never, self, args) as unknown
    },
  }) as Sql
  const readings = gatherReadings(sql, (error) => faults.push(error))
  read(readings, '2026-09-30')
  await readings.flush()
  expect([await kept(), faults.length]).toEqual([[], 1])
  isAway = false
  read(readings, '2026-09-30')
  await readings.flush()
  expect(await kept()).toEqual(['2026-09-30 phone:Luc'])
})
