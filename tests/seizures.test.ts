import { describe, expect, test } from 'vitest'
import { examine } from '../procedures/doctor/doctor.ts'
import { progressOf } from '../procedures/judicial/case-progress.ts'
import { readProcedureEvents } from '../procedures/judicial/open-procedures.ts'
import { recordProcedureEvent } from '../procedures/judicial/procedures.ts'
import { pay } from './debtor.ts'
import { bank, goods, legalCell, sendExhibit, sign, title } from './legal.ts'
import { day, liveToConsent, useHouse } from './house.ts'

const house = useHouse(async (made) => void (await liveToConsent(made)))
const { ask, caseOf, happens, open, openSigned, random } = legalCell(house, 'seizures')

describe('what is lifted was seized', () => {
  const lifted = { mainlevee: { etendue: 'totale', cause: 'paiement' } }

  test('nothing is lifted where nothing is seized', async () => {
    await expect(ask('mainlevee', lifted)).rejects.toMatchObject({ code: 'no_seizure', article: 'CPCE L512-1' })
  })

  test('a seizure made elsewhere is shown by its act', async () => {
    const mesure = { type: 'saisie-attribution', date: '2026-07-15' }
    await expect(ask('mainlevee', { ...lifted, mesure })).rejects.toMatchObject({ code: 'seizure_act_missing' })
    await sendExhibit(house, await caseOf(), 'proces-verbal')
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
    const seizure = await open('saisie-vente', { titre: title, biens: goods })
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
    await sign(house, '2026-07-31', request)
    await happens(seizure.id, 'mainlevee', '2026-08-03')
    await expect(openSigned(request.id, '2026-08-03')).rejects.toMatchObject({ code: 'no_seizure' })
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

test('a dwelling is protected by the principal alone, under 535 €, whatever interest adds to it', async () => {
  const seizing = async (principal: bigint) => {
    await house.sql`update invoices set payable = ${principal}, total = ${principal}`
    const facts = { titre: title, biens: [{ designation: 'Meubles', lieu: '3 rue de la Gare, 69003 Lyon' }] }
    return (await ask('saisie-vente', facts)).statement.doubts.join(' ')
  }
  expect(await seizing(53_400n)).toContain('moins de 535 €')
  expect(await seizing(53_500n)).not.toContain('moins de 535 €')
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
    await pay(house, await caseOf(), '2026-07-31', '100.00')
    const found = (await examine(house.office, day('2026-07-31'))).map(({ code }) => code)
    expect(found).not.toContain('consent_outdated')
  })
})
