import { expect, test } from 'vitest'
import { recordInsolvency } from '../procedures/cases/insolvency/insolvencies.ts'
import { recordPayment } from '../procedures/money/payments.ts'
import { vatCourse } from '../procedures/judicial/vat-course.ts'
import { day, fileOf, openOrdinary, useHouse } from './house.ts'

const house = useHouse()

async function openLiquidation(caseId: string): Promise<void> {
  const opening = {
    caseId,
    nature: 'Liquidation judiciaire',
    openedOn: day('2026-09-14'),
    publishedOn: day('2026-09-20'),
  }
  await recordInsolvency(house.sql, house.office.random, day('2026-09-21'), opening, 'legal')
}

test('the VAT of a claim is recovered from the day of the liquidation, until the end of the second year after', async () => {
  const caseId = await openOrdinary(house)
  expect(vatCourse(await fileOf(house, caseId), day('2026-09-01'))).toBeNull()
  await openLiquidation(caseId)
  const { progress } = vatCourse(await fileOf(house, caseId), day('2026-09-21'))!
  expect(progress.due.map(({ id, expires }) => `${id} ${expires}`)).toEqual(['imputation 2028-12-31'])
  expect(progress.next.map(({ step }) => step)).toContain('rectification')
  // Nobody has read the article: it says so wherever it shows.
  expect(progress.doubts.map(({ code }) => code)).toContain('unconfirmed_deadline')
  expect(vatCourse(await fileOf(house, caseId), day('2029-01-01'))!.progress.closed).toMatchObject({
    sanction: 'TVA perdue',
  })
})

test('what is paid after all is to be declared again', async () => {
  const caseId = await openOrdinary(house)
  await openLiquidation(caseId)
  const paid = { caseId, receivedOn: day('2027-02-01'), amount: 12000n, means: 'répartition', reference: null }
  await recordPayment(house.office, day('2027-02-01'), { ...paid, receivedBy: 'creditor' }, 'test')
  const { progress } = vatCourse(await fileOf(house, caseId), day('2027-02-01'))!
  expect(progress.outcomes.map(({ id }) => id)).toEqual(['payee'])
})
