import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import decodeQR, { decodeQRBatch } from 'qr/decode.js'
import { afterAll, expect, test } from 'vitest'
import { PDF } from '@libpdf/core'
import { exampleOf } from '../documents/rendering/example.ts'
import { renderLetter } from '../documents/rendering/render.ts'
import { drawnCode, epcCode } from '../documents/rendering/scan-codes.ts'
import { nativeTypst } from '../documents/typst/typst.ts'
import { letterOf, loadLibrary } from '../letters/catalogue.ts'
import { lawTerms } from '../procedures/law/terms.ts'
import { parseDay } from '../schema/days.ts'
import { pixels } from './pixels.ts'

const engine = nativeTypst({ processes: 1 })
afterAll(() => engine.close())

test('whatever is drawn is read again as it was', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 }), (text) => {
      expect(decodeQR(shown(drawnCode(text).rows), { timeLimit: 10_000 })).toBe(text)
    }),
    { numRuns: 60 },
  )
})

test('a payment that the standard has no room for has no code', () => {
  const drawn = (due: string, name = 'Pépinières') =>
    epcCode(name, 'FR7630006000011234567890189', 'AGRIFRPP', due, 'PO445')
  expect(drawn('0.01')).toBeDefined()
  expect(drawn('999999999.99')).toBeDefined()
  expect(drawn('0.00')).toBeUndefined()
  expect(drawn('1000000000.00')).toBeUndefined()
})

test.skipIf(spawnSync('pdftoppm', ['-v']).error)(
  'a telephone reads both codes of a printed letter: what to pay, and where to answer (skipped without pdftoppm)',
  async () => {
    const library = loadLibrary()
    const letter = letterOf(library, 'mise-en-demeure-particulier')
    const { bytes } = await renderLetter({
      letter,
      facts: exampleOf(letter, 'good', (day) => lawTerms(parseDay(day)), library),
      channel: 'lrar',
      format: 'pdf',
      at: Temporal.Instant.from('2026-11-23T07:00:00Z'),
      engine,
      library,
    })
    const pages = (await PDF.load(bytes)).getPages().map((_, i) => {
      const { points, ...size } = pixels(bytes, { dpi: 200, page: i + 1 })
      return { ...size, data: points }
    })
    const found = (await decodeQRBatch(pages, { timeLimit: 10_000 })).flat().filter((code) => typeof code === 'string')
    expect(found).toEqual([
      expect.stringMatching(/^BCD\n002\n1\nSCT\n/),
      expect.stringMatching(/^https:.*\/r\/[0-9A-Z-]{14}$/),
    ])
  },
)

/** Rows of 0 and 1 as a picture: eight points a module, with the quiet edge of four modules that a reader asks for. */
function shown(rows: string[]): { width: number; height: number; data: Uint8Array } {
  const [scale, edge] = [8, 4]
  const width = (rows.length + 2 * edge) * scale
  const data = new Uint8Array(width * width * 4).fill(255)
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < width; x++) {
      const dark = rows[Math.floor(y / scale) - edge]?.[Math.floor(x / scale) - edge] === '1'
      if (dark) data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3)
    }
  }
  return { width, height: width, data }
}
