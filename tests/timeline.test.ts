import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadScenario } from '../procedures/amicable/scenario.ts'
import { type Opening, type PlannedStep, planTimeline, shiftSteps } from '../procedures/amicable/timeline.ts'
import { isWorkingDay } from '../procedures/law/calendar.ts'
import { daysBetween, parseDay as day } from '../schema/days.ts'

const scenario = loadScenario('standard')
// FA-2017-0010: due on a Wednesday, 13 December 2017.
const due = day('2017-12-13')

function plan(changes: Partial<Opening> = {}): PlannedStep[] {
  return planTimeline(scenario, {
    anchorOn: due,
    issuedOn: day('2017-11-13'),
    openedOn: day('2017-11-13'),
    debtor: 'business',
    sendsInvoices: false,
    zone: 'metropole',
    ...changes,
  })
}
const openedAt = (days: number, changes: Partial<Opening> = {}) => plan({ openedOn: due.add({ days }), ...changes })
const days = (steps: PlannedStep[]) =>
  Object.fromEntries(
    steps.filter((step) => step.skippedWhy === null).map((step) => [step.key, step.plannedOn.toString()]),
  )
const skipped = (steps: PlannedStep[]) =>
  Object.fromEntries(steps.filter((step) => step.skippedWhy !== null).map((step) => [step.key, step.skippedWhy]))

const notReplayed = expect.stringContaining("le passé n'est pas rejoué")

describe('a case opened on the day of the invoice', () => {
  test('has every step of the house on its day, Sunday moved on', () => {
    expect(days(plan())).toEqual({
      rappel: '2017-12-05',
      cordiale: '2017-12-21',
      appel: '2017-12-29',
      'demeure.prevenir': '2018-01-02',
      demeure: '2018-01-06',
      'dernier-appel': '2018-01-15', // J+32 is Sunday the 14th
      'dernier-avis': '2018-01-22',
      judiciaire: '2018-01-30',
    })
    expect(skipped(plan())).toEqual({ facture: 'Facture déjà envoyée par le créancier.' })
  })

  test('sends the invoice itself where the mandate says so', () => {
    expect(days(plan({ sendsInvoices: true }))).toMatchObject({ facture: '2017-11-13' })
  })

  test('moves no other step when one falls on a closed day', () => {
    const steps = plan()
    const moved = steps.find((step) => step.key === 'dernier-appel')!
    expect(moved.nominalOn.toString()).toBe('2018-01-14')
    expect(daysBetween(due, steps.find((step) => step.key === 'dernier-avis')!.nominalOn)).toBe(40)
  })
})

describe('a case opened later', () => {
  test('between issue and J-8 keeps the reminder and does not send the invoice again', () => {
    const steps = openedAt(-20, { sendsInvoices: true })
    expect(days(steps)).toMatchObject({ rappel: '2017-12-05', cordiale: '2017-12-21' })
    expect(skipped(steps)).toEqual({ facture: notReplayed })
  })

  test('between J-8 and J skips the reminder and keeps J+8', () => {
    const steps = openedAt(-3)
    expect(days(steps)).toMatchObject({ cordiale: '2017-12-21', appel: '2017-12-29' })
    expect(skipped(steps)).toEqual({ facture: 'Facture déjà envoyée par le créancier.', rappel: notReplayed })
  })

  test('on J itself is not late: the first letter waits for J+8', () => {
    expect(days(openedAt(0))).toMatchObject({ cordiale: '2017-12-21' })
  })

  // [opened, first letter, the steps after it at their intervals of 8, 14, 16, 24, 32 and 40 days]
  test.each([
    [
      3,
      {
        cordiale: '2017-12-16',
        appel: '2017-12-26',
        'demeure.prevenir': '2017-12-27',
        demeure: '2018-01-02',
        'dernier-appel': '2018-01-09',
        'dernier-avis': '2018-01-17',
        judiciaire: '2018-01-25',
      },
    ],
    [
      10,
      {
        cordiale: '2017-12-23',
        appel: '2018-01-02',
        'demeure.prevenir': '2018-01-03',
        demeure: '2018-01-08',
        'dernier-appel': '2018-01-16',
        'dernier-avis': '2018-01-24',
        judiciaire: '2018-02-01',
      },
    ],
    [
      100,
      {
        cordiale: '2018-03-23',
        appel: '2018-03-31',
        'demeure.prevenir': '2018-04-03',
        demeure: '2018-04-09',
        'dernier-appel': '2018-04-16',
        'dernier-avis': '2018-04-24',
        judiciaire: '2018-05-02',
      },
    ],
  ])('at J+%i sends the first letter the same day and keeps the intervals from it', (late, wanted) => {
    const steps = openedAt(late)
    expect(days(steps)).toEqual(wanted)
    expect(skipped(steps)).toEqual({ facture: 'Facture déjà envoyée par le créancier.', rappel: notReplayed })
    const nominal = Object.fromEntries(
      steps.map((step) => [step.key, daysBetween(due.add({ days: late }), step.nominalOn)]),
    )
    expect(nominal).toMatchObject({
      cordiale: 0,
      appel: 8,
      'demeure.prevenir': 11,
      demeure: 16,
      'dernier-appel': 24,
      'dernier-avis': 32,
      judiciaire: 40,
    })
  })

  test('on a Sunday sends the first letter on the Monday', () => {
    expect(days(plan({ openedOn: day('2018-01-14') }))).toMatchObject({ cordiale: '2018-01-15', appel: '2018-01-22' })
  })

  test('on Christmas Day sends it on the 26th, but on the 27th in Alsace-Moselle', () => {
    expect(days(plan({ openedOn: day('2017-12-25') }))).toMatchObject({ cordiale: '2017-12-26' })
    expect(days(plan({ openedOn: day('2017-12-25'), zone: 'alsace-moselle' }))).toMatchObject({
      cordiale: '2017-12-27',
    })
  })
})

describe('a public buyer', () => {
  test('gets no last call, and no letter that the scenario does not write for it', () => {
    for (const sendsInvoices of [false, true]) {
      const steps = plan({ debtor: 'public', sendsInvoices })
      expect(days(steps)).not.toHaveProperty('dernier-appel')
      expect(skipped(steps)['dernier-appel']).toContain('ne prévoit pas cette étape')
      expect(days(steps)).not.toHaveProperty('facture')
    }
  })

  test('has the other steps on the same days as a business', () => {
    const { 'dernier-appel': _, ...business } = days(plan())
    expect(days(plan({ debtor: 'public' }))).toEqual(business)
  })
})

describe('a leap year', () => {
  const around = (anchor: string, issued: string) =>
    days(plan({ anchorOn: day(anchor), issuedOn: day(issued), openedOn: day(issued) }))

  test('has its 29 February counted as a day like any other: a step falls on it, and those after it come no later', () => {
    expect(around('2028-02-21', '2028-01-21')).toMatchObject({
      rappel: '2028-02-14', // J-8 is Sunday the 13th
      cordiale: '2028-02-29', // J+8
      appel: '2028-03-08', // J+16
      demeure: '2028-03-16', // J+24
    })
    expect(around('2027-02-21', '2027-01-21')).toMatchObject({ cordiale: '2027-03-01', demeure: '2027-03-17' })
  })

  test('has an invoice due on 29 February reminded eight days before and written to eight days after', () => {
    expect(around('2028-02-29', '2028-01-31')).toMatchObject({ rappel: '2028-02-21', cordiale: '2028-03-08' })
  })

  test('moves the steps after days lost on its 29 February by days, not by months', () => {
    const [step] = shiftSteps([{ nominalOn: day('2028-02-28') }], 1, 'metropole')
    expect(step!.plannedOn.toString()).toBe('2028-02-29')
    expect(shiftSteps([step!], 1, 'metropole')[0]!.plannedOn.toString()).toBe('2028-03-01')
  })
})

describe('days lost', () => {
  test('move every step by as much and keep the intervals', () => {
    const open = plan().filter((step) => step.skippedWhy === null)
    const moved = shiftSteps(open, 5, 'metropole')
    for (const [i, step] of moved.entries()) expect(daysBetween(open[i]!.nominalOn, step.nominalOn)).toBe(5)
    expect(moved.find((step) => step.key === 'dernier-avis')!.plannedOn.toString()).toBe('2018-01-27')
    // J+8 moved by five days falls on 26 December, J+32 by five is Friday the 19th: no longer a Sunday.
    expect(moved.find((step) => step.key === 'dernier-appel')!.plannedOn.toString()).toBe('2018-01-19')
  })
})

const anyOpening = fc.record({
  issued: fc.integer({ min: 0, max: 4000 }),
  term: fc.integer({ min: 0, max: 120 }),
  opened: fc.integer({ min: 0, max: 1500 }),
  debtor: fc.constantFrom('business', 'consumer', 'public'),
  sendsInvoices: fc.boolean(),
  zone: fc.constantFrom('metropole', 'alsace-moselle', 'reunion', 'guadeloupe'),
  lost: fc.integer({ min: 0, max: 90 }),
})
const opening = (raw: {
  issued: number
  term: number
  opened: number
  debtor: string
  sendsInvoices: boolean
  zone: string
}) => {
  const issuedOn = day('2016-01-01').add({ days: raw.issued })
  return {
    issuedOn,
    anchorOn: issuedOn.add({ days: raw.term }),
    openedOn: issuedOn.add({ days: raw.opened }),
    debtor: raw.debtor,
    sendsInvoices: raw.sendsInvoices,
    zone: raw.zone,
  } as Opening
}

describe('whatever the dates', () => {
  test('planned days never go back, never fall on a closed day, never precede the opening', () => {
    fc.assert(
      fc.property(anyOpening, (raw) => {
        const given = opening(raw)
        const steps = planTimeline(scenario, given).filter((step) => step.skippedWhy === null)
        for (const timeline of [steps, shiftSteps(steps, raw.lost, given.zone)]) {
          for (const [i, step] of timeline.entries()) {
            expect(isWorkingDay(step.plannedOn, given.zone), `${step.key} ${step.plannedOn}`).toBe(true)
            expect(daysBetween(given.openedOn, step.plannedOn)).toBeGreaterThanOrEqual(0)
            if (i > 0) expect(daysBetween(timeline[i - 1]!.plannedOn, step.plannedOn)).toBeGreaterThanOrEqual(0)
          }
        }
      }),
      { numRuns: 400 },
    )
  })

  test('opened after the due date, the first letter is the first step and the intervals after it are those of the scenario', () => {
    fc.assert(
      fc.property(anyOpening, (raw) => {
        const given = opening(raw)
        if (daysBetween(given.anchorOn, given.openedOn) <= 0) return
        const steps = planTimeline(scenario, given)
        const undone = steps.filter((step) => step.skippedWhy === null)
        expect(undone[0]!.key).toBe('cordiale')
        expect(undone[0]!.nominalOn.toString()).toBe(given.openedOn.toString())
        for (const [key, interval] of [
          ['appel', 8],
          ['demeure', 16],
          ['dernier-avis', 32],
          ['judiciaire', 40],
        ] as const) {
          const step = steps.find((candidate) => candidate.key === key)!
          expect(daysBetween(given.openedOn, step.nominalOn)).toBe(interval)
        }
      }),
      { numRuns: 200 },
    )
  })
})
