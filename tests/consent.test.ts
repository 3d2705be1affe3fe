import { describe, expect, test } from 'vitest'
import { contentHash } from '../documents/manifest.ts'
import { recordPayment } from '../procedures/cases/payments.ts'
import { readExhibits } from '../procedures/cases/exhibits.ts'
import {
  giveConsent,
  readConsentRequest,
  refuseConsent,
  requestConsent,
  type Signature,
  withdrawConsent,
} from '../procedures/judicial/consent.ts'
import { assembleFilingPack } from '../procedures/judicial/packs.ts'
import { openProcedure, recordProcedureEvent } from '../procedures/judicial/procedures.ts'
import { transaction } from '../schema/db.ts'
import { newId, seededRandom } from '../schema/random.ts'
import { addInvoices, creditorOf, day, fileOf, invoice, liveUntil, openCase, textOf, useHouse } from './house.ts'

// Opened on 11 June 2026 and lived up to the request for the creditor's agreement, of 21 July, good until 20 August.
const house = useHouse(async (made) => {
  await openCase(made, {
    on: '2026-06-11',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })],
  })
  await liveUntil(made, '2026-06-11', '2026-07-22')
})

const random = seededRandom('consent')
const asked = async () => {
  const [row] = await house.sql<{ id: string }[]>`select id from consent_requests`
  return readConsentRequest(house.sql, row!.id)
}
const signature = async (changes: Partial<Signature> = {}): Promise<Signature> => {
  const request = await asked()
  return {
    requestId: request.id,
    contentSha256: request.contentSha256,
    signedBy: 'Inès Roche',
    capacity: 'présidente',
    evidence: { canal: 'test' },
    ...changes,
  }
}
const give = async (on: string, changes: Partial<Signature> = {}) =>
  giveConsent(house.sql, day(on), await signature(changes))
const open = async (on: string) => openProcedure(house.sql, random, day(on), { requestId: (await asked()).id }, 'legal')
const pay = async (on: string) =>
  recordPayment(
    house.office,
    day(on),
    {
      caseId: (await asked()).caseId,
      receivedOn: day(on),
      amount: 1_000n,
      means: 'virement',
      reference: null,
      receivedBy: 'creditor',
    },
    'test',
  )
const pack = (procedureId: string, on: string) =>
  assembleFilingPack(
    house.office,
    day(on),
    { procedureId, kind: 'requete', reason: 'Pièces jointes au dépôt.' },
    'legal',
  )
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

describe('what was asked is void', () => {
  test('as soon as a payment is recorded, before the signature or after it', async () => {
    await pay('2026-07-23')
    await expect(give('2026-07-24')).rejects.toMatchObject({ code: 'consent_void' })
  })

  test('after the signature too: nothing can be opened on it', async () => {
    await give('2026-07-23')
    await pay('2026-07-24')
    await expect(open(filed)).rejects.toMatchObject({ code: 'no_live_consent' })
  })

  test.each([
    ['a new invoice', invoice({ number: 'F-2', issued_on: '2026-05-11', due_on: '2026-06-30' })],
    ['a credit note', invoice({ kind: 'credit_note', number: 'A-1', issued_on: '2026-07-24', total: '10.00' })],
  ])('with %s', async (_, read) => {
    await give('2026-07-23')
    await addInvoices(house, {
      creditorId: (await fileOf(house, (await asked()).caseId)).creditor.id,
      on: '2026-07-24',
      invoices: [read],
    })
    await expect(open(filed)).rejects.toMatchObject({ code: 'no_live_consent' })
  })

  test('when a payment comes at the very moment of the signature, whichever is first', async () => {
    const answer = await signature()
    await Promise.allSettled([giveConsent(house.sql, day('2026-07-23'), answer), pay('2026-07-23')])
    await expect(open(filed)).rejects.toMatchObject({ code: 'no_live_consent' })
  })

  test('but a payment after the filing does not undo the filing', async () => {
    await give('2026-07-23')
    const { id } = await open(filed)
    await pack(id, filed)
    await recordProcedureEvent(
      house.sql,
      random,
      day(filed),
      { procedureId: id, step: 'requete', happenedOn: day(filed) },
      'legal',
    )
    await pay('2026-07-29')
    await recordProcedureEvent(
      house.sql,
      random,
      day('2026-08-03'),
      { procedureId: id, step: 'ordonnance', happenedOn: day('2026-08-03') },
      'legal',
    )
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
      invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })],
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
  expect(files.filter((file) => file.role === 'consent').map((file) => file.part)).toEqual(['proof'])
})
