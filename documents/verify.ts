import { createVerify, X509Certificate } from 'node:crypto'
import { DomainError } from '../schema/errors.ts'
import { validate } from '../schema/validate.ts'
import { canonicalJson, sha256 } from './archive.ts'
import { oid, sealCms } from './cms.ts'
import { derChild as child, derChildren as children, readDer, writeDer, type Der } from './der.ts'
import { readInvoice } from './einvoice.ts'
import { contentHash, manifestText, type Manifest } from './manifest.ts'
import { byName, manifestName, packZip, walkZip, zipOrder, type ZipSpan } from './pack-zip.ts'
import { isCaseExport, isExportZip, verifyCase, verifyExportZip } from './verify-case.ts'
import { isDevelopmentCertificate, sealedHeader, sealMarks } from './seal.ts'

export interface Verification {
  ok: boolean
  kind: 'zip' | 'pdf' | 'case'
  sentence: string
}

/**
 * Tells whether a pack (ZIP), a sealed PDF or the journal of an exported case is as it was made, with the first difference in a French sentence. Needs
 * the bytes alone. DomainError `not_verifiable` when they are neither. A changed byte anywhere is a difference.
 */
export async function verifyFile(bytes: Uint8Array): Promise<Verification> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isCaseExport(text)) return { kind: 'case', ...verifyCase(text) }
  // Several marks, far apart: damage to one of them must not turn « changed » into « not one of ours ». The name of the
  // format alone is not enough: any text may hold it.
  const isZip = zipMarks.some((mark) => text.includes(mark))
  if (isExportZip(text)) return { kind: 'case', ...verifyExportZip(bytes) }
  const isPack = text.subarray(0, zipStart.length).equals(zipStart) || (isZip && text.includes('"courtois-pack/1"'))
  if (isPack) return { kind: 'zip', ...verdict(() => verifyZip(bytes)) }
  const isSealed =
    text.subarray(10, 14).equals(sealedHeader) ||
    text.includes(`(${sealMarks.reason})`) ||
    text.includes(`(${sealMarks.field})`)
  if (isSealed) return { kind: 'pdf', ...verdict(() => verifySealed(text)) }
  throw new DomainError('not_verifiable', await whatItIs(bytes, text), {
    remedy: 'Donnez le fichier pack.zip, le fichier pack.pdf ou la lettre, tels que reçus.',
  })
}

/** An electronic invoice is the creditor's own document: nobody here sealed it, and it says so better than « a PDF ». */
async function whatItIs(bytes: Uint8Array, text: Buffer): Promise<string> {
  if (!text.subarray(0, 1024).includes('%PDF-')) {
    return 'Ce fichier n’est ni un dossier (ZIP) ni un PDF scellé\u00a0: il ne peut pas être vérifié.'
  }
  const unsealed = 'rien ne permet de dire s’il a été modifié.'
  const invoice = await readInvoice(bytes).catch((error: unknown) => {
    if (!(error instanceof DomainError)) throw error
    return null
  })
  if (!invoice) return `Ce PDF ne porte pas de sceau\u00a0: ${unsealed}`
  const kind = invoice.kind === 'invoice' ? 'la facture' : 'l’avoir'
  return `Ce PDF est ${kind} ${invoice.number} de «\u00a0${invoice.seller.name}\u00a0», document du créancier et non document scellé\u00a0: ${unsealed}`
}

/** The first difference found; caught just above, never seen outside. */
class Changed extends Error {}

function verdict(check: () => string): { ok: boolean; sentence: string } {
  try {
    return { ok: true, sentence: check() }
  } catch (error) {
    if (error instanceof Changed) return { ok: false, sentence: error.message }
    throw error
  }
}

// The first bytes of any ZIP of packZip: signature, version 2.0, no flag, stored, 1 January 2026 at midnight.
const zipStart = Buffer.from('504b03041400000000000000215c', 'hex')
// Local header, central directory, end of directory.
const zipMarks = ['PK\x03\x04', 'PK\x01\x02', 'PK\x05\x06'].map((mark) => Buffer.from(mark, 'latin1'))

function verifyZip(bytes: Uint8Array): string {
  const { entries, directory, stopped } = walkZip(bytes)
  const file = entries.find((entry) => entry.name === 'manifest.json')
  if (file) {
    checkManifest(file, entries)
  }
  if (stopped !== null) throw new Changed(`La structure du ZIP est altérée ou incomplète à l’octet ${stopped}.`)
  if (!file) throw new Changed('Le ZIP ne contient plus manifest.json, ou son nom a été altéré.')
  const again = repack(entries)
  const at = firstDifference(bytes, again)
  if (at !== null) {
    const span = entries.find((entry) => at >= entry.start && at < entry.end)
    const where = span
      ? `dans l’en-tête de «\u00a0${span.name}\u00a0»`
      : at >= again.length
        ? 'après la fin du ZIP'
        : at >= directory
          ? 'dans le répertoire du ZIP'
          : 'entre deux fichiers'
    throw new Changed(`Le ZIP a été modifié ${where} (octet ${at}).`)
  }
  const manifest = JSON.parse(Buffer.from(file.bytes).toString('utf8')) as Manifest
  return `Intact\u00a0: ${manifest.files.length} fichiers du dossier ${manifest.reference}, contenu ${manifest.content.sha256}.`
}

function repack(entries: ZipSpan[]): Uint8Array {
  try {
    // Packs of before had their manifest among the other names.
    return packZip(entries, entries.at(-1)?.name === manifestName ? zipOrder : byName)
  } catch (error) {
    if (error instanceof DomainError) throw new Changed(`Le ZIP a été modifié\u00a0: ${error.message}`)
    throw error
  }
}

function checkManifest(file: ZipSpan, entries: ZipSpan[]): void {
  const manifest = readManifest(file.bytes)
  const listed = new Map(manifest.files.map((entry) => [entry.name, entry]))
  for (const entry of entries) {
    const expected = listed.get(entry.name)
    if (entry === file) continue
    if (!expected)
      throw new Changed(`Le fichier «\u00a0${printable(entry.name)}\u00a0» n’est pas dans la liste du manifeste.`)
    if (entry.bytes.length !== expected.bytes || sha256(entry.bytes) !== expected.sha256) {
      throw new Changed(
        `Le fichier «\u00a0${entry.name}\u00a0» a été modifié\u00a0: son empreinte n’est plus celle du manifeste.`,
      )
    }
  }
  const present = new Set(entries.map((entry) => entry.name))
  const absent = manifest.files.find((entry) => !present.has(entry.name))
  if (absent) throw new Changed(`Le fichier «\u00a0${absent.name}\u00a0» manque, ou son en-tête a été altéré.`)
  const content = contentHash(manifest.files.filter((entry) => entry.part === 'content'))
  if (content !== manifest.content.sha256) {
    throw new Changed('L’empreinte du contenu n’est plus celle des fichiers listés par le manifeste.')
  }
}

function readManifest(bytes: Uint8Array): Manifest {
  let manifest: Manifest
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    manifest = validate<Manifest>('manifest', JSON.parse(text), 'manifest.json')
    if (manifestText(manifest) !== text)
      throw new Changed('manifest.json a été modifié\u00a0: sa mise en forme a changé.')
  } catch (error) {
    if (error instanceof Changed) throw error
    throw new Changed('manifest.json a été modifié\u00a0: il n’est plus lisible ou plus conforme à son schéma.')
  }
  const { manifest: self, ...rest } = manifest
  if (sha256(canonicalJson(rest)) !== self.sha256) {
    throw new Changed('manifest.json a été modifié\u00a0: sa propre empreinte ne correspond plus.')
  }
  return manifest
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | null {
  const length = Math.min(a.length, b.length)
  if (a.length === b.length && Buffer.compare(a, b) === 0) return null
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return at
  return a.length === b.length ? null : length
}

const printable = (name: string): string => name.slice(0, 120).replaceAll(/[^ -~]/g, '?')

// ---- The seal of a PDF

function verifySealed(file: Buffer): string {
  const at = file.lastIndexOf('/ByteRange')
  const range =
    at < 0
      ? null
      : /^\/ByteRange ?\[0 (\d{1,10}) +(\d{1,10}) +(\d{1,10}) *\]/.exec(file.toString('latin1', at, at + 64))
  if (!range) throw new Changed('Le sceau de ce PDF manque ou est altéré\u00a0: le fichier a été tronqué ou modifié.')
  const [, length, next, rest] = range.map(Number) as [number, number, number, number]
  if (!(at < length && length < next && next + rest === file.length)) {
    throw new Changed('Le sceau ne couvre pas tout le fichier\u00a0: des octets ont été ajoutés, retirés ou modifiés.')
  }
  const hex = file.toString('latin1', length + 1, next - 1)
  const cms = Buffer.from(hex, 'hex')
  if (file[length] !== 0x3c || file[next - 1] !== 0x3e || cms.toString('hex') !== hex.toLowerCase() || mixedCase(hex)) {
    throw new Changed('L’emplacement du sceau a été modifié.')
  }
  const seal = readSeal(cms)
  if (sha256(Buffer.concat([file.subarray(0, length), file.subarray(next)])) !== seal.digest) {
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

const mixedCase = (hex: string): boolean => /[a-f]/.test(hex) && /[A-F]/.test(hex)

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
