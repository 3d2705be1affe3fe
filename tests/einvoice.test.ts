import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { PDF } from '@libpdf/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { invoiceFromJson, invoiceToJson, readInvoice, type ReadInvoice } from '../documents/invoices/einvoice.ts'
import { writeCii } from '../documents/invoices/facturx-xml.ts'
import { DomainError } from '../schema/errors.ts'

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url))
const bytes = (name: string) => new Uint8Array(readFileSync(path(name)))
const utf8 = (text: string) => new TextEncoder().encode(text)
const sample = () => readInvoice(bytes('samples/Facture_FR_EN16931.pdf'))
const codes = (invoice: ReadInvoice) => invoice.doubts.map((doubt) => doubt.code)
const fields = (invoice: ReadInvoice) => invoice.missing.map((one) => one.field)

async function refusal(input: Uint8Array | string): Promise<DomainError> {
  const error = await readInvoice(typeof input === 'string' ? utf8(input) : input).then(
    () => new Error('was read'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof DomainError)) throw error
  expect(error.remedy).not.toBe('')
  return error
}

const sampleXml = writeCii(await sample())
const changed = (from: string | RegExp, to: string): string => {
  const result = sampleXml.replace(from, to)
  expect(result).not.toBe(sampleXml)
  return result
}

describe('reading', () => {
  test('the invoice of the demo is understood whole, to the cent', async () => {
    const invoice = await sample()
    expect(invoiceToJson(invoice)).toMatchObject({
      kind: 'invoice',
      number: 'FA-2017-0010',
      issued_on: '2017-11-13',
      due_on: '2017-12-13',
      currency: 'EUR',
      total: '671.15',
      net: '624.90',
      tax: '46.25',
      prepaid: '201.00',
      payable: '470.15',
      seller: { name: 'Au bon moulin', siret: '99999999800010', siren: '999999998', contact: { name: 'Tony Dubois' } },
      buyer: {
        name: 'Ma jolie boutique',
        address: { lines: ['35 rue de la République'], postal_code: '69001', city: 'Lyon' },
      },
      iban: 'FR2012421242124212421242124',
      bic: 'FIDCFR21XXX',
      order_reference: 'PO445',
      contract_reference: 'MSPE2017',
      payment_terms: "30% d'acompte, solde à 30 j",
      source: { format: 'factur-x', profile: 'EN 16931' },
    })
    expect(invoice.lines).toHaveLength(3)
    expect(invoice.lines[0]).toEqual({
      description: "Nougat de l'Abbaye 250g",
      quantity: '20.000',
      unit: 'C62',
      unitPrice: '4.10',
      amount: 8190n,
      vatRate: '20.00',
    })
  })

  test('its two SIRET and its IBAN fail their keys, which is doubtful and not refused', async () => {
    expect(codes(await sample())).toEqual(['siret_key', 'siret_key', 'iban_key'])
  })

  test('what a poorer profile leaves out is listed as missing and never invented', async () => {
    const minimum = await readInvoice(bytes('tests/fixtures/invoices/Facture_FR_MINIMUM.pdf'))
    expect(fields(minimum)).toEqual(['seller.address', 'buyer.address', 'due_on', 'iban', 'delivered_on', 'lines'])
    expect(minimum).toMatchObject({ dueOn: null, iban: null, payable: 47015n, total: 67115n, prepaid: 0n })
    expect(minimum.seller.address).toBeNull()
    expect(codes(minimum)).toContain('payable_mismatch')
    const withoutLines = await readInvoice(bytes('tests/fixtures/invoices/Facture_FR_BASICWL.pdf'))
    expect(fields(withoutLines)).toEqual(['delivered_on', 'lines'])
    expect(withoutLines).toMatchObject({ payable: 47015n, prepaid: 20100n, source: { profile: 'BASIC WL' } })
  })

  test('a credit note names the invoice it credits', async () => {
    const note = await readInvoice(bytes('samples/Avoir_FR_type381_BASIC.pdf'))
    expect(note).toMatchObject({
      kind: 'credit_note',
      number: 'AV-2017-0005',
      precedingInvoice: 'FA-2017-0010',
      payable: 23347n,
    })
    expect(note.missing).toEqual([])
  })

  test('one invoice says the same in CII and in UBL', async () => {
    const cii = invoiceToJson(await readInvoice(bytes('tests/fixtures/invoices/CII_example1.xml')))
    const ubl = invoiceToJson(await readInvoice(bytes('tests/fixtures/invoices/ubl-tc434-example1.xml')))
    for (const key of [
      'number',
      'issued_on',
      'due_on',
      'total',
      'net',
      'tax',
      'payable',
      'buyer',
      'seller',
      'iban',
      'vat',
    ] as const) {
      expect({ [key]: ubl[key] }).toEqual({ [key]: cii[key] })
    }
    expect(ubl.lines?.map((one) => one.amount)).toEqual(cii.lines?.map((one) => one.amount))
  })

  test('bytes are read for what they are, whatever the name says', async () => {
    const invoice = await readInvoice(bytes('samples/Facture_FR_EN16931.pdf'), { fileName: 'facture.xml' })
    expect(invoice.source.format).toBe('factur-x')
  })

  test('what intake prints can be read again', async () => {
    const printed = invoiceToJson(await sample())
    const again = invoiceToJson(await readInvoice(utf8(JSON.stringify(printed))))
    expect({ ...again, source: printed.source }).toEqual(printed)
  })

  test('a postcode is missed where the country has one, and nowhere else', async () => {
    const place = (postal_code: string | null, country: string) => {
      const { buyer, ...others } = invoiceToJson(given)
      const address = { lines: ['7 Nathan Road'], postal_code, city: 'Kowloon', country }
      return fields(invoiceFromJson({ ...others, buyer: { ...buyer, address } })).includes('buyer.address')
    }
    const given = await sample()
    expect([place(null, 'HK'), place(null, 'FR'), place('69001', 'FR')]).toEqual([false, true, false])
  })

  test('characters written as numeric references are read as characters', async () => {
    const invoice = await readInvoice(utf8(changed('Ma jolie boutique', 'Caf&#233; &amp;lt; &#x2019; <![CDATA[<b>]]>')))
    expect(invoice.buyer.name).toBe('Café &lt; ’ <b>')
  })

  test('marks that turn the reading direction of a name are dropped', async () => {
    expect((await readInvoice(utf8(changed('Ma jolie boutique', 'abc\u202Efdp.exe\u0007')))).buyer.name).toBe(
      'abcfdp.exe',
    )
  })

  test('a line may have more than two decimals, and its rounding is shown', async () => {
    const invoice = await readInvoice(utf8(changed('<ram:LineTotalAmount>48.00<', '<ram:LineTotalAmount>47.9951<')))
    expect(invoice.lines[1]?.amount).toBe(4800n)
    expect(codes(invoice)).toContain('line_rounded')
  })
})

describe('refusing', () => {
  const due = '20171213'
  test.each([
    [
      'a DOCTYPE',
      'xml_doctype',
      () => `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>${sampleXml.replace(/<\?xml.*\n/, '')}`,
    ],
    ['another encoding', 'not_utf8', () => changed('UTF-8', 'ISO-8859-1')],
    ['an XML that is something else', 'unknown_xml', () => '<html><body/></html>'],
    ['an XML that borrows the name of the root', 'unknown_xml', () => '<Invoice><ID>1</ID></Invoice>'],
    ['a bank statement', 'not_an_invoice', () => '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"/>'],
    ['a quotation', 'not_an_invoice', () => changed('>380<', '>310<')],
    ['an unclosed element', 'malformed_xml', () => sampleXml.slice(0, -30)],
    ['elements nested without end', 'malformed_xml', () => '<a>'.repeat(5000) + '</a>'.repeat(5000)],
    ['elements without end', 'xml_too_many_elements', () => `<a>${'<b/>'.repeat(1_000_001)}</a>`],
    ['attributes without end', 'xml_too_many_elements', () => `<a ${'b="1" '.repeat(250_001)}/>`],
    ['a payable amount of zero', 'nothing_to_pay', () => changed('DuePayableAmount>470.15', 'DuePayableAmount>0.00')],
    [
      'a negative payable amount',
      'negative_amount',
      () => changed('DuePayableAmount>470.15', 'DuePayableAmount>-470.15'),
    ],
    ['a negative total', 'negative_amount', () => changed('GrandTotalAmount>671.15', 'GrandTotalAmount>-671.15')],
    [
      'more than a thousand billion',
      'absurd_amount',
      () => changed('DuePayableAmount>470.15', 'DuePayableAmount>1000000000000.01'),
    ],
    [
      'digits without end',
      'absurd_amount',
      () => changed('DuePayableAmount>470.15', `DuePayableAmount>${'9'.repeat(400)}`),
    ],
    ['an amount with a comma', 'bad_amount', () => changed('DuePayableAmount>470.15', 'DuePayableAmount>470,15')],
    [
      'an amount to the tenth of a cent',
      'bad_amount',
      () => changed('DuePayableAmount>470.15', 'DuePayableAmount>470.155'),
    ],
    [
      'two payable amounts that differ',
      'ambiguous_xml',
      () =>
        changed('</ram:DuePayableAmount>', '</ram:DuePayableAmount><ram:DuePayableAmount>1.00</ram:DuePayableAmount>'),
    ],
    [
      'an amount in another currency',
      'mixed_currencies',
      () => changed('<ram:DuePayableAmount>', '<ram:DuePayableAmount currencyID="USD">'),
    ],
    ['a currency we do not know', 'unknown_currency', () => sampleXml.replaceAll('EUR', 'XAU')],
    ['a due date before the issue', 'due_before_issue', () => changed(due, '20171112')],
    ['the thirtieth of February', 'bad_date', () => changed(due, '20180230')],
    ['a date in another format', 'bad_date', () => changed(due, '2017-12-13')],
    ['a year of another age', 'bad_date', () => changed(due, '21171213').replace('20171113', '00171113')],
    [
      'an invoice without number',
      'incomplete_invoice',
      () => changed('<ram:ID>FA-2017-0010</ram:ID>', '<ram:ID> </ram:ID>'),
    ],
    ['a name as long as a novel', 'text_too_long', () => changed('Ma jolie boutique', 'x'.repeat(2000))],
    ['a table', 'unsupported_format', () => 'numero;montant\nF1;12,00\n'],
    ['a spreadsheet', 'unsupported_format', () => 'PK\u0003\u0004rest'],
    ['nothing', 'empty_file', () => ''],
    ['half a JSON', 'invalid_json', () => '{"number": '],
    [
      'a JSON with amounts as floats',
      'invalid_file',
      () => '{"number":"1","issued_on":"2026-01-01","currency":"EUR","total":1.1}',
    ],
  ])('%s is refused (%s)', async (_what, code, make) => {
    expect((await refusal(make())).code).toBe(code)
  })

  test('bytes that are not UTF-8 are refused', async () => {
    expect((await refusal(new Uint8Array([0x3c, 0x61, 0x3e, 0xe9, 0x3c]))).code).toBe('not_utf8')
  })

  test.each([
    ['PNG', '\x89PNG\r\n\x1a\n'],
    ['JPEG', '\xff\xd8\xff\xe0'],
    ['a telephone', '\0\0\0\x18ftypheic'],
  ])('a picture (%s) is called a picture', async (_what, head) => {
    expect((await refusal(Buffer.from(head.padEnd(64, '\xe9'), 'latin1'))).code).toBe('picture_of_invoice')
  })

  test('more than 20 MB are refused without being read', async () => {
    expect((await refusal(new Uint8Array(20 * 1024 * 1024 + 1))).code).toBe('file_too_large')
  })

  test('a PDF without XML, a locked one and a broken one are told apart', async () => {
    const plain = PDF.create()
    plain.addPage()
    plain.addAttachment('notice.txt', utf8('rien'))
    expect((await refusal(await plain.save())).code).toBe('pdf_without_xml')
    const locked = await PDF.load(bytes('samples/Facture_FR_EN16931.pdf'))
    locked.setProtection({ userPassword: 'secret', ownerPassword: 'owner' })
    expect((await refusal(await locked.save())).code).toBe('encrypted_pdf')
    expect((await refusal('%PDF-1.7\nnothing more')).code).toBe('unreadable_pdf')
    const whole = bytes('samples/Facture_FR_EN16931.pdf')
    expect((await refusal(whole.subarray(0, 2000))).code).toBe('unreadable_pdf')
  })

  test('an attachment that inflates beyond 20 MB is refused before it fills the memory', async () => {
    const bomb = PDF.create()
    bomb.addPage()
    bomb.addAttachment('factur-x.xml', new Uint8Array(40 * 1024 * 1024).fill(32))
    const file = await bomb.save()
    expect(file.length).toBeLessThan(1024 * 1024)
    expect((await refusal(file)).code).toBe('unreadable_pdf')
  })
})

describe('surviving', () => {
  test('whatever is done to an invoice, it is read or refused in a sentence, never a crash', async () => {
    const json = JSON.stringify(invoiceToJson(await sample()))
    const edit = fc.record({
      at: fc.nat(),
      cut: fc.nat(40),
      put: fc.oneof(
        fc.string({ unit: 'binary', maxLength: 8 }),
        fc.constantFrom('<', '&', '"', '-', '99', '<a>', '</a>'),
      ),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(sampleXml, json),
        fc.array(edit, { minLength: 1, maxLength: 3 }),
        async (start, edits) => {
          const broken = edits.reduce((now, { at, cut, put }) => {
            const from = at % now.length
            return now.slice(0, from) + put + now.slice(from + cut)
          }, start)
          const outcome = await readInvoice(utf8(broken)).catch((error: unknown) => error)
          if (outcome instanceof Error && !(outcome instanceof DomainError)) throw outcome
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('doubting', () => {
  test.each([
    ['73282932000074', 'FR44732829320', []],
    ['73282932000075', 'FR44732829320', ['siret_key']],
    ['73282932000074', 'FR45732829320', ['vat_key']],
    ['35600000000048', 'FR39356000000', []],
    ['35600000049837', 'FR39356000000', []],
    ['35600000049838', 'FR39356000000', ['siret_key']],
    ['73282932000074', 'FR4473282932', ['vat_format']],
    ['73282932100072', 'FR47732829321', ['siren_key']],
  ])('a seller of SIRET %s and VAT number %s: %o', async (siret, vat, expected) => {
    const { seller, ...invoice } = invoiceToJson(await sample())
    const read = invoiceFromJson({ ...invoice, seller: { ...seller, siret, siren: siret.slice(0, 9), vat } })
    expect(codes(read).filter((code) => /^(siret|siren|vat)_/.test(code))).toEqual([...expected, 'siret_key'])
  })

  test.each([
    [
      'a total that is not net plus tax',
      'total_mismatch',
      () => changed('GrandTotalAmount>671.15', 'GrandTotalAmount>672.15'),
    ],
    [
      'a payable that is not total less prepaid',
      'payable_mismatch',
      () => changed('DuePayableAmount>470.15', 'DuePayableAmount>470.16'),
    ],
    [
      'lines that do not make the net',
      'lines_mismatch',
      () => changed('<ram:LineTotalAmount>48.00', '<ram:LineTotalAmount>58.00'),
    ],
    [
      'a line that is not quantity by price',
      'line_mismatch',
      () => changed('<ram:LineTotalAmount>48.00', '<ram:LineTotalAmount>58.00'),
    ],
    [
      'VAT that is not its rate',
      'vat_rate_mismatch',
      () =>
        changed(
          '<ram:RateApplicablePercent>20.00</ram:RateApplicablePercent>\n</ram:ApplicableTradeTax>\n<ram:ApplicableTradeTax>',
          '<ram:RateApplicablePercent>10.00</ram:RateApplicablePercent>\n</ram:ApplicableTradeTax>\n<ram:ApplicableTradeTax>',
        ),
    ],
    ['a VAT number of someone else', 'vat_siren_mismatch', () => changed('FR11999999998', 'FR44732829320')],
    ['a factored debt', 'factored', () => changed('>380<', '>393<')],
    ['a seller that is its own buyer', 'same_party', () => sampleXml.replaceAll('78787878400035', '99999999800010')],
  ])('%s is shown (%s)', async (_what, code, make) => {
    expect(codes(await readInvoice(utf8(make())))).toContain(code)
  })
})

describe('courtois intake', () => {
  const run = (...files: string[]) =>
    promisify(execFile)(process.execPath, [path('scripts/courtois.ts'), 'intake', ...files]).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
    )

  test('it prints what is understood, doubtful and missing, and exits 0 though things be missing', async () => {
    const { code, stdout } = await run(path('samples/Facture_FR_EN16931.pdf'), '--dry-run')
    expect(code).toBe(0)
    const json = JSON.parse(stdout) as { payable: string; doubts: { code: string }[]; missing: unknown[] }
    expect(json).toMatchObject({ payable: '470.15', due_on: '2017-12-13' })
    expect(json.doubts).toHaveLength(4)
    expect(json.doubts.at(-1)).toMatchObject({
      code: 'time_barred',
      message: expect.stringMatching(/13\sdécembre\s2018/),
    })
    expect(json.missing).toHaveLength(1)
  })

  test('it exits 1 with a sentence and no stack when a file is refused, 2 when none is named', async () => {
    const refused = await run(path('package.json'))
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).not.toMatch(/\n\s+at /)
    expect((await run()).code).toBe(2)
  })
})
