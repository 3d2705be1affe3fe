import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PDF } from '@libpdf/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../documents/archive.ts'
import { soffice } from '../documents/exhibits/office.ts'
import { type ExhibitSource, normaliseExhibit } from '../documents/exhibits/exhibits.ts'
import type { PackInput } from '../documents/packs/pack.ts'
import { nativeTypst, type TypstEngine } from '../documents/typst/typst.ts'
import { activePdf, jpeg, tiff, mail, docx, odtWithPicture, bitPng, inkJpeg } from './fixtures/exhibits.ts'
import { pdfOf } from './fixtures/hostile-pdf.ts'
import { outlookMessage } from './fixtures/outlook.ts'
import { assembled, creditNote, invoice, png, samplePack } from './fixtures/pack-sample.ts'
import { textOf } from './house.ts'
import { pixels } from './pixels.ts'

let engine: TypstEngine
beforeAll(() => {
  engine = nativeTypst()
})
afterAll(() => engine.close())

const normalise = (bytes: Uint8Array, options: Partial<ExhibitSource> = {}) =>
  normaliseExhibit(bytes, { engine, ...options })
const installed = (tool: string): boolean => spawnSync(tool, ['-v']).error === undefined
const codesOf = ({ flags }: { flags: { code: string }[] }): string[] => flags.map(({ code }) => code)
const sample = (name: string): Buffer => readFileSync(new URL(`./fixtures/invoices/${name}`, import.meta.url))
const cii = sample('CII_example1.xml')
const ubl = sample('ubl-tc434-example1.xml')
const typedInvoice = JSON.stringify({
  number: 'MD-7',
  issued_on: '2026-04-30',
  currency: 'EUR',
  total: '1200.00',
  seller: { name: 'Menuiserie Delorme' },
  buyer: { name: 'Hélène Lefèvre' },
})

test('the same file gives the same pages, byte for byte, whatever its kind', async () => {
  const kinds = [invoice, creditNote, png(30, 20), Buffer.from('Réglé ?\n'), Buffer.from(mail()), tiff(), cii]
  for (const bytes of kinds) {
    const [a, b] = [await normalise(bytes), await normalise(bytes)]
    expect(sha256(a.pdf)).toBe(sha256(b.pdf))
    expect((await PDF.load(a.pdf)).getPageCount()).toBe(a.pages)
  }
})

test('the kind is read from the content, and a name that says otherwise is a doubt', async () => {
  const read = await normalise(png(9, 9), { fileName: 'facture.pdf' })
  expect(read.mediaType).toBe('image/png')
  expect(codesOf(read)).toContain('exhibit_name')
})

describe('a PDF', () => {
  test('keeps the box and the rotation that its tree gives a page, and the form its value', async () => {
    const read = await normalise(activePdf())
    expect(read.pageSizes).toEqual([{ width: 600, height: 400 }])
    expect(codesOf(read)).toEqual(['exhibit_active'])
    expect(Buffer.from(read.pdf).toString('latin1')).not.toMatch(/JavaScript|Launch|AcroForm|OpenAction/)
    const shown = await assembled({ ...(await samplePack(engine)), parts: [oneExhibit(read.pdf, 1)] })
    if (!installed('pdftotext')) return
    const text = execFileSync('pdftotext', ['-f', '3', '-', '-'], { input: shown.pdf }).toString()
    expect(text).toContain('1234,56 EUR')
  })

  test('shows what was written over its pages, and not what is hidden', async () => {
    const note = (words: string) => ({
      dict: '/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F 5 0 R>>>>',
      data: Buffer.from(`BT /F 12 Tf 2 4 Td (${words}) Tj ET`),
    })
    const over = (rank: number, more: string) =>
      `<</Type/Annot/Subtype/FreeText/Rect[20 ${rank * 50} 220 ${rank * 50 + 20}]/AP<</N ${rank + 5} 0 R>>${more}>>`
    const read = await normalise(
      pdfOf({
        3: `<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>/Annots[${over(1, '/F 4')}${over(2, '/F 2')}]>>`,
        6: note('Recu le 3 mai'),
        7: note('Cache'),
      }),
    )
    const text = await textOf(read.pdf)
    expect(text).toContain('Corps visible')
    expect(text).toContain('Recu le 3 mai')
    expect(text).not.toContain('Cache')
  })

  test.each(['rc4-40', 'rc4-128', 'aes-128', 'aes-256', 'aes-256-r5'])(
    'locked with %s is refused without its owner’s password, and opened with it',
    async (lock) => {
      // Made of pdfOf() by `qpdf --encrypt lecteur patron …`.
      const locked = readFileSync(new URL(`./fixtures/locked/${lock}.pdf`, import.meta.url))
      // The last one has no password for its readers.
      for (const password of [undefined, 'faux', 'lecteur']) {
        await expect(normalise(locked, password === undefined ? {} : { password })).rejects.toMatchObject({
          code: 'exhibit_encrypted',
        })
      }
      const opened = await normalise(locked, { password: 'patron' })
      expect(await textOf(opened.pdf)).toContain('Corps visible')
    },
  )
})

describe('a picture', () => {
  test('taken sideways is turned upright', async () => {
    const upright = await normalise(jpeg())
    const turned = await normalise(jpeg(6))
    expect(upright.pageSizes[0]!.width).toBeLessThan(upright.pageSizes[0]!.height)
    expect(turned.pageSizes[0]!.width).toBeGreaterThan(turned.pageSizes[0]!.height)
  })

  test('of two pages faxed as TIFF is two pages', async () => {
    const read = await normalise(tiff(), { fileName: 'bon.tif' })
    expect(read).toMatchObject({ mediaType: 'image/tiff', pages: 2, flags: [] })
  })

  test.skipIf(!installed('pdftoppm')).each([
    ['a PNG of one bit a point', Buffer.from(bitPng, 'base64'), [0, 0, 0], [255, 255, 255]],
    ['a JPEG in four inks', Buffer.from(inkJpeg, 'base64'), [0, 166, 80], [0, 166, 80]],
    ['a TIFF of a fax', tiff(), [0, 0, 0], [255, 255, 255]],
  ] as const)('%s shows its own colours (skipped without pdftoppm)', async (_, bytes, left, right) => {
    const { pdf } = await normalise(bytes)
    // One dot a point: the picture stands in the middle of its A4 page at its own size.
    const { width, height, points } = pixels(pdf)
    const at = (x: number, y: number) => [...points.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)]
    const [x, y] = [Math.round(width / 2), Math.round(height / 2)]
    near(at(x - 8, y - 3), left)
    near(at(x + 10, y + 4), right)
  })

  test('cut short or empty is refused', async () => {
    for (const bytes of [png(30, 30).subarray(0, 40), tiff().subarray(0, 100), jpeg().subarray(0, 60)]) {
      await expect(normalise(bytes)).rejects.toMatchObject({ code: 'bad_exhibit' })
    }
    const vast = Buffer.from(png(2, 2))
    vast.writeUInt32BE(90_000, 16)
    vast.writeUInt32BE(90_000, 20)
    await expect(normalise(vast)).rejects.toMatchObject({ code: 'exhibit_too_big' })
  })
})

describe('an e-mail', () => {
  test('shows its headers, its words and what is joined, with the hash of its file; nothing of it is markup', async () => {
    const read = await normalise(Buffer.from(mail()), { fileName: 'reponse.eml' })
    expect(read.mediaType).toBe('message/rfc822')
    expect(read.attachments.map(({ name }) => name)).toEqual(['bon.txt'])
    const text = await textOf(read.pdf)
    for (const words of [
      'Hélène Lefèvre <h.lefevre@client.example>',
      'Réponse à votre relance',
      '12 janvier 2026 à 10:05 (UTC+01:00)',
      'Je reconnais devoir 470,15 €.',
      '*solde* #panic("x") $x$',
      `bon.txt, ${read.attachments[0]!.bytes.length} octets`,
      sha256(Buffer.from(mail())),
      sha256(read.attachments[0]!.bytes),
    ])
      expect(text).toContain(words)
  })

  test('in HTML alone is printed as text, and says so; what it would fetch or run is not', async () => {
    const html =
      '<p>Bonjour,</p><script>alert(1)</script><img src="https://espion.example/a.png"><p>Je paierai <b>vendredi</b>.</p>'
    const read = await normalise(Buffer.from(mail({ html })))
    expect(codesOf(read)).toEqual(['exhibit_html'])
    const text = await textOf(read.pdf)
    expect(text).toContain('Je paierai vendredi.')
    expect(text).not.toMatch(/alert|espion/)
  })

  test('that carries a program says so, and its file stays out of packs', async () => {
    const program = { name: 'facture.exe', text: 'MZ...' }
    const read = await normalise(Buffer.from(mail({ program })))
    expect(codesOf(read)).toEqual(['exhibit_active'])
    expect(await textOf(read.pdf)).toContain('(programme, non reproduit)')
  })

  test('is known behind the pages that servers wrote on its way', async () => {
    const received = 'Received: from a.example by b.example;\n Thu, 1 Jan 2026 10:00:00 +0100\n'.repeat(400)
    expect((await normalise(Buffer.from(received + mail()))).mediaType).toBe('message/rfc822')
    expect((await normalise(Buffer.from('De : Paul\nObjet : rien\n\nBonjour'))).mediaType).toBe('text/plain')
  })

  test('encrypted for another is refused', async () => {
    const secret = mail().replace('multipart/mixed', 'multipart/encrypted')
    await expect(normalise(Buffer.from(secret))).rejects.toMatchObject({ code: 'exhibit_encrypted' })
  })

  test('of a hundred files, or of boxes within boxes, is refused', async () => {
    const part = '--b\nContent-Disposition: attachment; filename="a.txt"\n\na\n'
    const many = mail().replace('--b--', `${part.repeat(120)}--b--`)
    await expect(normalise(Buffer.from(many))).rejects.toMatchObject({ code: 'exhibit_too_big' })
    const boxes = Array.from({ length: 300 }, (_, i) => `Content-Type: multipart/mixed; boundary=x${i}\n\n--x${i}\n`)
    const deep = `From: a@b.example\nTo: c@d.example\nDate: Mon, 12 Jan 2026 10:05:00 +0100\n${boxes.join('')}`
    await expect(normalise(Buffer.from(deep))).rejects.toMatchObject({ code: 'bad_exhibit' })
  })

  test('gives its files names without folders', async () => {
    const program = { name: '../../etc/note.txt', text: 'Bonjour' }
    const [file] = (await normalise(Buffer.from(mail({ program })))).attachments
    expect(file!.name).toBe('.._.._etc_note.txt')
  })

  test('as Outlook saves it is read too', async () => {
    const attachments = [{ name: 'bon.txt', bytes: Buffer.from('Bon pour accord. '.repeat(400)) }]
    const message = { from: 'Hélène Lefèvre', subject: 'Réponse', body: 'Je reconnais devoir 470,15 €.', attachments }
    const read = await normalise(outlookMessage(message), { fileName: 'reponse.msg' })
    expect(read.mediaType).toBe('application/vnd.ms-outlook')
    expect(read.attachments).toEqual([{ name: 'bon.txt', bytes: new Uint8Array(attachments[0]!.bytes) }])
    expect(await textOf(read.pdf)).toContain('Je reconnais devoir 470,15 €.')
  })
})

describe('an invoice kept as data', () => {
  test.each([
    ['CII', cii, '12115118'],
    ['UBL', ubl, undefined],
    ['JSON', Buffer.from(typedInvoice), 'MD-7'],
  ] as const)('(%s) is shown as a document that says what it stands for', async (format, bytes, number) => {
    const read = await normalise(bytes, { fileName: `facture.${format === 'JSON' ? 'json' : 'xml'}` })
    const text = await textOf(read.pdf)
    expect(text).toContain(`Représentation lisible du fichier de données (${format})`)
    expect(text).toContain(sha256(bytes))
    expect(codesOf(read)).toEqual(['exhibit_data'])
    if (number) expect(text).toContain(number)
  })

  test('shows what it says and nothing more', async () => {
    const text = await textOf((await normalise(Buffer.from(typedInvoice))).pdf)
    expect(text).toContain('1 200,00 €')
    for (const invented of ['Total HT', 'IBAN', 'à scanner', 'Référence à rappeler'])
      expect(text).not.toContain(invented)
  })

  test('that is no invoice is refused with what it is', async () => {
    const order = Buffer.from('<?xml version="1.0"?><commande/>')
    await expect(normalise(order)).rejects.toMatchObject({
      code: 'exhibit_kind',
      message: expect.stringContaining('commande'),
    })
  })
})

describe('a Word or OpenDocument text', () => {
  test.skipIf(soffice() === undefined)(
    'becomes pages (skipped without LibreOffice)',
    async () => {
      const read = await normalise(docx('Procès-verbal de réception sans réserve.'), { fileName: 'pv.docx' })
      expect(read).toMatchObject({ pages: 1, flags: [] })
      expect(await textOf(read.pdf)).toContain('Procès-verbal de réception sans réserve.')
    },
    60_000,
  )

  test.skipIf(soffice() === undefined)(
    'that LibreOffice takes too long to open is refused (skipped without it)',
    async () => {
      const limits = { seconds: 0.05, megabytes: 1500 }
      await expect(normalise(docx('Long.'), { limits })).rejects.toMatchObject({
        code: expect.stringMatching(/bad_exhibit|exhibit_unreadable/),
      })
    },
    60_000,
  )

  test('is refused where LibreOffice is not, with what to do', async () => {
    const place = process.env['SOFFICE']
    process.env['SOFFICE'] = '/nowhere/soffice'
    try {
      await expect(normalise(docx('Bonjour.'))).rejects.toMatchObject({
        code: 'exhibit_office',
        remedy: expect.stringContaining('Imprimez-la en PDF'),
      })
    } finally {
      if (place === undefined) delete process.env['SOFFICE']
      else process.env['SOFFICE'] = place
    }
  })

  test('that would swell beyond all sense is refused before it is opened', async () => {
    const swollen = Buffer.from(docx('Bonjour.', { 'word/media/a.bin': 'x' }))
    // The size once inflated, in the ZIP's directory: 24 bytes into the record that ends with the name.
    swollen.writeUInt32LE(0x7fff_ffff, swollen.lastIndexOf('word/media/a.bin') - 46 + 24)
    await expect(normalise(swollen)).rejects.toMatchObject({ code: 'exhibit_bomb' })
  })

  test.skipIf(soffice() === undefined)(
    'with macros, or that would fetch pictures from elsewhere, says so and gets none (skipped without LibreOffice)',
    async () => {
      const macros = docx('Bonjour.', { 'word/vbaProject.bin': 'x' })
      expect(codesOf(await normalise(macros))).toContain('exhibit_active')
      const folder = mkdtempSync(join(tmpdir(), 'courtois-linked-'))
      try {
        writeFileSync(join(folder, 'secret.png'), png(40, 40))
        const read = await normalise(odtWithPicture(pathToFileURL(join(folder, 'secret.png')).href), {
          fileName: 'a.odt',
        })
        expect(read.mediaType).toBe('application/vnd.oasis.opendocument.text')
        expect(codesOf(read)).toEqual(['exhibit_links'])
        expect(await textOf(read.pdf)).toContain('Bonjour')
        const holdsPicture = (pdf: Uint8Array) => /\/Subtype ?\/Image/.test(Buffer.from(pdf).toString('latin1'))
        expect([holdsPicture(read.pdf), holdsPicture((await normalise(png(9, 9))).pdf)]).toEqual([false, true])
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
    60_000,
  )
})

test('other kinds are refused by their name, with what to do', async () => {
  const kinds = {
    Word: '\xd0\xcf\x11\xe0....',
    archive: 'PK\x03\x04....',
    HEIC: '\0\0\0\x18ftypheic',
    programme: 'MZ\x90\0',
    HTML: '<!DOCTYPE html><html>',
    WebP: 'RIFF....WEBPVP8 ',
    inconnu: '\x01\x02\x03',
  }
  for (const [word, head] of Object.entries(kinds)) {
    const refused = normalise(Buffer.from(head, 'latin1'))
    await expect(refused, word).rejects.toMatchObject({
      remedy: expect.stringMatching(/Joignez|Enregistrez|Imprimez|joignez/),
    })
    await expect(normalise(Buffer.from(head, 'latin1'))).rejects.toThrow(word === 'Word' ? 'Office' : word)
  }
})

test('a text that no font prints, or in an old encoding, is a doubt', async () => {
  const codes = async (bytes: Uint8Array): Promise<string[]> => codesOf(await normalise(bytes))
  expect(await codes(Buffer.from('reçu 你好'))).toEqual(['exhibit_glyphs'])
  expect(await codes(Buffer.from('Réglé', 'latin1'))).toEqual(['exhibit_encoding'])
  expect(await codes(Buffer.from('Réglé'))).toEqual([])
  expect(await textOf((await normalise(Buffer.from('De : Paul\n   #panic("x") *b* $x$\n'))).pdf)).toContain(
    '#panic("x") *b* $x$',
  )
})

function oneExhibit(pdf: Uint8Array, pages: number): PackInput['parts'][number] {
  const exhibit = { number: '1', type: 'FACTURE', reference: 'F', date: null }
  return { role: 'exhibit', part: 'content', title: 'FACTURE', name: '01-piece-1.pdf', pdf, pages, exhibit }
}

function near(found: number[], wanted: readonly number[]): void {
  for (const [i, value] of wanted.entries()) expect(Math.abs(found[i]! - value), `${found}`).toBeLessThan(45)
}
