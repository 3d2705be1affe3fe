import { open, type FileHandle } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { type PDF, PdfBool, type PdfDict, type PdfNumber, type PDFPage } from '@libpdf/core'
import { type Content, isStored, readInto } from '../archive.ts'
import { openStaticPdf } from '../exhibits/pdf.ts'
import { PackFront } from './front.ts'
import { Sheets, type SheetPart } from './sheets.ts'
import { contentsOf, filterOf, joined } from '../pdf/page-contents.ts'
import { copier, PdfFile } from '../pdf/file.ts'
import { PdfPart } from '../pdf/part.ts'
import { numberText, type Renumber, valueText } from '../pdf/text.ts'
import { addSealField, fillSeal, type SealKey, sealedHeader } from '../proof/seal.ts'

// A part larger than this is opened without the data of its pictures.
const large = 32 << 20

export interface Size {
  width: number
  height: number
}

/**
 * The merged file of a pack, written part after part: each page as a drawing of its own (a form), its streams copied as they
 * are, and then the sheets that show them, under their stamps.
 */
export class PackMerge {
  private readonly handle: FileHandle
  private readonly file: PdfFile
  private readonly forms: number[] = []
  // One part after the other is read into it: nothing of a part is needed once it is written.
  private room = Buffer.alloc(0)

  private constructor(handle: FileHandle) {
    this.handle = handle
    this.file = new PdfFile(handle, Buffer.concat([Buffer.from('%PDF-1.7\n%'), sealedHeader, Buffer.from('\n')]))
  }

  static async create(path: string): Promise<PackMerge> {
    return new PackMerge(await open(path, 'wx', 0o640))
  }

  /** Copies the pages of a part, and tells their displayed sizes, in points. */
  async addPart(content: Content, name: string): Promise<Size[]> {
    if (!isStored(content)) return this.copy(content, name)
    if (content.bytes <= large) {
      if (this.room.length < content.bytes) this.room = Buffer.allocUnsafeSlow(Math.min(2 * content.bytes, large))
      return this.copy(await readInto(this.room.subarray(0, content.bytes), content.path), name)
    }
    const part = await PdfPart.open(content)
    try {
      return await this.copy(part.bytes, name, part)
    } finally {
      await part.close()
    }
  }

  private async copy(bytes: Uint8Array, name: string, part?: PdfPart): Promise<Size[]> {
    const { document, sizes } = await openStaticPdf(bytes, name)
    const { renumber, drain } = copier(this.file, document, { part })
    for (const page of document.getPages()) {
      this.forms.push(addForm(this.file, document, page, renumber))
      await drain()
    }
    await this.file.flush()
    return sizes
  }

  /** Writes a sheet for each page, in order, then cover and table, and seals. */
  async finish(
    front: PDF,
    parts: SheetPart[],
    options: { foot: (page: number) => string; at: Temporal.Instant; key?: SealKey },
  ): Promise<{ sha256: string; bytes: number }> {
    this.room = Buffer.alloc(0)
    const { file } = this
    const joint = new PackFront(file, front)
    const sheets = new Sheets(file, parts, front)
    joint.join(await sheets.write(this.forms, { ...joint.frame(), foot: options.foot }), sheets.beginnings)
    const seal = addSealField(front, options.at)
    const sealNumber = file.reserve()
    joint.know(seal, sealNumber)
    const { renumber } = joint
    const { trailer } = front.context.info
    const [root, info] = ['Root', 'Info'].map((key) => `/${key} ${valueText(trailer.get(key)!, renumber)}`)
    file.addText(joint.fonts, sheets.fonts(renumber))
    await joint.drain()
    await file.flush()
    const id = createHash('sha256').update(file.hash.copy().digest()).digest('hex').slice(0, 32)
    file.add(sealNumber, front.getObject(seal), renumber)
    await file.end(`${root} ${info} /ID[<${id}> <${id}>]`, (tail, before) => fillSeal(tail, before, options))
    return { sha256: file.hash.digest('hex'), bytes: file.length }
  }

  async close(): Promise<void> {
    await this.handle.close()
  }
}

/** A page as a drawing one unit wide and one high, upright: the sheet says how large it is shown. */
function addForm(file: PdfFile, document: PDF, page: PDFPage, renumber: Renumber): number {
  const resolve = document.context.resolve.bind(document.context)
  const box = page.dict.getArray('MediaBox', resolve)!
  const resources = page.dict.get('Resources')
  const group = page.dict.getDict('Group', resolve)
  const number = file.reserve()
  const contents = contentsOf(page, document)
  const entries = [
    '/Type/XObject/Subtype/Form',
    `/BBox${valueText(box, renumber)}`,
    `/Matrix[${upright(page).map(numberText).join(' ')}]`,
    `/Resources ${resources ? valueText(resources, renumber) : '<<>>'}`,
    // A page is drawn apart, and then laid on its paper.
    ...(group ? [`/Group ${valueText(isolated(group), renumber)}`] : []),
  ]
  const [only] = contents
  if (contents.length === 1) file.addStream(number, `${entries.join('')}${filterOf(only!, renumber)}`, only!.data)
  else file.addStream(number, entries.join(''), joined(contents))
  return number
}

function isolated(group: PdfDict): PdfDict {
  const copy = group.clone()
  copy.set('I', PdfBool.of(true))
  return copy
}

/** The matrix that brings a page, turned as it is displayed, onto the unit square. */
function upright(page: PDFPage): [number, number, number, number, number, number] {
  const [left, bottom, right, top] = page.dict
    .getArray('MediaBox')!
    .toArray()
    .map((side) => (side as PdfNumber).value) as [number, number, number, number]
  const [wide, high] = [right - left, top - bottom]
  switch (((page.rotation % 360) + 360) % 360) {
    case 90:
      return [0, -1 / wide, 1 / high, 0, -bottom / high, right / wide]
    case 180:
      return [-1 / wide, 0, 0, -1 / high, right / wide, top / high]
    case 270:
      return [0, 1 / wide, -1 / high, 0, top / high, -left / wide]
    default:
      return [1 / wide, 0, 0, 1 / high, -left / wide, -bottom / high]
  }
}
