/** @module-tag fault */
import { afterEach, expect, test } from 'vitest'
import { tick } from '../procedures/amicable/tick.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { useDatabase } from './database.ts'
import {
  bringDatabaseBack,
  closeHouse,
  comesBackTo,
  counts,
  events,
  idle,
  killAll,
  nothingLostNorTwice,
  openDebts,
  openHouse,
  patience,
  says,
  seed,
  seededChance,
  start,
  startApi,
  takeDatabase,
} from './faults.ts'
import { day } from './house.ts'

const on = day('2026-06-11')
const howMany = 12
const elsewhere = useDatabase()
afterEach(killAll)

test('a database that is gone for a while in the middle of the letters loses none and doubles none', async () => {
  const below = seededChance()
  const house = await openHouse()
  try {
    const worker = start('./setup/worker-child.ts', [house.url, house.dir], {}, 'ignore')
    const api = startApi(house.dir, on)
    const [[, ready]] = await Promise.all([says(api, /(http:\S+\/ready)[^]*GraphQL/), says(worker, /working/)])
    await openDebts(house, on, howMany)
    const middle = events(house.sql, 1 + below(10))
    await tick(house.sql, on)
    await middle
    const { url } = house
    await takeDatabase(house, (['SIGQUIT', 'SIGINT', 'SIGKILL'] as const)[below(3)]!)
    const status = () =>
      fetch(ready!, { signal: AbortSignal.timeout(5_000) }).then(
        (answer) => answer.status,
        () => null,
      )
    await expect.poll(status, { timeout: patience }).toBe(503)
    // A minute and more where there is time, asked of another server.
    await elsewhere.sql`select pg_sleep(${seed === undefined ? 1 : 60 + below(15)})`
    expect(await status()).toBe(503)

    // Neither is begun anew by anybody: both go on where they were.
    await bringDatabaseBack(house)
    expect((await counts(house.sql)).done).toBeLessThan(howMany)
    comesBackTo(url, house.url)
    await expect.poll(status, { timeout: patience }).toBe(200)
    await idle(house.sql)
    expect(await counts(house.sql)).toEqual({ done: howMany, documents: howMany * 2, jobs: 0 })
    await nothingLostNorTwice(house.sql, house.dir)
    expect((await examine(house.office, on)).map(({ code }) => code)).toEqual([])
    expect([worker, api].map((child) => child.exitCode ?? child.signalCode)).toEqual([null, null])
  } finally {
    await closeHouse(house)
  }
}, 300_000)
