import { createVerify, X509Certificate } from 'node:crypto'
import { sha256 } from '../archive.ts'
import { oid, sealCms } from './cms.ts'
import { derChild as child, derChildren as children, readDer, writeDer, type Der } from './der.ts'
import { isDevelopmentCertificate } from './seal.ts'
import { Changed, lastPlaceOf, printable, type Source, sumsOf } from './verify-source.ts'

// Far more than any seal of ours takes.
const maxSeal = 1 << 20

/** The seal covers every byte, and is the only one that its key can give: see `readSeal`. */
export async function verifySealed(source: Source): Promise<string> {
  const at = await lastPlaceOf(source, '/ByteRange')
  const head = at < 0 ? '' : (await source.read(at, Math.min(source.length, at + 64))).toString('latin1')
  const range = /^\/ByteRange ?\[0 (\d{1,10}) +(\d{1,10}) +(\d{1,10}) *\]/.exec(head)
  if (!range) throw new Changed('Le sceau de ce PDF manque ou est altéré\u00a0: le fichier a été tronqué ou modifié.')
  const [, length, next, rest] = range.map(Number) as [number, number, number, number]
  if (!(at < length && length < next && next + rest === source.length)) {
    throw new Changed('Le sceau ne couvre pas tout le fichier\u00a0: des octets ont été ajoutés, retirés ou modifiés.')
  }
  const held = next - length > maxSeal ? '' : (await source.read(length, next)).toString('latin1')
  const hex = held.slice(1, -1)
  const cms = Buffer.from(hex, 'hex')
  // As `fillSeal` writes it: in lower case the same bytes would be another file.
  if (!/^<.*>$/s.test(held) || cms.toString('hex').toUpperCase() !== hex) {
    throw new Changed('L’emplacement du sceau a été modifié.')
  }
  const seal = readSeal(cms)
  const covered = await sumsOf(source, { from: 0, to: length }, { from: next, to: source.length })
  if (covered.sha256 !== seal.digest) {
    throw new Changed(
      'Le document a été modifié après avoir été scellé\u00a0: son empreinte n’est plus celle du sceau.',
    )
  }
  const name = /CN=([^\n]*)/.exec(seal.certificate.subject)?.[1] ?? seal.certificate.subject
  const whose = isDevelopmentCertificate(seal.certificate)
    ? 'certificat de développement, sans valeur de preuve'
    : `certificat «\u00a0${printable(name)}\u00a0», dont il reste à vérifier l’émetteur`
  return `Intact\u00a0: chaque octet est couvert par le sceau du ${seal.time} (${whose}).`
}

/**
 * Reads the CMS of `sealPdf` and checks all of it: the signature covers the signed attributes, which cover document and
 * certificate; the rest is rebuilt and must be equal, so that no byte is free. After it, only zeros.
 */
function readSeal(padded: Buffer): { digest: string; time: string; certificate: X509Certificate } {
  try {
    const root = readDer(padded)
    if (padded.subarray(root.end).some((byte) => byte !== 0))
      throw new Changed('Le remplissage du sceau a été modifié.')
    const signedData = child(child(root, 1), 0)
    const certificate = child(child(signedData, 3), 0)
    const signer = child(child(signedData, 4), 0)
    const attributes = child(signer, 3)
    const signature = child(signer, 5)
    const rebuilt = sealCms(certificate.whole, attributes.content, signature.content)
    if (!rebuilt.equals(root.whole)) throw new Changed('La structure du sceau a été modifiée.')

    const x509 = new X509Certificate(certificate.whole)
    const verifier = createVerify('sha256').update(writeDer(0x31, attributes.content))
    if (!verifier.verify(x509.publicKey, signature.content))
      throw new Changed('La signature du sceau n’est pas valable.')
    // ESS signing-certificate-v2 (RFC 5035): the signed attributes hold the hash of the certificate.
    const bound = child(child(child(attribute(attributes, oid.signingCertificate), 0), 0), 0)
    if (bound.content.toString('hex') !== sha256(certificate.whole))
      throw new Changed('Le certificat du sceau a été modifié.')
    return {
      digest: attribute(attributes, oid.messageDigest).content.toString('hex'),
      time: utcTime(attribute(attributes, oid.signingTime)),
      certificate: x509,
    }
  } catch (error) {
    if (error instanceof Changed) throw error
    throw new Changed('Le sceau a été modifié\u00a0: il n’est plus lisible.')
  }
}

function attribute(attributes: Der, id: string): Der {
  const found = children(attributes).find((node) => child(node, 0).content.toString('hex') === id)
  if (!found) throw new RangeError('no such attribute')
  return child(child(found, 1), 0)
}

// UTCTime (two digits of year) until 2049, GeneralizedTime after: RFC 5652, 11.3.
function utcTime(node: Der): string {
  const text = node.content.toString('latin1')
  const [, year, month, day, hour, minute] = /^(\d{2}|\d{4})(\d\d)(\d\d)(\d\d)(\d\d)\d\dZ$/.exec(text)!
  const full = year!.length === 4 ? year : `${Number(year) < 50 ? 20 : 19}${year}`
  return `${day}/${month}/${full} à ${hour}:${minute} UTC`
}
