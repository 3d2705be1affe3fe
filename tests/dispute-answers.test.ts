import { describe, expect, test } from 'vitest'
import { answerDispute, resolveDispute } from '../procedures/cases/exchanges/disputes.ts'
import { answeredOn } from '../procedures/cases/file/earlier-steps.ts'
import { attachExhibit, type ExhibitKind } from '../procedures/cases/exhibits/exhibits.ts'
import { enclosuresOf } from '../procedures/mail/post.ts'
import { sendLetter } from '../procedures/mail/correspondence.ts'
import { drain } from '../procedures/jobs/work.ts'
import { recordPostalState } from '../procedures/mail/registered.ts'
import { resendLetter } from '../procedures/mail/resend.ts'
import { validateAddress } from '../procedures/mail/addresses.ts'
import { workToday } from '../procedures/work-today.ts'
import { transaction } from '../schema/db.ts'
import { addInvoices, day, fileOf, invoice, liveHolds, liveUntil, openOrdinary, textOf, useHouse } from './house.ts'
import { dispute, insolvency } from './debtor.ts'

const house = useHouse()
const letter = 'contestation-reponse-motivee'

/** A case disputed on 12 June, and what is done about it on the 16th. */
async function disputed() {
  const caseId = await openOrdinary(house)
  await liveUntil(house, '2026-06-11', '2026-06-11')
  const disputeId = await dispute(house, caseId, '2026-06-12', '2026-06-26', 'Six <b>cartouches</b> manquent.')
  return {
    caseId,
    disputeId,
    resolve: async (outcome: 'maintained' | 'credited' | 'dropped', answer = 'Le bon de livraison porte les six.') => {
      await resolveDispute(house.sql, day('2026-06-16'), { caseId, disputeId, outcome, answer }, 'amicable:Essai')
      await drain(house.office, house.url)
    },
    answers: async () => (await fileOf(house, caseId)).documents.filter((each) => each.letter === letter),
  }
}

describe('the answer to a dispute', () => {
  test('reaches the debtor in writing, with its words, the reasons and the creditor’s documents', async () => {
    const { caseId, disputeId, resolve, answers } = await disputed()
    const bytes = new TextEncoder().encode('Bon de livraison n° 7, signé le 10 août.')
    const note = { kind: 'bon-de-livraison', reference: 'BL-7', datedOn: null, proves: 'la livraison' } as const
    const documents = [{ ...note, bytes, fileName: 'bl.txt' }]
    const answer = { caseId, disputeId, answer: 'Tout a été livré.', documents }
    await answerDispute(house.office, day('2026-06-15'), answer, 'creditor:Inès Roche')
    await resolve('maintained')
    const [written, ...more] = await answers()
    expect(more).toEqual([])
    const text = (await textOf(await house.office.archive.get(written!.sha256))).replaceAll(/\s+/g, ' ')
    expect(text).toContain('Six <b>cartouches</b> manquent.')
    expect(text).toContain('la demande est maintenue')
    expect(text).toContain('Le bon de livraison porte les six.')
    expect(text).toMatch(/jointes à ce courrier ?: – BL-7\./)
    const [proof] = await house.sql<{ pdf: string }[]>`select pdf from exhibits where case_id = ${caseId}`
    expect(await enclosuresOf(house.sql, written!.id)).toEqual([{ letter: 'piece-1', sha256: proof!.pdf }])
    const file = await fileOf(house, caseId)
    expect(answeredOn(file, file.disputes[0]!)?.toString()).toBe('2026-06-16')
    expect(liveHolds(file)).toEqual([])
  })

  test('that came back is written again with its own words and documents, to the new address', async () => {
    const { caseId, disputeId, resolve, answers } = await disputed()
    await house.sql`update debtors set email = null`
    const bytes = new TextEncoder().encode('Bon de livraison n° 7')
    const note = { kind: 'bon-de-livraison', reference: 'BL-7', datedOn: null, proves: 'la livraison' } as const
    const documents = [{ ...note, bytes, fileName: 'bl.txt' }]
    const answer = { caseId, disputeId, answer: 'Tout a été livré.', documents }
    await answerDispute(house.office, day('2026-06-15'), answer, 'creditor:Inès Roche')
    await resolve('maintained')
    const [lost] = await answers()
    const returned = { documentId: lost!.id, state: 'unknown_address', on: day('2026-06-22') } as const
    await recordPostalState(house.sql, house.office.random, day('2026-06-22'), returned, 'research:Essai')
    const address = { lines: ['5 place Bellecour'], postalCode: '69002', city: 'Lyon', country: 'FR' }
    const found = { caseId, address, email: null, phone: null, source: 'registre du commerce' }
    await validateAddress(house.sql, day('2026-06-23'), found, 'research:Essai')
    await dispute(house, caseId, '2026-06-23', '2026-07-07', 'Le prix n’est pas celui du devis.')
    const again = { documentId: lost!.id, reason: 'Revenue, siège transféré.' }
    const { id, sha256 } = await resendLetter(house.office, day('2026-06-24'), again, 'amicable:Essai')
    const text = (await textOf(await house.office.archive.get(sha256))).replaceAll(/\s+/g, ' ')
    expect(text).toContain('Six <b>cartouches</b> manquent.')
    expect(text).toContain('Le bon de livraison porte les six.')
    expect(text).toContain('5 PLACE BELLECOUR')
    expect((await enclosuresOf(house.sql, id)).map(({ letter: joined }) => joined)).toEqual(['piece-1'])
  })

  test('takes along what was given with it, and nothing else that came that day, between creditor and agency least of all', async () => {
    const { caseId, disputeId, resolve, answers } = await disputed()
    const other = await dispute(house, caseId, '2026-06-12', '2026-06-27', 'Le prix n’est pas celui du devis.')
    const on = day('2026-06-15')
    const attach = (kind: ExhibitKind, reference: string) =>
      transaction(house.sql, (sql) => {
        const bytes = new TextEncoder().encode(reference)
        const exhibit = { caseId, kind, reference, datedOn: null, proves: 'x', bytes, fileName: 'piece.txt' }
        return attachExhibit(house.office, sql, on, exhibit, 'creditor:Inès Roche')
      })
    const exhibitIds = [await attach('bon-de-livraison', 'BL-8'), await attach('rib', 'RIB')]
    await attach('echange', 'Note interne')
    const devis = await attach('devis', 'DV-3')
    const given = { caseId, answer: 'Voyez les pièces.', documents: [] }
    await answerDispute(house.office, on, { ...given, disputeId, exhibitIds }, 'creditor:Inès Roche')
    await answerDispute(house.office, on, { ...given, disputeId: other, exhibitIds: [devis] }, 'creditor:Inès Roche')
    const stranger = answerDispute(
      house.office,
      on,
      { ...given, disputeId, exhibitIds: [caseId] },
      'creditor:Inès Roche',
    )
    await expect(stranger).rejects.toMatchObject({ code: 'no_open_dispute' })
    await resolve('maintained')
    const [written] = await answers()
    const text = await textOf(await house.office.archive.get(written!.sha256))
    expect(text).toMatch(/jointes à ce courrier ?: – BL-8\./)
    expect(text).not.toMatch(/RIB|Note interne|DV-3/)
    expect((await enclosuresOf(house.sql, written!.id)).map(({ letter }) => letter)).toEqual(['piece-1'])
  })

  test('is that of its own dispute: a letter about one leaves the other without its answer', async () => {
    const { caseId, resolve, answers } = await disputed()
    await dispute(house, caseId, '2026-06-13', '2026-06-27', 'Le prix n’est pas celui du devis.')
    const facts = {
      reponseCreancier: { position: 'le devis est signé' },
      delaiJours: 15,
      dateLimite: { date: '2026-06-30' },
    }
    const ground = { letter: 'contestation-reponse-non-conformite', channel: 'lettre', recipient: 'debiteur' } as const
    // Of two, a letter that names none is about the last.
    const order = { ...ground, facts: facts as object, author: 'amicable:Essai' }
    await sendLetter(house.office, day('2026-06-15'), caseId, order)
    await resolve('maintained')
    expect(await answers()).toHaveLength(1)
    const file = await fileOf(house, caseId)
    expect(file.disputes.map((each) => answeredOn(file, each)?.toString())).toEqual(['2026-06-16', undefined])
  })

  test('grants an avoir only once it is recorded, and then asks for what is left', async () => {
    const { caseId, resolve, answers } = await disputed()
    const early = resolve('credited')
    await expect(early).rejects.toMatchObject({ code: 'credit_note_missing' })
    expect(liveHolds(await fileOf(house, caseId)).map(({ cause }) => cause)).toEqual(['contestation'])
    const { creditorId } = (await fileOf(house, caseId)).case
    const note = {
      kind: 'credit_note',
      number: 'AV-1',
      preceding_invoice: 'F-1',
      total: '400.00',
      payable: '400.00',
    } as const
    await addInvoices(house, {
      creditorId,
      on: '2026-06-15',
      invoices: [invoice({ ...note, issued_on: '2026-06-15' })],
    })
    await resolve('credited', 'Les six cartouches sont reprises.')
    const [written] = await answers()
    const text = (await textOf(await house.office.archive.get(written!.sha256))).replaceAll(/\s+/g, ' ')
    expect(text).toMatch(/Avoir n° AV-1 : 400,00 €, sur la facture n° F-1, du 15 juin 2026/)
    expect(text).toMatch(/Principal restant dû 600,00 €/)
  })

  test('is one: whoever sent a letter made for the very ground has answered', async () => {
    const { caseId, resolve, answers } = await disputed()
    const ground = { letter: 'contestation-reponse-non-conformite', channel: 'lettre', recipient: 'debiteur' } as const
    const facts = {
      reponseCreancier: { position: 'six cartouches livrées' },
      delaiJours: 15,
      dateLimite: { date: '2026-06-30' },
    }
    const order = { ...ground, facts: facts as object, author: 'amicable:Essai' }
    await sendLetter(house.office, day('2026-06-15'), caseId, order)
    await resolve('maintained')
    expect(await answers()).toEqual([])
    const file = await fileOf(house, caseId)
    expect(answeredOn(file, file.disputes[0]!)?.toString()).toBe('2026-06-15')
  })

  test('is not what asks the debtor for its own documents', async () => {
    const { caseId, resolve, answers } = await disputed()
    const asked = { letter: 'contestation-demande-pieces-debiteur', channel: 'lettre', recipient: 'debiteur' } as const
    const facts = {
      piecesDemandees: { liste: ['une photographie du colis'], date: '2026-06-15' },
      dateLimite: { date: '2026-06-30' },
    }
    const order = { ...asked, facts: facts as object, author: 'amicable:Essai' }
    await sendLetter(house.office, day('2026-06-15'), caseId, order)
    await resolve('maintained')
    expect(await answers()).toHaveLength(1)
    const file = await fileOf(house, caseId)
    expect(answeredOn(file, file.disputes[0]!)?.toString()).toBe('2026-06-16')
  })

  test('does not say that the case goes on, which another dispute may still hold', async () => {
    const { caseId, resolve, answers } = await disputed()
    await dispute(house, caseId, '2026-06-15', '2026-06-29', 'Le prix n’est pas celui du devis.')
    await resolve('maintained')
    const [written] = await answers()
    const text = (await textOf(await house.office.archive.get(written!.sha256))).replaceAll(/\s+/g, ' ')
    expect(text).toContain('Six <b>cartouches</b> manquent.')
    expect(text).not.toMatch(/reprennent|reprend/)
    expect(liveHolds(await fileOf(house, caseId))).toHaveLength(2)
  })

  test('that can reach nobody is on the board, and is written once there is an address', async () => {
    const { caseId, resolve, answers } = await disputed()
    await house.sql`update debtors set email = null, address = null`
    await resolve('maintained')
    expect(await answers()).toEqual([])
    const told = await house.sql<{ code: string }[]>`
      select detail ->> 'code' as code from events where case_id = ${caseId} and kind = 'follow_up_refused'`
    expect(told).toEqual([{ code: 'no_address' }])
    const due = async () =>
      (await workToday(house.sql, day('2026-06-17'), { kinds: ['dispute'], seesDeadlines: false })).map(
        ({ what }) => what,
      )
    expect(await due()).toEqual([expect.stringMatching(/cartouches.*courrier non envoyé.*pas d'adresse/)])
    const address = { lines: ['3 rue de la Gare'], postalCode: '69003', city: 'Lyon', country: 'FR' }
    const found = { caseId, address, email: null, phone: null, source: 'annuaire' }
    await validateAddress(house.sql, day('2026-06-17'), found, 'research:Essai')
    await drain(house.office, house.url)
    expect(await answers()).toHaveLength(1)
    expect(await due()).toEqual([])
  })

  test('is not written to a debtor who gave its dispute up, nor where nothing may be asked any more', async () => {
    const dropped = await disputed()
    await dropped.resolve('dropped', 'Le débiteur a retrouvé les cartouches.')
    expect(await dropped.answers()).toEqual([])
    const insolvent = await disputed()
    await insolvency(house, insolvent.caseId, '2026-06-15', '2026-06-10')
    await insolvent.resolve('maintained')
    expect(await insolvent.answers()).toEqual([])
  })
})
