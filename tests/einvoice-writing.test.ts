import { readFileSync } from 'node:fs'
import { PDF } from '@libpdf/core'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { invoiceFromJson, invoiceToJson, readInvoice, type ReadInvoice } from '../documents/invoices/einvoice.ts'
import { block, line } from '../documents/invoices/einvoice-values.ts'
import { writeFacturX } from '../documents/invoices/facturx.ts'
import { writeCii, type InvoiceToWrite } from '../documents/invoices/facturx-xml.ts'
import { nativeTypst } from '../documents/typst/typst.ts'
import type { DomainError } from '../schema/errors.ts'
import { divideHalfUp } from '../schema/money.ts'

const bytes = (name: string) => new Uint8Array(readFileSync(new URL(`../${name}`, import.meta.url)))
const utf8 = (text: string) => new TextEncoder().encode(text)
const sample = () => readInvoice(bytes('samples/Facture_FR_EN16931.pdf'))
const codes = (invoice: ReadInvoice) => invoice.doubts.map((doubt) => doubt.code)
const engine = nativeTypst({ processes: 1 })
afterAll(() => engine.close())
const at = Temporal.Instant.from('2026-01-05T10:00:00Z')

describe('writing', () => {
  const text = fc.oneof(
    fc.constantFrom('#panic("x") *b* $x$ <b>@ref', ']]>&amp;<!DOCTYPE a>', 'SOCIÉTÉ « Œuvre » & fils', '__proto__'),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
  )
  const oneLine = text.map((value) => line(value) ?? 'x')
  const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
  const digits = (length: number) =>
    fc.array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length }).map((all) => all.join(''))

  const party = fc
    .record({
      name: oneLine,
      form: orNull(oneLine),
      siren: digits(9),
      nic: orNull(digits(5)),
      key: digits(2),
      street: fc.array(oneLine, { maxLength: 3 }),
      postalCode: orNull(digits(5)),
      city: oneLine,
      country: fc.constantFrom('FR', 'DE', 'MG'),
      phone: orNull(oneLine),
      email: orNull(oneLine),
    })
    .map((one) => ({
      name: one.name,
      ...(one.form === null ? {} : { legalForm: one.form }),
      siret: one.nic === null ? null : one.siren + one.nic,
      siren: one.siren,
      vat: `FR${one.key}${one.siren}`,
      address: { lines: one.street, postalCode: one.postalCode, city: one.city, country: one.country },
      contact:
        one.phone === null && one.email === null
          ? null
          : {
              ...(one.phone === null ? {} : { phone: one.phone }),
              ...(one.email === null ? {} : { email: one.email }),
            },
    }))

  const item = fc.record({
    description: oneLine,
    quantity: fc.integer({ min: 1, max: 5000 }),
    price: fc.bigInt(1n, 10_000_000n),
    rate: fc.constantFrom('20.00', '5.50', '2.1'),
  })

  const anyInvoice: fc.Arbitrary<InvoiceToWrite> = fc
    .record({
      kind: fc.constantFrom('invoice' as const, 'credit_note' as const),
      number: oneLine,
      seller: party,
      buyer: party,
      items: fc.array(item, { minLength: 1, maxLength: 5 }),
      issued: fc.integer({ min: 0, max: 20_000 }),
      term: orNull(fc.integer({ min: 0, max: 400 })),
      iban: fc.constantFrom(null, 'FR7630006000011234567890189'),
      order: orNull(oneLine),
      terms: text.map((value) => block(value) ?? 'à réception'),
      notes: fc.array(
        text.map((value) => block(value) ?? 'note'),
        { maxLength: 3 },
      ),
      preceding: orNull(oneLine),
    })
    .map((one) => {
      const issuedOn = Temporal.PlainDate.from('1990-01-01').add({ days: one.issued })
      const lines = one.items.map(({ description, quantity, price, rate }) => ({
        description,
        quantity: String(quantity),
        unit: 'C62',
        unitPrice: `${price / 100n}.${String(price % 100n).padStart(2, '0')}`,
        amount: BigInt(quantity) * price,
        vatRate: rate,
      }))
      const vatBreakdown = [...new Set(lines.map((row) => row.vatRate))].map((rate) => {
        const basis = lines.filter((row) => row.vatRate === rate).reduce((total, row) => total + row.amount, 0n)
        return {
          rate,
          basis,
          tax: divideHalfUp(basis * BigInt(Math.round(Number(rate) * 100)), 10_000n),
          category: 'S',
        }
      })
      const net = vatBreakdown.reduce((total, row) => total + row.basis, 0n)
      const tax = vatBreakdown.reduce((total, row) => total + row.tax, 0n)
      const prepaid = (net + tax) / 3n
      return {
        kind: one.kind,
        number: line(one.number.slice(0, 80).toWellFormed(), 100) ?? 'F',
        issuedOn,
        dueOn: one.term === null ? null : issuedOn.add({ days: one.term }),
        currency: 'EUR',
        net,
        tax,
        total: net + tax,
        prepaid,
        payable: net + tax - prepaid,
        seller: one.seller,
        buyer: one.buyer,
        iban: one.iban,
        bic: one.iban && 'AGRIFRPP',
        paymentReference: null,
        orderReference: one.order,
        buyerReference: one.order,
        contractReference: null,
        deliveredOn: issuedOn,
        paymentTerms: one.terms,
        precedingInvoice: one.preceding,
        lines,
        vatBreakdown,
        notes: one.notes,
      }
    })

  // The whole invoice but for what the container and the checks add.
  const told = (invoice: InvoiceToWrite) =>
    invoiceToJson({ ...invoice, source: { format: 'cii', profile: null }, missing: [], doubts: [] })

  test('reading back what was written gives the same invoice, whatever the texts', async () => {
    await fc.assert(
      fc.asyncProperty(anyInvoice, async (invoice) => {
        const read = await readInvoice(utf8(writeCii(invoice)))
        expect(told(read)).toEqual(told(invoice))
        const sound = new Set(['siret_key', 'siren_key', 'vat_key'])
        expect(codes(read).filter((code) => !sound.has(code))).toEqual([])
      }),
      { numRuns: 150 },
    )
  })

  test('the PDF carries the XML, says it is a Factur-X, prints a hostile name as it is, and is the same twice', async () => {
    const invoice = { ...(await sample()), iban: 'FR7630006000011234567890189', bic: 'AGRIFRPP' }
    const name = '#panic("x") *b* $x$ <b>@ref'
    invoice.buyer = { ...invoice.buyer, name }
    const mentions = [
      { subject: 'PMD' as const, text: 'Pénalités de retard\u00a0: 10,00\u00a0% l’an.' },
      { subject: 'PMT' as const, text: 'Indemnité forfaitaire pour frais de recouvrement\u00a0: 40,00\u00a0€.' },
    ]
    const { pdf, xml } = await writeFacturX({ ...invoice, mentions }, { engine, at })
    const again = await writeFacturX({ ...invoice, mentions }, { engine, at })
    expect(Buffer.compare(pdf, again.pdf)).toBe(0)
    expect(xml).toContain('<ram:SubjectCode>PMT</ram:SubjectCode>')

    const read = await readInvoice(pdf)
    expect(told(read)).toEqual(told({ ...invoice, notes: [...invoice.notes, ...mentions.map((one) => one.text)] }))
    expect(read.source).toEqual({ format: 'factur-x', profile: 'EN 16931' })

    const document = await PDF.load(pdf)
    expect(document.recoveredViaBruteForce).toBe(false)
    const printed = document
      .getPages()
      .map((page) => page.extractText().text)
      .join('\n')
      .replace(/\s+/g, ' ')
    for (const words of [name, 'FA-2017-0010', '470,15 €', '13 décembre 2017', 'FR76 3000 6000', '40,00 €'])
      expect(printed).toContain(words)
    const raw = Buffer.from(pdf).toString('latin1')
    expect(raw).toContain('<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>')
    expect(raw).toContain('<pdfaid:part>3</pdfaid:part>')
    expect(raw).toContain('/AFRelationship /Alternative')
  })

  test('an invoice that its profile cannot tell truthfully is refused', async () => {
    const invoice = await sample()
    const code = (change: Partial<InvoiceToWrite>) => {
      try {
        return writeCii({ ...invoice, ...change }).length
      } catch (error) {
        return (error as DomainError).code
      }
    }
    expect(code({ lines: [] })).toBe('incomplete_invoice')
    expect(code({ seller: { ...invoice.seller, address: null } })).toBe('incomplete_invoice')
    expect(code({ dueOn: null, paymentTerms: null })).toBe('incomplete_invoice')
    expect(code({ payable: 1n })).toBe('inconsistent_invoice')
    expect(code({ vatBreakdown: [] })).toBe('incomplete_invoice')
  })

  test('an invoice without VAT says why', () => {
    const invoice = invoiceFromJson({
      number: 'F-1',
      issued_on: '2026-01-05',
      due_on: '2026-02-04',
      currency: 'EUR',
      total: '100.00',
      net: '100.00',
      tax: '0.00',
      seller: {
        name: 'Micro',
        siren: '732829320',
        address: { lines: ['1 rue X'], postal_code: '75001', city: 'Paris', country: 'FR' },
      },
      buyer: { name: 'Client', address: { lines: ['2 rue Y'], postal_code: '75002', city: 'Paris', country: 'FR' } },
      lines: [{ description: 'Conseil', quantity: '1', unit_price: '100.00', amount: '100.00', vat_rate: '0' }],
      vat: [{ rate: '0', basis: '100.00', tax: '0.00', category: 'E' }],
    })
    expect(() => writeCii(invoice)).toThrow(/exemption_reason/)
    const xml = writeCii({ ...invoice, exemptionReason: 'TVA non applicable, article 293 B du CGI' })
    expect(xml).toContain('<ram:ExemptionReason>TVA non applicable, article 293 B du CGI</ram:ExemptionReason>')
  })
})
