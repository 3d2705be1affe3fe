import type { AddressInfo, Socket } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, expect, test } from 'vitest'
import { mailPost } from '../documents/send/mail.ts'
import { outTray } from '../documents/send/tray.ts'
import { recordCall } from '../procedures/cases/exchanges/calls.ts'
import { closeCase } from '../procedures/cases/cases.ts'
import { recordContactPreference } from '../procedures/cases/exchanges/contact-preferences.ts'
import { recordDispute } from '../procedures/cases/exchanges/disputes.ts'
import { firstLetter } from '../procedures/cases/file/file.ts'
import { placeHold, releaseHold } from '../procedures/cases/holds.ts'
import { recordInsolvency } from '../procedures/cases/insolvency/insolvencies.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { resendLetter } from '../procedures/mail/resend.ts'
import { recordPayment } from '../procedures/money/payments.ts'
import { drain } from '../procedures/jobs/work.ts'
import { workToday } from '../procedures/work-today.ts'
import {
  addInvoices,
  day,
  fileOf,
  invoice,
  liveHolds,
  liveOn,
  liveUntil,
  openCase,
  textOf,
  toDebtor,
  useHouse,
} from './house.ts'

// An e-mail that its server puts off is tried again for four days, and its case is looked at again each time.
const on = day('2026-06-12')
let caseId = ''
const house = useHouse(async (made) => {
  caseId = await openCase(made, {
    on: '2026-06-11',
    invoices: [invoice({ number: 'F-1', issued_on: '2026-05-21', due_on: '2026-06-20' })],
  })
  const wish = { caseId, channel: 'email', wish: 'prefere', reason: 'dit au téléphone' } as const
  await recordContactPreference(made.sql, made.office.random, day('2026-06-11'), wish, 'phone:Essai')
})

const sockets = new Set<Socket>()
let server: SMTPServer | undefined
async function stop(): Promise<void> {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await new Promise<void>((done) => (server ? server.close(done) : done()))
  server = undefined
}
afterEach(stop)

/** The office posts through a real server, which puts every message off (451) or takes it; answers what it took. */
async function postThrough(options: { takes: boolean }): Promise<string[]> {
  await stop()
  const received: string[] = []
  const answers: Partial<SMTPServerOptions> = options.takes
    ? { onData: (stream, _session, done) => void stream.resume().on('end', () => (received.push('message'), done())) }
    : { onRcptTo: (_to, _session, answer) => answer(Object.assign(new Error('plus tard'), { responseCode: 451 })) }
  server = new SMTPServer({ authOptional: true, disabledCommands: ['STARTTLS'], closeTimeout: 100, ...answers })
  server.on('error', () => {})
  server.server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((ready) => void server!.listen(0, '127.0.0.1', ready))
  const url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`
  house.office.post = mailPost(outTray(`${house.dir}/out`), url, 'Cabinet <contact@cabinet.example>')
  return received
}
/** The reminder before the due date is written, and put off. */
async function putOff(): Promise<void> {
  await postThrough({ takes: false })
  await liveOn(house, on)
  expect(await sending()).toMatchObject({ state: 'ready', sentOn: null })
}
async function comeRound(): Promise<void> {
  await house.sql`update graphile_worker._private_jobs set run_at = now() where locked_at is null`
  await drain(house.office, house.url)
}
const sending = async () => {
  const found = await house.sql<{ documentId: string; state: string; sentOn: unknown; motif: string | null }[]>`
    select document_id, state, sent_on, proof ->> 'motif' as motif from dispatches where channel = 'email' order by state desc`
  return found[0]!
}
const findings = async () => (await examine(house.office, on)).map(({ code }) => code)
const other = {
  name: 'Librairie Saint-Nizier',
  address: { lines: ['5 place Bellecour'], postal_code: '69002', city: 'Lyon', country: 'FR' },
}
const random = () => house.office.random
const held = { cause: 'decision', reason: 'Le créancier a prévenu\u00a0: à revoir.', reviewOn: on } as const

test.each<[string, () => Promise<unknown>, RegExp]>([
  [
    'all is paid',
    () => {
      const paid = { caseId, receivedOn: on, amount: 100_000n, means: 'virement', reference: null }
      return recordPayment(house.office, on, { ...paid, receivedBy: 'creditor' }, 'amicable:Essai')
    },
    /Tout est payé/,
  ],
  ['the case is closed', () => closeCase(house.sql, on, { caseId, reason: 'Accord' }, 'amicable:Essai'), /clos depuis/],
  ['a person suspends it', () => placeHold(house.sql, random(), on, { caseId, ...held }, 'amicable:Essai'), /à revoir/],
  [
    'the debtor disputes',
    () => {
      const dispute = { caseId, channel: 'tel', ground: 'Rien reçu.', contested: null, answerBy: on.add({ days: 9 }) }
      return recordDispute(house.sql, random(), on, dispute, 'phone:Essai')
    },
    /Rien reçu/,
  ],
  [
    'the debtor is insolvent',
    () => {
      const fact = { caseId, nature: 'Liquidation judiciaire', openedOn: on, publishedOn: on }
      return recordInsolvency(house.sql, random(), on, fact, 'legal:Essai')
    },
    /iquidation judiciaire/,
  ],
])('%s: a letter that waits for its server never leaves, and says why', async (_what, act, why) => {
  await putOff()
  await act()
  const received = await postThrough({ takes: true })
  await comeRound()
  await comeRound()
  const kept = { state: 'withdrawn', sentOn: null, motif: expect.stringMatching(why) }
  expect([received, await sending()]).toMatchObject([[], kept])
  const told = await house.sql`select detail ->> 'why' as why from events where kind = 'letter_withheld'`
  expect(told).toMatchObject([{ why: expect.stringMatching(why) }])
  expect((await fileOf(house, caseId)).documents.map(({ withdrawnWhy }) => withdrawnWhy).filter(Boolean)).toHaveLength(
    1,
  )
  // While the reason lasts nobody has anything to do about it.
  expect(await findings()).toEqual([])
})

test('once the case goes on, the work of the day and the doctor say so, and a person writes it again', async () => {
  await putOff()
  await placeHold(house.sql, random(), on, { caseId, ...held }, 'amicable:Essai')
  const received = await postThrough({ takes: true })
  await comeRound()
  await releaseHold(house.sql, on, { caseId, cause: 'decision', reason: 'Revu' }, 'amicable:Essai')
  const work = async () => (await workToday(house.sql, on, { kinds: ['resend'], seesDeadlines: false })).length
  expect([await work(), await findings()]).toEqual([1, ['letter_withdrawn']])
  const { documentId } = await sending()
  await resendLetter(house.office, on, { documentId, reason: 'Le dossier a repris.' }, 'amicable:Essai')
  await comeRound()
  expect(received).toHaveLength(1)
  expect([await work(), await findings()]).toEqual([0, []])
})

test('a suspension that was over before it was written keeps nothing back', async () => {
  const eve = day('2026-06-11')
  await placeHold(house.sql, random(), eve, { caseId, ...held }, 'amicable:Essai')
  await releaseHold(house.sql, eve, { caseId, cause: 'decision', reason: 'Revu' }, 'amicable:Essai')
  await putOff()
  const received = await postThrough({ takes: true })
  await comeRound()
  expect(received).toHaveLength(1)
})

test('nothing follows a first letter that never left, until it is written again', async () => {
  const invoices = [invoice({ number: 'F-2', issued_on: '2026-05-11', due_on: '2026-06-10', buyer: other })]
  const { creditor } = await fileOf(house, caseId)
  const late = await addInvoices(house, { creditorId: creditor.id, on: '2026-06-11', invoices })
  await liveOn(house, '2026-06-11')
  const first = (await fileOf(house, late)).documents.find((document) => document.firstLetter)!
  await house.sql`
    update dispatches set state = 'withdrawn', sent_on = null, proof = '{"motif":"suspendu"}' where document_id = ${first.id}`
  expect(firstLetter(await fileOf(house, late))).toBeNull()
  const call = {
    caseId: late,
    calledAt: '10:20',
    direction: 'outgoing',
    person: null,
    outcome: 'x',
    summary: 'x',
  } as const
  const calling = recordCall(house.sql, random(), day('2026-06-19'), call, 'phone:Essai')
  await expect(calling).rejects.toMatchObject({ code: 'call_before_first_letter' })
  await liveUntil(house, '2026-06-12', '2026-07-10')
  const file = await fileOf(house, late)
  expect(toDebtor(file).filter(({ attachedTo }) => attachedTo === null)).toMatchObject([{ id: first.id }])
  expect(liveHolds(file)).toMatchObject([{ reason: expect.stringContaining('n’est jamais partie') }])

  const reason = 'Dossier suspendu pendant son envoi.'
  await resendLetter(house.office, day('2026-07-13'), { documentId: first.id, reason }, 'amicable:Essai')
  const renewed = await fileOf(house, late)
  expect(firstLetter(renewed)).toMatchObject({ resendOf: first.id, withdrawnWhy: null })
  const text = await textOf(await house.office.archive.get(firstLetter(renewed)!.sha256))
  expect(text).toMatch(/R\. ?124-4/)

  // Nor does anything follow the second, where it never left either.
  await house.sql`
    update dispatches set state = 'withdrawn', sent_on = null, proof = '{"motif":"suspendu"}' where document_id = ${firstLetter(renewed)!.id}`
  const callingAgain = recordCall(house.sql, random(), day('2026-07-15'), call, 'phone:Essai')
  await expect(callingAgain).rejects.toMatchObject({ code: 'call_before_first_letter' })
})
