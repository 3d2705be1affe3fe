import { createHash } from 'node:crypto'
import PizZip from 'pizzip'
import { afterAll, expect, test } from 'vitest'
import { PDF } from '@libpdf/core'
import type { Block } from '../documents/rendering/blocks.ts'
import { fill } from '../documents/rendering/fill.ts'
import { renderPdf } from '../documents/rendering/pdf.ts'
import { renderLetter, type LetterFormat } from '../documents/rendering/render.ts'
import { nativeTypst, wasmTypst, type TypstJob } from '../documents/typst/typst.ts'
import { letterOf } from '../letters/catalogue.ts'
import type { Channel } from '../letters/letter.ts'
import { hostile, letterFacts, library } from './fixtures/letters/sample.ts'
import { readPages } from './sheet.ts'

const at = Temporal.Instant.from('2026-11-23T07:00:00Z')
const engine = nativeTypst({ timeLimit: 10_000, processes: 1 })
const others: { close(): Promise<void> }[] = [engine]
afterAll(async () => void (await Promise.all(others.map((one) => one.close()))))

const render = (
  format: LetterFormat,
  facts: Record<string, unknown>,
  channel: Channel = 'lettre',
  id = 'essai-rappel',
  typst = engine,
) => renderLetter({ letter: letterOf(library, id), facts, channel, format, at, engine: typst, library })
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const pdfText = async (bytes: Uint8Array) =>
  (await PDF.load(bytes))
    .getPages()
    .map((page) => page.extractText().text)
    .join('\n')

test.each([{}, { plain: true }])('the same letter gives the same bytes in another process, %o', async (options) => {
  const other = nativeTypst({ processes: 1, ...options })
  others.push(other)
  for (const format of ['pdf', 'docx', 'html', 'txt'] as const) {
    const [a, b] = await Promise.all([
      render(format, letterFacts({})),
      render(format, letterFacts({}), 'lettre', 'essai-rappel', other),
    ])
    expect([format, sha(a.bytes)]).toEqual([format, sha(b.bytes)])
  }
})

test('the PDF is tagged PDF/A-2b, titled, dated by the instant handed in', async () => {
  const raw = Buffer.from((await render('pdf', letterFacts({}))).bytes).toString('latin1')
  expect(raw).toContain('<pdfaid:part>2</pdfaid:part>')
  expect(raw).toContain('/MarkInfo')
  expect(raw).toContain('D:20261123070000')
})

test('a hostile name prints as itself on paper', async () => {
  const { bytes } = await render(
    'pdf',
    letterFacts({ creditor: '#panic("x") *b* $x$ <b>@ref', debtor: 'SOCIÉTÉ ÀÉÎÔÛ \\ #eval' }),
  )
  const text = (await pdfText(bytes)).replace(/\s+/g, ' ')
  expect(text).toContain('#panic("x") *b* $x$ <b>@ref')
  expect(text).toContain('SOCIÉTÉ ÀÉÎÔÛ')
})

test('a registered letter says so, an act has neither window nor advertisement', async () => {
  expect(await pdfText((await render('pdf', letterFacts({}), 'lrar')).bytes)).toContain(
    'Lettre recommandée avec demande d’avis de réception',
  )
  const act = await pdfText(
    (await render('pdf', { ...letterFacts({}), ...actFacts }, 'acte-prive', 'essai-requete')).bytes,
  )
  expect(act).toContain('Requête en injonction de payer')
  expect(act).not.toContain('recouvrement amiable')
})
const actFacts = {
  tribunal: { nom: 'Tribunal de commerce de Lyon', ville: 'Lyon' },
  piecesJointes: [{ numero: 1, type: 'Facture', reference: 'F-1', date: '2026-09-30', pages: 2, prouve: 'la créance' }],
}

test('eight invoices, long names and a coupon keep the coupon in one piece on its page', async () => {
  const facts = letterFacts({ debtor: 'ÉTABLISSEMENTS ÉLECTROMÉCANIQUES DU BÂTIMENT '.repeat(3).trim() })
  const [invoice] = facts.factures as Record<string, unknown>[]
  facts.factures = Array.from({ length: 8 }, (_, i) => ({
    ...invoice,
    numero: i ? `F-${i}` : 'X'.repeat(60),
    montant: '1234567.89',
  }))
  const pages = (await PDF.load((await render('pdf', facts)).bytes)).getPages().map((page) => page.extractText().text)
  const withCoupon = pages.filter((text) => /Coupon-réponse/.test(text))
  expect(withCoupon).toHaveLength(1)
  expect(withCoupon[0]).toContain('H4TD-02WP-KX7B')
  expect(withCoupon[0]).toContain('Mes coordonnées ont changé')
})

test('the Word file holds the hostile name as text', async () => {
  const { bytes } = await render('docx', letterFacts({ creditor: hostile }))
  const xml = new PizZip(bytes).file('word/document.xml')!.asText()
  expect(xml).toContain('#panic(&quot;x&quot;) *b* $x$ &lt;b&gt;@ref')
  expect(xml).not.toContain('<b>@ref')
  expect(xml).not.toContain('{ligne}')
})

test('an e-mail fetches nothing from elsewhere', async () => {
  const html = Buffer.from((await render('html', letterFacts({}), 'email')).bytes).toString('utf8')
  expect(html).not.toMatch(/<(img|script|link|iframe)|url\(|src=/i)
  expect(html).toContain('470,15\u00a0€')
})

test('an SMS is text and nothing else', async () => {
  await expect(render('pdf', letterFacts({}), 'sms')).rejects.toMatchObject({ code: 'unsuitable_format' })
})

test('the sandbox prints the same letter', async () => {
  const sandbox = wasmTypst({ timeLimit: 30_000 })
  others.push(sandbox)
  const [a, b] = await Promise.all([
    render('pdf', letterFacts({})),
    render('pdf', letterFacts({}), 'lettre', 'essai-rappel', sandbox),
  ])
  expect((await pdfText(b.bytes)).replace(/\s+/g, ' ')).toBe((await pdfText(a.bytes)).replace(/\s+/g, ' '))
})

const job = (source: string, more: Partial<TypstJob> = {}): TypstJob => ({
  template: 't.typ',
  sources: { 't.typ': source },
  data: {},
  pdf: { timestamp: at, standard: 'none' },
  ...more,
})

test('a template that loops is stopped, and the next job is done', async () => {
  for (const make of [nativeTypst, wasmTypst]) {
    const impatient = make({ timeLimit: 2500, processes: 1 })
    others.push(impatient)
    const loop = '#let f() = { let i = 0; while i >= 0 { i = calc.rem(i + 1, 7) } }\n#for _ in range(1000000) { f() }'
    await expect(
      impatient.compile(job(`#let data = range(3000).map(i => range(3000).map(j => i * j).sum()).sum()\n${loop}`)),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/typst_(timeout|failed)/),
    })
    expect((await impatient.compile(job('Bonjour'))).length).toBeGreaterThan(500)
  }
})

test('a template reads nothing but what it is handed, fetches no package, and its faults name their line', async () => {
  await expect(engine.compile(job('#read("/etc/passwd")'))).rejects.toMatchObject({ code: 'typst_failed' })
  await expect(engine.compile(job('#import "@preview/cetz:0.2.0": x'))).rejects.toThrow(/@preview/)
  await expect(engine.compile(job('#import "@pre" + "view/cetz:0.2.0": x'))).rejects.toMatchObject({
    code: 'typst_failed',
  })
  await expect(engine.compile(job('a\n#panic("z")'))).rejects.toMatchObject({
    facts: { diagnostics: [expect.objectContaining({ file: 't.typ', line: 2 })] },
  })
  const read = await engine.compile(job('#read("/note.txt")', { files: { '/note.txt': Buffer.from('lu') } }))
  expect(await pdfText(read)).toContain('lu')
})

test('an address of the net stays whole on its line, wherever it falls', async () => {
  const site = 'www.mediateur-de-la-consommation.example.fr'
  const filled = fill(library, letterOf(library, 'essai-rappel'), letterFacts({}), 'lettre')
  const blocks = Array.from({ length: 24 }, (_, i) => ({
    kind: 'paragraph' as const,
    runs: [{ text: `${'mot '.repeat(i)}${site}, puis la fin de la phrase.` }],
  }))
  const { lines } = await readPages(await renderPdf({ ...filled, blocks }, engine, at), true)
  expect(lines.filter(({ text }) => text.includes(site))).toHaveLength(24)
})

test('words that announce a list go with it to the next page', async () => {
  const filled = fill(library, letterOf(library, 'essai-rappel'), letterFacts({}), 'lettre')
  const run = (text: string) => ({ kind: 'paragraph' as const, runs: [{ text }] })
  for (let before = 24; before < 32; before++) {
    const blocks: Block[] = [
      ...Array.from({ length: before }, (_, i) => run(`Ligne ${i}.`)),
      run('Voici la liste :'),
      {
        kind: 'list',
        ordered: false,
        start: 1,
        items: ['premier', 'deuxième', 'troisième'].map((text) => [run(text)]),
      },
      ...Array.from({ length: 40 }, () => run('Suite.')),
    ]
    const { lines } = await readPages(await renderPdf({ ...filled, blocks }, engine, at), true)
    const page = (words: string) => lines.find(({ text }) => text.includes(words))?.page
    expect([before, page('Voici la liste')]).toEqual([before, page('premier')])
  }
})
