import { PDF } from '@libpdf/core'
import { afterAll, expect, test } from 'vitest'
import { exampleOf } from '../documents/rendering/example.ts'
import { fill } from '../documents/rendering/fill.ts'
import { renderLetter } from '../documents/rendering/render.ts'
import { nativeTypst } from '../documents/typst/typst.ts'
import { loadLibrary } from '../letters/catalogue.ts'
import type { Letter } from '../letters/letter.ts'
import { lawTerms } from '../procedures/law/terms.ts'
import { parseDay } from '../schema/days.ts'

const library = loadLibrary()
const engine = nativeTypst({ processes: 1 })
afterAll(() => engine.close())
const at = Temporal.Instant.from('2026-11-23T07:00:00Z')
const discreet = [...library.letters.values()].filter((letter) => letter.discret === 'oui')
// What a neighbour could guess from: the trade, the creditor, what is owed, and what only a debt collector prints.
const telling =
  /recouvr|créanc|garlaban|PO445|contentieux|impay|dette|débit|compte dédié|parquet|assurance|F-2026-0442/i

/** Everything a reader of this letter could see, in each of its channels (or of those named) and formats. */
async function printed(letter: Letter, facts: Record<string, unknown>, channels = letter.canaux): Promise<string> {
  const texts: string[] = []
  for (const channel of channels) {
    const formats = channel === 'sms' ? (['txt'] as const) : (['txt', 'html', 'pdf'] as const)
    for (const format of formats) {
      const { bytes } = await renderLetter({ letter, facts, channel, format, at, engine, library })
      if (format !== 'pdf') texts.push(Buffer.from(bytes).toString('utf8'))
      else {
        const pdf = await PDF.load(bytes)
        texts.push(
          pdf.getTitle() ?? '',
          pdf.getAuthor() ?? '',
          ...pdf.getPages().map((page) => page.extractText().text),
        )
      }
    }
  }
  return texts.join('\n').normalize('NFC')
}

const withoutMail = ({ canaux }: Letter) => canaux.filter((channel) => channel !== 'email')
const factsOf = (letter: Letter) => exampleOf(letter, 'good', (day) => lawTerms(parseDay(day)), library)

test('a letter to somebody who must learn nothing says neither the trade nor the creditor, in its text or its layout', async () => {
  expect(discreet.map(({ id }) => id)).toEqual(
    expect.arrayContaining(['contestation-reponse-homonyme', 'recherche-contact-neutre']),
  )
  for (const letter of discreet) {
    const text = await printed(letter, factsOf(letter))
    expect(text, letter.id).toContain('2026-0117')
    expect(text, letter.id).toContain('Cabinet des Terreaux')
    expect(text.match(telling)?.[0], letter.id).toBeUndefined()
  }
})

test('a firm whose very name says the trade writes there in the name of a person', async () => {
  for (const letter of discreet) {
    const facts = factsOf(letter)
    Object.assign(facts.agence as object, { nom: 'Alpes Recouvrement', site: 'www.alpes-recouvrement.example.fr' })
    Object.assign((facts.agence as { gestionnaire: object }).gestionnaire, { qualite: 'Chargée de recouvrement' })
    const text = await printed(letter, facts, withoutMail(letter))
    expect(text, letter.id).toContain('Claire Martin')
    expect(text.match(telling)?.[0], letter.id).toBeUndefined()
    // Its domain is its name.
    expect(text, letter.id).not.toContain('terreaux.example.fr')
  }
})

test('an address that says the trade is printed nowhere, and nothing leaves from it', async () => {
  for (const letter of discreet) {
    const facts = factsOf(letter)
    Object.assign(facts.agence as object, {
      email: 'contact@alpes-recouvrement.example.fr',
      dpo: { email: 'dpo@alpes-recouvrement.example.fr' },
    })
    const handler = (facts.agence as { gestionnaire: object }).gestionnaire
    Object.assign(handler, { email: 'c.martin@alpes-recouvrement.example.fr' })
    const text = await printed(letter, facts, withoutMail(letter))
    expect(text, letter.id).toContain('Cabinet des Terreaux')
    expect(text.match(telling)?.[0], letter.id).toBeUndefined()
    if (letter.canaux.includes('email'))
      expect(() => fill(library, letter, facts, 'email'), letter.id).toThrow(
        expect.objectContaining({ code: 'channel_refused' }),
      )
  }
})

test('a word that tells is refused, whichever fact brought it', () => {
  const refusal = (letter: Letter, part: string, change: object) => {
    const facts = factsOf(letter)
    const whole = facts[part] as Record<string, unknown>
    Object.assign(part === 'agence' ? (whole.gestionnaire as object) : whole, change)
    try {
      return fill(library, letter, facts, 'lettre').id
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  for (const letter of discreet) {
    expect(refusal(letter, 'agence', {}), letter.id).toBe(letter.id)
    expect(refusal(letter, 'agence', { nom: 'Odette Martin' }), letter.id).toBe(letter.id)
    expect(refusal(letter, 'agence', { nom: 'Service recouvrement' }), letter.id).toBe('tells_trade')
  }
  const dispute = discreet.find(({ id }) => id === 'contestation-reponse-homonyme')!
  expect(refusal(dispute, 'references', { dossier: 'Contentieux 117' })).toBe('tells_trade')
})

test('a letter to a neighbour, an employer or a person wrongly pursued is marked discreet', () => {
  const forgotten = [...library.letters.values()].filter(
    ({ id, destinataire, discret }) =>
      destinataire === 'tiers' && /neutre|homonyme|voisin|employeur|gardien/.test(id) && discret !== 'oui',
  )
  expect(forgotten.map(({ id }) => id)).toEqual([])
})

test('any other letter keeps what the law wants on it', async () => {
  const letter = library.letters.get('relance-cordiale-pro')!
  const text = (await printed(letter, factsOf(letter))).replace(/\s+/g, ' ')
  for (const words of ['Cabinet de recouvrement amiable de créances', 'activité déclarée au parquet', 'RC-114477'])
    expect(text).toContain(words)
})
