import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  easter,
  holiday,
  isBusinessDay,
  isWorkingDay,
  nextBusinessDay,
  nextWorkingDay,
  parseZone,
  zones,
} from '../procedures/law/calendar.ts'
import { deadline, durationFr, parseDuration } from '../procedures/law/deadline.ts'
import { parseDay } from '../schema/days.ts'
import { DomainError } from '../schema/errors.ts'
import { parseYaml } from '../schema/validate.ts'

interface Case {
  id: string
  from: string
  duration: string
  rule?: 'procedure' | 'prescription'
  zone?: string
  raw: string
  expires: string
  about: string
}
const file = new URL('./cases/deadlines.yaml', import.meta.url)
const cases = parseYaml(readFileSync(file, 'utf8'), 'deadlines.yaml') as Case[]

describe('a time limit', () => {
  test.each(cases)(
    '$id: $duration from $from ends on $expires ($about)',
    ({ from, duration, rule, zone, raw, expires }) => {
      const found = deadline({
        from: parseDay(from),
        duration: parseDuration(duration),
        zone: parseZone(zone ?? 'metropole'),
        ...(rule ? { rule } : {}),
      })
      expect([found.raw.toString(), found.expires.toString()]).toEqual([raw, expires])
      expect(found.why.join(' ')).toMatch(
        rule === 'prescription' ? /2228 et 2229/ : /article 640.*article 641.*article 642/s,
      )
    },
  )

  test('names the holiday it skips', () => {
    const found = deadline({ from: parseDay('2026-02-14'), duration: parseDuration('3m') })
    expect(found.why.join(' ')).toContain('Ascension')
  })

  const days = fc.integer({ min: 0, max: 40_000 }).map((n) => parseDay('1990-01-01').add({ days: n }))
  const durations = fc
    .record({
      years: fc.integer({ min: 0, max: 10 }),
      months: fc.integer({ min: 0, max: 30 }),
      days: fc.integer({ min: 0, max: 90 }),
    })
    .filter(({ years, months, days: d }) => years + months + d > 0)

  test('never ends on a closed day, in any zone, nor later than the first open day', () => {
    fc.assert(
      fc.property(days, durations, fc.constantFrom(...zones), (from, duration, zone) => {
        const { raw, expires } = deadline({ from, duration, zone })
        expect(isBusinessDay(expires, zone)).toBe(true)
        for (let day = raw; !day.equals(expires); day = day.add({ days: 1 }))
          expect(isBusinessDay(day, zone)).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test('ends later or on the same day when it starts later', () => {
    fc.assert(
      fc.property(days, durations, fc.integer({ min: 0, max: 400 }), (from, duration, more) => {
        const [a, b] = [from, from.add({ days: more })].map((day) => deadline({ from: day, duration }).expires)
        expect(Temporal.PlainDate.compare(a!, b!)).toBeLessThanOrEqual(0)
      }),
      { numRuns: 300 },
    )
  })

  test('reads the durations of the law and refuses the rest', () => {
    expect(parseDuration('1m15d')).toEqual(parseDuration('P1M15D'))
    expect(durationFr(parseDuration('1m15d'))).toBe('1\u00a0mois et 15\u00a0jours')
    for (const text of ['', 'P', '8', '0d', '-1d', '1.5m', '8d1m', '1h', '9999y', 'd']) {
      expect(() => parseDuration(text)).toThrow(DomainError)
    }
  })
})

describe('the calendar', () => {
  test('knows Easter', () => {
    const known = ['2024-03-31', '2025-04-20', '2026-04-05', '2027-03-28', '2028-04-16', '2029-04-01', '2030-04-21']
    expect(known.map((day) => easter(Number(day.slice(0, 4))).toString())).toEqual(known)
  })

  test('has eleven holidays in metropolitan France', () => {
    const year = Array.from({ length: 365 }, (_, i) => parseDay('2026-01-01').add({ days: i }))
    expect(year.map((day) => holiday(day)).filter(Boolean)).toHaveLength(11)
    expect(year.map((day) => holiday(day, 'alsace-moselle')).filter(Boolean)).toHaveLength(13)
    expect(holiday(parseDay('2026-12-20'), 'reunion')).toBe('abolition de l’esclavage')
    expect(holiday(parseDay('2026-06-26'), 'madagascar')).toBe('fête nationale malgache')
    expect(holiday(parseDay('2026-07-14'), 'madagascar')).toBeNull()
  })

  test('tells Saturdays from working days and moves to the next open one', () => {
    const saturday = parseDay('2026-11-21')
    expect([isWorkingDay(saturday), isBusinessDay(saturday)]).toEqual([true, false])
    expect(nextWorkingDay(parseDay('2026-11-22')).toString()).toBe('2026-11-23')
    expect(nextBusinessDay(saturday).toString()).toBe('2026-11-23')
    expect(nextBusinessDay(parseDay('2026-11-23')).toString()).toBe('2026-11-23')
  })

  test('refuses a zone it does not know', () => {
    expect(() => parseZone('Berlin')).toThrow(DomainError)
  })
})
