import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { afterEach, expect, test } from 'vitest'
import { mailPost } from '../documents/send/mail.ts'
import { NotSent, type Parcel, type Post } from '../documents/send/tray.ts'
import { parseDay } from '../schema/days.ts'

const tray: Post = { repeatable: ['lettre', 'email'], send: async () => ({ tray: 'plateau' }) }
const parcel: Parcel = {
  channel: 'email',
  address: { name: 'Société "Évé"\r\nBcc: autre@ailleurs.example', email: 'compta@client.example' },
  reference: '2026-0001/4',
  letter: 'relance-cordiale-pro',
  day: parseDay('2026-03-03'),
  pdf: new TextEncoder().encode('%PDF-1.7 lettre'),
  enclosures: [{ letter: 'rgpd-notice-information', pdf: new TextEncoder().encode('%PDF-1.7 notice') }],
  mail: { subject: 'Facture échue\r\nX-Piège: oui', html: '<p>Bonjour</p>', text: 'Bonjour' },
}

let server: SMTPServer | undefined
afterEach(() => new Promise<void>((done) => (server ? server.close(done) : done())))

function listen(
  options: { refuse?: number } = {},
): Promise<{ url: string; received: { to: string[]; source: string }[] }> {
  const received: { to: string[]; source: string }[] = []
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_address, _session, answer) =>
      answer(options.refuse ? Object.assign(new Error('non'), { responseCode: options.refuse }) : null),
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        received.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          source: Buffer.concat(parts).toString('utf8'),
        })
        done()
      })
    },
  })
  return new Promise((ready) => {
    server!.listen(0, '127.0.0.1', () =>
      ready({ url: `smtp://127.0.0.1:${(server!.server.address() as AddressInfo).port}`, received }),
    )
  })
}

test('an e-mail leaves with its letter, its enclosures and both bodies, to its one addressee', async () => {
  const { url, received } = await listen()
  const proof = await mailPost(tray, url, 'Cabinet <contact@cabinet.example>').send(parcel)
  expect(proof.messageId).toBe('<2026-0001-4@cabinet.example>')
  const [message] = received
  expect(message!.to).toEqual(['compta@client.example'])
  expect(message!.source).toMatch(/filename=relance-cordiale-pro\.pdf/)
  expect(message!.source).toMatch(/filename=rgpd-notice-information\.pdf/)
  expect(message!.source).toMatch(/text\/plain[\s\S]*Bonjour[\s\S]*text\/html[\s\S]*<p>Bonjour<\/p>/)
})

test('a name or a subject never becomes a header', async () => {
  const { url, received } = await listen()
  await mailPost(tray, url, 'contact@cabinet.example').send(parcel)
  const headers = received[0]!.source.split('\r\n\r\n')[0]!
  expect(headers).not.toMatch(/^Bcc:/im)
  expect(headers).not.toMatch(/^X-Pi/im)
})

test('a discreet letter waits where its very sender would say the trade', async () => {
  const { url, received } = await listen()
  const from = (address: string) => mailPost(tray, url, `Cabinet <${address}>`)
  const discreet = { ...parcel, letter: 'recherche-contact-neutre' }
  const refused = from('contact@alpes-recouvrement.example').send(discreet)
  await expect(refused).rejects.toMatchObject({ permanent: false, message: expect.stringContaining('MAIL_FROM') })
  expect(received).toEqual([])
  await from('contact@alpes-recouvrement.example').send(parcel)
  await from('bernadette@terreaux.example').send(discreet)
  expect(received).toHaveLength(2)
  expect(received[1]!.source).toContain('filename=courrier.pdf')
  expect(received[1]!.source).not.toMatch(/recherche-contact/)
})

test('what the server refuses is known not to have left: for good on a 5xx, to be tried again on a 4xx', async () => {
  const permanent = await mailPost(tray, (await listen({ refuse: 550 })).url, 'a@cabinet.example')
    .send(parcel)
    .catch((error: unknown) => error)
  expect(permanent).toBeInstanceOf(NotSent)
  expect(permanent).toMatchObject({ permanent: true })
  server!.close(() => {})
  const later = await mailPost(tray, (await listen({ refuse: 451 })).url, 'a@cabinet.example')
    .send(parcel)
    .catch((error: unknown) => error)
  expect(later).toMatchObject({ permanent: false })
})

test('a server that is not there leaves the message for the next try', async () => {
  const error = await mailPost(tray, 'smtp://127.0.0.1:1', 'a@cabinet.example')
    .send(parcel)
    .catch((refusal: unknown) => refusal)
  expect(error).toMatchObject({ permanent: false })
})

test('a letter on paper goes to the tray, and only the tray may be filled twice', async () => {
  const post = mailPost(tray, 'smtp://127.0.0.1:1', 'a@cabinet.example')
  expect(await post.send({ ...parcel, channel: 'lettre' })).toEqual({ tray: 'plateau' })
  expect(post.repeatable).toEqual(['lettre'])
})
