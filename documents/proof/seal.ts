import { createHash, createPrivateKey, createSign, type Hash, X509Certificate, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { PDF, PdfArray, PdfDict, PdfName, PdfNumber, type PdfRef, PdfString } from '@libpdf/core'
import { DomainError } from '../../schema/errors.ts'
import { sealAttributes, sealCms } from './cms.ts'
import { writeDer } from './der.ts'

/** What seals: an RSA key and the certificate that names whose it is. */
export interface SealKey {
  certificate: X509Certificate
  privateKey: KeyObject
}

/** Words in the sealed bytes by which a damaged file is still known to have been sealed here. */
export const sealMarks = { field: 'SceauCourtois', reason: 'courtois-seal/1' } as const
/** Bytes of the header's binary comment in a sealed PDF: they survive the loss of the file's end, where the seal is. */
export const sealedHeader = Uint8Array.of(0xc3, 0xcf, 0xd5, 0xd2)

const read = (name: string): string => readFileSync(new URL(`./dev-seal/${name}`, import.meta.url), 'utf8')

/** Reads a key and its certificate from PEM texts; refuses another kind than RSA, whose signatures alone are repeatable. */
export function openSealKey(pem: { certificate: string; key: string }): SealKey {
  const certificate = new X509Certificate(pem.certificate)
  const privateKey = createPrivateKey(pem.key)
  if (privateKey.asymmetricKeyType !== 'rsa' || !certificate.checkPrivateKey(privateKey)) {
    throw new DomainError(
      'bad_seal_key',
      'La clé du sceau ne convient pas\u00a0: il faut une clé RSA et son propre certificat.',
      {
        remedy:
          'Vérifiez que les deux fichiers PEM vont ensemble (clé privée RSA de 2048 bits ou plus, certificat X.509).',
        facts: { subject: certificate.subject },
      },
    )
  }
  return { certificate, privateKey }
}

let development: SealKey | undefined

/** The public development key of documents/proof/dev-seal: its seal shows accidents, and proves nothing against a forger. */
export function developmentSeal(): SealKey {
  development ??= openSealKey({ certificate: read('certificate.pem'), key: read('key.pem') })
  return development
}

export function isDevelopmentCertificate(certificate: X509Certificate): boolean {
  return certificate.raw.equals(developmentSeal().certificate.raw)
}

/**
 * Seals a PDF (PAdES B-B, RSA PKCS#1 v1.5, SHA-256) at the given instant: same PDF, instant and key, same bytes. Without
 * `key` the development certificate is used. The instant is claimed, not proved: that takes a timestamp authority.
 */
export async function sealPdf(pdf: Uint8Array, options: { at: Temporal.Instant; key?: SealKey }): Promise<Uint8Array> {
  return sealDocument(await openToSeal(pdf), options)
}

/**
 * Opens a PDF that will be sealed, its header marked as ours: what is changed in it until then is sealed with it. `own`: the
 * caller has no other use for the bytes, which are then marked in place.
 */
export async function openToSeal(pdf: Uint8Array, { own = false } = {}): Promise<PDF> {
  // Not slice(): a Buffer's shares its memory, and the caller keeps the unsealed bytes.
  const marked = own ? pdf : new Uint8Array(pdf)
  if (marked[9] === 0x25 && marked.subarray(10, 14).every((byte) => byte >= 0x80)) marked.set(sealedHeader, 10)
  const document = await PDF.load(marked)
  if (document.isEncrypted || document.getPageCount() === 0) {
    throw new DomainError('not_sealable', 'Ce PDF est chiffré ou sans page\u00a0: il ne peut pas être scellé.', {
      remedy: 'Scellez le document tel que produit, sans mot de passe.',
    })
  }
  return document
}

/** Seals what `openToSeal` opened: the bytes that @libpdf/core's own `sign` makes, at a quarter of its price. */
export async function sealDocument(
  document: PDF,
  options: { at: Temporal.Instant; key?: SealKey },
): Promise<Uint8Array> {
  addSealField(document, options.at)
  const saved = await document.save({ incremental: true })
  const tail = Buffer.from(saved.buffer, saved.byteOffset, saved.byteLength)
  fillSeal(tail, { hash: createHash('sha256'), length: 0 }, options)
  return saved
}

/**
 * Puts the seal where `addSealField` left room for it. What stands before `tail` in the file is known by its length, and by the
 * hash begun on it.
 */
export function fillSeal(
  tail: Buffer,
  before: { hash: Hash; length: number },
  options: { at: Temporal.Instant; key?: SealKey },
): void {
  const { certificate, privateKey } = options.key ?? developmentSeal()
  const range = tail.lastIndexOf(unknownRange)
  const start = tail.indexOf('<', tail.indexOf('/Contents', range))
  const end = start + 2 * room + 2
  const after = tail.subarray(end)
  const known = [before.length + start, before.length + end, after.length]
  tail.write(`[0 ${known.map((length) => String(length).padEnd(unknown.length)).join(' ')}]`, range, 'latin1')
  const digest = before.hash.copy().update(tail.subarray(0, start)).update(after).digest()
  const attributes = sealAttributes(certificate.raw, digest, options.at)
  const signature = createSign('sha256').update(writeDer(0x31, attributes)).sign(privateKey)
  const cms = sealCms(certificate.raw, attributes, signature)
  if (cms.length > room) {
    throw new DomainError('not_sealable', `Le sceau prend ${cms.length} octets, pour ${room} au plus.`, {
      remedy: 'Prenez un certificat plus court\u00a0: une clé RSA de 4096 bits au plus.',
    })
  }
  tail.write(cms.toString('hex').toUpperCase(), start + 1, 'latin1')
}

/** Bytes kept for the CMS: an RSA signature of 4096 bits and a certificate of its size fit. */
const room = 4096
const empty = Buffer.from(`<${'00'.repeat(room)}>`)
/** The zeros that the seal is written over: as they stand, for a string of hexadecimal digits is written digit by digit. */
class SealRoom extends PdfString {
  override toBytes(writer: Parameters<PdfString['toBytes']>[0]): void {
    writer.writeBytes(empty)
  }
}
// As wide as any offset may become.
const unknown = '9999999999'
const unknownRange = `[0 ${unknown} ${unknown} ${unknown}]`

/** The signature's dictionary and its invisible field on the first page, with room for what is only known once they are written. */
export function addSealField(document: PDF, at: Temporal.Instant): PdfRef {
  const far = PdfNumber.of(Number(unknown))
  const value = PdfDict.of({
    Type: PdfName.of('Sig'),
    Filter: PdfName.of('Adobe.PPKLite'),
    SubFilter: PdfName.of('ETSI.CAdES.detached'),
    ByteRange: new PdfArray([PdfNumber.of(0), far, far, far]),
    Contents: new SealRoom(new Uint8Array(room), 'hex'),
    M: PdfString.fromString(`D:${at.toString({ smallestUnit: 'second' }).replace(/[-:T]/g, '')}`),
    Reason: PdfString.fromString(sealMarks.reason),
  })
  const reference = document.register(value)
  const field = document.getOrCreateForm().createSignatureField(sealMarks.field).acroField()
  const nowhere = Array.from({ length: 4 }, () => PdfNumber.of(0))
  field.set('V', reference)
  field.delete('Kids')
  field.set('Type', PdfName.of('Annot'))
  field.set('Subtype', PdfName.of('Widget'))
  field.set('F', PdfNumber.of(132))
  field.set('P', document.getPage(0)!.ref)
  field.set('Rect', new PdfArray(nowhere))
  return reference
}
