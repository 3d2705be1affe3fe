import { describe, expect, test } from 'vitest'
import { answerDispute, resolveDispute } from '../procedures/cases/exchanges/disputes.ts'
import { answeredOn } from '../procedures/cases/file/earlier-steps.ts'
import { sendLetter } from '../procedures/mail/correspondence.ts'
import { drain } from '../procedures/jobs/work.ts'
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
    expect(text).toContain('BL-7')
    const file = await fileOf(house, caseId)
    expect(answeredOn(file, file.disputes[0]!)?.toString()).toBe('2026-06-16')
    expect(liveHolds(file)).toEqual([])
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

  test('that can reach nobody is told in the journal', async () => {
    const { caseId, resolve, answers } = await disputed()
    await house.sql`update debtors set email = null, address = null`
    await resolve('maintained')
    expect(await answers()).toEqual([])
    const told = await house.sql<{ code: string }[]>`
      select detail ->> 'code' as code from events where case_id = ${caseId} and kind = 'follow_up_refused'`
    expect(told).toEqual([{ code: 'no_address' }])
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
