import { DomainError } from '../../schema/errors.ts'
import { type Limits, Readers } from '../apart.ts'

export interface PdfTask {
  bytes: Uint8Array
  maxBytes: number
}
export interface PdfReply {
  xml: Uint8Array
  repaired: boolean
}

const limits: Limits = { seconds: 20, megabytes: 1000 }
const readers = new Readers<PdfTask, PdfReply>(new URL('./einvoice-pdf-worker.ts', import.meta.url))

/** The XML that a Factur-X or ZUGFeRD 2 PDF carries, of `maxBytes` at most. Refuses a PDF locked, unreadable or without. */
export const facturXml = (bytes: Uint8Array, maxBytes: number): Promise<PdfReply> =>
  readers.read({ task: { bytes, maxBytes }, limits }, { take: async (reply) => reply, stopped: unreadable })

export const unreadable = (detail: string): DomainError =>
  new DomainError('unreadable_pdf', 'Le PDF, ou le XML qu’il porte, est illisible ou dépasse 20 Mo une fois ouvert.', {
    remedy: 'Demandez une copie intacte du fichier à celui qui l’a émis, ou envoyez le XML seul.',
    facts: { detail: detail.slice(0, 200) },
  })
