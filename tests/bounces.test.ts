import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { afterEach, describe, expect, test } from 'vitest'
import { mailPost } from '../documents/send/mail.ts'
import { outTray } from '../documents/send/tray.ts'
import { validateAddress } from '../procedures/mail/addresses.ts'
import { recordBounce } from '../procedures/mail/bounces.ts'
import { recordContactPreference } from '../procedures/cases/exchanges/contact-preferences.ts'
import { reachOf } from '../procedures/mail/reach.ts'
import { workToday } from '../procedures/work-today.ts'
import { exim, outOfOffice, postfix } from './fixtures/bounces/notices.ts'
import { day, fileOf, invoice, liveHolds, liveOn, liveUntil, openCase, useHouse } from './house.ts'

const gone = { status: '5.1.1', said: '550 5.1.1 <garage@client.example>: User unknown' }
const bytes = (text: string) => new TextEncoder().encode(text.replaceAll('\n', '\r\n'))

let caseId = ''
const on = day('2026-06-12')
// A reminder has left by e-mail, through a real server, to a debtor that prefers it so.
const house = useHouse(async (made) => {
  caseId = await openCase(made, {
    on: '2026-06-11',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-21', due_on: '2026-06-20' })],
  })
  const wish = { caseId, channel: 'email', wish: 'prefere', reason: 'dit au téléphone' } as const
  await recordContactPreference(made.sql, made.office.random, day('2026-06-11'), wish, 'phone:Essai')
  const server = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'] })
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready))
  const url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`
  made.office.post = mailPost(outTray(`${made.dir}/out`), url, 'Cabinet <contact@cabinet.example>')
  await liveOn(made, '2026-06-12')
  await new Promise<void>((done) => server.close(done))
})

const sent = async () => {
  const [found] = await house.sql<{ proof: { messageId: string }; outcome: string | null; email: string }[]>`
    select proof, outcome, address ->> 'email' as email from dispatches where channel = 'email'`
  return { messageId: found!.proof.messageId, to: found!.email, outcome: found!.outcome }
}
const take = (text: string) => recordBounce(house.sql, house.office.random, on, bytes(text), 'courriel')
const work = async () =>
  (await workToday(house.sql, on, { kinds: ['returned', 'dispatch'], seesDeadlines: false })).map(({ kind }) => kind)

describe('an e-mail that came back', () => {
  test('because its address does not exist marks it, holds the case and goes to research, once', async () => {
    const ours = await sent()
    const notice = postfix(ours, gone)
    expect(await take(notice)).toMatchObject({ outcome: 'address', reference: expect.stringMatching(/^2026-0001\//) })
    expect((await sent()).outcome).toBe('bounced')
    const file = await fileOf(house, caseId)
    expect(liveHolds(file)).toMatchObject([{ cause: 'decision', reason: expect.stringContaining('recherche') }])
    expect(await work()).toEqual(['returned'])
    expect(await take(notice)).toMatchObject({ outcome: 'known' })
    expect(await house.sql`select 1 from events where kind = 'letter_bounced'`).toHaveLength(1)
  })

  test('is never written to there again: by post while there is an address, and not as the debtor’s new address', async () => {
    await take(postfix(await sent(), gone))
    const file = await fileOf(house, caseId)
    expect(reachOf(file, 'debiteur')).toBe('lettre')
    const known = { caseId, address: null, email: 'Garage@Client.example', phone: null, source: 'appel' }
    const again = validateAddress(house.sql, on, known, 'research:Essai')
    await expect(again).rejects.toMatchObject({ code: 'address_returned' })
    await validateAddress(house.sql, on, { ...known, email: 'contact@garage-du-pont.example' }, 'research:Essai')
    expect(await work()).toEqual([])
    expect(reachOf(await fileOf(house, caseId), 'debiteur')).toBe('email')
    await liveUntil(house, '2026-06-13', '2026-07-20')
    const used = await house.sql<{ email: string }[]>`
      select distinct address ->> 'email' as email from dispatches o join documents d on d.id = o.document_id
      where d.recipient = 'debiteur' and o.channel = 'email' and d.written_on > ${on}`
    expect(used.map(({ email }) => email)).not.toContain('garage@client.example')
  })

  test('for another reason marks nothing and waits for a person; one that is late is noted', async () => {
    const ours = await sent()
    expect((await take(postfix(ours, { status: '4.4.1', action: 'delayed', said: '421 lent' }))).outcome).toBe(
      'delayed',
    )
    expect(await work()).toEqual([])
    expect((await take(exim(ours, '554 5.7.1 refused as spam'))).outcome).toBe('refused')
    expect(await work()).toEqual(['dispatch'])
    expect(await house.sql`select 1 from address_marks`).toHaveLength(0)
    expect(liveHolds(await fileOf(house, caseId))).toEqual([])
  })

  test('about another addressee, or about a message that is not ours, kills no address', async () => {
    const ours = await sent()
    expect((await take(postfix({ ...ours, to: 'autre@client.example' }, gone))).outcome).toBe('unknown')
    expect((await take(postfix({ ...ours, messageId: '<x@ailleurs.example>' }, gone))).outcome).toBe('stranger')
    expect(await house.sql`select 1 from address_marks`).toHaveLength(0)
  })
})

let folder: string | undefined
afterEach(() => folder && rmSync(folder, { recursive: true, force: true }))

test('the command reads what is new in a Maildir, says what became of it, and leaves it as seen', async () => {
  folder = mkdtempSync(join(tmpdir(), 'courtois-maildir-'))
  for (const name of ['new', 'cur', 'tmp', 'data']) mkdirSync(join(folder, name))
  const ours = await sent()
  writeFileSync(join(folder, 'new', '1781244009.M1.mx'), bytes(postfix(ours, gone)))
  writeFileSync(join(folder, 'new', '1781244010.M2.mx'), bytes(outOfOffice(ours)))
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '../scripts/courtois.ts'), 'bounces', '--maildir', folder, '--json'],
    { env: { ...process.env, DATABASE_URL: house.url, DATA_DIR: join(folder, 'data') }, encoding: 'utf8' },
  )
  expect(status).toBe(0)
  const told = stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { outcome: string }).outcome)
  expect(told).toEqual(['address', 'other'])
  expect(readdirSync(join(folder, 'new'))).toEqual([])
  expect(readdirSync(join(folder, 'cur')).sort()).toEqual(['1781244009.M1.mx:2,S', '1781244010.M2.mx:2,S'])
})
