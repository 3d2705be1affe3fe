import { expect, test } from 'vitest'
import type { Facts } from '../documents/facts.ts'
import { sendLetter } from '../procedures/mail/correspondence.ts'
import { dispute } from './debtor.ts'
import { day, fileOf, liveUntil, openOrdinary, useHouse } from './house.ts'

const house = useHouse()

test('what is written next in the same act is written from the case as reading it again would give it', async () => {
  const caseId = await openOrdinary(house)
  await liveUntil(house, '2026-06-11', '2026-06-18')
  await dispute(house, caseId, '2026-06-19', '2026-07-03', 'Six <b>cartouches</b> manquent.')
  const [stepId] = (await fileOf(house, caseId)).steps.filter(({ doneOn }) => doneOn === null).map(({ id }) => id)
  const facts = {
    contestation: { date: '2026-06-19', motif: 'Six <b>cartouches</b> manquent.', reference: 'L-1' },
    delaiJours: 8,
    dateLimite: { date: '2026-06-30' },
  } as unknown as Partial<Facts>
  const order = {
    letter: 'contestation-accuse-reception',
    channel: 'lettre',
    recipient: 'debiteur',
    author: 'amicable:Essai',
  } as const
  const { file } = await sendLetter(house.office, day('2026-06-22'), caseId, { ...order, stepId, facts })
  expect(file.documents.at(-1)).toMatchObject({
    delayDays: 8,
    answerBy: day('2026-06-30'),
    ofDispute: '2026-06-19 Six <b>cartouches</b> manquent.',
  })
  expect(file).toEqual(await fileOf(house, caseId))
})
