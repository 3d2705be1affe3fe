import { inflateSync } from 'node:zlib'
import { type PDF, PdfArray, PdfDict, PdfName, PdfRef, PdfStream, PdfString } from '@libpdf/core'
import { isProgram } from './program.ts'

// ISO 32000-2, 12.6.4: the actions that run, send or fetch something, and what plays or moves by itself.
const actions = new Set([
  'JavaScript',
  'Launch',
  'SubmitForm',
  'ImportData',
  'Rendition',
  'Movie',
  'Sound',
  'GoTo3DView',
  'RichMediaExecute',
])
const scenes = new Set(['RichMedia', '3D', 'Movie', 'Screen', 'Sound'])
// Behind a click they are links; by themselves, when a page is opened, they fetch what they name.
const leading = new Set(['URI', 'GoToR', 'GoToE'])
const maxObjects = 2_000_000

/** True for a PDF that holds a script, an action that runs or sends, a scene that plays, or a program among its files. */
export function isActive(document: PDF): boolean {
  const seen = new Set<unknown>()
  const waiting: unknown[] = [document.getCatalog()]
  while (waiting.length > 0) {
    let node = waiting.pop()
    if (node instanceof PdfRef) {
      if (seen.has(node.toString())) continue
      seen.add(node.toString())
      node = document.getObject(node)
    }
    if (node instanceof PdfArray) {
      for (const item of node) waiting.push(item)
    } else if (node instanceof PdfDict) {
      if (acts(node, document)) return true
      for (const [, value] of node) waiting.push(value)
    }
    if (seen.size > maxObjects) return true
  }
  return false
}

/** True for an action that runs, sends or fetches something. */
export function isAction(dict: PdfDict): boolean {
  const kind = dict.get('S')
  return kind instanceof PdfName && actions.has(kind.value)
}

function acts(dict: PdfDict, document: PDF): boolean {
  const name = (key: string): string => {
    const value = dict.get(key)
    return value instanceof PdfName ? value.value : ''
  }
  return (
    isAction(dict) ||
    dict.has('JS') ||
    scenes.has(name('Subtype')) ||
    leadsAway(dict, document) ||
    holdsProgram(dict, document)
  )
}

/** What is done without a click, when the document or a page is opened, goes to another file or address. */
function leadsAway(dict: PdfDict, document: PDF): boolean {
  const resolve = (value: unknown): unknown => (value instanceof PdfRef ? document.getObject(value) : value)
  const others = resolve(dict.get('AA'))
  return [dict.get('OpenAction'), ...(others instanceof PdfDict ? [...others].map(([, value]) => value) : [])].some(
    (value) => {
      const action = resolve(value)
      const kind = action instanceof PdfDict ? action.get('S') : undefined
      return kind instanceof PdfName && leading.has(kind.value)
    },
  )
}

/** A file specification whose embedded file a computer could run. */
function holdsProgram(dict: PdfDict, document: PDF): boolean {
  const resolve = (value: unknown): unknown => (value instanceof PdfRef ? document.getObject(value) : value)
  const files = resolve(dict.get('EF'))
  if (!(files instanceof PdfDict)) return false
  const stream = resolve(files.get('UF') ?? files.get('F'))
  const name = resolve(dict.get('UF') ?? dict.get('F'))
  return isProgram({
    name: name instanceof PdfString ? name.asString() : '',
    bytes: stream instanceof PdfStream ? contents(stream) : new Uint8Array(),
  })
}

function contents(stream: PdfStream): Uint8Array {
  try {
    return stream.has('Filter') ? new Uint8Array(inflateSync(stream.data, { maxOutputLength: 64 << 20 })) : stream.data
  } catch {
    return stream.data
  }
}
