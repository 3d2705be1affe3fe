import { expect, test } from 'vitest'
import { paymentReference } from '../procedures/cases/file/facts.ts'
import { resolveDispute } from '../procedures/cases/exchanges/disputes.ts'
import { isBusinessDay } from '../procedures/law/calendar.ts'
import { dispute } from './debtor.ts'
import { day, fileOf, invoice, liveUntil, openCase, planned, textOf, toDebtor, useHouse } from './house.ts'

const house = useHouse()
const open = (more: Partial<Parameters<typeof invoice>[0]> = {}, kind: 'business' | 'consumer' = 'business') =>
  openCase(house, {
    on: '2026-05-04',
    kind,
    invoices: [invoice({ number: 'FA-10', issued_on: '2026-04-30', due_on: '2026-06-01', ...more })],
  })
async function wordsOf(caseId: string, letter: string): Promise<string> {
  const written = (await fileOf(house, caseId)).documents.find((document) => document.letter === letter)!
  return textOf(await house.office.archive.get(written.sha256))
}

test('the reference to pay under is that of the invoice, in each letter', async () => {
  const caseId = await open({ payment_reference: 'CLIENT-77', order_reference: 'BC-9' })
  await liveUntil(house, '2026-05-04', '2026-06-10')
  const first = await wordsOf(caseId, 'relance-cordiale-pro')
  // In the mentions of CPCE R124-4, and in the box to pay.
  expect(first.match(/CLIENT-77/g)).toHaveLength(2)
  expect(first).not.toMatch(/référence (BC-9|2026-)/)
})

test('it is the number of one invoice, and the case of several', async () => {
  const file = await fileOf(house, await open())
  expect(paymentReference(file)).toBe('FA-10')
  const [one] = file.invoices
  expect(paymentReference({ ...file, invoices: [one!, { ...one!, number: 'FA-11' }] })).toBe(file.case.number)
})

test('an advance already paid stands beside the whole sum', async () => {
  const caseId = await open({ total: '671.15', prepaid: '201.00', payable: '470.15' })
  await liveUntil(house, '2026-05-04', '2026-06-10')
  expect(await wordsOf(caseId, 'relance-cordiale-pro')).toMatch(/Acompte déjà versé.*671,15 €.*201,00 €.*470,15 €/)
})

test('a formal notice lists what asked for payment after the due date, and the dispute that was answered', async () => {
  const caseId = await open({}, 'consumer')
  await liveUntil(house, '2026-05-04', '2026-06-10')
  const disputeId = await dispute(house, caseId, '2026-06-11', '2026-06-26', 'porte voilée')
  await resolveDispute(
    house.sql,
    day('2026-06-12'),
    { caseId, disputeId, outcome: 'maintained', answer: 'livraison conforme' },
    'test',
  )
  await liveUntil(house, '2026-06-12', '2026-07-10')
  const notice = await wordsOf(caseId, 'mise-en-demeure-particulier')
  expect(notice).toContain('9 juin 2026 : première lettre (lettre simple), envoyée')
  expect(notice).toContain('Vous avez contesté cette somme le 11 juin 2026 ; nous vous avons répondu le 12 juin 2026.')
  expect(notice).not.toContain('rappel avant')
  expect(toDebtor(await fileOf(house, caseId)).map(({ letter }) => letter)).toContain(
    'avant-echeance-particulier-facilites',
  )
})

test('the creditor has two business days to object, and is told the day on which the letter leaves', async () => {
  const caseId = await open()
  await liveUntil(house, '2026-05-04', '2026-06-19')
  // Put close to the notice, as after a hold: the notice waits.
  await house.sql`update steps set nominal_on = '2026-06-24', planned_on = '2026-06-24' where case_id = ${caseId} and key = 'demeure.prevenir'`
  await liveUntil(house, '2026-06-20', '2026-06-24')
  const file = await fileOf(house, caseId)
  const sendOn = planned(file)[0]
  expect(sendOn).toBe('demeure 2026-06-27')
  expect(['2026-06-25', '2026-06-26'].every((text) => isBusinessDay(day(text)))).toBe(true)
  const told = await wordsOf(caseId, 'creancier-information-passage-amiable')
  expect(told).toContain('au plus tard le 26 juin 2026')
  expect(told).toContain('elle partira le 27 juin 2026')
})

test('no page is named where no code opens it', async () => {
  const caseId = await open({}, 'consumer')
  await liveUntil(house, '2026-05-04', '2026-05-30')
  expect(await wordsOf(caseId, 'avant-echeance-particulier-facilites')).not.toContain('/r ')
})
