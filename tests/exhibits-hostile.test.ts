import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PDF } from '@libpdf/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { normaliseExhibit, type NormalisedExhibit } from '../documents/exhibits/exhibits.ts'
import { nativeTypst, type TypstEngine } from '../documents/typst/typst.ts'
import { DomainError } from '../schema/errors.ts'
import { type Fate, hostile, pdfOf } from './fixtures/hostile-pdf.ts'
import { invoice } from './fixtures/pack-sample.ts'

let engine: TypstEngine
beforeAll(() => {
  engine = nativeTypst()
})
afterAll(() => engine.close())

const limits = { seconds: 4, megabytes: 1500 }
const read = (bytes: Uint8Array, given = limits): Promise<NormalisedExhibit | DomainError> =>
  normaliseExhibit(bytes, { engine, fileName: 'piece.pdf', limits: given }).catch((error: unknown) => {
    if (error instanceof DomainError) return error
    throw error
  })

const slow = (): Buffer => hostile.find(([name]) => name.includes('a hundred thousand times'))![1]()

function fateOf(result: NormalisedExhibit | DomainError): Fate {
  if (result instanceof DomainError) return 'refused'
  const [flag] = result.flags
  return flag ? { flag: flag.code } : 'shown'
}

/** Nothing of what a PDF can run, open, send or play is left in it. */
async function expectInert(pdf: Uint8Array): Promise<void> {
  const text = Buffer.from(pdf).toString('latin1')
  expect(text).not.toMatch(
    /\/(JavaScript|JS|Launch|SubmitForm|ImportData|OpenAction|AA|AcroForm|EmbeddedFiles?|RichMedia|Annots)\b/,
  )
  expect((await PDF.load(pdf)).getPageCount()).toBeGreaterThan(0)
}

describe('a hostile PDF', () => {
  test('a harmless one, made the same way, is shown without a word', async () => {
    expect(fateOf(await read(pdfOf()))).toBe('shown')
  })

  test.each(hostile)(
    '%s never crashes, hangs or passes silently',
    async (_, bytes, fate) => {
      const result = await read(bytes())
      expect(fateOf(result)).toEqual(fate)
      if (result instanceof DomainError) {
        expect(result.message).toContain('piece.pdf')
        expect(result.remedy.length).toBeGreaterThan(10)
      } else await expectInert(result.pdf)
    },
    120_000,
  )

  test('cut anywhere is refused, or shown with a warning for a person', async () => {
    for (let part = 1; part < 16; part++) {
      const result = await read(invoice.subarray(0, Math.floor((invoice.length * part) / 16)))
      const fate = fateOf(result)
      expect(fate === 'refused' || (typeof fate === 'object' && fate.flag === 'exhibit_recovered'), `${part}/16`).toBe(
        true,
      )
    }
  })

  test('with one byte in a hundred changed never crashes the house, and what is shown is inert', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const bytes = new Uint8Array(pdfOf())
      for (let at = seed; at < bytes.length; at += 40 + seed * 7) bytes[at] = (bytes[at]! + seed * 13) % 256
      const result = await read(bytes)
      if (!(result instanceof DomainError)) await expectInert(result.pdf)
    }
  })

  test('that takes too much memory is stopped, and the next file is read', async () => {
    // Less than the reader alone takes, on a file that keeps it busy.
    expect(await read(slow(), { seconds: 30, megabytes: 60 })).toMatchObject({ code: 'exhibit_unreadable' })
    expect(fateOf(await read(pdfOf()))).toBe('shown')
  })

  test('that takes too long is stopped alone: those read beside it are not held up', async () => {
    const [stopped, ...others] = await Promise.all([
      read(slow(), { seconds: 2, megabytes: 1500 }),
      ...Array.from({ length: 4 }, () => read(pdfOf())),
    ])
    expect(stopped).toMatchObject({ code: 'exhibit_unreadable' })
    expect(others.map(fateOf)).toEqual(['shown', 'shown', 'shown', 'shown'])
  }, 60_000)
})

const hasQpdf = spawnSync('qpdf', ['--version']).error === undefined

test.skipIf(!hasQpdf)(
  'what is made of each of them satisfies qpdf (skipped without it)',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'courtois-qpdf-'))
    try {
      for (const [name, bytes, fate] of hostile) {
        // What was damaged stays so, under its flag.
        if (fate === 'refused' || (typeof fate === 'object' && fate.flag === 'exhibit_recovered')) continue
        const result = await read(bytes())
        if (result instanceof DomainError) throw result
        writeFileSync(join(folder, 'a.pdf'), result.pdf)
        const report = execFileSync('qpdf', ['--check', join(folder, 'a.pdf')]).toString()
        expect(report, name).toContain('No syntax or stream encoding errors')
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
  60_000,
)
