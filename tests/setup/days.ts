import { expect } from 'vitest'

/** A Temporal value has no property of its own: without this `toMatchObject` takes every day for any other. */
const kinds = [
  Temporal.PlainDate,
  Temporal.PlainDateTime,
  Temporal.PlainTime,
  Temporal.PlainYearMonth,
  Temporal.PlainMonthDay,
  Temporal.Instant,
  Temporal.ZonedDateTime,
  Temporal.Duration,
]

expect.addEqualityTesters([
  (a, b) => {
    const kind = kinds.find((each) => a instanceof each || b instanceof each)
    return kind && a instanceof kind && b instanceof kind ? String(a) === String(b) : kind && false
  },
])
