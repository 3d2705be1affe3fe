import { PDF } from '@libpdf/core'
import type { Doubt } from '../../schema/errors.ts'
import { contentBytes, damaged, isStored, sha256 } from '../archive.ts'
import { checkStreams } from './streams.ts'
import { kindOf, nameDoubt, office } from './kind.ts'
import { mailFromEml, mailFromMsg } from './mail.ts'
import { officeDoubts } from './office-file.ts'
import { jpegPage, pngPage, tiffPages } from './pages.ts'
import { displayedSize, staticPdf } from './pdf.ts'
import type { ExhibitReply, ExhibitTask } from './process.ts'
import { refuse } from './refusal.ts'
import { writeStatic } from './static.ts'
import { printedText } from './text.ts'
import type { PdfSink } from '../pdf/file.ts'

/** Where the pages of an exhibit are written, and read again. */
export interface ExhibitOut extends PdfSink {
  written(length: number): Uint8Array
}

/**
 * Reads a file by what it is. Pages where they can be had from the file alone; what Typst, LibreOffice or the reader of
 * invoices must make into pages is handed back to the caller.
 */
export async function readExhibit(task: ExhibitTask, out: ExhibitOut): Promise<ExhibitReply> {
  const { name, password, seed } = task
  const bytes = await contentBytes(task.content)
  if (isStored(task.content) && sha256(bytes) !== task.content.sha256) throw damaged(task.content)
  const mediaType = kindOf(bytes, name)
  const flags: Doubt[] = nameDoubt(name, mediaType)
  const pages = async (document: PDF): Promise<ExhibitReply> => ({
    as: 'pages',
    mediaType,
    flags,
    ...(await finish(document, task, flags, out)),
  })
  switch (mediaType) {
    case 'application/pdf':
      return pages(await staticPdf(bytes, name, password, flags))
    case 'image/tiff':
      return pages(tiffPages(bytes, name, flags))
    case 'image/jpeg':
      return pages(jpegPage(bytes, name, flags))
    case 'image/png': {
      const document = pngPage(bytes, name, flags)
      return document === null ? { as: 'picture', mediaType, flags } : pages(document)
    }
    case 'message/rfc822':
      return { as: 'printed', mediaType, flags, ...(await mailFromEml(bytes, name, seed, flags)) }
    case 'application/vnd.ms-outlook':
      return { as: 'printed', mediaType, flags, ...mailFromMsg(bytes, name, seed, flags) }
    case office.docx:
    case office.odt:
      flags.push(...officeDoubts(bytes, name))
      return { as: 'office', mediaType, flags }
    case 'application/xml':
    case 'application/json':
      return { as: 'data', mediaType, flags }
    default:
      return { as: 'printed', mediaType, flags, printed: printedText(bytes, name, flags), attachments: [] }
  }
}

async function finish(
  document: PDF,
  { name, seed }: ExhibitTask,
  flags: Doubt[],
  out: ExhibitOut,
): Promise<{ length: number; pageSizes: { width: number; height: number }[] }> {
  const pageSizes = document.getPages().map(displayedSize)
  if (pageSizes.some(({ width, height }) => !(width >= 3 && height >= 3 && width <= 14_400 && height <= 14_400))) {
    throw refuse(
      'bad_exhibit',
      name,
      'a une page de taille impossible',
      'Imprimez-la en PDF au format A4, puis joignez-la.',
    )
  }
  checkStreams(document, name, flags)
  const length = await writeStatic(document, out, seed.slice(0, 32))
  // Read again here, where it can do no harm, as the pack's assembly will read it.
  const again = await PDF.load(out.written(length))
  if (again.getPageCount() !== pageSizes.length) {
    throw refuse('bad_exhibit', name, 'perd des pages à la lecture', 'Imprimez-la en PDF, puis joignez-la.')
  }
  again.getPage(0)?.extractText()
  return { length, pageSizes }
}
