// Typst writes the PDF/A-3 and attaches the XML; only the four lines of metadata that make it a Factur-X are not its own.

const schema = 'urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#'
const properties = {
  DocumentFileName: ['factur-x.xml', 'name of the embedded XML invoice file'],
  DocumentType: ['INVOICE', 'INVOICE'],
  Version: ['1.0', 'version of the Factur-X standard'],
  ConformanceLevel: ['EN 16931', 'profile of the embedded XML invoice'],
}

/**
 * Adds the Factur-X metadata (with the extension schema that PDF/A asks for) to a PDF that Typst has just written, in
 * place: one revision, no clock, same bytes for same bytes.
 */
export function describeFacturx(pdf: Uint8Array): Uint8Array {
  const file = Buffer.from(pdf)
  const xref = Number(/startxref\n(\d+)\n%%EOF\s*$/.exec(file.toString('latin1', file.length - 60))?.[1])
  const table = file.toString('latin1', xref)
  const [head, count] = /^xref\n0 (\d+)\n/.exec(table) ?? []
  const root = /\/Root (\d+) 0 R/.exec(table.slice(table.indexOf('trailer')))?.[1]
  if (!head || !count || !root) throw unexpected('a classic cross-reference table')
  const offset = (object: number) => Number(table.slice(head.length + object * 20, head.length + object * 20 + 10))
  const catalog = file.toString('latin1', offset(Number(root)), xref)
  const metadata = Number(/\/Metadata (\d+) 0 R/.exec(catalog.slice(0, catalog.indexOf('endobj')))?.[1])
  if (!metadata) throw unexpected('metadata')

  const start = offset(metadata)
  const object = file.toString('utf8', start, file.indexOf('endstream', start))
  const length = /\/Length (\d+)/.exec(object)
  const bag = '<pdfaExtension:schemas><rdf:Bag>'
  if (!length || !object.includes(bag) || !object.includes('</rdf:RDF>')) throw unexpected('readable metadata')
  const added = object.replace(bag, () => bag + extension()).replace('</rdf:RDF>', () => `${description()}</rdf:RDF>`)
  const grown = Buffer.byteLength(added) - Buffer.byteLength(object)
  const rewritten = added.replace(length[0], `/Length ${Number(length[1]) + grown}`)
  const shift = Buffer.byteLength(rewritten) - Buffer.byteLength(object)

  const entries = Array.from({ length: Number(count) }, (_, i) => {
    const entry = table.slice(head.length + i * 20, head.length + (i + 1) * 20)
    const at = Number(entry.slice(0, 10))
    return entry[17] === 'n' && at > start ? String(at + shift).padStart(10, '0') + entry.slice(10) : entry
  })
  const tail = table
    .slice(head.length + Number(count) * 20)
    .replace(`startxref\n${xref}\n`, `startxref\n${xref + shift}\n`)
  return new Uint8Array(
    Buffer.concat([
      file.subarray(0, start),
      Buffer.from(rewritten),
      file.subarray(start + Buffer.byteLength(object), xref),
      Buffer.from(head + entries.join('') + tail, 'latin1'),
    ]),
  )
}

function description(): string {
  const values = Object.entries(properties).map(([name, [value]]) => `<fx:${name}>${value}</fx:${name}>`)
  return `<rdf:Description rdf:about="" xmlns:fx="${schema}">${values.join('')}</rdf:Description>`
}

function extension(): string {
  const items = Object.entries(properties).map(
    ([name, [, about]]) =>
      '<rdf:li rdf:parseType="Resource"><pdfaProperty:category>external</pdfaProperty:category>' +
      `<pdfaProperty:description>${about}</pdfaProperty:description><pdfaProperty:name>${name}</pdfaProperty:name>` +
      '<pdfaProperty:valueType>Text</pdfaProperty:valueType></rdf:li>',
  )
  return (
    '<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>' +
    `<pdfaSchema:namespaceURI>${schema}</pdfaSchema:namespaceURI><pdfaSchema:prefix>fx</pdfaSchema:prefix>` +
    `<pdfaSchema:property><rdf:Seq>${items.join('')}</rdf:Seq></pdfaSchema:property></rdf:li>`
  )
}

const unexpected = (what: string) => new Error(`the PDF from Typst has no ${what}: its writer has changed`)
