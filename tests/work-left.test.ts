import { describe, expect, test } from 'vitest'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { giveConsent, refuseConsent } from '../procedures/judicial/consents/consent.ts'
import { openProcedure } from '../procedures/judicial/procedures.ts'
import { kindsOf, type WorkKind, workToday } from '../procedures/work-today.ts'
import { day, liveUntil, openOrdinary, useHouse } from './house.ts'

// Nobody called, and the amicable phase went to its end: the creditor is asked whether it sues.
const house = useHouse(async (made) => {
  await openOrdinary(made)
  await liveUntil(made, '2026-06-11', '2026-08-10')
})
const on = day('2026-08-10')
const work = (...kinds: WorkKind[]) => workToday(house.sql, on, { kinds, seesDeadlines: true })

async function signature() {
  const [asked] = await house.sql<{ requestId: string; contentSha256: string }[]>`
    select id as request_id, content_sha256 from consent_requests`
  return { ...asked!, signedBy: 'Inès Roche', capacity: 'présidente', evidence: {} }
}

describe('calls of the timeline that nobody made', () => {
  test('are one call, the latest, whose script tells what is owed by then', async () => {
    const scripts = await house.sql<{ id: string; caseId: string }[]>`
      select id, case_id from documents where channel = 'appel' order by written_on`
    expect(scripts.length).toBeGreaterThan(1)
    const due = await work('call')
    expect(due.map(({ documentId }) => documentId)).toEqual([scripts.at(-1)!.id])
    const call = { caseId: due[0]!.caseId, calledAt: '10:00', direction: 'outgoing', person: null } as const
    const said = { outcome: 'sans-reponse', summary: 'Personne.' }
    await recordCall(house.sql, house.office.random, on, { ...call, ...said }, 'phone:Essai')
    expect(await work('call')).toEqual([])
  })

  test('are made to nobody who is before a court since', async () => {
    await giveConsent(house.sql, on, await signature())
    const { requestId } = await signature()
    expect(await work('call')).toHaveLength(1)
    await openProcedure(house.sql, house.office.random, on, { requestId }, 'legal')
    expect(await work('call')).toEqual([])
  })
})

test('a creditor’s refusal to sue is work of the legal cell, until somebody has decided what follows', async () => {
  expect(kindsOf('legal')).toContain('refused')
  expect(await work('refused')).toEqual([])
  await refuseConsent(house.sql, on, await signature())
  const [left, ...more] = await work('refused')
  expect(more).toEqual([])
  expect(left).toMatchObject({ what: 'injonction-de-payer' })
  await house.sql`update cases set closed_on = ${on}, closed_why = 'Le créancier renonce.'`
  expect(await work('refused')).toEqual([])
})
