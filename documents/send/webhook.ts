import { lookup as resolveName } from 'node:dns'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { DomainError } from '../../schema/errors.ts'

export interface Message {
  /** The same at each attempt: whoever receives it twice does it once. */
  id: string
  url: string
  secret: string
  body: string
}
export interface Answer {
  at: Temporal.Instant
  /** The HTTP status; null when nobody answered. */
  status: number | null
  error: string | null
}
/** Tells a creditor's own system. Never throws: what went wrong is its answer. */
export interface Hooks {
  /** DomainError `webhook_url` for an address that no message will ever go to. */
  check(url: string): void
  send(message: Message): Promise<Answer>
}

const timeLimit = 15_000
const answerBytes = 16_384

// Everything that is not the public internet (RFC 6890 and its registries): the house's own machines are among them.
const inside = new BlockList()
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  inside.addSubnet(address, prefix, 'ipv4')
// Of IPv6 only 2000::/3 is given out; within it, what leads back to IPv4 or is for examples is refused as well.
for (const [address, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const)
  inside.addSubnet(address, prefix, 'ipv6')
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')

/** True for an address of the public internet. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !inside.check(address, 'ipv4')
  return family === 6 && global6.check(address, 'ipv6') && !inside.check(address, 'ipv6')
}

/**
 * Sends over HTTPS to public addresses alone, as the name resolves at the moment of connecting; follows no redirection. The
 * hosts of `allow` (« localhost:8080 ») are for development and tests: any address, plain HTTP as well.
 */
export function webhooks({ clock, allow = [] }: { clock: () => Temporal.Instant; allow?: readonly string[] }): Hooks {
  const isAllowed = (url: URL): boolean => allow.includes(url.host)
  return {
    check: (text) => void usable(text, isAllowed),
    async send({ id, url: text, secret, body }) {
      const at = clock()
      try {
        const url = usable(text, isAllowed)
        const signature = new Webhook(secret).sign(id, new Date(at.epochMilliseconds), body)
        const headers = {
          'content-type': 'application/json',
          'user-agent': 'Courtois',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(at.epochMilliseconds / 1000)),
          'webhook-signature': signature,
        }
        const status = await post(url, headers, body, isAllowed(url))
        return { at, status, error: status >= 200 && status < 300 ? null : `HTTP ${status}` }
      } catch (error) {
        return { at, status: null, error: reasonOf(error) }
      }
    },
  }
}

function usable(text: string, isAllowed: (url: URL) => boolean): URL {
  const url = URL.parse(text)
  if (url && isAllowed(url) && /^https?:$/.test(url.protocol)) return url
  // « localhost. » is localhost, whole.
  const host = url?.hostname.replace(/^\[|\]$|\.$/g, '') ?? ''
  const isLiteral = isIP(host) !== 0
  if (
    url?.protocol === 'https:' &&
    !url.username &&
    !url.password &&
    (isLiteral ? isPublicAddress(host) : host.includes('.'))
  )
    return url
  throw new DomainError('webhook_url', 'Cette adresse ne peut pas recevoir de messages.', {
    remedy: 'Donnez une adresse https:// de l’internet public, sans mot de passe.',
  })
}

function post(url: URL, headers: Record<string, string>, body: string, isAllowed: boolean): Promise<number> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeLimit)
    const options = { method: 'POST', headers, signal, agent: false, ...(isAllowed ? {} : { lookup: publicOnly }) }
    const sent = request(url, options, (answer) => {
      // What it says is not needed; a few bytes are read so that it may end well.
      let read = 0
      answer.on('data', (part: Buffer) => {
        read += part.length
        if (read > answerBytes) answer.destroy()
      })
      answer.on('error', () => {})
      answer.on('close', () => resolve(answer.statusCode!))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** The name is resolved once, for the connection itself: no second answer can lead elsewhere than the one looked at. */
const publicOnly: LookupFunction = (host, options, done) =>
  resolveName(host, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error, '')
    if (!addresses.every(({ address }) => isPublicAddress(address)))
      return done(Object.assign(new Error('private address'), { code: 'EPRIVATE' }), '')
    if (options.all) return done(null, addresses)
    const [first] = addresses
    done(null, first!.address, first!.family)
  })

const reasons: Record<string, string> = {
  EPRIVATE: 'ce nom mène à une adresse privée',
  ENOTFOUND: 'ce nom n’existe pas',
  ECONNREFUSED: 'la connexion est refusée',
  ECONNRESET: 'la connexion a été coupée',
  ABORT_ERR: 'pas de réponse à temps',
  CERT_HAS_EXPIRED: 'son certificat a expiré',
}
/** Never the system's own words: they may hold an address. */
function reasonOf(error: unknown): string {
  const { code, name, message } = error as Error & { code?: string }
  if (error instanceof DomainError) return message
  return (
    reasons[code ?? ''] ?? (name === 'TimeoutError' ? reasons['ABORT_ERR']! : `échec de la connexion (${code ?? name})`)
  )
}
