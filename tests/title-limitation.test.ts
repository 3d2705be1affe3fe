import { describe, expect, test } from 'vitest'
import { placeHold } from '../procedures/cases/holds.ts'
import { recordLimitation, setClaimNature } from '../procedures/cases/limitation/limitation.ts'
import { progressOf } from '../procedures/judicial/case-progress.ts'
import { watchDeadlines } from '../procedures/judicial/deadlines/deadline-alerts.ts'
import { loadProcedure, procedureIds } from '../procedures/judicial/engine/procedure.ts'
import { natureRuns, runsTenYears } from '../procedures/judicial/titles/title-limitation.ts'
import { pay } from './debtor.ts'
import { bank, goods, legalCell, title } from './legal.ts'
import { day, fileOf, liveToConsent, useHouse } from './house.ts'

const house = useHouse(async (made) => void (await liveToConsent(made)))
const { ask, caseOf, happens, open, order, random } = legalCell(house, 'title limitation')

describe('limitation', () => {
  const limitationOn = async () => (await fileOf(house, await caseOf())).case.limitationOn.toString()

  test('starts anew with the service of the order, then runs for ten years with the title', async () => {
    await setClaimNature(house.sql, day('2026-07-23'), { caseId: await caseOf(), nature: 'vente' }, 'test')
    expect(await limitationOn()).toBe('2031-06-10')
    const opened = await open('injonction-de-payer')
    await happens(opened.id, 'requete', '2026-08-03')
    expect(await limitationOn()).toBe('2031-06-10')
    await happens(opened.id, 'ordonnance', '2026-09-07')
    expect(await limitationOn()).toBe('2036-09-07')
    await happens(opened.id, 'signification', '2026-09-21', { aPersonne: true, demeure: 'metropole' })
    expect(await limitationOn()).toBe('2036-09-21')
  })

  test('falls back when the order lapses unserved', async () => {
    await setClaimNature(house.sql, day('2026-07-23'), { caseId: await caseOf(), nature: 'vente' }, 'test')
    const opened = await open('injonction-de-payer')
    await happens(opened.id, 'requete', '2026-08-03')
    await happens(opened.id, 'ordonnance', '2026-09-07')
    await watchDeadlines(house.sql, day('2026-12-08'), [opened.id])
    expect(await limitationOn()).toBe('2031-06-10')
  })

  test('keeps the interruption of a commandment that is too old to be acted upon', async () => {
    await setClaimNature(house.sql, day('2026-07-23'), { caseId: await caseOf(), nature: 'vente' }, 'test')
    const seizure = await open('saisie-vente', { titre: title, biens: goods })
    await happens(seizure.id, 'commandement', '2026-07-30')
    expect(await limitationOn()).toBe('2036-07-30')
    await watchDeadlines(house.sql, day('2028-08-02'), [seizure.id])
    expect((await progressOf(house.sql, seizure, day('2028-08-02'))).closed?.sanction).toBe('nouveau commandement')
    expect(await limitationOn()).toBe('2036-07-30')
  })

  const seizing = (titre: object) => ({ ...bank('Banque du Rhône'), titre: { ...title, ...titre } })

  test('runs for ten years with a judgment given by hand, from the creditor’s signature on', async () => {
    await setClaimNature(house.sql, day('2026-07-23'), { caseId: await caseOf(), nature: 'vente' }, 'test')
    await ask('saisie-attribution', seizing({}))
    expect(await limitationOn()).toBe('2031-06-10')
    await open('saisie-attribution', seizing({}))
    expect(await limitationOn()).toBe('2036-06-25')
  })

  test('is the day that its giver says, where an act interrupted it elsewhere', async () => {
    await open('saisie-attribution', seizing({ prescription: '2037-03-04' }))
    const { case: found } = await fileOf(house, await caseOf())
    expect(found.limitationOn.toString()).toBe('2037-03-04')
    expect(found.limitationDoubts).toMatchObject([{ code: 'title_limitation_by_hand' }])
  })

  test('stays that of the claim with a title that is no court’s, or of no known nature, and the creditor reads it', async () => {
    await setClaimNature(house.sql, day('2026-07-23'), { caseId: await caseOf(), nature: 'vente' }, 'test')
    for (const [nature, words] of [
      ['acte notarié', 'il vaut tant que la créance n’est pas prescrite'],
      ['titre', 'Indiquez-la (facts.titre.nature)'],
    ] as const) {
      const facts = { ...seizing({ nature }), ...bank(`Banque ${nature}`) }
      expect((await ask('saisie-attribution', facts)).statement.doubts.join(' ')).toContain(words)
      await open('saisie-attribution', facts)
      expect(await limitationOn()).toBe('2031-06-10')
    }
  })

  test('lets a judgment be enforced on a claim whose own period is over, and the case goes on', async () => {
    const caseId = await caseOf()
    const due = day('2016-02-03')
    await house.sql`update invoices set issued_on = '2016-01-04', due_on = ${due}`
    await house.sql`update cases set anchor_on = ${due}`
    await setClaimNature(house.sql, day('2026-07-23'), { caseId, nature: 'vente' }, 'test')
    expect(await limitationOn()).toBe('2021-02-03')
    const held = { caseId, cause: 'prescription', reason: 'prescrite', reviewOn: day('2026-08-30') } as const
    await placeHold(house.sql, random, day('2026-07-29'), held, 'system')
    const old = { date: '2018-05-14', signification: '2018-06-01' }
    await expect(ask('saisie-attribution', seizing({ ...old, nature: 'acte notarié' }))).rejects.toMatchObject({
      code: 'case_suspended',
      facts: { cause: 'prescription' },
    })
    await open('saisie-attribution', seizing(old))
    expect(await limitationOn()).toBe('2028-05-14')
    expect((await fileOf(house, caseId)).holds.filter(({ releasedOn }) => releasedOn === null)).toEqual([])
  })

  test('of a title starts anew for ten years with what the debtor pays', async () => {
    const opened = await open('injonction-de-payer')
    await happens(opened.id, 'requete', '2026-08-03')
    await happens(opened.id, 'ordonnance', '2026-09-07')
    await happens(opened.id, 'signification', '2026-09-21', { aPersonne: true, demeure: 'metropole' })
    await pay(house, await caseOf(), '2026-12-01', '10.00')
    expect(await limitationOn()).toBe('2036-12-01')
  })

  /** The invoices of the case fell due on that day, and nothing else is known of them. */
  async function claimDue(on: string): Promise<string> {
    const caseId = await caseOf()
    await house.sql`update invoices set issued_on = ${day(on).subtract({ days: 30 })}, due_on = ${day(on)}`
    await house.sql`update cases set anchor_on = ${day(on)}`
    await setClaimNature(house.sql, day('2026-07-23'), { caseId, nature: 'vente' }, 'test')
    return caseId
  }
  const paid = (caseId: string, receivedOn: string, on = receivedOn) =>
    pay(house, caseId, on, '10.00', { receivedOn: day(receivedOn) })

  test('of a title that an act kept alive starts anew with what the debtor pays, beyond the first ten years', async () => {
    const caseId = await claimDue('2016-02-03')
    const titre = { ...title, date: '2018-05-14', signification: '2018-06-01' }
    const seizure = await open('saisie-vente', { titre, biens: goods })
    await happens(seizure.id, 'commandement', '2026-07-30')
    expect(await limitationOn()).toBe('2036-07-30')
    await paid(caseId, '2030-03-01')
    expect(await limitationOn()).toBe('2040-03-01')
  })

  test('of a title counts what the debtor paid since, when its age is judged', async () => {
    const caseId = await claimDue('2014-02-03')
    await paid(caseId, '2018-05-04', '2026-07-23')
    await open('saisie-attribution', seizing({ date: '2014-05-14', signification: '2014-06-02' }))
    expect(await limitationOn()).toBe('2028-05-04')
  })

  test('of a notarial deed is no ten years: it is enforced for as long as its claim lives', async () => {
    const caseId = await claimDue('2014-02-03')
    const known = { caseId, expiresOn: day('2027-01-04'), source: 'reconnaissance de dette du 4 janvier 2022' }
    await recordLimitation(house.sql, day('2026-07-23'), known, 'legal')
    const deed = seizing({ nature: 'acte notarié', date: '2014-05-14', signification: '2014-06-02' })
    const { statement } = await ask('saisie-attribution', deed)
    expect(statement.doubts.join(' ')).toContain('il vaut tant que la créance n’est pas prescrite')
  })

  test('of a title told again by the same procedure is that of the last word', async () => {
    await open('saisie-attribution', seizing({ prescription: '2037-03-04' }))
    await open('saisie-attribution', { ...seizing({}), ...bank('Banque du Forez') }, '2026-07-30')
    expect(await limitationOn()).toBe('2036-06-25')
  })

  test('is of ten years with what a court decides alone', () => {
    const giving = procedureIds().filter((id) => loadProcedure(id).papiers?.titre && loadProcedure(id).pays !== 'MG')
    expect(giving.filter((id) => runsTenYears(loadProcedure(id)))).toEqual([
      'assignation',
      'injonction-de-payer',
      'injonction-europeenne',
      'refere-provision',
    ])
    const natures = [
      'Jugement du 3 mai',
      'ordonnance de référé',
      'Arrêt',
      'chèque impayé',
      'acte notarié',
      'papier',
      null,
    ]
    const courts = natures.slice(0, 3).map((nature) => natureRuns(nature, day('2026-05-03')))
    expect(courts).toEqual(['dix-ans', 'dix-ans', 'dix-ans'])
    const others = natures.slice(3).map((nature) => natureRuns(nature, day('2026-05-03')))
    expect(others).toEqual(['creance', 'creance', 'unknown', 'unknown'])
  })

  test('entered by hand is left as it was', async () => {
    const caseId = await caseOf()
    const entered = { caseId, expiresOn: day('2030-01-01'), source: 'avis d’avocat' }
    await recordLimitation(house.sql, day('2026-05-04'), entered, 'legal')
    await order()
    expect(await limitationOn()).toBe('2030-01-01')
  })
})
