import { expect, test } from 'vitest'
import { readPortfolio } from '../procedures/amicable/portfolio.ts'
import { loadScenario } from '../procedures/amicable/scenario.ts'
import { simulate } from '../procedures/amicable/simulate.ts'
import { agreeInstalments } from '../procedures/cases/exchanges/promises.ts'
import { promiseStanding } from '../procedures/cases/exchanges/promise-standing.ts'
import { releaseHold } from '../procedures/cases/holds.ts'
import { rejectPayment } from '../procedures/money/payments.ts'
import { amount } from '../schema/money.ts'
import { pay, promise } from './debtor.ts'
import { day, fileOf, liveUntil, openCase, ordinary, textOf, useHouse } from './house.ts'

const unkept = 'engagement-promesse-non-tenue-premiere'

// 1,000 € are due; on 30 June 400 € are promised for 10 July, and the reminder that would regret them is of late July.
let caseId = ''
const house = useHouse(async (made) => {
  caseId = await openCase(made, {
    on: '2026-05-20',
    invoices: [ordinary()],
    kind: 'consumer',
    mandate: { scenario: 'abonnement' },
  })
  await liveUntil(made, '2026-05-20', '2026-06-30')
  await promise(made, caseId, '2026-06-30', '2026-07-10', { amount: 40_000n })
})

const standing = async (on: string) => {
  const file = await fileOf(house, caseId)
  const { outcome, paid } = promiseStanding(file.promises.at(-1)!, file, day(on))
  return [outcome, amount(paid)]
}
const reminder = async () => {
  await liveUntil(house, '2026-07-11', '2026-07-31')
  const { documents } = await fileOf(house, caseId)
  const { letter, sha256 } = documents.find(({ stepKey }) => stepKey === 'relance')!
  return { letter, text: await textOf(await house.office.archive.get(sha256)) }
}
/** Whether a simulation of that day foresees the letter of a promise that was not kept. */
const isForeseen = async (on: string) => {
  const { texts } = await simulate(readPortfolio(house.sql, day(on)), loadScenario('standard'), day(on), 60)
  return texts.some(({ letter, today }) => letter === unkept && today === 1)
}

test('a promise of which nothing came is due up to its day, then missed, and the reminder says so', async () => {
  expect(await standing('2026-07-10')).toEqual([null, '0.00'])
  expect(await standing('2026-07-11')).toEqual(['missed', '0.00'])
  expect(await isForeseen('2026-07-01')).toBe(true)
  const { letter, text } = await reminder()
  expect(letter).toBe(unkept)
  expect(text).toContain("n'a pas reçu cette somme")
})

test('one that was paid by its day is kept: the reminder of the rest speaks of no promise', async () => {
  await pay(house, caseId, '2026-07-06', '150.00')
  expect(await standing('2026-07-08')).toEqual([null, '150.00'])
  await pay(house, caseId, '2026-07-10', '300.00')
  expect(await standing('2026-07-10')).toEqual(['kept', '400.00'])
  expect(await isForeseen('2026-07-11')).toBe(false)
  const { letter, text } = await reminder()
  expect(letter).toBe('relance-ferme-particulier')
  expect(text).not.toContain('promi')
})

test('one that was paid the day after is late, and nobody is told that nothing came', async () => {
  await pay(house, caseId, '2026-07-11', '400.00')
  expect(await standing('2026-07-10')).toEqual([null, '0.00'])
  expect(await standing('2026-07-11')).toEqual(['late', '400.00'])
  expect((await reminder()).letter).toBe('relance-ferme-particulier')
})

test('of one that was kept in part, the reminder says what was received', async () => {
  await pay(house, caseId, '2026-07-09', '150.00')
  expect(await standing('2026-07-11')).toEqual(['partly', '150.00'])
  expect(await isForeseen('2026-07-11')).toBe(true)
  const { letter, text } = await reminder()
  expect(letter).toBe(unkept)
  expect(text).toContain("n'en a reçu que 150,00 €")
  expect(text).not.toContain("n'a pas reçu cette somme")
})

test('a payment that came back keeps no promise, nor does one from before it', async () => {
  await pay(house, caseId, '2026-06-29', '200.00')
  const { id } = await pay(house, caseId, '2026-07-09', '400.00', { means: 'chèque' })
  expect(await standing('2026-07-11')).toEqual(['kept', '400.00'])
  await rejectPayment(
    house.office,
    day('2026-07-13'),
    { paymentId: id, rejectedOn: day('2026-07-13'), reason: 'sans provision' },
    'test',
  )
  expect(await standing('2026-07-13')).toEqual(['missed', '0.00'])
})

test('nobody is reproached before the day, or for a first day that a second promise has moved', async () => {
  await promise(house, caseId, '2026-07-09', '2026-07-25', { amount: 40_000n })
  await pay(house, caseId, '2026-07-24', '400.00')
  const file = await fileOf(house, caseId)
  expect(file.promises.map((each) => promiseStanding(each, file, day('2026-07-26')).outcome)).toEqual(['late', 'kept'])
  expect(await isForeseen('2026-07-26')).toBe(false)
})

test('one whose place a plan took is reproached no more', async () => {
  const instalments = [{ dueOn: day('2026-07-08'), amount: 30_000n }]
  await agreeInstalments(
    house.sql,
    house.office.random,
    day('2026-07-01'),
    { caseId, means: 'virement', instalments },
    'test',
  )
  await pay(house, caseId, '2026-07-08', '300.00')
  await releaseHold(house.sql, day('2026-07-09'), { caseId, cause: 'echeancier', reason: 'Échéancier tenu.' }, 'test')
  expect(await isForeseen('2026-07-11')).toBe(false)
  const { letter, text } = await reminder()
  expect(letter).toBe('relance-ferme-particulier')
  expect(text).not.toContain('promi')
})
