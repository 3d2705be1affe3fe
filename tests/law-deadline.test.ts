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
import { loadProcedure } from '../procedures/judicial/engine/procedure.ts'
import { stepDeadlines } from '../procedures/judicial/engine/time-limits.ts'
import { deadline, durationFr, parseDuration } from '../procedures/law/deadline.ts'
import { distance } from '../procedures/law/distance.ts'
import { before, compareDays, dayFr, dayOf, daysBetween, parseDay, sameDay, serial, weekdayFr } from '../schema/days.ts'
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

const days = fc.integer({ min: 0, max: 40_000 }).map((n) => parseDay('1990-01-01').add({ days: n }))

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

  test('ends earlier for a later order on one day only, the one on which the law changed', () => {
    // An order of 31 August 2026 has six months, one of 1 September three: the law itself is not monotone there.
    const order = loadProcedure('injonction-de-payer')
    const first = serial(parseDay('2026-01-01'))
    const expiries = Array.from({ length: 500 }, (_, i) => {
      const on = dayOf(first + i)
      return { on, expires: stepDeadlines(order, [{ step: 'ordonnance', on }])[0]!.expires }
    })
    const earlier = expiries.filter(({ expires }, i) => i > 0 && before(expires, expiries[i - 1]!.expires))
    expect(earlier.map(({ on }) => on.toString())).toEqual(['2026-09-01'])
  })

  test('counts years and months before days, and never past the end of the last month', () => {
    fc.assert(
      fc.property(days, durations, (from, duration) => {
        const month = from.year * 12 + from.month - 1 + duration.years * 12 + duration.months
        const [year, inYear] = [Math.floor(month / 12), (month % 12) + 1]
        const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
        const length = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][inYear - 1]!
        const monthsOnly = Temporal.PlainDate.from({ year, month: inYear, day: Math.min(from.day, length) })
        const { raw } = deadline({ from, duration, rule: 'prescription' })
        expect(serial(raw)).toBe(serial(monthsOnly) + duration.days)
      }),
      { numRuns: 300 },
    )
  })

  test('says in its reasons the very days it gives', () => {
    fc.assert(
      fc.property(days, durations, fc.constantFrom(...zones), (from, duration, zone) => {
        const { raw, expires, why } = deadline({ from, duration, zone })
        expect(why[0]).toContain(durationFr(duration))
        expect(why[0]).toContain(dayFr(from))
        expect(why.at(-1)).toContain(weekdayFr(expires))
        expect(why.slice(1, -1).join(' ')).toContain(dayFr(raw))
        const extended = why.filter((sentence) => sentence.includes('prorogé'))
        expect(extended).toHaveLength(daysBetween(raw, expires))
        for (const [i, sentence] of extended.entries()) expect(sentence).toContain(weekdayFr(raw.add({ days: i })))
      }),
      { numRuns: 300 },
    )
  })

  test('never rolls over when it is a prescription, and is never shorter as a time limit of procedure', () => {
    fc.assert(
      fc.property(days, durations, fc.constantFrom(...zones), (from, duration, zone) => {
        const substantive = deadline({ from, duration, zone, rule: 'prescription' })
        expect(sameDay(substantive.expires, substantive.raw)).toBe(true)
        expect(before(deadline({ from, duration, zone }).expires, substantive.expires)).toBe(false)
      }),
      { numRuns: 200 },
    )
  })

  test('counted backwards ends on an open day, at least as long before, and is to be checked', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: 1, max: 90 }), fc.constantFrom(...zones), (hearing, length, zone) => {
        const duration = { years: 0, months: 0, days: length }
        const back = deadline({ from: hearing, duration, zone, counting: 'backwards' })
        expect(isBusinessDay(back.expires, zone)).toBe(true)
        expect(daysBetween(back.raw, hearing)).toBe(length)
        expect(daysBetween(back.expires, hearing)).toBeGreaterThanOrEqual(length)
        expect(back.doubts.map((doubt) => doubt.code)).toEqual(['retroactive_deadline'])
        // There and back: as many days forward from where counting alone led is the hearing again.
        expect(sameDay(deadline({ from: back.raw, duration, rule: 'prescription' }).expires, hearing)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test('in working days counts neither Sundays nor holidays', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: 1, max: 40 }), fc.constantFrom(...zones), (from, length, zone) => {
        const { expires } = deadline({
          from,
          duration: { years: 0, months: 0, days: length },
          zone,
          counting: 'working_days',
        })
        const between = Array.from({ length: daysBetween(from, expires) }, (_, i) => from.add({ days: i + 1 }))
        expect(between.filter((day) => isWorkingDay(day, zone))).toHaveLength(length)
        expect(isWorkingDay(expires, zone)).toBe(true)
      }),
      { numRuns: 100 },
    )
  })

  test('is never shortened by distance', () => {
    const places = fc.constantFrom('metropole', 'reunion', 'guadeloupe', 'nouvelle-caledonie', 'outre-mer', 'etranger')
    fc.assert(
      fc.property(days, fc.constantFrom(...zones), places, (on, court, residence) => {
        const { added } = distance({ court, residence, on })
        const near = { years: 0, months: 1, days: 0 }
        const far = { ...near, months: near.months + (added?.months ?? 0) }
        const [a, b] = [near, far].map((duration) => deadline({ from: on, duration, zone: court }).expires)
        expect(before(b!, a!)).toBe(false)
        expect([0, 1, 2]).toContain(added?.months ?? 0)
      }),
      { numRuns: 200 },
    )
  })

  test('says when it hangs on a holiday that nobody confirmed, or that some towns do not have', () => {
    const doubts = (from: string, zone: string) =>
      deadline({ from: parseDay(from), duration: parseDuration('1m'), zone: parseZone(zone) }).doubts.map(
        (doubt) => doubt.message,
      )
    expect(doubts('2026-02-14', 'metropole')).toEqual([])
    expect(doubts('2026-03-03', 'alsace-moselle').join(' ')).toMatch(/Vendredi saint.*temple protestant/)
    expect(doubts('2026-05-10', 'guyane').join(' ')).toContain('abolition de l’esclavage')
    expect(doubts('2026-05-10', 'madagascar').join(' ')).toContain('droit malgache')
  })

  test('is refused for a day that is a slip of the pen', () => {
    for (const from of ['9999-12-31', '0001-01-01', '1899-12-31', '2200-01-01']) {
      for (const rule of ['procedure', 'prescription'] as const) {
        expect(() => deadline({ from: parseDay(from), duration: parseDuration('1m'), rule })).toThrow(
          /hors du calendrier/,
        )
      }
    }
    expect(deadline({ from: parseDay('2199-12-31'), duration: parseDuration('100y') }).expires.year).toBe(2300)
  })

  test('reads back the durations that it writes', () => {
    fc.assert(
      fc.property(durations, ({ years, months, days: d }) => {
        const text = `${years ? `${years}y` : ''}${months ? `${months}m` : ''}${d ? `${d}d` : ''}`
        expect(parseDuration(text)).toEqual({ years, months, days: d })
        expect(parseDuration(`P${text.toUpperCase()}`)).toEqual({ years, months, days: d })
      }),
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
  test('has Easter where another reckoning has it, for three centuries', () => {
    for (let year = 1900; year < 2200; year++) expect(easter(year).toString()).toBe(gauss(year))
  })

  test('numbers the days one after the other, and gives each back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -900_000, max: 900_000 }), (number) => {
        const day = parseDay('1970-01-01').add({ days: number })
        expect(serial(day)).toBe(number)
        expect(dayOf(number).equals(day)).toBe(true)
      }),
    )
  })

  test('compares days as they follow each other', () => {
    fc.assert(
      fc.property(days, days, (a, b) => {
        expect(Math.sign(compareDays(a, b))).toBe(Temporal.PlainDate.compare(a, b))
        expect(daysBetween(a, b)).toBe(a.until(b, { largestUnit: 'day' }).days)
      }),
    )
  })

  test('names its holidays, each zone its own', () => {
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

/** Easter by Gauss’s method, as corrected in 1816: nothing in common with the house’s. */
function gauss(year: number): string {
  const century = Math.floor(year / 100)
  const shift = century - Math.floor(century / 4) - Math.floor((13 + 8 * century) / 25) + 15
  const moon = (19 * (year % 19) + shift) % 30
  const week = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + ((4 + century - Math.floor(century / 4)) % 7)) % 7
  let day = 22 + moon + week
  if (moon === 29 && week === 6) day = 50
  if (moon === 28 && week === 6 && year % 19 > 10) day = 49
  return parseDay(`${year}-03-01`)
    .add({ days: day - 1 })
    .toString()
}
