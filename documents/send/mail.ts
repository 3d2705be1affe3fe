import { Readable } from 'node:stream'
import { createTransport } from 'nodemailer'
import { loadLibrary } from '../../letters/catalogue.ts'
import { saysTrade } from '../rendering/discreet.ts'
import { NotSent, type Post } from './tray.ts'

export interface MailBody {
  subject: string
  html: string
  text: string
}

/** E-mail through an SMTP server; everything else goes to the tray. A message is never sent twice by itself. */
export function mailPost(tray: Post, smtpUrl: string, from: string): Post {
  const transport = createTransport(withTimeLimits(smtpUrl), { from })
  // The server has begun to take the message: from here on, silence proves nothing.
  const begun = new Set<unknown>()
  transport.use('stream', ({ message, data }, done) => {
    message.build((error, bytes) => {
      if (error || !bytes) return done(error ?? new Error('nothing was built'))
      message.createReadStream = () =>
        new Readable({
          // Asked for only once the server has answered that it waits for the message (354).
          read() {
            begun.add(data.messageId)
            this.push(bytes)
            this.push(null)
          },
        })
      done()
    })
  })
  const domain = from.split('@').at(-1)!.replace('>', '')
  return {
    repeatable: tray.repeatable.filter((channel) => channel !== 'email'),
    ...(tray.forget ? { forget: tray.forget } : {}),
    async send(parcel) {
      if (parcel.channel !== 'email' || parcel.mail === null) return tray.send(parcel)
      const discreet = loadLibrary().letters.get(parcel.letter)?.discret === 'oui'
      if (discreet && saysTrade(from)) throw tellingSender(from)
      const file = (name: string, pdf: Uint8Array) => ({
        filename: `${name}.pdf`,
        content: Buffer.from(pdf),
        contentType: 'application/pdf',
      })
      const message = {
        // Names and subjects are given as values, never as header text.
        to: { name: String(parcel.address.name), address: String(parcel.address.email) },
        subject: parcel.mail.subject,
        text: parcel.mail.text,
        html: parcel.mail.html,
        messageId: `<${parcel.reference.replaceAll('/', '-')}@${domain}>`,
        attachments: [
          // « contestation-… » would say what the letter itself keeps from who opens the message.
          file(discreet ? 'courrier' : parcel.letter, parcel.pdf),
          ...parcel.enclosures.map(({ letter, pdf }, i) => file(discreet ? `piece-${i + 1}` : letter, pdf)),
        ],
      }
      try {
        const sent = await transport.sendMail({ ...message, signal: AbortSignal.timeout(limits.whole) })
        return { messageId: sent.messageId, response: String(sent.response) }
      } catch (error) {
        throw sayWhetherItLeft(error, begun.has(message.messageId))
      } finally {
        begun.delete(message.messageId)
      }
    },
  }
}

/** Like a refused password, the house's own trouble: the letter waits for another sender. */
const tellingSender = (from: string): NotSent =>
  new NotSent(`Ce courrier doit taire l’activité du cabinet, que son expéditeur (MAIL_FROM) dit\u00a0: ${from}`, {
    permanent: false,
    cause: undefined,
  })

/** In milliseconds. A server that hangs takes a worker's hand no longer than this; `whole` stops one that answers drop by drop. */
const limits = { connectionTimeout: 30_000, greetingTimeout: 15_000, socketTimeout: 60_000, whole: 300_000 }

/** The address may set its own: `smtp://…?socketTimeout=5000`. */
function withTimeLimits(smtpUrl: string): string {
  const url = new URL(smtpUrl)
  for (const name of ['connectionTimeout', 'greetingTimeout', 'socketTimeout'] as const)
    if (!url.searchParams.has(name)) url.searchParams.set(name, String(limits[name]))
  return url.href
}

function sayWhetherItLeft(thrown: unknown, begun: boolean): Error {
  const error = thrown as Error & { code?: string; command?: string; responseCode?: number }
  const answered = error.responseCode !== undefined && error.responseCode >= 400
  if (begun && !answered) return error
  // A refused password or sender is the house's own trouble: every letter waits for it to be mended.
  const isOfThisLetter = error.code === 'EMESSAGE' || error.command === 'RCPT TO'
  return new NotSent(error.message, { permanent: isOfThisLetter && error.responseCode! >= 500, cause: error })
}
