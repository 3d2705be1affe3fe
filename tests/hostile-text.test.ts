import { XMLParser, XMLValidator } from 'fast-xml-parser'
import fc from 'fast-check'
import { strToU8 } from 'fflate'
import { GraphQLError } from 'graphql'
import { pino } from 'pino'
import PizZip from 'pizzip'
import PostalMime from 'postal-mime'
import { PDF } from '@libpdf/core'
import { SMTPServer } from 'smtp-server'
import type { AddressInfo } from 'node:net'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { printable } from '../documents/typst/glyphs.ts'
import { fill } from '../documents/rendering/fill.ts'
import { renderHtml } from '../documents/rendering/html.ts'
import { type LetterFormat, renderLetter } from '../documents/rendering/render.ts'
import { mailPost } from '../documents/send/mail.ts'
import { outTray, type Parcel } from '../documents/send/tray.ts'
import { readTable } from '../documents/invoices/table.ts'
import { nativeTypst } from '../documents/typst/typst.ts'
import { letterOf } from '../letters/catalogue.ts'
import { examine } from '../procedures/doctor/doctor.ts'
import { personalData } from '../procedures/cases/personal-data/personal-data.ts'
import { makePostBatch } from '../procedures/mail/post-batch.ts'
import { parseDay } from '../schema/days.ts'
import { DomainError } from '../schema/errors.ts'
import { tellable } from '../scripts/log.ts'
import { openAgency } from '../scripts/demo/people.ts'
import { useDatabase } from './database.ts'
import { letterFacts, library } from './fixtures/letters/sample.ts'
import { naughty } from './fixtures/naughty.ts'
import { addInvoices, creditorOf, invoice, liveOn, useHouse } from './house.ts'

const at = Temporal.Instant.from('2026-11-23T07:00:00Z')
const engine = nativeTypst({ timeLimit: 10_000 })
afterAll(() => engine.close())

/** The ordinary facts with a string in each text of them: names, places, numbers, words of others. */
function factsWith(text: (rank: number) => string): Record<string, unknown> {
  let rank = 0
  // Days, sums and codes have a shape of their own, and are refused elsewhere when they have another.
  const free = new Set(['nom', 'lignes', 'ville', 'numero', 'telephone', 'objet', 'representant', 'contact', 'libelle'])
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return free.has(key) ? text(rank++).slice(0, key === 'numero' ? 80 : 118) : value
    if (Array.isArray(value)) return value.map((each) => walk(each, key))
    if (value === null || typeof value !== 'object') return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walk(each, name)]))
  }
  const { droit, ...facts } = letterFacts({})
  return { ...(walk(facts, '') as object), droit }
}
const render = (format: LetterFormat, facts: Record<string, unknown>) =>
  renderLetter({ letter: letterOf(library, 'essai-rappel'), facts, channel: 'lettre', format, at, engine, library })
/** What the linter of facts lets into a letter: an empty name is refused, with its place. */
const shown = naughty.filter((text) => /[\p{L}\p{N}\p{P}\p{S}]/u.test(printable(text)))
const plain = (text: string): string =>
  text.normalize('NFKC').replaceAll(/[\s\u00ad\u200b-\u200f\u202a-\u202e\ufeff]+/g, '')

describe('a letter in which every name is hostile', () => {
  const letters = Map.groupBy(shown, (_text, i) => Math.floor(i / 6))

  test('is one ordinary letter on paper: nothing runs, nothing is fetched, and what is legible prints as itself', async () => {
    const calm = await render('pdf', letterFacts({}))
    const active = (bytes: Uint8Array) =>
      Buffer.from(bytes)
        .toString('latin1')
        .match(/\/(JavaScript|Launch|EmbeddedFile|RichMedia|SubmitForm)\b/g)
    expect(active(calm.bytes)).toBeNull()
    for (const texts of letters.values()) {
      const { bytes } = await render(
        'pdf',
        factsWith((rank) => texts[rank % texts.length]!),
      )
      expect(active(bytes)).toBeNull()
      const pages = (await PDF.load(bytes)).getPages()
      expect(pages.length).toBeLessThan(8)
      const words = plain(pages.map((page) => page.extractText().text).join('\n'))
      for (const text of texts.filter((each) => /^[\x21-\x7e]{2,20}$/.test(each))) expect(words).toContain(plain(text))
    }
  })

  test('is well-formed Word, without a field, a link or a part that the ordinary one has not', async () => {
    const partsOf = (bytes: Uint8Array) => Object.keys(new PizZip(bytes).files).sort()
    const documentOf = (bytes: Uint8Array) => new PizZip(bytes).file('word/document.xml')!.asText()
    const active = (xml: string) => xml.match(/<w:(instrText|fldSimple|hyperlink|object|altChunk)\b/g)?.length ?? 0
    const calm = (await render('docx', letterFacts({}))).bytes
    for (const texts of letters.values()) {
      const { bytes } = await render(
        'docx',
        factsWith((rank) => texts[rank % texts.length]!),
      )
      expect(partsOf(bytes)).toEqual(partsOf(calm))
      const xml = documentOf(bytes)
      expect(XMLValidator.validate(xml)).toBe(true)
      expect(active(xml)).toBe(active(documentOf(calm)))
    }
  })

  test('is inert HTML: as many elements as the ordinary one, and no address of others', () => {
    const html = (facts: Record<string, unknown>) =>
      renderHtml(fill(library, letterOf(library, 'essai-rappel'), facts, 'lettre'), '[[corps]][[expediteur]][[objet]]')
    const tags = (text: string) =>
      text.match(/<[a-z][^>]*>/gi)!.map((tag) => /^<[a-z0-9]+/i.exec(tag)![0].toLowerCase())
    const calm = new Set(tags(html(letterFacts({}))))
    for (const texts of letters.values()) {
      const made = html(factsWith((rank) => texts[rank % texts.length]!))
      expect(tags(made).filter((tag) => !calm.has(tag))).toEqual([])
      expect(made).not.toMatch(/<[^>]+(on\w+=|javascript:|evil\.example)/i)
    }
  })
})

describe('an e-mail', () => {
  test('has the headers that we give it and no other, whatever its subject, its addressee and its file are called', async () => {
    const received: Buffer[] = []
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData(stream, _session, done) {
        const parts: Buffer[] = []
        stream.on('data', (part: Buffer) => parts.push(part))
        stream.on('end', () => {
          received.push(Buffer.concat(parts))
          done()
        })
      },
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    const post = mailPost(
      outTray('/nowhere'),
      `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
      'Cabinet <contact@cabinet.example>',
    )
    const pdf = strToU8('%PDF-1.7')
    try {
      const parcelOf = (text: string, i: number): Parcel => ({
        channel: 'email',
        address: { name: text, email: 'elle@client.example' },
        reference: `2026-0001/${i}`,
        letter: 'relance',
        day: parseDay('2026-03-03'),
        pdf,
        enclosures: [{ letter: text, pdf }],
        mail: { subject: `Facture ${text}`, html: '<p>a</p>', text: 'a' },
      })
      await Promise.all(naughty.map((text, i) => post.send(parcelOf(text, i))))
    } finally {
      await new Promise<void>((closed) => server.close(closed))
    }
    expect(received).toHaveLength(naughty.length)
    for (const source of received) {
      const { headers, to, bcc, attachments } = await PostalMime.parse(source)
      const known = ['from', 'to', 'subject', 'message-id', 'date', 'mime-version', 'content-type']
      expect(headers.map(({ key }) => key).filter((key) => !known.includes(key))).toEqual([])
      expect(to?.map(({ address }) => address)).toEqual(['elle@client.example'])
      expect(bcc ?? []).toEqual([])
      expect(attachments).toHaveLength(2)
    }
  })
})

describe('a house whose debtors all have hostile names', () => {
  const house = useHouse()
  const on = parseDay('2026-06-11')

  test('writes to each of them or says why not, prints every letter, and names no file so that it leads elsewhere', async () => {
    await openAgency(house.sql, on)
    const creditorId = await creditorOf(house, on)
    const open = async (rank: number): Promise<string> => {
      const text = (more: number, most: number) => naughty[(rank + more) % naughty.length]!.slice(0, most)
      const address = { lines: [text(1, 118)], postal_code: '69003', city: text(2, 118), country: 'FR' }
      const buyer = { name: text(0, 118), address, contact: { name: text(3, 118) } }
      const lines = [{ description: text(4, 118), amount: '1000.00' }]
      const number = `${text(3, 60)}-${rank}`
      const invoices = [invoice({ number, issued_on: '2026-05-11', due_on: '2026-06-10', buyer, lines })]
      const caseId = await addInvoices(house, { creditorId, on: on.toString(), invoices })
      return (await house.sql<[{ id: string }]>`select debtor_id as id from cases where id = ${caseId}`)[0].id
    }
    const debtors: string[] = []
    // Each string is somewhere, though not everywhere.
    for (let rank = 0; rank < naughty.length; rank += 5) {
      const opened = await open(rank).catch((error: unknown) => error)
      if (typeof opened === 'string') debtors.push(opened)
      else expect(opened).toBeInstanceOf(DomainError)
    }
    expect(debtors.length).toBeGreaterThan(15)
    await liveOn(house, on)
    const cases = await house.sql<{ letters: number; held: string | null }[]>`
      select (select count(*)::int from dispatches o join documents d on d.id = o.document_id where d.case_id = c.id) as letters,
             (select reason from holds h where h.case_id = c.id) as held
      from cases c`
    const written = cases.filter(({ letters, held }) => letters === 1 && held === null)
    expect(written.length).toBeGreaterThan(10)
    for (const { letters, held } of cases.filter((each) => !written.includes(each)))
      expect([letters, held]).toEqual([0, expect.stringMatching(/adresse|destinataire/)])
    const { batch, left } = await makePostBatch(house.office, on, 'courrier', { most: 1000 })
    expect([batch?.letters, left]).toEqual([written.length, []])
    const placed = readdirSync(join(house.dir, 'out'), { recursive: true, encoding: 'utf8' })
    const given = Object.keys(await personalData(house.office, on, debtors, 'legal:Inès'))
    expect(placed.filter((name) => !/^[\w/.-]+$/.test(name))).toEqual([])
    expect(given.filter((name) => !/^[\p{L}\p{N}-]+(\/[\p{L}\p{N}-]+)?\.\w+$/u.test(name))).toEqual([])
    expect((await examine(house.office, on)).map(({ code }) => code)).toEqual([])
  })
})

describe('a line of the log', () => {
  const db = useDatabase()
  beforeAll(
    () => db.sql`
      create function refuse(words text) returns void language plpgsql as $$
      begin raise exception using message = words, detail = words, hint = words; end $$`,
  )
  const refusedWith = (words: string) => db.sql`select refuse(${words})`.then(String, (error: Error) => error)
  const secrets = [
    'Quatrebarbes',
    'zephyrine@client.example',
    'FR1420041010050500013M02606',
    'FR14 2004 1010 0505 0001 3M02 606',
    '+33 6 11 22 33 44',
    'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYWRtaW4ifQ.c2lnbmF0dXJlLW9mLWEtdG9rZW4',
  ]
  const lineOf = (error: unknown): string => {
    const lines: string[] = []
    pino({ serializers: { err: tellable } }, { write: (line: string) => void lines.push(line) }).error(
      { err: error },
      'unexpected',
    )
    expect(lines).toHaveLength(1)
    return lines[0]!
  }

  test('is one line of JSON, whatever an error quotes', () => {
    for (const text of naughty) {
      const line = lineOf(
        new Error(`relation "${text}" for ${text}`, { cause: new DomainError('x', text, { remedy: text }) }),
      )
      expect(line.trimEnd().split(/[\r\n]/)).toHaveLength(1)
      expect(JSON.parse(line)).toMatchObject({ err: { type: 'Error' }, msg: 'unexpected' })
    }
  })

  const wordsAbout = (secret: string): string[] => [
    `no account ${secret} here`,
    `"${secret}"`,
    `« ${secret} »`,
    `(${secret})`,
    `${secret}: refused`,
    `nobody\n    at ${secret} (known.ts:1:1)`,
  ]

  test.each(secrets)('holds nothing of « %s », quoted or not, where others say it', async (secret) => {
    for (const words of wordsAbout(secret)) {
      const refused = (await refusedWith(words)) as Error
      const ours = new Error(`it stayed: ${refused.message}`, { cause: refused })
      const line = JSON.parse(lineOf(ours)) as { err: object }
      expect(line.err).toMatchObject({
        message: 'it stayed: …',
        cause: {
          type: 'PostgresError',
          code: 'P0001',
          routine: 'exec_stmt_raise',
          stack: expect.stringContaining(' at '),
        },
      })
      const wrapped = new GraphQLError(refused.message, { originalError: refused })
      for (const error of [refused, ours, wrapped]) expect(lineOf(error)).not.toContain(secret)
    }
    expect(() => BigInt(secret)).toThrow(expect.toSatisfy((error) => !lineOf(error).includes(secret)))
  })

  test.each(secrets.slice(1))('holds nothing of « %s », quoted or not, where we say it', (secret) => {
    for (const words of wordsAbout(secret))
      expect(
        lineOf(Object.assign(new Error(words), { detail: secret, parameters: [secret], query: secret })),
      ).not.toContain(secret)
  })

  test('holds no name that an error quotes, nor what PostgreSQL tells of a row', () => {
    const error = Object.assign(new Error('duplicate key value violates unique constraint "debtors_name"'), {
      detail: 'Key (name)=(Quatrebarbes) already exists.',
      code: '23505',
      constraint_name: 'debtors_name',
    })
    const line = lineOf(error)
    expect(line).not.toContain(secrets[0])
    expect(JSON.parse(line).err).toMatchObject({ code: '23505', constraint_name: 'debtors_name' })
  })
})

describe('a table', () => {
  test('reads any cell as its text, or refuses its row, and computes none', async () => {
    const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
    for (const text of naughty) {
      const bytes = strToU8(`Nom;Montant\n${quoted(text)};1,00\n`)
      const read = await readTable(bytes).catch((error: unknown) => error)
      if (read instanceof Error) expect(read).toBeInstanceOf(DomainError)
      else expect(JSON.stringify(read)).toContain('1,00')
    }
  })
})

test.each(['', ' ', '\u0000', '\u200b\ufeff'])(
  'a sender whose name (%j) cannot be seen is asked for, by its place',
  async (unseen) => {
    const { agence, ...facts } = letterFacts({}) as { agence: object }
    const made = render('docx', { ...facts, agence: { ...agence, nom: unseen } })
    await expect(made).rejects.toBeInstanceOf(DomainError)
  },
)

test('whatever is typed as a name, a letter is made or its place is named: never a crash', async () => {
  const bag = fc.oneof(
    fc.constantFrom(...naughty),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(bag, { minLength: 4, maxLength: 8 }), async (texts) => {
      const made = await render(
        'docx',
        factsWith((rank) => texts[rank % texts.length]!),
      ).catch((error: unknown) => error)
      if (made instanceof Error && !(made instanceof DomainError)) throw made
      else if (!(made instanceof Error))
        new XMLParser().parse(new PizZip((made as { bytes: Uint8Array }).bytes).file('word/document.xml')!.asText())
    }),
    { numRuns: 40 },
  )
})
