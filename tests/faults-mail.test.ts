/** @module-tag fault */
import type { AddressInfo, Socket } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, describe, expect, test } from 'vitest'
import { openArchive } from '../documents/archive.ts'
import { mailPost } from '../documents/send/mail.ts'
import { outTray } from '../documents/send/tray.ts'
import { recordContactPreference } from '../procedures/cases/exchanges/contact-preferences.ts'
import { settleSending } from '../procedures/mail/post.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { drain } from '../procedures/jobs/work.ts'
import { transaction } from '../schema/db.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { seededChance, children, killAll, start } from './faults.ts'
import { addInvoices, creditorOf, day, type House, invoice, liveOn, useHouse } from './house.ts'

const on = day('2026-06-12')
const before = day('2026-06-11')
/** So many letters leave on that day, by e-mail: the reminder before the due date, to debtors that prefer it so. */
async function addLetters(
  made: House,
  creditorId: string,
  { from, count }: { from: number; count: number },
): Promise<void> {
  for (let i = from; i < from + count; i++) {
    const address = { lines: [`${i + 1} rue de la Gare`], postal_code: '69003', city: 'Lyon', country: 'FR' }
    const buyer = { name: `Client ${i}`, address, contact: { email: `client-${i}@client.example` } }
    const invoices = [invoice({ number: `F-${i}`, issued_on: '2026-05-21', due_on: '2026-06-20', buyer })]
    const caseId = await addInvoices(made, { creditorId, on: before.toString(), invoices })
    const wish = { caseId, channel: 'email', wish: 'prefere', reason: 'dit au téléphone' } as const
    await recordContactPreference(made.sql, made.office.random, before, wish, 'phone:Essai')
  }
}
const few = 3
let creditor: string
const house = useHouse(async (made) => {
  await openAgency(made.sql, before)
  creditor = await creditorOf(made, before)
  await addLetters(made, creditor, { from: 0, count: few })
})

let server: SMTPServer | undefined
const sockets = new Set<Socket>()
afterEach(async () => {
  await killAll()
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await new Promise<void>((done) => (server ? server.close(done) : done()))
})

/** A mail server that has a fault once it has taken so many messages; what it took whole is in `received`, by message id. */
async function listen(fault: Partial<SMTPServerOptions>, received: string[], spared = 0): Promise<string> {
  const sound = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    closeTimeout: 100,
    onData(stream, _session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        received.push(/^Message-ID: (.*)$/im.exec(Buffer.concat(parts).toString('latin1'))![1]!)
        if (received.length === spared) Object.assign(sound, fault)
        done()
      })
    },
  })
  server = sound
  if (spared === 0) Object.assign(server, fault)
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
async function post(fault: Partial<SMTPServerOptions>, received: string[], spared?: number): Promise<void> {
  const tray = outTray(`${house.dir}/out`)
  const url = `${await listen(fault, received, spared)}${Object.keys(fault).length > 0 ? limits : ''}`
  house.office.post = mailPost(tray, url, 'Cabinet <contact@cabinet.example>')
}
async function comeRound(): Promise<void> {
  await house.sql`update graphile_worker._private_jobs set run_at = now() where locked_at is null`
  await drain(house.office, house.url)
}

/** Where each e-mail of the day stands, and whether a job is to send it. */
const standing = async () =>
  (
    await house.sql<{ said: string }[]>`
      select concat_ws(', ', o.state, o.sent_on, case when exists (select from graphile_worker.jobs j where j.key = 'send:' || o.document_id) then 'waits' end) as said
      from dispatches o where o.channel = 'email' order by 1`
  ).map(({ said }) => said)
/** All of them but those that were spared stand so. */
const allBut = (spared: number, state: string) => [
  ...Array<string>(few - spared).fill(state),
  ...Array<string>(spared).fill(sent),
]
const sent = `sent, ${on.toString()}`
const inDoubt = async () =>
  (await house.sql<{ documentId: string }[]>`select document_id from dispatches where state = 'sending'`).map(
    ({ documentId }) => documentId,
  )
const told = async (kind: string) =>
  (await house.sql<{ times: number }[]>`select count(*)::int as times from events where kind = ${kind}`)[0]!.times
const findings = async () => [...new Set((await examine(house.office, on)).map(({ code }) => code))]

/** How many messages the server takes before its fault, and by which codes it puts off and refuses. */
function drawn(): { spared: number; later: number; never: number } {
  const below = seededChance()
  const spared = below(few)
  return { spared, later: [421, 450, 451, 452][below(4)]!, never: [550, 551, 552, 553, 554][below(5)]! }
}
type Fault = (codes: { later: number; never: number }) => Partial<SMTPServerOptions>

describe('a mail server that does not take a message: the letter waits, and leaves once when the fault is over', () => {
  test.each<[string, Fault]>([
    ['it hangs before its greeting', () => ({ onConnect: silent })],
    ['it hangs on the addressee', () => ({ onRcptTo: silent })],
    ['it hangs up on the addressee', () => ({ onRcptTo: cut })],
    [
      'it puts the addressee off (4xx)',
      ({ later }) => ({ onRcptTo: (_to, _session, answer) => answer(refusing(later)) }),
    ],
    [
      'it refuses the house itself (5xx)',
      ({ never }) => ({ onMailFrom: (_from, _session, answer) => answer(refusing(never)) }),
    ],
    [
      'it puts the message off once it has it (4xx)',
      ({ later }) => ({
        onData: (stream, _session, done) => void stream.resume().on('end', () => done(refusing(later))),
      }),
    ],
  ])('%s', async (_fault, faultOf) => {
    const received: string[] = []
    const { spared, ...codes } = drawn()
    await post(faultOf(codes), received, spared)
    await liveOn(house, on)
    expect(await standing()).toEqual(allBut(spared, 'ready, waits'))
    expect(received).toHaveLength(spared)
    expect(await told('letter_sent')).toBe(spared)
    cut()

    await post({}, received)
    await comeRound()
    await comeRound()
    expect(await standing()).toEqual(allBut(0, sent))
    expect(new Set(received).size).toBe(few)
    expect(received).toHaveLength(few)
    expect(await findings()).toEqual([])
  })
})

describe('a refusal for good (5xx) is told to the people of the case, and not tried again', () => {
  test.each<[string, Fault]>([
    ['of the address', ({ never }) => ({ onRcptTo: (_to, _session, answer) => answer(refusing(never)) })],
    [
      'of the message',
      ({ never }) => ({
        onData: (stream, _session, done) => void stream.resume().on('end', () => done(refusing(never))),
      }),
    ],
  ])('%s', async (_fault, faultOf) => {
    const received: string[] = []
    const { spared, ...codes } = drawn()
    await post(faultOf(codes), received, spared)
    await liveOn(house, on)
    expect(await standing()).toEqual(allBut(spared, 'failed'))
    expect(await told('letter_refused')).toBe(few - spared)
    await post({}, received)
    await comeRound()
    expect(received).toHaveLength(spared)
    expect(await findings()).toEqual([])
  })
})

describe('a sending whose end is unknown is never done again by itself', () => {
  const faults: [string, Partial<SMTPServerOptions>][] = [
    ['the server hangs up in the middle of the message', { onData: (stream) => void stream.once('data', cut) }],
    ['the server takes all of it and hangs up', { onData: (stream) => void stream.resume().on('end', cut) }],
    ['the server takes all of it and says nothing', { onData: (stream) => void stream.resume() }],
  ]
  test.each(faults)('%s: a person says that it did not leave, and it leaves once', async (_fault, fault) => {
    const received: string[] = []
    const { spared } = drawn()
    await post(fault, received, spared)
    await liveOn(house, on)
    await comeRound()
    expect(await standing()).toEqual(allBut(spared, 'sending'))
    expect(await told('letter_in_doubt')).toBe(few - spared)
    expect(await findings()).toEqual(['sending_unfinished'])

    await post({}, received)
    await comeRound()
    expect(received).toHaveLength(spared)
    for (const documentId of await inDoubt())
      await settleSending(house.sql, on, { documentId, sentOn: null, reason: 'absent du journal du serveur' }, 'admin')
    await drain(house.office, house.url)
    await comeRound()
    expect(new Set(received).size).toBe(few)
    expect(received).toHaveLength(few)
    expect(await standing()).toEqual(allBut(0, sent))
    expect(await findings()).toEqual([])
  })

  test('a person says that it left on its day, and it never leaves again', async () => {
    const received: string[] = []
    await post({ onData: (stream) => void stream.resume().on('end', cut) }, received)
    await liveOn(house, on)
    for (const documentId of await inDoubt()) {
      const late = settleSending(house.sql, on, { documentId, sentOn: on.add({ days: 1 }), reason: 'lu' }, 'admin')
      await expect(late).rejects.toMatchObject({ code: 'sending_not_in_doubt' })
      await settleSending(house.sql, on, { documentId, sentOn: on, reason: 'lu au journal du serveur' }, 'admin')
      const again = settleSending(house.sql, on, { documentId, sentOn: null, reason: 'encore' }, 'admin')
      await expect(again).rejects.toMatchObject({ code: 'sending_not_in_doubt' })
    }
    await post({}, received)
    await comeRound()
    expect(received).toEqual([])
    expect(await standing()).toEqual(allBut(0, sent))
    expect(await findings()).toEqual([])
  })
})

test('a person settles a sending while somebody else acts on its case: both go on, one after the other', async () => {
  await post({ onData: (stream) => void stream.resume().on('end', cut) }, [])
  await liveOn(house, on)
  const [documentId] = (await inDoubt()) as [string]
  const isWaiting = async () =>
    (await house.sql`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
      .length > 0
  let settling: Promise<void> | undefined
  await transaction(house.sql, async (sql) => {
    await sql`select 1 from cases for update`
    settling = settleSending(house.sql, on, { documentId, sentOn: on, reason: 'lu au journal du serveur' }, 'admin')
    await expect.poll(isWaiting).toBe(true)
    await sql`select 1 from dispatches for update`
  })
  await settling
  expect(await standing()).toEqual(allBut(1, 'sending'))
})

test('an archive that cannot be read is no doubt about the sending: nothing left, and it is tried again', async () => {
  const received: string[] = []
  await post({}, received)
  const { archive } = house.office
  const broken = { ...archive, get: () => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' })) }
  house.office.archive = broken
  await liveOn(house, on)
  expect(await standing()).toEqual(allBut(0, 'ready, waits'))
  house.office.archive = archive
  await comeRound()
  expect(received).toHaveLength(few)
  expect(await findings()).toEqual([])
})

const howMany = 10

test('workers killed again and again while the server takes their messages send none twice, and each stands somewhere', async () => {
  const received: string[] = []
  await addLetters(house, creditor, { from: few, count: howMany - few })
  // All die at one of four moments of a message: before it begins, in its middle, once the server has it, once it has said so.
  const below = seededChance()
  const moments = ['addressed', 'begun', 'taken', 'answered']
  let deaths = 0
  let over = false
  const fates = new Map<string, string | undefined>()
  const die = (): void => {
    deaths++
    children.forEach((child) => child.kill('SIGKILL'))
  }
  const url = await listen(
    {
      onRcptTo(_to, { id }, answer) {
        const fate = !over && deaths < 4 ? moments[below(6)] : undefined
        fates.set(id, fate)
        if (fate === 'addressed') die()
        answer()
      },
      onData(stream, { id }, done) {
        const fate = fates.get(id)
        const parts: Buffer[] = []
        stream.on('data', (part: Buffer) => parts.push(part))
        if (fate === 'begun') stream.once('data', die)
        stream.on('end', () => {
          const [, message] = /^Message-ID: (.*)$/im.exec(Buffer.concat(parts).toString('latin1')) ?? []
          // One that was cut in its head reached nobody.
          if (message !== undefined) received.push(message)
          if (fate === 'taken') return die()
          done()
          if (fate === 'answered') die()
        })
      },
    },
    received,
  )
  const env = { SMTP_URL: url, MAIL_FROM: 'Cabinet <contact@cabinet.example>' }
  const work = (): void => {
    const child = start('./setup/worker-child.ts', [house.url, house.dir, on.toString()], env)
    child.once('exit', () => over || work())
  }
  work()
  work()
  const counted = async () =>
    (
      await house.sql<{ jobs: number; done: number }[]>`
      select (select count(*) from graphile_worker.jobs)::int as jobs, (select count(*) from steps where done_on = ${on})::int as done`
    )[0]!
  await expect
    .poll(
      async () => {
        await house.sql`update graphile_worker._private_jobs set run_at = now() where locked_at is null`
        return counted()
      },
      { timeout: 300_000, interval: 500 },
    )
    .toEqual({ jobs: 0, done: howMany })
  over = true
  await killAll()
  house.office.archive = openArchive(`${house.dir}/archive`)

  expect(deaths).toBeGreaterThan(1)
  expect(received.toSorted()).toEqual([...new Set(received)].toSorted())
  const rows = await house.sql<{ documentId: string; reference: string; state: string; doubts: number }[]>`
    select d.id as document_id, d.reference, o.state,
           (select count(*) from events e where e.kind = 'letter_in_doubt' and e.detail ->> 'reference' = d.reference)::int as doubts
    from dispatches o join documents d on d.id = o.document_id where o.channel = 'email'`
  expect(rows).toHaveLength(howMany)
  const reached = (reference: string) => received.includes(`<${reference.replaceAll('/', '-')}@cabinet.example>`)
  const doubtful = rows.filter(({ state }) => state === 'sending')
  expect(rows.filter(({ state, reference }) => state === 'sent' && reached(reference)).length).toBe(
    howMany - doubtful.length,
  )
  expect(doubtful.map(({ doubts }) => doubts)).toEqual(doubtful.map(() => 1))
  expect((await findings()).filter((code) => code !== 'sending_unfinished')).toEqual([])

  // A person looks at the server, says which of them left, and each has left once.
  for (const { documentId, reference } of doubtful) {
    const sentOn = reached(reference) ? on : null
    await settleSending(house.sql, on, { documentId, sentOn, reason: 'lu au journal du serveur' }, 'admin')
  }
  house.office.post = mailPost(outTray(`${house.dir}/out`), url, env.MAIL_FROM)
  await comeRound()
  expect(received).toHaveLength(howMany)
  expect(new Set(received).size).toBe(howMany)
  expect(await findings()).toEqual([])
}, 360_000)
