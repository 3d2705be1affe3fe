import { describe, expect, test } from 'vitest'
import { loadProcedure, type Procedure, procedureIds } from '../procedures/judicial/engine/procedure.ts'
import { answer, told, workedCases, workedProcedures } from './worked.ts'

test('every procedure has its worked cases: a smooth one, one with an incident, one that fails', () => {
  expect(workedProcedures()).toEqual(procedureIds())
  for (const id of workedProcedures()) {
    const kinds = workedCases(id).map((worked) => worked.genre)
    expect(kinds, id).toEqual(expect.arrayContaining(['sans-incident', 'incident', 'echec']))
  }
})

describe.each(workedProcedures())('%s', (id) => {
  describe.each(workedCases(id))('$id: $titre', (worked) => {
    test.each(worked.constats)('on $le, $recit', (finding) => {
      const found = answer(id, worked, finding)
      const { le: _, recit: __, doutes, ...stated } = finding
      expect(told(found, finding)).toEqual(stated)
      const doubts = found.doubts.map((doubt) => doubt.message).join('\n')
      for (const words of doutes ?? []) expect(doubts).toContain(words)
    })
  })
})

describe('when the decree of 16 February 2026 takes effect a day later or earlier', () => {
  const order = loadProcedure('injonction-de-payer')
  const movedTo = (day: string): Procedure =>
    JSON.parse(JSON.stringify(order).replaceAll('2026-09-01', day)) as Procedure
  const answers = (moved: Procedure) =>
    workedProcedures().flatMap((id) =>
      workedCases(id).flatMap((worked) =>
        worked.constats.map((finding) => {
          const found = answer(id, worked, finding, id === moved.id ? moved : loadProcedure(id))
          const { due, late, lapsed, notBefore, closed, alerts } = found
          const days = [...due, ...late, ...lapsed, ...notBefore].map((limit) => `${limit.id} ${limit.expires}`)
          const marks = alerts.map(({ limit, mark }) => `${limit.id} ${mark}`)
          return [`${worked.id} ${finding.le}`, [...days, ...marks, `clos ${closed?.on ?? 'non'}`].join(', ')] as const
        }),
      ),
    )
  const today = answers(order)
  const changed = (day: string) => answers(movedTo(day)).filter(([, dates], i) => dates !== today[i]![1])

  test('later: an order of 1 September has six months, and no other date changes', () => {
    expect(changed('2026-09-02')).toEqual([
      ['IP3 2026-11-30', 'signification 2027-03-01, clos non'],
      ['IP3 2026-12-02', 'signification 2027-03-01, clos non'],
      ['IP3 2026-12-10', 'opposition 2027-01-04, execution 2027-01-04, clos non'],
    ])
  })

  test('earlier: an order of 31 August has three, its opposition a notice of the clerk, and no other date changes', () => {
    // Where the codebtor lives overseas, the two months of the new law end with the month of the old one and that of
    // distance: the day of enforcement stays.
    expect(changed('2026-08-31')).toEqual([
      ['IP2 2026-09-01', 'signification 2026-11-30, clos non'],
      ['IP2 2026-12-02', 'avis-opposition 2026-12-21, clos non'],
      ['IP4 2026-12-02', 'clos 2026-12-01'],
      ['IP4 2027-03-02', 'clos 2026-12-01'],
    ])
  })

  test('not at all: the same answers, to the letter', () => {
    expect(changed('2026-09-01')).toEqual([])
  })
})
