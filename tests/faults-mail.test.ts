import type { AddressInfo, Socket } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, describe, expect, test } from 'vitest'
import { mailPost } from '../documents/send/mail.ts'
import { outTray } from '../documents/send/tray.ts'
import { recordContactPreference } from '../procedures/cases/contact-preferences.ts'
import { settleSending } from '../procedures/mail/post.ts'
import { examine } from '../procedures/doctor.ts'
import { drain } from '../procedures/work.ts'
import { day, invoice, liveOn, openCase, useHouse } from './house.ts'

const on = day('2026-06-12')
// One letter leaves on that day, by e-mail: the reminder before the due date, to a debtor that prefers it so.
const house = useHouse(async (made) => {
  const caseId = await openCase(made, {
    on: '2026-06-11',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-21', due_on: '2026-06-20' })],
  })
  const wish = { caseId, channel: 'email', wish: 'prefere', reason: 'dit au téléphone' } as const
  await recordContactPreference(made.sql, made.office.random, day('2026-06-11'), wish, 'phone:Essai')
})

let server: SMTPServer | undefined
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await new Promise<void>((done) => (server ? server.close(done) : done()))
})

/** A mail server with a fault; what it took whole is in `received`, by message id. */
async function listen(fault: Partial<SMTPServerOptions>, received: string[]): Promise<string> {
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 100,
    onData(stream, _session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        received.push(/^Message-ID: (.*)$/im.exec(Buffer.concat(parts).toString('latin1'))![1]!)
        done()
      })
    },
    ...fault,
  })
  // A connection that the test cuts is no error of the server's.
  server.on('error', () => {})
  server.server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((ready) => void server!.listen(0, '127.0.0.1', ready))
  return `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`
}

const cut = () => sockets.forEach((socket) => socket.destroy())
const refusing = (responseCode: number) => Object.assign(new Error('non'), { responseCode })
const silent = () => {}
// Short where the server is to hang, and only there.
const limits = '?greetingTimeout=1500&socketTimeout=1500'

/** The office posts through that server, in the day's work and once more when the waiting jobs come round. */
async function post(fault: Partial<SMTPServerOptions>, received: string[]): Promise<void> {
  const tray = outTray(`${house.dir}/out`)
  const url = `${await listen(fault, received)}${Object.keys(fault).length > 0 ? limits : ''}`
  house.office.post = mailPost(tray, url, 'Cabinet <contact@cabinet.example>')
}
async function comeRound(): Promise<void> {
  await house.sql`update graphile_worker._private_jobs set run_at = now() where locked_at is null`
  await drain(house.office, house.url)
}

interface Sending {
  documentId: string
  state: string
  sentOn: unknown
  waits: boolean
}
async function sending(): Promise<Sending> {
  const found = await house.sql<Sending[]>`
    select o.document_id, o.state, o.sent_on, exists (select from graphile_worker.jobs j where j.key = 'send:' || o.document_id) as waits
    from dispatches o where o.channel = 'email'`
  expect(found).toHaveLength(1)
  return found[0]!
}
const journal = async () =>
  (await house.sql<{ kind: string }[]>`select kind from events where kind like 'letter_%' order by seq`).map(
    ({ kind }) => kind,
  )
const findings = async () => (await examine(house.office, on)).map(({ code }) => code)

describe('a mail server that has not taken the message: the letter waits, and leaves once when the fault is over', () => {
  test.each<[string, Partial<SMTPServerOptions>]>([
    ['hangs before its greeting', { onConnect: silent }],
    ['hangs on the addressee', { onRcptTo: silent }],
    ['hangs up on the addressee', { onRcptTo: cut }],
    ['puts the addressee off (451)', { onRcptTo: (_to, _session, answer) => answer(refusing(451)) }],
    ['refuses the house itself (550)', { onMailFrom: (_from, _session, answer) => answer(refusing(550)) }],
    [
      'puts the message off once it has it (452)',
      { onData: (stream, _session, done) => void stream.resume().on('end', () => done(refusing(452))) },
    ],
  ])('%s', async (_fault, options) => {
    const received: string[] = []
    await post(options, received)
    await liveOn(house, on)
    expect(await sending()).toMatchObject({ state: 'ready', waits: true })
    expect(received).toEqual([])
    expect(await journal()).not.toContain('letter_sent')
    cut()

    await post({}, received)
    await comeRound()
    await comeRound()
    expect(await sending()).toMatchObject({ state: 'sent', sentOn: on, waits: false })
    expect(received).toHaveLength(1)
    expect(await findings()).toEqual([])
  })
})

test('an address refused for good (550) is told to the people of the case, and not tried again', async () => {
  const received: string[] = []
  await post({ onRcptTo: (_to, _session, answer) => answer(refusing(550)) }, received)
  await liveOn(house, on)
  expect(await sending()).toMatchObject({ state: 'failed', waits: false })
  expect(await journal()).toContain('letter_refused')
  await post({}, received)
  await comeRound()
  expect(received).toEqual([])
  expect(await findings()).toEqual([])
})

describe('a sending whose end is unknown is never done again by itself', () => {
  const faults: [string, (received: string[]) => Partial<SMTPServerOptions>][] = [
    ['the server hangs up in the middle of the message', () => ({ onData: (stream) => void stream.once('data', cut) })],
    ['the server takes all of it and hangs up', () => ({ onData: (stream) => void stream.resume().on('end', cut) })],
    ['the server takes all of it and says nothing', () => ({ onData: (stream) => void stream.resume() })],
  ]
  test.each(faults)('%s: a person says that it did not leave, and it leaves once', async (_fault, options) => {
    const received: string[] = []
    await post(options(received), received)
    await liveOn(house, on)
    await comeRound()
    const doubtful = await sending()
    expect(doubtful).toMatchObject({ state: 'sending', waits: false })
    expect((await journal()).filter((kind) => kind === 'letter_in_doubt')).toHaveLength(1)
    expect(await findings()).toEqual(['sending_unfinished'])

    await post({}, received)
    await comeRound()
    expect(received).toEqual([])
    const { documentId } = doubtful
    await settleSending(house.sql, on, { documentId, sentOn: null, reason: 'absent du journal du serveur' }, 'admin')
    await drain(house.office, house.url)
    await comeRound()
    expect(received).toHaveLength(1)
    expect(await sending()).toMatchObject({ state: 'sent', waits: false })
    expect(await findings()).toEqual([])
  })

  test('a person says that it left on its day, and it never leaves again', async () => {
    const received: string[] = []
    await post({ onData: (stream) => void stream.resume().on('end', cut) }, received)
    await liveOn(house, on)
    const { documentId } = await sending()
    const late = settleSending(house.sql, on, { documentId, sentOn: on.add({ days: 1 }), reason: 'lu' }, 'admin')
    await expect(late).rejects.toMatchObject({ code: 'sending_not_in_doubt' })
    await settleSending(house.sql, on, { documentId, sentOn: on, reason: 'lu au journal du serveur' }, 'admin')
    const again = settleSending(house.sql, on, { documentId, sentOn: null, reason: 'encore' }, 'admin')
    await expect(again).rejects.toMatchObject({ code: 'sending_not_in_doubt' })
    await post({}, received)
    await comeRound()
    expect(received).toEqual([])
    expect(await sending()).toMatchObject({ state: 'sent', sentOn: on })
    expect(await findings()).toEqual([])
  })
})

test('an archive that cannot be read is no doubt about the sending: nothing left, and it is tried again', async () => {
  const received: string[] = []
  await post({}, received)
  const { archive } = house.office
  const broken = { ...archive, get: () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) }
  house.office.archive = broken
  await liveOn(house, on)
  expect(await sending()).toMatchObject({ state: 'ready', waits: true })
  house.office.archive = archive
  await comeRound()
  expect(received).toHaveLength(1)
  expect(await findings()).toEqual([])
})
