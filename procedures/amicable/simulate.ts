import { after, before, type Day, dayFr, daysBetween, latest } from '../../schema/days.ts'
import { DomainError } from '../../schema/errors.ts'
import { parseAmount } from '../../schema/money.ts'
import { readYaml } from '../../schema/validate.ts'
import { contactBy, isApproach, type Lately, nextContactDay, ofWeek } from '../cases/exchanges/contacts.ts'
import { closureWait } from '../cases/creditor-closures.ts'
import { nextWorkingDay } from '../law/calendar.ts'
import { wishedChannel } from './channel.ts'
import { type Standing, underScenario, whyUnsuited } from './change.ts'
import type { PortfolioCase } from './portfolio.ts'
import { followedScenario, forDebtor, type Scenario, type ScenarioStep } from './scenario.ts'
import { offsetOf } from './scenario-check.ts'

export const channels = ['lettre', 'lrar', 'email', 'sms', 'appel', 'visite', 'action'] as const
export type SimulatedChannel = (typeof channels)[number]
/** How many of each, and what they cost in cents. */
export type Load = Record<SimulatedChannel, number> & { cost: bigint }

export interface Simulation {
  scenario: string
  from: Day
  until: Day
  currency: string
  /** `unread`: those with a step to do that their own scenario no longer says, its file gone or changed; it will wait for a person. */
  cases: { open: number; moved: number; unsuited: number; waiting: number; unread: number }
  /** One line a day, under the scenario simulated and under those of today. */
  byDay: { day: Day; simulated: Load; today: Load }[]
  totals: { simulated: Load; today: Load }
  /** Cases whose last step comes before prescription, and those that it would overtake. */
  deadlines: { met: number; missed: number; today: { met: number; missed: number }; late: string[] }
  /** Cases that would be left with nothing to wait for, with the day: the first hundred. */
  orphans: { count: number; today: number; first: { case: string; on: Day; why: string }[] }
  /** Letters and scripts by id, and the cases that would have more or fewer of them than today. */
  texts: { letter: string; simulated: number; today: number; cases: number }[]
}

interface Prices {
  devise: string
  prix: { canal: SimulatedChannel; du: string; prix: string; source: string; confirme: string }[]
}

export const loadPrices = (path: string | URL = new URL('./prices/maison.yaml', import.meta.url)): Prices =>
  readYaml<Prices>(path, 'prices')

const listed = 100
const nothing = (): Load => ({ lettre: 0, lrar: 0, email: 0, sms: 0, appel: 0, visite: 0, action: 0, cost: 0n })

/**
 * Flies a scenario over a portfolio on a virtual clock: nobody pays, promises or answers, and nothing is written or sent.
 * Each case is taken once, in time that does not depend on the others. `days` counts from `from`, that day included.
 */
export async function simulate(
  portfolio: AsyncIterable<PortfolioCase[]> | Iterable<PortfolioCase[]>,
  scenario: Scenario,
  from: Day,
  days: number,
  prices: Prices = loadPrices(),
): Promise<Simulation> {
  if (!Number.isInteger(days) || days < 1 || days > 730) {
    throw new DomainError('bad_horizon', `Une simulation dure de 1 à 730 jours (reçu : ${days}).`, {
      remedy: 'Donnez un nombre entier de jours, par exemple 90.',
    })
  }
  const flight = new Flight(scenario, from, days, prices)
  for await (const cases of portfolio) for (const each of cases) flight.take(each)
  return flight.landed()
}

type Canal = NonNullable<ScenarioStep['canal']>

interface Act {
  on: Day
  channel: SimulatedChannel
  letter: string | null
}

/** What happens to one case: the approaches within the horizon, and how it ends. */
interface Course {
  acts: Act[]
  lastOn: Day | null
  isBarred: boolean
  orphan: { on: Day; why: string } | null
}

class Flight {
  readonly #scenario: Scenario
  readonly #from: Day
  readonly #until: Day
  readonly #lines: { day: Day; simulated: Load; today: Load }[]
  readonly #priceOf: (channel: SimulatedChannel, on: Day) => bigint
  readonly #currency: string
  #isAsShipped: boolean | undefined
  readonly #cases = { open: 0, moved: 0, unsuited: 0, waiting: 0, unread: 0 }
  readonly #texts = new Map<string, { simulated: number; today: number; cases: number }>()
  readonly #deadlines: Simulation['deadlines'] = { met: 0, missed: 0, today: { met: 0, missed: 0 }, late: [] }
  readonly #orphans: Simulation['orphans'] = { count: 0, today: 0, first: [] }

  constructor(scenario: Scenario, from: Day, days: number, prices: Prices) {
    this.#scenario = scenario
    this.#from = from
    this.#until = from.add({ days: days - 1 })
    this.#lines = Array.from({ length: days }, (_, i) => ({
      day: from.add({ days: i }),
      simulated: nothing(),
      today: nothing(),
    }))
    this.#priceOf = priceList(prices)
    this.#currency = prices.devise
  }

  take(each: PortfolioCase): void {
    this.#cases.open++
    if (each.isStopped || each.releaseOn === null) this.#cases.waiting++
    const [steps, ruleOf] = [today(each), rulesOf(each, null)]
    if (steps.some(({ key }) => !ruleOf(key))) this.#cases.unread++
    const now = this.#run(each, steps, ruleOf)
    const isSuited = whyUnsuited(this.#scenario, each.timeline) === null
    if (isSuited) this.#cases.moved++
    else this.#cases.unsuited++
    const then =
      isSuited && !this.#follows(each)
        ? this.#run(
            each,
            underScenario(this.#scenario, each.timeline, this.#from).filter((step) => step.skippedWhy === null),
            rulesOf(each, this.#scenario),
          )
        : now
    this.#count(then, 'simulated')
    this.#count(now, 'today')
    if (then !== now) this.#compare(then, now)
    this.#judge(each, then, now)
  }

  /** The case has this very scenario already: its own days stand, with whatever a person changed in them. */
  #follows({ scenario }: PortfolioCase): boolean {
    return (
      scenario === this.#scenario.id &&
      (this.#isAsShipped ??= JSON.stringify(followedScenario(scenario)) === JSON.stringify(this.#scenario))
    )
  }

  landed(): Simulation {
    const total = (side: 'simulated' | 'today') => this.#lines.reduce((sum, line) => add(sum, line[side]), nothing())
    return {
      scenario: this.#scenario.id,
      from: this.#from,
      until: this.#until,
      currency: this.#currency,
      cases: this.#cases,
      byDay: this.#lines,
      totals: { simulated: total('simulated'), today: total('today') },
      deadlines: this.#deadlines,
      orphans: this.#orphans,
      texts: [...this.#texts]
        .filter(([, count]) => count.cases > 0)
        .map(([letter, count]) => ({ letter, ...count }))
        .toSorted((a, b) => (a.letter < b.letter ? -1 : 1)),
    }
  }

  #count({ acts }: Course, side: 'simulated' | 'today'): void {
    for (const { on, channel, letter } of acts) {
      const load = this.#lines[daysBetween(this.#from, on)]![side]
      load[channel]++
      load.cost += this.#priceOf(channel, on)
      if (letter === null) continue
      const text = this.#texts.get(letter) ?? { simulated: 0, today: 0, cases: 0 }
      text[side]++
      this.#texts.set(letter, text)
    }
  }

  #compare(then: Course, now: Course): void {
    const more = new Map<string, number>()
    for (const { letter } of then.acts) if (letter) more.set(letter, (more.get(letter) ?? 0) + 1)
    for (const { letter } of now.acts) if (letter) more.set(letter, (more.get(letter) ?? 0) - 1)
    for (const [letter, count] of more) if (count !== 0) this.#texts.get(letter)!.cases++
  }

  #judge({ number }: PortfolioCase, then: Course, now: Course): void {
    if (then.lastOn !== null || then.isBarred) this.#deadlines[then.isBarred ? 'missed' : 'met']++
    if (now.lastOn !== null || now.isBarred) this.#deadlines.today[now.isBarred ? 'missed' : 'met']++
    if (then.isBarred && this.#deadlines.late.length < listed) this.#deadlines.late.push(number)
    if (now.orphan) this.#orphans.today++
    if (!then.orphan) return
    this.#orphans.count++
    if (this.#orphans.first.length < listed) this.#orphans.first.push({ case: number, ...then.orphan })
  }

  /** The same order of things as the tick and its steps: one a day, a letter never overtakes the answer it waits for. */
  #run(each: PortfolioCase, steps: readonly Standing[], ruleOf: (key: string) => Placed | undefined): Course {
    const course: Course = { acts: [], lastOn: null, isBarred: false, orphan: null }
    if (each.isStopped) return course
    if (after(this.#from, each.limitationOn)) return { ...course, isBarred: true }
    if (each.releaseOn === null) return course
    const { anchorOn, debtor, zone, heldSince } = each.timeline
    let day = this.#from
    let shift = 0
    if (each.releaseOn !== undefined) {
      day = latest(day, each.releaseOn)
      shift = daysBetween(heldSince!, day)
    }
    let answerBy = each.answerBy
    let isWaiting = false
    const contacts: Lately['contacts'] = []
    for (const step of steps) {
      const rule = ruleOf(step.key)
      if (!rule) return course
      const isNotice = step.key !== rule.step.id
      let planned = shift === 0 ? step.plannedOn : nextWorkingDay(step.nominalOn.add({ days: shift }), zone)
      let on = latest(planned, day)
      if (rule.isEarly && after(on, anchorOn)) continue
      const reaches = rule.step.canal !== undefined && !isNotice
      if (reaches) on = approvedOn(each, step.key, on)
      if (rule.isEarly && after(on, anchorOn)) continue
      if (rule.isWritten && !isNotice && answerBy !== null && !after(on, answerBy)) {
        shift += daysBetween(step.nominalOn.add({ days: shift }), answerBy) + 1
        planned = nextWorkingDay(step.nominalOn.add({ days: shift }), zone)
        on = latest(planned, day)
      }
      const away = awayOn(each, rule, on, step, shift, rule.isEarly ? step : steps.at(-1)!)
      if (away && rule.isEarly) {
        if (after(away.until, anchorOn)) continue
        on = away.until
      } else if (away) {
        shift = daysBetween(step.nominalOn, away.until)
        planned = on = away.until
      }
      const { step: said } = rule
      const canal = reaches ? wishedChannel(each.reach, said) : null
      if (reaches && canal === null) {
        day = on
        continue
      }
      const act = isNotice ? noticeOf(said) : approachOf(said, canal, each, on)
      if (canal !== null) {
        const free = freeOn(each, contacts, canal, on)
        if (free !== null) {
          shift = daysBetween(step.nominalOn, free)
          planned = on = nextWorkingDay(free, zone)
        }
        const by = contactBy(canal)
        if (by !== 'ecrit' || isApproach({ channel: canal, letter: act.letter! })) contacts.push({ on, by })
      }
      if (after(on, each.limitationOn)) return { ...course, isBarred: true }
      if (!after(on, this.#until)) course.acts.push({ on, ...act })
      course.lastOn = on
      if (!rule.isEarly) shift += Math.max(0, daysBetween(planned, on))
      day = on.add({ days: 1 })
      const delay = rule.isWritten && !isNotice ? forDebtor(said.delai, debtor) : null
      if (delay !== null) answerBy = on.add({ days: (said.marge_postale ?? 0) + delay })
      const hasNoWay = said.action === 'demander-accord' && forDebtor(said.procedure, debtor) === null
      if (said.action === 'decider' || hasNoWay) isWaiting = true
      else if (said.action)
        course.orphan = {
          on: on.add({ days: (said.validite ?? 30) + 1 }),
          why: 'le créancier n’a pas répondu à la demande d’accord',
        }
    }
    if (isWaiting || each.inCourt) return { ...course, orphan: null }
    const orphan = course.orphan ?? endOf(each, course.lastOn ?? each.consentUntil ?? day.subtract({ days: 1 }))
    return { ...course, orphan: after(orphan.on, this.#until) ? null : orphan }
  }
}

const noticeOf = ({ prevenir }: ScenarioStep): Omit<Act, 'on'> => ({ channel: 'email', letter: prevenir!.lettre })

/** Whoever asked to see it says yes on the last day given, or nothing: it leaves the day after, where the rule is to send. */
function approvedOn({ approvals }: PortfolioCase, key: string, on: Day): Day {
  if (!approvals) return on
  const { stepKeys, waitDays, otherwise, asked } = approvals
  if (stepKeys.size > 0 && !stepKeys.has(key)) return on
  if (asked?.key === key && asked.answerBy === null) return on
  const answerBy = asked?.key === key ? asked.answerBy! : on.add({ days: waitDays })
  return latest(on, otherwise === 'envoyer' ? answerBy.add({ days: 1 }) : answerBy)
}

/** The day on which one more approach is allowed, counted among those simulated; null when that day is. */
function freeOn(
  { timeline: { zone, debtor } }: PortfolioCase,
  contacts: Lately['contacts'],
  canal: Canal,
  on: Day,
): Day | null {
  const next = nextContactDay({ zone, kind: debtor, contacts: ofWeek(contacts, on) }, contactBy(canal), on)
  return next.why === null ? null : next.on
}

function approachOf(
  step: ScenarioStep,
  canal: Canal | null,
  { promisedFor, timeline: { debtor } }: PortfolioCase,
  on: Day,
): Omit<Act, 'on'> {
  const isBroken = promisedFor !== null && after(on, promisedFor)
  return {
    // An electronic registered letter is counted, and priced, as a registered one.
    channel: canal === 'lre' ? 'lrar' : (canal ?? 'action'),
    letter: (isBroken ? forDebtor(step.si_promesse, debtor) : null) ?? forDebtor(step.lettre, debtor),
  }
}

/** Nothing follows the last step, or the consent that was asked for. */
const endOf = ({ consentUntil }: PortfolioCase, since: Day): NonNullable<Course['orphan']> => ({
  on: since.add({ days: 1 }),
  why: consentUntil === null ? 'aucune étape ne suit' : `l’accord demandé expire le ${dayFr(consentUntil)}`,
})

/** As in the step itself (`creditorAway`). */
function awayOn(
  { closures, nextLimitationOn, timeline: { zone } }: PortfolioCase,
  rule: Placed,
  on: Day,
  step: Standing,
  shift: number,
  last: Standing,
): { until: Day } | null {
  if (rule.step.action || closures.length === 0) return null
  const [nominalOn, lastOn] = [step.nominalOn.add({ days: shift }), last.nominalOn.add({ days: shift })]
  return closureWait(closures, on, { zone, nominalOn, lastOn, limitationOn: nextLimitationOn })
}

interface Placed {
  step: ScenarioStep
  isEarly: boolean
  isWritten: boolean
}

const today = ({ timeline }: PortfolioCase): Standing[] =>
  timeline.steps
    .filter((step) => step.doneOn === null && step.skippedOn === null)
    .map((step) => ({ ...step, skippedWhy: null }))

const placed = new WeakMap<Scenario, Map<string, Placed>>()

function placesOf(scenario: Scenario): Map<string, Placed> {
  let places = placed.get(scenario)
  if (!places) {
    const first = scenario.etapes.findIndex((step) => step.premiere_lettre)
    places = new Map(
      scenario.etapes.map((step, i) => [
        step.id,
        { step, isEarly: first === -1 ? offsetOf(step) < 0 : i < first, isWritten: isWritten(step) },
      ]),
    )
    placed.set(scenario, places)
  }
  return places
}

const isWritten = (step: ScenarioStep): boolean =>
  step.lettre !== undefined && step.canal !== 'appel' && step.canal !== 'visite'

function rulesOf(each: PortfolioCase, scenario: Scenario | null): (key: string) => Placed | undefined {
  const followed = scenario ?? followedScenario(each.scenario)
  const places = followed && placesOf(followed)
  return (key) => {
    const own = each.rules.get(key)
    return own
      ? { step: own, isEarly: false, isWritten: isWritten(own) }
      : places?.get(key.endsWith('.prevenir') ? key.slice(0, -'.prevenir'.length) : key)
  }
}

function priceList({ prix }: Prices): (channel: SimulatedChannel, on: Day) => bigint {
  const lists = new Map(
    channels.map((channel) => [
      channel,
      prix
        .filter((line) => line.canal === channel)
        .map((line) => ({ from: Temporal.PlainDate.from(line.du), cents: parseAmount(line.prix) }))
        .toSorted((a, b) => Temporal.PlainDate.compare(b.from, a.from)),
    ]),
  )
  return (channel, on) => lists.get(channel)!.find((line) => !before(on, line.from))?.cents ?? 0n
}

function add(sum: Load, more: Load): Load {
  for (const channel of channels) sum[channel] += more[channel]
  sum.cost += more.cost
  return sum
}
