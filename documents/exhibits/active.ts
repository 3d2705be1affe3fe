import { inflateSync } from 'node:zlib'
import { type PDF, PdfArray, PdfDict, PdfName, PdfRef, PdfStream, PdfString } from '@libpdf/core'
import type { PdfValue } from '../pdf/text.ts'
import { isProgram } from './program.ts'

type Resolve = (ref: PdfRef) => PdfValue | null

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
const maxChain = 200

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
export function isAction(dict: PdfDict, resolve?: Resolve): boolean {
  const kind = dict.get('S', resolve)
  return kind instanceof PdfName && actions.has(kind.value)
}

function acts(dict: PdfDict, document: PDF): boolean {
  const resolve: Resolve = document.context.resolve.bind(document.context)
  const subtype = dict.get('Subtype', resolve)
  return (
    isAction(dict, resolve) ||
    dict.has('JS') ||
    (subtype instanceof PdfName && scenes.has(subtype.value)) ||
    leadsAway(dict, resolve) ||
    holdsProgram(dict, document)
  )
}

/** What is done without a click, when the document or a page is opened, goes to another file or address, at once or next. */
function leadsAway(dict: PdfDict, resolve: Resolve): boolean {
  const others = dict.get('AA', resolve)
  const waiting = [dict.get('OpenAction', resolve)]
  if (others instanceof PdfDict) for (const [{ value: key }] of others) waiting.push(others.get(key, resolve))
  // What a ring of actions or a chain without end would do, nobody can say.
  for (let looked = 0; waiting.length > 0; looked++) {
    const action = waiting.pop()
    if (looked > maxChain) return true
    if (action instanceof PdfArray) for (let i = 0; i < action.length; i++) waiting.push(action.at(i, resolve))
    if (!(action instanceof PdfDict)) continue
    const kind = action.get('S', resolve)
    if (kind instanceof PdfName && leading.has(kind.value)) return true
    waiting.push(action.get('Next', resolve))
  }
  return false
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
