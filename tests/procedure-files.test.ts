import { describe, expect, test } from 'vitest'
import { loadLibrary } from '../letters/catalogue.ts'
import { happenings } from '../procedures/judicial/engine/happenings.ts'
import { loadProcedure, procedureIds, type TimeLimit } from '../procedures/judicial/engine/procedure.ts'
import { lawIds } from '../procedures/law/values.ts'

const procedures = procedureIds().map(loadProcedure)
const limitsOf = (id: string) => loadProcedure(id).etapes.flatMap((step) => step.delais ?? [])

describe.each(procedures.map((procedure) => [procedure.id, procedure] as const))('%s', (_id, procedure) => {
  const ids = new Set(happenings(procedure).keys())
  const limits = procedure.etapes.flatMap((step) => (step.delais ?? []).map((limit) => ({ step, limit })))
  const limitIds = new Set(limits.map(({ limit }) => limit.id))

  test('names only steps, events and time limits that it has', () => {
    for (const rule of happenings(procedure).values()) {
      for (const id of [...(rule.apres ?? []), ...(rule.apres_un_de ?? []), ...(rule.sans ?? []), ...(rule.sauf ?? [])])
        expect(ids, `${rule.id} names ${id}`).toContain(id)
      for (const id of rule.attend ?? []) expect(limitIds, `${rule.id} waits for ${id}`).toContain(id)
    }
    for (const { limit } of limits) {
      for (const id of [...(limit.accompli_par ?? []), ...(limit.presume_par ?? []), ...(limit.sans ?? [])])
        expect(ids, `${limit.id} names ${id}`).toContain(id)
      if (limit.recours) for (const id of Object.values(limit.recours)) expect(ids).toContain(id)
      if (limit.apres_delai) expect(limitIds).toContain(limit.apres_delai)
    }
    for (const outcome of procedure.issues ?? []) {
      for (const id of [...(outcome.quand ?? []), ...(outcome.sans ?? [])])
        expect(ids, `${outcome.id} names ${id}`).toContain(id)
      for (const id of [...(outcome.passe ?? []), ...(outcome.ouvert ? [outcome.ouvert] : [])])
        expect(limitIds, `${outcome.id} names ${id}`).toContain(id)
    }
  })

  test('each of its time limits is met by something else than what starts it', () => {
    for (const { step, limit } of limits) {
      const metBy = limit.accompli_par ?? [ids.has(limit.id) ? limit.id : step.id]
      if (limit.nature === 'pas_avant' || limit.effet === 'echoit') continue
      expect(metBy, limit.id).not.toContain(limit.a_compter_de)
    }
  })

  test('says what closes it, and by what sanction; every such end has its outcome', () => {
    const ended = new Set((procedure.issues ?? []).flatMap((outcome) => outcome.passe ?? []))
    for (const { limit } of limits.filter((each) => each.limit.effet === 'clot')) {
      expect(limit.sanction, limit.id).toBeTruthy()
      expect(ended, limit.id).toContain(limit.id)
    }
  })

  test('says who may ask, before whom, at what cost and who bears it, and how it may end', () => {
    expect(procedure.qui).toBeTruthy()
    expect(procedure.competence?.at(-1)?.quand).toBeUndefined()
    expect(procedure.conditions?.length).toBeGreaterThan(0)
    expect(procedure.frais?.length).toBeGreaterThan(0)
    expect(procedure.issues?.some(({ nature }) => nature === 'succes')).toBe(true)
    expect(procedure.issues?.some(({ nature }) => nature === 'echec')).toBe(true)
    const costs = new Set(procedure.frais!.map(({ id }) => id))
    for (const id of procedure.etapes.flatMap((step) => step.frais ?? [])) expect(costs).toContain(id)
    for (const { valeur } of procedure.frais!) if (valeur !== undefined) expect(lawIds()).toContain(valeur)
  })

  test('leads to procedures of the same law, and sends letters of the library', () => {
    const { letters } = loadLibrary()
    for (const id of procedure.etapes.flatMap((step) => step.courriers ?? [])) expect(letters.has(id), id).toBe(true)
    for (const { procedure: next } of (procedure.issues ?? []).flatMap((outcome) => outcome.suites ?? [])) {
      expect(procedureIds()).toContain(next)
      expect(loadProcedure(next).pays === 'MG').toBe(procedure.pays === 'MG')
    }
  })

  test('gives no figure of its own where the law of another country is not known', () => {
    if (procedure.pays !== 'MG') return
    expect(limits.filter(({ limit }) => limit.confirme === 'oui')).toEqual([])
    expect(limits.filter(({ limit }) => limit.duree !== null).map(({ limit }) => limit.id)).toEqual(
      procedure.id === 'mg-injonction-de-payer' ? ['trente-ans'] : [],
    )
  })
})

// As the research on the law gives them: length, and whether an official text was read.
const law: Record<string, [id: string, duration: string | null, confirmed: TimeLimit['confirme']][]> = {
  'injonction-de-payer': [
    ['consignation-requete', 'P15D', 'non'],
    ['signification', 'P6M', 'oui'],
    ['signification', 'P3M', 'oui'],
    ['opposition', 'P1M', 'oui'],
    ['opposition', 'P1M', 'oui'],
    ['avis-opposition', 'P1M', 'oui'],
    ['consignation-opposition', 'P15D', 'non'],
    ['constitution-avocat', 'P15D', 'non'],
    ['execution', 'P1M', 'oui'],
    ['execution', 'P2M', 'oui'],
    ['formule-executoire', 'P1M', 'non'],
    ['signification-jugement', 'P6M', 'oui'],
    ['appel', 'P1M', 'oui'],
  ],
  'petites-creances': [['reponse', 'P1M', 'oui']],
  'creances-incontestees': [
    ['commandement', 'P1M', 'non'],
    ['reponse', 'P1M', 'non'],
    ['proces-verbal', 'P8D', 'non'],
    ['signification', 'P6M', 'non'],
  ],
  'injonction-europeenne': [
    ['complement', null, 'oui'],
    ['reponse-a-la-proposition', null, 'oui'],
    ['injonction', 'P30D', 'oui'],
    ['opposition', 'P30D', 'non'],
  ],
  'refere-provision': [
    ['placement', 'P15D', 'non'],
    ['appel', 'P15D', 'non'],
    ['opposition', 'P15D', 'non'],
  ],
  assignation: [
    ['assignation', 'P15D', 'oui'],
    ['constitution-defendeur', 'P15D', 'non'],
    ['placement', 'P8D', 'oui'],
    ['placement', 'P15D', 'oui'],
    ['signification', 'P6M', 'oui'],
    ['appel', 'P1M', 'oui'],
    ['opposition', 'P1M', 'non'],
  ],
  'saisie-conservatoire-creances': [
    ['execution', 'P3M', 'oui'],
    ['denonciation', 'P8D', 'oui'],
    ['titre', 'P1M', 'oui'],
    ['titre-caution', 'P1M', 'oui'],
    ['titre-apres-rejet', 'P1M', 'oui'],
    ['information-tiers', 'P8D', 'oui'],
    ['information-tiers-fond', 'P8D', 'oui'],
    ['contestation', 'P15D', 'oui'],
    ['paiement', 'P0D', 'oui'],
  ],
  'saisie-conservatoire-biens': [
    ['execution', 'P3M', 'oui'],
    ['declaration-saisies', 'P8D', 'non'],
    ['pluralite', 'P15D', 'non'],
    ['denonciation', 'P8D', 'oui'],
    ['titre', 'P1M', 'oui'],
    ['titre-caution', 'P1M', 'oui'],
    ['titre-apres-rejet', 'P1M', 'oui'],
    ['information-tiers', 'P8D', 'oui'],
    ['information-tiers-fond', 'P8D', 'oui'],
    ['conversion', 'P8D', 'oui'],
    ['verification', 'P0D', 'oui'],
    ['vente-amiable', 'P1M', 'oui'],
  ],
  'saisie-attribution': [
    ['operations-en-cours', 'P15D', 'oui'],
    ['effets-en-cours', 'P1M', 'oui'],
    ['denonciation', 'P8D', 'oui'],
    ['contestation', 'P1M', 'oui'],
    ['denonciation-contestation', 'P0D', 'oui'],
    ['paiement', 'P0D', 'oui'],
  ],
  'saisie-vente': [
    ['commandement', 'P8D', 'oui'],
    ['peremption', 'P2Y', 'oui'],
    ['saisie', 'P0D', 'oui'],
    ['vente-amiable', 'P1M', 'oui'],
    ['reponse-creancier', 'P15D', 'oui'],
    ['contestation', 'P1M', 'oui'],
    ['vente', 'P8D', 'non'],
  ],
  'saisie-remunerations': [
    ['registre', 'P0D', 'oui'],
    ['reponse', 'P1M', 'oui'],
    ['saisie-ouverture', 'P1M', 'oui'],
    ['saisie', 'P3M', 'oui'],
    ['registre-saisie', 'P0D', 'oui'],
    ['declaration-employeur', 'P15D', 'non'],
    ['information-debiteur', 'P8D', 'non'],
    ['information-changement', 'P8D', 'oui'],
    ['information-depart', 'P8D', 'oui'],
    ['nouvel-employeur', 'P1Y', 'oui'],
  ],
  mainlevee: [],
  'cheque-impaye': [
    ['attente', 'P30D', 'non'],
    ['certificat', 'P15D', 'non'],
    ['recours', 'P6M', 'non'],
    ['titre', 'P15D', 'non'],
  ],
  'declaration-creance': [
    ['declaration', 'P2M', 'oui'],
    ['declaration', 'P4M', 'oui'],
    ['declaration-surete', 'P2M', 'oui'],
    ['declaration-resiliation', 'P1M', 'non'],
    ['releve-de-forclusion', 'P6M', 'oui'],
    ['declaration-apres-releve', 'P1M', 'non'],
    ['contestation', 'P30D', 'oui'],
    ['incompetence', 'P1M', 'non'],
    ['posterieures', 'P1Y', 'non'],
    ['posterieures-liquidation', 'P6M', 'non'],
  ],
  revendication: [
    ['demande', 'P3M', 'oui'],
    ['reponse', 'P1M', 'non'],
    ['juge-commissaire', 'P1M', 'non'],
  ],
  irrecouvrabilite: [
    ['imputation', null, 'non'],
    ['imputation', null, 'non'],
  ],
  'mise-en-demeure': [
    ['prescription', null, 'non'],
    ['delai-laisse', null, 'non'],
  ],
  'mg-mise-en-demeure': [
    ['prescription', null, 'non'],
    ['delai-laisse', null, 'non'],
  ],
  'mg-injonction-de-payer': [
    ['contredit', null, 'non'],
    ['trente-ans', 'P30Y', 'non'],
  ],
  'mg-saisie-arret': [
    ['denonciation', null, 'non'],
    ['validite', null, 'non'],
  ],
  'mg-saisie-arret-permission': [
    ['denonciation', null, 'non'],
    ['validite', null, 'non'],
  ],
  'mg-saisie-conservatoire': [['instance', null, 'non']],
  'mg-mainlevee': [],
}

test.each(procedureIds())('%s has every time limit of the law, in its order, with how sure we are', (id) => {
  expect(limitsOf(id).map((limit) => [limit.id, limit.duree, limit.confirme])).toEqual(law[id])
})
