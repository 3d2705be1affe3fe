import PizZip from 'pizzip'
import { describe, expect, test } from 'vitest'
import { sha256 } from '../documents/archive.ts'
import { renderLetter, type LetterFormat } from '../documents/rendering/render.ts'
import { sealPdf } from '../documents/proof/seal.ts'
import { letterOf, loadLibrary } from '../letters/catalogue.ts'
import { instantOf } from '../procedures/office.ts'
import { done, fileOf, invoice, liveOn, liveUntil, openOrdinary, textOf, toDebtor, useHouse } from './house.ts'

const house = useHouse()

describe('each document', () => {
  test('is one row with its version, data and renderer, and the archived bytes hash to it', async () => {
    const caseId = await openOrdinary(house)
    await liveUntil(house, '2026-06-11', '2026-06-29')
    const rows = await house.sql<
      {
        letter: string
        version: string
        facts: { date: string; references: { lettre: string; code?: string } }
        renderer: string
        sha256: string
        reference: string
        writtenOn: Temporal.PlainDate
        code: string
      }[]
    >`
      select letter, version, facts, renderer, sha256, reference, written_on, code from documents where case_id = ${caseId} order by length(reference), reference`
    expect(rows.length).toBeGreaterThanOrEqual(7)
    expect(rows.map((row) => row.reference)).toEqual(rows.map((_, i) => `2026-0001/${i + 1}`))
    for (const row of rows) {
      expect(sha256(await house.office.archive.get(row.sha256))).toBe(row.sha256)
      expect(row.version).toMatch(/^[0-9a-f]{40,64}$/)
      expect(row.facts.date).toBe(row.writtenOn.toString())
      expect(row.renderer).toMatch(/^typst \d/)
    }
    expect(new Set(rows.map((row) => row.code)).size).toBe(rows.length)
  })

  test('can be made again from its row, byte for byte', async () => {
    const caseId = await openOrdinary(house)
    await liveOn(house, '2026-06-11')
    const [row] = await house.sql<{ letter: string; facts: unknown; sha256: string; writtenOn: Temporal.PlainDate }[]>`
      select letter, facts, sha256, written_on from documents where case_id = ${caseId} and first_letter`
    const again = await renderLetter({
      letter: letterOf(loadLibrary(), row!.letter),
      facts: row!.facts,
      channel: 'lettre',
      format: 'pdf',
      at: instantOf(row!.writtenOn),
      engine: house.office.typst,
    })
    expect(sha256(await sealPdf(again.bytes, { at: instantOf(row!.writtenOn), key: house.office.seal }))).toBe(
      row!.sha256,
    )
  })

  test('prints a hostile name as itself, on paper, in Word, in a browser and as text', async () => {
    const name = '#panic("x") *b* $x$ <b>@ref'
    const buyer = {
      name,
      address: { lines: [`1 rue ${name}`], postal_code: '69003', city: 'Lyon', country: 'FR' },
      contact: { email: 'x@client.example' },
    }
    const caseId = await openOrdinary(house, {
      mandate: { name: `${name} SARL` },
      invoices: [
        invoice({
          number: '#1 *F* $1$ <i>@x',
          issued_on: '2026-05-11',
          due_on: '2026-06-10',
          buyer,
          order_reference: '{{ agence.nom }}',
        }),
      ],
    })
    await liveUntil(house, '2026-06-11', '2026-06-27')
    const file = await fileOf(house, caseId)
    expect(done(file)).toEqual([
      'cordiale 2026-06-11',
      'appel 2026-06-19',
      'demeure.prevenir 2026-06-22',
      'demeure 2026-06-27',
    ])
    for (const document of toDebtor(file)) {
      const text = await textOf(await house.office.archive.get(document.sha256))
      expect(text, `${document.letter}`).toContain(name)
    }
    const first = toDebtor(file)[0]!
    const [row] = await house.sql<{ facts: unknown }[]>`select facts from documents where id = ${first.id}`
    const render = async (format: LetterFormat) =>
      (
        await renderLetter({
          letter: letterOf(loadLibrary(), first.letter),
          facts: row!.facts,
          channel: 'lettre',
          format,
          at: instantOf(first.writtenOn),
          engine: house.office.typst,
        })
      ).bytes
    const text = Buffer.from(await render('txt')).toString('utf8')
    expect(text).toContain(name)
    expect(text).toContain('{{ agence.nom }}')
    const html = Buffer.from(await render('html')).toString('utf8')
    expect(html.replaceAll('&quot;', '"')).toContain('#panic("x") *b* $x$ &lt;b&gt;@ref SARL')
    expect(html).toContain('#1 *F* $1$ &lt;i&gt;@x')
    expect(html).not.toMatch(/<[bi]>@/)
    const word = new PizZip(await render('docx')).file('word/document.xml')!.asText()
    expect(word.replace(/<[^>]+>/g, '')).toMatch(/#panic\((&quot;|")x(&quot;|")\) \*b\* \$x\$ &lt;b(&gt;|>)@ref/)
  })
})
