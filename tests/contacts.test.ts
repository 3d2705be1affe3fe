import { describe, expect, test } from 'vitest'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { callHours } from '../procedures/cases/exchanges/call-scripts.ts'
import { type Lately, nextContactDay } from '../procedures/cases/exchanges/contacts.ts'
import { atDebtors, debtorClock } from '../procedures/cases/exchanges/debtor-clock.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { day, done, fileOf, invoice, liveHolds, liveOn, liveUntil, openCase, planned, useHouse } from './house.ts'

const house = useHouse()
const lately = (kind: Lately['kind'], ...days: [string, 'ecrit' | 'appel' | 'visite'][]): Lately => ({
  zone: 'metropole',
  kind,
  contacts: days.map(([on, by]) => ({ on: day(on), by })),
})
const call = (caseId: string, on: string, calledAt: string | null = '10:20') =>
  recordCall(
    house.sql,
    house.office.random,
    day(on),
    { caseId, calledAt, direction: 'outgoing', person: null, outcome: 'sans-reponse', summary: 'messagerie' },
    'test',
  )

describe('the next approach', () => {
  test.each([
    ['is the same day when the week was quiet', lately('consumer'), 'ecrit', '2026-06-10', '2026-06-10'],
    [
      'waits until the first of three in a week is a week old, for a consumer',
      lately('consumer', ['2026-06-05', 'ecrit'], ['2026-06-08', 'appel'], ['2026-06-09', 'ecrit']),
      'ecrit',
      '2026-06-10',
      '2026-06-12',
    ],
    [
      'does not wait after three, for a business',
      lately('business', ['2026-06-05', 'ecrit'], ['2026-06-08', 'appel'], ['2026-06-09', 'ecrit']),
      'ecrit',
      '2026-06-10',
      '2026-06-10',
    ],
    [
      'by phone waits after two calls, for a consumer',
      lately('consumer', ['2026-06-05', 'appel'], ['2026-06-08', 'appel']),
      'appel',
      '2026-06-10',
      '2026-06-12',
    ],
    [
      'in writing does not wait for calls',
      lately('consumer', ['2026-06-05', 'appel'], ['2026-06-08', 'appel']),
      'ecrit',
      '2026-06-10',
      '2026-06-10',
    ],
    ['by phone is not on a Sunday', lately('business'), 'appel', '2026-06-14', '2026-06-15'],
    ['by a visit is not on a holiday', lately('business'), 'visite', '2026-07-14', '2026-07-15'],
    [
      'that a cap moves to a Sunday is on the Monday',
      lately('consumer', ['2026-06-07', 'appel'], ['2026-06-08', 'appel']),
      'appel',
      '2026-06-10',
      '2026-06-15',
    ],
  ] as const)('%s', (_what, week, by, on, next) => {
    expect(nextContactDay(week, by, day(on)).on.toString()).toBe(next)
  })
})

describe('a call to the debtor', () => {
  const opened = async () => {
    const caseId = await openCase(house, {
      on: '2026-06-11',
      invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })],
    })
    await liveOn(house, '2026-06-11')
    return caseId
  }

  test.each([
    ['too early', '2026-06-12', '08:59'],
    ['too late', '2026-06-12', '19:31'],
    ['on a Saturday afternoon', '2026-06-13', '14:00'],
  ])('%s is refused, with the hours', async (_what, on, at) => {
    const caseId = await opened()
    await expect(call(caseId, on, at)).rejects.toMatchObject({ code: 'call_out_of_hours' })
    await call(caseId, on, '10:00')
  })

  test('once too many in a week is refused, and allowed when the first is a week old', async () => {
    const caseId = await opened()
    for (const on of ['2026-06-12', '2026-06-13', '2026-06-15']) await call(caseId, on)
    await expect(call(caseId, '2026-06-18')).rejects.toMatchObject({
      code: 'contact_cap',
      facts: { from: '2026-06-19', days: 1 },
    })
    await call(caseId, '2026-06-19')
  })
})

describe('the clock of a debtor', () => {
  const at = (country: string, postalCode: string | null = null) => ({ lines: [], postalCode, city: null, country })

  test.each([
    ['of metropolitan France', at('FR', '69003'), 'metropole', ['Europe/Paris']],
    ['of La Réunion, by its postcode', at('FR', '97400'), 'metropole', ['Indian/Reunion']],
    ['of Guadeloupe, by its country', at('GP', '97100'), 'metropole', ['America/Guadeloupe']],
    ['of New Caledonia', at('FR', '98 800'), 'metropole', ['Pacific/Noumea']],
    ['of Belgium', at('BE', '1000'), 'metropole', ['Europe/Brussels']],
    ['without an address, by the calendar of its case', null, 'madagascar', ['Indian/Antananarivo']],
    ['whose country is none, by the calendar of its case', at('ZZ'), 'mayotte', ['Indian/Mayotte']],
  ] as const)('%s', (_what, address, zone, timeZones) => {
    expect(debtorClock(address, zone)).toEqual({ zone, timeZones })
  })

  test('is one of several where the country has several', () => {
    expect(debtorClock(at('US', '10001'), 'metropole').timeZones).toEqual(
      expect.arrayContaining(['America/New_York', 'America/Los_Angeles']),
    )
  })

  test.each([
    ['2026-06-12', '06:30', 'Indian/Reunion', '2026-06-12', '08:30'],
    ['2026-12-11', '06:30', 'Indian/Reunion', '2026-12-11', '09:30'],
    ['2026-06-12', '02:00', 'America/Guadeloupe', '2026-06-11', '20:00'],
    ['2026-06-12', '23:30', 'Pacific/Noumea', '2026-06-13', '08:30'],
    // The hour that the clocks of Paris show twice is the first of both, and the one that they skip the hour after it.
    ['2026-10-25', '02:30', 'Indian/Reunion', '2026-10-25', '04:30'],
    ['2027-03-28', '02:30', 'Indian/Reunion', '2027-03-28', '05:30'],
  ])('when Paris has %s %s, shows in %s %s %s', (on, time, timeZone, there, shows) => {
    expect(atDebtors(day(on), time, timeZone)).toEqual({ day: day(there), at: shows })
  })

  test('says when its hours are for whoever calls from elsewhere', () => {
    const hours = callHours(debtorClock(at('FR', '97100'), 'metropole'), day('2026-06-12'))!
    expect([hours.from, hours.until]).toEqual(['09:00', '19:30'])
    expect([hours.opensAt, hours.closesAt].map(String)).toEqual(['2026-06-12T13:00:00Z', '2026-06-12T23:30:00Z'])
  })
})

describe('a call to a debtor overseas', () => {
  const living = async (postalCode: string) => {
    const buyer = {
      name: 'Garage du Port',
      address: { lines: ['1 rue du Port'], postal_code: postalCode, city: 'Ville', country: 'FR' },
    }
    const caseId = await openCase(house, {
      on: '2026-06-11',
      invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10', buyer })],
    })
    await liveOn(house, '2026-06-11')
    return caseId
  }

  test('is judged by the hour where he lives: in La Réunion two hours ahead of Paris in summer, three in winter', async () => {
    const caseId = await living('97400')
    await expect(call(caseId, '2026-06-12', '06:30')).rejects.toMatchObject({ facts: { at: '08:30' } })
    await expect(call(caseId, '2026-06-12', '17:31')).rejects.toMatchObject({
      code: 'call_out_of_hours',
      message: 'Pas d’appel au débiteur à 19:31, heure de chez lui (17:31 à Paris)\u00a0: de 09:00 à 19:30 ce jour-là.',
    })
    await call(caseId, '2026-06-12', '07:00')
    await call(caseId, '2026-12-11', '06:30')
  })

  test('is judged by the day where he lives: in Nouméa it is Saturday, or Sunday, before Paris', async () => {
    const caseId = await living('98800')
    await expect(call(caseId, '2026-06-12', '23:30')).rejects.toMatchObject({ facts: { at: '08:30', to: '13:00' } })
    await expect(call(caseId, '2026-06-13', '23:30')).rejects.toMatchObject({ code: 'call_on_closed_day' })
    await call(caseId, '2026-06-13', '03:00')
  })

  test('without its hour is judged by its day alone, by the calendar of the case', async () => {
    const caseId = await living('97400')
    await expect(call(caseId, '2026-06-14', null)).rejects.toMatchObject({ code: 'call_on_closed_day' })
    await call(caseId, '2026-06-13', null)
  })
})

test('a step that comes once too often in a week moves with those after it, and is done on its new day', async () => {
  const caseId = await openCase(house, {
    on: '2026-06-11',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })],
    kind: 'consumer',
    debtor: { name: 'Anne Petit' },
  })
  await liveUntil(house, '2026-06-11', '2026-06-18')
  expect(planned(await fileOf(house, caseId)).slice(0, 2)).toEqual(['appel 2026-06-19', 'demeure.prevenir 2026-06-22'])
  await call(caseId, '2026-06-15')
  await call(caseId, '2026-06-17')
  await liveOn(house, '2026-06-19')
  const moved = await fileOf(house, caseId)
  expect(done(moved)).toEqual(['cordiale 2026-06-11'])
  // The call of the 15th is a week old on Monday the 22nd; what follows moves by as much, and over a Sunday.
  expect(planned(moved).slice(0, 2)).toEqual(['appel 2026-06-22', 'demeure.prevenir 2026-06-25'])
  expect(liveHolds(moved)).toEqual([])
  expect(await examine(house.office, day('2026-06-20'))).toEqual([])
  await liveUntil(house, '2026-06-20', '2026-06-22')
  expect(done(await fileOf(house, caseId)).at(-1)).toBe('appel 2026-06-22')
  const [event] = await house.sql<
    { detail: { why: string } }[]
  >`select detail from events where kind = 'step_postponed' order by id desc limit 1`
  expect(event!.detail.why).toContain('2 appels en sept jours')
})
