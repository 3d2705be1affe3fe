import { describe, expect, test } from 'vitest'
import { findStep, loadProcedure } from '../procedures/judicial/engine/procedure.ts'
import { quotedDoubts } from '../procedures/cases/file/quoted-terms.ts'
import { lawTerms } from '../procedures/law/terms.ts'
import { legalValue } from '../procedures/law/values.ts'
import { parseDay } from '../schema/days.ts'

const on = parseDay('2026-11-22')
const words: Record<string, string> = {
  'huit jours': 'P8D',
  'quinze jours': 'P15D',
  'trente jours': 'P30D',
  'un mois': 'P1M',
  'deux mois': 'P2M',
  'trois mois': 'P3M',
  'six mois': 'P6M',
  'trois ans': 'P3Y',
  'dix ans': 'P10Y',
}

describe('the durations that letters write in words', () => {
  test.each([
    ['delaiPetitesCreances', 'petites-creances', 'un mois'],
    ['delaiDenonciationSaisie', 'saisie-attribution', 'huit jours', 'denonciation'],
    ['delaiDenonciationSaisie', 'saisie-conservatoire-creances', 'huit jours', 'denonciation'],
    ['delaiExecutionConservatoire', 'saisie-conservatoire-creances', 'trois mois', 'execution'],
    ['delaiSaisieRemunerations', 'saisie-remunerations', 'trois mois', 'saisie'],
    ['delaiCreancePosterieure', 'declaration-creance', 'six mois'],
    ['delaiReleveForclusion', 'declaration-creance', 'six mois'],
    ['delaiReponseContestation', 'declaration-creance', 'trente jours'],
    ['delaiSaisineJuridiction', 'declaration-creance', 'un mois'],
    ['delaiRevendication', 'revendication', 'trois mois', 'demande'],
    ['delaiAvisVente', 'saisie-vente', 'huit jours'],
    ['delaiReponseVenteAmiable', 'saisie-vente', 'quinze jours'],
    ['delaiPaiementConversion', 'saisie-conservatoire-biens', 'huit jours', 'conversion'],
    ['delaiDeclarationSaisies', 'saisie-conservatoire-biens', 'huit jours'],
    ['delaiSignificationSaisieTiers', 'saisie-conservatoire-biens', 'huit jours'],
    ['delaiConsignation', 'injonction-de-payer', 'quinze jours'],
    ['delaiAvisOpposition', 'injonction-de-payer', 'deux mois', 'execution'],
    ['delaiOpposition', 'injonction-de-payer', 'un mois', 'opposition'],
    ['delaiAppel', 'assignation', 'un mois', 'appel'],
    ['delaiAssignationCommerce', 'assignation', 'quinze jours', 'assignation'],
    ['delaiPlacementJudiciaire', 'assignation', 'quinze jours', 'placement'],
    ['delaiContestationIncontestee', 'creances-incontestees', 'un mois'],
    ['delaiPaiementCheque', 'cheque-impaye', 'quinze jours'],
    ['delaiCertificatCheque', 'cheque-impaye', 'quinze jours'],
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
    expect(words[String(terms['prescriptionEffet'])]).toBe(legalValue('prescription', on, 'lettre_change').value)
    expect(words[String(terms['dureeTitre'])]).toBe(legalValue('prescription', on, 'titre').value)
    expect(terms['seuilPetitesCreances']).toBe(legalValue('seuils', on, 'petites-creances').value)
  })
})

describe('a letter that quotes what nobody has confirmed', () => {
  test('shows it as a doubt: its own words and those of its clauses', () => {
    const said = (letter: string) => quotedDoubts(letter, on).map(({ message }) => message)
    expect(said('injonction-opposition-consignation').join(' ')).toContain('quinze jours (texte), à vérifier')
    expect(said('revendication-mandataire').join(' ')).not.toContain('trois mois')
    expect(said('petites-creances-mandat').join(' ')).not.toContain('un mois')
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
