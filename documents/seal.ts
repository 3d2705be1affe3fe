import { createPrivateKey, createSign, X509Certificate, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { PDF } from '@libpdf/core'
import { DomainError } from '../schema/errors.ts'

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

/** The public development key of documents/dev-seal: its seal shows accidents, and proves nothing against a forger. */
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

export async function sealDocument(
  document: PDF,
  options: { at: Temporal.Instant; key?: SealKey },
): Promise<Uint8Array> {
  const key = options.key ?? developmentSeal()
  const { bytes } = await document.sign({
    signer: {
      certificate: new Uint8Array(key.certificate.raw),
      keyType: 'RSA',
      signatureAlgorithm: 'RSASSA-PKCS1-v1_5',
      sign: async (data) => new Uint8Array(createSign('sha256').update(data).sign(key.privateKey)),
    },
    fieldName: sealMarks.field,
    reason: sealMarks.reason,
    signingTime: new Date(options.at.epochMilliseconds),
    estimatedSize: 4096,
  })
  return bytes
}
