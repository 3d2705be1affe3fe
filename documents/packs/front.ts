import { type PDF, PdfArray, PdfDict, PdfName, PdfNull, PdfNumber, PdfRef, PdfStream } from '@libpdf/core'
import type { Beginning, Branches, Frame } from './sheets.ts'
import { copier, type PdfFile } from '../pdf/file.ts'
import type { Renumber } from '../pdf/text.ts'

// What the layout writes where the table leads to a part.
const partLink = /^part:(\d+)$/

/**
 * Cover and table, as Typst set them, whose pages, tags and links are opened for the sheets that follow. What it names of
 * them is an empty dictionary, which is known by the number that they have in the file.
 */
export class PackFront {
  readonly renumber: Renumber
  readonly drain: () => Promise<void>
  /** The dictionary of the sheets' fonts. */
  readonly fonts: number
  private readonly file: PdfFile
  private readonly document: PDF
  private readonly root: number
  private readonly tags: PdfDict
  private readonly element: PdfRef
  private readonly known = new Map<number, number>()
  private readonly resolve = (ref: PdfRef) => this.document.getObject(ref)

  constructor(file: PdfFile, document: PDF) {
    this.file = file
    this.document = document
    this.fonts = file.reserve()
    this.root = file.reserve()
    const { renumber, drain } = copier(file, document, { known: this.known })
    this.renumber = renumber
    this.drain = drain
    this.tags = document.getCatalog().getDict('StructTreeRoot', this.resolve)!
    this.element = this.tags.getArray('K', this.resolve)!.at(0) as PdfRef
  }

  frame(): Omit<Frame, 'foot'> {
    return { pages: this.root, element: this.renumber(this.element), fonts: this.fonts, nextKey: this.nextKey }
  }

  private get nextKey(): number {
    return this.tags.getNumber('ParentTreeNextKey')!.value
  }

  /** Hangs the sheets into the trees of the file, and leads the table's links to the first page of each part. */
  join(branches: Branches, beginnings: readonly Beginning[]): void {
    const total = this.joinPages(branches)
    this.joinTags(branches)
    const catalog = this.document.getCatalog()
    catalog.set('Outlines', this.standIn(branches.outline))
    // « Suspects false » is what its absence says, and poppler takes it for a fault.
    catalog.getDict('MarkInfo', this.resolve)?.delete('Suspects')
    this.leadLinks(beginnings)
    this.tellPages(total)
  }

  /** Gives an object of the document its number in the file, and leaves it to the caller to write. */
  know({ objectNumber }: PdfRef, number: number): void {
    this.known.set(objectNumber, number)
  }

  private standIn(number: number): PdfRef {
    const ref = this.document.register(new PdfDict())
    this.know(ref, number)
    return ref
  }

  private joinPages({ pages, count }: Branches): number {
    const catalog = this.document.getCatalog()
    const root = this.standIn(this.root)
    const total = this.document.getPageCount() + count
    catalog.getDict('Pages', this.resolve)!.set('Parent', root)
    const kids = [this.renumber(catalog.getRef('Pages')!), ...pages].map((number) => `${number} 0 R`)
    catalog.set('Pages', root)
    this.file.addText(this.root, `<</Type/Pages/Count ${total}/Kids[${kids.join(' ')}]>>`)
    return total
  }

  private joinTags({ elements, parents, nextKey }: Branches): void {
    const { tags, document, file } = this
    const element = this.resolve(this.element) as PdfDict
    element.set(
      'K',
      PdfArray.of(...element.getArray('K', this.resolve)!, ...elements.map((each) => this.standIn(each))),
    )
    const leaf = file.reserve()
    file.addText(leaf, `<</Limits[${this.nextKey} ${nextKey - 1}]/Nums[${parents.join(' ')}]>>`)
    const own = tags.getDict('ParentTree', this.resolve)!
    own.set('Limits', PdfArray.of(PdfNumber.of(0), PdfNumber.of(this.nextKey - 1)))
    tags.set('ParentTree', PdfDict.of({ Kids: PdfArray.of(document.register(own), this.standIn(leaf)) }))
    tags.set('ParentTreeNextKey', PdfNumber.of(nextKey))
  }

  private leadLinks(beginnings: readonly Beginning[]): void {
    const { resolve } = this
    const places = beginnings.map(({ page, top }) => {
      const [xyz, at] = [PdfName.of('XYZ'), PdfNumber.of(top)]
      return PdfArray.of(this.standIn(page), xyz, PdfNumber.of(0), at, PdfNull.instance)
    })
    for (const page of this.document.getPages()) {
      for (const item of page.dict.getArray('Annots', resolve) ?? []) {
        const link = (item instanceof PdfRef ? resolve(item) : item) as PdfDict
        const [, part] = partLink.exec(link.getDict('A', resolve)?.getString('URI', resolve)?.asString() ?? '') ?? []
        if (part === undefined) continue
        link.delete('A')
        link.set('Dest', places[Number(part)]!)
      }
    }
  }

  /** Metadata count the pages too. */
  private tellPages(total: number): void {
    const catalog = this.document.getCatalog()
    const told = catalog.get('Metadata', this.resolve)
    if (!(told instanceof PdfStream)) return
    const text = Buffer.from(told.getDecodedData()).toString('utf8')
    const data = Buffer.from(text.replace(/(<xmpTPg:NPages>)\d+/, `$1${total}`))
    const kept = PdfStream.fromDict({ Type: told.getName('Type')!, Subtype: told.getName('Subtype')! }, data)
    catalog.set('Metadata', this.document.register(kept))
  }
}
