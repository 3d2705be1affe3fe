import { before, dayFr, serial, type Day } from '../../schema/days.ts'
import { DomainError, type Doubt } from '../../schema/errors.ts'
import { parsePercent, percentFr, type Claim, type Percent, type RateStep } from './claim.ts'
import { addDuration, parseDuration } from './deadline.ts'
import { findEntry, legalValue, type LegalValue } from './values.ts'

/** Consecutive days at one rate, both ends included. */
export interface RateSpan {
  from: Day
  to: Day
  percent: Percent
  why: string
  doubts: Doubt[]
}

interface RateToday {
  percent: Percent
  why: string
  doubts: Doubt[]
  /** Last day on which nothing in it changes; null = no end known. */
  until: Day | null
}

/**
 * The rate from `day` on, for as long as nothing in it changes and until `end` at most. Rates of the law change where
 * the law cuts them (each semester). DomainError `no_legal_value` or `no_rate` for a day without a rate.
 */
export function rateSpan(claim: Claim, day: Day, end: Day): RateSpan {
  const { until, percent, why, doubts } = rateOn(claim, day)
  return { from: day, to: until === null || before(end, until) ? end : until, percent, why, doubts }
}

/** The rate of a public buyer: that of the semester in which lateness began, for the whole of it (CCP R. 2192-31). */
export function publicRate(claim: Claim, firstDay: Day, end: Day): RateSpan {
  const span = { from: firstDay, to: end }
  if (claim.rates) return { ...span, ...suppliedRate(claim.rates, firstDay) }
  const ecb = legalValue('taux-bce', firstDay)
  const points = legalValue('penalites-points-public', firstDay)
  const base = parsePercent(ecb.value)
  return {
    ...span,
    percent: base + parsePercent(points.value),
    why: `Taux BCE de ${percentFr(base)} au début du retard + ${points.value} points (${points.article})`,
    doubts: doubtsOf(ecb, points),
  }
}

/** Says when an agreed rate between professionals is under three times the legal rate, without changing it. */
export function floorDoubts(claim: Claim, spans: RateSpan[]): Doubt[] {
  for (const span of spans) {
    for (let day = span.from; Temporal.PlainDate.compare(day, span.to) <= 0;) {
      const floor = floorOn(claim, day, false)
      if (!floor) break
      if (span.percent < floor.percent) {
        const message =
          `Le taux convenu de ${percentFr(span.percent)} est inférieur à trois fois le taux de l’intérêt légal ` +
          `(${percentFr(floor.percent)} au ${dayFr(day)}), minimum de l’article L. 441-10, II du code de commerce.`
        return [{ code: 'rate_under_floor', message }, ...floor.doubts]
      }
      if (floor.until === null) break
      day = floor.until.add({ days: 1 })
    }
  }
  return []
}

function rateOn(claim: Claim, day: Day): RateToday {
  switch (claim.rate.kind) {
    case 'contract':
      return contractRate(claim, day)
    case 'legal':
      return legalRate(claim, day)
    default:
      return lateRate(claim, day)
  }
}

function contractRate(claim: Claim, day: Day): RateToday {
  const rate = claim.rate as Extract<Claim['rate'], { kind: 'contract' }>
  const step = 'steps' in rate ? stepOn(rate.steps, day) : { percent: rate.percent, until: null, source: undefined }
  const why =
    step.source === undefined
      ? `Taux ${claim.awarded ? 'alloué' : 'convenu'} de ${percentFr(step.percent)}`
      : `Taux de ${percentFr(step.percent)}, ${step.source}`
  const agreed = {
    percent: step.percent,
    until: step.until,
    why,
    doubts: step.source === undefined ? [] : [byHand(why)],
  }
  const floor = claim.floor === 'l441-10' && claim.debtor === 'business' ? floorOn(claim, day, true) : null
  if (!floor) return agreed
  return { ...(floor.percent > step.percent ? floor : agreed), until: earliest(step.until, floor.until) }
}

/** Three times the legal rate; null where our tables do not go back that far, unless they must. */
function floorOn(claim: Claim, day: Day, needed: boolean): RateToday | null {
  if (!needed && (!findEntry('penalites-plancher', day) || !(claim.rates || findEntry('interet-legal', day, 'autres'))))
    return null
  // Before a given table begins, the floor cannot be told: nothing is said rather than a refusal.
  if (!needed && claim.rates && before(day, claim.rates[0]!.from)) return null
  const multiple = legalValue('penalites-plancher', day)
  const base = baseLegalRate(claim, day, 'autres')
  return {
    percent: base.percent * BigInt(multiple.value),
    why: `Minimum de trois fois le taux de l’intérêt légal, ${percentFr(base.percent)} (${multiple.article})`,
    doubts: [...base.doubts, ...doubtsOf(multiple)],
    until: earliest(base.until, multiple.to),
  }
}

function legalRate(claim: Claim, day: Day): RateToday {
  const base = baseLegalRate(claim, day, claim.creditor)
  const rate = claim.rate as Extract<Claim['rate'], { kind: 'legal' }>
  if (rate.enforceableOn === undefined) return base
  const delay = legalValue('interet-majore-delai', rate.enforceableOn)
  const raisedFrom = increaseFrom(rate.enforceableOn)
  const lastPlainDay = raisedFrom.subtract({ days: 1 })
  if (Temporal.PlainDate.compare(day, lastPlainDay) <= 0) return { ...base, until: earliest(base.until, lastPlainDay) }
  const points = legalValue('interet-majore-points', day)
  return {
    percent: base.percent + parsePercent(points.value),
    why: `${base.why}, majoré de ${points.value} points depuis le ${dayFr(raisedFrom)}, décision exécutoire le ${dayFr(rate.enforceableOn)} (${points.article})`,
    doubts: [...base.doubts, ...doubtsOf(delay, points)],
    until: earliest(base.until, points.to),
  }
}

/** CMF L. 313-3: the first day at the higher rate, after the two months, without extension over a week-end. */
export const increaseFrom = (enforceableOn: Day): Day =>
  addDuration(enforceableOn, parseDuration(legalValue('interet-majore-delai', enforceableOn).value)).add({ days: 1 })

function baseLegalRate(claim: Claim, day: Day, creditor: Claim['creditor']): RateToday {
  if (claim.rates) {
    const step = stepOn(claim.rates, day)
    return { ...step, why: `Taux de l’intérêt légal fourni, ${percentFr(step.percent)}`, doubts: [] }
  }
  const law = legalValue('interet-legal', day, creditor)
  const percent = parsePercent(law.value)
  return {
    percent,
    why: `Taux de l’intérêt légal, créancier «\u00a0${creditor}\u00a0», ${percentFr(percent)} (${law.article})`,
    doubts: doubtsOf(law),
    until: law.to,
  }
}

// One a semester, for good: the same few rates are asked for by every ledger there is.
const lateRates: { first: number; last: number; rate: RateToday }[] = []

function lateRate(claim: Claim, day: Day): RateToday {
  if (claim.rates) return suppliedRate(claim.rates, day)
  const number = serial(day)
  const kept = lateRates.find(({ first, last }) => first <= number && number <= last)
  if (kept) return kept.rate
  const ecb = legalValue('taux-bce', day)
  const points = legalValue('penalites-points', day)
  const base = parsePercent(ecb.value)
  const rate = {
    percent: base + parsePercent(points.value),
    why: `Taux BCE de ${percentFr(base)} + ${points.value} points (${points.article})`,
    doubts: doubtsOf(ecb, points),
    until: earliest(ecb.to, points.to),
  }
  const last = rate.until === null ? Infinity : serial(rate.until)
  lateRates.push({ first: Math.max(serial(ecb.from), serial(points.from)), last, rate })
  return rate
}

function suppliedRate(rates: RateStep[], day: Day): RateToday {
  const step = stepOn(rates, day)
  return { ...step, why: `Taux de pénalités fourni, ${percentFr(step.percent)}`, doubts: [] }
}

/** What a person entered is only as good as its source. */
const byHand = (why: string): Doubt => ({ code: 'rate_by_hand', message: `${why}\u00a0: saisi à la main, à vérifier.` })

function stepOn(steps: RateStep[], day: Day): { percent: Percent; until: Day | null; source: string | undefined } {
  const next = steps.findIndex((step) => before(day, step.from))
  const step = next === -1 ? steps.at(-1) : steps[next - 1]
  if (step) {
    const until = next === -1 ? null : steps[next]!.from.subtract({ days: 1 })
    return { percent: step.percent, until, source: step.source }
  }
  throw new DomainError('no_rate', `Aucun taux n'est donné pour le ${dayFr(day)} (${day}).`, {
    remedy: 'Ajoutez une première ligne qui commence ce jour-là ou avant.',
    facts: { day: day.toString() },
  })
}

const doubtsOf = (...values: (LegalValue | null)[]): Doubt[] => values.flatMap((value) => value?.doubt ?? [])

function earliest(a: Day | null, b: Day | null): Day | null {
  if (a === null || b === null) return a ?? b
  return before(a, b) ? a : b
}
