import { Worker } from 'node:worker_threads'
import { DomainError } from '../../schema/errors.ts'

export interface PdfTask {
  bytes: Uint8Array
  maxBytes: number
}
export type PdfReply =
  | { xml: Uint8Array; repaired: boolean }
  | { refused: 'encrypted' }
  | { refused: 'without_xml'; attachments: string[] }
  | { refused: 'unreadable'; detail: string }

const timeLimit = 20_000

/** The XML that a Factur-X or ZUGFeRD 2 PDF carries, of `maxBytes` at most. Refuses a PDF locked, unreadable or without. */
export async function facturXml(bytes: Uint8Array, maxBytes: number): Promise<{ xml: Uint8Array; repaired: boolean }> {
  const reply = await inThread({ bytes, maxBytes })
  if ('xml' in reply) return reply
  if (reply.refused === 'encrypted') {
    throw new DomainError('encrypted_pdf', 'Le PDF est protégé par un mot de passe.', {
      remedy: 'Envoyez la facture sans mot de passe.',
    })
  }
  if (reply.refused === 'without_xml') {
    throw new DomainError('pdf_without_xml', 'Ce PDF ne porte pas de facture électronique (aucun factur-x.xml).', {
      remedy: 'Demandez la facture au format Factur-X, envoyez son XML, ou saisissez-la et joignez le PDF comme pièce.',
      facts: { attachments: reply.attachments },
    })
  }
  throw new DomainError(
    'unreadable_pdf',
    'Le PDF, ou le XML qu’il porte, est illisible ou dépasse 20 Mo une fois ouvert.',
    {
      remedy: 'Demandez une copie intacte du fichier à celui qui l’a émis, ou envoyez le XML seul.',
      facts: { detail: reply.detail.slice(0, 200) },
    },
  )
}

function inThread(task: PdfTask): Promise<PdfReply> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./einvoice-pdf-worker.ts', import.meta.url), {
      workerData: task,
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: 512 },
    })
    const answer = (reply: PdfReply): void => {
      clearTimeout(timer)
      resolve(reply)
      void worker.terminate()
    }
    const timer = setTimeout(() => answer({ refused: 'unreadable', detail: 'time limit' }), timeLimit)
    worker.once('message', answer)
    worker.once('error', (error) =>
      answer({ refused: 'unreadable', detail: error instanceof Error ? error.message : String(error) }),
    )
    worker.once('exit', () => answer({ refused: 'unreadable', detail: 'stopped' }))
  })
}
