import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { DomainError } from '../../schema/errors.ts'

export type XmlNode = string | XmlElement
export interface XmlElement {
  [name: string]: XmlNode | XmlNode[] | undefined
}

const parser = new XMLParser({
  ignoreAttributes: false,
  removeNSPrefix: true,
  parseTagValue: false, // amounts stay strings: « 470.10 » is not 470.1
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  trimValues: false, // it would also trim around a CDATA inside a text; what is read is trimmed once, whole
  htmlEntities: true, // without it « &#233; » stays as it is written
})

/** Parses an XML document into its one root, prefixes removed. Refuses a DOCTYPE, another encoding, broken syntax. */
export function parseXml(text: string): { name: string; root: XmlElement } {
  // An invoice has no use for a DTD, and a DTD can make a parser read files or fill the memory.
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) {
    throw new DomainError('xml_doctype', 'Le XML contient une déclaration DOCTYPE, interdite dans une facture.', {
      remedy: 'Demandez un fichier CII ou UBL sans DOCTYPE.',
    })
  }
  refuseTooMany(text)
  const encoding = /^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"']*)/.exec(text)?.[1]
  if (encoding !== undefined && !/^(utf-?8|us-ascii)$/i.test(encoding)) {
    throw new DomainError('not_utf8', `Le XML se dit codé en «\u00a0${encoding.slice(0, 30)}\u00a0».`, {
      remedy: 'Enregistrez-le en UTF-8.',
      facts: { encoding: encoding.slice(0, 30) },
    })
  }
  let parsed: XmlElement
  try {
    const valid = XMLValidator.validate(text.trimStart())
    if (valid !== true) throw new Error(`${valid.err.msg} (${valid.err.line}:${valid.err.col})`)
    parsed = parser.parse(text) as XmlElement
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : '', cause)
  }
  const [name, ...others] = Object.keys(parsed)
  const root = name === undefined ? undefined : parsed[name]
  if (name === undefined || others.length > 0 || Array.isArray(root)) throw malformed('one root expected')
  return { name, root: typeof root === 'object' ? root : {} }
}

/** Some ten thousand lines of an invoice, or movements of a bank, with all that hangs on each. */
const most = { elements: 500_000, attributes: 250_000 }

/** A parser takes microseconds for each name, and the program answers nobody meanwhile. */
function refuseTooMany(text: string): void {
  let [tags, equals] = [0, 0]
  for (let i = 0; i < text.length; i++) {
    const sign = text.charCodeAt(i)
    if (sign === 0x3c) tags++
    else if (sign === 0x3d) equals++
  }
  if (tags <= 2 * most.elements && equals <= most.attributes) return
  throw new DomainError('xml_too_many_elements', 'Le XML contient plus d’éléments qu’il n’en est lu à la fois.', {
    remedy: 'Faites-le découper en plusieurs fichiers par celui qui l’a émis.',
    facts: most,
  })
}

function malformed(detail: string, cause?: unknown): DomainError {
  return new DomainError('malformed_xml', 'Le XML est mal formé.', {
    remedy: 'Demandez une copie intacte du fichier à celui qui l’a émis.',
    facts: { detail: detail.slice(0, 200) },
    cause,
  })
}

/** Every element found by following `path` down from `node`, in the order of the document. */
export function all(node: XmlNode | undefined, ...path: string[]): XmlNode[] {
  let nodes: XmlNode[] = node === undefined ? [] : [node]
  for (const name of path) {
    nodes = nodes.flatMap((one): XmlNode[] => {
      const found = typeof one === 'object' && Object.hasOwn(one, name) ? one[name] : undefined
      return found === undefined ? [] : Array.isArray(found) ? found : [found]
    })
  }
  return nodes
}

/** The first element found by following `path`. */
export const first = (node: XmlNode | undefined, ...path: string[]): XmlNode | undefined => all(node, ...path)[0]

export const attribute = (node: XmlNode | undefined, name: string): string | null =>
  typeof node === 'object' && typeof node[`@_${name}`] === 'string' ? (node[`@_${name}`] as string) : null

const content = (node: XmlNode | undefined): string | null => {
  const value = typeof node === 'object' ? node['#text'] : node
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}

/** Every text, not empty, found by following `path`. */
export const texts = (node: XmlNode | undefined, ...path: string[]): string[] =>
  all(node, ...path).flatMap((one) => content(one) ?? [])

export const text = (node: XmlNode | undefined, ...path: string[]): string | null => texts(node, ...path)[0] ?? null

/** A text of which a document has one: two that differ are refused, since either could be the lie. */
export function only(node: XmlNode | undefined, ...path: string[]): string | null {
  const values = [...new Set(texts(node, ...path))]
  if (values.length > 1) throw ambiguous(path.at(-1)!, values)
  return values[0] ?? null
}

/** One amount; an amount said to be in another currency than the invoice's is refused. */
export function money(currency: string | null, node: XmlNode | undefined, ...path: string[]): string | null {
  const nodes = all(node, ...path)
  const foreign = nodes.map((one) => attribute(one, 'currencyID')).find((code) => code !== null && code !== currency)
  if (foreign) {
    throw new DomainError(
      'mixed_currencies',
      `La facture mêle deux devises (${currency} et ${foreign.slice(0, 10)}).`,
      {
        remedy: 'Demandez une facture dont les montants sont dans une seule devise.',
        facts: { currency, foreign: foreign.slice(0, 10), element: path.at(-1) },
      },
    )
  }
  return only(node, ...path)
}

/** The total of VAT: it may be given twice, in the invoice's currency and in the accounting one. */
export function taxMoney(currency: string | null, nodes: XmlNode[]): string | null {
  const own = nodes.filter((one) => (attribute(one, 'currencyID') ?? currency) === currency)
  const values = [...new Set(own.flatMap((one) => content(one) ?? []))]
  if (values.length > 1) throw ambiguous('TaxTotalAmount', values)
  return values[0] ?? null
}

function ambiguous(element: string, values: string[]): DomainError {
  return new DomainError(
    'ambiguous_xml',
    `L’élément «\u00a0${element}\u00a0» est donné plusieurs fois avec des valeurs différentes.`,
    {
      remedy: 'Demandez un fichier conforme à celui qui a émis la facture.',
      facts: { element, values: values.slice(0, 5).map((value) => value.slice(0, 40)) },
    },
  )
}
