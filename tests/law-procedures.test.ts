import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { findStep, loadProcedure, procedureIds } from '../procedures/judicial/engine/procedure.ts'
import { stepDeadlines } from '../procedures/judicial/engine/time-limits.ts'
import { stepLimits } from '../procedures/judicial/engine/step-limits.ts'
import { legalValue } from '../procedures/law/values.ts'
import { dayFr, parseDay } from '../schema/days.ts'
import { DomainError } from '../schema/errors.ts'
import { parseYaml } from '../schema/validate.ts'

interface Worked {
  step: string
  from: string
  expires: string
  note?: string
}
const worked = parseYaml(
  readFileSync(new URL('./cases/procedures.yaml', import.meta.url), 'utf8'),
  'procedures.yaml',
) as Worked[]

test.each(worked)('$step from $from ends on $expires', ({ step, from, expires }) => {
  expect(stepLimits(step, parseDay(from)).limits[0]?.expires.toString()).toBe(expires)
})

describe('the procedures on file', () => {
  test('are those that the doors name', () => {
    const named = [
      'mise-en-demeure',
      'irrecouvrabilite',
      'injonction-de-payer',
      'petites-creances',
      'creances-incontestees',
      'injonction-europeenne',
      'refere-provision',
      'assignation',
      'saisie-conservatoire-creances',
      'saisie-conservatoire-biens',
      'saisie-attribution',
      'saisie-vente',
      'saisie-remunerations',
      'mainlevee',
      'cheque-impaye',
      'declaration-creance',
      'revendication',
    ]
    expect(procedureIds()).toEqual(expect.arrayContaining(named))
    expect(
      procedureIds()
        .filter((id) => !named.includes(id))
        .every((id) => id.startsWith('mg-')),
    ).toBe(true)
  })

  test.each(procedureIds())(
    '%s starts every time limit on an event that one of its steps records, or that is a hearing',
    (id) => {
      const procedure = loadProcedure(id)
      const recorded = new Set(
        procedure.etapes.flatMap((step) => [step.id, ...(step.evenements ?? []).map((event) => event.id)]),
      )
      const triggers = procedure.etapes
        .flatMap((step) => step.delais ?? [])
        .flatMap((limit) => limit.a_compter_de ?? [])
      expect(triggers.filter((trigger) => !recorded.has(trigger) && trigger !== 'mission')).toEqual([])
    },
  )

  test('say that the law of 2026 on uncontested commercial claims is still a draft here', () => {
    expect(loadProcedure('creances-incontestees').statut).toBe('projet')
  })

  test('name lists of legal forms that the law has, and no party’s form by themselves', () => {
    const lists = procedureIds()
      .flatMap((id) => loadProcedure(id).conditions ?? [])
      .flatMap(({ exclut_entre, avertit }) => [exclut_entre, avertit?.hors_formes])
      .filter((list) => list !== undefined)
    expect(lists).toEqual(['formes-commerciales', 'formes-commerciales', 'formes-commerciales'])
    const forms = legalValue('formes-commerciales', parseDay('2026-11-22')).value.split(', ')
    expect(forms).toEqual(expect.arrayContaining(['SA', 'SAS', 'SARL', 'SNC']))
    for (const civil of ['SCI', 'SCP', 'SELARL', 'ASSOCIATION', 'GIE']) expect(forms).not.toContain(civil)
  })

  test('leave to the order what the order fixes, in Madagascar', () => {
    const events = [{ step: 'ordonnance', on: parseDay('2026-11-20') }]
    expect(stepDeadlines(loadProcedure('mg-saisie-conservatoire'), events)).toEqual([])
  })
})

describe('the time limits of one step', () => {
  const on = parseDay('2026-10-01')
  const withLimits = procedureIds().flatMap((id) =>
    loadProcedure(id)
      .etapes.filter((step) => step.delais !== undefined)
      .map((step) => `${id}.${step.id}`),
  )

  test.each(withLimits)('%s are all given, or named with what they wait for', (name) => {
    const written = findStep(loadProcedure(name.split('.')[0]!), name.split('.')[1]!).delais!
    if (written.every((limit) => limit.duree === null)) {
      expect(() => stepLimits(name, on)).toThrow(/n’a pas de durée dans nos textes/)
      return
    }
    const { limits, missing } = stepLimits(name, on)
    const told = new Set([...limits, ...missing].map((limit) => limit.id))
    // A version of the law that was not in force that day is the only one left out, beside another of the same name.
    const ofTheDay = written.filter((limit) => !Object.keys(limit.pour ?? {}).some((key) => key.endsWith('_avant')))
    expect([...told]).toEqual(expect.arrayContaining(ofTheDay.map((limit) => limit.id)))
    for (const limit of limits) expect(limit.why.join(' ')).toContain(dayFr(limit.expires))
  })

  test('follow another time limit from the day that starts the first', () => {
    const last = (name: string, from: string) => {
      const [limit] = stepLimits(name, parseDay(from)).limits
      return [limit!.kind, limit!.expires.toString(), limit!.opens?.toString()]
    }
    expect(last('saisie-attribution.paiement', '2026-11-30')).toEqual(['not_before', '2026-12-30', '2026-12-31'])
    expect(last('creances-incontestees.proces-verbal', '2026-05-30')).toEqual([
      'not_before',
      '2026-07-08',
      '2026-07-09',
    ])
    expect(last('revendication.juge-commissaire', '2026-09-30')).toEqual(['not_after', '2026-11-30', undefined])
    const [payment] = stepLimits('saisie-attribution.paiement', parseDay('2026-11-30')).limits
    expect(payment!.why[0]).toContain('Contester la saisie')
    expect(payment!.why.join(' ')).toContain('30\u00a0novembre\u00a02026')
  })

  test('are not only the first: a seizure of wages has a month to wait and three to act', () => {
    const { limits, missing } = stepLimits('saisie-remunerations.saisie', parseDay('2026-11-20'))
    expect(limits.map((limit) => [limit.id, limit.expires.toString(), limit.sanction])).toEqual([
      ['saisie-ouverture', '2026-12-21', null],
      ['saisie', '2027-02-22', 'caducité du commandement'],
    ])
    expect(missing.map((limit) => limit.event)).toEqual(['saisie'])
    const events = [{ step: 'saisie', on: parseDay('2027-01-22') }]
    const complete = stepLimits('saisie-remunerations.saisie', parseDay('2026-11-20'), { events })
    expect(complete.limits.map((limit) => limit.expires.toString())).toEqual(['2026-12-21', '2027-02-22', '2027-01-23'])
  })

  test('stand in all their variants until a fact chooses', () => {
    const placed = (facts: Record<string, unknown>) =>
      stepLimits('assignation.placement', parseDay('2026-12-15'), { facts }).limits.map((limit) => [
        limit.expires.toString(),
        limit.doubts.some((doubt) => doubt.code === 'fact_to_check'),
      ])
    expect(placed({})).toEqual([
      ['2026-12-07', true],
      ['2026-11-30', true],
    ])
    expect(placed({ juridiction: 'judiciaire' })).toEqual([['2026-11-30', false]])
  })

  test('read what the order itself fixes, and doubt the counting of another country’s law', () => {
    const fixed = (delay: string) =>
      stepLimits('mg-saisie-conservatoire.instance', parseDay('2026-11-20'), { facts: { delais: { instance: delay } } })
        .limits[0]!
    expect(fixed('2026-12-24').expires.toString()).toBe('2026-12-24')
    expect(fixed('1m').expires.toString()).toBe('2026-12-21')
    expect(fixed('1m').doubts.map((doubt) => doubt.code)).toContain('foreign_computation')
  })

  test.each([
    ['a mistyped event', { events: [{ step: 'ordonnnance', on }] }, 'unknown_event', /ordonnance.*signification/],
    ['a mistyped fact', { facts: { demeur: 'etranger' } }, 'unknown_fact', /demeure/],
    ['a mistyped value', { facts: { juridiction: 'comerce' } }, 'unknown_fact', /commerce, judiciaire/],
    ['two days for one event', { events: [{ step: 'signification', on: on.add({ days: 1 }) }] }, 'two_days', /un seul/],
  ])('refuse %s with what would do', (_what, options, code, remedy) => {
    const refusal = refused(() => stepLimits('injonction-de-payer.execution', on, options))
    expect(refusal.code).toBe(code)
    expect(refusal.remedy).toMatch(remedy)
  })

  test('say plainly that there is none, and where there are', () => {
    expect(refused(() => stepLimits('injonction-de-payer.ordonnance', on)).remedy).toContain(
      'injonction-de-payer.opposition',
    )
    for (const step of loadProcedure('mainlevee').etapes.filter((each) => each.delais === undefined)) {
      expect(refused(() => stepLimits(`mainlevee.${step.id}`, on)).remedy).toMatch(/: ?[a-z-]+\.[a-z-]+|rien/)
    }
  })

  test('are not told for a day before the law was made', () => {
    expect(refused(() => stepLimits('saisie-remunerations.saisie', parseDay('2025-06-30'))).code).toBe('before_the_law')
  })
})

function refused(act: () => unknown): DomainError {
  try {
    act()
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

test('payment of an attached account waits for the end of the time to contest', () => {
  const limits = stepDeadlines(loadProcedure('saisie-attribution'), [
    { step: 'denonciation', on: parseDay('2026-11-30') },
  ])
  const payment = limits.find((limit) => limit.step === 'paiement')
  expect(payment).toMatchObject({ kind: 'not_before' })
  expect(payment?.opens?.toString()).toBe('2026-12-31')
})

test('a creditor overseas has four months to declare, one in metropolitan France two', () => {
  const declare = (demeure: string) =>
    stepDeadlines(loadProcedure('declaration-creance'), [
      { step: 'publication', on: parseDay('2026-11-20'), facts: { demeure } },
    ])
      .find((limit) => limit.step === 'declaration')
      ?.expires.toString()
  expect(declare('metropole')).toBe('2027-01-20')
  expect(declare('hors-metropole')).toBe('2027-03-22')
})
