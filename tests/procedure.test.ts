import { describe, expect, test } from 'vitest'
import { recordInsolvency } from '../procedures/cases/insolvency/insolvencies.ts'
import { tick } from '../procedures/amicable/tick.ts'
import { progressOf } from '../procedures/judicial/case-progress.ts'
import { withdrawConsent } from '../procedures/judicial/consents/consent.ts'
import { watchDeadlines } from '../procedures/judicial/deadlines/deadline-alerts.ts'
import { assembleFilingPack } from '../procedures/judicial/packs/packs.ts'
import { earliestFiling, recordProcedureEvent } from '../procedures/judicial/procedures.ts'
import { readProcedureEvents } from '../procedures/judicial/open-procedures.ts'
import { dispute, insolvency } from './debtor.ts'
import { legalCell, liveToSignature } from './legal.ts'
import { day, fileOf, useHouse } from './house.ts'

// Signed on 23 July 2026; the last letter, of 13 July, was first presented on the 15th.
const house = useHouse(async (made) => void (await liveToSignature(made)))

const { caseOf, openSigned, random } = legalCell(house, 'procedure')
const open = async (on = '2026-07-24') => {
  const [request] = await house.sql<{ id: string }[]>`select id from consent_requests`
  return openSigned(request!.id, on)
}
const happens = (
  procedureId: string,
  step: string,
  on: string,
  more: { today?: string; facts?: Record<string, unknown>; original?: string } = {},
) =>
  recordProcedureEvent(
    house.sql,
    random,
    day(more.today ?? on),
    {
      procedureId,
      step,
      happenedOn: day(on),
      ...(more.facts ? { facts: more.facts } : {}),
      original: more.original ?? null,
    },
    'legal',
  )
const assemble = (procedureId: string, on: string, more: Partial<Parameters<typeof assembleFilingPack>[2]> = {}) =>
  assembleFilingPack(
    house.office,
    day(on),
    { procedureId, kind: 'requete', reason: 'Pièces jointes au dépôt.', ...more },
    'Hugo Marchand',
  )
const expires = (limits: Awaited<ReturnType<typeof happens>>, id: string) =>
  limits.find((limit) => limit.id === id)?.expires.toString()

/** Past the longest of the two: eight days from the presentation of the 15th, and the date that the letter names. */
const filing = async () => earliestFiling(await fileOf(house, await caseOf())).on.toString()

describe('filing', () => {
  test('waits for the period of the last letter, counted from its first presentation', async () => {
    const { id } = await open()
    const first = await filing()
    expect(first >= '2026-07-24').toBe(true) // presented on the 15th: the eighth day is Thursday the 23rd
    const before = day(first).subtract({ days: 1 }).toString()
    for (const on of ['2026-07-24', before].filter((date) => date < first)) {
      const refusal = {
        code: 'period_not_run',
        facts: { earliest: first },
        remedy: expect.stringContaining('Attendez le'),
      }
      await expect(happens(id, 'requete', on)).rejects.toMatchObject(refusal)
      await expect(assemble(id, on)).rejects.toMatchObject(refusal)
    }
    await assemble(id, first)
    await happens(id, 'requete', first)
  })

  test('moves with a presentation that came later', async () => {
    await house.sql`update dispatches set presented_on = '2026-07-31', outcome_on = '2026-07-31' where document_id = (select id from documents where letter = 'dernier-avis-pro')`
    const { id } = await open()
    // Eight days from the 31st: Saturday 8 August, so Monday the 10th, and filing on Tuesday.
    await expect(happens(id, 'requete', '2026-08-10')).rejects.toMatchObject({
      code: 'period_not_run',
      facts: { earliest: '2026-08-11' },
    })
    await happens(id, 'requete', '2026-08-11')
  })

  test('is refused while the presentation is unknown', async () => {
    await house.sql`update dispatches set presented_on = null where document_id = (select id from documents where letter = 'dernier-avis-pro')`
    const { id } = await open()
    await expect(happens(id, 'requete', '2026-09-30')).rejects.toMatchObject({ code: 'presentation_unknown' })
    await expect(assemble(id, '2026-09-30')).rejects.toMatchObject({ code: 'presentation_unknown' })
  })

  test('is not opened against an insolvent debtor, nor over a dispute', async () => {
    const caseId = await caseOf()
    await dispute(house, caseId, '2026-07-24', '2026-08-03', 'vice')
    await expect(open()).rejects.toMatchObject({ code: 'case_suspended', facts: { cause: 'contestation' } })
    await insolvency(house, caseId, '2026-07-24', '2026-07-20')
    await house.sql`update holds set released_on = '2026-07-25', released_by = 'x'`
    await expect(open('2026-07-25')).rejects.toMatchObject({
      code: 'case_suspended',
      facts: { cause: 'procedure-collective' },
    })
  })

  test('is not assembled once insolvency proceedings have opened', async () => {
    const { id } = await open()
    await insolvency(house, await caseOf(), '2026-07-27', '2026-07-20')
    await expect(assemble(id, '2026-08-03')).rejects.toMatchObject({ code: 'case_suspended' })
  })
})

describe('the steps', () => {
  const filedOn = '2026-08-03'
  const ordered = async (on: string) => {
    const { id } = await open()
    await happens(id, 'requete', filedOn)
    return { id, limits: await happens(id, 'ordonnance', on, { today: '2027-06-01' }) }
  }

  test('of an order of 31 August 2026: six months to serve it, and enforcement after the month of opposition', async () => {
    const { id, limits } = await ordered('2026-08-31')
    expect(expires(limits, 'signification')).toBe('2027-03-01') // 28 February 2027 is a Sunday
    const served = await happens(id, 'signification', '2026-10-15', { facts: { aPersonne: true } })
    expect(expires(served, 'opposition')).toBe('2026-11-16') // the 15th is a Sunday
    expect(served.find((limit) => limit.step === 'execution')).toMatchObject({
      kind: 'not_before',
      opens: day('2026-11-17'),
      article: 'CPC 1422',
    })
  })

  test('of an order of 1 September 2026: three months to serve it, and enforcement after two', async () => {
    const { id, limits } = await ordered('2026-09-01')
    expect(expires(limits, 'signification')).toBe('2026-12-01')
    expect(limits.find((limit) => limit.id === 'signification')).toMatchObject({
      article: 'CPC 1411',
      sanction: 'ordonnance non avenue',
      confirmed: true,
    })
    const served = await happens(id, 'signification', '2026-10-15', { facts: { aPersonne: true } })
    expect(expires(served, 'opposition')).toBe('2026-11-16')
    expect(served.find((limit) => limit.step === 'execution')).toMatchObject({
      kind: 'not_before',
      opens: day('2026-12-16'),
    })
  })

  test('not served in person, opposition runs from the first act that is, which can be recorded', async () => {
    const { id } = await ordered('2026-09-01')
    const served = await happens(id, 'signification', '2026-10-15', { facts: { aPersonne: false } })
    expect(expires(served, 'opposition')).toBeUndefined()
    const seized = await happens(id, 'premier-acte-a-personne', '2027-01-12')
    expect(expires(seized, 'opposition')).toBe('2027-02-12')
  })

  test('do not let enforcement be recorded before its day', async () => {
    const { id } = await ordered('2026-09-01')
    await happens(id, 'signification', '2026-10-15', { facts: { aPersonne: true } })
    await expect(happens(id, 'execution', '2026-12-15')).rejects.toMatchObject({
      code: 'step_too_early',
      article: 'CPC 1422',
      facts: { earliest: '2026-12-16' },
    })
    await happens(id, 'execution', '2026-12-16')
  })

  test('do not lie in the future, are those of the procedure, and are recorded once', async () => {
    const { id } = await open()
    await happens(id, 'requete', filedOn)
    await expect(happens(id, 'ordonnance', '2026-08-21', { today: '2026-08-20' })).rejects.toMatchObject({
      code: 'event_in_future',
    })
    await expect(happens(id, 'saisie', '2026-08-20')).rejects.toMatchObject({
      code: 'unknown_step',
      remedy: expect.stringContaining('requete'),
    })
    await expect(happens(id, 'requete', filedOn)).rejects.toMatchObject({ code: 'event_already_recorded' })
    await expect(happens(crypto.randomUUID(), 'requete', filedOn)).rejects.toMatchObject({
      code: 'procedure_not_found',
    })
    expect(await house.sql`select 1 from procedure_events`).toHaveLength(1)
  })
})

describe('the record of the steps', () => {
  const filedOn = '2026-08-03'
  const ordered = async (today = '2027-06-01') => {
    const { id } = await open()
    await happens(id, 'requete', filedOn)
    await happens(id, 'ordonnance', '2026-09-01', { today })
    return id
  }
  const rows = () => house.sql<{ id: string; step: string; happenedOn: { toString(): string }; void: boolean }[]>`
    select id, step, happened_on, void from procedure_events order by recorded_on, happened_on, id`
  const alerts = () => house.sql<{ kind: string; step: string; mark: number; givenOn: { toString(): string } }[]>`
    select kind, step, mark, given_on from deadline_alerts where over_on is null order by id`
  const correct = async (
    procedureId: string,
    step: string,
    on: string,
    more: { void?: boolean; today?: string } = {},
  ) => {
    const [wrong] = (await readProcedureEvents(house.sql, procedureId)).filter((event) => event.step === step)
    return recordProcedureEvent(
      house.sql,
      random,
      day(more.today ?? '2027-06-01'),
      {
        procedureId,
        step,
        happenedOn: day(on),
        corrects: wrong!.id,
        void: more.void === true,
        facts: { aPersonne: true },
      },
      'legal',
    )
  }

  test('refuses an order before its application, with what to record first', async () => {
    const { id } = await open()
    await expect(happens(id, 'ordonnance', '2026-08-10')).rejects.toMatchObject({
      code: 'step_out_of_order',
      article: 'CPC 1409 et 1410',
      remedy: expect.stringContaining('Requête'),
    })
    await happens(id, 'requete', filedOn)
    await expect(happens(id, 'ordonnance', '2026-08-02', { today: '2026-08-10' })).rejects.toMatchObject({
      code: 'step_out_of_order',
    })
    await happens(id, 'ordonnance', '2026-08-10')
  })

  test('takes a service told late as done on its own day, and reopens what seemed closed', async () => {
    const id = await ordered()
    await watchDeadlines(house.sql, day('2027-06-02'))
    expect(await alerts()).toMatchObject([{ kind: 'closed', step: 'signification' }])
    await happens(id, 'signification', '2026-11-30', { today: '2027-06-03', facts: { aPersonne: true } })
    expect(await alerts()).toEqual([])
    expect((await progressOf(house.sql, { id }, day('2027-06-03'))).closed).toBeNull()
  })

  test('does nothing of ours on a path that a sanction closed', async () => {
    const id = await ordered()
    await happens(id, 'signification', '2026-12-02', { today: '2027-06-01', facts: { aPersonne: true } })
    await expect(happens(id, 'execution', '2027-03-01', { today: '2027-06-01' })).rejects.toMatchObject({
      code: 'path_closed',
      article: 'CPC 1411',
    })
    await happens(id, 'opposition', '2027-01-04', { today: '2027-06-01' })
  })

  test('corrects by another row: the first stays, and no longer counts', async () => {
    const id = await ordered()
    await happens(id, 'signification', '2026-10-15', { today: '2027-06-01', facts: { aPersonne: true } })
    expect(expires(await correct(id, 'signification', '2026-10-20'), 'opposition')).toBe('2026-11-20')
    expect((await rows()).filter((row) => row.step === 'signification')).toHaveLength(2)
    expect((await readProcedureEvents(house.sql, id)).map((event) => event.step)).toEqual([
      'requete',
      'ordonnance',
      'signification',
    ])
    expect(await readProcedureEvents(house.sql, id, 'all')).toHaveLength(4)
    const journal = await house.sql<
      { kind: string }[]
    >`select kind from events where kind like 'procedure_event%' order by seq`
    expect(journal.at(-1)?.kind).toBe('procedure_event_corrected')
  })

  test('says that an event never took place, and takes it again when it did', async () => {
    const id = await ordered()
    await happens(id, 'signification', '2026-10-15', { today: '2027-06-01', facts: { aPersonne: true } })
    await correct(id, 'signification', '2026-10-15', { void: true })
    expect((await readProcedureEvents(house.sql, id)).map((event) => event.step)).toEqual(['requete', 'ordonnance'])
    const again = await happens(id, 'signification', '2026-10-15', { today: '2027-06-01', facts: { aPersonne: true } })
    expect(expires(again, 'opposition')).toBe('2026-11-16')
  })

  test('takes a step again on its first day, whatever day its correction or its withdrawal had', async () => {
    const id = await ordered()
    const told = { today: '2027-06-01', facts: { aPersonne: true } }
    await happens(id, 'signification', '2026-10-15', told)
    await correct(id, 'signification', '2026-10-20')
    await correct(id, 'signification', '2026-10-20', { void: true })
    await happens(id, 'signification', '2026-10-15', told)
    await correct(id, 'signification', '2026-10-16', { void: true })
    expect(expires(await happens(id, 'signification', '2026-10-15', told), 'opposition')).toBe('2026-11-16')
  })

  test('does not let two people record the same step twice at once', async () => {
    const { id } = await open()
    await happens(id, 'requete', filedOn)
    const both = await Promise.allSettled([
      happens(id, 'ordonnance', '2026-08-10'),
      happens(id, 'ordonnance', '2026-08-11'),
    ])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  test('is never rewritten nor erased (CT002)', async () => {
    const { id } = await open()
    await happens(id, 'requete', filedOn)
    await expect(house.sql`update procedure_events set happened_on = '2026-08-04'`).rejects.toMatchObject({
      code: 'CT002',
    })
    await expect(house.sql`delete from procedure_events`).rejects.toMatchObject({ code: 'CT002' })
  })

  test('of ours stops when the debtor is insolvent, while court and debtor still act', async () => {
    const { id } = await open()
    await happens(id, 'requete', '2026-08-03')
    await happens(id, 'ordonnance', '2026-09-10')
    const opening = { nature: 'Liquidation judiciaire', openedOn: day('2026-09-10'), publishedOn: null }
    await recordInsolvency(house.sql, random, day('2026-09-14'), { caseId: await caseOf(), ...opening }, 'test')
    expect(await house.sql`select 1 from consent_ends`).toHaveLength(0)
    await expect(happens(id, 'signification', '2026-09-15')).rejects.toMatchObject({ code: 'case_at_standstill' })
    await happens(id, 'signification', '2026-09-11', { today: '2026-09-15' })
    await happens(id, 'opposition', '2026-09-16')
  })

  test('lets court and debtor act after the creditor withdrew its agreement, and nobody for it', async () => {
    const id = await ordered()
    await happens(id, 'signification', '2026-10-15', { today: '2026-10-15', facts: { aPersonne: true } })
    const [request] = await house.sql<{ id: string }[]>`select id from consent_requests`
    await withdrawConsent(
      house.sql,
      day('2026-10-20'),
      { requestId: request!.id, reason: 'Accord trouvé.' },
      'creditor',
    )
    await expect(happens(id, 'execution', '2026-12-16')).rejects.toMatchObject({ code: 'no_live_consent' })
    await happens(id, 'opposition', '2026-11-10', { today: '2026-12-16' })
  })

  test('tells the legal cell of a time limit once at each mark, through the tick', async () => {
    const id = await ordered('2026-09-01')
    expect(await alerts()).toEqual([])
    const told: string[] = []
    for (let today = day('2026-11-14'); today.toString() <= '2026-12-03'; today = today.add({ days: 1 })) {
      await tick(house.sql, today)
      await tick(house.sql, today)
      for (const row of await alerts())
        if (row.givenOn.toString() === today.toString()) told.push(`${today.toString()} ${row.kind} ${row.mark}`)
    }
    expect(told).toEqual([
      '2026-11-16 near 15',
      '2026-11-24 near 7',
      '2026-11-28 near 3',
      '2026-11-30 near 1',
      '2026-12-02 closed 0',
    ])
    expect(
      await house.sql`select 1 from deadline_alerts where procedure_id = ${id} and step = 'signification'`,
    ).toHaveLength(5)
  })

  test('tells it at once when an outage missed the marks, and ends it when the act is recorded', async () => {
    const id = await ordered('2026-09-01')
    await tick(house.sql, day('2026-11-27'))
    expect(await alerts()).toMatchObject([{ kind: 'near', mark: 7 }])
    await happens(id, 'signification', '2026-11-26', { today: '2026-11-27', facts: { aPersonne: true } })
    expect(await alerts()).toEqual([])
  })
})
