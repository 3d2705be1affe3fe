import { describe, expect, test } from 'vitest'
import { contentHash } from '../documents/packs/manifest.ts'
import { readExhibits } from '../procedures/cases/exhibits/exhibits.ts'
import { recordCheck } from '../procedures/cases/insolvency/insolvencies.ts'
import { giveConsent, refuseConsent, withdrawConsent } from '../procedures/judicial/consents/consent.ts'
import { requestConsent } from '../procedures/judicial/consents/consent-requests.ts'
import { recordProcedureEvent } from '../procedures/judicial/procedures.ts'
import { transaction } from '../schema/db.ts'
import { newId } from '../schema/random.ts'
import { consentDesk } from './legal.ts'
import { addInvoices, creditorOf, day, fileOf, liveToConsent, ordinary, textOf, useHouse } from './house.ts'

// Opened on 11 June 2026 and lived up to the request for the creditor's agreement, of 21 July, good until 20 August.
const house = useHouse(async (made) => void (await liveToConsent(made)))

const { asked, give, open, pack, random, signature } = consentDesk(house, 'consent')
const filed = '2026-07-28'

describe('the request', () => {
  test('is bound to the hash of the content: application, statement, bordereau and exhibits, each file by its own', async () => {
    const request = await asked()
    expect(request.statement).toMatchObject({
      procedure: 'injonction-de-payer',
      principal: '1000.00',
      ceiling: '250.00',
      contentSha256: request.contentSha256,
      expiresOn: '2026-08-20',
    })
    const roles = (request.content as unknown as { role: string }[]).map((part) => part.role)
    expect(new Set(roles)).toEqual(new Set(['application', 'statement', 'bordereau', 'exhibit']))
    const exhibits = await readExhibits(house.sql, request.caseId)
    expect(roles.filter((role) => role === 'exhibit')).toHaveLength(exhibits.length)
  })

  test('is a PDF that prints procedure, debtor, total, ceiling, expiry and the hash', async () => {
    const request = await asked()
    const text = await textOf(await house.office.archive.get(request.pdf))
    for (const words of ['Garage du Pont', '250,00 €', '20 août 2026', request.statement.court])
      expect(text).toContain(words)
    expect(text.replaceAll(' ', '')).toContain(request.contentSha256)
    const [euros, cents] = request.statement.total.split('.')
    expect(text).toContain(`${euros!.replace(/\B(?=(\d{3})+$)/g, ' ')},${cents} €`)
  })

  test('says that nobody looked the debtor up in the registers; the pack no more, once somebody did', async () => {
    const never = 'aucune recherche n’est enregistrée avant le dépôt'
    const request = await asked()
    expect(request.statement.doubts.join(' ')).toContain(never)
    const { debtor } = await fileOf(house, request.caseId)
    const check = { debtorId: debtor.id, source: 'BODACC', found: false }
    await give('2026-07-23')
    const { id } = await open(filed)
    const doubts = async () => {
      const made = await pack(id, filed)
      const [row] = await house.sql<
        { doubts: string }[]
      >`select manifest ->> 'doubts' as doubts from packs where id = ${made.id}`
      return row!.doubts
    }
    expect(await doubts()).toContain(never)
    // Eight days are allowed before a filing: the 19th is nine days before the 28th, the 20th is eight.
    await recordCheck(house.sql, day(filed), { ...check, checkedOn: day('2026-07-19') }, 'research')
    expect(await doubts()).toContain('il y a 9 jours')
    await recordCheck(house.sql, day(filed), { ...check, checkedOn: day('2026-07-20') }, 'research')
    expect(await doubts()).not.toContain('Insolvabilité')
  })

  test('is replaced by a later one, and then can no longer be signed', async () => {
    const first = await signature()
    const second = await transaction(house.sql, async (sql) =>
      requestConsent(house.office, sql, day('2026-07-23'), {
        file: await fileOf(house, (await asked()).caseId),
        procedure: 'injonction-de-payer',
        ceiling: 30_000n,
        expiresOn: day('2026-08-22'),
        author: 'test',
      }),
    )
    await expect(giveConsent(house.sql, day('2026-07-24'), first)).rejects.toMatchObject({ code: 'consent_void' })
    await giveConsent(house.sql, day('2026-07-24'), {
      ...first,
      requestId: second.id,
      contentSha256: second.contentSha256,
    })
  })
})

describe('the answer', () => {
  test('keeps who signed, when, in what capacity and over which hash', async () => {
    const request = await asked()
    const { proof } = await give('2026-07-23')
    expect(proof).toMatchObject({
      decision: 'given',
      contentSha256: request.contentSha256,
      signedPdfSha256: request.pdf,
      signedBy: 'Inès Roche',
      capacity: 'présidente',
      decidedOn: '2026-07-23',
    })
    const [row] = await house.sql`select decision, signed_by, capacity, content_sha256, decided_on from consents`
    expect(row).toMatchObject({
      decision: 'given',
      signedBy: 'Inès Roche',
      capacity: 'présidente',
      contentSha256: request.contentSha256,
      decidedOn: day('2026-07-23'),
    })
  })

  test.each([giveConsent, refuseConsent])('is one: %o after it is refused', async (again) => {
    await give('2026-07-23')
    await expect(again(house.sql, day('2026-07-24'), await signature())).rejects.toMatchObject({
      code: 'consent_already_decided',
    })
  })

  test('is one even when two come at the same moment', async () => {
    const answer = await signature()
    const results = await Promise.allSettled(
      [giveConsent, refuseConsent, giveConsent].map((decide) => decide(house.sql, day('2026-07-23'), answer)),
    )
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1)
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'consent_already_decided' })
  })

  test.each([
    ['over another hash', 'consent_hash_mismatch', { contentSha256: '0'.repeat(64) }],
    ['over no hash', 'consent_hash_mismatch', { contentSha256: '' }],
    ['by nobody', 'consent_without_signatory', { signedBy: ' ' }],
    ['in no capacity', 'consent_without_signatory', { capacity: '' }],
    ['to a request that does not exist', 'consent_not_found', { requestId: newId(random) }],
  ])('%s is refused (%s)', async (_, code, changes) => {
    await expect(give('2026-07-23', changes)).rejects.toMatchObject({ code })
    expect(await house.sql`select 1 from consents`).toHaveLength(0)
  })

  test('after the last day is refused, on the last day it is not', async () => {
    await expect(give('2026-08-21')).rejects.toMatchObject({ code: 'consent_expired' })
    await give('2026-08-20')
  })

  test('of another creditor is refused as if the request did not exist', async () => {
    const creditorId = await creditorOf(house, day('2026-07-01'), { name: 'Autre SARL' })
    await expect(give('2026-07-23', { creditorId })).rejects.toMatchObject({ code: 'consent_not_found' })
    await expect(
      withdrawConsent(house.sql, day('2026-07-23'), { requestId: (await asked()).id, reason: '', creditorId }, 'x'),
    ).rejects.toMatchObject({ code: 'consent_not_found' })
    await give('2026-07-23', { creditorId: (await fileOf(house, (await asked()).caseId)).creditor.id })
  })
})

describe('without a live consent', () => {
  test('a refusal opens nothing', async () => {
    await refuseConsent(house.sql, day('2026-07-23'), await signature())
    await expect(open(filed)).rejects.toMatchObject({ code: 'no_live_consent', article: 'CPCE R124-3' })
  })

  test('a withdrawal stops every later step, once', async () => {
    await give('2026-07-23')
    const { id } = await open('2026-07-24')
    const requestId = (await asked()).id
    await withdrawConsent(house.sql, day('2026-07-25'), { requestId, reason: 'Accord trouvé.' }, 'Inès Roche')
    await expect(
      withdrawConsent(house.sql, day('2026-07-26'), { requestId, reason: 'Encore.' }, 'Inès Roche'),
    ).rejects.toMatchObject({ code: 'consent_void' })
    await expect(pack(id, filed)).rejects.toMatchObject({ code: 'no_live_consent' })
    await expect(
      recordProcedureEvent(
        house.sql,
        random,
        day(filed),
        { procedureId: id, step: 'requete', happenedOn: day(filed) },
        'legal',
      ),
    ).rejects.toMatchObject({ code: 'no_live_consent' })
    await expect(give('2026-07-26')).rejects.toMatchObject({ code: 'consent_already_decided' })
  })

  test('one consent opens one procedure', async () => {
    await give('2026-07-23')
    await open('2026-07-24')
    await expect(open('2026-07-25')).rejects.toMatchObject({ code: 'procedure_already_open' })
  })
})

describe('the database itself refuses (CT001)', () => {
  const refused = { code: 'CT001' }
  const raw = {
    procedure: async (caseId: string, consentId: string, on: string, procedure = 'injonction-de-payer') => {
      const id = newId(random)
      await house.sql`insert into procedures (id, case_id, procedure, consent_id, court, opened_on, opened_by) values (${id}, ${caseId}, ${procedure}, ${consentId}, '{}', ${day(on)}, 'x')`
      return id
    },
    event: (procedureId: string, on: string, step = 'requete') =>
      house.sql`insert into procedure_events (id, procedure_id, step, happened_on, recorded_on, recorded_by) values (${newId(random)}, ${procedureId}, ${step}, ${day(on)}, ${day(on)}, 'x')`,
    pack: (procedureId: string, on: string, hash: string, kind = 'requete') =>
      house.sql`insert into packs (id, procedure_id, kind, version, content_sha256, pdf, zip, manifest, assembled_on, assembled_by) values (${newId(random)}, ${procedureId}, ${kind}, 1, ${hash}, 'p', 'z', '{}', ${day(on)}, 'x')`,
  }

  test('a procedure on a request not answered, refused, answered later, withdrawn, or made for something else', async () => {
    const request = await asked()
    await expect(raw.procedure(request.caseId, request.id, filed)).rejects.toMatchObject(refused)
    await give('2026-07-23')
    await expect(raw.procedure(request.caseId, request.id, '2026-07-22')).rejects.toMatchObject(refused)
    await expect(raw.procedure(request.caseId, request.id, filed, 'saisie-vente')).rejects.toMatchObject(refused)
    const other = await addInvoices(house, {
      creditorId: (await fileOf(house, request.caseId)).creditor.id,
      on: '2026-07-22',
      invoices: [ordinary()],
      debtor: { name: 'Un autre' },
    })
    await expect(raw.procedure(other, request.id, filed)).rejects.toMatchObject(refused)
    await withdrawConsent(house.sql, day('2026-07-25'), { requestId: request.id, reason: 'Non.' }, 'x')
    await expect(raw.procedure(request.caseId, request.id, filed)).rejects.toMatchObject(refused)
    await raw.procedure(request.caseId, request.id, '2026-07-24')
  })

  test('an event and a pack after a withdrawal', async () => {
    const request = await asked()
    await give('2026-07-23')
    const id = await raw.procedure(request.caseId, request.id, '2026-07-24')
    await withdrawConsent(house.sql, day('2026-07-25'), { requestId: request.id, reason: 'Non.' }, 'x')
    await expect(raw.event(id, '2026-07-25')).rejects.toMatchObject(refused)
    await expect(raw.event(id, '2026-07-26', 'execution')).rejects.toMatchObject(refused)
    await expect(raw.pack(id, '2026-07-25', request.contentSha256)).rejects.toMatchObject(refused)
    await expect(raw.pack(id, '2026-07-25', request.contentSha256, 'signification')).rejects.toMatchObject(refused)
  })

  test('an event of a procedure that does not exist', async () => {
    await expect(raw.event(newId(random), filed)).rejects.toMatchObject(refused)
  })

  test('a pack of another content than the one signed', async () => {
    const request = await asked()
    await give('2026-07-23')
    const id = await raw.procedure(request.caseId, request.id, '2026-07-24')
    await expect(raw.pack(id, filed, 'f'.repeat(64))).rejects.toMatchObject(refused)
    await raw.pack(id, filed, request.contentSha256)
  })

  test('a change or a removal in the journal (CT002)', async () => {
    await expect(house.sql`update events set kind = 'x'`).rejects.toMatchObject({ code: 'CT002' })
    await expect(house.sql`delete from events where id = 1`).rejects.toMatchObject({ code: 'CT002' })
    await expect(house.sql`update events set kind = 'x' where false`).rejects.toMatchObject({ code: 'CT002' })
  })
})

test('the pack that is assembled has the hash that was signed, and the consent stands apart from it', async () => {
  const request = await asked()
  await give('2026-07-23')
  const { id } = await open(filed)
  const made = await pack(id, filed)
  expect(made.contentSha256).toBe(request.contentSha256)
  const [row] = await house.sql<
    {
      manifest: { content: { sha256: string }; files: { name: string; sha256: string; part: string; role: string }[] }
    }[]
  >`select manifest from packs`
  const { files, content } = row!.manifest
  expect(content.sha256).toBe(contentHash(files.filter((file) => file.part === 'content')))
  expect(files.filter((file) => file.role === 'consent').map(({ part, name }) => [part, name])).toEqual([
    ['proof', 'preuves/accord-du-creancier-formulaire.pdf'],
    ['proof', 'preuves/accord-du-creancier.pdf'],
  ])
})
