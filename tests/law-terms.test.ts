import { describe, expect, test } from 'vitest'
import { findStep, loadProcedure } from '../procedures/judicial/procedure.ts'
import { lawTerms } from '../procedures/law/terms.ts'
import { legalValue } from '../procedures/law/values.ts'
import { parseDay } from '../schema/days.ts'

const on = parseDay('2026-11-22')
const words: Record<string, string> = {
  'huit jours': 'P8D',
  'un mois': 'P1M',
  'deux mois': 'P2M',
  'trois mois': 'P3M',
  'dix ans': 'P10Y',
}

describe('the durations that letters write in words', () => {
  test.each([
    ['delaiPetitesCreances', 'petites-creances', 'un mois'],
    ['delaiDenonciationSaisie', 'saisie-attribution', 'huit jours', 'denonciation'],
    ['delaiDenonciationSaisie', 'saisie-conservatoire-creances', 'huit jours', 'denonciation'],
    ['delaiExecutionConservatoire', 'saisie-conservatoire-creances', 'trois mois', 'execution'],
  ] as const)('%s are those of %s', (term, procedure, said, step?: string) => {
    expect(lawTerms(on)[term]).toBe(said)
    const steps = step === undefined ? loadProcedure(procedure).etapes : [findStep(loadProcedure(procedure), step)]
    const durations = steps.flatMap(({ delais }) => (delais ?? []).map(({ duree }) => duree))
    expect(durations).toContain(words[said])
  })

  test('are those of the dated values: the majoration of the legal rate, and the life of a title', () => {
    const terms = lawTerms(on)
    expect(words[String(terms['majorationDelai'])]).toBe(legalValue('interet-majore-delai', on).value)
    expect(terms['majorationPoints']).toBe('cinq points')
    expect(legalValue('interet-majore-points', on).value).toBe('5')
    expect(words[String(terms['dureeTitre'])]).toBe(legalValue('prescription', on, 'titre').value)
    expect(terms['seuilPetitesCreances']).toBe(legalValue('seuils', on, 'petites-creances').value)
  })
})

describe('the protected bank balance', () => {
  test.each([
    ['2024-03-31', '607.75'],
    ['2024-04-01', '635.71'],
    ['2026-03-31', '646.52'],
  ])('on %s is %s', (day, value) => {
    expect(legalValue('solde-bancaire-insaisissable', parseDay(day)).value).toBe(value)
  })

  test('is asked for by name on a day whose decree was not read', () => {
    expect(() => legalValue('solde-bancaire-insaisissable', on)).toThrow(/solde-bancaire-insaisissable/)
  })
})
