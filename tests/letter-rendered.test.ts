import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { XMLValidator } from 'fast-xml-parser'
import PizZip from 'pizzip'
import { afterAll, expect, test, type ExpectStatic } from 'vitest'
import { exampleOf, leastOf } from '../documents/rendering/example.ts'
import { fill, type FilledLetter } from '../documents/rendering/fill.ts'
import { renderDocx } from '../documents/rendering/docx.ts'
import { escapeHtml, renderHtml } from '../documents/rendering/html.ts'
import { renderPdf } from '../documents/rendering/pdf.ts'
import { renderText } from '../documents/rendering/text.ts'
import { nativeTypst } from '../documents/typst/typst.ts'
import { letterOf, loadLibrary } from '../letters/catalogue.ts'
import { attacks, withoutFact, withTexts } from '../letters/example-sets.ts'
import type { ExampleSet } from '../letters/example.ts'
import { sectionFor, type Channel, type Letter } from '../letters/letter.ts'
import { lawTerms } from '../procedures/law/terms.ts'
import { parseDay } from '../schema/days.ts'
import { DomainError } from '../schema/errors.ts'
import { collisions, outside, readPages } from './sheet.ts'

type Facts = Record<string, unknown>

const library = loadLibrary()
const golden = join(import.meta.dirname, 'golden/letters')
const engine = nativeTypst({ processes: 2, timeLimit: 60_000 })
afterAll(() => engine.close())

const laws = new Map<string, Facts>()
const law = (day: string): Facts => laws.get(day) ?? laws.set(day, lawTerms(parseDay(day))).get(day)!
const factsOf = (letter: Letter, set: ExampleSet): Facts => exampleOf(letter, set, law, library)
// Eight in the morning of the letter's day, as the command line prints it.
const instantOf = (facts: Facts): Temporal.Instant =>
  parseDay(String(facts.date)).toZonedDateTime({ timeZone: 'Europe/Paris', plainTime: '08:00' }).toInstant()

const layout = (name: string): Buffer => Buffer.from(library.layout[name]!)
const paper = (letter: Letter): Channel[] => letter.canaux.filter((channel) => channel !== 'email' && channel !== 'sms')
// Channels that differ only in a word of the head look alike: the long and the hostile set take the first of them.
const looks = (letter: Letter): Channel[] => [
  ...new Map(
    paper(letter).map((channel) => [
      [channel.replace(/^l(r.*|ettre)$/, 'lettre'), sectionFor(letter, channel).line].join(),
      channel,
    ]),
  ).values(),
]
const pdfOf = (filled: FilledLetter) => renderPdf(filled, engine, instantOf(filled.facts), library.layout)

interface Sheet {
  pages: number
  sha256: string
}
const sheets = new Map<string, Record<string, Sheet>>()

/** A report that lists what was found is as long as what was found. */
const reports = new Set(['creancier-audit-facturation', 'madagascar-accord-creancier'])

/** The most pages a letter may take with an ordinary case: one while it is courteous, two when firm, a report or a file for a lawyer. */
const allowed = ({ id, ton, destinataire }: Letter): number =>
  ton <= 4 && destinataire !== 'tiers' && destinataire !== 'commissaire-de-justice' && !reports.has(id) ? 1 : 2

for (const id of [...library.letters.keys()].sort()) {
  test.concurrent(`${id} prints as it should, whatever the facts`, async ({ expect }) => {
    const letter = letterOf(library, id)
    await expect.soft(await good(letter, expect)).toMatchFileSnapshot(join(golden, letter.famille, `${id}.txt`))
    await long(letter, expect)
    await missing(letter, expect)
    await hostile(letter, expect)
  })
}

test('the pages and the bytes of every letter are those looked at last', async () => {
  const rows = [...sheets]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, sheet]) => `${JSON.stringify(id)}: ${JSON.stringify(sheet)}`)
  await expect(`{\n${rows.join(',\n')}\n}\n`).toMatchFileSnapshot(join(golden, 'pages.json'))
})

test('what leaves the page and what is printed over something else are seen', async () => {
  const sheet = '#set page(margin: 20mm)\n#set text(font: "Source Serif 4")\nUn paragraphe.\n'
  const see = async (source: string) => {
    const job = {
      template: 't.typ',
      sources: { 't.typ': sheet + source },
      data: {},
      pdf: { timestamp: Temporal.Instant.from('2026-11-23T07:00:00Z') },
    }
    const { lines } = await readPages(await engine.compile(job), true)
    return { out: outside(lines).length > 0, over: collisions(lines).length > 0 }
  }
  expect(await see('Un autre, #strong[plus *gras*].')).toEqual({ out: false, over: false })
  expect(await see('#box(width: 300mm)[#h(1fr) hors de la page]')).toEqual({ out: true, over: false })
  expect(await see('#place(top + left)[Par-dessus]')).toEqual({ out: false, over: true })
  const crushed = '#table(columns: (8mm, 20mm), stroke: none, inset: 0pt, box(width: 8mm)[FACT-2026-0001], [Montant])'
  expect(await see(crushed)).toEqual({ out: false, over: true })
})

test('no golden text outlives its letter', () => {
  const known = [...library.letters.values()].map(({ famille, id }) => `${famille}/${id}.txt`)
  expect(globSync('*/*.txt', { cwd: golden }).filter((file) => !known.includes(file))).toEqual([])
})

/** The text of each channel, those of one text together; its sheets of paper are counted and hashed. */
async function good(letter: Letter, expect: ExpectStatic): Promise<string> {
  const facts = factsOf(letter, 'good')
  const texts = new Map<string, Channel[]>()
  const sheet: Record<string, Sheet> = {}
  for (const channel of letter.canaux) {
    const filled = fill(library, letter, facts, channel)
    const text = renderText(filled)
    texts.set(text, [...(texts.get(text) ?? []), channel])
    if (!paper(letter).includes(channel)) continue
    const bytes = await pdfOf(filled)
    const { pages } = await readPages(bytes, false)
    sheet[channel] = { pages, sha256: createHash('sha256').update(bytes).digest('hex') }
    if (filled.presentation === 'lettre') expect.soft(pages, `pages, ${channel}`).toBeLessThanOrEqual(allowed(letter))
  }
  sheets.set(letter.id, sheet)
  return [...texts].map(([text, channels]) => `=== ${channels.join(', ')} ===\n\n${text}`).join('\n')
}

/** Nothing leaves the margins, nothing is printed over something else, and eight invoices take two pages more at most. */
async function long(letter: Letter, expect: ExpectStatic): Promise<void> {
  const facts = factsOf(letter, 'long')
  for (const channel of letter.canaux) renderText(fill(library, letter, facts, channel))
  for (const channel of looks(letter)) {
    const { pages, lines } = await readPages(await pdfOf(fill(library, letter, facts, channel)), true)
    expect.soft(outside(lines), `outside the margins, ${channel}`).toEqual([])
    expect.soft(collisions(lines), `one over another, ${channel}`).toEqual([])
    expect
      .soft(pages, `pages of the long set, ${channel}`)
      .toBeLessThanOrEqual(sheets.get(letter.id)![channel]!.pages + 2)
  }
}

/** Prints without what it can do without, and names each other fact that is taken away. */
async function missing(letter: Letter, expect: ExpectStatic): Promise<void> {
  const whole = factsOf(letter, 'good')
  const { facts, needed } = leastOf(library, letter, whole)
  for (const channel of letter.canaux) renderText(fill(library, letter, facts, channel))
  const [channel] = paper(letter)
  if (channel) await pdfOf(fill(library, letter, facts, channel))
  for (const key of needed) {
    const less = withoutFact(facts, key)
    const refusal = attempt(() => letter.canaux.forEach((one) => fill(library, letter, less, one)))
    expect.soft(refusal, `without ${key}`).toMatchObject({ code: 'missing_fact' })
    const asked = String((refusal as DomainError | undefined)?.facts['key'])
    if (asked === key) continue
    // A letter may take one thing or another: then it names the other, which is missing too.
    const [other = ''] = asked.split('.')
    expect.soft(less[other], `without ${key}, ${asked} is asked for`).toBeUndefined()
    expect.soft(whole[other]).toBeDefined()
  }
}

function attempt(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}

/**
 * What is attacked prints as itself. Each character of each attack is given a stand-in that no format could take for
 * markup: what comes of the stand-ins, put back, must be what comes of the attack. Digits stay what they are: a reference with
 * them is called a number.
 */
async function hostile(letter: Letter, expect: ExpectStatic): Promise<void> {
  const facts = factsOf(letter, 'hostile')
  const standIns = new Map<string, string>()
  const plain = withTexts(facts, (text) =>
    text.replace(/[^\d -]/g, (character) => {
      const code = 0x4e00 + standIns.size
      const standIn = String.fromCharCode(code < 0xa000 ? code : code + 0xc00)
      standIns.set(standIn, character)
      return standIn
    }),
  )
  const back = (text: string, escape: (character: string) => string) =>
    text.replace(/[\u4e00-\ud7a3]/g, (standIn) => escape(standIns.get(standIn) ?? standIn)).toLowerCase()
  for (const channel of letter.canaux) {
    const [attacked, safe] = [facts, plain].map((one) => asGiven(fill(library, letter, one, channel))) as [
      FilledLetter,
      FilledLetter,
    ]
    const text = textOrRefusal(attacked)
    expect.soft(text.toLowerCase(), channel).toBe(back(textOrRefusal(safe), (character) => character))
    if (channel === 'sms') continue
    const html = renderHtml(attacked, layout('email.html').toString('utf8'))
    expect
      .soft(html.toLowerCase(), channel)
      .toBe(back(renderHtml(safe, layout('email.html').toString('utf8')), escapeHtml))
    expect.soft(html).not.toMatch(/<(script|b)>/)
  }
  for (const channel of looks(letter)) {
    const filled = fill(library, letter, facts, channel)
    const { text } = await readPages(await pdfOf(filled), true)
    expect.soft(text.replace(/\s/g, '')).toContain(attacks[0]!.replace(/\s/g, ''))
    const printed = textsOf(filled.blocks).join('')
    for (const sign of '#$*<>@{}[]\\|=')
      expect.soft(count(text, sign), `${sign} on paper, ${channel}`).toBeGreaterThanOrEqual(count(printed, sign))
    if (filled.presentation !== 'acte' && filled.presentation !== 'formulaire') continue
    const word = new PizZip(renderDocx(filled, layout('letter.docx'), instantOf(facts)))
      .file('word/document.xml')!
      .asText()
    expect.soft(XMLValidator.validate(word)).toBe(true)
    expect.soft(word).toContain(escapeHtml(attacks[0]!))
  }
}

/** Without the window of the envelope, whose norm takes all signs out of an address. */
function asGiven({ recipient, ...filled }: FilledLetter): FilledLetter {
  if (!recipient) return filled
  const { address: _, ...named } = recipient
  return { ...filled, recipient: named }
}

function textOrRefusal(filled: FilledLetter): string {
  try {
    return renderText(filled)
  } catch (error) {
    // A message that attacks have made too long is refused, and that is right.
    if (error instanceof DomainError && error.code === 'sms_too_long') return error.code
    throw error
  }
}

const count = (text: string, sign: string): number => text.split(sign).length - 1

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (unprinted.has(key) ? [] : textsOf(inner)))
}

// The layout of today says where it is signed by `where`; `place` is for those of earlier versions.
const unprinted = new Set(['qr', 'kind', 'place'])
