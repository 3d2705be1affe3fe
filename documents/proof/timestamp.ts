import { createHash, createVerify, X509Certificate } from 'node:crypto'
import { DomainError } from '../../schema/errors.ts'
import { derChild, derChildren, readDer, writeDer, type Der } from './der.ts'

/** A service that dates what it is shown (RFC 3161), and the certificate that its own must lead to, where it is known. */
export interface TimestampAuthority {
  url: string
  certificate?: X509Certificate
}

export interface Timestamp {
  /** The authority's clock, never ours. */
  at: Temporal.Instant
  serial: string
  /** Who signed: the subject's common name. */
  authority: string
  /** The signing certificate leads to the one that the house was given. */
  trusted: boolean
  /** The whole response, as `openssl ts -verify` reads it. */
  response: Uint8Array
}

const oid = {
  sha256: '608648016503040201',
  sha384: '608648016503040202',
  sha512: '608648016503040203',
  tstInfo: '2a864886f70d0109100104',
  messageDigest: '2a864886f70d010904',
}
const hashes: Record<string, string> = { [oid.sha256]: 'sha256', [oid.sha384]: 'sha384', [oid.sha512]: 'sha512' }

/** TimeStampReq for a SHA-256, with a nonce that the answer must give back, and the authority's certificate asked for. */
export function timestampRequest(sha256: string, nonce: Uint8Array): Buffer {
  const algorithm = writeDer(0x30, writeDer(0x06, Buffer.from(oid.sha256, 'hex')), writeDer(0x05))
  const imprint = writeDer(0x30, algorithm, writeDer(0x04, Buffer.from(sha256, 'hex')))
  return writeDer(0x30, writeDer(0x02, Buffer.of(1)), imprint, integer(nonce), writeDer(0x01, Buffer.of(0xff)))
}

// DER integers are signed and as short as can be.
function integer(bytes: Uint8Array): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0)
  const short = first < 0 ? Buffer.of(0) : Buffer.from(bytes.subarray(first))
  return writeDer(0x02, short[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), short]) : short)
}

/** Asks the authority for the date of a hash. DomainError `no_timestamp` when it does not answer, or answers something else. */
export async function requestTimestamp(
  authority: TimestampAuthority,
  sha256: string,
  nonce: Uint8Array,
): Promise<Timestamp> {
  let bytes: Uint8Array
  try {
    const response = await fetch(authority.url, {
      method: 'POST',
      headers: { 'content-type': 'application/timestamp-query', accept: 'application/timestamp-reply' },
      body: new Uint8Array(timestampRequest(sha256, nonce)),
      signal: AbortSignal.timeout(20_000),
      redirect: 'error',
    })
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    bytes = new Uint8Array(await response.arrayBuffer())
  } catch (cause) {
    throw noTimestamp("l'autorité d'horodatage n'a pas répondu", cause)
  }
  return readTimestamp(bytes, {
    sha256,
    nonce,
    ...(authority.certificate ? { certificate: authority.certificate } : {}),
  })
}

/**
 * Reads a response and checks that it is granted, dates this very hash, answers this nonce, and is signed by a certificate
 * made for timestamps. DomainError `no_timestamp` otherwise.
 */
export function readTimestamp(
  response: Uint8Array,
  expected: { sha256: string; nonce?: Uint8Array; certificate?: X509Certificate },
): Timestamp {
  try {
    const root = readDer(Buffer.from(response))
    const [status, token] = derChildren(root)
    const code = derChild(status!, 0).content
    // 0: granted; 1: granted with changes (RFC 3161, 2.4.2).
    if (code.length !== 1 || code[0]! > 1 || !token) throw new RangeError('refused')
    const signedData = derChild(derChild(token, 1), 0)
    const content = derChildren(signedData).find((node) => node.tag === 0x30)!
    if (hex(derChild(content, 0)) !== oid.tstInfo) throw new RangeError('not a timestamp')
    const info = derChild(derChild(content, 1), 0).content
    const { at, serial } = readInfo(info, expected)
    const signer = checkSignature(signedData, info)
    return {
      at,
      serial,
      authority: /CN=([^\n]*)/.exec(signer.subject)?.[1] ?? signer.subject,
      trusted: expected.certificate !== undefined && leadsTo(signer, signedData, expected.certificate),
      response,
    }
  } catch (cause) {
    throw noTimestamp("la réponse de l'autorité d'horodatage ne convient pas", cause)
  }
}

const hex = (node: Der): string => node.content.toString('hex')

function readInfo(
  info: Buffer,
  expected: { sha256: string; nonce?: Uint8Array },
): { at: Temporal.Instant; serial: string } {
  const fields = derChildren(readDer(info))
  const [, , imprint, serial, time] = fields as [Der, Der, Der, Der, Der]
  if (hex(derChild(derChild(imprint, 0), 0)) !== oid.sha256 || hex(derChild(imprint, 1)) !== expected.sha256) {
    throw new RangeError('another hash')
  }
  const nonce = fields.slice(5).find((node) => node.tag === 0x02)
  if (expected.nonce && (!nonce || !nonce.whole.equals(integer(expected.nonce)))) throw new RangeError('another nonce')
  const text = time.content.toString('latin1')
  const [, year, month, day, hour, minute, second, fraction = ''] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,9})?Z$/.exec(text) ?? []
  if (year === undefined) throw new RangeError('no time')
  return {
    at: Temporal.Instant.from(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}Z`),
    serial: hex(serial),
  }
}

const certificatesOf = (signedData: Der): X509Certificate[] =>
  derChildren(signedData)
    .filter((node) => node.tag === 0xa0)
    .flatMap((set) => derChildren(set).map((node) => new X509Certificate(node.whole)))

function checkSignature(signedData: Der, info: Buffer): X509Certificate {
  const signer = derChild(derChildren(signedData).at(-1)!, 0)
  const [, , digest, attributes, , signature] = derChildren(signer) as [Der, Der, Der, Der, Der, Der]
  const hash = hashes[hex(derChild(digest, 0))]
  if (!hash || attributes.tag !== 0xa0) throw new RangeError('unknown digest')
  const attribute = derChildren(attributes).find((node) => hex(derChild(node, 0)) === oid.messageDigest)
  if (!attribute || hex(derChild(derChild(attribute, 1), 0)) !== createHash(hash).update(info).digest('hex')) {
    throw new RangeError('content changed')
  }
  const signed = writeDer(0x31, attributes.content)
  const found = certificatesOf(signedData).find((certificate) =>
    createVerify(hash).update(signed).verify(certificate.publicKey, signature.content),
  )
  // id-kp-timeStamping: a certificate made for anything else dates nothing.
  if (!found?.keyUsage?.includes('1.3.6.1.5.5.7.3.8')) throw new RangeError('bad signature')
  return found
}

function leadsTo(signer: X509Certificate, signedData: Der, root: X509Certificate): boolean {
  const others = certificatesOf(signedData)
  let at = signer
  for (let depth = 0; depth < 5; depth++) {
    if (at.raw.equals(root.raw) || (at.checkIssued(root) && at.verify(root.publicKey))) return true
    const next = others.find(
      (other) => !other.raw.equals(at.raw) && at.checkIssued(other) && at.verify(other.publicKey),
    )
    if (!next) return false
    at = next
  }
  return false
}

const noTimestamp = (fault: string, cause: unknown): DomainError =>
  new DomainError('no_timestamp', `Horodatage en attente : ${fault}.`, {
    remedy: "Vérifiez l'adresse de l'autorité (TSA_URL) ; la demande sera refaite d'elle-même.",
    cause,
  })
