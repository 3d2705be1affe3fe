import { describe, expect, test } from 'vitest'
import { validateAddress } from '../procedures/mail/addresses.ts'
import { resolveDispute } from '../procedures/cases/exchanges/disputes.ts'
import { releaseHold } from '../procedures/cases/holds.ts'
import { owedOn } from '../procedures/money/ledger.ts'
import { amount } from '../schema/money.ts'
import { dispute, insolvency, pay, promise } from './debtor.ts'
import {
  addInvoices,
  day,
  done,
  fileOf,
  invoice,
  liveHolds,
  liveOn,
  liveUntil,
  openCase,
  openOrdinary,
  planned,
  textOf,
  toDebtor,
  useHouse,
} from './house.ts'

const house = useHouse()

describe('a case is suspended, says why, and resumes', () => {
  const stopped = async (caseId: string, until: string) => {
    const before = done(await fileOf(house, caseId))
    await liveUntil(house, '2026-06-12', until)
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual(before)
    return liveHolds(file)
  }

  test('when all is paid', async () => {
    const caseId = await openOrdinary(house)
    await liveOn(house, '2026-06-11')
    const owed = owedOn(await fileOf(house, caseId), day('2026-06-12')).total
    const paid = await pay(house, caseId, '2026-06-12', amount(owed))
    expect(paid.left).toBe(0n)
    expect(await stopped(caseId, '2026-07-31')).toEqual([
      expect.objectContaining({ cause: 'paiement-integral', reason: expect.stringContaining('Tout est payé') }),
    ])
  })

  test('when a part is paid it is not, and the next letter asks for the rest', async () => {
    const caseId = await openOrdinary(house)
    await liveOn(house, '2026-06-11')
    await pay(house, caseId, '2026-06-12', '600.00')
    await liveUntil(house, '2026-06-12', '2026-06-27')
    const file = await fileOf(house, caseId)
    const notice = await textOf(
      await house.office.archive.get(toDebtor(file).find((letter) => letter.channel === 'lrar')!.sha256),
    )
    expect(notice).toContain('600,00 €')
    expect(notice).toContain('400,')
  })

  test('a paid case goes on when a new invoice joins it', async () => {
    const caseId = await openOrdinary(house)
    await liveOn(house, '2026-06-11')
    const { case: found } = await fileOf(house, caseId)
    await pay(house, caseId, '2026-06-12', '1041.00')
    const more = invoice({ number: 'F-2', issued_on: '2026-05-11', due_on: '2026-06-12' })
    await addInvoices(house, { creditorId: found.creditorId, on: '2026-06-15', invoices: [more] })
    expect(liveHolds(await fileOf(house, caseId))).toEqual([])
    await liveUntil(house, '2026-06-15', '2026-06-22')
    expect(done(await fileOf(house, caseId))).toEqual(['cordiale 2026-06-11', 'appel 2026-06-22'])
  })

  test('when the debtor disputes, until the answer; the steps then keep their intervals', async () => {
    const caseId = await openOrdinary(house)
    await liveOn(house, '2026-06-11')
    const disputeId = await dispute(house, caseId, '2026-06-12', '2026-06-22')
    expect(await stopped(caseId, '2026-06-30')).toEqual([
      expect.objectContaining({ cause: 'contestation', reason: expect.stringContaining('article manquant') }),
    ])
    await resolveDispute(
      house.sql,
      day('2026-07-02'),
      { caseId, disputeId, outcome: 'maintained', answer: 'Bon de livraison signé.' },
      'test',
    )
    expect(planned(await fileOf(house, caseId))).toEqual([
      'appel 2026-07-09',
      'demeure.prevenir 2026-07-13',
      'demeure 2026-07-17',
      'dernier-appel 2026-07-25',
      'dernier-avis 2026-08-03',
      'judiciaire 2026-08-10',
    ])
  })

  test('when the debtor promises, until the day after the promise', async () => {
    const caseId = await openOrdinary(house)
    await liveOn(house, '2026-06-11')
    await promise(house, caseId, '2026-06-18', '2026-06-25')
    expect(await stopped(caseId, '2026-06-25')).toEqual([
      expect.objectContaining({ cause: 'promesse', reason: expect.stringMatching(/1.000,00.€ pour le 25.juin.2026/) }),
    ])
    await liveUntil(house, '2026-06-26', '2026-06-29')
    const file = await fileOf(house, caseId)
    expect(file.holds[0]).toMatchObject({ releasedOn: day('2026-06-26'), releaseWhy: 'Le jour promis est passé.' })
    // Eight days lost from the 18th to the 26th: the call of the 19th comes on Saturday the 27th.
    expect(done(file)).toEqual(['cordiale 2026-06-11', 'appel 2026-06-27'])
  })

  test('by two causes at once, loses every day of the one or the other', async () => {
    const caseId = await openOrdinary(house)
    await liveOn(house, '2026-06-11')
    await promise(house, caseId, '2026-06-12', '2026-06-17')
    const disputeId = await dispute(house, caseId, '2026-06-15', '2026-06-22')
    await liveUntil(house, '2026-06-12', '2026-06-22')
    await resolveDispute(
      house.sql,
      day('2026-06-22'),
      { caseId, disputeId, outcome: 'dropped', answer: 'Retirée.' },
      'test',
    )
    // Ten days lost, from the 12th to the 22nd: the call of the 19th comes on the 29th.
    expect(planned(await fileOf(house, caseId))[0]).toBe('appel 2026-06-29')
  })

  test('when the claim is time-barred: the last day may still be used, the next may not', async () => {
    // Two years for a consumer: due 10 June 2024, the last day is 10 June 2026.
    const old = (number: string) => invoice({ number, issued_on: '2024-05-10', due_on: '2024-06-10' })
    const lastDay = await openCase(house, {
      on: '2026-06-10',
      invoices: [old('F-1')],
      kind: 'consumer',
      debtor: { name: 'Anne Petit' },
    })
    const { case: found } = await fileOf(house, lastDay)
    expect(found.limitationOn.toString()).toBe('2026-06-10')
    await liveOn(house, '2026-06-10')
    const tooLate = await addInvoices(house, {
      creditorId: found.creditorId,
      on: '2026-06-11',
      invoices: [old('F-2')],
      kind: 'consumer',
      debtor: { name: 'Jean Petit' },
    })
    await liveUntil(house, '2026-06-11', '2026-06-30')
    expect(done(await fileOf(house, lastDay))).toEqual(['cordiale 2026-06-10'])
    const barred = await fileOf(house, tooLate)
    expect(barred.documents).toEqual([])
    expect(liveHolds(barred)).toEqual([
      expect.objectContaining({ cause: 'prescription', reason: expect.stringContaining('prescrite') }),
    ])
  })

  test('when insolvency proceedings open, even where somebody releases the hold', async () => {
    const caseId = await openOrdinary(house)
    await liveOn(house, '2026-06-11')
    await insolvency(house, caseId, '2026-06-12', '2026-06-09')
    expect(await stopped(caseId, '2026-07-31')).toEqual([
      expect.objectContaining({ cause: 'procedure-collective', reason: expect.stringContaining('L622-21') }),
    ])
    await releaseHold(
      house.sql,
      day('2026-08-01'),
      { caseId, cause: 'procedure-collective', reason: 'Par erreur.' },
      'test',
    )
    await liveUntil(house, '2026-08-01', '2026-09-30')
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual(['cordiale 2026-06-11'])
    expect(liveHolds(file)).toEqual([
      expect.objectContaining({ cause: 'procedure-collective', reason: expect.stringContaining('L622-21') }),
    ])
  })

  test('when the debtor has no address: the reason names it, and an address lets it go on', async () => {
    const buyer = { name: 'Garage du Pont', address: null }
    const caseId = await openOrdinary(house, {
      invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10', buyer })],
    })
    await liveUntil(house, '2026-06-11', '2026-06-15')
    const held = await fileOf(house, caseId)
    expect(held.documents).toEqual([])
    expect(liveHolds(held)).toEqual([
      expect.objectContaining({ cause: 'decision', reason: expect.stringContaining("pas d'adresse") }),
    ])
    const found = { caseId, email: null, phone: null, source: 'annuaire' }
    await expect(
      validateAddress(
        house.sql,
        day('2026-06-16'),
        { ...found, address: { lines: [' '], postalCode: '69003', city: 'Lyon', country: 'FR' } },
        'test',
      ),
    ).rejects.toMatchObject({ code: 'address_incomplete' })
    await validateAddress(
      house.sql,
      day('2026-06-16'),
      { ...found, address: { lines: ['3 rue de la Gare'], postalCode: '69003', city: 'Lyon', country: 'FR' } },
      'test',
    )
    await liveUntil(house, '2026-06-16', '2026-06-16')
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual(['cordiale 2026-06-16'])
    expect(toDebtor(file)[0]).toMatchObject({ letter: 'relance-cordiale-pro', firstLetter: true })
  })
})
