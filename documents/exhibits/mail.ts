import MsgModule from '@kenjiuno/msgreader'
import { convert } from 'html-to-text'
import PostalMime, { type Address, type Email } from 'postal-mime'
import { dayFr } from '../../schema/days.ts'
import type { Doubt } from '../../schema/errors.ts'
import { plainFileName } from '../../schema/words.ts'
import { sha256 } from '../archive.ts'
import { refuse } from './refusal.ts'
import type { Attachment, Printed } from './process.ts'
import { isProgram } from './program.ts'
import { shownLines } from './text.ts'
import { printable } from '../typst/glyphs.ts'

interface Message {
  rows: [label: string, value: string | undefined][]
  text: string | undefined
  html: string | undefined
  attachments: Attachment[]
  /** Pictures of the signature and the like, shown in the message itself. */
  inline: Attachment[]
}
interface Read {
  printed: Printed
  attachments: Attachment[]
}

const maxAttachments = 99
// Below it, a picture shown within a message is a logo or a spacer.
const smallPicture = 10_000

/** A message as its file has it (RFC 5322 and MIME): headers, body, what is joined. Nothing is fetched, nothing runs. */
export async function mailFromEml(bytes: Uint8Array, name: string, seed: string, flags: Doubt[]): Promise<Read> {
  const email = await PostalMime.parse(bytes, { forceRfc822Attachments: true, maxNestingDepth: 50 }).catch(
    (cause: unknown) => {
      throw unreadable(name, cause)
    },
  )
  refuseSecret(email, name)
  const joined = email.attachments.map(({ filename, mimeType, content, related, disposition }, i) => ({
    name: fileName(filename, i, mimeType === 'message/rfc822' ? '.eml' : ''),
    bytes: typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content),
    isInline: (related === true || disposition === 'inline') && mimeType.startsWith('image/'),
  }))
  const small = (one: (typeof joined)[number]) => one.isInline && one.bytes.length < smallPicture
  return shown(
    {
      rows: [
        ['De', addresses([email.from])],
        ['Expéditeur', email.sender && addresses([email.sender])],
        ['À', addresses(email.to)],
        ['Copie à', addresses(email.cc)],
        ['Copie cachée à', addresses(email.bcc)],
        ['Date', dateFr(email.headers.find(({ key }) => key === 'date')?.value)],
        ['Objet', email.subject],
        ['Identifiant', email.messageId],
      ],
      text: email.text,
      html: email.html,
      attachments: joined.filter((one) => !small(one)),
      inline: joined.filter(small),
    },
    { name, seed, flags },
  )
}

/** A message as Outlook saves it (MS-OXMSG). */
export function mailFromMsg(bytes: Uint8Array, name: string, seed: string, flags: Doubt[]): Read {
  let message: Message
  try {
    const reader = new MsgModule.default(new DataView(new Uint8Array(bytes).buffer))
    const data = reader.getFileData()
    if (data.error) throw new Error(data.error)
    const mailbox = (label: string | undefined, address: string | undefined) =>
      [label, address && address !== label ? `<${address}>` : ''].filter(Boolean).join(' ')
    const to = (kind: string) =>
      data.recipients
        ?.filter(({ recipType }) => (recipType ?? 'to') === kind)
        .map((one) => mailbox(one.name, one.smtpAddress ?? one.email))
        .join(', ')
    const html = data.bodyHtml ?? (data.html && new TextDecoder().decode(data.html))
    message = {
      rows: [
        ['De', mailbox(data.senderName, data.senderSmtpAddress ?? data.senderEmail)],
        ['À', to('to')],
        ['Copie à', to('cc')],
        ['Copie cachée à', to('bcc')],
        ['Date', dateFr(data.clientSubmitTime ?? data.messageDeliveryTime)],
        ['Objet', data.subject],
        ['Identifiant', data.messageId],
      ],
      text: data.body,
      html,
      attachments: (data.attachments ?? []).map((one, i) => {
        const attachment = reader.getAttachment(one)
        return { name: fileName(attachment.fileName, i), bytes: new Uint8Array(attachment.content) }
      }),
      inline: [],
    }
  } catch (cause) {
    throw unreadable(name, cause)
  }
  if (message.rows.every(([, value]) => !value) && !message.text && !message.html) throw unreadable(name, undefined)
  return shown(message, { name, seed, flags })
}

function shown(message: Message, { name, seed, flags }: { name: string; seed: string; flags: Doubt[] }): Read {
  const { attachments, inline } = message
  if (attachments.length > maxAttachments) {
    throw refuse(
      'exhibit_too_big',
      name,
      `a plus de ${maxAttachments} pièces jointes`,
      'Joignez les pièces utiles une à une.',
    )
  }
  const programs = attachments.filter(isProgram)
  if (programs.length > 0) {
    const names = programs.map((one) => one.name).join(', ')
    const message = `«\u00a0${name}\u00a0»\u00a0: un programme y est joint (${names.slice(0, 200)})\u00a0; il n’est pas reproduit, et l’original reste aux archives.`
    flags.push({ code: 'exhibit_active', message })
  }
  let body = message.text ?? ''
  if (body.trim() === '' && message.html) {
    body = textOfHtml(message.html)
    flags.push({
      code: 'exhibit_html',
      message: `«\u00a0${name}\u00a0»\u00a0: courriel en HTML, reproduit en texte\u00a0; sa mise en page est dans l’original.`,
    })
  }
  const say = ({ name: file, bytes }: Attachment, more = '') => ({
    name: `${printable(file)}, ${size(bytes.length)}${more}`,
    detail: `SHA-256 ${sha256(bytes)}`,
  })
  return {
    printed: {
      title: 'Courriel',
      notice: `Représentation lisible d’un courriel conservé sous forme de fichier. Empreinte SHA-256 du fichier\u00a0:\n${seed}`,
      rows: message.rows.flatMap(([label, value]) =>
        value?.trim() ? [{ label, value: printable(value.trim()) }] : [],
      ),
      lines: shownLines(body, name, flags),
      joined: [
        ...attachments.map((one) => say(one, isProgram(one) ? ' (programme, non reproduit)' : '')),
        ...inline.map((one) => say(one, ' (image du message, non reproduite)')),
      ],
    },
    attachments,
  }
}

const fileName = (given: string | null | undefined, rank: number, extension = ''): string =>
  plainFileName(given, `piece-jointe-${rank + 1}${extension}`, 150)

const textOfHtml = (html: string): string =>
  convert(html, {
    wordwrap: false,
    limits: { maxInputLength: 4_000_000, maxDepth: 200, maxChildNodes: 20_000 },
    selectors: [
      { selector: 'img', format: 'skip' },
      { selector: 'a', options: { hideLinkHrefIfSameAsText: true, ignoreHref: false } },
    ],
  })

function addresses(list: (Address | undefined)[] | undefined): string {
  return (list ?? [])
    .flatMap((one): string[] => {
      if (!one) return []
      if (one.group) return [`${one.name}\u00a0: ${addresses(one.group)}`]
      return [one.name ? `${one.name} <${one.address}>` : one.address]
    })
    .join(', ')
}

/** « 12 janvier 2026 à 10:05 (UTC+01:00) », by the clock of the sender; as written when it is no date. */
function dateFr(written: string | undefined): string | undefined {
  const at = Date.parse(written ?? '')
  if (Number.isNaN(at)) return written
  const [, sign, hours, minutes] = /([+-])(\d\d)(\d\d)\b/.exec(written!) ?? [null, '+', '00', '00']
  const offset = `${sign}${hours}:${minutes}`
  const there = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(offset)
  const time = there.toPlainTime().toString({ smallestUnit: 'minute' })
  return `${dayFr(there.toPlainDate())} à ${time} (UTC${offset === '+00:00' ? '' : offset})`
}

function size(bytes: number): string {
  return bytes < 1000 ? `${bytes}\u00a0octets` : `${Math.ceil(bytes / 1000)}\u00a0ko`
}

function refuseSecret({ headers }: Email, name: string): void {
  const type = headers.find(({ key }) => key === 'content-type')?.value ?? ''
  const isSecret =
    /^multipart\/encrypted/i.test(type) || (/^application\/(x-)?pkcs7-mime/i.test(type) && !/signed-data/i.test(type))
  if (isSecret) {
    throw refuse(
      'exhibit_encrypted',
      name,
      'est un courriel chiffré',
      'Demandez à son destinataire de l’enregistrer déchiffré.',
    )
  }
}

function unreadable(name: string, cause: unknown): Error {
  return refuse(
    'bad_exhibit',
    name,
    'est un courriel illisible',
    'Enregistrez-le de nouveau, ou imprimez-le en PDF.',
    cause,
  )
}
