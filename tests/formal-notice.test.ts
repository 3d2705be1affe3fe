import { describe, expect, test } from 'vitest'
import { readExhibits } from '../procedures/cases/exhibits/exhibits.ts'
import { correctOutsideNotice, recordOutsideNotice } from '../procedures/cases/notices/outside-notices.ts'
import { requestConsent } from '../procedures/judicial/consents/consent-requests.ts'
import { noticeCourses } from '../procedures/judicial/notice-course.ts'
import { earliestFiling } from '../procedures/judicial/procedures.ts'
import { owedOn } from '../procedures/money/ledger.ts'
import { recordPayment } from '../procedures/money/payments.ts'
import type { Day } from '../schema/days.ts'
import { day, fileOf, invoice, liveUntil, openOrdinary, ordinary, useHouse } from './house.ts'

const house = useHouse()
const courses = async (caseId: string, on: string) => noticeCourses(await fileOf(house, caseId), day(on))
const letter = new TextEncoder().encode('Mise en demeure de payer la facture F-1, sous quinze jours.')

type Told = Parameters<typeof recordOutsideNotice>[3]
const told = (caseId: string, more: Partial<Told> = {}): Told => ({
  caseId,
  reference: '1A 222 333 4444 5',
  sender: 'creancier',
  form: 'lrar',
  writtenOn: day('2026-06-15'),
  presentedOn: day('2026-06-17'),
  outcome: null,
  outcomeOn: null,
  delayDays: 15,
  bytes: letter,
  fileName: 'mise-en-demeure.txt',
  ...more,
})
const given = (caseId: string, on: string, more: Partial<Told> = {}) =>
  recordOutsideNotice(house.office, house.sql, day(on), told(caseId, more), 'amicable:Nadia Petit')

describe('the formal notice of the scenario', () => {
  test('is the procedure of the law, and nobody tells it twice', async () => {
    const caseId = await openOrdinary(house)
    await liveUntil(house, '2026-06-11', '2026-07-01')
    const [course, ...others] = await courses(caseId, '2026-07-01')
    expect(others).toEqual([])
    expect(course!.notice).toMatchObject({ sender: 'agence', form: 'lrar', delayDays: 8 })
    expect(course!.progress.done.map(({ step, on }) => `${step} ${on}`)).toEqual([
      'exigibilite 2026-06-10',
      'lettre 2026-06-27',
      'presentation 2026-06-29',
      'remise 2026-06-29',
    ])
    // Eight days from the presentation end on 7 July; the letter itself names the 10th (eight days and five for the post): the house
    // keeps its word.
    const [left] = course!.progress.due.filter(({ id }) => id === 'delai-laisse')
    expect(left!.expires.toString()).toBe('2026-07-10')
    expect(course!.progress.outcomes.map(({ id }) => id)).toEqual(['demeure'])
  })

  test('left unanswered opens the ways of law; paid, it is over', async () => {
    const caseId = await openOrdinary(house)
    await liveUntil(house, '2026-06-11', '2026-07-01')
    const next = day('2026-07-11')
    const [vain] = noticeCourses(await fileOf(house, caseId), next)
    expect(vain!.progress.nextProcedures.map(({ procedure }) => procedure)).toContain('injonction-de-payer')
    const { total } = owedOn(await fileOf(house, caseId), next)
    const paid = {
      caseId,
      receivedOn: next,
      amount: total,
      means: 'virement',
      receivedBy: 'creditor' as const,
      reference: null,
    }
    await recordPayment(house.office, next, paid, 'test')
    const [over] = noticeCourses(await fileOf(house, caseId), next)
    expect(over!.progress.closed).toMatchObject({ title: 'Créance payée', article: 'C. civ. 1342' })
  })

  test('is not to be opened: it is a letter, and no act for the creditor to sign', async () => {
    const caseId = await openOrdinary(house)
    const order = {
      file: await fileOf(house, caseId),
      procedure: 'mise-en-demeure',
      ceiling: 25000n,
      expiresOn: day('2026-07-30'),
    }
    await expect(
      requestConsent(house.office, house.sql, day('2026-07-01'), { ...order, author: 'legal' }),
    ).rejects.toMatchObject({ code: 'nothing_to_open' })
  })
})

describe('a formal notice that the creditor sent itself', () => {
  const consumer = () => openOrdinary(house, { kind: 'consumer', invoices: [ordinary()] })

  test('makes legal interest run from the day after its presentation, and is an exhibit of the case', async () => {
    const caseId = await consumer()
    const before = owedOn(await fileOf(house, caseId), day('2026-07-01'))
    expect(before.interest).toBe(0n)
    await given(caseId, '2026-06-20')
    const after = owedOn(await fileOf(house, caseId), day('2026-07-01'))
    // 1,000.00 € from 18 to 30 June (13 days at 2.62 %) and on 1 July (one day at 2.75 %): 0.93 + 0.08.
    expect(after.segments.map(({ from, days, amount }) => `${from} ${days} ${amount}`)).toEqual([
      '2026-06-18 13 93',
      '2026-07-01 1 8',
    ])
    const [exhibit] = await readExhibits(house.sql, caseId)
    expect(exhibit).toMatchObject({ kind: 'mise-en-demeure', reference: '1A 222 333 4444 5' })
    const [course] = await courses(caseId, '2026-06-20')
    expect(course!.progress.due.find(({ id }) => id === 'delai-laisse')?.expires.toString()).toBe('2026-07-02')
  })

  test('lets a court be asked once the time that it gave is over', async () => {
    const caseId = await consumer()
    await given(caseId, '2026-06-20')
    expect(earliestFiling(await fileOf(house, caseId)).on.toString()).toBe('2026-07-03')
  })

  test('told wrongly is corrected by another row, or taken back; the first row stays', async () => {
    const caseId = await consumer()
    const noticeId = await given(caseId, '2026-06-20')
    const correct = (more: { void: boolean; presentedOn?: Day }, id = noticeId) =>
      correctOutsideNotice(house.office, house.sql, day('2026-06-22'), { noticeId: id, ...more }, 'legal:Hugo')
    await correct({ void: false, presentedOn: day('2026-06-19') })
    const [kept] = (await fileOf(house, caseId)).outsideNotices
    expect(kept!.presentedOn!.toString()).toBe('2026-06-19')
    await expect(correct({ void: true })).rejects.toMatchObject({ code: 'notice_not_found' })
    await correct({ void: true }, kept!.id)
    expect((await fileOf(house, caseId)).outsideNotices).toEqual([])
    // Its letter would prove to a court a notice that never was.
    expect(await readExhibits(house.sql, caseId)).toEqual([])
    expect(owedOn(await fileOf(house, caseId), day('2026-07-01')).interest).toBe(0n)
    expect(await house.sql`select 1 from outside_notices`).toHaveLength(3)
    await expect(house.sql`update outside_notices set delay_days = 1`.execute()).rejects.toThrow(/never|kept/)
  })

  test('that came back from an unknown address is no notice, and says that it is to be sent again', async () => {
    const caseId = await consumer()
    await given(caseId, '2026-06-25', {
      presentedOn: null,
      outcome: 'unknown_address',
      outcomeOn: day('2026-06-22'),
    })
    const file = await fileOf(house, caseId)
    expect(owedOn(file, day('2026-07-01')).interest).toBe(0n)
    expect(() => earliestFiling(file)).toThrow(/Aucune mise en demeure/)
    const [course] = noticeCourses(file, day('2026-07-01'))
    expect(course!.progress.closed).toMatchObject({ article: 'C. civ. 1344 ; CPC 659' })
    expect(course!.progress.closed!.on.toString()).toBe('2026-06-22')
  })

  test.each([
    ['before anything was due', { writtenOn: '2026-06-10', presentedOn: '2026-06-12' }, 'notice_before_due'],
    ['presented before it was written', { presentedOn: '2026-06-12' }, 'notice_days'],
    [
      'delivered without a presentation',
      { presentedOn: null, outcome: 'delivered', outcomeOn: '2026-06-18' },
      'notice_days',
    ],
    [
      'served by a sommation that « came back »',
      { form: 'sommation', outcome: 'refused', outcomeOn: '2026-06-18' },
      'notice_days',
    ],
    ['of a day to come', { presentedOn: '2026-06-25' }, 'event_in_future'],
  ] as const)('is refused %s', async (_what, more, code) => {
    const caseId = await consumer()
    const days = Object.fromEntries(
      Object.entries(more).map(([key, value]) => [key, key.endsWith('On') && value !== null ? day(value) : value]),
    )
    await expect(given(caseId, '2026-06-20', days)).rejects.toMatchObject({ code })
    expect(await house.sql`select 1 from exhibits`).toEqual([])
  })
})

test('each notice is read apart: the first of two invoices fell due, the second had not', async () => {
  const later = invoice({ number: 'F-2', issued_on: '2026-06-01', due_on: '2026-07-31' })
  const caseId = await openOrdinary(house, { invoices: [ordinary(), later] })
  await given(caseId, '2026-06-20')
  const [course] = await courses(caseId, '2026-06-20')
  expect(course!.progress.done[0]).toMatchObject({ step: 'exigibilite' })
  expect(course!.progress.done[0]!.on.toString()).toBe('2026-06-10')
})
