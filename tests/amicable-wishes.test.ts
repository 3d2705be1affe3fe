import { describe, expect, test } from 'vitest'
import { pathPicture } from '../api/pages/portal-path.ts'
import { approveSteps, pendingApprovals, setApprovalRule } from '../procedures/amicable/approvals.ts'
import { recordContactPreference } from '../procedures/cases/exchanges/contact-preferences.ts'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { placeHold, releaseHold } from '../procedures/cases/holds.ts'
import { recordVisit } from '../procedures/cases/exchanges/visits.ts'
import { catchUpReport } from '../procedures/amicable/catch-up.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { workToday } from '../procedures/work-today.ts'
import { dayFr } from '../schema/days.ts'
import {
  day,
  done,
  fileOf,
  type House,
  invoice,
  liveHolds,
  liveOn,
  liveUntil,
  openCase,
  planned,
  toDebtor,
  useHouse,
} from './house.ts'

const due = '2026-05-29'
const house: House = useHouse(async (made) => {
  await openCase(made, {
    on: '2026-06-01',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-04-30', due_on: due })],
  })
})
const theCase = async () =>
  (await house.sql<{ id: string; creditorId: string }[]>`select id, creditor_id from cases`)[0]!
const file = async () => fileOf(house, (await theCase()).id)
const letters = async () => toDebtor(await file()).filter(({ attachedTo }) => attachedTo === null)

describe('a debtor that says how to be reached', () => {
  const wish = async (
    channel: 'appel' | 'email' | 'lettre',
    said: 'refuse' | 'prefere' | 'accepte',
    on = '2026-06-02',
  ) =>
    recordContactPreference(
      house.sql,
      house.office.random,
      day(on),
      { caseId: (await theCase()).id, channel, wish: said, reason: 'dit au téléphone' },
      'phone:Essai',
    )

  test('and refuses calls is not called: the step is left out with its reason, the letters go on', async () => {
    await wish('appel', 'refuse')
    await liveUntil(house, '2026-06-02', '2026-06-30')
    const { steps } = await file()
    expect(steps.find(({ key }) => key === 'appel')).toMatchObject({ skippedWhy: expect.stringContaining('refuse') })
    expect(done(await file()).map((line) => line.split(' ')[0])).toContain('demeure')
  })

  test('changes its mind, and the last word counts', async () => {
    await wish('appel', 'refuse')
    await wish('appel', 'accepte', '2026-06-03')
    await liveUntil(house, '2026-06-02', '2026-06-20')
    expect(done(await file()).map((line) => line.split(' ')[0])).toContain('appel')
  })

  test('cannot refuse the post, which the law wants', async () => {
    await expect(wish('lettre', 'refuse')).rejects.toMatchObject({ code: 'post_not_refusable', article: 'CPCE R124-4' })
  })
})

test('a call on the list of those to make is shown to the creditor as to be made, until it is recorded', async () => {
  await liveUntil(house, '2026-06-02', '2026-06-20')
  const call = (await file()).steps.find(({ key }) => key === 'appel')!
  const told = async () =>
    String(pathPicture(await file()))
      .replaceAll(/<[^>]+>/g, ' ')
      .replaceAll(/\s+/g, ' ')
  const since = `À passer depuis le ${dayFr(call.doneOn!)}`.replaceAll(/\s+/g, ' ')
  expect(await told()).toContain(since)
  const held = await placeHold(
    house.sql,
    house.office.random,
    call.doneOn!,
    {
      caseId: (await theCase()).id,
      cause: 'decision',
      reason: 'Le créancier demande d’attendre.',
      reviewOn: call.doneOn!,
    },
    'test',
  )
  expect(await told()).not.toContain(since)
  expect(await told()).toContain('Attend la fin de la suspension')
  await releaseHold(
    house.sql,
    call.doneOn!,
    { caseId: (await theCase()).id, cause: 'decision', reason: 'Il reprend.', holdId: held },
    'test',
  )
  expect(await told()).toContain(since)
  const work = await workToday(house.sql, call.doneOn!, { kinds: ['call'], seesDeadlines: false })
  expect(work).toMatchObject([{ what: 'Garage du Pont : 04 00 00 00 10' }])
  const made = {
    caseId: (await theCase()).id,
    calledAt: '10:30',
    direction: 'outgoing',
    person: null,
    outcome: 'absent',
    summary: 'Personne.',
  } as const
  await recordCall(house.sql, house.office.random, call.doneOn!, { ...made, stepKey: 'appel' }, 'phone:Essai')
  expect(await told()).not.toContain('À passer depuis')
  expect(await told()).toContain(`Fait le ${dayFr(call.doneOn!)}`.replaceAll(/\s+/g, ' '))
})

describe('steps that somebody asked to see first', () => {
  const rule = async (otherwise: 'envoyer' | 'attendre', waitDays = 1) =>
    setApprovalRule(
      house.sql,
      house.office.random,
      day('2026-06-01'),
      (await theCase()).creditorId,
      { stepKeys: [], approver: 'creditor', waitDays, otherwise },
      'creditor:Essai',
    )
  const answer = async (approved: boolean, on: string, reason: string | null = null) => {
    const [asked] = await pendingApprovals(house.sql, (await theCase()).creditorId)
    const said = { stepIds: [asked!.stepId], approved, reason, creditorId: (await theCase()).creditorId }
    return approveSteps(house.sql, house.office.random, day(on), said, 'creditor:Essai')
  }

  test('wait for a yes, and are then done once', async () => {
    await rule('attendre')
    await liveUntil(house, '2026-06-01', '2026-06-09')
    expect(await letters()).toEqual([])
    expect(await pendingApprovals(house.sql, null)).toMatchObject([
      { stepKey: 'cordiale', askedOn: day('2026-06-01'), answerBy: day('2026-06-02') },
    ])
    // However long: whoever asked to see it has it in a list, and it is nobody's oversight.
    expect(await examine(house.office, day('2026-06-19'))).toEqual([])
    await answer(true, '2026-06-19')
    await liveOn(house, '2026-06-19')
    expect(await letters()).toMatchObject([{ stepKey: 'cordiale' }])
    expect(await catchUpReport(house.sql, day('2026-06-19'))).toMatchObject([
      {
        step: 'cordiale',
        why: `L’accord demandé le ${dayFr(day('2026-06-01'))} a été donné le ${dayFr(day('2026-06-19'))}.`,
      },
    ])
  })

  test('nobody answered for are done when the rule says so, and go on waiting when it does not', async () => {
    await rule('envoyer', 1)
    await liveUntil(house, '2026-06-01', '2026-06-08')
    expect(await letters()).toHaveLength(1)
    await rule('attendre', 0)
    await liveUntil(house, '2026-06-09', '2026-07-10')
    expect(await letters()).toHaveLength(1)
    expect(planned(await file())[0]).toContain('appel')
  })

  test('are left out when refused, with the reason, and the case goes on', async () => {
    await rule('attendre', 5)
    await liveUntil(house, '2026-06-01', '2026-06-08')
    await answer(true, '2026-06-08')
    await liveUntil(house, '2026-06-08', '2026-06-22')
    await expect(answer(false, '2026-06-22')).rejects.toMatchObject({ code: 'reason_missing' })
    await answer(false, '2026-06-22', 'Nous l’avons eu au téléphone.')
    const { steps } = await file()
    expect(steps.find(({ key }) => key === 'appel')).toMatchObject({
      skippedWhy: expect.stringContaining('eu au téléphone'),
    })
  })

  test('leave by themselves again once nobody asks to see them', async () => {
    await rule('attendre', 0)
    await liveUntil(house, '2026-06-01', '2026-06-08')
    expect(await pendingApprovals(house.sql, null)).toHaveLength(1)
    await setApprovalRule(
      house.sql,
      house.office.random,
      day('2026-06-09'),
      (await theCase()).creditorId,
      null,
      'creditor:Essai',
    )
    await liveOn(house, '2026-06-09')
    expect(await letters()).toMatchObject([{ stepKey: 'cordiale' }])
    await expect(
      approveSteps(
        house.sql,
        house.office.random,
        day('2026-06-09'),
        { stepIds: ['x'], approved: true, reason: null, creditorId: null },
        'x',
      ),
    ).rejects.toMatchObject({ code: 'nothing_to_approve' })
  })

  test('are not for another creditor to approve', async () => {
    await rule('attendre')
    await liveOn(house, '2026-06-08')
    const [asked] = await pendingApprovals(house.sql, null)
    const foreign = {
      stepIds: [asked!.stepId],
      approved: true,
      reason: null,
      creditorId: '00000000-0000-4000-8000-000000000001',
    }
    await expect(approveSteps(house.sql, house.office.random, day('2026-06-08'), foreign, 'x')).rejects.toMatchObject({
      code: 'nothing_to_approve',
    })
    expect(await pendingApprovals(house.sql, foreign.creditorId)).toEqual([])
  })
})

describe('a visit', () => {
  const visit = async (on: string, rest: object = {}) =>
    recordVisit(
      house.sql,
      house.office.random,
      day(on),
      {
        caseId: (await theCase()).id,
        visitedOn: day(on),
        visitedAt: '10:30',
        agent: 'Rivo Rakoto',
        place: '3 rue de la Gare, 69003 Lyon',
        person: 'le gérant',
        outcome: 'engagement',
        summary: 'A signé un engagement.',
        ...rest,
      },
      'phone:Essai',
    )

  test('is refused before the first letter, on a holiday, and before it was made', async () => {
    await expect(visit('2026-06-03')).rejects.toMatchObject({ code: 'visit_before_first_letter' })
    await liveUntil(house, '2026-06-01', '2026-06-10')
    await expect(visit('2026-07-14')).rejects.toMatchObject({ code: 'visit_on_closed_day' })
    await expect(visit('2026-06-11', { visitedOn: day('2026-06-12') })).rejects.toMatchObject({
      code: 'visit_in_future',
    })
  })

  test('brings back a commitment, which suspends the case until its day', async () => {
    await liveUntil(house, '2026-06-01', '2026-06-10')
    await visit('2026-06-11', { commitment: { amount: 30000n, dueOn: day('2026-06-20'), means: 'virement' } })
    const found = await file()
    expect(found.promises).toMatchObject([{ amount: 30000n, author: 'le gérant', channel: 'visite' }])
    expect(liveHolds(found)).toMatchObject([{ cause: 'promesse', reviewOn: day('2026-06-21') }])
    await expect(
      visit('2026-06-12', { outcome: 'absent', commitment: { amount: 1n, dueOn: day('2026-06-20'), means: 'x' } }),
    ).rejects.toMatchObject({
      code: 'visit_contradicts',
    })
  })
})
