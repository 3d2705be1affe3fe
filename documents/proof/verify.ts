import { DomainError } from '../../schema/errors.ts'
import { readInvoice } from '../invoices/einvoice.ts'
import { sealedHeader, sealMarks } from './seal.ts'
import { isCaseExport, isExportZip, verifyCase, verifyExportZip } from './verify-case.ts'
import { verifySealed } from './verify-seal.ts'
import { Changed, marksIn, openSource, type Source } from './verify-source.ts'
import { verifyZip } from './verify-zip.ts'

export interface Verification {
  ok: boolean
  kind: 'zip' | 'pdf' | 'case'
  sentence: string
}

/**
 * Tells whether a pack (ZIP), a sealed PDF or the journal of an exported case is as it was made, with the first difference in
 * a French sentence. Needs the bytes alone, or the path of a file, which may be of any size; only an export is held whole,
 * up to `held` bytes: a stranger's could be all brackets, and take fifty times its size.
 * DomainError `not_verifiable` when they are none of these, or too much. A changed byte anywhere is a difference.
 */
export async function verifyFile(content: Uint8Array | string, held = Infinity): Promise<Verification> {
  const source = await openSource(content)
  try {
    return await verify(source, held)
  } finally {
    await source.close()
  }
}

async function verify(source: Source, held: number): Promise<Verification> {
  const head = await source.read(0, Math.min(source.length, 1024))
  const [isCase, isExport] = [isCaseExport(head), isExportZip(head)]
  if ((isCase || isExport) && source.length > held) throw tooMuch()
  if (isCase) return { kind: 'case', ...verifyCase(await whole(source)) }
  if (isExport) return { kind: 'case', ...verifyExportZip(await whole(source)) }
  if (head.subarray(0, zipStart.length).equals(zipStart)) return zipVerdict(source)
  if (head.subarray(10, 14).equals(sealedHeader)) return sealVerdict(source)
  // Several marks, far apart: damage to one of them must not turn « changed » into « not one of ours ». The name of the
  // format alone is not enough: any text may hold it.
  const marks = await marksIn(source, [...zipMarks, ...pdfMarks, format])
  if (zipMarks.some((mark) => marks.has(mark)) && marks.has(format)) return zipVerdict(source)
  if (pdfMarks.some((mark) => marks.has(mark))) return sealVerdict(source)
  throw new DomainError('not_verifiable', await whatItIs(source, head), {
    remedy: 'Donnez le fichier pack.zip, le fichier pack.pdf ou la lettre, tels que reçus.',
  })
}

const tooMuch = (): DomainError =>
  new DomainError('not_verifiable', 'Cet export d’un dossier est trop volumineux pour être vérifié ici.', {
    remedy: 'Vérifiez-le sur votre ordinateur avec la commande «\u00a0courtois verify\u00a0».',
  })

const whole = (source: Source): Promise<Buffer> => source.read(0, source.length)

// The first bytes of any ZIP of ours: signature, version 2.0, no flag, stored, 1 January 2026 at midnight.
const zipStart = Buffer.from('504b03041400000000000000215c', 'hex')
// Local header, central directory, end of directory.
const zipMarks = ['PK\x03\x04', 'PK\x01\x02', 'PK\x05\x06'] as const
const format = '"courtois-pack/1"'
const pdfMarks = [`(${sealMarks.reason})`, `(${sealMarks.field})`] as const

const zipVerdict = async (source: Source): Promise<Verification> => ({
  kind: 'zip',
  ...(await verdict(verifyZip(source))),
})
const sealVerdict = async (source: Source): Promise<Verification> => ({
  kind: 'pdf',
  ...(await verdict(verifySealed(source))),
})

async function verdict(checked: Promise<string>): Promise<{ ok: boolean; sentence: string }> {
  try {
    return { ok: true, sentence: await checked }
  } catch (error) {
    if (error instanceof Changed) return { ok: false, sentence: error.message }
    throw error
  }
}

// An invoice larger than this is none.
const maxInvoice = 50 << 20

/** An electronic invoice is the creditor's own document: nobody here sealed it, and it says so better than « a PDF ». */
async function whatItIs(source: Source, head: Buffer): Promise<string> {
  if (!head.includes('%PDF-')) {
    return 'Ce fichier n’est ni un dossier (ZIP) ni un PDF scellé\u00a0: il ne peut pas être vérifié.'
  }
  const unsealed = 'rien ne permet de dire s’il a été modifié.'
  const read = async () => (source.length > maxInvoice ? null : readInvoice(await whole(source)))
  const invoice = await read().catch((error: unknown) => {
    if (!(error instanceof DomainError)) throw error
    return null
  })
  if (!invoice) return `Ce PDF ne porte pas de sceau\u00a0: ${unsealed}`
  const kind = invoice.kind === 'invoice' ? 'la facture' : 'l’avoir'
  return `Ce PDF est ${kind} ${invoice.number} de «\u00a0${invoice.seller.name}\u00a0», document du créancier et non document scellé\u00a0: ${unsealed}`
}
