import PostalMime, { type Email } from 'postal-mime'

/**
 * What a notice of non-delivery says: the address does not exist, the message was refused for another reason or given up, it
 * is late, or nothing that a program can be sure of.
 */
export type BounceKind = 'address' | 'refused' | 'delayed' | 'unknown'

export interface Bounce {
  kind: BounceKind
  /** Message-ID of the message that came back, « <2026-0001-4@cabinet.example> »; null where the notice does not say. */
  messageId: string | null
  /** Whom it was for: as sent, and as the server that refused it knew the addressee. */
  recipients: string[]
  /** RFC 3463: « 5.1.1 ». */
  status: string | null
  diagnostic: string | null
}

/**
 * Reads a notice of non-delivery (RFC 3464, a multipart/report of type delivery-status). Null for any other message: an answer,
 * an out-of-office note, a notice that all went well. Refuses nothing, throws nothing on what a stranger may have written.
 */
export async function readBounce(bytes: Uint8Array): Promise<Bounce | null> {
  const email = await PostalMime.parse(bytes, { forceRfc822Attachments: true, maxNestingDepth: 20 }).catch(() => null)
  if (!email) return null
  const type = email.headers.find(({ key }) => key === 'content-type')?.value ?? ''
  const report = partOf(email, /^message\/(global-)?delivery-status$/)
  if (!/^multipart\/report\b/i.test(type) || report === null) return null
  // One block for the message, then one for each addressee; ours have a single one.
  const [message, ...recipients] = blocks(report)
  const told = recipients.filter((one) => /^(failed|delayed)/i.test(one.get('action') ?? ''))
  const worst = told.find((one) => /^failed/i.test(one.get('action')!)) ?? told[0]
  if (!message || !worst) return null
  const diagnostic = worst.get('diagnostic-code')?.replace(/^[\w-]+\s*;\s*/, '') ?? null
  const status = precise(worst.get('status') ?? '', diagnostic ?? '')
  return {
    kind: kindOf(worst.get('action')!, status),
    messageId: messageIdOf(email, message),
    recipients: ['original-recipient', 'final-recipient'].flatMap((name) => addressOf(worst.get(name)) ?? []),
    status,
    diagnostic: diagnostic?.slice(0, 500) ?? null,
  }
}

function partOf(email: Email, type: RegExp): string | null {
  const part = email.attachments.find(({ mimeType }) => type.test(mimeType.toLowerCase()))
  if (!part) return null
  return typeof part.content === 'string' ? part.content : new TextDecoder().decode(part.content)
}

/** Blocks of « Name: value » lines, folded lines joined, names in lower case. */
function blocks(text: string): Map<string, string>[] {
  return text
    .replaceAll('\r\n', '\n')
    .trim()
    .split(/\n(?:[ \t]*\n)+/)
    .map((block) => fields(block))
}
function fields(block: string): Map<string, string> {
  const lines = block.replaceAll(/\n[ \t]+/g, ' ').split('\n')
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const [, name, value] = /^([!-9;-~]+)\s*:\s*(.*)$/.exec(line) ?? []
      return name === undefined ? [] : [[name.toLowerCase(), value!.trim()]]
    }),
  )
}

/** The returned message, whole or its headers alone, bears the identifier that we gave. */
function messageIdOf(email: Email, message: Map<string, string>): string | null {
  const returned = partOf(email, /^(message\/(rfc822|global)|text\/rfc822-headers|message\/(global-)?headers)$/)
  const [head] = returned === null ? [] : blocks(returned)
  const found = head?.get('message-id') ?? message.get('original-message-id')
  return /<[^<>\s]+>/.exec(found ?? '')?.[0] ?? null
}

const addressOf = (field: string | undefined): string | null =>
  field
    ?.replace(/^[\w-]+\s*;\s*/, '')
    .replaceAll(/[<>\s]/g, '')
    .toLowerCase() || null

/** « 5.0.0 » says nothing: what the other server answered may say more. */
function precise(status: string, diagnostic: string): string | null {
  const given = /\b[245]\.\d{1,3}\.\d{1,3}\b/
  const own = given.exec(status)?.[0]
  if (own !== undefined && !own.endsWith('.0.0')) return own
  return given.exec(diagnostic)?.[0] ?? own ?? null
}

// RFC 3463: no such mailbox or domain, a bad address, a mailbox moved or closed; 5.4.4 is what servers say of a domain that is not there.
const dead = /^5\.(1\.([0-3]|6|10)|2\.1|4\.4)$/

function kindOf(action: string, status: string | null): BounceKind {
  if (/^delayed/i.test(action)) return 'delayed'
  if (status === null) return 'unknown'
  return dead.test(status) ? 'address' : 'refused'
}
