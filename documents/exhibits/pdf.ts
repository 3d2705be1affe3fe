import { PDF, PdfArray, PdfDict, PdfNumber, PdfStream, type PDFPage } from '@libpdf/core'
import type { Doubt } from '../../schema/errors.ts'
import { isActive } from './active.ts'
import { refuse } from './refusal.ts'

const maxPages = 1000
const a4: Box = [0, 0, 595.28, 841.89]
type Box = [left: number, bottom: number, right: number, top: number]

// What a page needs to be seen. Everything else (actions, annotations, thumbnails, private data) stays with the original.
const pageKeys = new Set(['Type', 'Parent', 'Resources', 'Contents', 'MediaBox', 'Rotate', 'Group'])

/** The pages of a PDF made static: forms and annotations drawn, nothing left that runs, opens or hides. */
export async function staticPdf(
  bytes: Uint8Array,
  name: string,
  password: string | undefined,
  flags: Doubt[],
): Promise<PDF> {
  const source = await PDF.load(bytes, password === undefined ? {} : { credentials: password }).catch(
    (cause: unknown) => {
      throw refuse(
        'bad_exhibit',
        name,
        'n’est pas un PDF lisible',
        'Demandez ce document de nouveau, ou imprimez-le en PDF.',
        cause,
      )
    },
  )
  if (source.isEncrypted) openWithOwnersLeave(source, name, password)
  const count = source.getPageCount()
  if (count === 0) throw refuse('bad_exhibit', name, 'n’a aucune page', 'Demandez de nouveau ce document.')
  if (count > maxPages) {
    throw refuse('exhibit_too_big', name, `a ${count} pages`, `Coupez-la\u00a0: une pièce a ${maxPages} pages au plus.`)
  }
  const flag: Flag = (code, what) =>
    flags.push({ code, message: `«\u00a0${name}\u00a0»\u00a0: ${what}. L’original est joint tel quel.` })
  if (source.recoveredViaBruteForce)
    flag('exhibit_recovered', 'fichier abîmé, reconstruit tant bien que mal\u00a0; relisez chaque page')
  describe(source, flag, () =>
    flags.push({
      code: 'exhibit_active',
      message: `«\u00a0${name}\u00a0»\u00a0: le code, les actions ou les programmes qu’elle contenait ont été retirés. L’original reste aux archives et n’est pas joint.`,
    }),
  )

  const pages = source.getPages()
  for (const page of pages) inheritBoxes(page, source)
  if (source.recoveredViaBruteForce && pages.some((page) => !hasContents(page, source))) {
    throw refuse(
      'bad_exhibit',
      name,
      'est tronquée\u00a0: des pages ont perdu leur contenu',
      'Demandez de nouveau ce document.',
    )
  }
  flatten(source, pages, name, flag)
  for (const page of pages) for (const key of page.dict.keys()) if (!pageKeys.has(key.value)) page.dict.delete(key)
  // A new document around the pages: scripts, launch actions and attached files belong to the old catalogue.
  return source.extractPages(
    pages.map((_, index) => index),
    { includeAnnotations: false },
  )
}

type Flag = (code: string, what: string) => void

/** Draws fields, annotations and layers on the pages themselves, and says what that changed. */
function flatten(source: PDF, pages: PDFPage[], name: string, flag: Flag): void {
  const hidden = source.getLayers().filter(({ visible }) => !visible).length
  let flat: ReturnType<PDF['flattenAll']>
  try {
    drawFields(source)
    flat = source.flattenAll()
  } catch (cause) {
    throw refuse(
      'bad_exhibit',
      name,
      'a des formulaires ou annotations illisibles',
      'Imprimez-la en PDF, puis joignez-la.',
      cause,
    )
  }
  if (flat.layers > 1 || hidden > 0) {
    const shown = hidden > 0 ? ', même ceux qu’elle cachait' : ''
    flag('exhibit_layers', `ses calques ont été fondus dans la page${shown}\u00a0; vérifiez ce qu’elle montre`)
  }
  const resolve = source.context.resolve.bind(source.context)
  const skipped = source.warnings.filter((warning) => warning.includes('skipped during flatten')).length
  const lost = pages.reduce((sum, page) => sum + (page.dict.getArray('Annots', resolve)?.length ?? 0), skipped)
  if (lost > 0)
    flag('exhibit_annotations', `des champs ou des annotations sans apparence imprimable n’y figurent plus (${lost})`)
}

/**
 * Writes on the page itself what it inherits from the tree (the library looks no further than the page and would take
 * US Letter), and keeps of it the part that readers show: the crop box within the media box.
 */
function inheritBoxes(page: PDFPage, source: PDF): void {
  const resolve = source.context.resolve.bind(source.context)
  const chain: PdfDict[] = [page.dict]
  for (let up = page.dict.getDict('Parent', resolve); up && chain.length < 50; up = up.getDict('Parent', resolve))
    chain.push(up)
  const found = (key: string): PdfDict | undefined => chain.find((dict) => dict.has(key))
  for (const key of ['Resources', 'Rotate']) {
    const value = found(key)?.get(key)
    if (value) page.dict.set(key, value)
  }
  const box = (key: string): Box | undefined => {
    const sides = found(key)
      ?.getArray(key, resolve)
      ?.toArray()
      .map((_, i) => found(key)!.getArray(key, resolve)!.at(i, resolve))
    if (sides?.length !== 4 || !sides.every((side) => side instanceof PdfNumber)) return undefined
    const [a, b, c, d] = sides.map((side) => side.value) as Box
    return [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)]
  }
  const media = box('MediaBox') ?? a4
  const crop = box('CropBox') ?? media
  const seen = media.map((side, i) => (i < 2 ? Math.max(side, crop[i]!) : Math.min(side, crop[i]!))) as Box
  const shown = seen[2] > seen[0] && seen[3] > seen[1] ? seen : media
  page.dict.delete('CropBox')
  page.dict.set('MediaBox', PdfArray.of(...shown.map((side) => PdfNumber.of(side))))
}

/**
 * Pages of a PDF that is about to be embedded, with their displayed sizes in points. Refuses (`part_not_static`) one with
 * fields or annotations other than links and seals: Typst would drop them without a word.
 */
export async function openStaticPdf(
  bytes: Uint8Array,
  name: string,
): Promise<{ document: PDF; sizes: { width: number; height: number }[] }> {
  const document = await PDF.load(bytes).catch((cause: unknown) => {
    throw refuse('bad_part', name, 'n’est pas un PDF lisible', 'Produisez ce document de nouveau.', cause)
  })
  const resolve = document.context.resolve.bind(document.context)
  const pages = document.getPages()
  for (const page of pages) {
    const annotations = page.dict.getArray('Annots', resolve)
    for (let i = 0; i < (annotations?.length ?? 0); i++) {
      const annotation = annotations!.at(i, resolve)
      const kind = annotation instanceof PdfDict ? annotation.getName('Subtype', resolve)?.value : undefined
      const isSeal = annotation instanceof PdfDict && annotation.getName('FT', resolve)?.value === 'Sig'
      if (kind !== 'Link' && !isSeal) {
        throw refuse(
          'part_not_static',
          name,
          'a des champs ou des annotations',
          'Passez-la par normaliseExhibit avant de l’assembler.',
        )
      }
    }
    inheritBoxes(page, document)
  }
  if (document.isEncrypted || pages.length === 0) {
    throw refuse('bad_part', name, 'est chiffrée ou sans page', 'Produisez ce document de nouveau, sans mot de passe.')
  }
  return { document, sizes: pages.map(displayedSize) }
}

function hasContents(page: PDFPage, source: PDF): boolean {
  const contents = page.dict.get('Contents', source.context.resolve.bind(source.context))
  return contents instanceof PdfStream || (contents instanceof PdfArray && contents.length > 0)
}

/** Has the form's values drawn where the file leaves that to the reader's program. */
function drawFields(source: PDF): void {
  const stale = source
    .getCatalog()
    .getDict('AcroForm', source.context.resolve.bind(source.context))
    ?.getBool('NeedAppearances')?.value
  for (const field of source.getForm()?.getFields() ?? []) {
    if (stale || field.getWidgets().some((widget) => !widget.hasNormalAppearance())) {
      // Public in the library, but missing from the type of the list.
      Object.assign(field, { needsAppearanceUpdate: true })
    }
  }
}

function openWithOwnersLeave(source: PDF, name: string, password: string | undefined): void {
  // Without this, an unknown password would save garbage; and a reader's password is not a leave to copy.
  const leave = source.isAuthenticated && source.authenticate(password ?? '').isOwner
  if (!leave) {
    throw refuse(
      'exhibit_encrypted',
      name,
      'est protégée par un mot de passe',
      'Demandez à son auteur une version sans protection, ou le mot de passe du propriétaire.',
    )
  }
  source.removeProtection()
}

/** Says what the original does besides showing pages. */
function describe(source: PDF, flag: Flag, active: () => void): void {
  const resolve = source.context.resolve.bind(source.context)
  const catalog = source.getCatalog()
  if (isActive(source)) active()
  const form = catalog.getDict('AcroForm', resolve)
  if (form?.has('XFA'))
    flag('exhibit_xfa', 'formulaire XFA, dont l’affichage dépend d’Adobe Reader\u00a0; comparez-la à l’original')
  if ((form?.getNumber('SigFlags', resolve)?.value ?? 0) & 1)
    flag('exhibit_signature', 'sa signature électronique ne vaut plus que dans l’original')
  const attached = [...source.getAttachments().keys()].filter(
    (file) => !/^(factur-x|zugferd-invoice|xrechnung|order-x)\.xml$/i.test(file),
  )
  if (attached.length > 0) flag('exhibit_attachments', `fichiers joints retirés (${attached.join(', ').slice(0, 200)})`)
}

// The library takes the box's far corner for its width: wrong as soon as the box does not start at zero.
export function displayedSize(page: PDFPage): { width: number; height: number } {
  const [left, bottom, right, top] = page.dict
    .getArray('MediaBox')!
    .toArray()
    .map((side) => (side as PdfNumber).value)
  const size = { width: right! - left!, height: top! - bottom! }
  return page.rotation % 180 === 0 ? size : { width: size.height, height: size.width }
}
