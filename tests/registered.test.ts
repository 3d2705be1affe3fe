import { afterEach, describe, expect, test, vi } from 'vitest'
import { validateAddress } from '../procedures/mail/addresses.ts'
import { recordContactPreference } from '../procedures/cases/exchanges/contact-preferences.ts'
import { sendLetter } from '../procedures/mail/correspondence.ts'
import { codeOf } from '../procedures/mail/coupons.ts'
import { noticeDay, owedOn } from '../procedures/money/ledger.ts'
import { isPosted } from '../procedures/mail/reach.ts'
import {
  markEarlierReturns,
  meaningOf,
  postalEventsOf,
  postalStates,
  recordPostalState,
  recordPresentation,
} from '../procedures/mail/registered.ts'
import { earliestFiling } from '../procedures/judicial/procedures.ts'
import { workToday } from '../procedures/work-today.ts'
import { transaction } from '../schema/db.ts'
import { startOffice } from '../scripts/office.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { day, fileOf, invoice, liveHolds, liveOn, liveUntil, openCase, useHouse } from './house.ts'

let caseId = ''
// A formal notice has left by registered letter, and nothing is known of it.
const house = useHouse(async (made) => {
  caseId = await openCase(made, {
    on: '2026-06-11',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-11', due_on: '2026-06-10' })],
  })
  await liveUntil(made, '2026-06-11', '2026-06-30', { post: null })
})

afterEach(() => void vi.unstubAllEnvs())

const notice = async () => {
  const [found] = await house.sql<{ id: string; sentOn: ReturnType<typeof day> }[]>`
    select d.id, o.sent_on from documents d join dispatches o on o.document_id = d.id where d.channel = 'lrar'`
  return found!
}
const say = async (state: (typeof postalStates)[number], on: string, today = on) =>
  recordPostalState(
    house.sql,
    house.office.random,
    day(today),
    { documentId: (await notice()).id, state, on: day(on), registeredNumber: '1A 000 000 0000 1' },
    'amicable:Essai',
  )
const kinds = async (today: string) =>
  (await workToday(house.sql, day(today), { kinds: ['presentation', 'returned', 'hold'], seesDeadlines: false })).map(
    ({ kind }) => kind,
  )

describe('a registered letter, state by state', () => {
  test('each state is kept on its own day, and says what it means with its article', async () => {
    const { id, sentOn } = await notice()
    await say('deposited', sentOn.toString())
    await say('presented', '2026-07-15')
    await say('unclaimed', '2026-07-30')
    const told = (await postalEventsOf(house.sql, [id])).get(id)!
    expect(told.map(({ state, happenedOn }) => `${state} ${happenedOn}`)).toEqual([
      `deposited ${sentOn}`,
      'presented 2026-07-15',
      'unclaimed 2026-07-30',
    ])
    const { text, article } = meaningOf(told.at(-1)!)
    expect(text).toMatch(/vaut mise en demeure/)
    expect(article).toMatch(/1344.*670-1/)
    for (const state of postalStates)
      expect(meaningOf({ state, happenedOn: day('2026-07-30') }).article).toMatch(/1344/)
  })

  test('it is not unclaimed before the post has kept it fifteen days, nor without a presentation', async () => {
    const early = say('unclaimed', '2026-07-20')
    await expect(early).rejects.toMatchObject({ code: 'still_waiting' })
    await say('presented', '2026-07-15')
    const eve = say('unclaimed', '2026-07-29')
    await expect(eve).rejects.toMatchObject({ code: 'still_waiting', article: expect.stringContaining('R2-1') })
    await say('unclaimed', '2026-07-30')
    expect(
      (await fileOf(house, caseId)).documents.find((one) => one.channel === 'lrar' && one.attachedTo === null),
    ).toMatchObject({
      outcome: 'unclaimed',
      presentedOn: day('2026-07-15'),
    })
  })

  test('neither before it was written, nor on a day to come, nor delivered before it was presented', async () => {
    const before = say('deposited', '2026-05-01', '2026-07-15')
    await expect(before).rejects.toMatchObject({ code: 'no_registered_letter' })
    const later = say('presented', '2026-07-20', '2026-07-15')
    await expect(later).rejects.toMatchObject({ code: 'no_registered_letter' })
    await say('presented', '2026-07-16')
    const earlier = say('delivered', '2026-07-15', '2026-07-17')
    await expect(earlier).rejects.toMatchObject({ code: 'postal_order' })
  })

  test('nor deposited after it was presented, nor presented before it was deposited, until the other day is corrected', async () => {
    await say('presented', '2026-07-15')
    const late = say('deposited', '2026-07-16')
    await expect(late).rejects.toMatchObject({ code: 'postal_order' })
    await say('deposited', '2026-07-15')
    const early = say('presented', '2026-07-14', '2026-07-16')
    await expect(early).rejects.toMatchObject({ code: 'postal_order' })
    await say('deposited', '2026-07-14', '2026-07-16')
    await say('presented', '2026-07-14', '2026-07-16')
  })

  test('nor presented after the day on which it ended, unless that day is corrected first or with it', async () => {
    const { id } = await notice()
    const days = async () =>
      (
        await house.sql`
        select presented_on::text as presented, outcome_on::text as ended from dispatches where document_id = ${id}`
      )[0]
    await say('delivered', '2026-07-16')
    const late = say('presented', '2026-07-17', '2026-07-20')
    await expect(late).rejects.toMatchObject({
      code: 'presented_after_end',
      remedy: expect.stringContaining('celle de la fin'),
      facts: { presentedOn: '2026-07-17', endedOn: '2026-07-16' },
    })
    expect(await days()).toEqual({ presented: '2026-07-16', ended: '2026-07-16' })
    await say('presented', '2026-07-15', '2026-07-20')
    await say('delivered', '2026-07-18', '2026-07-20')
    await say('presented', '2026-07-17', '2026-07-20')
    expect(await days()).toEqual({ presented: '2026-07-17', ended: '2026-07-18' })
    const whole = { documentId: id, registeredNumber: '1A 000 000 0000 1', outcome: 'delivered' } as const
    const told = { ...whole, presentedOn: day('2026-07-20'), outcomeOn: day('2026-07-21') }
    await recordPresentation(house.sql, house.office.random, day('2026-07-22'), told, 'amicable:Essai')
    expect(await days()).toEqual({ presented: '2026-07-20', ended: '2026-07-21' })
  })

  test('its case is taken before its sending: who holds the case may take the sending too', async () => {
    let said: Promise<void> | undefined
    let isOver = false
    await transaction(house.sql, async (sql) => {
      await sql`select 1 from cases where id = ${caseId} for update`
      said = say('presented', '2026-07-15').finally(() => (isOver = true))
      const isWaiting = async () =>
        (
          await house.sql`select 1 from pg_stat_activity where pg_backend_pid() <> pid and cardinality(pg_blocking_pids(pid)) > 0 and datname = current_database()`
        ).length > 0
      while (!isOver && !(await isWaiting()));
      expect(isOver).toBe(false)
      await sql`select 1 from dispatches for update nowait`
    })
    await said
    const { id } = await notice()
    const kept = await house.sql`select presented_on from dispatches where document_id = ${id}`
    expect(kept).toEqual([{ presentedOn: day('2026-07-15') }])
  })

  test('the work of the day asks for what is not known: the presentation, then the end', async () => {
    expect(await kinds('2026-07-20')).toEqual(['presentation'])
    await say('presented', '2026-07-15', '2026-07-20')
    expect(await kinds('2026-07-20')).toEqual([])
    expect(await kinds('2026-08-03')).toEqual(['presentation'])
    await say('refused', '2026-07-15', '2026-08-03')
    expect(await kinds('2026-08-03')).toEqual([])
  })

  test('refused, it is still a formal notice: interest runs, and the filing waits for its period', async () => {
    await say('refused', '2026-07-15')
    const file = await fileOf(house, caseId)
    expect(noticeDay(file, day('2026-08-01'))).toEqual(day('2026-07-15'))
    expect(earliestFiling(file).why.length).toBeGreaterThan(0)
  })
})

describe('a formal notice whose presentation nobody recorded', () => {
  test('makes no consumer owe interest, and the account says why until it is recorded', async () => {
    await house.sql`update debtors set kind = 'consumer'`
    const owes = async () => owedOn(await fileOf(house, caseId), day('2026-08-01'))
    const unproved = await owes()
    expect(unproved.interest).toBe(0n)
    expect(unproved.doubts).toContainEqual(expect.objectContaining({ code: 'notice_not_proved' }))
    await say('presented', '2026-07-15')
    const proved = await owes()
    expect(proved.segments[0]!.from).toEqual(day('2026-07-16'))
    expect(proved.doubts.map(({ code }) => code)).not.toContain('notice_not_proved')
  })
})

describe('a letter that comes back from an unknown address', () => {
  test('is no formal notice, holds the case, and goes to the research cell', async () => {
    await say('unknown_address', '2026-07-16')
    const file = await fileOf(house, caseId)
    expect(noticeDay(file, day('2026-08-01'))).toBeNull()
    expect(() => earliestFiling(file)).toThrow(/mise en demeure/)
    expect(liveHolds(file)).toMatchObject([{ cause: 'decision', reason: expect.stringContaining('recherche') }])
    expect(await kinds('2026-07-17')).toContain('returned')
  })

  test('nothing goes there again, however it is written, until another address is validated', async () => {
    await say('unknown_address', '2026-07-16')
    const on = day('2026-07-17')
    const facts = { delaiJours: 8, dateLimite: { date: '2026-07-27' } }
    const order = { letter: 'relance-cordiale-pro', channel: 'lettre', recipient: 'debiteur', author: 'test' } as const
    const letter = { ...order, facts }
    const again = sendLetter(house.office, on, caseId, letter)
    await expect(again).rejects.toMatchObject({ code: 'no_address' })
    const same = { lines: ['3, RUE DE LA GARE'], postalCode: '69003', city: 'LYON', country: 'FR' }
    const known = { caseId, address: same, email: null, phone: null, source: 'annuaire' }
    const refused = validateAddress(house.sql, on, known, 'research:Essai')
    await expect(refused).rejects.toMatchObject({ code: 'address_returned' })

    const short = validateAddress(
      house.sql,
      on,
      { ...known, address: { ...same, postalCode: '6900' } },
      'research:Essai',
    )
    await expect(short).rejects.toMatchObject({ code: 'address_unfit' })
    const other = { ...same, lines: ['8 quai Perrache'], postalCode: '69002' }
    await validateAddress(house.sql, on, { ...known, address: other }, 'research:Essai')
    expect(await kinds('2026-07-17')).not.toContain('returned')
    const sent = await sendLetter(house.office, on, caseId, letter)
    const [where] = await house.sql<{ address: unknown }[]>`
      select address from dispatches where document_id = ${sent.id}`
    expect(where!.address).toMatchObject({ lines: ['8 quai Perrache'] })
  })

  test('told twice, it marks the address and holds the case once', async () => {
    await say('unknown_address', '2026-07-16')
    await say('unknown_address', '2026-07-16', '2026-07-18')
    expect(await house.sql`select 1 from address_marks`).toHaveLength(1)
    expect(liveHolds(await fileOf(house, caseId))).toHaveLength(1)
  })
})

describe('a letter that came back before addresses were marked', () => {
  // As the row was left by the house of then: an end, and no mark.
  const cameBack = () => house.sql`
    update dispatches set outcome = 'unknown_address', outcome_on = '2026-07-16' where channel = 'lrar'`
  const mark = (on: string) => markEarlierReturns(house.sql, house.office.random, day(on))
  const marks = () => house.sql<{ reason: string; open: boolean }[]>`
    select reason, found_on is null as open from address_marks`

  test('has its address marked and its case held, once', async () => {
    await cameBack()
    expect(await mark('2026-07-20')).toBe(1)
    expect(await mark('2026-07-21')).toBe(0)
    expect(await marks()).toEqual([{ reason: expect.stringContaining('destinataire inconnu'), open: true }])
    const file = await fileOf(house, caseId)
    expect(isPosted(file)).toBe(false)
    expect(liveHolds(file)).toMatchObject([{ cause: 'decision', reason: expect.stringContaining('recherche') }])
    expect(await kinds('2026-07-21')).toContain('returned')
  })

  test('asks nobody to search where another address was validated since, and is not written to again', async () => {
    await cameBack()
    const known = { caseId, email: null, phone: null, source: 'annuaire' }
    const old = (await fileOf(house, caseId)).debtor.address!
    const moved = { ...old, lines: ['8 quai Perrache'], postalCode: '69002' }
    await validateAddress(house.sql, day('2026-07-18'), { ...known, address: moved }, 'research:Essai')
    await mark('2026-07-20')
    expect(await marks()).toMatchObject([{ open: false }])
    const file = await fileOf(house, caseId)
    expect([isPosted(file), liveHolds(file)]).toEqual([true, []])
    expect(await kinds('2026-07-20')).not.toContain('returned')
    const again = validateAddress(house.sql, day('2026-07-20'), { ...known, address: old }, 'research:Essai')
    await expect(again).rejects.toMatchObject({ code: 'address_returned' })
  })

  test('is looked for by each program as it starts', async () => {
    await cameBack()
    vi.stubEnv('DATABASE_URL', house.url)
    vi.stubEnv('DATA_DIR', house.dir)
    const program = await startOffice()
    await program.close()
    expect(await marks()).toHaveLength(1)
  })
})

describe('an electronic registered letter', () => {
  const prefer = (wish: 'prefere' | 'refuse') =>
    recordContactPreference(
      house.sql,
      house.office.random,
      day('2026-07-13'),
      { caseId, channel: 'lre', wish, reason: 'écrit le 12 juillet 2026' },
      'phone:Essai',
    )
  const order = { letter: 'mise-en-demeure-pro', channel: 'lre', recipient: 'debiteur', author: 'test' } as const
  const facts = { delaiJours: 8, dateLimite: { date: '2026-07-29' } }
  const send = () => sendLetter(house.office, day('2026-07-14'), caseId, { ...order, facts })
  const sent = async (id: string) =>
    (
      await house.sql<
        { state: string; proof: { tray: string } }[]
      >`select state, proof from dispatches where document_id = ${id}`
    )[0]!

  test('goes to a professional as a file and an order for the provider, once', async () => {
    const { id } = await send()
    await liveOn(house, '2026-07-14')
    const { state, proof } = await sent(id)
    expect(state).toBe('sent')
    const letter = readFileSync(join(house.dir, 'out', proof.tray))
    expect(letter.subarray(0, 5).toString()).toBe('%PDF-')
    const [ours] = await house.sql<{ reference: string }[]>`select reference from documents where id = ${id}`
    const base = `${ours!.reference.replaceAll('/', '-')}-lre`
    const told = JSON.parse(readFileSync(join(house.dir, 'out', '2026-07-14', `${base}.json`), 'utf8')) as unknown
    expect(told).toEqual({
      key: base,
      channel: 'lre',
      reference: ours!.reference,
      to: { name: 'Garage du Pont', email: 'garage@client.example' },
      file: proof.tray.split('/').at(-1),
    })
  })

  test('needs the consent of who is no professional, and a refusal ends it', async () => {
    await house.sql`update debtors set kind = 'consumer', identity = identity || '{"civility": "Madame"}'`
    const consumer = () =>
      sendLetter(house.office, day('2026-07-14'), caseId, { ...order, letter: 'mise-en-demeure-particulier', facts })
    const without = consumer()
    await expect(without).rejects.toMatchObject({ code: 'lre_without_consent', article: 'C. postes L100' })
    await prefer('prefere')
    expect((await consumer()).reference).toMatch(/^2026-/)
    await prefer('refuse')
    const ended = consumer()
    await expect(ended).rejects.toMatchObject({ code: 'lre_without_consent' })
  })

  test('takes the place of the paper one where the debtor prefers it, and its post is followed alike', async () => {
    await prefer('prefere')
    await say('delivered', '2026-07-15')
    await liveUntil(house, '2026-07-15', '2026-08-20', { post: null })
    const file = await fileOf(house, caseId)
    const lre = file.documents.filter(({ channel }) => channel === 'lre')
    expect(lre.map(({ letter }) => letter)).toEqual(['dernier-avis-pro'])
    expect(await codeOf(house.office, lre[0]!.id)).toMatch(/^[0-9A-Z]{4}-/)
    const { id: documentId, writtenOn } = lre[0]!
    const told = (state: 'presented' | 'unclaimed', days: number) =>
      recordPostalState(
        house.sql,
        house.office.random,
        day('2026-09-30'),
        { documentId, state, on: writtenOn.add({ days }) },
        'amicable:Essai',
      )
    await told('presented', 0)
    const early = told('unclaimed', 14)
    await expect(early).rejects.toMatchObject({ code: 'still_waiting', article: 'C. postes R53-3' })
    await told('unclaimed', 15)
    expect((await fileOf(house, caseId)).documents.find(({ id }) => id === documentId)?.outcome).toBe('unclaimed')
  })
})
