import { createTransport } from 'nodemailer'
import { NotSent, type Post } from './tray.ts'

export interface MailBody {
  subject: string
  html: string
  text: string
}

/** E-mail through an SMTP server; everything else goes to the tray. A message is never sent twice by itself. */
export function mailPost(tray: Post, smtpUrl: string, from: string): Post {
  const transport = createTransport(smtpUrl, { from })
  const domain = from.split('@').at(-1)!.replace('>', '')
  return {
    repeatable: tray.repeatable.filter((channel) => channel !== 'email'),
    async send(parcel) {
      if (parcel.channel !== 'email' || parcel.mail === null) return tray.send(parcel)
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
          file(parcel.letter, parcel.pdf),
          ...parcel.enclosures.map(({ letter, pdf }) => file(letter, pdf)),
        ],
      }
      const sent = await transport.sendMail(message).catch(sayWhetherItLeft)
      return { messageId: sent.messageId, response: String(sent.response) }
    },
  }
}

// Before the message itself was handed over nothing can have left; afterwards, silence proves nothing.
const nothingLeft = new Set(['ECONNECTION', 'EDNS', 'EAUTH', 'EENVELOPE', 'ETLS'])

function sayWhetherItLeft(error: Error & { code?: string; responseCode?: number; syscall?: string }): never {
  const answered = error.responseCode !== undefined && error.responseCode >= 400
  const unreached = error.syscall === 'connect' || nothingLeft.has(error.code ?? '')
  if (!answered && !unreached) throw error
  throw new NotSent(error.message, { permanent: (error.responseCode ?? 0) >= 500, cause: error })
}
