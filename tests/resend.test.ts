import { describe, expect, test } from 'vitest'
import { validateAddress } from '../procedures/mail/addresses.ts'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { recordDispute } from '../procedures/cases/exchanges/disputes.ts'
import { firstLetter } from '../procedures/cases/file/file.ts'
import { recordPostalState } from '../procedures/mail/registered.ts'
import { resendLetter } from '../procedures/mail/resend.ts'
import { workToday } from '../procedures/work-today.ts'
import { day, fileOf, invoice, liveOn, liveUntil, openCase, textOf, toDebtor, useHouse } from './house.ts'

let caseId = ''
// The first letter has left by post, on 11 June 2026.
const house = useHouse(async (made) => {
  caseId = await openCase(made, {
    on: '2026-06-11',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })],
  })
  await liveUntil(made, '2026-06-11', '2026-06-18')
})

const first = async () => firstLetter(await fileOf(house, caseId))!
const comesBack = async (on: string) =>
  recordPostalState(
    house.sql,
    house.office.random,
    day(on),
    { documentId: (await first()).id, state: 'unknown_address', on: day(on) },
    'research:Essai',
  )
const moved = { lines: ['5 place Bellecour'], postalCode: '69002', city: 'Lyon', country: 'FR' }
const found = (on: string) =>
  validateAddress(
    house.sql,
    day(on),
    { caseId, address: moved, email: null, phone: null, source: 'registre du commerce' },
    'research:Essai',
  )
const again = async (on: string, documentId?: string) =>
  resendLetter(
    house.office,
    day(on),
    { documentId: documentId ?? (await first()).id, reason: 'Revenue\u00a0; siège transféré, registre du commerce.' },
    'amicable:Essai',
  )
const toResend = async (on: string) =>
  (await workToday(house.sql, day(on), { kinds: ['resend'], seesDeadlines: false })).map(({ what }) => what)

describe('a first letter that came back', () => {
  test('is renewed at the new address with all its mentions, and recalls the one that did not arrive', async () => {
    const lost = await first()
    await comesBack('2026-06-24')
    expect(await toResend('2026-06-24')).toEqual([])
    await found('2026-06-25')
    expect(await toResend('2026-06-25')).toEqual([`${lost.reference} (lettre)`])
    const written = await again('2026-06-26')
    expect(await toResend('2026-06-26')).toEqual([])
    const text = await textOf(await house.office.archive.get(written.sha256))
    expect(text).toContain(`Renouvelle ${lost.reference} du 11 juin 2026, non parvenu`)
    expect(text).toMatch(/R\. ?124-4/)
    expect(text).not.toContain('vous a été envoyée le 11 juin 2026')
    expect(text).toContain('5 PLACE BELLECOUR 69002 LYON')
    const [left] = await house.sql<{ address: { city: string; lines: string[] } }[]>`
      select address from dispatches where document_id = ${written.id}`
    expect(left!.address.lines).toEqual(moved.lines)
  })

  test('what follows recalls the renewed one, and waits for the time that it gave', async () => {
    await comesBack('2026-06-24')
    await found('2026-06-25')
    const { id, reference } = await again('2026-06-26')
    const renewed = await first()
    expect([renewed.id, renewed.firstLetter, renewed.answerBy?.toString()]).toEqual([id, false, '2026-07-04'])
    const call = { caseId, calledAt: '10:20', direction: 'outgoing' as const, person: null, outcome: 'sans-reponse' }
    await recordCall(house.sql, house.office.random, day('2026-06-27'), { ...call, summary: 'x' }, 'phone:Essai')
    await liveUntil(house, '2026-06-26', '2026-08-20')
    const later = toDebtor(await fileOf(house, caseId)).find(
      ({ channel, attachedTo }) => channel === 'lrar' && attachedTo === null,
    )!
    expect(later.writtenOn.toString() > '2026-07-04').toBe(true)
    const text = await textOf(await house.office.archive.get(later.sha256))
    expect(text).toContain(`vous a été envoyée le 26 juin 2026 sous la référence ${reference}`)
  })

  test('goes again once, and never by itself', async () => {
    const lost = await first()
    await comesBack('2026-06-24')
    await found('2026-06-25')
    await liveOn(house, '2026-06-25')
    expect((await first()).id).toBe(lost.id)
    await again('2026-06-26')
    await expect(again('2026-06-29', lost.id)).rejects.toMatchObject({ code: 'already_resent' })
    await liveUntil(house, '2026-06-29', '2026-07-02')
    expect(toDebtor(await fileOf(house, caseId)).filter(({ letter }) => letter === lost.letter)).toHaveLength(2)
  })

  test('is refused where nothing failed, where no other address is known, and while the case is disputed', async () => {
    await expect(again('2026-06-24')).rejects.toMatchObject({ code: 'letter_not_failed' })
    await comesBack('2026-06-24')
    await expect(again('2026-06-25')).rejects.toMatchObject({ code: 'same_address' })
    await found('2026-06-25')
    const dispute = { caseId, channel: 'téléphone', ground: 'Rien reçu.', contested: null, answerBy: day('2026-07-10') }
    await recordDispute(house.sql, house.office.random, day('2026-06-25'), dispute, 'phone:Essai')
    await expect(again('2026-06-26')).rejects.toMatchObject({ code: 'case_held' })
    expect(await house.sql`select 1 from resendings`).toHaveLength(0)
  })
})

test('the post gives back an ordinary letter, and says nothing else of it', async () => {
  const { id } = await first()
  const say = (state: 'presented' | 'unknown_address') =>
    recordPostalState(
      house.sql,
      house.office.random,
      day('2026-06-24'),
      { documentId: id, state, on: day('2026-06-24') },
      'research:Essai',
    )
  await expect(say('presented')).rejects.toMatchObject({ code: 'no_registered_letter' })
  await say('unknown_address')
  const [mark] = await house.sql<
    { channel: string; documentId: string }[]
  >`select channel, document_id from address_marks`
  expect(mark).toEqual({ channel: 'postal', documentId: id })
})
