import { PdfArray, PdfBool, PdfDict, PdfName, PdfNumber, PdfRef, type PdfStream, PdfString } from '@libpdf/core'
import { isAction } from '../exhibits/active.ts'

export type PdfValue = Parameters<PdfDict['set']>[1]
/** The number that another file gives to the object of a reference. */
export type Renumber = (ref: PdfRef) => number

// What a stream may say besides its data: another file to take the data from, private notes, other programs' marks.
const beside = new Set([
  'Length',
  'F',
  'FFilter',
  'FDecodeParms',
  'Ref',
  'OPI',
  'PieceInfo',
  'LastModified',
  'StructParent',
  'StructParents',
  'AF',
])

/** A value as PDF text (Latin-1), its references renumbered. What runs, sends or fetches becomes nothing. */
export function valueText(value: PdfValue, renumber: Renumber): string {
  if (value instanceof PdfRef) return `${renumber(value)} 0 R`
  if (value instanceof PdfName) return nameText(value)
  if (value instanceof PdfNumber) return numberText(value.value)
  if (value instanceof PdfString) return stringText(value)
  if (value instanceof PdfBool) return value.value ? 'true' : 'false'
  if (value instanceof PdfArray) {
    let text = ''
    for (const item of value) text += text === '' ? valueText(item, renumber) : ` ${valueText(item, renumber)}`
    return `[${text}]`
  }
  if (value instanceof PdfDict && !isAction(value)) {
    let text = '<<'
    for (const [key, item] of value) text += `${nameText(key)} ${valueText(item, renumber)} `
    return `${text}>>`
  }
  return 'null'
}

/** What a stream's dictionary says, but for its length and what leads out of the file. */
export function streamEntries(stream: PdfStream, renumber: Renumber): string {
  let text = ''
  for (const [key, item] of stream) {
    if (!beside.has(key.value)) text += `${nameText(key)} ${valueText(item, renumber)} `
  }
  return text
}

function stringText({ bytes }: PdfString): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  return /^[ -'*-[\]-~]{1,200}$/.test(text)
    ? `(${text})`
    : `<${Buffer.from(text, 'latin1').toString('hex').toUpperCase()}>`
}

const names = new WeakMap<PdfName, string>()

function nameText(name: PdfName): string {
  const known = names.get(name)
  if (known !== undefined) return known
  let text = '/'
  for (const byte of Buffer.from(name.value)) {
    const plain = byte > 0x20 && byte < 0x7f && !'()<>[]{}/%#'.includes(String.fromCharCode(byte))
    text += plain ? String.fromCharCode(byte) : `#${byte.toString(16).padStart(2, '0').toUpperCase()}`
  }
  names.set(name, text)
  return text
}

/** A PDF knows no exponent. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return Math.abs(value) < 1e21 ? String(value) : '0'
  const text = value.toFixed(10).replace(/\.?0+$/, '')
  return text === '-0' || !/^-?\d/.test(text) ? '0' : text
}
