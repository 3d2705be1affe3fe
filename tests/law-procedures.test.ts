import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { loadProcedure, procedureIds, stepDeadline, stepDeadlines } from '../procedures/judicial/procedure.ts'
import { parseDay } from '../schema/days.ts'
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
  expect(stepDeadline(step, parseDay(from)).expires.toString()).toBe(expires)
})

describe('the procedures on file', () => {
  test('are those that the doors name', () => {
    const named = [
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
      const recorded = new Set(procedure.etapes.flatMap((step) => [step.id, ...(step.evenements ?? [])]))
      const triggers = procedure.etapes
        .flatMap((step) => step.delais ?? [])
        .flatMap((limit) => limit.a_compter_de ?? [])
      expect(triggers.filter((trigger) => !recorded.has(trigger) && trigger !== 'mission')).toEqual([])
    },
  )

  test('say that the law of 2026 on uncontested commercial claims is still a draft here', () => {
    expect(loadProcedure('creances-incontestees').statut).toBe('projet')
  })

  test('leave to the order what the order fixes, in Madagascar', () => {
    const events = [{ step: 'ordonnance', on: parseDay('2026-11-20') }]
    expect(stepDeadlines(loadProcedure('mg-saisie-conservatoire'), events)).toEqual([])
  })
})

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
