import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openDemoFolder } from '../scripts/demo/folder.ts'
import { courtois as run } from './cli.ts'
import { textOf } from './house.ts'
import { filesOf, root } from './root.ts'

const folder = mkdtempSync(join(tmpdir(), 'courtois-demo-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const courtois = (args: string[], options: Partial<Parameters<typeof run>[1]> = {}) =>
  run(args, { cwd: folder, ...options })
const bytes = (...path: string[]) => new Uint8Array(readFileSync(join(...path)))
const textsOf = async (dir: string) =>
  new Map(
    await Promise.all(
      readdirSync(join(dir, 'letters'))
        .toSorted()
        .map(async (name) => [name, await textOf(bytes(dir, 'letters', name))] as const),
    ),
  )

describe('the folder of a demo', () => {
  const open = (name: string) => openDemoFolder(join(folder, name))
  const leave = (name: string, files: Record<string, string>) => {
    const { work, settle, close } = open(name)
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(work, 'papers', file)), { recursive: true })
      writeFileSync(join(work, 'papers', file), text)
    }
    settle(join(work, 'papers'))
    close()
  }

  test('replaces an earlier demo’s files, and leaves the site beside it alone', () => {
    leave('again', { 'letters/01.pdf': 'a', 'letters/02.pdf': 'b', 'case.json': '{}' })
    mkdirSync(join(folder, 'again', 'site'))
    writeFileSync(join(folder, 'again', 'site', 'page.html'), 'site')
    leave('again', { 'letters/01.pdf': 'c' })
    expect(filesOf(join(folder, 'again'))).toEqual(['courtois-demo.json', 'letters/01.pdf', 'site/page.html'])
  })

  test.each([
    ['a folder of other files', 'notes.txt'],
    ['a folder with letters of one’s own', 'letters/mine.pdf'],
  ])('%s is refused before anything is written', async (name, file) => {
    mkdirSync(dirname(join(folder, name, file)), { recursive: true })
    writeFileSync(join(folder, name, file), 'mine')
    const run = await courtois(['demo', '--out', name])
    expect(run).toMatchObject({ code: 1, out: '' })
    expect(run.err).toContain('[folder_not_empty]')
    expect(run.err).not.toMatch(/\n\s+at /)
    expect(filesOf(join(folder, name))).toEqual([file])
  })

  test('refuses a file put among an earlier demo’s, or changed since', () => {
    leave('mixed', { 'letters/01.pdf': 'a', 'case.json': '{}' })
    writeFileSync(join(folder, 'mixed', 'letters', 'mine.pdf'), 'mine')
    expect(() => open('mixed')).toThrow('letters/mine.pdf')
    rmSync(join(folder, 'mixed', 'letters', 'mine.pdf'))
    writeFileSync(join(folder, 'mixed', 'case.json'), '{ "changed": true }')
    expect(() => open('mixed')).toThrow('case.json')
  })

  test('knows its own again after a demo that was killed', () => {
    open('killed')
    writeFileSync(join(folder, 'killed', '.work', 'half'), 'half')
    leave('killed', { 'case.json': '{}' })
    expect(filesOf(join(folder, 'killed'))).toEqual(['case.json', 'courtois-demo.json'])
  })
})

describe('another start', () => {
  test('from an invoice without a due date is refused with a sentence, and nothing is left behind', async () => {
    const out = join(folder, 'minimum')
    const run = await courtois([
      'demo',
      '--out',
      out,
      '--invoice',
      join(root, 'tests/fixtures/invoices/Facture_FR_MINIMUM.pdf'),
    ])
    expect(run.code).toBe(1)
    expect(run.err).toMatch(/ne porte pas de date d.échéance/)
    expect(run.err).toContain('[due_date_missing]')
    expect(run.err).not.toMatch(/\n\s+at /)
    expect(existsSync(out) ? filesOf(out) : []).toEqual([])
  })

  test('from a file that is no invoice, or that is not there, is refused with a sentence', async () => {
    const out = join(folder, 'nothing')
    writeFileSync(join(folder, 'note.txt'), 'Bonjour.')
    for (const file of ['note.txt', 'absente.pdf']) {
      const run = await courtois(['demo', '--out', out, '--invoice', file])
      expect(run.code).toBe(1)
      expect(run.err).not.toMatch(/\n\s+at /)
    }
    expect(existsSync(out)).toBe(false)
    expect(await courtois(['demo', '--out', out, '--debtor', 'nobody'])).toMatchObject({ code: 2 })
    expect(await courtois(['demo'])).toMatchObject({ code: 2 })
  })

  test('with --debtor consumer asks for the legal rate alone, never 40 €, before the court of that time', async () => {
    const out = join(folder, 'consumer-2017')
    expect(await courtois(['demo', '--out', out, '--debtor', 'consumer'])).toMatchObject({ code: 0, err: '' })
    const texts = await textsOf(out)
    for (const [name, text] of texts)
      expect(text, `${name}`).not.toMatch(/L\. ?441-6|D\. ?441-5|(?<![\d ,])40(,00)? ?€|RGPD|commissaire de justice/)
    expect(await textOf(bytes(out, 'pack/pack.pdf'))).toContain("tribunal d'instance de Lyon")
  }, 90_000)
})
