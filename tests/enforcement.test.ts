import { describe, expect, test } from 'vitest'
import { progressOf } from '../procedures/judicial/case-progress.ts'
import { assembleFilingPack } from '../procedures/judicial/packs/packs.ts'
import { bank, legalCell, title } from './legal.ts'
import { actOf, day, liveToConsent, useHouse } from './house.ts'

const house = useHouse(async (made) => void (await liveToConsent(made)))
const { ask, happens, open, order, study } = legalCell(house, 'enforcement')

describe('a title', () => {
  const seize = (titre: Record<string, unknown>) =>
    ask('saisie-attribution', { titre: { ...title, ...titre }, ...bank('Banque du Rhône') })

  test('older than the claim cannot establish it', async () => {
    await expect(seize({ date: '2026-05-10', signification: '2026-05-20' })).rejects.toMatchObject({
      code: 'title_before_debt',
      article: 'CPCE L111-2',
    })
  })

  test('older than some of the invoices is doubted', async () => {
    await house.sql`
      insert into invoices select (jsonb_populate_record(i, jsonb_build_object(
        'id', gen_random_uuid(), 'number', 'F-0', 'issued_on', '2026-04-01', 'due_on', '2026-05-01'))).* from invoices i`
    const request = await seize({ date: '2026-05-05', signification: '2026-05-20' })
    expect(request.statement.doubts).toContainEqual(
      expect.stringMatching(/antérieur à une partie des factures \(F-1\)/),
    )
  })

  test('whose dates do not follow one another is not read', async () => {
    await expect(seize({ signification: '2026-06-24' })).rejects.toMatchObject({ code: 'title_dates' })
    await expect(seize({ date: '2026-08-01', signification: '2026-08-02' })).rejects.toMatchObject({
      code: 'title_dates',
    })
  })

  test('of ten years ago has run out, unless an act interrupted it: the day is then at its giver’s word', async () => {
    await house.sql`update invoices set issued_on = '2016-01-04', due_on = '2016-02-03'`
    const old = { date: '2016-07-28', signification: '2016-09-01' }
    await expect(seize(old)).rejects.toMatchObject({
      code: 'title_expired',
      article: 'CPCE L111-4',
      facts: { expires: '2026-07-28' },
    })
    expect((await seize({ ...old, date: '2016-07-29' })).packKind).toBe('mission')
    const kept = await seize({ ...old, prescription: '2031-03-04' })
    expect(kept.statement.doubts).toContainEqual(expect.stringContaining('joindre l’acte qui l’a interrompue'))
    await expect(seize({ ...old, prescription: '2026-07-28' })).rejects.toMatchObject({ code: 'title_expired' })
  })

  test('of the case itself is enforced only once it is served, and never with the service of another act', async () => {
    const opened = await order()
    await happens(opened.id, 'opposition', '2026-10-12')
    await happens(opened.id, 'avis-opposition', '2026-10-20')
    const seizing = (on: string) => ask('saisie-attribution', bank('Banque du Rhône'), on)
    await expect(seizing('2026-11-30')).rejects.toMatchObject({ code: 'not_enforceable' })
    await happens(
      opened.id,
      'jugement',
      '2026-12-01',
      { favorable: true, defaut: false, dernierRessort: true },
      await actOf(house, 'jugement'),
    )
    await expect(seizing('2026-12-02')).rejects.toMatchObject({ code: 'not_enforceable', article: 'CPC 503' })
    const service = { procedureId: opened.id, kind: 'signification-jugement', reason: 'Copie exécutoire à venir.' }
    const pack = await assembleFilingPack(
      house.office,
      day('2026-12-02'),
      { ...service, bailiffId: (await study()).id },
      'legal',
    )
    expect(pack.kind).toBe('signification-jugement')
    await happens(opened.id, 'signification-jugement', '2026-12-08')
    const request = await seizing('2026-12-09')
    const [mission] = await house.sql<{ facts: { titre: Record<string, string> } }[]>`
      select facts from documents where letter = 'saisie-attribution-mandat' order by written_on desc limit 1`
    expect(mission!.facts.titre).toMatchObject({ nature: 'jugement', date: '2026-12-01', signification: '2026-12-08' })
    expect(request.packKind).toBe('mission')
  })

  test('given without its day, or with a mistyped one, is the case’s own, and judged as such', async () => {
    const opened = await open('injonction-de-payer')
    await happens(opened.id, 'requete', '2026-08-03')
    await happens(opened.id, 'ordonnance', '2026-09-07', { numero: '2026/501' })
    await happens(opened.id, 'signification', '2026-09-21', { aPersonne: true, demeure: 'metropole' })
    await happens(opened.id, 'opposition', '2026-10-12')
    const seizing = (titre: Record<string, unknown>) =>
      ask('saisie-attribution', { titre, ...bank('Banque du Rhône') }, '2026-11-30')
    await expect(seizing({ nature: 'ordonnance', montant: '1200.00' })).rejects.toMatchObject({
      code: 'not_enforceable',
    })
    await expect(seizing({ ...title, date: '2026-09-08', numero: '2026/501' })).rejects.toMatchObject({
      code: 'not_enforceable',
    })
  })

  test('is not a judgment that dismisses the claim, though it was served', async () => {
    const opened = await order()
    await happens(opened.id, 'opposition', '2026-10-12')
    const dismissed = { favorable: false, defaut: false, dernierRessort: true }
    await happens(opened.id, 'jugement', '2026-12-01', dismissed, await actOf(house, 'jugement'))
    await happens(opened.id, 'signification-jugement', '2026-12-08')
    await expect(ask('saisie-attribution', bank('Banque du Rhône'), '2026-12-09')).rejects.toMatchObject({
      code: 'not_enforceable',
      article: 'CPCE L111-2',
    })
    // Neither the ten years of a title, nor the interruption of an order that fell: five years from the due date.
    const found = await house.sql<{ until: string }[]>`select limitation_on::text as until from cases`
    expect(found).toEqual([{ until: '2031-06-10' }])
  })

  test('that was served otherwise than in person is told to be opposable after the first measure', async () => {
    await order({ aPersonne: false, demeure: 'metropole' })
    const request = await ask('saisie-attribution', bank('Banque du Rhône'), '2026-11-24')
    expect(request.statement.doubts).toContainEqual(expect.stringContaining('CPC 1416, al. 2'))
  })

  test('that is opposed late waits for the court, and lives again when the opposition is inadmissible', async () => {
    const opened = await order()
    await happens(opened.id, 'opposition', '2026-10-26')
    const found = await progressOf(house.sql, opened, day('2026-11-24'))
    expect(found.doubts).toContainEqual(
      expect.objectContaining({
        code: 'late_act',
        message: expect.stringContaining('le tribunal dit si elle est recevable'),
      }),
    )
    const seizing = (on: string) => ask('saisie-attribution', bank('Banque du Rhône'), on)
    await expect(seizing('2026-11-24')).rejects.toMatchObject({
      code: 'not_enforceable',
      message: expect.stringContaining('après la fin du délai'),
    })
    await happens(opened.id, 'opposition-irrecevable', '2026-12-15')
    expect((await seizing('2026-12-16')).packKind).toBe('mission')
  })
})

test('from the last notice to the payment by the bank, each step leads to the next', async () => {
  const bailiff = await study()
  const opened = await open('injonction-de-payer')
  await happens(opened.id, 'requete', '2026-08-03', {}, await actOf(house, 'requête visée'))
  await happens(opened.id, 'ordonnance', '2026-09-07', { numero: '2026/501' }, await actOf(house, 'ordonnance'))
  const on = (step: string, at: string) => progressOf(house.sql, { id: step }, day(at))
  expect((await on(opened.id, '2026-09-08')).next.map(({ step }) => step)).toEqual(['signification'])
  const service = { procedureId: opened.id, kind: 'signification', bailiffId: bailiff.id, reason: 'Pièces en ligne.' }
  expect((await assembleFilingPack(house.office, day('2026-09-08'), service, 'Hugo Marchand')).kind).toBe(
    'signification',
  )
  const served = { aPersonne: true, demeure: 'metropole' }
  await happens(opened.id, 'signification', '2026-09-21', served, await actOf(house, 'acte de signification'))
  const executory = await on(opened.id, '2026-11-24')
  expect(executory.nextProcedures.map(({ procedure }) => procedure)).toContain('saisie-attribution')
  const seizure = await open('saisie-attribution', bank('Banque du Rhône'), '2026-11-24')
  // The title and its service are the case's own: nothing is missing, and nobody need say why.
  const mission = await assembleFilingPack(
    house.office,
    day('2026-11-24'),
    { procedureId: seizure.id, bailiffId: bailiff.id },
    'Hugo Marchand',
  )
  expect(mission).toMatchObject({ kind: 'mission', version: 1 })
  await happens(seizure.id, 'acte', '2026-11-25')
  await happens(seizure.id, 'denonciation', '2026-11-30')
  await expect(happens(seizure.id, 'paiement', '2026-12-30')).rejects.toMatchObject({ code: 'step_too_early' })
  await happens(seizure.id, 'certificat', '2026-12-31')
  await happens(seizure.id, 'paiement', '2026-12-31')
  expect((await on(seizure.id, '2026-12-31')).closed).toMatchObject({ title: 'Le tiers a payé', limit: null })
})
