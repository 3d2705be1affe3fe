import { createHash } from 'node:crypto'
import { type Der, derChildren, readDer, writeDer } from './der.ts'

/** Object identifiers of a seal, as the bytes of their DER. */
export const oid = {
  data: '2a864886f70d010701',
  signedData: '2a864886f70d010702',
  sha256: '608648016503040201',
  rsaSha256: '2a864886f70d01010b',
  contentType: '2a864886f70d010903',
  messageDigest: '2a864886f70d010904',
  signingTime: '2a864886f70d010905',
  algorithmProtection: '2a864886f70d010934',
  signingCertificate: '2a864886f70d010910022f',
} as const

const one = writeDer(0x02, Buffer.of(1))
const type = (id: string): Buffer => writeDer(0x06, Buffer.from(id, 'hex'))
const algorithm = (id: string): Buffer => writeDer(0x30, type(id))
const attribute = (id: string, value: Buffer): Buffer => writeDer(0x30, type(id), writeDer(0x31, value))

/** What a seal says of its document (CAdES, RFC 5035 and 6211), in the order and the form that are signed and kept. */
export function sealAttributes(certificate: Buffer, digest: Buffer, at: Temporal.Instant): Buffer {
  const { issuer, serial } = namesOf(certificate)
  const hash = createHash('sha256').update(certificate).digest()
  const protection = writeDer(0x30, algorithm(oid.sha256), writeDer(0xa1, type(oid.rsaSha256), writeDer(0x05)))
  const issuerSerial = writeDer(0x30, writeDer(0x30, writeDer(0xa4, issuer.whole)), serial.whole)
  const bound = writeDer(0x30, writeDer(0x30, writeDer(0x30, writeDer(0x04, hash), issuerSerial)))
  return Buffer.concat([
    attribute(oid.contentType, type(oid.data)),
    attribute(oid.signingTime, timeDer(at)),
    attribute(oid.algorithmProtection, protection),
    attribute(oid.messageDigest, writeDer(0x04, digest)),
    attribute(oid.signingCertificate, bound),
  ])
}

/** The whole CMS of a seal. The one who checks builds it too, and compares: no byte of a seal is free. */
export function sealCms(certificate: Buffer, attributes: Buffer, signature: Buffer): Buffer {
  const { issuer, serial } = namesOf(certificate)
  const signer = writeDer(
    0x30,
    one,
    writeDer(0x30, issuer.whole, serial.whole),
    algorithm(oid.sha256),
    writeDer(0xa0, attributes),
    algorithm(oid.rsaSha256),
    writeDer(0x04, signature),
  )
  const signedData = writeDer(
    0x30,
    one,
    writeDer(0x31, algorithm(oid.sha256)),
    algorithm(oid.data),
    writeDer(0xa0, certificate),
    writeDer(0x31, signer),
  )
  return writeDer(0x30, type(oid.signedData), writeDer(0xa0, signedData))
}

function namesOf(certificate: Buffer): { issuer: Der; serial: Der } {
  const [, serial, , issuer] = derChildren(readDer(derChildren(readDer(certificate))[0]!.whole)) as [Der, Der, Der, Der]
  return { issuer, serial }
}

// UTCTime (two digits of year) until 2049, GeneralizedTime after: RFC 5652, 11.3.
function timeDer(at: Temporal.Instant): Buffer {
  const text = at.toString({ smallestUnit: 'second' }).replace(/[-:T]/g, '')
  const isShort = text < '2050'
  return writeDer(isShort ? 0x17 : 0x18, Buffer.from(isShort ? text.slice(2) : text, 'latin1'))
}
