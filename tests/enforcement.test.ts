import { describe, expect, test } from 'vitest'
import { attachExhibit, type ExhibitKind } from '../procedures/cases/exhibits.ts'
import { recordLegalForm } from '../procedures/cases/debtors.ts'
import { placeHold } from '../procedures/cases/holds.ts'
import { recordPayment } from '../procedures/money/payments.ts'
import { recordLimitation, setClaimNature } from '../procedures/cases/limitation.ts'
import { examine } from '../procedures/doctor.ts'
import { progressOf } from '../procedures/judicial/case-progress.ts'
import { giveConsent } from '../procedures/judicial/consent.ts'
import { requestConsent } from '../procedures/judicial/consent-requests.ts'
import { importCourts } from '../procedures/judicial/court-directory.ts'
import { createBailiff } from '../procedures/judicial/handover.ts'
import { watchDeadlines } from '../procedures/judicial/deadline-alerts.ts'
import { assembleFilingPack } from '../procedures/judicial/packs.ts'
import { readProcedure, readProcedureEvents } from '../procedures/judicial/open-procedures.ts'
import { loadProcedure, procedureIds } from '../procedures/judicial/procedure.ts'
import { openProcedure, recordProcedureEvent } from '../procedures/judicial/procedures.ts'
import { natureRuns, runsTenYears } from '../procedures/judicial/title-limitation.ts'
import { seededRandom } from '../schema/random.ts'
import { actOf, day, fileOf, liveToConsent, textOf, useHouse } from './house.ts'

const random = seededRandom('enforcement')
const house = useHouse(async (made) => void (await liveToConsent(made)))

const address = { lignes: ['12 rue de la République'], codePostal: '69002', ville: 'Lyon', pays: 'FR' }
const title = {
  nature: 'jugement',
  juridiction: 'tribunal de commerce de Lyon',
  date: '2026-06-25',
  numero: '2026/118',
  signification: '2026-07-06',
}
const bank = (etablissement: string) => ({ comptes: [{ etablissement }] })

const caseOf = async () => (await house.sql<{ id: string }[]>`select id from cases`)[0]!.id

const study = () =>
  createBailiff(house.sql, random, {
    name: 'SELARL Brun & Associés',
    identity: { adresse: address, email: 'etude@brun.example', ressort: 'cour d’appel de Lyon' },
  })

async function ask(procedure: string, facts: Record<string, unknown> = {}, on = '2026-07-29') {
  return requestConsent(house.office, house.sql, day(on), {
    file: await fileOf(house, await caseOf()),
    procedure,
    ceiling: 30_000n,
    expiresOn: day(on).add({ days: 30 }),
    facts,
    bailiffId: (await study()).id,
    author: 'test',
  })
}

async function open(procedure: string, facts: Record<string, unknown> = {}, on = '2026-07-29') {
  const request = await ask(procedure, facts, on)
  await giveConsent(house.sql, day(on), {
    requestId: request.id,
    contentSha256: request.contentSha256,
    signedBy: 'Inès Roche',
    capacity: 'présidente',
    evidence: {},
  })
  return openProcedure(house.sql, random, day(on), { requestId: request.id }, 'legal')
}

const copy = (words: string) => actOf(house, words)

const happens = (procedureId: string, step: string, on: string, facts: Record<string, unknown> = {}, act?: string) =>
  recordProcedureEvent(
    house.sql,
    random,
    day(on),
    { procedureId, step, happenedOn: day(on), facts, original: act ?? null },
    'legal',
  )

const exhibit = async (kind: ExhibitKind, words = `Document « ${kind} ».`) =>
  attachExhibit(
    house.office,
    house.sql,
    day('2026-07-23'),
    {
      caseId: await caseOf(),
      kind,
      reference: `R-${kind}`,
      datedOn: day('2026-07-15'),
      proves: 'ce qui est dit',
      bytes: Buffer.from(words),
      fileName: `${kind}.txt`,
    },
    'test',
  )

/** An order for payment of the case: filed in August, made, served and free of opposition. */
async function order(service: Record<string, unknown> = { aPersonne: true, demeure: 'metropole' }) {
  const opened = await open('injonction-de-payer')
  await happens(opened.id, 'requete', '2026-08-03')
  await happens(opened.id, 'ordonnance', '2026-09-07')
  await happens(opened.id, 'signification', '2026-09-21', service)
  return opened
}

describe('what is lifted was seized', () => {
  const lifted = { mainlevee: { etendue: 'totale', cause: 'paiement' } }

  test('nothing is lifted where nothing is seized', async () => {
    await expect(ask('mainlevee', lifted)).rejects.toMatchObject({ code: 'no_seizure', article: 'CPCE L512-1' })
  })

  test('a seizure made elsewhere is shown by its act', async () => {
    const mesure = { type: 'saisie-attribution', date: '2026-07-15' }
    await expect(ask('mainlevee', { ...lifted, mesure })).rejects.toMatchObject({ code: 'seizure_act_missing' })
    await exhibit('proces-verbal')
    expect((await ask('mainlevee', { ...lifted, mesure, tiersSaisi: { nom: 'Banque du Rhône' } })).packKind).toBe(
      'mission',
    )
  })

  test('the case’s own is found with its day, its holder and its act, and not twice', async () => {
    const seizure = await open('saisie-attribution', { titre: title, ...bank('Banque du Rhône') })
    await expect(ask('mainlevee', lifted)).rejects.toMatchObject({ code: 'no_seizure' })
    const act = await house.office.archive.put(Buffer.from('Acte de saisie du 30 juillet 2026.'))
    await happens(seizure.id, 'acte', '2026-07-30', {}, act)
    const lifting = await open('mainlevee', lifted, '2026-07-31')
    const joined = await house.sql`select 1 from exhibits where kind = 'proces-verbal' and original = ${act}`
    expect(joined).toHaveLength(1)
    const [written] = await house.sql<{ text: string }[]>`
      select (facts -> 'mesure')::text || (facts -> 'tiersSaisi')::text as text from documents
      where letter = 'saisie-mainlevee-totale-instruction'`
    expect(written!.text).toMatch(/2026-07-30.*Banque du Rhône/s)
    await happens(lifting.id, 'demande', '2026-07-31')
    await happens(lifting.id, 'mainlevee', '2026-08-03')
    // The release ends the seizure itself, in its own procedure.
    expect((await progressOf(house.sql, seizure, day('2026-08-03'))).closed?.title).toBe('Mainlevée de la saisie')
    await expect(ask('mainlevee', lifted, '2026-08-04')).rejects.toMatchObject({ code: 'no_seizure' })
  })

  describe('the release of a seizure', () => {
    const seized = { titre: title, ...bank('Banque du Rhône') }
    const released = async () => {
      const seizure = await open('saisie-attribution', seized)
      await happens(seizure.id, 'acte', '2026-07-30')
      const lifting = await open('mainlevee', lifted, '2026-07-31')
      await happens(lifting.id, 'demande', '2026-07-31')
      await happens(lifting.id, 'mainlevee', '2026-08-03')
      return { seizure, lifting }
    }
    const mends = async (procedureId: string, happenedOn: string, isVoid: boolean) => {
      const { id } = (await readProcedureEvents(house.sql, procedureId)).find(({ step }) => step === 'mainlevee')!
      const mended = { procedureId, step: 'mainlevee', happenedOn: day(happenedOn), corrects: id, void: isVoid }
      return recordProcedureEvent(house.sql, random, day('2026-08-05'), mended, 'legal')
    }
    const closedOn = async (seizure: { id: string }) =>
      (await progressOf(house.sql, seizure, day('2026-08-05'))).closed?.on.toString()

    test('that is withdrawn leaves the seizure under way, until it is given again', async () => {
      const { seizure, lifting } = await released()
      expect(await closedOn(seizure)).toBe('2026-08-03')
      await mends(lifting.id, '2026-08-03', true)
      expect(await closedOn(seizure)).toBeUndefined()
      await expect(ask('saisie-attribution', seized, '2026-08-05')).rejects.toMatchObject({ code: 'already_seized' })
      await happens(lifting.id, 'mainlevee', '2026-08-03')
      expect(await closedOn(seizure)).toBe('2026-08-03')
      await expect(ask('mainlevee', lifted, '2026-08-05')).rejects.toMatchObject({ code: 'no_seizure' })
    })

    test('that was told to the seizure before its source was kept is found by its day', async () => {
      const { seizure, lifting } = await released()
      await house.sql`alter table procedure_events disable trigger procedure_events_are_kept`
      await house.sql`update procedure_events set facts = facts - 'leveePar'`
      await house.sql`alter table procedure_events enable trigger procedure_events_are_kept`
      await mends(lifting.id, '2026-08-04', false)
      expect(await closedOn(seizure)).toBe('2026-08-04')
      await mends(lifting.id, '2026-08-04', true)
      expect(await closedOn(seizure)).toBeUndefined()
    })

    test('that is corrected ends the seizure on its right day, and no more once the correction is withdrawn', async () => {
      const { seizure, lifting } = await released()
      await mends(lifting.id, '2026-08-04', false)
      expect(await closedOn(seizure)).toBe('2026-08-04')
      await mends(lifting.id, '2026-08-04', true)
      expect(await closedOn(seizure)).toBeUndefined()
    })

    test('that is withdrawn frees a seizure whose own record of it was corrected by hand', async () => {
      const { seizure, lifting } = await released()
      await mends(seizure.id, '2026-08-04', false)
      await mends(lifting.id, '2026-08-03', true)
      expect(await closedOn(seizure)).toBeUndefined()
    })

    test('that is corrected leaves alone what a person withdrew from the seizure itself', async () => {
      const { seizure, lifting } = await released()
      await mends(seizure.id, '2026-08-03', true)
      await mends(lifting.id, '2026-08-04', false)
      expect(await closedOn(seizure)).toBeUndefined()
    })
  })

  test('a release of a part leaves the seizure as it is; of goods, it has its own letter', async () => {
    const biens = [{ designation: 'Pont élévateur', lieu: '3 rue de la Gare, 69003 Lyon' }]
    const seizure = await open('saisie-vente', { titre: title, biens })
    await happens(seizure.id, 'commandement', '2026-07-30')
    await happens(seizure.id, 'saisie', '2026-08-10')
    const lifting = await open('mainlevee', { mainlevee: { etendue: 'partielle', cause: 'acompte' } }, '2026-08-11')
    const letters = await house.sql<{ letter: string }[]>`select letter from documents where letter like '%mainlevee%'`
    expect(letters.map(({ letter }) => letter)).toEqual(['saisie-biens-mainlevee-instruction'])
    await happens(lifting.id, 'demande', '2026-08-11')
    await happens(lifting.id, 'mainlevee', '2026-08-12')
    expect((await progressOf(house.sql, seizure, day('2026-08-12'))).closed).toBeNull()
  })

  test('a release that came before the opening leaves nothing to open', async () => {
    const seizure = await open('saisie-attribution', { titre: title, ...bank('Banque du Rhône') })
    await happens(seizure.id, 'acte', '2026-07-30')
    const request = await ask('mainlevee', lifted, '2026-07-31')
    await giveConsent(house.sql, day('2026-07-31'), {
      requestId: request.id,
      contentSha256: request.contentSha256,
      signedBy: 'Inès Roche',
      capacity: 'présidente',
      evidence: {},
    })
    await happens(seizure.id, 'mainlevee', '2026-08-03')
    await expect(
      openProcedure(house.sql, random, day('2026-08-03'), { requestId: request.id }, 'legal'),
    ).rejects.toMatchObject({ code: 'no_seizure' })
  })
})

describe('a seizure', () => {
  test('is not made twice in the same hands, whatever their spelling; in others it stands beside the first', async () => {
    const first = await open('saisie-attribution', { titre: title, ...bank('Banque du Rhône') })
    await happens(first.id, 'acte', '2026-07-30')
    const again = { titre: title, ...bank('BANQUE DU RHONE') }
    await expect(ask('saisie-attribution', again, '2026-07-31')).rejects.toMatchObject({ code: 'already_seized' })
    await expect(ask('saisie-attribution', { titre: title }, '2026-07-31')).rejects.toMatchObject({
      code: 'already_seized',
    })
    const beside = await ask('saisie-attribution', { titre: title, ...bank('Crédit du Léman') }, '2026-07-31')
    expect(beside.statement.doubts).toContainEqual(expect.stringMatching(/déjà en cours.*Banque du Rhône.*L111-7/))
    const live = await house.sql<{ live: boolean }[]>`
      select live_consent(consent_id, '2026-07-31') as live from procedures where id = ${first.id}`
    expect(live).toEqual([{ live: true }])
  })

  test('in other hands leaves the agreement asked for the first as it was', async () => {
    const first = await ask('saisie-attribution', { titre: title, ...bank('Banque du Rhône') })
    await ask('saisie-attribution', { titre: title, ...bank('Crédit du Léman') })
    expect(await house.sql`select 1 from consent_ends where request_id = ${first.id}`).toHaveLength(0)
    await ask('saisie-attribution', { titre: title, ...bank('Banque du Rhône') })
    expect(await house.sql`select 1 from consent_ends where request_id = ${first.id}`).toHaveLength(1)
  })

  test('that lapsed may be made again', async () => {
    const first = await open('saisie-attribution', { titre: title, ...bank('Banque du Rhône') })
    await happens(first.id, 'acte', '2026-07-30')
    // Eight days to tell the debtor: Friday 7 August.
    const again = await ask('saisie-attribution', { titre: title, ...bank('Banque du Rhône') }, '2026-08-10')
    expect(again.statement.doubts.join(' ')).not.toContain('déjà en cours')
  })
})

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
      await copy('jugement'),
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
    await happens(opened.id, 'jugement', '2026-12-01', dismissed, await copy('jugement'))
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
  await happens(opened.id, 'requete', '2026-08-03', {}, await copy('requête visée'))
  await happens(opened.id, 'ordonnance', '2026-09-07', { numero: '2026/501' }, await copy('ordonnance'))
  const on = (step: string, at: string) => progressOf(house.sql, { id: step }, day(at))
  expect((await on(opened.id, '2026-09-08')).next.map(({ step }) => step)).toEqual(['signification'])
  const service = { procedureId: opened.id, kind: 'signification', bailiffId: bailiff.id, reason: 'Pièces en ligne.' }
  expect((await assembleFilingPack(house.office, day('2026-09-08'), service, 'Hugo Marchand')).kind).toBe(
    'signification',
  )
  const served = { aPersonne: true, demeure: 'metropole' }
  await happens(opened.id, 'signification', '2026-09-21', served, await copy('acte de signification'))
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
    const biens = [{ designation: 'Pont élévateur', lieu: '3 rue de la Gare, 69003 Lyon' }]
    const seizure = await open('saisie-vente', { titre: title, biens })
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
    const paid = { receivedOn: day('2026-12-01'), amount: 1_000n, means: 'virement', reference: null }
    await recordPayment(
      house.office,
      day('2026-12-01'),
      { caseId: await caseOf(), ...paid, receivedBy: 'creditor' },
      'test',
    )
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
    recordPayment(
      house.office,
      day(on),
      {
        caseId,
        receivedOn: day(receivedOn),
        amount: 1_000n,
        means: 'virement',
        reference: null,
        receivedBy: 'creditor',
      },
      'test',
    )

  test('of a title that an act kept alive starts anew with what the debtor pays, beyond the first ten years', async () => {
    const caseId = await claimDue('2016-02-03')
    const biens = [{ designation: 'Pont élévateur', lieu: '3 rue de la Gare, 69003 Lyon' }]
    const titre = { ...title, date: '2018-05-14', signification: '2018-06-01' }
    const seizure = await open('saisie-vente', { titre, biens })
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
    await house.sql`
      update cases set limitation_on = '2030-01-01', limitation_doubts = '[{"code":"limitation_by_hand","message":"x"}]' where id = ${caseId}`
    await order()
    expect(await limitationOn()).toBe('2030-01-01')
  })
})

test('a debtor of unknown legal form is looked up before anything is filed: the pack names it, and a person answers for it', async () => {
  const opened = await open('injonction-de-payer')
  const order = { procedureId: opened.id }
  const assembled = () => assembleFilingPack(house.office, day('2026-07-29'), order, 'Hugo Marchand')
  const named = 'Forme juridique de Garage du Pont, qui décide entre le tribunal de commerce et la juridiction civile'
  await expect(assembled()).rejects.toMatchObject({
    code: 'pack_incomplete',
    message: expect.stringContaining(named),
    remedy: expect.stringContaining('recordCourt'),
  })
  const pack = await assembleFilingPack(
    house.office,
    day('2026-07-29'),
    { ...order, reason: 'Débiteur inscrit au RCS, vu ce jour.' },
    'Hugo Marchand',
  )
  const [kept] = await house.sql<{ manifest: { missing: { what: string }[]; reason: object } }[]>`
    select manifest from packs where id = ${pack.id}`
  expect(kept!.manifest.missing.map(({ what }) => what).join()).toContain(named)
  expect(kept!.manifest.reason).toMatchObject({ by: 'Hugo Marchand' })
  const form = { caseId: await caseOf(), legalForm: 'SARL', source: 'extrait Kbis du jour' }
  await recordLegalForm(house.sql, day('2026-07-29'), form, 'legal')
  const told = () => assembled().catch((error: Error) => error.message)
  expect(await told()).not.toContain('Forme juridique')
  // A town that no directory knows is no better: the request would go to a court without a seat.
  expect(await told()).not.toContain('Siège de la juridiction')
  await house.sql`update debtors set address = address || '{"postalCode": "38200", "city": "Vienne"}'`
  expect(await told()).toContain('Siège de la juridiction compétente (tribunal de commerce) dont relève Vienne')
})

describe('the simplified procedure for small claims', () => {
  test('is closed between two commercial companies since April 2026, and doubted where a form is not known', async () => {
    expect((await ask('petites-creances')).statement.doubts).toContainEqual(
      expect.stringContaining('entre commerçants'),
    )
    await house.sql`update debtors set identity = identity || '{"legalForm":"S.A.R.L."}'`
    await expect(ask('petites-creances')).rejects.toMatchObject({ code: 'between_merchants' })
    await house.sql`update debtors set kind = 'consumer'`
    expect((await ask('petites-creances')).statement.doubts.join(' ')).not.toContain('commerçants')
  })
})

test('a threshold of the law is told to the creditor where it is met, and not elsewhere', async () => {
  const lawyer = { nom: 'Maître Claire Vidal', barreau: 'Lyon', adresse: address }
  const doubts = async () => (await ask('assignation', { avocatCreancier: lawyer })).statement.doubts.join(' ')
  await house.sql`update debtors set identity = identity || '{"legalForm":"S.A.S."}'`
  expect(await doubts()).not.toContain('750-1')
  await house.sql`update debtors set kind = 'consumer'`
  expect(await doubts()).toContain('CPC 750-1')
})

test.each(['assignation', 'refere-provision'])(
  '%s: an attempt to settle is told of a business that its form does not show to be commercial, up to 5,000 €',
  async (procedure) => {
    const lawyer = { nom: 'Maître Claire Vidal', barreau: 'Lyon', adresse: address }
    const told = async (legalForm: string | null) => {
      await house.sql`update debtors set identity = (identity - 'legalForm') || jsonb_strip_nulls(jsonb_build_object('legalForm', ${legalForm}::text))`
      return (await ask(procedure, { avocatCreancier: lawyer })).statement.doubts.join(' ').includes('CPC 750-1')
    }
    for (const form of ['SCI', 'SELARL', 'Association', 'Profession libérale', null])
      expect(await told(form), `${form}`).toBe(true)
    for (const form of ['SARL', 'S.N.C.', 'sas']) expect(await told(form), form).toBe(false)
    await house.sql`update invoices set payable = 500_001, total = 500_001`
    expect(await told('SCI')).toBe(false)
  },
)

test('a dwelling is protected by the principal alone, under 535 €, whatever interest adds to it', async () => {
  const seizing = async (principal: bigint) => {
    await house.sql`update invoices set payable = ${principal}, total = ${principal}`
    const facts = { titre: title, biens: [{ designation: 'Meubles', lieu: '3 rue de la Gare, 69003 Lyon' }] }
    return (await ask('saisie-vente', facts)).statement.doubts.join(' ')
  }
  expect(await seizing(53_400n)).toContain('moins de 535 €')
  expect(await seizing(53_500n)).not.toContain('moins de 535 €')
})

describe('a debtor that its form shows to be civil', () => {
  const form = async (legalForm: string, source = 'avis de situation INSEE') =>
    recordLegalForm(house.sql, day('2026-07-24'), { caseId: await caseOf(), legalForm, source }, 'legal')
  // The scenario’s own, of a week before, was written while no form was known.
  const application = async () => {
    const written = await house.sql<{ letter: string }[]>`
      select letter from documents where letter like 'injonction-requete-%' and written_on >= '2026-07-29'`
    return written.map(({ letter }) => letter)
  }

  test('is asked of the tribunal judiciaire, by its own application, with its own time limits and no registry fee', async () => {
    await form('SCI')
    const opened = await open('injonction-de-payer')
    expect(opened.court).toMatchObject({ nom: 'tribunal judiciaire de Lyon' })
    expect(await application()).toEqual(['injonction-requete-tribunal-judiciaire'])
    await happens(opened.id, 'requete', '2026-08-03')
    await happens(opened.id, 'ordonnance', '2026-09-07')
    await happens(opened.id, 'signification', '2026-09-21', { aPersonne: true })
    await happens(opened.id, 'opposition', '2026-10-05')
    await happens(opened.id, 'invitation-avocat', '2026-10-12')
    await happens(opened.id, 'invitation-consigner', '2026-10-12')
    const { due } = await progressOf(house.sql, opened, day('2026-10-13'))
    expect(due.map(({ id }) => id)).toContain('constitution-avocat')
    expect(due.map(({ id }) => id)).not.toContain('consignation-opposition')
  })

  test('is before the juge de l’exécution for a conservatory seizure, and before the court itself on the merits', async () => {
    await form('SCI')
    const printed = async (letter: string) => {
      const [found] = await house.sql<{ sha256: string }[]>`select sha256 from documents where letter = ${letter}`
      return (await textOf(await house.office.archive.get(found!.sha256))).replaceAll(/\s+/g, ' ')
    }
    const threat = { faits: ['trois prélèvements rejetés depuis juin'], preuves: ['avis de rejet'] }
    const seized = { nom: 'Banque du Rhône', formeJuridique: 'SA', adresse: address }
    const opened = await open('saisie-conservatoire-creances', { menaceRecouvrement: threat, tiersSaisi: seized })
    expect(opened.court.formation).toBe('juge de l’exécution')
    expect(await printed('saisie-conservatoire-creances-requete-jex')).toContain(
      "tribunal judiciaire de Lyon, juge de l'exécution",
    )
    await open('assignation', { avocatCreancier: { nom: 'Claire Perrin', adresse: address } })
    const asked = await printed('assignation-fond-judiciaire-dossier')
    expect(asked).toContain('tribunal judiciaire de Lyon. Selon la matière')
  })

  test('of a commercial form, or of none that is known, is before the commercial court, and the second is said', async () => {
    const unknown = await ask('injonction-de-payer')
    expect(unknown.statement.court).toBe('tribunal des activités économiques de Lyon')
    expect(unknown.statement.doubts.join(' ')).toContain('La forme juridique de Garage du Pont n’est pas connue')
    await form('SARL')
    const known = await ask('injonction-de-payer')
    expect(known.statement.court).toBe('tribunal des activités économiques de Lyon')
    expect(known.statement.doubts.join(' ')).not.toContain('forme juridique')
    expect(new Set(await application())).toEqual(new Set(['injonction-requete-tribunal-commerce']))
  })

  test('whose application was filed before that was known keeps its court, its rules and its papers', async () => {
    const opened = await open('injonction-de-payer')
    await happens(opened.id, 'requete', '2026-08-03')
    await form('SCI')
    await happens(opened.id, 'ordonnance', '2026-09-07')
    await happens(opened.id, 'signification', '2026-09-21', { aPersonne: true })
    await happens(opened.id, 'opposition', '2026-10-05')
    await happens(opened.id, 'invitation-consigner', '2026-10-12')
    const { due } = await progressOf(house.sql, opened, day('2026-10-13'))
    expect(due.map(({ id }) => id)).toContain('consignation-opposition')
    const { court } = await readProcedure(house.sql, opened.id)
    expect(court.nom).toBe('tribunal des activités économiques de Lyon')
    expect(new Set(await application())).toEqual(new Set(['injonction-requete-tribunal-commerce']))
  })

  test('whose procedure was opened before another court, and is not filed, is not filed there', async () => {
    const opened = await open('injonction-de-payer')
    // As an invoice gave it long ago, when the form did not count.
    await house.sql`update debtors set identity = identity || '{"legalForm":"SCI"}'`
    await expect(happens(opened.id, 'requete', '2026-08-03')).rejects.toMatchObject({ code: 'court_changed' })
  })

  test('told after the signature asks for another, and says where it was read', async () => {
    const request = await ask('injonction-de-payer')
    await giveConsent(house.sql, day('2026-07-29'), {
      requestId: request.id,
      contentSha256: request.contentSha256,
      signedBy: 'Inès Roche',
      capacity: 'présidente',
      evidence: {},
    })
    await expect(form('SCI', ' ')).rejects.toMatchObject({ code: 'bad_legal_form' })
    await form('SCI')
    await expect(
      openProcedure(house.sql, random, day('2026-07-29'), { requestId: request.id }, 'legal'),
    ).rejects.toMatchObject({ code: 'no_live_consent' })
  })
})

describe('the court that was signed for', () => {
  // Lyon has its court in our sample; a list imported between opening and filing says otherwise.
  const move = () =>
    importCourts(
      house.sql,
      day('2026-08-03'),
      {
        file: new TextEncoder().encode('code commune;commune;greffe\n69383;Lyon;Villefranche-Tarare'),
        source: 'essai',
        preview: false,
      },
      'test',
    )

  test('is compared again when it is filed and when its pack is made, not once it was filed', async () => {
    const opened = await open('injonction-de-payer')
    const pack = (on: string) =>
      assembleFilingPack(
        house.office,
        day(on),
        { procedureId: opened.id, reason: 'Pièces à joindre au dépôt.' },
        'Hugo Marchand',
      )
    await move()
    await expect(happens(opened.id, 'requete', '2026-08-04')).rejects.toMatchObject({ code: 'court_changed' })
    await expect(pack('2026-08-04')).rejects.toMatchObject({ code: 'court_changed' })
  })

  test('and what was filed before stays where it was filed', async () => {
    const opened = await open('injonction-de-payer')
    await happens(opened.id, 'requete', '2026-08-03')
    await move()
    expect(
      (
        await assembleFilingPack(
          house.office,
          day('2026-08-05'),
          { procedureId: opened.id, reason: 'Pièces à joindre au dépôt.' },
          'Hugo Marchand',
        )
      ).version,
    ).toBe(1)
  })
})

describe('what the database and the doctor hold of a signed mission', () => {
  test('another content than the signed one is refused under whatever name the pack has', async () => {
    const seizure = await open('saisie-attribution', { titre: title, ...bank('Banque du Rhône') })
    const insert = async (sha: string) =>
      house.sql`
        insert into packs (id, procedure_id, kind, version, content_sha256, pdf, zip, manifest, assembled_on, assembled_by)
        values (gen_random_uuid(), ${seizure.id}, 'mission', 9, ${sha}, 'p', 'z', '{}', '2026-07-29', 'x')`
    await expect(insert('another')).rejects.toMatchObject({ code: 'CT001' })
  })

  test('a payment after the seizure leaves the agreement alive, and the doctor finds nothing in it', async () => {
    const seizure = await open('saisie-attribution', { titre: title, ...bank('Banque du Rhône') })
    await happens(seizure.id, 'acte', '2026-07-30')
    await recordPayment(
      house.office,
      day('2026-07-31'),
      {
        caseId: await caseOf(),
        receivedOn: day('2026-07-31'),
        amount: 10_000n,
        means: 'virement',
        reference: null,
        receivedBy: 'creditor',
      },
      'test',
    )
    const found = (await examine(house.office, day('2026-07-31'))).map(({ code }) => code)
    expect(found).not.toContain('consent_outdated')
  })
})
