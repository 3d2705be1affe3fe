import { type PDF, PdfString } from '@libpdf/core'
import { closeFaces, Face } from './face.ts'
import type { Size } from './merge.ts'
import type { PdfFile } from '../pdf/file.ts'
import { numberText, valueText } from '../pdf/text.ts'

/** A citation of an exhibit on a page (points, from its top left corner), and the part that it leads to. */
export interface SheetLink {
  part: number
  x: number
  y: number
  width: number
  height: number
  /** Printed beside it, in the margin. */
  note: string | null
}

/** A page of a part as its sheet shows it. */
export interface Sheet extends Size {
  stamp: string
  links: SheetLink[]
}

export interface SheetPart {
  /** Printed at the head of each sheet. */
  running: string
  bookmark: string
  /** Exhibits are framed, and stand below the act before them in the outline. */
  exhibit: boolean
  /** Its first page, from 1. */
  start: number
  sheets: Sheet[]
}

/** Where the sheets stand among the rest of the file: numbers of objects. */
export interface Frame {
  /** The root of all pages, the document's element, what prints text (a dictionary of two fonts). */
  pages: number
  element: number
  fonts: number
  /** The first key that the tree of parents has free. */
  nextKey: number
  /** « 2017-0001 · page 3/40 ». */
  foot: (page: number) => string
}

/** The first page of a part, and its upper edge. */
export interface Beginning {
  page: number
  top: number
}

/** What the sheets add to the trees of the file. */
export interface Branches {
  pages: number[]
  count: number
  elements: number[]
  /** Entries of the tree of parents, and the key after them. */
  parents: string[]
  nextKey: number
  outline: number
}

const mm = 72 / 25.4
const strip = 11 * mm
const ink = '0.102 0.169 0.235'
const soft = '0.357 0.408 0.463'
// Of Source Sans 3, by its size: what stands above the line.
const capital = 0.66
const n = numberText
const string = (text: string): string => valueText(PdfString.fromString(text), () => 0)

/**
 * Writes the sheets of a pack, each the drawing of one page under its stamp, with their outline and their tags: the cover and
 * its table are Typst's, and these are too many for it.
 */
export class Sheets {
  /** Of each part: what links lead to. */
  readonly beginnings: Beginning[]
  private readonly file: PdfFile
  private readonly parts: SheetPart[]
  private readonly plain: Face
  private readonly strong: Face
  private readonly document: PDF

  /** The fonts are those of a document that is copied into the same file afterwards. */
  constructor(file: PdfFile, parts: SheetPart[], document: PDF) {
    this.file = file
    this.parts = parts
    this.document = document
    this.beginnings = parts.map(({ sheets }) => ({ page: file.reserve(), top: placeOf(sheets[0]!).high }))
    this.plain = new Face(document, 'plain')
    this.strong = new Face(document, 'strong')
  }

  /** One form a page, in order. */
  async write(forms: readonly number[], frame: Frame): Promise<Branches> {
    const { file } = this
    const branches: Branches = { pages: [], count: 0, elements: [], parents: [], nextKey: frame.nextKey, outline: 0 }
    for (const [i, part] of this.parts.entries()) {
      const node = file.reserve()
      const element = file.reserve()
      const pages: number[] = []
      const children: number[] = []
      for (const [rank, sheet] of part.sheets.entries()) {
        const page = rank === 0 ? this.beginnings[i]!.page : file.reserve()
        const form = forms[branches.count++]!
        children.push(...this.sheet(part, sheet, { page, rank, node, element, form }, frame, branches))
        pages.push(page)
        await file.flush({ all: false })
      }
      file.addText(node, `<</Type/Pages/Parent ${frame.pages} 0 R/Count ${pages.length}/Kids[${references(pages)}]>>`)
      file.addText(
        element,
        `<</Type/StructElem/S/Part/T ${string(part.bookmark)}/P ${frame.element} 0 R/K[${references(children)}]>>`,
      )
      branches.pages.push(node)
      branches.elements.push(element)
    }
    branches.outline = this.outline()
    closeFaces(this.document, [this.plain, this.strong])
    return branches
  }

  private beginning(part: number): string {
    const { page, top } = this.beginnings[part]!
    return `[${page} 0 R/XYZ 0 ${n(top)} null]`
  }

  /** What the dictionary `fonts` of the frame holds, once its document's objects have their numbers. */
  fonts(renumber: (ref: Face['ref']) => number): string {
    return `<</p ${renumber(this.plain.ref)} 0 R/s ${renumber(this.strong.ref)} 0 R>>`
  }

  /** One page with its drawing, links and tags; returns its elements in reading order. */
  private sheet(
    part: SheetPart,
    sheet: Sheet,
    at: { page: number; rank: number; node: number; element: number; form: number },
    { fonts, foot }: Frame,
    branches: Branches,
  ): number[] {
    const { file } = this
    const place = placeOf(sheet)
    const key = branches.nextKey++
    const element = (kind: string, rest: string): number => {
      const number = file.reserve()
      file.addText(number, `<</Type/StructElem/S/${kind}/P ${at.element} 0 R/Pg ${at.page} 0 R${rest}>>`)
      return number
    }
    const box = [place.left, place.bottom, place.left + place.width, place.bottom + place.height].map(n).join(' ')
    const figure = element('Figure', `/K 0/Alt ${string(sheet.stamp)}/A<</O/Layout/Placement/Block/BBox[${box}]>>`)
    const stamp = element('P', '/K 1')
    const heading = at.rank === 0 ? [element(part.exhibit ? 'H2' : 'H1', '/K 2')] : []
    const notes = sheet.links.some(({ note }) => note !== null) ? [element('P', `/K ${2 + heading.length}`)] : []
    branches.parents.push(`${key}[${references([figure, stamp, ...heading, ...notes])}]`)

    const annotations: number[] = []
    const links = sheet.links.map((link) => {
      const annotation = file.reserve()
      const linked = element('Link', `/K<</Type/OBJR/Obj ${annotation} 0 R/Pg ${at.page} 0 R>>`)
      const own = branches.nextKey++
      const rect = corners(link, place).map(n).join(' ')
      file.addText(
        annotation,
        `<</Type/Annot/Subtype/Link/F 4/Border[0 0 0]/Rect[${rect}]/Contents ${string(this.parts[link.part]!.bookmark)}` +
          `/Dest${this.beginning(link.part)}/StructParent ${own}>>`,
      )
      branches.parents.push(`${own} ${linked} 0 R`)
      annotations.push(annotation)
      return linked
    })
    const contents = file.reserve()
    file.addStream(contents, '', Buffer.from(this.drawing(part, sheet, place, at.rank, foot(part.start + at.rank))))
    file.addText(
      at.page,
      `<</Type/Page/Parent ${at.node} 0 R/MediaBox[0 0 ${n(place.wide)} ${n(place.high)}]/Contents ${contents} 0 R` +
        `/Resources<</Font ${fonts} 0 R/XObject<</page ${at.form} 0 R>>>>/StructParents ${key}/Tabs/S` +
        `${annotations.length > 0 ? `/Annots[${references(annotations)}]` : ''}>>`,
    )
    return [...heading, stamp, figure, ...notes, ...links]
  }

  private drawing(part: SheetPart, sheet: Sheet, place: Place, rank: number, foot: string): string {
    const { plain, strong } = this
    const head = place.high - 3.4 * mm - 8 * capital
    const right = place.wide - 8 * mm
    const running = plain.within(part.running, (place.wide - 85 * mm) / 8)
    const footing = plain.line(foot)
    const lines = [
      `/Figure<</MCID 0>>BDC q ${n(place.width)} 0 0 ${n(place.height)} ${n(place.left)} ${n(place.bottom)} cm /page Do Q EMC`,
      '/P<</MCID 1>>BDC',
      part.exhibit
        ? framed(strong.line(sheet.stamp), right, place.high - 2.6 * mm)
        : ended(plain.line(sheet.stamp), right, head),
      'EMC',
      rank === 0 ? `/${part.exhibit ? 'H2' : 'H1'}<</MCID 2>>BDC` : '/Artifact<</Type/Pagination/Subtype/Header>>BDC',
      shown('/p 8', soft, running.glyphs, 8 * mm, head),
      'EMC',
    ]
    const notes = sheet.links.filter(({ note }) => note !== null)
    if (notes.length > 0) {
      const rows = notes.map((link) => {
        const [, bottom, , top] = corners(link, place)
        return ended(plain.line(link.note!), place.wide - 4 * mm, (bottom + top) / 2 - 4 * capital)
      })
      lines.push(`/P<</MCID ${rank === 0 ? 3 : 2}>>BDC`, ...rows, 'EMC')
    }
    const middle = (place.wide - 8 * footing.width) / 2
    lines.push(
      '/Artifact<</Type/Pagination/Subtype/Footer>>BDC',
      shown('/p 8', soft, footing.glyphs, middle, 3.4 * mm),
      'EMC',
    )
    return lines.join('\n')
  }

  /** Acts side by side, exhibits below the act that comes before them. */
  private outline(): number {
    const { file } = this
    const root = file.reserve()
    const tops: Bookmark[] = []
    this.parts.forEach((part, i) => {
      const bookmark = { number: file.reserve(), title: part.bookmark, to: this.beginning(i), below: [] }
      const above = part.exhibit ? tops.at(-1) : undefined
      ;(above?.below ?? tops).push(bookmark)
    })
    writeBookmarks(file, root, tops)
    const [first, last] = [tops[0]!, tops.at(-1)!]
    file.addText(
      root,
      `<</Type/Outlines/First ${first.number} 0 R/Last ${last.number} 0 R/Count ${this.parts.length}>>`,
    )
    return root
  }
}

interface Bookmark {
  number: number
  title: string
  to: string
  below: Bookmark[]
}

function writeBookmarks(file: PdfFile, parent: number, bookmarks: Bookmark[]): void {
  bookmarks.forEach(({ number, title, to: place, below }, i) => {
    const to = (key: string, other: Bookmark | undefined): string => (other ? `/${key} ${other.number} 0 R` : '')
    const inner = below.length > 0 ? `${to('First', below[0])}${to('Last', below.at(-1))}/Count ${below.length}` : ''
    file.addText(
      number,
      `<</Title ${string(title)}/Parent ${parent} 0 R${to('Prev', bookmarks[i - 1])}${to('Next', bookmarks[i + 1])}${inner}` +
        `/Dest${place}>>`,
    )
    writeBookmarks(file, number, below)
  })
}

/** A sheet of A4, and the place of the page on it: its own size, unless it would touch the strips of stamp and foot. */
interface Place {
  wide: number
  high: number
  left: number
  bottom: number
  width: number
  height: number
  scale: number
}

function placeOf({ width, height }: Size): Place {
  const [wide, high] = width > height ? [297 * mm, 210 * mm] : [210 * mm, 297 * mm]
  const scale = Math.min((wide - 8 * mm) / width, (high - 2 * strip) / height, 1)
  const shown = { width: width * scale, height: height * scale }
  return { wide, high, ...shown, left: (wide - shown.width) / 2, bottom: (high - shown.height) / 2, scale }
}

const corners = (link: SheetLink, { left, bottom, height, scale }: Place): [number, number, number, number] => {
  const top = bottom + height - link.y * scale
  return [left + link.x * scale, top - link.height * scale, left + (link.x + link.width) * scale, top]
}

const references = (numbers: readonly number[]): string => numbers.map((number) => `${number} 0 R`).join(' ')

const shown = (font: string, colour: string, glyphs: string, x: number, y: number): string =>
  `BT ${font} Tf ${colour} rg ${n(x)} ${n(y)} Td <${glyphs}> Tj ET`

/** Small grey text that ends at a place. */
const ended = ({ glyphs, width }: { glyphs: string; width: number }, right: number, y: number): string =>
  shown('/p 8', soft, glyphs, right - 8 * width, y)

/** The stamp of an exhibit, in its frame. */
function framed({ glyphs, width }: { glyphs: string; width: number }, right: number, top: number): string {
  const [wide, high] = [9 * width + 4.4 * mm, 9 * capital + 3 * mm]
  return [
    `q 1 g ${ink} RG 0.8 w 1 j ${n(right - wide)} ${n(top - high)} ${n(wide)} ${n(high)} re B Q`,
    shown('/s 9', ink, glyphs, right - wide + 2.2 * mm, top - high + 1.5 * mm),
  ].join('\n')
}
